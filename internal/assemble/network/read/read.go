// Package read holds what the readers of all network types share: address
// ranges, ports, nested blocks, and whether something exists.
//
// # Model
// A [Reader] is the design with the diagnostics that its readers have given so
// far, and the ranges of VPCs and subnets by the expression that writes them: a
// rule that admits var.cidr admits the VPC whose range is var.cidr.
//
// # Guarantees
// What is not known keeps its reason. What AWS would refuse is read as the
// nearest set that is not narrower, or as unknown, and a diagnostic says so.
//
// # Not modelled
// Relations between ranges that are computed from each other: cidrsubnet of an
// unknown range is an unknown range.
package read

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Reader reads one design. Make one with [New].
type Reader struct {
	*design.Design
	Diags diag.List

	owners map[string][]ref.ID // range as an expression → VPCs and subnets that have it
	multi  map[ref.ID]bool     // VPCs with more than one IPv4 range
}

// New prepares a reader. Names of things must be settled (see design.Alias).
func New(d *design.Design) *Reader {
	r := &Reader{Design: d, owners: map[string][]ref.ID{}, multi: map[ref.ID]bool{}}
	for _, res := range d.Of("aws_vpc_ipv4_cidr_block_association") {
		r.multi[d.Link(res.Get("vpc_id")).ID] = true
	}
	for _, res := range d.Of("aws_vpc", "aws_default_vpc", "aws_subnet", "aws_default_subnet") {
		for _, attr := range []string{"cidr_block", "ipv6_cidr_block"} {
			if sym := symbol(res.Get(attr)); sym != "" {
				r.owners[sym] = append(r.owners[sym], d.Canonical(res.ID))
			}
		}
	}
	return r
}

// Warn adds a warning.
func (r *Reader) Warn(at ref.Place, summary, detail string) {
	r.Diags.Add(diag.Warning, at, summary, detail)
}

// State is whether something exists: Yes, or Unknown with the reason.
type State struct {
	Exists fact.Tri
	Why    string
}

// Of is the state of a resource.
func Of(res resource.Resource) State {
	if res.Exists == fact.Yes {
		return State{Exists: fact.Yes}
	}
	return State{Why: cmp.Or(res.Why, string(res.ID)+" may not exist")}
}

// OfValue is the state of a block or of an element of a list.
func OfValue(v resource.Value) State {
	if v.Maybe {
		return State{Why: design.Why(v)}
	}
	return State{Exists: fact.Yes}
}

// OfLink is the state of what a link names.
func OfLink(l topo.Link) State {
	if l.Exists == fact.Yes {
		return State{Exists: fact.Yes}
	}
	return State{Why: cmp.Or(l.Why, string(l.ID)+" may not exist")}
}

// Doubt is a state that is unknown for a reason.
func Doubt(why string) State { return State{Why: why} }

// And is the state of what exists only if both exist.
func (s State) And(t State) State {
	if s.Exists != fact.Yes {
		return s
	}
	return t
}

// Nested is one nested block: its content as if it were there, and whether it
// is.
type Nested struct {
	resource.Value
	State State
}

// Blocks are the nested blocks that a value holds, or the objects of an
// attribute that is written as a list of them. More says why there may be
// others.
func Blocks(v resource.Value) (blocks []Nested, more string) {
	for _, e := range v.Items() {
		switch e.Kind {
		case resource.Map:
			n := Nested{e, OfValue(e)}
			n.Maybe = false // of the content: it is in the state
			blocks = append(blocks, n)
		case resource.List:
			inner, why := Blocks(e)
			blocks, more = append(blocks, inner...), cmp.Or(more, why)
		case resource.Null:
		default:
			more = cmp.Or(more, design.Why(e))
		}
	}
	return blocks, more
}

// Written reports whether an argument has a value: neither null nor an empty
// text, which the provider takes for none.
func Written(v resource.Value) bool {
	return v.Kind != resource.Null && (v.Kind != resource.String || v.Text != "")
}

// IgnoresChanges says why the attributes of a resource may differ from what is
// written, or "".
func IgnoresChanges(res resource.Resource, attr string) string {
	for _, a := range res.IgnoreChanges {
		if a == "all" || a == attr || strings.HasPrefix(a, attr+"[") || strings.HasPrefix(a, attr+".") {
			return "ignore_changes lets " + attr + " differ from what is written"
		}
	}
	return ""
}

// PlaceOf is where a value is written, or the fallback.
func PlaceOf(v resource.Value, fallback ref.Place) ref.Place {
	if v.Place.IsZero() {
		return fallback
	}
	return v.Place
}

// DefaultVPC is the name of the default VPC of the Region of a resource.
func DefaultVPC(d *design.Design, res resource.Resource) ref.ID {
	return d.Canonical(defaultVPC(res))
}

// NameDefaultVPC states that a resource stands for the default VPC of its
// Region.
func NameDefaultVPC(d *design.Design, res resource.Resource) {
	if have := DefaultVPC(d, res); have != defaultVPC(res) {
		d.Alias(res.ID, have)
		return
	}
	d.Alias(defaultVPC(res), res.ID)
}

func defaultVPC(res resource.Resource) ref.ID {
	id := "default-vpc"
	if res.Region != "" {
		id += "." + res.Region
	}
	// Each root may be for an account of its own.
	if root := res.Root(); root != "" {
		id = string(root) + "/" + id
	}
	return ref.ID(id)
}

// VPC reads the VPC of a resource; none written is the default VPC.
func (r *Reader) VPC(res resource.Resource, attr string) ref.ID {
	v := res.Get(attr)
	if !Written(v) {
		return DefaultVPC(r.Design, res)
	}
	return r.Link(v).ID
}

// Filter is the value of a filter block of a data source, such as that of
// "vpc-id", if there is exactly one.
func Filter(res resource.Resource, name string) resource.Value {
	blocks, _ := Blocks(res.Get("filter"))
	for _, b := range blocks {
		if n, _ := design.String(b.Get("name"), "").Get(); n == name {
			if values := b.Get("values").Items(); len(values) == 1 {
				return values[0]
			}
		}
	}
	return resource.Value{}
}
