package allpairs

import (
	"encoding/binary"
	"iter"
	"slices"
	"sync"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
)

// Class is the number of a class of a [Table], from 0.
type Class int32

// Set is the number of bounds of packets that make a connection, of a [Table]. 0 is
// the set that surely holds nothing.
type Set int32

// Edge is what connects each member of one class to each of another.
type Edge struct {
	From, To Class
	Set      Set
}

// Options say what a table is about.
type Options struct {
	// Outside are the hosts outside that are asked about; nil is [Outsiders].
	Outside []reach.Party
}

// Table has the answers for all pairs of a snapshot. It is safe for concurrent
// use.
type Table struct {
	network *reach.Network
	outside []outsider
	classes []class
	class   map[ref.ID]Class

	zones  []zone
	places []placed // by place
	ways   []reach.Way
	passes []filtered
	arcs   [][3]arcs // by zone where they start and reach.Way.Refs
	bases  []int32   // by zone: its first sig
	steps  int
	// atSig are the interfaces of classes by sig, in rows.
	sigStart []int32
	atSig    []end

	mu    sync.Mutex
	row   []Set // by class: of From, 0 between calls
	ends  []int32
	whole map[wholeKey]Set
	sets  []netset.Bounds
	ids   map[string]Set
	joins map[uint64]Set // by set of groups and way
	or    map[uint64]Set
}

type class struct {
	members []ref.ID
	ends    []end // of a member's interfaces
	profile int32 // equal where only groups held and places are
}

// end is an interface of a class.
type end struct {
	class, nth int32 // of the class, which of its interfaces
	sig, place int32
}

type placed struct{ zone, nth int32 }

// wholeKey is a question about hosts outside as a whole.
type wholeKey struct {
	outside Class
	profile int32
	leaves  bool // the hosts are the destination
}

// Of makes the table of a network.
func Of(n *reach.Network, o Options) *Table {
	b := &builder{network: n, s: n.Snapshot(), passes: newSets(), testID: map[testKey]int32{}}
	if o.Outside == nil {
		b.outside = outsiders(n)
	}
	for _, p := range o.Outside {
		b.outside = append(b.outside, outsider{party: p, even: isEven(p)})
	}
	for i := range b.outside {
		if o := &b.outside[i]; !o.even {
			o.ends = n.Interfaces(o.party)
		}
	}
	b.terrain = newTerrain(b.s)
	b.collect()
	b.settle()
	b.connect()
	grounds := b.cover()
	t := &Table{network: n, outside: b.outside, class: make(map[ref.ID]Class, len(b.s.Endpoints)),
		sets: make([]netset.Bounds, 1), ids: map[string]Set{}, whole: map[wholeKey]Set{}, joins: map[uint64]Set{}, or: map[uint64]Set{}}
	t.arcs, t.steps = b.admit(grounds)
	for _, g := range grounds {
		t.bases = append(t.bases, g.base)
	}
	t.zones, t.ways, t.passes = b.zones, b.ways, b.passes.list
	for _, p := range b.places {
		t.places = append(t.places, placed{p.zone, p.nth})
	}
	t.classify(b)
	t.row = make([]Set, len(t.classes))
	return t
}

// admit finds what groups let pass, zone by zone on all processors.
func (b *builder) admit(grounds []*ground) (out [][3]arcs, steps int) {
	out = make([][3]arcs, len(b.zones))
	shared := b.passes.clone()
	parallel(len(b.zones), func() func(int) {
		a := &admission{builder: b, grounds: grounds, passes: b.passes.clone()}
		mine := make([]int32, 0, 64) // numbers of the worker → shared ones
		return func(z int) {
			got := a.admit(int32(z))
			b.mu.Lock()
			steps, a.steps = steps+a.steps, 0
			for i := len(mine); i < len(a.passes.list); i++ {
				mine = append(mine, shared.intern(a.passes.list[i]))
			}
			b.mu.Unlock()
			for r := range got {
				for i, s := range got[r].set {
					got[r].set[i] = mine[s]
				}
			}
			out[z] = got
		}
	})
	b.passes = shared
	return out, steps
}

// classify joins endpoints whose interfaces are in the same places and on the
// same sides of groups.
func (t *Table) classify(b *builder) {
	ids, profiles := map[string]int32{}, map[string]int32{}
	count := make([]int32, len(b.sigs)+1)
	var key []byte
	for p := range int32(len(b.first) - 1) {
		recs := b.recs[b.first[p]:b.first[p+1]]
		key = key[:0]
		for _, r := range recs {
			key = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(key, uint32(r.sig)), uint32(r.place))
		}
		outside := int(p) < len(b.outside)
		c, ok := int32(len(t.classes)), false
		if !outside {
			c, ok = ids[string(key)], true
			if _, seen := ids[string(key)]; !seen {
				c, ok = int32(len(t.classes)), false
				ids[string(key)] = c
			}
		}
		if !ok {
			t.classes = append(t.classes, class{})
			for i, r := range recs {
				t.classes[c].ends = append(t.classes[c].ends, end{c, int32(i), r.sig, r.place})
				count[r.sig]++
			}
			key = key[:0]
			for _, r := range recs {
				key = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(key, uint32(r.filter)), uint32(r.place))
			}
			t.classes[c].profile = number(profiles, string(key))
		}
		if !outside {
			id := b.endpoint(p).ID
			t.classes[c].members, t.class[id] = append(t.classes[c].members, id), Class(c)
		}
	}
	t.sigStart = make([]int32, len(b.sigs)+1)
	for s := range b.sigs {
		t.sigStart[s+1] = t.sigStart[s] + count[s]
	}
	t.atSig = make([]end, t.sigStart[len(b.sigs)])
	next := slices.Clone(t.sigStart)
	for _, c := range t.classes {
		for _, e := range c.ends {
			t.atSig[next[e.sig]] = e
			next[e.sig]++
		}
	}
}

// Len is the number of classes: those of hosts outside first, in the order of
// the options, then those of endpoints by their first member.
func (t *Table) Len() int { return len(t.classes) }

// Members are the endpoints of a class, in order; none of hosts outside.
func (t *Table) Members(c Class) []ref.ID { return t.classes[c].members }

// Party is what stands for a class in questions to package reach: hosts outside,
// or the first member.
func (t *Table) Party(c Class) reach.Party {
	if int(c) < len(t.outside) {
		return t.outside[c].party
	}
	return reach.At(t.classes[c].members[0])
}

// ClassOf is the class of an endpoint, and whether it is one of the snapshot.
func (t *Table) ClassOf(endpoint ref.ID) (Class, bool) {
	c, ok := t.class[endpoint]
	return c, ok
}

// Packets is a set by its number.
func (t *Table) Packets(s Set) netset.Bounds {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sets[s]
}

// Pair is what connects two endpoints, nothing if one is not of the snapshot.
func (t *Table) Pair(from, to ref.ID) netset.Bounds {
	f, ok1 := t.class[from]
	o, ok2 := t.class[to]
	if !ok1 || !ok2 {
		return netset.Bounds{}
	}
	return t.Packets(t.Between(f, o))
}

// Edges are all edges, by start and then by end.
func (t *Table) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		var row []Edge
		for c := range Class(len(t.classes)) {
			row = t.appendFrom(row[:0], c)
			for _, e := range row {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Effort is how many pairs, or rows of neighbours that are alike, the table holds
// of what groups let pass, before places are joined with them, and how many steps it took to find them. Both depend on
// the snapshot only.
func (t *Table) Effort() (arcs, steps int) {
	for z := range t.arcs {
		for r := range t.arcs[z] {
			arcs += len(t.arcs[z][r].to)
		}
	}
	return arcs, t.steps
}
