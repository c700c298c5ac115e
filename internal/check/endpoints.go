package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/need"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeEndpoints judges every workload (does each service that it needs have a
// VPC endpoint or a way over the internet?) and every VPC in which tasks run (does
// each service that they need have its endpoint?) (AWS "Amazon ECS interface VPC
// endpoints (AWS PrivateLink)").
func judgeEndpoints(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		switch {
		case isExternal(w):
			r.notApplicable(w.Thing, w.Name+" runs outside AWS", "External instances call AWS from a network that is not in the design.")
		case w.Kind == topo.StandaloneWorkload:
			r.notApplicable(w.Thing, "nothing of the design starts "+w.Name, "Whoever runs the task chooses its subnets.")
		default:
			r.add(w.Thing, r.provided(w))
		}
	}
	r.providedVPCs()
}

// lack is a need that is not met, or perhaps not, at some spots.
type lack struct {
	need.Need
	at []spot
}

func (r *run) provided(w *topo.Workload) finding.Finding {
	all := r.wants(w)
	notes := ""
	if len(all.Notes) > 0 {
		notes = " " + strings.Join(all.Notes, " ")
	}
	if len(all.List) == 0 {
		return finding.Finding{Verdict: finding.NotApplicable, Title: w.Name + " needs no service of AWS to start", Message: "Nothing in its definition asks for one." + notes}
	}
	var missing []lack
	var gaps []finding.Evidence
	var through []finding.Evidence
	outside, direct := false, false
	for _, n := range all.List {
		spots, open := r.spots(n, w)
		gaps = append(gaps, open...)
		l := lack{Need: n}
		for _, s := range spots {
			d := r.doorsFor(n, s)
			way := r.way(s)
			met := d.has.Or(way.open)
			if n.Service == "" && n.Registry == "" && met == fact.No {
				met = fact.Unknown
			}
			switch {
			case met == fact.Yes:
				if d.has == fact.Yes {
					through = append(through, because(serviceName(n)+": "+r.Label(d.sure[0].ID), d.sure[0].Place))
				} else {
					outside, direct = true, direct || n.Registry == ""
				}
			case met == fact.No && n.Certain == fact.Yes && s.exists == fact.Yes:
				l.at = append(l.at, s)
			default:
				gaps = append(gaps, needGaps(n, d)...)
				gaps = append(gaps, way.gaps...)
				if s.exists != fact.Yes {
					gaps = append(gaps, because("whether "+r.Label(s.e.ID)+" runs there: "+orUnknown(s.why), s.e.Place))
				}
			}
		}
		if len(l.at) > 0 {
			missing = append(missing, l)
		}
	}
	switch {
	case len(missing) > 0:
		f := r.noWay(w, missing)
		f.Message += notes
		return f
	case len(gaps) > 0:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether " + w.Name + " reaches every service that it needs",
			Message: "It needs " + listText(needNames(all.List)) + "." + notes, Gaps: distinct(gaps)}
	}
	f := finding.Finding{Verdict: finding.Follows, Title: w.Name + " has a way to every service that it needs", Evidence: distinct(through)}
	f.Message = "It needs " + listText(needNames(all.List)) + ": each has a VPC endpoint."
	switch {
	case outside && len(through) == 0:
		f.Message = "It needs " + listText(needNames(all.List)) + " and reaches " + itOrThem(len(all.List)) + " over the internet. VPC endpoints are required only where there is no such way."
	case outside && !direct:
		f.Message = "It needs " + listText(needNames(all.List)) + ": public registries have no VPC endpoint and are reached over the internet."
	case outside:
		f.Message = "It needs " + listText(needNames(all.List)) + ": what has no VPC endpoint is reached over the internet."
	}
	f.Message += notes
	return f
}

// noWay is the violation of a workload that cannot reach what it surely needs.
func (r *run) noWay(w *topo.Workload, missing []lack) finding.Finding {
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "tasks start, but something that is asked for does not work"}
	var endpoints, gateways, registries, regions, names, blocked []string
	from := missing[0].at[0]
	for _, l := range missing {
		names = append(names, serviceName(l.Need))
		if l.Service != need.Sessions && l.Service != need.Keys {
			f.Severity, f.SeverityWhy = finding.High, "tasks do not start without it"
		}
		switch {
		case l.Region != "": // the model gives it for other Regions only
			regions = append(regions, l.Region)
		case l.Registry != "":
			registries = append(registries, l.Registry)
		case l.Service == need.ObjectStore:
			gateways = append(gateways, l.Service)
		default:
			endpoints = append(endpoints, l.Service)
		}
		for _, reason := range l.Reasons {
			f.Evidence = append(f.Evidence, because(serviceName(l.Need)+" is needed for the "+reason.What, reason.Place))
		}
		for _, s := range l.at {
			blocked = append(blocked, r.spotName(s))
			f.Evidence = append(f.Evidence, r.way(s).stops...)
		}
	}
	slices.SortStableFunc(f.Evidence, func(a, b finding.Evidence) int {
		return cmp.Compare(strings.Count(b.Text, " is needed for "), strings.Count(a.Text, " is needed for "))
	})
	names, blocked = sorted(names), sorted(blocked)
	where := listText(blocked)
	vpc := r.vpcName(from)
	f.Title = capped(fmt.Sprintf("%s has no way to %s", w.Name, listText(names)), w.Name+" has no way to services that it needs")
	them := "them"
	if len(names) == 1 {
		them = "it"
	}
	f.Message = fmt.Sprintf("From %s nothing leads to the internet, and %s has no VPC endpoint for %s.", where, vpc, them)
	var fixes []string
	if len(endpoints) > 0 {
		fixes = append(fixes, fmt.Sprintf("add interface endpoints with private DNS for %s to %s", strings.Join(sorted(endpoints), ", "), vpc))
	}
	if len(gateways) > 0 {
		fixes = append(fixes, "add a gateway endpoint for s3 to the route tables of "+where)
	}
	if len(regions) > 0 {
		fixes = append(fixes, "move what is asked of "+strings.Join(sorted(regions), ", ")+" to the Region of the tasks, since VPC endpoints serve their own Region")
	}
	if len(registries) > 0 {
		f.Message += " Public registries have no VPC endpoint."
		fixes = append(fixes, "copy the images of "+strings.Join(sorted(registries), ", ")+" to Amazon ECR")
	}
	text := strings.Join(fixes, "; ")
	f.Fix = strings.ToUpper(text[:1]) + text[1:] + "; or give the subnets a way to the internet through a NAT gateway."
	if r.shutIn(missing) {
		f.Fix += " Either way an outbound rule has to allow tcp/443."
	}
	f.Path = []string{fmt.Sprintf("%s > internet tcp/443 is stopped", r.Label(r.ownerOf(from.e)))}
	f.Ask = r.ask(r.Selector(r.ownerOf(from.e)) + " -> internet tcp/443")
	f.Evidence, f.Facts = distinct(f.Evidence), names
	return f
}

// shutIn is whether the groups of some place where something is missing let no
// call out at all.
func (r *run) shutIn(missing []lack) bool {
	return slices.ContainsFunc(missing, func(l lack) bool {
		return slices.ContainsFunc(l.at, func(s spot) bool { return r.way(s).shut })
	})
}

func (r *run) vpcName(s spot) string {
	if s.vpc == "" {
		return "its VPC"
	}
	return r.Label(s.vpc)
}

// serviceName is how people call what is needed.
func serviceName(n need.Need) string {
	switch {
	case n.Registry != "":
		return n.Registry
	case n.Service == "":
		return "a service that is not known"
	case n.Region != "":
		return n.Service + " in " + n.Region
	}
	return n.Service
}

// needGaps is what is not known of a need and of the VPC endpoints for it.
func needGaps(n need.Need, d doors) []finding.Evidence {
	if n.Certain == fact.Yes {
		return d.gaps
	}
	return append([]finding.Evidence{because(needText(n)+": "+orUnknown(n.Why), n.Reasons[0].Place)}, d.gaps...)
}

func needText(n need.Need) string {
	if n.Service == "" && n.Registry == "" {
		return "which service the " + n.Reasons[0].What + " asks for"
	}
	return "whether it needs " + serviceName(n)
}

// itOrThem stands for a list that was just named.
func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// needNames are the names of what is needed, without the Region.
func needNames(list []need.Need) []string {
	var names []string
	for _, n := range list {
		if n.Service+n.Registry != "" {
			names = append(names, cmp.Or(n.Service, n.Registry))
		} else {
			names = append(names, "what its "+n.Reasons[0].What+" asks for")
		}
	}
	return sorted(names)
}

// providedVPCs judges the VPCs: a VPC of whose services one has no endpoint sends
// its calls over the internet, if there is a way.
func (r *run) providedVPCs() {
	homes, all, where := r.taskVPCs()
	for i := range r.VPCs {
		v := &r.VPCs[i]
		_, tasks := r.taskSubnets(v.ID)
		switch {
		case v.Elsewhere && !homes[v.ID]:
		case tasks == 0 && all:
			r.notApplicable(v.Thing, "no task runs in "+v.Name, "The tasks of the design run in other VPCs.")
		case tasks == 0:
			r.add(v.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether tasks that run in " + v.Name + " need endpoints",
				Message: "The design does not tell which tasks run there.", Gaps: append(where, because("tasks in "+v.Name, v.Place))})
		default:
			r.add(v.Thing, r.providedVPC(v))
		}
	}
}

func (r *run) providedVPC(v *topo.VPC) finding.Finding {
	var lacking, there, places []string
	var lacks []lacked
	var gaps, have []finding.Evidence
	needs := 0
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Kind == topo.StandaloneWorkload || isExternal(w) {
			continue
		}
		homeless := len(r.homeOf(w)) == 0
		for _, n := range r.wants(w).List {
			if n.Registry != "" {
				continue
			}
			spots, open := r.spots(n, w)
			here := slices.DeleteFunc(spots, func(s spot) bool { return s.vpc != v.ID && !homeless })
			if len(here) == 0 && len(open) == 0 && !homeless {
				continue
			}
			gaps = append(gaps, open...)
			if homeless {
				here = []spot{{vpc: v.ID, e: &topo.Endpoint{}}}
			}
			needs++
			for _, s := range here {
				d := r.doorsFor(n, s)
				switch {
				case d.region:
				case d.has == fact.Yes:
					there = append(there, n.Service)
					have = append(have, because(serviceName(n)+": "+r.Label(d.sure[0].ID), d.sure[0].Place))
				case d.has == fact.No && n.Certain == fact.Yes && s.exists == fact.Yes && !homeless:
					lacking = append(lacking, n.Service)
					places = append(places, w.Name)
					lacks = append(lacks, lacked{n.Service, n.Reasons[0].What, w.Name, n.Reasons[0].Place})
				default:
					gaps = append(gaps, needGaps(n, d)...)
					switch {
					case homeless:
						gaps = append(gaps, r.whichVPC(w))
					case s.exists != fact.Yes:
						gaps = append(gaps, because("whether "+r.Label(s.e.ID)+" runs there: "+orUnknown(s.why), s.e.Place))
					}
				}
			}
		}
	}
	lacking, there = sorted(lacking), sorted(there)
	switch {
	case len(lacking) > 0:
		return finding.Finding{Verdict: finding.Violates, Severity: finding.Note, SeverityWhy: "endpoints are required only where there is no way to the internet",
			Title:   capped(v.Name+" has no VPC endpoint for "+listText(lacking), v.Name+" has no VPC endpoint for some services that its tasks need"),
			Message: "Tasks of " + shortList(sorted(places)) + " call " + itOrThem(len(lacking)) + " by public addresses of AWS, as far as there is a way. With endpoints the calls stay in the VPC, and no internet gateway is needed for them.",
			Fix:     "Add " + map[bool]string{true: "an endpoint", false: "endpoints"}[len(lacking) == 1] + " for " + strings.Join(lacking, ", ") + " if your policy forbids internet gateways, or the calls have to stay private.", Evidence: lackedText(lacks), Facts: lacking}
	case len(gaps) > 0:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether " + v.Name + " has all VPC endpoints that its tasks need",
			Message: "Some facts that decide are not in the design.", Gaps: distinct(gaps)}
	case needs == 0:
		return finding.Finding{Verdict: finding.NotApplicable, Title: "no task in " + v.Name + " needs a service of AWS to start", Message: "Nothing in their definitions asks for one."}
	}
	return finding.Finding{Verdict: finding.Follows, Title: v.Name + " has a VPC endpoint for each service that its tasks need", Message: "There are endpoints for " + listText(there) + ".", Evidence: distinct(have)}
}

// lacked is one reason for which a VPC would have an endpoint.
type lacked struct {
	service, what, workload string
	at                      ref.Place
}

// lackedText says once for each use and the workloads that have it which services
// it needs.
func lackedText(all []lacked) []finding.Evidence {
	type use struct{ what, whose string }
	var uses []use
	services, at := map[use][]string{}, map[use]ref.Place{}
	for _, l := range all {
		var names []string
		for _, o := range all {
			if o.service == l.service && o.what == l.what {
				names = append(names, o.workload)
			}
		}
		u := use{l.what, shortList(sorted(names))}
		if _, ok := services[u]; !ok {
			uses, at[u] = append(uses, u), l.at
		}
		services[u] = append(services[u], l.service)
	}
	var out []finding.Evidence
	for _, u := range uses {
		names, verb := sorted(services[u]), "are"
		if len(names) == 1 {
			verb = "is"
		}
		out = append(out, because(fmt.Sprintf("%s %s needed for the %s of %s", listText(names), verb, u.what, u.whose), at[u]))
	}
	return out
}

// listText is names as a sentence has them.
func listText(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
