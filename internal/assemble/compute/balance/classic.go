package balance

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// classic reads a Classic Load Balancer with its listeners. All forward to its
// instances, which are the targets of a group that has the balancer's ID.
func (r *reader) classic(res resource.Resource) {
	lb := &topo.LoadBalancer{Thing: r.d.Thing(res, "name"), Kind: topo.ClassicBalancer, ListenersMore: r.d.GivenAway(res.ID),
		InternetFacing: not(design.Bool(res.Get("internal"), false)), AddressType: fact.Default("ipv4"),
		CrossZone: design.Bool(res.Get("cross_zone_load_balancing"), true), PrivateLinkRules: fact.Default(false)}
	e := wire.Read(r.d, res.Get("subnets"), res.Get("security_groups"), resource.Value{}).Endpoint(lb.Thing, topo.BalancerEndpoint)
	r.addresses(lb, &e)
	lb.VPC = e.VPC
	r.addBalancer(lb, &e)
	t := &topo.TargetGroup{Thing: lb.Thing, VPC: lb.VPC, Version: fact.Default("HTTP1"), TargetType: fact.Default("instance"),
		Protocol: fact.Missing[string]("each listener has its own", res.Place), Port: fact.Missing[int]("each listener has its own", res.Place),
		PreserveClientIP: fact.Default(false), Health: classicHealth(res.Get("health_check", "target"), res.Get("health_check")),
		TargetsMore: r.d.GivenAway(lb.ID)}
	for _, v := range res.Get("instances").Items() {
		t.Targets = append(t.Targets, r.target(v, res))
	}
	r.addGroup(t)
	for i, b := range res.Get("listener").Items() {
		if b.Kind == resource.Unknown {
			lb.ListenersMore = design.Why(b)
			continue
		}
		l := &topo.Listener{Thing: lb.Thing, Balancer: lb.ID, ClientAuth: fact.Default("off")}
		l.ID = ref.ID(fmt.Sprintf("%s.listener[%d]", lb.ID, i))
		if !b.Place.IsZero() {
			l.Place = b.Place
		}
		if b.Maybe {
			l.Exists, l.Why = fact.Unknown, b.Why
		}
		l.Port, l.Protocol = design.Int(b.Get("lb_port"), 0), upper(design.String(b.Get("lb_protocol"), ""))
		l.InstancePort, l.InstanceProtocol = design.Int(b.Get("instance_port"), 0), upper(design.String(b.Get("instance_protocol"), ""))
		l.Certificates = r.d.Links(b.Get("ssl_certificate_id"))
		l.Policy = r.classicPolicy(lb.ID, l)
		l.Default = []topo.Action{{Kind: topo.ActionForward, Exists: fact.Yes, Place: l.Place,
			Targets: []topo.WeightedTarget{{Group: lb.ID, Weight: fact.Default(1)}}}}
		r.addListener(l)
		if i == 0 && len(res.Get("listener").Items()) == 1 {
			t.Protocol, t.Port = l.InstanceProtocol, l.InstancePort
		}
	}
}

// classicHealth reads "HTTP:8080/ping"; without a health check AWS opens a TCP
// connection to port 80.
func classicHealth(target, block resource.Value) topo.HealthCheck {
	h := topo.HealthCheck{Enabled: fact.Default(true), Protocol: fact.Default("TCP"), Port: fact.Default(80)}
	if wire.Written(block) == fact.No {
		return h
	}
	text := design.String(target, "TCP:80")
	s, ok := text.Get()
	proto, rest, _ := strings.Cut(s, ":")
	port, _, _ := strings.Cut(rest, "/")
	if !ok {
		h.Protocol, h.Port = fact.Missing[string](text.Why, text.Place), fact.Missing[int](text.Why, text.Place)
		return h
	}
	h.Protocol = fact.Known(strings.ToUpper(proto), text.Place)
	h.Port = design.Int(resource.Value{Kind: resource.String, Text: port, Place: text.Place}, 80)
	return h
}

// classicPolicy is the security policy of a listener of a Classic Load Balancer:
// a predefined one that a policy resource refers to, or the default.
func (r *reader) classicPolicy(lb ref.ID, l *topo.Listener) fact.Fact[string] {
	if p, ok := l.Protocol.Get(); ok && p != "HTTPS" && p != "SSL" {
		return fact.Default("")
	}
	out := policy(resource.Value{}, l.Protocol)
	mine := func(res resource.Resource, owner, port string) bool {
		if r.balancers.Find(res.Get(owner), res.ID).ID != lb {
			return false
		}
		a, aOK := design.Int(res.Get(port), 0).Get()
		b, bOK := l.Port.Get()
		return !aOK || !bOK || a == b
	}
	for _, res := range r.d.Of("aws_lb_ssl_negotiation_policy") {
		if mine(res, "load_balancer", "lb_port") {
			out = referenced(res.Get("attribute"), res.Place)
		}
	}
	policies := r.d.Of("aws_load_balancer_policy")
	for _, res := range r.d.Of("aws_load_balancer_listener_policy") {
		if !mine(res, "load_balancer_name", "load_balancer_port") {
			continue
		}
		out = fact.Missing[string]("it has a policy of its own, which is not known", res.Place)
		for _, p := range policies {
			name := design.Display(p.Get("policy_name"))
			for _, used := range res.Get("policy_names").Items() {
				same := used.Kind == resource.Ref && used.Ref.ID == p.ID || name != "" && design.Display(used) == name
				if kind, _ := design.String(p.Get("policy_type_name"), "").Get(); same && kind == "SSLNegotiationPolicyType" {
					out = referenced(p.Get("policy_attribute"), p.Place)
				}
			}
		}
	}
	return out
}

// referenced is the predefined policy that the attributes of a policy name.
func referenced(attributes resource.Value, at ref.Place) fact.Fact[string] {
	for _, a := range attributes.Items() {
		if name, _ := design.String(a.Get("name"), "").Get(); name == "Reference-Security-Policy" {
			return design.String(a.Get("value"), "")
		}
	}
	return fact.Missing[string]("it is a policy with its own list of protocols and ciphers, which is not modelled", at)
}
