package funcs

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs/wild"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// maxPairs bounds functions that compare each element with each.
const maxPairs = 1 << 23

// same reports whether two values are equal, whatever their symbols stand for.
func same(a, b cty.Value) fact.Tri {
	t := symbol.Equal(a, b)
	if t == fact.Unknown && known(a, b) && a.Type() == cty.String && b.Type() == cty.String && !wild.CanBe(a.AsString(), b.AsString()) {
		return fact.No
	}
	return t
}

// among reports whether a value is one of several.
func among(list []cty.Value, v cty.Value) fact.Tri {
	out := fact.No
	for _, e := range list {
		out = out.Or(same(e, v))
	}
	return out
}

// distinct keeps the first of each value. What a text with a hole is equal to is
// not known: it stands for zero or more.
func distinct(args []cty.Value) (cty.Value, error) {
	v, err := stdlib.Distinct(args[0])
	if err != nil || !v.IsWhollyKnown() || v.Type().ElementType() != cty.String || !wild.HasHole(joined(v)) {
		return v, err
	}
	items := v.AsValueSlice()
	for i, e := range items {
		if known(e) && wild.HasHole(e.AsString()) {
			items[i] = cty.StringVal(symbol.Rest(e.AsString()))
		}
	}
	return cty.ListVal(items), nil
}

func joined(list cty.Value) string {
	var b strings.Builder
	symbol.Walk(list, func(s string) { b.WriteString(s) })
	return b.String()
}

// setFunc makes setintersection and setsubtract, which keep the elements of the
// first set of which it holds that they are in each of the others, or in none.
// What nobody can tell stands for zero or more.
func setFunc(name string, plain function.Function, keep fact.Tri) function.Function {
	return rebuilt(plain, func(args []cty.Value) (cty.Value, error) {
		if len(refs(args)) == 0 || !known(args...) {
			return plain.Call(args)
		}
		ty, err := plain.ReturnTypeForValues(args)
		if err != nil {
			return cty.NilVal, err
		}
		pairs := 0
		for _, other := range args[1:] {
			pairs += lengthOf(args[0]) * lengthOf(other)
		}
		if pairs > maxPairs {
			return cty.NilVal, errTooLarge
		}
		var out []cty.Value
		for _, e := range args[0].AsValueSlice() {
			in := fact.Yes
			for _, other := range args[1:] {
				in = in.And(among(other.AsValueSlice(), e))
			}
			switch {
			case in == keep:
				out = append(out, e)
			case in != fact.Unknown:
			case e.Type() == cty.String && known(e):
				out = append(out, cty.StringVal(symbol.Rest(e.AsString())))
			default:
				return unknownOf(ty, refs(args)), nil
			}
		}
		if len(out) == 0 {
			return cty.SetValEmpty(ty.ElementType()), nil
		}
		return convert.Convert(cty.SetVal(out), ty)
	})
}
