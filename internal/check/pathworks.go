package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgePathWorks judges every workload behind a load balancer, and every flow
// that muralla.yaml declares: does the wall let through what it must?
func judgePathWorks(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Kind == topo.StandaloneWorkload {
			continue
		}
		if f, ok := r.delivery(w); ok {
			r.add(w.Thing, f)
		}
	}
	for i := range r.intent.Flows {
		r.declared(&r.intent.Flows[i])
	}
}

// leg is one connection that an entry needs.
type leg struct {
	what   string // "traffic", "health checks"
	asked  netset.Bounds
	answer reach.Answer
	entry  reach.Entry
}

// works is whether the leg carries what it must: Yes if all asked packets
// surely pass, No if none can.
func (l leg) works() fact.Tri {
	need := l.asked.Sure
	if need.IsEmpty() {
		need = l.asked.Maybe
	}
	dynamic := need.Size() > 1
	switch {
	case need.IsEmpty():
		return fact.Unknown
	case l.answer.Packets.Sure.Covers(need):
		return fact.Yes
	case !l.answer.Packets.Maybe.Overlaps(need):
		return fact.No
	case dynamic && !l.answer.Packets.Maybe.Covers(need) && l.asked.IsExact():
		return fact.No // a task may be given a port that is shut
	case l.byChance():
		return fact.No
	}
	return fact.Unknown
}

// byChance is whether all is known, and connections still fail now and then.
func (l leg) byChance() bool { return !l.answer.Chance.IsZero() && l.asked.IsExact() }

func (r *run) delivery(w *topo.Workload) (finding.Finding, bool) {
	entries := r.entries(w.ID)
	if len(entries) == 0 {
		if len(w.Bindings) == 0 {
			return finding.Finding{Verdict: finding.NotApplicable, Title: w.Name + " has no load balancer", Message: "No path to it is intended by the design."}, w.BindingsMore == ""
		}
		f := finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "no listener is known that forwards to " + w.Name,
			Message: "The service registers with a target group, but the design does not show a listener that uses it."}
		for _, b := range w.Bindings {
			by := r.forwarders(b.TargetGroup)
			for _, l := range by {
				f.Title = "it is not known whether the load balancer reaches " + w.Name
				f.Message = "A listener forwards to it, but the design does not tell which load balancer the listener belongs to."
				f.Gaps = append(f.Gaps, because("the load balancer of "+r.Label(l.ID)+": the design does not show it", l.Place))
			}
			if len(by) == 0 {
				f.Gaps = append(f.Gaps, because("listener of "+r.bindingName(b), b.Place))
			}
		}
		f.Gaps = distinct(f.Gaps)
		return f, true
	}
	var broken, unsure []leg
	ok := 0
	for _, e := range entries {
		for _, l := range r.legsOf(e) {
			switch l.works() {
			case fact.Yes:
				ok++
			case fact.No:
				if e.Exists == fact.Yes {
					broken = append(broken, l)
				} else {
					unsure = append(unsure, l)
				}
			default:
				unsure = append(unsure, l)
			}
		}
	}
	switch {
	case len(broken) > 0:
		return r.brokenPath(w, broken), true
	case len(unsure) > 0:
		f := finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium,
			Title:   "it is not known whether the load balancer reaches " + w.Name,
			Message: "Some facts that decide are not in the design."}
		for _, l := range unsure {
			f.Path = append(f.Path, r.legText(w, l))
			f.Gaps = append(f.Gaps, l.answer.Gaps...)
			if l.entry.Exists != fact.Yes {
				f.Gaps = append(f.Gaps, because(orUnknown(l.entry.Why), w.Place))
			}
		}
		f.Gaps = distinct(f.Gaps)
		f.Path = distinctText(f.Path)
		if len(f.Gaps) == 0 {
			what := "whether packets of the load balancer arrive"
			if _, why := r.taskPorts(w); why != "" {
				what = "ports of " + w.Name + ": " + why
			}
			f.Gaps = append(f.Gaps, because(what, w.Place))
		}
		return f, true
	case ok == 0:
		return finding.Finding{}, false
	}
	if f, all := r.everySubnet(w, entries); !all {
		return f, true
	}
	f := finding.Finding{Verdict: finding.Follows, Title: "the load balancer reaches " + w.Name, Message: "Traffic and health checks pass every gate, and replies pass back."}
	for _, e := range entries {
		for _, l := range r.legsOf(e) {
			f.Path = append(f.Path, r.legText(w, l))
		}
	}
	f.Path = distinctText(f.Path)
	return f, true
}

// forwarders are the listeners that forward to a target group.
func (r *run) forwarders(group ref.ID) []*topo.Listener {
	forwards := func(actions []topo.Action) bool {
		return slices.ContainsFunc(actions, func(a topo.Action) bool {
			return slices.ContainsFunc(a.Targets, func(t topo.WeightedTarget) bool { return group != "" && t.Group == group })
		})
	}
	var out []*topo.Listener
	for i := range r.Listeners {
		l := &r.Listeners[i]
		if forwards(l.Default) || slices.ContainsFunc(l.Rules, func(rule topo.ListenerRule) bool { return forwards(rule.Actions) }) {
			out = append(out, l)
		}
	}
	return out
}

func (r *run) bindingName(b topo.Binding) string {
	switch {
	case b.TargetGroup != "":
		return r.Label(b.TargetGroup)
	case b.Classic != "":
		return r.Label(b.Classic)
	}
	return "a load balancer (" + orUnknown(b.Why) + ")"
}

// legsOf are the connections behind the load balancer.
func (r *run) legsOf(e reach.Entry) []leg {
	legs := []leg{{"traffic", e.TargetPorts, e.Back, e}}
	if !e.HealthPorts.Maybe.IsEmpty() {
		legs = append(legs, leg{"health checks", e.HealthPorts, e.Health, e})
	} else if e.Preserves == fact.Yes {
		legs = append(legs, leg{"health checks", e.TargetPorts, e.Health, e})
	}
	return legs
}

func (r *run) legText(w *topo.Workload, l leg) string {
	from := r.Label(l.entry.Balancer)
	if l.what == "traffic" && l.entry.Preserves == fact.Yes {
		from = "clients, through " + from
	}
	return fmt.Sprintf("%s > %s %s (%s)", from, r.Label(w.ID), whichPorts(l.asked), l.what)
}

func (r *run) brokenPath(w *topo.Workload, broken []leg) finding.Finding {
	if !slices.ContainsFunc(broken, func(l leg) bool { return !l.byChance() }) {
		return r.flakyPath(w, broken)
	}
	broken = slices.DeleteFunc(slices.Clone(broken), leg.byChance)
	first := broken[0]
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.High, SeverityWhy: "the service cannot do its work",
		Title:   fmt.Sprintf("%s from %s cannot reach %s", first.what, r.Label(first.entry.Balancer), w.Name),
		Message: "The design intends this path, and its own rules stop it: clients get errors, or targets stay unhealthy.",
		Ask:     r.ask(fmt.Sprintf("%s -> %s", r.Selector(first.entry.Balancer), r.Selector(w.ID)))}
	gates := map[reach.GateKind]bool{}
	for _, l := range broken {
		f.Path = append(f.Path, r.legText(w, l)+" is stopped")
		need := l.asked.Sure
		if need.IsEmpty() {
			need = l.asked.Maybe
		}
		for _, step := range l.answer.Barriers(need) {
			if step.Passes.Maybe.Covers(need) {
				continue // what only may stop it is not what breaks it
			}
			gates[step.Gate] = true
			text := fmt.Sprintf("%s of %s", step.Gate, r.Label(step.At))
			if step.Why != "" {
				text += ": " + step.Why
			}
			f.Evidence = append(f.Evidence, because(text, r.placeOf(step.At)))
			for _, use := range step.Rules {
				f.Evidence = append(f.Evidence, because(use.Text, use.Place))
			}
			f.Facts = append(f.Facts, fmt.Sprintf("%s %s %s %s", l.entry.Balancer, need, l.what, step.Gate))
		}
		if l.entry.Preserves == fact.Yes && l.what == "traffic" && gates[reach.GateGroupIn] {
			f.Message += " The load balancer keeps client addresses, so the task's group must admit the clients themselves, or the load balancer's own group."
		}
	}
	f.Path, f.Evidence, f.Facts = distinctText(f.Path), distinct(f.Evidence), distinctText(f.Facts)
	f.Fix = r.opening(w, first, gates)
	return f
}

// flakyPath judges a path on which replies to some ports of clients are cut.
func (r *run) flakyPath(w *topo.Workload, legs []leg) finding.Finding {
	first := legs[0]
	cut := first.answer.Chance
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "connections fail by chance",
		Title: fmt.Sprintf("some replies of %s to %s are cut", w.Name, r.Label(first.entry.Balancer)),
		Message: fmt.Sprintf("Replies go to the port that the client of a connection takes, any of %s. Those to %s are stopped, so about %s.",
			cut.Of, cut.Cut, oneIn(cut.Share())),
		Fix:   fmt.Sprintf("Let the network ACLs pass replies to %s.", cut.Of),
		Facts: []string{"chance", cut.Cut.String()}}
	if cut.Share() < rare {
		f.Severity, f.SeverityWhy = finding.Low, "few connections fail"
	}
	for _, l := range legs {
		f.Path = append(f.Path, r.legText(w, l)+" fails by chance")
		for _, step := range l.answer.Trail {
			if !step.Chance.IsZero() {
				f.Evidence = append(f.Evidence, because(fmt.Sprintf("%s of %s: %s", step.Gate, r.Label(step.At), step.Why), r.placeOf(step.At)))
				for _, use := range step.Rules {
					f.Evidence = append(f.Evidence, because(use.Text, use.Place))
				}
			}
		}
	}
	f.Path, f.Evidence = distinctText(f.Path), distinct(f.Evidence)
	return f
}

// rare is the share of failing connections below which it hardly matters.
const rare = 0.01

// oneIn is a share as people say it.
func oneIn(share float64) string {
	if n := int(1/share + 0.5); n >= 2 {
		return fmt.Sprintf("one connection in %s fails", thousands(n))
	}
	return "most connections fail"
}

// opening says which change opens the path.
func (r *run) opening(w *topo.Workload, l leg, gates map[reach.GateKind]bool) string {
	var fixes []string
	if gates[reach.GateGroupIn] {
		from := "the group of " + r.Label(l.entry.Balancer)
		if e := r.Endpoint(l.entry.Balancer); e != nil && len(e.Groups.List) > 0 {
			from = r.Label(e.Groups.List[0].ID)
		}
		fixes = append(fixes, fmt.Sprintf("admit %s from %s in the group of %s", l.asked.Maybe, from, r.Label(l.entry.Target)))
	}
	if gates[reach.GateGroupOut] {
		fixes = append(fixes, fmt.Sprintf("let the group of %s send %s", r.Label(l.entry.Balancer), l.asked.Maybe))
	}
	if gates[reach.GateACLIn] || gates[reach.GateACLOut] || gates[reach.GateReplyACLIn] || gates[reach.GateReplyACLOut] {
		fixes = append(fixes, "let the network ACLs of both subnets pass the port, and the ports 1024-65535 for replies")
	}
	if gates[reach.GateRoute] || gates[reach.GateReplyRoute] {
		fixes = append(fixes, "add the missing route")
	}
	if len(fixes) == 0 {
		return "Open the gates that are named."
	}
	text := strings.Join(fixes, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

// declared judges one flow of muralla.yaml that is between endpoints.
func (r *run) declared(flow *intent.Flow) {
	if flow.To.Internet || flow.To.CIDR.IsValid() || flow.To.Glob.IsZero() {
		return // what leaves the design is not judged here
	}
	for i := range r.Endpoints {
		to := &r.Endpoints[i]
		if !flow.To.Glob.Match(to.ID, to.Name) || to.Kind == topo.FunctionEndpoint {
			continue
		}
		for _, from := range r.senders(flow.From) {
			if from.Endpoint == to.ID {
				continue
			}
			r.flow(flow, from, to)
		}
	}
}

// senders are the parties that one side of a declared flow names.
func (r *run) senders(side intent.Side) []reach.Party {
	switch {
	case side.Internet:
		return []reach.Party{reach.Outside(netset.Internet())}
	case side.CIDR.IsValid():
		return []reach.Party{reach.Outside(netset.Prefix(side.CIDR))}
	}
	var out []reach.Party
	for i := range r.Endpoints {
		if e := &r.Endpoints[i]; side.Glob.Match(e.ID, e.Name) {
			out = append(out, reach.At(e.ID))
		}
	}
	return out
}

func (r *run) flow(flow *intent.Flow, from reach.Party, to *topo.Endpoint) {
	name := flow.From.String()
	if from.Endpoint != "" {
		name = r.Label(from.Endpoint)
	}
	asked := flow.Ports
	a := r.connect(from, reach.At(to.ID), asked)
	facts := []string{"flow", string(from.Endpoint), flow.From.String(), asked.String()}
	switch all := a.Packets.All(asked); {
	case all == fact.Yes, asked.IsAll() && a.Packets.Any(asked) == fact.Yes:
		r.add(to.Thing, finding.Finding{Verdict: finding.Follows, Title: fmt.Sprintf("%s reaches %s as declared", name, to.Name),
			Message: "The declared flow passes every gate.", Evidence: []finding.Evidence{because("declared: "+flow.From.String()+" to "+flow.To.String(), flow.Place)}, Facts: facts})
	case all == fact.Unknown:
		r.add(to.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: fmt.Sprintf("it is not known whether %s reaches %s as declared", name, to.Name),
			Message: "Some facts that decide are not in the design.", Gaps: r.missing(a, fact.Default(true), to.Place), Facts: facts})
	default:
		f := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "a declared flow does not work",
			Title:   fmt.Sprintf("%s cannot reach %s as declared", name, to.Name),
			Message: fmt.Sprintf("muralla.yaml declares that %s must pass.", asked), Path: []string{fmt.Sprintf("%s > %s %s is stopped", name, r.Label(to.ID), asked)},
			Evidence: []finding.Evidence{because("declared: "+flow.From.String()+" to "+flow.To.String(), flow.Place)},
			Fix:      "Open the gates that are named, or remove the flow from muralla.yaml.", Facts: facts}
		for _, step := range a.Barriers(asked) {
			if step.Passes.Maybe.Covers(asked) {
				continue
			}
			f.Evidence = append(f.Evidence, because(fmt.Sprintf("%s of %s: %s", step.Gate, r.Label(step.At), orUnknown(step.Why)), r.placeOf(step.At)))
		}
		if from.Endpoint != "" {
			f.Ask = r.ask(fmt.Sprintf("%s -> %s %s", r.Selector(from.Endpoint), r.Selector(to.ID), asked))
		}
		r.add(to.Thing, f)
	}
}

// placeOf is where a thing is written.
func (r *run) placeOf(id ref.ID) ref.Place {
	switch {
	case r.Endpoint(id) != nil:
		return r.Endpoint(id).Place
	case r.Subnet(id) != nil:
		return r.Subnet(id).Place
	case r.VPC(id) != nil:
		return r.VPC(id).Place
	case r.SecurityGroup(id) != nil:
		return r.SecurityGroup(id).Place
	}
	return ref.Place{}
}

// distinct drops repetitions and keeps the order.
func distinct(in []finding.Evidence) []finding.Evidence {
	seen := map[finding.Evidence]bool{}
	return slices.DeleteFunc(slices.Clone(in), func(e finding.Evidence) bool {
		again := seen[e]
		seen[e] = true
		return again
	})
}

func distinctText(in []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(in), func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
}
