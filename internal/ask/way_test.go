package ask

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
)

// universe is few enough ports that every set of them can be tried.
const universe = 4

func drawSet(t *rapid.T, label string) uint { return rapid.UintMax(1<<universe-1).Draw(t, label) }

func portsOf(set uint) netset.Ports {
	out := netset.NoPorts()
	for i := range uint16(universe) {
		if set>>i&1 == 1 {
			out = out.Union(netset.TCP(100+2*i, 100+2*i))
		}
	}
	return out
}

func drawBounds(t *rapid.T, label string) (sure, maybe uint) {
	sure = drawSet(t, label+" sure")
	if rapid.Bool().Draw(t, label+" is exact") {
		return sure, sure
	}
	return sure, sure | drawSet(t, label+" maybe")
}

// within tries every set between two bounds.
func within(sure, maybe uint, try func(uint)) {
	for set := range uint(1 << universe) {
		if set&sure == sure && set&^maybe == 0 {
			try(set)
		}
	}
}

// A way works if it does whatever the unknown ports and rules are. The slow
// twin tries them all: the ports that the load balancer sends to, of which
// there is at least one, and the packets that get there.
func TestWaysAgreeWithTrial(t *testing.T) {
	var seen [3]int
	dropped := 0
	rapid.Check(t, func(rt *rapid.T) {
		targetSure, targetMaybe := drawBounds(rt, "target")
		passSure, passMaybe := drawBounds(rt, "passes")
		asked := drawSet(rt, "asked")
		open := netset.Exactly(portsOf(1))
		e := reach.Entry{
			Exists: fact.Tri(rapid.IntRange(0, 2).Draw(rt, "exists")), FrontPorts: open, Front: reach.Answer{Packets: open},
			TargetPorts: netset.Bounds{Sure: portsOf(targetSure), Maybe: portsOf(targetMaybe)},
			Back:        reach.Answer{Packets: netset.Bounds{Sure: portsOf(passSure), Maybe: portsOf(passMaybe)}},
		}
		works, fails := false, false
		within(targetSure, targetMaybe, func(target uint) {
			if target == 0 && targetMaybe != 0 {
				return
			}
			within(passSure, passMaybe, func(pass uint) {
				if target&pass&asked != 0 {
					works = true
				} else {
					fails = true
				}
			})
		})
		want := fact.Unknown
		if !works {
			want = fact.No
		} else if !fails {
			want = fact.Yes
		}
		want = want.And(e.Exists)

		w, leads := wayOf(e, question.Question{HasPorts: true}, portsOf(asked))
		if !leads {
			if targetMaybe&asked != 0 {
				rt.Fatal("a way to an asked port is dropped")
			}
			dropped++
			return
		}
		if w.Works != want {
			rt.Fatalf("target %b-%b, passes %b-%b, asked %b, exists %v: got %v, want %v", targetSure, targetMaybe, passSure, passMaybe, asked, e.Exists, w.Works, want)
		}
		seen[want]++
	})
	for v, n := range seen {
		if n == 0 {
			t.Errorf("no draw was %v", fact.Tri(v))
		}
	}
	if dropped == 0 {
		t.Error("no way was dropped")
	}
}
