// Package typed converts values to the types of variables.
//
// # Model
// [Convert] does what Terraform does when a value is given to a variable, for
// values in which symbols, unknowns and elements that stand for zero or more
// occur at any depth.
//
// # Guarantees
// A symbol is never lost: where a list is needed it is a list that nobody knows
// the length of, where an object is needed its attributes are parts of the
// symbol, where a number is needed it is an unknown number with the reason.
//
// # Not modelled
// Elements of list(any) and map(any) are not brought to one type.
package typed

import (
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// Convert brings a value to a type. The place is where the value is given.
func Convert(v cty.Value, ty cty.Type, at ref.Place) (cty.Value, error) {
	plain, marks := v.Unmark()
	out, err := convertPlain(plain, ty, at)
	if err != nil {
		return v, err
	}
	return out.WithMarks(marks), nil
}

func convertPlain(v cty.Value, ty cty.Type, at ref.Place) (cty.Value, error) {
	switch {
	case ty == cty.DynamicPseudoType:
		return v, nil
	case v.IsNull():
		return cty.NullVal(ty.WithoutOptionalAttributesDeep()), nil
	case !v.IsKnown():
		return cty.UnknownVal(ty.WithoutOptionalAttributesDeep()), nil
	case ty.IsPrimitiveType():
		return primitive(v, ty, at)
	case ty.IsListType() || ty.IsSetType():
		return list(interp.Collection(v), ty, at)
	case ty.IsMapType():
		return mapping(v, ty, at)
	case ty.IsObjectType():
		return object(v, ty, at)
	case ty.IsTupleType():
		return tuple(v, ty, at)
	}
	out, err := convert.Convert(v, ty)
	if err != nil {
		return v, fmt.Errorf("%w", err)
	}
	return out, nil
}

func primitive(v cty.Value, ty cty.Type, at ref.Place) (cty.Value, error) {
	if v.Type() == cty.String && ty != cty.String && symbol.Has(v.AsString()) {
		for _, p := range symbol.Parts(v.AsString()) {
			if p.IsRef {
				return symbol.Unknown(ty, symbol.WhyOf(p.Ref), at).Mark(symbol.Candidate{Ref: p.Ref}), nil
			}
		}
		return symbol.Unknown(ty, "a value is known only after apply", at), nil
	}
	out, err := convert.Convert(v, ty)
	if err != nil {
		return v, fmt.Errorf("a %s is needed", ty.FriendlyName())
	}
	return out, nil
}

func list(v cty.Value, ty cty.Type, at ref.Place) (cty.Value, error) {
	plain, marks := v.Unmark()
	if !isSequence(plain.Type()) {
		return v, fmt.Errorf("a list is needed")
	}
	var out []cty.Value
	for it := plain.ElementIterator(); it.Next(); {
		_, element := it.Element()
		c, err := Convert(element, ty.ElementType(), at)
		if err != nil {
			return v, fmt.Errorf("element %d: %w", len(out), err)
		}
		out = append(out, c)
	}
	return sequence(out, ty).WithMarks(marks), nil
}

func isSequence(ty cty.Type) bool { return ty.IsTupleType() || ty.IsListType() || ty.IsSetType() }

// sequence makes a list or set if all elements have one type, and else a tuple.
func sequence(elements []cty.Value, ty cty.Type) cty.Value {
	element := ty.ElementType().WithoutOptionalAttributesDeep()
	switch {
	case len(elements) == 0 && element.HasDynamicTypes():
		return cty.EmptyTupleVal
	case len(elements) == 0 && ty.IsSetType():
		return cty.SetValEmpty(element)
	case len(elements) == 0:
		return cty.ListValEmpty(element)
	case element.HasDynamicTypes() || !oneType(elements):
		return cty.TupleVal(elements)
	case ty.IsSetType():
		return cty.SetVal(elements)
	default:
		return cty.ListVal(elements)
	}
}

func oneType(elements []cty.Value) bool {
	return !slices.ContainsFunc(elements, func(v cty.Value) bool { return !v.Type().Equals(elements[0].Type()) })
}

func mapping(v cty.Value, ty cty.Type, at ref.Place) (cty.Value, error) {
	if v.Type() == cty.String && symbol.Has(v.AsString()) {
		return symbol.Unknown(ty.WithoutOptionalAttributesDeep(), "the map is known only after apply", at), nil
	}
	if !v.Type().IsMapType() && !v.Type().IsObjectType() {
		return v, fmt.Errorf("a map is needed")
	}
	out := map[string]cty.Value{}
	for it := v.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if name := key.AsString(); name == interp.EntityKey || name == symbol.RestKey {
			out[name] = element
			continue
		}
		c, err := Convert(element, ty.ElementType(), at)
		if err != nil {
			return v, fmt.Errorf("key %q: %w", key.AsString(), err)
		}
		out[key.AsString()] = c
	}
	element := ty.ElementType().WithoutOptionalAttributesDeep()
	values := slices.Collect(maps.Values(out))
	switch {
	case len(out) == 0 && !element.HasDynamicTypes():
		return cty.MapValEmpty(element), nil
	case len(out) == 0 || element.HasDynamicTypes() || !oneType(values):
		return cty.ObjectVal(out), nil
	default:
		return cty.MapVal(out), nil
	}
}

func object(v cty.Value, ty cty.Type, at ref.Place) (cty.Value, error) {
	isSymbol := v.Type() == cty.String && symbol.Has(v.AsString())
	if !isSymbol && !v.Type().IsMapType() && !v.Type().IsObjectType() {
		return v, fmt.Errorf("an object is needed")
	}
	have := map[string]cty.Value{}
	if !isSymbol {
		have = v.AsValueMap()
	}
	self, isEntity := interp.Entity(v)
	if isSymbol {
		self, isEntity = symbol.Is(symbol.NotRest(v.AsString()))
	}
	out := map[string]cty.Value{}
	types := ty.AttributeTypes()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		element, ok := have[name]
		switch {
		case ok:
		case isEntity:
			element = interp.Below(self, name)
		case isSymbol:
			element = symbol.Unknown(cty.DynamicPseudoType, "the object is known only after apply", at)
		case ty.AttributeOptional(name):
			element = cty.NullVal(cty.DynamicPseudoType)
		default:
			return v, fmt.Errorf("attribute %q is required", name)
		}
		c, err := Convert(element, types[name], at)
		if err != nil {
			return v, fmt.Errorf("attribute %q: %w", name, err)
		}
		out[name] = c
	}
	if rest, ok := have[symbol.RestKey]; ok {
		out[symbol.RestKey] = rest
	}
	return cty.ObjectVal(out), nil
}

func tuple(v cty.Value, ty cty.Type, at ref.Place) (cty.Value, error) {
	types := ty.TupleElementTypes()
	if !isSequence(v.Type()) || v.LengthInt() != len(types) {
		return v, fmt.Errorf("a list of %d elements is needed", len(types))
	}
	out := make([]cty.Value, 0, len(types))
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		c, err := Convert(element, types[len(out)], at)
		if err != nil {
			return v, fmt.Errorf("element %d: %w", len(out), err)
		}
		out = append(out, c)
	}
	return cty.TupleVal(out), nil
}
