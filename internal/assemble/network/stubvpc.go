package network

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// vpcs makes the VPCs that the snapshot refers to, and what AWS makes with each
// VPC that is elsewhere.
func (f *finisher) vpcs() {
	n := names{}
	for i := range f.s.Subnets {
		n.add(f.s.Subnets[i].VPC, f.s.Subnets[i].Place)
	}
	for i := range f.s.RouteTables {
		n.add(f.s.RouteTables[i].VPC, f.s.RouteTables[i].Place)
	}
	for i := range f.s.NetworkACLs {
		n.add(f.s.NetworkACLs[i].VPC, f.s.NetworkACLs[i].Place)
	}
	for i := range f.s.SecurityGroups {
		g := &f.s.SecurityGroups[i]
		n.add(g.VPC, g.Place)
		for _, also := range g.AlsoIn {
			n.add(also, g.Place)
		}
	}
	for i := range f.s.Gateways {
		n.add(f.s.Gateways[i].VPC, f.s.Gateways[i].Place)
	}
	for i := range f.s.Peerings {
		n.add(f.s.Peerings[i].Requester, f.s.Peerings[i].Place)
		n.add(f.s.Peerings[i].Accepter, f.s.Peerings[i].Place)
	}
	for i := range f.s.TransitGateways {
		for _, a := range f.s.TransitGateways[i].Attachments {
			n.add(a.VPC, a.Place)
		}
	}
	for i := range f.s.VPCEndpoints {
		n.add(f.s.VPCEndpoints[i].VPC, f.s.VPCEndpoints[i].Place)
	}
	for i := range f.s.Endpoints {
		n.add(f.s.Endpoints[i].VPC, f.s.Endpoints[i].Place)
	}
	for i := range f.s.LoadBalancers {
		n.add(f.s.LoadBalancers[i].VPC, f.s.LoadBalancers[i].Place)
	}
	for i := range f.s.TargetGroups {
		n.add(f.s.TargetGroups[i].VPC, f.s.TargetGroups[i].Place)
	}
	for _, l := range f.s.FlowLogs {
		if l.Scope == topo.ScopeVPC {
			n.add(l.Of, l.Place)
		}
	}
	f.rangeOwners(n)
	drop(n, f.s.VPCs, func(t *topo.VPC) ref.ID { return t.ID })
	f.each(n, "aws_vpc", func(t topo.Thing) {
		missing := fact.Missing[bool](elsewhere, t.Place)
		v := topo.VPC{Thing: t, DNSSupport: missing, DNSHostnames: missing, BlocksMore: elsewhere}
		f.s.VPCs = append(f.s.VPCs, v)
	})
	slices.SortFunc(f.s.VPCs, func(a, b topo.VPC) int { return cmp.Compare(a.ID, b.ID) })
	for i := range f.s.VPCs {
		f.parts(&f.s.VPCs[i])
	}
}

// rangeOwners adds the VPCs that are only there as the range of a rule, of a
// route or of another thing.
func (f *finisher) rangeOwners(n names) {
	other := map[ref.ID]bool{} // subnets and prefix lists
	for i := range f.s.Subnets {
		other[f.s.Subnets[i].ID] = true
	}
	for i := range f.s.PrefixLists {
		other[f.s.PrefixLists[i].ID] = true
	}
	add := func(b topo.Block, at ref.Place) {
		if !other[b.Of] {
			n.add(b.Of, at)
		}
	}
	for i := range f.s.VPCs {
		for _, b := range f.s.VPCs[i].Blocks {
			add(b, f.s.VPCs[i].Place)
		}
	}
	for i := range f.s.Subnets {
		for _, b := range f.s.Subnets[i].Blocks {
			add(b, f.s.Subnets[i].Place)
		}
	}
	for i := range f.s.SecurityGroups {
		for _, r := range slices.Concat(f.s.SecurityGroups[i].Ingress, f.s.SecurityGroups[i].Egress) {
			add(r.Peer.Block, r.Place)
		}
	}
	for i := range f.s.NetworkACLs {
		for _, e := range slices.Concat(f.s.NetworkACLs[i].Ingress, f.s.NetworkACLs[i].Egress) {
			add(e.Block, e.Place)
		}
	}
	for i := range f.s.RouteTables {
		for _, r := range f.s.RouteTables[i].Routes {
			add(r.Dest, r.Place)
		}
	}
	for i := range f.s.TransitGateways {
		for _, t := range f.s.TransitGateways[i].Tables {
			for _, r := range t.Routes {
				add(r.Dest, r.Place)
			}
		}
	}
}

// parts names what AWS makes with a VPC, and makes it for VPCs elsewhere.
func (f *finisher) parts(v *topo.VPC) {
	v.MainRouteTable = f.Canonical(v.ID + ".main_route_table_id")
	v.DefaultACL = f.Canonical(v.ID + ".default_network_acl_id")
	v.DefaultGroup = f.Canonical(v.ID + ".default_security_group_id")
	thing := func(id ref.ID, typ, name string) topo.Thing {
		t := f.Stub(id, typ, v.Place)
		t.Name = name
		return t
	}
	if t := find(f.s.RouteTables, func(t *topo.RouteTable) bool { return t.ID == v.MainRouteTable }); t != nil {
		t.Main, t.VPC = true, cmp.Or(t.VPC, v.ID)
	} else {
		f.s.RouteTables = append(f.s.RouteTables, topo.RouteTable{Thing: thing(v.MainRouteTable, "aws_route_table", "main"), VPC: v.ID, Main: true})
	}
	if a := find(f.s.NetworkACLs, func(a *topo.NetworkACL) bool { return a.ID == v.DefaultACL }); a != nil {
		a.Default, a.VPC = true, cmp.Or(a.VPC, v.ID)
	} else {
		f.s.NetworkACLs = append(f.s.NetworkACLs, topo.NetworkACL{Thing: thing(v.DefaultACL, "aws_network_acl", "default"), VPC: v.ID, Default: true})
	}
	if g := find(f.s.SecurityGroups, func(g *topo.SecurityGroup) bool { return g.ID == v.DefaultGroup }); g != nil {
		g.Default, g.VPC = true, cmp.Or(g.VPC, v.ID)
	} else {
		f.s.SecurityGroups = append(f.s.SecurityGroups, topo.SecurityGroup{Thing: thing(v.DefaultGroup, "aws_security_group", "default"), VPC: v.ID, Default: true})
	}
}
