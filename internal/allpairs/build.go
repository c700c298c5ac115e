package allpairs

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// builder makes a table: interfaces, their places, ways between places, sides of
// groups, what groups let pass between those.
type builder struct {
	network *reach.Network
	s       *topo.Snapshot
	terrain *terrain
	outside []outsider

	recs  []rec
	first []int32 // by party: its first interface; one more at the end

	zones   []zone
	zoneIDs map[zoneKey]int32
	places  []place
	subnets []subnetClass
	traits  []reach.Traits
	wide    map[string]int32 // address sets of several atoms
	filters []filter

	mu    sync.Mutex
	ways  []reach.Way
	byWay map[string]int32

	passes *sets
	tests  []test
	testID map[testKey]int32
	sigs   []sig
}

// rec is an interface, or hosts outside, in one family.
type rec struct {
	party             int32 // outside first, then endpoints
	zone, net, subnet int32 // net is the subnet's name, subnet its class
	traits, wayAddrs  int32
	filter            int32
	place             int32
	sig               int32
	addrs             netset.Addrs
}

func (b *builder) party(i int32) reach.Party {
	if int(i) < len(b.outside) {
		return b.outside[i].party
	}
	return reach.At(b.s.Endpoints[int(i)-len(b.outside)].ID)
}

func (b *builder) endpoint(i int32) *topo.Endpoint {
	if int(i) < len(b.outside) {
		return nil
	}
	return &b.s.Endpoints[int(i)-len(b.outside)]
}

// iface is an interface as package reach knows it.
func (b *builder) iface(i int32) reach.Interface {
	r := &b.recs[i]
	return b.network.Interfaces(b.party(r.party))[i-b.first[r.party]]
}

// collect lists the interfaces.
func (b *builder) collect() {
	type class struct{ vpc, key string }
	zones, nets := map[zoneKey]int32{}, map[ref.ID]int32{}
	classes, classOf := map[class]int32{}, map[[2]ref.ID]int32{}
	traits, filters := map[reach.Traits]int32{}, map[string]int32{}
	b.zoneIDs, b.wide = zones, map[string]int32{}
	b.filters = []filter{b.open()}
	count := len(b.outside) + len(b.s.Endpoints)
	b.recs, b.first = make([]rec, 0, 2*count), make([]int32, 0, count+1)
	for i := range int32(count) {
		b.first = append(b.first, int32(len(b.recs)))
		e, f := b.endpoint(i), int32(0)
		if e == nil && !b.outside[i].even {
			continue // asked about as a whole
		}
		for j, x := range b.network.Interfaces(b.party(i)) {
			if e != nil && j == 0 {
				f = 1 + number(filters, b.filterKey(e))
				if int(f) == len(b.filters) {
					b.filters = append(b.filters, b.filterOf(e))
				}
			}
			zk := zoneKey{x.VPC(), e == nil, x.Family()}
			z := number(zones, zk)
			if int(z) == len(b.zones) {
				b.zones = append(b.zones, zone{zoneKey: zk})
			}
			at := [2]ref.ID{x.VPC(), x.Subnet()}
			c, ok := classOf[at]
			if !ok {
				c = number(classes, class{string(at[0]), b.terrain.subnet(at[1])})
				classOf[at] = c
				if int(c) == len(b.subnets) {
					b.subnets = append(b.subnets, subnetClass{vpc: at[0], reps: [2]int32{-1, -1}})
				}
			}
			tr := b.network.Traits(x)
			t := number(traits, tr)
			if int(t) == len(b.traits) {
				b.traits = append(b.traits, tr)
			}
			addrs := x.Addrs()
			if e == nil {
				first, _ := addrs.First() // it stands for all
				addrs = netset.Addr(first)
			}
			b.recs = append(b.recs, rec{party: i, zone: z, net: number(nets, at[1]), subnet: c, traits: t, filter: f,
				wayAddrs: b.wayAddrs(x.Family(), addrs), addrs: addrs})
		}
	}
	b.first = append(b.first, int32(len(b.recs)))
}

// filter is the groups of endpoints.
type filter struct {
	in, out compiled
	held    []holding
	wild    bool   // it may hold any other group
	rules   int    // both ways
	egress  string // equal for filters with the same outbound rules
}

type holding struct {
	group ref.ID
	holds fact.Tri
}

// compiled is one direction of a filter: numbers of sets and tests.
type compiled struct {
	everybody int32
	rules     []compiledRule
}

type compiledRule struct{ test, ports int32 }

// filterKey is equal for endpoints that hold the same groups.
func (b *builder) filterKey(e *topo.Endpoint) string {
	var k strings.Builder
	k.WriteByte('0' + byte(e.Unfiltered))
	k.WriteByte('0' + byte(fact.Of(b.network.GroupsUnknown(e))))
	switch e.Kind {
	case topo.FunctionEndpoint:
		k.WriteByte('f')
	case topo.BalancerEndpoint:
		k.WriteByte('b')
	}
	for _, l := range e.Groups.List {
		k.WriteByte(0)
		k.WriteByte('0' + byte(l.Exists))
		k.WriteString(string(l.ID))
	}
	return k.String()
}

// open is the filter of hosts outside.
func (b *builder) open() filter {
	all := compiled{everybody: everything}
	return filter{in: all, out: all}
}

func (b *builder) filterOf(e *topo.Endpoint) filter {
	in, out := b.network.Filter(e, true), b.network.Filter(e, false)
	f := filter{in: b.compile(in), out: b.compile(out), wild: b.network.GroupsUnknown(e) && e.Unfiltered != fact.Yes, rules: len(in.Rules) + len(out.Rules)}
	for _, l := range e.Groups.List {
		f.held = append(f.held, holding{l.ID, l.Exists})
	}
	f.egress = fmt.Sprint(f.out)
	return f
}

func (b *builder) compile(f reach.Filter) compiled {
	c := compiled{everybody: b.passes.intern(filtered{Bounds: f.Everybody})}
	for _, r := range f.Rules {
		c.rules = append(c.rules, compiledRule{b.test(r.Peer), b.passes.intern(filtered{Bounds: r.Ports})})
	}
	return c
}

// link is the ways from one zone to another.
type link struct {
	to   int32
	ways []int32 // by place from and place to; 0 if nothing passes
	// refs are the values of reach.Way.Refs that are met.
	refs [3]bool
}

// connect finds the ways between all zones.
func (b *builder) connect() {
	b.ways, b.byWay = []reach.Way{{}}, map[string]int32{}
	parallel(len(b.zones), func() func(int) {
		return func(z int) { b.connectFrom(int32(z)) }
	})
}

func (b *builder) connectFrom(z int32) {
	from := &b.zones[z]
	ends := make([]reach.Interface, len(from.places))
	leaves := false
	for i, p := range from.places {
		ends[i] = b.iface(b.places[p].rep)
		leaves = leaves || b.places[p].leaves
	}
	known := map[string]int32{}
	for o := range b.zones {
		to := &b.zones[o]
		if from.family != to.family || from.outside && to.outside {
			continue
		}
		same := fact.No
		if !from.outside && !to.outside {
			same = b.network.OneVPC(from.vpc, to.vpc)
		}
		apart := same == fact.No && !from.outside && !to.outside
		if apart && !leaves {
			continue
		}
		l := &link{to: int32(o), ways: make([]int32, len(from.places)*len(to.places))}
		some := false
		for j, q := range to.places {
			end := b.iface(b.places[q].rep)
			for i, p := range from.places {
				if apart && !b.places[p].leaves {
					continue
				}
				w := b.network.Way(ends[i], end)
				if w.Packets.Maybe.IsEmpty() {
					continue
				}
				if same == fact.Yes {
					w.Refs = fact.Yes // rules of one VPC may always name its groups
				}
				l.ways[i*len(to.places)+j] = b.way(w, known)
				l.refs[w.Refs], some = true, true
			}
		}
		if some {
			from.links = append(from.links, l)
		}
	}
}

// way interns a way; known are those that the caller had before.
func (b *builder) way(w reach.Way, known map[string]int32) int32 {
	key := fmt.Sprint(w.Refs, w.Cut, w.Hard) + w.Packets.Sure.Key() + separator + w.Packets.Maybe.Key()
	if id, ok := known[key]; ok {
		return id
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	id, ok := b.byWay[key]
	if !ok {
		id = int32(len(b.ways))
		b.ways, b.byWay[key] = append(b.ways, w), id
	}
	known[key] = id
	return id
}

// link is the ways between two zones, or nil.
func (z *zone) link(to int32) *link {
	i, ok := slices.BinarySearchFunc(z.links, to, func(l *link, to int32) int { return int(l.to) - int(to) })
	if !ok {
		return nil
	}
	return z.links[i]
}

// parallel does n jobs on all processors; start gives each worker its own hand.
func parallel(n int, start func() func(int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			work := start()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wait.Wait()
}
