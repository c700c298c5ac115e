package interp

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// plurals are the last words of attributes that hold a list: AWS and its
// provider name them so.
var plurals = []string{
	"ids", "names", "arns", "blocks", "cidrs", "zones", "subnets", "groups", "addresses", "entries", "ips", "suffixes", "options",
}

// Plural reports whether a reference is to an attribute that holds a list, as
// far as its name tells: "ids", "private_subnets", "cidr_blocks".
func Plural(r resource.Reference) bool {
	last := r.Attr[strings.LastIndexByte(r.Attr, '.')+1:]
	if last == "" {
		last = string(r.ID)
	}
	return slices.Contains(plurals, last[strings.LastIndexAny(last, "_.")+1:])
}

// Collection turns a symbol that stands where a collection is needed into a
// list with one element that stands for zero or more; other values are
// returned as they are.
func Collection(v cty.Value) cty.Value {
	plain, marks := v.Unmark()
	if plain.IsNull() || !plain.IsKnown() || plain.Type() != cty.String || !symbol.Has(plain.AsString()) {
		return v
	}
	return cty.TupleVal([]cty.Value{cty.StringVal(symbol.Rest(plain.AsString()))}).WithMarks(marks)
}
