package remedy

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Ranks of peers: of edits that open the same, that with the better kind is
// proposed.
const (
	rankGroup = iota
	rankAddress
	rankRange
)

// maxRanges is how many ranges the other side of one edit may have.
const maxRanges = 16

// alternatives are the ways to edit at one place so that it stops nothing that
// was asked about, or why there is none.
func (s *search) alternatives(n *reach.Network, g gathered) ([]choice, []Obstacle) {
	var out []choice
	var why string
	switch g.kind {
	case atGroups:
		out, why = s.ruleChoices(n, g)
	case atACL:
		out, why = entryChoices(n, g)
	case atRoute:
		out, why = routeChoices(n, g)
	}
	if len(out) > 0 {
		return out, nil
	}
	var obstacles []Obstacle
	for _, b := range g.list {
		o := Obstacle{Gate: b.Gate, At: b.At, Why: cmp.Or(why, b.Why)}
		if b.Gate == reach.GatePublicAddress {
			o.Why = noAddress(n.Snapshot(), b)
		}
		for _, r := range b.Rules {
			if o.Place.IsZero() {
				o.Place = r.Place
			}
		}
		if !slices.Contains(obstacles, o) {
			obstacles = append(obstacles, o)
		}
	}
	return nil, obstacles
}

// noAddress says what would give a public address to an interface.
func noAddress(s *topo.Snapshot, b barrier) string {
	e := s.Endpoint(b.At)
	if e == nil {
		return b.Why
	}
	switch e.Kind {
	case topo.TaskEndpoint:
		return "there is none; AssignPublicIp of the service gives one"
	case topo.BalancerEndpoint:
		return "there is none; an internet-facing load balancer has them"
	case topo.StoreEndpoint:
		return "there is none; PubliclyAccessible gives one"
	case topo.HostEndpoint, topo.CarrierEndpoint:
		return "there is none; an Elastic IP address gives one"
	}
	return b.Why
}

// ruleChoices are the rules that may be added for one endpoint: in each of its
// groups that no narrower one of its groups makes needless, for each peer.
func (s *search) ruleChoices(n *reach.Network, g gathered) ([]choice, string) {
	snap := n.Snapshot()
	e := snap.Endpoint(g.id)
	switch {
	case e == nil:
		return nil, ""
	case g.inbound && e.Kind == topo.FunctionEndpoint:
		return nil, snap.Label(e.ID) + " accepts no connections"
	}
	groups := narrowest(snap, e)
	if len(groups) == 0 {
		return nil, "no security group of " + snap.Label(e.ID) + " is known"
	}
	var peers []peerChoice
	var missing netset.Ports
	var others []reach.Party
	for _, b := range g.list {
		_, _, other := placeOf(snap, b)
		missing = missing.Union(b.missing)
		others = append(others, other)
	}
	peers, why := s.peers(n, e, others, g.inbound)
	if len(peers) == 0 {
		return nil, why
	}
	var out []choice
	for _, group := range groups {
		sg := snap.SecurityGroup(group)
		for _, p := range peers {
			c := choice{rank: p.rank}
			for _, peer := range p.peers {
				for _, ports := range pieces(missing) {
					c.edits = append(c.edits, Edit{Action: Add, Thing: group, Inbound: g.inbound, Place: sg.Place,
						Rule: &topo.Rule{ID: group, Ports: netset.Exactly(ports), Peer: peer, Exists: fact.Yes}})
				}
			}
			out = append(out, c)
		}
	}
	return out, ""
}

// narrowest are the groups that an endpoint surely holds, without those that are
// held by all holders of another of them and more.
func narrowest(s *topo.Snapshot, e *topo.Endpoint) []ref.ID {
	var list []ref.ID
	for _, l := range e.Groups.List {
		if g := s.SecurityGroup(l.ID); g != nil && l.Exists == fact.Yes && g.Exists == fact.Yes {
			list = append(list, l.ID)
		}
	}
	// Of groups with the same holders the first is taken: one that the design
	// writes before one that it refers to, and before the default group.
	slices.SortStableFunc(list, func(a, b ref.ID) int {
		x, y := s.SecurityGroup(a), s.SecurityGroup(b)
		return cmp.Or(cmp.Compare(b2i(x.Elsewhere), b2i(y.Elsewhere)), cmp.Compare(b2i(x.Default), b2i(y.Default)), cmp.Compare(a, b))
	})
	var out []ref.ID
	for i, a := range list {
		worse := false
		for j, b := range list {
			if i == j || !within(s, b, a) {
				continue
			}
			worse = worse || !within(s, a, b) || j < i
		}
		if !worse {
			out = append(out, a)
		}
	}
	return out
}

// within reports whether all that may hold group a may hold group b.
func within(s *topo.Snapshot, a, b ref.ID) bool {
	if g := s.SecurityGroup(a); g.MembersMore != "" || g.Elsewhere {
		if h := s.SecurityGroup(b); h.MembersMore == "" && !h.Elsewhere {
			return false
		}
	}
	for _, h := range s.Holders(a) {
		if !slices.Contains(s.Holders(b), h) {
			return false
		}
	}
	return true
}

// peerChoice is peers of rules that together mean all interfaces of a side.
type peerChoice struct {
	peers []topo.Peer
	rank  int
}

// peers are the peers that rules of an endpoint may have to mean others.
func (s *search) peers(n *reach.Network, own *topo.Endpoint, others []reach.Party, inbound bool) ([]peerChoice, string) {
	snap := n.Snapshot()
	var out []peerChoice
	if e := snap.Endpoint(others[0].Endpoint); e != nil && n.References(e.VPC, own.VPC) == fact.Yes {
		for _, group := range narrowest(snap, e) {
			out = append(out, peerChoice{[]topo.Peer{{Kind: topo.PeerGroup, ID: group}}, rankGroup})
		}
	}
	blocks, rank, why := sideBlocks(snap, others)
	if inbound && slices.ContainsFunc(blocks, everybody) && !facesInternet(snap, own) {
		if len(out) == 0 {
			why = everybodyWhy
		}
		return out, why
	}
	if len(blocks) > 0 {
		c := peerChoice{rank: rank}
		for _, b := range blocks {
			c.peers = append(c.peers, topo.Peer{Kind: topo.PeerBlock, Block: b})
		}
		out = append(out, c)
	}
	return out, why
}

// facesInternet reports whether an endpoint is the nodes of a load balancer that
// is meant for clients of the internet.
func facesInternet(s *topo.Snapshot, e *topo.Endpoint) bool {
	if e.Kind != topo.BalancerEndpoint {
		return false
	}
	b := s.LoadBalancer(cmp.Or(e.Owner, e.ID))
	return b != nil && fact.Is(b.InternetFacing, true) == fact.Yes
}

// everybodyWhy is why no rule or entry lets the whole internet in.
const everybodyWhy = "it would have to admit the whole internet; ask about the range that should come in"

func everybody(b topo.Block) bool { return b.Prefix.IsValid() && b.Prefix.Bits() == 0 }

// sideBlocks are the address ranges that mean interfaces or hosts: a written
// address, else the ranges of the subnets.
func sideBlocks(s *topo.Snapshot, list []reach.Party) (out []topo.Block, rank int, why string) {
	rank = rankRange
	add := func(b topo.Block) {
		if !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	for _, p := range list {
		addrs := p.Addrs
		if e := s.Endpoint(p.Endpoint); e != nil {
			addrs = p.Clients
			if fixed := ofFamily(e.Fixed, p.Family); addrs.IsEmpty() && !fixed.IsEmpty() && inSubnet(s, fixed, p) {
				addrs, rank = fixed, rankAddress
			}
			if addrs.IsEmpty() {
				sub := s.Subnet(p.Subnet)
				if sub == nil {
					return nil, rank, "the subnet of " + s.Label(p.Endpoint) + " is not known"
				}
				known := false
				for _, b := range sub.Blocks {
					if blockFamily(b) == p.Family {
						if b.Of == "" {
							b.Of = sub.ID
						}
						add(b)
						known = true
					}
				}
				if !known {
					return nil, rank, "the range of " + s.Label(sub.ID) + " is not known"
				}
				continue
			}
		}
		addrs = ofFamily(addrs, p.Family)
		if addrs.Covers(ofFamily(netset.Internet(), p.Family)) {
			add(topo.Block{Prefix: wholeFamily(p.Family)})
			continue
		}
		for _, x := range addrs.Prefixes() {
			add(topo.Block{Prefix: x})
		}
	}
	if len(out) > maxRanges {
		return nil, rank, "the addresses are too many ranges to write"
	}
	return out, rank, ""
}

// inSubnet reports whether written addresses are those of the interface in a
// subnet, as the engine takes it.
func inSubnet(s *topo.Snapshot, fixed netset.Addrs, p reach.Party) bool {
	e, sub := s.Endpoint(p.Endpoint), s.Subnet(p.Subnet)
	if sub == nil {
		return false
	}
	var own netset.Addrs
	for _, b := range sub.Blocks {
		if !b.Prefix.IsValid() {
			return len(e.Subnets.List) == 1
		}
		own = own.Union(netset.Prefix(b.Prefix))
	}
	return own.Covers(fixed)
}

func blockFamily(b topo.Block) topo.Family {
	switch {
	case !b.Prefix.IsValid():
		return b.Family
	case b.Prefix.Addr().Unmap().Is4():
		return topo.IPv4
	}
	return topo.IPv6
}

func ofFamily(a netset.Addrs, f topo.Family) netset.Addrs {
	if f == topo.IPv6 {
		return a.V6()
	}
	return a.V4()
}

func wholeFamily(f topo.Family) netip.Prefix {
	if f == topo.IPv6 {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
}

// pieces are packets as rules can name them: all, or one range of one protocol.
func pieces(p netset.Ports) []netset.Ports {
	if p.IsAll() || p.IsEmpty() {
		return []netset.Ports{p}
	}
	var out []netset.Ports
	for proto := 0; proto < 256; proto++ {
		part := p.Proto(uint8(proto))
		for lo, hi := range part.Intervals() {
			out = append(out, interval(uint8(proto), uint16(lo), uint16(hi)))
		}
	}
	return out
}

// interval is the packets of one protocol between two ports, or messages.
func interval(proto uint8, lo, hi uint16) netset.Ports {
	switch proto {
	case netset.ProtoTCP:
		return netset.TCP(lo, hi)
	case netset.ProtoUDP:
		return netset.UDP(lo, hi)
	case netset.ProtoICMP, netset.ProtoICMPv6:
		return messages(proto, lo, hi)
	}
	return netset.Protocol(proto)
}

// messages widens a range of ICMP messages to what a rule can name: one code of
// one type, all codes of it, or all types.
func messages(proto uint8, lo, hi uint16) netset.Ports {
	name := netset.ICMP
	if proto == netset.ProtoICMPv6 {
		name = netset.ICMPv6
	}
	switch {
	case lo == hi:
		return name(int(lo>>8), int(lo&0xff))
	case lo>>8 == hi>>8:
		return name(int(lo>>8), -1)
	}
	return name(-1, -1)
}
