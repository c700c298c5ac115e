package name

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// value is a text in which a capital letter is a reference of that name and "?"
// is unknown.
func value(s string) resource.Value {
	v := resource.Value{Kind: resource.Text}
	for _, c := range s {
		switch {
		case c == '?':
			v.List = append(v.List, resource.Value{Kind: resource.Unknown})
		case 'A' <= c && c <= 'Z':
			v.List = append(v.List, resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(c)}})
		default:
			v.List = append(v.List, resource.Value{Kind: resource.String, Text: string(c)})
		}
	}
	return v
}

func TestCompare(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want Match
	}{
		{"a-vpc", "a-vpc", Same}, {"A-vpc", "A-vpc", Same}, {"A", "A", Same},
		{"A-vpc", "B-vpc", Alike}, {"?-vpc", "?-vpc", Alike}, {"A-vpc", "?-vpc", Alike},
		{"A-vpc", "dev-vpc", Maybe}, {"A-vpc", "B-C-vpc", Maybe}, {"A-vpc", "B", Maybe}, {"A", "B", Maybe},
		{"A-vpc", "B-vpcs", No}, {"A-vpc", "-vpc", No}, {"a-vpc", "b-vpc", No}, {"aA", "bB", No}, {"", "A", No}, {"", "", Same},
	} {
		a, b := Of(value(tc.a)), Of(value(tc.b))
		if got, back := Compare(a, b), Compare(b, a); got != tc.want || back != tc.want {
			t.Errorf("%s and %s: %d, and %d the other way round, want %d", tc.a, tc.b, got, back, tc.want)
		}
	}
}

// The walk agrees with filling the holes in all short ways.
func TestPossibleAgreesWithSlowTwin(t *testing.T) {
	seen := map[bool]int{}
	text := rapid.StringOfN(rapid.SampledFrom([]rune("abAB")), 0, 3, -1)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := text.Draw(rt, "a"), text.Draw(rt, "b")
		want := false
		names := map[string]bool{}
		for _, x := range fillings(a) {
			names[x] = true
		}
		for _, y := range fillings(b) {
			want = want || names[y]
		}
		if got := possible(Of(value(a)), Of(value(b))); got != want {
			rt.Fatalf("%q and %q: got %v, want %v", a, b, got, want)
		}
		seen[want]++
	})
	if seen[true] < 10 || seen[false] < 10 {
		t.Errorf("the draw is too narrow: %v", seen)
	}
}

// fillings are texts with 1 to 3 letters in place of each capital letter. Two
// patterns of three letters that can be equal can be so with these.
func fillings(s string) []string {
	out := []string{""}
	for _, c := range s {
		in := []string{string(c)}
		if 'A' <= c && c <= 'Z' {
			in = words(3)
		}
		var next []string
		for _, o := range out {
			for _, i := range in {
				if len(o)+len(i) <= 6 {
					next = append(next, o+i)
				}
			}
		}
		out = next
	}
	return out
}

func words(most int) []string {
	var out []string
	for n, last := 0, []string{""}; n < most; n++ {
		var next []string
		for _, w := range last {
			next = append(next, w+"a", w+"b")
		}
		out, last = append(out, next...), next
	}
	return out
}

func TestHoleAndText(t *testing.T) {
	p := Of(value("A-vpc"))
	if h, ok := p.Hole(); !ok || h.ID != "A" {
		t.Errorf("the hole is %v, %v", h, ok)
	}
	if got := p.String(); got != "${A}-vpc" {
		t.Errorf("got %s", got)
	}
	for _, s := range []string{"AB", "a", "?a"} {
		if _, ok := Of(value(s)).Hole(); ok {
			t.Errorf("%s has no one hole", s)
		}
	}
	if !Of(value("A?")).Empty() || Of(value("Aa")).Empty() {
		t.Error("a pattern is empty if it has no literal part")
	}
}
