package read

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// listAttrs end the names of attributes that hold a list.
var listAttrs = []string{"ids", "names", "arns", "subnets", "groups", "tables"}

// IsList reports whether a reference is to several things, as far as its name
// tells: "ids", "private_subnets".
func IsList(r resource.Reference) bool {
	name := r.Attr
	if name == "" {
		name = string(r.ID)
	}
	return IsListName(ref.ID(name))
}

// IsListName reports the same of the name of a thing.
func IsListName(id ref.ID) bool {
	name := string(id)
	last := name[strings.LastIndexAny(name, "._")+1:]
	return slices.Contains(listAttrs, last)
}
