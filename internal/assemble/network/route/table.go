package route

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// tables collects route tables while their routes are read.
type tables struct {
	*read.Reader
	s      *topo.Snapshot
	all    map[ref.ID]*topo.RouteTable
	inline map[ref.ID]bool // tables with routes in blocks
	more   string          // why every table may have further routes
}

func addTables(r *read.Reader, s *topo.Snapshot) {
	t := &tables{Reader: r, s: s, all: map[ref.ID]*topo.RouteTable{}, inline: map[ref.ID]bool{}}
	for _, res := range r.Of("aws_route_table", "aws_default_route_table", "data.aws_route_table") {
		t.table(res)
	}
	for _, res := range r.Of("aws_vpc", "aws_default_vpc") {
		t.mainTable(r.Canonical(res.ID))
	}
	for _, res := range r.Of("aws_route") {
		t.route(res)
	}
	for _, res := range r.Of("aws_vpn_gateway_route_propagation") {
		table, gateway := r.Link(res.Get("route_table_id")), r.Link(res.Get("vpn_gateway_id"))
		t.put(res, table, propagated(res.ID, gateway, res.Place))
	}
	for i := range s.VPCEndpoints {
		switch s.VPCEndpoints[i].Kind {
		case topo.GatewayEndpoint:
			t.endpoint(&s.VPCEndpoints[i], read.State{Exists: fact.Yes})
		case topo.EndpointKindUnknown:
			t.endpoint(&s.VPCEndpoints[i], read.Doubt("it is not known of which kind the VPC endpoint is"))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.all)) {
		table := t.all[id]
		table.More = cmp.Or(table.More, t.more)
		inOrder(table.Routes)
		s.RouteTables = append(s.RouteTables, *table)
	}
}

// get is the table of a name; one that is not in the design is elsewhere.
func (t *tables) get(id ref.ID, at ref.Place) *topo.RouteTable {
	if t.all[id] == nil {
		t.all[id] = &topo.RouteTable{Thing: t.Stub(id, "aws_route_table", at)}
	}
	return t.all[id]
}

func (t *tables) table(res resource.Resource) {
	if t.Canonical(res.ID) != res.ID {
		return
	}
	table := &topo.RouteTable{Thing: t.Thing(res)}
	t.all[res.ID] = table
	if vpc := res.Get("vpc_id"); read.Written(vpc) {
		table.VPC = t.Link(vpc).ID
	} else if res.Data {
		table.VPC = t.Link(read.Filter(res, "vpc-id")).ID
	}
	if id := res.Get("default_route_table_id"); id.Kind == resource.Ref && (id.Ref.Attr == "default_route_table_id" || id.Ref.Attr == "main_route_table_id") {
		table.VPC = t.Canonical(id.Ref.ID)
	}
	if res.Data {
		return
	}
	v := res.Get("route")
	t.inline[res.ID] = v.Kind != resource.Null
	blocks, more := read.Blocks(v)
	table.More = cmp.Or(read.IgnoresChanges(res, "route"), more)
	for _, b := range blocks {
		at := read.PlaceOf(b.Value, res.Place)
		table.Routes = append(table.Routes, t.routes(res.ID, b.Value, b.State, at, "")...)
	}
	vgws := t.Links(res.Get("propagating_vgws"))
	for _, l := range vgws.List {
		table.Routes = append(table.Routes, propagated(res.ID, l, read.PlaceOf(res.Get("propagating_vgws"), res.Place)))
	}
	if vgws.More != "" {
		table.More = cmp.Or(table.More, vgws.More)
	}
}

// mainTable is the main table that AWS makes with a VPC (AWS "Main route
// table"), unless the design adopts it: it has the local route only.
func (t *tables) mainTable(vpc ref.ID) {
	id := t.Canonical(vpc + ".default_route_table_id")
	if t.all[id] == nil {
		owner, _ := t.Find(vpc)
		t.all[id] = &topo.RouteTable{
			Thing: topo.Thing{ID: id, Type: "aws_default_route_table", Name: "main", Place: owner.Place, Exists: owner.Exists, Why: owner.Why},
			VPC:   vpc,
		}
	}
	main := t.get(t.Canonical(vpc+".main_route_table_id"), ref.Place{})
	main.Main = true
	main.VPC = cmp.Or(main.VPC, vpc)
}

// route reads an aws_route.
func (t *tables) route(res resource.Resource) {
	table := t.Link(res.Get("route_table_id"))
	for _, route := range t.routes(res.ID, res.Body, read.Of(res), res.Place, "destination_") {
		t.put(res, table, route)
	}
}

// put adds a route to its table, or makes every table incomplete.
func (t *tables) put(res resource.Resource, link topo.Link, route topo.Route) {
	if link.ID == "" {
		if link.Why == "" {
			t.Diags.Add(diag.Error, res.Place, "route without a route table", "The route names no route table, so that it may belong to any table.")
		}
		t.more = cmp.Or(t.more, string(res.ID)+" belongs to a route table that is not known: "+cmp.Or(link.Why, "none is written"))
		return
	}
	table := t.get(link.ID, place(link, res))
	if slices.ContainsFunc(table.Routes, func(r topo.Route) bool { // states list the routes of route resources in the table, too
		return r.ID == table.ID && r.Exists == fact.Yes && r.Dest == route.Dest && r.Kind == route.Kind && r.Target == route.Target && r.Kind != topo.ToUnknown
	}) {
		return
	}
	state := read.State{Exists: route.Exists, Why: route.Why}.And(read.OfLink(link))
	if t.inline[link.ID] && !route.Propagated {
		t.Warn(res.Place, "routes of a table in two forms", fmt.Sprintf(
			"%s has routes in blocks, and route resources beside them. Terraform removes what is not in the blocks at every other apply. The route is taken as possible; write all routes in one form.", link.ID))
		state = state.And(read.Doubt(fmt.Sprintf("the route blocks of %s remove it at every other apply", link.ID)))
	}
	route.Exists, route.Why = state.Exists, state.Why
	table.Routes = append(table.Routes, route)
}

// endpoint adds the routes of a gateway endpoint (AWS "Gateway endpoints"): the
// prefix list of its service leads to it.
func (t *tables) endpoint(e *topo.VPCEndpoint, kind read.State) {
	for _, l := range e.RouteTables.List {
		state := read.State{Exists: e.Exists, Why: e.Why}.And(kind).And(read.OfLink(l))
		at := l.Place
		if at.IsZero() {
			at = e.Place
		}
		table := t.get(l.ID, at)
		table.Routes = append(table.Routes, topo.Route{
			ID: e.ID, Dest: topo.Block{Of: t.Canonical(e.ID + ".prefix_list_id")},
			Kind: topo.ToGatewayEndpoint, Target: e.ID,
			Exists: state.Exists, Why: state.Why, Place: at,
		})
	}
	if e.RouteTables.More != "" && !e.Elsewhere {
		t.more = cmp.Or(t.more, string(e.ID)+" adds routes to tables that are not known: "+e.RouteTables.More)
	}
}

// propagated is what a VPN gateway adds to a table: zero or more routes to
// ranges that only its other side knows.
func propagated(id ref.ID, gateway topo.Link, at ref.Place) topo.Route {
	why := "what a VPN gateway propagates is not known from the design"
	return topo.Route{
		ID: id, Dest: topo.Block{Why: why}, Kind: topo.ToVPN, Target: gateway.ID, Propagated: true,
		Exists: fact.Unknown, Why: why, Place: at,
	}
}
