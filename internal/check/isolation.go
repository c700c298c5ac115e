package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeIsolationVPC judges every cluster of the design: those of isolation groups
// by the paths to other groups, and without groups by who shares the VPC (AWS
// "Network security best practices for Amazon ECS": clusters in separate VPCs).
func judgeIsolationVPC(r *run) {
	for i := range r.Clusters {
		c := &r.Clusters[i]
		if c.Elsewhere {
			continue
		}
		tasks := r.tasksOf(c.ID)
		switch {
		case len(tasks) == 0 && len(r.adrift()) > 0:
			r.add(c.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known what runs in " + c.Name,
				Message: "The design does not tell in which cluster some of its tasks run.", Gaps: r.adrift()})
		case len(tasks) == 0:
			r.notApplicable(c.Thing, "no task of the design runs in "+c.Name, "What runs in it the design does not tell.")
		case len(r.intent.Isolation) == 0:
			r.add(c.Thing, r.ownVPC(c, tasks))
		default:
			r.add(c.Thing, r.apart(c, tasks))
		}
	}
}

// tasksOf are the workloads of a cluster.
func (r *run) tasksOf(cluster ref.ID) []*topo.Workload {
	var out []*topo.Workload
	for i := range r.Workloads {
		if w := &r.Workloads[i]; w.Cluster == cluster && w.Kind != topo.StandaloneWorkload {
			out = append(out, w)
		}
	}
	return out
}

// adrift are the workloads whose cluster is not known.
func (r *run) adrift() []finding.Evidence {
	var out []finding.Evidence
	for i := range r.Workloads {
		if w := &r.Workloads[i]; w.Cluster == "" && w.Kind != topo.StandaloneWorkload {
			out = append(out, because("in which cluster "+w.Name+" runs", w.Place))
		}
	}
	return out
}

// ownVPC judges a cluster of which nothing is declared: it follows if no other
// cluster runs tasks in its VPC. Whether others may, only people can tell.
func (r *run) ownVPC(c *topo.Cluster, tasks []*topo.Workload) finding.Finding {
	homes, gaps := r.homesOf(tasks)
	undecided := func(title, message string, gaps []finding.Evidence) finding.Finding {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, SeverityWhy: "muralla.yaml declares no isolation groups", Title: title, Message: message, Gaps: gaps,
			Fix: "Declare isolation groups in muralla.yaml; one group is enough to say that nothing else has to be kept apart."}
	}
	if len(gaps) > 0 {
		return undecided("it is not known in which VPC "+c.Name+" runs", "Clusters that have to be isolated need a VPC of their own.", gaps)
	}
	var others, names []string
	for _, id := range homes {
		v := r.VPC(id)
		names = append(names, r.Label(id))
		if v.Elsewhere || v.Exists != fact.Yes {
			gaps = append(gaps, because("what else runs in "+v.Name+": "+cmp.Or(v.Why, "it is defined outside the design"), v.Place))
		}
	}
	gaps = append(gaps, r.lodgers(homes)...)
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Cluster == c.ID || w.Kind == topo.StandaloneWorkload || isExternal(w) {
			continue
		}
		for _, home := range r.homeOf(w) {
			if slices.Contains(homes, home) {
				others = append(others, w.Name)
				if w.Cluster == "" {
					gaps = append(gaps, because("in which cluster "+w.Name+" runs", w.Place))
				} else {
					gaps = append(gaps, because(w.Name+" of "+r.clusterName(w.Cluster)+" runs in "+r.Label(home), w.Place))
				}
			}
		}
		if len(r.homeOf(w)) == 0 && w.Cluster != c.ID {
			gaps = append(gaps, r.whichVPC(w))
		}
	}
	switch {
	case len(others) > 0:
		return undecided("whether "+c.Name+" has to be isolated from others in its VPC is not declared", "It shares its VPC with "+few(distinctText(others))+". The design cannot tell whether that is meant.", distinct(gaps))
	case len(gaps) > 0:
		return undecided("it is not known whether "+c.Name+" has its VPC for itself", "Clusters that have to be isolated need a VPC of their own.", distinct(gaps))
	}
	return finding.Finding{Verdict: finding.Follows, Title: c.Name + " has a VPC of its own", Message: fmt.Sprintf("No other cluster of the design runs tasks in %s.", strings.Join(names, " and "))}
}

// lodgers are the parts of the design that are not here and may run tasks in
// VPCs: they are given the name of one, or of a subnet.
func (r *run) lodgers(homes []ref.ID) []finding.Evidence {
	var out []finding.Evidence
	for i := range r.Gaps {
		g := &r.Gaps[i]
		for _, id := range g.Inputs {
			if s := r.Subnet(id); s != nil {
				id = s.VPC
			}
			if slices.Contains(homes, id) {
				out = append(out, because("what "+string(g.ID)+" runs in "+r.Label(id)+": "+cmp.Or(g.Why, "it is not here"), g.Place))
			}
		}
	}
	return distinct(out)
}

func (r *run) clusterName(id ref.ID) string {
	if c := r.Cluster(id); c != nil {
		return c.Name
	}
	return string(id)
}

// homesOf are the VPCs in which workloads run, sorted, and what is not known of
// them.
func (r *run) homesOf(tasks []*topo.Workload) (homes []ref.ID, gaps []finding.Evidence) {
	for _, w := range tasks {
		in := r.homeOf(w)
		if len(in) == 0 && !isExternal(w) {
			gaps = append(gaps, r.whichVPC(w))
		}
		for _, id := range in {
			if r.VPC(id) != nil {
				homes = append(homes, id)
			}
		}
	}
	slices.Sort(homes)
	return slices.Compact(homes), gaps
}

// groupsOf are the names of the isolation groups of a workload, sorted.
func (r *run) groupsOf(w *topo.Workload) []string {
	var out []string
	for _, g := range r.intent.IsolationGroups(w.ID, w.Name, w.Cluster, r.clusterName(w.Cluster)) {
		out = append(out, g.Name)
	}
	return sorted(out)
}

// meeting is what brings two workloads of different groups together.
type meeting struct {
	with     *topo.Workload
	path     []string
	evidence []finding.Evidence
}

// apart judges a cluster with declared groups against the workloads of all other
// groups.
func (r *run) apart(c *topo.Cluster, tasks []*topo.Workload) finding.Finding {
	var shared, paths []meeting
	var gaps []finding.Evidence
	var notes []string
	mine := map[string]bool{}
	for _, w := range tasks {
		own := r.groupsOf(w)
		for _, g := range own {
			mine[g] = true
		}
		if len(own) > 1 {
			return finding.Finding{Verdict: finding.Violates, Severity: finding.High, SeverityWhy: "isolation is declared",
				Title: w.Name + " is in several isolation groups", Message: "Nothing can be isolated from itself. It is in " + strings.Join(own, ", ") + ".",
				Evidence: []finding.Evidence{because("muralla.yaml puts "+w.Name+" in "+strings.Join(own, " and in "), w.Place)}, Fix: "Put it in one group.", Facts: own}
		}
		for i := range r.Workloads {
			x := &r.Workloads[i]
			theirs := r.groupsOf(x)
			if len(own) == 0 || len(theirs) == 0 || x == w || slices.Equal(own, theirs) || x.Kind == topo.StandaloneWorkload {
				continue
			}
			one := r.together(w, x)
			found, open := r.pathsBetween(w, x)
			if sure := w.Exists.And(x.Exists); sure != fact.Yes && (one == fact.Yes || len(found) > 0) {
				one, found = fact.Unknown, nil
				open = append(open, because("whether "+string(w.ID)+" and "+string(x.ID)+" exist", x.Place))
			}
			switch one {
			case fact.Yes:
				shared = append(shared, meeting{with: x, evidence: []finding.Evidence{
					because(fmt.Sprintf("%s of group %s runs in %s", w.Name, own[0], r.Label(r.homeOf(w)[0])), w.Place),
					because(fmt.Sprintf("%s of group %s runs there, too", x.Name, theirs[0]), x.Place)}})
			case fact.Unknown:
				gaps = append(gaps, because("whether "+w.Name+" and "+x.Name+" run in one VPC", x.Place))
			}
			paths, gaps = append(paths, found...), append(gaps, open...)
			if len(found) == 0 && one == fact.No {
				if by := r.pivot(w, x); by != "" {
					notes = append(notes, "In two steps "+by+" joins "+w.Name+" and "+x.Name+".")
				}
			}
		}
	}
	if len(mine) == 0 {
		return finding.Finding{Verdict: finding.NotApplicable, Title: c.Name + " is in no isolation group", Message: "muralla.yaml does not ask to isolate it."}
	}
	group := strings.Join(slices.Sorted(maps.Keys(mine)), ", ")
	if len(paths)+len(shared) > 0 {
		f := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "they share a VPC, although no packet passes between them today",
			Title: c.Name + " shares a VPC with another isolation group", Message: "Clusters that have to be isolated need VPCs of their own. " + strings.Join(distinctText(notes), " "),
			Fix: "Move one of the groups to a VPC of its own."}
		if len(paths) > 0 {
			f.Severity, f.SeverityWhy = finding.High, "packets pass between groups that are declared isolated"
			f.Title = c.Name + " has a path to another isolation group"
			f.Path = paths[0].path
			if len(shared) == 0 {
				f.Fix = "Take away the route or the rule of the path, or declare the groups as one."
			}
		}
		f.Message = strings.TrimSpace(f.Message)
		for _, m := range append(paths, shared...) {
			f.Evidence = append(f.Evidence, m.evidence...)
			f.Facts = append(append(f.Facts, string(m.with.ID)), m.path...)
		}
		f.Facts, f.Evidence = sorted(f.Facts), distinct(f.Evidence)
		return f
	}
	if gaps = append(gaps, r.adrift()...); len(gaps) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.High, SeverityWhy: "isolation is declared", Title: "it is not known whether " + c.Name + " is isolated",
			Message: "Nothing that is known joins it to another group.", Gaps: distinct(gaps)}
	}
	return finding.Finding{Verdict: finding.Follows, Title: c.Name + " is isolated", Message: strings.TrimSpace(
		fmt.Sprintf("No workload of another group shares its VPC, and no packet passes between group %s and another in either direction. %s", group, strings.Join(distinctText(notes), " ")))}
}

// together reports whether two workloads run in one VPC.
func (r *run) together(w, x *topo.Workload) fact.Tri {
	a, b := r.homeOf(w), r.homeOf(x)
	if isExternal(w) || isExternal(x) {
		return fact.No
	}
	if len(a) == 0 || len(b) == 0 {
		return fact.Unknown
	}
	one := fact.No
	for _, v := range a {
		for _, u := range b {
			one = one.Or(r.oneVPC(v, u))
		}
	}
	return one
}

// pathsBetween are the connections that one workload can surely open to another,
// in both directions, and what is not known about others.
func (r *run) pathsBetween(w, x *topo.Workload) (found []meeting, gaps []finding.Evidence) {
	for _, way := range [2][2]*topo.Workload{{w, x}, {x, w}} {
		for _, from := range r.endpointsOf(way[0]) {
			for _, to := range r.endpointsOf(way[1]) {
				if from == to {
					found = append(found, meeting{with: x, path: []string{r.Label(w.ID) + " and " + r.Label(x.ID) + " run on " + r.Label(from)},
						evidence: []finding.Evidence{because("both run on "+r.Label(from), r.placeOf(from))}})
					continue
				}
				a := r.connect(reach.At(from), reach.At(to), talk())
				switch a.Packets.Any(talk()) {
				case fact.Yes:
					m := meeting{with: x, path: []string{fmt.Sprintf("%s > %s %s", r.Label(from), r.Label(to), a.Packets.Sure)}}
					for _, s := range a.Trail {
						for _, u := range s.Rules {
							if s.Gate == reach.GateGroupIn || s.Gate == reach.GateRoute {
								m.evidence = append(m.evidence, because(u.Text, u.Place))
							}
						}
					}
					found = append(found, m)
				case fact.Unknown:
					gaps = append(gaps, a.Gaps...)
				}
			}
		}
	}
	return found, gaps
}

// Most endpoints that are tried as a step between two groups.
const maxSteps = 64

// pivot is an endpoint through which somebody who breaks into it gets from one
// workload to another, or "".
func (r *run) pivot(w, x *topo.Workload) string {
	tried := 0
	for i := range r.Endpoints {
		z := &r.Endpoints[i]
		if z.Kind != topo.HostEndpoint && z.Kind != topo.TaskEndpoint || z.Elsewhere || z.Owner == w.ID || z.Owner == x.ID {
			continue
		}
		if tried++; tried > maxSteps {
			return ""
		}
		reaches := func(from, to ref.ID) bool {
			return r.connect(reach.At(from), reach.At(to), talk()).Packets.Any(talk()) == fact.Yes
		}
		for _, a := range r.endpointsOf(w) {
			for _, b := range r.endpointsOf(x) {
				if a != z.ID && b != z.ID && (reaches(a, z.ID) && reaches(z.ID, b) || reaches(b, z.ID) && reaches(z.ID, a)) {
					return r.Label(z.ID)
				}
			}
		}
	}
	return ""
}
