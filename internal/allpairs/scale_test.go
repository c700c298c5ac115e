package allpairs_test

import (
	"net/netip"
	"testing"

	"github.com/muralla-net/muralla/internal/allpairs"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/scale"
	"github.com/muralla-net/muralla/internal/topo"
)

// crowds are small networks whose endpoints share classes.
var crowds = []scale.Plan{
	{VPCs: 3, Groups: 9, Interfaces: 90},
	{VPCs: 2, Groups: 8, Interfaces: 60, Scattered: true},
}

// Every member of a class has the answers of the class.
func TestMembersAreAlike(t *testing.T) {
	for _, plan := range crowds {
		s := plan.Snapshot()
		n := reach.New(s)
		table := allpairs.Of(n, allpairs.Options{})
		joined, connected := 0, 0
		for i := range s.Endpoints {
			a, _ := table.ClassOf(s.Endpoints[i].ID)
			joined += len(table.Members(a)) - 1
			for j := i % 3; j < len(s.Endpoints); j += 3 {
				got := table.Pair(s.Endpoints[i].ID, s.Endpoints[j].ID)
				want := n.Connect(reach.At(s.Endpoints[i].ID), reach.At(s.Endpoints[j].ID), netset.AllPorts()).Packets
				if !got.Equal(want) {
					t.Fatalf("%+v: %s to %s is connected by %v, want %v", plan, s.Endpoints[i].ID, s.Endpoints[j].ID, got, want)
				}
				if !want.Sure.IsEmpty() {
					connected++
				}
			}
		}
		if !plan.Scattered && joined < 100 || connected < 100 {
			t.Errorf("%+v: %d members share a class, %d pairs are connected: the network is too small", plan, joined, connected)
		}
	}
}

// An endpoint that takes another address of its class, in another subnet if the
// class has one there, changes no answer.
func TestMoveWithinClass(t *testing.T) {
	plan := scale.Plan{VPCs: 3, Groups: 12, Interfaces: 300}
	before := plan.Snapshot()
	old := allpairs.Of(reach.New(before), allpairs.Options{})
	moved, elsewhere := 0, 0
	for c := range allpairs.Class(old.Len()) {
		list := old.Members(c)
		if len(list) < 2 || moved == 12 {
			continue
		}
		moved++
		after := plan.Snapshot()
		from, to := after.Endpoint(list[0]), after.Endpoint(list[len(list)-1])
		if from.Subnets.List[0].ID != to.Subnets.List[0].ID {
			elsewhere++
		}
		from.Subnets, from.Fixed = to.Subnets, beside(to)
		table := allpairs.Of(reach.New(after.Freeze()), allpairs.Options{})
		for i := range before.Endpoints {
			x := before.Endpoints[i].ID
			if !table.Pair(list[0], x).Equal(old.Pair(list[0], x)) || !table.Pair(x, list[0]).Equal(old.Pair(x, list[0])) {
				t.Fatalf("%s moves to the side of %s, and its answers about %s change", list[0], list[len(list)-1], x)
			}
		}
	}
	if moved < 12 || elsewhere < 3 {
		t.Errorf("%d endpoints moved, %d of them to another subnet", moved, elsewhere)
	}
}

// beside is addresses next to those of an endpoint that nobody has.
func beside(e *topo.Endpoint) netset.Addrs {
	var out []netip.Addr
	for _, f := range []netset.Addrs{e.Fixed.V4(), e.Fixed.V6()} {
		a, _ := f.First()
		for range 200 {
			a = a.Next()
		}
		out = append(out, a)
	}
	return netset.Addr(out...)
}

// The same table comes out of every run, though processors share the work.
func TestTableIsDeterministic(t *testing.T) {
	s := scale.Plan{VPCs: 6, Groups: 60, Interfaces: 400}.Snapshot()
	first := allpairs.Of(reach.New(s), allpairs.Options{})
	var edges []allpairs.Edge
	for e := range first.Edges() {
		edges = append(edges, e)
	}
	if len(edges) < 1000 {
		t.Fatalf("only %d edges", len(edges))
	}
	for range 3 {
		again := allpairs.Of(reach.New(s), allpairs.Options{})
		i := 0
		for e := range again.Edges() {
			if i >= len(edges) || e != edges[i] || !again.Packets(e.Set).Equal(first.Packets(e.Set)) {
				t.Fatalf("edge %d is %v", i, e)
			}
			i++
		}
		if i != len(edges) {
			t.Fatalf("%d edges, then %d", len(edges), i)
		}
	}
}

// Steps, allocations and what is held grow with the network or with the answer,
// whichever grows more, and not with the square of the classes.
func TestCostGrowsWithTheAnswer(t *testing.T) {
	for _, scattered := range []bool{false, true} {
		var last struct{ edges, size, steps, arcs, allocs float64 }
		for _, vpcs := range []int{2, 4, 8, 16} {
			n := reach.New(scale.Plan{VPCs: vpcs, Groups: 40 * vpcs, Interfaces: 300 * vpcs, Scattered: scattered}.Snapshot())
			var table *allpairs.Table
			allocs := testing.AllocsPerRun(1, func() { table = allpairs.Of(n, allpairs.Options{}) })
			edges := 0
			for range table.Edges() {
				edges++
			}
			arcs, steps := table.Effort()
			now := last
			now.edges, now.size, now.steps, now.arcs, now.allocs = float64(edges), float64(300*vpcs), float64(steps), float64(arcs), allocs
			t.Logf("scattered %v, %d VPCs: %d classes, %d edges, %d arcs, %d steps, %.0f allocations", scattered, vpcs, table.Len(), edges, arcs, steps, allocs)
			if last.size > 0 {
				grown := max(now.size/last.size, now.edges/last.edges)
				for what, ratio := range map[string]float64{"steps": now.steps / last.steps, "arcs": now.arcs / last.arcs, "allocations": now.allocs / last.allocs} {
					if ratio > 1.3*grown {
						t.Errorf("%d VPCs: network or answer are %.2f times as large, %s are %.2f times as many", vpcs, grown, what, ratio)
					}
				}
			}
			last = now
		}
	}
}
