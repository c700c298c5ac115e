package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeTLSRedirect judges every listener for HTTP (AWS "Redirect actions").
func judgeTLSRedirect(r *run) {
	for _, f := range r.fronts() {
		switch {
		case isTLS(f.protocol):
			r.add(f.l.Thing, finding.Finding{Verdict: finding.Follows, Title: fmt.Sprintf("%s %s speaks TLS", r.Label(f.b.ID), f.portText),
				Message: "There is nothing to redirect on this listener."})
		case f.protocol == "" || isPlain(f.protocol):
			r.add(f.l.Thing, r.redirection(f))
		}
	}
	for _, l := range r.loose() {
		switch p := strings.ToUpper(l.Protocol.Or("")); {
		case isTLS(p):
			r.add(l.Thing, finding.Finding{Verdict: finding.Follows, Title: l.Name + " speaks TLS",
				Message: "There is nothing to redirect on this listener, whichever load balancer it is of."})
		case p == "" || isPlain(p):
			r.add(l.Thing, ofUnknown(l))
		}
	}
}

func (r *run) redirection(f front) finding.Finding {
	name := fmt.Sprintf("%s %s", r.Label(f.b.ID), f.portText)
	facing, facingKnown := f.b.InternetFacing.Get()
	if facingKnown && !facing && f.protocol != "" {
		return finding.Finding{Verdict: finding.NotApplicable, Title: r.Label(f.b.ID) + " is internal", Message: "The redirect is asked of public load balancers."}
	}
	if f.protocol == "" {
		severity := finding.Medium
		if facingKnown && !facing {
			severity = finding.Note
		}
		return finding.Finding{Verdict: finding.Undecided, Severity: severity, Title: "the protocol of " + name + " is not known",
			Message: "Only a plain HTTP listener has something to redirect.", Gaps: []finding.Evidence{gap("protocol of the listener", f.l.Protocol)}}
	}
	open, answer := r.public(f)
	if open == fact.No {
		return finding.Finding{Verdict: finding.Follows, Title: "the internet does not reach " + name, Message: "A port that nobody reaches needs no redirect.", Evidence: actionEvidence(f.l)}
	}
	forwards, why := passes(f.l)
	switch {
	case forwards == fact.Yes && open == fact.Yes && facingKnown:
		v := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "clients stay on plain HTTP if they begin with it",
			Title: name + " forwards plain HTTP instead of redirecting", Message: "Browsers and scripts that begin with http:// are served without TLS.",
			Path: []string{r.hop(f)}, Evidence: actionEvidence(f.l), Facts: append(r.targets(f), "forward", r.clients(f)),
			Changes: r.redirected(f), Cause: plainCause(f),
			Fix: "Add an HTTPS listener with a certificate, move the rules to it, and make the default action here a redirect with protocol HTTPS, its port and status HTTP_301."}
		if port := r.secured(f.b); port != "" {
			v.Fix = "Make the default action a redirect with protocol HTTPS, port " + strings.TrimPrefix(port, "tcp/") + " and status HTTP_301, and move the rules to the HTTPS listener."
		}
		if f.b.Kind == topo.ClassicBalancer {
			v.Fix = withoutRedirect
		}
		if answer.Packets.Any(f.ports) == fact.Yes { // else the question would be undecided
			v.Ask = r.ask("internet -> " + r.Selector(f.b.ID) + " " + f.portText)
		}
		return v
	case forwards == fact.Yes:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether the internet reaches " + name,
			Message: "The listener forwards plain HTTP.", Gaps: r.missing(answer, f.b.InternetFacing, f.b.Place)}
	case forwards == fact.Unknown:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known what " + name + " does with plain HTTP",
			Message: "Whether it redirects or forwards decides.", Gaps: []finding.Evidence{because("actions of the listener: "+orUnknown(why), f.l.Place)}}
	}
	bad, gapped := r.badRedirects(f)
	if len(bad) > 0 && (open != fact.Yes || !facingKnown) {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether the internet reaches " + name,
			Message: "The listener redirects, but not to a working HTTPS listener.", Gaps: r.missing(answer, f.b.InternetFacing, f.b.Place)}
	}
	if len(bad) > 0 {
		return finding.Finding{Verdict: finding.Violates, Severity: finding.Low, SeverityWhy: "nothing is served in plain text, but clients do not get to TLS either",
			Title: name + " redirects, but not to a working HTTPS listener", Message: "Clients that follow the redirect do not arrive at TLS.",
			Evidence: bad, Facts: []string{"broken"}, Changes: r.mendedRedirect(f), Fix: "Redirect with protocol HTTPS and port 443, and have an HTTPS listener there."}
	} else if len(gapped) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known where " + name + " redirects to",
			Message: "Nothing is served in plain text, but the target of the redirect is not known.", Gaps: gapped}
	}
	return finding.Finding{Verdict: finding.Follows, Title: name + " only redirects", Message: "Plain HTTP is answered with a redirect to HTTPS or a fixed response.", Evidence: actionEvidence(f.l)}
}

// badRedirects are the redirects that do not lead to TLS: the defaults of
// protocol and port are those of the request (AWS "Redirect actions").
func (r *run) badRedirects(f front) (bad, gaps []finding.Evidence) {
	look := func(actions []topo.Action) {
		for _, a := range actions {
			if a.Kind != topo.ActionRedirect {
				continue
			}
			protocol, known := a.Redirect.Protocol.Get()
			port, portKnown := a.Redirect.Port.Get()
			if port == "#{port}" {
				own, ok := f.l.Port.Get()
				port, portKnown = strconv.Itoa(own), ok
			}
			switch {
			case !known:
				gaps = append(gaps, gap("protocol of the redirect", a.Redirect.Protocol))
			case !strings.EqualFold(protocol, "HTTPS"):
				bad = append(bad, because("redirects to "+protocol+", which stays plain HTTP", a.Place))
			case !portKnown:
				gaps = append(gaps, gap("port of the redirect", a.Redirect.Port))
			default:
				switch r.servesTLS(f.b, port) {
				case fact.No:
					bad = append(bad, because("redirects to HTTPS on port "+port+", where no TLS listener is", a.Place))
				case fact.Unknown:
					gaps = append(gaps, because("whether "+r.Label(f.b.ID)+" has a TLS listener on port "+port+": "+r.listenersWhy(f.b), a.Place))
				}
			}
		}
	}
	look(f.l.Default)
	for _, rule := range f.l.Rules {
		look(rule.Actions)
	}
	return bad, gaps
}

// servesTLS is whether a load balancer has a TLS listener on a port.
func (r *run) servesTLS(b *topo.LoadBalancer, port string) fact.Tri {
	out := fact.No
	if b.ListenersMore != "" || b.Elsewhere {
		out = fact.Unknown
	}
	for _, l := range r.ListenersOf(b.ID) {
		p, known := l.Port.Get()
		protocol, protocolKnown := l.Protocol.Get()
		switch {
		case known && strconv.Itoa(p) != port:
		case !known || !protocolKnown:
			out = out.Or(fact.Unknown)
		case isTLS(strings.ToUpper(protocol)):
			out = out.Or(l.Exists)
		}
	}
	return out
}

// listenersWhy says why not all listeners of a load balancer are known.
func (r *run) listenersWhy(b *topo.LoadBalancer) string {
	switch {
	case b.ListenersMore != "":
		return b.ListenersMore
	case b.Elsewhere:
		return "the load balancer is not part of the design"
	}
	for _, l := range r.ListenersOf(b.ID) {
		switch {
		case !l.Port.IsKnown():
			return orUnknown(l.Port.Why)
		case !l.Protocol.IsKnown():
			return orUnknown(l.Protocol.Why)
		case l.Exists != fact.Yes:
			return orUnknown(l.Why)
		}
	}
	return orUnknown("")
}
