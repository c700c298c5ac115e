package symbol

import (
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
)

// WhyOf is why the value of a reference is not known, as a clause.
func WhyOf(r resource.Reference) string {
	short := string(r.ID.Short())
	switch {
	case r.ID == "":
		return r.Attr
	case isVariable(string(r.ID)):
		return string(r.ID) + " has no value"
	case r.Attr == "":
		return string(r.ID) + " is not known here"
	case strings.HasPrefix(short, "module."): // outputs of a module that is here are what they are made of
		return string(r.ID) + "." + r.Attr + " comes from a module that is not here"
	case strings.HasPrefix(short, "data."):
		return string(r.ID) + "." + r.Attr + " is looked up when Terraform runs"
	}
	return string(r.ID) + "." + r.Attr + " is known only after apply"
}

func isVariable(id string) bool {
	last := 0
	for i := range len(id) {
		if id[i] == '.' || id[i] == '/' {
			if id[last:i] == "var" {
				return true
			}
			last = i + 1
		}
	}
	return false
}
