package reach

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// road is what lies between the interfaces of a connection: routes, gateways
// and their own subnets.
type road struct {
	route netset.Bounds // the route there, with network ACLs of gateways on the way

	direct   bool // an internet gateway meets the interface's own address
	public   netset.Bounds
	internet bool // some gateway to the internet is on the way
	block    netset.Bounds

	back     netset.Bounds // the route back; ignored if noBack
	noBack   bool          // a gateway that keeps state returns the replies
	refs     fact.Tri      // whether group references of the other VPC work on this road
	skipIn   fact.Tri      // whether the network ACL of the destination's subnet is left out
	skipBack fact.Tri      // whether that of the source's subnet is left out for replies
}

// notes are the explanations of a road's gates.
type notes struct{ route, public, block, back *note }

// pass is one direction of a road by one hop.
type pass struct {
	route    netset.Bounds
	direct   bool
	public   netset.Bounds
	internet bool
	over     fact.Tri // whether the way is over the internet
	block    netset.Bounds
	refs     fact.Tri
	skipIn   fact.Tri
	back     netset.Bounds // replies within gateways that keep state
}

func (q *question) stopped() pass {
	return pass{refs: fact.No, skipIn: fact.No, over: fact.No, public: q.everything, block: q.everything, back: q.everything}
}

func (q *question) open() pass {
	p := q.stopped()
	p.route = q.everything
	return p
}

func (q *question) doubt() pass {
	p := q.stopped()
	// Out of a transit gateway in its own subnet, packets meet no network ACL.
	p.route, p.refs, p.over, p.skipIn = q.anything, fact.Unknown, fact.Unknown, fact.Unknown
	return p
}

// either bounds what passes if one of two ways is taken.
func either(a, b netset.Bounds) netset.Bounds {
	return netset.Bounds{Sure: a.Sure.Intersect(b.Sure), Maybe: a.Maybe.Union(b.Maybe)}
}

func eitherTri(a, b fact.Tri) fact.Tri {
	if a == b {
		return a
	}
	return fact.Unknown
}

func (p pass) or(r pass) pass {
	return pass{
		route: either(p.route, r.route), direct: p.direct || r.direct, internet: p.internet || r.internet,
		public: either(p.public, r.public), block: either(p.block, r.block), back: either(p.back, r.back),
		refs: eitherTri(p.refs, r.refs), over: eitherTri(p.over, r.over), skipIn: eitherTri(p.skipIn, r.skipIn),
	}
}

// road is what lies between two sides, in both directions.
func (q *question) road(from, to *side, n notes) road {
	if from.outside && to.outside {
		n.route.stops("both parties are outside every VPC")
		return road{noBack: true, refs: fact.No, skipIn: fact.No, skipBack: fact.No}
	}
	if from.outside {
		return q.entrance(from, to, n)
	}
	there := q.send(from, to, request, fact.Unknown, n)
	r := road{route: there.route, direct: there.direct, internet: there.internet, public: there.public, block: there.block,
		refs: there.refs, skipIn: there.skipIn, skipBack: fact.No}
	if to.outside {
		r.back, r.noBack = there.back, there.back.Sure.IsAll()
		return r
	}
	back := q.send(to, from, answer{from.client}, there.over, notes{route: n.back})
	r.back = back.route
	r.skipBack = back.skipIn
	return r
}

// view turns what a network ACL on the way allows into the asked packets that
// pass it, there or as replies.
type view interface {
	of(netset.Bounds, *note) netset.Bounds
}

type forward struct{}

func (forward) of(b netset.Bounds, _ *note) netset.Bounds { return b }

// request is the view of the first packet of a connection.
var request = forward{}

// answer is the view of replies to a client.
type answer struct{ client ephemeral }

func (a answer) of(b netset.Bounds, n *note) netset.Bounds { return a.client.reply(b, n) }

// send is how packets travel from an interface to another or to hosts outside.
// Replies must come back the way the request went: over the internet, or not.
func (q *question) send(from, to *side, v view, over fact.Tri, n notes) pass {
	var out pass
	var rest *pass // without the hops that take some hosts only
	_, replies := v.(answer)
	for i, h := range q.hops(from, to) {
		var p pass
		if replies {
			p = q.carryBack(h, from, to, v, over, n)
		} else {
			p = q.carry(h, from, to, v, n)
		}
		if h.taken != fact.Yes && n.route != nil {
			n.route.unknown(q.hopDoubt(h, from), h.place)
		}
		if i == 0 {
			out = p
		} else {
			out = out.or(p)
		}
		if h.some {
			continue
		}
		if rest == nil {
			rest = &p
		} else {
			*rest = rest.or(p)
		}
	}
	if rest != nil {
		out.route.Sure, out.public.Sure, out.block.Sure, out.back.Sure = rest.route.Sure, rest.public.Sure, rest.block.Sure, rest.back.Sure
	}
	return out
}

// carry is where one hop leads.
func (q *question) carry(h hop, from, to *side, v view, n notes) pass {
	if n.route != nil {
		n.route.rule(q.hopUse(h, from))
	}
	within := q.sameVPC(from, to)
	switch h.kind {
	case topo.ToLocal:
		if within != fact.Yes {
			n.route.stops("the address lies in the range of " + q.topo.Label(from.vpc) + " itself")
			return q.stopped()
		}
		p := q.open()
		p.refs = fact.Yes
		return p
	case topo.ToNowhere:
		n.route.stops(q.nowhere(h, from, to))
		return q.stopped()
	case topo.ToInternet, topo.ToEgressOnly:
		return q.overInternet(h, from, to, n)
	case topo.ToNAT:
		return q.overNAT(h, from, to, n)
	case topo.ToPeering:
		return q.overPeering(h, from, to, n.route)
	case topo.ToTransit:
		return q.overTransit(h, from, to, v, n)
	case topo.ToGatewayEndpoint:
		switch {
		case to.internet:
			n.route.stops("the route to " + q.topo.Label(h.route.Target) + " leads to an AWS service, not to the internet")
			return q.stopped()
		case to.outside:
			return q.open()
		}
		n.route.stops("the route to " + q.topo.Label(h.route.Target) + " leads to an AWS service only")
		return q.stopped()
	}
	n.route.unknown(q.beyond(h), h.place)
	return q.doubt()
}

// carryBack is carry for replies between interfaces.
func (q *question) carryBack(h hop, from, to *side, v view, over fact.Tri, n notes) pass {
	if h.kind == topo.ToEgressOnly {
		if n.route != nil {
			n.route.rule(q.hopUse(h, from))
		}
		n.route.stops("an egress-only internet gateway returns no replies to requests from elsewhere")
		return q.stopped()
	}
	if h.kind != topo.ToInternet {
		p := q.carry(h, from, to, v, n)
		switch {
		case over == fact.No || p.route.Maybe.IsEmpty():
		case over == fact.Yes:
			n.route.stops("the request comes over the internet, and replies leave by " + q.hopName(h))
			p.route = netset.Bounds{}
		default:
			p.route.Sure = netset.Ports{}
		}
		return p
	}
	if n.route != nil {
		n.route.rule(q.hopUse(h, from))
	}
	p := q.open()
	switch over {
	case fact.No:
		n.route.stops("the request does not come over the internet, and replies leave by " + q.hopName(h))
		p.route = netset.Bounds{}
	case fact.Unknown:
		p.route = q.anything
	}
	return p
}

// overInternet leaves by an internet gateway or an egress-only one.
func (q *question) overInternet(h hop, from, to *side, n notes) pass {
	p := q.open()
	p.internet, p.over = true, fact.Yes
	egress := h.kind == topo.ToEgressOnly
	switch {
	case egress && from.family == topo.IPv4:
		n.route.stops("an egress-only internet gateway carries IPv6 only")
		return q.stopped()
	case to.outside:
		if q.within(privateRanges, to) == fact.Yes {
			n.route.stops("an internet gateway carries no packets to private addresses")
			return q.stopped()
		}
		if !privateRanges.Overlaps(to.addrs) {
			break
		}
		p.route = q.anything
	case to.family == topo.IPv4:
		n.route.stops("an internet gateway does not lead to private addresses")
		return q.stopped()
	default:
		// IPv6 addresses are global: out here, in at the other VPC.
		switch q.hasInternet(to.vpc) {
		case fact.No:
			n.route.stops(q.topo.Label(to.vpc) + " has no internet gateway")
			return q.stopped()
		case fact.Unknown:
			q.gatewayGap(to, h.place, n.route)
			p.route = q.anything
		}
	}
	if !egress {
		p.direct, p.public = true, q.public(from, n.public)
	}
	p.block = q.blocked(from.subnet, from, egress, n.block)
	if !to.outside {
		p.direct, p.public = true, p.public.And(q.public(to, n.public))
		p.block = p.block.And(q.blocked(to.subnet, to, false, n.block))
	}
	return p
}

// overPeering goes to the other VPC of a peering connection, and no further
// (AWS "VPC peering basics", no edge-to-edge routing).
func (q *question) overPeering(h hop, from, to *side, n *note) pass {
	c := q.topo.Peering(h.route.Target)
	if c == nil {
		n.unknown("where "+q.topo.Label(h.route.Target)+" leads is not known", h.place)
		return q.doubt()
	}
	own, other := from.vpc, peerOf(c, from.vpc)
	name := q.topo.Label(c.ID)
	switch v := q.topo.VPC(other); {
	case own == "":
		n.unknown("the VPC of "+q.sideName(from)+" is not known", h.place)
		return q.doubt()
	case c.Requester != own && c.Accepter != own && c.Requester != "" && c.Accepter != "":
		n.stops("the peering connection " + name + " is not one of this VPC")
		return q.stopped()
	case other == "":
		n.unknown("which VPC is behind the peering connection "+name+" is not known", c.Place)
		return q.doubt()
	case to.outside && (v == nil || v.Elsewhere):
		n.unknown("which addresses are behind the peering connection "+name+" is not known", c.Place)
		return q.doubt()
	case !to.outside && to.vpc == "":
		n.unknown("the VPC of "+q.sideName(to)+" is not known", h.place)
		return q.doubt()
	case !to.outside && to.vpc != other && q.OneVPC(to.vpc, other) == fact.Unknown:
		n.unknown("whether "+q.topo.Label(to.vpc)+" and "+q.topo.Label(other)+" are one VPC is not known", h.place)
		return q.doubt()
	case to.outside || to.vpc != other:
		n.stops("the peering connection " + name + " leads to " + q.topo.Label(other) + " and no further")
		return q.stopped()
	}
	p := q.open()
	p.refs = fact.Is(c.SameRegion, true)
	switch c.Active.And(c.Exists) {
	case fact.No:
		n.stops("the peering connection " + name + " is not active")
		return q.stopped()
	case fact.Unknown:
		n.unknown("whether the peering connection "+name+" is active is not known"+because(c.Why), c.Place)
		p.route = q.anything
	}
	return p
}

// peerOf is the VPC at the other end of a peering connection, empty if that is
// not known.
func peerOf(c *topo.Peering, own ref.ID) ref.ID {
	if c.Accepter == own {
		return c.Requester
	}
	return c.Accepter
}
