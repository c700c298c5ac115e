package yamlval

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"
)

// draw makes objects, tuples and scalars only: what YAML decodes to.
func draw(rt *rapid.T, depth int) cty.Value {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"yes", "null", "1", "~", "- a", "a: b", "#", "\x7f\u0085\ufeff", "<<", "l\nm\n"}))
	switch rapid.IntRange(0, kinds-1).Draw(rt, "kind") {
	case 0:
		return cty.StringVal(text.Draw(rt, "text"))
	case 1:
		return cty.BoolVal(rapid.Bool().Draw(rt, "bool"))
	case 2:
		return cty.NumberIntVal(rapid.Int64().Draw(rt, "number"))
	case 3:
		return cty.NullVal(cty.DynamicPseudoType)
	case 4:
		var items []cty.Value
		for range rapid.IntRange(0, 3).Draw(rt, "items") {
			items = append(items, draw(rt, depth-1))
		}
		return cty.TupleVal(items)
	default:
		fields := map[string]cty.Value{}
		for range rapid.IntRange(0, 3).Draw(rt, "fields") {
			fields[cty.StringVal(text.Draw(rt, "key")).AsString()] = draw(rt, depth-1)
		}
		return cty.ObjectVal(fields)
	}
}

func TestRoundTrip(t *testing.T) {
	nested := 0
	rapid.Check(t, func(rt *rapid.T) {
		v := draw(rt, 3)
		encoded, err := Encode(v)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := Decode(encoded)
		if err != nil || !got.RawEquals(v) {
			rt.Fatalf("%#v\nencoded\n%s\ndecoded %#v, %v", v, encoded, got, err)
		}
		if strings.Contains(encoded, "\n    ") {
			nested++
		}
	})
	if nested == 0 {
		t.Error("no draw was nested: the generator is too narrow")
	}
}

func TestDecode(t *testing.T) {
	for in, want := range map[string]cty.Value{
		"":                                  cty.NullVal(cty.DynamicPseudoType),
		"a: 2024-01-02":                     cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("2024-01-02")}),
		"1: x\ntrue: y":                     cty.ObjectVal(map[string]cty.Value{"1": cty.StringVal("x"), "true": cty.StringVal("y")}),
		"[0.1, .inf, 18446744073709551615]": cty.TupleVal([]cty.Value{cty.MustParseNumberVal("0.1"), cty.PositiveInfinity, cty.NumberUIntVal(18446744073709551615)}),
		"b: &b {x: 1, y: 1}\nc: {y: 2, <<: *b}": cty.ObjectVal(map[string]cty.Value{
			"b": cty.ObjectVal(map[string]cty.Value{"x": cty.NumberIntVal(1), "y": cty.NumberIntVal(1)}),
			"c": cty.ObjectVal(map[string]cty.Value{"x": cty.NumberIntVal(1), "y": cty.NumberIntVal(2)}),
		}),
		"<<: [{a: 1}, {a: 2, b: 2}]": cty.ObjectVal(map[string]cty.Value{"a": cty.NumberIntVal(1), "b": cty.NumberIntVal(2)}),
	} {
		got, err := Decode(in)
		if err != nil || !got.RawEquals(want) {
			t.Errorf("%s: got %#v, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"a: 1\na: 2":      `the key "a" is given twice`,
		"--- 1\n--- 2":    "unexpected extra content",
		"a: !!binary aGk": "the tag !!binary is not supported",
		"a: !mine x":      "the tag !mine is not supported",
		"[.nan]":          "NaN",
		"? [a]\n: b":      "a key must be",
		"<<: 4":           "only a mapping",
		"a: *b":           "unknown anchor",
	} {
		if _, err := Decode(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", in, err, want)
		}
	}
}

func TestAliasesAreBounded(t *testing.T) {
	bomb := "a0: &a0 [x, x]\n"
	for i := range 40 {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	merges := "a0: &a0 {x: 1}\n"
	for i := range 40 {
		merges += fmt.Sprintf("a%d: &a%d {<<: [*a%d, *a%d]}\n", i+1, i+1, i, i)
	}
	for _, in := range []string{bomb, merges, "a: &a [*a]", strings.Repeat("[", 300) + strings.Repeat("]", 300)} {
		if _, err := Decode(in); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%.40s: got %v", in, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"a: &x [1]\nb: *x", "<<: {a: 1}", "? a\n: b", "- - - x", "&a a: *a", "%YAML 1.1\n---\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		v, err := Decode(in)
		if (err == nil) == (v == cty.NilVal) {
			t.Errorf("got %#v and %v: want a value or an error", v, err)
		}
	})
}
