package filter

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/compute/carrier"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// oldRule reads an aws_security_group_rule.
func (g *groups) oldRule(res resource.Resource) {
	group := g.Link(res.Get("security_group_id"))
	state := read.Of(res)
	if group.ID != "" {
		state = state.And(read.OfLink(group))
	}
	base := topo.Rule{
		ID: res.ID, Place: res.Place, Exists: state.Exists, Why: state.Why,
		Ports:       g.RulePorts(res.Get("protocol"), g.port(res.Get("from_port")), g.port(res.Get("to_port")), res.Place),
		Description: design.String(res.Get("description"), "").Or(""),
	}
	rules := g.peers(base, res.Body, group.ID, res.Place)
	if len(rules) == 0 {
		g.peerless(base)
	}
	switch typ, known := design.String(res.Get("type"), "").Get(); {
	case known && typ == "ingress":
		g.put(res, group, ingress, rules)
	case known && typ == "egress":
		g.put(res, group, egress, rules)
	default:
		if known {
			g.Warn(res.Place, "rule without a direction", "The type of a rule is ingress or egress. The rule is taken as possible in both directions.")
		}
		for i := range rules {
			rules[i].Exists, rules[i].Why = fact.Unknown, cmp.Or(rules[i].Why, "it is not known whether it is an ingress or an egress rule")
		}
		g.put(res, group, ingress, rules)
		g.put(res, group, egress, rules)
	}
}

// newRule reads an aws_vpc_security_group_ingress_rule or its egress twin.
func (g *groups) newRule(res resource.Resource, dir direction) {
	group := g.Link(res.Get("security_group_id"))
	state := read.Of(res)
	if group.ID != "" {
		state = state.And(read.OfLink(group))
	}
	base := topo.Rule{
		ID: res.ID, Place: res.Place, Exists: state.Exists, Why: state.Why,
		Ports:       g.RulePorts(res.Get("ip_protocol"), g.port(res.Get("from_port")), g.port(res.Get("to_port")), res.Place),
		Description: design.String(res.Get("description"), "").Or(""),
	}
	var rules []topo.Rule
	one := func(attr string, family topo.Family) {
		if b, ok := g.Block(res.Get(attr), family, res.Place); ok {
			rules = append(rules, with(base, rangePeer(b), read.State{Exists: fact.Yes}))
		}
	}
	one("cidr_ipv4", topo.IPv4)
	one("cidr_ipv6", topo.IPv6)
	rules = append(rules, g.named(base, res.Get("prefix_list_id"), topo.PeerPrefixList)...)
	rules = append(rules, g.named(base, res.Get("referenced_security_group_id"), topo.PeerGroup)...)
	switch {
	case len(rules) == 0:
		g.peerless(base)
	case len(rules) > 1:
		// AWS takes exactly one; of several, those that are null at run time
		// leave one.
		for i := range rules {
			rules[i].Exists, rules[i].Why = fact.Unknown, cmp.Or(rules[i].Why, "of several peers of the rule only one can be in effect")
		}
	}
	g.put(res, group, dir, rules)
}

// peerless reports a rule resource whose peers are all known to be none. Neither
// the provider nor AWS makes such a rule, so it admits nobody.
func (g *groups) peerless(base topo.Rule) {
	g.Warn(base.Place, "rule without a peer", "The rule names no address range, prefix list or security group, so it admits nobody; the AWS provider refuses it. Remove it, or give it a peer.")
}

// put adds rules to their group, or makes every group of their root incomplete:
// who hands the groups of one root to another says so in the design.
func (g *groups) put(res resource.Resource, group topo.Link, dir direction, rules []topo.Rule) {
	if group.ID == "" {
		why := string(res.ID) + " belongs to a group that is not known: " + cmp.Or(group.Why, "none is written")
		if group.Why == "" {
			g.Diags.Add(diag.Error, res.Place, "rule without a security group", "The rule names no security group, so that it may belong to any group.")
		}
		more, n := g.more[res.Root()], 0
		if dir == egress {
			n = 1
		}
		more[n] = cmp.Or(more[n], why)
		g.more[res.Root()] = more
		return
	}
	id := withoutOwner(group.ID)
	sg := g.get(id, group.Place)
	for _, rule := range rules {
		if written(sg, dir, rule) {
			continue
		}
		rule = with(rule, rule.Peer, g.mixed(res, id, dir))
		if dir == egress {
			sg.Egress = append(sg.Egress, rule)
		} else {
			sg.Ingress = append(sg.Ingress, rule)
		}
	}
}

// written reports whether a group has a rule in its blocks already. States list
// the rules of rule resources there, too.
func written(sg *topo.SecurityGroup, dir direction, rule topo.Rule) bool {
	rules := sg.Ingress
	if dir == egress {
		rules = sg.Egress
	}
	return slices.ContainsFunc(rules, func(r topo.Rule) bool {
		return r.ID == sg.ID && r.Exists == fact.Yes && r.Peer.Kind == rule.Peer.Kind && r.Peer.Kind != topo.PeerUnknown &&
			r.Peer.ID == rule.Peer.ID && r.Peer.Block == rule.Peer.Block && r.Ports.IsExact() && r.Ports.Equal(rule.Ports)
	})
}

// place is the place of a link, or that of the resource.
func place(l topo.Link, res resource.Resource) ref.Place {
	if l.Place.IsZero() {
		return res.Place
	}
	return l.Place
}

// port is a port of a rule. That of a store is known before AWS makes it.
func (g *groups) port(v resource.Value) resource.Value { return carrier.Port(g.Design, v) }
