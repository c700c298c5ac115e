package diff

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// party is a side of a pair, with its place in the order of parties.
type party struct {
	reach.Party
	order        int
	fresh        bool // it is in one design only
	starts, ends bool // whether it opens and accepts connections
	several      bool // whether one of it may connect to another of it
}

// pair is one connection that is asked about on both sides, or in way one through
// a load balancer.
type pair struct {
	from, to *party
	way      *route
}

// route is a way through a load balancer, but for its clients. Two ways with the
// same route are one.
type route struct {
	balancer, target, workload ref.ID
	front, back                string // ports as text, so that routes are comparable
	client, backend            reach.TLS
}

// cell is a part of the packets of a pair whose answer changed.
type cell struct {
	pair
	packets       netset.Ports
	before, after fact.Tri
	cause         Cause
	lost          string // see [Way.Lost]
}

// fresh is whether an end of the connection is in one design only.
func (p pair) fresh() bool { return p.from.fresh || p.to.fresh }

// region is the packets of which the answer is t.
func region(b netset.Bounds, t fact.Tri) netset.Ports {
	switch t {
	case fact.Yes:
		return b.Sure
	case fact.No:
		return b.Maybe.Complement()
	}
	return b.Open()
}

var answers = [...]fact.Tri{fact.Yes, fact.No, fact.Unknown}

// cells are the parts of two bounds that differ.
func (p pair) cells(before, after netset.Bounds) []cell {
	if before.Equal(after) {
		return nil
	}
	var out []cell
	for _, x := range answers {
		for _, y := range answers {
			if x == y {
				continue
			}
			if packets := region(before, x).Intersect(region(after, y)); !packets.IsEmpty() {
				out = append(out, cell{pair: p, packets: packets, before: x, after: y})
			}
		}
	}
	return out
}

// comparison asks both designs.
type comparison struct{ before, after *asker }

// relation is what was found.
type relation struct {
	cells       []cell
	pairs, open int
}

// relation compares every pair that a change may touch.
func (c comparison) relation(t touch) relation {
	var out relation
	if t.nothing {
		return out
	}
	w := c.crowd(t)
	c.before.expect(&w)
	c.after.expect(&w)
	out.pairs = w.pairs()
	switch questions := 2 * w.marked * (len(w.inside) + len(w.outside)); {
	case questions == 0:
	case questions <= few:
		out.cells, out.open = c.singly(&w)
	default:
		out.cells, out.open = c.jointly(&w)
	}
	out.cells = append(out.cells, c.ways(w.outside)...)
	return out
}

// bounds asks about one pair. What is not there reaches nothing.
func (n *asker) bounds(p pair) netset.Bounds {
	if p.way != nil {
		return n.waysOf(p.way.balancer, p.from)[*p.way]
	}
	for _, side := range []*party{p.from, p.to} {
		if side.Endpoint != "" && n.Snapshot().Endpoint(side.Endpoint) == nil {
			return netset.Bounds{}
		}
	}
	if n.asked++; n.asked > few && n.hosts != nil {
		n.tabulate()
		return n.table.Packets(n.table.Between(n.class(p.from), n.class(p.to)))
	}
	return n.Connect(p.from.Party, p.to.Party, netset.AllPorts()).Packets
}

// insiders are the endpoints of both designs, by ID.
func insiders(a, b *topo.Snapshot) []party {
	ids := map[ref.ID]bool{}
	for _, s := range []*topo.Snapshot{a, b} {
		for i := range s.Endpoints {
			ids[s.Endpoints[i].ID] = true
		}
	}
	var out []party
	for id := range ids {
		x, y := a.Endpoint(id), b.Endpoint(id)
		p := party{Party: reach.At(id), fresh: x == nil || y == nil}
		for _, e := range []*topo.Endpoint{x, y} {
			if e != nil {
				p.starts = p.starts || e.Kind != topo.StoreEndpoint && e.Kind != topo.PrivateLinkEndpoint
				p.ends = p.ends || e.Kind != topo.FunctionEndpoint
				p.several = p.several || e.Kind == topo.TaskEndpoint || e.Kind == topo.HostEndpoint || e.Kind == topo.CarrierEndpoint
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y party) int { return cmp.Compare(x.Endpoint, y.Endpoint) })
	for i := range out {
		out[i].order = i
	}
	return out
}

// ways compares what comes through load balancers, of both designs.
func (c comparison) ways(clients []party) []cell {
	ids := map[ref.ID]bool{}
	for _, s := range []*topo.Snapshot{c.before.Snapshot(), c.after.Snapshot()} {
		for i := range s.LoadBalancers {
			ids[s.LoadBalancers[i].ID] = true
		}
	}
	var out []cell
	for _, id := range slices.Sorted(keys(ids)) {
		for i := range clients {
			from := &clients[i]
			x, y := c.before.waysOf(id, from), c.after.waysOf(id, from)
			union := map[route]bool{}
			for r := range x {
				union[r] = true
			}
			for r := range y {
				union[r] = true
			}
			for _, r := range slices.SortedFunc(keys(union), route.compare) {
				p := pair{from: from, to: &party{Party: reach.At(r.target), fresh: c.fresh(r.target) || c.fresh(id)}, way: &r}
				cells := p.cells(x[r], y[r])
				for i := range cells {
					if cells[i].before == fact.No {
						cells[i].lost = lost(r, x)
					}
				}
				out = append(out, cells...)
			}
		}
	}
	return out
}

// lost says what gets worse about TLS with a new way, given the ways before.
func lost(r route, before map[route]netset.Bounds) string {
	var plain, hidden, plainBehind, hiddenBehind bool
	for old, b := range before {
		if old.target != r.target || old.workload != r.workload || b.Maybe.IsEmpty() {
			continue
		}
		plain = plain || old.client != reach.TLSEncrypted
		hidden = hidden || old.client == reach.TLSEncrypted
		plainBehind = plainBehind || old.backend != reach.TLSEncrypted
		hiddenBehind = hiddenBehind || old.backend == reach.TLSEncrypted
	}
	switch {
	case r.client == reach.TLSNone && hidden && !plain:
		return "until now clients came over TLS only"
	case r.client == reach.TLSNone && !plain:
		return "clients can come in plain text"
	case r.backend == reach.TLSNone && hiddenBehind && !plainBehind:
		return "until now the connection behind the load balancer was TLS"
	}
	return ""
}

// fresh is whether a thing with interfaces is in one design only.
func (c comparison) fresh(id ref.ID) bool {
	return id != "" && (c.before.Snapshot().Endpoint(id) == nil) != (c.after.Snapshot().Endpoint(id) == nil)
}

func (r route) compare(s route) int {
	return cmp.Or(cmp.Compare(r.balancer, s.balancer), cmp.Compare(r.target, s.target), cmp.Compare(r.workload, s.workload),
		cmp.Compare(r.front, s.front), cmp.Compare(r.back, s.back), cmp.Compare(r.client, s.client), cmp.Compare(r.backend, s.backend))
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// waysOf are the ways of clients through a load balancer, with the packets to its
// listeners that go through: a way works if both of its connections do.
func (n *asker) waysOf(balancer ref.ID, from *party) map[route]netset.Bounds {
	key := clients{balancer, from.order}
	if known, ok := n.ways[key]; ok {
		return known
	}
	out := map[route]netset.Bounds{}
	n.ways[key] = out
	if n.Snapshot().LoadBalancer(balancer) == nil {
		return out
	}
	for _, e := range n.EntriesOf(balancer, from.Addrs) {
		if e.Target == "" && e.Workload == "" {
			continue // nobody knows where it leads: see the pairs of the load balancer
		}
		r := route{balancer: e.Balancer, target: e.Target, workload: e.Workload,
			front: e.FrontPorts.Maybe.String(), back: e.TargetPorts.Maybe.String(), client: e.Client, backend: e.Backend}
		front := e.Front.Packets.Restrict(e.FrontPorts.Maybe)
		if len(e.Front.Trail) == 0 || e.Front.From.Addrs.Equal(from.Addrs) {
			front = n.Connect(from.Party, reach.At(balancer), e.FrontPorts.Maybe).Packets.And(e.FrontPorts)
		}
		out[r] = out[r].Or(through(front, e.Back.Packets.Any(e.TargetPorts.Maybe).And(e.Exists)))
	}
	return out
}

// through is the packets that go on, if those behind it do.
func through(front netset.Bounds, on fact.Tri) netset.Bounds {
	switch on {
	case fact.Yes:
		return front
	case fact.No:
		return netset.Bounds{}
	}
	return netset.AtMost(front.Maybe)
}
