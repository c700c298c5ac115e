package check

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func thing(id ref.ID) topo.Thing {
	return topo.Thing{ID: id, Name: string(id), Exists: fact.Yes, Place: ref.Place{File: string(id) + ".tf", Line: 1}}
}

func known(id ref.ID) fact.Fact[ref.ID] { return fact.Known(id, ref.Place{}) }

func cidrBlock(cidr string) topo.Block { return topo.Block{Prefix: netip.MustParsePrefix(cidr)} }

func held(ids ...ref.ID) topo.Links {
	var l topo.Links
	for _, id := range ids {
		l.List = append(l.List, topo.Link{ID: id, Exists: fact.Yes})
	}
	return l
}

func admits(port uint16, peer topo.Peer) topo.Rule {
	return topo.Rule{Ports: netset.Exactly(netset.TCP(port, port)), Peer: peer, Exists: fact.Yes, Place: ref.Place{File: "rules.tf", Line: int(port)}}
}

func fromGroup(id ref.ID) topo.Peer { return topo.Peer{Kind: topo.PeerGroup, ID: id} }

func fromRange(cidr string) topo.Peer { return topo.Peer{Kind: topo.PeerBlock, Block: cidrBlock(cidr)} }

// office is one VPC with a public and a private subnet, an ALB before the service
// orders, a bastion on the internet, and a database. The rules are those of the
// groups of orders and of the database.
func office(orders, db []topo.Rule) *topo.Snapshot {
	everything := []topo.Rule{{Ports: netset.Exactly(netset.AllPorts()), Peer: fromRange("0.0.0.0/0"), Exists: fact.Yes}}
	group := func(id ref.ID, in ...topo.Rule) topo.SecurityGroup {
		return topo.SecurityGroup{Thing: thing(id), VPC: "vpc", Ingress: in, Egress: everything}
	}
	subnet := func(id, table ref.ID, cidr string) topo.Subnet {
		return topo.Subnet{Thing: thing(id), VPC: "vpc", Blocks: []topo.Block{cidrBlock(cidr)}, RouteTable: known(table), ACL: known("acl"),
			HasIPv6: fact.Default(false), PublicAccess: fact.Default(topo.BlockNothing)}
	}
	endpoint := func(id ref.ID, kind topo.EndpointKind, subnet, group ref.ID, public bool) topo.Endpoint {
		return topo.Endpoint{Thing: thing(id), Kind: kind, Owner: id, VPC: "vpc", Subnets: held(subnet), Groups: held(group), Unfiltered: fact.No,
			PublicIPv4: fact.Default(public), IPv6: fact.Default(false), Forwards: fact.No}
	}
	open := []topo.ACLEntry{{Number: 100, Allow: fact.Yes, Exists: fact.Yes, Ports: netset.Exactly(netset.AllPorts()), Block: cidrBlock("0.0.0.0/0")}}
	s := &topo.Snapshot{
		VPCs:    []topo.VPC{{Thing: thing("vpc"), Blocks: []topo.Block{cidrBlock("10.0.0.0/16")}, MainRouteTable: "inside", DefaultACL: "acl", BlockPublicAccess: fact.Default(topo.BlockNothing)}},
		Subnets: []topo.Subnet{subnet("public", "outside", "10.0.0.0/24"), subnet("private", "inside", "10.0.1.0/24")},
		RouteTables: []topo.RouteTable{{Thing: thing("inside"), VPC: "vpc", Main: true}, {Thing: thing("outside"), VPC: "vpc",
			Routes: []topo.Route{{ID: "outside", Dest: cidrBlock("0.0.0.0/0"), Kind: topo.ToInternet, Target: "igw", Exists: fact.Yes}}}},
		Gateways:    []topo.Gateway{{Thing: thing("igw"), Kind: topo.InternetGateway, VPC: "vpc"}},
		NetworkACLs: []topo.NetworkACL{{Thing: thing("acl"), VPC: "vpc", Default: true, Ingress: open, Egress: open}},
		SecurityGroups: []topo.SecurityGroup{group("sg-alb", admits(443, fromRange("0.0.0.0/0"))), group("sg-bastion", admits(22, fromRange("0.0.0.0/0"))),
			group("sg-orders", orders...), group("sg-db", db...)},
		LoadBalancers: []topo.LoadBalancer{{Thing: thing("alb"), Kind: topo.ApplicationBalancer, VPC: "vpc", InternetFacing: fact.Default(true)}},
		Listeners: []topo.Listener{{Thing: thing("https"), Balancer: "alb", Port: fact.Default(443), Protocol: fact.Default("HTTPS"),
			Default: []topo.Action{{Kind: topo.ActionForward, Exists: fact.Yes, Targets: []topo.WeightedTarget{{Group: "tg", Weight: fact.Default(1)}}}}}},
		TargetGroups: []topo.TargetGroup{{Thing: thing("tg"), VPC: "vpc", Protocol: fact.Default("HTTP"), Port: fact.Default(8080), TargetType: fact.Default("ip"), PreserveClientIP: fact.Default(false),
			Health: topo.HealthCheck{Enabled: fact.Default(true), Protocol: fact.Default("HTTP"), Port: fact.Default(0)}}},
		Workloads: []topo.Workload{{Thing: thing("orders"), Definition: "td", Launch: fact.Default(topo.LaunchFargate), Mode: fact.Default(topo.ModeAWSVPC), Endpoint: "orders",
			Bindings: []topo.Binding{{TargetGroup: "tg", Container: "app", Port: fact.Default(8080)}}}},
		TaskDefinitions: []topo.TaskDefinition{{Thing: thing("td"), Mode: fact.Default(topo.ModeAWSVPC)}},
		Hosts:           []topo.Host{{Thing: thing("bastion")}},
		Stores:          []topo.Store{{Thing: thing("db"), Port: fact.Default(5432)}},
		Endpoints: []topo.Endpoint{endpoint("alb", topo.BalancerEndpoint, "public", "sg-alb", true), endpoint("bastion", topo.HostEndpoint, "public", "sg-bastion", true),
			endpoint("orders", topo.TaskEndpoint, "private", "sg-orders", false), endpoint("db", topo.StoreEndpoint, "private", "sg-db", false)},
	}
	return s
}

// verdictOf runs all recommendations and returns one finding.
func verdictOf(t *testing.T, s *topo.Snapshot, in intent.Intent, slug string, id ref.ID) finding.Finding {
	t.Helper()
	report := Run(s.Freeze(), in, Options{})
	i := slices.IndexFunc(report.Findings, func(f finding.Finding) bool { return f.Recommendation == slug && f.Resource == id })
	if i < 0 {
		t.Fatalf("%s says nothing about %s", slug, id)
	}
	return report.Findings[i]
}

func TestSourcesOfTheTask(t *testing.T) {
	alb := admits(8080, fromGroup("sg-alb"))
	for _, tc := range []struct {
		name     string
		rules    []topo.Rule
		verdict  finding.Verdict
		severity finding.Severity
		path     string
	}{
		{"the load balancer", []topo.Rule{alb}, finding.Follows, finding.Note, ""},
		{"the VPC", []topo.Rule{admits(8080, fromRange("10.0.0.0/16"))}, finding.Violates, finding.Medium,
			"10.0.0.0/16 (vpc vpc, 65,536 addresses; host bastion lives there) > task orders tcp/8080"},
		{"a public bastion", []topo.Rule{alb, admits(8080, fromGroup("sg-bastion"))}, finding.Violates, finding.High,
			"internet > host bastion tcp/22, then host bastion > task orders tcp/8080"},
		{"an empty part of the VPC", []topo.Rule{alb, admits(9090, fromRange("10.0.9.0/24"))}, finding.Violates, finding.Medium,
			"10.0.9.0/24 (part of vpc vpc, 256 addresses; nothing of the design lives there but the rule admits it) > task orders tcp/9090"},
		{"the internet in halves", []topo.Rule{admits(8080, fromRange("0.0.0.0/1")), admits(8080, fromRange("128.0.0.0/1"))}, finding.Violates, finding.High,
			"0.0.0.0/1 (57 % of the internet; host bastion lives there) > task orders tcp/8080"},
		{"an unknown range", []topo.Rule{alb, admits(8080, topo.Peer{Kind: topo.PeerBlock, Block: topo.Block{Symbol: "var.office", Why: "var.office has no value"}})}, finding.Undecided, finding.Medium, ""},
		{"the tasks themselves", []topo.Rule{alb, admits(8080, fromGroup("sg-orders"))}, finding.Follows, finding.Note, ""},
		{"nobody", nil, finding.Follows, finding.Note, ""},
	} {
		f := verdictOf(t, office(tc.rules, nil), intent.Intent{}, "sg-from-alb", "orders")
		if f.Verdict != tc.verdict || f.Severity != tc.severity || tc.path != "" && (len(f.Path) == 0 || f.Path[0] != tc.path) {
			t.Errorf("%s: %s", tc.name, describe(f))
		}
	}
}

// A violation stays one if other things are unknown, and an unknown holder of
// the load balancer's group is no pass.
func TestUnknownHolders(t *testing.T) {
	s := office([]topo.Rule{admits(8080, fromGroup("sg-alb"))}, nil)
	s.SecurityGroups[0].MembersMore = "module.jobs is given its name"
	f := verdictOf(t, s, intent.Intent{}, "sg-from-alb", "orders")
	if f.Verdict != finding.Undecided || !strings.Contains(describe(f), "who holds sg sg-alb: module.jobs is given its name") {
		t.Errorf("unknown holder: %s", describe(f))
	}
	s = office([]topo.Rule{admits(8080, fromGroup("sg-alb")), admits(8080, fromGroup("sg-bastion"))}, nil)
	s.SecurityGroups[0].MembersMore = "module.jobs is given its name"
	if f := verdictOf(t, s, intent.Intent{}, "sg-from-alb", "orders"); f.Verdict != finding.Violates {
		t.Errorf("unknown holder and a bastion: %s", describe(f))
	}
}

func TestSourcesOfTheStore(t *testing.T) {
	for _, tc := range []struct {
		name     string
		rule     topo.Rule
		verdict  finding.Verdict
		severity finding.Severity
	}{
		{"a task", admits(5432, fromGroup("sg-orders")), finding.Follows, finding.Note},
		{"the VPC", admits(5432, fromRange("10.0.0.0/16")), finding.Violates, finding.Medium},
		{"the internet, which has no way there", admits(5432, fromRange("0.0.0.0/0")), finding.Violates, finding.High},
		{"a public bastion", admits(5432, fromGroup("sg-bastion")), finding.Violates, finding.High},
		{"a load balancer", admits(5432, fromGroup("sg-alb")), finding.Violates, finding.Medium},
	} {
		f := verdictOf(t, office(nil, []topo.Rule{tc.rule}), intent.Intent{}, "sg-data", "db")
		if f.Verdict != tc.verdict || f.Severity != tc.severity {
			t.Errorf("%s: %s", tc.name, describe(f))
		}
	}
	secret := intent.Intent{Services: []intent.Service{{Match: intent.NewGlob("db"), Sensitivity: intent.Restricted}}}
	if f := verdictOf(t, office(nil, []topo.Rule{admits(5432, fromRange("10.0.0.0/16"))}), secret, "sg-data", "db"); f.Severity != finding.High {
		t.Errorf("a restricted store: %s", describe(f))
	}
}
