package network

import (
	"cmp"
	"maps"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/network/filter"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// finisher completes a snapshot.
type finisher struct {
	*read.Reader
	s     *topo.Snapshot
	lists map[string]netset.Addrs

	associated [2][]association // subnets with route tables, and with ACLs
}

// mention is how the snapshot refers to a thing.
type mention struct {
	place ref.Place // the first
	sure  bool      // some reference is surely to this one thing
	why   string    // why none is
}

// names are IDs that the snapshot refers to.
type names map[ref.ID]mention

func (n names) add(id ref.ID, at ref.Place) { n.mention(id, mention{at, true, ""}) }

func (n names) mention(id ref.ID, m mention) {
	if id == "" {
		return
	}
	if have, ok := n[id]; ok {
		if have.place.Compare(m.place) < 0 && !have.place.IsZero() || m.place.IsZero() {
			m.place = have.place
		}
		m.sure, m.why = m.sure || have.sure, max(m.why, have.why)
	}
	n[id] = m
}

func (n names) link(l topo.Link) { n.mention(l.ID, mention{l.Place, l.Exists == fact.Yes, l.Why}) }

func (n names) links(l topo.Links) {
	for _, one := range l.List {
		n.link(one)
	}
}

// drop removes what is in the snapshot already.
func drop[T any](n names, list []T, id func(*T) ref.ID) {
	for i := range list {
		delete(n, id(&list[i]))
	}
}

// each visits the names in order, with a stub for each.
func (f *finisher) each(n names, typ string, visit func(t topo.Thing)) {
	for _, id := range slices.Sorted(maps.Keys(n)) {
		visit(f.stub(id, typ, n[id]))
	}
}

// stub is a thing that is only referred to. A name of several things, or one
// that every list holds as zero or more elements, stands for all of them and may
// not exist as one.
func (f *finisher) stub(id ref.ID, typ string, m mention) topo.Thing {
	t := f.Stub(id, typ, m.place)
	switch {
	case read.IsListName(id):
		t.Exists, t.Why = fact.Unknown, string(id)+" stands for several things"
	case !m.sure:
		t.Exists, t.Why = fact.Unknown, cmp.Or(m.why, string(id)+" may not exist")
	}
	return t
}

// stubs makes what the snapshot only refers to, except VPCs.
func (f *finisher) stubs() {
	f.attachGroups()
	f.associations()
	f.stubSubnets()
	f.stubTables()
	f.stubTargets()
	f.stubGroups()
}

func (f *finisher) stubSubnets() {
	n := names{}
	for i := range f.s.Endpoints {
		n.links(f.s.Endpoints[i].Subnets)
	}
	for i := range f.s.Gateways {
		n.add(f.s.Gateways[i].Subnet, f.s.Gateways[i].Place)
	}
	for i := range f.s.TransitGateways {
		for _, a := range f.s.TransitGateways[i].Attachments {
			n.links(a.Subnets)
		}
	}
	for _, l := range f.s.FlowLogs {
		if l.Scope == topo.ScopeSubnet {
			n.add(l.Of, l.Place)
		}
	}
	for _, as := range f.associated {
		for _, a := range as {
			n.mention(a.subnet.ID, mention{a.place, a.subnet.Exists == fact.Yes, a.subnet.Why})
		}
	}
	for _, res := range f.Of("aws_vpc_block_public_access_exclusion") {
		n.add(f.Link(res.Get("subnet_id")).ID, res.Place)
	}
	drop(n, f.s.Subnets, func(t *topo.Subnet) ref.ID { return t.ID })
	f.each(n, "aws_subnet", func(t topo.Thing) {
		missing := fact.Missing[bool](elsewhere, t.Place)
		f.s.Subnets = append(f.s.Subnets, topo.Subnet{
			Thing: t, AZ: fact.Missing[string](elsewhere, t.Place),
			MapPublicIP: missing, AssignIPv6: missing, HasIPv6: missing,
		})
	})
}

// stubTables makes the route tables and ACLs that subnets and VPC endpoints are
// associated with.
func (f *finisher) stubTables() {
	tables, acls := names{}, names{}
	for _, a := range f.associated[0] {
		tables.add(a.target.ID, a.place)
	}
	for _, a := range f.associated[1] {
		acls.add(a.target.ID, a.place)
	}
	for i := range f.s.VPCEndpoints {
		tables.links(f.s.VPCEndpoints[i].RouteTables)
	}
	drop(tables, f.s.RouteTables, func(t *topo.RouteTable) ref.ID { return t.ID })
	drop(acls, f.s.NetworkACLs, func(t *topo.NetworkACL) ref.ID { return t.ID })
	f.each(tables, "aws_route_table", func(t topo.Thing) {
		f.s.RouteTables = append(f.s.RouteTables, topo.RouteTable{Thing: t})
	})
	f.each(acls, "aws_network_acl", func(t topo.Thing) {
		f.s.NetworkACLs = append(f.s.NetworkACLs, topo.NetworkACL{Thing: t})
	})
}

// stubTargets makes the targets of routes.
func (f *finisher) stubTargets() {
	gateways, kinds := names{}, map[ref.ID]topo.GatewayKind{}
	peerings, transits, endpoints := names{}, names{}, names{}
	inter := names{}
	for i := range f.s.RouteTables {
		for _, r := range f.s.RouteTables[i].Routes {
			switch r.Kind {
			case topo.ToInternet, topo.ToEgressOnly, topo.ToNAT, topo.ToVPN:
				gateways.add(r.Target, r.Place)
				kinds[r.Target] = map[topo.RouteTarget]topo.GatewayKind{
					topo.ToInternet: topo.InternetGateway, topo.ToEgressOnly: topo.EgressOnlyGateway, topo.ToNAT: topo.NATGateway, topo.ToVPN: topo.VPNGateway,
				}[r.Kind]
			case topo.ToPeering:
				peerings.add(r.Target, r.Place)
			case topo.ToTransit:
				transits.add(r.Target, r.Place)
			case topo.ToInspection, topo.ToGatewayEndpoint:
				endpoints.add(r.Target, r.Place)
			case topo.ToInterface:
				inter.add(r.Target, r.Place)
			}
		}
	}
	for _, l := range f.s.FlowLogs {
		switch l.Scope {
		case topo.ScopeTransit:
			transits.add(l.Of, l.Place)
		case topo.ScopeInterface:
			inter.add(l.Of, l.Place)
		}
	}
	drop(gateways, f.s.Gateways, func(t *topo.Gateway) ref.ID { return t.ID })
	drop(peerings, f.s.Peerings, func(t *topo.Peering) ref.ID { return t.ID })
	drop(transits, f.s.TransitGateways, func(t *topo.TransitGateway) ref.ID { return t.ID })
	drop(endpoints, f.s.VPCEndpoints, func(t *topo.VPCEndpoint) ref.ID { return t.ID })
	drop(inter, f.s.Endpoints, func(t *topo.Endpoint) ref.ID { return t.ID })
	f.each(gateways, "gateway", func(t topo.Thing) {
		missing := fact.Missing[bool](elsewhere, t.Place)
		f.s.Gateways = append(f.s.Gateways, topo.Gateway{Thing: t, Kind: kinds[t.ID], Public: missing, Regional: missing})
	})
	f.each(peerings, "aws_vpc_peering_connection", func(t topo.Thing) {
		f.s.Peerings = append(f.s.Peerings, topo.Peering{Thing: t, SameRegion: fact.Missing[bool](elsewhere, t.Place)})
	})
	f.each(transits, "aws_ec2_transit_gateway", func(t topo.Thing) {
		f.s.TransitGateways = append(f.s.TransitGateways, topo.TransitGateway{
			Thing: t, GroupReferences: fact.Missing[bool](elsewhere, t.Place), More: elsewhere,
		})
	})
	f.each(endpoints, "aws_vpc_endpoint", func(t topo.Thing) {
		missing := fact.Missing[string](elsewhere, t.Place)
		f.s.VPCEndpoints = append(f.s.VPCEndpoints, topo.VPCEndpoint{
			Thing: t, Service: missing, ServiceName: missing,
			PrivateDNS: fact.Missing[bool](elsewhere, t.Place), Policy: topo.Policy{Why: elsewhere, Place: t.Place},
			RouteTables: topo.Links{More: elsewhere},
		})
	})
	f.each(inter, "aws_network_interface", func(t topo.Thing) {
		missing := fact.Missing[bool](elsewhere, t.Place)
		f.s.Endpoints = append(f.s.Endpoints, topo.Endpoint{
			Thing: t, Kind: topo.InterfaceEndpointENI, PublicIPv4: missing, IPv6: missing,
			Subnets: topo.Links{More: elsewhere}, Groups: topo.Links{More: elsewhere}, ListensMore: elsewhere,
		})
	})
}

// stubGroups makes security groups and prefix lists.
func (f *finisher) stubGroups() {
	groups, lists := names{}, names{}
	for i := range f.s.Endpoints {
		groups.links(f.s.Endpoints[i].Groups)
	}
	for i := range f.s.SecurityGroups {
		g := &f.s.SecurityGroups[i]
		for _, r := range slices.Concat(g.Ingress, g.Egress) {
			switch r.Peer.Kind {
			case topo.PeerGroup:
				groups.add(r.Peer.ID, r.Place)
			case topo.PeerPrefixList:
				lists.add(r.Peer.ID, r.Place)
			}
		}
	}
	ofLists := func(b topo.Block, at ref.Place) {
		if b.Symbol == "" { // the range of a VPC or subnet has its expression
			lists.add(b.Of, at)
		}
	}
	for i := range f.s.RouteTables {
		for _, r := range f.s.RouteTables[i].Routes {
			ofLists(r.Dest, r.Place)
		}
	}
	for i := range f.s.TransitGateways {
		for _, t := range f.s.TransitGateways[i].Tables {
			for _, r := range t.Routes {
				ofLists(r.Dest, r.Place)
			}
		}
	}
	drop(groups, f.s.SecurityGroups, func(t *topo.SecurityGroup) ref.ID { return t.ID })
	drop(lists, f.s.PrefixLists, func(t *topo.PrefixList) ref.ID { return t.ID })
	f.each(groups, "aws_security_group", func(t topo.Thing) {
		f.s.SecurityGroups = append(f.s.SecurityGroups, topo.SecurityGroup{Thing: t})
	})
	f.each(lists, "aws_ec2_managed_prefix_list", func(t topo.Thing) {
		l := filter.Listed(f.Reader, t.ID, f.lists, t.Place)
		l.Exists, l.Why = t.Exists, t.Why
		f.s.PrefixLists = append(f.s.PrefixLists, l)
	})
}

func find[T any](list []T, is func(*T) bool) *T {
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}
