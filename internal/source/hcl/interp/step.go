package interp

import (
	"math/big"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// EntityKey is the attribute that the object of a resource, a data source or a
// missing module has beside what is written: a symbol of it without attribute.
// Whatever else is asked of such an object is an attribute of that symbol.
const EntityKey = "\U0010FE10"

// Entity returns the reference that an object stands for, if it has EntityKey.
func Entity(v cty.Value) (resource.Reference, bool) {
	if v.IsNull() || !v.IsKnown() || !v.Type().IsObjectType() || !v.Type().HasAttribute(EntityKey) {
		return resource.Reference{}, false
	}
	key, _ := v.GetAttr(EntityKey).Unmark()
	return symbol.Is(key.AsString())
}

// Below is the symbol of a part of what a reference names.
func Below(r resource.Reference, step string) cty.Value {
	if r.Attr != "" {
		step = r.Attr + "." + step
	}
	return symbol.Value(resource.Reference{ID: r.ID, Attr: step})
}

func (e *Evaluator) attr(v cty.Value, name string, at hcl.Range) (cty.Value, *Error) {
	v, marks := v.Unmark()
	out, err := e.plainAttr(v, name, at)
	return out.WithMarks(marks), err
}

func (e *Evaluator) plainAttr(v cty.Value, name string, at hcl.Range) (cty.Value, *Error) {
	ty := v.Type()
	switch {
	case v.IsNull():
		return cty.DynamicVal, errorf(at, "null has no attribute %q", name)
	case ty.IsObjectType() && ty.HasAttribute(name):
		if !v.IsKnown() {
			return cty.UnknownVal(ty.AttributeType(name)), nil
		}
		if ty.HasAttribute(symbol.RestKey) {
			e.doubts++
		}
		return v.GetAttr(name), nil
	case !v.IsKnown():
		if ty.IsObjectType() || ty.IsPrimitiveType() && ty != cty.String || ty.IsListType() || ty.IsSetType() {
			return cty.DynamicVal, errorf(at, "%s has no attribute %q", friendly(v), name)
		}
		e.doubts++
		if ty.IsMapType() {
			return cty.UnknownVal(ty.ElementType()), nil
		}
		return cty.DynamicVal, nil
	case ty.IsObjectType():
		if r, ok := Entity(v); ok {
			if ty.HasAttribute(symbol.RestKey) {
				e.doubts++
			}
			return Below(r, name), nil
		}
		return cty.DynamicVal, errorf(at, "the object has no attribute %q", name)
	case ty.IsMapType():
		return e.plainIndex(v, cty.StringVal(name), at)
	case ty == cty.String && symbol.Has(v.AsString()):
		return e.symbolStep(v.AsString(), name), nil
	default:
		return cty.DynamicVal, errorf(at, "%s has no attribute %q", friendly(v), name)
	}
}

// symbolStep is a part of what a string stands for.
func (e *Evaluator) symbolStep(s, step string) cty.Value {
	if symbol.HasRest(s) {
		e.doubts++
	}
	if r, ok := symbol.Is(symbol.NotRest(s)); ok && r.ID != "" {
		return Below(r, step)
	}
	e.doubts++
	return candidates(cty.DynamicVal, cty.StringVal(s))
}

func (e *Evaluator) index(v, key cty.Value, at hcl.Range) (cty.Value, *Error) {
	v, marks := v.Unmark()
	key, keyMarks := key.Unmark()
	out, err := e.plainIndex(v, key, at)
	return out.WithMarks(marks, keyMarks), err
}

func (e *Evaluator) plainIndex(v, key cty.Value, at hcl.Range) (cty.Value, *Error) {
	ty := v.Type()
	switch {
	case v.IsNull():
		return cty.DynamicVal, errorf(at, "null has no elements")
	case key.IsNull():
		return cty.DynamicVal, errorf(at, "null is no index")
	case !key.IsKnown():
		e.doubts++
		if one, ok := anyInstance(v); ok {
			return one, nil
		}
		return candidates(elementOf(v), v), nil
	case !v.IsKnown():
		e.doubts++
		if ty.IsObjectType() && key.Type() == cty.String {
			return e.plainAttr(v, key.AsString(), at)
		}
		return elementOf(v), nil
	case ty.IsObjectType() || ty.IsMapType():
		return e.byKey(v, key, at)
	case ty == cty.String && symbol.Has(v.AsString()):
		step, err := convert.Convert(key, cty.String)
		if err != nil {
			return cty.DynamicVal, errorf(at, "%s is no index", friendly(key))
		}
		return e.symbolStep(v.AsString(), step.AsString()), nil
	case ty.IsTupleType() || ty.IsListType():
		return e.byNumber(v, key, at)
	default:
		return cty.DynamicVal, errorf(at, "%s has no elements by index", friendly(v))
	}
}

// elementOf is an unknown element of a collection.
func elementOf(v cty.Value) cty.Value {
	if ty := v.Type(); ty.IsCollectionType() {
		return cty.UnknownVal(ty.ElementType())
	}
	return cty.DynamicVal
}

func (e *Evaluator) byKey(v, key cty.Value, at hcl.Range) (cty.Value, *Error) {
	if _, ok := Entity(v); ok && key.Type() == cty.Number {
		return v, nil // an instance of something whose instances nobody can tell
	}
	text, err := convert.Convert(key, cty.String)
	if err != nil {
		return cty.DynamicVal, errorf(at, "%s is no key", friendly(key))
	}
	name := text.AsString()
	if v.Type().IsObjectType() {
		if v.Type().HasAttribute(name) || isEntity(v) {
			return e.plainAttr(v, name, at)
		}
	} else if has := v.HasIndex(text); has.IsKnown() && has.True() {
		return v.Index(text), nil
	}
	if symbol.Has(name) || symbol.RestValue(v) {
		e.doubts++
		if only, ok := onlyEntity(v); ok {
			return only, nil
		}
		return because(keyReason(name), at, v), nil
	}
	return cty.DynamicVal, errorf(at, "the map has no key %q", name)
}

// onlyEntity is an instance of the resource that a map has instances of, if
// that is all that is known of its keys.
func onlyEntity(v cty.Value) (cty.Value, bool) {
	if v.LengthInt() != 1 {
		return v, false
	}
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if element, _ = element.Unmark(); isEntity(element) && symbol.IsRest(element) {
			return oneOfRest(element, 0), true
		}
	}
	return v, false
}

func isEntity(v cty.Value) bool { _, ok := Entity(v); return ok }

func keyReason(name string) string {
	for _, p := range symbol.Parts(name) {
		if p.IsRef {
			return symbol.WhyOf(p.Ref)
		}
	}
	return "the keys of the map are not known"
}

func (e *Evaluator) byNumber(v, key cty.Value, at hcl.Range) (cty.Value, *Error) {
	if key.Type() == cty.String && symbol.Has(key.AsString()) {
		e.doubts++
		return because(keyReason(key.AsString()), at, v), nil
	}
	number, err := convert.Convert(key, cty.Number)
	if err != nil {
		return cty.DynamicVal, errorf(at, "%s is no index of a list", friendly(key))
	}
	i, exact := number.AsBigFloat().Int64()
	if exact != big.Exact {
		return cty.DynamicVal, errorf(at, "an index must be a whole number")
	}
	n := v.LengthInt()
	for pos := range min(int64(n), max(i, 0)+1) {
		element := v.Index(cty.NumberIntVal(pos))
		if symbol.IsRest(element) {
			e.doubts++
			if n == 1 {
				return oneOfRest(element, i), nil
			}
			return because("the length of the list is not known", at, v), nil
		}
	}
	if i < 0 || i >= int64(n) {
		return cty.DynamicVal, errorf(at, "the list has %d elements, so that none is at index %d", n, i)
	}
	return v.Index(cty.NumberIntVal(i)), nil
}

// anyInstance is an element of a list of which all that is known is the one
// resource that it has instances of, or the names that AWS gives them: whichever
// is meant, what stands for all of them stands for it.
func anyInstance(v cty.Value) (cty.Value, bool) {
	if ty := v.Type(); !v.IsKnown() || !ty.IsTupleType() && !ty.IsListType() || v.LengthInt() != 1 {
		return v, false
	}
	element := v.Index(cty.NumberIntVal(0))
	plain, _ := element.Unmark()
	if !symbol.IsRest(plain) {
		return v, false
	}
	if plain.Type() == cty.String {
		r, ok := symbol.Is(symbol.NotRest(plain.AsString()))
		if !ok || r.Attr != "id" && r.Attr != "arn" { // what has one of these is an instance, and no list
			return v, false
		}
	} else if !isEntity(plain) {
		return v, false
	}
	return One(element), true
}

// oneOfRest is an element of a list of which only the element is known that
// stands for all.
func oneOfRest(v cty.Value, i int64) cty.Value {
	v = One(v)
	plain, marks := v.Unmark()
	if plain.Type() != cty.String {
		return v
	}
	r, ok := symbol.Is(plain.AsString())
	if !ok {
		return v
	}
	// The elements are told apart by index, except that the attribute of an
	// instance is not called the first of it.
	if r.Attr == "" || Plural(r) || i > 0 {
		return Below(r, strconv.FormatInt(i, 10)).WithMarks(marks)
	}
	return v
}

// One is an element without the mark that it stands for zero or more.
func One(v cty.Value) cty.Value {
	v, marks := v.Unmark()
	switch {
	case !symbol.IsRest(v):
	case v.Type() == cty.String:
		v = cty.StringVal(symbol.NotRest(v.AsString()))
	default:
		attrs := v.AsValueMap()
		delete(attrs, symbol.RestKey)
		v = cty.ObjectVal(attrs)
	}
	return v.WithMarks(marks)
}

// AsRest turns a value into an element that stands for zero or more, if it is
// of a kind for which that can be said.
func AsRest(v cty.Value) (cty.Value, bool) {
	v, marks := v.Unmark()
	if v.IsNull() || !v.IsKnown() {
		return v.WithMarks(marks), false
	}
	switch {
	case v.Type() == cty.String:
		return cty.StringVal(symbol.Rest(v.AsString())).WithMarks(marks), true
	case v.Type().IsObjectType():
		attrs := v.AsValueMap()
		if attrs == nil {
			attrs = map[string]cty.Value{}
		}
		attrs[symbol.RestKey] = cty.True
		return cty.ObjectVal(attrs).WithMarks(marks), true
	default:
		return v.WithMarks(marks), false
	}
}
