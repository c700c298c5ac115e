package reach

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// build reads a small design, one thing a line. Every VPC has the network ACL
// "open" and the routes "only-local" without being told.
//
//	vpc main 10.0.0.0/16 2600:a::/56
//	igw gw main
//	nat n pub
//	table public main 0.0.0.0/0=igw:gw
//	acl strict in:100:allow:0.0.0.0/0:tcp/443 out:*:deny:0.0.0.0/0:all
//	subnet pub main 10.0.0.0/24 table=public acl=strict
//	sg web main in:0.0.0.0/0:tcp/443 in:sg=lb:tcp/8080 out:0.0.0.0/0:all
//	task orders subnets=a,b groups=web public
//	peering pcx main other
func build(t *testing.T, lines string) *topo.Snapshot {
	t.Helper()
	s := &topo.Snapshot{}
	b := builder{t: t, s: s}
	for _, line := range strings.Split(lines, "\n") {
		if f := strings.Fields(line); len(f) > 0 {
			b.line(f[0], ref.ID(f[1]), f[2:])
		}
	}
	return s.Freeze()
}

type builder struct {
	t *testing.T
	s *topo.Snapshot
}

func (b builder) line(kind string, id ref.ID, rest []string) {
	s, options := b.s, map[string]string{}
	var plain []string
	for _, r := range rest {
		if k, v, ok := strings.Cut(r, "="); ok && !strings.Contains(k, ":") && !strings.Contains(k, "/") {
			options[k] = v
		} else {
			plain = append(plain, r)
		}
	}
	flag := func(name string) bool {
		for _, p := range plain {
			if p == name {
				return true
			}
		}
		return false
	}
	switch kind {
	case "vpc":
		s.VPCs = append(s.VPCs, topo.VPC{Thing: known(id), Blocks: b.blocks(id, plain), BlockPublicAccess: fact.Default(topo.BlockNothing)})
		all := netset.Exactly(netset.AllPorts())
		var open []topo.ACLEntry
		for i, p := range prefixes("0.0.0.0/0", "::/0") {
			open = append(open, topo.ACLEntry{Number: 100 + i, Allow: fact.Yes, Ports: all, Block: topo.Block{Prefix: p}, Exists: fact.Yes})
		}
		s.NetworkACLs = append(s.NetworkACLs, topo.NetworkACL{Thing: known(id + "-open"), VPC: id, Ingress: open, Egress: open})
		s.RouteTables = append(s.RouteTables, topo.RouteTable{Thing: known(id + "-local"), VPC: id})
	case "igw":
		s.Gateways = append(s.Gateways, topo.Gateway{Thing: known(id), Kind: topo.InternetGateway, VPC: ref.ID(plain[0])})
	case "nat":
		s.Gateways = append(s.Gateways, topo.Gateway{Thing: known(id), Kind: topo.NATGateway, Subnet: ref.ID(plain[0]), Public: fact.Default(!flag("private")), Regional: fact.Default(false)})
	case "table":
		table := topo.RouteTable{Thing: known(id), VPC: ref.ID(plain[0])}
		for _, r := range rest[1:] {
			dest, to, _ := strings.Cut(r, "=")
			how, target, _ := strings.Cut(to, ":")
			k := map[string]topo.RouteTarget{"igw": topo.ToInternet, "eigw": topo.ToEgressOnly, "nat": topo.ToNAT, "pcx": topo.ToPeering, "tgw": topo.ToTransit, "vgw": topo.ToVPN,
				"gone": topo.ToNowhere, "s3": topo.ToGatewayEndpoint, "gwlb": topo.ToInspection, "eni": topo.ToInterface, "?": topo.ToUnknown}[how]
			table.Routes = append(table.Routes, topo.Route{Dest: b.block(dest), Kind: k, Target: ref.ID(target), Exists: fact.Yes, Place: ref.Place{File: "t", Line: 1}})
		}
		s.RouteTables = append(s.RouteTables, table)
	case "acl":
		a := topo.NetworkACL{Thing: known(id)}
		for _, e := range rest {
			p := strings.SplitN(e, ":", 5)
			n, err := strconv.Atoi(p[1])
			if err != nil {
				n = -1
			}
			dest, set := cutLast(p[3] + ":" + strings.Join(p[4:], ":"))
			x := topo.ACLEntry{Number: n, Allow: fact.Of(p[2] == "allow"), Ports: b.ports(set), Block: b.block(dest), Exists: fact.Yes}
			if p[0] == "in" {
				a.Ingress = append(a.Ingress, x)
			} else {
				a.Egress = append(a.Egress, x)
			}
		}
		s.NetworkACLs = append(s.NetworkACLs, a)
	case "subnet":
		v := ref.ID(plain[0])
		sub := topo.Subnet{Thing: known(id), VPC: v, Blocks: b.blocks(id, plain[1:]), HasIPv6: fact.Default(strings.Contains(strings.Join(plain, " "), "::")),
			RouteTable: fact.Default(v + "-local"), ACL: fact.Default(v + "-open"), PublicAccess: fact.Default(topo.BlockNothing), AZ: fact.Default("az1")}
		if o := options["table"]; o != "" {
			sub.RouteTable = fact.Default(ref.ID(o))
		}
		if o := options["acl"]; o != "" {
			sub.ACL = fact.Default(ref.ID(o))
		}
		s.Subnets = append(s.Subnets, sub)
	case "sg":
		g := topo.SecurityGroup{Thing: known(id), VPC: ref.ID(plain[0])}
		for i, r := range rest[1:] {
			direction, what, _ := strings.Cut(r, ":")
			who, set := cutLast(what)
			rule := topo.Rule{Ports: b.ports(set), Exists: fact.Yes, Place: ref.Place{File: string(id), Line: i + 1}}
			switch name, of, _ := strings.Cut(who, "="); name {
			case "sg":
				rule.Peer = topo.Peer{Kind: topo.PeerGroup, ID: ref.ID(of)}
			case "pl":
				rule.Peer = topo.Peer{Kind: topo.PeerPrefixList, ID: ref.ID(of)}
			case "?":
			default:
				rule.Peer = topo.Peer{Kind: topo.PeerBlock, Block: b.block(who)}
			}
			if direction == "in" {
				g.Ingress = append(g.Ingress, rule)
			} else {
				g.Egress = append(g.Egress, rule)
			}
		}
		s.SecurityGroups = append(s.SecurityGroups, g)
	case "peering":
		s.Peerings = append(s.Peerings, topo.Peering{Thing: known(id), Requester: ref.ID(plain[0]), Accepter: ref.ID(plain[1]), SameRegion: fact.Default(!flag("far")), Active: fact.Yes})
	case "task", "host", "store", "function", "alb", "nlb":
		b.endpoint(kind, id, options, flag)
	default:
		b.t.Fatalf("no kind %q", kind)
	}
}

func (b builder) endpoint(kind string, id ref.ID, options map[string]string, flag func(string) bool) {
	e := topo.Endpoint{Thing: known(id), Owner: id, Unfiltered: fact.No, PublicIPv4: fact.Default(flag("public")), IPv6: fact.Default(flag("v6")),
		Kind: map[string]topo.EndpointKind{"task": topo.TaskEndpoint, "host": topo.HostEndpoint, "store": topo.StoreEndpoint, "function": topo.FunctionEndpoint}[kind]}
	for _, x := range strings.Split(options["subnets"], ",") {
		e.Subnets.List = append(e.Subnets.List, link(ref.ID(x)))
		for _, sub := range b.s.Subnets {
			if sub.ID == ref.ID(x) {
				e.VPC = sub.VPC
			}
		}
	}
	for _, x := range strings.Split(options["groups"], ",") {
		if x != "" {
			e.Groups.List = append(e.Groups.List, link(ref.ID(x)))
		}
	}
	if at := options["at"]; at != "" {
		e.Fixed = netset.Addr(ip(at))
	}
	switch kind {
	case "task":
		b.s.TaskDefinitions = append(b.s.TaskDefinitions, topo.TaskDefinition{Thing: known(id + "-def"), Windows: fact.Default(flag("windows"))})
		b.s.Workloads = append(b.s.Workloads, topo.Workload{Thing: known(id), Definition: id + "-def", Endpoint: id, Mode: fact.Default(topo.ModeAWSVPC)})
	case "host":
		b.s.Hosts = append(b.s.Hosts, topo.Host{Thing: known(id), UserData: userdata.Nothing(), Bottlerocket: fact.Yes})
	case "alb", "nlb":
		e.Kind = topo.BalancerEndpoint
		k := topo.ApplicationBalancer
		if kind == "nlb" {
			k = topo.NetworkBalancer
			e.Unfiltered = fact.Of(len(e.Groups.List) == 0)
		}
		b.s.LoadBalancers = append(b.s.LoadBalancers, topo.LoadBalancer{Thing: known(id), Kind: k, VPC: e.VPC, InternetFacing: fact.Default(!flag("internal"))})
	}
	b.s.Endpoints = append(b.s.Endpoints, e)
}

// block reads a prefix, "$name" for a symbol, or "@thing" for the range of it.
func (b builder) block(text string) topo.Block {
	switch text[0] {
	case '$':
		return topo.Block{Symbol: text[1:], Family: topo.IPv4, Why: "var." + text[1:] + " has no value"}
	case '@':
		return topo.Block{Of: ref.ID(text[1:]), Family: topo.IPv4}
	}
	return topo.Block{Prefix: netip.MustParsePrefix(text)}
}

func (b builder) blocks(of ref.ID, list []string) (out []topo.Block) {
	for _, x := range list {
		if strings.ContainsAny(x, "/$") {
			out = append(out, b.block(x))
		} else if x == "unknown" {
			out = append(out, topo.Block{Of: of, Family: topo.IPv4})
		}
	}
	return out
}

func (b builder) ports(text string) netset.Bounds {
	text, unknown := strings.CutPrefix(text, "~")
	p, err := netset.ParsePorts(text)
	if err != nil {
		b.t.Fatal(err)
	}
	if unknown {
		return netset.AtMost(p)
	}
	return netset.Exactly(p)
}

// cutLast cuts at the last colon: addresses have colons too.
func cutLast(s string) (before, after string) {
	i := strings.LastIndexByte(s, ':')
	return s[:i], s[i+1:]
}

// row asks one question of a design: what is sure and what is possible.
type row struct {
	from, to, asked, want string
}

func party(text string) Party {
	if strings.Contains(text, "/") {
		return Outside(netset.Prefix(netip.MustParsePrefix(text)))
	}
	if text == "internet" {
		return Outside(netset.Internet())
	}
	return At(ref.ID(text))
}

func ask(t *testing.T, s *topo.Snapshot, rows ...row) {
	t.Helper()
	n := New(s)
	for _, r := range rows {
		asked, err := netset.ParsePorts(r.asked)
		if err != nil {
			t.Fatal(err)
		}
		a := n.Connect(party(r.from), party(r.to), asked)
		got := a.Packets.All(asked).String()
		if got == "unknown" && a.Packets.Sure.IsEmpty() && !a.Packets.Maybe.IsEmpty() && len(a.Gaps) == 0 {
			t.Errorf("%v: unknown without a gap", r)
		}
		if got == "no" && !a.Packets.Maybe.IsEmpty() {
			got = "part"
		}
		if got != r.want {
			t.Errorf("%s -> %s %s: got %s, want %s\n%s", r.from, r.to, r.asked, got, r.want, show(a))
		}
	}
}
