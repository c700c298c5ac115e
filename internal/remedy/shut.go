package remedy

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Cut is how ways that work can be made not to. The zero Cut knows no way.
type Cut struct {
	// Edits is the smallest edit; it is empty if none was found.
	Edits []Edit

	// Shuts is what the engine says after the edit: Yes if nothing passes any
	// more, or Unknown if that depends on the facts in Gaps.
	Shuts fact.Tri
	Gaps  []finding.Evidence

	Also     []Exposure // what else the edit shuts, widest first
	AlsoMore string     // why the list may not be all
	// Breaks are connections of load balancers to their targets that the edit
	// shuts.
	Breaks []Exposure
}

// Limits of the search for cuts.
const (
	maxCover = 4 // groups that stand for an address range
	maxRules = 64
)

// Shut finds the smallest edit after which no way works. A way is connections
// one after the other, so that it is enough to shut one of them: at the inbound
// rules of its destination, at the outbound rules of its source, or, for hosts
// outside, at the network ACL of its destination.
func Shut(n *reach.Network, ways ...[]Flow) Cut {
	c := cutter{base: n, ways: ways, kept: declared(n, ways)}
	for _, w := range ways {
		c.asked = append(c.asked, w...)
	}
	c.x = newExposures(n, c.asked)
	choices := []choice{{}}
	for _, way := range ways {
		if c.shut(n, way) == fact.Yes {
			continue
		}
		var options []choice
		for _, f := range way {
			options = append(options, c.options(f)...)
		}
		var next []choice
		for _, a := range choices {
			// What shuts another way may shut this one too.
			if c.shut(tried(n, a.edits), way) == fact.Yes {
				next = append(next, a)
				continue
			}
			for _, o := range options {
				if len(next) < maxChoices {
					next = append(next, choice{merged(a.edits, o.edits), a.rank + o.rank})
				}
			}
		}
		choices = next
	}
	return c.best(choices)
}

// cutter looks for the edits that shut ways.
type cutter struct {
	base  *reach.Network
	ways  [][]Flow
	asked []Flow
	kept  []Flow // connections that the design declares, and that are to stay
	x     *exposures
}

// declared are the connections from load balancers to their targets, without
// those that are to be shut.
func declared(n *reach.Network, ways [][]Flow) []Flow {
	var out []Flow
	s := n.Snapshot()
	for i := range s.LoadBalancers {
		for _, e := range n.EntriesOf(s.LoadBalancers[i].ID, netset.Internet()) {
			if e.Target == "" || e.Exists == fact.No {
				continue
			}
			f := Flow{reach.At(e.Balancer), reach.At(e.Target), e.TargetPorts.Sure.Union(e.HealthPorts.Sure)}
			asked := slices.ContainsFunc(ways, func(w []Flow) bool {
				return slices.ContainsFunc(w, func(g Flow) bool {
					return sameParty(g.From, f.From) && sameParty(g.To, f.To) && g.Ports.Overlaps(f.Ports)
				})
			})
			if !asked && !f.Ports.IsEmpty() {
				out = append(out, f)
			}
		}
	}
	return out
}

// shut answers whether a way surely does not work: one of its connections lets
// none of its packets pass.
func (c *cutter) shut(n *reach.Network, way []Flow) fact.Tri {
	out := fact.No
	for _, f := range way {
		out = out.Or(n.Connect(f.From, f.To, f.Ports).Packets.Any(f.Ports).Not())
	}
	return out
}

// options are the ways to shut one connection.
func (c *cutter) options(f Flow) []choice {
	var out []choice
	if rules := c.admitting(f, true); len(rules) > 0 {
		out = append(out, choice{edits: rules})
		if r, ok := c.replaced(f, rules); ok {
			out = append(out, r)
		}
	}
	if rules := c.admitting(f, false); len(rules) > 0 {
		out = append(out, choice{edits: rules, rank: 1})
	}
	if f.From.Endpoint == "" {
		if deny, ok := c.denied(f); ok {
			out = append(out, choice{edits: deny, rank: 2})
		}
	}
	return out
}

// admitting are removals of the rules of one side that let some packets of a
// connection pass: each would alone. It is nil if the connection does not depend
// on them.
func (c *cutter) admitting(f Flow, inbound bool) []Edit {
	s := c.base.Snapshot()
	e := s.Endpoint(f.From.Endpoint)
	if inbound {
		e = s.Endpoint(f.To.Endpoint)
	}
	if e == nil {
		return nil
	}
	var all []Edit
	for _, l := range e.Groups.List {
		g := s.SecurityGroup(l.ID)
		if g == nil {
			continue
		}
		rules := g.Egress
		if inbound {
			rules = g.Ingress
		}
		for i := range rules {
			if r := &rules[i]; r.Ports.Maybe.Overlaps(f.Ports) {
				all = append(all, Edit{Action: Remove, Thing: g.ID, Inbound: inbound, Rule: r, Place: cmp.Or(r.Place, g.Place)})
			}
		}
	}
	if len(all) == 0 || len(all) > maxRules {
		return nil
	}
	open := func(edits []Edit) bool {
		return tried(c.base, edits).Connect(f.From, f.To, f.Ports).Packets.Any(f.Ports) != fact.No
	}
	before := c.base.Connect(f.From, f.To, f.Ports).Packets
	if after := tried(c.base, all).Connect(f.From, f.To, f.Ports).Packets; before.Equal(after) || !after.Sure.IsEmpty() {
		return nil
	}
	if open(all) {
		return all // what remains depends on facts that are missing
	}
	var out []Edit
	for i, e := range all {
		if open(slices.Delete(slices.Clone(all), i, i+1)) {
			out = append(out, e)
		}
	}
	return out
}

// replaced turns the removal of rules for address ranges into rules for the
// groups of all others that use them today, if few groups stand for them and the
// source holds none.
func (c *cutter) replaced(f Flow, rules []Edit) (choice, bool) {
	s := c.base.Snapshot()
	to := s.Endpoint(f.To.Endpoint)
	private := true
	for _, r := range rules {
		private = private && insideVPCs(s, r.Rule.Peer.Block)
	}
	var lost []ref.ID // sources of the design that the removal would shut out
	also, more := c.x.closed(rules)
	if more != "" || to == nil {
		return choice{}, false
	}
	for _, e := range also {
		for _, p := range e.From {
			src := s.Endpoint(p.Endpoint)
			if src == nil || src.ID == f.From.Endpoint || slices.Contains(lost, src.ID) {
				continue
			}
			// A rule that is open to the world was not made for the workloads that
			// it happens to admit, and load balancers connect to their targets only.
			if c.isDeclared(src.ID, to.ID) || private && src.Kind != topo.BalancerEndpoint {
				lost = append(lost, src.ID)
			}
		}
	}
	if len(lost) == 0 {
		return choice{}, false
	}
	var groups []ref.ID
	for _, id := range lost {
		e := s.Endpoint(id)
		if c.base.References(e.VPC, to.VPC) != fact.Yes {
			return choice{}, false
		}
		for _, g := range narrowest(s, e) {
			if from := s.Endpoint(f.From.Endpoint); !slices.Contains(groups, g) && (from == nil || !holds(from, g)) {
				groups = append(groups, g)
			}
		}
	}
	chosen, ok := cover(s, lost, groups)
	if !ok {
		return choice{}, false
	}
	out := choice{edits: slices.Clone(rules)}
	for _, r := range rules {
		if r.Rule.Peer.Kind != topo.PeerBlock && r.Rule.Peer.Kind != topo.PeerPrefixList {
			continue
		}
		for _, g := range chosen {
			out.edits = merged(out.edits, []Edit{{Action: Add, Thing: r.Thing, Inbound: true, Place: s.SecurityGroup(r.Thing).Place,
				Rule: &topo.Rule{ID: r.Thing, Ports: r.Rule.Ports, Peer: topo.Peer{Kind: topo.PeerGroup, ID: g}, Exists: fact.Yes}}})
		}
	}
	return out, len(out.edits) > len(rules)
}

// isDeclared reports whether the design declares that one endpoint connects to
// another.
func (c *cutter) isDeclared(from, to ref.ID) bool {
	return slices.ContainsFunc(c.kept, func(f Flow) bool { return f.From.Endpoint == from && f.To.Endpoint == to })
}

// insideVPCs reports whether a block is addresses of VPCs of the design only.
func insideVPCs(s *topo.Snapshot, b topo.Block) bool {
	if !b.Prefix.IsValid() {
		return b.Of != ""
	}
	var own netset.Addrs
	for i := range s.VPCs {
		for _, v := range s.VPCs[i].Blocks {
			if v.Prefix.IsValid() {
				own = own.Union(netset.Prefix(v.Prefix))
			}
		}
	}
	return own.Covers(netset.Prefix(b.Prefix))
}

// cover is the fewest groups of which every endpoint holds one, by trying all
// sets in order of their size.
func cover(s *topo.Snapshot, endpoints, groups []ref.ID) ([]ref.ID, bool) {
	var try func(size, from int, chosen []ref.ID) []ref.ID
	try = func(size, from int, chosen []ref.ID) []ref.ID {
		if size == 0 {
			for _, id := range endpoints {
				e := s.Endpoint(id)
				if !slices.ContainsFunc(e.Groups.List, func(l topo.Link) bool { return l.Exists == fact.Yes && slices.Contains(chosen, l.ID) }) {
					return nil
				}
			}
			return slices.Clone(chosen)
		}
		for i := from; i < len(groups); i++ {
			if found := try(size-1, i+1, append(chosen, groups[i])); found != nil {
				return found
			}
		}
		return nil
	}
	if len(groups) > 4*maxCover {
		return nil, false
	}
	for size := 1; size <= min(maxCover, len(groups)); size++ {
		if found := try(size, 0, nil); found != nil {
			return found, true
		}
	}
	return nil, false
}

// denied are entries of network ACLs that deny hosts outside, before any entry
// that allows them.
func (c *cutter) denied(f Flow) ([]Edit, bool) {
	s := c.base.Snapshot()
	var out []Edit
	var done []ref.ID
	for _, family := range []topo.Family{topo.IPv4, topo.IPv6} {
		for _, p := range pairs(s, f, family) {
			sub := s.Subnet(p.To.Subnet)
			if sub == nil {
				return nil, false
			}
			id, _ := sub.ACL.Get()
			a := s.NetworkACL(id)
			blocks, _, _ := sideBlocks(s, []reach.Party{p.From})
			if a == nil || len(blocks) == 0 || slices.ContainsFunc(blocks, everybody) {
				return nil, false
			}
			if family == topo.IPv4 && slices.Contains(done, id) {
				continue
			}
			done = append(done, id)
			used, limit := map[int]bool{}, lastNumber+1
			for _, e := range a.Ingress {
				used[e.Number] = true
				if e.Allow != fact.No && e.Number >= 0 && e.Ports.Maybe.Overlaps(f.Ports) {
					limit = min(limit, e.Number)
				}
			}
			for _, b := range blocks {
				for _, ports := range pieces(f.Ports) {
					number, ok := freeNumber(used, limit)
					if !ok {
						return nil, false
					}
					used[number] = true
					e := Edit{Action: Add, Thing: a.ID, Inbound: true, Place: a.Place,
						Entry: &topo.ACLEntry{Number: number, Allow: fact.No, Ports: netset.Exactly(ports), Block: b, Exists: fact.Yes}}
					out = merged(out, []Edit{e})
				}
			}
		}
	}
	return out, len(out) > 0
}

// best is the choice that shuts all ways, keeps what is declared, is made where
// people look first, and shuts the least besides.
func (c *cutter) best(choices []choice) Cut {
	type price struct {
		unsure, breaks, rank int
		cost
	}
	var best *Cut
	var lowest price
	for _, o := range choices {
		if len(o.edits) == 0 {
			continue
		}
		after := tried(c.base, o.edits)
		shuts := fact.Yes
		var gaps []finding.Evidence
		for _, w := range c.ways {
			got := c.shut(after, w)
			if shuts = shuts.And(got); got == fact.Unknown {
				for _, f := range w {
					gaps = append(gaps, after.Connect(f.From, f.To, f.Ports).Gaps...)
				}
			}
		}
		if shuts == fact.No {
			continue
		}
		also, more := c.x.closed(o.edits)
		breaks := c.breaks(after)
		at := price{b2i(shuts != fact.Yes), len(breaks), o.rank, cost{size: sizeOf(also), edits: len(o.edits)}}
		order := cmp.Or(cmp.Compare(at.unsure, lowest.unsure), cmp.Compare(at.breaks, lowest.breaks), cmp.Compare(at.rank, lowest.rank))
		if best == nil || order < 0 || order == 0 && at.cost.less(lowest.cost) {
			best, lowest = &Cut{Edits: o.edits, Shuts: shuts, Gaps: distinct(gaps), Also: also, AlsoMore: more, Breaks: breaks}, at
		}
	}
	if best == nil {
		return Cut{}
	}
	return *best
}

// breaks are the declared connections that work before and not after.
func (c *cutter) breaks(after *reach.Network) []Exposure {
	var out []Exposure
	for _, f := range c.kept {
		before := c.base.Connect(f.From, f.To, f.Ports).Packets
		gone := netset.Bounds{Sure: before.Sure, Maybe: before.Maybe}.Minus(netset.Exactly(after.Connect(f.From, f.To, f.Ports).Packets.Maybe))
		if !gone.Maybe.IsEmpty() {
			out = append(out, Exposure{From: []reach.Party{f.From}, To: []reach.Party{f.To}, Ports: gone})
		}
	}
	return grouped(out)
}
