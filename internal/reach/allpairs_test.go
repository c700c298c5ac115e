package reach_test

import (
	"testing"

	"github.com/muralla-net/muralla/internal/allpairs"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
)

// twin compares every answer of a table with that of Connect, and counts what it
// meets.
type twin struct {
	pairs, edges, open, across, hosts, joined int
}

func (x *twin) compare(t *testing.T, n *reach.Network, seed int64) {
	t.Helper()
	table := allpairs.Of(n, allpairs.Options{})
	edges := map[[2]allpairs.Class]allpairs.Set{}
	last := [2]allpairs.Class{-1, -1}
	for e := range table.Edges() {
		at := [2]allpairs.Class{e.From, e.To}
		if e.Set == 0 || at[0] < last[0] || at[0] == last[0] && at[1] <= last[1] {
			t.Fatalf("seed %d: edge %v after %v", seed, e, last)
		}
		edges[at], last = e.Set, at
	}
	members := func(c allpairs.Class) []reach.Party {
		list := table.Members(c)
		if len(list) == 0 {
			return []reach.Party{table.Party(c)}
		}
		x.joined += len(list) - 1
		out := make([]reach.Party, len(list))
		for i, id := range list {
			out[i] = reach.At(id)
		}
		return out
	}
	for from := range allpairs.Class(table.Len()) {
		for to := range allpairs.Class(table.Len()) {
			set := table.Between(from, to)
			if set != edges[[2]allpairs.Class{from, to}] {
				t.Fatalf("seed %d: from %v to %v passes set %d, the edges say %d", seed, table.Party(from), table.Party(to), set, edges[[2]allpairs.Class{from, to}])
			}
			got := table.Packets(set)
			for _, a := range members(from) {
				for _, b := range members(to) {
					want := n.Connect(a, b, netset.AllPorts())
					if !got.Equal(want.Packets) {
						t.Fatalf("seed %d: %v to %v is connected by\n%v, want\n%v", seed, a, b, got, want.Packets)
					}
					x.count(n, a, b, want)
				}
			}
		}
	}
}

func (x *twin) count(n *reach.Network, a, b reach.Party, want reach.Answer) {
	x.pairs++
	if want.Packets.Maybe.IsEmpty() {
		return
	}
	x.edges++
	if !want.Packets.IsExact() {
		x.open++
	}
	vpc := func(id ref.ID) ref.ID {
		if e := n.Snapshot().Endpoint(id); e != nil {
			return e.VPC
		}
		return ""
	}
	switch {
	case a.Endpoint == "" || b.Endpoint == "":
		x.hosts++
	case vpc(a.Endpoint) != vpc(b.Endpoint):
		x.across++
	}
}

// The table of a drawn network has the answers that Connect gives pair by pair,
// and its edges are the pairs of which they are not empty.
func TestAllPairsAgreeWithConnect(t *testing.T) {
	for _, unknown := range []bool{false, true} {
		x := &twin{}
		for seed := range int64(60) {
			x.compare(t, reach.New(reach.Draw(seed, unknown)), seed)
		}
		t.Logf("unknown facts %v: %+v", unknown, *x)
		if x.pairs < 5000 || x.edges < 300 || x.hosts < 150 || x.across < 60 || unknown && x.open < 300 {
			t.Errorf("unknown facts %v: the draw is too narrow: %+v", unknown, *x)
		}
	}
}
