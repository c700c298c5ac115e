package interp

import (
	"errors"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// lists says which arguments of a function are lists: those from the first
// number up to the second. A symbol there is a list that only AWS knows.
var lists = map[string][2]int{
	"alltrue": {0, 0}, "anytrue": {0, 0}, "chunklist": {0, 0}, "coalescelist": {0, 99}, "compact": {0, 0}, "concat": {0, 99},
	"contains": {0, 0}, "distinct": {0, 0}, "element": {0, 0}, "flatten": {0, 0}, "formatlist": {1, 99}, "index": {0, 0},
	"join": {1, 99}, "length": {0, 0}, "matchkeys": {0, 2}, "one": {0, 0}, "reverse": {0, 0}, "setintersection": {0, 99},
	"setproduct": {0, 99}, "setsubtract": {0, 1}, "setunion": {0, 99}, "slice": {0, 0}, "sort": {0, 0}, "sum": {0, 0},
	"tolist": {0, 0}, "toset": {0, 0}, "zipmap": {0, 1},
}

// passes are the functions that take collections as they are, so that an
// element that stands for zero or more stands for as many in the result.
var passes = map[string]bool{
	"compact": true, "concat": true, "distinct": true, "flatten": true, "jsonencode": true, "join": true, "keys": true,
	"merge": true, "reverse": true, "setunion": true, "sort": true, "tolist": true, "tomap": true, "toset": true, "values": true,
	"yamlencode": true, "templatefile": true, "templatestring": true, "nonsensitive": true, "sensitive": true, "tostring": true,
}

// writes are the functions that make a text of values: what is unknown becomes
// a hole in the text.
var writes = map[string]bool{
	"base64encode": true, "base64gzip": true,
	"format": true, "formatlist": true, "join": true, "jsonencode": true, "templatefile": true, "templatestring": true, "yamlencode": true,
}

func (e *Evaluator) call(x *hclsyntax.FunctionCallExpr, in *env) (cty.Value, *Error) {
	switch x.Name {
	case "try", "core::try":
		return e.try(x, in)
	case "can", "core::can":
		return e.can(x, in)
	}
	fn, ok := e.root(in).scope.Function(x.Name)
	if !ok {
		return cty.DynamicVal, errorf(x.NameRange, "there is no function %q", x.Name)
	}
	var args []cty.Value
	for i, arg := range x.Args {
		v, err := e.eval(arg, in)
		if err != nil {
			return v, err
		}
		if x.ExpandFinal && i == len(x.Args)-1 {
			if args, err = e.expand(x, args, v); err != nil {
				return v, err
			}
			if args == nil {
				return because("a list of arguments is not known", x.NameRange, v), nil
			}
			continue
		}
		args = append(args, v)
	}
	if out, err, done := e.ownCall(x, args); done {
		return out, err
	}
	size := maxSize
	for i, v := range args {
		if span, ok := lists[x.Name]; ok && span[0] <= i && i <= span[1] {
			args[i] = Collection(v)
		}
		if size -= sizeOf(v, size); size <= 0 {
			return v, errorf(x.NameRange, "%s is given more than %d values", x.Name, maxSize)
		}
		if writes[x.Name] {
			args[i] = Fill(args[i])
		}
	}
	if !passes[x.Name] {
		for _, v := range args {
			if symbol.RestValue(v) {
				return e.overRest(x, args), nil
			}
		}
	}
	out, problem := fn.Call(args)
	var gap funcs.Gap
	if errors.As(problem, &gap) {
		e.Gaps = append(e.Gaps, *errorf(x.NameRange, "%s: %s", x.Name, gap.Why))
		return because(gap.Why, x.NameRange, args...), nil
	}
	if problem != nil {
		return cty.DynamicVal, errorf(x.NameRange, "%s: %v", x.Name, problem)
	}
	if plain, _ := out.Unmark(); plain.Type() == cty.String && plain.IsKnown() && !plain.IsNull() {
		e.work += len(plain.AsString())
		if len(plain.AsString()) > maxText {
			return out, errorf(x.NameRange, "%s makes a text longer than %d MiB", x.Name, maxText>>20)
		}
	}
	return out, nil
}

func (e *Evaluator) root(in *env) *env {
	for in.parent != nil {
		in = in.parent
	}
	return in
}

// expand appends the elements of a final argument that is followed by "...".
// Nil means that nobody can tell them.
func (e *Evaluator) expand(x *hclsyntax.FunctionCallExpr, args []cty.Value, v cty.Value) ([]cty.Value, *Error) {
	plain, marks := Collection(v).Unmark()
	switch {
	case plain.IsNull() || plain.IsKnown() && !isListLike(plain):
		return nil, errorf(x.NameRange, "the last argument of %s must be a list", x.Name)
	case !plain.IsKnown():
		return nil, nil
	}
	args = append(make([]cty.Value, 0, len(args)+plain.LengthInt()), args...)
	for it := plain.ElementIterator(); it.Next(); {
		_, element := it.Element()
		args = append(args, element.WithMarks(marks))
	}
	return args, nil
}

// ownCall answers calls for which a symbol tells more than a function can see.
func (e *Evaluator) ownCall(x *hclsyntax.FunctionCallExpr, args []cty.Value) (cty.Value, *Error, bool) {
	if len(args) == 0 {
		return cty.NilVal, nil, false
	}
	first, _ := args[0].Unmark()
	if !first.IsKnown() || first.IsNull() {
		return cty.NilVal, nil, false
	}
	isSymbol := first.Type() == cty.String && symbol.Has(first.AsString())
	switch {
	case isSymbol && (x.Name == "tolist" || x.Name == "tomap"):
		return args[0], nil, true
	case isSymbol && x.Name == "element" && len(args) == 2:
		v, err := e.index(args[0], args[1], x.NameRange)
		return v, err, true
	case isSymbol && x.Name == "slice" && len(args) == 3:
		return e.sliceOf(args), nil, true
	case isSymbol && (x.Name == "lookup" || x.Name == "values" || x.Name == "keys" || x.Name == "merge"):
		return because(keyReason(first.AsString()), x.NameRange, args...), nil, true
	case x.Name == "lookup" && isEntity(first) && len(args) >= 2:
		v, err := e.index(args[0], args[1], x.NameRange)
		return v, err, true
	case x.Name == "flatten" && isListLike(first):
		args[0] = spread(args[0])
	}
	return cty.NilVal, nil, false
}

// sliceOf is a part of a list that only AWS knows, between known ends.
func (e *Evaluator) sliceOf(args []cty.Value) cty.Value {
	var ends [2]int64
	for i, v := range args[1:] {
		plain, _ := v.Unmark()
		n, err := convert.Convert(plain, cty.Number)
		if err != nil || !n.IsKnown() || n.IsNull() {
			return Collection(args[0])
		}
		ends[i], _ = n.AsBigFloat().Int64()
	}
	if ends[0] < 0 || ends[1] < ends[0] || ends[1] > 1000 {
		return Collection(args[0])
	}
	plain, marks := args[0].Unmark()
	out := []cty.Value{}
	for i := ends[0]; i < ends[1]; i++ {
		v, _ := e.plainIndex(plain, cty.NumberIntVal(i), noRange)
		out = append(out, v)
	}
	return cty.TupleVal(out).WithMarks(marks)
}

// spread turns the symbols in a list that name a list into such a list.
func spread(v cty.Value) cty.Value {
	plain, marks := v.Unmark()
	var out []cty.Value
	for it := plain.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if in, _ := element.Unmark(); in.IsKnown() && !in.IsNull() && in.Type() == cty.String {
			if r, ok := symbol.Is(in.AsString()); ok && Plural(r) {
				element = Collection(element)
			}
		}
		out = append(out, element)
	}
	return cty.TupleVal(out).WithMarks(marks)
}

// overRest answers a function that looks at a collection whose length is not
// known.
func (e *Evaluator) overRest(x *hclsyntax.FunctionCallExpr, args []cty.Value) cty.Value {
	e.doubts++
	const why = "the length of a list is not known"
	plain, marks := args[0].Unmark()
	switch {
	case x.Name == "length":
		return unknownOfType(cty.Number, args...).Mark(symbol.Reason{Why: restReason(plain), Place: Place(x.NameRange)})
	case x.Name == "one" && plain.LengthInt() == 1:
		for it := plain.ElementIterator(); it.Next(); {
			_, element := it.Element()
			return element.WithMarks(marks)
		}
	case x.Name == "contains" && len(args) == 2:
		for it := plain.ElementIterator(); it.Next(); {
			_, element := it.Element()
			if !symbol.IsRest(element) && symbol.Equal(element, args[1]) == fact.Yes {
				return cty.True
			}
		}
		return unknownOfType(cty.Bool, args...).Mark(symbol.Reason{Why: why, Place: Place(x.NameRange)})
	case x.Name == "element" && len(args) == 2:
		if v, err := e.index(args[0], args[1], x.NameRange); err == nil {
			return v
		}
	}
	return because(restReason(plain), x.NameRange, args...)
}

// restReason says what the length of a collection depends on.
func restReason(v cty.Value) string {
	why := "the length of a list is not known"
	if v.IsNull() || !v.CanIterateElements() {
		return why
	}
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if plain, _ := element.Unmark(); symbol.IsRest(element) && plain.Type() == cty.String {
			for _, p := range symbol.Parts(plain.AsString()) {
				if p.IsRef && p.Ref.ID != "" {
					return "the length of a list is not known: " + Reason(p.Ref)
				}
			}
		}
	}
	return why
}

// Fill replaces what is unknown in a value by holes, so that the text that is
// made of it keeps the rest.
func Fill(v cty.Value) cty.Value {
	if plain, _ := v.UnmarkDeep(); plain.IsWhollyKnown() {
		return v
	}
	plain, marks := v.Unmark()
	switch ty := plain.Type(); {
	case !plain.IsKnown() && (isListLike(plain) || ty.IsMapType()):
		return v
	case !plain.IsKnown():
		return cty.StringVal(hole(v)).WithMarks(textMarks(v))
	case isListLike(plain):
		var out []cty.Value
		for it := plain.ElementIterator(); it.Next(); {
			_, element := it.Element()
			out = append(out, inner(element.WithMarks(marks)))
		}
		return cty.TupleVal(out)
	case isMapLike(plain):
		attrs := map[string]cty.Value{}
		for it := plain.ElementIterator(); it.Next(); {
			key, element := it.Element()
			attrs[key.AsString()] = inner(element.WithMarks(marks))
		}
		return cty.ObjectVal(attrs)
	}
	return v
}

// inner is Fill within a collection: also an unknown collection is a hole.
func inner(v cty.Value) cty.Value {
	if plain, _ := v.Unmark(); !plain.IsKnown() {
		return cty.StringVal(hole(v)).WithMarks(textMarks(v))
	}
	return Fill(v)
}

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
		if e.Spent() {
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
	case err != nil && e.Spent():
		return v, err
	case err != nil:
		return cty.False, nil
	case e.doubts != doubts:
		return unknownOfType(cty.Bool, v).Mark(symbol.Reason{Why: "it is not known whether an expression in can is valid", Place: Place(x.NameRange)}), nil
	}
	return cty.True, nil
}
