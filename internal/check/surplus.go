package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// doorGroups judges the groups of what stands before and beside tasks: load
// balancers and VPC endpoints.
func (r *run) doorGroups() {
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		if e.Kind != topo.BalancerEndpoint && e.Kind != topo.PrivateLinkEndpoint || e.Elsewhere || len(e.Groups.List) == 0 && e.Groups.More == "" {
			continue
		}
		declared, more := r.doorListens(e)
		f := r.doorGroup(e, declared, more)
		if p := r.VPCEndpoint(e.ID); p != nil && p.Kind == topo.EndpointKindUnknown && f.Verdict != finding.Undecided {
			f = finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether " + r.Label(e.ID) + " has an interface",
				Message: "Only an interface endpoint has security groups.", Gaps: []finding.Evidence{because("the kind of "+r.Label(e.ID), e.Place)}}
		}
		r.add(e.Thing, f)
	}
}

// doorListens is the ports that may be open at a load balancer or VPC endpoint, and
// why there may be more.
func (r *run) doorListens(e *topo.Endpoint) (netset.Bounds, string) {
	declared, more := listensOn(e), e.ListensMore
	if b := r.LoadBalancer(e.ID); b != nil {
		if b.Kind == topo.ApplicationBalancer {
			// What browsers try first; open without a listener they do no harm.
			declared = declared.Or(netset.Exactly(netset.TCP(80, 80).Union(netset.TCP(443, 443))))
		}
		more = cmp.Or(more, b.ListenersMore)
	}
	return declared, more
}

func (r *run) doorGroup(e *topo.Endpoint, declared netset.Bounds, more string) finding.Finding {
	name := r.Label(e.ID)
	s := r.surplus(e, declared, more, true)
	switch {
	case !s.ports.IsEmpty():
		return finding.Finding{Verdict: finding.Violates, Severity: finding.Note, SeverityWhy: "nothing listens there, and no port opens by itself",
			Title:    capped(name+" admits ports that it does not listen on: "+s.text(declared), name+" admits ports that it does not listen on"),
			Message:  fmt.Sprintf("Whatever comes to listen on %s is reachable at once from %s.", s.where(declared), strings.Join(s.whom, ", ")),
			Fix:      "Narrow the rules to the ports that it listens on.",
			Evidence: s.evidence, Facts: s.facts(declared), Cause: s.cause()}
	case len(s.gaps) > 0 || e.Groups.More != "":
		gaps := s.gaps
		if e.Groups.More != "" {
			gaps = append(gaps, r.net.GroupsGap(e))
		}
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether " + name + " admits only the ports that it listens on",
			Message: "Nothing that is known is wrong, but what is missing may be.", Gaps: distinct(gaps)}
	}
	return finding.Finding{Verdict: finding.Follows, Title: name + " admits only the ports that it listens on", Message: "Its groups open nothing else."}
}

// surplus is what the groups of an endpoint admit beyond the ports on which it
// is declared to listen.
type surplus struct {
	ports    netset.Ports
	whom     []string // from whom, sorted
	evidence []finding.Evidence
	gaps     []finding.Evidence
}

// text is the surplus ports in words, as what is admitted beside the declared.
func (s surplus) text(declared netset.Bounds) string {
	switch where := s.where(declared); {
	case where != "any port":
		return where
	case declared.Maybe.IsEmpty():
		return "every port"
	}
	return "every other port"
}

// facts are the ports, and from whom.
func (s surplus) facts(declared netset.Bounds) []string {
	return append([]string{"idle " + s.text(declared)}, s.whom...)
}

// where is the surplus ports in words, as a place where something may listen.
func (s surplus) where(declared netset.Bounds) string {
	if s.ports.Covers(netset.Protocol(netset.ProtoTCP).Minus(declared.Maybe)) {
		return "any port"
	}
	return s.ports.String()
}

// cause is the rules that admit the surplus.
func (s surplus) cause() string {
	parts := []string{"rules"}
	for _, e := range s.evidence {
		parts = append(parts, e.Text+" "+e.Place.String())
	}
	return strings.Join(sorted(parts), "\n")
}

// surplus compares what is admitted with what is declared; more says why more
// may be declared than is known. With others, ports on which something else
// listens that holds the same group are no surplus: there the rule is needed, and
// whoever narrowed it would cut that off.
func (r *run) surplus(e *topo.Endpoint, declared netset.Bounds, more string, others bool) surplus {
	var s surplus
	for _, a := range r.net.Admitted(e.ID, talk()) {
		held := r.hasSource(e, a)
		if held == fact.No {
			continue
		}
		whole := a.Ports.Sure.Covers(netset.Protocol(netset.ProtoTCP))
		extra := a.Ports.Sure.Intersect(talk()).Minus(declared.Maybe)
		possible := a.Ports.Maybe.Intersect(talk()).Minus(declared.Sure)
		var unknown finding.Evidence
		if others && !possible.IsEmpty() {
			var used netset.Bounds
			used, unknown = r.usedByOthers(e, a.Group)
			extra, possible = extra.Minus(used.Maybe), possible.Minus(used.Sure)
		}
		switch {
		case held == fact.Unknown && !possible.IsEmpty():
			s.gaps = append(s.gaps, r.holderGap(a))
		case !extra.IsEmpty() && !whole && unknown.Text != "":
			s.gaps = append(s.gaps, unknown)
		case !extra.IsEmpty() && (more == "" || whole) && a.Rule != nil:
			s.ports = s.ports.Union(extra)
			s.whom = append(s.whom, r.peerName(a.Rule.Peer))
			s.evidence = append(s.evidence, because(fmt.Sprintf("%s allows %s %s", r.Label(a.Group), r.peerName(a.Rule.Peer), portsText(a.Ports.Sure)), a.Rule.Place))
		case !possible.IsEmpty() && more != "":
			s.gaps = append(s.gaps, because("ports of "+e.Name+": "+more, e.Place))
		case possible.IsEmpty():
		case a.Ports.Sure.Covers(possible):
			s.gaps = append(s.gaps, because(fmt.Sprintf("whether %s listens on %s", e.Name, portsText(possible)), e.Place))
		default:
			s.gaps = append(s.gaps, r.unknownAdmission(e.ID, a))
		}
	}
	s.whom = sorted(s.whom)
	return s
}

// usedByOthers is the ports on which other holders of a group listen, and what is
// not known of them.
func (r *run) usedByOthers(e *topo.Endpoint, group ref.ID) (netset.Bounds, finding.Evidence) {
	var used netset.Bounds
	var unknown finding.Evidence
	for _, o := range r.Holders(group) {
		if o.ID == e.ID {
			continue
		}
		listens, more := r.doorListens(o)
		if w := r.Workload(r.ownerOf(o)); w != nil {
			listens, more = r.declaredPorts(w, o)
		}
		if o.Exists.And(r.holds(o, group)) != fact.Yes {
			listens.Sure = netset.NoPorts()
		}
		if more != "" {
			unknown = cmp.Or(unknown, because("ports of "+o.Name+": "+more, o.Place))
		}
		used = used.Or(listens)
	}
	return used, unknown
}

// holds is whether an endpoint holds a group.
func (r *run) holds(e *topo.Endpoint, group ref.ID) fact.Tri {
	out := fact.No
	for _, l := range e.Groups.List {
		if l.ID == group {
			out = out.Or(l.Exists)
		}
	}
	return out
}

// hasSource is whether a rule admits anybody but the tasks themselves. Of a
// group that is made elsewhere it is taken that something holds it.
func (r *run) hasSource(e *topo.Endpoint, a reach.Admission) fact.Tri {
	if a.Rule == nil || a.Rule.Peer.Kind != topo.PeerGroup {
		return fact.Yes
	}
	out := fact.No
	if a.HoldersMore != "" {
		g := r.SecurityGroup(a.Rule.Peer.ID)
		if out = fact.Unknown; g == nil || g.Elsewhere {
			out = fact.Yes
		}
	}
	for _, h := range a.Holders {
		if h.Endpoint == e.ID {
			continue
		}
		out = out.Or(h.Holds)
		// AWS takes no rule that names a group of a VPC with which it does not work.
		if other := r.Endpoint(h.Endpoint); other != nil && other.Exists == fact.Yes && slices.ContainsFunc(other.Groups.List, func(l topo.Link) bool {
			return l.ID == a.Rule.Peer.ID && l.Exists == fact.Yes
		}) {
			out = fact.Yes
		}
	}
	return out
}

// holderGap says what is not known about who holds the group that a rule admits.
func (r *run) holderGap(a reach.Admission) finding.Evidence {
	why := a.HoldersMore
	for _, h := range a.Holders {
		if h.Holds != fact.Yes {
			why = cmp.Or(why, h.Why)
		}
	}
	return because("who holds "+r.Label(a.Rule.Peer.ID)+": "+orUnknown(why), a.Rule.Place)
}

// listensOn is the ports on which an endpoint is declared to listen.
func listensOn(e *topo.Endpoint) netset.Bounds {
	var out netset.Bounds
	for _, l := range e.Listens {
		out = out.Or(l.Ports)
	}
	return out
}

// capped is the first text if it fits a line, else the second.
func capped(long, short string) string {
	if len(long) > 90 {
		return short
	}
	return long
}

// shortList is names in one line: at most three, or two and a count.
func shortList(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:2], ", ") + fmt.Sprintf(", %d more", len(names)-2)
	}
	return strings.Join(names, ", ")
}
