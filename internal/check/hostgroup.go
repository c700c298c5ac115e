package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/topo"
)

// hostGroup judges a workload that has no interface of its own: tasks of other
// workloads on its hosts have the same groups.
func (r *run) hostGroup(w *topo.Workload, mode topo.NetworkMode) finding.Finding {
	var names []string
	var evidence []finding.Evidence
	for _, h := range w.Hosts.List {
		if h.Exists != fact.Yes {
			continue
		}
		for m, others := range r.runsOn(h.ID) {
			if m != topo.ModeBridge && m != topo.ModeHost && m != topo.ModeNAT {
				continue
			}
			for _, o := range others {
				if o.ID != w.ID && o.Launch.IsKnown() {
					names = append(names, r.Label(o.ID))
					evidence = append(evidence, because(fmt.Sprintf("%s runs on %s too, in %s mode", o.Name, r.Label(h.ID), m), o.Place))
				}
			}
		}
	}
	gaps := r.perhapsBeside(w)
	if !w.Launch.IsKnown() && len(names) > 0 {
		names, gaps = nil, append(gaps, gap("launch type of "+w.Name, w.Launch))
	}
	if len(names) == 0 && len(gaps) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether " + w.Name + " shares the groups of its host",
			Message: fmt.Sprintf("In %s mode the groups of the host are those of every task on it.", mode), Gaps: gaps}
	}
	if len(names) == 0 {
		return finding.Finding{Verdict: finding.NotApplicable, Title: fmt.Sprintf("%s has no interface of its own: in %s mode the host's groups filter", w.Name, mode),
			Message: "See mode-awsvpc."}
	}
	names = sorted(names)
	slices.SortFunc(evidence, func(a, b finding.Evidence) int {
		return cmp.Or(strings.Compare(a.Text, b.Text), a.Place.Compare(b.Place))
	})
	severity, why := r.severityOf(w, finding.Low)
	return finding.Finding{Verdict: finding.Violates, Severity: severity, SeverityWhy: why, Cause: modeCause(w.Definition),
		Title:   w.Name + " shares the groups of its host with " + shortList(names),
		Message: fmt.Sprintf("In %s mode the groups of the host are those of every task on it: what admits one admits all.", mode),
		Fix:     "Run it in awsvpc mode with a security group of its own.", Evidence: distinct(evidence), Facts: names}
}

// perhapsBeside says what is missing about other workloads that may run on the
// hosts of one and have no interface of their own either.
func (r *run) perhapsBeside(w *topo.Workload) []finding.Evidence {
	var gaps []finding.Evidence
	for i := range r.Workloads {
		o := &r.Workloads[i]
		mode, known := o.Mode.Get()
		shares := !known || mode == topo.ModeBridge || mode == topo.ModeHost || mode == topo.ModeNAT
		onHosts := len(o.Hosts.List) > 0 || o.Hosts.More != ""
		if o.ID == w.ID || o.Kind == topo.StandaloneWorkload || !shares || !onHosts || o.Cluster != "" && w.Cluster != "" && o.Cluster != w.Cluster {
			continue
		}
		switch {
		case !o.Launch.IsKnown():
			gaps = append(gaps, gap("launch type of "+o.Name, o.Launch))
		case o.Hosts.More != "":
			gaps = append(gaps, whereRuns(o))
		case w.Hosts.More != "":
			gaps = append(gaps, whereRuns(w))
		}
		for _, h := range w.Hosts.List {
			for _, l := range o.Hosts.List {
				if l.ID == h.ID && (l.Exists.And(h.Exists) != fact.Yes || !known) {
					gaps = append(gaps, because(fmt.Sprintf("whether %s runs on %s: %s", o.Name, r.Label(h.ID), orUnknown(cmp.Or(l.Why, h.Why, o.Mode.Why))), o.Place))
				}
			}
		}
	}
	return distinct(gaps)
}
