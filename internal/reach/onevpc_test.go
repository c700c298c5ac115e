package reach

import (
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Two names are surely of two VPCs only if the design makes both, or if one root
// makes the one and refers to the other.
func TestOneVPC(t *testing.T) {
	s := &topo.Snapshot{}
	for id, elsewhere := range map[ref.ID]bool{
		"a/aws_vpc.main": false, "a/aws_vpc.other": false, "a/data.aws_vpc.found": true,
		"b/data.aws_vpc.found": true, "b/var.vpc_id": true,
	} {
		s.VPCs = append(s.VPCs, topo.VPC{Thing: topo.Thing{ID: id, Exists: fact.Yes, Elsewhere: elsewhere}})
	}
	n := New(s.Freeze())
	for _, tc := range []struct {
		a, b ref.ID
		want fact.Tri
	}{
		{"a/aws_vpc.main", "a/aws_vpc.main", fact.Yes},
		{"b/var.vpc_id", "b/var.vpc_id", fact.Yes},
		{"a/aws_vpc.main", "a/aws_vpc.other", fact.No},
		{"a/aws_vpc.main", "a/data.aws_vpc.found", fact.No},
		{"a/aws_vpc.main", "b/data.aws_vpc.found", fact.Unknown},
		{"b/var.vpc_id", "b/data.aws_vpc.found", fact.Unknown},
		{"a/aws_vpc.main", "", fact.Unknown},
		{"a/aws_vpc.main", "nowhere", fact.Unknown},
	} {
		if got, back := n.OneVPC(tc.a, tc.b), n.OneVPC(tc.b, tc.a); got != tc.want || back != tc.want {
			t.Errorf("one VPC %q and %q: %v and %v, want %v", tc.a, tc.b, got, back, tc.want)
		}
	}
}
