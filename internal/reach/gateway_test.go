package reach

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func TestGatewayEndpoints(t *testing.T) {
	s := build(t, `
	vpc main 10.0.0.0/16
	igw gw main
	nat n pub
	table public main 0.0.0.0/0=igw:gw
	table known main @s3=s3:vpce
	table unknown main @aws=s3:vpce
	table both main @aws=s3:vpce 0.0.0.0/0=nat:n
	subnet pub main 10.0.0.0/24 table=public
	subnet k main 10.0.1.0/24 table=known
	subnet u main 10.0.2.0/24 table=unknown
	subnet b main 10.0.3.0/24 table=both
	sg all main out:0.0.0.0/0:all in:0.0.0.0/0:all
	sg list main out:pl=aws:tcp/443
	task k subnets=k groups=all
	task u subnets=u groups=all
	task b subnets=b groups=all
	task l subnets=k groups=list
	`)
	s.PrefixLists = []topo.PrefixList{{Thing: known("s3"), AWSName: "com.amazonaws.eu-west-1.s3", Addrs: netset.Prefix(prefixes("52.218.0.0/17")...)},
		{Thing: known("aws"), AWSName: "com.amazonaws.eu-west-1.s3", More: "lists of AWS are not here"}}
	s.Freeze()
	ask(t, s,
		// The list of the service and nothing else, for this subnet only.
		row{"k", "52.218.0.9/32", "tcp/443", "yes"}, row{"k", "8.8.8.8/32", "tcp/443", "no"}, row{"u", "52.218.0.9/32", "tcp/443", "unknown"},
		// By whichever of two ways, it gets there.
		row{"b", "52.218.0.9/32", "tcp/443", "yes"},
		// Nothing comes in by a gateway endpoint.
		row{"52.218.0.9/32", "k", "tcp/443", "no"}, row{"internet", "u", "tcp/443", "no"},
		// A list whose entries nobody knows may mean any address, but none of a VPC.
		row{"l", "52.218.0.9/32", "tcp/443", "unknown"}, row{"l", "k", "tcp/443", "no"},
		// Beside the default route, the service is some of the internet.
		row{"b", "internet", "tcp/443", "yes"},
	)
	// What is in no list of AWS, what is in that of Amazon S3, and in another.
	n := New(s)
	for _, tc := range []struct {
		from       ref.ID
		list       ref.ID
		sure, some bool
	}{
		{"k", "", false, false}, {"u", "", false, false}, {"b", "", true, true}, {"l", "", false, false},
		{"u", "aws", true, true}, {"b", "aws", true, true}, {"l", "aws", true, true},
	} {
		to := Party{Addrs: netset.Internet().V4(), List: tc.list, Unlisted: tc.list == ""}
		sure, maybe := n.Targets(At(tc.from), to, netset.TCP(443, 443))
		if sure.Equal(to.Addrs) != tc.sure || sure.IsEmpty() == tc.sure || maybe.IsEmpty() == tc.some {
			t.Errorf("%s to list %q: surely %v, perhaps %v", tc.from, tc.list, sure, maybe)
		}
	}
	for _, e := range New(s).Exits("u", netset.Internet().V4()) {
		if e.Exists != fact.Yes || (e.Works == fact.Yes) != (e.Target == topo.ToGatewayEndpoint) {
			t.Errorf("an endpoint for the service, nothing for the rest: %+v", e)
		}
	}
}

func TestAppliancesAndMore(t *testing.T) {
	s := build(t, `
	vpc main 10.0.0.0/16
	igw gw main
	table inspected main 0.0.0.0/0=gwlb:fw
	table box main 0.0.0.0/0=eni:box 10.0.2.0/24=eni:box
	table public main 0.0.0.0/0=igw:gw
	subnet i main 10.0.0.0/24 table=inspected
	subnet b main 10.0.1.0/24 table=box
	subnet p main 10.0.2.0/24 table=public
	sg all main out:0.0.0.0/0:all in:0.0.0.0/0:all
	task seen subnets=i groups=all public
	task hidden subnets=i groups=all
	task boxed subnets=b groups=all
	task p subnets=p groups=all public
	`)
	ask(t, s,
		// What an appliance does is not known, but without a public address nobody comes in.
		row{"seen", "8.8.8.8/32", "tcp/443", "unknown"}, row{"internet", "seen", "tcp/443", "unknown"}, row{"internet", "hidden", "tcp/443", "no"}, row{"boxed", "8.8.8.8/32", "tcp/443", "unknown"},
		// A route to a box may be more specific than the local one.
		row{"boxed", "p", "tcp/443", "unknown"}, row{"boxed", "hidden", "tcp/443", "yes"}, row{"internet", "p", "tcp/443", "yes"},
	)
	// Routes that are not here may lead elsewhere, but not within the VPC.
	s.RouteTable("public").More = "module x is not here"
	ask(t, s, row{"internet", "p", "tcp/443", "unknown"}, row{"p", "8.8.8.8/32", "tcp/443", "unknown"}, row{"p", "hidden", "tcp/443", "yes"})
	s.RouteTable("public").More = ""
	// A VPC that others know does not change tables that they do not.
	s.VPC("main").More = "module y is given its name"
	ask(t, s, row{"internet", "p", "tcp/443", "yes"}, row{"p", "hidden", "tcp/443", "yes"}, row{"internet", "hidden", "tcp/443", "no"})
	// A VPN propagates what is on premises: no private task is open to the internet by it.
	s.RouteTable("inspected").Routes = []topo.Route{{Dest: topo.Block{Why: "propagated"}, Kind: topo.ToVPN, Target: "vpn", Propagated: true, Why: "propagated"}}
	ask(t, s, row{"internet", "hidden", "tcp/443", "no"}, row{"172.16.0.9/32", "hidden", "tcp/443", "unknown"}, row{"hidden", "8.8.8.8/32", "tcp/443", "unknown"})
	// An unknown range beside the default route takes some of the internet at most.
	s.RouteTable("public").Routes = append(s.RouteTable("public").Routes, topo.Route{Dest: topo.Block{Symbol: "var.office", Why: "not given"}, Kind: topo.ToTransit, Target: "tgw", Exists: fact.Yes})
	ask(t, s, row{"internet", "p", "tcp/443", "yes"}, row{"p", "internet", "tcp/443", "yes"}, row{"8.8.8.8/32", "p", "tcp/443", "unknown"}, row{"internet", "hidden", "tcp/443", "no"})
	if is, _, why := New(s).PublicSubnet("p"); is != fact.Yes {
		t.Errorf("the subnet is public: %v, %s", is, why)
	}
	if e := New(s).Exits("p", netset.Internet().V4()); len(e) != 2 || e[0].Exists == e[1].Exists {
		t.Errorf("one way is sure and one possible: %+v", e)
	}
	if sure, maybe := New(s).InternetSources("p", netset.TCP(443, 443)); !sure.IsEmpty() || !maybe.Covers(netset.Internet().V4()) {
		t.Errorf("which of them is not known: surely %v", sure)
	}
}

func TestTransitGateways(t *testing.T) {
	draw := func() *topo.Snapshot {
		s := build(t, `
		vpc a 10.0.0.0/16
		vpc b 10.1.0.0/16
		acl mute in:100:allow:0.0.0.0/0:all
		table ta a 10.1.0.0/16=tgw:t 0.0.0.0/0=tgw:t
		table tb b 10.0.0.0/16=tgw:t
		subnet a a 10.0.1.0/24 table=ta
		subnet ga a 10.0.9.0/24
		subnet b b 10.1.1.0/24 table=tb
		subnet gb b 10.1.9.0/24
		sg ga a in:0.0.0.0/0:all out:0.0.0.0/0:all
		sg gb b in:sg=ga:tcp/22 in:10.0.0.0/8:tcp/80 out:0.0.0.0/0:all
		task ta subnets=a groups=ga
		task tb subnets=b groups=gb
		`)
		s.TransitGateways = []topo.TransitGateway{{Thing: known("t"), GroupReferences: fact.Default(true),
			Attachments: []topo.TransitAttachment{
				{Thing: known("aa"), VPC: "a", Subnets: topo.Links{List: []topo.Link{link("ga")}}, Table: fact.Default(ref.ID("rt")), GroupReferences: fact.Default(true)},
				{Thing: known("ab"), VPC: "b", Subnets: topo.Links{List: []topo.Link{link("gb")}}, Table: fact.Default(ref.ID("rt")), GroupReferences: fact.Default(true)},
				{Thing: known("vpn"), Outside: "VPN connection", Table: fact.Default(ref.ID("rt"))}},
			Tables: []topo.TransitTable{{Thing: known("rt"), Propagated: []ref.ID{"aa", "ab"}}}}}
		return s
	}
	for _, tc := range []struct {
		what     string
		change   func(*topo.Snapshot, *topo.TransitGateway)
		at22, at string // tcp/22 by group reference, tcp/80 by range
	}{
		{"propagated routes both ways", func(*topo.Snapshot, *topo.TransitGateway) {}, "yes", "yes"},
		{"an attachment without group references", func(_ *topo.Snapshot, g *topo.TransitGateway) { g.Attachments[1].GroupReferences = fact.Default(false) }, "no", "yes"},
		{"not known whether references work", func(_ *topo.Snapshot, g *topo.TransitGateway) { g.GroupReferences = fact.Fact[bool]{} }, "unknown", "yes"},
		{"a table that only one VPC is propagated to", func(_ *topo.Snapshot, g *topo.TransitGateway) { g.Tables[0].Propagated = []ref.ID{"ab"} }, "no", "no"},
		{"a static route beats a propagated one of its length", func(_ *topo.Snapshot, g *topo.TransitGateway) {
			g.Tables[0].Routes = []topo.TransitRoute{{Dest: topo.Block{Prefix: prefixes("10.1.0.0/16")[0]}, Blackhole: true, Exists: fact.Yes}}
		}, "no", "no"},
		{"a wider blackhole does not matter", func(_ *topo.Snapshot, g *topo.TransitGateway) {
			g.Tables[0].Routes = []topo.TransitRoute{{Dest: topo.Block{Prefix: prefixes("10.0.0.0/8")[0]}, Blackhole: true, Exists: fact.Yes}}
		}, "yes", "yes"},
		{"no attachment in the zone", func(s *topo.Snapshot, _ *topo.TransitGateway) { s.Subnet("ga").AZ = fact.Default("az2") }, "no", "no"},
		{"a zone that is not known", func(s *topo.Snapshot, _ *topo.TransitGateway) { s.Subnet("ga").AZ = fact.Fact[string]{} }, "unknown", "unknown"},
		{"attached in the very subnet", func(s *topo.Snapshot, g *topo.TransitGateway) { g.Attachments[0].Subnets.List[0].ID = "a" }, "yes", "yes"},
		{"the network ACL of the attachment's subnet", func(s *topo.Snapshot, _ *topo.TransitGateway) { s.Subnet("gb").ACL = fact.Default(ref.ID("mute")) }, "no", "no"},
		{"a table that is not known", func(_ *topo.Snapshot, g *topo.TransitGateway) { g.Attachments[0].Table = fact.Fact[ref.ID]{} }, "unknown", "unknown"},
		{"not attached", func(_ *topo.Snapshot, g *topo.TransitGateway) { g.Attachments[1].VPC = "c" }, "no", "no"},
	} {
		s := draw()
		tc.change(s, &s.TransitGateways[0])
		s.Freeze()
		t.Log(tc.what)
		ask(t, s, row{"ta", "tb", "tcp/22", tc.at22}, row{"ta", "tb", "tcp/80", tc.at})
	}
	// What is behind a VPN is not known, in both directions.
	s := draw()
	s.TransitGateways[0].Tables[0].Propagated = append(s.TransitGateways[0].Tables[0].Propagated, "vpn")
	ask(t, s.Freeze(), row{"ta", "172.16.0.1/32", "tcp/80", "unknown"}, row{"172.16.0.1/32", "ta", "tcp/80", "unknown"}, row{"ta", "tb", "tcp/80", "yes"})
}

// A peering leads from one transit gateway to the other by static routes at both.
func TestTransitGatewayPeerings(t *testing.T) {
	draw := func() *topo.Snapshot {
		s := build(t, `
		vpc a 10.0.0.0/16
		vpc b 10.1.0.0/16
		table ta a 10.1.0.0/16=tgw:east 192.168.0.0/16=tgw:east
		table tb b 10.0.0.0/16=tgw:west
		subnet a a 10.0.1.0/24 table=ta
		subnet b b 10.1.1.0/24 table=tb
		sg ga a in:0.0.0.0/0:all out:0.0.0.0/0:all
		sg gb b in:sg=ga:tcp/22 in:10.0.0.0/8:tcp/80 out:0.0.0.0/0:all
		task ta subnets=a groups=ga
		task tb subnets=b groups=gb
		`)
		end := func(id, vpc, subnet, other ref.ID, there string) topo.TransitGateway {
			table := id + "-rt"
			return topo.TransitGateway{Thing: known(id), GroupReferences: fact.Default(true),
				Attachments: []topo.TransitAttachment{
					{Thing: known(vpc + "-att"), VPC: vpc, Subnets: topo.Links{List: []topo.Link{link(subnet)}}, Table: fact.Default(table), GroupReferences: fact.Default(true)},
					{Thing: known("peering"), Outside: "transit gateway peering", Peer: other, Table: fact.Default(table)}},
				Tables: []topo.TransitTable{{Thing: known(table), Propagated: []ref.ID{vpc + "-att"},
					Routes: []topo.TransitRoute{{Dest: topo.Block{Prefix: prefixes(there)[0]}, Attachment: "peering", Exists: fact.Yes}}}}}
		}
		s.TransitGateways = []topo.TransitGateway{end("east", "a", "a", "west", "10.1.0.0/16"), end("west", "b", "b", "east", "10.0.0.0/16")}
		return s
	}
	for _, tc := range []struct {
		what     string
		change   func(east, west *topo.TransitGateway)
		at22, at string
	}{
		{"static routes both ways; groups cannot be referenced", func(_, _ *topo.TransitGateway) {}, "no", "yes"},
		{"no route to the peering", func(east, _ *topo.TransitGateway) { east.Tables[0].Routes = nil }, "no", "no"},
		{"no route back", func(_, west *topo.TransitGateway) { west.Tables[0].Routes = nil }, "no", "no"},
		{"it is not known whether it is accepted", func(east, west *topo.TransitGateway) {
			east.Attachments[1].Exists, west.Attachments[1].Exists = fact.Unknown, fact.Unknown
		}, "no", "unknown"},
		{"nothing is known of the other end", func(east, _ *topo.TransitGateway) { east.Attachments[1].Peer = "elsewhere" }, "unknown", "unknown"},
		{"a circle", func(east, west *topo.TransitGateway) {
			west.Attachments[1].Table = fact.Default(ref.ID("loop"))
			third := topo.TransitAttachment{Thing: known("third"), Peer: "east", Table: fact.Default(ref.ID("west-rt"))}
			west.Attachments = append(west.Attachments, third)
			third.Peer, third.Table = "west", fact.Default(ref.ID("east-rt"))
			east.Attachments = append(east.Attachments, third)
			west.Tables = append(west.Tables, topo.TransitTable{Thing: known("loop"), Routes: []topo.TransitRoute{{Dest: topo.Block{Prefix: prefixes("10.0.0.0/8")[0]}, Attachment: "third", Exists: fact.Yes}}})
		}, "no", "no"},
	} {
		s := draw()
		tc.change(&s.TransitGateways[0], &s.TransitGateways[1])
		s.Freeze()
		t.Log(tc.what)
		ask(t, s, row{"ta", "tb", "tcp/22", tc.at22}, row{"ta", "tb", "tcp/80", tc.at})
	}
	// Hosts on the other side of a peering may be on a VPN there.
	s := draw()
	s.TransitGateways[0].Tables[0].Routes = append(s.TransitGateways[0].Tables[0].Routes, topo.TransitRoute{Dest: topo.Block{Prefix: prefixes("192.168.0.0/16")[0]}, Attachment: "peering", Exists: fact.Yes})
	s.TransitGateways[1].Attachments = append(s.TransitGateways[1].Attachments, topo.TransitAttachment{Thing: known("vpn"), Outside: "VPN connection"})
	s.TransitGateways[1].Tables[0].Routes = append(s.TransitGateways[1].Tables[0].Routes, topo.TransitRoute{Dest: topo.Block{Prefix: prefixes("192.168.0.0/16")[0]}, Attachment: "vpn", Exists: fact.Yes})
	ask(t, s.Freeze(), row{"ta", "192.168.1.1/32", "tcp/80", "unknown"}, row{"ta", "tb", "tcp/80", "yes"})
}

// An endpoint of which only the VPC is known is somewhere in it.
func TestSomewhereInTheVPC(t *testing.T) {
	s := build(t, `
	vpc main 10.0.0.0/16
	acl closed in:100:deny:0.0.0.0/0:all out:100:allow:0.0.0.0/0:all
	subnet a main 10.0.1.0/24
	subnet c main 10.0.2.0/24 acl=closed
	sg all main out:0.0.0.0/0:all in:10.0.0.0/16:all
	task x subnets=a groups=all
	task y subnets=a groups=all
	task shut subnets=c groups=all
	`)
	e := s.Endpoint("y")
	e.Subnets = topo.Links{More: "var.subnets"}
	ask(t, s, row{"x", "y", "tcp/80", "unknown"}, row{"y", "shut", "tcp/80", "unknown"})
	e.Subnets = topo.Links{List: []topo.Link{link("a")}, More: "var.subnets"}
	ask(t, s, row{"x", "y", "tcp/80", "yes"}, row{"y", "shut", "tcp/80", "unknown"}, row{"x", "shut", "tcp/80", "no"})
	e.VPC, e.Subnets = "", topo.Links{More: "var.subnets"}
	ask(t, s, row{"x", "y", "tcp/80", "unknown"})
}

// A Network Load Balancer in front of an Application Load Balancer.
func TestBalancerBehindBalancer(t *testing.T) {
	s := build(t, webDesign+`
	nlb front subnets=pub groups=lb
	alb inner subnets=priv groups=lb internal
	task orders subnets=priv groups=web
	`)
	tg := targetGroup("to-alb", "TCP", "alb", 80, 0, true)
	tg.Targets = []topo.Target{{Endpoint: "inner", Port: fact.Default(0)}}
	s.TargetGroups = []topo.TargetGroup{tg, targetGroup("to-task", "HTTP", "ip", 80, 0, false)}
	s.Listeners = []topo.Listener{listener("tcp", "front", "TCP", 443, forwardTo("to-alb")), listener("http", "inner", "HTTP", 80, forwardTo("to-task"))}
	bind(s, "orders", "to-task", "", 8080)
	n := New(s.Freeze())
	e := n.EntriesOf("front", netset.Internet())
	if len(e) != 1 || e[0].Target != "inner" || e[0].Back.Packets.All(netset.TCP(80, 80)) != fact.Yes {
		t.Fatalf("to the inner load balancer: %+v", e)
	}
	found := false
	for _, e := range n.Entries("orders", netset.Internet()) {
		if e.Balancer == "front" {
			found = true
			if e.Front.Packets.All(netset.TCP(443, 443)) != fact.Yes || e.Back.Packets.All(netset.TCP(8080, 8080)) != fact.Yes || !strings.Contains(strings.Join(e.Conditions, ","), "alb inner") || e.Client != TLSNone {
				t.Errorf("through both: %+v", e)
			}
		}
	}
	if !found {
		t.Error("the way through both load balancers is not among the entries")
	}
}
