package reach

import (
	"fmt"
	"math/rand"
	"net/netip"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Whatever an assembler makes of a broken design, every question has an answer:
// names of things that are not there, loops, empty lists, values out of range.
func TestBrokenSnapshots(t *testing.T) {
	answers, entries := 0, 0
	for seed := range int64(60) {
		d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: true}
		s := d.network()
		name := func(id *ref.ID) {
			if d.one(5) {
				*id = pick(d, []ref.ID{"", "nowhere", "a", "b0", "tgw", "pcx", "a-nat", "a-e0", "lb"})
			}
		}
		for i := range s.VPCs {
			v := &s.VPCs[i]
			if d.one(3) {
				v.Blocks = nil
			}
			if d.one(3) {
				v.BlocksMore, v.More = "broken", "broken"
			}
		}
		for i := range s.Subnets {
			sub := &s.Subnets[i]
			name(&sub.VPC)
			if d.one(3) {
				sub.Blocks = []topo.Block{{}, {Of: sub.ID}, {Prefix: netip.MustParsePrefix("::ffff:10.0.0.0/104")}}
			}
			if d.one(4) {
				sub.RouteTable, sub.ACL = fact.Default(ref.ID("nowhere")), fact.Fact[ref.ID]{}
			}
		}
		for i := range s.RouteTables {
			for j := range s.RouteTables[i].Routes {
				r := &s.RouteTables[i].Routes[j]
				name(&r.Target)
				if d.one(4) {
					r.Kind = topo.RouteTarget(d.Intn(16))
				}
				name(&r.Dest.Of)
				if d.one(6) {
					r.Dest = topo.Block{Of: r.Dest.Of}
				}
			}
		}
		for i := range s.Gateways {
			name(&s.Gateways[i].Subnet)
			name(&s.Gateways[i].VPC)
		}
		g := &s.TransitGateways[0]
		for i := range g.Attachments {
			name(&g.Attachments[i].VPC)
			if d.one(3) {
				g.Attachments[i].Subnets = topo.Links{}
			}
			if d.one(3) {
				g.Attachments[i].ID = ""
			}
		}
		name(&s.Peerings[0].Accepter)
		name(&s.Peerings[0].Requester)
		for i := range s.Endpoints {
			e := &s.Endpoints[i]
			name(&e.VPC)
			e.Kind = topo.EndpointKind(d.Intn(9))
			e.Unfiltered = fact.Tri(d.Intn(3))
			for j := range e.Groups.List {
				name(&e.Groups.List[j].ID)
			}
			for j := range e.Subnets.List {
				name(&e.Subnets.List[j].ID)
			}
			if d.one(4) {
				e.Subnets = topo.Links{}
			}
			e.Fixed = netset.Addr(pick(d, outside))
		}
		// A load balancer that is its own target, and bindings to nothing.
		s.LoadBalancers = []topo.LoadBalancer{{Thing: known("a-e0"), Kind: topo.BalancerKind(d.Intn(5))}, {Thing: known("a-e1"), Kind: topo.ApplicationBalancer}}
		s.TargetGroups = []topo.TargetGroup{{Thing: known("tg"), Targets: []topo.Target{{Endpoint: "a-e0"}, {Endpoint: "a-e1"}, {Addrs: netset.AllV4()}, {}}, TargetsMore: "broken", Port: fact.Default(-7)}, {Thing: known("a-e0")}}
		action := topo.Action{Kind: topo.ActionForward, Targets: []topo.WeightedTarget{{Group: "tg"}, {}, {Group: "nowhere"}}}
		s.Listeners = []topo.Listener{
			{Thing: known("l"), Balancer: "a-e0", Port: fact.Default(99999), Default: []topo.Action{action, {}}, RulesMore: "broken", Rules: []topo.ListenerRule{{SourceIP: []topo.Block{{}}, Actions: []topo.Action{action}}}},
			{Thing: known("m"), Balancer: "a-e1", Default: []topo.Action{action}},
		}
		s.Workloads = []topo.Workload{{Thing: known("w"), Definition: "nowhere", Bindings: []topo.Binding{{TargetGroup: "tg"}, {Classic: "a-e0"}, {}}, Hosts: topo.Links{List: []topo.Link{link("nowhere"), link("b-e0")}}},
			{Thing: known("a-e0"), Endpoint: "a-e0", Bindings: []topo.Binding{{TargetGroup: "tg"}}}}
		n := New(s.Freeze())
		for _, from := range parties(s) {
			for _, to := range parties(s) {
				a := n.Connect(from, to, netset.TCP(80, 80))
				if !a.Packets.Maybe.Covers(a.Packets.Sure) || !a.Forward.Maybe.Covers(a.Packets.Maybe) {
					t.Fatalf("seed %d: bounds are the wrong way round: %s", seed, show(a))
				}
				if again := n.Connect(from, to, netset.TCP(80, 80)); fmt.Sprint(again) != fmt.Sprint(a) {
					t.Fatalf("seed %d: the same question has two answers:\n%s%s", seed, show(a), show(again))
				}
				answers++
			}
			n.Admitted(from.Endpoint, netset.AllPorts())
			n.Exits(from.Endpoint, netset.Everywhere())
			n.InternetSources(from.Endpoint, netset.AllPorts())
			entries += len(n.EntriesOf(from.Endpoint, netset.Internet())) + len(n.Entries(from.Endpoint, netset.Internet()))
		}
		entries += len(n.Entries("w", netset.Internet()))
		for i := range s.Subnets {
			n.PublicSubnet(s.Subnets[i].ID)
		}
	}
	if answers < 4_000 || entries < 1000 {
		t.Errorf("%d answers and %d entries: the draw is too narrow", answers, entries)
	}
}
