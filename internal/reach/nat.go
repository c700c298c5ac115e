package reach

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/topo"
)

// translated is what a NAT gateway carries (AWS "NAT gateway basics").
var translated = netset.Protocol(netset.ProtoTCP).Union(netset.Protocol(netset.ProtoUDP)).Union(netset.Protocol(netset.ProtoICMP))

// overNAT leaves by a NAT gateway: into its subnet, then by the route table and
// network ACL of that subnet, with the gateway's address.
func (q *question) overNAT(h hop, from, to *side, n notes) pass {
	p := q.stopped()
	p.route = netset.AtMost(translated)
	g := q.topo.Gateway(h.route.Target)
	name := q.topo.Label(h.route.Target)
	switch {
	case !to.outside:
		return q.natWithin(h, g, to, n)
	case from.family == topo.IPv6:
		n.route.unknown(name+" translates IPv6 to IPv4 (NAT64), which is not modelled", h.place)
		return p
	case g == nil:
		n.route.unknown(name+" is not in the design", h.place)
		return p
	}
	p.internet, p.block = true, q.blocked(q.topo.Subnet(g.Subnet), from, true, n.block)
	public := fact.Is(g.Public, true)
	if public == fact.Unknown {
		n.route.unknown("whether "+name+" is public is not known"+because(g.Public.Why), g.Public.Place)
		return p
	}
	var out netset.Bounds
	switch {
	case fact.Is(g.Regional, true) == fact.Yes && public == fact.Yes:
		// It has a route to the internet gateway of its VPC by itself.
		switch q.hasInternet(from.vpc) {
		case fact.Yes:
			out = netset.Exactly(translated)
		case fact.Unknown:
			q.gatewayGap(from, h.place, n.route)
			out = netset.AtMost(translated)
		default:
			n.route.stops(q.topo.Label(from.vpc) + " has no internet gateway")
		}
	default:
		sub := q.topo.Subnet(g.Subnet)
		if sub == nil {
			n.route.unknown("the subnet of "+name+" is not known", g.Place)
			return p
		}
		out, p.back = q.behindNAT(g, sub, public, from, to, n)
		out = out.Restrict(translated)
	}
	if g.Exists != fact.Yes {
		n.route.unknown("whether "+name+" exists is not known"+because(g.Why), g.Place)
		out = netset.AtMost(out.Maybe)
	}
	p.route = out
	return p
}

// natWithin is a NAT gateway on the way to another interface. If its subnet leads
// there, the packets arrive with its address, which is not modelled.
func (q *question) natWithin(h hop, g *topo.Gateway, to *side, n notes) pass {
	p, name := q.stopped(), q.topo.Label(h.route.Target)
	doubt := func(why string) pass {
		n.route.unknown(why, h.place)
		p.route = netset.AtMost(translated)
		return p
	}
	if to.family == topo.IPv6 || g == nil {
		return doubt("what is behind " + name + " is not known")
	}
	sub := q.topo.Subnet(g.Subnet)
	if sub == nil {
		if fact.Is(g.Regional, true) == fact.Yes && fact.Is(g.Public, true) == fact.Yes && to.vpc != "" && to.vpc != g.VPC {
			n.route.stops(name + " leads to the internet, not to private addresses")
			return p
		}
		return doubt("the subnet of " + name + " is not known")
	}
	gate := q.natSide(sub, to.family)
	for _, up := range q.hops(gate, to) {
		switch up.kind {
		case topo.ToInternet, topo.ToEgressOnly, topo.ToNowhere, topo.ToGatewayEndpoint:
			continue
		case topo.ToNAT:
			if up.route.Target == g.ID {
				continue
			}
		case topo.ToPeering, topo.ToTransit:
			if q.carry(up, gate, to, request, notes{}).route.Maybe.IsEmpty() {
				continue
			}
		}
		return doubt(name + " translates the source address; what passes on from there is not modelled")
	}
	n.route.stops(name + " leads to the internet, not to private addresses")
	return p
}

// natSide is the interface of a NAT gateway.
func (n *Network) natSide(sub *topo.Subnet, f topo.Family) *side {
	return &side{subnet: sub, subnetID: sub.ID, vpc: sub.VPC, family: f, fixed: true, exists: fact.Yes, client: widePorts,
		addrs: n.addresses(nil, sub, sub.VPC, f)}
}

// behindNAT is what passes from a NAT gateway's subnet to hosts outside, and
// which replies come back through it.
func (q *question) behindNAT(g *topo.Gateway, sub *topo.Subnet, public fact.Tri, from, to *side, n notes) (out, back netset.Bounds) {
	name := q.topo.Label(g.ID)
	gate := q.natSide(sub, from.family)
	for i, h := range q.hops(gate, to) {
		if n.route != nil {
			n.route.rule(q.hopUse(h, gate))
			if h.taken != fact.Yes {
				n.route.unknown(q.hopDoubt(h, gate), h.place)
			}
		}
		var one netset.Bounds
		switch {
		case h.kind == topo.ToNAT && h.route.Target == g.ID:
			n.route.stops(name + " is in a subnet that routes to itself")
		case h.kind == topo.ToInternet:
			switch {
			case public == fact.No:
				n.route.stops(name + " is private, and its subnet leads to an internet gateway")
			case q.within(privateRanges, to) == fact.Yes:
				n.route.stops("an internet gateway carries no packets to private addresses")
			case privateRanges.Overlaps(to.addrs):
				one = q.anything
			default:
				one = q.everything
			}
		case h.kind == topo.ToLocal || h.kind == topo.ToNowhere || h.kind == topo.ToEgressOnly || h.kind == topo.ToPeering:
			n.route.stops(q.topo.Label(sub.ID) + ", where " + name + " is, has no route to an internet gateway")
		case h.kind == topo.ToGatewayEndpoint:
			one = q.everything
		default:
			n.route.unknown(q.beyond(h), h.place)
			one = q.anything
		}
		if i == 0 {
			out = one
		} else {
			out = either(out, one)
		}
	}
	back = widePorts.reply(q.acl(sub, true, to, n.back), n.back)
	leaves := q.acl(sub, false, to, n.route)
	if !leaves.Maybe.Overlaps(q.asked) {
		n.route.stops("the network ACL of " + q.topo.Label(sub.ID) + ", where " + name + " is, denies it")
	}
	out = out.And(leaves)
	if from.subnetID == "" || from.subnetID != sub.ID {
		enters := q.acl(sub, true, from, n.route)
		returns := from.client.reply(q.acl(sub, false, from, n.back), n.back)
		if from.subnetID == "" { // it may be the same subnet
			enters, returns = either(enters, q.everything), either(returns, q.everything)
		}
		if !enters.Maybe.Overlaps(q.asked) {
			n.route.stops("the network ACL of " + q.topo.Label(sub.ID) + ", where " + name + " is, denies it")
		}
		out, back = out.And(enters), back.And(returns)
	}
	return out, back
}
