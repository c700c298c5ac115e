package check

import (
	"fmt"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeEndpointPrivate judges every workload of which calls to AWS should stay in
// the VPC: there is an endpoint for them, or muralla.yaml declares it sensitive.
func judgeEndpointPrivate(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		switch {
		case isExternal(w):
			r.notApplicable(w.Thing, w.Name+" runs outside AWS", "External instances call AWS from a network that is not in the design.")
		case w.Kind == topo.StandaloneWorkload:
			r.notApplicable(w.Thing, "nothing of the design starts "+w.Name, "Whoever runs the task chooses its subnets.")
		default:
			r.add(w.Thing, r.private(w))
		}
	}
}

func (r *run) private(w *topo.Workload) finding.Finding {
	asked := r.intent.Sensitivity(w.ID, w.Name) >= sensitive
	var round, over, kept []string
	var evidence, gaps, through []finding.Evidence
	f := finding.Finding{}
	for _, n := range r.wants(w).List {
		if n.Registry != "" {
			continue // no service of AWS that has an endpoint
		}
		spots, open := r.spots(n, w)
		gaps = append(gaps, open...)
		for _, s := range spots {
			d := r.doorsFor(n, s)
			way := r.way(s)
			inside, why := r.inside(d, s)
			surely := n.Certain == fact.Yes && s.exists == fact.Yes
			path := fmt.Sprintf("%s > %s", r.Label(r.ownerOf(s.e)), serviceName(n))
			switch {
			case way.open == fact.No && d.has != fact.Unknown:
				// It does not leave: what has no way at all is judged by the other two.
				if inside != fact.No {
					kept = append(kept, serviceName(n))
				}
			case d.has == fact.Yes && inside == fact.Yes:
				kept = append(kept, serviceName(n))
				through = append(through, because(serviceName(n)+": "+r.Label(d.sure[0].ID), d.sure[0].Place))
			case d.has == fact.Yes && inside == fact.No && surely && way.open == fact.Yes:
				round = append(round, serviceName(n))
				evidence = append(evidence, why...)
				f.Path = append(f.Path, path+" over the internet, although "+r.Label(d.sure[0].ID)+" exists")
			case d.has == fact.No && !asked:
			case d.has == fact.No && surely && way.open == fact.Yes:
				over = append(over, serviceName(n))
				evidence = append(evidence, because(serviceName(n)+" is needed for the "+n.Reasons[0].What, n.Reasons[0].Place))
				f.Path = append(f.Path, path+" over the internet")
			default:
				gaps = append(gaps, needGaps(n, d)...)
				if s.exists != fact.Yes {
					gaps = append(gaps, because("whether "+r.Label(s.e.ID)+" runs there: "+orUnknown(s.why), s.e.Place))
				}
				if d.has == fact.Yes {
					gaps = append(gaps, why...)
				}
				gaps = append(gaps, way.gaps...)
			}
		}
	}
	round, over, kept = sorted(round), sorted(over), sorted(kept)
	switch {
	case len(round)+len(over) > 0:
		f.Verdict, f.Severity, f.SeverityWhy = finding.Violates, finding.Low, "calls are encrypted and signed, but leave the VPC"
		f.Severity, f.SeverityWhy = r.raised(w.ID, w.Name, f.Severity, f.SeverityWhy)
		f.Title = capped("calls of "+w.Name+" to "+listText(sorted(append(round, over...)))+" leave the VPC", "calls of "+w.Name+" to AWS leave the VPC")
		f.Fix = "Add the missing endpoints."
		switch {
		case len(over) == 0:
			f.Message = "There is an endpoint, and the traffic goes round it."
			f.Fix = "Switch on private DNS of the endpoint, and associate gateway endpoints with the route tables of these tasks."
		case len(round) == 0:
			f.Message = "It is declared sensitive, and these services have no endpoint in its VPC."
		default:
			f.Message = "Some endpoints are missing, and the traffic goes round others."
			f.Fix = "Add the missing endpoints; switch on private DNS, and associate gateway endpoints with the route tables of these tasks."
		}
		f.Evidence, f.Facts, f.Path = distinct(evidence), sorted(append(round, over...)), distinctText(f.Path)
	case len(gaps) > 0:
		f = finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether calls of " + w.Name + " to AWS stay in the VPC",
			Message: "Some facts that decide are not in the design.", Gaps: distinct(gaps)}
	case len(kept) > 0:
		f = finding.Finding{Verdict: finding.Follows, Title: "calls of " + w.Name + " to AWS stay in the VPC as far as there are endpoints",
			Message: "These have endpoints: " + listText(kept) + ".", Evidence: distinct(through)}
		if asked {
			f.Title = "calls of " + w.Name + " to AWS stay in the VPC"
		}
	default:
		f = finding.Finding{Verdict: finding.NotApplicable, Title: "nothing asks that calls of " + w.Name + " stay in the VPC", Message: "No endpoint of its VPC serves them, and muralla.yaml does not declare it confidential or restricted."}
	}
	return f
}

// inside is whether calls at a spot surely go through one of the endpoints.
func (r *run) inside(d doors, s spot) (fact.Tri, []finding.Evidence) {
	out := fact.No
	var why []finding.Evidence
	for _, p := range d.sure {
		switch p.Kind {
		case topo.GatewayEndpoint:
			is, evidence := r.associated(p, s)
			out, why = out.Or(is), append(why, evidence)
		case topo.InterfaceEndpoint:
			is, evidence := r.hasName(p)
			out, why = out.Or(is), append(why, evidence...)
		default:
			out, why = out.Or(fact.Unknown), append(why, because("whether "+r.Label(p.ID)+" is an interface or a gateway endpoint", p.Place))
		}
	}
	return out, why
}
