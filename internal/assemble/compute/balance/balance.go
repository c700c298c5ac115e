// Package balance turns load balancers, their listeners, rules and target
// groups into their part of a snapshot.
//
// # Model
// Each load balancer is a [topo.LoadBalancer] and an endpoint of the same ID
// whose ports are those of its listeners. Target groups name what is registered
// with them. The instances of a Classic Load Balancer are the targets of a group
// that has the balancer's ID; each listener has its own port on them.
//
// # Guarantees
// Defaults are those of AWS where the provider sends nothing, and those of the
// provider where it always sends a value. A listener, rule or target whose owner
// is unknown makes the lists of all possible owners incomplete.
//
// # Not modelled
// Stickiness, access logs, WAF, rule transforms.
package balance

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

type reader struct {
	d         *design.Design
	balancers wire.Namer
	groups    wire.Namer
	instances wire.Namer

	lbs        []*topo.LoadBalancer
	lbOf       map[ref.ID]*topo.LoadBalancer
	endpoints  map[ref.ID]*topo.Endpoint
	listeners  []*topo.Listener
	listenerOf map[ref.ID]*topo.Listener
	targets    []*topo.TargetGroup
	groupOf    map[ref.ID]*topo.TargetGroup
	diags      diag.List
}

// Add appends the load balancers, listeners and target groups of a design, and
// the endpoints of the load balancers.
func Add(d *design.Design, s *topo.Snapshot) diag.List {
	r := &reader{d: d, endpoints: map[ref.ID]*topo.Endpoint{}, lbOf: map[ref.ID]*topo.LoadBalancer{},
		listenerOf: map[ref.ID]*topo.Listener{}, groupOf: map[ref.ID]*topo.TargetGroup{}}
	r.balancers = wire.Names(d, []string{"aws_lb", "aws_alb", "aws_elb"}, "name")
	r.groups = wire.Names(d, []string{"aws_lb_target_group", "aws_alb_target_group"}, "name")
	r.instances = wire.Names(d, []string{"aws_autoscaling_group"}, "name")
	for _, lb := range d.Of("aws_lb", "aws_alb", "data.aws_lb", "data.aws_alb", "data.aws_elb") {
		if d.Canonical(lb.ID) == lb.ID {
			r.balancer(lb)
		}
	}
	for _, tg := range d.Of("aws_lb_target_group", "aws_alb_target_group", "data.aws_lb_target_group", "data.aws_alb_target_group") {
		if d.Canonical(tg.ID) == tg.ID {
			r.targetGroup(tg)
		}
	}
	for _, lb := range d.Of("aws_elb") {
		r.classic(lb)
	}
	r.readListeners()
	r.readTargets()
	r.listen()
	for _, lb := range r.lbs {
		s.LoadBalancers = append(s.LoadBalancers, *lb)
		s.Endpoints = append(s.Endpoints, *r.endpoints[lb.ID])
	}
	for _, l := range r.listeners {
		s.Listeners = append(s.Listeners, *l)
	}
	for _, t := range r.targets {
		s.TargetGroups = append(s.TargetGroups, *t)
	}
	d.Understand("aws_lb_trust_store", "aws_proxy_protocol_policy", "aws_load_balancer_backend_server_policy", "aws_lb_cookie_stickiness_policy", "aws_app_cookie_stickiness_policy")
	return r.diags
}

var balancerKinds = map[string]topo.BalancerKind{
	"application": topo.ApplicationBalancer, "network": topo.NetworkBalancer, "gateway": topo.GatewayBalancer, "classic": topo.ClassicBalancer,
}

// elsewhere is the reason for everything about a data source.
const elsewhere = "the design only looks it up, it is made elsewhere"

func (r *reader) balancer(res resource.Resource) {
	lb := &topo.LoadBalancer{Thing: r.d.Thing(res, "name"), ListenersMore: r.d.GivenAway(res.ID)}
	kind := design.String(res.Get("load_balancer_type"), "application")
	if res.Data {
		kind, lb.ListenersMore = fact.Missing[string](elsewhere, res.Place), elsewhere
		if res.Type == "aws_elb" {
			kind = fact.Known("classic", res.Place)
		}
	}
	lb.Kind = balancerKinds[kind.Or("")]
	lb.InternetFacing = not(design.Bool(res.Get("internal"), false))
	lb.AddressType = design.String(res.Get("ip_address_type"), "ipv4")
	lb.CrossZone = design.Bool(res.Get("enable_cross_zone_load_balancing"), lb.Kind == topo.ApplicationBalancer)
	lb.PrivateLinkRules = onOff(res.Get("enforce_security_group_inbound_rules_on_private_link_traffic"))
	if res.Data {
		lb.InternetFacing = fact.Missing[bool](elsewhere, res.Place)
		lb.AddressType = fact.Missing[string](elsewhere, res.Place)
		lb.CrossZone, lb.PrivateLinkRules = lb.InternetFacing, lb.InternetFacing
	} else if lb.Kind == topo.BalancerUnknown && res.Get("enable_cross_zone_load_balancing").IsNull() {
		lb.CrossZone = fact.Missing[bool]("its type is not known", res.Place)
	}
	mapped := res.Get("subnet_mapping")
	subnets := wire.Join(append([]resource.Value{res.Get("subnets")}, wire.Each(mapped, "subnet_id")...)...)
	if mapped.Kind == resource.Unknown {
		subnets = wire.Join(subnets, mapped)
	}
	groups := res.Get("security_groups")
	n := wire.Read(r.d, subnets, groups, resource.Value{})
	e := n.Endpoint(lb.Thing, topo.BalancerEndpoint)
	switch {
	case res.Data:
		e.Unfiltered, e.Groups = fact.Unknown, topo.Links{More: elsewhere, Place: res.Place}
		e.Subnets.More = elsewhere
		if lb.Kind == topo.ClassicBalancer {
			e.Unfiltered = fact.No
		}
	case lb.Kind == topo.GatewayBalancer:
		e.Unfiltered, e.Groups = fact.Yes, topo.Links{Place: res.Place}
	case lb.Kind != topo.ApplicationBalancer:
		// A Network Load Balancer that is made without groups never has any.
		e.Groups = r.d.Links(groups)
		e.Unfiltered = unfiltered(e.Groups)
		if lb.Kind == topo.BalancerUnknown && e.Unfiltered == fact.Yes {
			e.Unfiltered, e.Groups.More = fact.Unknown, "its type is not known"
		}
	}
	e.Fixed = wire.Addresses(wire.Join(append(wire.Each(mapped, "private_ipv4_address"), wire.Each(mapped, "ipv6_address")...)...))
	r.addresses(lb, &e)
	lb.VPC = e.VPC
	r.addBalancer(lb, &e)
}

func (r *reader) addBalancer(lb *topo.LoadBalancer, e *topo.Endpoint) {
	r.lbs, r.lbOf[lb.ID], r.endpoints[lb.ID] = append(r.lbs, lb), lb, e
}

func (r *reader) addListener(l *topo.Listener) *topo.Listener {
	r.listeners, r.listenerOf[l.ID] = append(r.listeners, l), l
	return l
}

func (r *reader) addGroup(t *topo.TargetGroup) *topo.TargetGroup {
	r.targets, r.groupOf[t.ID] = append(r.targets, t), t
	return t
}

// unfiltered tells of a Network Load Balancer's groups whether there are none.
func unfiltered(groups topo.Links) fact.Tri {
	for _, l := range groups.List {
		if l.Exists == fact.Yes {
			return fact.No
		}
	}
	if len(groups.List) == 0 && groups.More == "" {
		return fact.Yes
	}
	return fact.Unknown
}

// addresses fills in what the scheme and the address type decide.
func (r *reader) addresses(lb *topo.LoadBalancer, e *topo.Endpoint) {
	e.PublicIPv4 = lb.InternetFacing
	if facing, ok := lb.InternetFacing.Get(); !ok || facing {
		switch t, known := lb.AddressType.Get(); {
		case known && t == "dualstack-without-public-ipv4":
			e.PublicIPv4 = fact.Known(false, lb.AddressType.Place)
		case !known && ok:
			e.PublicIPv4 = fact.Missing[bool](lb.AddressType.Why, lb.AddressType.Place)
		}
	}
	if t, known := lb.AddressType.Get(); known {
		e.IPv6 = fact.Known(strings.HasPrefix(strings.ToLower(t), "dualstack"), lb.AddressType.Place)
	} else {
		e.IPv6 = fact.Missing[bool](lb.AddressType.Why, lb.AddressType.Place)
	}
}

// listen gives the endpoints the ports of their listeners.
func (r *reader) listen() {
	for _, l := range r.listeners {
		e := r.endpoints[l.Balancer]
		if e == nil {
			continue
		}
		e.Listens = append(e.Listens, topo.Listen{Ports: wire.Perhaps(listenPorts(l), l.Exists), What: "listener", Place: l.Place})
	}
	for _, lb := range r.lbs {
		r.endpoints[lb.ID].ListensMore = lb.ListenersMore
	}
}

func listenPorts(l *topo.Listener) netset.Bounds {
	tcp, udp := wire.Port(l.Port, false), wire.Port(l.Port, true)
	switch proto, known := l.Protocol.Get(); {
	case !known:
		return netset.AtMost(tcp.Or(udp).Maybe)
	case proto == "UDP" || proto == "QUIC" || proto == "GENEVE":
		return udp
	case proto == "TCP_UDP" || proto == "TCP_QUIC":
		return tcp.Or(udp)
	}
	return tcp
}

func not(f fact.Fact[bool]) fact.Fact[bool] {
	v, ok := f.Get()
	if !ok {
		return f
	}
	if f.Place.IsZero() {
		return fact.Default(!v)
	}
	return fact.Known(!v, f.Place)
}

// onOff reads a setting that is "on" unless it is written otherwise.
func onOff(v resource.Value) fact.Fact[bool] {
	s := design.String(v, "on")
	switch text, ok := s.Get(); {
	case !ok:
		return fact.Missing[bool](s.Why, s.Place)
	case s.Place.IsZero():
		return fact.Default(true)
	default:
		return fact.Known(strings.EqualFold(text, "on") || text == "true", s.Place)
	}
}

// find is the load balancer of an ID, which is made a thing elsewhere if the
// design does not have it.
func (r *reader) find(id ref.ID, at ref.Place) *topo.LoadBalancer {
	if lb := r.lbOf[id]; lb != nil {
		return lb
	}
	const why = "the design only names it, it is made elsewhere"
	lb := &topo.LoadBalancer{Thing: r.d.Stub(id, "aws_lb", at), ListenersMore: why,
		InternetFacing: fact.Missing[bool](why, at), AddressType: fact.Missing[string](why, at),
		CrossZone: fact.Missing[bool](why, at), PrivateLinkRules: fact.Missing[bool](why, at)}
	if a, err := ref.ParseARN(string(id)); err == nil {
		_, name := a.Split()
		lb.Kind = map[string]topo.BalancerKind{"app": topo.ApplicationBalancer, "net": topo.NetworkBalancer, "gwy": topo.GatewayBalancer}[strings.Split(name, "/")[0]]
	}
	e := topo.Endpoint{Thing: lb.Thing, Kind: topo.BalancerEndpoint, Owner: id, Subnets: topo.Links{More: why, Place: at},
		Groups: topo.Links{More: why, Place: at}, PublicIPv4: fact.Missing[bool](why, at), IPv6: fact.Missing[bool](why, at), Forwards: fact.No}
	r.addBalancer(lb, &e)
	return lb
}
