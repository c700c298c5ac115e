package reach

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Exits is how packets of an endpoint to addresses outside leave: for each of
// its subnets every way that some of the addresses may take. Security groups
// and the network ACL of the subnet itself are not looked at; what happens at
// a NAT gateway is.
func (n *Network) Exits(endpoint ref.ID, dst netset.Addrs) []Exit {
	q := n.ask(netset.TCP(0, 65535))
	var out []Exit
	for _, f := range families {
		for _, from := range n.sides(At(endpoint), f) {
			for _, to := range n.sides(Outside(dst), f) {
				q.left = cutsToAnswer
				out = q.exits(from, to, out)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Exit) int { return cmp.Compare(a.Subnet, b.Subnet) })
	return out
}

// exits adds the ways of one pair of address sets, cut where routes differ.
func (q *question) exits(from, to side, out []Exit) []Exit {
	q.cutSide = nil
	var found []Exit
	for _, h := range settled(q.hops(&from, &to)) {
		n := notes{route: &note{}, public: &note{}, block: &note{}, back: &note{}}
		p := q.carry(h, &from, &to, request, n)
		all := p.route.And(p.public).And(p.block).And(p.back)
		e := Exit{Subnet: from.subnetID, Target: h.kind, Exists: h.taken.And(from.exists), Works: all.Any(q.asked), Place: h.place}
		if h.route != nil {
			e.Gateway, e.Place = h.route.Target, h.route.Place
		}
		if h.some && h.kind == topo.ToGatewayEndpoint && h.route.Exists == fact.Yes {
			e.Exists = from.exists // the service's addresses are some of the internet
		}
		if e.Exists != fact.Yes && h.taken != fact.Yes {
			e.Why = q.hopDoubt(h, &from)
		} else if from.exists != fact.Yes {
			e.Why = cmp.Or(from.why, "whether "+q.sideName(&from)+" is there is not known")
		}
		if e.Works != fact.Yes {
			e.Why = cmp.Or(reason(n), e.Why)
		}
		found = append(found, e)
	}
	if at := q.cutSide; at != nil && q.left > 0 {
		q.divide()
		rest := at.addrs.Minus(q.cutAt)
		at.addrs = at.addrs.Intersect(q.cutAt)
		out = q.exits(from, to, out)
		at.addrs = rest
		return q.exits(from, to, out)
	}
	for _, e := range found {
		i := slices.IndexFunc(out, func(x Exit) bool { return x.Subnet == e.Subnet && x.Target == e.Target && x.Gateway == e.Gateway })
		if i < 0 {
			out = append(out, e)
			continue
		}
		// Some addresses are enough for a way to be taken and to work.
		if e.Works == fact.Yes && out[i].Works != fact.Yes || out[i].Works == fact.No && e.Works == fact.Unknown {
			out[i].Works, out[i].Why = e.Works, e.Why
		}
		out[i].Exists = out[i].Exists.Or(e.Exists)
	}
	return out
}

// settled marks the hop that is surely taken by some of the hosts asked about.
func settled(hops []hop) []hop {
	at, count := -1, 0
	for i, h := range hops {
		if !h.some {
			at, count = i, count+1
		}
	}
	if count == 1 {
		hops[at].taken = fact.Yes
	}
	return hops
}

func reason(n notes) string {
	for _, one := range []*note{n.route, n.public, n.block, n.back} {
		if len(one.stop) > 0 {
			return one.stop[0]
		}
	}
	for _, one := range []*note{n.route, n.public, n.block, n.back} {
		if len(one.doubts) > 0 {
			return one.doubts[0].Text
		}
	}
	return ""
}

// PublicSubnet answers whether a route of a subnet for internet addresses leads
// to an internet gateway, with the route that decides it, if one does, and why.
func (n *Network) PublicSubnet(subnet ref.ID) (fact.Tri, *topo.Route, string) {
	s := n.topo.Subnet(subnet)
	if s == nil {
		return fact.Unknown, nil, n.topo.Label(subnet) + " is not in the design"
	}
	id, _ := s.RouteTable.Get()
	table := n.topo.RouteTable(id)
	if table == nil {
		return fact.Unknown, nil, "the route table of " + n.topo.Label(subnet) + " is not known" + because(s.RouteTable.Why)
	}
	got, why := fact.No, "no route of "+n.topo.Label(table.ID)+" for internet addresses leads to an internet gateway"
	var found *topo.Route
	q := n.ask(netset.AllPorts())
	for _, f := range families {
		from := side{subnet: s, subnetID: s.ID, vpc: s.VPC, family: f, addrs: n.addresses(nil, s, s.VPC, f), fixed: true, exists: fact.Yes}
		to := side{outside: true, hosts: true, family: f, addrs: ofFamily(netset.Internet(), f), exists: fact.Yes}
		if f == topo.IPv6 && fact.Is(s.HasIPv6, true) == fact.No {
			continue
		}
		q.left = cutsToAnswer
		q.eachPart(from, to, func(h hop) {
			switch {
			case h.some && (got != fact.No || h.kind != topo.ToInternet && h.kind != topo.ToUnknown):
			case !h.some && h.kind == topo.ToInternet && h.taken == fact.Yes && got != fact.Yes:
				got, found = fact.Yes, h.route
				why = q.hopUse(h, &from).Text
			case got == fact.No && (h.kind == topo.ToInternet || h.kind == topo.ToUnknown):
				got, found, why = fact.Unknown, h.route, cmp.Or(h.why, q.hopDoubt(h, &from))
			}
		})
	}
	return got, found, why
}

// eachPart visits the hops of all parts of the destination that routes treat
// differently.
func (q *question) eachPart(from, to side, visit func(hop)) {
	q.cutSide = nil
	hops := settled(q.hops(&from, &to))
	if q.cutSide == nil || q.left == 0 {
		for _, h := range hops {
			visit(h)
		}
		return
	}
	at := q.divide()
	rest := at.addrs.Minus(q.cutAt)
	at.addrs = at.addrs.Intersect(q.cutAt)
	q.eachPart(from, to, visit)
	at.addrs = rest
	q.eachPart(from, to, visit)
}
