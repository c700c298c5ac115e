package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/topo"
)

// front is a listener with what is needed to judge it.
type front struct {
	l        *topo.Listener
	b        *topo.LoadBalancer
	protocol string // upper case; empty if unknown
	ports    netset.Ports
	portText string // "tcp/443", or "tcp" if the port is not known
}

// fronts are the listeners of the load balancers of the design.
func (r *run) fronts() []front {
	var out []front
	for i := range r.Listeners {
		l := &r.Listeners[i]
		b := r.LoadBalancer(l.Balancer)
		if b == nil || b.Kind == topo.GatewayBalancer || l.Elsewhere {
			continue
		}
		f := front{l: l, b: b, protocol: strings.ToUpper(l.Protocol.Or(""))}
		transport := "tcp"
		f.ports = netset.TCP(0, 65535)
		if f.protocol == "UDP" || f.protocol == "QUIC" {
			transport, f.ports = "udp", netset.UDP(0, 65535)
		}
		f.portText = transport
		if p, ok := l.Port.Get(); ok && p >= 0 && p <= 65535 {
			f.portText = fmt.Sprintf("%s/%d", transport, p)
			f.ports = netset.TCP(uint16(p), uint16(p))
			if transport == "udp" {
				f.ports = netset.UDP(uint16(p), uint16(p))
			}
		}
		out = append(out, f)
	}
	return out
}

// loose are the listeners of which it is not known whose they are.
func (r *run) loose() []*topo.Listener {
	var out []*topo.Listener
	for i := range r.Listeners {
		if l := &r.Listeners[i]; l.Balancer == "" && !l.Elsewhere {
			out = append(out, l)
		}
	}
	return out
}

// ofUnknown is the verdict on such a listener.
func ofUnknown(l *topo.Listener) finding.Finding {
	return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known of which load balancer " + l.Name + " is a listener",
		Message: "The load balancer decides who reaches the listener.", Gaps: []finding.Evidence{because("load balancer of "+l.Name, l.Place)}}
}

// public is whether the internet reaches the listener, with the answer. AWS
// makes an internet-facing load balancer only in a VPC with an internet gateway,
// and asks for public subnets; so if its groups surely admit the internet and all
// that is not known is the way of its subnets, which are not in the design, the
// scheme decides.
func (r *run) public(f front) (fact.Tri, reach.Answer) {
	facing, known := f.b.InternetFacing.Get()
	if known && !facing {
		return fact.No, reach.Answer{}
	}
	a := r.connect(reach.Outside(netset.Internet()), reach.At(f.b.ID), f.ports)
	open := a.Packets.Any(f.ports)
	if !f.l.Port.IsKnown() && open == fact.Yes && !a.Packets.Sure.Covers(f.ports) {
		return fact.Unknown, a // some ports are open, and which one is its own is not known
	}
	switch {
	case !known && open == fact.Yes:
		return fact.Unknown, a
	case known && open == fact.Unknown && r.onlyWayUnknown(f, a):
		return fact.Yes, a
	}
	return open, a
}

// onlyWayUnknown is whether the groups of a load balancer surely admit some of
// the internet, and only gates of subnets that are not in the design are open.
func (r *run) onlyWayUnknown(f front, a reach.Answer) bool {
	e := r.Endpoint(f.b.ID)
	if e == nil || len(a.Trail) == 0 {
		return false
	}
	for _, l := range e.Subnets.List {
		if s := r.Subnet(l.ID); s != nil && !s.Elsewhere {
			return false
		}
	}
	for _, step := range a.Trail {
		if step.At == f.b.ID && step.Gate == reach.GateGroupIn && step.Passes.Any(f.ports) != fact.Yes {
			return false
		}
	}
	return e.Unfiltered == fact.Yes || slices.ContainsFunc(r.net.Admitted(f.b.ID, f.ports), func(ad reach.Admission) bool {
		return ad.Rule != nil && ad.Internet > 0 && ad.Ports.Any(f.ports) == fact.Yes
	})
}

// arrival is why packets of the internet reach a listener that [run.public] calls
// public.
func (r *run) arrival(f front, a reach.Answer) []finding.Evidence {
	out := r.openings(a)
	if a.Packets.Any(f.ports) != fact.Yes {
		out = append(out, because(r.Label(f.b.ID)+" is internet-facing; its subnets are not in the design", f.b.Place))
	}
	return out
}

// passes is what the actions of a listener let through: Yes if some surely
// forward, No if all of them redirect or answer themselves.
func passes(l *topo.Listener) (fact.Tri, string) {
	if l.InstancePort.IsKnown() { // a classic listener always forwards
		return fact.Yes, ""
	}
	out, why := fact.No, ""
	look := func(actions []topo.Action) {
		if len(actions) == 0 {
			out, why = out.Or(fact.Unknown), "the action is not known"
		}
		for _, a := range actions {
			switch a.Kind {
			case topo.ActionForward:
				out = out.Or(a.Exists)
				if a.Exists != fact.Yes {
					why = orUnknown(a.Why)
				}
			case topo.ActionUnknown:
				out, why = out.Or(fact.Unknown), orUnknown(a.Why)
			}
		}
	}
	look(l.Default)
	for _, rule := range l.Rules {
		var t fact.Tri
		before, beforeWhy := out, why
		out, why = fact.No, ""
		look(rule.Actions)
		t = out
		if rule.Exists != fact.Yes && t == fact.Yes {
			t, why = fact.Unknown, orUnknown(rule.Why)
		}
		out = before.Or(t)
		if why == "" {
			why = beforeWhy
		}
	}
	if l.RulesMore != "" && out == fact.No {
		return fact.Unknown, l.RulesMore
	}
	return out, why
}

func isPlain(protocol string) bool { return protocol == "HTTP" }

func isTLS(protocol string) bool {
	return protocol == "HTTPS" || protocol == "TLS" || protocol == "SSL"
}

// hop is the first leg of a path through a listener.
func (r *run) hop(f front) string {
	how := "plain text"
	if isTLS(f.protocol) {
		how = "TLS"
	}
	return fmt.Sprintf("internet > %s %s (%s)", r.Label(f.b.ID), f.portText, how)
}

// openings are the rules and routes that let packets of the internet pass, as
// evidence.
func (r *run) openings(a reach.Answer) []finding.Evidence {
	var out []finding.Evidence
	for _, step := range a.Trail {
		for _, use := range step.Rules {
			if step.Passes.Sure.IsEmpty() || use.Place.IsZero() {
				continue // what stops or is not known, and defaults of AWS, open nothing that somebody wrote
			}
			if r.VPCEndpoint(use.ID) != nil && len(step.Rules) > 1 {
				continue // replies to a service of AWS take another way than those to people
			}
			out = append(out, because(use.Text, use.Place))
		}
	}
	return out
}
