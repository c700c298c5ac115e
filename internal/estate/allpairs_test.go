package estate

import (
	"testing"

	"github.com/muralla-net/muralla/internal/allpairs"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
)

// The table of all pairs of a stack has the answers that package reach gives one
// by one. Of stacks with very many pairs some are compared.
func TestAllPairsOfStacks(t *testing.T) {
	dir := corpus(t)
	if dir == "" {
		return
	}
	const most = 300 // pairs of a stack
	pairs, connected, open, hosts := 0, 0, 0, 0
	for _, r := range index(t, dir, corpusKinds...) {
		for _, paths := range r.estates {
			if len(paths) == 0 {
				continue
			}
			e, _, err := Open(paths, Options{Root: rootOf(paths[0], dir)})
			if err != nil {
				continue // TestCorpusStacks knows which
			}
			n := reach.New(e.Snapshot)
			table := allpairs.Of(n, allpairs.Options{})
			count := table.Len() * table.Len()
			step := 1 + count/most
			for at := 0; at < count; at += step {
				from, to := allpairs.Class(at/table.Len()), allpairs.Class(at%table.Len())
				want := n.Connect(table.Party(from), table.Party(to), netset.AllPorts()).Packets
				if got := table.Packets(table.Between(from, to)); !got.Equal(want) {
					t.Fatalf("%s: from %v to %v is connected by\n%v, want\n%v", paths[0], table.Party(from), table.Party(to), got, want)
				}
				pairs++
				if !want.Maybe.IsEmpty() {
					connected++
					if table.Party(from).Endpoint == "" || table.Party(to).Endpoint == "" {
						hosts++
					}
				}
				if !want.IsExact() {
					open++
				}
			}
		}
	}
	t.Logf("%d pairs, %d connected, %d not exactly known, %d with hosts outside", pairs, connected, open, hosts)
	if pairs < 10_000 || connected < 1000 || open < 500 || hosts < 500 {
		t.Errorf("%d pairs, %d connected, %d not exactly known, %d with hosts outside: too few", pairs, connected, open, hosts)
	}
}
