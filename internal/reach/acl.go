package reach

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/topo"
)

// sideACL is [question.acl] for the subnet of a side.
func (q *question) sideACL(s *side, inbound bool, other *side, n *note) netset.Bounds {
	if s.subnet == nil {
		gap := q.subnetGap(s)
		n.unknown(gap.Text, gap.Place)
	}
	return q.acl(s.subnet, inbound, other, n)
}

// acl bounds the packets that the network ACL of a subnet allows to or from the
// other side: of the entries in order, the first that matches decides (AWS
// "Network ACL rules"). The packets are not restricted to those asked about,
// since replies have other ports.
func (q *question) acl(subnet *topo.Subnet, inbound bool, other *side, n *note) netset.Bounds {
	if subnet == nil {
		return netset.Unknown() // the caller says whose subnet it would be
	}
	id, known := subnet.ACL.Get()
	a := q.topo.NetworkACL(id)
	if !known || a == nil {
		n.unknown("the network ACL of "+q.topo.Label(subnet.ID)+" is not known"+because(subnet.ACL.Why), subnet.ACL.Place)
		return netset.Unknown()
	}
	entries := a.Egress
	if inbound {
		entries = a.Ingress
	}
	more := a.More
	if more == "" && a.Elsewhere && len(a.Ingress)+len(a.Egress) == 0 {
		more = q.topo.Label(a.ID) + " is elsewhere"
	}
	if more != "" {
		n.unknown(q.topo.Label(a.ID)+" may have further entries: "+more, a.Place)
		return netset.Unknown()
	}

	// Entries without a known number stand anywhere: in the lower bound a deny
	// stands first and an allow last; in the upper bound the other way round.
	var out netset.Bounds
	var anywhere []matched
	ordered := make([]matched, 0, len(entries))
	for i := range entries {
		m := q.entry(&entries[i], other)
		if n != nil && entries[i].Exists != fact.No {
			q.entryNote(a, m, inbound, n)
		}
		switch {
		case m.most.IsEmpty():
			continue
		case entries[i].Number >= 0:
			ordered = append(ordered, m)
		default:
			anywhere = append(anywhere, m)
			if entries[i].Allow == fact.Yes {
				out.Sure = out.Sure.Union(m.least)
			}
		}
	}
	// From the last entry to the first: an entry overrides what the later ones
	// say of the packets it matches.
	for i := len(ordered) - 1; i >= 0; i-- {
		out = ordered[i].over(out)
	}
	for _, m := range anywhere {
		switch m.entry.Allow {
		case fact.Yes:
			out.Maybe = out.Maybe.Union(m.most)
		case fact.No:
			out.Sure = out.Sure.Minus(m.most)
		default:
			out.Sure, out.Maybe = out.Sure.Minus(m.most), out.Maybe.Union(m.most)
		}
	}
	out.Maybe = out.Maybe.Union(out.Sure)
	return out
}

// matched is an entry with the packets that it surely and possibly matches.
type matched struct {
	entry       *topo.ACLEntry
	least, most netset.Ports
}

func (q *question) entry(e *topo.ACLEntry, other *side) matched {
	m := matched{entry: e}
	if e.Exists == fact.No || e.Ports.Maybe.IsEmpty() {
		return m
	}
	in := q.inside(&e.Block, other)
	if in == fact.No {
		return m
	}
	m.most = e.Ports.Maybe
	if in.And(e.Exists) == fact.Yes {
		m.least = e.Ports.Sure
	}
	return m
}

// over bounds what an entry and those after it allow.
func (m matched) over(rest netset.Bounds) netset.Bounds {
	switch m.entry.Allow {
	case fact.Yes:
		return netset.Bounds{Sure: rest.Sure.Union(m.least), Maybe: rest.Maybe.Union(m.most)}
	case fact.No:
		return netset.Bounds{Sure: rest.Sure.Minus(m.most), Maybe: rest.Maybe.Minus(m.least)}
	}
	return netset.Bounds{Sure: rest.Sure.Minus(m.most), Maybe: rest.Maybe.Union(m.most)}
}

// reply turns what a network ACL allows into the asked packets whose replies
// pass it. Replies of TCP and UDP go to the port that the client took, which is
// any of its range: if only a part of the range is allowed, connections work by
// chance, and none surely.
func (c ephemeral) reply(allowed netset.Bounds, n *note) netset.Bounds {
	if allowed.Sure.IsAll() {
		return allowed
	}
	var out netset.Bounds
	for _, t := range [...]struct {
		all, eph netset.Ports
	}{
		{netset.Protocol(netset.ProtoTCP), netset.TCP(c.from, c.to)},
		{netset.Protocol(netset.ProtoUDP), netset.UDP(c.from, c.to)},
	} {
		switch {
		case allowed.Sure.Covers(t.eph):
			out = out.Or(netset.Exactly(t.all))
		case allowed.Maybe.Overlaps(t.eph):
			out = out.Or(netset.AtMost(t.all))
			if cut := t.eph.Minus(allowed.Maybe); !cut.IsEmpty() {
				n.flaky("replies to " + cut.String() + " are cut, and the client may take any of " + t.eph.String())
				if allowed.Restrict(t.eph).IsExact() {
					n.chance(cut, t.eph)
				}
			}
		}
	}
	return out.Or(netset.Bounds{Sure: echoes(allowed.Sure), Maybe: echoes(allowed.Maybe)})
}

// echoes is the packets without ports whose replies are allowed. An ICMP echo
// is answered by an echo reply of the same code (RFC 792, RFC 4443); other
// messages have no reply; other protocols answer in kind.
func echoes(allowed netset.Ports) netset.Ports {
	out := allowed.Minus(portful())
	for _, p := range [...]struct {
		proto           uint8
		request, answer int
		message         func(typ, code int) netset.Ports
	}{
		{netset.ProtoICMP, 8, 0, netset.ICMP},
		{netset.ProtoICMPv6, 128, 129, netset.ICMPv6},
	} {
		out = out.Union(netset.Protocol(p.proto).Minus(p.message(p.request, -1)))
		answers := allowed.Intersect(p.message(p.answer, -1))
		if answers.Size() == 256 {
			out = out.Union(p.message(p.request, -1))
			continue
		}
		for lo, hi := range answers.Intervals() {
			for code := int(lo & 0xff); code <= int(hi&0xff); code++ {
				out = out.Union(p.message(p.request, code))
			}
		}
	}
	return out
}

// portful is the protocols that have ports or messages.
func portful() netset.Ports { return portfulPorts }

var portfulPorts = netset.Protocol(netset.ProtoTCP).Union(netset.Protocol(netset.ProtoUDP)).
	Union(netset.Protocol(netset.ProtoICMP)).Union(netset.Protocol(netset.ProtoICMPv6))

// Replies are the packets that network ACLs must let pass so that a client gets
// replies to all asked packets: those to every port that it may take. The others
// are answered in kind (see [ephemeral.reply]).
func (n *Network) Replies(client Party, asked netset.Ports) netset.Ports {
	c := widePorts
	if e := n.topo.Endpoint(client.Endpoint); e != nil && client.Clients.IsEmpty() {
		c = n.clientPorts(e)
	}
	var out netset.Ports
	if asked.Overlaps(netset.Protocol(netset.ProtoTCP)) {
		out = out.Union(netset.TCP(c.from, c.to))
	}
	if asked.Overlaps(netset.Protocol(netset.ProtoUDP)) {
		out = out.Union(netset.UDP(c.from, c.to))
	}
	if asked.Overlaps(netset.ICMP(8, -1)) {
		out = out.Union(netset.ICMP(0, -1))
	}
	if asked.Overlaps(netset.ICMPv6(128, -1)) {
		out = out.Union(netset.ICMPv6(129, -1))
	}
	return out.Union(asked.Minus(portful()))
}
