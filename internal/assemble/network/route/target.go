package route

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// targets are the arguments that name the target of a route, with its kind.
// gateway_id has several kinds.
var targets = []struct {
	attr string
	kind topo.RouteTarget
}{
	{"gateway_id", topo.ToUnknown},
	{"nat_gateway_id", topo.ToNAT},
	{"egress_only_gateway_id", topo.ToEgressOnly},
	{"transit_gateway_id", topo.ToTransit},
	{"vpc_peering_connection_id", topo.ToPeering},
	{"vpc_endpoint_id", topo.ToInspection},
	{"network_interface_id", topo.ToInterface},
	{"instance_id", topo.ToInterface},
	{"carrier_gateway_id", topo.ToElsewhere},
	{"local_gateway_id", topo.ToElsewhere},
	{"core_network_arn", topo.ToElsewhere},
	{"odb_network_arn", topo.ToElsewhere},
}

// routes reads a route block or an aws_route, whose destination arguments begin
// with prefix. There is one route unless two destinations are written.
func (t *tables) routes(id ref.ID, v resource.Value, state read.State, at ref.Place, prefix string) []topo.Route {
	base := topo.Route{ID: id, Place: at, Exists: state.Exists, Why: state.Why}
	t.target(&base, v, at)
	var out []topo.Route
	for _, f := range []struct {
		attr   string
		family topo.Family
	}{{prefix + "cidr_block", topo.IPv4}, {prefix + "ipv6_cidr_block", topo.IPv6}} {
		if b, ok := t.Block(v.Get(f.attr), f.family, at); ok {
			route := base
			route.Dest = b
			out = append(out, route)
		}
	}
	if list := v.Get("destination_prefix_list_id"); read.Written(list) {
		route := base
		link := t.Link(list)
		route.Dest = topo.Block{Of: link.ID}
		if link.ID == "" {
			route.Dest.Why = link.Why
		}
		out = append(out, route)
	}
	switch {
	case len(out) == 0:
		t.Warn(at, "route without a destination", "The route names neither a range nor a prefix list, so its destination is taken as unknown; AWS refuses it.")
		base.Dest = topo.Block{Why: "the route names no destination"}
		out = append(out, base)
	case len(out) > 1:
		for i := range out {
			out[i].Exists, out[i].Why = fact.Unknown, cmp.Or(out[i].Why, "of several destinations of one route only one can be in effect")
		}
	}
	return out
}

// target reads where a route leads.
func (t *tables) target(route *topo.Route, v resource.Value, at ref.Place) {
	written := 0
	for _, k := range targets {
		value := v.Get(k.attr)
		if !read.Written(value) {
			continue
		}
		written++
		link := t.Link(value)
		route.Kind, route.Target = k.kind, link.ID
		if link.ID == "" {
			route.Why = cmp.Or(route.Why, link.Why)
		}
		switch {
		case k.attr == "gateway_id" || k.attr == "nat_gateway_id":
			t.gateway(route, value)
		case k.kind == topo.ToElsewhere:
			route.Target = ""
		case k.kind == topo.ToInspection && t.isGatewayEndpoint(link.ID):
			route.Kind = topo.ToGatewayEndpoint
		}
		if link.Exists != fact.Yes && link.ID != "" {
			// The target may be absent: then the route is a blackhole, or it is not
			// there.
			state := read.State{Exists: route.Exists, Why: route.Why}.And(read.OfLink(link))
			route.Exists, route.Why = state.Exists, state.Why
		}
	}
	switch {
	case v.Get("state").Text == "blackhole": // what a live table says of a route whose target is gone
		route.Kind, route.Target = topo.ToNowhere, ""
	case written == 0:
		t.Warn(at, "route without a target", "The route names no target, so where it leads is taken as unknown; AWS refuses it.")
		route.Why = cmp.Or(route.Why, "the route names no target")
	case written > 1:
		// A conditional expression of which only one is not null at run time.
		route.Kind, route.Target = topo.ToUnknown, ""
		route.Why = cmp.Or(route.Why, "several targets are written, of which only one can be in effect")
	}
}

// gateway tells the kinds of gateway_id apart. AWS takes internet and NAT
// gateways in either argument (aws_route_table, note on gateway_id and
// nat_gateway_id).
func (t *tables) gateway(route *topo.Route, v resource.Value) {
	id := string(route.Target)
	if res, ok := t.Find(route.Target); ok {
		switch res.Type {
		case "aws_internet_gateway":
			route.Kind = topo.ToInternet
		case "aws_nat_gateway":
			route.Kind = topo.ToNAT
		case "aws_egress_only_internet_gateway":
			route.Kind = topo.ToEgressOnly
		case "aws_vpn_gateway":
			route.Kind = topo.ToVPN
		case "aws_vpc_endpoint":
			route.Kind = topo.ToGatewayEndpoint
			if !t.isGatewayEndpoint(res.ID) {
				route.Kind = topo.ToInspection
			}
		}
	}
	switch {
	case strings.HasPrefix(id, "igw-"), t.isModuleIGW(v):
		route.Kind = topo.ToInternet
	case route.Kind != topo.ToUnknown:
	case id == "local":
		route.Kind, route.Target = topo.ToLocal, ""
	case strings.HasPrefix(id, "nat-"):
		route.Kind = topo.ToNAT
	case strings.HasPrefix(id, "vgw-"):
		route.Kind = topo.ToVPN
	default:
		route.Target = "" // of a kind that nobody can look up
		route.Why = cmp.Or(route.Why, "it is not known which kind of gateway "+cmp.Or(design.Display(v), "this")+" is")
	}
}

func (t *tables) isGatewayEndpoint(id ref.ID) bool {
	for i := range t.s.VPCEndpoints {
		if t.s.VPCEndpoints[i].ID == id {
			return t.s.VPCEndpoints[i].Kind == topo.GatewayEndpoint
		}
	}
	return false
}

// isModuleIGW knows the output of the VPC module that most designs use.
func (t *tables) isModuleIGW(v resource.Value) bool {
	if v.Kind != resource.Ref || v.Ref.Attr != "igw_id" {
		return false
	}
	for _, g := range t.Gaps() {
		if g.ID == v.Ref.ID {
			return read.IsVPCModule(g)
		}
	}
	return false
}
