package reach

import (
	"net/netip"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// world draws a value for every unknown fact of a snapshot and an address for
// every interface. The facts stay what they are.
func (d *drawer) world(s *topo.Snapshot) *walker {
	d.unknown = false
	w := &topo.Snapshot{VPCs: s.VPCs, Gateways: slices.Clone(s.Gateways), Peerings: slices.Clone(s.Peerings), PrefixLists: s.PrefixLists}
	symbols := map[string]netip.Prefix{"var.x": pick(d, blocks4), "var.y": pick(d, blocks4)}
	ranges := map[ref.ID]netip.Prefix{}
	for _, v := range s.VPCs {
		ranges[v.ID] = v.Blocks[0].Prefix
	}
	truth := func(p *fact.Fact[bool]) {
		if !p.IsKnown() {
			*p = fact.Default(d.one(2))
		}
	}
	for i := range w.Gateways {
		truth(&w.Gateways[i].Public)
	}
	for i := range w.Peerings {
		truth(&w.Peerings[i].SameRegion)
		if w.Peerings[i].Active == fact.Unknown {
			w.Peerings[i].Active = fact.Of(d.one(2))
		}
	}
	for _, sub := range s.Subnets {
		sub.Blocks = slices.Clone(sub.Blocks)
		if !sub.Blocks[0].Prefix.IsValid() {
			a := s.VPC(sub.VPC).Blocks[0].Prefix.Addr().As4()
			a[2] = sub.ID[1] - '0'
			if d.one(2) {
				a[2] += 100
			}
			sub.Blocks[0] = topo.Block{Prefix: netip.PrefixFrom(netip.AddrFrom4(a), 24)}
		}
		ranges[sub.ID] = sub.Blocks[0].Prefix
		if !sub.RouteTable.IsKnown() {
			sub.RouteTable = fact.Default(sub.VPC + pick(d, []ref.ID{"-r0", "-r1", "-r2"}))
		}
		if !sub.ACL.IsKnown() {
			sub.ACL = fact.Default(sub.VPC + pick(d, []ref.ID{"-n0", "-n1", "-n2"}))
		}
		w.Subnets = append(w.Subnets, sub)
	}
	block := func(b topo.Block) topo.Block {
		switch {
		case b.Prefix.IsValid():
		case b.Of != "" && ranges[b.Of].IsValid():
			b = topo.Block{Prefix: ranges[b.Of]}
		case b.Symbol != "":
			b = topo.Block{Prefix: symbols[b.Symbol]}
		default: // a subnet that this VPC does not have
			b = topo.Block{Prefix: pick(d, blocks4)}
		}
		return b
	}
	bounds := func(b netset.Bounds) netset.Bounds {
		if b.IsExact() {
			return b
		}
		return netset.Exactly(pick(d, []netset.Ports{{}, b.Maybe, b.Maybe.Intersect(pick(d, ports))}))
	}
	exists := func(t fact.Tri) bool { return t == fact.Yes || t == fact.Unknown && d.one(2) }
	rules := func(list []topo.Rule, more string) (out []topo.Rule) {
		for more != "" && d.one(2) {
			list = append(slices.Clone(list), d.rule())
		}
		for _, r := range list {
			if !exists(r.Exists) {
				continue
			}
			r.Exists, r.Ports = fact.Yes, bounds(r.Ports)
			if r.Peer.Kind == topo.PeerUnknown {
				for r.Peer.Kind == topo.PeerUnknown {
					r.Peer = d.rule().Peer
				}
			}
			if r.Peer.Kind == topo.PeerBlock {
				r.Peer.Block = block(r.Peer.Block)
			}
			out = append(out, r)
		}
		return out
	}
	for _, g := range s.SecurityGroups {
		g.Ingress, g.Egress = rules(g.Ingress, g.IngressMore), rules(g.Egress, g.EgressMore)
		g.IngressMore, g.EgressMore = "", ""
		w.SecurityGroups = append(w.SecurityGroups, g)
	}
	entries := func(list []topo.ACLEntry, more string) (out []topo.ACLEntry) {
		used := map[int]bool{}
		number := func() int {
			for {
				if n := d.Intn(90); n%10 != 0 && !used[n] {
					used[n] = true
					return n
				}
			}
		}
		for _, e := range list {
			if !exists(e.Exists) {
				continue
			}
			if e.Number *= 10; e.Number < 0 {
				e.Number = number()
			}
			if e.Allow == fact.Unknown {
				e.Allow = fact.Of(d.one(2))
			}
			e.Exists, e.Ports, e.Block = fact.Yes, bounds(e.Ports), block(e.Block)
			out = append(out, e)
		}
		for more != "" && d.one(2) {
			out = append(out, topo.ACLEntry{Number: number(), Allow: fact.Of(d.one(2)), Ports: netset.Exactly(pick(d, ports)), Block: topo.Block{Prefix: pick(d, blocks4)}, Exists: fact.Yes})
		}
		return out
	}
	for _, a := range s.NetworkACLs {
		a.Ingress, a.Egress, a.More = entries(a.Ingress, a.More), entries(a.Egress, a.More), ""
		w.NetworkACLs = append(w.NetworkACLs, a)
	}
	for _, t := range s.RouteTables {
		var list []topo.Route
		for _, r := range t.Routes {
			if exists(r.Exists) {
				r.Exists, r.Dest = fact.Yes, block(r.Dest)
				list = append(list, r)
			}
		}
		for t.More != "" && d.one(2) {
			list = append(list, topo.Route{Dest: topo.Block{Prefix: pick(d, blocks4)}, Kind: pick(d, []topo.RouteTarget{topo.ToPeering, topo.ToNowhere}), Target: "pcx", Exists: fact.Yes})
		}
		t.Routes, t.More = list, ""
		w.RouteTables = append(w.RouteTables, t)
	}
	unaccepted := false
	for _, g := range s.TransitGateways {
		truth(&g.GroupReferences)
		g.Attachments = slices.Clone(g.Attachments)
		if last := len(g.Attachments) - 1; g.Attachments[last].Exists == fact.Unknown {
			// Both ends of a peering exist or none.
			if g.ID == "tgw0" {
				unaccepted = !exists(fact.Unknown)
			}
			g.Attachments[last].Exists = fact.Yes
			if unaccepted {
				g.Attachments = g.Attachments[:last]
			}
		}
		for i := range g.Attachments {
			truth(&g.Attachments[i].GroupReferences)
		}
		g.Tables = slices.Clone(g.Tables)
		for i := range g.Tables {
			t := &g.Tables[i]
			var list []topo.TransitRoute
			for _, r := range t.Routes {
				if exists(r.Exists) {
					list = append(list, r)
				}
			}
			for t.More != "" && d.one(2) {
				list = append(list, topo.TransitRoute{Dest: topo.Block{Prefix: pick(d, blocks4)}, Attachment: pick(d, []ref.ID{"a-att", "b-att", "p"}), Exists: fact.Yes})
			}
			t.Routes, t.More = list, ""
		}
		w.TransitGateways = append(w.TransitGateways, g)
	}
	out := &walker{addr: map[nic]netip.Addr{}}
	links := func(l topo.Links, all ...ref.ID) topo.Links {
		var out topo.Links
		for _, x := range l.List {
			if exists(x.Exists) {
				x.Exists = fact.Yes
				out.List = append(out.List, x)
			}
		}
		if l.More != "" && d.one(2) {
			out.List = append(out.List, link(pick(d, all)))
		}
		return out
	}
	for _, e := range s.Endpoints {
		truth(&e.PublicIPv4)
		truth(&e.IPv6)
		e.Subnets = links(e.Subnets)
		e.Groups = links(e.Groups, e.VPC+"-g0", e.VPC+"-g1", e.VPC+"-g2")
		for _, l := range e.Subnets.List {
			for _, sub := range w.Subnets {
				if sub.ID != l.ID {
					continue
				}
				a := sub.Blocks[0].Prefix.Addr().As4()
				a[3] = pick(d, []byte{4, 127, 128, 200})
				out.addr[nic{e.ID, l.ID, topo.IPv4}] = netip.AddrFrom4(a)
				if six, _ := e.IPv6.Get(); six {
					b := sub.Blocks[1].Prefix.Addr().As16()
					b[8], b[15] = pick(d, []byte{0, 0x7f, 0x80}), 4
					out.addr[nic{e.ID, l.ID, topo.IPv6}] = netip.AddrFrom16(b)
				}
			}
		}
		w.Endpoints = append(w.Endpoints, e)
	}
	w.Hosts = s.Hosts
	for i := range w.Endpoints {
		e := &w.Endpoints[i]
		for n, a := range out.addr {
			if n.ep == e.ID {
				e.Fixed = e.Fixed.Union(netset.Addr(a))
			}
		}
	}
	out.s = w.Freeze()
	return out
}
