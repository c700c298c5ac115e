package allpairs_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/muralla-net/muralla/internal/allpairs"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/scale"
)

// BenchmarkTable makes the table of large networks and goes over all its edges.
// peak-MB is the most memory that the process held, with the network and whatever
// ran before.
func BenchmarkTable(b *testing.B) {
	for _, p := range []scale.Plan{
		{VPCs: 5, Groups: 1_000, Interfaces: 10_000},
		{VPCs: 12, Groups: 2_500, Interfaces: 25_000},
		{VPCs: 25, Groups: 5_000, Interfaces: 50_000},
		{VPCs: 50, Groups: 10_000, Interfaces: 100_000},
		{VPCs: 5, Groups: 1_000, Interfaces: 10_000, Scattered: true},
		{VPCs: 50, Groups: 10_000, Interfaces: 100_000, Scattered: true},
	} {
		kind := "typical"
		if p.Scattered {
			kind = "scattered"
		}
		b.Run(fmt.Sprintf("%s/%d", kind, p.Interfaces), func(b *testing.B) {
			n := reach.New(p.Snapshot())
			runtime.GC()
			b.ReportAllocs()
			before, rounds := used(b), 0.0
			var classes, edges, arcs int
			for b.Loop() {
				t := allpairs.Of(n, allpairs.Options{})
				classes, edges = t.Len(), 0
				arcs, _ = t.Effort()
				for range t.Edges() {
					edges++
				}
				rounds++
			}
			b.ReportMetric(float64(classes), "classes")
			b.ReportMetric(float64(arcs), "arcs")
			b.ReportMetric(float64(edges), "edges")
			after := used(b)
			b.ReportMetric((seconds(after)-seconds(before))/rounds, "cpu-s")
			b.ReportMetric(float64(before.Maxrss)/1024, "peak-before-MB")
			b.ReportMetric(float64(after.Maxrss)/1024, "peak-MB")
		})
	}
}

// used is what the process has used: on a machine that is shared, its seconds on
// processors tell more than the clock.
func used(b *testing.B) (use syscall.Rusage) {
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return use
}

func seconds(use syscall.Rusage) float64 {
	return float64(use.Utime.Sec+use.Stime.Sec) + float64(use.Utime.Usec+use.Stime.Usec)/1e6
}

// BenchmarkPair asks for one pair of a table that is there.
func BenchmarkPair(b *testing.B) {
	s := scale.Plan{VPCs: 50, Groups: 10_000, Interfaces: 100_000}.Snapshot()
	t := allpairs.Of(reach.New(s), allpairs.Options{})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		t.Pair(s.Endpoints[i%len(s.Endpoints)].ID, s.Endpoints[(i*7919+13)%len(s.Endpoints)].ID)
		i++
	}
}
