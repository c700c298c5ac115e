package reach

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Admitted lists every source that the inbound rules of an endpoint's security
// groups admit to some asked packet, surely or possibly: rules in order of
// place, then what may come on top of them.
func (n *Network) Admitted(to ref.ID, asked netset.Ports) []Admission {
	e := n.topo.Endpoint(to)
	if e == nil || e.Kind == topo.FunctionEndpoint {
		return nil
	}
	any := func(group ref.ID, ports netset.Bounds, why string) Admission {
		return Admission{Group: group, Ports: ports, Range: netset.Everywhere(), Internet: 1, Why: why}
	}
	if e.Unfiltered == fact.Yes {
		return []Admission{any("", netset.Exactly(asked), n.topo.Label(to)+" has no security group and filters nothing")}
	}
	var rules, more []Admission
	for _, l := range e.Groups.List {
		g := n.topo.SecurityGroup(l.ID)
		if g == nil || g.Elsewhere && g.IngressMore == "" && len(g.Ingress) == 0 {
			more = append(more, any(l.ID, netset.AtMost(asked), "the rules of "+n.topo.Label(l.ID)+" are not known"))
			continue
		}
		if g.IngressMore != "" {
			more = append(more, any(g.ID, netset.AtMost(asked), g.IngressMore))
		}
		for i := range g.Ingress {
			if a, ok := n.admission(e, l, g, &g.Ingress[i], asked); ok {
				rules = append(rules, a)
			}
		}
	}
	if n.moreGroups(e) != "" {
		more = append(more, any("", netset.AtMost(asked), n.GroupsGap(e).Text))
	}
	if e.Unfiltered == fact.Unknown && e.Kind == topo.BalancerEndpoint && len(e.Groups.List) == 0 && len(more) == 0 {
		more = append(more, any("", netset.AtMost(asked), "whether "+n.topo.Label(to)+" has security groups is not known"))
	}
	slices.SortStableFunc(rules, func(a, b Admission) int { return a.Rule.Place.Compare(b.Rule.Place) })
	return append(rules, more...)
}

// admission is what one rule admits. It is not ok if that is nothing asked about.
func (n *Network) admission(e *topo.Endpoint, l topo.Link, g *topo.SecurityGroup, r *topo.Rule, asked netset.Ports) (a Admission, ok bool) {
	a = Admission{Group: g.ID, Rule: r, Ports: r.Ports.Restrict(asked)}
	exists := l.Exists.And(g.Exists).And(r.Exists)
	if exists == fact.No || a.Ports.Maybe.IsEmpty() {
		return a, false
	}
	if exists == fact.Unknown {
		a.Ports = netset.AtMost(a.Ports.Maybe)
		a.Why = cmp.Or(l.Why, g.Why, r.Why, "whether the rule is in effect is not known")
	}
	doubt := func(why string) { a.Why = cmp.Or(a.Why, why) }
	switch p := &r.Peer; p.Kind {
	case topo.PeerBlock:
		var why string
		a.Range, why = n.atMost(&p.Block)
		doubt(why)
		a.Internet = a.Range.Fraction(netset.Internet())
	case topo.PeerGroup:
		a.Holders, a.HoldersMore = n.holders(p.ID, e.VPC)
	case topo.PeerPrefixList:
		list := n.topo.PrefixList(p.ID)
		switch {
		case list == nil:
			a.Range, a.Internet = netset.Everywhere(), 1
			doubt("the entries of " + n.topo.Label(p.ID) + " are not known")
		case list.More == "" && !(list.Elsewhere && list.Addrs.IsEmpty()):
			a.Range = list.Addrs
			a.Internet = a.Range.Fraction(netset.Internet())
		case list.AWSName != "":
			// A service of AWS is a small part of the internet.
			a.Range = netset.Internet().Union(list.Addrs)
			a.Internet = list.Addrs.Fraction(netset.Internet())
			doubt(cmp.Or(list.More, "the entries of "+n.topo.Label(p.ID)+" are not known"))
		default:
			a.Range, a.Internet = netset.Everywhere(), 1
			doubt(cmp.Or(list.More, "the entries of "+n.topo.Label(p.ID)+" are not known"))
		}
	default:
		a.Range, a.Internet = netset.Everywhere(), 1
		for _, c := range p.Candidates {
			some, _ := n.holders(c, e.VPC)
			for _, h := range some {
				h.Holds, h.Why = fact.Unknown, cmp.Or(p.Block.Why, "the peer of the rule is not known")
				if !slices.ContainsFunc(a.Holders, func(x Holder) bool { return x.Endpoint == h.Endpoint }) {
					a.Holders = append(a.Holders, h)
				}
			}
		}
		a.HoldersMore = cmp.Or(p.Block.Why, "the peer of the rule is not known")
		doubt(a.HoldersMore)
	}
	return a, true
}

// atMost is the addresses that a block holds at most, and why it may hold fewer.
func (n *Network) atMost(b *topo.Block) (netset.Addrs, string) {
	if b.Prefix.IsValid() {
		return n.prefix(b.Prefix), ""
	}
	q := question{Network: n}
	blocks, more := []topo.Block(nil), ""
	if v := n.topo.VPC(b.Of); v != nil {
		blocks, more = v.Blocks, v.BlocksMore
	} else if s := n.topo.Subnet(b.Of); s != nil {
		blocks = s.Blocks
	}
	var known netset.Addrs
	for _, f := range families {
		if b.Family != topo.FamilyUnknown && b.Family != f {
			continue
		}
		if a, ok := n.rangeOf(blocks, more, f); ok {
			known = known.Union(a)
		}
	}
	switch {
	case !known.IsEmpty():
		return known, ""
	case b.Of != "" && (n.topo.VPC(b.Of) != nil || n.topo.Subnet(b.Of) != nil):
		// Some private range of the VPC; which one is not known.
		return privateRanges, q.blockWhy(b)
	case b.Family != topo.FamilyUnknown:
		return everyAddress(b.Family), q.blockWhy(b)
	}
	return netset.Everywhere(), q.blockWhy(b)
}

// holders are the endpoints that a rule means which names a group, for an
// endpoint of a VPC.
func (n *Network) holders(group, vpc ref.ID) (list []Holder, more string) {
	for i := range n.topo.Endpoints {
		e := &n.topo.Endpoints[i]
		held, why := n.holding(e, group)
		if held == fact.No {
			continue
		}
		if e.Exists == fact.Unknown {
			held, why = held.And(e.Exists), cmp.Or(e.Why, "whether it exists is not known")
		}
		switch scope := n.References(e.VPC, vpc); scope {
		case fact.No:
			continue
		case fact.Unknown:
			held, why = held.And(scope), cmp.Or(why, "whether references to groups of its VPC work is not known")
		}
		list = append(list, Holder{Endpoint: e.ID, Holds: held, Why: why})
	}
	g := n.topo.SecurityGroup(group)
	switch {
	case g == nil:
		more = n.topo.Label(group) + " is not in the design"
	case g.MembersMore != "":
		more = g.MembersMore
	case g.Elsewhere:
		more = n.topo.Label(group) + " is elsewhere"
	}
	return list, more
}

// References answers whether a rule in one VPC can mean a group of another, by
// some connection between the two.
func (n *Network) References(a, b ref.ID) fact.Tri {
	out := n.OneVPC(a, b)
	if out == fact.Yes || a == "" || b == "" {
		return out
	}
	for _, c := range n.peered[a] {
		if peerOf(c, a) == b {
			out = out.Or(c.Active.And(c.Exists).And(fact.Is(c.SameRegion, true)))
		} else if peerOf(c, a) == "" {
			out = out.Or(fact.Unknown)
		}
	}
	for _, l := range n.attached[a] {
		for _, m := range n.attached[b] {
			if l.gateway == m.gateway {
				out = out.Or(fact.Is(l.gateway.GroupReferences, true).And(fact.Is(l.attachment.GroupReferences, true)).And(fact.Is(m.attachment.GroupReferences, true)))
			}
		}
	}
	return out
}
