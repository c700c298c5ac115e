package reach

import (
	"fmt"
	"math/rand"
	"net/netip"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// drawer draws small networks: two VPCs, each with subnets, tables, groups and
// gateways, joined by a peering connection or a transit gateway.
type drawer struct {
	*rand.Rand
	unknown bool // some facts are unknown
	holes   int  // how many were drawn
}

func (d *drawer) one(n int) bool { return d.Intn(n) == 0 }

// hole is whether a fact becomes unknown.
func (d *drawer) hole(n int) bool {
	if d.unknown && d.one(n) {
		d.holes++
		return true
	}
	return false
}

func pick[T any](d *drawer, list []T) T { return list[d.Intn(len(list))] }

var (
	blocks4 = prefixes("0.0.0.0/0", "0.0.0.0/1", "10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "10.0.1.128/25", "10.1.0.0/24", "10.1.1.0/25", "8.8.8.0/24", "8.8.8.8/32", "172.16.0.0/12")
	blocks6 = prefixes("::/0", "2600:a::/56", "2600:b::/56", "2600:a:0:1::/64", "2600:b::/64", "2600:b:0:1::/65", "2600:ffff::/32", "2600:ffff::8/128")
	outside = []netip.Addr{ip("8.8.8.7"), ip("8.8.8.8"), ip("8.8.9.0"), ip("172.16.0.9"), ip("200.1.1.1"), ip("2600:ffff::8"), ip("2600:ffff::9"), ip("2700::1")}
	// The packets to ask about are at the ends of these and next to them.
	ports = []netset.Ports{
		netset.TCP(22, 22), netset.TCP(80, 90), netset.UDP(53, 53), netset.AllPorts(), netset.TCP(0, 65535), netset.ICMP(8, -1), netset.ICMP(-1, -1),
		netset.TCP(1024, 65535), netset.TCP(32768, 60999), netset.UDP(1024, 65535), netset.Protocol(50), netset.ICMP(0, 0), netset.ICMPv6(-1, -1), netset.ICMPv6(129, 0),
	}
	packets = []packet{
		{6, 0, 0}, {6, 21, 0}, {6, 22, 0}, {6, 23, 0}, {6, 79, 0}, {6, 80, 0}, {6, 90, 0}, {6, 91, 0}, {6, 1023, 0}, {6, 1024, 0}, {6, 32767, 0}, {6, 32768, 0}, {6, 60999, 0}, {6, 61000, 0}, {6, 65535, 0},
		{17, 52, 0}, {17, 53, 0}, {17, 54, 0}, {17, 1024, 0}, {1, 8 << 8, 0}, {1, 8<<8 | 1, 0}, {1, 0, 0}, {1, 3<<8 | 4, 0}, {58, 128 << 8, 0}, {58, 129 << 8, 0}, {50, 0, 0}, {51, 0, 0},
	}
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func known(id ref.ID) topo.Thing { return topo.Thing{ID: id, Name: string(id), Exists: fact.Yes} }

func link(id ref.ID) topo.Link { return topo.Link{ID: id, Exists: fact.Yes} }

func (d *drawer) block() topo.Block {
	b := topo.Block{Prefix: pick(d, blocks4)}
	if d.one(3) {
		b.Prefix = pick(d, blocks6)
	}
	switch {
	case d.hole(12):
		b = topo.Block{Symbol: pick(d, []string{"var.x", "var.y"}), Family: topo.IPv4, Why: "not given"}
	case d.hole(16):
		b = topo.Block{Of: pick(d, []ref.ID{"a", "b", "a0", "a1", "b0"}), Family: topo.IPv4}
	}
	return b
}

func (d *drawer) exists() fact.Tri {
	if d.hole(14) {
		return fact.Unknown
	}
	return fact.Yes
}

func (d *drawer) bounds() netset.Bounds {
	p := pick(d, ports)
	if d.hole(14) {
		return netset.AtMost(p)
	}
	return netset.Exactly(p)
}

func (d *drawer) more(n int) string {
	if d.hole(n) {
		return "not here"
	}
	return ""
}

func (d *drawer) boolean(n int) fact.Fact[bool] {
	if d.hole(8) {
		return fact.Missing[bool]("not given", ref.Place{})
	}
	return fact.Default(d.Intn(n) > 0)
}

// network draws a snapshot.
func (d *drawer) network() *topo.Snapshot {
	s := &topo.Snapshot{}
	for i, v := range []ref.ID{"a", "b"} {
		s.VPCs = append(s.VPCs, topo.VPC{Thing: known(v), BlockPublicAccess: fact.Default(topo.BlockNothing),
			Blocks: []topo.Block{{Prefix: netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/16", i))}, {Prefix: netip.MustParsePrefix(fmt.Sprintf("2600:%s::/56", v))}}})
		for j := range 2 + d.Intn(2) {
			d.subnet(s, v, i, j)
		}
		for j := range 3 {
			id := ref.ID(fmt.Sprintf("%s-g%d", v, j))
			g := topo.SecurityGroup{Thing: known(id), VPC: v, IngressMore: d.more(40), EgressMore: d.more(40)}
			for range d.Intn(4) {
				g.Ingress = append(g.Ingress, d.rule())
			}
			for range 1 + d.Intn(3) {
				g.Egress = append(g.Egress, d.rule())
			}
			if d.one(2) {
				g.Egress = append(g.Egress, topo.Rule{Ports: netset.Exactly(netset.AllPorts()), Peer: topo.Peer{Kind: topo.PeerBlock, Block: topo.Block{Prefix: pick(d, []netip.Prefix{blocks4[0], blocks6[0]})}}, Exists: fact.Yes})
			}
			s.SecurityGroups = append(s.SecurityGroups, g)
			s.NetworkACLs = append(s.NetworkACLs, d.networkACL(ref.ID(fmt.Sprintf("%s-n%d", v, j)), v))
			s.RouteTables = append(s.RouteTables, d.routeTable(ref.ID(fmt.Sprintf("%s-r%d", v, j)), v))
		}
		if d.Intn(5) > 0 {
			s.Gateways = append(s.Gateways, topo.Gateway{Thing: known(v + "-igw"), Kind: topo.InternetGateway, VPC: v})
		}
		s.Gateways = append(s.Gateways, topo.Gateway{Thing: known(v + "-eigw"), Kind: topo.EgressOnlyGateway, VPC: v},
			topo.Gateway{Thing: known(v + "-nat"), Kind: topo.NATGateway, VPC: v, Subnet: v + "0", Public: d.boolean(8), Regional: fact.Default(false)})
		for j := range 4 {
			s.Endpoints = append(s.Endpoints, d.endpoint(s, v, j))
		}
	}
	// A route to an internet gateway can only be made if there is one.
	for i := range s.RouteTables {
		t := &s.RouteTables[i]
		kept := t.Routes[:0]
		for _, r := range t.Routes {
			if r.Kind == topo.ToInternet && !hasGateway(s, r.Target) {
				continue
			}
			kept = append(kept, r)
		}
		t.Routes = kept
	}
	active := fact.Of(d.Intn(6) > 0)
	if d.hole(6) {
		active = fact.Unknown
	}
	s.Peerings = []topo.Peering{{Thing: known("pcx"), Requester: "a", Accepter: "b", SameRegion: d.boolean(3), Active: active}}
	s.TransitGateways = []topo.TransitGateway{d.transit(s)}
	if d.one(3) {
		d.peered(s)
	}
	s.PrefixLists = []topo.PrefixList{{Thing: known("pl"), Addrs: netset.Prefix(blocks4[6], blocks4[10], blocks6[4])}}
	for i := range s.Hosts {
		s.Hosts[i].UserData = userdata.Settings{Dialect: userdata.Shell}
	}
	return s.Freeze()
}

func hasGateway(s *topo.Snapshot, id ref.ID) bool {
	for _, g := range s.Gateways {
		if g.ID == id {
			return true
		}
	}
	return false
}

func (d *drawer) subnet(s *topo.Snapshot, v ref.ID, i, j int) {
	id := ref.ID(fmt.Sprintf("%s%d", v, j))
	sub := topo.Subnet{Thing: known(id), VPC: v, HasIPv6: fact.Default(true), AZ: fact.Default(pick(d, []string{"az1", "az1", "az2"})),
		Blocks:     []topo.Block{{Prefix: netip.MustParsePrefix(fmt.Sprintf("10.%d.%d.0/24", i, j))}, {Prefix: netip.MustParsePrefix(fmt.Sprintf("2600:%s:0:%d::/64", v, j))}},
		RouteTable: fact.Default(ref.ID(fmt.Sprintf("%s-r%d", v, d.Intn(3)))), ACL: fact.Default(ref.ID(fmt.Sprintf("%s-n%d", v, d.Intn(3)))),
		PublicAccess: fact.Default(topo.BlockNothing)}
	if d.one(12) {
		sub.PublicAccess = fact.Default(pick(d, []topo.BlockPublicAccess{topo.BlockIngress, topo.BlockBoth}))
	}
	if d.hole(10) {
		sub.Blocks[0] = topo.Block{Of: id, Symbol: "var." + string(id), Family: topo.IPv4, Why: "not given"}
	}
	if d.hole(20) {
		sub.RouteTable = fact.Missing[ref.ID]("not here", ref.Place{})
	}
	if d.hole(20) {
		sub.ACL = fact.Missing[ref.ID]("not here", ref.Place{})
	}
	s.Subnets = append(s.Subnets, sub)
}

func (d *drawer) rule() topo.Rule {
	r := topo.Rule{Ports: d.bounds(), Exists: d.exists()}
	switch d.Intn(6) {
	case 0, 1, 2:
		r.Peer = topo.Peer{Kind: topo.PeerBlock, Block: d.block()}
	case 3, 4:
		r.Peer = topo.Peer{Kind: topo.PeerGroup, ID: ref.ID(fmt.Sprintf("%s-g%d", pick(d, []string{"a", "b"}), d.Intn(3)))}
	default:
		r.Peer = topo.Peer{Kind: topo.PeerPrefixList, ID: "pl"}
	}
	if d.hole(20) {
		r.Peer = topo.Peer{}
	}
	return r
}

func (d *drawer) networkACL(id, v ref.ID) topo.NetworkACL {
	a := topo.NetworkACL{Thing: known(id), VPC: v, More: d.more(40)}
	for _, list := range []*[]topo.ACLEntry{&a.Ingress, &a.Egress} {
		number := 1
		entry := func(allow bool, p netset.Bounds, b topo.Block) {
			e := topo.ACLEntry{Number: number, Allow: fact.Of(allow), Ports: p, Block: b, Exists: d.exists()}
			if d.hole(20) {
				e.Number = -1
			}
			if d.hole(20) {
				e.Allow = fact.Unknown
			}
			number++
			*list = append(*list, e)
		}
		for range d.Intn(3) {
			entry(d.one(2), d.bounds(), d.block())
		}
		if d.Intn(4) > 0 {
			all := netset.Exactly(netset.AllPorts())
			entry(true, all, topo.Block{Prefix: blocks4[0]})
			entry(true, all, topo.Block{Prefix: blocks6[0]})
		}
	}
	return a
}

func (d *drawer) routeTable(id, v ref.ID) topo.RouteTable {
	t := topo.RouteTable{Thing: known(id), VPC: v, More: d.more(40)}
	used := map[netip.Prefix]bool{}
	add := func(dest string, kind topo.RouteTarget, target ref.ID) {
		r := topo.Route{Dest: topo.Block{Prefix: netip.MustParsePrefix(dest)}, Kind: kind, Target: target, Exists: d.exists()}
		if used[r.Dest.Prefix] {
			return
		}
		used[r.Dest.Prefix] = true
		if d.hole(20) {
			r.Dest = topo.Block{Symbol: pick(d, []string{"var.x", "var.y"}), Family: topo.IPv4, Why: "not given"}
		}
		t.Routes = append(t.Routes, r)
	}
	other4, other6 := "10.1.0.0/16", "2600:b::/56"
	if v == "b" {
		other4, other6 = "10.0.0.0/16", "2600:a::/56"
	}
	if d.Intn(4) > 0 {
		switch d.Intn(3) {
		case 0:
			add("0.0.0.0/0", topo.ToNAT, v+"-nat")
		default:
			add("0.0.0.0/0", topo.ToInternet, v+"-igw")
		}
	}
	if d.Intn(4) > 0 {
		add("::/0", pick(d, []topo.RouteTarget{topo.ToInternet, topo.ToEgressOnly}), "")
		r := &t.Routes[len(t.Routes)-1]
		r.Target = v + "-eigw"
		if r.Kind == topo.ToInternet {
			r.Target = v + "-igw"
		}
	}
	for _, dest := range []string{other4, other6, "10.0.0.0/8"} {
		switch d.Intn(5) {
		case 0, 1:
			add(dest, topo.ToPeering, "pcx")
		case 2:
			add(dest, topo.ToTransit, "tgw")
		case 3:
			if d.one(3) {
				add(dest, topo.ToNowhere, "")
			}
		}
	}
	if d.one(3) {
		add(pick(d, []string{"10.1.1.0/25", "8.8.8.0/24", "10.0.1.128/25", "2600:b::/64"}), pick(d, []topo.RouteTarget{topo.ToNowhere, topo.ToPeering}), "pcx")
	}
	return t
}

func (d *drawer) transit(s *topo.Snapshot) topo.TransitGateway {
	g := topo.TransitGateway{Thing: known("tgw"), GroupReferences: d.boolean(3)}
	for _, v := range []ref.ID{"a", "b"} {
		g.Attachments = append(g.Attachments, topo.TransitAttachment{Thing: known(v + "-att"), VPC: v, Table: fact.Default(pick(d, []ref.ID{"t0", "t1"})),
			Subnets: topo.Links{List: []topo.Link{link(v + pick(d, []ref.ID{"0", "1"}))}}, GroupReferences: d.boolean(4)})
	}
	for _, id := range []ref.ID{"t0", "t1"} {
		t := topo.TransitTable{Thing: known(id), More: d.more(20)}
		for _, v := range []ref.ID{"a", "b"} {
			if d.Intn(4) > 0 {
				t.Propagated = append(t.Propagated, v+"-att")
			}
			if d.one(4) {
				t.Routes = append(t.Routes, topo.TransitRoute{Dest: topo.Block{Prefix: netip.MustParsePrefix(pick(d, []string{"10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/8", "10.1.1.0/25"}))}, Attachment: v + "-att", Exists: d.exists()})
			}
		}
		if d.one(6) && len(t.Routes) == 0 {
			t.Routes = append(t.Routes, topo.TransitRoute{Dest: topo.Block{Prefix: blocks4[8]}, Blackhole: true, Exists: d.exists()})
		}
		if len(t.Routes) == 2 && t.Routes[0].Dest == t.Routes[1].Dest {
			t.Routes = t.Routes[:1]
		}
		g.Tables = append(g.Tables, t)
	}
	return g
}

// peered puts each VPC on a transit gateway of its own, the two joined by a
// peering.
func (d *drawer) peered(s *topo.Snapshot) {
	g := s.TransitGateways[0]
	accepted := fact.Yes
	if d.hole(6) {
		accepted = fact.Unknown
	}
	var out []topo.TransitGateway
	for i, v := range []ref.ID{"a", "b"} {
		id, other := ref.ID(fmt.Sprintf("tgw%d", i)), ref.ID(fmt.Sprintf("tgw%d", 1-i))
		ids := []ref.ID{id + "-t0", id + "-t1"}
		own := g.Attachments[i]
		own.Table = fact.Default(pick(d, ids))
		p := topo.TransitAttachment{Thing: known("p"), Outside: "transit gateway peering", Peer: other, Table: fact.Default(pick(d, ids)), GroupReferences: fact.Default(false)}
		p.Exists = accepted
		h := topo.TransitGateway{Thing: known(id), GroupReferences: g.GroupReferences, Attachments: []topo.TransitAttachment{own, p}}
		for _, table := range ids {
			t := topo.TransitTable{Thing: known(table), More: d.more(20)}
			if d.Intn(4) > 0 {
				t.Propagated = []ref.ID{own.ID}
			}
			there := []string{"10.1.0.0/16", "10.0.0.0/16"}[i]
			for _, dest := range []string{there, "10.0.0.0/8"} {
				if d.Intn(3) > 0 {
					t.Routes = append(t.Routes, topo.TransitRoute{Dest: topo.Block{Prefix: netip.MustParsePrefix(dest)}, Attachment: pick(d, []ref.ID{"p", "p", "p", own.ID}), Exists: d.exists()})
				}
			}
			h.Tables = append(h.Tables, t)
		}
		for j := range s.RouteTables {
			for k := range s.RouteTables[j].Routes {
				if r := &s.RouteTables[j].Routes[k]; r.Target == "tgw" && s.RouteTables[j].VPC == v {
					r.Target = id
				}
			}
		}
		out = append(out, h)
	}
	s.TransitGateways = out
}

func (d *drawer) endpoint(s *topo.Snapshot, v ref.ID, j int) topo.Endpoint {
	id := ref.ID(fmt.Sprintf("%s-e%d", v, j))
	e := topo.Endpoint{Thing: known(id), Kind: pick(d, []topo.EndpointKind{topo.CarrierEndpoint, topo.TaskEndpoint, topo.HostEndpoint}), VPC: v,
		Unfiltered: fact.No, PublicIPv4: d.boolean(2), IPv6: d.boolean(3)}
	if e.Kind == topo.HostEndpoint {
		s.Hosts = append(s.Hosts, topo.Host{Thing: known(id)})
	}
	for k := range 2 {
		if k == d.Intn(2) || d.one(3) {
			l := link(v + ref.ID(fmt.Sprint(k)))
			l.Exists = d.exists()
			e.Subnets.List = append(e.Subnets.List, l)
		}
	}
	if len(e.Subnets.List) == 0 {
		e.Subnets.List = []topo.Link{link(v + "1")}
	}
	for k := range 3 {
		if d.one(2) {
			l := link(v + ref.ID(fmt.Sprintf("-g%d", k)))
			l.Exists = d.exists()
			e.Groups.List = append(e.Groups.List, l)
		}
	}
	e.Groups.More = d.more(40)
	return e
}
