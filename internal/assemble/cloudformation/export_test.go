package cloudformation

import (
	"maps"
	"slices"
)

// Translated are the types that have code of their own.
func Translated() []string { return slices.Sorted(maps.Keys(makers)) }
