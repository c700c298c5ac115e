package graph_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func open(t interface {
	Helper()
	Fatal(...any)
}, path string) *topo.Snapshot {
	t.Helper()
	e, _, err := estate.Open([]string{path}, estate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e.Snapshot
}

// design is some Terraform: hosts, tasks and databases in public, private and
// isolated subnets of a VPC, with some rules between their groups.
func design(rt *rapid.T) string {
	var b strings.Builder
	b.WriteString(`
variable "unknown" {}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_internet_gateway" "v" { vpc_id = aws_vpc.v.id }
resource "aws_nat_gateway" "v" {
  subnet_id = aws_subnet.public.id
  allocation_id = "eipalloc-1"
}
resource "aws_ecs_cluster" "c" { name = "c" }
resource "aws_ecs_task_definition" "d" {
  family = "d"
  network_mode = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions = jsonencode([{ name = "app", image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/a:1", portMappings = [{ containerPort = 8080 }] }])
}
`)
	for i, tier := range []string{"public", "private", "isolated"} {
		fmt.Fprintf(&b, "resource \"aws_subnet\" %q {\n vpc_id = aws_vpc.v.id\n cidr_block = \"10.0.%d.0/24\"\n}\n", tier, i)
		route := map[string]string{"public": "gateway_id = aws_internet_gateway.v.id", "private": "nat_gateway_id = aws_nat_gateway.v.id"}[tier]
		if route != "" {
			route = "route {\n cidr_block = \"0.0.0.0/0\"\n " + route + "\n}"
		}
		fmt.Fprintf(&b, "resource \"aws_route_table\" %q {\n vpc_id = aws_vpc.v.id\n %s\n}\n", tier, route)
		fmt.Fprintf(&b, "resource \"aws_route_table_association\" %q {\n subnet_id = aws_subnet.%s.id\n route_table_id = aws_route_table.%s.id\n}\n", tier, tier, tier)
	}
	groups := rapid.IntRange(1, 4).Draw(rt, "groups")
	group := func(label string) string {
		return fmt.Sprintf("aws_security_group.g%d.id", rapid.IntRange(0, groups-1).Draw(rt, label))
	}
	for i := range groups {
		fmt.Fprintf(&b, "resource \"aws_security_group\" \"g%d\" {\n vpc_id = aws_vpc.v.id\n}\n", i)
	}
	for i := range rapid.IntRange(0, 7).Draw(rt, "rules") {
		way := rapid.SampledFrom([]string{"ingress", "ingress", "egress"}).Draw(rt, "way")
		peer := rapid.SampledFrom([]string{"source_security_group_id = %s", "cidr_blocks = [\"0.0.0.0/0\"]", "cidr_blocks = [\"10.0.0.0/16\"]", "cidr_blocks = [var.unknown]", "self = true"}).Draw(rt, "peer")
		if strings.Contains(peer, "%s") {
			peer = fmt.Sprintf(peer, group("peer group"))
		}
		ports := rapid.SampledFrom([]string{"protocol = \"-1\"\n from_port = 0\n to_port = 0", "protocol = \"tcp\"\n from_port = 8080\n to_port = 8080", "protocol = \"tcp\"\n from_port = 5432\n to_port = 5432"}).Draw(rt, "ports")
		fmt.Fprintf(&b, "resource \"aws_security_group_rule\" \"r%d\" {\n type = %q\n security_group_id = %s\n %s\n %s\n}\n", i, way, group("of"), ports, peer)
	}
	tier := func() string { return rapid.SampledFrom([]string{"public", "private", "isolated"}).Draw(rt, "tier") }
	for i := range rapid.IntRange(0, 6).Draw(rt, "tasks") {
		fmt.Fprintf(&b, "resource \"aws_ecs_service\" \"t%d\" {\n name = \"t%d\"\n cluster = aws_ecs_cluster.c.id\n task_definition = aws_ecs_task_definition.d.arn\n launch_type = \"FARGATE\"\n network_configuration {\n subnets = [aws_subnet.%s.id]\n security_groups = [%s]\n assign_public_ip = %v\n}\n}\n",
			i, i, tier(), group("task group"), rapid.Bool().Draw(rt, "public"))
	}
	for i := range rapid.IntRange(0, 4).Draw(rt, "hosts") {
		fmt.Fprintf(&b, "resource \"aws_instance\" \"h%d\" {\n ami = \"ami-1\"\n instance_type = \"t3.micro\"\n subnet_id = aws_subnet.%s.id\n vpc_security_group_ids = [%s]\n associate_public_ip_address = %v\n}\n",
			i, tier(), group("host group"), rapid.Bool().Draw(rt, "public"))
	}
	for i := range rapid.IntRange(0, 3).Draw(rt, "stores") {
		fmt.Fprintf(&b, "resource \"aws_db_subnet_group\" \"s%d\" {\n name = \"s%d\"\n subnet_ids = [aws_subnet.isolated.id]\n}\nresource \"aws_db_instance\" \"s%d\" {\n identifier = \"s%d\"\n engine = \"postgres\"\n db_subnet_group_name = aws_db_subnet_group.s%d.name\n vpc_security_group_ids = [%s]\n}\n", i, i, i, i, i, group("store group"))
	}
	return b.String()
}

// boxOf is the box of every thing of a map.
func boxOf(g graph.Graph) map[ref.ID]graph.Box {
	out := map[ref.ID]graph.Box{}
	for _, x := range g.Boxes {
		for _, m := range x.Members {
			out[m.ID] = x
		}
	}
	return out
}

func declared(e *topo.Endpoint) netset.Ports {
	out := netset.Ports{}
	for _, l := range e.Listens {
		out = out.Union(l.Ports.Maybe)
	}
	return out
}

// The slow twin asks about every pair by itself: what it says surely or possibly
// connects is an edge of that kind or lies within a box, unless the internet
// surely reaches the same port, and nothing else is an edge.
func TestEdgesAreConnections(t *testing.T) {
	seen := map[string]int{}
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		at := filepath.Join(dir, fmt.Sprint(n))
		if err := os.MkdirAll(at, 0o755); err != nil {
			rt.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, "main.tf"), []byte(design(rt)), 0o644); err != nil {
			rt.Fatal(err)
		}
		s := open(rt, at)
		network := reach.New(s)
		g := graph.Of(network, graph.Options{})
		if again := graph.Of(reach.New(s), graph.Options{}); !cmp.Equal(g, again) {
			rt.Fatalf("two maps of one design differ:\n%s", cmp.Diff(g, again))
		}
		box := boxOf(g)
		type edge struct {
			from, to string
			works    fact.Tri
		}
		witnessed := map[edge]bool{}
		for i := range s.Endpoints {
			to := &s.Endpoints[i]
			asked := declared(to)
			if asked.IsEmpty() {
				continue // hosts may listen anywhere; see below
			}
			open := network.Internet(to.ID, asked).Packets
			for j := range s.Endpoints {
				from := &s.Endpoints[j]
				if i == j || from.Kind == topo.StoreEndpoint {
					continue
				}
				a := network.Connect(reach.At(from.ID), reach.At(to.ID), asked.Minus(open.Sure)).Packets.Restrict(asked.Minus(open.Sure))
				works := a.Any(asked.Minus(open.Sure))
				x, y := box[from.ID], box[to.ID]
				if x.Key == "" || y.Key == "" {
					rt.Fatalf("%s or %s has no box", from.ID, to.ID)
				}
				switch {
				case works == fact.No:
					seen["no"]++
				case x.Key == y.Key:
					seen["within"]++
					if x.Peers == "" {
						rt.Fatalf("%s connects to %s within a box that says nothing of it", from.ID, to.ID)
					}
				default:
					seen[works.String()]++
					witnessed[edge{x.Key, y.Key, works}] = true
				}
			}
			if works := open.Any(asked); works != fact.No {
				seen["internet "+works.String()]++
				witnessed[edge{"internet", box[to.ID].Key, works}] = true
			}
		}
		drawn := map[edge]bool{}
		for _, e := range g.Edges {
			to := s.Endpoint(ref.ID(e.To))
			if e.Kind == graph.Connection && (to == nil || !declared(to).IsEmpty()) {
				drawn[edge{e.From, e.To, e.Works}] = true
			}
		}
		for e := range witnessed {
			if !drawn[e] {
				rt.Fatalf("%v is no edge of\n%+v", e, g.Edges)
			}
		}
		for e := range drawn {
			if x := boxOf(g)[ref.ID(e.to)]; x.Kind == graph.Host || strings.Contains(e.to, "aws_instance") {
				continue
			}
			if !witnessed[e] {
				rt.Fatalf("%v is an edge, and no pair is connected so", e)
			}
		}
	})
	for _, want := range []string{"no", "yes", "unknown", "within", "internet yes", "internet unknown"} {
		if seen[want] == 0 {
			t.Errorf("no draw had %q: the generator is too narrow: %v", want, seen)
		}
	}
}

// The map of the example, thing by thing.
func TestOrders(t *testing.T) {
	s := open(t, "../../examples/orders")
	report := check.Run(s, intent.Intent{}, check.Options{Input: "examples/orders"})
	g := graph.Of(reach.New(s), graph.Options{Findings: report.Findings})
	var got []string
	name := map[string]string{}
	for _, x := range g.Boxes {
		name[x.Key] = x.Kind.String() + " " + x.Name
		got = append(got, fmt.Sprintf("%s: %s, %d %s", x.Lane, name[x.Key], x.Badge.Violations, x.Badge.Worst))
	}
	for _, e := range g.Edges {
		got = append(got, fmt.Sprintf("%s > %s %s %s %v %s", name[e.From], name[e.To], e.Kind, e.Label, e.Works, e.TLS))
	}
	want := []string{
		"Internet: internet Internet, 0 note",
		"Edge: load balancer shop, 3 high",
		"Public subnets: host bastion, 1 high",
		"Isolated subnets: data store orders, 1 medium",
		"Isolated subnets: task orders, 4 high",
		"VPC endpoints: VPC endpoint 5 VPC endpoints, 5 low",
		"task orders > data store orders connection tcp/5432 yes TLS",
		"task orders > VPC endpoint 5 VPC endpoints need tcp/443 yes unknown",
		"host bastion > data store orders connection tcp/5432 yes TLS",
		"host bastion > task orders connection tcp/8080 yes unknown",
		"host bastion > internet Internet exit  yes unknown",
		"load balancer shop > task orders connection tcp/8080 yes plain text",
		"internet Internet > host bastion connection tcp/22 yes unknown",
		"internet Internet > load balancer shop connection tcp/80 yes plain text",
		"internet Internet > load balancer shop connection tcp/443 yes TLS",
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	for _, f := range g.Frames {
		if f.Kind == graph.VPCFrame && (f.Name != "main" || f.Detail != "10.20.0.0/16" || f.Badge.Violations != 1) {
			t.Errorf("the VPC is %+v", f)
		}
	}
}

// A part of the map has nothing else.
func TestParts(t *testing.T) {
	s := open(t, "../../examples/orders")
	for _, tc := range []struct {
		o    graph.Options
		want []string
	}{
		{graph.Options{Focus: []ref.ID{"aws_instance.bastion"}}, []string{"Internet", "bastion", "orders", "orders", "shop"}},
		{graph.Options{From: []ref.ID{"aws_lb.shop"}}, []string{"5 VPC endpoints", "bastion", "orders", "orders", "shop", "Internet"}},
		{graph.Options{From: []ref.ID{graph.InternetID}, To: []ref.ID{"aws_lb.shop"}}, []string{"Internet", "bastion", "orders", "shop"}},
	} {
		var got []string
		for _, x := range graph.Of(reach.New(s), tc.o).Boxes {
			got = append(got, x.Name)
		}
		slices.Sort(got)
		slices.Sort(tc.want)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%+v: want -, got +:\n%s", tc.o, diff)
		}
	}
}

// However large a design is, its map is not, and everything of it is in a box.
func TestMapsAreSmall(t *testing.T) {
	s := &topo.Snapshot{}
	for v := range 30 {
		vpc := ref.ID(fmt.Sprintf("vpc-%d", v))
		s.VPCs = append(s.VPCs, topo.VPC{Thing: topo.Thing{ID: vpc, Name: string(vpc), Exists: fact.Yes}})
		for i := range 5 {
			for _, kind := range []topo.EndpointKind{topo.HostEndpoint, topo.StoreEndpoint, topo.CarrierEndpoint} {
				id := ref.ID(fmt.Sprintf("%s-%d-%d", vpc, kind, i))
				s.Endpoints = append(s.Endpoints, topo.Endpoint{Thing: topo.Thing{ID: id, Name: string(id), Exists: fact.Yes}, Kind: kind, VPC: vpc})
			}
		}
	}
	g := graph.Of(reach.New(s.Freeze()), graph.Options{})
	if len(g.Boxes) > graph.MaxBoxes || len(g.Boxes) < 20 {
		t.Errorf("the map of 450 things has %d boxes", len(g.Boxes))
	}
	if box := boxOf(g); len(box) != 450 {
		t.Errorf("%d of 450 things are in a box", len(box))
	}
}

// A new thing that is like none changes nothing of the others.
func TestMapsAreStable(t *testing.T) {
	s := open(t, "../../examples/orders")
	before := boxOf(graph.Of(reach.New(s), graph.Options{}))
	more := *s
	more.Endpoints = append(slices.Clone(s.Endpoints), topo.Endpoint{Thing: topo.Thing{ID: "aws_db_instance.new", Name: "new", Exists: fact.Yes}, Kind: topo.StoreEndpoint, VPC: "aws_vpc.main"})
	after := boxOf(graph.Of(reach.New(more.Freeze()), graph.Options{}))
	if _, ok := after["aws_db_instance.new"]; !ok {
		t.Error("the new data store has no box")
	}
	for id, x := range before {
		if diff := cmp.Diff(x, after[id]); diff != "" {
			t.Errorf("the box of %q changed:\n%s", id, diff)
		}
	}
}

// Journeys are the parties with the gates of each connection between them.
func TestJourneys(t *testing.T) {
	s := open(t, "../../examples/orders")
	n := reach.New(s)
	asked := netset.TCP(8080, 8080)
	yes := n.Connect(reach.At("aws_instance.bastion"), reach.At("aws_ecs_service.orders"), asked)
	no := n.Internet("aws_ecs_service.orders", asked)
	leg := func(from, to graph.Stop, a reach.Answer) graph.Leg {
		return graph.Leg{From: from, To: to, Asked: asked, Works: a.Packets.Any(asked), Trail: a.Trail, Gaps: a.Gaps}
	}
	orders := graph.Stop{ID: "aws_ecs_service.orders"}
	g := graph.OfJourneys(s, "question", []graph.Journey{
		{Legs: []graph.Leg{leg(graph.Stop{ID: "aws_instance.bastion"}, orders, yes)}},
		{Legs: []graph.Leg{leg(graph.Stop{Name: "internet"}, orders, no)}},
	})
	var names []string
	for _, x := range g.Boxes {
		names = append(names, x.Name)
		for _, l := range x.Lines {
			if l.Passes == fact.Yes && x.Name == "stopped" && strings.Contains(l.Text, "inbound security group") {
				t.Errorf("the barrier %+v passes", l)
			}
		}
		if x.Kind == graph.Gates && len(x.Lines) == 0 {
			t.Errorf("%s has no gates", x.Key)
		}
	}
	if diff := cmp.Diff([]string{"bastion", "orders", "passes", "internet", "stopped"}, names); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if last := g.Edges[len(g.Edges)-1]; last.Works != fact.No || g.Edges[1].Works != fact.Yes {
		t.Errorf("edges are %+v", g.Edges)
	}
}

// Accepted findings have no badge.
func TestBadgesLeaveOutWhatIsAccepted(t *testing.T) {
	s := open(t, "../../examples/orders")
	f := finding.Finding{Recommendation: "a", Resource: "aws_lb_listener.http", Verdict: finding.Violates, Severity: finding.High}
	accepted := f
	accepted.Severity, accepted.Suppressed = finding.Critical, &finding.Suppression{Reason: "known"}
	box := boxOf(graph.Of(reach.New(s), graph.Options{Findings: []finding.Finding{accepted, f}}))
	want := graph.Badge{Violations: 1, Worst: finding.High, Anchor: f.Fingerprint()}
	if diff := cmp.Diff(want, box["aws_lb.shop"].Badge); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
