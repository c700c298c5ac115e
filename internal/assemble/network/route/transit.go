package route

import (
	"cmp"
	"maps"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// transits collects transit gateways.
type transits struct {
	*read.Reader
	all   map[ref.ID]*transit
	owner map[ref.ID]ref.ID // attachment or table → gateway
	more  string
}

// transit is a transit gateway while it is read.
type transit struct {
	topo.TransitGateway
	associate, propagate fact.Fact[bool] // default route table association and propagation
	attachments          map[ref.ID]*topo.TransitAttachment
	defaults             map[ref.ID][2]fact.Fact[bool] // of attachments: associate, propagate
	tables               map[ref.ID]*topo.TransitTable
}

func addTransit(r *read.Reader, s *topo.Snapshot) {
	t := &transits{Reader: r, all: map[ref.ID]*transit{}, owner: map[ref.ID]ref.ID{}}
	for _, res := range r.Of("aws_ec2_transit_gateway", "data.aws_ec2_transit_gateway") {
		t.gateway(res)
	}
	for _, res := range r.Of("aws_ec2_transit_gateway_route_table", "data.aws_ec2_transit_gateway_route_table") {
		if gw := t.get(r.Link(res.Get("transit_gateway_id")), res); gw != nil {
			t.owner[res.ID] = gw.ID
			table := &topo.TransitTable{Thing: r.Thing(res)}
			if res.Data {
				table.More = "it is defined outside the design"
			}
			gw.tables[res.ID] = table
		}
	}
	t.attach()
	t.associate()
	t.propagate()
	t.routes()
	for _, res := range r.Of("aws_ram_resource_association") {
		if gw := t.all[r.Link(res.Get("resource_arn")).ID]; gw != nil {
			gw.More = cmp.Or(gw.More, string(res.ID)+" shares it, so that other accounts may attach to it")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.all)) {
		gw := t.all[id]
		gw.More = cmp.Or(gw.More, t.more)
		t.settle(gw)
		s.TransitGateways = append(s.TransitGateways, gw.TransitGateway)
	}
}

func (t *transits) gateway(res resource.Resource) {
	gw := t.new(t.Thing(res))
	if res.Data {
		return
	}
	gw.GroupReferences = is(design.String(res.Get("security_group_referencing_support"), "disable"), "enable")
	gw.associate = is(design.String(res.Get("default_route_table_association"), "enable"), "enable")
	gw.propagate = is(design.String(res.Get("default_route_table_propagation"), "enable"), "enable")
	gw.More = ""
}

// new makes a gateway of which nothing is known.
func (t *transits) new(thing topo.Thing) *transit {
	const why = "it is defined outside the design"
	missing := fact.Missing[bool](why, thing.Place)
	gw := &transit{
		TransitGateway: topo.TransitGateway{Thing: thing, GroupReferences: missing, More: why},
		associate:      missing, propagate: missing,
		attachments: map[ref.ID]*topo.TransitAttachment{}, defaults: map[ref.ID][2]fact.Fact[bool]{}, tables: map[ref.ID]*topo.TransitTable{},
	}
	t.all[thing.ID] = gw
	return gw
}

// get is the gateway of a name, or nil if the name is not known; then every
// gateway is incomplete.
func (t *transits) get(l topo.Link, res resource.Resource) *transit {
	if l.ID == "" {
		t.more = cmp.Or(t.more, string(res.ID)+" belongs to a transit gateway that is not known: "+cmp.Or(l.Why, "none is written"))
		return nil
	}
	if gw := t.all[l.ID]; gw != nil {
		return gw
	}
	return t.new(t.Stub(l.ID, "aws_ec2_transit_gateway", place(l, res)))
}

func (t *transits) attach() {
	for _, res := range t.Of("aws_ec2_transit_gateway_vpc_attachment", "data.aws_ec2_transit_gateway_vpc_attachment") {
		gw := t.get(t.Link(res.Get("transit_gateway_id")), res)
		if gw == nil {
			continue
		}
		a := &topo.TransitAttachment{
			Thing: t.Thing(res), VPC: t.Link(res.Get("vpc_id")).ID, Subnets: t.Links(res.Get("subnet_ids")),
			GroupReferences: is(design.String(res.Get("security_group_referencing_support"), "enable"), "enable"),
		}
		defaults := [2]fact.Fact[bool]{
			design.Bool(res.Get("transit_gateway_default_route_table_association"), true),
			design.Bool(res.Get("transit_gateway_default_route_table_propagation"), true),
		}
		if res.Data {
			missing := fact.Missing[bool]("it is defined outside the design", res.Place)
			a.GroupReferences, defaults = missing, [2]fact.Fact[bool]{missing, missing}
		}
		t.add(gw, a, defaults)
	}
	yes := fact.Default(true)
	for _, k := range []struct{ typ, what string }{
		{"data.aws_ec2_transit_gateway_vpn_attachment", "VPN connection"},
		{"data.aws_ec2_transit_gateway_dx_gateway_attachment", "Direct Connect gateway"},
		{"aws_ec2_transit_gateway_connect", "Connect attachment"},
		{"aws_vpn_connection", "VPN connection"},
	} {
		for _, res := range t.Of(k.typ) {
			v := res.Get("transit_gateway_id")
			if !read.Written(v) {
				continue // of a VPN gateway
			}
			if gw := t.get(t.Link(v), res); gw != nil {
				t.add(gw, &topo.TransitAttachment{Thing: t.Thing(res), Outside: k.what, GroupReferences: fact.Default(false)}, [2]fact.Fact[bool]{yes, yes})
			}
		}
	}
	t.peerings()
}

// peerings attaches peerings at both ends. Their routes are static: nothing is
// propagated over them (AWS "Transit gateway peering attachments").
func (t *transits) peerings() {
	const what = "transit gateway peering"
	accepted := map[ref.ID]bool{}
	for _, res := range t.Of("aws_ec2_transit_gateway_peering_attachment_accepter") {
		if of := t.Link(res.Get("transit_gateway_attachment_id")); read.Of(res).And(read.OfLink(of)).Exists == fact.Yes {
			accepted[of.ID] = true
		}
	}
	defaults := [2]fact.Fact[bool]{fact.Default(true), fact.Default(false)}
	for _, res := range t.Of("aws_ec2_transit_gateway_peering_attachment", "data.aws_ec2_transit_gateway_peering_attachment") {
		near, far := t.Link(res.Get("transit_gateway_id")), t.Link(res.Get("peer_transit_gateway_id"))
		if !read.Written(res.Get("transit_gateway_id")) {
			continue
		}
		gw := t.get(near, res)
		if gw == nil {
			continue
		}
		a := topo.TransitAttachment{Thing: t.Thing(res), Outside: what, Peer: far.ID, GroupReferences: fact.Default(false)}
		if state := design.String(res.Get("state"), ""); !accepted[a.ID] && !state.IsKnown() || !accepted[a.ID] && state.Or("") != "available" {
			a.Exists, a.Why = a.Exists.And(fact.Unknown), cmp.Or(a.Why, "nothing of the design accepts it")
		}
		here := a
		t.add(gw, &here, defaults)
		// Tables of the other end name the same attachment.
		if other := t.all[far.ID]; other != nil && other != gw && other.attachments[a.ID] == nil {
			there := a
			there.Peer = gw.ID
			other.attachments[a.ID], other.defaults[a.ID] = &there, defaults
		}
	}
}

func (t *transits) add(gw *transit, a *topo.TransitAttachment, defaults [2]fact.Fact[bool]) {
	gw.attachments[a.ID], gw.defaults[a.ID] = a, defaults
	t.owner[a.ID] = gw.ID
}

// part finds the gateway of a table and the table, making a table elsewhere.
func (t *transits) table(res resource.Resource) (*transit, *topo.TransitTable) {
	l := t.Link(res.Get("transit_gateway_route_table_id"))
	if l.ID == "" {
		t.more = cmp.Or(t.more, string(res.ID)+" is for a table that is not known: "+cmp.Or(l.Why, "none is written"))
		return nil, nil
	}
	id := t.owner[l.ID]
	if id == "" {
		id = t.owner[t.Link(res.Get("transit_gateway_attachment_id")).ID]
	}
	for _, gw := range t.all { // a default table is named by its gateway
		if l.ID == t.Canonical(gw.ID+defaultTable) {
			id = gw.ID
		}
	}
	gw := t.all[id]
	if gw == nil {
		t.more = cmp.Or(t.more, string(res.ID)+" is for a table whose transit gateway is not known")
		return nil, nil
	}
	if gw.tables[l.ID] == nil {
		gw.tables[l.ID] = &topo.TransitTable{Thing: t.Stub(l.ID, "aws_ec2_transit_gateway_route_table", place(l, res)), More: "it is defined outside the design"}
		t.owner[l.ID] = gw.ID
		if l.ID == t.Canonical(gw.ID+defaultTable) && !gw.Elsewhere {
			gw.tables[l.ID].Elsewhere, gw.tables[l.ID].More = false, ""
		}
	}
	return gw, gw.tables[l.ID]
}

// defaultTable is the attribute that names the default table of a gateway.
const defaultTable = ".association_default_route_table_id"
