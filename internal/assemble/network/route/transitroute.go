package route

import (
	"cmp"
	"maps"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// associate reads which table an attachment uses.
func (t *transits) associate() {
	for _, res := range t.Of("aws_ec2_transit_gateway_route_table_association") {
		a := t.Link(res.Get("transit_gateway_attachment_id"))
		gw, table := t.table(res)
		if gw == nil {
			continue
		}
		attachment := gw.attachments[a.ID]
		if attachment == nil {
			gw.More = cmp.Or(gw.More, string(res.ID)+" is for an attachment that is not in the design")
			continue
		}
		if state := read.Of(res).And(read.OfLink(a)); state.Exists != fact.Yes {
			attachment.Table = fact.Missing[ref.ID](state.Why, res.Place)
		} else if _, twice := attachment.Table.Get(); twice {
			attachment.Table = fact.Missing[ref.ID]("it is associated with several tables", res.Place)
		} else if attachment.Table.Why == "" {
			attachment.Table = fact.Known(table.ID, res.Place)
		}
	}
}

// propagate reads whose ranges are routes of a table.
func (t *transits) propagate() {
	for _, res := range t.Of("aws_ec2_transit_gateway_route_table_propagation") {
		a := t.Link(res.Get("transit_gateway_attachment_id"))
		gw, table := t.table(res)
		switch {
		case gw == nil:
		case a.ID == "":
			table.More = cmp.Or(table.More, a.Why, "it is not known what is propagated to it")
		case read.Of(res).And(read.OfLink(a)).Exists != fact.Yes:
			table.More = cmp.Or(table.More, read.Of(res).And(read.OfLink(a)).Why)
		default:
			table.Propagated = append(table.Propagated, a.ID)
		}
	}
}

func (t *transits) routes() {
	for _, res := range t.Of("aws_ec2_transit_gateway_route", "aws_ec2_transit_gateway_prefix_list_reference") {
		_, table := t.table(res)
		if table == nil {
			continue
		}
		a := t.Link(res.Get("transit_gateway_attachment_id"))
		hole := design.Bool(res.Get("blackhole"), false)
		state := read.Of(res)
		if !hole.IsKnown() {
			state = state.And(read.Doubt(hole.Why))
		}
		if a.ID == "" && !hole.Or(false) {
			state = state.And(read.Doubt(cmp.Or(a.Why, "it names no attachment")))
		} else if a.ID != "" {
			state = state.And(read.OfLink(a))
		}
		r := topo.TransitRoute{Attachment: a.ID, Blackhole: hole.Or(false), Exists: state.Exists, Why: state.Why, Place: res.Place}
		if list := res.Get("prefix_list_id"); read.Written(list) {
			l := t.Link(list)
			r.Dest = topo.Block{Of: l.ID, Why: l.Why}
		} else if b, ok := t.Block(res.Get("destination_cidr_block"), topo.FamilyUnknown, res.Place); ok {
			r.Dest = b
		} else {
			r.Dest = topo.Block{Why: "the route names no destination"}
		}
		table.Routes = append(table.Routes, r)
	}
}

// settle applies the default association and propagation of a gateway and puts
// its parts in order.
func (t *transits) settle(gw *transit) {
	id := t.Canonical(gw.ID + defaultTable)
	if gw.associate.Or(false) || gw.propagate.Or(false) {
		if gw.tables[id] == nil {
			gw.tables[id] = &topo.TransitTable{Thing: topo.Thing{
				ID: id, Type: "aws_ec2_transit_gateway_route_table", Name: "default", Place: gw.Place, Exists: gw.Exists, Why: gw.Why,
			}}
		}
	}
	for _, aid := range slices.Sorted(maps.Keys(gw.attachments)) {
		a, defaults := gw.attachments[aid], gw.defaults[aid]
		if !a.Table.IsKnown() && a.Table.Why == "" {
			a.Table = associated(both(gw.associate, defaults[0]), id)
		}
		switch propagates := both(gw.propagate, defaults[1]); {
		case gw.tables[id] == nil:
		case !propagates.IsKnown():
			gw.tables[id].More = cmp.Or(gw.tables[id].More, propagates.Why)
		case propagates.Or(false):
			gw.tables[id].Propagated = append(gw.tables[id].Propagated, aid)
		}
		gw.Attachments = append(gw.Attachments, *a)
	}
	for _, tid := range slices.Sorted(maps.Keys(gw.tables)) {
		table := gw.tables[tid]
		slices.Sort(table.Propagated)
		table.Propagated = slices.Compact(table.Propagated)
		slices.SortStableFunc(table.Routes, func(a, b topo.TransitRoute) int {
			return cmp.Or(a.Place.Compare(b.Place), cmp.Compare(a.Dest.Prefix.String(), b.Dest.Prefix.String()))
		})
		gw.Tables = append(gw.Tables, *table)
	}
}

// both is whether two switches are on.
func both(a, b fact.Fact[bool]) fact.Fact[bool] {
	switch {
	case fact.Is(a, false) == fact.Yes:
		return a
	case fact.Is(b, false) == fact.Yes:
		return b
	case !a.IsKnown():
		return a
	}
	return b
}

// associated is the default table if attachments get it, no table if they do
// not.
func associated(on fact.Fact[bool], id ref.ID) fact.Fact[ref.ID] {
	switch v, known := on.Get(); {
	case !known:
		return fact.Missing[ref.ID](on.Why, on.Place)
	case v:
		return fact.Known(id, on.Place)
	}
	return fact.Known(ref.ID(""), on.Place)
}
