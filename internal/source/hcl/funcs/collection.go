package funcs

import (
	"errors"
	"maps"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs/wild"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

func isSequence(ty cty.Type) bool { return ty.IsListType() || ty.IsSetType() || ty.IsTupleType() }

var containsFunc = function.New(&function.Spec{
	Params: []function.Parameter{value("list"), {Name: "value", Type: cty.DynamicPseudoType, AllowNull: true}},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !isSequence(args[0].Type()) {
			return cty.NilVal, errors.New("argument must be list, tuple, or set")
		}
		switch among(args[0].AsValueSlice(), args[1]) {
		case fact.Yes:
			return cty.True, nil
		case fact.No:
			return cty.False, nil
		default:
			return unknownOf(cty.Bool, refs(args)), nil
		}
	},
})

var indexFunc = function.New(&function.Spec{
	Params: []function.Parameter{value("list"), value("value")},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[0].Type().IsListType() && !args[0].Type().IsTupleType() {
			return cty.NilVal, function.NewArgErrorf(0, "argument must be a list or tuple")
		}
		if args[0].LengthInt() == 0 {
			return cty.NilVal, errors.New("cannot search an empty list")
		}
		for i, e := range args[0].AsValueSlice() {
			switch same(e, args[1]) {
			case fact.Yes:
				return cty.NumberIntVal(int64(i)), nil
			case fact.Unknown:
				return unknownOf(cty.Number, refs(args)), nil
			}
		}
		return cty.NilVal, errors.New("item not found")
	},
})

var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		switch ty := args[0].Type(); {
		case ty == cty.String || ty.IsTupleType() || ty.IsObjectType() || ty.IsCollectionType() || ty == cty.DynamicPseudoType:
			return cty.Number, nil
		default:
			return cty.Number, errors.New("argument must be a string, a collection type, or a structural type")
		}
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v := args[0]
		switch ty := v.Type(); {
		case ty == cty.DynamicPseudoType:
			return cty.UnknownVal(cty.Number), nil
		case symbol.RestValue(v):
			return cty.UnknownVal(cty.Number), nil
		case ty.IsTupleType():
			return cty.NumberIntVal(int64(len(ty.TupleElementTypes()))), nil
		case ty.IsObjectType():
			return cty.NumberIntVal(int64(len(ty.AttributeTypes()))), nil
		case !v.IsKnown():
			return cty.UnknownVal(cty.Number), nil
		case ty == cty.String && symbol.Has(v.AsString()):
			return unknownOf(cty.Number, refs(args)), nil
		case ty == cty.String:
			return strlen(v)
		default:
			return v.Length(), nil
		}
	},
})

// coalesceFunc is the one of Terraform, which passes over empty strings too.
var coalesceFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{
		Name: "vals", Type: cty.DynamicPseudoType,
		AllowUnknown: true, AllowDynamicType: true, AllowNull: true, AllowMarked: true,
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		types := make([]cty.Type, len(args))
		for i, v := range args {
			types[i] = v.Type()
		}
		ty, _ := convert.UnifyUnsafe(types)
		if ty == cty.NilType {
			return cty.NilType, errors.New("all arguments must have the same type")
		}
		return ty, nil
	},
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		passed := cty.ValueMarks{}
		for _, a := range args {
			v, err := convert.Convert(a, ty)
			if err != nil {
				return cty.NilVal, err
			}
			bare, m := v.Unmark()
			switch {
			case !bare.IsKnown():
				return cty.UnknownVal(ty).WithMarks(marks(args)), nil
			case ty == cty.String && !bare.IsNull() && mayBeEmpty(bare.AsString()):
				return mayHold(cty.UnknownVal(ty), refs(args)).WithMarks(marks(args)), nil
			case bare.IsNull() || ty == cty.String && bare.AsString() == "":
				maps.Copy(passed, m)
			default:
				return v.WithMarks(passed), nil
			}
		}
		return cty.NilVal, errors.New("no non-null, non-empty-string arguments")
	},
})

// lookupFunc has an optional default, which stdlib's has not.
var lookupFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "inputMap", Type: cty.DynamicPseudoType, AllowMarked: true},
		{Name: "key", Type: cty.String, AllowMarked: true},
	},
	VarParam: &function.Parameter{
		Name: "default", Type: cty.DynamicPseudoType,
		AllowUnknown: true, AllowDynamicType: true, AllowNull: true, AllowMarked: true,
	},
	Type: lookupType,
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		from, fromMarks := args[0].Unmark()
		keyVal, keyMarks := args[1].Unmark()
		key := keyVal.AsString()
		found := from.Type().IsObjectType() && from.Type().HasAttribute(key)
		if from.Type().IsMapType() {
			found = from.HasIndex(keyVal).True()
			if !found && canBeKey(from, key) {
				v := unknownOf(ty, refs(args))
				return v.WithMarks(marks(args)), nil
			}
		}
		switch {
		case found && from.Type().IsObjectType():
			return from.GetAttr(key).WithMarks(fromMarks, keyMarks), nil
		case found:
			return from.Index(keyVal).WithMarks(fromMarks, keyMarks), nil
		case len(args) == 3:
			v, err := convert.Convert(args[2], ty)
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(2, "the default value must have the same type as the map elements")
			}
			return v.WithMarks(fromMarks, keyMarks), nil
		default:
			return cty.NilVal, errors.New("lookup failed to find key " + quoted(key))
		}
	},
})

func lookupType(args []cty.Value) (cty.Type, error) {
	if len(args) > 3 {
		return cty.NilType, errors.New("lookup() takes two or three arguments")
	}
	switch ty := args[0].Type(); {
	case ty.IsMapType():
		return ty.ElementType(), nil
	case !ty.IsObjectType():
		return cty.NilType, function.NewArgErrorf(0, "lookup() requires a map as the first argument")
	case !args[1].IsKnown():
		return cty.DynamicPseudoType, nil
	default:
		bare, _ := args[1].Unmark()
		key := bare.AsString()
		switch {
		case symbol.Has(key):
			return cty.DynamicPseudoType, nil
		case ty.HasAttribute(key):
			return ty.AttributeType(key), nil
		case len(args) == 3:
			return args[2].Type(), nil
		}
		return cty.NilType, function.NewArgErrorf(0, "the given object has no attribute %q", key)
	}
}

// canBeKey reports whether a key that a map lacks may be one that it has, once
// it is known what the symbols of both stand for.
func canBeKey(m cty.Value, key string) bool {
	for it := m.ElementIterator(); it.Next(); {
		k, _ := it.Element()
		if same(k, cty.StringVal(key)) == fact.Unknown {
			return true
		}
	}
	return false
}

// mayBeEmpty reports whether a text that is not empty may be so, or null, once it
// is known.
func mayBeEmpty(s string) bool {
	return s != "" && (symbol.HasRest(s) || wild.CanBe(s, ""))
}

var compactFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.List(cty.String)}},
	Type:   function.StaticReturnType(cty.List(cty.String)),
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(ty), nil
		}
		var out []cty.Value
		for _, v := range args[0].AsValueSlice() {
			switch {
			case v.IsNull() || v.AsString() == "":
			case mayBeEmpty(v.AsString()):
				out = append(out, cty.StringVal(symbol.Rest(v.AsString())))
			default:
				out = append(out, v)
			}
		}
		return listOf(cty.String, out), nil
	},
})

var matchkeysFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "values", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "keys", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "searchset", Type: cty.List(cty.DynamicPseudoType)},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		if ty, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()}); ty == cty.NilType {
			return cty.NilType, errors.New("keys and searchset must be of the same type")
		}
		return args[0].Type(), nil
	},
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		if args[0].LengthInt() != args[1].LengthInt() {
			return cty.NilVal, errors.New("length of keys and values should be equal")
		}
		unified, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()})
		keys, err := convert.Convert(args[1], unified)
		if err != nil {
			return cty.NilVal, err
		}
		searched, err := convert.Convert(args[2], unified)
		if err != nil {
			return cty.NilVal, err
		}
		set := searched.AsValueSlice()
		if len(set)*keys.LengthInt() > maxPairs {
			return cty.NilVal, errTooLarge
		}
		values := args[0].AsValueSlice()
		var out []cty.Value
		for i, k := range keys.AsValueSlice() {
			switch among(set, k) {
			case fact.Yes:
				out = append(out, values[i])
			case fact.Unknown:
				return unknownOf(ty, refs(args)), nil
			}
		}
		return listOf(ty.ElementType(), out), nil
	},
})

func listOf(ty cty.Type, items []cty.Value) cty.Value {
	if len(items) == 0 {
		return cty.ListValEmpty(ty)
	}
	return cty.ListVal(items)
}

var oneFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType, AllowMarked: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		switch ty := args[0].Type(); {
		case ty.IsListType() || ty.IsSetType():
			return ty.ElementType(), nil
		case ty.IsTupleType():
			switch types := ty.TupleElementTypes(); len(types) {
			case 0:
				return cty.DynamicPseudoType, nil
			case 1:
				return types[0], nil
			}
		}
		return cty.NilType, function.NewArgErrorf(0, "must be a list, set, or tuple value with either zero or one elements")
	},
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		list, m := args[0].Unmark()
		if !list.Length().IsKnown() {
			return cty.UnknownVal(ty).WithMarks(m), nil
		}
		switch items := list.AsValueSlice(); len(items) {
		case 0:
			return cty.NullVal(ty).WithMarks(m), nil
		case 1:
			return items[0].WithMarks(m), nil
		default:
			return cty.NilVal, function.NewArgErrorf(0, "must be a list, set, or tuple value with either zero or one elements")
		}
	},
})

var transposeFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "values", Type: cty.Map(cty.List(cty.String))}},
	Type:   function.StaticReturnType(cty.Map(cty.List(cty.String))),
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(ty), nil
		}
		lists := map[string][]cty.Value{}
		for it := args[0].ElementIterator(); it.Next(); {
			key, list := it.Element()
			if list.IsNull() {
				return cty.NilVal, errors.New("input must not contain null list")
			}
			for _, v := range list.AsValueSlice() {
				if v.IsNull() {
					return cty.NilVal, errors.New("input must not contain null string")
				}
				lists[v.AsString()] = append(lists[v.AsString()], key)
			}
		}
		if len(lists) == 0 {
			return cty.MapValEmpty(cty.List(cty.String)), nil
		}
		out := map[string]cty.Value{}
		for key, list := range lists {
			out[key] = cty.ListVal(list)
		}
		return cty.MapVal(out), nil
	},
})
