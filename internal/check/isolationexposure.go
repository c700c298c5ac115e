package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeIsolationExposure judges what crosses the border of each isolated
// cluster: only endpoint services and declared flows should (AWS "Share your
// services through AWS PrivateLink").
func judgeIsolationExposure(r *run) {
	for i := range r.Clusters {
		c := &r.Clusters[i]
		if c.Elsewhere {
			continue
		}
		tasks := slices.DeleteFunc(r.tasksOf(c.ID), func(w *topo.Workload) bool { return len(r.groupsOf(w)) == 0 })
		perhaps := r.perhapsIsolatedIn(c)
		switch {
		case len(tasks) == 0 && len(perhaps) > 0:
			r.add(c.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known what crosses the border of " + c.Name,
				Message: "The design does not tell whether tasks of an isolation group run in it.", Gaps: perhaps})
			continue
		case len(tasks) == 0:
			r.notApplicable(c.Thing, c.Name+" is in no isolation group", "muralla.yaml does not ask to isolate it.")
			continue
		}
		r.add(c.Thing, r.border(c, tasks, perhaps))
	}
}

// perhapsIsolatedIn are the workloads whose cluster is not known and which would
// be in an isolation group if they ran in a cluster.
func (r *run) perhapsIsolatedIn(c *topo.Cluster) []finding.Evidence {
	var out []finding.Evidence
	for i := range r.Workloads {
		w := r.Workloads[i]
		if w.Cluster != "" || w.Kind == topo.StandaloneWorkload {
			continue
		}
		if w.Cluster = c.ID; len(r.groupsOf(&w)) > 0 {
			out = append(out, because("in which cluster "+w.Name+" runs", w.Place))
		}
	}
	return out
}

// crossing is a way over the border of a VPC.
type crossing struct {
	severity finding.Severity
	why      string
	fact     string
	evidence finding.Evidence
}

func (r *run) border(c *topo.Cluster, tasks []*topo.Workload, perhaps []finding.Evidence) finding.Finding {
	homes, gaps := r.homesOf(tasks)
	gaps = append(gaps, perhaps...)
	var bad []crossing
	var good []finding.Evidence
	for _, id := range homes {
		v := r.VPC(id)
		if v.Elsewhere || v.Exists != fact.Yes {
			gaps = append(gaps, because("routes of "+v.Name+": "+cmp.Or(v.Why, "it is defined outside the design"), v.Place))
		}
		found, open := r.routesOut(id)
		bad, gaps = append(bad, found...), append(gaps, open...)
		found, open, fine := r.offered(id)
		bad, gaps, good = append(bad, found...), append(gaps, open...), append(good, fine...)
	}
	sure := slices.ContainsFunc(tasks, func(w *topo.Workload) bool { return w.Exists == fact.Yes })
	if len(bad) > 0 && !sure { // without tasks the cluster has nothing to isolate
		for _, w := range tasks {
			gaps = append(gaps, because("whether "+string(w.ID)+" exists: "+orUnknown(w.Why), w.Place))
		}
	}
	switch {
	case len(bad) > 0 && sure:
		slices.SortStableFunc(bad, func(a, b crossing) int { return cmp.Compare(b.severity, a.severity) })
		f := finding.Finding{Verdict: finding.Violates, Severity: bad[0].severity, SeverityWhy: bad[0].why, Title: "more than endpoint services crosses the border of " + c.Name,
			Message: "Services of an isolated group are worth exposing one by one, through endpoint services, to principals that are named.",
			Fix:     "Offer the service through an endpoint service with named principals and acceptance, or declare the flow in muralla.yaml."}
		for _, b := range bad {
			f.Evidence, f.Facts = append(f.Evidence, b.evidence), append(f.Facts, b.fact)
		}
		f.Facts = sorted(f.Facts)
		return f
	case len(gaps) > 0:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, SeverityWhy: "isolation is declared", Title: "it is not known what crosses the border of " + c.Name,
			Message: "No way that is known surely leads out of its VPC to another.", Gaps: distinct(gaps)}
	}
	return finding.Finding{Verdict: finding.Follows, Title: "only what is declared crosses the border of " + c.Name, Message: "No route leads to another network but the internet.", Evidence: good}
}

// joins are the kinds of routes that lead to other networks.
var joins = map[topo.RouteTarget]string{topo.ToPeering: "a peering connection", topo.ToTransit: "a transit gateway", topo.ToVPN: "a virtual private gateway"}

// routesOut are the routes of a VPC to other networks that no flow declares.
func (r *run) routesOut(vpc ref.ID) (bad []crossing, gaps []finding.Evidence) {
	for i := range r.RouteTables {
		t := &r.RouteTables[i]
		if t.VPC != vpc {
			continue
		}
		if t.More != "" {
			gaps = append(gaps, because("routes of "+r.Label(t.ID)+": "+t.More, t.Place))
		}
		for _, route := range t.Routes {
			kind := joins[route.Kind]
			dest := cmp.Or(route.Dest.Symbol, string(route.Dest.Of))
			if route.Dest.Prefix.IsValid() {
				dest = route.Dest.Prefix.String()
			}
			text := fmt.Sprintf("%s sends %s to %s", r.Label(t.ID), cmp.Or(dest, "an unknown range"), cmp.Or(kind, "an unknown target"))
			switch {
			case route.Kind == topo.ToUnknown:
				gaps = append(gaps, because(text, route.Place))
			case kind == "" || r.declaredRange(route.Dest) == fact.Yes:
			case r.declaredRange(route.Dest) == fact.Unknown:
				gaps = append(gaps, because("whether a flow of muralla.yaml names the range: "+text, route.Place))
			case route.Exists != fact.Yes:
				gaps = append(gaps, because(text+", if it exists: "+orUnknown(route.Why), route.Place))
			default:
				bad = append(bad, crossing{finding.Medium, "a route joins its VPC to another network", "route " + dest + " " + string(route.Target), because(text, route.Place)})
			}
		}
	}
	return bad, gaps
}

// declaredRange is whether a flow of muralla.yaml names a range that covers a
// destination.
func (r *run) declaredRange(dest topo.Block) fact.Tri {
	is := fact.No
	for _, f := range r.intent.Flows {
		for _, s := range []intent.Side{f.From, f.To} {
			switch {
			case !s.CIDR.IsValid():
			case !dest.Prefix.IsValid():
				is = is.Or(fact.Unknown)
			case s.CIDR.Bits() <= dest.Prefix.Bits() && s.CIDR.Contains(dest.Prefix.Addr()):
				is = fact.Yes
			}
		}
	}
	return is
}

// offered judges the endpoint services whose load balancers are in a VPC.
func (r *run) offered(vpc ref.ID) (bad []crossing, gaps, good []finding.Evidence) {
	for i := range r.EndpointServices {
		s := &r.EndpointServices[i]
		if s.LoadBalancers.More != "" && !s.Elsewhere {
			gaps = append(gaps, because("load balancers of endpoint service "+s.Name+": "+s.LoadBalancers.More, s.Place))
		}
		if s.Elsewhere || !slices.ContainsFunc(s.LoadBalancers.List, func(l topo.Link) bool { e := r.Endpoint(l.ID); return e != nil && e.VPC == vpc }) {
			continue
		}
		anyone := slices.Contains(s.Principals, "*")
		accepts, known := s.Acceptance.Get()
		switch {
		case s.Exists != fact.Yes:
			gaps = append(gaps, because("whether endpoint service "+s.Name+" exists: "+orUnknown(s.Why), s.Place))
		case anyone && known && !accepts:
			bad = append(bad, crossing{finding.Low, "whoever knows its name may connect", "service " + string(s.ID), because("endpoint service "+s.Name+" admits every principal and accepts without asking", s.Place)})
		case anyone && known:
			bad = append(bad, crossing{finding.Low, "each connection has to be accepted by a person", "service " + string(s.ID), because("endpoint service "+s.Name+" admits every principal", s.Place)})
		case !known:
			gaps = append(gaps, gap("acceptance of endpoint service "+s.Name, s.Acceptance))
		case s.PrincipalsMore != "":
			gaps = append(gaps, because("principals of endpoint service "+s.Name+": "+s.PrincipalsMore, s.Place))
		default:
			good = append(good, because("endpoint service "+s.Name+" admits "+cmp.Or(few(s.Principals), "its own account only"), s.Place))
		}
	}
	return bad, gaps, good
}
