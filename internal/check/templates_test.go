package check

import (
	"regexp"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// ofTerraform is what a template's owner has no use for.
var ofTerraform = regexp.MustCompile(`Terraform|\bapply\b|\baws_|for_each|\bvar\.`)

// speaksOfTemplates checks what every finding about templates has to be: it
// stands at the line that declares the resource, all evidence has a line of a
// template (or no place, if AWS is so by default), and no word is of Terraform,
// unless the template itself has it.
func speaksOfTemplates(t *testing.T, d written, report finding.Report) {
	t.Helper()
	line := func(at ref.Place) string {
		f := d.files[at.File]
		if f == nil {
			return ""
		}
		lines := strings.Split(string(f.Data), "\n")
		if at.Line < 1 || at.Line > len(lines) {
			return ""
		}
		return strings.Trim(strings.TrimSpace(lines[at.Line-1]), `"`)
	}
	var source strings.Builder
	for _, f := range d.files {
		source.Write(f.Data)
	}
	for _, f := range report.Findings {
		name := string(f.Resource[strings.LastIndexByte(string(f.Resource), '/')+1:])
		if strings.HasSuffix(name, "]") {
			name = "- " // an element of a list, such as a target of a rule
		}
		if got := line(f.Place); !strings.HasPrefix(got, name) {
			t.Errorf("%s does not declare %s, but %q:\n%s", f.Place, f.Resource, got, describe(f))
		}
		for _, e := range append(append([]finding.Evidence{}, f.Evidence...), f.Gaps...) {
			if strings.HasPrefix(e.Place.File, "muralla.yaml") || e.Place.IsZero() {
				continue
			}
			if line(e.Place) == "" {
				t.Errorf("%q stands at %q, where there is nothing:\n%s", e.Text, e.Place, describe(f))
			}
		}
		text := describe(f)
		if w := ofTerraform.FindString(text); w != "" {
			t.Errorf("%q is of Terraform:\n%s", w, text)
		}
		for _, w := range terraformWord.FindAllString(text, -1) {
			if !ownWords[w] && !strings.Contains(source.String(), w) {
				t.Errorf("%q is a word of Terraform:\n%s", w, text)
			}
		}
	}
}
