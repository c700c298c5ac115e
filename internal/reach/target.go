package reach

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// targets are the entries to what is registered with a target group: tasks of
// bound workloads, and targets that are written.
func (v visit) targets(e Entry, g *topo.TargetGroup, c chain) []Entry {
	if kind, _ := g.TargetType.Get(); kind == "lambda" {
		return nil
	}
	e.TargetGroup = g.ID
	e.Backend = backendTLS(e.Client, g.Protocol)
	e.Preserves = fact.Is(g.PreserveClientIP, true)
	if v.balancer.Kind == topo.ApplicationBalancer {
		e.Preserves = fact.No
	}
	var out []Entry
	for _, w := range v.topo.BoundTo(g.ID) {
		if v.only != "" && w.ID != v.only {
			continue
		}
		for _, b := range w.Bindings {
			if b.TargetGroup == g.ID {
				out = append(out, v.bound(e, g, w, b, c.and(w.Exists, w.Why))...)
			}
		}
	}
	for _, t := range g.Targets {
		out = append(out, v.written(e, g, t, c)...)
	}
	if v.only == "" && g.TargetsMore != "" {
		out = append(out, v.legs(e, c.and(fact.Unknown, g.TargetsMore), netset.Bounds{}))
	}
	return out
}

// bound are the entries to the tasks of a workload: their own interface, or the
// hosts on which they may run.
func (v visit) bound(e Entry, g *topo.TargetGroup, w *topo.Workload, b topo.Binding, c chain) []Entry {
	e.Workload = w.ID
	if w.Endpoint != "" {
		e.Target = w.Endpoint
		e.TargetPorts = portOf(targetProtocol(v.listener, g), b.Port)
		return []Entry{v.healthy(e, g, c)}
	}
	var out []Entry
	for _, l := range w.Hosts.List {
		e := e
		e.Target = l.ID
		e.TargetPorts = v.hostSide(w, b, l.ID, targetProtocol(v.listener, g))
		out = append(out, v.healthy(e, g, c.and(l.Exists, l.Why)))
	}
	if w.Hosts.More != "" || len(out) == 0 {
		e.TargetPorts = v.hostSide(w, b, "", targetProtocol(v.listener, g))
		out = append(out, v.healthy(e, g, c.and(fact.Unknown, cmp.Or(w.Hosts.More, "where its tasks run is not known"))))
	}
	return out
}

// written is the entry to a target that is registered explicitly.
func (v visit) written(e Entry, g *topo.TargetGroup, t topo.Target, c chain) []Entry {
	e.Target = t.Endpoint
	if e.Target == "" && !t.Addrs.IsEmpty() {
		for i := range v.topo.Endpoints {
			if x := &v.topo.Endpoints[i]; x.Fixed.Covers(t.Addrs) && (g.VPC == "" || x.VPC == g.VPC) {
				e.Target = x.ID
				break
			}
		}
	}
	if x := v.topo.Endpoint(e.Target); x != nil && v.topo.Workload(x.Owner) != nil {
		e.Workload = x.Owner
	} else if v.topo.Workload(e.Target) != nil {
		e.Workload = e.Target
	}
	inner := v.topo.LoadBalancer(e.Target)
	if v.only != "" && e.Workload != v.only && inner == nil {
		return nil
	}
	port := t.Port
	if p, ok := port.Get(); ok && p == 0 {
		port = g.Port
	}
	e.TargetPorts = portOf(targetProtocol(v.listener, g), port)
	if v.only != "" && inner != nil {
		return v.through(v.healthy(e, g, c), inner)
	}
	if e.Target == "" {
		c = c.and(fact.Unknown, cmp.Or(t.Why, "the target "+hostsName(t.Addrs)+" is no endpoint of the design"))
	}
	return []Entry{v.healthy(e, g, c)}
}

// through are the entries to a workload through this balancer and an Application
// Load Balancer that is its target. The clients' leg is that to this balancer,
// and must also get through to the inner one; if TLS is passed on, the inner one
// ends it.
func (v visit) through(outer Entry, inner *topo.LoadBalancer) []Entry {
	if v.balancer.Kind == topo.ApplicationBalancer || inner.Kind != topo.ApplicationBalancer {
		return nil // only a Network Load Balancer has such targets
	}
	var out []Entry
	for _, e := range v.entries(inner, v.only, v.clients) {
		if !e.FrontPorts.Maybe.Overlaps(outer.TargetPorts.Maybe) {
			continue
		}
		c := chain{outer.Exists, outer.Why}.and(e.Exists, e.Why)
		e.Exists, e.Why = c.exists, c.why
		e.Conditions = append([]string{"through " + v.topo.Label(inner.ID)}, e.Conditions...)
		e.Balancer, e.Listener, e.FrontPorts = outer.Balancer, outer.Listener, outer.FrontPorts
		if outer.Client != TLSPassthrough {
			e.Client = outer.Client
		}
		e.Front = outer.Front
		switch outer.Back.Packets.Any(outer.TargetPorts.Maybe) {
		case fact.No:
			e.Front.Packets, e.Front.Forward, e.Front.Trail = netset.Bounds{}, netset.Bounds{}, outer.Back.Trail
		case fact.Unknown:
			e.Front.Packets, e.Front.Forward = netset.AtMost(e.Front.Packets.Maybe), netset.AtMost(e.Front.Forward.Maybe)
			e.Front.Gaps = distinct(append(slices.Clone(e.Front.Gaps), outer.Back.Gaps...))
		}
		out = append(out, e)
	}
	return out
}

// targetProtocol is the protocol of a target group, or of the listener if that
// is not known.
func targetProtocol(l *topo.Listener, g *topo.TargetGroup) fact.Fact[topo.Protocol] {
	if g.Protocol.IsKnown() {
		return g.Protocol
	}
	return l.Protocol
}

// healthy adds the health check of a target group and completes the entry.
func (v visit) healthy(e Entry, g *topo.TargetGroup, c chain) Entry {
	h := g.Health
	if fact.Is(h.Enabled, false) == fact.Yes {
		return v.legs(e, c, netset.Bounds{})
	}
	// Checks are TCP connections, also of UDP targets.
	var on netset.Bounds
	port, known := h.Port.Get()
	switch {
	case known && port == 0:
		on = netset.Bounds{Sure: tcpAt(e.TargetPorts.Sure), Maybe: tcpAt(e.TargetPorts.Maybe)}
	case known:
		on = portOf(fact.Default("TCP"), h.Port)
	default:
		on = netset.AtMost(netset.TCP(1, 65535))
	}
	if !e.TargetPorts.Sure.Covers(on.Maybe) {
		e.HealthPorts = on
	}
	return v.legs(e, c, on)
}

// tcpAt is TCP to the ports of a set of TCP and UDP packets.
func tcpAt(p netset.Ports) netset.Ports {
	out := p.TCPOnly()
	for lo, hi := range p.Proto(netset.ProtoUDP).Intervals() {
		out = out.Union(netset.TCP(uint16(lo), uint16(hi)))
	}
	return out
}

// hostSide is where a container port is on its host: there in host mode, where
// the port mapping says in bridge mode.
func (n *Network) hostSide(w *topo.Workload, b topo.Binding, host ref.ID, protocol fact.Fact[topo.Protocol]) netset.Bounds {
	mode, known := w.Mode.Get()
	if known && mode == topo.ModeHost {
		return portOf(protocol, b.Port)
	}
	anything, _ := transportOf(protocol, 1, 65535)
	d := n.topo.TaskDefinition(w.Definition)
	port, ok := b.Port.Get()
	if !known || mode != topo.ModeBridge && mode != topo.ModeNAT || d == nil || !ok {
		return netset.AtMost(anything)
	}
	for _, c := range d.Containers {
		if b.Container != "" && c.Name != b.Container {
			continue
		}
		for _, m := range c.Ports {
			first, ok := m.Container.Get()
			last := m.ContainerTo.Or(first)
			if !ok || port < first || port > max(first, last) {
				continue
			}
			at, ok := m.Host.Get()
			switch {
			case !ok:
				return netset.AtMost(anything)
			case at == 0 || last > first:
				return n.dynamic(w, host, protocol)
			}
			return portOf(protocol, fact.Default(at))
		}
	}
	return netset.AtMost(anything)
}

// dynamic is the range from which host ports are taken (AWS PortMapping,
// hostPort): the agent's setting, else the ephemeral range of the kernel.
func (n *Network) dynamic(w *topo.Workload, host ref.ID, protocol fact.Fact[topo.Protocol]) netset.Bounds {
	c, sure := n.taskPorts(w), true
	h := n.topo.Host(host)
	if h == nil {
		sure = false
		c = ephemeral{min(c.from, eitherPorts.from), max(c.to, eitherPorts.to)}
	} else {
		set := h.UserData.Agent.Get("ECS_DYNAMIC_HOST_PORT_RANGE")
		from, to, isRange := strings.Cut(set.Value, "-")
		lo, err1 := strconv.ParseUint(strings.TrimSpace(from), 10, 16)
		hi, err2 := strconv.ParseUint(strings.TrimSpace(to), 10, 16)
		switch {
		case set.Known && set.Set && isRange && err1 == nil && err2 == nil && lo <= hi && lo > 0:
			c = ephemeral{uint16(lo), uint16(hi)}
		case set.Known && !set.Set:
			if c == eitherPorts {
				c, sure = n.hostPorts(host), n.hostPorts(host) != eitherPorts
			}
		default:
			// The setting is not known, or the agent ignores it.
			c, sure = eitherPorts, false
		}
	}
	set, known := transportOf(protocol, c.from, c.to)
	if known && sure {
		return netset.Exactly(set)
	}
	return netset.AtMost(set)
}

// classic are the entries of a listener of a classic load balancer.
func (v visit) classic(e Entry, c chain) []Entry {
	l := v.listener
	e.Backend, e.Preserves = backendTLS(e.Client, l.InstanceProtocol), fact.No
	ports := portOf(fact.Default("TCP"), l.InstancePort)
	var out []Entry
	add := func(target ref.ID, c chain) {
		e := e
		e.Target, e.TargetPorts = target, ports
		if target == "" {
			c = c.and(fact.Unknown, "where its tasks run is not known")
		}
		out = append(out, v.legs(e, c, ports))
	}
	for _, w := range v.topo.BoundTo(v.balancer.ID) {
		if v.only != "" && w.ID != v.only {
			continue
		}
		e.Workload = w.ID
		c := c.and(w.Exists, w.Why)
		if w.Endpoint != "" {
			add(w.Endpoint, c)
			continue
		}
		for _, h := range w.Hosts.List {
			add(h.ID, c.and(h.Exists, h.Why))
		}
		if w.Hosts.More != "" || len(w.Hosts.List) == 0 {
			add("", c.and(fact.Unknown, w.Hosts.More))
		}
	}
	e.Workload = ""
	if g := v.topo.TargetGroup(v.balancer.ID); g != nil {
		for _, t := range g.Targets {
			out = append(out, v.instances(e, g, t, ports, c)...)
		}
	}
	return out
}

// instances are the entries to an instance that is registered with a classic
// load balancer.
func (v visit) instances(e Entry, g *topo.TargetGroup, t topo.Target, ports netset.Bounds, c chain) []Entry {
	if v.only != "" {
		return nil
	}
	e.Target, e.TargetPorts, e.TargetGroup = t.Endpoint, ports, ""
	if t.Endpoint == "" {
		c = c.and(fact.Unknown, t.Why)
	}
	return []Entry{v.healthy(e, g, c)}
}
