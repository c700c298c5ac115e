// Package form holds what all translations of CloudFormation types share: names
// in the form of the Terraform provider, values in its shapes, and parts of a
// resource that are resources of their own there.
//
// # Model
// A property "VPCZoneIdentifier" is the argument "vpc_zone_identifier", at any
// depth. What CloudFormation takes as an object and the provider as a JSON text
// becomes such a text, in which references stay parts.
//
// # Guarantees
// Unknown, Maybe, Sensitive and Place survive every change of form. A value of a
// kind that its property never has stays as it is, so that readers take it for
// unknown. Nothing panics.
//
// # Not modelled
// Schemas: whether a property exists is not checked.
package form

import (
	"cmp"
	"strconv"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Scope is a template as the translations see it: the resources with their own
// property names, in which references have the attribute names of the provider.
type Scope struct {
	All   []resource.Resource // sorted by ID
	Diags diag.List

	byID  map[ref.ID]int
	index map[string]map[string][]resource.Resource
	spent int // bytes of texts that translations make
}

// maxSpent bounds the texts that translations make out of other texts.
const maxSpent = 16 << 20

// Spend reports whether a translation may make a text of so many bytes more.
func (s *Scope) Spend(bytes int) bool {
	if s.spent+bytes > maxSpent {
		return false
	}
	s.spent += bytes
	return true
}

// NewScope indexes resources. Of two with one ID the first is kept.
func NewScope(all []resource.Resource) *Scope {
	s := &Scope{All: all, byID: make(map[ref.ID]int, len(all))}
	for i, r := range all {
		if _, twice := s.byID[r.ID]; !twice {
			s.byID[r.ID] = i
		}
	}
	return s
}

// Find is the resource of an ID, and whether there is one.
func (s *Scope) Find(id ref.ID) (resource.Resource, bool) {
	i, ok := s.byID[id]
	if !ok {
		return resource.Resource{}, false
	}
	return s.All[i], true
}

// Having are the resources of a type of which a property has the key, see
// [Scope.Key].
func (s *Scope) Having(typ, property, key string) []resource.Resource {
	name := typ + "." + property
	if s.index == nil {
		s.index = map[string]map[string][]resource.Resource{}
	}
	if s.index[name] == nil {
		by := map[string][]resource.Resource{}
		for _, r := range s.All {
			if r.Type == typ {
				k := s.Key(r.Get(property))
				by[k] = append(by[k], r)
			}
		}
		s.index[name] = by
	}
	return s.index[name][key]
}

// Open is the key of a value of which nobody can tell what it names.
const Open = "?"

// Key tells what a value names: values with equal keys name one thing, unless
// it is [Open] or empty.
func (s *Scope) Key(v resource.Value) string {
	switch {
	case v.Kind == resource.Null:
		return ""
	case v.Maybe:
		return Open
	case v.Kind == resource.String:
		return "text " + v.Text
	case v.Kind != resource.Ref:
		return Open
	}
	if r, ok := s.Target(v); ok {
		return KeyOf(r)
	}
	return "attribute " + string(v.Ref.ID) + " " + v.Ref.Attr
}

// KeyOf is the key of values that name a resource.
func KeyOf(r resource.Resource) string { return "resource " + string(r.ID) }

// Target is the resource that a value surely and exactly refers to.
func (s *Scope) Target(v resource.Value) (resource.Resource, bool) {
	if v.Kind != resource.Ref || v.Maybe {
		return resource.Resource{}, false
	}
	switch v.Ref.Attr {
	case "id", "arn", "":
		return s.Find(v.Ref.ID)
	}
	return resource.Resource{}, false
}

// Maker translates one resource into those that the provider has for it.
type Maker func(s *Scope, r resource.Resource) []resource.Resource

// As is a resource of a type of the provider with the given arguments.
func As(r resource.Resource, typ string, body map[string]resource.Value) resource.Resource {
	r.Called, r.Type = cmp.Or(r.Called, r.Type), typ
	for k, v := range body {
		if v.Kind == resource.Null {
			delete(body, k)
		}
	}
	r.Body = resource.Value{Kind: resource.Map, Map: body, Maybe: r.Body.Maybe, Why: r.Body.Why, Place: r.Body.Place}
	return r
}

// Part is a resource for a part of another one: of the second target of a group
// "Tg" the ID is "Tg.Targets[1]". It exists if both the resource and the part do.
func Part(r resource.Resource, typ, property string, e Element, body map[string]resource.Value) resource.Resource {
	out := As(r, typ, body)
	out.ID += ref.ID("." + property)
	if e.Index >= 0 {
		out.ID += ref.ID("[" + strconv.Itoa(e.Index) + "]")
	}
	if !e.Place.IsZero() {
		out.Place = e.Place
	}
	if (e.Maybe || e.Kind == resource.Unknown) && out.Exists == fact.Yes {
		out.Exists, out.Why = fact.Unknown, cmp.Or(e.Why, property+" is not known")
	}
	return out
}

// Content is an element as if it were there: whether it is, is said of the part
// that is made of it.
func (e Element) Content() resource.Value {
	v := e.Value
	v.Maybe = false
	return v
}

// Element is an element of a list with its position.
type Element struct {
	resource.Value
	Index int // -1 of a property that is no list
}

// Elements are the elements of a list, of lists in it too; a value that is no
// list is the only one. What is null is none.
func Elements(v resource.Value) []Element {
	var out []Element
	var walk func(v resource.Value, depth int)
	walk = func(v resource.Value, depth int) {
		for _, e := range v.Items() {
			switch {
			case e.Kind == resource.Null:
			case e.Kind == resource.List && depth < maxDepth:
				walk(e, depth+1)
			default:
				out = append(out, Element{e, len(out)})
			}
		}
	}
	walk(v, 0)
	return out
}

// To is a reference to an attribute of a resource.
func To(r resource.Resource, attr string) resource.Value {
	return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: r.ID, Attr: attr}, Place: r.Place}
}

// Text is a known text.
func Text(s string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.String, Text: s, Place: at}
}

// Bool is a known truth value.
func Bool(b bool, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.Bool, Bool: b, Place: at}
}

// Unknown is a value that nobody knows, for a reason.
func Unknown(why string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.Unknown, Why: why, Place: at}
}

// List is a list of values.
func List(at ref.Place, vs ...resource.Value) resource.Value {
	return resource.Value{Kind: resource.List, List: vs, Place: at}
}

// Map is an object at a place; members that are null are left out.
func Map(like resource.Value, m map[string]resource.Value) resource.Value {
	for k, v := range m {
		if v.Kind == resource.Null {
			delete(m, k)
		}
	}
	return resource.Value{Kind: resource.Map, Map: m, Maybe: like.Maybe, Why: like.Why, Sensitive: like.Sensitive, Place: like.Place}
}

// Each changes every object of a list, or the object that a value is; what is no
// object stays as it is.
func Each(v resource.Value, change func(m resource.Value) resource.Value) resource.Value {
	return each(v, change, 0)
}

func each(v resource.Value, change func(m resource.Value) resource.Value, depth int) resource.Value {
	switch {
	case v.Kind == resource.Map:
		return change(v)
	case v.Kind == resource.List && depth < maxDepth:
		list := make([]resource.Value, len(v.List))
		for i, e := range v.List {
			list[i] = each(e, change, depth+1)
		}
		v.List = list
	}
	return v
}

// Pluck is the member of each object of a list, as a list; elements that are no
// objects stay.
func Pluck(v resource.Value, member string) resource.Value {
	return Each(v, func(m resource.Value) resource.Value {
		out := m.Get(member)
		if m.Maybe && !out.Maybe {
			out.Maybe, out.Why = true, m.Why
		}
		return out
	})
}

// First is the first value that is written.
func First(vs ...resource.Value) resource.Value {
	for _, v := range vs {
		if v.Kind != resource.Null {
			return v
		}
	}
	return resource.Value{}
}

// Word is a known text, or "".
func Word(v resource.Value) string {
	if v.Kind == resource.String && !v.Maybe {
		return v.Text
	}
	return ""
}

// IsTrue reports whether a value is surely true, as a text too.
func IsTrue(v resource.Value) bool {
	return !v.Maybe && (v.Kind == resource.Bool && v.Bool || v.Kind == resource.String && (v.Text == "true" || v.Text == "True"))
}

// IsFalse reports whether a value is surely false, as a text too.
func IsFalse(v resource.Value) bool {
	return !v.Maybe && (v.Kind == resource.Bool && !v.Bool || v.Kind == resource.String && (v.Text == "false" || v.Text == "False"))
}

// Why says why a value is not known.
func Why(v resource.Value, or string) string { return cmp.Or(v.Why, or) }
