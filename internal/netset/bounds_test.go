package netset

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
)

// world is bounds with one set that could be the truth.
type world struct {
	bounds Bounds
	truth  Ports
}

func drawWorld(t *rapid.T, label string) world {
	sure := drawPorts(t, label+" sure")
	open := drawPorts(t, label+" open")
	return world{
		Bounds{sure, sure.Union(open)},
		sure.Union(open.Intersect(drawPorts(t, label+" truth"))),
	}
}

// Whatever the truth is, every operation keeps it within the bounds, and an
// answer that is not Unknown is the true one.
func TestBoundsKeepTheTruth(t *testing.T) {
	var any, all [3]int
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawWorld(rt, "a"), drawWorld(rt, "b")
		only, asked := drawPorts(rt, "only"), drawPorts(rt, "asked")
		for _, w := range []struct {
			name string
			world
		}{
			{"and", world{a.bounds.And(b.bounds), a.truth.Intersect(b.truth)}},
			{"or", world{a.bounds.Or(b.bounds), a.truth.Union(b.truth)}},
			{"minus", world{a.bounds.Minus(b.bounds), a.truth.Minus(b.truth)}},
			{"restrict", world{a.bounds.Restrict(only), a.truth.Intersect(only)}},
		} {
			if !w.truth.Covers(w.bounds.Sure) || !w.bounds.Maybe.Covers(w.truth) {
				rt.Fatalf("%s of %v and %v is %v, which leaves out %v", w.name, a, b, w.bounds, w.truth)
			}
			if got := w.bounds.Any(asked); got != fact.Unknown && got != fact.Of(w.truth.Overlaps(asked)) {
				rt.Fatalf("any of %v in %v is %v, but the truth is %v", asked, w.bounds, got, w.truth)
			}
			if got := w.bounds.All(asked); got != fact.Unknown && got != fact.Of(w.truth.Covers(asked)) {
				rt.Fatalf("all of %v in %v is %v, but the truth is %v", asked, w.bounds, got, w.truth)
			}
			any[w.bounds.Any(asked)]++
			all[w.bounds.All(asked)]++
		}
	})
	for _, v := range []fact.Tri{fact.Unknown, fact.No, fact.Yes} {
		if any[v] == 0 || all[v] == 0 {
			t.Errorf("no answer was %v: the generator is too narrow", v)
		}
	}
}

// Bounds are as tight as they can be: both of them are the truth in some
// world. For Minus that is the world where every possible deny holds, and the
// one where only the sure ones do.
func TestBoundsAreTight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawWorld(rt, "a").bounds, drawWorld(rt, "b").bounds
		if got := a.Minus(b); !got.Equal(Bounds{a.Sure.Minus(b.Maybe), a.Maybe.Minus(b.Sure)}) {
			rt.Fatalf("%v minus %v is %v", a, b, got)
		}
		if got := a.And(Exactly(AllPorts())); !got.Equal(a) {
			rt.Fatalf("%v and everything is %v", a, got)
		}
		if got := a.Or(Bounds{}); !got.Equal(a) {
			rt.Fatalf("%v or nothing is %v", a, got)
		}
		if got := a.And(Unknown()); !got.Equal(AtMost(a.Maybe)) {
			rt.Fatalf("%v and the unknown is %v", a, got)
		}
		if a.IsExact() != a.Open().IsEmpty() {
			rt.Fatalf("%v is exact: %v, but open are %v", a, a.IsExact(), a.Open())
		}
	})
}

func TestBoundsAnswers(t *testing.T) {
	https, web := TCP(443, 443), TCP(80, 443)
	for _, tc := range []struct {
		name     string
		bounds   Bounds
		asked    Ports
		any, all fact.Tri
	}{
		{"the zero bounds hold nothing", Bounds{}, https, fact.No, fact.No},
		{"the unknown", Unknown(), https, fact.Unknown, fact.Unknown},
		{"exactly what is asked", Exactly(https), https, fact.Yes, fact.Yes},
		{"a part of what is asked", Exactly(https), web, fact.Yes, fact.No},
		{"surely a part, possibly all", Bounds{https, web}, web, fact.Yes, fact.Unknown},
		{"possibly a part", AtMost(https), web, fact.Unknown, fact.No},
		{"nothing is asked", Exactly(https), NoPorts(), fact.No, fact.Yes},
		{"nothing is asked of the unknown", Unknown(), NoPorts(), fact.No, fact.Yes},
	} {
		if got := tc.bounds.Any(tc.asked); got != tc.any {
			t.Errorf("%s: any is %v, want %v", tc.name, got, tc.any)
		}
		if got := tc.bounds.All(tc.asked); got != tc.all {
			t.Errorf("%s: all is %v, want %v", tc.name, got, tc.all)
		}
	}
	if got := Exactly(https).String(); got != "tcp/443" {
		t.Errorf("exact bounds print %q", got)
	}
	if got := Unknown().String(); got != "surely none; possibly all traffic" {
		t.Errorf("unknown bounds print %q", got)
	}
}
