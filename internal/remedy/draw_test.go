package remedy

import (
	"fmt"
	"math/rand"
	"net/netip"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// drawer draws small networks without unknown facts: a VPC of two subnets and one
// of one, joined by a peering connection, with groups, network ACLs and tables.
type drawer struct{ *rand.Rand }

func (d drawer) one(n int) bool { return d.Intn(n) == 0 }

func pick[T any](d drawer, list ...T) T { return list[d.Intn(len(list))] }

func known(id ref.ID) topo.Thing { return topo.Thing{ID: id, Name: string(id), Exists: fact.Yes} }

func block(s string) topo.Block { return topo.Block{Prefix: netip.MustParsePrefix(s)} }

var (
	drawnBlocks = []string{"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "10.1.0.0/24", "8.8.8.0/24"}
	drawnPorts  = []netset.Ports{netset.TCP(22, 22), netset.TCP(80, 80), netset.AllPorts(), netset.TCP(0, 65535), netset.TCP(32768, 60999), netset.TCP(1024, 65535)}
	drawnVPCs   = map[ref.ID][]string{"a": {"10.0.0.0/24", "10.0.1.0/24"}, "b": {"10.1.0.0/24"}}
	samples     = []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("10.200.0.1")}
)

func (d drawer) network() *topo.Snapshot {
	s := &topo.Snapshot{}
	for _, v := range []ref.ID{"a", "b"} {
		s.VPCs = append(s.VPCs, topo.VPC{Thing: known(v), Blocks: []topo.Block{block(map[ref.ID]string{"a": "10.0.0.0/16", "b": "10.1.0.0/16"}[v])},
			BlockPublicAccess: fact.Default(topo.BlockNothing)})
		s.Gateways = append(s.Gateways, topo.Gateway{Thing: known(v + "-igw"), Kind: topo.InternetGateway, VPC: v},
			topo.Gateway{Thing: known(v + "-nat"), Kind: topo.NATGateway, VPC: v, Subnet: v + "0", Public: fact.Default(true), Regional: fact.Default(false)})
		for i, cidr := range drawnVPCs[v] {
			id := ref.ID(fmt.Sprint(v, i))
			s.Subnets = append(s.Subnets, topo.Subnet{Thing: known(id), VPC: v, Blocks: []topo.Block{block(cidr)}, HasIPv6: fact.Default(false),
				RouteTable: fact.Default(id + "-r"), ACL: fact.Default(v + "-n" + pick[ref.ID](d, "0", "1")), PublicAccess: fact.Default(topo.BlockNothing)})
			s.RouteTables = append(s.RouteTables, d.table(id+"-r", v))
		}
		for i := range 2 {
			s.NetworkACLs = append(s.NetworkACLs, d.acl(ref.ID(fmt.Sprint(v, "-n", i)), v))
			g := topo.SecurityGroup{Thing: known(ref.ID(fmt.Sprint(v, "-g", i))), VPC: v}
			for range d.Intn(3) {
				g.Ingress = append(g.Ingress, d.rule(g.ID, len(g.Ingress)))
			}
			for range d.Intn(3) {
				g.Egress = append(g.Egress, d.rule(g.ID, len(g.Egress)))
			}
			if d.one(2) {
				g.Egress = append(g.Egress, topo.Rule{ID: g.ID, Ports: netset.Exactly(netset.AllPorts()), Peer: topo.Peer{Kind: topo.PeerBlock, Block: block("0.0.0.0/0")}, Exists: fact.Yes})
			}
			s.SecurityGroups = append(s.SecurityGroups, g)
		}
		for i := range 3 {
			s.Endpoints = append(s.Endpoints, d.endpoint(ref.ID(fmt.Sprint(v, "-e", i)), v))
		}
	}
	s.Peerings = []topo.Peering{{Thing: known("pcx"), Requester: "a", Accepter: "b", SameRegion: fact.Default(d.Intn(3) > 0), Active: fact.Of(d.Intn(6) > 0)}}
	return s.Freeze()
}

func (d drawer) table(id, v ref.ID) topo.RouteTable {
	t := topo.RouteTable{Thing: known(id), VPC: v}
	add := func(dest string, kind topo.RouteTarget, target ref.ID) {
		t.Routes = append(t.Routes, topo.Route{ID: id, Dest: block(dest), Kind: kind, Target: target, Exists: fact.Yes})
	}
	if d.one(2) {
		add("0.0.0.0/0", topo.ToNAT, v+"-nat")
	} else if d.one(2) {
		add("0.0.0.0/0", topo.ToInternet, v+"-igw")
	}
	other := map[ref.ID]string{"a": "10.1.0.0/16", "b": "10.0.0.0/16"}[v]
	if d.Intn(3) > 0 {
		add(other, topo.ToPeering, "pcx")
	}
	if d.one(5) {
		add(map[ref.ID]string{"a": "10.1.0.0/24", "b": "10.0.1.0/24"}[v], topo.ToNowhere, "")
	}
	return t
}

func (d drawer) acl(id, v ref.ID) topo.NetworkACL {
	a := topo.NetworkACL{Thing: known(id), VPC: v}
	for _, list := range []*[]topo.ACLEntry{&a.Ingress, &a.Egress} {
		number := 10
		entry := func(allow bool, p netset.Ports, b string) {
			*list = append(*list, topo.ACLEntry{Number: number, Allow: fact.Of(allow), Ports: netset.Exactly(p), Block: block(b), Exists: fact.Yes})
			number += 1 + d.Intn(100)
		}
		for range d.Intn(3) {
			entry(d.one(2), pick(d, drawnPorts...), pick(d, drawnBlocks...))
		}
		if d.Intn(4) > 0 {
			entry(true, netset.AllPorts(), "0.0.0.0/0")
		}
	}
	return a
}

func (d drawer) rule(group ref.ID, at int) topo.Rule {
	r := topo.Rule{ID: group, Ports: netset.Exactly(pick(d, drawnPorts...)), Exists: fact.Yes, Place: ref.Place{File: "rules", Line: at + 1}}
	if d.one(2) {
		r.Peer = topo.Peer{Kind: topo.PeerBlock, Block: block(pick(d, drawnBlocks...))}
	} else {
		r.Peer = topo.Peer{Kind: topo.PeerGroup, ID: ref.ID(fmt.Sprint(pick(d, "a", "b"), "-g", d.Intn(2)))}
	}
	return r
}

func (d drawer) endpoint(id, v ref.ID) topo.Endpoint {
	e := topo.Endpoint{Thing: known(id), Kind: pick(d, topo.TaskEndpoint, topo.HostEndpoint, topo.CarrierEndpoint), VPC: v, Unfiltered: fact.No,
		PublicIPv4: fact.Default(d.one(3)), IPv6: fact.Default(false)}
	for i := range drawnVPCs[v] {
		if d.one(2) {
			e.Subnets.List = append(e.Subnets.List, topo.Link{ID: ref.ID(fmt.Sprint(v, i)), Exists: fact.Yes})
		}
	}
	if len(e.Subnets.List) == 0 {
		e.Subnets.List = []topo.Link{{ID: v + "0", Exists: fact.Yes}}
	}
	for i := range 2 {
		if d.one(2) {
			e.Groups.List = append(e.Groups.List, topo.Link{ID: ref.ID(fmt.Sprint(v, "-g", i)), Exists: fact.Yes})
		}
	}
	return e
}
