package read

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Range is one range of a list, with its state and place.
type Range struct {
	topo.Block
	State State
	Place ref.Place
}

// Ranges reads an address range, or a list of them. The family is that of the
// argument; it holds for ranges that are not known.
func (r *Reader) Ranges(v resource.Value, family topo.Family, at ref.Place) []Range {
	at = PlaceOf(v, at)
	var out []Range
	for _, e := range v.Items() {
		place := PlaceOf(e, at)
		state := OfValue(e)
		switch e.Kind {
		case resource.Null:
		case resource.List:
			out = append(out, r.Ranges(e, family, place)...)
		case resource.String:
			for _, b := range r.literal(e.Text, e.Sensitive || v.Sensitive, family, place) {
				out = append(out, Range{b, state, place})
			}
		case resource.Ref, resource.Text:
			out = append(out, Range{r.symbolic(e, family), state, place})
		case resource.Unknown:
			if v.Kind == resource.Unknown && state.Exists == fact.Yes {
				state = Doubt(design.Why(e)) // the whole list: it may be empty
			}
			out = append(out, Range{topo.Block{Family: family, Why: design.Why(e)}, state, place})
		default:
			r.Warn(place, "not an address range", "A range such as 10.0.0.0/16 is expected here. What is written is taken as an unknown range.")
			out = append(out, Range{topo.Block{Family: family, Why: "what is written is no address range"}, state, place})
		}
	}
	return out
}

// Block reads one range. It is not ok if nothing is written.
func (r *Reader) Block(v resource.Value, family topo.Family, at ref.Place) (b topo.Block, ok bool) {
	ranges := r.Ranges(v, family, at)
	switch {
	case len(ranges) == 0:
		return topo.Block{}, false
	case len(ranges) == 1 && (ranges[0].State.Exists == fact.Yes || v.Kind == resource.Unknown):
		return ranges[0].Block, true
	case len(ranges) == 1:
		return topo.Block{Family: family, Why: ranges[0].State.Why}, true
	}
	return topo.Block{Family: family, Why: "several ranges are written where one is expected"}, true
}

func (r *Reader) literal(text string, sensitive bool, family topo.Family, at ref.Place) []topo.Block {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	show := func(text string) string {
		if sensitive {
			return "a sensitive value"
		}
		return strconv.Quote(clip(text))
	}
	parts := strings.Split(text, ",")
	if len(parts) > 1 {
		r.Warn(at, "several address ranges in one text", fmt.Sprintf("%s is read as %d ranges. The AWS provider wants a list with one range in each element: use split(\",\", …).", show(text), len(parts)))
	}
	out := make([]topo.Block, 0, len(parts))
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil || p.Addr().Zone() != "" {
			r.Warn(at, "not an address range", fmt.Sprintf("%s is no range in CIDR notation such as 10.0.0.0/16, so it is taken as an unknown range; AWS refuses it.", show(part)))
			out = append(out, topo.Block{Family: family, Why: show(part) + " is no address range", Sensitive: sensitive})
			continue
		}
		if p != p.Masked() {
			r.Warn(at, "address range with host bits", fmt.Sprintf("%s has bits set after its prefix length, which are left out.", show(part)))
		}
		have := topo.IPv4
		if p.Addr().Is6() {
			have = topo.IPv6
		}
		if family != topo.FamilyUnknown && family != have {
			r.Warn(at, "address range of the other family", fmt.Sprintf("%s is written where ranges of the other address family belong; AWS refuses it. It is read as it is written.", show(part)))
		}
		out = append(out, topo.Block{Prefix: p.Masked(), Family: have, Sensitive: sensitive})
	}
	return out
}

// symbolic is a range of which only the expression is known.
func (r *Reader) symbolic(v resource.Value, family topo.Family) topo.Block {
	b := topo.Block{Family: family, Symbol: symbol(v)}
	if v.Kind == resource.Ref {
		b.Of = r.rangeOf(v.Ref)
		if strings.HasSuffix(v.Ref.Attr, "ipv6_cidr_block") && family == topo.FamilyUnknown {
			b.Family = topo.IPv6
		}
	}
	if owners := r.owners[b.Symbol]; b.Of == "" && len(owners) == 1 && !r.multi[owners[0]] && b.Symbol != "" {
		b.Of = owners[0]
	}
	if b.Of == "" {
		b.Why = design.Why(v)
	}
	return b
}

// rangeOf is the VPC or subnet of which a reference is the range. A VPC with
// several IPv4 ranges is more than its first one.
func (r *Reader) rangeOf(to resource.Reference) ref.ID {
	if to.Attr != "cidr_block" && to.Attr != "ipv6_cidr_block" {
		return r.moduleRange(to)
	}
	id := r.Canonical(to.ID)
	typ := typeOf(to.ID)
	res, found := r.Find(id)
	translated := found && res.Called != "" // its name does not tell its type
	if translated {
		typ = res.Type
	}
	switch typ {
	case "aws_vpc", "aws_default_vpc":
		if r.multi[id] && to.Attr == "cidr_block" {
			return ""
		}
		return id
	case "aws_subnet", "aws_default_subnet":
		if translated || found && typeOf(res.ID) == res.Type {
			return id
		}
	}
	return ""
}

// typeOf is the type in a Terraform address.
func typeOf(id ref.ID) string {
	typ, _, _ := strings.Cut(strings.TrimPrefix(string(id.Short()), "data."), ".")
	return typ
}

// moduleRange knows the output of the VPC module that most designs use.
func (r *Reader) moduleRange(to resource.Reference) ref.ID {
	if to.Attr != "vpc_cidr_block" {
		return ""
	}
	for _, g := range r.Gaps() {
		if g.ID == to.ID && IsVPCModule(g) {
			return r.Canonical(to.ID + ".vpc_id")
		}
	}
	return ""
}

// IsVPCModule reports whether a missing module is the VPC module of
// terraform-aws-modules, whose outputs have known meanings.
func IsVPCModule(g topo.Gap) bool {
	source := strings.TrimPrefix(strings.TrimPrefix(g.What, "module "), "registry.terraform.io/")
	return source == "terraform-aws-modules/vpc/aws"
}

// symbol is the expression of a value that is not known, or "" if it has none
// that stands for the same value wherever it is written.
func symbol(v resource.Value) string {
	switch v.Kind {
	case resource.Ref:
		return strings.TrimSuffix(strings.TrimPrefix(design.Display(v), "${"), "}")
	case resource.Text:
		for _, part := range v.List {
			if part.Kind != resource.Ref && part.Kind != resource.String {
				return ""
			}
		}
		return design.Display(v)
	}
	return ""
}

// clip keeps what is quoted from the input short.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
