package interp

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// typed converts a value to bool or number; a symbol is an unknown one.
func (e *Evaluator) typed(v cty.Value, ty cty.Type, at hcl.Range) (cty.Value, *Error) {
	plain, marks := v.Unmark()
	switch {
	case plain.IsNull():
		return v, errorf(at, "a %s is needed, but this is null", ty.FriendlyName())
	case plain.IsKnown() && plain.Type() == cty.String && symbol.Has(plain.AsString()):
		return unknownOfType(ty, v).Mark(symbol.Reason{Why: keyReason(plain.AsString()), Place: Place(at)}), nil
	}
	if ty == cty.Number && plain.Type() == cty.Bool && plain.IsKnown() {
		// Configurations from before Terraform 0.12 multiply with conditions.
		if plain.True() {
			return cty.NumberIntVal(1).WithMarks(marks), nil
		}
		return cty.Zero.WithMarks(marks), nil
	}
	out, err := convert.Convert(plain, ty)
	if err != nil {
		return v, errorf(at, "a %s is needed, but this is %s", ty.FriendlyName(), friendly(v))
	}
	return out.WithMarks(marks), nil
}

func (e *Evaluator) unary(x *hclsyntax.UnaryOpExpr, in *env) (cty.Value, *Error) {
	v, err := e.eval(x.Val, in)
	if err != nil {
		return v, err
	}
	if v, err = e.typed(v, x.Op.Type, x.Val.Range()); err != nil {
		return v, err
	}
	plain, marks := v.Unmark()
	out, problem := x.Op.Impl.Call([]cty.Value{plain})
	if problem != nil {
		return v, errorf(x.SrcRange, "%v", problem)
	}
	return out.WithMarks(marks), nil
}

func (e *Evaluator) binary(x *hclsyntax.BinaryOpExpr, in *env) (cty.Value, *Error) {
	switch x.Op {
	case hclsyntax.OpLogicalAnd:
		return e.logical(x, in, false)
	case hclsyntax.OpLogicalOr:
		return e.logical(x, in, true)
	}
	a, err := e.eval(x.LHS, in)
	if err != nil {
		return a, err
	}
	b, err := e.eval(x.RHS, in)
	if err != nil {
		return b, err
	}
	switch x.Op {
	case hclsyntax.OpEqual:
		return truth(symbol.Equal(a, b), x.SrcRange, a, b), nil
	case hclsyntax.OpNotEqual:
		return truth(symbol.Equal(a, b).Not(), x.SrcRange, a, b), nil
	}
	if a, err = e.typed(a, cty.Number, x.LHS.Range()); err != nil {
		return a, err
	}
	if b, err = e.typed(b, cty.Number, x.RHS.Range()); err != nil {
		return b, err
	}
	plainA, marksA := a.Unmark()
	plainB, marksB := b.Unmark()
	out, problem := x.Op.Impl.Call([]cty.Value{plainA, plainB})
	if problem != nil {
		return a, errorf(x.SrcRange, "%v", problem)
	}
	return out.WithMarks(marksA, marksB), nil
}

// truth is a three-valued answer about two values.
func truth(t fact.Tri, at hcl.Range, a, b cty.Value) cty.Value {
	if t != fact.Unknown {
		return sensitiveOf(cty.BoolVal(t == fact.Yes), a, b)
	}
	why := "a value that is compared is not known"
	for _, v := range [...]cty.Value{b, a} {
		symbol.Walk(v, func(s string) {
			if symbol.Has(s) {
				why = keyReason(s)
			}
		})
	}
	out := cty.UnknownVal(cty.Bool)
	for _, v := range [...]cty.Value{a, b} {
		_, marks := v.UnmarkDeep()
		out = out.WithMarks(marks)
	}
	if have, _ := symbol.Why(out); have != "" {
		return out
	}
	return out.Mark(symbol.Reason{Why: why, Place: Place(at)})
}

// sensitiveOf marks a value as sensitive if one of others is.
func sensitiveOf(out cty.Value, from ...cty.Value) cty.Value {
	for _, v := range from {
		_, marks := v.UnmarkDeep()
		if _, ok := marks[symbol.Sensitive{}]; ok {
			return out.Mark(symbol.Sensitive{})
		}
	}
	return out
}

// logical is && or ||; decisive is the value of one side that decides. The
// right side is not evaluated if the left side decides, and may be wrong if
// the left side is unknown.
func (e *Evaluator) logical(x *hclsyntax.BinaryOpExpr, in *env, decisive bool) (cty.Value, *Error) {
	a, err := e.bool(x.LHS, in)
	if err != nil {
		// The language asks the right side before it says that the left is wrong.
		if b, err := e.bool(x.RHS, in); err == nil {
			if plainB, _ := b.Unmark(); plainB.IsKnown() && plainB.True() == decisive {
				return b, nil
			} else if !plainB.IsKnown() {
				return b, nil
			}
		}
		return a, err
	}
	plainA, _ := a.Unmark()
	if plainA.IsKnown() && plainA.True() == decisive {
		return a, nil
	}
	b, err := e.bool(x.RHS, in)
	if err != nil {
		if !plainA.IsKnown() {
			e.doubts++
			return a, nil
		}
		return b, err
	}
	plainB, _ := b.Unmark()
	if plainA.IsKnown() || plainB.IsKnown() && plainB.True() == decisive {
		return b, nil
	}
	if plainB.IsKnown() {
		return a, nil
	}
	return unknownOfType(cty.Bool, a, b), nil
}

func (e *Evaluator) bool(x hclsyntax.Expression, in *env) (cty.Value, *Error) {
	v, err := e.eval(x, in)
	if err != nil {
		return v, err
	}
	return e.typed(v, cty.Bool, x.Range())
}

func (e *Evaluator) conditional(x *hclsyntax.ConditionalExpr, in *env) (cty.Value, *Error) {
	cond, err := e.bool(x.Condition, in)
	if err != nil {
		return cond, err
	}
	if plain, _ := cond.Unmark(); plain.IsKnown() {
		if plain.True() {
			return e.eval(x.TrueResult, in)
		}
		return e.eval(x.FalseResult, in)
	}
	a, errA := e.eval(x.TrueResult, in)
	b, errB := e.eval(x.FalseResult, in)
	switch {
	case errA != nil && errB != nil:
		return a, errA
	case errA != nil: // it would only be an error if the condition were so
		e.doubts++
		return unknownOf(b, cond), nil
	case errB != nil:
		e.doubts++
		return unknownOf(a, cond), nil
	}
	return mixed(cond, a, b), nil
}

// mixed is what is known of a value that is a or b.
func mixed(cond, a, b cty.Value) cty.Value {
	plainA, marksA := a.Unmark()
	plainB, marksB := b.Unmark()
	_, marks := cond.Unmark()
	deepA, _ := plainA.UnmarkDeep()
	deepB, _ := plainB.UnmarkDeep()
	if deepA.IsWhollyKnown() && deepA.RawEquals(deepB) {
		return a
	}
	if !plainA.IsKnown() || !plainB.IsKnown() {
		return unknownOfType(common(plainA, plainB), a, b, cond)
	}
	if out, ok := mixedKnown(cond, plainA, plainB); ok {
		return out.WithMarks(marksA, marksB, marks)
	}
	return unknownOfType(common(plainA, plainB), a, b, cond)
}

func mixedKnown(cond, a, b cty.Value) (cty.Value, bool) {
	switch {
	case a.IsNull() && b.IsNull():
		return a, true
	case b.IsNull():
		a, b = b, a
		fallthrough
	case a.IsNull():
		if b.Type() == cty.String || isEntity(b) {
			return AsRest(b)
		}
		return a, false
	case isListLike(a) && isListLike(b):
		if a.LengthInt() != b.LengthInt() {
			return mixedLists(a, b)
		}
		return eachMixed(cond, a, b, false)
	case isMapLike(a) && isMapLike(b):
		return eachMixed(cond, a, b, true)
	}
	return a, false
}

func isListLike(v cty.Value) bool {
	ty := v.Type()
	return ty.IsTupleType() || ty.IsListType() || ty.IsSetType()
}

func isMapLike(v cty.Value) bool { return v.Type().IsObjectType() || v.Type().IsMapType() }

// mixedLists is a list that is empty or has the elements of the other.
func mixedLists(a, b cty.Value) (cty.Value, bool) {
	if b.LengthInt() == 0 {
		a, b = b, a
	}
	if a.LengthInt() != 0 {
		return a, false
	}
	var out []cty.Value
	for it := b.ElementIterator(); it.Next(); {
		_, element := it.Element()
		rest, ok := AsRest(element)
		if !ok {
			return a, false
		}
		out = append(out, rest)
	}
	return cty.TupleVal(out), true
}

// eachMixed mixes element by element; maps only if they have the same keys, or
// one has none.
func eachMixed(cond, a, b cty.Value, keyed bool) (cty.Value, bool) {
	var list []cty.Value
	attrs := map[string]cty.Value{}
	if keyed && a.LengthInt() != b.LengthInt() {
		if b.LengthInt() == 0 {
			a, b = b, a
		}
		if a.LengthInt() != 0 {
			return a, false
		}
		for it := b.ElementIterator(); it.Next(); {
			key, element := it.Element()
			attrs[symbol.Rest(key.AsString())] = element
		}
		return cty.ObjectVal(attrs), true
	}
	itA, itB := a.ElementIterator(), b.ElementIterator()
	for itA.Next() && itB.Next() {
		keyA, elementA := itA.Element()
		keyB, elementB := itB.Element()
		m := mixed(cond, elementA, elementB)
		if !keyed {
			list = append(list, m)
			continue
		}
		if keyA.AsString() != keyB.AsString() {
			return a, false
		}
		attrs[keyA.AsString()] = m
	}
	if keyed {
		return cty.ObjectVal(attrs), true
	}
	return cty.TupleVal(list), true
}

// common is the type of a value that is one of two.
func common(a, b cty.Value) cty.Type {
	if a.Type() == cty.DynamicPseudoType || b.Type() == cty.DynamicPseudoType {
		return cty.DynamicPseudoType
	}
	ty, _ := convert.UnifyUnsafe([]cty.Type{a.Type(), b.Type()})
	if ty == cty.NilType {
		return cty.DynamicPseudoType
	}
	return ty
}

func (e *Evaluator) template(x *hclsyntax.TemplateExpr, in *env) (cty.Value, *Error) {
	if len(x.Parts) == 1 {
		if lit, ok := x.Parts[0].(*hclsyntax.LiteralValueExpr); ok {
			return lit.Val, nil
		}
	}
	var out strings.Builder
	var marks []cty.ValueMarks
	for _, part := range x.Parts {
		v, err := e.eval(part, in)
		if err != nil {
			return v, err
		}
		if err := e.write(&out, v, part.Range()); err != nil {
			return v, err
		}
		marks = append(marks, textMarks(v))
	}
	return cty.StringVal(out.String()).WithMarks(marks...), nil
}

func (e *Evaluator) join(x *hclsyntax.TemplateJoinExpr, in *env) (cty.Value, *Error) {
	tuple, err := e.eval(x.Tuple, in)
	if err != nil {
		return tuple, err
	}
	plain, marks := tuple.Unmark()
	if !plain.IsKnown() || plain.IsNull() || !plain.CanIterateElements() {
		return because("a text is repeated for a collection that is not known", x.Range(), tuple), nil
	}
	var out strings.Builder
	all := []cty.ValueMarks{marks}
	for it := plain.ElementIterator(); it.Next(); {
		_, v := it.Element()
		if err := e.write(&out, v, x.Range()); err != nil {
			return v, err
		}
		all = append(all, textMarks(v))
	}
	return cty.StringVal(out.String()).WithMarks(all...), nil
}

// textMarks are the marks of a value that its text keeps: a reason is in the
// hole that the text has.
func textMarks(v cty.Value) cty.ValueMarks {
	_, marks := v.UnmarkDeep()
	out := cty.ValueMarks{}
	for mark := range marks {
		if _, ok := mark.(symbol.Reason); !ok {
			out[mark] = struct{}{}
		}
	}
	return out
}

// write appends the text of a value. Unknown is a hole.
func (e *Evaluator) write(out *strings.Builder, v cty.Value, at hcl.Range) *Error {
	text, err := e.text(v, at)
	if err != nil {
		return err
	}
	plain, _ := text.Unmark()
	var s string
	if plain.IsKnown() {
		s = plain.AsString()
	} else {
		s = hole(v)
	}
	e.work += len(s)
	if out.Len()+len(s) > maxText {
		return bounds(at, "the text is longer than %d MiB", maxText>>20)
	}
	out.WriteString(s)
	return nil
}

func hole(v cty.Value) string {
	why, _ := symbol.Why(v)
	if why == "" {
		why = "a value is known only after apply"
	}
	return symbol.Hole(why)
}
