package topo

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
)

// An edited snapshot is what freezing the edited lists gives, and the original
// keeps what it had.
func TestEditedIsFrozenAgain(t *testing.T) {
	s := sample()
	before := len(s.SecurityGroup("aws_security_group.x").Ingress)
	g := *s.SecurityGroup("aws_security_group.x")
	g.Ingress = []Rule{{ID: g.ID, Exists: fact.Yes}}
	e := s.Edited(Changes{SecurityGroups: []SecurityGroup{g, {Thing: thing("aws_security_group.none", "none")}}})
	if got := e.SecurityGroup(g.ID); len(got.Ingress) != 1 {
		t.Errorf("the edited group has %d rules", len(got.Ingress))
	}
	if got := e.SecurityGroup("aws_security_group.none"); got != nil || len(e.SecurityGroups) != len(s.SecurityGroups) {
		t.Error("a group was added that is not in the snapshot")
	}
	if got := len(s.SecurityGroup(g.ID).Ingress); got != before {
		t.Errorf("the original has %d rules, want %d", got, before)
	}
	for i := range e.SecurityGroups {
		if at := &e.SecurityGroups[i]; e.SecurityGroup(at.ID) != at {
			t.Errorf("the index of %s names another element", at.ID)
		}
	}
	if e.Endpoint("aws_ecs_service.s") != s.Endpoint("aws_ecs_service.s") || e.Label(g.ID) != s.Label(g.ID) {
		t.Error("what did not change is not shared")
	}
	same := s.Edited(Changes{})
	if diff := cmp.Diff(s.SecurityGroups, same.SecurityGroups, cmp.Comparer(func(a, b fact.Tri) bool { return a == b })); diff != "" {
		t.Errorf("no change changes:\n%s", diff)
	}
}

func TestEditedListsOfEachKind(t *testing.T) {
	s := (&Snapshot{NetworkACLs: []NetworkACL{{Thing: thing("n", "n")}}, RouteTables: []RouteTable{{Thing: thing("r", "r")}}}).Freeze()
	e := s.Edited(Changes{
		NetworkACLs: []NetworkACL{{Thing: thing("n", "n"), Ingress: []ACLEntry{{Number: 100}}}},
		RouteTables: []RouteTable{{Thing: thing("r", "r"), Routes: []Route{{Kind: ToPeering, Target: "pcx"}}}},
	})
	if len(e.NetworkACL("n").Ingress) != 1 || len(e.RouteTable("r").Routes) != 1 || len(s.NetworkACL("n").Ingress) != 0 || len(s.RouteTable("r").Routes) != 0 {
		t.Errorf("edited %+v %+v, original %+v %+v", e.NetworkACL("n"), e.RouteTable("r"), s.NetworkACL("n"), s.RouteTable("r"))
	}
}
