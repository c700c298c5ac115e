package allpairs

import (
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
)

// Between is what passes from each member of one class to each of another, or
// from a member to itself.
func (t *Table) Between(from, to Class) Set {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.isWhole(from) || t.isWhole(to) {
		return t.asked(from, to)
	}
	var out Set
	for _, a := range t.classes[from].ends {
		for _, b := range t.classes[to].ends {
			w := t.wayID(a.place, b.place)
			if w == 0 {
				continue
			}
			zone := t.places[a.place].zone
			if set := t.arcs[zone][t.ways[w].Refs].find(a.sig-t.bases[zone], b.sig); set != 0 {
				out = t.union(out, t.join(set, w, a, b))
			}
		}
	}
	return out
}

// isWhole reports whether a class is hosts outside that rules tell apart.
func (t *Table) isWhole(c Class) bool { return int(c) < len(t.outside) && !t.outside[c].even }

// wayID is the way between two places, 0 if nothing passes.
func (t *Table) wayID(from, to int32) int32 {
	p, q := t.places[from], t.places[to]
	l := t.zones[p.zone].link(q.zone)
	if l == nil {
		return 0
	}
	return l.ways[int(p.nth)*len(t.zones[q.zone].places)+int(q.nth)]
}

// From are the edges that start at a class, by their end.
func (t *Table) From(c Class) []Edge { return t.appendFrom(nil, c) }

func (t *Table) appendFrom(out []Edge, c Class) []Edge {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.isWhole(c) {
		for to := range Class(len(t.classes)) {
			if s := t.asked(c, to); s != 0 {
				out = append(out, Edge{c, to, s})
			}
		}
		return out
	}
	sets, touched := t.row, t.ends[:0]
	for _, a := range t.classes[c].ends {
		from := t.places[a.place]
		var l *link
		row, zone := []int32(nil), int32(-1)
		for r := range t.arcs[from.zone] {
			arcs := &t.arcs[from.zone][r]
			first, last := arcs.row(a.sig - t.bases[from.zone])
			for i := first; i < last; i++ {
				set, sig := arcs.set[i], arcs.to[i]
				for _, b := range t.atSig[t.sigStart[sig]:t.sigStart[sig+int32(arcs.more[i])+1]] {
					to := t.places[b.place]
					if to.zone != zone {
						zone, l = to.zone, t.zones[from.zone].link(to.zone)
						row = l.ways[int(from.nth)*len(t.zones[zone].places):]
					}
					w := row[to.nth]
					if w == 0 || t.ways[w].Refs != fact.Tri(r) {
						continue
					}
					s := t.join(set, w, a, b)
					if s == 0 {
						continue
					}
					if sets[b.class] == 0 {
						touched = append(touched, b.class)
					}
					sets[b.class] = t.union(sets[b.class], s)
				}
			}
		}
	}
	for o := range t.outside {
		if t.isWhole(Class(o)) {
			if s := t.asked(c, Class(o)); s != 0 {
				sets[int32(o)], touched = s, append(touched, int32(o))
			}
		}
	}
	slices.Sort(touched)
	t.ends = touched
	out = slices.Grow(out, len(touched))
	for _, to := range touched {
		out = append(out, Edge{c, Class(to), sets[to]})
		sets[to] = 0
	}
	return out
}

// Into are the edges that end at a class, by their start.
func (t *Table) Into(c Class) []Edge {
	var out []Edge
	for from := range Class(len(t.classes)) {
		if s := t.Between(from, c); s != 0 {
			out = append(out, Edge{from, c, s})
		}
	}
	return out
}

// asked is the answer of package reach for two classes.
func (t *Table) asked(from, to Class) Set {
	if int(from) < len(t.outside) && int(to) < len(t.outside) {
		return 0
	}
	key := wholeKey{from, t.classes[to].profile, false}
	if int(to) < len(t.outside) {
		key = wholeKey{to, t.classes[from].profile, true}
	}
	if s, ok := t.whole[key]; ok {
		return s
	}
	var out netset.Bounds
	for _, a := range t.interfaces(from) {
		for _, b := range t.interfaces(to) {
			if a.Family() == b.Family() {
				out = out.Or(t.network.Between(a, b))
			}
		}
	}
	s := t.intern(out)
	t.whole[key] = s
	return s
}

func (t *Table) interfaces(c Class) []reach.Interface {
	if t.isWhole(c) {
		return t.outside[c].ends
	}
	return t.network.Interfaces(t.Party(c))
}

// join is what passes groups and way between two interfaces.
func (t *Table) join(groups, way int32, a, b end) Set {
	f, w := &t.passes[groups], &t.ways[way]
	if f.hard || w.Hard || f.cut && w.Cut {
		from := t.network.Interfaces(t.Party(Class(a.class)))[a.nth]
		to := t.network.Interfaces(t.Party(Class(b.class)))[b.nth]
		return t.intern(t.network.Between(from, to))
	}
	key := pairKey(groups, way)
	s, ok := t.joins[key]
	if !ok {
		s = t.intern(f.And(w.Packets))
		t.joins[key] = s
	}
	return s
}

func (t *Table) union(a, b Set) Set {
	switch {
	case a == b || b == 0:
		return a
	case a == 0:
		return b
	}
	if a > b {
		a, b = b, a
	}
	key := pairKey(int32(a), int32(b))
	s, ok := t.or[key]
	if !ok {
		s = t.intern(t.sets[a].Or(t.sets[b]))
		t.or[key] = s
	}
	return s
}

func (t *Table) intern(p netset.Bounds) Set {
	if p.Maybe.IsEmpty() {
		return 0
	}
	key := p.Sure.Key() + separator + p.Maybe.Key()
	id, ok := t.ids[key]
	if !ok {
		id = Set(len(t.sets))
		t.sets, t.ids[key] = append(t.sets, p), id
	}
	return id
}
