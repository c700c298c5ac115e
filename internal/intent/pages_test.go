package intent

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var example = regexp.MustCompile("(?s)```yaml\n(version: .*?)```")

// What the documentation shows can be read, and its own page shows every key.
func TestExamplesOfTheDocumentation(t *testing.T) {
	for _, page := range []string{"README.md", "docs/muralla-yaml.md", "docs/recommendations/exception.md"} {
		text, err := os.ReadFile("../../" + page)
		if err != nil {
			t.Fatal(err)
		}
		examples := example.FindAllStringSubmatch(string(text), -1)
		if len(examples) == 0 {
			t.Errorf("%s shows no muralla.yaml", page)
		}
		for _, e := range examples {
			if _, diags := Parse(page, []byte(e[1])); len(diags) > 0 {
				t.Errorf("%s: %+v", page, diags)
			}
		}
	}
	text, err := os.ReadFile("../../docs/muralla-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	add := func(of, _ []string) { keys = append(keys, of...) }
	add(keysOf(topFields))
	add(keysOf(serviceFields))
	add(keysOf(groupFields))
	add(keysOf(flowFields))
	add(keysOf(exceptionFields))
	add(keysOf(severityFields))
	for _, k := range keys {
		if !strings.Contains(string(text), k+": ") && !strings.Contains(string(text), k+":\n") {
			t.Errorf("docs/muralla-yaml.md does not show the key %s", k)
		}
	}
	for _, words := range [][]string{sensitivities[1:], tlsWords[1:], severityWords[1:]} {
		for _, w := range words {
			if !strings.Contains(string(text), w) {
				t.Errorf("docs/muralla-yaml.md does not show the word %s", w)
			}
		}
	}
}
