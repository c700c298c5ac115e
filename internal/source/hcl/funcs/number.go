package funcs

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func strlen(v cty.Value) (cty.Value, error) { return stdlib.Strlen(v) }

var sumFunc = function.New(&function.Spec{
	Params: []function.Parameter{value("list")},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !isSequence(args[0].Type()) {
			return cty.NilVal, function.NewArgErrorf(0, "argument must be list, set, or tuple. Received %s", args[0].Type().FriendlyName())
		}
		if args[0].Length().IsKnown() && args[0].LengthInt() == 0 {
			return cty.NilVal, function.NewArgErrorf(0, "cannot sum an empty list")
		}
		total := cty.Zero
		for it := args[0].ElementIterator(); it.Next(); {
			_, v := it.Element()
			n, err := toNumber(v)
			if err != nil || n.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "argument must be list, set, or tuple of number values")
			}
			if total.IsKnown() && n.IsKnown() && opposite(total, n) {
				return cty.NilVal, errors.New("can't compute sum of opposing infinities")
			}
			total = total.Add(n)
		}
		return total, nil
	},
})

// opposite reports whether the sum of two numbers does not exist.
func opposite(a, b cty.Value) bool {
	x, y := a.AsBigFloat(), b.AsBigFloat()
	return x.IsInf() && y.IsInf() && x.Signbit() != y.Signbit()
}

// quantifier is alltrue and anytrue: the value that decides, and the one for
// which all must agree.
func quantifier(decides, otherwise cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			unknown := false
			for it := args[0].ElementIterator(); it.Next(); {
				_, v := it.Element()
				switch {
				case !v.IsKnown():
					unknown = true
				case v.IsNull() && decides.True():
				case v.IsNull() || v.RawEquals(decides):
					return decides, nil // null is as good as false
				}
			}
			if unknown {
				return cty.UnknownVal(cty.Bool), nil
			}
			return otherwise, nil
		},
	})
}
