package interp

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// hidden reports whether a key is one of those that objects have for our own
// use.
func hidden(key cty.Value) bool {
	return key.Type() == cty.String && (key.AsString() == EntityKey || key.AsString() == symbol.RestKey)
}

func (e *Evaluator) forExpr(x *hclsyntax.ForExpr, in *env) (cty.Value, *Error) {
	coll, err := e.eval(x.CollExpr, in)
	if err != nil {
		return coll, err
	}
	coll, marks := Collection(coll).Unmark()
	switch {
	case coll.IsNull():
		return coll, errorf(x.CollExpr.Range(), "for cannot walk through null")
	case !coll.IsKnown():
		return because("a collection is not known", x.SrcRange, coll.WithMarks(marks)), nil
	case !coll.CanIterateElements():
		return coll, errorf(x.CollExpr.Range(), "for cannot walk through %s", friendly(coll))
	}
	out := made{keyed: x.KeyExpr != nil, attrs: map[string]cty.Value{}, groups: map[string][]cty.Value{}}
	list, shifted := coll.Type().IsTupleType() || coll.Type().IsListType(), false
	for it := coll.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if hidden(key) {
			continue
		}
		if shifted = shifted || list && symbol.IsRest(element); shifted {
			key = symbol.Unknown(cty.Number, restReason(coll), Place(x.SrcRange))
		}
		if err := e.turn(x, in, key, element, &out); err != nil {
			return coll, err
		}
	}
	return out.value(x, coll.WithMarks(marks)).WithMarks(marks), nil
}

// made is what a for expression has made so far.
type made struct {
	keyed  bool
	list   []cty.Value
	attrs  map[string]cty.Value
	groups map[string][]cty.Value
	doubt  []cty.Value // values because of which it is not known what is made
}

// turn evaluates a for expression for one element.
func (e *Evaluator) turn(x *hclsyntax.ForExpr, in *env, key, element cty.Value, out *made) *Error {
	rest := symbol.IsRest(element) || symbol.IsRest(key)
	in = &env{parent: in, name: x.ValVar, value: element}
	if x.KeyVar != "" {
		in = &env{parent: in, name: x.KeyVar, value: key}
	}
	if x.CondExpr != nil {
		cond, err := e.bool(x.CondExpr, in)
		if err != nil {
			return err
		}
		plain, _ := cond.Unmark()
		if !plain.IsKnown() {
			rest = true
		} else if plain.False() {
			return nil
		}
	}
	v, err := e.eval(x.ValExpr, in)
	if err != nil {
		return err
	}
	if !out.keyed {
		if rest {
			r, ok := AsRest(v)
			if !ok {
				out.doubt = append(out.doubt, v)
			}
			v = r
		}
		out.list = append(out.list, v)
		return nil
	}
	name, err := e.eval(x.KeyExpr, in)
	if err != nil {
		return err
	}
	text, err := e.text(name, x.KeyExpr.Range())
	if err != nil {
		return err
	}
	plain, _ := text.Unmark()
	if !plain.IsKnown() {
		out.doubt = append(out.doubt, text, v)
		return nil
	}
	s := plain.AsString()
	if rest {
		s = symbol.Rest(s)
	}
	if x.Group {
		out.groups[s] = append(out.groups[s], v)
		return nil
	}
	if out.clashes(s, rest) {
		out.doubt = append(out.doubt, v)
		return nil
	}
	if _, again := out.attrs[s]; again && !symbol.Has(s) {
		return errorf(x.KeyExpr.Range(), "the key %q occurs twice; add ... after the value to group", s)
	}
	out.attrs[s] = v
	return nil
}

// clashes reports whether a key is there both for sure and perhaps.
func (m *made) clashes(s string, rest bool) bool {
	other := symbol.NotRest(s)
	if !rest {
		other = symbol.Rest(s)
	}
	_, clash := m.attrs[other]
	return clash
}

func (m *made) value(x *hclsyntax.ForExpr, coll cty.Value) cty.Value {
	switch {
	case len(m.doubt) > 0:
		return because("it is not known which elements a collection has", x.SrcRange, append(m.doubt, coll)...)
	case !m.keyed:
		return cty.TupleVal(m.list)
	case x.Group:
		attrs := map[string]cty.Value{}
		for name, list := range m.groups {
			attrs[name] = cty.TupleVal(list)
		}
		return cty.ObjectVal(attrs)
	default:
		return cty.ObjectVal(m.attrs)
	}
}

func (e *Evaluator) splat(x *hclsyntax.SplatExpr, in *env) (cty.Value, *Error) {
	source, err := e.eval(x.Source, in)
	if err != nil {
		return source, err
	}
	return e.splatOver(source, x.MarkerRange, func(item cty.Value) (cty.Value, *Error) {
		return e.eval(x.Each, &env{parent: in, item: x.Item, value: item})
	})
}

// splatOver applies each to all elements of a list, or to a single value.
func (e *Evaluator) splatOver(source cty.Value, at hcl.Range, each func(cty.Value) (cty.Value, *Error)) (cty.Value, *Error) {
	if plain, _ := source.Unmark(); plain.IsKnown() && !plain.IsNull() && plain.Type() == cty.String {
		if parts := symbol.Parts(plain.AsString()); len(parts) == 1 && parts[0].IsRef && Plural(parts[0].Ref) {
			source = Collection(source)
		}
	}
	plain, marks := source.Unmark()
	ty := plain.Type()
	switch {
	case plain.IsNull() && isListLike(plain):
		return source, errorf(at, "a splat cannot walk through null")
	case plain.IsNull():
		return cty.EmptyTupleVal.WithMarks(marks), nil
	case !plain.IsKnown() && (isListLike(plain) || ty == cty.DynamicPseudoType):
		return because("a collection is not known", at, source), nil
	case !isListLike(plain):
		if symbol.IsRest(plain) {
			return e.splatOver(cty.TupleVal([]cty.Value{source}), at, each)
		}
		v, err := each(source)
		return cty.TupleVal([]cty.Value{v}), err
	}
	var out, doubt []cty.Value
	for it := plain.ElementIterator(); it.Next(); {
		_, element := it.Element()
		v, err := each(element)
		if err != nil {
			return v, err
		}
		if symbol.IsRest(element) {
			r, ok := AsRest(v)
			if !ok {
				doubt = append(doubt, v)
			}
			v = r
		}
		out = append(out, v)
	}
	if len(doubt) > 0 {
		return because("the length of a list is not known", at, append(doubt, source)...), nil
	}
	return cty.TupleVal(out).WithMarks(marks), nil
}
