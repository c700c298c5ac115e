package reach

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Entries are the ways from clients with the given addresses through load
// balancers to a workload: by balancer, listener, rule and target.
func (n *Network) Entries(workload ref.ID, clients netset.Addrs) []Entry {
	return n.EntriesFrom(workload, Outside(clients))
}

// EntriesFrom are the ways from one party through load balancers to a workload.
// An endpoint connects to the private addresses of an internal load balancer; to
// an internet-facing one it goes out to the internet and comes in from there.
func (n *Network) EntriesFrom(workload ref.ID, clients Party) []Entry {
	if n.topo.Workload(workload) == nil {
		return nil
	}
	var out []Entry
	for i := range n.topo.LoadBalancers {
		out = append(out, n.entries(&n.topo.LoadBalancers[i], workload, clients)...)
	}
	return out
}

// EntriesTo are the ways through one load balancer to one workload, from the
// internet.
func (n *Network) EntriesTo(balancer, workload ref.ID) []Entry {
	b := n.topo.LoadBalancer(balancer)
	if b == nil || n.topo.Workload(workload) == nil {
		return nil
	}
	return n.entries(b, workload, Outside(netset.Internet()))
}

// EntriesOf are the ways from clients through one load balancer to all its
// targets. Listeners and rules that surely forward nothing have none.
func (n *Network) EntriesOf(balancer ref.ID, clients netset.Addrs) []Entry {
	b := n.topo.LoadBalancer(balancer)
	if b == nil {
		return nil
	}
	return n.entries(b, "", Outside(clients))
}

// chain is what leads to a target, with the reasons why it may not.
type chain struct {
	exists fact.Tri
	why    string
}

func (c chain) and(t fact.Tri, why string) chain {
	if t == fact.Yes {
		return c
	}
	return chain{c.exists.And(t), cmp.Or(c.why, why, "it may not exist")}
}

// entries are the ways through a balancer, to one workload if it is named.
func (n *Network) entries(b *topo.LoadBalancer, only ref.ID, clients Party) []Entry {
	var out []Entry
	for _, l := range n.topo.ListenersOf(b.ID) {
		e := Entry{Balancer: b.ID, Listener: l.ID, FrontPorts: listenPorts(b, l), Client: clientTLS(l.Protocol)}
		c := chain{exists: fact.Yes}.and(b.Exists, b.Why).and(l.Exists, l.Why)
		v := visit{Network: n, balancer: b, listener: l, only: only, clients: clients, plain: &Answer{}}
		if b.Kind == topo.ClassicBalancer {
			out = append(out, v.classic(e, c)...)
			continue
		}
		for i := range l.Rules {
			r := &l.Rules[i]
			e := e
			e.Rule, e.Conditions = r.ID, r.Conditions
			v.source = r.SourceIP
			out = append(out, v.actions(e, r.Actions, c.and(r.Exists, r.Why))...)
		}
		v.source = nil
		if l.RulesMore != "" {
			out = append(out, v.somewhere(e, chain{fact.Unknown, l.RulesMore})...)
		}
		out = append(out, v.actions(e, l.Default, c)...)
	}
	return out
}

// visit walks the targets of one listener.
type visit struct {
	*Network
	balancer *topo.LoadBalancer
	listener *topo.Listener
	only     ref.ID // workload, empty for all targets
	clients  Party
	source   []topo.Block // source-ip condition of the rule
	plain    *Answer      // the front without such a condition, once it is known
}

func (v visit) actions(e Entry, actions []topo.Action, c chain) []Entry {
	var out []Entry
	for _, a := range actions {
		c := c.and(a.Exists, a.Why)
		switch a.Kind {
		case topo.ActionUnknown:
			out = append(out, v.somewhere(e, chain{fact.Unknown, cmp.Or(a.Why, c.why, "the action is not known")})...)
		case topo.ActionForward:
			for _, t := range a.Targets {
				c := c
				if w, ok := t.Weight.Get(); ok && w == 0 {
					c = c.and(fact.Unknown, "weight 0")
				} else if !ok {
					c = c.and(fact.Unknown, cmp.Or(t.Weight.Why, "the weight is not known"))
				}
				g := v.topo.TargetGroup(t.Group)
				if g == nil {
					e := e
					e.TargetGroup = t.Group
					out = append(out, v.somewhere(e, chain{fact.Unknown, cmp.Or(t.Why, "the target group is not known")})...)
					continue
				}
				out = append(out, v.targets(e, g, c.and(g.Exists, g.Why))...)
			}
		}
	}
	return out
}

// somewhere is the entry of an action whose target is not known. It is one of a
// workload only if the workload's target group has no other balancer.
func (v visit) somewhere(e Entry, c chain) []Entry {
	e.Exists, e.Why = c.exists, c.why
	if v.only == "" {
		e.Front = v.front(e)
		e.Back = unknownAnswer(At(e.Balancer), Party{}, netset.Ports{}, c.why, e.place(v.Network))
		return []Entry{e}
	}
	var out []Entry
	for _, b := range v.topo.Workload(v.only).Bindings {
		g := v.topo.TargetGroup(b.TargetGroup)
		if g == nil || e.TargetGroup != "" && e.TargetGroup != g.ID || v.usedElsewhere(g.ID) {
			continue
		}
		out = append(out, v.targets(e, g, c)...)
	}
	return out
}

func (e Entry) place(n *Network) ref.Place {
	if l := n.topo.Listener(e.Listener); l != nil {
		return l.Place
	}
	return ref.Place{}
}

// usedElsewhere reports whether a listener of another balancer forwards to a
// target group: a group has one balancer only.
func (v visit) usedElsewhere(group ref.ID) bool {
	for i := range v.topo.Listeners {
		l := &v.topo.Listeners[i]
		if l.Balancer == v.balancer.ID {
			continue
		}
		lists := [][]topo.Action{l.Default}
		for _, r := range l.Rules {
			lists = append(lists, r.Actions)
		}
		for _, a := range slices.Concat(lists...) {
			if slices.ContainsFunc(a.Targets, func(t topo.WeightedTarget) bool { return t.Group == group }) {
				return true
			}
		}
	}
	return false
}

// sourceDoubt says why it is unknown which clients a source-ip condition means.
func (v visit) sourceDoubt() string {
	for i := range v.source {
		if _, why := v.atMost(&v.source[i]); why != "" {
			return "source-ip condition: " + why
		}
	}
	return ""
}

// legs completes an entry whose target, ports and chain are known.
func (v visit) legs(e Entry, c chain, health netset.Bounds) Entry {
	if why := v.sourceDoubt(); why != "" {
		c = c.and(fact.Unknown, why)
	} else if why := v.insideDoubt(); why != "" {
		c = c.and(fact.Unknown, why)
	}
	e.Exists, e.Why = c.exists, c.why
	e.Front = v.front(e)
	from, to := At(e.Balancer), At(e.Target)
	if e.Target == "" {
		why := cmp.Or(c.why, "the target is not known")
		e.Back = unknownAnswer(from, Party{}, e.TargetPorts.Maybe, why, e.place(v.Network))
		e.Health = unknownAnswer(from, Party{}, health.Maybe, why, e.place(v.Network))
		return e
	}
	e.Back = v.back(e, from, to)
	e.Back.Packets, e.Back.Forward = e.Back.Packets.And(e.TargetPorts), e.Back.Forward.And(e.TargetPorts)
	if !health.Maybe.IsEmpty() {
		e.Health = v.Connect(from, to, health.Maybe)
		e.Health.Packets, e.Health.Forward = e.Health.Packets.And(health), e.Health.Forward.And(health)
	}
	return e
}

func unknownAnswer(from, to Party, asked netset.Ports, why string, at ref.Place) Answer {
	return Answer{From: from, To: to, Packets: netset.AtMost(asked), Forward: netset.AtMost(asked),
		Gaps: []finding.Evidence{{Text: why, Place: at}}}
}

// listenPorts is the port and protocols of a listener.
func listenPorts(b *topo.LoadBalancer, l *topo.Listener) netset.Bounds {
	protocol := l.Protocol
	if !protocol.IsKnown() && b.Kind != topo.NetworkBalancer && b.Kind != topo.BalancerUnknown {
		protocol = fact.Default("TCP")
	}
	return portOf(protocol, l.Port)
}

// portOf is a port with the protocols of a listener or target group.
func portOf(protocol fact.Fact[topo.Protocol], port fact.Fact[int]) netset.Bounds {
	from, to := uint16(1), uint16(65535)
	p, known := port.Get()
	if known {
		if p < 1 || p > 65535 {
			return netset.AtMost(netset.TCP(from, to))
		}
		from, to = uint16(p), uint16(p)
	}
	set, sure := transportOf(protocol, from, to)
	if known && sure {
		return netset.Exactly(set)
	}
	return netset.AtMost(set)
}

// transportOf is the packets of a protocol of a load balancer to a port range,
// and whether the protocol is known.
func transportOf(protocol fact.Fact[topo.Protocol], from, to uint16) (netset.Ports, bool) {
	both := netset.TCP(from, to).Union(netset.UDP(from, to))
	name, known := protocol.Get()
	switch strings.ToUpper(name) {
	case "HTTP", "HTTPS", "TCP", "TLS", "SSL":
		return netset.TCP(from, to), true
	case "UDP", "QUIC", "GENEVE":
		return netset.UDP(from, to), true
	case "TCP_UDP", "TCP_QUIC":
		return both, known
	}
	return both, false
}

// clientTLS is the state of the leg to a listener.
func clientTLS(protocol fact.Fact[topo.Protocol]) TLS {
	switch strings.ToUpper(protocol.Or("")) {
	case "HTTPS", "TLS", "SSL":
		return TLSEncrypted
	case "HTTP":
		return TLSNone
	case "TCP", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC":
		return TLSPassthrough
	}
	return TLSUnknown
}

// backendTLS is the state of the leg to a target. A balancer that ended TLS at
// the listener speaks plain text to a TCP target.
func backendTLS(client TLS, protocol fact.Fact[topo.Protocol]) TLS {
	back := clientTLS(protocol)
	if back != TLSPassthrough {
		return back
	}
	switch client {
	case TLSEncrypted:
		return TLSNone
	case TLSPassthrough:
		return TLSPassthrough
	}
	return TLSUnknown
}
