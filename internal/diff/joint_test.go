package diff

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/scale"
	"github.com/muralla-net/muralla/internal/topo"
)

// bothWays compares what is asked pair by pair with what tables give, in order.
func bothWays(a, b *topo.Snapshot) (cells []string, open int, err error) {
	t := touched(a, b)
	var out [2][]string
	var opens [2]int
	for i, how := range []func(comparison, *crowd) ([]cell, int){comparison.singly, comparison.jointly} {
		c := comparison{newAsker(a), newAsker(b)}
		w := c.crowd(t)
		c.before.expect(&w)
		c.after.expect(&w)
		found, n := how(c, &w)
		opens[i] = n
		for _, x := range found {
			out[i] = append(out[i], fmt.Sprint(nodeOf(x.from), nodeOf(x.to), x.fresh(), x.packets, x.before, x.after))
		}
	}
	if diff := cmp.Diff(out[0], out[1]); diff != "" || opens[0] != opens[1] {
		return nil, 0, fmt.Errorf("%d and %d pairs are open; pair by pair -, tables +:\n%s", opens[0], opens[1], diff)
	}
	return out[0], opens[0], nil
}

func TestJointlyIsSingly(t *testing.T) {
	differ, undecided := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		cells, open, err := bothWays(snapshot(p.side()), snapshot(p.edit(rt).side()))
		if err != nil {
			rt.Fatal(err)
		}
		differ, undecided = differ+len(cells), undecided+open
	})
	if differ < 100 || undecided < 100 {
		t.Errorf("%d parts of pairs differ, %d pairs are undecided: the draw is too narrow", differ, undecided)
	}
}

// edits are changes of a large network.
var edits = map[string]func(*topo.Snapshot){
	"a rule of a group": func(s *topo.Snapshot) {
		e := &s.Endpoints[0]
		g := s.SecurityGroup(e.Groups.List[0].ID)
		g.Ingress = append(g.Ingress, topo.Rule{ID: g.ID, Ports: netset.Exactly(netset.TCP(7000, 7000)), Exists: fact.Yes,
			Peer: topo.Peer{Kind: topo.PeerBlock, Block: s.VPC(e.VPC).Blocks[0]}})
	},
	"an entry of a network ACL": func(s *topo.Snapshot) {
		a := &s.NetworkACLs[1]
		e := a.Ingress[0]
		e.Number, e.Allow, e.Ports = 5, fact.No, netset.Exactly(netset.TCP(5432, 5432))
		a.Ingress = append([]topo.ACLEntry{e}, a.Ingress...)
	},
	"an interface less": func(s *topo.Snapshot) { s.Endpoints = s.Endpoints[1:] },
}

func TestJointlyIsSinglyInCrowds(t *testing.T) {
	plan := scale.Plan{VPCs: 2, Groups: 12, Interfaces: 90}
	for name, edit := range edits {
		b := plan.Snapshot()
		edit(b)
		cells, _, err := bothWays(plan.Snapshot(), b.Freeze())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(cells) < 50 {
			t.Errorf("%s: only %d parts of pairs differ", name, len(cells))
		}
	}
}

// BenchmarkRelation finds and groups what one change of a large network changes.
func BenchmarkRelation(b *testing.B) {
	for _, n := range []int{2_000, 20_000} {
		plan := scale.Plan{VPCs: n / 2_000, Groups: n / 10, Interfaces: n}
		for _, name := range []string{"a rule of a group", "an entry of a network ACL"} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				before, after := plan.Snapshot(), plan.Snapshot()
				edits[name](after)
				after.Freeze()
				b.ReportAllocs()
				for b.Loop() {
					d := Difference{Before: before, After: after}
					r := comparison{newAsker(before), newAsker(after)}.relation(touched(before, after))
					b.ReportMetric(float64(len(r.cells)), "cells")
					b.ReportMetric(float64(len(rows(d, r.cells))), "rows")
				}
			})
		}
	}
}
