package symbol

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Reason is a mark of cty on an unknown value: why nobody can tell it.
type Reason struct {
	Why   string    // a clause without capital: "var.app_port has no value"
	Place ref.Place // where the reason is written
}

// Candidate is a mark of cty on an unknown value: a reference that it may be
// or contain.
type Candidate struct{ Ref resource.Reference }

// Sensitive is a mark of cty on a value that must never be printed.
type Sensitive struct{}

// Unknown is an unknown value of a type, with the reason.
func Unknown(ty cty.Type, why string, at ref.Place) cty.Value {
	return cty.UnknownVal(ty).Mark(Reason{Why: why, Place: at})
}

// Why is the reason that a value or something in it is unknown, or "" if it
// has none. Of several reasons it is the first by place and text.
func Why(v cty.Value) (string, ref.Place) {
	_, marks := v.UnmarkDeep()
	var first Reason
	for mark := range marks {
		r, ok := mark.(Reason)
		if ok && (first == Reason{} || cmp.Or(r.Place.Compare(first.Place), strings.Compare(r.Why, first.Why)) < 0) {
			first = r
		}
	}
	return first.Why, first.Place
}

// Candidates are the references that a value, or something in it, is marked
// with, sorted.
func Candidates(v cty.Value) []resource.Reference {
	_, marks := v.UnmarkDeep()
	var out []resource.Reference
	for mark := range marks {
		if c, ok := mark.(Candidate); ok {
			out = append(out, c.Ref)
		}
	}
	slices.SortFunc(out, func(a, b resource.Reference) int {
		return cmp.Or(strings.Compare(string(a.ID), string(b.ID)), strings.Compare(a.Attr, b.Attr))
	})
	return out
}
