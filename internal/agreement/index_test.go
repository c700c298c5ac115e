package agreement

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// check names a check of another tool.
type check struct{ tool, name string }

// label is a verdict of a check on a file, or on one resource of it.
type label struct {
	check
	topic    string
	file     string
	resource string // empty: the file as a whole
	bad      bool   // the check must fire
}

// labels reads all verdicts, and how many rows carry none: the tool says that it
// skips the file, or that it cannot decide.
func labels(t *testing.T, dir string) (out []label, silent map[string][]string) {
	t.Helper()
	silent = map[string][]string{}
	for i, c := range table(t, filepath.Join(dir, "index.tsv"), 8) {
		if i == 0 {
			continue
		}
		l := label{check: check{c[1], c[2]}, topic: c[5], file: c[0]}
		expected, detail := c[3], c[6]
		switch expected {
		case "good":
			out = append(out, l)
		case "bad":
			out = append(out, l.of(true, violating(detail), "")...)
		case "mixed":
			good, bad := mixed(t, dir, l, detail)
			if len(good)+len(bad) == 0 {
				silent["without a verdict of its own"] = append(silent["without a verdict of its own"], l.file)
			}
			out = append(append(out, l.of(true, bad, "-")...), l.of(false, good, "-")...)
		case "not-applicable", "unknown":
			silent[expected] = append(silent[expected], l.file)
		case "labels":
		default:
			t.Errorf("%s: a verdict is not understood: %q", l.file, expected)
		}
	}
	return out, silent
}

// of is the label for each resource; without any, for the file if none is "".
func (l label) of(bad bool, resources []string, none string) []label {
	if len(resources) == 0 && none == "" {
		resources = []string{""}
	}
	var out []label
	for _, r := range resources {
		l.bad, l.resource = bad, r
		out = append(out, l)
	}
	return out
}

var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// violating are the logical names that a detail lists, as one tool's tests name
// them; what is not all names lists something else.
func violating(detail string) []string {
	list, ok := strings.CutPrefix(detail, "violating=")
	if !ok || list == "" {
		return nil
	}
	names := strings.Split(list, ",")
	if slices.ContainsFunc(names, func(n string) bool { return !name.MatchString(n) }) || slices.Contains(names, "str") {
		return nil
	}
	return names
}

// mixed are the resources of a file that has good and bad ones.
func mixed(t *testing.T, dir string, l label, detail string) (good, bad []string) {
	t.Helper()
	at := filepath.Join(dir, filepath.Dir(l.file))
	if text, err := os.ReadFile(filepath.Join(at, "expected.json")); err == nil {
		var v struct{ Good, Bad []string }
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", l.file, err)
		}
		design, err := os.ReadFile(filepath.Join(dir, l.file))
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := func(id string) bool { // the label is one of another file of the directory
			kind, name, _ := strings.Cut(id, ".")
			return !strings.Contains(string(design), `resource "`+kind+`" "`+name+`"`) && !strings.Contains(string(design), `resource `+kind+` "`+name+`"`)
		}
		return slices.DeleteFunc(v.Good, elsewhere), slices.DeleteFunc(v.Bad, elsewhere)
	}
	if text, err := os.ReadFile(filepath.Join(at, "expected.yaml")); err == nil {
		list := &good
		for _, line := range strings.Split(string(text), "\n") {
			switch item, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); {
			case strings.HasPrefix(line, "pass:"):
				list = &good
			case strings.HasPrefix(line, "fail:"):
				list = &bad
			case strings.HasPrefix(line, "evaluated_keys:"):
				list = new([]string)
			case ok:
				*list = append(*list, strings.Trim(item, `'"`))
			}
		}
		return good, bad
	}
	if g, b, ok := strings.Cut(strings.TrimPrefix(detail, "good="), " bad="); ok && (g != "" || b != "") {
		return fields(g), fields(b)
	}
	// The tool's own designs name what is good and bad.
	text, err := os.ReadFile(filepath.Join(dir, l.file))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
		id := strings.TrimPrefix(m[1]+m[2]+"."+m[3], ".")
		if strings.Contains(strings.ToLower(m[3]), "invalid") {
			bad = append(bad, id)
		} else {
			good = append(good, id)
		}
	}
	return sorted(good), sorted(bad)
}

// declared finds what a design declares with a name that says valid or invalid,
// in Terraform, in a plan and in a template.
var declared = regexp.MustCompile(`(?m)(?:^resource "(aws_security_group)" "|"address":\s*"(aws_security_group)\.|^  )(\w*?(?:[iI]n)?[vV]alid\w*)(?:" \{|:$|")`)

func fields(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
