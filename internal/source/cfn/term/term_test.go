package term_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
)

var at = ref.Place{File: "t.yaml", Line: 1}

// draw is a value without references, and what it is in Go.
func draw(t *rapid.T, depth int) (resource.Value, any) {
	switch n := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case n == 0:
		b := rapid.Bool().Draw(t, "bool")
		return resource.Value{Kind: resource.Bool, Bool: b}, b
	case n == 1:
		f := float64(rapid.IntRange(-5, 5).Draw(t, "number"))
		return resource.Value{Kind: resource.Number, Number: f}, f
	case n == 2 && depth > 0:
		out, plain := resource.Value{Kind: resource.List}, []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			v, p := draw(t, depth-1)
			out.List, plain = append(out.List, v), append(plain, p)
		}
		return out, plain
	case n == 3 && depth > 0:
		out, plain := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}}, map[string]any{}
		for _, k := range []string{"a", "b\"", "<"} {
			if rapid.Bool().Draw(t, k) {
				out.Map[k], plain[k] = draw(t, depth-1)
			}
		}
		return out, plain
	default:
		s := rapid.SampledFrom([]string{"", "a", "a<b\"\n", "é\u2028", "5"}).Draw(t, "text")
		return term.String(s, at), s
	}
}

// TestJSON reads what is written with the library.
func TestJSON(t *testing.T) {
	seen := map[int]int{}
	rapid.Check(t, func(rt *rapid.T) {
		v, plain := draw(rt, 3)
		text := ""
		for _, p := range term.JSON(v, at) {
			text += p.Text
		}
		var back any
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		got, err := json.Marshal(back)
		want, err2 := json.Marshal(plain)
		if err != nil || err2 != nil || string(got) != string(want) {
			rt.Fatalf("%s is %s, want %s", text, got, want)
		}
		seen[len(text)/10]++
	})
	if len(seen) < 3 {
		t.Errorf("the draw is too narrow: %v", seen)
	}
}

// TestJSONOfWhatMayBeShorter: a comma is only certain if what is behind it is.
func TestJSONOfWhatMayBeShorter(t *testing.T) {
	perhaps := term.Maybe(term.String("b", at), "x is not known")
	for _, v := range []resource.Value{
		term.List([]resource.Value{term.String("a", at), perhaps}, at),
		{Kind: resource.Map, Map: map[string]resource.Value{"a": term.String("a", at), "b": perhaps}},
	} {
		got := term.JSON(v, at)
		if len(got) != 1 || got[0].Kind != resource.Unknown || got[0].Why != "x is not known" {
			t.Errorf("%+v is %+v", v, got)
		}
	}
}

// TestSame: scalars are equal if their texts are, and what is unknown or may be
// absent is never surely equal.
func TestSame(t *testing.T) {
	group := term.Reference("Group", "Ref", at)
	unknown := term.Unknown("x", at)
	for _, tc := range []struct {
		a, b resource.Value
		want bool
	}{
		{term.Number("443", at), term.String("443", ref.Place{}), true},
		{resource.Value{Kind: resource.Bool, Bool: true}, term.String("true", at), true},
		{term.Number("0443", at), term.String("443", at), false},
		{group, group, true},
		{group, term.Reference("Group", "Arn", at), false},
		{term.String("$\"Group\"\"Ref\"", at), group, false},
		{unknown, unknown, false},
		{term.Maybe(group, "x"), term.Maybe(group, "x"), false},
		{term.List([]resource.Value{group}, at), term.List([]resource.Value{group}, at), true},
		{term.List([]resource.Value{unknown}, at), term.List([]resource.Value{unknown}, at), false},
		{term.List([]resource.Value{term.String("a,b", at)}, at), term.List([]resource.Value{term.String("a", at), term.String("b", at)}, at), false},
		{term.List([]resource.Value{group}, at), resource.Value{Kind: resource.Text, List: []resource.Value{group}}, false},
		{resource.Value{}, term.String("", at), false},
	} {
		if got, back := term.Same(tc.a, tc.b), term.Same(tc.b, tc.a); got != tc.want || back != tc.want {
			t.Errorf("Same(%+v, %+v) = %v, %v; want %v", tc.a, tc.b, got, back, tc.want)
		}
	}
}

func TestOpaqueKeepsWhatItIsMadeOf(t *testing.T) {
	secret := term.String("hunter2", at)
	secret.Sensitive = true
	v := term.Opaque("x", at, term.List([]resource.Value{term.Reference("B", "Ref", at), secret}, at), term.Reference("A", "Ref", at), term.Reference("B", "Ref", at))
	if len(v.Candidates) != 2 || v.Candidates[0].ID != "A" || v.Candidates[1].ID != "B" || !v.Sensitive || v.Kind != resource.Unknown {
		t.Errorf("got %+v", v)
	}
}

func TestSpell(t *testing.T) {
	v := resource.Value{Kind: resource.Text, List: []resource.Value{term.Reference("Env", "", at), term.String("-", at), term.Reference("Vpc", "Ref", at)}}
	if got, ok := term.Spell(v); !ok || got != "${Env}-${Vpc.Ref}" {
		t.Errorf("got %q, %v", got, ok)
	}
	if got, ok := term.Spell(term.Unknown("x", at)); ok {
		t.Errorf("what is unknown is spelled %q", got)
	}
}
