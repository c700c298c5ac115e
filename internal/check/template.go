package check

import (
	"cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// mayRunTasks is whether a host that no cluster of the design is known to have
// may be one of a cluster elsewhere: the design has nothing of ECS, and its image
// may have an agent, which joins the cluster "default" if nothing tells it which.
func (r *run) mayRunTasks(h *topo.Host) bool {
	ecs, known := h.ECSImage.Get()
	return len(r.Clusters)+len(r.Workloads) == 0 && (ecs || !known) && !h.Elsewhere
}

// ifTasksRun adds what is wrong with a host that may run tasks of a cluster
// elsewhere. That nothing is wrong is no verdict: it may not be about ECS.
func (r *run) ifTasksRun(h *topo.Host, f finding.Finding) {
	if f.Verdict == finding.Undecided {
		r.add(h.Thing, f)
	}
	if f.Verdict != finding.Violates {
		return
	}
	said := f.Title
	f.Verdict, f.Title = finding.Undecided, capped("if "+h.Name+" runs tasks: "+said, "it is not known whether "+h.Name+" runs tasks")
	f.SeverityWhy = "if it does: " + f.SeverityWhy
	f.Gaps = []finding.Evidence{because("whether "+h.Name+" runs tasks ("+said+"): the design has nothing of ECS", h.Place)}
	r.add(h.Thing, f)
}

// ofTemplate adds what is wrong with whatever is launched from a template: the
// verdict on a host that is not in the design.
func (r *run) ofTemplate(t *topo.Template, f finding.Finding) {
	if f.Verdict != finding.Violates && f.Verdict != finding.Undecided {
		return
	}
	if f.Verdict == finding.Violates {
		said := f.Title
		f.Verdict, f.Title = finding.Undecided, capped("if tasks run on it: "+said, "it is not known whether tasks run on what is launched from "+t.Name)
		f.SeverityWhy = "if they do: " + f.SeverityWhy
		f.Gaps = []finding.Evidence{because("whether tasks run on what is launched from "+t.Name+" ("+said+"): "+orUnknown(t.Why), t.Place)}
	}
	r.add(t.Thing, f)
}

// templateAddress judges the public addresses of what is launched from a
// template. Where it does not tell, the subnet does.
func (r *run) templateAddress(t *topo.Template) finding.Finding {
	public, known := t.PublicIPv4.Get()
	if !known || !public {
		return finding.Finding{Verdict: finding.NotApplicable}
	}
	return finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "only security groups and network ACLs stand between the internet and them",
		Title: "instances of " + t.Name + " get public addresses", Message: "A wrong rule is then enough to put them on the internet; in private subnets it takes a route and an address, too.",
		Evidence: []finding.Evidence{because("a public IPv4 address is assigned", cmp.Or(t.PublicIPv4.Place, t.Place))}, Facts: []string{"public"},
		Fix: "Assign no public address, and launch into private subnets."}
}

// givingSubnets judges subnets that give public addresses to what starts in them
// and in which the design has nothing at all (AWS Security Hub control EC2.15): a
// subnet of load balancers or NAT gateways is what it is for, and hosts are judged
// themselves. Tasks on Fargate have a setting of their own.
func (r *run) givingSubnets() {
	used := map[ref.ID]bool{}
	for i := range r.Endpoints {
		for _, l := range r.Endpoints[i].Subnets.List {
			used[l.ID] = true
		}
	}
	for i := range r.Gateways {
		used[r.Gateways[i].Subnet] = true
	}
	for i := range r.Subnets {
		s := &r.Subnets[i]
		if s.Elsewhere || used[s.ID] || fact.Is(s.MapPublicIP, true) != fact.Yes {
			continue
		}
		r.add(s.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, SeverityWhy: "if hosts start there: they get public addresses",
			Title:   "it is not known what starts in " + r.Label(s.ID) + ", which gives out public addresses",
			Message: "Load balancers and NAT gateways do not need it; a container instance that starts there has a public address.",
			Gaps:    []finding.Evidence{because("what starts in "+r.Label(s.ID)+", which gives out public addresses: nothing of the design does", s.Place)},
			Fix:     "Switch it off; what needs a public address can ask for one.", Facts: []string{"gives"}})
	}
}
