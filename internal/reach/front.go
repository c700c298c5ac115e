package reach

import (
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
)

// admitted is the addresses that a source-ip condition may mean.
func (v visit) admitted() netset.Addrs {
	var out netset.Addrs
	for i := range v.source {
		some, _ := v.atMost(&v.source[i])
		out = out.Union(some)
	}
	return out
}

// front is the leg from the clients to the balancer.
func (v visit) front(e Entry) Answer {
	if len(v.source) == 0 && v.plain.Trail != nil {
		return *v.plain
	}
	clients := v.clients
	var a Answer
	switch {
	case clients.Endpoint != "":
		if a = v.inside(e); v.sourceOf(clients) == fact.No {
			a.Packets, a.Forward = netset.Bounds{}, netset.Bounds{}
			a.Trail = []Step{{Gate: GateGroupIn, At: e.Listener, Why: "the source-ip condition of the rule does not mean " + v.topo.Label(clients.Endpoint)}}
		}
	default:
		if len(v.source) > 0 {
			clients.Addrs = clients.Addrs.Intersect(v.admitted())
		}
		a = v.Connect(clients, At(e.Balancer), e.FrontPorts.Maybe)
		if clients.Addrs.IsEmpty() && !v.clients.Addrs.IsEmpty() {
			a.Trail = []Step{{Gate: GateGroupIn, At: e.Listener, Why: "the source-ip condition of the rule means none of these clients"}}
		}
	}
	a.Packets, a.Forward = a.Packets.And(e.FrontPorts), a.Forward.And(e.FrontPorts)
	if len(v.source) == 0 {
		*v.plain = a
	}
	return a
}

// inside is the leg from an endpoint to the balancer: to its private addresses
// if it is internal, else out to the internet and in again.
func (v visit) inside(e Entry) Answer {
	switch fact.Is(v.balancer.InternetFacing, true) {
	case fact.No:
		return v.Connect(v.clients, At(e.Balancer), e.FrontPorts.Maybe)
	case fact.Yes:
		return v.around(e)
	}
	a, b := v.Connect(v.clients, At(e.Balancer), e.FrontPorts.Maybe), v.around(e)
	a.Packets, a.Forward = either(a.Packets, b.Packets), either(a.Forward, b.Forward)
	gap := finding.Evidence{Text: "whether " + v.topo.Label(e.Balancer) + " is internal" + because(v.balancer.InternetFacing.Why), Place: v.balancer.InternetFacing.Place}
	a.Gaps = distinct(slices.Concat([]finding.Evidence{gap}, a.Gaps, b.Gaps))
	return a
}

// around is the leg from an endpoint to an internet-facing balancer, whose name
// has public addresses (AWS "Elastic Load Balancing", scheme): out to the
// internet, and in from a public address that the design does not tell. So what
// is sure is what the balancer admits from every address.
func (v visit) around(e Entry) Answer {
	asked, internet := e.FrontPorts.Maybe, Outside(netset.Internet().V4())
	if e := v.topo.Endpoint(v.clients.Endpoint); e != nil && fact.Is(e.IPv6, true) == fact.Yes {
		internet = Outside(netset.Internet())
	}
	out := v.Connect(v.clients, internet, asked)
	in := v.Connect(internet, At(e.Balancer), asked)
	var all netset.Ports
	for i, c := range v.Classes(internet, At(e.Balancer), asked) {
		if all = all.Intersect(c.Packets.Sure); i == 0 {
			all = c.Packets.Sure
		}
	}
	if !all.Covers(in.Packets.Sure) {
		in.Packets.Sure, in.Forward.Sure = in.Packets.Sure.Intersect(all), in.Forward.Sure.Intersect(all)
		in.Gaps = append(slices.Clone(in.Gaps), finding.Evidence{Text: "from which public address " + v.topo.Label(v.clients.Endpoint) + " comes to " + v.topo.Label(e.Balancer) + " is not known, and not every one is admitted"})
	}
	out.To = At(e.Balancer)
	out.Packets, out.Forward = out.Packets.And(in.Packets), out.Forward.And(in.Forward)
	out.Trail, out.Gaps = slices.Concat(out.Trail, in.Trail), distinct(slices.Concat(out.Gaps, in.Gaps))
	if out.Chance.IsZero() {
		out.Chance = in.Chance
	}
	return out
}

// clientAddrs are the addresses with which clients arrive at the balancer. Of an
// endpoint it is one of them.
func (v visit) clientAddrs() netset.Addrs {
	if v.clients.Endpoint == "" {
		return v.clients.Addrs
	}
	var own netset.Addrs
	for _, f := range families {
		for _, s := range v.sides(v.clients, f) {
			own = own.Union(s.addrs)
		}
	}
	switch fact.Is(v.balancer.InternetFacing, true) {
	case fact.No:
		return own
	case fact.Yes:
		return netset.Internet()
	}
	return own.Union(netset.Internet())
}

// sourceOf answers whether a source-ip condition means an endpoint.
func (v visit) sourceOf(p Party) fact.Tri {
	if len(v.source) == 0 || p.Endpoint == "" {
		return fact.Yes
	}
	own, means := v.clientAddrs(), v.admitted()
	switch {
	case !means.Overlaps(own):
		return fact.No
	case means.Covers(own):
		return fact.Yes
	}
	return fact.Unknown
}

// insideDoubt says why it is unknown whether a source-ip condition means the
// client.
func (v visit) insideDoubt() string {
	if v.sourceOf(v.clients) != fact.Unknown {
		return ""
	}
	return "source-ip condition: which address " + v.topo.Label(v.clients.Endpoint) + " has"
}

// back is the leg to the target. If client addresses are preserved, the packets
// have addresses of the clients and still come from the balancer's interfaces,
// so that a rule that names its group admits them too.
func (v visit) back(e Entry, from, to Party) Answer {
	own := func() Answer { return v.Connect(from, to, e.TargetPorts.Maybe) }
	kept := func() Answer {
		through := from
		through.Clients, through.OneClient = v.clientAddrs(), v.clients.Endpoint != ""
		if through.Clients.IsEmpty() {
			return own()
		}
		return v.Connect(through, to, e.TargetPorts.Maybe)
	}
	switch e.Preserves {
	case fact.Yes:
		return kept()
	case fact.No:
		return own()
	}
	a, b := own(), kept()
	b.Packets, b.Forward = either(a.Packets, b.Packets), either(a.Forward, b.Forward)
	b.Gaps = distinct(append(append([]finding.Evidence{{Text: "whether the target sees the addresses of the clients is not known"}}, b.Gaps...), a.Gaps...))
	return b
}

// behind gives the interfaces of a load balancer the addresses of its clients:
// all of them, or one that nobody knows.
func behind(nodes []side, clients netset.Addrs, all bool) []side {
	if clients.IsEmpty() {
		return nil
	}
	for i := range nodes {
		nodes[i].hosts, nodes[i].addrs, nodes[i].client = all, clients, widePorts
	}
	return nodes
}
