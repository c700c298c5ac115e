package reach

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// hostsOf are the ends that a party may have in a world.
func (w *walker) hostsOf(p Party, f topo.Family) []host {
	var out []host
	if p.Endpoint == "" {
		for _, a := range outside {
			if a.Is4() == (f == topo.IPv4) {
				out = append(out, host{addr: a, nic: nic{family: f}})
			}
		}
		return out
	}
	for _, l := range w.s.Endpoint(p.Endpoint).Subnets.List {
		n := nic{p.Endpoint, l.ID, f}
		if a, ok := w.addr[n]; ok {
			out = append(out, host{n, a})
		}
	}
	return out
}

// clientPorts are samples of the range of a client.
func (w *walker) clientPorts(h host) []uint16 {
	lo, hi := uint16(1024), uint16(65535)
	if !h.outside() {
		switch w.s.Endpoint(h.ep).Kind {
		case topo.HostEndpoint:
			lo, hi = 32768, 60999
		case topo.TaskEndpoint:
			lo = 32768
		}
	}
	var out []uint16
	for _, p := range wideSamples {
		if p >= lo && p <= hi {
			out = append(out, p)
		}
	}
	return out
}

// verdict is what the walker finds for a packet between two parties.
type verdict struct {
	forward  bool // it arrives by some pair of interfaces
	whole    bool // by some pair, whatever port the client takes, a reply comes back
	sometime bool // by some pair, for some port, a reply comes back
}

// tally counts what was met, so that a narrow draw does not go unseen.
type tally struct {
	packets, holes   int
	skipped          int // translated within the estate
	peered           int // arrived by a peering of transit gateways
	passed           map[topo.Family]int
	stopped          map[GateKind]int
	sure, open, flap int
	across           map[topo.RouteTarget]int
}

func newTally() *tally {
	return &tally{passed: map[topo.Family]int{}, stopped: map[GateKind]int{}, across: map[topo.RouteTarget]int{}}
}

func (w *walker) walk(from, to Party, p packet, t *tally) verdict {
	var v verdict
	for _, f := range families {
		for _, a := range w.hostsOf(from, f) {
			for _, b := range w.hostsOf(to, f) {
				all, some := true, false
				for _, port := range w.clientPorts(a) {
					p.client = port
					w.any = false
					forward, both := w.connects(a, b, p)
					v.forward = v.forward || forward
					if !both && forward {
						w.any = true
						_, again := w.connects(a, b, p)
						some = some || again
					}
					all, some = all && both, some || both
					if !forward {
						break
					}
					if p.proto != netset.ProtoTCP && p.proto != netset.ProtoUDP {
						break
					}
				}
				v.whole, v.sometime = v.whole || all, v.sometime || some
				if all {
					t.passed[f]++
					if !a.outside() && (b.outside() || w.vpc(a) != w.vpc(b)) {
						t.across[w.lookup(a.subnet, b.addr).Kind]++
					}
				} else {
					t.stopped[w.stop]++
				}
				if some && !all {
					t.flap++
				}
			}
		}
	}
	return v
}

func parties(s *topo.Snapshot) []Party {
	out := []Party{Outside(netset.Addr(outside...))}
	for _, e := range s.Endpoints {
		out = append(out, At(e.ID))
	}
	return out
}

func has(p netset.Ports, x packet) bool { return p.Contains(x.proto, x.low) }

// With nothing unknown, both bounds are what the walker finds. With unknown
// facts and addresses, what is sure passes in every world that is drawn, and
// what passes in one is possible.
func TestConnectAgreesWithWalker(t *testing.T) {
	exact, blurred := newTally(), newTally()
	for seed := int64(0); exact.packets < 500_000; seed++ {
		d := &drawer{Rand: rand.New(rand.NewSource(seed))}
		checkExact(t, d, seed, exact)
	}
	for seed := int64(0); blurred.packets < 500_000; seed++ {
		d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: true}
		checkBounds(t, d, seed, blurred)
	}
	for _, x := range []*tally{exact, blurred} {
		for k := GateGroupOut; k <= GateReplyACLIn; k++ {
			if k != GatePublicAddress && k != GateBlockPublic && x.stopped[k] < 200 {
				t.Errorf("only %d packets were stopped by %v", x.stopped[k], k)
			}
		}
		for _, f := range families {
			if x.passed[f] < 2000 {
				t.Errorf("only %d packets of family %d passed", x.passed[f], f)
			}
		}
		for _, k := range []topo.RouteTarget{topo.ToInternet, topo.ToEgressOnly, topo.ToNAT, topo.ToPeering, topo.ToTransit} {
			if x.across[k] < 100 {
				t.Errorf("only %d packets passed over route target %d", x.across[k], k)
			}
		}
		if x == exact && x.peered < 100 {
			t.Errorf("only %d packets arrived by a peering of transit gateways", x.peered)
		}
		if x.flap < 40 {
			t.Errorf("only %d connections worked by chance", x.flap)
		}
	}
	if blurred.sure < 5000 || blurred.open < 5000 || blurred.holes < 1500 {
		t.Errorf("%d sure and %d open answers over %d unknown facts: the draw is too narrow", blurred.sure, blurred.open, blurred.holes)
	}
	if exact.skipped > exact.packets/20 {
		t.Errorf("%d packets of %d are not modelled", exact.skipped, exact.packets)
	}
	t.Logf("exact %+v\nblurred %+v", *exact, *blurred)
}

func checkExact(t *testing.T, d *drawer, seed int64, x *tally) {
	w := d.world(d.network())
	n := New(w.s)
	for _, from := range parties(w.s) {
		for _, to := range parties(w.s) {
			a := n.Connect(from, to, netset.AllPorts())
			for _, p := range packets {
				x.packets++
				before, peered := w.translated, w.peered
				v := w.walk(from, to, p, x)
				if v.forward && w.peered > peered {
					x.peered++
				}
				if w.translated > before {
					x.skipped++
					continue
				}
				if has(a.Packets.Sure, p) != v.whole || has(a.Packets.Maybe, p) != v.sometime || has(a.Forward.Sure, p) != v.forward || has(a.Forward.Maybe, p) != v.forward {
					t.Fatalf("seed %d: %s to %s, packet %v: the walker says %+v, the bounds %v %v, forward %v %v\n%s", seed, n.partyName(from), n.partyName(to), p, v,
						has(a.Packets.Sure, p), has(a.Packets.Maybe, p), has(a.Forward.Sure, p), has(a.Forward.Maybe, p), show(n.Connect(from, to, one(p))))
				}
			}
		}
	}
}

func checkBounds(t *testing.T, d *drawer, seed int64, x *tally) {
	s := d.network()
	x.holes += d.holes
	n := New(s)
	answers := map[[2]ref.ID]Answer{}
	for _, from := range parties(s) {
		for _, to := range parties(s) {
			answers[[2]ref.ID{from.Endpoint, to.Endpoint}] = n.Connect(from, to, netset.AllPorts())
		}
	}
	for range 2 {
		w := d.world(s)
		for _, from := range parties(s) {
			for _, to := range parties(s) {
				a := answers[[2]ref.ID{from.Endpoint, to.Endpoint}]
				for _, p := range packets {
					x.packets++
					v := w.walk(from, to, p, x)
					sure, maybe := has(a.Packets.Sure, p), has(a.Packets.Maybe, p)
					switch {
					case sure:
						x.sure++
					case maybe:
						x.open++
					}
					if sure && !v.whole || v.sometime && !maybe || has(a.Forward.Sure, p) && !v.forward || v.forward && !has(a.Forward.Maybe, p) {
						t.Fatalf("seed %d: %s to %s, packet %v: in a world the walker says %+v, the bounds %v %v, forward %v %v\n%s", seed, n.partyName(from), n.partyName(to), p, v,
							sure, maybe, has(a.Forward.Sure, p), has(a.Forward.Maybe, p), show(n.Connect(from, to, one(p))))
					}
				}
			}
		}
	}
}

// one is the set of one packet.
func one(p packet) netset.Ports {
	switch p.proto {
	case netset.ProtoTCP:
		return netset.TCP(p.low, p.low)
	case netset.ProtoUDP:
		return netset.UDP(p.low, p.low)
	case netset.ProtoICMP:
		return netset.ICMP(int(p.low>>8), int(p.low&0xff))
	case netset.ProtoICMPv6:
		return netset.ICMPv6(int(p.low>>8), int(p.low&0xff))
	}
	return netset.Protocol(p.proto)
}

// show prints a trail for failures.
func show(a Answer) string {
	out := fmt.Sprintf("%v -> %v: %v; forward %v\n", a.From, a.To, a.Packets, a.Forward)
	for _, s := range a.Trail {
		out += fmt.Sprintf("  %v at %s: %v: %s\n", s.Gate, s.At, s.Passes, s.Why)
		for _, r := range s.Rules {
			out += "    " + r.Text + "\n"
		}
	}
	for _, g := range a.Gaps {
		out += "  missing: " + g.Text + "\n"
	}
	return out
}
