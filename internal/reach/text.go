package reach

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// because continues a sentence with the first reason that is given.
func because(whys ...string) string {
	if why := cmp.Or(whys...); why != "" {
		return ": " + why
	}
	return ""
}

func (n *Network) partyName(p Party) string {
	if p.Endpoint == "" {
		return hostsName(p.Addrs)
	}
	return n.topo.Label(p.Endpoint)
}

// hostsName is how people call hosts outside.
func hostsName(a netset.Addrs) string {
	if a.Covers(netset.Internet()) || !a.IsEmpty() && netset.Internet().Covers(a) && a.Fraction(netset.Internet()) > 0.2 {
		return "the internet"
	}
	list := a.Prefixes()
	if len(list) > 3 {
		return list[0].String() + " and " + strconv.Itoa(len(list)-1) + " other ranges"
	}
	return a.String()
}

func (q *question) sideName(s *side) string {
	switch {
	case s.ep != nil:
		return q.topo.Label(s.ep.ID)
	case s.outside:
		return hostsName(s.addrs)
	}
	return q.topo.Label(s.subnetID)
}

func (q *question) sideID(s *side) ref.ID {
	if s.ep != nil {
		return s.ep.ID
	}
	return s.subnetID
}

// blockText is a block as people write it.
func (n *Network) blockText(b *topo.Block) string {
	switch {
	case b.Sensitive:
		return "a sensitive range"
	case b.Prefix.IsValid():
		return b.Prefix.String()
	case b.Of != "":
		return n.topo.Label(b.Of)
	}
	return cmp.Or(b.Symbol, "an unknown range")
}

func (q *question) blockWhy(b *topo.Block) string {
	switch {
	case b.Prefix.IsValid():
		return ""
	case b.Why != "":
		return b.Why
	case b.Of != "":
		return "the range of " + q.topo.Label(b.Of) + " is not known"
	}
	return "the range " + q.blockText(b) + " is not known"
}

func (n *Network) peerText(p *topo.Peer) string {
	switch p.Kind {
	case topo.PeerBlock:
		return n.blockText(&p.Block)
	case topo.PeerGroup, topo.PeerPrefixList:
		return n.topo.Label(p.ID)
	}
	return "an unknown peer"
}

// ruleUse is a rule in words: "sg orders allows sg bastion tcp/8080".
func (q *question) ruleUse(g *topo.SecurityGroup, r *topo.Rule, inbound bool) RuleUse {
	return RuleUse{ID: cmp.Or(r.ID, g.ID), Ports: r.Ports.Maybe.Intersect(q.asked), Place: r.Place, Text: q.RuleText(g.ID, r, inbound)}
}

// RuleText is a rule of a security group in words.
func (n *Network) RuleText(group ref.ID, r *topo.Rule, inbound bool) string {
	to := ""
	if !inbound {
		to = "to "
	}
	return n.topo.Label(group) + " allows " + to + n.peerText(&r.Peer) + " " + portsText(r.Ports)
}

func portsText(b netset.Bounds) string {
	switch {
	case b.IsExact():
		return b.Sure.String()
	case b.Sure.IsEmpty() && b.Maybe.IsAll():
		return "unknown ports"
	case b.Sure.IsEmpty():
		return "ports of " + b.Maybe.String()
	}
	return b.String()
}

// ruleNote records a rule that lets packets pass, or comes near.
func (q *question) ruleNote(g *topo.SecurityGroup, r *topo.Rule, inbound bool, match fact.Tri, why string, peer *side, n *note) {
	use := q.ruleUse(g, r, inbound)
	fits := r.Ports.Maybe.Overlaps(q.asked)
	switch {
	case fits && match != fact.No:
		n.rule(use)
	case fits, match != fact.No:
		n.near(miss{use, apart(r.Ports.Maybe, q.asked), false})
		if match == fact.No && why != "" {
			n.stops(use.Text + ", but " + why)
		}
		return
	default:
		n.near(miss{use, apart(r.Ports.Maybe, q.asked), true})
		return
	}
	switch {
	case match == fact.Unknown:
		n.unknown(use.Text+": "+cmp.Or(why, "whether it means "+q.sideName(peer)+" depends on the address"), r.Place)
	case r.Exists == fact.Unknown:
		n.unknown(use.Text+" may be absent"+because(r.Why), r.Place)
	case !r.Ports.IsExact():
		n.unknown(use.Text+": its ports are not known"+because(r.Why), r.Place)
	}
}

// entryNote records an entry: "acl private entry 100 allows 0.0.0.0/0 all traffic".
// One that means other addresses comes near at best.
func (q *question) entryNote(a *topo.NetworkACL, m matched, inbound bool, n *note) {
	e := m.entry
	verb := map[fact.Tri]string{fact.Yes: "allows", fact.No: "denies", fact.Unknown: "allows or denies"}[e.Allow]
	direction := "outbound "
	if inbound {
		direction = "inbound "
	}
	number := strconv.Itoa(e.Number)
	if e.Number < 0 {
		number = "of unknown number"
	}
	u := RuleUse{ID: a.ID, Ports: m.most, Place: e.Place,
		Text: q.topo.Label(a.ID) + " " + direction + "entry " + number + " " + verb + " " + q.blockText(&e.Block) + " " + portsText(e.Ports)}
	far := m.most.IsEmpty() // it means other addresses
	if e.Allow == fact.Yes {
		n.near(miss{u, apart(e.Ports.Maybe, q.asked), far})
	} else if !far {
		n.deny(u)
	}
	if far {
		return
	}
	n.rule(u)
	switch {
	case e.Exists == fact.Unknown:
		n.unknown(u.Text+", if it exists"+because(e.Why), e.Place)
	case e.Allow == fact.Unknown || !e.Ports.IsExact() || e.Number < 0:
		n.unknown(u.Text+because(e.Why), e.Place)
	case !e.Block.Prefix.IsValid() && m.least.IsEmpty():
		n.unknown(u.Text+because(q.blockWhy(&e.Block)), e.Place)
	}
}

// publicNote records whether a side has a public address.
func (q *question) publicNote(s *side, f fact.Fact[bool], n *note) {
	name := q.sideName(s)
	got, ok := f.Get()
	switch {
	case !ok:
		n.unknown("whether "+name+" has a public address is not known"+because(f.Why), f.Place)
		return
	case got:
		at := f.Place
		if at.IsZero() && s.ep != nil {
			at = s.ep.Place
		}
		n.rule(RuleUse{ID: q.sideID(s), Text: name + " has a public address", Ports: q.asked, Place: at})
		return
	}
	why := cmp.Or(f.Why, name+" has no public IPv4 address")
	n.rule(RuleUse{ID: q.sideID(s), Text: why, Place: f.Place})
	n.stops(why)
}

// hopUse is a hop in words: "route 0.0.0.0/0 -> igw main".
func (q *question) hopUse(h hop, from *side) RuleUse {
	switch {
	case h.route != nil:
		return RuleUse{ID: cmp.Or(h.route.ID, h.route.Target), Ports: q.asked, Place: h.route.Place,
			Text: "route " + q.blockText(&h.route.Dest) + " -> " + q.hopName(h)}
	case h.kind == topo.ToLocal:
		return RuleUse{ID: cmp.Or(from.vpc, from.subnetID), Text: "local route of " + q.labelOr(from.vpc), Ports: q.asked}
	case h.none:
		return RuleUse{ID: from.subnetID, Text: "no route", Place: h.place}
	}
	return RuleUse{ID: from.subnetID, Text: "a route that is not known", Ports: q.asked, Place: h.place}
}

// gatewayGap notes that it is not known whether the VPC of a side has an internet
// gateway. It is one fact of the VPC, whatever subnet asks for it.
func (q *question) gatewayGap(s *side, at ref.Place, n *note) {
	if v := q.topo.VPC(s.vpc); v != nil {
		at = cmp.Or(v.Place, at)
	}
	n.unknown("whether "+q.vpcName(s)+" has an internet gateway is not known", at)
}

// vpcName is the VPC of a side: its label, or whose VPC it is.
func (q *question) vpcName(s *side) string {
	switch {
	case s.vpc != "":
		return q.topo.Label(s.vpc)
	case s.subnetID != "":
		return "the VPC of " + q.topo.Label(s.subnetID)
	}
	return "the VPC of " + q.sideName(s)
}

func (n *Network) labelOr(id ref.ID) string {
	if id == "" {
		return "the VPC"
	}
	return n.topo.Label(id)
}

// hopName is the target of a hop in words.
func (q *question) hopName(h hop) string {
	kind := [...]string{
		topo.ToUnknown: "an unknown target", topo.ToLocal: "local", topo.ToInternet: "internet gateway", topo.ToEgressOnly: "egress-only internet gateway",
		topo.ToNAT: "NAT gateway", topo.ToPeering: "peering connection", topo.ToTransit: "transit gateway", topo.ToVPN: "virtual private gateway",
		topo.ToGatewayEndpoint: "gateway endpoint", topo.ToInspection: "inspection endpoint", topo.ToInterface: "interface",
		topo.ToElsewhere: "a gateway that is not modelled", topo.ToNowhere: "blackhole",
	}[min(h.kind, topo.ToNowhere)]
	if h.route == nil || h.route.Target == "" {
		return kind
	}
	label := q.topo.Label(h.route.Target)
	if q.topo.Gateway(h.route.Target) != nil || q.topo.Endpoint(h.route.Target) != nil || q.topo.VPCEndpoint(h.route.Target) != nil {
		return label
	}
	return kind + " " + label
}

// hopDoubt says why a hop is only possible.
func (q *question) hopDoubt(h hop, from *side) string {
	switch {
	case h.why != "":
		return h.why
	case h.none:
		return "there may be no route"
	case h.route != nil && !h.route.Dest.Prefix.IsValid():
		return "route " + q.blockText(&h.route.Dest) + " -> " + q.hopName(h) + because(q.blockWhy(&h.route.Dest))
	}
	return "which route is taken from " + q.sideName(from) + " is not known"
}

// nowhere says why a packet ends at a hop.
func (q *question) nowhere(h hop, from, to *side) string {
	if h.none {
		return "no route from " + cmp.Or(string(q.topo.Label(from.subnetID)), q.sideName(from)) + " to " + q.sideName(to)
	}
	return "the route " + q.blockText(&h.route.Dest) + " is a blackhole"
}

// beyond says why it is unknown what is behind a hop.
func (q *question) beyond(h hop) string {
	switch h.kind {
	case topo.ToUnknown:
		return cmp.Or(h.why, "the target of a route is not known")
	case topo.ToInspection:
		return "inspected by " + q.hopName(h) + ", whose rules are not modelled"
	case topo.ToInterface:
		return q.hopName(h) + " may pass packets on; what it does with them is not modelled"
	}
	return "what is behind " + q.hopName(h) + " is not known"
}

func mustAddrs(list string) netset.Addrs {
	var all []netip.Prefix
	for _, p := range strings.Split(list, ", ") {
		all = append(all, netip.MustParsePrefix(p))
	}
	return netset.Prefix(all...)
}
