package remedy

import (
	"slices"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// A load balancer connects to its targets, so that a rule opens these to it and
// nothing else.
func TestLoadBalancersOpenTheirTargets(t *testing.T) {
	s := named("aws_security_group")
	x := newExposures(reach.New(s), nil)
	for group, want := range map[ref.ID][]ref.ID{
		"aws_security_group.task":    {"aws_x.alb", "aws_x.bastion", "aws_x.task"},
		"aws_security_group.bastion": {"aws_x.bastion", "aws_x.task"},
	} {
		also, more := x.opened([]Edit{{Action: Add, Thing: group, Inbound: true,
			Rule: &topo.Rule{ID: group, Ports: netset.Exactly(netset.TCP(22, 22)), Peer: topo.Peer{Kind: topo.PeerBlock, Block: block("10.0.0.0/16")}, Exists: fact.Yes}}})
		var got []ref.ID
		for _, e := range also {
			for _, p := range e.From {
				if p.Endpoint != "" {
					got = append(got, p.Endpoint)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) || more != "" {
			t.Errorf("%s is opened to %v %s, want %v", group, got, more, want)
		}
	}
}

// Why nothing is proposed is said once, in order of the gates, and narrower
// questions are proposed only if they help.
func TestObstacles(t *testing.T) {
	wide := Obstacle{Gate: reach.GateGroupIn, At: "e", Why: everybodyWhy}
	back := Obstacle{Gate: reach.GateReplyRoute, At: "s", Why: "no gateway"}
	there := Obstacle{Gate: reach.GateRoute, At: "r", Why: "no gateway"}
	address := Obstacle{Gate: reach.GatePublicAddress, At: "e", Why: "there is none"}
	for _, tc := range []struct{ list, want []Obstacle }{
		{[]Obstacle{wide}, []Obstacle{wide}},
		{[]Obstacle{wide, address}, []Obstacle{address}},
		{[]Obstacle{back, address, there}, []Obstacle{there, address}},
	} {
		if got := decisive(slices.Clone(tc.list)); !slices.Equal(got, tc.want) {
			t.Errorf("%v become %v, want %v", tc.list, got, tc.want)
		}
	}
	s := named("aws_security_group")
	got := Open(reach.New(s), Flow{reach.Outside(netset.Internet()), reach.At("aws_x.bastion"), netset.TCP(22, 22)})
	if len(got.Edits) > 0 || !slices.ContainsFunc(got.Obstacles, func(o Obstacle) bool { return o.Gate == reach.GatePublicAddress }) ||
		slices.ContainsFunc(got.Obstacles, func(o Obstacle) bool { return o.Why == everybodyWhy }) {
		t.Errorf("edits %s, obstacles %v", texts(s, got.Edits), got.Obstacles)
	}
}

// A fact that is missing for two pairs of interfaces is said once.
func TestFactsAreSaidOnce(t *testing.T) {
	a, b := finding.Evidence{Text: "a"}, finding.Evidence{Text: "b"}
	if got := distinct([]finding.Evidence{a, b, a}); !slices.Equal(got, []finding.Evidence{a, b}) {
		t.Errorf("got %v", got)
	}
}
