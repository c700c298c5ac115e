package reach

import (
	"cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// question is the state of one [Network.Connect]. It belongs to one goroutine.
type question struct {
	*Network
	asked netset.Ports

	everything, anything netset.Bounds // all packets surely, possibly

	// each is set if of hosts outside every one is asked about, not some.
	each bool

	// cutSide and cutAt are where an address set should be cut, since a gate
	// treats its addresses differently; nil if nowhere. left is how many cuts
	// may still be made.
	cutSide *side
	cutAt   netset.Addrs
	left    int

	// bare leaves security groups out, see [Network.Way]. lastRefs is road.refs of
	// the last evaluation, refs those of all parts, and cutHosts is whether hosts
	// outside were cut.
	bare     bool
	lastRefs fact.Tri
	refs     [3]bool
	cutHosts bool
}

// Cuts that one pair of interfaces may need: groups have at most some hundred
// blocks. When they are used up, what depends on the address stays unknown.
const (
	cutsToAnswer  = 1024
	cutsToExplain = 64
)

// cuts is how many cuts a pair may have, so that groups far beyond AWS's quotas
// take no more time than usual ones.
func (n *Network) cuts(sides ...side) int {
	rules := 0
	for _, s := range sides {
		if s.ep == nil {
			continue
		}
		for _, l := range s.ep.Groups.List {
			if g := n.topo.SecurityGroup(l.ID); g != nil {
				rules += len(g.Ingress) + len(g.Egress)
			}
		}
	}
	return min(cutsToAnswer, 8+500_000/(rules+1))
}

func (n *Network) ask(asked netset.Ports) *question {
	return &question{Network: n, asked: asked, everything: netset.Exactly(netset.AllPorts()), anything: netset.Unknown()}
}

// Connect bounds the asked packets that can make a connection between two
// parties: over every pair of their interfaces, by private addresses within
// VPCs, in both address families. Of several hosts outside it is enough that
// one can.
func (n *Network) Connect(from, to Party, asked netset.Ports) Answer {
	q := n.ask(asked)
	best := Answer{From: from, To: to}
	var out, shown leaf
	var pairs [][2]side
	at := -1
pairs:
	for _, f := range families {
		sources, targets := n.sides(from, f), n.sides(to, f)
		if from.Endpoint != "" && !from.Clients.IsEmpty() {
			sources = behind(sources, ofFamily(from.Clients, f), !from.OneClient)
		}
		for _, s := range sources {
			for _, t := range targets {
				q.left = n.cuts(s, t)
				l := q.solve(s, t)
				pairs = append(pairs, [2]side{s, t})
				if at < 0 || l.better(shown) {
					at, shown = len(pairs)-1, l
				}
				out = out.union(l)
				if out.both.Sure.Covers(asked) {
					break pairs // other pairs cannot add to it
				}
			}
		}
	}
	best.Packets, best.Forward = out.both, out.forward
	if at < 0 {
		best.Trail = []Step{n.noPair(from, to)}
		return best
	}
	best.From.Subnet, best.To.Subnet = pairs[at][0].subnetID, pairs[at][1].subnetID
	q.left = cutsToExplain
	trail := q.explain(pairs[at][0], pairs[at][1])
	best.Trail = trail.steps
	if out.both.IsExact() && out.forward.IsExact() {
		return best
	}
	gaps := trail.gaps
	chance, only := trail.chance()
	for i, p := range pairs {
		if i != at && len(gaps) < maxGaps {
			q.left = cutsToExplain
			other := q.explain(p[0], p[1])
			gaps = append(gaps, other.gaps...)
			_, too := other.chance()
			only = only && too
		}
	}
	best.Gaps = distinct(gaps)
	if only && len(gaps) < maxGaps {
		best.Chance = chance
	}
	return best
}

// noPair is the trail if the parties have no interfaces of a common family.
func (n *Network) noPair(from, to Party) Step {
	why := n.partyName(from) + " and " + n.partyName(to) + " have no address family in common"
	for _, p := range []Party{from, to} {
		if p.Endpoint != "" && n.topo.Endpoint(p.Endpoint) == nil {
			why = string(p.Endpoint) + " is no endpoint of the design"
		} else if p.Endpoint == "" && p.Addrs.IsEmpty() {
			why = "no address is asked about"
		}
	}
	return Step{Gate: GateRoute, At: cmp.Or(from.Endpoint, to.Endpoint), Why: why}
}

// Internet is whether hosts of the internet can connect to an endpoint.
func (n *Network) Internet(to ref.ID, asked netset.Ports) Answer {
	return n.Connect(Outside(netset.Internet()), At(to), asked)
}

// leaf is the answer for a pair of address sets.
type leaf struct {
	forward, both netset.Bounds
}

func (l leaf) union(m leaf) leaf { return leaf{l.forward.Or(m.forward), l.both.Or(m.both)} }

func (l leaf) isExact() bool { return l.forward.IsExact() && l.both.IsExact() }

func (l leaf) either(m leaf) leaf {
	return leaf{either(l.forward, m.forward), either(l.both, m.both)}
}

// better reports whether l lets more packets pass.
func (l leaf) better(m leaf) bool {
	return cmp.Or(
		cmp.Compare(l.both.Sure.Size(), m.both.Sure.Size()), cmp.Compare(l.both.Maybe.Size(), m.both.Maybe.Size()),
		cmp.Compare(l.forward.Sure.Size(), m.forward.Sure.Size()), cmp.Compare(l.forward.Maybe.Size(), m.forward.Maybe.Size()),
	) > 0
}

// solve evaluates the gates between two address sets. Where a gate treats the
// addresses of a side differently, it cuts the set there and joins the answers
// of both parts: an interface has one of its addresses, so what is sure must
// hold for both; hosts outside have all, so one of the parts is enough.
func (q *question) solve(from, to side) leaf {
	q.cutSide = nil
	l := q.eval(&from, &to, nil)
	if q.cutSide == nil || q.left == 0 || q.settled(l) {
		if !l.both.Maybe.IsEmpty() {
			q.refs[q.lastRefs] = true
		}
		return l
	}
	at := q.divide()
	rest := at.addrs.Minus(q.cutAt)
	at.addrs = at.addrs.Intersect(q.cutAt)
	hosts := at.hosts
	a := q.solve(from, to)
	if hosts && a.both.Sure.Covers(q.asked) {
		return a // other hosts cannot add to it
	}
	at.addrs = rest
	if b := q.solve(from, to); hosts {
		return a.union(b)
	} else {
		return a.either(b)
	}
}

// settled reports whether parts of the addresses would tell no more.
func (q *question) settled(l leaf) bool {
	if q.bare {
		return l.both.Maybe.IsEmpty() || l.both.IsExact() && q.lastRefs != fact.Unknown
	}
	return l.isExact()
}

// divide takes the cut that a gate asked for.
func (q *question) divide() *side {
	at := q.cutSide
	q.left--
	q.cutHosts = q.cutHosts || at.hosts
	return at
}

// eval evaluates the gates between two address sets, and records them in t if
// it is not nil.
func (q *question) eval(from, to *side, t *trail) leaf {
	r := q.road(from, to, t.notes())
	q.lastRefs = r.refs
	there := netset.Exactly(q.asked)
	gate := func(k GateKind, at ref.ID, b netset.Bounds) {
		there = there.And(b)
		t.step(k, at, b)
	}
	done := func() bool { return t == nil && there.Maybe.IsEmpty() }

	same := q.sameSubnet(from, to)
	gate(GateRoute, q.roadAt(from, to), r.route)
	if r.direct {
		gate(GatePublicAddress, q.publicAt(from, to), r.public)
	}
	if r.internet && !r.block.Sure.Covers(q.asked) {
		gate(GateBlockPublic, q.publicAt(from, to), r.block)
	}
	if !done() && from.ep != nil && !q.bare {
		gate(GateGroupOut, from.ep.ID, q.groups(false, from, to, r.refs, t.note(GateGroupOut)))
	}
	if !done() && to.ep != nil && !q.bare {
		gate(GateGroupIn, to.ep.ID, q.groups(true, to, from, r.refs, t.note(GateGroupIn)))
	}
	if !done() && from.ep != nil && same != fact.Yes {
		gate(GateACLOut, from.subnetID, skip(same, q.sideACL(from, false, to, t.note(GateACLOut)), q.everything))
	}
	if !done() && to.ep != nil && same.Or(r.skipIn) != fact.Yes {
		gate(GateACLIn, to.subnetID, skip(same.Or(r.skipIn), q.sideACL(to, true, from, t.note(GateACLIn)), q.everything))
	}
	l := leaf{forward: there}
	if !done() && !r.noBack {
		gate(GateReplyRoute, q.backAt(from, to), r.back)
	}
	if !done() && to.ep != nil && same != fact.Yes {
		n := t.note(GateReplyACLOut)
		gate(GateReplyACLOut, to.subnetID, skip(same, from.client.reply(q.sideACL(to, false, from, n), n), q.everything))
	}
	if !done() && from.ep != nil && same.Or(r.skipBack) != fact.Yes {
		n := t.note(GateReplyACLIn)
		gate(GateReplyACLIn, from.subnetID, skip(same.Or(r.skipBack), from.client.reply(q.sideACL(from, true, to, n), n), q.everything))
	}
	l.both = there
	if exists := from.exists.And(to.exists); exists != fact.Yes {
		l.forward.Sure, l.both.Sure = netset.Ports{}, netset.Ports{}
		t.absent(q, from)
		t.absent(q, to)
	}
	return l
}

// skip bounds what passes a gate that may be left out.
func skip(out fact.Tri, b, everything netset.Bounds) netset.Bounds {
	if out == fact.Unknown {
		return either(b, everything)
	}
	return b
}

// sameSubnet answers whether two sides are in one subnet: then no network ACL
// lies between them (AWS "Network ACL basics").
func (q *question) sameSubnet(a, b *side) fact.Tri {
	if a.subnetID != "" && b.subnetID != "" {
		return fact.Of(a.subnetID == b.subnetID)
	}
	return q.sameVPC(a, b).And(fact.Unknown)
}

// roadAt is the subnet whose route table decides the way there.
func (q *question) roadAt(from, to *side) ref.ID {
	if from.outside {
		return cmp.Or(to.vpc, q.sideID(to))
	}
	return cmp.Or(from.subnetID, q.sideID(from))
}

// backAt is the subnet whose route table decides the way back.
func (q *question) backAt(from, to *side) ref.ID {
	if to.outside {
		return cmp.Or(from.subnetID, q.sideID(from))
	}
	return cmp.Or(to.subnetID, q.sideID(to))
}

// publicAt is the endpoint that meets the internet gateway.
func (q *question) publicAt(from, to *side) ref.ID {
	if from.ep == nil {
		return q.sideID(to)
	}
	return q.sideID(from)
}
