package graph

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/need"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/topo"
)

// needs are the services of AWS that tasks call so that they start and log, each
// by the way that its calls take.
func (b *builder) needs() {
	unsure := 0
	for i := range b.Workloads {
		w := &b.Workloads[i]
		for _, n := range need.Of(b.Snapshot, w).List {
			if n.Service == "" && n.Registry == "" {
				unsure++
				continue
			}
			callers, _ := n.Callers(w)
			for _, c := range callers {
				if e := b.Endpoint(c.Endpoint); e != nil && b.at[e.ID] != "" {
					b.call(e, n, n.Certain.And(c.Exists))
				}
			}
		}
	}
	if unsure > 0 {
		b.notes = append(b.notes, fmt.Sprintf("%s of which the design does not tell for which service of AWS they are.", counted(unsure, "need is not drawn", "needs are not drawn")))
	}
	// VPC endpoints that nothing is known to need are there all the same.
	for i := range b.VPCEndpoints {
		b.door(&b.VPCEndpoints[i])
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// call is one need of one caller.
func (b *builder) call(e *topo.Endpoint, n need.Need, certain fact.Tri) {
	from := b.at[e.ID]
	why := ""
	if certain != fact.Yes {
		why = "Perhaps it is needed: " + cmp.Or(n.Why, "the design does not tell") + "."
	}
	for i := range b.VPCEndpoints {
		p := &b.VPCEndpoints[i]
		if service, known := p.Service.Get(); n.Registry != "" || !known || service != n.Service || p.VPC != e.VPC || p.VPC == "" {
			continue
		}
		works := b.through(e, p)
		works = works.And(p.Exists)
		if certain != fact.Yes {
			works = works.And(fact.Unknown)
		}
		if works != fact.No || p.Kind != topo.GatewayEndpoint {
			b.connect(edgeKey{from, b.door(p), Need, works, reach.TLSUnknown}, "tcp/443", why)
			return
		}
	}
	to := reach.Outside(publicAddrs)
	to.Unlisted = true
	works := b.net.Connect(reach.At(e.ID), to, https).Packets.Any(https)
	label := "no way"
	if works != fact.No {
		if label = b.via(e); works == fact.Unknown {
			why = cmp.Or(why, "Whether calls get there is not known.")
		}
	}
	if certain != fact.Yes && works == fact.No {
		works, label = fact.Unknown, "no way, if needed"
	} else {
		works = works.And(orUnknown(certain))
	}
	name := cmp.Or(n.Registry, n.Service)
	key := servicePrefx + name
	b.box(Box{Key: key, Kind: Service, Lane: ServicesLane, Name: name, Word: serviceWord(n), Members: []Member{{Name: name}}})
	b.connect(edgeKey{from, key, Need, works, reach.TLSUnknown}, label, why)
}

// through is whether calls from every subnet of an endpoint get through a VPC
// endpoint.
func (b *builder) through(e *topo.Endpoint, p *topo.VPCEndpoint) fact.Tri {
	out := fact.Yes
	for _, l := range e.Subnets.List {
		from := reach.Party{Endpoint: e.ID, Subnet: l.ID}
		if p.Kind == topo.GatewayEndpoint {
			out = out.And(b.throughGateway(from, p))
		} else if b.Endpoint(p.ID) != nil {
			out = out.And(b.net.Connect(from, reach.At(p.ID), https).Packets.Any(https))
		} else {
			out = out.And(fact.Unknown)
		}
	}
	if len(e.Subnets.List) == 0 || e.Subnets.More != "" {
		out = out.And(fact.Unknown)
	}
	return out
}

// throughGateway is the same for a gateway endpoint, to which a route of the
// subnet leads.
func (b *builder) throughGateway(from reach.Party, p *topo.VPCEndpoint) fact.Tri {
	s := b.Subnet(from.Subnet)
	if s == nil {
		return fact.Unknown
	}
	table, known := s.RouteTable.Get()
	i := slices.IndexFunc(p.RouteTables.List, func(l topo.Link) bool { return l.ID == table })
	switch {
	case !known || i < 0 && p.RouteTables.More != "":
		return fact.Unknown
	case i < 0:
		return fact.No
	}
	to := reach.Outside(publicAddrs.V4())
	if t := b.RouteTable(table); t != nil {
		for _, r := range t.Routes {
			if r.Kind == topo.ToGatewayEndpoint && r.Target == p.ID {
				to.List = r.Dest.Of
			}
		}
	}
	if l := b.PrefixList(to.List); l != nil && l.More == "" && !l.Addrs.V4().IsEmpty() {
		to.Addrs = l.Addrs.V4()
	}
	return p.RouteTables.List[i].Exists.And(b.net.Connect(from, to, https).Packets.Any(https))
}

// orUnknown is a certainty that weakens a yes and leaves a no.
func orUnknown(t fact.Tri) fact.Tri {
	if t == fact.Yes {
		return fact.Yes
	}
	return fact.Unknown
}

func serviceWord(n need.Need) string {
	if n.Registry != "" {
		return "registry"
	}
	return "AWS service"
}

// via names the way of calls that leave the VPC.
func (b *builder) via(e *topo.Endpoint) string {
	var out []string
	for _, x := range b.exitsOf(e.ID) {
		text := map[topo.RouteTarget]string{topo.ToInternet: "via internet", topo.ToEgressOnly: "via internet", topo.ToNAT: "via NAT", topo.ToTransit: "via transit gateway", topo.ToVPN: "via VPN", topo.ToInspection: "via firewall"}[x.Target]
		if text != "" && x.Works != fact.No && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(out) != 1 {
		return "via several ways"
	}
	return out[0]
}

// door is the box of a VPC endpoint, which stands where its service does, within
// its VPC.
func (b *builder) door(p *topo.VPCEndpoint) string {
	key := string(p.ID)
	if b.boxes[key] != nil {
		return key
	}
	word := map[topo.VPCEndpointKind]string{topo.InterfaceEndpoint: "interface endpoint", topo.GatewayEndpoint: "gateway endpoint", topo.GatewayLoadBalancerEndpoint: "GWLB endpoint"}[p.Kind]
	name := cmp.Or(p.Service.Or(""), p.Name)
	b.box(Box{Key: key, Kind: Door, Lane: DoorsLane, Frame: frameKey(p.VPC, ""), Name: name, Word: cmp.Or(word, "VPC endpoint"), Perhaps: p.Exists != fact.Yes,
		Members: []Member{{ID: p.ID, Name: name, Place: p.Place}}})
	b.at[p.ID] = key
	return key
}
