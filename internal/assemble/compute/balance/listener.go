package balance

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// defaultPolicy is what the API takes if no security policy is sent (AWS
// "Security policies for your Application Load Balancer").
const defaultPolicy = "ELBSecurityPolicy-2016-08"

func (r *reader) readListeners() {
	for _, res := range r.d.Of("aws_lb_listener", "aws_alb_listener", "data.aws_lb_listener", "data.aws_alb_listener") {
		if r.d.Canonical(res.ID) == res.ID {
			r.listener(res)
		}
	}
	for _, res := range r.d.Of("aws_lb_listener_rule", "aws_alb_listener_rule", "data.aws_lb_listener_rule") {
		r.rule(res)
	}
	for _, res := range r.d.Of("aws_lb_listener_certificate", "aws_alb_listener_certificate") {
		if l := r.named(res.Get("listener_arn")); l != nil {
			l.Certificates = wire.Union(l.Certificates, r.d.Links(res.Get("certificate_arn")))
		}
	}
	r.kinds()
	for _, l := range r.listeners {
		slices.SortStableFunc(l.Rules, func(a, b topo.ListenerRule) int {
			return cmp.Or(cmp.Compare(a.Priority.Or(math.MaxInt), b.Priority.Or(math.MaxInt)), cmp.Compare(a.ID, b.ID))
		})
	}
}

// kinds tells the kind of a balancer that is made elsewhere by the protocol of a
// listener: each kind takes its own (AWS "CreateListener").
func (r *reader) kinds() {
	for _, l := range r.listeners {
		lb := r.lbOf[l.Balancer]
		if lb == nil || lb.Kind != topo.BalancerUnknown {
			continue
		}
		switch p, _ := l.Protocol.Get(); p {
		case "HTTP", "HTTPS":
			lb.Kind = topo.ApplicationBalancer
			r.endpoints[lb.ID].Unfiltered = fact.No // it always has groups
		case "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC":
			lb.Kind = topo.NetworkBalancer
		case "GENEVE":
			lb.Kind = topo.GatewayBalancer
		}
	}
}

func (r *reader) listener(res resource.Resource) {
	l := &topo.Listener{Thing: r.d.Thing(res), RulesMore: r.d.GivenAway(res.ID)}
	owner := r.d.Link(res.Get("load_balancer_arn"))
	kind := topo.BalancerUnknown
	if owner.ID != "" {
		lb := r.find(owner.ID, owner.Place)
		l.Balancer, kind = lb.ID, lb.Kind
	} else if !res.Data {
		r.ownerUnknown("listener "+string(res.ID)+" may belong to it", owner)
	}
	if res.Data {
		l.RulesMore = elsewhere
	}
	l.Port = design.Int(res.Get("port"), 0)
	l.Protocol = upper(design.String(res.Get("protocol"), ""))
	if res.Get("protocol").IsNull() {
		switch kind {
		case topo.ApplicationBalancer:
			l.Protocol = fact.Default("HTTP")
		case topo.GatewayBalancer:
			l.Protocol, l.Port = fact.Default("GENEVE"), fact.Default(6081)
		default:
			l.Protocol = fact.Missing[string]("no protocol is written", res.Place)
		}
	}
	if res.Get("port").IsNull() && kind != topo.GatewayBalancer {
		l.Port = fact.Missing[int]("no port is written", res.Place)
	}
	l.Policy = policy(res.Get("ssl_policy"), l.Protocol)
	l.Certificates = r.d.Links(res.Get("certificate_arn"))
	l.ClientAuth = design.String(res.Get("mutual_authentication", "mode"), "off")
	l.Default = r.actions(res.Get("default_action"), res)
	r.addListener(l)
}

// policy is the security policy in effect: the default of the API on listeners
// that speak TLS, and none on others.
func policy(v resource.Value, protocol fact.Fact[string]) fact.Fact[string] {
	if !v.IsNull() {
		if s, ok := design.String(v, "").Get(); !ok || s != "" {
			return design.String(v, "")
		}
	}
	switch p, known := protocol.Get(); {
	case !known:
		return fact.Missing[string]("its protocol is not known", protocol.Place)
	case p == "HTTPS" || p == "TLS" || p == "SSL":
		return fact.Default(defaultPolicy)
	}
	return fact.Default("")
}

// ownerUnknown says of the load balancers that may be meant that they may have
// further listeners.
func (r *reader) ownerUnknown(why string, owner topo.Link) {
	if owner.Why != "" {
		why += ": " + owner.Why
	}
	for _, lb := range r.lbs {
		lb.ListenersMore = cmp.Or(lb.ListenersMore, why)
	}
}

// named is the listener that a value names. One that the design does not
// have becomes a thing elsewhere. If it is not known which one is meant, all
// may have further rules, and the answer is nil.
func (r *reader) named(v resource.Value) *topo.Listener {
	link := r.d.Link(v)
	if link.ID == "" {
		for _, l := range r.listeners {
			l.RulesMore = cmp.Or(l.RulesMore, "a rule may belong to it: "+link.Why)
		}
		return nil
	}
	if l := r.listenerOf[link.ID]; l != nil {
		return l
	}
	const why = "the design only names it, it is made elsewhere"
	l := &topo.Listener{Thing: r.d.Stub(link.ID, "aws_lb_listener", link.Place), RulesMore: why,
		Port: fact.Missing[int](why, link.Place), Protocol: fact.Missing[string](why, link.Place),
		Policy: fact.Missing[string](why, link.Place), ClientAuth: fact.Missing[string](why, link.Place),
		Certificates: topo.Links{More: why, Place: link.Place},
		Default:      []topo.Action{{Why: why, Place: link.Place}}}
	return r.addListener(l)
}

func (r *reader) rule(res resource.Resource) {
	l := r.named(res.Get("listener_arn"))
	if l == nil || res.Data {
		return
	}
	rule := topo.ListenerRule{Thing: r.d.Thing(res), Priority: design.Int(res.Get("priority"), 0)}
	if res.Get("priority").IsNull() {
		rule.Priority = fact.Missing[int]("no priority is written, so it is the next free one", res.Place)
	}
	for _, c := range res.Get("condition").Items() {
		r.condition(&rule, c)
	}
	rule.Actions = r.actions(res.Get("action"), res)
	l.Rules = append(l.Rules, rule)
}

// conditions are the kinds of conditions with the word that stands for each.
var conditions = [...]struct{ block, field, word string }{
	{"host_header", "host-header", "host"},
	{"path_pattern", "path-pattern", "path"},
	{"http_header", "http-header", "header"},
	{"http_request_method", "http-request-method", "method"},
	{"query_string", "query-string", "query"},
	{"source_ip", "source-ip", "source-ip"},
}

func (r *reader) condition(rule *topo.ListenerRule, c resource.Value) {
	if c.Kind == resource.Unknown {
		rule.Conditions = append(rule.Conditions, "unknown: "+design.Why(c))
		return
	}
	field, _ := design.String(c.Get("field"), "").Get()
	for _, k := range conditions {
		b := c.Get(k.block)
		old := field == k.field
		if wire.Written(b) == fact.No && !old {
			continue
		}
		values := b.Get("values")
		if old {
			values = c.Get("values")
		}
		if k.block == "query_string" && !old {
			values = b
		}
		if k.block == "source_ip" {
			for _, v := range values.Items() {
				rule.SourceIP = append(rule.SourceIP, wire.Block(v))
			}
		}
		words := []string{k.word}
		if name := design.Display(b.Get("http_header_name")); name != "" {
			words = append(words, name)
		}
		if text := texts(values); text != "" {
			words = append(words, text)
		}
		rule.Conditions = append(rule.Conditions, strings.Join(words, " "))
	}
}

// texts are the values of a condition, separated by commas.
func texts(v resource.Value) string {
	var out []string
	for _, e := range v.Items() {
		switch {
		case e.Kind == resource.Map:
			key, value := design.Display(e.Get("key")), design.Display(e.Get("value"))
			if key != "" {
				value = key + "=" + value
			}
			out = append(out, value)
		case e.Kind == resource.Unknown:
			out = append(out, "${…}")
		default:
			out = append(out, design.Display(e))
		}
	}
	return strings.Join(out, ",")
}

func upper(f fact.Fact[string]) fact.Fact[string] {
	s, ok := f.Get()
	if !ok {
		return f
	}
	return fact.Known(strings.ToUpper(s), f.Place)
}

// actions reads a list of actions in the order in which they act.
func (r *reader) actions(v resource.Value, from resource.Resource) []topo.Action {
	type numbered struct {
		order int
		topo.Action
	}
	var list []numbered
	for i, a := range v.Items() {
		list = append(list, numbered{design.Int(a.Get("order"), i+1).Or(i + 1), r.action(a, from.ID)})
	}
	slices.SortStableFunc(list, func(a, b numbered) int { return cmp.Compare(a.order, b.order) })
	var out []topo.Action
	for _, a := range list {
		out = append(out, a.Action)
	}
	if len(out) == 0 {
		out = []topo.Action{{Why: "no action is written", Place: from.Place}}
	}
	return out
}

func (r *reader) action(v resource.Value, from ref.ID) topo.Action {
	a := topo.Action{Exists: fact.Yes, Place: v.Place}
	if v.Maybe || v.Kind == resource.Unknown {
		a.Exists, a.Why = fact.Unknown, design.Why(v)
	}
	typ := design.String(v.Get("type"), "")
	switch t, ok := typ.Get(); {
	case !ok:
		a.Why = typ.Why
	case t == "forward":
		a.Kind, a.Targets = topo.ActionForward, r.forward(v, from)
	case t == "redirect":
		red := v.Get("redirect")
		a.Kind = topo.ActionRedirect
		a.Redirect = topo.Redirect{
			Protocol: upperUnlessTemplate(design.String(red.Get("protocol"), "#{protocol}")),
			Port:     design.String(red.Get("port"), "#{port}"),
			Status:   design.String(red.Get("status_code"), ""),
		}
	case t == "fixed-response":
		a.Kind = topo.ActionFixedResponse
	case t == "authenticate-oidc" || t == "authenticate-cognito" || t == "jwt-validation":
		a.Kind = topo.ActionAuthenticate
	case a.Why == "":
		a.Why = "its type is not one that AWS knows"
	}
	return a
}

func upperUnlessTemplate(f fact.Fact[string]) fact.Fact[string] {
	if s, ok := f.Get(); ok && !strings.HasPrefix(s, "#") {
		return fact.Known(strings.ToUpper(s), f.Place)
	}
	return f
}

// forward reads the target groups of a forward action. The weighted form wins.
func (r *reader) forward(v resource.Value, from ref.ID) []topo.WeightedTarget {
	var out []topo.WeightedTarget
	target := func(arn resource.Value, weight fact.Fact[int]) {
		link := r.groups.Find(arn, from)
		t := topo.WeightedTarget{Group: link.ID, Why: link.Why, Weight: weight}
		if t.Group == "" && t.Why == "" {
			t.Why = "no target group is written"
		}
		if t.Group != "" {
			r.findGroup(t.Group, link.Place)
		}
		out = append(out, t)
	}
	for _, b := range v.Get("forward", "target_group").Items() {
		if b.Kind == resource.Unknown {
			out = append(out, topo.WeightedTarget{Why: design.Why(b), Weight: fact.Missing[int](design.Why(b), b.Place)})
			continue
		}
		target(b.Get("arn"), design.Int(b.Get("weight"), 1))
	}
	if len(out) == 0 {
		target(v.Get("target_group_arn"), fact.Default(1))
	}
	return out
}
