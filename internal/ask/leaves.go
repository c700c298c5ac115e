package ask

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Exit is one way out of what a question is about: a gateway, or a VPC endpoint,
// with what uses it.
type Exit struct {
	Kind    topo.RouteTarget // ToGatewayEndpoint also for interface endpoints
	Gateway ref.ID
	Owner   string       // who has the addresses behind it: "the internet", "Amazon S3"
	Addrs   netset.Addrs // behind it; empty if they are of the design
	Users   []User
	Any     fact.Tri // whether something surely leaves by it
	Place   ref.Place
	Gaps    []finding.Evidence
}

// User is what leaves by an exit.
type User struct {
	Member
	Ports netset.Bounds
	Any   fact.Tri
}

// leaves answers what leaves something, by gateway.
func (a *Asker) leaves(q question.Question) (Reply, *question.Error) {
	from, err := a.dir.side(q.From, true)
	if err != nil {
		return Reply{}, err
	}
	r := Reply{Question: q, Snapshot: a.net.Snapshot(), Any: fact.No, Every: fact.No}
	for _, f := range from {
		if f.Party.Endpoint == "" {
			r.Any = r.Any.Or(f.Belongs.And(fact.Unknown))
			r.Results = append(r.Results, answerPair(a.net, q, Pair{f, Member{Party: reach.Outside(netset.Internet()), Text: "internet", Belongs: fact.Yes}}, nil))
			continue
		}
		if e := r.Snapshot.Endpoint(f.Party.Endpoint); len(from) > 1 && e != nil && e.Kind == topo.BalancerEndpoint {
			continue // it connects to its targets only
		}
		r.Exits = a.exitsOf(q, f, r.Exits)
		r.Exits = a.inward(q, f, r.Exits)
	}
	for i := range r.Exits {
		x := &r.Exits[i]
		r.Any = r.Any.Or(x.Any)
		x.Gaps = distinct(x.Gaps)
		if x.Any == fact.Yes {
			x.Gaps = nil
		}
	}
	slices.SortStableFunc(r.Exits, func(a, b Exit) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Gateway, b.Gateway))
	})
	r.Every = r.Any
	if r.Any != fact.Yes && len(r.Results) == 0 {
		for _, f := range from[:min(len(from), MaxDetailed)] {
			r.Results = append(r.Results, answerPair(a.net, q, Pair{f, Member{Party: reach.Outside(netset.Internet()), Text: "internet", Belongs: fact.Yes}}, nil))
		}
	}
	return r, nil
}

// exitsOf adds the ways of an endpoint to hosts outside: those classes of them
// that it may connect to, by where its routes lead them. What is behind a gateway
// endpoint is an AWS service.
func (a *Asker) exitsOf(q question.Question, f Member, out []Exit) []Exit {
	asked := netset.AllPorts()
	if q.HasPorts {
		asked = q.Ports
	}
	for _, c := range a.net.Classes(f.Party, a.beyond(), asked) {
		for _, e := range a.net.Exits(f.Party.Endpoint, c.Addrs) {
			if e.Works == fact.No || e.Target == topo.ToGatewayEndpoint || f.Party.Subnet != "" && e.Subnet != f.Party.Subnet {
				continue
			}
			any := c.Packets.Any(asked).And(e.Exists).And(e.Works).And(f.Belongs)
			ports := c.Packets
			if any != fact.Yes {
				ports = netset.AtMost(c.Packets.Maybe)
			}
			x := exitFor(&out, e.Target, e.Gateway)
			x.Owner, x.Place = ownerOf(e), e.Place
			x.Addrs = x.Addrs.Union(behind(e, c.Addrs))
			a.uses(x, f, ports, any)
			if any == fact.Unknown {
				x.Gaps = append(x.Gaps, f.Gaps...)
				if e.Why != "" {
					x.Gaps = append(x.Gaps, finding.Evidence{Text: e.Why, Place: e.Place})
				}
			}
		}
	}
	s := a.net.Snapshot()
	for i := range s.VPCEndpoints {
		v := &s.VPCEndpoints[i]
		name, known := v.Service.Get()
		if v.Kind != topo.GatewayEndpoint || !known || !a.routed(f, v.ID) {
			continue
		}
		r := a.service(q, Pair{f, serviceMember(name)})
		if r.Any == fact.No {
			continue
		}
		x := exitFor(&out, topo.ToGatewayEndpoint, v.ID)
		x.Owner, x.Place = serviceText(v), v.Place
		a.uses(x, f, r.Connects.Restrict(r.Asked), r.Any)
		x.Gaps = append(x.Gaps, r.Gaps...)
	}
	return out
}

// routed is whether a route table of an interface of a member may lead to a
// gateway endpoint.
func (a *Asker) routed(f Member, endpoint ref.ID) bool {
	for _, e := range a.net.Exits(f.Party.Endpoint, netset.Internet().V4()) {
		if e.Target == topo.ToGatewayEndpoint && e.Gateway == endpoint && (f.Party.Subnet == "" || e.Subnet == f.Party.Subnet) {
			return true
		}
	}
	return false
}

// inward adds the ways to what the design has beyond the VPC of an endpoint, and
// to AWS services by interface endpoints.
func (a *Asker) inward(q question.Question, f Member, out []Exit) []Exit {
	s := a.net.Snapshot()
	own := a.dir.vpcOf(s.Endpoint(f.Party.Endpoint))
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		if e.ID == f.Party.Endpoint || !accepts(e) {
			continue
		}
		same := a.net.OneVPC(own, a.dir.vpcOf(e))
		link := e.Kind == topo.PrivateLinkEndpoint
		if same != fact.No && !link {
			continue
		}
		asked, _, _ := askedOf(s, q, reach.At(e.ID))
		c := a.net.Connect(f.Party, reach.At(e.ID), asked)
		any := c.Packets.Any(asked).And(f.Belongs)
		if any == fact.No {
			continue
		}
		kind, gateway, owner, place := topo.ToGatewayEndpoint, e.ID, "an AWS service", e.Place
		if v := s.VPCEndpoint(cmp.Or(e.Owner, e.ID)); v != nil {
			gateway, owner = v.ID, serviceText(v)
		}
		if !link {
			kind, gateway, place = routeOf(s, c)
			owner = s.Label(a.dir.vpcOf(e))
		}
		x := exitFor(&out, kind, gateway)
		if x.Owner == "" {
			x.Owner = owner
		} else if !slices.Contains(strings.Split(x.Owner, " and "), owner) {
			x.Owner += " and " + owner
		}
		x.Place = place
		a.uses(x, f, c.Packets.Restrict(asked), any)
		x.Gaps = append(x.Gaps, c.Gaps...)
	}
	return out
}

// routeOf is the route that carries a connection between two VPCs.
func routeOf(s *topo.Snapshot, c reach.Answer) (topo.RouteTarget, ref.ID, ref.Place) {
	for _, step := range c.Trail {
		if step.Gate != reach.GateRoute {
			continue
		}
		sub := s.Subnet(step.At)
		if sub == nil {
			continue
		}
		t := s.RouteTable(sub.RouteTable.Or(""))
		if t == nil {
			continue
		}
		for _, use := range step.Rules {
			for _, r := range t.Routes {
				if r.Place == use.Place && r.ID == use.ID && (r.Kind == topo.ToPeering || r.Kind == topo.ToTransit || r.Kind == topo.ToInspection || r.Kind == topo.ToVPN) {
					return r.Kind, r.Target, r.Place
				}
			}
		}
	}
	return topo.ToUnknown, "", ref.Place{}
}

func exitFor(out *[]Exit, kind topo.RouteTarget, gateway ref.ID) *Exit {
	i := slices.IndexFunc(*out, func(x Exit) bool { return x.Kind == kind && x.Gateway == gateway })
	if i < 0 {
		i = len(*out)
		*out = append(*out, Exit{Kind: kind, Gateway: gateway, Any: fact.No})
	}
	return &(*out)[i]
}

// uses adds a member to those that leave by an exit.
func (a *Asker) uses(x *Exit, f Member, ports netset.Bounds, any fact.Tri) {
	x.Any = x.Any.Or(any)
	i := slices.IndexFunc(x.Users, func(u User) bool { return u.key() == f.key() })
	if i < 0 {
		x.Users = append(x.Users, User{f, ports, any})
		return
	}
	u := &x.Users[i]
	u.Ports, u.Any = u.Ports.Or(ports), u.Any.Or(any)
}

// ownerOf says who has the addresses behind a gateway.
func ownerOf(e reach.Exit) string {
	switch e.Target {
	case topo.ToInternet, topo.ToNAT, topo.ToEgressOnly:
		return "the internet"
	case topo.ToVPN:
		return "networks on premises"
	case topo.ToTransit, topo.ToPeering:
		return "networks outside the design"
	case topo.ToInspection, topo.ToInterface:
		return "whatever the appliance leads to"
	}
	return "an owner that is not known"
}

func serviceText(v *topo.VPCEndpoint) string {
	if name, ok := v.Service.Get(); ok {
		return "AWS service " + name
	}
	return "a service that is not known"
}

// behind is the addresses of a class that a gateway leads to, as far as that can
// be told.
func behind(e reach.Exit, class netset.Addrs) netset.Addrs {
	switch e.Target {
	case topo.ToInternet, topo.ToNAT, topo.ToEgressOnly:
		return class.Minus(private)
	}
	return class
}
