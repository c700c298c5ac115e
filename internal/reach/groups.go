package reach

import (
	"cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// groups bounds the asked packets that the security groups of one side let
// pass to or from the other: the union of the rules of all groups. refs says
// whether a rule of one may name a group of the other, see [question.road].
func (q *question) groups(inbound bool, holder, peer *side, refs fact.Tri, n *note) netset.Bounds {
	e := holder.ep
	switch e.Unfiltered {
	case fact.Yes:
		n.rule(RuleUse{ID: e.ID, Text: q.topo.Label(e.ID) + " has no security group and filters nothing", Ports: q.asked, Place: e.Place})
		return netset.Exactly(q.asked)
	case fact.Unknown:
		if e.Kind == topo.BalancerEndpoint && len(e.Groups.List) == 0 {
			n.unknown("whether "+q.topo.Label(e.ID)+" has security groups is not known", e.Place)
			return netset.AtMost(q.asked)
		}
	}
	var out netset.Bounds
	if inbound && e.Kind == topo.FunctionEndpoint {
		n.stops(q.topo.Label(e.ID) + " accepts no connections")
		return out
	}
	for _, l := range e.Groups.List {
		g := q.topo.SecurityGroup(l.ID)
		if g == nil {
			n.unknown("the rules of "+q.topo.Label(l.ID)+" are not known", l.Place)
			out.Maybe = q.asked
			continue
		}
		rules, more := g.Egress, g.EgressMore
		if inbound {
			rules, more = g.Ingress, g.IngressMore
		}
		if more == "" && g.Elsewhere && len(rules) == 0 {
			more = "the rules of " + q.topo.Label(g.ID) + " are elsewhere"
		}
		if more != "" {
			n.unknown(q.topo.Label(g.ID)+" may have further rules: "+more, g.Place)
			out.Maybe = q.asked
		}
		held := l.Exists.And(g.Exists)
		if held == fact.No {
			continue
		}
		if held == fact.Unknown {
			n.unknown("whether "+q.topo.Label(e.ID)+" holds "+q.topo.Label(g.ID)+" is not known"+because(l.Why, g.Why), l.Place)
		}
		for i := range rules {
			out = out.Or(q.rule(g, &rules[i], held, inbound, holder, peer, refs, n))
		}
		if n == nil && out.Sure.Covers(q.asked) {
			return out
		}
	}
	if more := q.moreGroups(e); more != "" {
		gap := q.GroupsGap(e)
		n.unknown(gap.Text, gap.Place)
		out.Maybe = q.asked
	}
	if len(e.Groups.List) == 0 && out.Maybe.IsEmpty() {
		n.stops(q.topo.Label(e.ID) + " has no security group")
	}
	return out
}

// GroupsGap is the missing fact of an endpoint whose security groups are not all
// known.
func (n *Network) GroupsGap(e *topo.Endpoint) finding.Evidence {
	text := "security groups of " + n.topo.Label(e.ID)
	if len(e.Groups.List) > 0 {
		text = "further " + text
	}
	why := cmp.Or(n.moreGroups(e), "the design does not tell")
	return finding.Evidence{Text: text + ": " + why, Place: cmp.Or(e.Groups.Place, e.Place)}
}

// moreGroups says why an endpoint may hold groups that are not listed.
func (n *Network) moreGroups(e *topo.Endpoint) string {
	if e.Groups.More == "" && e.Elsewhere && len(e.Groups.List) == 0 {
		return n.topo.Label(e.ID) + " is elsewhere"
	}
	return e.Groups.More
}

// rule bounds the asked packets that one rule lets pass.
func (q *question) rule(g *topo.SecurityGroup, r *topo.Rule, held fact.Tri, inbound bool, holder, peer *side, refs fact.Tri, n *note) netset.Bounds {
	if r.Exists == fact.No {
		return netset.Bounds{}
	}
	fits := r.Ports.Maybe.Overlaps(q.asked)
	if !fits && n == nil {
		return netset.Bounds{}
	}
	match, why := q.peer(&r.Peer, holder, peer, refs)
	if n != nil {
		q.ruleNote(g, r, inbound, match, why, peer, n)
	}
	if !fits || match == fact.No {
		return netset.Bounds{}
	}
	ports := r.Ports.Restrict(q.asked)
	if match.And(r.Exists).And(held) != fact.Yes {
		return netset.AtMost(ports.Maybe)
	}
	return ports
}

// peer answers whether the peer of a rule means a side.
func (q *question) peer(p *topo.Peer, holder, peer *side, refs fact.Tri) (got fact.Tri, why string) {
	switch p.Kind {
	case topo.PeerBlock:
		if got = q.inside(&p.Block, peer); got == fact.Unknown {
			why = q.blockWhy(&p.Block)
		}
		return got, why
	case topo.PeerGroup:
		held, why := q.holds(peer, p.ID)
		if held == fact.No {
			return held, ""
		}
		if scope := q.scope(holder, peer, refs); scope != fact.Yes {
			return held.And(scope), "a group of another VPC is meant only over a peering connection within one Region, or a transit gateway that supports it"
		}
		return held, why
	case topo.PeerPrefixList:
		got, _, why = q.insideList(p.ID, peer)
		return got, why
	}
	return fact.Unknown, cmp.Or(p.Block.Why, "its peer is not known")
}

// holds answers whether a side holds a group.
func (q *question) holds(s *side, group ref.ID) (fact.Tri, string) {
	if s.ep == nil {
		return fact.No, ""
	}
	return q.holding(s.ep, group)
}

func (n *Network) holding(e *topo.Endpoint, group ref.ID) (fact.Tri, string) {
	for _, l := range e.Groups.List {
		if l.ID == group {
			if l.Exists == fact.Unknown {
				return l.Exists, cmp.Or(l.Why, "whether it is held is not known")
			}
			return l.Exists, ""
		}
	}
	if more := n.moreGroups(e); more != "" && e.Unfiltered != fact.Yes {
		return fact.Unknown, more
	}
	return fact.No, ""
}

// scope answers whether group references work between two sides.
func (q *question) scope(a, b *side, refs fact.Tri) fact.Tri {
	return q.OneVPC(a.vpc, b.vpc).Or(refs)
}
