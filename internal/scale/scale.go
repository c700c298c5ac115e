// Package scale makes large networks for benchmarks and tests of cost.
//
// # Model
// A [Plan] says how many VPCs, security groups and network interfaces there are.
// A VPC has three public and three private subnets with both address families,
// routes by an internet gateway, a NAT gateway and an egress-only gateway, and a
// network ACL for each kind of subnet; every second VPC is peered with the one
// before. A service has 2 to 29 interfaces over three subnets and holds one to
// three groups of its VPC. A group has 3 to 12 inbound rules, seven in ten by
// reference to another group, the rest by blocks; half the groups let everything
// out.
//
// # Guarantees
// The same plan gives the same network, on every machine.
//
// # Not modelled
// Load balancers, workloads, anything that is not known.
package scale

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Plan is the size of a network.
type Plan struct {
	VPCs, Groups, Interfaces int

	// Scattered draws the blocks of rules anywhere in 10.0.0.0/8 and of any
	// length from 16 to 32, instead of those that people write: everything, the
	// VPC, a subnet, 10.0.0.0/8, 172.16.0.0/12.
	Scattered bool
}

// Subnets of a VPC: the first three are public.
const (
	subnets = 6
	public  = 3
)

// dice is a splitmix64 generator.
type dice uint64

func (d *dice) below(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

// Snapshot is the network of a plan.
func (p Plan) Snapshot() *topo.Snapshot {
	m := maker{plan: p, dice: 1, s: &topo.Snapshot{
		SecurityGroups: make([]topo.SecurityGroup, 0, p.Groups),
		Endpoints:      make([]topo.Endpoint, 0, p.Interfaces),
	}}
	for v := range p.VPCs {
		m.vpc(v)
	}
	return m.s.Freeze()
}

type maker struct {
	plan Plan
	dice dice
	s    *topo.Snapshot

	rules []topo.Rule // room for those of one group
}

func thing(id ref.ID, kind string) topo.Thing {
	return topo.Thing{ID: id, Type: kind, Name: string(id), Exists: fact.Yes}
}

func name(kind string, v, i int) ref.ID { return ref.ID(fmt.Sprintf("%s-%03d-%05d", kind, v, i)) }

func v4(v, third, fourth, bits int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(v), byte(third), byte(fourth)}), bits)
}

func v6(v, subnet, host, bits int) netip.Prefix {
	a := [16]byte{0x26, 0x00, 0x1f, 0x18, 0, byte(v), 0, byte(subnet)}
	a[14], a[15] = byte(host>>8), byte(host)
	return netip.PrefixFrom(netip.AddrFrom16(a), bits)
}

var (
	any4, any6 = netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
	all        = netset.AllPorts()
)

func block(p netip.Prefix) topo.Block { return topo.Block{Prefix: p} }

func (m *maker) vpc(v int) {
	s, id := m.s, ref.ID(fmt.Sprintf("vpc-%03d", v))
	s.VPCs = append(s.VPCs, topo.VPC{Thing: thing(id, "vpc"), Blocks: []topo.Block{block(v4(v, 0, 0, 16)), block(v6(v, 0, 0, 56))},
		BlockPublicAccess: fact.Default(topo.BlockNothing)})
	igw, eigw, nat := name("igw", v, 0), name("eigw", v, 0), name("nat", v, 0)
	s.Gateways = append(s.Gateways, topo.Gateway{Thing: thing(igw, "internet-gateway"), Kind: topo.InternetGateway, VPC: id},
		topo.Gateway{Thing: thing(eigw, "egress-only-internet-gateway"), Kind: topo.EgressOnlyGateway, VPC: id},
		topo.Gateway{Thing: thing(nat, "nat-gateway"), Kind: topo.NATGateway, VPC: id, Subnet: name("subnet", v, 0), Public: fact.Default(true), Regional: fact.Default(false)})
	route := func(p netip.Prefix, k topo.RouteTarget, to ref.ID) topo.Route {
		return topo.Route{Dest: block(p), Kind: k, Target: to, Exists: fact.Yes}
	}
	outer := []topo.Route{route(any4, topo.ToInternet, igw), route(any6, topo.ToInternet, igw)}
	inner := []topo.Route{route(any4, topo.ToNAT, nat), route(any6, topo.ToEgressOnly, eigw)}
	if other := v ^ 1; other < m.plan.VPCs {
		pcx := name("pcx", v&^1, 0)
		if other > v {
			s.Peerings = append(s.Peerings, topo.Peering{Thing: thing(pcx, "vpc-peering-connection"), Requester: id, Accepter: ref.ID(fmt.Sprintf("vpc-%03d", other)), SameRegion: fact.Default(true), Active: fact.Yes})
		}
		inner = append(inner, route(v4(other, 0, 0, 16), topo.ToPeering, pcx), route(v6(other, 0, 0, 56), topo.ToPeering, pcx))
	}
	s.RouteTables = append(s.RouteTables, topo.RouteTable{Thing: thing(name("rtb", v, 0), "route-table"), VPC: id, Routes: outer},
		topo.RouteTable{Thing: thing(name("rtb", v, 1), "route-table"), VPC: id, Routes: inner})
	entry := func(n int, allow bool, ports netset.Ports, p netip.Prefix) topo.ACLEntry {
		return topo.ACLEntry{Number: n, Allow: fact.Of(allow), Ports: netset.Exactly(ports), Block: block(p), Exists: fact.Yes}
	}
	open := []topo.ACLEntry{entry(100, true, all, any4), entry(101, true, all, any6)}
	guarded := append([]topo.ACLEntry{entry(10, true, all, v4(v, 0, 0, 16)), entry(20, false, netset.TCP(22, 22), any4), entry(21, false, netset.TCP(22, 22), any6), entry(30, false, netset.TCP(3389, 3389), any4)}, open...)
	s.NetworkACLs = append(s.NetworkACLs, topo.NetworkACL{Thing: thing(name("acl", v, 0), "network-acl"), VPC: id, Ingress: guarded, Egress: open},
		topo.NetworkACL{Thing: thing(name("acl", v, 1), "network-acl"), VPC: id, Ingress: open, Egress: open})
	for i := range subnets {
		kind := i / public
		s.Subnets = append(s.Subnets, topo.Subnet{Thing: thing(name("subnet", v, i), "subnet"), VPC: id, HasIPv6: fact.Default(true), PublicAccess: fact.Default(topo.BlockNothing),
			Blocks: []topo.Block{block(v4(v, 32*i, 0, 19)), block(v6(v, i, 0, 64))}, AZ: fact.Default(fmt.Sprint("az", i%3)),
			RouteTable: fact.Default(name("rtb", v, kind)), ACL: fact.Default(name("acl", v, kind))})
	}
	groups := share(m.plan.Groups, m.plan.VPCs, v)
	for i := range groups {
		m.group(v, i, groups)
	}
	m.interfaces(v, groups, share(m.plan.Interfaces, m.plan.VPCs, v))
}

// share is the i-th of n nearly equal parts.
func share(total, n, i int) int { return (i+1)*total/n - i*total/n }

var ports = []netset.Ports{netset.TCP(80, 80), netset.TCP(443, 443), netset.TCP(8080, 8080), netset.TCP(5432, 5432), netset.TCP(6379, 6379),
	netset.TCP(22, 22), netset.UDP(53, 53), netset.TCP(9090, 9100), netset.TCP(1024, 65535), netset.ICMP(-1, -1)}

func (m *maker) group(v, i, groups int) {
	g := topo.SecurityGroup{Thing: thing(name("sg", v, i), "security-group"), VPC: ref.ID(fmt.Sprintf("vpc-%03d", v))}
	rule := func(set netset.Ports, p topo.Peer) topo.Rule {
		return topo.Rule{ID: g.ID, Ports: netset.Exactly(set), Peer: p, Exists: fact.Yes}
	}
	at := func(p netip.Prefix) topo.Peer { return topo.Peer{Kind: topo.PeerBlock, Block: block(p)} }
	m.rules = m.rules[:0]
	for range 3 + m.dice.below(10) {
		set := ports[m.dice.below(len(ports))]
		if m.dice.below(10) < 7 {
			m.rules = append(m.rules, rule(set, topo.Peer{Kind: topo.PeerGroup, ID: name("sg", v, m.dice.below(groups))}))
			continue
		}
		one, other := m.blocks(v)
		m.rules = append(m.rules, rule(set, at(one)))
		if other.IsValid() {
			m.rules = append(m.rules, rule(set, at(other)))
		}
	}
	g.Ingress = slices.Clone(m.rules)
	if m.dice.below(2) == 0 {
		g.Egress = []topo.Rule{rule(all, at(any4)), rule(all, at(any6))}
	} else {
		g.Egress = []topo.Rule{rule(netset.TCP(443, 443), at(any4)), rule(netset.TCP(443, 443), at(any6)), rule(ports[m.dice.below(len(ports))], at(v4(v, 0, 0, 16)))}
	}
	m.s.SecurityGroups = append(m.s.SecurityGroups, g)
}

// blocks are the ranges of a rule, of which the second is of IPv6 or none.
func (m *maker) blocks(v int) (one, other netip.Prefix) {
	if m.plan.Scattered {
		bits := 16 + m.dice.below(17)
		return v4(m.dice.below(2*m.plan.VPCs)%256, m.dice.below(256), m.dice.below(256), bits).Masked(), netip.Prefix{}
	}
	switch m.dice.below(5) {
	case 0:
		return any4, any6
	case 1:
		return v4(v, 0, 0, 16), v6(v, 0, 0, 56)
	case 2:
		i := m.dice.below(subnets)
		return v4(v, 32*i, 0, 19), v6(v, i, 0, 64)
	case 3:
		return netip.MustParsePrefix("10.0.0.0/8"), netip.Prefix{}
	}
	return netip.MustParsePrefix("172.16.0.0/12"), netip.Prefix{}
}

func (m *maker) interfaces(v, groups, count int) {
	hosts := [subnets]int{}
	for i := 0; i < count; {
		var held []topo.Link
		for range 1 + m.dice.below(3) {
			held = append(held, topo.Link{ID: name("sg", v, m.dice.below(groups)), Exists: fact.Yes})
		}
		kind := min(1, m.dice.below(100)) // one in a hundred is public
		for range min(2+m.dice.below(28), count-i) {
			sub := kind*public + m.dice.below(public)
			hosts[sub]++
			h := 10 + hosts[sub]
			e := topo.Endpoint{Thing: thing(name("eni", v, i), "network-interface"), Kind: topo.InterfaceEndpointENI, VPC: ref.ID(fmt.Sprintf("vpc-%03d", v)), Unfiltered: fact.No,
				PublicIPv4: fact.Default(kind == 0), IPv6: fact.Default(true),
				Fixed:   netset.Addr(v4(v, 32*sub+h>>8, h&255, 32).Addr(), v6(v, sub, h, 128).Addr()),
				Subnets: topo.Links{List: []topo.Link{{ID: name("subnet", v, sub), Exists: fact.Yes}}}, Groups: topo.Links{List: distinct(held)}}
			m.s.Endpoints = append(m.s.Endpoints, e)
			i++
		}
	}
}

func distinct(list []topo.Link) []topo.Link {
	var out []topo.Link
	for _, l := range list {
		found := false
		for _, o := range out {
			found = found || o.ID == l.ID
		}
		if !found {
			out = append(out, l)
		}
	}
	return out
}
