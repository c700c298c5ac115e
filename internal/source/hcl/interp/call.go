package interp

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/fact"
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
	if out, done := oldCall(x.Name, args); done {
		return out, nil
	}
	if out, err, done := e.ownCall(x, args); done {
		if plain, _ := out.Unmark(); !plain.IsKnown() {
			e.doubts++
		}
		return out, err
	}
	if out, done := zonePattern(x, fn, args); done {
		return out, nil
	}
	size := maxSize
	for i, v := range args {
		if span, ok := lists[x.Name]; ok && span[0] <= i && i <= span[1] {
			args[i] = Collection(v)
		}
		if size -= sizeOf(v, size); size <= 0 {
			return v, bounds(x.NameRange, "%s is given more than %d values", x.Name, maxSize)
		}
		if plain, _ := v.Unmark(); writes[x.Name] && (plain.IsKnown() || lists[x.Name] == [2]int{} || i < lists[x.Name][0]) {
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
	if args, err := e.fit(x, fn, args); err != nil {
		return args[0], err
	}
	out, problem := fn.Call(args)
	if problem != nil {
		return cty.DynamicVal, errorf(x.NameRange, "%s: %v", x.Name, problem)
	}
	if plain, _ := out.Unmark(); !plain.IsKnown() {
		e.doubts++ // what is given to it may turn out to be wrong
	} else if plain.Type() == cty.String && !plain.IsNull() {
		e.work += len(plain.AsString())
		if len(plain.AsString()) > maxText {
			return out, bounds(x.NameRange, "%s makes a text longer than %d MiB", x.Name, maxText>>20)
		}
	}
	return out, nil
}

// fit brings arguments to the types of the parameters, in place.
func (e *Evaluator) fit(x *hclsyntax.FunctionCallExpr, fn function.Function, args []cty.Value) ([]cty.Value, *Error) {
	params := fn.Params()
	for i, v := range args {
		var p function.Parameter
		switch {
		case i < len(params):
			p = params[i]
		case fn.VarParam() != nil:
			p = *fn.VarParam()
		default:
			return args, nil // the function says itself that there are too many
		}
		plain, marks := v.Unmark()
		if p.Type == cty.DynamicPseudoType || plain.IsNull() {
			continue
		}
		if p.Type == cty.Number || p.Type == cty.Bool {
			out, err := e.typed(v, p.Type, x.NameRange)
			if err != nil {
				err.Why = x.Name + ": " + err.Why
				return args, err
			}
			args[i] = out
			continue
		}
		if p.Type.IsCollectionType() {
			plain, _ = Collection(plain).Unmark()
		}
		out, err := convert.Convert(plain, p.Type)
		if err != nil {
			return args, errorf(x.NameRange, "%s: the argument %q is %s, but must be a %s", x.Name, p.Name, friendly(v), p.Type.FriendlyName())
		}
		args[i] = out.WithMarks(marks)
	}
	return args, nil
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

// oldCall answers the functions that made lists and maps before Terraform 0.12
// and are gone from it.
func oldCall(name string, args []cty.Value) (cty.Value, bool) {
	switch {
	case name == "list":
		return cty.TupleVal(args), true
	case name == "map" && len(args)%2 == 0:
		attrs := map[string]cty.Value{}
		for i := 0; i < len(args); i += 2 {
			key, _ := args[i].Unmark()
			if !key.IsKnown() || key.IsNull() || key.Type() != cty.String {
				return cty.NilVal, false
			}
			attrs[key.AsString()] = args[i+1]
		}
		return cty.ObjectVal(attrs), true
	}
	return cty.NilVal, false
}

// mergeUnknown answers merge if an argument is a symbol: a map that only AWS
// knows.
func mergeUnknown(x *hclsyntax.FunctionCallExpr, args []cty.Value) (cty.Value, bool) {
	for _, v := range args {
		plain, _ := v.Unmark()
		if plain.IsKnown() && !plain.IsNull() && plain.Type() == cty.String && symbol.Has(plain.AsString()) {
			return because(keyReason(plain.AsString()), x.NameRange, args...), true
		}
	}
	// A key that is there perhaps may replace one that is there for sure.
	seen := map[string]bool{}
	for _, v := range args {
		plain, _ := v.Unmark()
		if !plain.IsKnown() || plain.IsNull() || !isMapLike(plain) {
			continue
		}
		for it := plain.ElementIterator(); it.Next(); {
			key, _ := it.Element()
			if name := key.AsString(); !hidden(key) {
				if other := symbol.NotRest(name); other != name && seen[other] || seen[symbol.Rest(name)] && other == name {
					return because("it is not known which keys a map has", x.NameRange, args...), true
				}
				seen[name] = true
			}
		}
	}
	return cty.NilVal, false
}

// valuesOf answers values for a map with keys that are there perhaps.
func valuesOf(x *hclsyntax.FunctionCallExpr, v cty.Value) cty.Value {
	plain, marks := v.Unmark()
	var out []cty.Value
	for it := plain.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if symbol.IsRest(key) {
			rest, ok := AsRest(element)
			if !ok {
				return because("it is not known which keys a map has", x.NameRange, v)
			}
			element = rest
		}
		out = append(out, element)
	}
	return cty.TupleVal(out).WithMarks(marks)
}

// ownCall answers calls for which a symbol tells more than a function can see.
func (e *Evaluator) ownCall(x *hclsyntax.FunctionCallExpr, args []cty.Value) (cty.Value, *Error, bool) {
	if len(args) == 0 {
		return cty.NilVal, nil, false
	}
	if x.Name == "merge" {
		v, done := mergeUnknown(x, args)
		return v, nil, done
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
	case isSymbol && (x.Name == "lookup" || x.Name == "values" || x.Name == "keys"):
		return because(keyReason(first.AsString()), x.NameRange, args...), nil, true
	case x.Name == "values" && isMapLike(first) && symbol.RestValue(first):
		return valuesOf(x, args[0]), nil, true
	case x.Name == "lookup" && isEntity(first) && len(args) >= 2:
		v, err := e.index(args[0], args[1], x.NameRange)
		return v, err, true
	case x.Name == "flatten" && isListLike(first):
		args[0] = spread(args[0])
		if holdsUnknownList(args[0]) {
			return because("the length of a list is not known", x.NameRange, args[0]), nil, true
		}
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

// holdsUnknownList reports whether a list, or a list in it, has an element that
// may be a list of which nothing is known.
func holdsUnknownList(v cty.Value) bool {
	v, _ = v.Unmark()
	if !v.IsKnown() {
		return v.Type() == cty.DynamicPseudoType || isListLike(v)
	}
	if v.IsNull() || !isListLike(v) {
		return false
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, element := it.Element(); holdsUnknownList(element) {
			return true
		}
	}
	return false
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
					return "the length of a list is not known: " + symbol.WhyOf(p.Ref)
				}
			}
		}
	}
	return why
}
