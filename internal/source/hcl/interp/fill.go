package interp

import "github.com/zclconf/go-cty/cty"

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
