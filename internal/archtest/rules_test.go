package archtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const small = `
# a comment
layer 0: word
layer 1: model other tree/...
layer 2: source/... kernel
layer 3: app
edge model -> other: for a reason
edge tree/... -> tree/...: one subject
door source
door kernel
only app imports kernel: one hand
outside example.com/lib/v2 -> source/a/... model: one reader
tests example.org/check: comparisons
ban os in 0-1 but other: no files
ban time in 0: no clock
`

func TestCheck(t *testing.T) {
	rules, err := Parse(small)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, pkg, path string
		want            string // part of the complaint; "" for none
	}{
		// Layers.
		{"a lower layer", "model", "./word", ""},
		{"a much lower layer", "app", "./word", ""},
		{"a higher layer", "word", "./model", "layer 0 must not know layer 1"},
		{"the same layer without an edge", "other", "./model", "both are in layer 1"},
		{"the same layer with an edge", "model", "./other", ""},
		{"the same layer with an edge between trees", "tree/a", "./tree/b/c", ""},
		{"a tree is also its top", "tree", "./tree/b", ""},
		{"a name that begins alike is another", "treehouse", "./word", "treehouse is in no layer"},
		{"a package in no layer", "stray", "fmt", "stray is in no layer"},
		{"an import in no layer", "app", "./stray", "it is in no layer"},
		// Doors.
		{"a door and another", "source/a", "./source/b", "doors never import doors"},
		{"a door and one of another kind", "source/a", "./kernel", "one hand"},
		{"a door and its own parts", "source/a", "./source/a/eval", ""},
		{"two parts of one door", "source/a/x", "./source/a/y", ""},
		{"a part of a door and another door", "source/a/x", "./source/b", "doors never import doors"},
		{"an application and a door", "app", "./source/b", ""},
		{"what one package alone may import", "app", "./kernel", ""},
		// Modules of others.
		{"its reader", "source/a", "example.com/lib/v2/parse", ""},
		{"a part of its reader", "source/a/x", "example.com/lib/v2", ""},
		{"another", "app", "example.com/lib/v2", "only source/a/... and model may: one reader"},
		{"a module that begins alike", "model", "example.com/lib/v21", "no line of rules.txt allows that module"},
		{"a module that nobody named", "app", "example.net/x", "no line of rules.txt allows that module"},
		{"a module for tests", "app", "example.org/check/diff", "that module is for tests"},
		// The standard library.
		{"banned", "model", "os", "no files"},
		{"banned but excepted", "other", "os", ""},
		{"banned in other layers", "app", "os", ""},
		{"banned in one layer", "word", "time", "no clock"},
		{"banned in one layer only", "model", "time", ""},
		{"a package below a banned one is another", "model", "os/user", ""},
		{"not banned", "word", "strings", ""},
	} {
		got := strings.Join(rules.Check([]Package{{Name: tc.pkg, Imports: []string{tc.path}}}), "\n")
		if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s imports %s: got %q, want %q", tc.name, tc.pkg, tc.path, got, tc.want)
		}
	}
}

func TestCheckTests(t *testing.T) {
	rules, err := Parse(small)
	if err != nil {
		t.Fatal(err)
	}
	got := rules.Check([]Package{
		{Name: "word", TestImports: []string{"os", "./app", "example.org/check", "example.net/x", "example.com/lib/v2"}},
		{Name: "model", TestImports: []string{"example.com/lib/v2"}},
	})
	want := []string{
		"the tests of word import example.com/lib/v2: no line of rules.txt allows that module",
		"the tests of word import example.net/x: no line of rules.txt allows that module",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for line, says := range map[string]string{
		"layer x: a":             "has no number",
		"layer 1:":               "both sides of a colon",
		"layer 1: a b a":         "a is in two layers",
		"edge a: why":            "A -> B",
		"edge a -> b":            "both sides of a colon",
		"edge a -> b c: why":     "A -> B",
		"only a: why":            "A imports B",
		"outside m: why":         "MODULE -> PACKAGES",
		"tests m":                "both sides of a colon",
		"ban os: why":            "PACKAGE in N-M",
		"ban os in 2-1: why":     "PACKAGE in N-M",
		"ban os in engines: why": "PACKAGE in N-M",
		"door":                   "one package",
		"door a: b":              "one package",
		"allow a: why":           `no rule begins with "allow"`,
	} {
		_, err := Parse("# first\n" + line + "\n")
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: got %v, want an error on line 2 with %q", line, err, says)
		}
	}
}

// A misspelt name would be a rule that never applies.
func TestParseRefusesStrayNames(t *testing.T) {
	for _, line := range []string{
		"edge word -> modle: why", "edge wrod -> word: why", "only ap imports word: why", "only word imports wrd: why",
		"outside example.com/x -> modl/...: why", "ban os in 0 but wrd: why", "door sauce",
	} {
		if _, err := Parse("layer 0: word\nlayer 1: model/...\n" + line); err == nil || !strings.Contains(err.Error(), "is in no layer") {
			t.Errorf("%q: got %v", line, err)
		}
	}
}
