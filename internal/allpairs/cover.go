package allpairs

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// test is what a rule asks of the other side.
type test struct {
	testKey
	peer  *topo.Peer
	addrs netset.Addrs // of a prefix
}

type testKind uint8

const (
	testPrefix testKind = iota
	testGroup
	testOther // a range that is not known, a prefix list, or nobody knows what
)

type testKey struct {
	kind   testKind
	prefix netip.Prefix
	id     ref.ID // group or prefix list
	of     ref.ID // the range of a VPC or subnet
	symbol string
	family topo.Family
}

// test numbers the test of a peer.
func (b *builder) test(p *topo.Peer) int32 {
	k := testKey{kind: testOther}
	switch {
	case p.Kind == topo.PeerGroup:
		k = testKey{kind: testGroup, id: p.ID}
	case p.Kind == topo.PeerPrefixList:
		k.id = p.ID
	case p.Kind == topo.PeerBlock && p.Block.Prefix.IsValid():
		k = testKey{kind: testPrefix, prefix: plain(p.Block.Prefix)}
	case p.Kind == topo.PeerBlock:
		k.of, k.symbol, k.family = p.Block.Of, p.Block.Symbol, p.Block.Family
	}
	id := number(b.testID, k)
	if int(id) == len(b.tests) {
		t := test{testKey: k, peer: p}
		if k.kind == testPrefix {
			t.addrs = netset.Prefix(k.prefix)
		}
		b.tests = append(b.tests, t)
	}
	return id
}

// cover is which tests of addresses an interface meets: surely, possibly, and by
// the address that it has.
type cover struct{ yes, maybe, cut []int32 }

// ground is the sides of groups in one zone.
type ground struct {
	filters []int32 // ascending
	covers  []cover
	hits    map[int32]*cover // by test: the covers that meet it

	base    int32   // its first sig
	from    []int32 // by filter (position in filters): its first sig, counted from base; one more at the end
	byCover [][]int32
	holders map[ref.ID][]holder
	wild    []int32 // positions of filters that may hold any group
	spots   []spot
}

// spot is a side of groups, counted from the first of its zone, in a place, by
// its position in the zone.
type spot struct{ sig, place int32 }

type holder struct {
	filter int32 // position in filters
	holds  fact.Tri
}

// sig is interfaces that groups do not tell apart.
type sig struct {
	zone, filter, cover int32
	rep                 int32 // an interface
}

// cover finds the tests that the interfaces of each zone meet, and numbers the
// sides of groups.
func (b *builder) cover() []*ground {
	grounds := make([]*ground, len(b.zones))
	members := make([][]int32, len(b.zones))
	for i := range b.recs {
		members[b.recs[i].zone] = append(members[b.recs[i].zone], int32(i))
	}
	for z := range b.zones {
		grounds[z] = &ground{hits: map[int32]*cover{}, holders: map[ref.ID][]holder{}}
		seen := map[int32]bool{}
		for _, i := range members[z] {
			if f := b.recs[i].filter; !seen[f] {
				seen[f] = true
				grounds[z].filters = append(grounds[z].filters, f)
			}
		}
		slices.Sort(grounds[z].filters)
	}
	asked := make([]map[int32]bool, len(b.zones)) // tests of addresses by zone
	for z := range asked {
		asked[z] = map[int32]bool{}
	}
	for z := range b.zones {
		for _, l := range b.zones[z].links {
			b.ask(asked[z], grounds[l.to].filters, func(f *filter) []compiledRule { return f.in.rules })
			b.ask(asked[l.to], grounds[z].filters, func(f *filter) []compiledRule { return f.out.rules })
		}
	}
	parallel(len(b.zones), func() func(int) {
		return func(z int) { b.coverZone(z, grounds[z], members[z], asked[z]) }
	})
	for z, g := range grounds {
		g.base = int32(len(b.sigs))
		b.number(int32(z), g, members[z])
	}
	return grounds
}

func (b *builder) ask(asked map[int32]bool, filters []int32, rules func(*filter) []compiledRule) {
	for _, f := range filters {
		for _, r := range rules(&b.filters[f]) {
			if b.tests[r.test].kind != testGroup {
				asked[r.test] = true
			}
		}
	}
}

// coverZone gives the interfaces of a zone their covers, in rec.sig for now.
func (b *builder) coverZone(z int, g *ground, members []int32, asked map[int32]bool) {
	family := b.zones[z].family
	var plainTests, others []int32
	var ranges []netip.Prefix
	byPrefix := map[netip.Prefix]int32{}
	for t := range asked {
		if x := &b.tests[t]; x.kind == testOther {
			others = append(others, t)
			ranges = append(ranges, b.rangesOf(x)...)
		} else if x.prefix.Addr().Is4() == (family == topo.IPv4) {
			plainTests = append(plainTests, t)
			byPrefix[x.prefix] = t
			ranges = append(ranges, x.prefix)
		}
	}
	slices.Sort(plainTests)
	slices.Sort(others)
	trees := newGrove(ranges)[family]
	type where struct {
		atom, net int32
		addrs     string
	}
	known, ids := map[where]int32{}, map[string]int32{}
	for _, i := range members {
		r := &b.recs[i]
		at := where{atom: -1}
		atom, whole := trees.atom(r.addrs)
		if whole {
			at.atom = int32(atom)
		} else {
			at.addrs = r.addrs.Key()
		}
		if len(others) > 0 {
			at.net = r.net
		}
		id, ok := known[at]
		if !ok {
			var c cover
			if whole {
				trees.holders(atom, func(p int32) {
					if t, ok := byPrefix[trees.prefixes[p]]; ok {
						c.yes = append(c.yes, t)
					}
				})
			} else {
				for _, t := range plainTests {
					switch {
					case b.tests[t].addrs.Covers(r.addrs):
						c.yes = append(c.yes, t)
					case b.tests[t].addrs.Overlaps(r.addrs):
						c.cut = append(c.cut, t)
					}
				}
			}
			if len(others) > 0 {
				c.others(b, i, others)
			}
			id = number(ids, c.key(r.addrs))
			if int(id) == len(g.covers) {
				g.covers = append(g.covers, c)
			}
			known[at] = id
		}
		r.sig = id
	}
	for id, c := range g.covers {
		for k, list := range [][]int32{c.yes, c.maybe, c.cut} {
			for _, t := range list {
				h := g.hits[t]
				if h == nil {
					h = &cover{}
					g.hits[t] = h
				}
				into := [...]*[]int32{&h.yes, &h.maybe, &h.cut}[k]
				*into = append(*into, int32(id))
			}
		}
	}
}

// others adds the tests that package reach answers.
func (c *cover) others(b *builder, i int32, tests []int32) {
	x := b.iface(i)
	for _, t := range tests {
		switch got, depends := b.network.Means(b.tests[t].peer, x); {
		case got == fact.Yes:
			c.yes = append(c.yes, t)
		case got == fact.Unknown && depends:
			c.cut = append(c.cut, t)
		case got == fact.Unknown:
			c.maybe = append(c.maybe, t)
		}
	}
}

// key is equal for covers with the same tests; where the address decides, it
// holds the addresses, too.
func (c *cover) key(addrs netset.Addrs) string {
	var k []byte
	for _, list := range [][]int32{c.yes, c.maybe, c.cut} {
		slices.Sort(list)
		for _, t := range list {
			k = binary.BigEndian.AppendUint32(k, uint32(t))
		}
		k = append(k, separator...)
	}
	if len(c.cut) > 0 {
		k = append(k, addrs.Key()...)
	}
	return string(k)
}

// has answers whether a test is met, and whether by the address.
func (c *cover) has(t int32) (got fact.Tri, depends bool) {
	if _, ok := slices.BinarySearch(c.yes, t); ok {
		return fact.Yes, false
	}
	if _, ok := slices.BinarySearch(c.cut, t); ok {
		return fact.Unknown, true
	}
	if _, ok := slices.BinarySearch(c.maybe, t); ok {
		return fact.Unknown, false
	}
	return fact.No, false
}

// rangesOf are the prefixes on which another test depends.
func (b *builder) rangesOf(t *test) (out []netip.Prefix) {
	blocks := func(list []topo.Block) {
		for _, x := range list {
			if x.Prefix.IsValid() {
				out = append(out, x.Prefix)
			}
		}
	}
	if l := b.s.PrefixList(t.id); l != nil {
		out = append(out, l.Addrs.Prefixes()...)
	}
	if v := b.s.VPC(t.of); v != nil {
		blocks(v.Blocks)
	}
	if n := b.s.Subnet(t.of); n != nil {
		blocks(n.Blocks)
	}
	return out
}

// number gives the sides of groups in a zone their numbers, by filter and cover.
func (b *builder) number(z int32, g *ground, members []int32) {
	reps := map[[2]int32]int32{}
	var list [][2]int32
	for _, i := range members {
		k := [2]int32{b.recs[i].filter, b.recs[i].sig}
		if _, ok := reps[k]; !ok {
			reps[k] = i
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(x, y [2]int32) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	ids := make(map[[2]int32]int32, len(list))
	g.byCover = make([][]int32, len(g.covers))
	for i, k := range list {
		ids[k] = g.base + int32(i)
		if i == 0 || list[i-1][0] != k[0] {
			g.from = append(g.from, int32(i))
		}
		g.byCover[k[1]] = append(g.byCover[k[1]], int32(i))
		b.sigs = append(b.sigs, sig{zone: z, filter: k[0], cover: k[1], rep: reps[k]})
	}
	g.from = append(g.from, int32(len(list)))
	seen := map[spot]bool{}
	for _, i := range members {
		r := &b.recs[i]
		r.sig = ids[[2]int32{r.filter, r.sig}]
		if at := (spot{r.sig - g.base, b.places[r.place].nth}); !seen[at] {
			seen[at] = true
			g.spots = append(g.spots, at)
		}
	}
	for i, f := range g.filters {
		for _, h := range b.filters[f].held {
			if h.holds != fact.No {
				g.holders[h.group] = append(g.holders[h.group], holder{int32(i), h.holds})
			}
		}
		if b.filters[f].wild {
			g.wild = append(g.wild, int32(i))
		}
	}
}
