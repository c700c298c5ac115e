package tree_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// said are the lines and summaries of diagnostics.
func said(diags diag.List) []string {
	out := []string{}
	for _, d := range diags.Sorted() {
		out = append(out, fmt.Sprintf("%d %s", d.Place.Line, d.Summary))
	}
	return out
}

func names(entries []tree.Entry) string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Key)
	}
	return strings.Join(out, " ")
}

func TestBadInput(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		resources  string   // those that are read all the same
		said       []string // lines and summaries
		detail     string   // a part of the first detail
		whole      bool     // nothing is lost
	}{
		{"empty", "", "", []string{"1 template is empty"}, "no value", true},
		{"only a comment", "# nothing\n", "", []string{"1 template is empty"}, "", true},
		{"a list", "- a\n", "", []string{"1 template is no map"}, "a list", false},
		{"a function", "!Ref a\n", "", []string{"1 template is no map"}, "a call of Ref", false},
		{"a text", "hello\n", "", []string{"1 template is no map"}, "a text", false},
		{"Resources a list", "Parameters: {}\nResources:\n- a\n", "", []string{"3 wrong type in template"}, "Resources must be a map", false},
		{"Resources a text", "Resources: x\nOutputs: [1]\n", "", []string{"1 wrong type in template", "2 wrong type in template"}, "it is a text", false},
		{"Parameters a number", "Parameters: 5\nResources: {A: {Type: T}}\n", "A", []string{"1 wrong type in template"}, "it is a number", false},
		{"Mappings and Conditions a function", "Mappings: !Ref a\nConditions: !Sub b\n", "", []string{"1 wrong type in template", "2 wrong type in template"}, "a call of Ref", false},
		{"section mistyped", "Resource: {A: {Type: T}}\n", "", []string{"1 section not known"}, `Did you mean "Resources"?`, true},
		{"key twice", "Resources:\n  A: {Type: T}\n  B: {Type: T}\n  A: {Type: U}\n", "A B", []string{"4 key written twice"}, "line 2", true},
		{"map as key", "Resources:\n  {a: b}: c\n  B: {Type: T}\n", "B", []string{"2 key is no text"}, "render the template", false},
		{"several documents", "A: 1\n---\nResources: {B: {Type: T}}\n---\nC: 1\n", "B", []string{"1 document not read", "5 document not read"}, "several YAML documents", true},

		// YAML that is broken in one resource.
		{"tab", "Resources:\n  A:\n    Type: T\n  B:\n\t  Type: T\n  C:\n    Type: T\n", "A C", []string{"5 text is not YAML"}, "indented with a tab", false},
		{"placeholder", "Resources:\n  A:\n    Type: T\n  B:\n    Type: {{ kind }}-x\n  C:\n    Type: T\n", "A C", []string{"5 text is not YAML"}, "placeholder of a template language", false},
		{"conflict", "Resources:\n  A:\n    Type: T\n<<<<<<< HEAD\n  B:\n    Type: T\n", "A B", []string{"4 text is not YAML"}, "merge conflict", false},
		{"quote", "Resources:\n  A:\n    Type: T\n  B:\n    Type: 'T\n  C:\n    Type: T\n", "A C", []string{"5 text is not YAML"}, "quote or bracket", false},
		{"indentation", "Resources:\n  A:\n    Type: T\n  B:\n    Type: T\n   Properties: {}\n  C:\n    Type: T\n", "A C", []string{"6 text is not YAML"}, "indented differently", false},
		{"unknown alias", "Resources:\n  A: *none\n  B: {Type: T}\n", "", []string{"1 text is not YAML"}, "unknown anchor", false},
		{"everything", strings.Repeat("a: 'b\n", 40), "", nil, "", false},

		// JSON that is nearly right.
		{"trailing commas", "{\"Resources\": {\n\"A\": {\"Type\": \"T\",},\n\"B\": {\"Type\": \"T\", \"L\": [1,]},\n}}\n", "A B",
			[]string{"2 text is not strict JSON"}, "comma stands before a closing bracket", true},
		{"comments", "{ // why\n\"Resources\": { /* many\nlines */ \"A\": {}\n# more\n}}\n", "A", []string{"1 text is not strict JSON"}, "no comments", true},
		{"comma missing", "{\"Resources\": {\n\"A\": {}\n\"B\": {}}}\n", "A B", []string{"3 text is not strict JSON"}, "comma is missing", true},
		{"key twice in JSON", "{\"Resources\": {\"A\": {},\n\"A\": {}}}\n", "A", []string{"2 key written twice"}, "line 1", true},
		{"cut off", "{\"Resources\": {\n\"A\": {},\n\"B\": {\"Type\": ", "A B", []string{"3 text is not JSON"}, "the text ends where a value is needed", false},
		{"cut off in a text", "{\"Resources\": {\n\"A\": {},\n\"B\": {\"Type\": \"x", "A B", []string{"3 text is not JSON"}, "the string that begins here is not closed", false},
		{"no quotes", "{\"Resources\": {\n\"A\": {\"T\": nope}, \"B\": \n", "A", []string{"2 text is not JSON"}, `"nope" is no value`, false},
		{"text behind", "{\"Resources\": {\"A\": {}}}\n}\n", "A", []string{"2 text is not JSON"}, "closed too early", false},
		{"comment without end", "{\"Resources\": {\"A\": {}, /* ", "A", []string{"1 text is not JSON", "1 text is not strict JSON"}, "not closed", false},
		{"colon missing", "{\"Resources\": {\"A\" {}}}", "", []string{"1 text is not JSON"}, "a colon is needed", false},
		{"line end in a text", "{\"Resources\": {\"A\": {\"T\": \"a\nb\\q\"}}}", "A", []string{"1 text is not strict JSON", "2 text is not strict JSON"}, "line ends", true},
		// YAML in braces.
		{"flow", "{Resources: {A: {Type: T}, B: {Type: T,}}}\n", "A B", nil, "", true},
	} {
		tmpl, diags := tree.Parse("t", []byte(tc.text))
		if got := names(tmpl.Resources); got != tc.resources {
			t.Errorf("%s: resources %q are read, want %q", tc.name, got, tc.resources)
		}
		if tc.said != nil {
			if diff := cmp.Diff(tc.said, said(diags)); diff != "" {
				t.Errorf("%s: want -, got +:\n%s", tc.name, diff)
			}
		}
		if tc.detail != "" && (len(diags) == 0 || !strings.Contains(diags.Sorted()[0].Detail, tc.detail)) {
			t.Errorf("%s: %v does not say %q", tc.name, diags, tc.detail)
		}
		if tmpl.Incomplete == tc.whole {
			t.Errorf("%s: incomplete is %v", tc.name, tmpl.Incomplete)
		}
	}
}
