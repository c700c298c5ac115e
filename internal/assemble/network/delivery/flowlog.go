package delivery

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Add puts the flow logs into the snapshot.
func Add(r *read.Reader, s *topo.Snapshot) {
	ways := New(r)
	for _, res := range r.Of("aws_flow_log") {
		l := topo.FlowLog{
			Thing:       r.Thing(res),
			Traffic:     design.String(res.Get("traffic_type"), "ALL"), // transit gateways have no other
			Format:      design.String(res.Get("log_format"), ""),
			Destination: design.String(res.Get("log_destination_type"), "cloud-watch-logs"),
			Interval:    design.Int(res.Get("max_aggregation_interval"), 600),
			Target:      nameOf(r, res.Get("log_destination"), res.Get("log_group_name")),
			Role:        nameOf(r, res.Get("iam_role_arn")),
			Region:      res.Region,
			Delivery:    ways.Of(res),
		}
		if t, ok := l.Traffic.Get(); ok {
			l.Traffic = fact.Known(strings.ToUpper(t), l.Traffic.Place)
		}
		written := 0
		for _, k := range []struct {
			attr  string
			scope topo.FlowScope
		}{
			{"vpc_id", topo.ScopeVPC}, {"subnet_id", topo.ScopeSubnet}, {"eni_id", topo.ScopeInterface},
			{"transit_gateway_id", topo.ScopeTransit}, {"transit_gateway_attachment_id", topo.ScopeUnknown}, {"regional_nat_gateway_id", topo.ScopeUnknown},
		} {
			v := res.Get(k.attr)
			if !read.Written(v) {
				continue
			}
			written++
			link := r.Link(v)
			l.Scope, l.Of = k.scope, link.ID
			if k.scope == topo.ScopeUnknown {
				l.Of = "" // of a kind that no task is behind
				continue
			}
			if link.ID != "" {
				state := read.State{Exists: l.Exists, Why: l.Why}.And(read.OfLink(link))
				l.Exists, l.Why = state.Exists, state.Why
			}
		}
		switch {
		case written == 0:
			r.Warn(res.Place, "flow log of nothing", "The flow log names no VPC, subnet, interface or transit gateway; AWS refuses it.")
		case written > 1:
			l.Scope, l.Of = topo.ScopeUnknown, ""
			l.Exists, l.Why = fact.Unknown, cmp.Or(l.Why, "it names several things, of which only one can be in effect")
		}
		s.FlowLogs = append(s.FlowLogs, l)
	}
}

// nameOf is the ARN or name of the first of several arguments that is written:
// of a thing of the design its ID.
func nameOf(r *read.Reader, values ...resource.Value) fact.Fact[string] {
	for _, v := range values {
		if !read.Written(v) {
			continue
		}
		if v.Kind == resource.Ref && !v.Maybe {
			return fact.Known(string(r.Key(v.Ref)), v.Place)
		}
		return design.Shown(v, "")
	}
	return fact.Default("")
}
