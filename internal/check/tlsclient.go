package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeTLSClient judges every listener, and every workload that the internet
// reaches without a load balancer (AWS "Create an HTTPS listener for your
// Application Load Balancer").
func judgeTLSClient(r *run) {
	for _, f := range r.fronts() {
		r.add(f.l.Thing, r.clientLeg(f))
	}
	for _, l := range r.loose() {
		r.add(l.Thing, ofUnknown(l))
	}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if f, ok := r.directLeg(w); ok {
			r.add(w.Thing, f)
		}
	}
}

func (r *run) clientLeg(f front) finding.Finding {
	name := fmt.Sprintf("%s %s", r.Label(f.b.ID), f.portText)
	forwards, forwardWhy := passes(f.l)
	open, answer := r.public(f)
	switch {
	case f.b.InternetFacing.IsKnown() && !f.b.InternetFacing.Or(true):
		return finding.Finding{Verdict: finding.NotApplicable, Title: r.Label(f.b.ID) + " is internal",
			Message: "Clients on the internet cannot reach it. Traffic between services is another recommendation."}
	case f.protocol == "UDP" || f.protocol == "QUIC":
		return finding.Finding{Verdict: finding.NotApplicable, Title: name + " carries datagrams", Message: "TLS is a protocol over TCP; whether the datagrams are encrypted is up to the application."}
	case isTLS(f.protocol) && len(f.l.Certificates.List) == 0 && f.l.Certificates.More == "":
		set := "certificate_arn"
		if f.b.Kind == topo.ClassicBalancer {
			set = "ssl_certificate_id"
		}
		return finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "AWS refuses a TLS listener without a certificate",
			Title: name + " has no certificate", Message: "A TLS listener needs a certificate; without one the listener cannot be created.",
			Evidence: []finding.Evidence{because("listener protocol "+f.protocol+", and no certificate is written", f.l.Place)},
			Fix:      "Set " + r.word(f.l.Thing, set) + " to a certificate of ACM.", Facts: []string{"certificate"}}
	case isTLS(f.protocol):
		return finding.Finding{Verdict: finding.Follows, Title: name + " is served over TLS", Message: "Clients reach it over TLS only.",
			Evidence: []finding.Evidence{because("listener protocol "+f.protocol, f.l.Protocol.Place)}}
	case open == fact.No:
		e := []finding.Evidence{because("listener protocol "+f.protocol, f.l.Protocol.Place)}
		for _, s := range answer.Barriers(f.ports) {
			if s.Passes.Maybe.IsEmpty() { // what only may stop it proves nothing
				e = append(e, because(s.Gate.String()+": "+orUnknown(s.Why), f.b.Place))
			}
		}
		return finding.Finding{Verdict: finding.Follows, Title: "the internet does not reach " + name,
			Message: "The listener would speak plain text, but no packet of the internet gets to it.", Evidence: e}
	case f.protocol == "":
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.High, Title: "the protocol of " + name + " is not known",
			Message: "It decides whether clients speak TLS.", Gaps: []finding.Evidence{gap("protocol of the listener", f.l.Protocol)}}
	case isPlain(f.protocol) && forwards == fact.No:
		return finding.Finding{Verdict: finding.Follows, Title: name + " passes nothing on in plain text",
			Message: "All its actions redirect or answer themselves.", Evidence: actionEvidence(f.l)}
	case isPlain(f.protocol) && forwards == fact.Unknown:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.High, Title: "it is not known what " + name + " does with plain HTTP",
			Message: "Whether it redirects or forwards decides.", Gaps: []finding.Evidence{because("actions of the listener: "+forwardWhy, f.l.Place)}}
	case isPlain(f.protocol) && open == fact.Yes:
		v := finding.Finding{Verdict: finding.Violates, Severity: finding.High, SeverityWhy: "the internet reaches the listener",
			Title:    "clients on the internet reach " + name + " in plain text",
			Message:  "What clients send, credentials included, can be read and changed on the way.",
			Path:     r.plainPath(f),
			Evidence: append([]finding.Evidence{because(f.protocol+" listener forwards", f.l.Place)}, r.arrival(f, answer)...),
			Changes:  r.redirected(f),
			Fix:      "Add an HTTPS listener with a certificate, and let this one redirect to it.",
			Facts:    append(r.targets(f), "plain", r.clients(f)), Cause: plainCause(f)}
		if port := r.secured(f.b); port != "" {
			v.Fix = "Let this listener redirect to the one on " + port + ", which speaks TLS, and move its rules there."
		}
		if f.b.Kind == topo.ClassicBalancer {
			v.Fix = withoutRedirect
		}
		if answer.Packets.Any(f.ports) == fact.Yes { // else the question would be undecided
			v.Ask = r.ask("internet -> " + r.Selector(f.b.ID) + " " + f.portText)
		}
		return v
	case isPlain(f.protocol):
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.High, Title: "it is not known whether the internet reaches " + name,
			Message: "The listener forwards plain HTTP.", Gaps: r.missing(answer, f.b.InternetFacing, f.b.Place)}
	}
	return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: name + " passes TCP on as it comes",
		Message: "A TCP listener neither adds nor requires TLS: the application behind it decides.",
		Gaps:    []finding.Evidence{because("whether the application speaks TLS on "+f.portText, f.l.Place)},
		Fix:     "Use a TLS listener, or declare in muralla.yaml that the application requires TLS."}
}

// withoutRedirect is the fix for a plain listener that cannot redirect (AWS "Listeners
// for your Classic Load Balancer").
const withoutRedirect = "A Classic Load Balancer cannot redirect: serve HTTPS and take this listener away, or replace it with an Application Load Balancer that redirects."

// plainCause is the cause of what is wrong with a listener that forwards plain HTTP.
func plainCause(f front) string { return "plain " + string(f.l.ID) }

// secured is the port of a listener of a load balancer that surely speaks TLS, as
// "tcp/443", or empty.
func (r *run) secured(b *topo.LoadBalancer) string {
	best := -1
	for _, l := range r.ListenersOf(b.ID) {
		port, known := l.Port.Get()
		if known && l.Exists == fact.Yes && isTLS(strings.ToUpper(l.Protocol.Or(""))) && (best < 0 || port == 443 || port < best && best != 443) {
			best = port
		}
	}
	if best < 0 {
		return ""
	}
	return fmt.Sprintf("tcp/%d", best)
}

// plainPath is the path that starts in plain text, to the first target.
func (r *run) plainPath(f front) []string {
	path := []string{r.hop(f)}
	for _, e := range r.net.EntriesOf(f.b.ID, netset.Internet()) {
		if e.Listener == f.l.ID && e.Target != "" {
			target := e.Target
			if e.Workload != "" {
				target = e.Workload
			}
			path = append(path, fmt.Sprintf("%s > %s %s (%s)", r.Label(f.b.ID), r.Label(target), whichPorts(e.TargetPorts), e.Backend))
		}
	}
	slices.Sort(path[1:])
	path = append(path[:1], slices.Compact(path[1:])...)
	if len(path) > 4 {
		path = append(path[:4], fmt.Sprintf("and %d more targets", len(path)-4))
	}
	return path
}

// missing are the facts that keep an answer from being certain.
func (r *run) missing(a reach.Answer, facing fact.Fact[bool], at ref.Place) []finding.Evidence {
	gaps := slices.Clone(a.Gaps)
	if !facing.IsKnown() {
		gaps = append(gaps, gap("scheme of the load balancer", facing))
	}
	if len(gaps) == 0 {
		gaps = append(gaps, because("whether packets of the internet arrive", at))
	}
	return gaps
}

// directLeg judges a workload that the internet reaches past every load
// balancer on a port that is known for plain HTTP. A task that may run on
// several hosts is reached for sure if it is on all of them.
func (r *run) directLeg(w *topo.Workload) (finding.Finding, bool) {
	mode, _ := w.Mode.Get()
	if isExternal(w) || mode == topo.ModeNone || unstarted(w, r.Endpoint(w.Endpoint)) && len(w.Hosts.List) == 0 {
		return finding.Finding{}, false
	}
	plain := netset.TCP(80, 80).Union(netset.TCP(8080, 8080))
	ports, why := r.taskPorts(w)
	possible := ports
	if why != "" {
		possible = plain
	}
	if e := r.Endpoint(w.Endpoint); e != nil { // its own interface: what containers are declared to listen on
		ports, possible = netset.NoPorts(), netset.NoPorts()
		for _, l := range e.Listens {
			ports, possible = ports.Union(l.Ports.Sure), possible.Union(l.Ports.Maybe)
		}
		if why = e.ListensMore; why != "" {
			possible = plain
		}
	}
	open, perhaps, cause := ports.Intersect(plain), netset.NoPorts(), ""
	var evidence, gaps []finding.Evidence
	at := r.endpointsOf(w)
	for _, id := range at {
		a := r.connect(reach.Outside(netset.Internet()), reach.At(id), netset.AllPorts())
		open = open.Intersect(a.Packets.Sure)
		if e := r.Endpoint(id); e != nil {
			cause = cmp.Or(cause, r.reachedCause(e))
		}
		perhaps = perhaps.Union(a.Packets.Maybe.Intersect(possible).Intersect(plain))
		evidence, gaps = append(evidence, r.openings(a)...), append(gaps, a.Gaps...)
	}
	if len(at) == 0 || w.Endpoint == "" && w.Hosts.More != "" {
		open, perhaps = netset.NoPorts(), possible.Intersect(plain)
		gaps = append(gaps, whereRuns(w))
	}
	switch {
	case open.IsEmpty() && perhaps.IsEmpty():
		return finding.Finding{}, false
	case open.IsEmpty():
		if why != "" {
			gaps = append(gaps, because("ports of "+w.Name+": "+why, w.Place))
		}
		if len(gaps) == 0 {
			gaps = append(gaps, because("whether containers of "+w.Name+" listen on "+perhaps.String()+" wherever the internet gets to them", w.Place))
		}
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.High,
			Title:   "it is not known whether " + w.Name + " serves the internet in plain text",
			Message: "Its containers listen or may listen on a port for plain HTTP, and some gate between the internet and them is not known.", Gaps: distinct(gaps)}, true
	}
	return finding.Finding{Verdict: finding.Violates, Severity: finding.High, SeverityWhy: "the internet reaches the task without a load balancer",
		Title:    w.Name + " serves the internet in plain text",
		Message:  "Clients reach the container itself on a port for plain HTTP; no load balancer ends TLS before it.",
		Path:     []string{fmt.Sprintf("internet > %s %s (plain text)", r.Label(w.ID), open)},
		Evidence: distinct(evidence), Facts: []string{"direct", open.String()}, Cause: cause,
		Fix: "Put an Application Load Balancer with an HTTPS listener before the service, and let only it reach the task.",
		Ask: r.ask("internet -> " + r.Selector(w.ID) + " --direct")}, true
}

// targets are what a listener surely or possibly sends to, as facts.
func (r *run) targets(f front) []string {
	var out []string
	for _, e := range r.net.EntriesOf(f.b.ID, netset.Internet()) {
		if e.Listener == f.l.ID && e.Target != "" {
			out = append(out, string(cmp.Or(e.Workload, e.Target))+" "+e.TargetPorts.Maybe.String())
		}
	}
	return distinctText(out)
}

// actionEvidence says what a listener does.
func actionEvidence(l *topo.Listener) []finding.Evidence {
	var out []finding.Evidence
	say := func(who string, actions []topo.Action) {
		for _, a := range actions {
			switch a.Kind {
			case topo.ActionRedirect:
				out = append(out, because(fmt.Sprintf("%s redirects to %s port %s", who, a.Redirect.Protocol.Or("an unknown protocol"), a.Redirect.Port.Or("unknown")), a.Place))
			case topo.ActionFixedResponse:
				out = append(out, because(who+" answers with a fixed response", a.Place))
			case topo.ActionForward:
				out = append(out, because(who+" forwards", a.Place))
			}
		}
	}
	say("default action", l.Default)
	for _, rule := range l.Rules {
		say("rule "+rule.Name, rule.Actions)
	}
	return out
}
