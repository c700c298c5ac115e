package reach

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

const twoSubnets = `
	vpc main 10.0.0.0/16
	igw gw main
	table public main 0.0.0.0/0=igw:gw
	subnet pub main 10.0.0.0/24 table=public
	subnet a main 10.0.1.0/24
	subnet b main 10.0.2.0/24
`

func TestSecurityGroups(t *testing.T) {
	s := build(t, twoSubnets+`
	sg open main out:0.0.0.0/0:all
	sg lb main out:sg=web:tcp/8080
	sg web main in:sg=lb:tcp/8080 in:10.0.1.0/24:tcp/9000 in:10.0.2.128/25:tcp/9100 out:0.0.0.0/0:all
	sg self main in:sg=self:all
	sg halves main in:0.0.0.0/1:tcp/22 in:128.0.0.0/1:tcp/22
	sg unknown main in:$office:tcp/22 in:?:tcp/23 in:0.0.0.0/0:~tcp/24
	task lb subnets=a groups=lb
	task client subnets=a groups=open
	task twin subnets=b groups=open
	task web subnets=b groups=web
	task quiet subnets=b groups=self
	task halves subnets=b groups=halves
	task unknown subnets=b groups=unknown
	function fn subnets=a groups=web
	task bare subnets=a
	`)
	ask(t, s,
		// A group is the interfaces that hold it, and both sides must agree.
		row{"lb", "web", "tcp/8080", "yes"}, row{"client", "web", "tcp/8080", "no"}, row{"lb", "web", "tcp/9000", "no"},
		// A task lives anywhere in its subnet.
		row{"client", "web", "tcp/9000", "yes"}, row{"twin", "web", "tcp/9000", "no"}, row{"twin", "web", "tcp/9100", "unknown"},
		// A rule that names its own group admits only holders; no rule admits nobody.
		row{"client", "quiet", "all", "no"}, row{"quiet", "quiet", "tcp/1", "no"}, row{"client", "bare", "tcp/1", "no"},
		// Two halves are everything.
		row{"client", "halves", "tcp/22", "yes"},
		// What is unknown is neither yes nor no.
		row{"client", "unknown", "tcp/22", "unknown"}, row{"client", "unknown", "tcp/23", "unknown"}, row{"client", "unknown", "tcp/24", "unknown"}, row{"client", "unknown", "tcp/25", "no"},
		// Functions connect and never listen.
		row{"fn", "halves", "tcp/22", "yes"}, row{"lb", "fn", "tcp/8080", "no"},
		// IPv4 has no route to IPv6, and nobody is there.
		row{"client", "nobody", "all", "no"}, row{"2600::/32", "web", "all", "no"},
	)
}

func TestUnknownRanges(t *testing.T) {
	s := build(t, `
	vpc main unknown
	vpc other unknown
	subnet a main unknown
	subnet b main $sub
	subnet c other unknown
	sg open main out:0.0.0.0/0:all
	sg web main in:@main:tcp/1 in:@a:tcp/2 in:$sub:tcp/3 in:10.0.0.0/8:tcp/4 in:@other:tcp/5 in:0.0.0.0/0:tcp/6
	task x subnets=a groups=open
	task y subnets=b groups=open
	task web subnets=a groups=web
	`)
	ask(t, s,
		// The range of a VPC or subnet is known by its name.
		row{"x", "web", "tcp/1", "yes"}, row{"x", "web", "tcp/2", "yes"},
		// Subnets of a VPC do not overlap, and equal symbols are equal ranges.
		row{"y", "web", "tcp/2", "no"}, row{"y", "web", "tcp/3", "yes"},
		row{"x", "web", "tcp/4", "unknown"}, row{"x", "web", "tcp/5", "unknown"}, row{"x", "web", "tcp/6", "yes"},
		// Hosts outside are in no VPC: but there is no way in either.
		row{"8.8.8.8/32", "web", "tcp/6", "no"},
	)
}

func TestNetworkACLs(t *testing.T) {
	s := build(t, `
	vpc main 10.0.0.0/16
	acl deny in:100:deny:0.0.0.0/0:all out:100:allow:0.0.0.0/0:all
	acl web in:100:allow:0.0.0.0/0:tcp/80 in:90:deny:10.0.3.0/24:tcp/80 out:100:allow:0.0.0.0/0:tcp/32768-60999
	acl narrow in:100:allow:0.0.0.0/0:all out:100:allow:0.0.0.0/0:tcp/40000-50000
	acl mute in:100:allow:0.0.0.0/0:all out:100:allow:0.0.0.0/0:tcp/80
	acl doubt in:100:allow:0.0.0.0/0:all in:*:deny:10.0.1.0/24:tcp/22 out:100:allow:0.0.0.0/0:all
	acl ping in:100:allow:0.0.0.0/0:icmp/8 out:100:allow:0.0.0.0/0:icmp/0
	subnet a main 10.0.1.0/24
	subnet denied main 10.0.2.0/24 acl=deny
	subnet c main 10.0.3.0/24
	subnet web main 10.0.4.0/24 acl=web
	subnet narrow main 10.0.5.0/24 acl=narrow
	subnet mute main 10.0.6.0/24 acl=mute
	subnet doubt main 10.0.7.0/24 acl=doubt
	subnet ping main 10.0.8.0/24 acl=ping
	sg all main in:0.0.0.0/0:all out:0.0.0.0/0:all
	task x subnets=a groups=all
	task c subnets=c groups=all
	task windows subnets=a groups=all windows
	store db subnets=denied groups=all
	task in subnets=denied groups=all
	task web subnets=web groups=all
	task narrow subnets=narrow groups=all
	task mute subnets=mute groups=all
	task doubt subnets=doubt groups=all
	task ping subnets=ping groups=all
	`)
	s.NetworkACL("web").Ingress[0], s.NetworkACL("web").Ingress[1] = s.NetworkACL("web").Ingress[1], s.NetworkACL("web").Ingress[0]
	ask(t, s,
		// Within one subnet no network ACL is asked: "the ACL isolates it" is false.
		row{"in", "db", "tcp/5432", "yes"}, row{"x", "db", "tcp/5432", "no"},
		// The first match decides.
		row{"x", "web", "tcp/80", "yes"}, row{"c", "web", "tcp/80", "no"}, row{"x", "web", "tcp/81", "no"},
		// Replies go to the port that the client took: all of its range must pass.
		row{"windows", "web", "tcp/80", "unknown"}, row{"x", "narrow", "tcp/80", "unknown"}, row{"x", "mute", "tcp/80", "no"},
		// An entry whose number is not known may stand anywhere.
		row{"x", "doubt", "tcp/22", "unknown"}, row{"x", "doubt", "tcp/23", "yes"}, row{"c", "doubt", "tcp/22", "yes"},
		// An echo is answered by an echo reply.
		row{"x", "ping", "icmp/8.0", "yes"}, row{"x", "ping", "tcp/80", "no"},
	)
	a := New(s).Connect(At("windows"), At("web"), netset.TCP(80, 80))
	if len(a.Gaps) == 0 || !strings.Contains(a.Gaps[0].Text, "replies to tcp/61000-65535 are cut") {
		t.Errorf("the gap does not name the ports that are cut: %v", a.Gaps)
	}
	if !a.Forward.Sure.Contains(6, 80) {
		t.Error("the request does not arrive")
	}
}

func TestInternet(t *testing.T) {
	s := build(t, `
	vpc main 10.0.0.0/16 2600:a::/56
	igw gw main
	nat n pub
	table public main 0.0.0.0/0=igw:gw ::/0=igw:gw
	table private main 0.0.0.0/0=nat:n ::/0=eigw:eo
	table hole main 0.0.0.0/0=igw:gw 8.8.8.0/24=gone
	subnet pub main 10.0.0.0/24 2600:a::/64 table=public
	subnet priv main 10.0.1.0/24 2600:a:0:1::/64 table=private
	subnet hole main 10.0.2.0/24 table=hole
	sg all main in:0.0.0.0/0:all in:::/0:tcp/443 out:0.0.0.0/0:all out:::/0:all
	task public subnets=pub groups=all public
	task hidden subnets=pub groups=all
	task six subnets=priv groups=all v6
	task six-public subnets=pub groups=all v6
	task private subnets=priv groups=all
	task wrong subnets=priv groups=all public
	task hole subnets=hole groups=all public
	alb inside subnets=pub groups=all internal
	alb outside subnets=pub groups=all
	`)
	ask(t, s,
		// An open group is not reachable without a public address and a route back.
		row{"internet", "public", "tcp/22", "yes"}, row{"internet", "hidden", "tcp/22", "no"}, row{"internet", "private", "tcp/22", "no"}, row{"internet", "wrong", "tcp/22", "no"},
		// IPv6 needs no translation, and an egress-only gateway lets nothing in.
		row{"internet", "six-public", "tcp/443", "yes"}, row{"internet", "six", "tcp/443", "no"}, row{"six", "2700::/16", "tcp/443", "yes"},
		// Out: by the public address, or by the NAT gateway.
		row{"public", "8.8.8.8/32", "tcp/443", "yes"}, row{"hidden", "8.8.8.8/32", "tcp/443", "no"}, row{"private", "8.8.8.8/32", "tcp/443", "yes"}, row{"private", "8.8.8.8/32", "esp", "no"},
		// A blackhole is no way, in either direction.
		row{"hole", "8.8.8.8/32", "tcp/443", "no"}, row{"8.8.8.8/32", "hole", "tcp/22", "no"}, row{"9.9.9.9/32", "hole", "tcp/22", "yes"},
		// Private hosts outside have no way in.
		row{"172.16.0.0/12", "public", "tcp/22", "no"},
		row{"internet", "inside", "tcp/443", "no"}, row{"internet", "outside", "tcp/443", "yes"}, row{"private", "inside", "tcp/443", "yes"},
	)
	a := New(s).Internet("inside", netset.TCP(443, 443))
	var stop Step
	for _, b := range a.Barriers(netset.TCP(443, 443)) {
		stop = b
	}
	if stop.Gate != GatePublicAddress || !strings.Contains(stop.Why, "scheme internal") {
		t.Errorf("the barrier is %v: %s", stop.Gate, stop.Why)
	}
	s.Subnet("pub").PublicAccess = fact.Default(topo.BlockIngress)
	ask(t, s, row{"internet", "public", "tcp/22", "no"}, row{"private", "8.8.8.8/32", "tcp/443", "yes"})
	s.Subnet("pub").PublicAccess = fact.Missing[topo.BlockPublicAccess]("not given", ref.Place{})
	ask(t, s, row{"internet", "public", "tcp/22", "unknown"})
}

func TestBetweenVPCs(t *testing.T) {
	s := build(t, `
	vpc a 10.0.0.0/16
	vpc b 10.1.0.0/16
	vpc c 10.2.0.0/16
	peering ab a b
	peering bc b c far
	table ta a 10.1.0.0/16=pcx:ab 10.2.0.0/16=pcx:ab
	table tb b 10.0.0.0/16=pcx:ab 10.2.0.0/16=pcx:bc
	table tc c 10.1.0.0/16=pcx:bc 172.16.0.0/12=vgw:vpn
	subnet a a 10.0.1.0/24 table=ta
	subnet b b 10.1.1.0/24 table=tb
	subnet b2 b 10.1.2.0/24
	subnet c c 10.2.1.0/24 table=tc
	sg ga a in:sg=gb:tcp/22 out:0.0.0.0/0:all
	sg gb b in:sg=ga:tcp/22 in:sg=gc:tcp/22 in:10.0.0.0/8:tcp/80 out:0.0.0.0/0:all
	sg gc c in:0.0.0.0/0:tcp/80 out:0.0.0.0/0:all
	task ta subnets=a groups=ga
	task tb subnets=b groups=gb
	task deaf subnets=b2 groups=gb
	task tc subnets=c groups=gc
	`)
	ask(t, s,
		// Peered, with routes both ways, and references within one Region.
		row{"ta", "tb", "tcp/22", "yes"}, row{"ta", "tb", "tcp/80", "yes"},
		// In another Region a reference means nobody, an address range still does.
		row{"tc", "tb", "tcp/22", "no"}, row{"tc", "tb", "tcp/80", "yes"},
		// Without a route back there is no connection.
		row{"ta", "deaf", "tcp/80", "no"},
		// A peering connection leads no further.
		row{"ta", "tc", "tcp/80", "no"},
		// What is behind a VPN is not known.
		row{"172.16.0.0/12", "tc", "tcp/80", "unknown"}, row{"tc", "172.16.0.1/32", "tcp/80", "unknown"},
	)
	a := New(s).Connect(At("ta"), At("deaf"), netset.TCP(80, 80))
	if !a.Forward.Sure.Contains(6, 80) {
		t.Errorf("the request arrives, only the reply does not:\n%s", show(a))
	}
}

// Every endpoint of which little is known gives an unknown answer with a gap,
// and never a panic.
func TestLittleIsKnown(t *testing.T) {
	s := (&topo.Snapshot{Endpoints: []topo.Endpoint{
		{Thing: known("x"), Unfiltered: fact.No, Groups: topo.Links{More: "not here"}},
		{Thing: known("y"), Subnets: topo.Links{List: []topo.Link{link("nowhere")}}, Groups: topo.Links{List: []topo.Link{link("none")}}},
	}}).Freeze()
	n := New(s)
	for _, from := range []Party{At("x"), At("y"), Outside(netset.Internet())} {
		for _, to := range []Party{At("x"), At("y")} {
			a := n.Connect(from, to, netset.TCP(80, 80))
			if a.Packets.All(netset.TCP(80, 80)) != fact.Unknown || len(a.Gaps) == 0 {
				t.Errorf("%s -> %s:\n%s", n.partyName(from), n.partyName(to), show(a))
			}
		}
	}
	for _, p := range []Party{{}, At("nobody"), At("x")} {
		if a := n.Connect(Outside(netset.Addrs{}), p, netset.AllPorts()); !a.Packets.Maybe.IsEmpty() || len(a.Trail) == 0 {
			t.Errorf("nobody connects: %s", show(a))
		}
	}
	n.Exits("x", netset.Internet())
	n.Exits("nobody", netset.Internet())
	if got, _, why := n.PublicSubnet("nowhere"); got != fact.Unknown || why == "" {
		t.Errorf("PublicSubnet of what is not there is %v: %q", got, why)
	}
}
