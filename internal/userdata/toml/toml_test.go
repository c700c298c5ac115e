package toml_test

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/userdata/toml"
)

func TestParse(t *testing.T) {
	doc, err := toml.Parse(`top = 1 # comment
[a.b]
plain = "x\ty\u0041"
'quoted.key' = 'raw\t'
dotted.key = true
long = """
one\
   two
three"""
rawlong = '''
four
'''
list = [ "x", 2, # comment
  [ 'y' ],
]
inline = { k = "v", m.n = false }
[ c ]
last = 10.5
`, 1)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]toml.Value{
		"top": {"1", false, 1}, "a.b.plain": {"x\tyA", true, 3}, "a.b.quoted.key": {`raw\t`, true, 4},
		"a.b.dotted.key": {"true", false, 5}, "a.b.long": {"onetwo\nthree", true, 6}, "a.b.rawlong": {"four\n", true, 10},
		"a.b.list.0": {"x", true, 13}, "a.b.list.1": {"2", false, 13}, "a.b.list.2.0": {"y", true, 14},
		"a.b.inline.k": {"v", true, 16}, "a.b.inline.m.n": {"false", false, 16}, "c.last": {"10.5", false, 18},
	} {
		if got := doc[key]; got != want {
			t.Errorf("%s is %+v, want %+v", key, got, want)
		}
	}
}

// TestErrors: what is not TOML is an error at its line, with the values before it.
func TestErrors(t *testing.T) {
	for _, bad := range []string{
		"b", "b =", "= 1", "b = \"x", "b = 'x", "b = \"\"\"x", "b = [1", "b = {k = 1", "b = 1 2", "[b", "b = \"\\q\"", "b = \"\\u12\"", "b = x y",
		"b = " + strings.Repeat("[", 100),
	} {
		doc, err := toml.Parse("a = 1\n"+bad+"\n", 1)
		if err == nil || !strings.HasPrefix(err.Error(), "line ") || doc["a"].Text != "1" {
			t.Errorf("%q: got %v, %v; want an error and the value of a", bad, doc, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("[a]\nb = [\"x\", { c = '''y''' }]\n")
	f.Add("a.\"b c\" = \"\"\"\\\n  x\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := toml.Parse(text, 1)
		lines := strings.Count(text, "\n") + 1
		for k, v := range doc {
			if v.Line < 1 || v.Line > lines {
				t.Errorf("%q is on line %d of %d", k, v.Line, lines)
			}
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
