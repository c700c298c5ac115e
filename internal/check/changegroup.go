package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// onlyBalancer leaves the group of the load balancer of a workload as the only
// source that its own group admits: it takes the place of address ranges, and
// rules that admit instances, such as a jump host, are removed. It does so only if
// that group is the workload's alone, these are all that is wrong, and nothing is
// known to call the workload past its load balancer.
func (r *run) onlyBalancer(w *topo.Workload, list []bound, left []source, all sources) []finding.Change {
	connect, known := w.ServiceConnect.Enabled.Get()
	e := r.Endpoint(w.Endpoint)
	if e == nil || w.Registries || connect || !known || !w.Lattice.IsZero() || len(all.declared) > 0 ||
		slices.ContainsFunc(left, func(s source) bool { return !s.isRange() && !r.standsAlone(s.endpoint) }) {
		return nil
	}
	front := r.groupOfOne(list)
	if front == "" {
		return nil
	}
	var rules []*topo.Rule
	admitted := map[ref.ID]netset.Ports{} // by group: what the load balancer is admitted to
	of := map[*topo.Rule]*topo.SecurityGroup{}
	for _, a := range r.net.Admitted(w.Endpoint, talk()) {
		if a.Rule == nil {
			continue
		}
		if a.Rule.Peer.Kind == topo.PeerGroup {
			if a.Rule.Peer.ID == front {
				admitted[a.Group] = admitted[a.Group].Union(a.Rule.Ports.Sure)
			}
			if a.Rule.Peer.ID == front || !slices.ContainsFunc(left, func(s source) bool { return s.group == a.Rule.Peer.ID }) {
				continue
			}
		}
		g := r.SecurityGroup(a.Group)
		if g == nil || g.Elsewhere || g.Default || g.MembersMore != "" || a.Rule.Exists != fact.Yes ||
			slices.ContainsFunc(r.Holders(g.ID), func(h *topo.Endpoint) bool { return h.ID != e.ID }) {
			return nil
		}
		rules, of[a.Rule] = append(rules, a.Rule), g
	}
	slices.SortStableFunc(rules, func(a, b *topo.Rule) int {
		return cmp.Or(a.Place.Compare(b.Place), cmp.Compare(a.ID, b.ID))
	})
	rules = slices.Compact(rules)
	var out []finding.Change
	for len(rules) > 0 {
		rule := rules[0]
		n := 1
		for n < len(rules) && rules[n].Place == rule.Place && rules[n].ID == rule.ID {
			n++
		}
		g := of[rule]
		changes := r.closed(g, rules[:n], front, admitted[g.ID])
		if changes == nil {
			return nil
		}
		admitted[g.ID] = admitted[g.ID].Union(rule.Ports.Sure)
		out, rules = append(out, changes...), rules[n:]
	}
	return out
}

// closed makes what one block or resource writes admit a group in place of other
// sources, or nothing if the group is admitted already.
func (r *run) closed(g *topo.SecurityGroup, rules []*topo.Rule, front ref.ID, admitted netset.Ports) []finding.Change {
	rule := rules[0]
	var v4, v6, groups, others int
	for _, o := range g.Ingress {
		if o.Place != rule.Place || o.ID != rule.ID {
			continue
		}
		switch isBlock := o.Peer.Kind == topo.PeerBlock && o.Peer.Block.Prefix.IsValid(); {
		case isBlock && o.Peer.Block.Prefix.Addr().Is4():
			v4++
		case isBlock:
			v6++
		case o.Peer.Kind == topo.PeerGroup:
			groups++
		default:
			others++
		}
	}
	all := v4+v6+groups+others == len(rules) // nothing else is written there
	known := rule.Ports.Maybe.Minus(rule.Ports.Sure).IsEmpty()
	path := func(last string) []finding.Step {
		if rule.ID != g.ID {
			return steps(last)
		}
		out := steps("ingress", last)
		out[0].Line = rule.Place.Line
		return out
	}
	var out []finding.Change
	switch {
	case others > 0 || !known:
		return nil
	case all && (v4+v6 == 0 || admitted.Covers(rule.Ports.Sure)): // AWS takes no rule twice
		c := finding.Change{Resource: rule.ID, Operation: finding.Remove}
		if rule.ID == g.ID {
			c.Path = steps("ingress")
			c.Path[0].Line = rule.Place.Line
		}
		out = append(out, c)
	case v4+v6 == 0 && rule.ID == g.ID:
		for _, o := range rules {
			out = append(out, finding.Change{Resource: rule.ID, Operation: finding.Remove, Path: path("security_groups"),
				Value: finding.Value{Ref: o.Peer.ID, Attr: "id"}})
		}
	case groups == 0:
		out = r.fromGroup(g, rule, front, path)
		if out != nil && v4 > 0 && v6 > 0 {
			other := "ipv6_cidr_blocks"
			if rule.Peer.Block.Prefix.Addr().Is6() {
				other = "cidr_blocks"
			}
			out = append(out, finding.Change{Resource: rule.ID, Operation: finding.Remove, Path: path(other)})
		}
	}
	for i := range out {
		switch c := &out[i]; {
		case groups > 0:
			c.Note = "If the flow is wanted, name it in muralla.yaml under flows instead."
		case c.Operation == finding.Exchange && rule.Description != "":
			c.Note = "Look at the description of the rule, which may no longer hold."
		}
	}
	return out
}

// standsAlone is whether an endpoint is an instance that is no part of a cluster.
func (r *run) standsAlone(id ref.ID) bool {
	e := r.Endpoint(id)
	if e == nil || e.Kind != topo.HostEndpoint {
		return false
	}
	h := r.Host(r.ownerOf(e))
	return h != nil && h.Cluster == "" && h.ClusterWhy == "" && !h.Managed
}

// groupOfOne is the security group of the only load balancer in a list, if only
// load balancers hold it.
func (r *run) groupOfOne(list []bound) ref.ID {
	var front ref.ID
	for _, b := range list {
		if b.balancer == nil || b.kind != topo.ApplicationBalancer {
			return ""
		}
		e := r.Endpoint(b.balancer.ID)
		if e == nil || len(e.Groups.List) != 1 || e.Groups.More != "" || e.Groups.List[0].Exists != fact.Yes {
			return ""
		}
		id := e.Groups.List[0].ID
		g := r.SecurityGroup(id)
		if g == nil || g.Elsewhere || g.Default || g.MembersMore != "" || front != "" && front != id ||
			slices.ContainsFunc(r.Holders(id), func(h *topo.Endpoint) bool { return h.Kind != topo.BalancerEndpoint }) {
			return ""
		}
		front = id
	}
	return front
}

// fromGroup puts a group in the place of the address ranges of a rule.
func (r *run) fromGroup(g *topo.SecurityGroup, rule *topo.Rule, front ref.ID, path func(string) []finding.Step) []finding.Change {
	peer := finding.Value{Ref: front, Attr: "id"}
	from, to := "cidr_blocks", "source_security_group_id"
	if rule.Peer.Block.Prefix.Addr().Is6() {
		from = "ipv6_cidr_blocks"
	}
	switch {
	case rule.ID == g.ID && r.namesWithin(front, g.ID):
		return nil // each group would name the other, which neither tool can make
	case rule.ID == g.ID:
		to, peer = "security_groups", finding.Value{List: []finding.Value{peer}}
	case strings.HasPrefix(string(rule.ID.Short()), "aws_vpc_security_group_ingress_rule."):
		from = map[string]string{"cidr_blocks": "cidr_ipv4", "ipv6_cidr_blocks": "cidr_ipv6"}[from]
		to = "referenced_security_group_id"
	}
	return []finding.Change{{Resource: rule.ID, Operation: finding.Exchange, Path: path(from),
		Value: finding.Value{Fields: []finding.Field{{Name: to, Value: peer}}}}}
}

// namesWithin is whether the rules within the block of a group name another one, or a
// group that does.
func (r *run) namesWithin(id, other ref.ID) bool {
	seen := map[ref.ID]bool{}
	var look func(ref.ID) bool
	look = func(at ref.ID) bool {
		if at == other {
			return true
		}
		g := r.SecurityGroup(at)
		if g == nil || seen[at] {
			return false
		}
		seen[at] = true
		for _, rule := range slices.Concat(g.Ingress, g.Egress) {
			if rule.ID == at && rule.Peer.ID != "" && look(rule.Peer.ID) {
				return true
			}
		}
		return false
	}
	return look(id)
}
