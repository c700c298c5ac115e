package check

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// onlyBalancer puts the group of the load balancer of a workload in the place of
// the address ranges that its own group admits. It does so only if that group is
// the workload's alone, the ranges are all that is wrong, and nothing is known to
// call the workload past its load balancer.
func (r *run) onlyBalancer(w *topo.Workload, list []bound, left []source, all sources) []finding.Change {
	connect, known := w.ServiceConnect.Enabled.Get()
	e := r.Endpoint(w.Endpoint)
	if e == nil || w.Registries || connect || !known || !w.Lattice.IsZero() || len(all.declared) > 0 ||
		slices.ContainsFunc(left, func(s source) bool { return !s.isRange() }) {
		return nil
	}
	front := r.groupOfOne(list)
	if front == "" {
		return nil
	}
	byPlace := map[ref.Place][]*topo.Rule{}
	var places []ref.Place
	of := map[ref.Place]*topo.SecurityGroup{}
	for _, a := range r.net.Admitted(w.Endpoint, talk()) {
		if a.Rule == nil || a.Rule.Peer.Kind == topo.PeerGroup {
			continue
		}
		g := r.SecurityGroup(a.Group)
		if g == nil || g.Elsewhere || g.Default || g.MembersMore != "" || a.Rule.Exists != fact.Yes ||
			slices.ContainsFunc(r.Holders(g.ID), func(h *topo.Endpoint) bool { return h.ID != e.ID }) {
			return nil
		}
		at := a.Rule.Place
		if byPlace[at] == nil {
			places = append(places, at)
		}
		byPlace[at], of[at] = append(byPlace[at], a.Rule), g
	}
	var out []finding.Change
	slices.SortFunc(places, ref.Place.Compare)
	for _, at := range places {
		changes := r.fromGroup(of[at], byPlace[at], front)
		if changes == nil {
			return nil
		}
		out = append(out, changes...)
	}
	return out
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

// fromGroup makes the rules that one block or resource writes admit a group in
// place of an address range. All of its peers have to be one range.
func (r *run) fromGroup(g *topo.SecurityGroup, rules []*topo.Rule, front ref.ID) []finding.Change {
	rule := rules[0]
	if len(rules) != 1 || rule.Peer.Kind != topo.PeerBlock || !rule.Peer.Block.Prefix.IsValid() ||
		slices.ContainsFunc(g.Ingress, func(o topo.Rule) bool { return o.Place == rule.Place && o.ID == rule.ID && o.Peer.ID != "" }) {
		return nil
	}
	v6 := rule.Peer.Block.Prefix.Addr().Is6()
	peer := finding.Value{Ref: front, Attr: "id"}
	c := finding.Change{Resource: rule.ID, Operation: finding.Exchange}
	short := string(rule.ID.Short())
	switch {
	case rule.ID == g.ID:
		if r.namesWithin(front, g.ID) {
			return nil // each group would name the other, which neither tool can make
		}
		c.Path = steps("ingress", "cidr_blocks")
		c.Path[0].Line = rule.Place.Line
		peer = finding.Value{Fields: []finding.Field{{Name: "security_groups", Value: finding.Value{List: []finding.Value{peer}}}}}
	case strings.HasPrefix(short, "aws_vpc_security_group_ingress_rule."):
		c.Path = steps("cidr_ipv4")
		peer = finding.Value{Fields: []finding.Field{{Name: "referenced_security_group_id", Value: peer}}}
	default:
		c.Path = steps("cidr_blocks")
		peer = finding.Value{Fields: []finding.Field{{Name: "source_security_group_id", Value: peer}}}
	}
	if last := len(c.Path) - 1; v6 {
		c.Path[last].Name = map[string]string{"cidr_blocks": "ipv6_cidr_blocks", "cidr_ipv4": "cidr_ipv6"}[c.Path[last].Name]
	}
	c.Value = peer
	return []finding.Change{c}
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
