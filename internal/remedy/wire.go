package remedy

import (
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Numbers of entries (AWS "Network ACL rules").
const lastNumber = 32766

// entryChoices is the entries that one list of a network ACL needs, before what
// denies.
func entryChoices(n *reach.Network, g gathered) ([]choice, string) {
	snap := n.Snapshot()
	acl := snap.NetworkACL(g.id)
	list := acl.Egress
	if g.inbound {
		list = acl.Ingress
	}
	used := map[int]bool{}
	for _, e := range list {
		used[e.Number] = true
	}
	var c choice
	for _, b := range g.list {
		_, own, other := placeOf(snap, b)
		blocks, _, why := sideBlocks(snap, []reach.Party{other})
		switch {
		case len(blocks) == 0:
			return nil, why
		case slices.ContainsFunc(blocks, everybody) && b.Gate == reach.GateACLIn && own.Endpoint != "" && !facesInternet(snap, snap.Endpoint(own.Endpoint)) && other.Clients.IsEmpty():
			return nil, everybodyWhy
		}
		ports := b.missing
		if b.Gate == reach.GateReplyACLIn || b.Gate == reach.GateReplyACLOut {
			ports = n.Replies(b.pair.From, b.missing)
		}
		for _, block := range blocks {
			for _, p := range pieces(ports) {
				e := topo.ACLEntry{Allow: fact.Yes, Ports: netset.Exactly(p), Block: block, Exists: fact.Yes}
				if slices.ContainsFunc(c.edits, func(x Edit) bool { return x.Entry.Ports.Equal(e.Ports) && x.Entry.Block == e.Block }) {
					continue
				}
				limit := firstDeny(snap, list, p, block)
				number, ok := freeNumber(used, limit)
				if !ok {
					return nil, "no number is free before the entry that denies"
				}
				used[number] = true
				e.Number = number
				c.edits = append(c.edits, Edit{Action: Add, Thing: acl.ID, Inbound: g.inbound, Entry: &e, Place: acl.Place})
			}
		}
	}
	return []choice{c}, ""
}

// firstDeny is the number of the first entry that may deny some of the packets:
// one past the last number if only the final entry of AWS does.
func firstDeny(s *topo.Snapshot, list []topo.ACLEntry, p netset.Ports, block topo.Block) int {
	for _, e := range list {
		if e.Allow != fact.Yes && e.Exists != fact.No && e.Number >= 0 && e.Ports.Maybe.Overlaps(p) && mayOverlap(e.Block, block) {
			return e.Number
		}
	}
	return lastNumber + 1
}

// mayOverlap reports whether two ranges may have addresses in common.
func mayOverlap(a, b topo.Block) bool {
	if f, g := blockFamily(a), blockFamily(b); f != g && f != topo.FamilyUnknown && g != topo.FamilyUnknown {
		return false
	}
	return !a.Prefix.IsValid() || !b.Prefix.IsValid() || a.Prefix.Overlaps(b.Prefix)
}

// freeNumber is a number below a limit that no entry has: as people count, in
// steps of a hundred or ten after the last one, else as close to the limit as
// can be.
func freeNumber(used map[int]bool, limit int) (int, bool) {
	last, step := 0, 100
	for n := range used {
		if n < limit {
			last = max(last, n)
		}
		if n%100 != 0 {
			step = 10
		}
	}
	if n := (last/step + 1) * step; n < limit && !used[n] {
		return n, true
	}
	if n := (last/10 + 1) * 10; n < limit && !used[n] {
		return n, true
	}
	for n := min(limit-1, lastNumber); n > 0; n-- {
		if !used[n] {
			return n, true
		}
	}
	return 0, false
}

// routeChoices are the routes that one table may get so that packets travel to
// the other sides: by each gateway that is there.
func routeChoices(n *reach.Network, g gathered) ([]choice, string) {
	snap := n.Snapshot()
	table := snap.RouteTable(g.id)
	var by []via
	var blocks []topo.Block
	why := ""
	for i, b := range g.list {
		_, own, other := placeOf(snap, b)
		some, reason := ways(snap, own, other, b.Gate == reach.GateReplyRoute)
		if i == 0 {
			by = some
		}
		by = slices.DeleteFunc(by, func(v via) bool { return !slices.Contains(some, v) })
		if len(some) == 0 {
			return nil, reason
		}
		list, _, reason := sideBlocks(snap, []reach.Party{other})
		if len(list) == 0 {
			return nil, reason
		}
		for _, block := range list {
			if !block.Prefix.IsValid() {
				return nil, "the range of " + snap.Label(block.Of) + " is not known"
			}
			if !slices.Contains(blocks, block) {
				blocks = append(blocks, block)
			}
		}
	}
	var out []choice
	for _, v := range by {
		if v.kind == topo.ToLocal {
			continue
		}
		c := choice{}
		taken := false
		for _, block := range blocks {
			for i := range table.Routes {
				r := &table.Routes[i]
				if r.Dest.Prefix != block.Prefix {
					continue
				}
				switch {
				case r.Kind == v.kind && r.Target == v.target:
					taken, why = true, g.list[0].Why // what stops is behind the route
					continue
				case r.Kind != topo.ToNowhere:
					taken, why = true, "its route "+block.Prefix.String()+" leads elsewhere"
					continue
				}
				c.edits = append(c.edits, Edit{Action: Remove, Thing: table.ID, Route: r, Place: r.Place})
			}
			dest := topo.Block{Prefix: block.Prefix}
			c.edits = append(c.edits, Edit{Action: Add, Thing: table.ID, Place: table.Place,
				Route: &topo.Route{ID: table.ID, Dest: dest, Kind: v.kind, Target: v.target, Exists: fact.Yes}})
		}
		if !taken {
			out = append(out, c)
		}
	}
	// A route to nowhere that is more specific stands in the way of any other.
	var drop choice
	for i := range table.Routes {
		r := &table.Routes[i]
		if r.Kind == topo.ToNowhere && slices.ContainsFunc(blocks, func(b topo.Block) bool { return mayOverlap(r.Dest, b) }) {
			drop.edits = append(drop.edits, Edit{Action: Remove, Thing: table.ID, Route: r, Place: r.Place})
		}
	}
	if len(drop.edits) > 0 {
		out = append(out, drop)
	}
	return out, why
}

// via is a target that a route may get.
type via struct {
	kind   topo.RouteTarget
	target ref.ID
}

// ways are the gateways that may lead from one side to the other; back tells
// that it is for replies.
func ways(s *topo.Snapshot, own, other reach.Party, back bool) ([]via, string) {
	from := vpcOf(s, own)
	if other.Endpoint == "" {
		return outward(s, own, from, other, back)
	}
	to := vpcOf(s, other)
	var out []via
	if from == "" || to == "" {
		return nil, "the VPC is not known"
	}
	if from == to {
		// The local route is there; only one to nowhere can be in its way.
		return []via{{kind: topo.ToLocal}}, ""
	}
	for i := range s.Peerings {
		p := &s.Peerings[i]
		if p.Exists == fact.Yes && p.Active == fact.Yes && (p.Requester == from && p.Accepter == to || p.Requester == to && p.Accepter == from) {
			out = append(out, via{topo.ToPeering, p.ID})
		}
	}
	for i := range s.TransitGateways {
		g := &s.TransitGateways[i]
		joins := func(vpc ref.ID) bool {
			return slices.ContainsFunc(g.Attachments, func(a topo.TransitAttachment) bool { return a.VPC == vpc && a.Exists == fact.Yes })
		}
		if g.Exists == fact.Yes && joins(from) && joins(to) {
			out = append(out, via{topo.ToTransit, g.ID})
		}
	}
	if len(out) == 0 {
		a, b := s.Label(min(from, to)), s.Label(max(from, to)) // one reason for both directions
		return nil, "no peering connection or transit gateway of the design joins " + a + " and " + b
	}
	return out, ""
}

// outward are the gateways of a VPC that lead to hosts outside.
func outward(s *topo.Snapshot, own reach.Party, vpc ref.ID, other reach.Party, back bool) ([]via, string) {
	if netset.Prefix(privateBlocks...).Covers(other.Addrs) {
		return nil, "which gateway leads to private addresses outside is not known"
	}
	var out []via
	public := fact.No
	if e := s.Endpoint(own.Endpoint); e != nil {
		public = fact.Is(e.PublicIPv4, true)
		if facesInternet(s, e) || own.Family == topo.IPv6 {
			public = fact.Yes
		}
	}
	for i := range s.Gateways {
		g := &s.Gateways[i]
		if g.VPC != vpc || vpc == "" || g.Exists != fact.Yes {
			continue
		}
		switch {
		case g.Kind == topo.InternetGateway && (back || public == fact.Yes):
			out = append(out, via{topo.ToInternet, g.ID})
		case back:
		case g.Kind == topo.NATGateway && own.Family == topo.IPv4 && fact.Is(g.Public, true) == fact.Yes:
			out = append(out, via{topo.ToNAT, g.ID})
		case g.Kind == topo.EgressOnlyGateway && own.Family == topo.IPv6:
			out = append(out, via{topo.ToEgressOnly, g.ID})
		}
	}
	if len(out) == 0 {
		what := "no NAT gateway"
		switch {
		case back || public == fact.Yes:
			what = "no internet gateway"
		case own.Family == topo.IPv6:
			what = "no egress-only internet gateway"
		}
		return nil, what + " of the design is in " + s.Label(vpc)
	}
	return out, ""
}

func vpcOf(s *topo.Snapshot, p reach.Party) ref.ID {
	if e := s.Endpoint(p.Endpoint); e != nil && e.VPC != "" {
		return e.VPC
	}
	if sub := s.Subnet(p.Subnet); sub != nil {
		return sub.VPC
	}
	return ""
}
