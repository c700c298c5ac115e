package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// bound is one target group or classic load balancer with which the tasks of a
// workload register.
type bound struct {
	binding  topo.Binding
	kind     topo.BalancerKind // of the balancer, else what the target group's protocol tells
	balancer *topo.LoadBalancer
	group    *topo.TargetGroup // nil for classic load balancers
}

// boundOf lists them, one for each load balancer that forwards to a group.
func (r *run) boundOf(w *topo.Workload) []bound {
	var out []bound
	for _, b := range w.Bindings {
		if lb := r.LoadBalancer(b.Classic); lb != nil {
			out = append(out, bound{binding: b, kind: cmp.Or(lb.Kind, topo.ClassicBalancer), balancer: lb})
			continue
		}
		g := r.TargetGroup(b.TargetGroup)
		kind := topo.BalancerUnknown
		if g != nil {
			kind = kindFor(g.Protocol.Or(""))
		}
		found := false
		for _, id := range r.forwardsTo(b.TargetGroup) {
			if lb := r.LoadBalancer(id); lb != nil {
				found = true
				out = append(out, bound{binding: b, kind: cmp.Or(lb.Kind, kind), balancer: lb, group: g})
			}
		}
		if !found {
			out = append(out, bound{binding: b, kind: kind, group: g})
		}
	}
	return out
}

// kindFor is the kind of load balancer that has target groups of a protocol.
func kindFor(protocol topo.Protocol) topo.BalancerKind {
	switch strings.ToUpper(protocol) {
	case "HTTP", "HTTPS":
		return topo.ApplicationBalancer
	case "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC":
		return topo.NetworkBalancer
	case "GENEVE":
		return topo.GatewayBalancer
	}
	return topo.BalancerUnknown
}

// forwardsTo are the load balancers with an action that names a target group,
// sorted.
func (r *run) forwardsTo(group ref.ID) []ref.ID {
	if group == "" {
		return nil
	}
	names := func(actions []topo.Action) bool {
		return slices.ContainsFunc(actions, func(a topo.Action) bool {
			return slices.ContainsFunc(a.Targets, func(t topo.WeightedTarget) bool { return t.Group == group })
		})
	}
	var out []ref.ID
	for _, l := range r.Listeners {
		if names(l.Default) || slices.ContainsFunc(l.Rules, func(rule topo.ListenerRule) bool { return names(rule.Actions) }) {
			out = append(out, l.Balancer)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mayForward are the load balancers that may forward to a target group by what
// is not known about their listeners, with what that is.
func (r *run) mayForward(b topo.Binding) map[ref.ID]string {
	out := map[ref.ID]string{}
	if b.TargetGroup == "" && b.Why == "" {
		return out
	}
	doubt := func(id ref.ID, why string) { out[id] = cmp.Or(out[id], why) }
	look := func(id ref.ID, actions []topo.Action) {
		for _, a := range actions {
			if a.Kind == topo.ActionUnknown {
				doubt(id, orUnknown(a.Why))
			}
			for _, t := range a.Targets {
				if t.Group == "" {
					doubt(id, orUnknown(t.Why))
				}
			}
		}
	}
	for i := range r.LoadBalancers {
		lb := &r.LoadBalancers[i]
		if lb.ListenersMore != "" {
			doubt(lb.ID, lb.ListenersMore)
		}
		if b.Why != "" {
			doubt(lb.ID, b.Why)
		}
	}
	for _, l := range r.Listeners {
		if l.RulesMore != "" {
			doubt(l.Balancer, l.RulesMore)
		}
		look(l.Balancer, l.Default)
		for _, rule := range l.Rules {
			look(l.Balancer, rule.Actions)
		}
	}
	return out
}

// behind is whether a workload is behind a load balancer of some kinds, and why
// not if that is unknown.
func behind(w *topo.Workload, list []bound, kinds ...topo.BalancerKind) (fact.Tri, finding.Evidence) {
	out, why := fact.No, finding.Evidence{}
	for _, b := range list {
		switch {
		case slices.Contains(kinds, b.kind):
			return fact.Yes, finding.Evidence{}
		case b.kind == topo.BalancerUnknown:
			out = fact.Unknown
			why = because("kind of the load balancer: "+cmp.Or(b.binding.Why, "neither a listener nor the protocol of the target group tells"), b.binding.Place)
		}
	}
	if w.BindingsMore != "" && out == fact.No {
		return fact.Unknown, because("load balancers of "+w.Name+": "+w.BindingsMore, w.Place)
	}
	return out, why
}

// taskPorts are the ports of a workload on an interface of its endpointsOf. In
// awsvpc mode the interface is the task's own, so every port counts.
func (r *run) taskPorts(w *topo.Workload) (netset.Ports, string) {
	if w.Endpoint != "" {
		return talk(), ""
	}
	d := r.TaskDefinition(w.Definition)
	mode, known := w.Mode.Get()
	switch {
	case d == nil:
		return netset.NoPorts(), "its task definition is not in the design"
	case !known:
		return netset.NoPorts(), "the network mode is not known: " + orUnknown(w.Mode.Why)
	case d.ContainersMore != "":
		return netset.NoPorts(), d.ContainersMore
	}
	out, mapped := netset.NoPorts(), false
	for _, c := range d.Containers {
		if mapped = mapped || len(c.Ports) > 0; c.PortsMore != "" {
			return netset.NoPorts(), c.PortsMore
		}
		for _, p := range c.Ports {
			port, ok := p.Host.Get()
			from, to := port, port
			if mode == topo.ModeHost {
				from, ok = p.Container.Get()
				to = p.ContainerTo.Or(from)
			} else if ok && port == 0 {
				// AWS "PortMapping": the ephemeral range of the kernel, or
				// 49153-65535 where that cannot be read.
				from, to = 32768, 65535
			}
			if !ok || from < 0 || to > 65535 {
				return netset.NoPorts(), "a port mapping of container " + c.Name + " is not known"
			}
			if strings.EqualFold(p.Protocol, "udp") {
				out = out.Union(netset.UDP(uint16(from), uint16(to)))
			} else {
				out = out.Union(netset.TCP(uint16(from), uint16(to)))
			}
		}
	}
	if mode == topo.ModeHost && !mapped {
		return netset.NoPorts(), "it maps none, and in host mode containers need not"
	}
	return out, ""
}

// sourcesOfTask are the sources of a workload on all its interfaces, without
// the given load balancers and declared flows.
func (r *run) sourcesOfTask(w *topo.Workload, list []bound) sources {
	perhaps := map[ref.ID]string{}
	for _, b := range w.Bindings {
		maps.Copy(perhaps, r.mayForward(b))
	}
	expected := func(id ref.ID) (fact.Tri, string) {
		if slices.ContainsFunc(list, func(b bound) bool { return b.balancer != nil && b.balancer.ID == id }) {
			return fact.Yes, ""
		}
		if why, ok := perhaps[id]; ok {
			return fact.Unknown, fmt.Sprintf("whether %s forwards to %s: %s", r.Label(id), w.Name, why)
		}
		return fact.No, ""
	}
	var all sources
	ports, why := r.taskPorts(w)
	if why != "" {
		all.gaps = append(all.gaps, because("ports of "+w.Name+": "+why, w.Place))
	}
	ids := r.endpointsOf(w)
	if len(ids) == 0 {
		all.gaps = append(all.gaps, whereRuns(w))
	}
	for _, id := range ids {
		one := r.sourcesOf(id, ports, expected)
		for _, s := range one.list {
			all.merge(s)
		}
		all.gaps, all.perhaps = append(all.gaps, one.gaps...), append(all.perhaps, one.perhaps...)
		all.self = all.self.Union(one.self)
		all.intended = distinct(append(all.intended, one.intended...))
	}
	return r.withoutDeclared(all, intent.Peer{ID: w.ID, Name: w.Name})
}

// judgeSGFromALB judges every workload (AWS "Network security best practices
// for Amazon ECS", and "Security groups for your Application Load Balancer").
// Classic load balancers count as well: they have groups in the same way.
func judgeSGFromALB(r *run) {
	r.behindEach("an Application Load Balancer", "Behind one, only its security group should be admitted.", r.onlyFromALB,
		topo.ApplicationBalancer, topo.ClassicBalancer)
}

// behindEach judges every workload behind load balancers of some kinds; asks is
// what is asked of it there.
func (r *run) behindEach(what, asks string, judge func(*topo.Workload, []bound) finding.Finding, kinds ...topo.BalancerKind) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		list := r.boundOf(w)
		switch is, why := behind(w, list, kinds...); {
		case is == fact.No:
			r.notApplicable(w.Thing, w.Name+" is not behind "+what, "Who may reach it is the subject of other recommendations.")
		case isExternal(w):
			r.notApplicable(w.Thing, w.Name+" runs outside AWS", "External instances have no security groups.")
		case is == fact.Unknown:
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium,
				Title: "it is not known whether " + w.Name + " is behind " + what, Message: asks, Gaps: []finding.Evidence{why}})
		default:
			r.add(w.Thing, judge(w, list))
		}
	}
}

func isExternal(w *topo.Workload) bool {
	l, known := w.Launch.Get()
	return known && l == topo.LaunchExternal
}

func (r *run) onlyFromALB(w *topo.Workload, list []bound) finding.Finding {
	all := r.sourcesOfTask(w, list)
	left := r.withoutNLBRanges(all.list, list)
	note := r.sharedNote(w, all)
	if len(left) > 0 {
		var ws []weighed
		for _, s := range left {
			severity, why := r.weighTaskSource(w, s)
			ws = append(ws, weighed{s, severity, why})
		}
		f := finding.Finding{Title: r.albTitle(w, ws), Fix: r.albFix(ws, list), Changes: r.onlyBalancer(w, list, left, all)}
		r.counterExamples(&f, ws, r.Label(w.ID), r.Selector(w.ID), r.endpointsOf(w))
		f.Message = "Whoever gets past the load balancer also gets past its TLS, its rules and its logs." + note
		return f
	}
	if gaps := all.open(); len(gaps) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium,
			Title:   "it is not known whether only its load balancer reaches " + w.Name,
			Message: "Nothing in the design surely reaches it past the load balancer, but what is missing may." + note, Gaps: gaps}
	}
	f := finding.Finding{Verdict: finding.Follows, Title: "only its load balancer reaches " + w.Name,
		Message: "No rule admits another source that could get there." + note, Evidence: append(all.intended, all.declared...)}
	if len(all.declared) > 0 {
		f.Title, f.Message = "only its load balancer and declared flows reach "+w.Name, "Every other source that is admitted is declared in muralla.yaml."+note
	}
	return f
}

// sharedNote says what holds for the sources of a task beside the verdict.
func (r *run) sharedNote(w *topo.Workload, all sources) string {
	switch {
	case w.Endpoint == "":
		return " In its network mode the security groups of the hosts filter, and tasks of one host cannot be told apart."
	case !all.self.IsEmpty():
		return fmt.Sprintf(" Tasks of %s also reach each other on %s.", w.Name, portsText(all.self))
	}
	return ""
}

// weighTaskSource is the severity of a source of a task that is not its load
// balancer.
func (r *run) weighTaskSource(w *topo.Workload, s source) (finding.Severity, string) {
	severity, why := finding.Medium, s.name+" is no part of the way through the load balancer"
	switch {
	case s.isRange() && s.internet() >= wide && r.openTo(s.to).Overlaps(s.ports):
		severity, why = finding.Critical, "the internet reaches "+w.Name+" past its load balancer"
	case s.isRange() && s.internet() >= wide:
		severity, why = finding.High, r.keptOut(s)
	case s.isRange():
		why = "whatever has an address in " + s.name + " is admitted"
	case s.kind == topo.HostEndpoint && !r.openTo(s.endpoint).IsEmpty():
		severity, why = finding.High, "the internet reaches "+s.name+", and from there "+w.Name
	case r.Workload(s.id) != nil:
		return r.severityOf(w, finding.Low)
	}
	return r.raised(w.ID, w.Name, severity, why)
}

// raised is a severity with one more if the user declared the thing sensitive.
func (r *run) raised(id ref.ID, name string, s finding.Severity, why string) (finding.Severity, string) {
	if declared := r.intent.Sensitivity(id, name); declared >= sensitive {
		return min(s+1, finding.Critical), why + ", and " + name + " is declared " + declared.String()
	}
	return s, why
}

// albTitle says the worst of it in one line.
func (r *run) albTitle(w *topo.Workload, ws []weighed) string {
	worstFirst(ws)
	others := make([]string, 0, len(ws))
	for _, s := range ws {
		if r.Workload(s.id) != nil {
			others = append(others, r.Workload(s.id).Name)
		}
	}
	switch {
	case len(others) == len(ws) && len(ws) <= 3:
		return w.Name + " can also be reached by " + strings.Join(others, ", ")
	case ws[0].isRange() && ws[0].internet() >= wide:
		return w.Name + " admits the internet, not only its load balancer"
	case ws[0].isRange():
		return w.Name + " admits " + ws[0].name + ", not only its load balancer"
	}
	return w.Name + " can be reached by more than its load balancer"
}

// albFix says what to change.
func (r *run) albFix(ws []weighed, list []bound) string {
	var own []ref.ID // groups of its load balancers
	for _, b := range list {
		if b.balancer == nil {
			continue
		}
		if e := r.Endpoint(b.balancer.ID); e != nil {
			for _, g := range e.Groups.List {
				own = append(own, g.ID)
			}
		}
	}
	slices.Sort(own)
	ranges, shared, other := false, "", false
	for _, s := range ws {
		switch {
		case s.isRange():
			ranges = true
		case slices.Contains(own, s.group):
			shared = fmt.Sprintf("Give %s a security group of its own, so that only the load balancer holds %s.", s.name, r.Label(s.group))
		default:
			other = true
		}
	}
	// A group that something else holds too is no better than the range.
	only := slices.IndexFunc(own, func(id ref.ID) bool {
		return !slices.ContainsFunc(r.Holders(id), func(e *topo.Endpoint) bool { return e.Kind != topo.BalancerEndpoint })
	})
	var out []string
	if ranges && only >= 0 {
		out = append(out, fmt.Sprintf("Replace the address range by the security group of the load balancer (%s) as the source of the rule.", r.Label(own[only])))
	} else if ranges && len(own) > 0 {
		out = append(out, "Give the load balancer a security group of its own, and make it the source of the rule in place of the address range.")
	} else if ranges {
		out = append(out, "Replace the address range by the security group of the load balancer as the source of the rule.")
	}
	if shared != "" {
		out = append(out, shared)
	}
	if other {
		out = append(out, "Remove the rule, or name the flow in muralla.yaml under flows.")
	}
	return strings.Join(out, " ")
}
