package cfn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/params"
)

// givenValues reads the values of parameters that the user gives.
func (r *reader) givenValues() {
	r.given = map[string]resource.Value{}
	for _, f := range r.o.ParameterFiles {
		list, diags := params.Parse(f.Name, f.Data)
		r.diags = append(r.diags, diags...)
		for _, g := range list {
			r.given[g.Name] = resource.Value{Kind: resource.String, Text: g.Value, Place: g.Place}
		}
	}
	for name, text := range r.o.Parameters {
		r.given[name] = resource.Value{Kind: resource.String, Text: text}
	}
}

// undeclared warns of values that no template takes.
func (r *reader) undeclared() {
	for _, name := range slices.Sorted(maps.Keys(r.given)) {
		if r.rooted[name] {
			continue
		}
		detail := fmt.Sprintf("A value is given for the parameter %q, but no template has a parameter of that name.", name)
		if r.declared[name] {
			detail = fmt.Sprintf("A value is given for the parameter %q, but only nested templates have it, and they get their values from the template that nests them. The value has no effect.", name)
		} else if best := diag.Closest(name, slices.Sorted(maps.Keys(r.rooted))); best != "" {
			detail += fmt.Sprintf(" Did you mean %q?", best)
		}
		r.diags.Add(diag.Warning, r.given[name].Place, "parameter not declared", detail)
	}
}
