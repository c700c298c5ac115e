package graph

import (
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// mark gives boxes and frames the badges of what was found about them, or about
// what belongs to them. Findings come worst first.
func (g *Graph) mark(s *topo.Snapshot, findings []finding.Finding) {
	if len(findings) == 0 {
		return
	}
	badges := map[ref.ID][]*Badge{}
	for i := range g.Boxes {
		for _, m := range g.Boxes[i].Members {
			if m.ID != "" {
				badges[m.ID] = append(badges[m.ID], &g.Boxes[i].Badge)
			}
		}
	}
	for i := range g.Frames {
		badges[g.Frames[i].ID] = append(badges[g.Frames[i].ID], &g.Frames[i].Badge)
	}
	lost := 0
	for _, f := range findings {
		if f.Suppressed != nil || f.Verdict != finding.Violates && f.Verdict != finding.Undecided {
			continue
		}
		var at []*Badge
		for _, id := range bearers(s, f.Resource) {
			if at = badges[id]; len(at) > 0 {
				break
			}
		}
		if len(at) == 0 && f.Verdict == finding.Violates {
			lost++
		}
		for _, b := range slices.Compact(at) {
			b.count(f)
		}
	}
	if lost > 0 {
		g.Notes = append(g.Notes, counted(lost, "finding is", "findings are")+" about what is not drawn.")
	}
}

func (b *Badge) count(f finding.Finding) {
	if f.Verdict == finding.Undecided {
		if b.Undecided++; b.Anchor == "" {
			b.Anchor = f.Fingerprint()
		}
		return
	}
	if b.Violations == 0 || f.Severity > b.Worst {
		b.Worst, b.Anchor = f.Severity, f.Fingerprint()
	}
	b.Violations++
}

// bearers are the things that may bear the badge of a thing, the closest first.
func bearers(s *topo.Snapshot, id ref.ID) []ref.ID {
	out := []ref.ID{id}
	within := func(vpc ref.ID) { out = append(out, vpc) }
	switch {
	case s.Endpoint(id) != nil:
		out = append(out, s.Endpoint(id).Owner)
		within(s.Endpoint(id).VPC)
	case s.Listener(id) != nil:
		out = append(out, s.Listener(id).Balancer)
	case s.TargetGroup(id) != nil:
		for _, w := range s.BoundTo(id) {
			out = append(out, w.ID)
		}
		within(s.TargetGroup(id).VPC)
	case s.TaskDefinition(id) != nil:
		for i := range s.Workloads {
			if s.Workloads[i].Definition == id {
				out = append(out, s.Workloads[i].ID)
			}
		}
	case s.SecurityGroup(id) != nil:
		for _, h := range s.Holders(id) {
			out = append(out, h.ID, h.Owner)
		}
		within(s.SecurityGroup(id).VPC)
	case s.Subnet(id) != nil:
		within(s.Subnet(id).VPC)
	case s.RouteTable(id) != nil:
		within(s.RouteTable(id).VPC)
	case s.NetworkACL(id) != nil:
		within(s.NetworkACL(id).VPC)
	case s.VPCEndpoint(id) != nil:
		within(s.VPCEndpoint(id).VPC)
	}
	for i := range s.Hosts {
		if s.Hosts[i].Template == id {
			out = append(out, s.Hosts[i].ID)
		}
	}
	for i := range s.FlowLogs {
		if s.FlowLogs[i].ID == id {
			out = append(out, s.FlowLogs[i].Of)
		}
	}
	return slices.DeleteFunc(out, func(id ref.ID) bool { return id == "" })
}
