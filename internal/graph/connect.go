package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

var (
	publicAddrs = netset.Internet()
	https       = netset.TCP(443, 443)
	// talk is what something may listen for: not ICMP.
	talk = netset.AllPorts().Minus(netset.Protocol(netset.ProtoICMP)).Minus(netset.Protocol(netset.ProtoICMPv6))
)

// accepts is the ports of an endpoint about which a map asks: those on which it
// is declared to listen, and every port of what may listen on any.
func accepts(e *topo.Endpoint) netset.Ports {
	if e.Kind == topo.FunctionEndpoint {
		return netset.Ports{}
	}
	if e.ListensMore != "" && len(e.Listens) == 0 {
		return talk
	}
	var out netset.Bounds
	for _, l := range e.Listens {
		out = out.Or(l.Ports)
	}
	return out.Maybe
}

func opens(e *topo.Endpoint) bool {
	return e.Kind != topo.StoreEndpoint && e.Kind != topo.BalancerEndpoint
}

// verdict is what an edge says of packets that pass, and on which ports; shown
// is whether there is an edge at all.
func verdict(p netset.Bounds, asked netset.Ports) (works fact.Tri, label string, shown bool) {
	p = p.Restrict(asked)
	switch {
	case !p.Sure.IsEmpty():
		return fact.Yes, portsText(p.Sure), true
	case !p.Maybe.IsEmpty():
		return fact.Unknown, portsText(p.Maybe), true
	}
	return fact.No, "", false
}

func portsText(p netset.Ports) string {
	if p.Covers(talk) {
		return "all traffic"
	}
	if text := p.String(); strings.HasPrefix(text, "all except ") {
		return "all but " + talk.Minus(p).String()
	}
	return p.String()
}

// connections are those between two things of the design, asked once for each
// pair of classes.
func (b *builder) connections() {
	type found struct {
		works fact.Tri
		label string
		shown bool
	}
	seen := map[[2]string]found{}
	implied := false
	for _, to := range b.units {
		asked := accepts(to.e)
		if asked.IsEmpty() {
			continue
		}
		if anyone := b.fromInternet(to, asked); b.whole && asked.Overlaps(anyone) {
			implied = true
			if asked = asked.Minus(anyone); asked.IsEmpty() {
				continue
			}
		}
		for _, from := range b.units {
			if from.key == to.key || !opens(from.e) {
				continue
			}
			k := [2]string{from.class, to.class}
			f, ok := seen[k]
			if !ok {
				a := b.net.Connect(reach.At(from.e.ID), reach.At(to.e.ID), asked)
				f.works, f.label, f.shown = verdict(a.Packets, asked)
				seen[k] = f
			}
			if f.shown {
				b.connect(edgeKey{from.key, to.key, Connection, f.works, b.tlsOf(to.e)}, f.label, "")
			}
		}
	}
	if implied {
		b.notes = append(b.notes, "What the internet reaches, the rest of the design may reach too; those connections are not drawn.")
	}
}

// fromInternet is the ports of an endpoint that the internet surely reaches.
func (b *builder) fromInternet(u unit, asked netset.Ports) netset.Ports {
	return b.answer(u, asked).Packets.Sure
}

// answer is what the internet reaches of an endpoint, asked once for each class.
func (b *builder) answer(u unit, asked netset.Ports) reach.Answer {
	a, ok := b.open[u.class]
	if !ok {
		a = b.net.Internet(u.e.ID, asked)
		b.open[u.class] = a
	}
	return a
}

// tlsOf is the encryption of connections to an endpoint if the thing itself
// insists on it.
func (b *builder) tlsOf(e *topo.Endpoint) reach.TLS {
	if s := b.Store(cmp.Or(e.Owner, e.ID)); s != nil && fact.Is(s.RequireTLS, true) == fact.Yes {
		return reach.TLSEncrypted
	}
	return reach.TLSUnknown
}

// entrances are connections from the internet, and from load balancers to what
// is behind them.
func (b *builder) entrances() {
	for _, u := range b.units {
		if u.e.Kind == topo.BalancerEndpoint {
			b.balancer(u)
			continue
		}
		asked := accepts(u.e)
		if asked.IsEmpty() {
			continue
		}
		if works, label, shown := verdict(b.answer(u, asked).Packets, asked); shown {
			b.connect(edgeKey{b.internet(), u.key, Connection, works, b.tlsOf(u.e)}, label, "")
		}
	}
}

func (b *builder) balancer(u unit) {
	l := b.LoadBalancer(cmp.Or(u.e.Owner, u.e.ID))
	if l == nil {
		return
	}
	entries := b.net.EntriesOf(l.ID, publicAddrs)
	for _, listener := range b.ListenersOf(l.ID) {
		ports, tls, plain := netset.Bounds{}, reach.TLSUnknown, true
		for _, e := range entries {
			if e.Listener == listener.ID {
				ports, tls, plain = ports.Or(e.FrontPorts), e.Client, false
			}
		}
		if plain { // it forwards nothing
			ports, tls = b.frontOf(listener)
		}
		if ports.Maybe.IsEmpty() {
			continue
		}
		a := b.net.Internet(u.e.ID, ports.Maybe)
		works, label, shown := verdict(a.Packets.And(ports), ports.Maybe)
		if !shown {
			continue
		}
		detail := ""
		if plain && redirects(listener) {
			label, detail = label+" redirect", "It forwards nothing: requests are redirected."
		}
		b.connect(edgeKey{b.internet(), u.key, Connection, works, tls}, label, detail)
	}
	for _, e := range entries {
		key := b.at[e.Target]
		if e.Workload != "" && b.at[e.Workload] != "" {
			key = b.at[e.Workload]
		}
		if key == "" {
			continue
		}
		works, label, shown := verdict(e.Back.Packets, e.TargetPorts.Maybe)
		if !shown {
			label = portsText(e.TargetPorts.Maybe)
		}
		b.connect(edgeKey{u.key, key, Connection, works.And(e.Exists), e.Backend}, label, "")
	}
}

func redirects(l *topo.Listener) bool {
	return len(l.Default) > 0 && !slices.ContainsFunc(l.Default, func(a topo.Action) bool { return a.Kind != topo.ActionRedirect })
}

// frontOf is the ports and the encryption of a listener to which no way through
// the load balancer belongs.
func (b *builder) frontOf(l *topo.Listener) (netset.Bounds, reach.TLS) {
	port, known := l.Port.Get()
	if !known || port < 0 || port > 65535 {
		return netset.AtMost(talk), reach.TLSUnknown
	}
	exact := netset.TCP(uint16(port), uint16(port))
	switch l.Protocol.Or("") {
	case "HTTP":
		return netset.Exactly(exact), reach.TLSNone
	case "HTTPS", "TLS":
		return netset.Exactly(exact), reach.TLSEncrypted
	}
	return netset.AtMost(talk.Intersect(exact)), reach.TLSUnknown
}

// exits are the ways of connections out of the VPCs.
func (b *builder) exits() {
	seen := map[string]reach.Answer{}
	for _, u := range b.units {
		if !opens(u.e) {
			continue
		}
		a, ok := seen[u.class]
		if !ok {
			a = b.net.Connect(reach.At(u.e.ID), reach.Outside(publicAddrs), talk)
			seen[u.class] = a
		}
		works, label, shown := verdict(a.Packets, talk)
		if !shown {
			continue
		}
		for _, x := range b.exitsOf(u.e.ID) {
			if x.Works == fact.No {
				continue
			}
			if via := b.gateway(x); via != "" {
				b.connect(edgeKey{u.key, via, Exit, works.And(x.Works).And(x.Exists), reach.TLSUnknown}, label, "")
			}
		}
	}
}

// gateway is the box to which an exit leads.
func (b *builder) gateway(x reach.Exit) string {
	word := ""
	switch x.Target {
	case topo.ToInternet, topo.ToEgressOnly:
		return b.internet()
	case topo.ToNAT:
		word = "NAT gateway"
	case topo.ToTransit:
		word = "transit gateway"
	case topo.ToVPN:
		word = "VPN gateway"
	case topo.ToInspection:
		word = "firewall"
	default:
		return ""
	}
	if x.Gateway == "" {
		return ""
	}
	key := string(x.Gateway)
	if b.at[x.Gateway] != "" {
		return b.at[x.Gateway]
	}
	lane, vpc := EdgeLane, ref.ID("")
	if g := b.Gateway(x.Gateway); g != nil {
		if vpc = g.VPC; g.Subnet != "" {
			lane = PublicLane
			if s := b.Subnet(g.Subnet); s != nil && vpc == "" {
				vpc = s.VPC
			}
		}
	}
	name := b.nameOf(x.Gateway)
	b.box(Box{Key: key, Kind: Gateway, Lane: lane, Frame: frameKey(vpc, ""), Name: name, Word: word, Members: []Member{{ID: x.Gateway, Name: name, Place: b.placeOf(x.Gateway)}}})
	b.at[x.Gateway] = key
	works := x.Works.And(x.Exists)
	b.connect(edgeKey{key, b.internet(), Exit, works, reach.TLSUnknown}, "", "")
	return key
}

func (b *builder) placeOf(id ref.ID) (at ref.Place) {
	if w := b.Workload(id); w != nil {
		return w.Place
	}
	if e := b.Endpoint(id); e != nil {
		return e.Place
	}
	if g := b.Gateway(id); g != nil {
		return g.Place
	}
	if g := b.TransitGateway(id); g != nil {
		return g.Place
	}
	if p := b.VPCEndpoint(id); p != nil {
		return p.Place
	}
	return at
}
