package allpairs

import (
	"iter"
	"slices"
	"sync"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
)

// Class is the number of a class of a [Table], from 0.
type Class int32

// Set is the number of a set of packets of a [Table]. 0 is the set that surely
// holds nothing.
type Set int32

// Edge is what passes from each member of one class to each of another.
type Edge struct {
	From, To Class
	Set      Set
}

// Passage is a set of packets: the bounds of [reach.Answer].
type Passage struct {
	// Packets make a connection: request and replies pass. Forward arrive,
	// whatever happens to replies.
	Packets, Forward netset.Bounds
}

// IsEmpty reports whether surely nothing arrives.
func (p Passage) IsEmpty() bool { return p.Forward.Maybe.IsEmpty() }

// Options say what a table is about.
type Options struct {
	// Outside are the hosts outside that are asked about; nil is the internet.
	Outside []reach.Party
}

// Table has the answers for all pairs of a snapshot. It is safe for concurrent
// use.
type Table struct {
	network *reach.Network
	parties []reach.Party // by class; of an endpoint the representative
	members [][]ref.ID
	class   map[ref.ID]Class

	mu   sync.Mutex
	sets []Passage
	ids  map[string]Set
}

// Of makes the table of a network.
func Of(n *reach.Network, o Options) *Table {
	t := &Table{network: n, class: map[ref.ID]Class{}, sets: make([]Passage, 1), ids: map[string]Set{}}
	if o.Outside == nil {
		o.Outside = []reach.Party{reach.Outside(netset.Internet())}
	}
	for _, p := range o.Outside {
		t.parties, t.members = append(t.parties, p), append(t.members, nil)
	}
	s := n.Snapshot()
	for i := range s.Endpoints {
		id := s.Endpoints[i].ID
		t.class[id] = Class(len(t.parties))
		t.parties, t.members = append(t.parties, reach.At(id)), append(t.members, []ref.ID{id})
	}
	return t
}

// Len is the number of classes: those of hosts outside first, in the order of
// the options, then those of endpoints by their first member.
func (t *Table) Len() int { return len(t.parties) }

// Members are the endpoints of a class, in order; none of hosts outside.
func (t *Table) Members(c Class) []ref.ID { return t.members[c] }

// Party is what stands for a class in questions to package reach: hosts outside,
// or the first member.
func (t *Table) Party(c Class) reach.Party { return t.parties[c] }

// ClassOf is the class of an endpoint, and whether it is one of the snapshot.
func (t *Table) ClassOf(endpoint ref.ID) (Class, bool) {
	c, ok := t.class[endpoint]
	return c, ok
}

// Passage is a set by its number.
func (t *Table) Passage(s Set) Passage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sets[s]
}

// Between is what passes from each member of one class to each of another, or
// from a member to itself.
func (t *Table) Between(from, to Class) Set {
	a := t.network.Connect(t.parties[from], t.parties[to], netset.AllPorts())
	return t.intern(Passage{a.Packets, a.Forward})
}

// Pair is what passes between two endpoints, nothing if one is not of the
// snapshot.
func (t *Table) Pair(from, to ref.ID) Passage {
	f, ok1 := t.class[from]
	o, ok2 := t.class[to]
	if !ok1 || !ok2 {
		return Passage{}
	}
	return t.Passage(t.Between(f, o))
}

// From are the edges that start at a class, by their end.
func (t *Table) From(c Class) []Edge {
	var out []Edge
	for to := range Class(len(t.parties)) {
		if s := t.Between(c, to); s != 0 {
			out = append(out, Edge{c, to, s})
		}
	}
	return slices.Clip(out)
}

// Into are the edges that end at a class, by their start.
func (t *Table) Into(c Class) []Edge {
	var out []Edge
	for from := range Class(len(t.parties)) {
		if s := t.Between(from, c); s != 0 {
			out = append(out, Edge{from, c, s})
		}
	}
	return slices.Clip(out)
}

// Edges are all edges, by start and then by end.
func (t *Table) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for c := range Class(len(t.parties)) {
			for _, e := range t.From(c) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

func (t *Table) intern(p Passage) Set {
	if p.IsEmpty() {
		return 0
	}
	// Each key is a multiple of 8 long and none has the points of the separator.
	const end = "\xff\xff\xff\xff\xff\xff\xff\xff"
	key := p.Packets.Sure.Key() + end + p.Packets.Maybe.Key() + end + p.Forward.Sure.Key() + end + p.Forward.Maybe.Key()
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok := t.ids[key]
	if !ok {
		id = Set(len(t.sets))
		t.sets, t.ids[key] = append(t.sets, p), id
	}
	return id
}
