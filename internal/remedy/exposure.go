package remedy

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Exposure is packets that an edit lets pass (or stops) beside those that were
// asked about: from each of From to each of To. Outside addresses are one party.
type Exposure struct {
	From, To []reach.Party
	Ports    netset.Bounds // of both bounds, what was not in it before
}

// size is how many packets between how many parties.
func (e Exposure) size() int { return len(e.From) * len(e.To) * e.Ports.Maybe.Size() }

func sizeOf(list []Exposure) int {
	n := 0
	for _, e := range list {
		n += e.size()
	}
	return n
}

// Limits of what is compared: of one edit, and of all candidates of one question.
// So many pairs take some seconds.
const (
	maxPairs   = 20_000
	maxAll     = 60_000
	maxClasses = 256
)

// exposures compares all pairs of parties of a network before and after an edit.
type exposures struct {
	base    *reach.Network
	asked   []Flow
	parties []reach.Party
	more    string // why there are further parties
	before  map[[2]int]netset.Bounds
	targets map[ref.ID][]ref.ID // of load balancers as far as asked for; one that is not known is empty
	left    int                 // pairs that may still be compared
}

func newExposures(n *reach.Network, asked []Flow) *exposures {
	x := &exposures{base: n, asked: asked, before: map[[2]int]netset.Bounds{}, targets: map[ref.ID][]ref.ID{}, left: maxAll}
	s := n.Snapshot()
	for i := range s.Endpoints {
		x.parties = append(x.parties, reach.At(s.Endpoints[i].ID))
	}
	classes, more := outsideClasses(s, asked)
	x.more = more
	for _, c := range classes {
		x.parties = append(x.parties, reach.Outside(c))
	}
	return x
}

// privateBlocks are told apart from the internet, since gateways do (RFC 1918,
// RFC 6598, RFC 4193).
var privateBlocks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7")}

// outsideClasses are the addresses outside every VPC, cut where some block of the
// snapshot or of what is asked ends, so that all gates treat the addresses of one
// class alike.
func outsideClasses(s *topo.Snapshot, asked []Flow) (classes []netset.Addrs, more string) {
	// What is neither of the internet nor private is no address of a host.
	rest := netset.Internet().Union(netset.Prefix(privateBlocks...))
	for i := range s.VPCs {
		for _, b := range s.VPCs[i].Blocks {
			if b.Prefix.IsValid() {
				rest = rest.Minus(netset.Prefix(b.Prefix))
			}
		}
	}
	cuts := []netset.Addrs{netset.AllV4(), netset.Internet()}
	for _, p := range privateBlocks {
		cuts = append(cuts, netset.Prefix(p))
	}
	seen := map[netip.Prefix]bool{}
	add := func(b topo.Block) {
		if b.Prefix.IsValid() && !seen[b.Prefix] {
			seen[b.Prefix] = true
			cuts = append(cuts, netset.Prefix(b.Prefix))
		}
	}
	for i := range s.SecurityGroups {
		for _, r := range slices.Concat(s.SecurityGroups[i].Ingress, s.SecurityGroups[i].Egress) {
			add(r.Peer.Block)
		}
	}
	for i := range s.NetworkACLs {
		for _, e := range slices.Concat(s.NetworkACLs[i].Ingress, s.NetworkACLs[i].Egress) {
			add(e.Block)
		}
	}
	for i := range s.RouteTables {
		for _, r := range s.RouteTables[i].Routes {
			add(r.Dest)
		}
	}
	for i := range s.PrefixLists {
		cuts = append(cuts, s.PrefixLists[i].Addrs)
	}
	for _, f := range asked {
		cuts = append(cuts, f.From.Addrs, f.To.Addrs, f.From.Clients)
	}
	classes = []netset.Addrs{rest}
	for _, c := range cuts {
		if c.IsEmpty() || !c.Overlaps(rest) {
			continue
		}
		var next []netset.Addrs
		for _, class := range classes {
			for _, part := range []netset.Addrs{class.Intersect(c), class.Minus(c)} {
				if !part.IsEmpty() {
					next = append(next, part)
				}
			}
		}
		if classes = next; len(classes) > maxClasses {
			return classes, "the outside addresses that the design tells apart are too many to compare all"
		}
	}
	return classes, ""
}

// opened is what else opens by an edit; more says why it may not be all.
func (x *exposures) opened(edits []Edit) (list []Exposure, more string) {
	return x.compare(edits, func(before, after netset.Bounds) netset.Bounds {
		return netset.Bounds{Sure: after.Sure.Minus(before.Sure), Maybe: after.Maybe.Minus(before.Maybe).Union(after.Sure.Minus(before.Sure))}
	})
}

// closed is what else an edit shuts.
func (x *exposures) closed(edits []Edit) (list []Exposure, more string) {
	return x.compare(edits, func(before, after netset.Bounds) netset.Bounds {
		gone := before.Sure.Minus(after.Sure)
		return netset.Bounds{Sure: before.Sure.Minus(after.Maybe), Maybe: before.Maybe.Minus(after.Maybe).Union(gone)}
	})
}

func (x *exposures) compare(edits []Edit, difference func(before, after netset.Bounds) netset.Bounds) ([]Exposure, string) {
	after := tried(x.base, edits)
	touched := x.touched(edits)
	more := x.more
	var list []Exposure
	done := 0
	for i, from := range x.parties {
		for j, to := range x.parties {
			if i == j && from.Endpoint == "" || !touched.from[i] && !touched.to[j] || !x.starts(from, to) || from.Endpoint == "" && to.Endpoint == "" {
				continue
			}
			done++
			if x.left--; done > maxPairs || x.left < 0 {
				return grouped(list), "the parties are too many to compare all"
			}
			key := [2]int{i, j}
			before, ok := x.before[key]
			if !ok {
				before = x.base.Connect(from, to, netset.AllPorts()).Packets
				x.before[key] = before
			}
			d := difference(before, after.Connect(from, to, netset.AllPorts()).Packets).Minus(netset.Exactly(x.wanted(from, to)))
			if !d.Maybe.IsEmpty() {
				list = append(list, Exposure{From: []reach.Party{from}, To: []reach.Party{to}, Ports: d})
			}
		}
	}
	return grouped(list), more
}

// starts reports whether a party opens connections to another: data stores and
// VPC endpoints answer only, and load balancers connect to their targets.
func (x *exposures) starts(p, to reach.Party) bool {
	e := x.base.Snapshot().Endpoint(p.Endpoint)
	switch {
	case e == nil:
		return true
	case e.Kind == topo.StoreEndpoint || e.Kind == topo.PrivateLinkEndpoint:
		return false
	case e.Kind == topo.BalancerEndpoint:
		id := cmp.Or(e.Owner, e.ID)
		list, ok := x.targets[id]
		if !ok {
			for _, way := range x.base.EntriesOf(id, netset.Internet()) {
				list = append(list, way.Target)
			}
			x.targets[id] = list
		}
		return slices.Contains(list, to.Endpoint) || slices.Contains(list, "")
	}
	return true
}

// wanted is the packets between two parties that were asked about.
func (x *exposures) wanted(from, to reach.Party) netset.Ports {
	is := func(p, asked reach.Party) bool {
		if p.Endpoint != "" || asked.Endpoint != "" {
			return p.Endpoint == asked.Endpoint
		}
		return asked.Addrs.Covers(p.Addrs)
	}
	var out netset.Ports
	for _, f := range x.asked {
		if is(from, f.From) && is(to, f.To) {
			out = out.Union(f.Ports)
		}
	}
	return out
}

// touched tells which parties an edit may change something for, as source and as
// destination.
type touched struct{ from, to []bool }

func (x *exposures) touched(edits []Edit) touched {
	s := x.base.Snapshot()
	t := touched{make([]bool, len(x.parties)), make([]bool, len(x.parties))}
	for i, p := range x.parties {
		e := s.Endpoint(p.Endpoint)
		if e == nil {
			continue
		}
		for _, edit := range edits {
			switch {
			case edit.Rule != nil:
				if holds(e, edit.Thing) {
					t.from[i] = t.from[i] || !edit.Inbound
					t.to[i] = t.to[i] || edit.Inbound
				}
			case x.onTheWay(edit.Thing) || e.Subnets.More != "" || len(e.Subnets.List) == 0:
				t.from[i], t.to[i] = true, true
			default:
				for _, l := range e.Subnets.List {
					if usesThing(s.Subnet(l.ID), edit.Thing) {
						t.from[i], t.to[i] = true, true
					}
				}
			}
		}
	}
	return t
}

func holds(e *topo.Endpoint, group ref.ID) bool {
	return e.Groups.More != "" || e.Elsewhere && len(e.Groups.List) == 0 || slices.ContainsFunc(e.Groups.List, func(l topo.Link) bool { return l.ID == group })
}

// usesThing reports whether a subnet may have a network ACL or route table.
func usesThing(s *topo.Subnet, id ref.ID) bool {
	if s == nil {
		return true
	}
	table, known := s.RouteTable.Get()
	acl, also := s.ACL.Get()
	return !known || !also || table == id || acl == id
}

// onTheWay reports whether packets of others may meet a network ACL or a route
// table, at a gateway.
func (x *exposures) onTheWay(id ref.ID) bool {
	s := x.base.Snapshot()
	for i := range s.Gateways {
		if g := &s.Gateways[i]; g.Kind == topo.NATGateway && (g.Subnet == "" || usesThing(s.Subnet(g.Subnet), id)) {
			return true
		}
	}
	for i := range s.TransitGateways {
		for _, a := range s.TransitGateways[i].Attachments {
			if a.Subnets.More != "" || slices.ContainsFunc(a.Subnets.List, func(l topo.Link) bool { return usesThing(s.Subnet(l.ID), id) }) {
				return true
			}
		}
	}
	return false
}

// grouped joins what has the same destination and packets, then what has the same
// sources, and puts the widest first.
func grouped(list []Exposure) []Exposure {
	list = join(list, func(a, b Exposure) bool { return sameParties(a.To, b.To) }, func(a, b Exposure) Exposure {
		a.From = addParties(a.From, b.From)
		return a
	})
	list = join(list, func(a, b Exposure) bool { return sameParties(a.From, b.From) }, func(a, b Exposure) Exposure {
		a.To = addParties(a.To, b.To)
		return a
	})
	slices.SortStableFunc(list, func(a, b Exposure) int {
		return cmp.Or(cmp.Compare(len(b.From)*len(b.To), len(a.From)*len(a.To)), cmp.Compare(b.Ports.Maybe.Size(), a.Ports.Maybe.Size()))
	})
	return list
}

func join(list []Exposure, alike func(a, b Exposure) bool, both func(a, b Exposure) Exposure) []Exposure {
	var out []Exposure
	for _, e := range list {
		i := slices.IndexFunc(out, func(o Exposure) bool { return o.Ports.Equal(e.Ports) && alike(o, e) })
		if i < 0 {
			out = append(out, e)
		} else {
			out[i] = both(out[i], e)
		}
	}
	return out
}

func sameParty(a, b reach.Party) bool { return a.Endpoint == b.Endpoint && a.Addrs.Equal(b.Addrs) }

func sameParties(a, b []reach.Party) bool { return slices.EqualFunc(a, b, sameParty) }

// addParties is two lists of parties in one.
func addParties(a, b []reach.Party) []reach.Party { return append(slices.Clone(a), b...) }
