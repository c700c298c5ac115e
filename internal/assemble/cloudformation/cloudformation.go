// Package cloudformation translates the resources of CloudFormation templates
// into the vocabulary of the Terraform provider, which is the one that all
// assemblers read.
//
// # Model
// Each resource keeps its ID and place and gets the type and the arguments that
// the provider has for it; Called is its own type. Where one resource of
// CloudFormation is several of the provider (the targets of a group, the
// listeners' policies of a Classic Load Balancer), the parts have IDs such as
// "Tg.Targets[0]". References name attributes of the provider: Ref and the
// attributes that name the resource itself are "id" or "arn", and an attribute
// that a template sets is the value that it sets.
//
// A table tells types and names that differ. Every other type is translated by
// the rules after which names are made in both languages, so that a resource
// with security groups has them under a name that readers know.
//
// # Guarantees
// [Translate] is a pure function. Nothing panics; Unknown, Maybe, Sensitive and
// Place are kept. Defaults that differ between the two languages are written out,
// and what the order of deployment decides is unknown. What was translated
// before, and what is of no CloudFormation type, is left alone.
//
// # Not modelled
// Which defaults a resource had before it was last updated: a template is read
// as if all of it were made new.
package cloudformation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/compute"
	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/assemble/cloudformation/network"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
)

// Kind is the kind of the sets that are translated.
const Kind = "cloudformation"

// makers are the types that are more than a new name.
var makers = merged(network.Makers, compute.Makers)

func merged(tables ...map[string]form.Maker) map[string]form.Maker {
	out := map[string]form.Maker{}
	for _, t := range tables {
		for k, m := range t {
			out[k] = m
		}
	}
	return out
}

// Translate is a set in the vocabulary of the provider. The resources of the
// result are sorted by ID.
func Translate(set resource.Set) (resource.Set, diag.List) {
	l := newLinker(set.Resources)
	all := make([]resource.Resource, len(set.Resources))
	for i, r := range set.Resources {
		if foreign(r) {
			r.Body = l.body(r.Body)
		}
		all[i] = r
	}
	scope := form.NewScope(all)
	out := set
	out.Resources = nil
	for _, r := range all {
		if !foreign(r) {
			out.Resources = append(out.Resources, r)
			continue
		}
		out.Resources = append(out.Resources, translated(scope, r)...)
	}
	slices.SortStableFunc(out.Resources, func(a, b resource.Resource) int { return cmp.Compare(a.ID, b.ID) })
	out.Missing = slices.Clone(set.Missing)
	for i, m := range out.Missing {
		out.Missing[i].Inputs = l.references(m.Inputs)
	}
	return out, scope.Diags.Sorted()
}

// foreign reports whether a resource is still to be translated.
func foreign(r resource.Resource) bool { return r.Called == "" && strings.Contains(r.Type, "::") }

// translated is what a resource is for the provider.
func translated(s *form.Scope, r resource.Resource) []resource.Resource {
	if make := makers[r.Type]; make != nil {
		return make(s, r)
	}
	row := rows[r.Type]
	typ := cmp.Or(row.to, form.TypeName(r.Type))
	if typ == "" || r.Type == "AWS::CloudFormation::CustomResource" {
		typ = r.Type // what it does with its properties is not known
	}
	return []resource.Resource{form.As(r, typ, form.Arguments(r.Body, row.names))}
}
