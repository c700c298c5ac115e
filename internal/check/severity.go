package check

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// exposure is how far a workload can be reached from the internet.
type exposure struct {
	through fact.Tri // through a load balancer
	direct  fact.Tri // past every load balancer
	by      ref.ID   // the load balancer, if through is Yes
	link    string   // the VPC link that may lead to it, if nothing surely does
}

// any is whether the internet reaches the workload at all.
func (e exposure) any() fact.Tri { return e.through.Or(e.direct) }

// exposureOf computes, once for each workload, whether the internet reaches it.
func (r *run) exposureOf(w *topo.Workload) exposure {
	if e, ok := r.exposed[w.ID]; ok {
		return e
	}
	e := exposure{through: fact.No, direct: fact.No}
	for _, entry := range r.entries(w.ID) {
		works := entry.Exists.And(entry.Front.Packets.Any(netset.AllPorts())).And(entry.Back.Packets.Any(netset.AllPorts()))
		if works == fact.Yes && e.by == "" {
			e.by = entry.Balancer
		}
		e.through = e.through.Or(works)
	}
	for _, id := range r.endpointsOf(w) {
		e.direct = e.direct.Or(r.connect(reach.Outside(netset.Internet()), reach.At(id), netset.AllPorts()).Packets.Any(netset.AllPorts()))
	}
	if e.any() == fact.No {
		if e.link = r.linkTo(w); e.link != "" {
			e.through = fact.Unknown
		}
	}
	r.exposed[w.ID] = e
	return e
}

// linkTo is a VPC link that reaches a workload: what its API gets from the
// internet and sends on is not in the model.
func (r *run) linkTo(w *topo.Workload) string {
	for i := range r.Endpoints {
		link := &r.Endpoints[i]
		if !strings.HasSuffix(strings.ReplaceAll(strings.ToLower(link.Type), "_", ""), "vpclink") {
			continue
		}
		for _, id := range r.endpointsOf(w) {
			if r.connect(reach.At(link.ID), reach.At(id), talk()).Packets.Any(talk()) != fact.No {
				return link.Name
			}
		}
	}
	return ""
}

// endpointsOf are the interfaces on which a workload listens: its own in awsvpc
// mode, else those of the hosts it may run on.
func (r *run) endpointsOf(w *topo.Workload) []ref.ID {
	if w.Endpoint != "" {
		return []ref.ID{w.Endpoint}
	}
	if m, ok := w.Mode.Get(); !ok || m == topo.ModeBridge || m == topo.ModeHost || m == topo.ModeNAT {
		var ids []ref.ID
		for _, h := range w.Hosts.List {
			ids = append(ids, h.ID)
		}
		return ids
	}
	return nil
}

// whereRuns is the missing fact of a workload that has no known interface.
func whereRuns(w *topo.Workload) finding.Evidence {
	return because("where "+w.Name+" runs: "+cmp.Or(w.Hosts.More, w.Mode.Why, "the design has no interface for it"), w.Place)
}

// severityOf is the severity of a violation at a workload: base, one more if
// the internet reaches it, and one more if the user declared it sensitive.
func (r *run) severityOf(w *topo.Workload, base finding.Severity) (finding.Severity, string) {
	s, why := base, ""
	if e := r.exposureOf(w); e.any() == fact.Yes {
		s, why = s+1, "the internet reaches "+w.Name
		if e.by != "" {
			why += " through " + r.Label(e.by)
		}
	}
	if r.intent.Sensitivity(w.ID, w.Name) >= sensitive {
		s = s + 1
		if why != "" {
			why += ", and "
		}
		why += "it is declared " + r.intent.Sensitivity(w.ID, w.Name).String()
	}
	if why == "" {
		why = "nothing on the internet reaches " + w.Name
		if r.exposureOf(w).any() == fact.Unknown {
			why = "it is not known whether the internet reaches " + w.Name
		}
		if link := r.exposureOf(w).link; link != "" {
			why += ": what API Gateway sends through VPC link " + link + " is not modelled"
		}
	}
	return min(s, finding.Critical), why
}
