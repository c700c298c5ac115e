// Package design is the input of assembly: all resources of all sources, found
// by type and name, with readers that turn their values into facts and links.
//
// # Model
// A [Design] indexes resources. A reference to an attribute that names the
// resource itself (its id or ARN) is the resource's ID; a reference to any other
// attribute is a name of its own, "aws_vpc.main.main_route_table_id", until an
// assembler says by [Design.Alias] which thing it is. A literal such as
// "sg-0abc" names a thing elsewhere by itself.
//
// # Guarantees
// Readers never guess: what is null is the given default, what is unknown or
// may be absent is a fact without value and with its reason.
//
// # Not modelled
// What any type of resource means; that is for the packages beside this one.
package design

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Design is all that was read. Make one with [New].
type Design struct {
	all    []resource.Resource
	byID   map[ref.ID]int
	byType map[string][]int
	alias  map[ref.ID]ref.ID
	used   map[string]bool
	gaps   []topo.Gap
	given  map[resource.Part]map[ref.ID]string
	stands map[ref.ID]topo.Links
	found  map[string]int // ids that a data source found → its place in all, or -1 if several found it
}

// New indexes the resources of one or several sources. Of two resources with
// one ID the first is kept.
func New(sets ...resource.Set) *Design {
	d := &Design{byID: map[ref.ID]int{}, byType: map[string][]int{}, alias: map[ref.ID]ref.ID{}, stands: map[ref.ID]topo.Links{}, used: map[string]bool{}, given: map[resource.Part]map[ref.ID]string{resource.OfAll: {}}, found: map[string]int{}}
	var missing []resource.Missing
	for _, set := range sets {
		d.all = append(d.all, set.Resources...)
		missing = append(missing, set.Missing...)
	}
	slices.SortStableFunc(d.all, func(a, b resource.Resource) int { return cmp.Compare(a.ID, b.ID) })
	d.all = slices.CompactFunc(d.all, func(a, b resource.Resource) bool { return a.ID == b.ID })
	for i, r := range d.all {
		d.byID[r.ID] = i
		key := r.Type
		if r.Data {
			key = "data." + key
		}
		d.byType[key] = append(d.byType[key], i)
		if !r.Data {
			continue
		}
		for _, e := range r.Get("ids").Items() {
			if e.Kind != resource.String {
				continue
			}
			if j, twice := d.found[e.Text]; twice && j != i {
				d.found[e.Text] = -1
			} else {
				d.found[e.Text] = i
			}
		}
	}
	slices.SortStableFunc(missing, func(a, b resource.Missing) int { return cmp.Compare(a.ID, b.ID) })
	for _, m := range missing {
		g := topo.Gap{ID: m.ID, What: cmp.Or(m.What, "module "+m.Source), Why: m.Why, Place: m.Place}
		given := d.given[m.Of]
		if given == nil {
			given = map[ref.ID]string{}
			d.given[m.Of] = given
		}
		for _, in := range m.Inputs {
			id := d.Key(in)
			if !slices.Contains(g.Inputs, id) {
				g.Inputs = append(g.Inputs, id)
			}
			switch {
			case given[id] != "":
			case m.What != "":
				given[id] = m.Why
			default:
				given[id] = string(m.ID) + ", which is not here, is given its name"
			}
		}
		slices.Sort(g.Inputs)
		d.gaps = append(d.gaps, g)
	}
	return d
}

// All are all resources and data sources, sorted by ID.
func (d *Design) All() []resource.Resource { return d.all }

// Gaps are the missing parts, sorted by ID.
func (d *Design) Gaps() []topo.Gap { return d.gaps }

// Of are the resources of the given types, in order of type, then ID. Data
// sources have types such as "data.aws_vpc". The types count as understood.
func (d *Design) Of(types ...string) []resource.Resource {
	var out []resource.Resource
	for _, t := range types {
		d.used[t] = true
		for _, i := range d.byType[t] {
			out = append(out, d.all[i])
		}
	}
	return out
}

// Lookup is the data source that found the id of a thing which the design does
// not write, if exactly one did: a plan names the subnets themselves where the
// configuration names the list that a data source finds.
func (d *Design) Lookup(id ref.ID) (resource.Resource, bool) {
	i, ok := d.found[string(id)]
	if !ok || i < 0 {
		return resource.Resource{}, false
	}
	return d.all[i], true
}

// Understood reports whether some assembler asked for resources of the type.
func (d *Design) Understood(typ string) bool { return d.used[typ] }

// Understand marks types as understood that need no code of their own.
func (d *Design) Understand(types ...string) {
	for _, t := range types {
		d.used[t] = true
	}
}

// Find is the resource of a name, and whether there is one.
func (d *Design) Find(id ref.ID) (resource.Resource, bool) {
	i, ok := d.byID[d.Canonical(id)]
	if !ok {
		return resource.Resource{}, false
	}
	return d.all[i], true
}

// Own is the resource of exactly this name, also of one that is an alias.
func (d *Design) Own(id ref.ID) (resource.Resource, bool) {
	i, ok := d.byID[id]
	if !ok {
		return resource.Resource{}, false
	}
	return d.all[i], true
}

// GivenAway says why a missing part of the design may add to a thing, or "".
func (d *Design) GivenAway(id ref.ID) string { return d.given[resource.OfAll][id] }

// Lacks says why a part of a thing may not be in the design, or "".
func (d *Design) Lacks(part resource.Part, id ref.ID) string { return d.given[part][id] }

// Alias states that two names are one thing; from is never seen again.
func (d *Design) Alias(from, to ref.ID) {
	if from != to && d.Canonical(to) != from {
		d.alias[from] = to
	}
	for _, given := range d.given {
		if why := given[from]; why != "" && given[to] == "" {
			given[to] = why
		}
	}
}

// Stand states that the name of a list, such as "data.aws_subnets.x.ids", stands
// for these things.
func (d *Design) Stand(name ref.ID, things topo.Links) { d.stands[name] = things }

// Canonical is the name under which a thing is known after aliases.
func (d *Design) Canonical(id ref.ID) ref.ID {
	for range 8 { // chains are short; a longer one is a mistake that must not hang
		to, ok := d.alias[id]
		if !ok {
			return id
		}
		id = to
	}
	return id
}

// Key is the name of what a reference refers to.
func (d *Design) Key(r resource.Reference) ref.ID {
	switch r.Attr {
	case "", "id", "arn":
		return d.Canonical(r.ID)
	}
	return d.Canonical(r.ID + ref.ID("."+r.Attr))
}

// Thing is the common part of a resource. The name is the first of the given
// attributes with a known text, else the last name of the address.
func (d *Design) Thing(r resource.Resource, nameAttrs ...string) topo.Thing {
	t := topo.Thing{ID: r.ID, Type: cmp.Or(r.Called, r.Type), Name: r.Name, Place: r.Place, Exists: r.Exists, Why: r.Why, Elsewhere: r.Data}
	for _, a := range append(nameAttrs, "tags.Name") {
		var v resource.Value
		if a == "tags.Name" {
			v = r.Get("tags", "Name")
		} else {
			v = r.Get(a)
		}
		if s, ok := String(v, "").Get(); ok && s != "" && !v.Sensitive {
			t.Name = s
			break
		}
	}
	return t
}

// Stub is the common part of a thing that is only referred to.
func (d *Design) Stub(id ref.ID, typ string, at ref.Place) topo.Thing {
	// Of "data.terraform_remote_state.net.outputs.vpc_id" the last part says it all.
	name := string(id.Short())
	if _, output, ok := strings.Cut(name, ".outputs."); ok && output != "" {
		name = output
	}
	// An import of a template is called by what it imports, and a parameter that
	// holds a list by its own name.
	name = strings.TrimPrefix(name, "import:")
	if list, ok := strings.CutSuffix(name, ".ids"); ok && !strings.Contains(list, ".") && list != "var" && list != "local" {
		name = list
	}
	// An output of a module that is not here has no other name than this: "module.net.vpc_id".
	if m := id.Module(); slices.ContainsFunc(d.gaps, func(g topo.Gap) bool { return g.ID == m && m != "" }) {
		name = string(m.Short()) + "." + name
	}
	t := topo.Thing{ID: id, Type: typ, Name: name, Place: at, Exists: fact.Yes, Elsewhere: true}
	if r, ok := d.Find(id); ok {
		t.Place = r.Place
	}
	return t
}
