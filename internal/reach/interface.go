package reach

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Interface is one network interface of an endpoint, or hosts outside, in one
// address family. It is for those who ask about many pairs, and lets them ask
// about the parts of an answer: [Network.Connect] is, over all pairs of
// interfaces of one family, what [Network.Way] and both sides' [Network.Filter]
// let pass.
type Interface struct{ side side }

// Interfaces are those of a party, IPv4 first.
func (n *Network) Interfaces(p Party) []Interface {
	var out []Interface
	for _, f := range families {
		for _, s := range n.sides(p, f) {
			out = append(out, Interface{s})
		}
	}
	return out
}

// Subnet is empty if it is not known, and for hosts outside.
func (i Interface) Subnet() ref.ID { return i.side.subnetID }

// VPC is empty if it is not known, and for hosts outside.
func (i Interface) VPC() ref.ID { return i.side.vpc }

// Family is the address family.
func (i Interface) Family() topo.Family { return i.side.family }

// Addrs are the addresses of which an interface has one, and hosts have all.
func (i Interface) Addrs() netset.Addrs { return i.side.addrs }

// In is the interface as if it were in the subnet of another.
func (i Interface) In(other Interface) Interface {
	i.side.subnet, i.side.subnetID = other.side.subnet, other.side.subnetID
	return i
}

// Traits are what a way depends on besides VPC, subnet, addresses and family.
type Traits struct {
	Exists, Public fact.Tri
	Client         [2]uint16 // the ports that it takes for connections of its own
	Unlisted       bool      // of hosts outside, as in Party
	List           ref.ID
	Internet       bool // the whole internet
	Most           bool // most of the internet
}

// Traits are those of an interface.
func (n *Network) Traits(i Interface) Traits {
	s := &i.side
	t := Traits{Exists: s.exists, Public: fact.Is(n.publicFact(s), true), Client: [2]uint16{s.client.from, s.client.to},
		Unlisted: s.unlisted, Internet: s.internet, Most: s.hosts && s.addrs.Fraction(netset.Internet()) > 0.5}
	if s.list != nil {
		t.List = s.list.ID
	}
	return t
}

// Way is what passes between two interfaces if no security group filters.
type Way struct {
	Packets netset.Bounds // those that make a connection

	// Refs is whether rules of one side may name groups of the other.
	Refs fact.Tri
	// Cut is whether it depends on the address that one side has. What is
	// possible is then more than what is possible for each address.
	Cut bool
	// Hard is set if way and filters depend on each other, so that only
	// [Network.Between] knows what passes.
	Hard bool
}

// Way is the way from one interface to another.
func (n *Network) Way(from, to Interface) Way {
	q := n.ask(netset.AllPorts())
	q.bare, q.left = true, n.cuts(from.side, to.side)
	budget := q.left
	l := q.solve(from.side, to.side)
	w := Way{Packets: l.both, Cut: q.left < budget, Hard: q.left == 0 || q.cutHosts}
	count := 0
	for r, met := range q.refs {
		if met {
			w.Refs, count = fact.Tri(r), count+1
		}
	}
	w.Hard = w.Hard || count > 1
	return w
}

// Between bounds the packets that make a connection from one interface to another.
func (n *Network) Between(from, to Interface) netset.Bounds {
	q := n.ask(netset.AllPorts())
	q.left = n.cuts(from.side, to.side)
	return q.solve(from.side, to.side).both
}

// Leaves reports whether packets of an interface may come to an interface of
// another VPC of the snapshot.
func (n *Network) Leaves(i Interface) bool {
	return n.leaves(i.side.subnet, i.side.family, "")
}

// leaves is Leaves for a subnet; by is the NAT gateway that packets come from.
func (n *Network) leaves(s *topo.Subnet, f topo.Family, by ref.ID) bool {
	if s == nil {
		return true
	}
	id, _ := s.RouteTable.Get()
	t := n.topo.RouteTable(id)
	if t == nil {
		return true
	}
	if more, _ := n.moreRoutes(t); more != "" {
		return true
	}
	for i := range t.Routes {
		r := &t.Routes[i]
		switch r.Kind {
		case topo.ToLocal, topo.ToNowhere, topo.ToGatewayEndpoint:
		case topo.ToInternet, topo.ToEgressOnly:
			if f == topo.IPv6 {
				return true
			}
		case topo.ToNAT:
			if by != "" && r.Target == by {
				continue
			}
			g := n.topo.Gateway(r.Target)
			if by != "" || f == topo.IPv6 || g == nil || n.leaves(n.topo.Subnet(g.Subnet), f, g.ID) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// Filter is what the security groups of an endpoint let pass in one direction:
// so much from or to everybody, and more by rules.
type Filter struct {
	Everybody netset.Bounds
	Rules     []FilterRule
}

// FilterRule is a rule that is surely in effect, except for what its ports leave
// open.
type FilterRule struct {
	Peer  *topo.Peer
	Ports netset.Bounds
}

// Filter is that of an endpoint.
func (n *Network) Filter(e *topo.Endpoint, inbound bool) Filter {
	all := netset.AllPorts()
	switch {
	case e.Unfiltered == fact.Yes:
		return Filter{Everybody: netset.Exactly(all)}
	case e.Unfiltered == fact.Unknown && e.Kind == topo.BalancerEndpoint && len(e.Groups.List) == 0:
		return Filter{Everybody: netset.AtMost(all)}
	case inbound && e.Kind == topo.FunctionEndpoint:
		return Filter{}
	}
	var f Filter
	for _, l := range e.Groups.List {
		g := n.topo.SecurityGroup(l.ID)
		if g == nil {
			f.Everybody.Maybe = all
			continue
		}
		rules, more := g.Egress, g.EgressMore
		if inbound {
			rules, more = g.Ingress, g.IngressMore
		}
		if more != "" || g.Elsewhere && len(rules) == 0 {
			f.Everybody.Maybe = all
		}
		held := l.Exists.And(g.Exists)
		for i := range rules {
			r := &rules[i]
			ports := r.Ports
			switch held.And(r.Exists) {
			case fact.No:
				continue
			case fact.Unknown:
				ports = netset.AtMost(ports.Maybe)
			}
			if !ports.Maybe.IsEmpty() {
				f.Rules = append(f.Rules, FilterRule{&r.Peer, ports})
			}
		}
	}
	if n.moreGroups(e) != "" {
		f.Everybody.Maybe = all
	}
	return f
}

// Filtered is what the security groups of one interface let pass to or from
// another; refs is [Way.Refs].
func (n *Network) Filtered(inbound bool, holder, peer Interface, refs fact.Tri) netset.Bounds {
	q := n.ask(netset.AllPorts())
	q.left = n.cuts(holder.side, peer.side)
	return q.filtered(inbound, holder.side, peer.side, refs)
}

// filtered is [question.solve] for the groups of one side.
func (q *question) filtered(inbound bool, holder, peer side, refs fact.Tri) netset.Bounds {
	q.cutSide = nil
	b := q.groups(inbound, &holder, &peer, refs, nil)
	if q.cutSide == nil || q.left == 0 || b.IsExact() {
		return b
	}
	at := q.divide()
	rest, hosts := at.addrs.Minus(q.cutAt), at.hosts
	at.addrs = at.addrs.Intersect(q.cutAt)
	a := q.filtered(inbound, holder, peer, refs)
	at.addrs = rest
	c := q.filtered(inbound, holder, peer, refs)
	if hosts {
		return a.Or(c)
	}
	return either(a, c)
}

// Means answers whether a peer that is no security group means an interface, and
// whether that depends on its address.
func (n *Network) Means(p *topo.Peer, i Interface) (got fact.Tri, depends bool) {
	q := question{Network: n}
	got, _ = q.peer(p, nil, &i.side, fact.Unknown)
	return got, q.cutSide != nil
}

// Holds answers whether an endpoint holds a group.
func (n *Network) Holds(e *topo.Endpoint, group ref.ID) fact.Tri {
	got, _ := n.holding(e, group)
	return got
}

// GroupsUnknown reports whether an endpoint may hold groups that are not listed.
func (n *Network) GroupsUnknown(e *topo.Endpoint) bool { return n.moreGroups(e) != "" }

// PrivateRanges are addresses that no internet gateway carries.
func PrivateRanges() netset.Addrs { return privateRanges }
