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

// Flow is packets from one party to another.
type Flow struct {
	From, To reach.Party
	Ports    netset.Ports
}

// pairs are the pairs of interfaces of a flow in one family: all of them have to
// work, since a task may be in any of its subnets.
func pairs(s *topo.Snapshot, f Flow, family topo.Family) []Flow {
	var out []Flow
	for _, from := range interfaces(s, f.From, family) {
		for _, to := range interfaces(s, f.To, family) {
			out = append(out, Flow{from, to, f.Ports})
		}
	}
	return out
}

func interfaces(s *topo.Snapshot, p reach.Party, family topo.Family) []reach.Party {
	p.Family = family
	e := s.Endpoint(p.Endpoint)
	switch {
	case e == nil && (family == topo.IPv6 && p.Addrs.V6().IsEmpty() || family == topo.IPv4 && p.Addrs.V4().IsEmpty()):
		return nil
	case e == nil || p.Subnet != "":
		return []reach.Party{p}
	case family == topo.IPv6 && fact.Is(e.IPv6, true) != fact.Yes:
		return nil
	}
	if len(e.Subnets.List) == 0 {
		return []reach.Party{p}
	}
	var out []reach.Party
	for _, l := range e.Subnets.List {
		one := p
		one.Subnet = l.ID
		out = append(out, one)
	}
	return out
}

// barrier is a gate that stops packets, of one pair of interfaces.
type barrier struct {
	reach.Step
	pair    Flow
	missing netset.Ports // asked packets that it stops
}

// blocked are the gates that stop a flow, and whether it works: Unknown if that
// depends on facts that are missing, which are given. What works by chance only,
// by the port that a client takes, does not work.
func blocked(n *reach.Network, list []Flow) (works fact.Tri, stop []barrier, gaps []finding.Evidence) {
	works = fact.Yes
	for _, p := range list {
		a := n.Connect(p.From, p.To, p.Ports)
		got := a.Packets.All(p.Ports)
		var surely, perhaps []barrier
		for _, s := range a.Trail {
			if missing := p.Ports.Minus(s.Passes.Sure); !missing.IsEmpty() {
				perhaps = append(perhaps, barrier{s, p, missing})
				if !s.Chance.IsZero() {
					surely = append(surely, barrier{s, p, missing})
					continue
				}
			}
			if missing := p.Ports.Minus(s.Passes.Maybe); !missing.IsEmpty() {
				surely = append(surely, barrier{s, p, missing})
			}
		}
		switch {
		case got == fact.Yes:
			continue
		case got == fact.Unknown && len(surely) > 0:
			got = fact.No
		case got == fact.No && len(surely) == 0:
			// Each gate lets some of the addresses pass, and no address passes all.
			surely = perhaps
		}
		works = works.And(got)
		gaps = append(gaps, a.Gaps...)
		stop = append(stop, surely...)
	}
	return works, stop, gaps
}

// place is the gate of a barrier as a thing to edit: pairs of interfaces share
// groups, network ACLs and route tables, and so do gates of one list of entries.
type place struct {
	kind    placeKind
	id      ref.ID // endpoint, network ACL or route table
	inbound bool
}

type placeKind uint8

const (
	atRoute placeKind = iota
	atGroups
	atACL
	atNothing // no edit of this package
)

// placeOf is where to edit, and the side whose gate it is and the other.
func placeOf(s *topo.Snapshot, b barrier) (at place, own, other reach.Party) {
	from, to := b.pair.From, b.pair.To
	sub := func(p reach.Party) *topo.Subnet { return s.Subnet(p.Subnet) }
	acl := func(p reach.Party, inbound bool) place {
		if sub(p) == nil {
			return place{kind: atNothing, id: cmp.Or(p.Subnet, p.Endpoint)}
		}
		id, _ := sub(p).ACL.Get()
		if s.NetworkACL(id) == nil {
			return place{kind: atNothing, id: p.Subnet}
		}
		return place{atACL, id, inbound}
	}
	table := func(p reach.Party) place {
		if sub(p) == nil {
			return place{kind: atNothing, id: cmp.Or(p.Subnet, p.Endpoint)}
		}
		id, _ := sub(p).RouteTable.Get()
		if s.RouteTable(id) == nil {
			return place{kind: atNothing, id: p.Subnet}
		}
		return place{kind: atRoute, id: id}
	}
	switch b.Gate {
	case reach.GateGroupOut:
		return place{atGroups, from.Endpoint, false}, from, to
	case reach.GateGroupIn:
		return place{atGroups, to.Endpoint, true}, to, from
	case reach.GateACLOut:
		return acl(from, false), from, to
	case reach.GateACLIn:
		return acl(to, true), to, from
	case reach.GateReplyACLOut:
		return acl(to, false), to, from
	case reach.GateReplyACLIn:
		return acl(from, true), from, to
	case reach.GateRoute:
		if from.Endpoint != "" {
			return table(from), from, to
		}
	case reach.GateReplyRoute:
		if to.Endpoint != "" {
			return table(to), to, from
		}
	}
	return place{kind: atNothing, id: b.At}, from, to
}

// gathered are barriers of one place.
type gathered struct {
	place
	list []barrier
}

// gather puts barriers together by where to edit. As long as routes are missing
// the gates behind them are not known, so then these come alone.
func gather(s *topo.Snapshot, list []barrier) []gathered {
	var out []gathered
	for _, b := range list {
		at, _, _ := placeOf(s, b)
		i := slices.IndexFunc(out, func(g gathered) bool { return g.place == at })
		if i < 0 {
			i = len(out)
			out = append(out, gathered{place: at})
		}
		out[i].list = append(out[i].list, b)
	}
	slices.SortStableFunc(out, func(a, b gathered) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id), cmp.Compare(b2i(a.inbound), b2i(b.inbound)))
	})
	if len(out) > 0 && out[0].kind == atRoute {
		return slices.DeleteFunc(out, func(g gathered) bool { return g.kind != atRoute && g.kind != atNothing })
	}
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
