package symbol

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
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
	r, isA := Is(NotRest(a))
	s, isB := Is(NotRest(b))
	if isA && !Has(b) && !strings.HasPrefix(b, form(r)) || isB && !Has(a) && !strings.HasPrefix(a, form(s)) {
		return fact.No // as null is, if the symbol may be null
	}
	if isA && isB && r.Attr == s.Attr && (r.Attr == "id" || r.Attr == "arn") && made(r.ID) && made(s.ID) && r.ID != s.ID {
		return fact.No
	}
	return fact.Unknown
}

// form is how each value of an attribute begins (EC2 "Resource IDs"), or "".
func form(r resource.Reference) string {
	last := r.Attr[strings.LastIndexByte(r.Attr, '.')+1:]
	if strings.HasSuffix(last, "arn") {
		return "arn:"
	}
	if last == "id" {
		parts := strings.Split(string(r.ID.Base().Short()), ".")
		if len(parts) >= 2 {
			last = strings.TrimPrefix(parts[len(parts)-2], "aws_") + "_id"
		}
	}
	for _, known := range [...]struct{ suffix, prefix string }{
		{"security_group_id", "sg-"}, {"vpc_id", "vpc-"}, {"subnet_id", "subnet-"}, {"route_table_id", "rtb-"},
		{"vpc_endpoint_id", "vpce-"}, {"prefix_list_id", "pl-"}, {"transit_gateway_id", "tgw-"},
	} {
		if strings.HasSuffix(last, known.suffix) {
			return known.prefix
		}
	}
	return ""
}

// hasHole reports whether a string holds a symbol of [Hole].
func hasHole(s string) bool { return strings.Contains(s, string(open)+string(between)) }

// made reports whether an ID names a resource that the design itself makes.
func made(id ref.ID) bool {
	short := string(id.Short())
	return !strings.HasPrefix(short, "var.") && !strings.HasPrefix(short, "data.") && !strings.HasPrefix(short, "module.")
}
