package funcs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// entry is one function before it is guarded.
type entry struct {
	f function.Function
	// opaque: it looks into strings, and a symbol in an argument makes the
	// result unknown. Others handle symbols themselves or pass them through.
	opaque bool
	// before refuses calls whose result would be too large, before it is made.
	// The arguments are known to conform, without marks, perhaps unknown or null.
	before func(args []cty.Value) error
}

// guard wraps a function in what all have in common: conversion of arguments,
// limits, symbols, reasons of unknown values, no panics.
func guard(name string, e entry, b *Budget) function.Function {
	open := func(p function.Parameter) function.Parameter {
		// Arguments are converted here, so that who calls need not.
		p.Type = cty.DynamicPseudoType
		p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
		return p
	}
	spec := &function.Spec{
		// The function proper decides on the type, and does it once: to ask here
		// as well would double the work at each level of nested calls.
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := call(name, e, b, args)
			if why := (gap{}); errors.As(err, &why) {
				return unanswered(why, args), nil
			}
			return v, named(e.f, err)
		},
	}
	for _, p := range e.f.Params() {
		spec.Params = append(spec.Params, open(p))
	}
	if p := e.f.VarParam(); p != nil {
		v := open(*p)
		spec.VarParam = &v
	}
	return function.New(spec)
}

// unanswered is the result of a call that is a gap.
func unanswered(why gap, args []cty.Value) cty.Value {
	v := symbol.Unknown(cty.DynamicPseudoType, why.Error(), ref.Place{})
	if strings.HasPrefix(why.why, errTooLarge.why) {
		return v // what is too large is not walked over again
	}
	return mayHold(v, refs(args)).WithMarks(marks(args))
}

// parameter is the one that takes an argument.
func parameter(f function.Function, i int) function.Parameter {
	if params := f.Params(); i < len(params) {
		return params[i]
	}
	return *f.VarParam()
}

// named says in an error about an argument which parameter takes it.
func named(f function.Function, err error) error {
	var arg function.ArgError
	if errors.As(err, &arg) {
		return fmt.Errorf("invalid value for %q parameter: %w", parameter(f, arg.Index).Name, err)
	}
	return err
}

func call(name string, e entry, b *Budget, given []cty.Value) (cty.Value, error) {
	left := MaxWeight
	args, plain := make([]cty.Value, len(given)), make([]cty.Value, len(given))
	for i, v := range given {
		if !weigh(v, &left, maxDepth) {
			return cty.NilVal, gap{"result too large: the arguments of " + name + " are larger than 8 MiB"}
		}
		var err error
		if args[i], err = convertTo(v, parameter(e.f, i).Type); err != nil {
			return cty.NilVal, function.NewArgError(i, err)
		}
		plain[i], _ = args[i].UnmarkDeep()
	}
	if e.before != nil {
		if err := e.before(plain); err != nil {
			return cty.NilVal, err
		}
	}
	held := refs(plain)
	if e.opaque && len(held) > 0 {
		return lookedInto(name, e.f, args, held)
	}
	v, err := e.f.Call(args)
	if err != nil {
		return failed(name, e.f, args, held, err)
	}
	n, ok := Weight(v, MaxWeight)
	if !ok {
		return cty.NilVal, errTooLarge
	}
	if err := b.spend(n); err != nil {
		return cty.NilVal, err
	}
	return keepReasons(name, v, args, held), nil
}

// convertTo converts an argument; what a symbol stands for may be of any type.
func convertTo(v cty.Value, ty cty.Type) (cty.Value, error) {
	plain, m := v.Unmark()
	if ty != cty.String && ty != cty.DynamicPseudoType && plain.Type() == cty.String && symbol.HasValue(plain) {
		return unknownOf(ty, refs([]cty.Value{plain})).WithMarks(m), nil
	}
	return convert.Convert(v, ty)
}

// failed decides what an error means. If an argument holds a symbol, and the
// types alone are right, what failed is the symbol and not what it stands for.
func failed(name string, f function.Function, args []cty.Value, held []symbol.Part, err error) (cty.Value, error) {
	var panicked function.PanicError
	if errors.As(err, &panicked) {
		// Known for numbers that are none, such as log(-1, 2).
		return cty.NilVal, fmt.Errorf("%s has no result for these arguments", name)
	}
	if len(held) == 0 || errors.As(err, new(gap)) {
		return cty.NilVal, err
	}
	if _, typeErr := typeOf(f, args); typeErr != nil {
		return cty.NilVal, err
	}
	return lookedInto(name, f, args, held)
}

// typeOf is the type of the result if all that holds a symbol were unknown.
func typeOf(f function.Function, args []cty.Value) (cty.Type, error) {
	blank := make([]cty.Value, len(args))
	for i, a := range args {
		blank[i] = a
		if symbol.HasValue(a) {
			blank[i] = cty.UnknownVal(a.Type())
		}
	}
	return f.ReturnTypeForValues(blank)
}

// lookedInto is the unknown result of a function that looks into strings.
func lookedInto(name string, f function.Function, args []cty.Value, held []symbol.Part) (cty.Value, error) {
	ty, err := typeOf(f, args)
	if err != nil {
		return cty.NilVal, err
	}
	return unknownOf(ty, held).WithMarks(marks(args)), nil
}

// unknownOf is an unknown value because of symbols, which it may hold. Without
// symbols the cause is an unknown argument, which brings its own reason.
func unknownOf(ty cty.Type, held []symbol.Part) cty.Value {
	if len(held) == 0 {
		return cty.UnknownVal(ty)
	}
	why := held[0].Ref.Attr // the reason of a hole
	if held[0].Ref.ID != "" {
		why = symbol.WhyOf(held[0].Ref)
	}
	return mayHold(symbol.Unknown(ty, why, ref.Place{}), held)
}

// mayHold marks an unknown value with the references that it may hold.
func mayHold(v cty.Value, held []symbol.Part) cty.Value {
	for _, p := range held {
		if p.Ref.ID != "" {
			v = v.Mark(symbol.Candidate{Ref: p.Ref})
		}
	}
	return v
}

// unknownText is unknownOf for a string made of the given ones.
func unknownText(name string, from ...string) cty.Value {
	var values []cty.Value
	for _, s := range from {
		values = append(values, cty.StringVal(s))
	}
	return unknownOf(cty.String, refs(values))
}

// refs are the symbols in values, each once, in the order of their appearance.
func refs(values []cty.Value) []symbol.Part {
	var out []symbol.Part
	seen := map[symbol.Part]bool{}
	for _, v := range values {
		symbol.Walk(v, func(s string) {
			if !symbol.Has(s) {
				return
			}
			for _, p := range symbol.Parts(s) {
				if p.IsRef && !seen[p] {
					seen[p] = true
					out = append(out, p)
				}
			}
		})
	}
	return out
}

func marks(args []cty.Value) cty.ValueMarks {
	out := cty.ValueMarks{}
	for _, a := range args {
		_, m := a.UnmarkDeep()
		for mark := range m {
			out[mark] = struct{}{}
		}
	}
	return out
}

// keepReasons sees to it that what is unknown says why and what it may hold, and
// that what is known does not carry the reasons of others.
func keepReasons(name string, v cty.Value, args []cty.Value, held []symbol.Part) cty.Value {
	if v.IsWhollyKnown() {
		bare, m := v.Unmark()
		rest := cty.ValueMarks{}
		for mark := range m {
			switch mark.(type) {
			case symbol.Reason, symbol.Candidate:
			default:
				rest[mark] = struct{}{}
			}
		}
		return bare.WithMarks(rest)
	}
	if bare, _ := v.Unmark(); !bare.IsKnown() && bare.Type() != cty.Bool && bare.Type() != cty.Number {
		v = mayHold(v, held)
	}
	if why, _ := symbol.Why(v); why != "" {
		return v
	}
	v = v.WithMarks(marks(args))
	if why, _ := symbol.Why(v); why != "" {
		return v
	}
	return v.Mark(symbol.Reason{Why: "the result of " + name + " depends on a value that is unknown"})
}

// never is a function whose result nobody knows before apply.
func never(name, why string, params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params: params,
		Type:   function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return symbol.Unknown(cty.String, name+" "+why, ref.Place{}), nil
		},
	})
}

// str, num and any name parameters as Terraform's documentation does.
func str(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.String}
}

func num(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.Number}
}

func value(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType}
}

// text makes a function from strings to a string.
func text(params []string, impl func(args []string) (cty.Value, error)) function.Function {
	return typed(cty.String, params, impl)
}

// typed makes a function from strings to a type.
func typed(ty cty.Type, params []string, impl func(args []string) (cty.Value, error)) function.Function {
	spec := &function.Spec{
		Type: function.StaticReturnType(ty),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			in := make([]string, len(args))
			for i, a := range args {
				in[i] = a.AsString()
			}
			return impl(in)
		},
	}
	for _, p := range params {
		spec.Params = append(spec.Params, str(p))
	}
	return function.New(spec)
}

func toNumber(v cty.Value) (cty.Value, error) { return convertTo(v, cty.Number) }
