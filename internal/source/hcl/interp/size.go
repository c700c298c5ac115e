package interp

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// noRange is the range of what is not written anywhere.
var noRange hcl.Range

// sizeOf counts the nodes of a value, and 1 more for each 64 bytes of text, up
// to a limit: values may share parts, so that the count can be far larger than
// the memory they take.
func sizeOf(v cty.Value, limit int) int {
	v, _ = v.Unmark()
	n := 1
	if v.IsNull() || !v.IsKnown() {
		return n
	}
	if v.Type() == cty.String {
		return n + len(v.AsString())/64
	}
	if !v.CanIterateElements() {
		return n
	}
	for it := v.ElementIterator(); n < limit && it.Next(); {
		_, element := it.Element()
		n += sizeOf(element, limit-n)
	}
	return n
}
