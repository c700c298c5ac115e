package reach

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// hop is one way that a route table may send a packet.
type hop struct {
	taken fact.Tri    // Yes, or Unknown if another may be taken
	route *topo.Route // nil for the local route, no route and an unknown one
	kind  topo.RouteTarget
	some  bool   // of hosts outside it takes some at most; the others take one of the other hops
	none  bool   // no route matches: kind is ToNowhere
	why   string // of ToUnknown
	place ref.Place
}

// vague reports whether the range of the route is not known.
func (h hop) vague() bool { return h.route != nil && !h.route.Dest.Prefix.IsValid() }

// candidate is a route that may match, for [choose].
type candidate struct {
	bits  int // length of the matching prefix; -1 if unknown
	rank  int // at equal length the lower rank wins
	match fact.Tri
}

// Ranks of routes of equal length (AWS "Route priority").
const (
	rankLocal = iota
	rankStatic
	rankPropagated
)

// choose tells which candidates may be taken: longest prefix first. none is
// whether possibly no candidate matches.
func choose(list []candidate) (taken []int, none bool) {
	known := make([]int, 0, len(list))
	none = true
	for i, c := range list {
		switch {
		case c.match == fact.No:
		case c.bits < 0:
			taken = append(taken, i)
			if c.match == fact.Yes {
				none = false
			}
		default:
			known = append(known, i)
		}
	}
	slices.SortStableFunc(known, func(a, b int) int {
		return cmp.Or(cmp.Compare(list[b].bits, list[a].bits), cmp.Compare(list[a].rank, list[b].rank))
	})
	for at, i := range known {
		taken = append(taken, i)
		if list[i].match != fact.Yes {
			continue
		}
		// Of equal routes nobody knows which one AWS keeps.
		for _, j := range known[at+1:] {
			if list[j].bits == list[i].bits && list[j].rank == list[i].rank {
				taken = append(taken, j)
			}
		}
		return taken, false
	}
	return taken, none
}

// sameVPC answers whether two sides are interfaces of one VPC.
func (q *question) sameVPC(a, b *side) fact.Tri {
	if a.outside || b.outside {
		return fact.No
	}
	return q.OneVPC(a.vpc, b.vpc)
}

// OneVPC answers whether two names are of one VPC. A VPC that the design only
// refers to, by a variable or a data source, may be one that it refers to by
// another name, and one that another root of the estate makes.
func (n *Network) OneVPC(a, b ref.ID) fact.Tri {
	if a == "" || b == "" {
		return fact.Unknown
	}
	if a == b {
		return fact.Yes
	}
	v, w := n.topo.VPC(a), n.topo.VPC(b)
	switch {
	case v == nil || w == nil || v.Elsewhere && w.Elsewhere:
		return fact.Unknown
	case (v.Elsewhere || w.Elsewhere) && a.Root() != b.Root():
		return fact.Unknown
	}
	return fact.No
}

// hops are the ways in which the route table of a side may send packets to
// another: at least one.
//
// Within a VPC the local route holds, and only routes to appliances may be more
// specific (AWS "Route priority": the target must be a NAT gateway, network
// interface or Gateway Load Balancer endpoint). Routes that the design does not
// show are taken not to be such.
func (q *question) hops(from, to *side) []hop {
	within := q.sameVPC(from, to)
	if within == fact.Yes && from.subnetID != "" && from.subnetID == to.subnetID {
		return []hop{{taken: fact.Yes, kind: topo.ToLocal}}
	}
	var table *topo.RouteTable
	gap := q.subnetGap(from)
	why, place := gap.Text, gap.Place
	if from.subnet != nil {
		id, _ := from.subnet.RouteTable.Get()
		table, place = q.topo.RouteTable(id), from.subnet.RouteTable.Place
	}
	if from.subnet != nil && table == nil {
		why = "the route table of " + q.topo.Label(from.subnet.ID) + " is not known" + because(from.subnet.RouteTable.Why)
	}
	if within == fact.Unknown {
		return []hop{{kind: topo.ToUnknown, why: "whether the two are in one VPC is not known"}}
	}
	if table == nil {
		if within == fact.Yes {
			return []hop{{taken: fact.Yes, kind: topo.ToLocal}}
		}
		return []hop{{kind: topo.ToUnknown, why: why, place: place}}
	}

	list := make([]candidate, 0, len(table.Routes)+1)
	list = append(list, q.local(from, to, within))
	for i := range table.Routes {
		r := &table.Routes[i]
		c := candidate{match: fact.No}
		if within != fact.Yes || appliance(r.Kind) {
			c = q.dest(&r.Dest, to)
			c.match = c.match.And(r.Exists)
			c.rank = rankStatic
			if r.Propagated {
				c.rank = rankPropagated
			}
		}
		list = append(list, c)
	}
	taken, none := choose(list)
	var out []hop
	for _, i := range taken {
		if i == 0 {
			out = append(out, hop{kind: topo.ToLocal})
			continue
		}
		r := &table.Routes[i-1]
		out = append(out, hop{route: r, kind: r.Kind, why: r.Why, place: r.Place})
	}
	if within != fact.Yes {
		if none {
			out = append(out, hop{kind: topo.ToNowhere, none: true, place: table.Place})
		}
		if more, at := q.moreRoutes(table); more != "" {
			out = append(out, hop{kind: topo.ToUnknown, why: q.topo.Label(table.ID) + " may have further routes: " + more, place: at})
		}
	}
	if len(out) == 1 {
		out[0].taken = fact.Yes
	}
	if to.hosts && !q.each && len(out) > 1 && to.addrs.Fraction(netset.Internet()) > 0.5 {
		// A range that somebody writes beside the default route, and the list of
		// an AWS service, are not the whole internet.
		for i := range out {
			out[i].some = out[i].vague()
		}
		slices.SortStableFunc(out, func(a, b hop) int { return boolRank(a.some) - boolRank(b.some) })
	}
	return out
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// moreRoutes says why a table may have routes that are not listed.
func (n *Network) moreRoutes(t *topo.RouteTable) (string, ref.Place) {
	if t.More != "" {
		return t.More, t.Place
	}
	if t.Elsewhere && len(t.Routes) == 0 {
		return n.topo.Label(t.ID) + " is elsewhere", t.Place
	}
	return "", ref.Place{}
}

// appliance reports whether a route of this kind may be more specific than the
// local route.
func appliance(k topo.RouteTarget) bool {
	switch k {
	case topo.ToUnknown, topo.ToNAT, topo.ToInspection, topo.ToInterface, topo.ToNowhere:
		return true
	}
	return false
}

// local is the local route as a candidate.
func (q *question) local(from, to *side, within fact.Tri) candidate {
	// The widest ranges that a VPC can have (AWS "VPC CIDR blocks").
	c := candidate{bits: 16, rank: rankLocal, match: within}
	if to.family == topo.IPv6 {
		c.bits = 44
	}
	v := q.topo.VPC(from.vpc)
	if v == nil {
		return c
	}
	for i := range v.Blocks {
		// VPCs that are connected are taken not to overlap unless their ranges
		// say so; an unknown range says nothing.
		b := &v.Blocks[i]
		if !b.Prefix.IsValid() || familyOf(*b) != to.family {
			continue
		}
		got := q.inside(b, to)
		if got == fact.No {
			continue
		}
		c.match = c.match.Or(got)
		c.bits = max(c.bits, b.Prefix.Bits())
	}
	return c
}

// dest is the destination of a route as a candidate.
func (q *question) dest(b *topo.Block, to *side) candidate {
	if b.Of != "" && q.topo.PrefixList(b.Of) != nil {
		got, bits, _ := q.insideList(b.Of, to)
		return candidate{match: got, bits: bits}
	}
	c := candidate{match: q.inside(b, to), bits: -1}
	if b.Prefix.IsValid() {
		if c.bits = b.Prefix.Bits(); b.Prefix.Addr().Is4In6() {
			c.bits -= 96
		}
	}
	return c
}

// privateRanges are addresses that no internet gateway carries: private,
// shared, loopback, link local, multicast and reserved ones (RFC 6890).
var privateRanges = mustAddrs("0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/3, ::/8, fc00::/6, ff00::/8")

// subnetGap is the missing fact of a side whose subnet is not known.
func (q *question) subnetGap(s *side) finding.Evidence {
	switch {
	case s.subnetID != "":
		return finding.Evidence{Text: q.topo.Label(s.subnetID) + " is not known" + because(s.why), Place: s.place}
	case s.ep == nil:
		return finding.Evidence{Text: "the subnet of " + q.sideName(s) + " is not known", Place: s.place}
	}
	return q.SubnetsGap(s.ep)
}

// SubnetsGap is the missing fact of an endpoint whose subnets are not all known.
func (n *Network) SubnetsGap(e *topo.Endpoint) finding.Evidence {
	return finding.Evidence{Text: "subnets of " + n.topo.Label(e.ID) + ": " + cmp.Or(e.Subnets.More, "the design does not tell"), Place: cmp.Or(e.Subnets.Place, e.Place)}
}

// hasInternet answers whether an internet gateway is attached to a VPC.
func (n *Network) hasInternet(vpc ref.ID) fact.Tri {
	if got, ok := n.internet[vpc]; ok {
		return got
	}
	if v := n.topo.VPC(vpc); v == nil || v.More != "" || v.GatewaysMore != "" || v.Elsewhere {
		return fact.Unknown
	}
	return fact.No
}

// blocked bounds what VPC Block Public Access lets through at a subnet. Only
// traffic of NAT and egress-only gateways passes when connections from the
// internet are blocked (AWS "Block public access to VPCs and subnets").
func (q *question) blocked(subnet *topo.Subnet, s *side, natted bool, n *note) netset.Bounds {
	vpc := s.vpc
	var mode fact.Fact[topo.BlockPublicAccess]
	at := vpc
	if subnet != nil {
		mode, at = subnet.PublicAccess, subnet.ID
	}
	if v := q.topo.VPC(vpc); v != nil && !mode.IsKnown() && mode.Why == "" {
		mode, at = v.BlockPublicAccess, vpc
	} else if v != nil && subnet == nil {
		mode = v.BlockPublicAccess
	}
	m, ok := mode.Get()
	switch {
	case !ok && at == "":
		gap := q.subnetGap(s)
		n.unknown(gap.Text, gap.Place)
		return netset.AtMost(q.asked)
	case !ok:
		n.unknown("whether VPC Block Public Access is on for "+q.topo.Label(at)+" is not known"+because(mode.Why), mode.Place)
		return netset.AtMost(q.asked)
	case m == topo.BlockBoth || m == topo.BlockIngress && !natted:
		n.stops("VPC Block Public Access cuts " + q.topo.Label(at))
		return netset.Bounds{}
	}
	return netset.Exactly(q.asked)
}

// public bounds what can leave or enter a side through an internet gateway: in
// IPv4 it needs a public address, and the gateway cuts internal load balancers
// off in IPv6 too.
func (q *question) public(s *side, n *note) netset.Bounds {
	f := q.publicFact(s)
	got, ok := f.Get()
	if n != nil {
		q.publicNote(s, f, n)
	}
	switch {
	case !ok:
		return netset.AtMost(q.asked)
	case got:
		return netset.Exactly(q.asked)
	}
	return netset.Bounds{}
}

// publicFact is whether a side has a public address in its family. A known no
// may have a reason in Why.
func (n *Network) publicFact(s *side) fact.Fact[bool] {
	if s.ep == nil {
		return fact.Default(true)
	}
	if b := n.balancerOf(s.ep); b != nil {
		facing, ok := b.InternetFacing.Get()
		switch {
		case !ok:
			return fact.Missing[bool]("scheme"+because(b.InternetFacing.Why), b.InternetFacing.Place)
		case !facing:
			f := fact.Known(false, b.InternetFacing.Place)
			f.Why = n.topo.Label(b.ID) + " has scheme internal"
			return f
		}
		if s.family == topo.IPv4 && b.AddressType.Or("") == "dualstack-without-public-ipv4" {
			f := fact.Known(false, b.AddressType.Place)
			f.Why = n.topo.Label(b.ID) + " has no public IPv4 address"
			return f
		}
		return fact.Known(true, b.InternetFacing.Place)
	}
	if s.family == topo.IPv6 {
		return fact.Known(true, s.ep.IPv6.Place)
	}
	return s.ep.PublicIPv4
}

// balancerOf is the load balancer whose nodes an endpoint is, or nil.
func (n *Network) balancerOf(e *topo.Endpoint) *topo.LoadBalancer {
	if e.Kind != topo.BalancerEndpoint {
		return nil
	}
	if b := n.topo.LoadBalancer(e.Owner); b != nil {
		return b
	}
	return n.topo.LoadBalancer(e.ID)
}
