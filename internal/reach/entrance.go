package reach

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/topo"
)

// entrance is how hosts outside reach an interface: by the internet gateway of
// its VPC, if replies go back there, or by ways that are not modelled.
func (q *question) entrance(from, to *side, n notes) road {
	var out road
	var rest *road // without the hops that take some hosts only
	for i, h := range q.hops(to, from) {
		if h.taken != fact.Yes && n.back != nil {
			n.back.unknown(q.hopDoubt(h, to), h.place)
		}
		r := q.enter(h, from, to, n)
		if i == 0 {
			out = r
		} else {
			out = out.or(r)
		}
		if h.some {
			continue
		}
		if rest == nil {
			rest = &r
		} else {
			*rest = rest.or(r)
		}
	}
	if rest != nil {
		out.route.Sure, out.public.Sure, out.block.Sure, out.back.Sure = rest.route.Sure, rest.public.Sure, rest.block.Sure, rest.back.Sure
	}
	return out
}

// or bounds what passes if one of two entrances is taken.
func (r road) or(s road) road {
	return road{
		route: either(r.route, s.route), direct: r.direct || s.direct, internet: r.internet || s.internet,
		public: either(r.public, s.public), block: either(r.block, s.block),
		back: either(r.back, s.back), refs: fact.No, skipIn: eitherTri(r.skipIn, s.skipIn), skipBack: fact.No,
	}
}

// enter is the entrance if replies take one hop. Hosts of the internet come in
// by the internet gateway, also where a route or the range of a route is not
// known (a VPN propagates what is on premises); what a forwarding instance
// answers under its own address is a connection to that instance.
func (q *question) enter(h hop, from, to *side, n notes) road {
	r := road{route: q.everything, public: q.everything, block: q.everything, back: q.everything,
		refs: fact.No, skipIn: fact.No, skipBack: fact.No}
	if n.back != nil {
		n.back.rule(q.hopUse(h, to))
	}
	switch {
	case (h.kind == topo.ToUnknown || h.kind == topo.ToInterface || h.vague()) && q.within(privateRanges, from) == fact.No:
		return q.enterInternet(h, from, to, n)
	case h.kind == topo.ToVPN || h.kind == topo.ToElsewhere || h.kind == topo.ToUnknown || h.kind == topo.ToInterface:
	case h.kind == topo.ToTransit && q.beyondTransit(h, to, from):
	case h.kind == topo.ToPeering && q.beyondPeering(h, to):
	default:
		return q.enterInternet(h, from, to, n)
	}
	why := q.beyond(h)
	n.route.unknown(why, h.place)
	n.back.unknown(why, h.place)
	r.route, r.back = q.anything, q.anything
	if h.kind == topo.ToTransit || h.kind == topo.ToUnknown {
		r.skipIn = fact.Unknown // see doubt
	}
	return r
}

func (q *question) enterInternet(h hop, from, to *side, n notes) road {
	r := road{route: q.everything, direct: true, internet: true, back: q.everything, refs: fact.No, skipIn: fact.No, skipBack: fact.No}
	switch q.within(privateRanges, from) {
	case fact.Yes:
		n.route.stops("no route from private addresses outside leads here")
		r.route = netset.Bounds{}
	case fact.Unknown:
		r.route = q.anything
	case fact.No:
		switch q.hasInternet(to.vpc) {
		case fact.No:
			n.route.stops(q.topo.Label(to.vpc) + " has no internet gateway")
			r.route = netset.Bounds{}
		case fact.Unknown:
			q.gatewayGap(to, h.place, n.route)
			r.route = q.anything
		}
	}
	if g := q.gateways[to.vpc]; g != nil && n.route != nil && !r.route.Maybe.IsEmpty() {
		n.route.rule(RuleUse{ID: g.ID, Text: q.topo.Label(to.vpc) + " has " + q.topo.Label(g.ID), Ports: q.asked, Place: g.Place})
	}
	r.public = q.public(to, n.public)
	r.block = q.blocked(to.subnet, to, false, n.block)
	switch h.kind {
	case topo.ToInternet:
	case topo.ToUnknown, topo.ToInterface, topo.ToVPN, topo.ToElsewhere:
		n.back.unknown(q.beyond(h), h.place)
		r.back = q.anything
	case topo.ToInspection:
		n.back.unknown(q.beyond(h), h.place)
		r.back = q.anything
		if r.route.Sure.IsAll() {
			n.route.unknown(q.beyond(h), h.place)
			r.route = q.anything
		}
	case topo.ToNowhere:
		n.back.stops(q.nowhere(h, to, from))
		r.back = netset.Bounds{}
	default:
		n.back.stops("replies leave by " + q.hopName(h) + ", not by the internet gateway through which the request came")
		r.back = netset.Bounds{}
	}
	return r
}
