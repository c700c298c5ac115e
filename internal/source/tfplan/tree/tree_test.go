package tree

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plain is the value as encoding/json gives it.
func plain(n Node) any {
	switch n.Kind() {
	case Bool:
		return n.True()
	case Number:
		return n.Number()
	case String:
		return n.Text()
	case Array:
		out := []any{}
		for _, e := range n.Items() {
			out = append(out, plain(e))
		}
		return out
	case Object:
		out := map[string]any{}
		for _, m := range n.Members() {
			out[m.Key] = plain(n.Get(m.Key))
		}
		return out
	}
	return nil
}

// FuzzParse compares with encoding/json: the same texts are accepted, and with
// the same meaning.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", " ", "null", "tru", "true x", "-", "-0", "01", "1.", "1e", "1.5E+3", `"a`, `"\u00e9\ud83d\ude00\ud83d"`, `"\x"`, "\"\t\"",
		`{"a":1,"a":2,"\u0061":3}`, `{"a\"b":[{},[],""],"c":null}`, `{"a":}`, `{a:1}`, `[1,]`, `[1 2]`, "[1,\n2]\n", `{"":0}`, "\"\xff\"", "\"\xbb\xbb\"", "{\"\xbb\":1}", `{"a\\":1,"b":2}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want any
		wantErr := json.Unmarshal(data, &want)
		d, err := Parse(data)
		if errors.Is(err, ErrDepth) {
			return
		}
		if (err == nil) != json.Valid(data) {
			t.Fatalf("Parse(%q) gives %v, encoding/json says valid: %v", data, err, json.Valid(data))
		}
		if err != nil || wantErr != nil { // a number beyond float64 is an error there
			return
		}
		if diff := cmp.Diff(want, plain(d.Root())); diff != "" {
			t.Fatalf("%q, encoding/json -, tree +:\n%s", data, diff)
		}
	})
}

func TestLines(t *testing.T) {
	d, err := Parse([]byte("{\n  \"a\": [\n    1,\n    {\"b\": 2}\n  ]\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	items := d.Root().Get("a").Items()
	got := []int{d.Root().Line(), d.Root().Get("a").Line(), items[0].Line(), items[1].Get("b").Line(), d.Root().Get("z").Line(), d.Lines()}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 0, 6}, got); diff != "" {
		t.Error(diff)
	}
	// Far into a long text the blocks are counted.
	long := strings.Repeat("\n", 5000) + "[" + strings.Repeat("1,\n", 3000) + "7]"
	if d, err = Parse([]byte(long)); err != nil {
		t.Fatal(err)
	}
	items = d.Root().Items()
	if got := items[len(items)-1].Line(); got != 8001 {
		t.Errorf("the last value is on line %d, want 8001", got)
	}
	if d, err = Parse([]byte("[1]\n")); err != nil || d.Root().Line() != 0 || d.Lines() != 1 {
		t.Errorf("a text of one line tells a line: %v", err)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for in, says := range map[string]string{
		"{\n\"a\": [1,":  "line 2: the text ends where a value is expected",
		"{\"a\": \"b":    "line 1: the text ends within a string",
		"{} {}":          "line 1: there is more text after the value",
		"\n\n{'a': 1}":   "line 3: there is a character where a key in quotes is expected",
		"[\"a\" \"b\"]":  "line 1: there is a character where a comma or a closing bracket is expected",
		"[\"\\u12\"]":    "line 1: there is a character where the rest of an escape is expected",
		"{\"a\" 1}":      "line 1: there is a character where a colon is expected",
		"[\"a\x01\"]":    "line 1: a string holds a control character",
		"[-x]":           "line 1: there is a character where a digit is expected",
		"[nul":           "line 1: there is a character where true, false or null is expected",
		"\xef\xbb\xbf{}": "line 1: there is a character where a value is expected",
	} {
		if _, err := Parse([]byte(in)); err == nil || err.Error() != says {
			t.Errorf("Parse(%q) says %v, want %s", in, err, says)
		}
	}
}

func TestLimits(t *testing.T) {
	if _, err := Parse([]byte(strings.Repeat("[", 1<<20))); !errors.Is(err, ErrDepth) {
		t.Errorf("deep nesting gives %v", err)
	}
	many := "[" + strings.Repeat("1,", MaxValues) + "1]"
	if _, err := Parse([]byte(many)); !errors.Is(err, ErrValues) {
		t.Errorf("too many values give %v", err)
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); !errors.Is(err, ErrBytes) {
		t.Errorf("a long text gives %v", err)
	}
	d, err := Parse([]byte("1e999"))
	if err != nil || !math.IsInf(d.Root().Number(), 1) {
		t.Errorf("a number beyond float64 gives %v, %v", d, err)
	}
}

func TestAbsent(t *testing.T) {
	d, err := Parse([]byte(`{"a": 1}`))
	if err != nil {
		t.Fatal(err)
	}
	n := d.Root().Path("a", "b", "c")
	if n.Kind() != Absent || n.Text() != "" || n.Number() != 0 || n.True() || n.Items() != nil || n.Members() != nil || n.Raw() != "" || n.Line() != 0 {
		t.Errorf("a member of a number is %+v", n)
	}
	if d.Root().Get("a").Text() != "" || d.Root().Get("a").Items() != nil || d.Root().Number() != 0 {
		t.Error("a value of one kind is read as another")
	}
}

// Large objects are read through an index, with the same answers.
func TestLargeObjects(t *testing.T) {
	var text strings.Builder
	text.WriteString("[")
	const objects, members = 12, 700
	for o := range objects {
		text.WriteString("{")
		for i := range members {
			fmt.Fprintf(&text, "\"k%d\": %d, ", i, o*members+i)
		}
		fmt.Fprintf(&text, "\"\\u006b7\": -1}%s", map[bool]string{true: "]", false: ","}[o == objects-1])
	}
	d, err := Parse([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	items := d.Root().Items()
	for i := range members {
		for o, n := range items {
			want := float64(o*members + i)
			if i == 7 {
				want = -1 // the last of a repeated key counts
			}
			if got := n.Get(fmt.Sprintf("k%d", i)); got.Kind() != Number || got.Number() != want {
				t.Fatalf("k%d of object %d is %v, want %v", i, o, got.Number(), want)
			}
		}
	}
	if items[0].Get("k700").Kind() != Absent {
		t.Error("a key that is not there is found")
	}
	var huge strings.Builder
	huge.WriteString("{")
	for i := range MaxMembers {
		fmt.Fprintf(&huge, "\"%d\":0,", i)
	}
	if _, err := Parse([]byte(huge.String() + "\"x\":0}")); !errors.Is(err, ErrValues) {
		t.Errorf("an object beyond all measure gives %v", err)
	}
}
