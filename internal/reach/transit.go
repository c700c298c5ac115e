package reach

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// onward is where a transit gateway may send a packet.
type onward struct {
	to        *topo.TransitAttachment // nil if unknown
	blackhole bool
	taken     fact.Tri
	why       string
	place     ref.Place
}

// overTransit goes through a transit gateway: by the attachment of the VPC, the
// route table associated with it, to another attachment (AWS "How transit
// gateways work"). The network ACLs of the attachments' subnets apply (AWS
// "Network ACLs for transit gateways").
func (q *question) overTransit(h hop, from, to *side, v view, n notes) pass {
	g := q.topo.TransitGateway(h.route.Target)
	name := q.topo.Label(h.route.Target)
	if g == nil {
		n.route.unknown("where the transit gateway "+name+" leads is not known", h.place)
		return q.doubt()
	}
	own, only := q.attachment(g, from.vpc)
	switch {
	case own == nil && (g.More != "" || g.Elsewhere):
		n.route.unknown("the attachments of the transit gateway "+name+" are not known"+because(g.More), g.Place)
		return q.doubt()
	case own == nil:
		n.route.stops(q.topo.Label(from.vpc) + " is not attached to the transit gateway " + name)
		return q.stopped()
	case !only:
		n.route.unknown(q.topo.Label(from.vpc)+" has several attachments to the transit gateway "+name, own.Place)
		return q.doubt()
	}
	enter := q.enterTransit(own, from, v, n.route)
	out := q.fromTransit(transitWay{g: g, own: own}, from, to, v, n)
	out.route = out.route.And(enter)
	return out
}

// transitWay is a transit gateway that a packet has come to, by one of its
// attachments.
type transitWay struct {
	g      *topo.TransitGateway
	own    *topo.TransitAttachment
	passed []ref.ID // the transit gateways before it, by peerings
}

// fromTransit is what passes from a transit gateway on, by every route that it may
// take.
func (q *question) fromTransit(w transitWay, from, to *side, v view, n notes) pass {
	var out pass
	for i, o := range q.onward(w.g, w.own, to) {
		p := q.leaveTransit(w, o, from, to, v, n)
		if o.taken != fact.Yes {
			n.route.unknown(cmp.Or(o.why, "which route of the transit gateway "+q.topo.Label(w.g.ID)+" is taken is not known"), o.place)
		}
		if i == 0 {
			out = p
		} else {
			out = out.or(p)
		}
	}
	return out
}

// otherEnd is the other end of a peering of transit gateways. It is not ok if that
// is not in the design.
func (q *question) otherEnd(a *topo.TransitAttachment) (transitWay, bool) {
	g := q.topo.TransitGateway(a.Peer)
	if g == nil {
		return transitWay{}, false
	}
	there := q.attachmentOf(g, a.ID)
	return transitWay{g: g, own: there}, there != nil
}

// overTransitPeering goes on to the transit gateway at the other end of a peering, and
// from there by the route table of the peering's attachment (AWS "Transit gateway
// peering attachments").
func (q *question) overTransitPeering(w transitWay, a *topo.TransitAttachment, from, to *side, v view, n notes) pass {
	next, ok := q.otherEnd(a)
	if !ok {
		n.route.unknown("what is behind "+cmp.Or(a.Outside, "an attachment")+" of the transit gateway "+q.topo.Label(w.g.ID)+" is not known", a.Place)
		return q.doubt()
	}
	if next.passed = append(slices.Clone(w.passed), w.g.ID); slices.Contains(next.passed, next.g.ID) {
		n.route.stops("transit gateways send it in a circle: " + q.topo.Label(next.g.ID) + " sees it again")
		return q.stopped()
	}
	p := q.fromTransit(next, from, to, v, n)
	if a.Exists.And(next.own.Exists) != fact.Yes {
		n.route.unknown("whether the peering of the transit gateways "+q.topo.Label(w.g.ID)+" and "+q.topo.Label(next.g.ID)+" is accepted is not known"+because(a.Why, next.own.Why), a.Place)
		p.route = p.route.And(q.anything)
	}
	p.refs = fact.No // AWS: groups cannot be referenced over peerings of transit gateways
	return p
}

// attachment is an attachment of a VPC, and whether it is the only one.
func (n *Network) attachment(g *topo.TransitGateway, vpc ref.ID) (found *topo.TransitAttachment, only bool) {
	only = true
	for _, l := range n.attached[vpc] {
		if l.gateway == g {
			only = found == nil
			if found == nil {
				found = l.attachment
			}
		}
	}
	return found, only
}

// gateSubnets are the subnets of an attachment that packets may pass, whether
// there are surely no others, and whether there is surely none. Packets enter in
// the zone of their subnet, where an attachment has at most one.
func (q *question) gateSubnets(a *topo.TransitAttachment, of *topo.Subnet, entering bool) (list []*topo.Subnet, certain bool, none bool) {
	if entering && of != nil {
		for _, l := range a.Subnets.List {
			if l.ID == of.ID && l.Exists == fact.Yes {
				return []*topo.Subnet{of}, true, false
			}
		}
	}
	certain = a.Subnets.More == "" && of != nil
	for _, l := range a.Subnets.List {
		s := q.topo.Subnet(l.ID)
		if s == nil || l.Exists != fact.Yes {
			certain = false
			continue
		}
		if of != nil && entering {
			zone, ok := of.AZ.Get()
			other, ok2 := s.AZ.Get()
			if ok && ok2 && zone != other {
				continue
			}
			if !ok || !ok2 {
				certain = false // it may be in another zone
			}
		}
		list = append(list, s)
	}
	return list, certain, certain && len(list) == 0
}

// enterTransit bounds the packets that get from an interface into a transit
// gateway.
func (q *question) enterTransit(a *topo.TransitAttachment, from *side, v view, n *note) netset.Bounds {
	list, certain, none := q.gateSubnets(a, from.subnet, true)
	out := q.everything
	switch {
	case none:
		n.stops("the attachment " + q.topo.Label(a.ID) + " has no subnet in the Availability Zone of " + q.sideName(from))
		return netset.Bounds{}
	case a.Exists == fact.No:
		n.stops("the attachment " + q.topo.Label(a.ID) + " does not exist")
		return netset.Bounds{}
	case a.Exists == fact.Unknown:
		n.unknown("whether the attachment "+q.topo.Label(a.ID)+" exists is not known"+because(a.Why), a.Place)
		out = q.anything
	case !certain:
		n.unknown("which subnet of the attachment "+q.topo.Label(a.ID)+" is used is not known"+because(a.Subnets.More), a.Place)
	}
	sum := netset.Bounds{}
	for i, s := range list {
		in := v.of(q.acl(s, true, from, nil), n)
		if !in.Maybe.Overlaps(q.asked) {
			n.stops("the network ACL of " + q.topo.Label(s.ID) + ", where the transit gateway is attached, denies it")
		}
		if i == 0 {
			sum = in
		} else {
			sum = either(sum, in)
		}
	}
	if len(list) == 0 || !certain {
		sum = either(sum, q.anything)
	}
	return out.And(sum)
}

// onward are the ways in which a transit gateway may send packets that came in
// by an attachment: at least one.
func (q *question) onward(g *topo.TransitGateway, own *topo.TransitAttachment, to *side) []onward {
	id, known := own.Table.Get()
	var table *topo.TransitTable
	for i := range g.Tables {
		if known && g.Tables[i].ID == id {
			table = &g.Tables[i]
		}
	}
	if table == nil {
		return []onward{{why: "the route table of the attachment " + q.topo.Label(own.ID) + " is not known" + because(own.Table.Why), place: own.Place}}
	}
	var list []candidate
	var targets []onward
	for i := range table.Routes {
		r := &table.Routes[i]
		c := q.dest(&r.Dest, to)
		c.match, c.rank = c.match.And(r.Exists), rankStatic
		list = append(list, c)
		targets = append(targets, onward{to: q.attachmentOf(g, r.Attachment), blackhole: r.Blackhole, why: r.Why, place: r.Place})
	}
	for _, id := range table.Propagated {
		a := q.attachmentOf(g, id)
		if a == nil || a.VPC == "" {
			c := candidate{bits: -1, match: fact.Unknown}
			if !to.outside && to.vpc != "" {
				c.match = fact.No // routes of VPN and the like lead outside
			}
			list = append(list, c)
			targets = append(targets, onward{to: a, why: "which routes are propagated is not known", place: table.Place})
			continue
		}
		list = append(list, q.rangeCandidate(a.VPC, to))
		targets = append(targets, onward{to: a, place: a.Place})
	}
	taken, none := choose(list)
	var out []onward
	for _, i := range taken {
		out = append(out, targets[i])
	}
	if none {
		out = append(out, onward{blackhole: true, place: table.Place})
	}
	if more := cmp.Or(table.More, g.More); more != "" {
		out = append(out, onward{why: "the transit gateway may have further routes: " + more, place: table.Place})
	}
	if len(out) == 1 && (out[0].to != nil || out[0].blackhole) {
		out[0].taken = fact.Yes
	}
	return out
}

func (q *question) attachmentOf(g *topo.TransitGateway, id ref.ID) *topo.TransitAttachment {
	for i := range g.Attachments {
		if g.Attachments[i].ID == id {
			return &g.Attachments[i]
		}
	}
	return nil
}

// rangeCandidate is the propagated routes of a VPC: its ranges.
func (q *question) rangeCandidate(vpc ref.ID, to *side) candidate {
	c := candidate{bits: -1, rank: rankPropagated, match: fact.No}
	if !to.outside {
		c.match = q.OneVPC(to.vpc, vpc)
	}
	v := q.topo.VPC(vpc)
	if v == nil {
		if to.outside {
			c.match = fact.Unknown
		}
		return c
	}
	if to.outside && v.Elsewhere {
		c.match = fact.Unknown
	}
	for i := range v.Blocks {
		b := &v.Blocks[i]
		if !b.Prefix.IsValid() || familyOf(*b) != to.family {
			continue
		}
		if got := q.inside(b, to); got != fact.No {
			c.match = c.match.Or(got)
			c.bits = max(c.bits, b.Prefix.Bits())
		}
	}
	return c
}

// leaveTransit is where one way of a transit gateway leads.
func (q *question) leaveTransit(w transitWay, o onward, from, to *side, v view, n notes) pass {
	g, own := w.g, w.own
	name := q.topo.Label(g.ID)
	switch {
	case o.blackhole:
		n.route.stops("the transit gateway " + name + " has no route to " + q.sideName(to) + ", or a blackhole")
		return q.stopped()
	case o.to == nil:
		n.route.unknown(cmp.Or(o.why, "where the transit gateway "+name+" leads is not known"), o.place)
		return q.doubt()
	case o.to == own:
		n.route.stops("the transit gateway " + name + " sends it back to where it came from")
		return q.stopped()
	case o.to.Peer != "":
		return q.overTransitPeering(w, o.to, from, to, v, n)
	case o.to.VPC == "":
		n.route.unknown("what is behind "+cmp.Or(o.to.Outside, "an attachment")+" of the transit gateway "+name+" is not known", o.to.Place)
		return q.doubt()
	case to.outside || o.to.VPC != to.vpc:
		n.route.unknown("the transit gateway "+name+" sends it to "+q.topo.Label(o.to.VPC)+"; what passes on from there is not modelled", o.to.Place)
		return q.doubt()
	}
	p := q.open()
	p.refs = fact.Is(g.GroupReferences, true).And(fact.Is(own.GroupReferences, true)).And(fact.Is(o.to.GroupReferences, true))
	if o.to.Exists != fact.Yes {
		n.route.unknown("whether the attachment "+q.topo.Label(o.to.ID)+" exists is not known"+because(o.to.Why), o.to.Place)
		p.route = q.anything
	}
	list, certain, _ := q.gateSubnets(o.to, to.subnet, false)
	sum := netset.Bounds{}
	for i, s := range list {
		out, skip := q.everything, fact.Yes
		// Packets from a transit gateway to its own subnet meet no network ACL.
		if to.subnetID != s.ID {
			out, skip = v.of(q.acl(s, false, to, nil), n.route), fact.No
			if !out.Maybe.Overlaps(q.asked) {
				n.route.stops("the network ACL of " + q.topo.Label(s.ID) + ", where the transit gateway is attached, denies it")
			}
		}
		if i == 0 {
			sum, p.skipIn = out, skip
		} else {
			sum, p.skipIn = either(sum, out), eitherTri(p.skipIn, skip)
		}
	}
	if len(list) == 0 || !certain {
		sum, p.skipIn = either(sum, q.anything), fact.Unknown
		n.route.unknown("the subnets of the attachment "+q.topo.Label(o.to.ID)+" are not all known"+because(o.to.Subnets.More), o.to.Place)
	}
	p.route = p.route.And(sum)
	return p
}

// beyondTransit reports whether hosts outside may be behind a transit gateway,
// as seen from an interface: on a VPN, or behind an appliance of another VPC.
func (q *question) beyondTransit(h hop, own, hosts *side) bool {
	g := q.topo.TransitGateway(h.route.Target)
	if g == nil {
		return true
	}
	a, only := q.attachment(g, own.vpc)
	if a == nil {
		return g.More != "" || g.Elsewhere
	}
	if !only {
		return true
	}
	return q.beyondGateway(transitWay{g: g, own: a}, hosts)
}

// beyondGateway is [question.beyondTransit] from an attachment on.
func (q *question) beyondGateway(w transitWay, hosts *side) bool {
	for _, o := range q.onward(w.g, w.own, hosts) {
		switch {
		case o.blackhole || o.to == w.own:
		case o.to != nil && o.to.Peer != "":
			next, ok := q.otherEnd(o.to)
			next.passed = append(slices.Clone(w.passed), w.g.ID)
			if !ok || !slices.Contains(next.passed, next.g.ID) && q.beyondGateway(next, hosts) {
				return true
			}
		case o.to == nil || o.to.VPC == "" || q.boxes[o.to.VPC] != "":
			return true
		default:
			if v := q.topo.VPC(o.to.VPC); v == nil || v.Elsewhere || v.More != "" {
				return true
			}
		}
	}
	return false
}

// beyondPeering reports whether hosts outside may be behind a peering
// connection: in a VPC that is not in the design.
func (q *question) beyondPeering(h hop, own *side) bool {
	c := q.topo.Peering(h.route.Target)
	if c == nil {
		return true
	}
	v := q.topo.VPC(peerOf(c, own.vpc))
	return v == nil || v.Elsewhere
}
