package reach

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// edited is a copy of a drawn snapshot with one change.
func edited(seed int64, change func(d *drawer, s *topo.Snapshot)) (before, after *topo.Snapshot) {
	draw := func() (*drawer, *topo.Snapshot) {
		d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: true}
		return d, d.network()
	}
	_, before = draw()
	d, after := draw()
	change(d, after)
	return before, after.Freeze()
}

// compare calls visit with the answers of all pairs before and after a change.
func compare(seed int64, change func(d *drawer, s *topo.Snapshot), visit func(from, to Party, a, b Answer)) {
	before, after := edited(seed, change)
	m, n := New(before), New(after)
	for _, from := range parties(before) {
		for _, to := range parties(before) {
			visit(from, to, m.Connect(from, to, netset.AllPorts()), n.Connect(from, to, netset.AllPorts()))
		}
	}
}

const changes = 60

// A rule more never takes a packet away, a group less never lets one in, and
// both change something now and then.
func TestMoreRulesMorePackets(t *testing.T) {
	changed := 0
	for seed := range int64(changes) {
		compare(seed, func(d *drawer, s *topo.Snapshot) {
			g := &s.SecurityGroups[d.Intn(len(s.SecurityGroups))]
			r := d.rule()
			r.Peer = topo.Peer{Kind: topo.PeerBlock, Block: topo.Block{Prefix: pick(d, blocks4)}}
			g.Ingress = append(g.Ingress, r)
		}, func(from, to Party, a, b Answer) {
			if !b.Packets.Sure.Covers(a.Packets.Sure) || !b.Packets.Maybe.Covers(a.Packets.Maybe) || !b.Forward.Maybe.Covers(a.Forward.Maybe) {
				t.Fatalf("seed %d: a rule more takes packets away from %v to %v:\n%s%s", seed, from, to, show(a), show(b))
			}
			if !a.Packets.Equal(b.Packets) {
				changed++
			}
		})
		compare(seed, func(d *drawer, s *topo.Snapshot) {
			if e := &s.Endpoints[d.Intn(len(s.Endpoints))]; len(e.Groups.List) > 0 {
				e.Groups.List = e.Groups.List[1:]
			}
		}, func(from, to Party, a, b Answer) {
			if !a.Packets.Sure.Covers(b.Packets.Sure) || !a.Packets.Maybe.Covers(b.Packets.Maybe) {
				t.Fatalf("seed %d: a group less lets packets in from %v to %v:\n%s%s", seed, from, to, show(a), show(b))
			}
			if !a.Packets.Equal(b.Packets) {
				changed++
			}
		})
	}
	if changed < 100 {
		t.Errorf("only %d answers changed: the draw is too narrow", changed)
	}
}

// What says the same in other words changes nothing: rules in halves, the sides
// of a peering connection swapped, lists in another order.
func TestSameInOtherWords(t *testing.T) {
	passed := 0
	same := func(what string) func(seed int64, from, to Party, a, b Answer) {
		return func(seed int64, from, to Party, a, b Answer) {
			if !a.Packets.Equal(b.Packets) || !a.Forward.Equal(b.Forward) {
				t.Fatalf("seed %d: %s changes %v to %v:\n%s%s", seed, what, from, to, show(a), show(b))
			}
			if !a.Packets.Sure.IsEmpty() {
				passed++
			}
		}
	}
	for _, c := range []struct {
		what   string
		change func(*drawer, *topo.Snapshot)
	}{
		{"a rule in two halves", func(_ *drawer, s *topo.Snapshot) {
			for i := range s.SecurityGroups {
				for _, list := range []*[]topo.Rule{&s.SecurityGroups[i].Ingress, &s.SecurityGroups[i].Egress} {
					var out []topo.Rule
					for _, r := range *list {
						if p := r.Peer.Block.Prefix; r.Peer.Kind == topo.PeerBlock && p.IsValid() && p.Bits() < 24 {
							for _, half := range netset.Prefix(p).Minus(netset.Prefix(pick(&drawer{Rand: rand.New(rand.NewSource(1))}, blocks4))).Prefixes() {
								r := r
								r.Peer.Block.Prefix = half
								out = append(out, r)
							}
							r.Peer.Block.Prefix = p
						}
						out = append(out, r)
					}
					*list = out
				}
			}
		}},
		{"a peering connection the other way round", func(_ *drawer, s *topo.Snapshot) {
			s.Peerings[0].Requester, s.Peerings[0].Accepter = s.Peerings[0].Accepter, s.Peerings[0].Requester
		}},
		{"another order of rules, routes and groups", func(_ *drawer, s *topo.Snapshot) {
			for i := range s.SecurityGroups {
				slices.Reverse(s.SecurityGroups[i].Ingress)
				slices.Reverse(s.SecurityGroups[i].Egress)
			}
			for i := range s.RouteTables {
				slices.Reverse(s.RouteTables[i].Routes)
			}
			for i := range s.Endpoints {
				slices.Reverse(s.Endpoints[i].Groups.List)
			}
			for i := range s.NetworkACLs {
				a := &s.NetworkACLs[i]
				for _, list := range [][]topo.ACLEntry{a.Ingress, a.Egress} {
					for j := range list {
						list[j].Place = ref.Place{File: "moved", Line: j}
					}
				}
			}
		}},
	} {
		check := same(c.what)
		for seed := range int64(changes / 2) {
			compare(seed, c.change, func(from, to Party, a, b Answer) { check(seed, from, to, a, b) })
		}
	}
	if passed < 100 {
		t.Errorf("only %d answers let packets pass: the draw is too narrow", passed)
	}
}

// The trail agrees with the answer: what passes every gate of it is in the
// answer, and an answer that is not "surely all" has a barrier. Unknown answers
// name what is missing.
func TestTrailsExplain(t *testing.T) {
	seen := map[fact.Tri]int{}
	for seed := range int64(changes) {
		d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: true}
		n := New(d.network())
		for _, from := range parties(n.Snapshot()) {
			for _, to := range parties(n.Snapshot()) {
				asked := netset.TCP(80, 80)
				a := n.Connect(from, to, asked)
				got := a.Packets.All(asked)
				seen[got]++
				switch {
				case got != fact.Yes && len(a.Barriers(asked)) == 0 && len(a.Gaps) == 0:
					t.Fatalf("seed %d: no barrier and no gap:\n%s", seed, show(a))
				case got == fact.Unknown && len(a.Gaps) == 0:
					t.Fatalf("seed %d: nothing is missing:\n%s", seed, show(a))
				case got == fact.Yes && len(a.Barriers(asked)) > 0:
					t.Fatalf("seed %d: yes with a barrier:\n%s", seed, show(a))
				}
				for _, s := range a.Trail {
					if !s.Passes.Sure.Covers(asked) && s.Why == "" {
						t.Fatalf("seed %d: a barrier without a reason:\n%s", seed, show(a))
					}
				}
			}
		}
	}
	for _, v := range []fact.Tri{fact.Yes, fact.No, fact.Unknown} {
		if seen[v] < 20 {
			t.Errorf("only %d answers are %v", seen[v], v)
		}
	}
}
