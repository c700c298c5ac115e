package remedy

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// slowWorks asks about each pair of interfaces, one after the other.
func slowWorks(s *topo.Snapshot, from, to ref.ID, ports netset.Ports) fact.Tri {
	n, out := reach.New(s), fact.Yes
	for _, a := range s.Endpoint(from).Subnets.List {
		for _, b := range s.Endpoint(to).Subnets.List {
			out = out.And(n.Connect(reach.Party{Endpoint: from, Subnet: a.ID}, reach.Party{Endpoint: to, Subnet: b.ID}, ports).Packets.All(ports))
			if out == fact.No {
				return out
			}
		}
	}
	return out
}

// slowParties are all endpoints and some single addresses.
func slowParties(s *topo.Snapshot) []reach.Party {
	var out []reach.Party
	for _, e := range s.Endpoints {
		out = append(out, reach.At(e.ID))
	}
	for _, a := range samples {
		out = append(out, reach.Outside(netset.Addr(a)))
	}
	return out
}

// slowOpened is the packets that pass after and not before, pair by pair.
func slowOpened(before, after *topo.Snapshot, from, to ref.ID, ports netset.Ports) map[[2]string]netset.Ports {
	out := map[[2]string]netset.Ports{}
	x, y := reach.New(before), reach.New(after)
	for _, a := range slowParties(before) {
		for _, b := range slowParties(before) {
			p := y.Connect(a, b, netset.AllPorts()).Packets.Maybe.Minus(x.Connect(a, b, netset.AllPorts()).Packets.Maybe)
			if a.Endpoint == from && b.Endpoint == to {
				p = p.Minus(ports)
			}
			if !p.IsEmpty() {
				out[[2]string{nameOf(a), nameOf(b)}] = p
			}
		}
	}
	return out
}

func nameOf(p reach.Party) string { return string(p.Endpoint) + p.Addrs.String() }

// spread is a list of exposures pair by pair, with outside classes as the samples
// in them.
func spread(list []Exposure) map[[2]string]netset.Ports {
	names := func(ps []reach.Party) (out []string) {
		for _, p := range ps {
			if p.Endpoint != "" {
				out = append(out, nameOf(p))
				continue
			}
			for _, a := range samples {
				if p.Addrs.Contains(a) {
					out = append(out, nameOf(reach.Outside(netset.Addr(a))))
				}
			}
		}
		return out
	}
	out := map[[2]string]netset.Ports{}
	for _, e := range list {
		for _, a := range names(e.From) {
			for _, b := range names(e.To) {
				key := [2]string{a, b}
				out[key] = out[key].Union(e.Ports.Maybe)
			}
		}
	}
	return out
}

func samePairs(a, b map[[2]string]netset.Ports) string {
	for k, p := range a {
		if !b[k].Equal(p) {
			return fmt.Sprintf("%v: %v and %v", k, p, b[k])
		}
	}
	for k, p := range b {
		if _, ok := a[k]; !ok {
			return fmt.Sprintf("%v: nothing and %v", k, p)
		}
	}
	return ""
}

// slowEdits are all single edits of the kinds that are candidates, whether they
// make sense or not.
func slowEdits(s *topo.Snapshot, ports netset.Ports) []Edit {
	var out []Edit
	var peers []topo.Peer
	for _, g := range s.SecurityGroups {
		peers = append(peers, topo.Peer{Kind: topo.PeerGroup, ID: g.ID})
	}
	for _, sub := range s.Subnets {
		peers = append(peers, topo.Peer{Kind: topo.PeerBlock, Block: sub.Blocks[0]})
	}
	replies := []netset.Ports{netset.TCP(32768, 60999), netset.TCP(32768, 65535), netset.TCP(1024, 65535)}
	for _, inbound := range []bool{false, true} {
		for _, g := range s.SecurityGroups {
			for _, p := range peers {
				out = append(out, Edit{Action: Add, Thing: g.ID, Inbound: inbound, Rule: &topo.Rule{ID: g.ID, Ports: netset.Exactly(ports), Peer: p, Exists: fact.Yes}})
			}
		}
		for _, a := range s.NetworkACLs {
			for _, sub := range s.Subnets {
				for i, p := range append([]netset.Ports{ports}, replies...) {
					out = append(out, Edit{Action: Add, Thing: a.ID, Inbound: inbound,
						Entry: &topo.ACLEntry{Number: 1 + i, Allow: fact.Yes, Ports: netset.Exactly(p), Block: sub.Blocks[0], Exists: fact.Yes}})
				}
			}
		}
	}
	for i := range s.RouteTables {
		t := &s.RouteTables[i]
		for _, sub := range s.Subnets {
			taken := false
			for _, r := range t.Routes {
				taken = taken || r.Dest.Prefix == sub.Blocks[0].Prefix
			}
			if !taken && sub.VPC != t.VPC {
				out = append(out, Edit{Action: Add, Thing: t.ID, Route: &topo.Route{ID: t.ID, Dest: sub.Blocks[0], Kind: topo.ToPeering, Target: "pcx", Exists: fact.Yes}})
			}
		}
		for j := range t.Routes {
			if t.Routes[j].Kind == topo.ToNowhere {
				out = append(out, Edit{Action: Remove, Thing: t.ID, Route: &t.Routes[j]})
			}
		}
	}
	return out
}

func slowSize(m map[[2]string]netset.Ports) int {
	n := 0
	for _, p := range m {
		n += p.Size()
	}
	return n
}

// What is proposed opens the asked packets; what else opens is the difference of
// all pairs; and no single or double edit does it at lower cost.
func TestOpenAgreesWithTrying(t *testing.T) {
	var asked, opened, unsure, impossible, rules, entries, routes, wide, byRange, several int
	for seed := int64(0); opened < 24; seed++ {
		d := drawer{rand.New(rand.NewSource(seed))}
		s := d.network()
		from, to := pick(d, s.Endpoints...).ID, pick(d, s.Endpoints...).ID
		ports := netset.TCP(80, 80)
		if from == to || slowWorks(s, from, to, ports) != fact.No {
			continue
		}
		asked++
		got := Open(reach.New(s), Flow{reach.At(from), reach.At(to), ports})
		best, bestSize := []Edit(nil), 0
		try := func(edits []Edit) {
			after := Apply(s, edits)
			if slowWorks(after, from, to, ports) != fact.Yes {
				return
			}
			if size := slowSize(slowOpened(s, after, from, to, ports)); best == nil || size < bestSize || size == bestSize && len(edits) < len(best) {
				best, bestSize = edits, size
			}
		}
		all := slowEdits(s, ports)
		for i := range all {
			try(all[i : i+1])
		}
		if len(got.Edits) != 1 && asked%4 == 0 { // pairs of all edits take a second
			for i := range all {
				for j := range all[:i] {
					try([]Edit{all[i], all[j]})
				}
			}
		}
		if len(got.Edits) == 0 {
			impossible++
			if best != nil {
				t.Fatalf("seed %d: %s -> %s: nothing is proposed (%v), but %s opens it", seed, from, to, got.Obstacles, texts(s, best))
			}
			if len(got.Obstacles) == 0 {
				t.Fatalf("seed %d: nothing is proposed, and nothing said", seed)
			}
			continue
		}
		opened++
		after := Apply(s, got.Edits)
		if got.Works == fact.Unknown && len(got.Gaps) > 0 && best == nil && slowWorks(after, from, to, ports) == fact.Unknown {
			unsure++ // a NAT gateway sends packets to another VPC
			continue
		}
		if got.Works != fact.Yes || slowWorks(after, from, to, ports) != fact.Yes {
			t.Fatalf("seed %d: %s -> %s: %s does not open it", seed, from, to, texts(s, got.Edits))
		}
		want := slowOpened(s, after, from, to, ports)
		if diff := samePairs(spread(got.Also), want); diff != "" {
			t.Fatalf("seed %d: %s -> %s by %s: what else opens: got and want of %s", seed, from, to, texts(s, got.Edits), diff)
		}
		size := slowSize(want)
		if best != nil && (size > bestSize || size == bestSize && len(got.Edits) > len(best)) {
			t.Fatalf("seed %d: %s -> %s: %s opens %d, but %s opens %d", seed, from, to, texts(s, got.Edits), size, texts(s, best), bestSize)
		}
		if len(want) > 0 {
			wide++
		}
		if len(got.Edits) > 1 {
			several++
		}
		for _, e := range got.Edits {
			switch {
			case e.Rule != nil:
				rules++
				if e.Rule.Peer.Kind == topo.PeerBlock {
					byRange++
				}
			case e.Entry != nil:
				entries++
			case e.Route != nil:
				routes++
			}
		}
	}
	t.Logf("of %d asked %d opened (%d unsure), %d impossible: %d rules (%d by range), %d entries, %d routes; %d open more, %d need several edits", asked, opened, unsure, impossible, rules, byRange, entries, routes, wide, several)
	for what, n := range map[string]int{"impossible ones": impossible, "rules": rules, "rules by range": byRange, "entries": entries, "routes": routes, "edits that open more": wide, "several edits": several} {
		if n < 3 {
			t.Errorf("only %d %s: the draw is too narrow", n, what)
		}
	}
}

func texts(s *topo.Snapshot, edits []Edit) string {
	var out []string
	for _, e := range edits {
		out = append(out, fmt.Sprintf("%d %s in=%v rule=%v entry=%v route=%v", e.Action, e.Thing, e.Inbound, e.Rule, e.Entry, e.Route))
	}
	return strings.Join(out, " AND ")
}
