package diag

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
)

func TestSorted(t *testing.T) {
	a1, a2 := ref.Place{File: "a.tf", Line: 1}, ref.Place{File: "a.tf", Line: 12}
	b := ref.Place{File: "b.tf", Line: 2}
	want := List{
		{Note, "no place comes first", "", ref.Place{}},
		// At one place the gravest is first, then the text decides.
		{Error, "unclosed block", "x", a1},
		{Warning, "module not here", "x", a1},
		{Note, "attribute not modelled", "x", a1},
		{Note, "attribute not modelled", "y", a1},
		{Note, "block not modelled", "a", a1},
		{Error, "unclosed block", "x", a2},
		{Note, "attribute not modelled", "x", b},
	}
	rapid.Check(t, func(rt *rapid.T) {
		// Any order, with some repeated, sorts to the same list.
		in := rapid.Permutation(slices.Concat(want, want[:rapid.IntRange(0, len(want)).Draw(rt, "repeated")])).Draw(rt, "in")
		before := slices.Clone(in)
		got := List(in).Sorted()
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("sorted, want -, got +:\n%s", diff)
		}
		if diff := cmp.Diff(before, in); diff != "" {
			rt.Fatalf("Sorted changed its list:\n%s", diff)
		}
	})
}

func TestAdd(t *testing.T) {
	var l List
	at := ref.Place{File: "main.tf", Line: 4}
	l.Add(Warning, at, "module not here", "Run terraform init.")
	l.Add(Note, ref.Place{}, "nothing read", "The directory is empty.")
	want := List{
		{Level: Warning, Summary: "module not here", Detail: "Run terraform init.", Place: at},
		{Level: Note, Summary: "nothing read", Detail: "The directory is empty."},
	}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestSortedOfNothing(t *testing.T) {
	if got := List(nil).Sorted(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestLevels(t *testing.T) {
	// The order is used to rank, and a stray level is not lost.
	if !(Note < Warning && Warning < Error) {
		t.Error("the levels are not in the order note, warning, error")
	}
	for level, want := range map[Level]string{Note: "note", Warning: "warning", Error: "error", 9: "error"} {
		if got := level.String(); got != want {
			t.Errorf("level %d prints %q, want %q", level, got, want)
		}
	}
}
