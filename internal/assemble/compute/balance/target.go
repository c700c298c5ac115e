package balance

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

func (r *reader) targetGroup(res resource.Resource) {
	t := &topo.TargetGroup{Thing: r.d.Thing(res, "name"), TargetsMore: r.d.GivenAway(res.ID), VPC: r.d.Link(res.Get("vpc_id")).ID}
	t.TargetType = design.String(res.Get("target_type"), "instance")
	t.Protocol = upper(design.String(res.Get("protocol"), ""))
	t.Port = design.Int(res.Get("port"), 0)
	if kind, known := t.TargetType.Get(); !known || kind != "lambda" {
		if res.Get("protocol").IsNull() {
			t.Protocol = fact.Missing[string]("no protocol is written", res.Place)
		}
		if res.Get("port").IsNull() {
			t.Port = fact.Missing[int]("no port is written", res.Place)
		}
	}
	t.Version = upper(design.String(res.Get("protocol_version"), ""))
	if p, known := t.Protocol.Get(); res.Get("protocol_version").IsNull() && !known {
		t.Version = fact.Missing[string](t.Protocol.Why, t.Protocol.Place)
	} else if res.Get("protocol_version").IsNull() && (p == "HTTP" || p == "HTTPS") {
		t.Version = fact.Default("HTTP1")
	}
	t.PreserveClientIP = preserve(res.Get("preserve_client_ip"), t.Protocol, t.TargetType)
	t.Health = health(res.Get("health_check"), t.Protocol, t.TargetType)
	if res.Data {
		t.TargetsMore = elsewhere
		t.TargetType, t.Version = fact.Missing[string](elsewhere, res.Place), fact.Missing[string](elsewhere, res.Place)
		t.PreserveClientIP = fact.Missing[bool](elsewhere, res.Place)
		t.Health = topo.HealthCheck{Enabled: t.PreserveClientIP, Protocol: t.Version, Port: fact.Missing[int](elsewhere, res.Place)}
	}
	r.addGroup(t)
}

// preserve is whether targets see the address of the client (AWS "Edit target
// group attributes for your Network Load Balancer": off for ip targets over
// TCP and TLS, on otherwise, and always on for UDP). An Application Load
// Balancer ends the connection, so targets never see the client.
func preserve(v resource.Value, protocol, target fact.Fact[string]) fact.Fact[bool] {
	p, pOK := protocol.Get()
	t, tOK := target.Get()
	switch {
	case tOK && t == "lambda", pOK && (p == "HTTP" || p == "HTTPS"):
		return fact.Default(false)
	case pOK && (p == "UDP" || p == "TCP_UDP" || p == "QUIC" || p == "TCP_QUIC" || p == "GENEVE"), tOK && t == "alb":
		return fact.Default(true)
	case !pOK: // of an Application or a Network Load Balancer
		return fact.Missing[bool](protocol.Why, protocol.Place)
	case !v.IsNull():
		if s, ok := design.String(v, "").Get(); !ok || s != "" {
			return design.Bool(v, false)
		}
	}
	if !tOK {
		return fact.Missing[bool](target.Why, target.Place)
	}
	return fact.Default(t != "ip")
}

// health reads a health check. The provider sends HTTP if the block is written
// without a protocol; without the block AWS takes HTTP for HTTP and HTTPS groups
// and TCP for others.
func health(v resource.Value, protocol, target fact.Fact[string]) topo.HealthCheck {
	h := topo.HealthCheck{Protocol: fact.Missing[string]("the protocol of the group is not known", protocol.Place)}
	if t, ok := target.Get(); ok {
		h.Enabled = design.Bool(v.Get("enabled"), t != "lambda" || wire.Written(v) == fact.Yes)
	} else {
		h.Enabled = fact.Missing[bool](target.Why, target.Place)
	}
	h.Port = design.Int(v.Get("port"), 0)
	if s, ok := design.String(v.Get("port"), "traffic-port").Get(); ok && (s == "traffic-port" || s == "") {
		h.Port = fact.Default(0)
	}
	switch {
	case !v.Get("protocol").IsNull():
		h.Protocol = upper(design.String(v.Get("protocol"), ""))
	case wire.Written(v) == fact.Yes:
		h.Protocol = fact.Default("HTTP")
	case wire.Written(v) == fact.No && protocol.IsKnown():
		p, _ := protocol.Get()
		h.Protocol = fact.Default("TCP")
		if p == "HTTP" || p == "HTTPS" {
			h.Protocol = fact.Default("HTTP")
		}
	}
	return h
}

// findGroup is the target group of an ID, which is made a thing elsewhere if
// the design does not have it.
func (r *reader) findGroup(id ref.ID, at ref.Place) *topo.TargetGroup {
	if t := r.groupOf[id]; t != nil {
		return t
	}
	t := Elsewhere(r.d, id, at)
	return r.addGroup(&t)
}

// Elsewhere is a target group that the design only names.
func Elsewhere(d *design.Design, id ref.ID, at ref.Place) topo.TargetGroup {
	const why = "the design only names it, it is made elsewhere"
	text := fact.Missing[string](why, at)
	return topo.TargetGroup{Thing: d.Stub(id, "aws_lb_target_group", at), Protocol: text, Version: text,
		TargetType: text, Port: fact.Missing[int](why, at), PreserveClientIP: fact.Missing[bool](why, at), TargetsMore: why,
		Health: topo.HealthCheck{Enabled: fact.Missing[bool](why, at), Protocol: text, Port: fact.Missing[int](why, at)}}
}

func (r *reader) readTargets() {
	for _, res := range r.d.Of("aws_lb_target_group_attachment", "aws_alb_target_group_attachment") {
		t := r.target(res.Get("target_id"), res)
		t.Port = design.Int(res.Get("port"), 0)
		r.register(res.Get("target_group_arn"), t, res)
	}
	for _, res := range r.d.Of("aws_autoscaling_group") {
		t := topo.Target{Endpoint: res.ID, Port: fact.Default(0), Place: res.Place}
		r.register(res.Get("target_group_arns"), t, res)
		r.registerByName(res.Get("load_balancers"), t, res)
		r.register(wire.Join(wire.Each(res.Get("traffic_source"), "identifier")...), t, res)
	}
	for _, res := range r.d.Of("aws_autoscaling_attachment", "aws_autoscaling_traffic_source_attachment") {
		link := r.instances.Find(res.Get("autoscaling_group_name"), res.ID)
		t := topo.Target{Endpoint: link.ID, Why: link.Why, Port: fact.Default(0), Place: res.Place}
		if t.Endpoint == "" {
			t.Why = cmp.Or(t.Why, "no Auto Scaling group is written")
		}
		for _, key := range []string{"lb_target_group_arn", "alb_target_group_arn"} {
			r.register(res.Get(key), t, res)
		}
		r.registerByName(res.Get("elb"), t, res)
		r.register(res.Get("traffic_source", "identifier"), t, res)
	}
	for _, res := range r.d.Of("aws_elb_attachment") {
		r.registerByName(res.Get("elb"), r.target(res.Get("instance"), res), res)
	}
}

// target reads what is registered: an id, an address, or an address that is
// written as the attribute of a resource.
func (r *reader) target(v resource.Value, from resource.Resource) topo.Target {
	t := topo.Target{Place: from.Place, Port: fact.Default(0)}
	if v.Kind == resource.Ref && (strings.HasSuffix(v.Ref.Attr, "private_ip") || strings.HasSuffix(v.Ref.Attr, "private_ips.0")) {
		v.Ref.Attr = "id"
	}
	if s, ok := design.String(v, "").Get(); ok {
		if a, err := netip.ParseAddr(s); err == nil {
			t.Addrs = netset.Addr(a)
			return t
		}
	}
	link := r.d.Link(v)
	t.Endpoint, t.Why = link.ID, link.Why
	if res, ok := r.d.Find(link.ID); ok && strings.HasPrefix(res.Type, "aws_lambda") {
		t.Endpoint, t.Why = "", "it is a Lambda function, which is called over the API of AWS"
	} else if ok && !r.networked(res) {
		t.Endpoint, t.Why = "", string(link.ID)+" is not known to have interfaces"
	} else if !ok && t.Endpoint != "" {
		t.Endpoint, t.Why = "", string(link.ID)+" is made elsewhere"
	} else if t.Endpoint == "" && t.Why == "" {
		t.Why = "no target is written"
	}
	return t
}

// networked reports whether a resource is surely an endpoint of the snapshot.
func (r *reader) networked(res resource.Resource) bool {
	if res.Data {
		return false
	}
	switch res.Type {
	case "aws_instance", "aws_spot_instance_request", "aws_lb", "aws_alb", "aws_network_interface", "aws_autoscaling_group":
		return true
	}
	return false
}

// register adds a target to the groups or classic load balancers that a value
// names.
func (r *reader) register(v resource.Value, t topo.Target, from resource.Resource) {
	links := r.groups.FindAll(v, from.ID)
	for _, link := range links.List {
		if lb := r.balancers.Named(string(link.ID), from.ID); lb != "" || r.isClassic(link.ID) {
			r.registerClassic(cmp.Or(lb, link.ID), t, link, from)
			continue
		}
		r.put(r.findGroup(link.ID, link.Place), t, link, from)
	}
	r.mayRegister(links.More, from)
}

// registerByName is register for arguments that name classic load balancers.
// One that is made elsewhere is not told its targets.
func (r *reader) registerByName(v resource.Value, t topo.Target, from resource.Resource) {
	links := r.balancers.FindAll(v, from.ID)
	for _, link := range links.List {
		r.registerClassic(link.ID, t, link, from)
	}
	r.mayRegister(links.More, from)
}

func (r *reader) isClassic(id ref.ID) bool {
	res, ok := r.d.Find(id)
	return ok && res.Type == "aws_elb"
}

// registerClassic adds an instance to a classic load balancer of the design.
func (r *reader) registerClassic(id ref.ID, t topo.Target, link topo.Link, from resource.Resource) {
	if group := r.groupOf[id]; group != nil && r.isClassic(id) {
		r.put(group, t, link, from)
	}
}

// put adds a target to a group, unless the registration may not exist although
// the group does.
func (r *reader) put(group *topo.TargetGroup, t topo.Target, link topo.Link, from resource.Resource) {
	if link.Exists != fact.Yes && group.Exists == fact.Yes || from.Exists != fact.Yes {
		group.TargetsMore = cmp.Or(group.TargetsMore, string(from.ID)+" may register a target: "+cmp.Or(link.Why, from.Why, "it may not exist"))
		return
	}
	group.Targets = append(group.Targets, t)
}

// mayRegister says of all groups that they may have a further target, if why is
// not empty.
func (r *reader) mayRegister(why string, from resource.Resource) {
	if why == "" {
		return
	}
	for _, group := range r.targets {
		group.TargetsMore = cmp.Or(group.TargetsMore, string(from.ID)+" may register a target: "+why)
	}
}
