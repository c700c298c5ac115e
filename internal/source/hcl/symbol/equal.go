package symbol

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
)

// Equal compares two values of which either may hold symbols or unknowns. The
// same symbol equals itself. A symbol is never null, nor the empty string: ids
// and ARNs are not empty, and a required variable is taken to be given. Two
// ids or two ARNs of different resources of the design differ. Whether any
// other symbol equals another text is unknown.
func Equal(a, b cty.Value) fact.Tri {
	a, _ = a.Unmark()
	b, _ = b.Unmark()
	if !a.IsKnown() || !b.IsKnown() {
		return fact.Unknown
	}
	if a.IsNull() || b.IsNull() {
		return maybeNull(a, b)
	}
	if a.Type() == cty.String && b.Type() == cty.String {
		return equalText(a.AsString(), b.AsString())
	}
	if !HasValue(a) && !HasValue(b) {
		a, _ := a.UnmarkDeep()
		b, _ := b.UnmarkDeep()
		eq := a.Equals(b)
		if !eq.IsKnown() {
			return fact.Unknown
		}
		return fact.Of(eq.True())
	}
	if plainA, _ := a.UnmarkDeep(); plainA.IsWhollyKnown() {
		plainB, _ := b.UnmarkDeep()
		doubt := false
		Walk(plainA, func(s string) { doubt = doubt || HasRest(s) || hasHole(s) })
		if !doubt && plainA.RawEquals(plainB) {
			return fact.Yes
		}
	}
	return fact.Unknown
}

func maybeNull(a, b cty.Value) fact.Tri {
	if a.IsNull() && b.IsNull() {
		return fact.Yes
	}
	other := a
	if a.IsNull() {
		other = b
	}
	if other.Type() == cty.String && HasRest(other.AsString()) {
		return fact.Unknown
	}
	return fact.No
}

func equalText(a, b string) fact.Tri {
	if a == b {
		if HasRest(a) || hasHole(a) {
			return fact.Unknown
		}
		return fact.Yes
	}
	if !Has(a) && !Has(b) {
		return fact.No
	}
	if a == "" || b == "" {
		return fact.No
	}
	r, isA := Is(a)
	s, isB := Is(b)
	if isA && isB && r.Attr == s.Attr && (r.Attr == "id" || r.Attr == "arn") && made(r.ID) && made(s.ID) && r.ID != s.ID {
		return fact.No
	}
	return fact.Unknown
}

// hasHole reports whether a string holds a symbol of [Hole].
func hasHole(s string) bool { return strings.Contains(s, string(open)+string(between)) }

// made reports whether an ID names a resource that the design itself makes.
func made(id ref.ID) bool {
	short := string(id.Short())
	return !strings.HasPrefix(short, "var.") && !strings.HasPrefix(short, "data.") && !strings.HasPrefix(short, "module.")
}
