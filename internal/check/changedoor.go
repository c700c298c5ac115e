package check

import (
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// together are the changes that mend all troubles of an endpoint, or none if one
// of them has none.
func together(list []trouble) []finding.Change {
	var out []finding.Change
	for _, t := range list {
		if len(t.changes) == 0 {
			return nil
		}
		for _, c := range t.changes {
			if !slices.ContainsFunc(out, func(o finding.Change) bool { return sameChange(o, c) }) {
				out = append(out, c)
			}
		}
	}
	return out
}

func sameChange(a, b finding.Change) bool {
	if a.Resource != b.Resource || a.Operation != b.Operation || !slices.Equal(a.Path, b.Path) {
		return false
	}
	return sameValue(a.Value, b.Value)
}

func sameValue(a, b finding.Value) bool {
	return a.Text == b.Text && a.Word == b.Word && a.Ref == b.Ref && a.Attr == b.Attr && slices.EqualFunc(a.List, b.List, sameValue) &&
		slices.EqualFunc(a.Fields, b.Fields, func(x, y finding.Field) bool { return x.Name == y.Name && sameValue(x.Value, y.Value) })
}

// routed associates a gateway endpoint with the route table of a subnet. It does so
// only if the endpoint itself lists its route tables: where resources of their own
// associate them, the two ways would undo each other.
func (r *run) routed(p *topo.VPCEndpoint, s spot) []finding.Change {
	sub := r.Subnet(s.subnet)
	if sub == nil || p.Elsewhere || p.RouteTables.More != "" || len(p.RouteTables.List) == 0 {
		return nil
	}
	table, known := sub.RouteTable.Get()
	if t := r.RouteTable(table); !known || t == nil || t.Elsewhere || t.VPC != p.VPC {
		return nil
	}
	return []finding.Change{{Resource: p.ID, Operation: finding.Append, Path: steps("route_table_ids"), Value: finding.Value{Ref: table, Attr: "id"}}}
}

// admitted makes the group of a VPC endpoint admit the tasks of one that calls it
// (AWS "Access an AWS service using an interface VPC endpoint"): each has one
// group, that of the endpoint is held by VPC endpoints only, and it writes its
// rules itself.
func (r *run) admitted(door, from *topo.Endpoint) []finding.Change {
	own, sure := r.onlyGroup(from)
	g, ok := r.onlyGroup(door)
	if !sure || !ok || g.Elsewhere || g.Default || own.Default || g.MembersMore != "" || g.IngressMore != "" || g.ID == own.ID || g.VPC != own.VPC ||
		len(g.Ingress) == 0 || r.namesWithin(own.ID, g.ID) ||
		slices.ContainsFunc(g.Ingress, func(o topo.Rule) bool { return o.ID != g.ID }) ||
		slices.ContainsFunc(r.Holders(g.ID), func(h *topo.Endpoint) bool { return h.Kind != topo.PrivateLinkEndpoint }) {
		return nil
	}
	return []finding.Change{{Resource: g.ID, Operation: finding.Add, Path: steps("ingress"), Value: finding.Value{Fields: []finding.Field{
		{Name: "from_port", Value: asWord("443")}, {Name: "to_port", Value: asWord("443")}, {Name: "protocol", Value: asText("tcp")},
		{Name: "security_groups", Value: finding.Value{List: []finding.Value{{Ref: own.ID, Attr: "id"}}}}}}}}
}

// onlyGroup is the group of an endpoint that surely has one and no other.
func (r *run) onlyGroup(e *topo.Endpoint) (*topo.SecurityGroup, bool) {
	if len(e.Groups.List) != 1 || e.Groups.More != "" || e.Groups.List[0].Exists != fact.Yes || e.Groups.List[0].ID == ref.ID("") {
		return nil, false
	}
	g := r.SecurityGroup(e.Groups.List[0].ID)
	return g, g != nil
}
