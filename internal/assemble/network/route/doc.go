// Package route reads what carries packets: route tables, gateways, peerings
// and transit gateways.
//
// # Model
// However a route is written (a block, a list of objects, aws_route, a gateway
// endpoint, propagation of a VPN gateway), it becomes one [topo.Route] of its
// table. The main table of a VPC is there also if nobody wrote it. A thing that
// is only referred to is there as Elsewhere as soon as something is added to it.
//
// # Guarantees
//   - A target that may be of two kinds is a target of unknown kind.
//   - A route whose table is not known makes every table incomplete.
//   - What a VPN gateway or a VPN attachment propagates is a possible route to
//     an unknown range.
//
// # Not modelled
// Edge associations: tables of gateways. Multicast, Connect peers and policy
// tables of transit gateways.
package route

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Add puts gateways, peerings, transit gateways and route tables into the
// snapshot. Gateway endpoints must be in it already, since they are routes.
func Add(r *read.Reader, s *topo.Snapshot) {
	addGateways(r, s)
	addPeerings(r, s)
	addTransit(r, s)
	addTables(r, s)
}

// place is the place of a link, or that of the resource.
func place(l topo.Link, res resource.Resource) ref.Place {
	if l.Place.IsZero() {
		return res.Place
	}
	return l.Place
}

// destination is a route's destination as text, for its order in the table.
func destination(r topo.Route) string {
	if r.Dest.Prefix.IsValid() {
		return r.Dest.Prefix.String()
	}
	return cmp.Or(string(r.Dest.Of), r.Dest.Symbol, r.Dest.Why)
}

func inOrder(routes []topo.Route) {
	slices.SortStableFunc(routes, func(a, b topo.Route) int {
		return cmp.Or(cmp.Compare(destination(a), destination(b)), cmp.Compare(a.ID, b.ID), a.Place.Compare(b.Place))
	})
}
