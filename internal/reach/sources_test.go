package reach

import (
	"math/rand"
	"testing"

	"github.com/muralla-net/muralla/internal/netset"
)

// An address is among the sources if and only if it can connect by itself.
func TestInternetSources(t *testing.T) {
	seen := map[[2]bool]int{}
	for seed := range int64(400) {
		d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: true}
		n := New(d.network())
		asked := netset.TCP(80, 80)
		for _, e := range n.Snapshot().Endpoints {
			sure, maybe := n.InternetSources(e.ID, asked)
			if !maybe.Covers(sure) {
				t.Fatalf("seed %d: %s: sure sources are not possible", seed, e.ID)
			}
			for _, a := range outside {
				if !netset.Internet().Contains(a) {
					continue
				}
				p := n.Connect(Outside(netset.Addr(a)), At(e.ID), asked).Packets
				want, got := [2]bool{!p.Sure.IsEmpty(), !p.Maybe.IsEmpty()}, [2]bool{sure.Contains(a), maybe.Contains(a)}
				if got != want {
					t.Fatalf("seed %d: %v to %s: sources say %v, the connection %v", seed, a, e.ID, got, want)
				}
				seen[got]++
			}
		}
	}
	for _, want := range [][2]bool{{true, true}, {false, true}, {false, false}} {
		if seen[want] < 20 {
			t.Errorf("only %d addresses are %v", seen[want], want)
		}
	}
}

// An address is among the targets if and only if it can be connected to by itself.
func TestTargets(t *testing.T) {
	seen := map[[2]bool]int{}
	for seed := range int64(300) {
		d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: true}
		n := New(d.network())
		asked := netset.TCP(443, 443)
		for i, e := range n.Snapshot().Endpoints {
			to := Outside(netset.Internet())
			to.Unlisted = i%2 == 0
			sure, maybe := n.Targets(At(e.ID), to, asked)
			for _, a := range outside {
				if !netset.Internet().Contains(a) {
					continue
				}
				one := Party{Addrs: netset.Addr(a), Unlisted: to.Unlisted}
				p := n.Connect(At(e.ID), one, asked).Packets
				want, got := [2]bool{!p.Sure.IsEmpty(), !p.Maybe.IsEmpty()}, [2]bool{sure.Contains(a), maybe.Contains(a)}
				if got != want {
					t.Fatalf("seed %d: %s to %v: targets say %v, the connection %v", seed, e.ID, a, got, want)
				}
				seen[got]++
			}
		}
	}
	for _, want := range [][2]bool{{true, true}, {false, true}, {false, false}} {
		if seen[want] < 20 {
			t.Errorf("only %d addresses are %v", seen[want], want)
		}
	}
}

// An address is in a class with the packets with which it can connect by itself.
func TestClasses(t *testing.T) {
	seen, several := map[bool]int{}, 0
	for seed := range int64(300) {
		d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: seed%2 == 0}
		n := New(d.network())
		asked := netset.TCP(1, 1024).Union(netset.UDP(53, 53))
		for _, e := range n.Snapshot().Endpoints {
			for _, in := range []bool{true, false} {
				from, to := Outside(netset.Everywhere()), At(e.ID)
				if !in {
					from, to = to, from
				}
				list := n.Classes(from, to, asked)
				if len(list) > 1 {
					several++
				}
				for _, a := range outside {
					from, to := Outside(netset.Addr(a)), At(e.ID)
					if !in {
						from, to = to, from
					}
					want := n.Connect(from, to, asked).Packets
					var got netset.Bounds
					found := 0
					for _, c := range list {
						if c.Addrs.Contains(a) {
							got = c.Packets
							found++
						}
					}
					if found > 1 || !got.Equal(want) {
						t.Fatalf("seed %d: %v and %s, in %v: %d classes say %v, the connection %v", seed, a, e.ID, in, found, got, want)
					}
					seen[want.IsExact() && !want.Sure.IsEmpty()]++
				}
			}
		}
	}
	if seen[true] < 100 || seen[false] < 100 || several < 100 {
		t.Errorf("%v addresses, %d times several classes: the draw is trivial", seen, several)
	}
}
