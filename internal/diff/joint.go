package diff

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/allpairs"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/topo"
)

// few is how many pairs are asked about one by one before a table of all pairs
// is made: it costs as much as some ten thousand questions.
const few = 20_000

// crowd is parties whose pairs are compared, with what a change touches.
type crowd struct {
	inside, outside []party
	touched         []bool // by party inside
	marked          int    // how many of them
}

func (c comparison) crowd(t touch) crowd {
	a, b := c.before.Snapshot(), c.after.Snapshot()
	out := crowd{inside: insiders(a, b)}
	out.touched = make([]bool, len(out.inside))
	for i, p := range out.inside {
		if t.all || t.touched[p.Endpoint] {
			out.touched[i] = true
			out.marked++
		}
	}
	for i, h := range classes(a, b) {
		out.outside = append(out.outside, party{Party: h, order: len(out.inside) + i, starts: true, ends: true})
	}
	return out
}

// asks is whether one party may open connections to another.
func (p *party) asks(to *party) bool {
	return p.starts && to.ends && (p.order != to.order || p.several)
}

// pairs is how many there are.
func (w *crowd) pairs() int {
	starts, ends, alone := 0, 0, 0
	for i := range w.inside {
		p := &w.inside[i]
		if p.starts {
			starts++
		}
		if p.ends {
			ends++
		}
		if p.starts && p.ends && !p.several {
			alone++
		}
	}
	return starts*ends - alone + len(w.outside)*(starts+ends)
}

// singly asks about each touched pair.
func (c comparison) singly(w *crowd) (cells []cell, open int) {
	ask := func(from, to *party) {
		p := pair{from: from, to: to}
		x, y := c.before.bounds(p), c.after.bounds(p)
		cells = append(cells, p.cells(x, y)...)
		if x.Open().Overlaps(y.Open()) {
			open++
		}
	}
	for i := range w.inside {
		from := &w.inside[i]
		for j := range w.inside {
			if to := &w.inside[j]; (w.touched[i] || w.touched[j]) && from.asks(to) {
				ask(from, to)
			}
		}
		for j := range w.outside {
			if !w.touched[i] {
				break
			}
			if from.starts {
				ask(from, &w.outside[j])
			}
			if from.ends {
				ask(&w.outside[j], from)
			}
		}
	}
	return cells, open
}

// joint is parties between which neither design tells a difference, and that the
// same is asked of.
type joint struct {
	before, after           allpairs.Class // -1 if they are not there
	starts, ends, fresh     bool
	several, touched, other bool // other: hosts outside, one party each
}

// verdict is what two sets of packets differ by.
type verdict struct {
	cells []cell // without parties
	open  bool
}

// jointly gives what singly does, from tables of both designs.
func (c comparison) jointly(w *crowd) (cells []cell, open int) {
	c.before.tabulate()
	c.after.tabulate()
	ids, members := map[joint]int{}, [][]*party{}
	var kinds []joint
	for i := range w.inside {
		p := &w.inside[i]
		k := joint{c.before.class(p), c.after.class(p), p.starts, p.ends, p.fresh, p.several, w.touched[i], false}
		id, ok := ids[k]
		if !ok {
			id = len(kinds)
			ids[k], kinds, members = id, append(kinds, k), append(members, nil)
		}
		members[id] = append(members[id], p)
	}
	for i := range w.outside {
		p := &w.outside[i]
		kinds = append(kinds, joint{c.before.class(p), c.after.class(p), true, true, false, false, false, true})
		members = append(members, []*party{p})
	}
	type match struct {
		from, to int
		verdict  *verdict
	}
	var matches []match
	count := 0
	known := map[[2]allpairs.Set]*verdict{}
	x, y := make([]allpairs.Set, c.before.table.Len()), make([]allpairs.Set, c.after.table.Len())
	for f, from := range kinds {
		if !from.starts {
			continue
		}
		c.before.row(x, from.before)
		c.after.row(y, from.after)
		for t, to := range kinds {
			if !to.ends || !from.touched && !to.touched {
				continue
			}
			var at [2]allpairs.Set
			if from.before >= 0 && to.before >= 0 {
				at[0] = x[to.before]
			}
			if from.after >= 0 && to.after >= 0 {
				at[1] = y[to.after]
			}
			if at == [2]allpairs.Set{} {
				continue
			}
			v := known[at]
			if v == nil {
				b, a := c.before.table.Packets(at[0]), c.after.table.Packets(at[1])
				v = &verdict{pair{}.cells(b, a), b.Open().Overlaps(a.Open())}
				known[at] = v
			}
			if len(v.cells) == 0 && !v.open {
				continue
			}
			matches = append(matches, match{f, t, v})
			count += len(members[f]) * len(members[t]) * len(v.cells)
		}
	}
	cells = make([]cell, 0, count)
	for _, m := range matches {
		for _, p := range members[m.from] {
			for _, q := range members[m.to] {
				if p.order == q.order && !p.several {
					continue
				}
				if m.verdict.open {
					open++
				}
				for _, x := range m.verdict.cells {
					x.pair = pair{from: p, to: q}
					cells = append(cells, x)
				}
			}
		}
	}
	n := len(w.inside)
	slices.SortStableFunc(cells, func(a, b cell) int { return a.pair.compare(b.pair, n) })
	return cells, open
}

// compare orders pairs as singly asks them; n is how many parties are inside.
func (p pair) compare(q pair, n int) int {
	key := func(p pair) (who, whom, back int) {
		if p.from.order < n {
			return p.from.order, p.to.order, 0
		}
		return p.to.order, p.from.order, 1
	}
	a, b, c := key(p)
	d, e, f := key(q)
	return cmp.Or(cmp.Compare(a, d), cmp.Compare(b, e), cmp.Compare(c, f))
}

// asker asks one network, and remembers the ways of clients.
type asker struct {
	*reach.Network
	ways map[clients]map[route]netset.Bounds

	// Hosts outside, of which the first has the order first: those of a table that
	// is made when many pairs were asked about. Without hosts there is none.
	hosts []reach.Party
	first int
	asked int
	table *allpairs.Table
}

func newAsker(s *topo.Snapshot) *asker {
	return &asker{Network: reach.New(s), ways: map[clients]map[route]netset.Bounds{}}
}

// expect names the parties that will be asked about.
func (n *asker) expect(w *crowd) {
	n.first, n.hosts = len(w.inside), make([]reach.Party, len(w.outside))
	for i := range w.outside {
		n.hosts[i] = w.outside[i].Party
	}
}

func (n *asker) tabulate() {
	if n.table == nil {
		n.table = allpairs.Of(n.Network, allpairs.Options{Outside: n.hosts})
	}
}

// class is that of a party in the table, -1 if the party is not there.
func (n *asker) class(p *party) allpairs.Class {
	if p.Endpoint == "" {
		return allpairs.Class(p.order - n.first)
	}
	if c, ok := n.table.ClassOf(p.Endpoint); ok {
		return c
	}
	return -1
}

// row is the edges of a class by where they end.
func (n *asker) row(into []allpairs.Set, c allpairs.Class) {
	clear(into)
	if c < 0 {
		return
	}
	for _, e := range n.table.From(c) {
		into[e.To] = e.Set
	}
}
