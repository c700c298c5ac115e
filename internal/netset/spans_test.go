package netset

import (
	"cmp"
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// tiny is an axis of 64 points, so that a set of it is one word: the twin of
// every operation on spans is one machine instruction.
type tiny uint8

const tinyLast = 63

func (p tiny) Compare(q tiny) int { return cmp.Compare(p, q) }
func (p tiny) Next() tiny         { return p + 1 }
func (p tiny) Prev() tiny         { return p - 1 }
func (p tiny) IsValid() bool      { return p <= tinyLast }

// fromWord builds the set point by point, without the code under test.
func fromWord(w uint64) spans[tiny] {
	var s spans[tiny]
	for p := tiny(0); p <= tinyLast; p++ {
		if w>>p&1 == 0 {
			continue
		}
		if n := len(s); n > 0 && s[n-1].hi+1 == p {
			s[n-1].hi = p
		} else {
			s = append(s, span[tiny]{p, p})
		}
	}
	return s
}

// toWord reads a set back, and fails if it is not canonical.
func toWord(t rapid.TB, s spans[tiny]) uint64 {
	t.Helper()
	var w uint64
	for i, x := range s {
		if x.lo > x.hi || x.hi > tinyLast || i > 0 && s[i-1].hi+1 >= x.lo {
			t.Fatalf("%v is not canonical", s)
		}
		for p := x.lo; p <= x.hi; p++ {
			w |= 1 << p
		}
	}
	return w
}

// drawWord draws sets with few and long, many and short, touching and equal
// spans: uniform words would be noise of single points.
func drawWord(t *rapid.T, label string) uint64 {
	var w uint64
	for range rapid.IntRange(0, 5).Draw(t, label+" spans") {
		lo := rapid.IntRange(0, tinyLast).Draw(t, label+" from")
		n := rapid.SampledFrom([]int{1, 1, 2, 3, 8, 30, 64}).Draw(t, label+" length")
		for p := lo; p < lo+n && p <= tinyLast; p++ {
			w |= 1 << p
		}
	}
	if rapid.IntRange(0, 3).Draw(t, label+" inverted") == 0 {
		w = ^w
	}
	return w
}

func TestSpansAgreeWithWords(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		v, w := drawWord(rt, "a"), drawWord(rt, "b")
		if rapid.IntRange(0, 3).Draw(rt, "nested") == 0 {
			w &= v // covered sets are rare otherwise
		}
		a, b := fromWord(v), fromWord(w)
		for _, op := range []struct {
			name string
			got  spans[tiny]
			want uint64
		}{
			{"union", a.union(b), v | w},
			{"intersect", a.intersect(b), v & w},
			{"minus", a.minus(b), v &^ w},
			{"canonical", canonical(append(append(spans[tiny]{}, b...), a...)), v | w},
		} {
			if got := toWord(rt, op.got); got != op.want {
				rt.Fatalf("%s of %v and %v is %v, want %v", op.name, a, b, op.got, fromWord(op.want))
			}
			switch {
			case op.want == 0:
				seen[op.name+" empty"]++
			case op.want == ^uint64(0):
				seen[op.name+" full"]++
			case len(op.got) > 2:
				seen[op.name+" of many spans"]++
			}
		}
		for _, is := range []struct {
			name      string
			got, want bool
		}{
			{"covers", a.covers(b), w&^v == 0},
			{"overlaps", a.overlaps(b), v&w != 0},
			{"equal", a.equal(b), v == w},
		} {
			if is.got != is.want {
				rt.Fatalf("%v %s %v is %v", a, is.name, b, is.got)
			}
			if is.got {
				seen[is.name]++
			} else {
				seen["not "+is.name]++
			}
		}
		for p := tiny(0); p <= tinyLast; p++ {
			if got, want := a.contains(p), v>>p&1 == 1; got != want {
				rt.Fatalf("%v contains %d is %v", a, p, got)
			}
		}
		// The operands are as they were.
		if toWord(rt, a) != v || toWord(rt, b) != w {
			rt.Fatalf("an operation changed its operand: %v, %v", a, b)
		}
	})
	for _, name := range []string{
		"union full", "union of many spans", "union empty", "intersect empty", "intersect of many spans", "minus empty",
		"minus of many spans", "canonical full", "covers", "not covers", "overlaps", "not overlaps", "equal", "not equal",
	} {
		if seen[name] == 0 {
			t.Errorf("no draw was %q: the generator is too narrow", name)
		}
	}
}

// Every pair of sets of a still smaller axis: nothing is left to chance there.
func TestSpansOfSixPoints(t *testing.T) {
	const last = 6
	for v := range uint64(1 << last) {
		a := fromWord(v)
		if n := (bits.OnesCount64(v&^(v<<1)) - len(a)); n != 0 {
			t.Fatalf("%06b has %d spans", v, len(a))
		}
		for w := range uint64(1 << last) {
			b := fromWord(w)
			if got := toWord(t, a.union(b)); got != v|w {
				t.Errorf("%06b or %06b = %06b", v, w, got)
			}
			if got := toWord(t, a.intersect(b)); got != v&w {
				t.Errorf("%06b and %06b = %06b", v, w, got)
			}
			if got := toWord(t, a.minus(b)); got != v&^w {
				t.Errorf("%06b without %06b = %06b", v, w, got)
			}
			if got := a.covers(b); got != (w&^v == 0) {
				t.Errorf("%06b covers %06b: %v", v, w, got)
			}
			if got := a.overlaps(b); got != (v&w != 0) {
				t.Errorf("%06b overlaps %06b: %v", v, w, got)
			}
		}
	}
}
