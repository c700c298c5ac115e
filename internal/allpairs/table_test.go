package allpairs_test

import (
	"net/netip"
	"testing"

	"github.com/muralla-net/muralla/internal/allpairs"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func thing(id ref.ID) topo.Thing { return topo.Thing{ID: id, Name: string(id), Exists: fact.Yes} }

// small is two tasks that may reach each other on one port, in one subnet.
func small() *topo.Snapshot {
	s := &topo.Snapshot{
		VPCs:        []topo.VPC{{Thing: thing("v"), Blocks: []topo.Block{{Prefix: netip.MustParsePrefix("10.0.0.0/16")}}, BlockPublicAccess: fact.Default(topo.BlockNothing)}},
		Subnets:     []topo.Subnet{{Thing: thing("s"), VPC: "v", Blocks: []topo.Block{{Prefix: netip.MustParsePrefix("10.0.0.0/24")}}, HasIPv6: fact.Default(false), RouteTable: fact.Default(ref.ID("r")), ACL: fact.Default(ref.ID("n")), PublicAccess: fact.Default(topo.BlockNothing)}},
		RouteTables: []topo.RouteTable{{Thing: thing("r"), VPC: "v"}},
		SecurityGroups: []topo.SecurityGroup{{Thing: thing("g"), VPC: "v",
			Ingress: []topo.Rule{{Ports: netset.Exactly(netset.TCP(80, 80)), Peer: topo.Peer{Kind: topo.PeerGroup, ID: "g"}, Exists: fact.Yes}},
			Egress:  []topo.Rule{{Ports: netset.Exactly(netset.AllPorts()), Peer: topo.Peer{Kind: topo.PeerBlock, Block: topo.Block{Prefix: netip.MustParsePrefix("0.0.0.0/0")}}, Exists: fact.Yes}},
		}},
	}
	for _, id := range []ref.ID{"a", "b"} {
		s.Endpoints = append(s.Endpoints, topo.Endpoint{Thing: thing(id), VPC: "v", Unfiltered: fact.No, IPv6: fact.Default(false), PublicIPv4: fact.Default(false),
			Subnets: topo.Links{List: []topo.Link{{ID: "s", Exists: fact.Yes}}}, Groups: topo.Links{List: []topo.Link{{ID: "g", Exists: fact.Yes}}}})
	}
	return s.Freeze()
}

func TestPair(t *testing.T) {
	table := allpairs.Of(reach.New(small()), allpairs.Options{})
	want := netset.Exactly(netset.TCP(80, 80))
	if got := table.Pair("a", "b"); !got.Equal(want) {
		t.Errorf("from a to b pass %v, want %v", got, want)
	}
	if got := table.Pair("a", "nobody"); !got.Maybe.IsEmpty() {
		t.Errorf("to a stranger pass %v", got)
	}
	if c, ok := table.ClassOf("a"); !ok || table.Party(0).Endpoint != "" || table.Between(0, c) != 0 {
		t.Errorf("the internet reaches a, of class %d", c)
	}
}
