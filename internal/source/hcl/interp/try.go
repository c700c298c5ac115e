package interp

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// try is the function of that name. Unlike in Terraform, a result in which
// something is unknown is kept, unless it is unknown whether it is an error.
func (e *Evaluator) try(x *hclsyntax.FunctionCallExpr, in *env) (cty.Value, *Error) {
	var first *Error
	for i, arg := range x.Args {
		doubts := e.doubts
		v, err := e.eval(arg, in)
		if err == nil {
			if e.doubts == doubts {
				return v, nil
			}
			return e.tryDoubtful(x, in, v, i+1)
		}
		if err.bound {
			return v, err
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		return cty.DynamicVal, errorf(x.NameRange, "try needs an argument")
	}
	return cty.DynamicVal, first
}

// tryDoubtful is the value of try if v is the first result without error, but
// one that may be an error once more is known: v or what the others give.
func (e *Evaluator) tryDoubtful(x *hclsyntax.FunctionCallExpr, in *env, v cty.Value, next int) (cty.Value, *Error) {
	for _, arg := range x.Args[next:] {
		other, err := e.eval(arg, in)
		if err != nil {
			continue
		}
		why := symbol.Unknown(cty.Bool, "it is not known whether an expression in try is valid", Place(x.NameRange))
		if have, at := symbol.Why(v); have != "" {
			why = symbol.Unknown(cty.Bool, have, at)
		}
		return mixed(why, v, other), nil
	}
	return v, nil
}

func (e *Evaluator) can(x *hclsyntax.FunctionCallExpr, in *env) (cty.Value, *Error) {
	if len(x.Args) != 1 {
		return cty.DynamicVal, errorf(x.NameRange, "can needs one argument")
	}
	doubts := e.doubts
	v, err := e.eval(x.Args[0], in)
	switch {
	case err != nil && err.bound:
		return v, err
	case err != nil:
		return cty.False, nil
	case e.doubts != doubts:
		return unknownOfType(cty.Bool, v).Mark(symbol.Reason{Why: "it is not known whether an expression in can is valid", Place: Place(x.NameRange)}), nil
	}
	return cty.True, nil
}
