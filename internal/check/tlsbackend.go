package check

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeTLSBackend judges every target group (AWS "Target groups for your
// Application Load Balancers", routing configuration).
func judgeTLSBackend(r *run) {
	for i := range r.TargetGroups {
		if g := &r.TargetGroups[i]; !g.Elsewhere {
			r.add(g.Thing, r.backendLeg(g))
		}
	}
}

func (r *run) backendLeg(g *topo.TargetGroup) finding.Finding {
	kind, kindKnown := g.TargetType.Get()
	protocol, known := g.Protocol.Get()
	protocol = strings.ToUpper(protocol)
	switch {
	case kindKnown && kind == "lambda":
		return finding.Finding{Verdict: finding.NotApplicable, Title: g.Name + " invokes a function", Message: "Lambda is invoked over the API of AWS, which is TLS."}
	case kindKnown && kind == "alb":
		return finding.Finding{Verdict: finding.NotApplicable, Title: g.Name + " passes on to a load balancer", Message: "The listener of that load balancer is judged."}
	case known && protocol == "GENEVE":
		return finding.Finding{Verdict: finding.NotApplicable, Title: g.Name + " is for appliances", Message: "GENEVE wraps packets as they are."}
	case known && (protocol == "UDP" || protocol == "QUIC" || protocol == "TCP_QUIC"):
		return finding.Finding{Verdict: finding.NotApplicable, Title: g.Name + " carries datagrams", Message: "Whether datagrams are encrypted is up to the application."}
	case !known:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "the protocol of " + g.Name + " is not known",
			Message: "It decides whether the load balancer encrypts what it sends to targets.", Gaps: []finding.Evidence{gap("protocol of the target group", g.Protocol)}}
	}
	of, set, tls := "target group", "protocol of the target group", "TLS"
	if r.LoadBalancer(g.ID) != nil { // a Classic Load Balancer is its own target group and has it in its listener
		of, set, tls = "instance", "instance protocol of the listener", "SSL"
	}
	if isTLS(protocol) {
		return finding.Finding{Verdict: finding.Follows, Title: g.Name + " is reached over TLS",
			Message:  "The load balancer encrypts again, but does not verify the certificate of the target.",
			Evidence: []finding.Evidence{because(of+" protocol "+protocol, g.Protocol.Place)}}
	}
	needs, why := r.needsTLS(g)
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Note, SeverityWhy: "nothing declares that this leg must be encrypted",
		Title:    "the leg from the load balancer to " + g.Name + " is plain text",
		Message:  "The load balancer sends what clients sent on through the VPC without encryption, even if it came over TLS. AWS asks for encryption here where the data needs it: say so in muralla.yaml with sensitivity or tls.",
		Evidence: []finding.Evidence{because(of+" protocol "+protocol, g.Protocol.Place)},
		Facts:    []string{protocol},
		Fix:      "Serve TLS in the container and set the " + set + " to HTTPS; a self-signed certificate will do."}
	if needs {
		f.Severity, f.SeverityWhy = finding.High, why
	}
	if protocol == "TCP" || protocol == "TCP_UDP" {
		switch ended, at := r.endsTLS(g); ended {
		case fact.Yes:
			f.Evidence = append(f.Evidence, at)
			f.Fix = "Set the " + set + " to " + tls + " and serve TLS in the container."
		default:
			f.Verdict, f.Title = finding.Undecided, g.Name+" receives TCP as it comes"
			f.Message = "The load balancer passes TCP on; whether it carries TLS is up to client and application."
			f.Gaps = []finding.Evidence{because("whether the application speaks TLS", g.Place)}
			f.Facts = nil
		}
	}
	return f
}

// needsTLS is whether the user declared that the way to a target must be
// encrypted.
func (r *run) needsTLS(g *topo.TargetGroup) (bool, string) {
	for _, w := range r.BoundTo(g.ID) {
		if needs, why := r.demands(w.ID, w.Name); needs {
			return true, why
		}
	}
	return false, ""
}

// demands is whether the user declared that what a thing sends and receives must
// be encrypted.
func (r *run) demands(id ref.ID, name string) (bool, string) {
	if r.intent.TLS(id, name) == intent.TLSRequired {
		return true, name + " is declared to need TLS"
	}
	if s := r.intent.Sensitivity(id, name); s >= sensitive && r.intent.TLS(id, name) != intent.TLSOptional {
		return true, fmt.Sprintf("%s is declared %s", name, s)
	}
	return false, ""
}

// endsTLS is whether a TLS listener of a network load balancer forwards to the
// group, so that the balancer has decrypted what it sends there.
func (r *run) endsTLS(g *topo.TargetGroup) (fact.Tri, finding.Evidence) {
	for _, f := range r.fronts() {
		for _, a := range f.l.Default {
			for _, t := range a.Targets {
				if t.Group == g.ID && isTLS(f.protocol) {
					return fact.Yes, because("listener "+f.portText+" ends TLS and forwards to it", f.l.Place)
				}
			}
		}
	}
	return fact.No, finding.Evidence{}
}
