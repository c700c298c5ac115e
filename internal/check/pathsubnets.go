package check

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// everySubnet judges a path that works between some interfaces: each node of the
// load balancer must get to the tasks in each subnet to which it sends. All is
// whether there is nothing to say.
func (r *run) everySubnet(w *topo.Workload, entries []reach.Entry) (f finding.Finding, all bool) {
	f = finding.Finding{Severity: finding.Medium, SeverityWhy: "requests fail, or targets stay unhealthy, depending on the subnet"}
	var first *reach.Entry
	gates := map[reach.GateKind]bool{}
	for i := range entries {
		e := &entries[i]
		for _, l := range r.legsOf(*e) {
			if e.Exists != fact.Yes || e.Preserves != fact.No || l.asked.Sure.IsEmpty() {
				continue
			}
			shut, gaps := r.shutSubnets(e, l, gates)
			f.Gaps = append(f.Gaps, gaps...)
			if len(shut) > 0 && first == nil {
				first = e
			}
			for _, s := range shut {
				f.Path = append(f.Path, s.path)
				f.Evidence = append(f.Evidence, s.because...)
				f.Facts = append(f.Facts, s.fact)
			}
		}
	}
	f.Path, f.Evidence, f.Facts, f.Gaps = distinctText(f.Path), distinct(f.Evidence), sorted(f.Facts), distinct(f.Gaps)
	switch {
	case first != nil:
		f.Verdict, f.Gaps = finding.Violates, nil
		f.Title = fmt.Sprintf("%s reaches %s in some subnets only", r.Label(first.Balancer), w.Name)
		f.Message = "The load balancer has a node in each of its subnets, and every node sends to all targets. Between the subnets named, what it sends or what comes back is stopped."
		f.Fix = r.opening(w, leg{entry: *first, asked: first.TargetPorts}, gates)
		return f, false
	case len(f.Gaps) > 0:
		f.Title, f.Message = "it is not known whether the load balancer reaches "+w.Name+" in every subnet", "Between some subnets it does; for the others, facts are missing."
		f.Path, f.Evidence, f.Facts = nil, nil, nil
		return f, false
	}
	return f, true
}

// shutWay is a pair of subnets between which a leg is stopped.
type shutWay struct {
	path, fact string
	because    []finding.Evidence
}

// shutSubnets are the pairs of subnets between which a leg is stopped. A load
// balancer that does not balance across zones sends within the zone of a node
// (AWS "Cross-zone load balancing"; it is always on at an Application Load
// Balancer).
func (r *run) shutSubnets(e *reach.Entry, l leg, gates map[reach.GateKind]bool) (shut []shutWay, gaps []finding.Evidence) {
	from, to, b := r.Endpoint(e.Balancer), r.Endpoint(e.Target), r.LoadBalancer(e.Balancer)
	if from == nil || to == nil || b == nil {
		return nil, nil
	}
	across := b.Kind == topo.ApplicationBalancer || fact.Is(b.CrossZone, true) == fact.Yes
	for _, side := range []*topo.Endpoint{from, to} {
		if side.Subnets.More != "" && across {
			gaps = append(gaps, r.net.SubnetsGap(side))
		}
	}
	for _, s := range from.Subnets.List {
		for _, t := range to.Subnets.List {
			if !across && !r.oneZone(s, t) {
				continue
			}
			source, target := reach.At(from.ID), reach.At(to.ID)
			source.Subnet, target.Subnet = s.ID, t.ID
			a := r.connect(source, target, l.asked.Sure)
			switch {
			case a.Packets.Sure.Covers(l.asked.Sure):
			case a.Packets.Maybe.Covers(l.asked.Sure):
				gaps = append(gaps, a.Gaps...)
			case s.Exists != fact.Yes || t.Exists != fact.Yes:
				gaps = append(gaps, because(fmt.Sprintf("whether %s is in %s and %s in %s: %s", r.Label(from.ID), r.Label(s.ID), r.Label(to.ID), r.Label(t.ID),
					orUnknown(cmp.Or(s.Why, t.Why))), to.Place))
			default:
				way := shutWay{path: fmt.Sprintf("%s in %s > %s in %s %s (%s) is stopped", r.Label(from.ID), r.copyName(s.ID), r.Label(to.ID), r.copyName(t.ID), whichPorts(l.asked), l.what),
					fact: string(s.ID) + " > " + string(t.ID)}
				for _, step := range a.Barriers(l.asked.Sure) {
					if step.Passes.Maybe.Covers(l.asked.Sure) {
						continue
					}
					gates[step.Gate] = true
					way.because = append(way.because, because(fmt.Sprintf("%s of %s: %s", step.Gate, r.Label(step.At), cmp.Or(step.Why, "nothing passes")), r.placeOf(step.At)))
					for _, use := range step.Rules {
						way.because = append(way.because, because(use.Text, use.Place))
					}
				}
				shut = append(shut, way)
			}
		}
	}
	return shut, gaps
}

// copyName is the label of a subnet, with the index that tells copies apart.
func (r *run) copyName(id ref.ID) string {
	label, index := r.Label(id), string(id[len(id.Base()):])
	if strings.HasSuffix(label, index) {
		return label
	}
	return label + index
}

// oneZone is whether two subnets are surely of one Availability Zone.
func (r *run) oneZone(a, b topo.Link) bool {
	s, t := r.Subnet(a.ID), r.Subnet(b.ID)
	if s == nil || t == nil {
		return false
	}
	x, known := s.AZ.Get()
	y, too := t.AZ.Get()
	return a.ID == b.ID || known && too && x == y
}
