// Package wire reads how a resource of AWS is connected: which things its
// arguments name, in which subnets it has interfaces, which security groups
// they hold.
//
// # Model
// Terraform names things by id, ARN or plain name; [Namer.Find] resolves all
// three to the resource. An [Interface] collects what decides about the network
// interfaces of one thing.
//
// # Guarantees
// A thing without written groups holds the default group of its VPC; if that
// VPC is not known, the list of its groups says that it is not complete.
// A name that several resources have resolves to none of them.
//
// # Not modelled
// Names across accounts and Regions: equal names in one design are one thing.
package wire

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Namer resolves names of one kind of thing.
type Namer struct {
	d     *design.Design
	types []string
	ids   map[string][]ref.ID
}

// Names indexes the resources of the given types by the text of the given
// attributes, and makes references to these attributes name the resource.
func Names(d *design.Design, types []string, attrs ...string) Namer {
	n := Namer{d: d, types: types, ids: map[string][]ref.ID{}}
	for _, r := range d.Of(types...) {
		for _, a := range attrs {
			d.Alias(r.ID+ref.ID("."+a), r.ID)
			if text := design.Display(r.Get(a)); text != "" && !slices.Contains(n.ids[text], r.ID) {
				n.ids[text] = append(n.ids[text], r.ID)
			}
		}
	}
	return n
}

// Find resolves a value that names one thing. The ID is empty if nothing is
// written or if it cannot be told which thing is meant; then Why is set. A name
// that no resource has is the name of a thing elsewhere. From is the resource
// that uses the name: of two things of one name that of its module is meant.
func (n Namer) Find(v resource.Value, from ref.ID) topo.Link {
	link := n.d.Link(v)
	if link.ID == "" {
		return link
	}
	return n.resolve(link, from)
}

// FindAll is Find for a list.
func (n Namer) FindAll(v resource.Value, from ref.ID) topo.Links {
	links := n.d.Links(v)
	out := topo.Links{More: links.More, Candidates: links.Candidates, Place: links.Place}
	for _, l := range links.List {
		if l = n.resolve(l, from); l.ID != "" {
			out.List = append(out.List, l)
		} else if out.More == "" {
			out.More = l.Why
		}
	}
	return Sorted(out)
}

func (n Namer) resolve(link topo.Link, from ref.ID) topo.Link {
	if n.is(link.ID) {
		return link
	}
	text := string(link.ID)
	if id := n.d.Canonical(lastReference(text)); n.is(id) {
		link.ID = id
		return link
	}
	if a, err := ref.ParseARN(text); err == nil {
		_, text = a.Split()
	}
	ids := n.near(text, from)
	if len(ids) == 0 {
		text = text[strings.LastIndexByte(text, '/')+1:]
		ids = n.near(text, from)
	}
	if len(ids) > 1 {
		// Twins of which only one is made: the name tells no more than that.
		return topo.Link{Why: "several things have the name " + text, Place: link.Place}
	}
	if len(ids) == 1 {
		link.ID = ids[0]
		if r, ok := n.d.Find(link.ID); ok && r.Exists != fact.Yes && link.Exists == fact.Yes {
			link.Exists, link.Why = fact.Unknown, r.Why
		}
	}
	return link
}

// lastReference is the reference that ends an ARN whose other parts are written
// out: "…:cluster/${main.name}" is what main is the name of. It is empty if
// anything else stands at the end.
func lastReference(text string) ref.ID {
	i := strings.LastIndex(text, "/${")
	if i < 0 || !strings.HasSuffix(text, "}") {
		return ""
	}
	return ref.ID(text[i+len("/${") : len(text)-1])
}

// Named is the only resource that has the name, or the only one in the module of
// from; empty if there is none.
func (n Namer) Named(name string, from ref.ID) ref.ID {
	if ids := n.near(name, from); len(ids) == 1 {
		return ids[0]
	}
	return ""
}

// near are the resources of a name, those in the module of from first choice.
// A name that is a reference, such as var.name, is that of a resource which is
// named by the same reference.
func (n Namer) near(name string, from ref.ID) []ref.ID {
	ids := n.ids[name]
	if len(ids) == 0 {
		ids = n.ids["${"+name+"}"]
	}
	var near []ref.ID
	for _, id := range ids {
		if id.Module() == from.Module() {
			near = append(near, id)
		}
	}
	if len(near) > 0 {
		return near
	}
	return ids
}

// is reports whether an ID is a resource of the kind.
func (n Namer) is(id ref.ID) bool {
	r, ok := n.d.Find(id)
	return ok && (r.Data || slices.Contains(n.types, r.Type))
}

// Sorted is a list in order of ID with each ID once: what is surely there wins.
func Sorted(l topo.Links) topo.Links {
	slices.SortStableFunc(l.List, func(a, b topo.Link) int {
		if c := strings.Compare(string(a.ID), string(b.ID)); c != 0 {
			return c
		}
		return int(b.Exists) - int(a.Exists)
	})
	l.List = slices.CompactFunc(l.List, func(a, b topo.Link) bool { return a.ID == b.ID })
	slices.Sort(l.Candidates)
	l.Candidates = slices.Compact(l.Candidates)
	return l
}

// Union is the things of all lists.
func Union(lists ...topo.Links) topo.Links {
	var out topo.Links
	for _, l := range lists {
		out.List = append(out.List, l.List...)
		out.Candidates = append(out.Candidates, l.Candidates...)
		if out.More == "" {
			out.More = l.More
		}
		if out.Place.IsZero() {
			out.Place = l.Place
		}
	}
	out.List = slices.Clone(out.List)
	out.Candidates = slices.Clone(out.Candidates)
	return Sorted(out)
}

// Join is the values as one list, so that a reader takes them together.
func Join(vs ...resource.Value) resource.Value {
	out := resource.Value{Kind: resource.List}
	for _, v := range vs {
		if v.IsNull() {
			continue
		}
		if out.Place.IsZero() {
			out.Place = v.Place
		}
		out.List = append(out.List, v)
	}
	if len(out.List) == 0 {
		return resource.Value{}
	}
	return out
}

// Each are the values of a key in all blocks of a list, blocks that may be
// absent marked so.
func Each(blocks resource.Value, key ...string) []resource.Value {
	var out []resource.Value
	for _, b := range blocks.Items() {
		if v := b.Get(key...); !v.IsNull() {
			out = append(out, v)
		}
	}
	return out
}

// Named is the name of a thing outside the snapshot, such as a role: its address
// if it is a reference, a text with its unknown pieces shown, "" if none is
// written. A variable without a value may turn out to name none.
func Named(d *design.Design, v resource.Value) fact.Fact[string] {
	switch {
	case v.Kind == resource.Ref && !v.Maybe && v.Ref.Attr != "":
		return fact.Known(string(d.Key(v.Ref)), v.Place)
	case v.Kind == resource.Text && !v.Maybe && design.Display(v) != "":
		return fact.Known(design.Display(v), v.Place)
	}
	return design.String(v, "")
}

// First is the first value that is written.
func First(vs ...resource.Value) resource.Value {
	for _, v := range vs {
		if !v.IsNull() {
			return v
		}
	}
	return resource.Value{}
}

// Written tells whether a block or value is written.
func Written(v resource.Value) fact.Tri {
	switch {
	case v.IsNull() || v.Kind == resource.List && len(v.List) == 0:
		return fact.No
	case v.Kind == resource.Unknown || v.Maybe:
		return fact.Unknown
	case v.Kind == resource.List:
		for _, e := range v.List {
			if !e.Maybe && e.Kind != resource.Unknown && e.Kind != resource.Null {
				return fact.Yes
			}
		}
		return fact.Unknown
	}
	return fact.Yes
}
