package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// alike is what cells of one row have in common.
type alike struct {
	before, after fact.Tri
	packets       string
	cause         string
	fresh         bool
	way           route // zero for connections without a load balancer
	lost          string
}

// rows puts cells together that are alike.
func rows(d Difference, cells []cell) []Row {
	var order []alike
	var groups [][]*cell // by place in order
	ids := map[alike]int{}
	for i := range cells {
		c := &cells[i]
		k := alike{c.before, c.after, c.packets.Key(), fmt.Sprint(c.cause), c.fresh(), route{}, c.lost}
		if c.way != nil {
			k.way = *c.way
		}
		id, ok := ids[k]
		if !ok {
			id = len(order)
			ids[k], order, groups = id, append(order, k), append(groups, nil)
		}
		groups[id] = append(groups[id], c)
	}
	var out []Row
	for i, k := range order {
		first := groups[i][0]
		for _, e := range edges(groups[i]) {
			r := Row{From: e.from, To: e.to, Packets: first.packets, Before: k.before, After: k.after, Fresh: k.fresh, Cause: first.cause}
			if k.way != (route{}) {
				r.Way = &Way{Balancer: k.way.balancer, Workload: k.way.workload, TargetPorts: mustPorts(k.way.back), Client: k.way.client, Backend: k.way.backend, Lost: k.lost}
			}
			r.heard(d)
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int { return a.compare(b) })
	return out
}

// mustPorts reads what [netset.Ports.String] wrote.
func mustPorts(s string) netset.Ports {
	p, err := netset.ParsePorts(s)
	if err != nil {
		return netset.AllPorts()
	}
	return p
}

// block is sources of which each reaches each of the destinations.
type block struct{ from, to []Node }

// edges puts connections together: first hosts outside of each endpoint to one
// node, then endpoints that have the same other side. It gives few blocks, not
// always the fewest.
func edges(cells []*cell) []block {
	type edge struct{ from, to Node }
	sources, targets := map[ref.ID]Node{}, map[ref.ID]Node{} // hosts outside of an endpoint
	list := make([]edge, 0, len(cells))
	var lists []edge
	for _, c := range cells {
		from, to := nodeOf(c.from), nodeOf(c.to)
		switch {
		case from.Endpoint == "" && from.List == "":
			sources[to.Endpoint] = Node{Addrs: sources[to.Endpoint].Addrs.Union(from.Addrs)}
		case to.Endpoint == "" && to.List == "" && c.way == nil:
			targets[from.Endpoint] = Node{Addrs: targets[from.Endpoint].Addrs.Union(to.Addrs)}
		case from.List != "" || to.List != "":
			lists = append(lists, edge{from, to})
		default:
			list = append(list, edge{from, to})
		}
	}
	for _, id := range slices.Sorted(keys(sources)) {
		list = append(list, edge{sources[id], Node{Endpoint: id}})
	}
	for _, id := range slices.Sorted(keys(targets)) {
		list = append(list, edge{Node{Endpoint: id}, targets[id]})
	}
	list = append(list, lists...)

	byTo, byFrom := map[string]*block{}, map[string]*block{}
	var orderTo, orderFrom []string
	for _, e := range list {
		put := func(m map[string]*block, order *[]string, key string, from, to bool) {
			b := m[key]
			if b == nil {
				b = &block{}
				m[key] = b
				*order = append(*order, key)
			}
			if from || len(b.from) == 0 {
				b.from = append(b.from, e.from)
			}
			if to || len(b.to) == 0 {
				b.to = append(b.to, e.to)
			}
		}
		put(byTo, &orderTo, e.to.key(), true, false)
		put(byFrom, &orderFrom, e.from.key(), false, true)
	}
	a := joined(byTo, orderTo, func(b *block) *[]Node { return &b.from }, func(b *block) *[]Node { return &b.to })
	b := joined(byFrom, orderFrom, func(b *block) *[]Node { return &b.to }, func(b *block) *[]Node { return &b.from })
	if len(b) < len(a) {
		return b
	}
	return a
}

// joined puts blocks together that have the same nodes on one side.
func joined(blocks map[string]*block, order []string, same, other func(*block) *[]Node) []block {
	at := map[string]int{}
	var out []block
	for _, k := range order {
		b := blocks[k]
		side := same(b)
		slices.SortFunc(*side, Node.compare)
		var key strings.Builder
		for _, n := range *side {
			k := n.key()
			fmt.Fprintf(&key, "%d:%s", len(k), k)
		}
		i, ok := at[key.String()]
		if !ok {
			at[key.String()] = len(out)
			out = append(out, *b)
			continue
		}
		into := other(&out[i])
		*into = append(*into, *other(b)...)
	}
	for i := range out {
		slices.SortFunc(*other(&out[i]), Node.compare)
	}
	return out
}

func nodeOf(p *party) Node {
	if p.Endpoint != "" {
		return Node{Endpoint: p.Endpoint}
	}
	if p.List != "" {
		return Node{List: p.List}
	}
	return Node{Addrs: p.Addrs}
}

func (n Node) key() string {
	switch {
	case n.Endpoint != "":
		return "e" + string(n.Endpoint)
	case n.List != "":
		return "l" + string(n.List)
	}
	return "a" + n.Addrs.Key()
}

// IsOutside reports whether the node is hosts outside the design.
func (n Node) IsOutside() bool { return n.Endpoint == "" }

// compare orders hosts outside first.
func (n Node) compare(m Node) int {
	if n.IsOutside() != m.IsOutside() {
		if n.IsOutside() {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(n.Endpoint, m.Endpoint), cmp.Compare(n.List, m.List), cmp.Compare(n.Addrs.Key(), m.Addrs.Key()))
}

// heard notes what the destinations listen to.
func (r *Row) heard(d Difference) {
	if r.Way != nil {
		r.Listens = r.Packets
		return
	}
	r.Listens, r.Silent = r.Packets, true
	for _, n := range r.To {
		if n.IsOutside() {
			r.Listens, r.Silent = netset.Ports{}, false
			return
		}
		var on netset.Ports
		closed := true
		for _, s := range []*topo.Snapshot{d.Before, d.After} {
			e := s.Endpoint(n.Endpoint)
			if e == nil {
				continue
			}
			for _, l := range e.Listens {
				on = on.Union(l.Ports.Maybe)
			}
			closed = closed && e.ListensMore == "" && len(e.Listens) > 0
		}
		r.Listens = r.Listens.Intersect(on)
		r.Silent = r.Silent && closed && !on.Overlaps(r.Packets)
	}
}

// rank orders kinds of changes: what opens first, what is surely so before what
// may be.
func rank(before, after fact.Tri) int {
	return slices.Index([][2]fact.Tri{
		{fact.No, fact.Yes}, {fact.No, fact.Unknown}, {fact.Unknown, fact.Yes},
		{fact.Yes, fact.No}, {fact.Yes, fact.Unknown}, {fact.Unknown, fact.No},
	}, [2]fact.Tri{before, after})
}

// compare orders rows: what both designs have before what one of them has, by the
// kind of change, from hosts outside first, then to them, then by how many.
func (r Row) compare(s Row) int {
	outside := func(nodes []Node) int {
		if slices.ContainsFunc(nodes, Node.IsOutside) {
			return 0
		}
		return 1
	}
	flag := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(flag(r.Fresh), flag(s.Fresh)), cmp.Compare(rank(r.Before, r.After), rank(s.Before, s.After)),
		cmp.Compare(flag(r.Silent), flag(s.Silent)),
		cmp.Compare(outside(r.From), outside(s.From)), cmp.Compare(outside(r.To), outside(s.To)),
		-cmp.Compare(len(r.From)*len(r.To), len(s.From)*len(s.To)), -cmp.Compare(r.Packets.Size(), s.Packets.Size()),
		slices.CompareFunc(r.From, s.From, Node.compare), slices.CompareFunc(r.To, s.To, Node.compare),
	)
}
