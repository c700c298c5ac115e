package allpairs

import (
	"math"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
)

// arcs are what groups let pass from one zone, in rows by the side where it
// starts. Neighbours with the same set are one arc: that is a third of the memory
// where services have interfaces in three subnets. The zero arcs are none.
type arcs struct {
	start []int32 // by sig, counted from the first of the zone: its first arc; one more at the end
	to    []int32 // the first sig
	more  []uint8 // how many sigs follow it
	set   []int32
}

// row is the arcs of a sig, as the places of the first one and after the last.
func (a *arcs) row(sig int32) (first, end int32) {
	if len(a.start) == 0 {
		return 0, 0
	}
	return a.start[sig], a.start[sig+1]
}

// find is the set of packets that groups let pass from one sig to another; from
// is counted from the first of the zone.
func (a *arcs) find(from, to int32) int32 {
	first, end := a.row(from)
	i, ok := slices.BinarySearch(a.to[first:end], to)
	if !ok {
		i--
	}
	if i += int(first); i < int(first) || to > a.to[i]+int32(a.more[i]) {
		return 0
	}
	return a.set[i]
}

// add is one more pair of the row that starts with the last start.
func (a *arcs) add(to, set int32) {
	last := len(a.to) - 1
	if last >= int(a.start[len(a.start)-1]) && a.set[last] == set && a.more[last] < math.MaxUint8 && a.to[last]+int32(a.more[last])+1 == to {
		a.more[last]++
		return
	}
	a.to, a.more, a.set = append(a.to, to), append(a.more, 0), append(a.set, set)
}

// reset makes room for the arcs of another zone.
func (a *arcs) reset() { a.start, a.to, a.more, a.set = nil, a.to[:0], a.more[:0], a.set[:0] }

func (a *arcs) clone() arcs {
	return arcs{a.start, slices.Clone(a.to), slices.Clone(a.more), slices.Clone(a.set)}
}

// A side whose addresses rules cut into more pieces, or with more rules, is left
// to package reach: it may give up cutting there.
const (
	maxPieces = 8
	maxRules  = 2000
)

// doubt counts the rules that depend on an address.
type doubt struct{ plain, other int32 }

func (d doubt) none() bool { return d == doubt{} }

func (d doubt) pieces() int32 {
	if d.other > 0 {
		return 1 << min(d.plain+d.other, 16)
	}
	return d.plain + 1
}

// admission is one pass over the groups of one zone as sources.
type admission struct {
	*builder
	grounds []*ground
	passes  *sets

	set     []int32 // by source of the zone
	doubts  []doubt
	touched []int32

	steps int // sources touched and destinations tried

	// Room that is used again.
	from, filter, admits []int32
	rows                 [3]arcs
}

// side is where packets of a zone may arrive, with one value of reach.Way.Refs.
type side struct {
	ground *ground
	to     int32 // zone
	refs   fact.Tri
	scope  fact.Tri // whether rules may name groups of the other zone

	// Sides of groups from which and to which some place has a way.
	leaves, enters []bool

	// What the destinations' rules admit, in rows by source: position of the
	// filter and set.
	start       []int32
	filter, set []int32

	// What the source's rules let out, for the filter of the stamp.
	stamp    int32
	stamps   []int32 // by destination
	out      []int32
	byEgress map[uint64]outward // by egress and cover
	groups   []int32            // by destination, by rules that name groups
	grouped  []int32            // destinations for which groups is not 0
}

type outward struct {
	set    int32
	doubts doubt
}

// admit finds what groups let pass from one zone: by value of reach.Way.Refs.
func (a *admission) admit(z int32) (out [3]arcs) {
	g := a.grounds[z]
	count := int(g.from[len(g.filters)])
	a.set, a.doubts, a.touched = make([]int32, count), make([]doubt, count), nil
	var sides []*side
	for _, l := range a.zones[z].links {
		for r, met := range l.refs {
			if !met {
				continue
			}
			s := &side{ground: a.grounds[l.to], to: l.to, refs: fact.Tri(r), scope: fact.Tri(r), byEgress: map[uint64]outward{}}
			if from, to := &a.zones[z], &a.zones[l.to]; !from.outside && !to.outside {
				s.scope = a.network.OneVPC(from.vpc, to.vpc).Or(s.refs)
			}
			s.leaves, s.enters = a.used(g, s.ground, l, a.zones[l.to].places, s.refs)
			n := len(s.enters)
			s.stamps, s.out, s.groups = make([]int32, n), make([]int32, n), make([]int32, n)
			a.inward(z, s)
			sides = append(sides, s)
		}
	}
	egress := map[string]int32{}
	rows := &a.rows
	for r := range rows {
		rows[r].reset()
	}
	for _, s := range sides {
		rows[s.refs].start = make([]int32, 1, count+1)
	}
	for i, f := range g.filters {
		e := number(egress, a.filters[f].egress)
		for _, s := range sides {
			a.outward(s, f, int32(i)+1)
		}
		for from := g.from[i]; from < g.from[i+1]; from++ {
			for _, s := range sides {
				if !s.leaves[from] {
					continue
				}
				row := &rows[s.refs]
				for k := s.start[from]; k < s.start[from+1]; k++ {
					t := s.filter[k]
					a.steps += int(s.ground.from[t+1] - s.ground.from[t])
					for to := s.ground.from[t]; to < s.ground.from[t+1]; to++ {
						if !s.enters[to] {
							continue
						}
						if s.stamps[to] != s.stamp {
							s.stamps[to], s.out[to] = s.stamp, a.leaving(s, f, e, g.base+from, to)
						}
						if set := a.passes.both(s.set[k], s.out[to]); set != 0 {
							row.add(s.ground.base+to, set)
						}
					}
				}
			}
			for r := range rows {
				if row := &rows[r]; len(row.start) > 0 {
					row.start = append(row.start, int32(len(row.to)))
				}
			}
		}
	}
	for r := range rows {
		out[r] = rows[r].clone()
	}
	return out
}

// used tells the sides of groups between which some places have a way.
func (a *admission) used(from, to *ground, l *link, places []int32, refs fact.Tri) (leaves, enters []bool) {
	width := len(places)
	rows, columns := make([]bool, len(l.ways)/width), make([]bool, width)
	for i, w := range l.ways {
		if w != 0 && a.ways[w].Refs == refs {
			rows[i/width], columns[i%width] = true, true
		}
	}
	mark := func(g *ground, places []bool) []bool {
		out := make([]bool, g.from[len(g.filters)])
		for _, s := range g.spots {
			out[s.sig] = out[s.sig] || places[s.place]
		}
		return out
	}
	return mark(from, rows), mark(to, columns)
}

// inward finds what the destinations' rules admit from each source.
func (a *admission) inward(z int32, s *side) {
	g := a.grounds[z]
	from, filter, set := a.from[:0], a.filter[:0], a.admits[:0]
	for i, f := range s.ground.filters {
		if !slices.Contains(s.enters[s.ground.from[i]:s.ground.from[i+1]], true) {
			continue
		}
		c := &a.filters[f].in
		if c.everybody != 0 {
			for x := range int32(len(a.set)) {
				a.touch(x, c.everybody)
			}
		}
		for _, r := range c.rules {
			a.rule(g, r, s.scope)
		}
		for _, x := range a.touched {
			if !s.leaves[x] {
				a.set[x], a.doubts[x] = 0, doubt{}
				continue
			}
			got := a.settle(a.set[x], a.doubts[x], f, func() filtered {
				return a.filtered(true, s.ground.base+s.ground.from[i], g.base+x, s.refs)
			})
			from, filter, set = append(from, x), append(filter, int32(i)), append(set, got)
			a.set[x], a.doubts[x] = 0, doubt{}
		}
		a.touched = a.touched[:0]
	}
	a.from, a.filter, a.admits = from, filter, set
	// Sorted by counting: filters stay in order within a source.
	s.start = make([]int32, len(a.set)+1)
	for _, x := range from {
		s.start[x+1]++
	}
	for x := range a.set {
		s.start[x+1] += s.start[x]
	}
	s.filter, s.set = make([]int32, len(from)), make([]int32, len(from))
	next := append([]int32(nil), s.start...)
	for k, x := range from {
		s.filter[next[x]], s.set[next[x]] = filter[k], set[k]
		next[x]++
	}
}

func (a *admission) filtered(inbound bool, holder, peer int32, refs fact.Tri) filtered {
	h, p := a.iface(a.sigs[holder].rep), a.iface(a.sigs[peer].rep)
	return filtered{Bounds: a.network.Filtered(inbound, h, p, refs), cut: true}
}

// settle is a set of which some may depend on the address.
func (a *admission) settle(set int32, d doubt, filter int32, exactly func() filtered) int32 {
	switch x := a.passes.list[set]; {
	case d.none():
		return set
	case d.pieces() > maxPieces || a.filters[filter].rules > maxRules:
		x.cut, x.hard = true, true
		return a.passes.intern(x)
	case x.IsExact():
		return set
	}
	return a.passes.intern(exactly())
}

func (a *admission) touch(x, set int32) {
	a.steps++
	if a.set[x] == 0 {
		a.touched = append(a.touched, x)
	}
	a.set[x] = a.passes.union(a.set[x], set)
}

// rule touches the sources that a rule admits.
func (a *admission) rule(g *ground, r compiledRule, scope fact.Tri) {
	t := &a.tests[r.test]
	perhaps := a.passes.atMost(r.ports)
	if t.kind == testGroup {
		a.holders(g, t.id, scope, func(x int32, sure bool) {
			if sure {
				a.touch(x, r.ports)
			} else {
				a.touch(x, perhaps)
			}
		})
		return
	}
	hit := g.hits[r.test]
	if hit == nil {
		return
	}
	for _, c := range hit.yes {
		for _, x := range g.byCover[c] {
			a.touch(x, r.ports)
		}
	}
	for _, c := range hit.maybe {
		for _, x := range g.byCover[c] {
			a.touch(x, perhaps)
		}
	}
	for _, c := range hit.cut {
		for _, x := range g.byCover[c] {
			a.touch(x, perhaps)
			a.doubts[x] = a.doubts[x].and(t.kind)
		}
	}
}

func (d doubt) and(k testKind) doubt {
	if k == testPrefix {
		d.plain++
	} else {
		d.other++
	}
	return d
}

// holders visits the sides of groups that hold or may hold a group.
func (a *admission) holders(g *ground, group ref.ID, scope fact.Tri, visit func(x int32, sure bool)) {
	if scope == fact.No {
		return
	}
	all := func(filter int32, sure bool) {
		for x := g.from[filter]; x < g.from[filter+1]; x++ {
			visit(x, sure)
		}
	}
	list := g.holders[group]
	for _, h := range list {
		all(h.filter, h.holds.And(scope) == fact.Yes)
	}
	for _, w := range g.wild {
		listed := false
		for _, h := range a.filters[g.filters[w]].held {
			listed = listed || h.group == group
		}
		if !listed {
			all(w, false)
		}
	}
}

// outward prepares a side for the outbound rules of a filter.
func (a *admission) outward(s *side, f, stamp int32) {
	for _, to := range s.grouped {
		s.groups[to] = 0
	}
	s.stamp, s.grouped = stamp, s.grouped[:0]
	for _, r := range a.filters[f].out.rules {
		if t := &a.tests[r.test]; t.kind == testGroup {
			perhaps := a.passes.atMost(r.ports)
			a.holders(s.ground, t.id, s.scope, func(to int32, sure bool) {
				ports := perhaps
				if sure {
					ports = r.ports
				}
				if s.groups[to] == 0 {
					s.grouped = append(s.grouped, to)
				}
				s.groups[to] = a.passes.union(s.groups[to], ports)
			})
		}
	}
}

// leaving is what the outbound rules of a source let pass to a destination.
func (a *admission) leaving(s *side, f, egress, from, to int32) int32 {
	cover := a.sigs[s.ground.base+to].cover
	o, ok := s.byEgress[pairKey(egress, cover)]
	if !ok {
		o = a.over(s, f, cover)
		s.byEgress[pairKey(egress, cover)] = o
	}
	return a.settle(a.passes.union(o.set, s.groups[to]), o.doubts, f, func() filtered {
		return a.filtered(false, from, s.ground.base+to, s.refs)
	})
}

// over is what outbound rules let pass by address.
func (a *admission) over(s *side, f, cover int32) outward {
	o := outward{set: a.filters[f].out.everybody}
	c := &s.ground.covers[cover]
	for _, r := range a.filters[f].out.rules {
		kind := a.tests[r.test].kind
		if kind == testGroup {
			continue
		}
		switch got, depends := c.has(r.test); got {
		case fact.Yes:
			o.set = a.passes.union(o.set, r.ports)
		case fact.Unknown:
			o.set = a.passes.union(o.set, a.passes.atMost(r.ports))
			if depends {
				o.doubts = o.doubts.and(kind)
			}
		}
	}
	return o
}
