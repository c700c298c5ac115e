package reach

import (
	"net/netip"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// walker is the reference: it walks one concrete packet and its reply through a
// snapshot in which nothing is unknown. It knows no sets and no bounds.
type walker struct {
	s          *topo.Snapshot
	addr       map[nic]netip.Addr // the address of each interface
	stop       GateKind           // where the last packet was stopped
	any        bool               // replies at NAT gateways pass if one port does, not only if all do
	translated int                // packets to interfaces that a NAT gateway translates: not modelled
	peered     int                // packets that a transit gateway sent to another
	from, to   host               // of the packet that is walked
}

// wideSamples are ports of 1024-65535 on both sides of every bound that the
// generator writes.
var wideSamples = []uint16{1024, 32767, 32768, 40000, 49151, 49152, 60999, 61000, 65535}

// nic is an interface of an endpoint in one family.
type nic struct {
	ep, subnet ref.ID
	family     topo.Family
}

// host is one end of a packet.
type host struct {
	nic  // zero for hosts outside
	addr netip.Addr
}

func (h host) outside() bool { return h.ep == "" }

// packet is a request: low is the port, or type and code. client is the port
// from which it is sent.
type packet struct {
	proto  uint8
	low    uint16
	client uint16
}

// reply is the packet that answers, and whether there is one.
func (p packet) reply() (packet, bool) {
	switch p.proto {
	case netset.ProtoTCP, netset.ProtoUDP:
		return packet{proto: p.proto, low: p.client}, true
	case netset.ProtoICMP:
		return packet{proto: 1, low: p.low & 0xff}, p.low>>8 == 8
	case netset.ProtoICMPv6:
		return packet{proto: 58, low: 129<<8 | p.low&0xff}, p.low>>8 == 128
	}
	return p, true
}

func in(p netip.Prefix, a netip.Addr) bool { return p.IsValid() && p.Contains(a) }

func (w *walker) vpc(h host) ref.ID { return w.s.Endpoint(h.ep).VPC }

// connects walks the request and its reply.
func (w *walker) connects(from, to host, p packet) (forward, both bool) {
	w.from, w.to = from, to
	gates := []struct {
		kind GateKind
		ok   func() bool
	}{
		{GateGroupOut, func() bool { return from.outside() || w.groups(false, from, to, p) }},
		{GateACLOut, func() bool { return from.outside() || w.sameSubnet(from, to) || w.acl(from.subnet, false, to.addr, p) }},
		{GateRoute, func() bool { return w.travels(from, to, p) }},
		{GateACLIn, func() bool {
			return to.outside() || w.sameSubnet(from, to) || w.byTransitHere(from, to) || w.acl(to.subnet, true, from.addr, p)
		}},
		{GateGroupIn, func() bool { return to.outside() || w.groups(true, to, from, p) }},
	}
	for _, g := range gates {
		if !g.ok() {
			w.stop = g.kind
			return false, false
		}
	}
	r, ok := p.reply()
	if !ok {
		r = packet{}
	}
	pass := func(subnet ref.ID, inbound bool, other netip.Addr) bool {
		return !ok || w.acl(subnet, inbound, other, r)
	}
	if !to.outside() && !w.sameSubnet(from, to) && !pass(to.subnet, false, from.addr) {
		w.stop = GateReplyACLOut
		return true, false
	}
	if !w.returns(from, to, p, pass) {
		w.stop = GateReplyRoute
		return true, false
	}
	if !from.outside() && !w.sameSubnet(from, to) && !w.byTransitHere(to, from) && !pass(from.subnet, true, to.addr) {
		w.stop = GateReplyACLIn
		return true, false
	}
	return true, true
}

func (w *walker) sameSubnet(a, b host) bool {
	return !a.outside() && !b.outside() && a.subnet == b.subnet
}

func (w *walker) groups(inbound bool, at, other host, p packet) bool {
	for _, l := range w.s.Endpoint(at.ep).Groups.List {
		g := w.s.SecurityGroup(l.ID)
		rules := g.Egress
		if inbound {
			rules = g.Ingress
		}
		for _, r := range rules {
			if r.Ports.Sure.Contains(p.proto, p.low) && w.means(r.Peer, at, other) {
				return true
			}
		}
	}
	return false
}

func (w *walker) means(p topo.Peer, at, other host) bool {
	switch p.Kind {
	case topo.PeerBlock:
		return in(p.Block.Prefix, other.addr)
	case topo.PeerPrefixList:
		return w.s.PrefixList(p.ID).Addrs.Contains(other.addr)
	}
	if other.outside() {
		return false
	}
	for _, l := range w.s.Endpoint(other.ep).Groups.List {
		if l.ID == p.ID {
			return w.vpc(at) == w.vpc(other) || w.refersAcross()
		}
	}
	return false
}

// refersAcross is by the way that the request takes.
func (w *walker) refersAcross() bool {
	from, to := w.from, w.to
	r := w.lookup(from.subnet, to.addr)
	if r == nil {
		return false
	}
	switch r.Kind {
	case topo.ToPeering:
		same, _ := w.s.Peering(r.Target).SameRegion.Get()
		return same
	case topo.ToTransit:
		g := w.s.TransitGateway(r.Target)
		ok, _ := g.GroupReferences.Get()
		ok = ok && len(w.s.TransitGateways) == 1 // not over a peering
		for _, x := range g.Attachments {
			if x.VPC == w.vpc(from) || x.VPC == w.vpc(to) {
				one, _ := x.GroupReferences.Get()
				ok = ok && one
			}
		}
		return ok
	}
	return false
}

func (w *walker) acl(subnet ref.ID, inbound bool, other netip.Addr, p packet) bool {
	id, _ := w.s.Subnet(subnet).ACL.Get()
	a := w.s.NetworkACL(id)
	entries := a.Egress
	if inbound {
		entries = a.Ingress
	}
	for number := 0; number < 1000; number++ {
		for _, e := range entries {
			if e.Number == number && in(e.Block.Prefix, other) && e.Ports.Sure.Contains(p.proto, p.low) {
				return e.Allow == fact.Yes
			}
		}
	}
	return false
}

// lookup is the route of a subnet for an address, nil for local or none.
func (w *walker) lookup(subnet ref.ID, to netip.Addr) *topo.Route {
	s := w.s.Subnet(subnet)
	if w.local(subnet, to) {
		return nil
	}
	id, _ := s.RouteTable.Get()
	var best *topo.Route
	routes := w.s.RouteTable(id).Routes
	for i := range routes {
		r := &routes[i]
		if !in(r.Dest.Prefix, to) {
			continue
		}
		if best == nil || r.Dest.Prefix.Bits() > best.Dest.Prefix.Bits() ||
			r.Dest.Prefix.Bits() == best.Dest.Prefix.Bits() && best.Propagated && !r.Propagated {
			best = r
		}
	}
	return best
}

// locally is whether no more specific route takes packets of the VPC away: here
// a route whose appliance is gone.
func (w *walker) locally(from, to host) bool {
	id, _ := w.s.Subnet(from.subnet).RouteTable.Get()
	for _, r := range w.s.RouteTable(id).Routes {
		if r.Kind == topo.ToNowhere && in(r.Dest.Prefix, to.addr) && r.Dest.Prefix.Bits() > w.s.VPC(w.vpc(from)).Blocks[0].Prefix.Bits() {
			return w.sameSubnet(from, to)
		}
	}
	return true
}

func (w *walker) local(subnet ref.ID, to netip.Addr) bool {
	for _, b := range w.s.VPC(w.s.Subnet(subnet).VPC).Blocks {
		if in(b.Prefix, to) {
			return true
		}
	}
	return false
}

func (w *walker) hasInternet(vpc ref.ID) bool {
	for _, g := range w.s.Gateways {
		if g.Kind == topo.InternetGateway && g.VPC == vpc {
			return true
		}
	}
	return false
}

func (w *walker) public(h host) bool {
	if h.family == topo.IPv6 {
		return true
	}
	p, _ := w.s.Endpoint(h.ep).PublicIPv4.Get()
	return p
}

func (w *walker) access(subnet ref.ID) topo.BlockPublicAccess {
	m, _ := w.s.Subnet(subnet).PublicAccess.Get()
	return m
}

func private(a netip.Addr) bool { return a.IsPrivate() }

// travels is whether routes and gateways carry the request.
func (w *walker) travels(from, to host, p packet) bool {
	if from.outside() {
		return !to.outside() && !private(from.addr) && w.hasInternet(w.vpc(to)) && w.public(to) && w.access(to.subnet) == topo.BlockNothing
	}
	if !to.outside() && w.vpc(from) == w.vpc(to) {
		return w.locally(from, to)
	}
	r := w.lookup(from.subnet, to.addr)
	if r == nil {
		return false
	}
	switch r.Kind {
	case topo.ToInternet:
		return w.public(from) && w.access(from.subnet) == topo.BlockNothing && w.arrives(from, to)
	case topo.ToEgressOnly:
		return from.family == topo.IPv6 && w.access(from.subnet) != topo.BlockBoth && w.arrives(from, to)
	case topo.ToNAT:
		return w.nat(r, from, to, p, false)
	case topo.ToPeering:
		c := w.s.Peering(r.Target)
		other := c.Requester
		if other == w.vpc(from) {
			other = c.Accepter
		}
		return !to.outside() && other == w.vpc(to) && c.Active == fact.Yes
	case topo.ToTransit:
		return !to.outside() && w.transit(r, from, to, p, true)
	}
	return false
}

// arrives is whether what left for the internet gets to its destination.
func (w *walker) arrives(from, to host) bool {
	if to.outside() {
		return !private(to.addr)
	}
	return from.family == topo.IPv6 && w.hasInternet(w.vpc(to)) && w.access(to.subnet) == topo.BlockNothing
}

func (w *walker) nat(r *topo.Route, from, to host, p packet, replies bool) bool {
	g := w.s.Gateway(r.Target)
	if !to.outside() {
		if up := w.lookup(g.Subnet, to.addr); up != nil && (up.Kind == topo.ToPeering || up.Kind == topo.ToTransit) {
			w.translated++
		}
		return false
	}
	if from.family == topo.IPv6 || p.proto != 6 && p.proto != 17 && p.proto != 1 {
		return false
	}
	if public, _ := g.Public.Get(); !public || w.access(g.Subnet) == topo.BlockBoth {
		return false
	}
	up := w.lookup(g.Subnet, to.addr)
	if up == nil || up.Kind != topo.ToInternet || private(to.addr) {
		return false
	}
	if !replies {
		return (g.Subnet == from.subnet || w.acl(g.Subnet, true, from.addr, p)) && w.acl(g.Subnet, false, to.addr, p)
	}
	back, ok := p.reply()
	if !ok {
		return true
	}
	ports := []uint16{back.low}
	if p.proto != netset.ProtoICMP {
		ports = wideSamples // the gateway takes a port of its own
	}
	passed := 0
	for _, port := range ports {
		if w.acl(g.Subnet, true, to.addr, packet{proto: back.proto, low: port}) {
			passed++
		}
	}
	if passed == 0 || passed < len(ports) && !w.any {
		return false
	}
	return g.Subnet == from.subnet || w.acl(g.Subnet, false, from.addr, back)
}

func (w *walker) transit(r *topo.Route, from, to host, p packet, there bool) bool {
	g := w.s.TransitGateway(r.Target)
	own := w.attachment(g, w.vpc(from))
	if own == nil {
		return false
	}
	zone, _ := w.s.Subnet(from.subnet).AZ.Get()
	entry := ref.ID("")
	for _, l := range own.Subnets.List {
		if z, _ := w.s.Subnet(l.ID).AZ.Get(); z == zone {
			entry = l.ID
		}
	}
	if entry == "" || there && !w.acl(entry, true, from.addr, p) {
		return false
	}
	for range 5 {
		next := w.transitRoute(g, own, to)
		if next == nil || next == own {
			return false
		}
		if next.Peer == "" {
			exit := next.Subnets.List[0].ID // attachments of the second kind have one subnet
			return next.VPC == w.vpc(to) && (!there || exit == to.subnet || w.acl(exit, false, to.addr, p))
		}
		w.peered++
		if g = w.s.TransitGateway(next.Peer); g == nil {
			return false
		}
		own = nil
		for i := range g.Attachments {
			if g.Attachments[i].ID == next.ID {
				own = &g.Attachments[i]
			}
		}
	}
	return false
}

// transitRoute is the attachment to which the table of another one sends a
// packet, or nil.
func (w *walker) transitRoute(g *topo.TransitGateway, own *topo.TransitAttachment, to host) *topo.TransitAttachment {
	id, _ := own.Table.Get()
	best, bits, static := ref.ID(""), -1, false
	for _, t := range g.Tables {
		if t.ID != id {
			continue
		}
		for _, x := range t.Routes {
			if in(x.Dest.Prefix, to.addr) && x.Dest.Prefix.Bits() > bits {
				best, bits, static = x.Attachment, x.Dest.Prefix.Bits(), true
				if x.Blackhole {
					best = ""
				}
			}
		}
		for _, a := range t.Propagated {
			for i := range g.Attachments {
				if g.Attachments[i].ID != a {
					continue
				}
				for _, b := range w.s.VPC(g.Attachments[i].VPC).Blocks {
					if in(b.Prefix, to.addr) && (b.Prefix.Bits() > bits || b.Prefix.Bits() == bits && !static) {
						best, bits, static = a, b.Prefix.Bits(), false
					}
				}
			}
		}
	}
	for i := range g.Attachments {
		if best != "" && g.Attachments[i].ID == best {
			return &g.Attachments[i]
		}
	}
	return nil
}

func (w *walker) attachment(g *topo.TransitGateway, vpc ref.ID) *topo.TransitAttachment {
	for i := range g.Attachments {
		if g.Attachments[i].VPC == vpc {
			return &g.Attachments[i]
		}
	}
	return nil
}

// byTransitHere is whether a packet comes out of a transit gateway in the very
// subnet where it is going.
func (w *walker) byTransitHere(from, to host) bool {
	if from.outside() || to.outside() || w.vpc(from) == w.vpc(to) {
		return false
	}
	r := w.lookup(from.subnet, to.addr)
	if r == nil || r.Kind != topo.ToTransit {
		return false
	}
	for _, g := range w.s.TransitGateways {
		if a := w.attachment(&g, w.vpc(to)); a != nil {
			return a.Subnets.List[0].ID == to.subnet
		}
	}
	return false
}

// returns is whether routes and gateways carry the reply.
func (w *walker) returns(from, to host, p packet, pass func(ref.ID, bool, netip.Addr) bool) bool {
	if to.outside() {
		if r := w.lookup(from.subnet, to.addr); r.Kind == topo.ToNAT {
			return w.nat(r, from, to, p, true)
		}
		return true // internet gateways keep state
	}
	if from.outside() {
		r := w.lookup(to.subnet, from.addr)
		return r != nil && r.Kind == topo.ToInternet
	}
	if w.vpc(from) == w.vpc(to) {
		return w.locally(to, from)
	}
	r := w.lookup(to.subnet, from.addr)
	if r == nil {
		return false
	}
	if w.cameOver(from, to) != (r.Kind == topo.ToInternet) {
		return false // it must come back the way it went: over the internet, or not
	}
	switch r.Kind {
	case topo.ToInternet:
		return true
	case topo.ToPeering:
		c := w.s.Peering(r.Target)
		other := c.Requester
		if other == w.vpc(to) {
			other = c.Accepter
		}
		return other == w.vpc(from) && c.Active == fact.Yes
	case topo.ToTransit:
		back, ok := p.reply()
		return w.transit(r, to, from, back, ok)
	}
	return false
}

// cameOver is whether the request travelled over the internet.
func (w *walker) cameOver(from, to host) bool {
	r := w.lookup(from.subnet, to.addr)
	return r.Kind == topo.ToInternet || r.Kind == topo.ToEgressOnly
}
