package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeTaskSG judges every workload, and the groups of load balancers and VPC
// endpoints for ports on which nothing listens (AWS "Network security best
// practices for Amazon ECS", security groups for tasks).
func judgeTaskSG(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		mode, known := w.Mode.Get()
		switch e := r.Endpoint(w.Endpoint); {
		case isExternal(w):
			r.notApplicable(w.Thing, w.Name+" runs outside AWS", "External instances have no security groups.")
		case known && mode == topo.ModeNone:
			r.notApplicable(w.Thing, w.Name+" has no network", "Containers in mode none have no interface to protect.")
		case known && mode != topo.ModeAWSVPC && mode != topo.ModeUnknown:
			r.add(w.Thing, r.hostGroup(w, mode))
		case unstarted(w, e) && known:
			r.notApplicable(w.Thing, "nothing of the design starts "+w.Name, "Whoever runs the task chooses its security groups.")
		case e == nil && !known:
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether " + w.Name + " has security groups of its own",
				Message: "The network mode decides.", Gaps: []finding.Evidence{gap("network mode", w.Mode)}})
		case e == nil || len(e.Groups.List) == 0:
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "the security groups of " + w.Name + " are not known",
				Message: "They decide who may reach its tasks.", Gaps: []finding.Evidence{r.groupsGap(w, e)}})
		default:
			r.add(w.Thing, r.ownGroup(w, e))
		}
	}
	r.doorGroups()
	for _, l := range r.loneGroups() {
		if f, ok := r.wideGroup(l); ok {
			r.add(l.Thing, f)
		}
	}
}

// unstarted is whether nothing of the design starts a task, so that its network
// configuration is nowhere in it.
func unstarted(w *topo.Workload, e *topo.Endpoint) bool {
	return w.Kind == topo.StandaloneWorkload && (e == nil || len(e.Groups.List) == 0 && len(e.Subnets.List) == 0)
}

func (r *run) groupsGap(w *topo.Workload, e *topo.Endpoint) finding.Evidence {
	if e == nil {
		return because("network configuration of "+w.Name, w.Place)
	}
	return r.net.GroupsGap(e)
}

// fault is one thing that is wrong with the groups of a task.
type fault struct {
	title, message, fix, fact string
	cause                     string
	severity                  finding.Severity
	why                       string
	evidence                  []finding.Evidence
}

func (r *run) ownGroup(w *topo.Workload, e *topo.Endpoint) finding.Finding {
	var faults []fault
	gaps := r.groupGaps(w, e)
	if f, ok := r.defaultGroup(w, e); ok {
		faults = append(faults, f)
	}
	shared, isShared := r.sharedGroups(w, e)
	if isShared {
		faults = append(faults, shared)
	}
	f, ok, more := r.idlePorts(w, e, isShared)
	if ok {
		faults = append(faults, f)
	}
	gaps = append(gaps, more...)
	egress, open := r.openEgress(e)
	note := ""
	if open == fact.Unknown && r.intent.Sensitivity(w.ID, w.Name) >= sensitive {
		gaps = append(gaps, egress)
	}
	if open == fact.Yes {
		note = " Its groups let it connect to anywhere (" + egress.Text + "); name the destinations if it needs few."
		if r.intent.Sensitivity(w.ID, w.Name) >= sensitive {
			faults = append(faults, fault{title: w.Name + " may connect to anywhere", fact: "egress", severity: finding.Low,
				why: w.Name + " is declared " + r.intent.Sensitivity(w.ID, w.Name).String(), evidence: []finding.Evidence{egress},
				message: "Outbound rules that allow everything let data out to anywhere.", fix: "Allow only the destinations that it uses."})
			note = ""
		}
	}
	if len(faults) == 0 && len(gaps) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether " + w.Name + " has a narrow group of its own",
			Message: "Nothing that is known is wrong, but what is missing may be." + note, Gaps: distinct(gaps)}
	}
	if len(faults) == 0 {
		return finding.Finding{Verdict: finding.Follows, Title: w.Name + " has a narrow security group of its own",
			Message: "Nothing else holds its group, and only ports that its containers listen on are admitted." + note}
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return -cmp.Compare(a.severity, b.severity) })
	v := finding.Finding{Verdict: finding.Violates, Severity: faults[0].severity, SeverityWhy: faults[0].why, Title: faults[0].title, Cause: faults[0].cause}
	var messages, fixes []string
	for _, f := range faults {
		messages, fixes = append(messages, f.message), append(fixes, f.fix)
		v.Evidence, v.Facts = append(v.Evidence, f.evidence...), append(v.Facts, f.fact)
	}
	v.Message, v.Fix = strings.Join(messages, " ")+note, strings.Join(fixes, " ")
	v.Evidence = distinct(v.Evidence)
	slices.Sort(v.Facts)
	return v
}

// groupGaps says what is not known about the groups of a task themselves.
func (r *run) groupGaps(w *topo.Workload, e *topo.Endpoint) []finding.Evidence {
	var gaps []finding.Evidence
	if e.Groups.More != "" {
		gaps = append(gaps, r.groupsGap(w, e))
	}
	own := false
	var unsure []finding.Evidence
	for _, l := range e.Groups.List {
		g := r.SecurityGroup(l.ID)
		switch {
		case l.Exists != fact.Yes:
			gaps = append(gaps, because(fmt.Sprintf("whether %s holds %s is not known: %s", r.Label(w.ID), r.Label(l.ID), orUnknown(l.Why)), cmp.Or(l.Place, e.Place)))
		case g != nil && g.MembersMore != "":
			unsure = append(unsure, because("who holds "+r.Label(l.ID)+": "+g.MembersMore, g.Place))
		case len(r.othersWith(e, l.ID)) > 0:
		case len(r.perhapsWith(e, l.ID)) > 0:
			unsure = append(unsure, r.perhapsWith(e, l.ID)...)
		default:
			own = true
		}
	}
	if !own {
		gaps = append(gaps, unsure...)
	}
	return gaps
}

// defaultGroup finds the default group of a VPC among the task's groups.
func (r *run) defaultGroup(w *topo.Workload, e *topo.Endpoint) (fault, bool) {
	for _, l := range e.Groups.List {
		g := r.SecurityGroup(l.ID)
		if g == nil || !g.Default || l.Exists != fact.Yes {
			continue
		}
		severity, why := r.severityOf(w, finding.Medium)
		text := fmt.Sprintf("%s holds %s, the default group of its VPC, which AWS takes where no other is named", w.Name, r.Label(l.ID))
		return fault{title: w.Name + " has the default security group of its VPC", fact: "default", severity: severity, why: why,
			message:  "Everything that is started without a group gets the default group, which admits all its members to each other.",
			fix:      "Create a security group for the service and name it in its network configuration.",
			evidence: []finding.Evidence{because(text, cmp.Or(l.Place, e.Groups.Place, e.Place))}}, true
	}
	return fault{}, false
}

// othersWith are the other endpoints that surely hold a group.
func (r *run) othersWith(own *topo.Endpoint, group ref.ID) []*topo.Endpoint {
	var out []*topo.Endpoint
	for _, h := range r.Holders(group) {
		if h.ID == own.ID {
			continue
		}
		for _, l := range h.Groups.List {
			if l.ID == group && l.Exists == fact.Yes && h.Exists == fact.Yes {
				out = append(out, h)
			}
		}
	}
	return out
}

// perhapsWith says which other endpoints may hold a group, and what is missing.
func (r *run) perhapsWith(own *topo.Endpoint, group ref.ID) []finding.Evidence {
	var out []finding.Evidence
	for i := range r.Endpoints {
		if h := &r.Endpoints[i]; h.ID != own.ID && h.Groups.More != "" && !h.Elsewhere && !slices.Contains(r.Holders(group), h) {
			out = append(out, r.net.GroupsGap(h))
		}
	}
	for _, h := range r.Holders(group) {
		for _, l := range h.Groups.List {
			if why := cmp.Or(l.Why, h.Why); h.ID != own.ID && l.ID == group && l.Exists.And(h.Exists) == fact.Unknown {
				out = append(out, because(fmt.Sprintf("whether %s holds %s is not known: %s", r.Label(r.ownerOf(h)), r.Label(group), orUnknown(why)), r.heldAt(h, group)))
			}
		}
	}
	return out
}

// sharedGroups finds a task whose groups are all held by something else too: it
// then has no group of its own, and rules cannot tell it from the others.
func (r *run) sharedGroups(w *topo.Workload, e *topo.Endpoint) (fault, bool) {
	names, all := []string{}, []string{r.Label(w.ID)}
	var evidence []finding.Evidence
	alien := false
	for _, l := range e.Groups.List {
		others := r.othersWith(e, l.ID)
		if l.Exists != fact.Yes || len(others) == 0 {
			return fault{}, false // a group of its own, or perhaps one
		}
		for _, o := range others {
			names = append(names, r.Label(r.ownerOf(o)))
			evidence = append(evidence, because(r.Label(l.ID)+" is also held by "+r.Label(r.ownerOf(o)), r.heldAt(o, l.ID)))
			alien = alien || o.Kind != topo.TaskEndpoint
		}
	}
	if e.Groups.More != "" || len(names) == 0 {
		return fault{}, false // one of the unknown groups may be its own
	}
	names = sorted(names)
	all = sorted(append(all, names...))
	base := finding.Low
	if alien {
		base = finding.Medium
	}
	severity, why := r.severityOf(w, base)
	return fault{title: w.Name + " shares its security groups with " + shortList(names), fact: "shared " + strings.Join(names, " "), severity: severity, why: why,
		cause:    "shared " + strings.Join(all, ", "),
		message:  "A rule for one of them is a rule for all: what admits the one admits the others, and what the one may reach the others may.",
		fix:      "Give " + w.Name + " a security group of its own.",
		evidence: evidence}, true
}

// idlePorts finds admitted ports on which no container is declared to listen. If
// it has no group of its own, what others need of its groups is not counted.
func (r *run) idlePorts(w *topo.Workload, e *topo.Endpoint, shared bool) (fault, bool, []finding.Evidence) {
	declared, more := r.declaredPorts(w, e)
	s := r.surplus(e, declared, more, shared)
	if s.ports.IsEmpty() {
		return fault{}, false, s.gaps
	}
	severity, why := r.severityOf(w, finding.Low)
	text := s.text(declared)
	title := capped(w.Name+" admits ports that no container listens on: "+text, w.Name+" admits ports that no container listens on")
	listens := "None of its containers maps a port."
	if known := declared.Maybe.TCPOnly(); !known.IsEmpty() {
		listens = "Its containers listen on " + known.String() + "."
	}
	return fault{title: title, fact: strings.Join(s.facts(declared), " "), severity: severity, why: why,
		message:  fmt.Sprintf("%s Whatever else starts to listen on %s is reachable at once from %s.", listens, s.where(declared), strings.Join(s.whom, ", ")),
		fix:      "Narrow the rules to the ports that containers map.",
		evidence: s.evidence}, true, s.gaps
}

// declaredPorts are the ports on which containers listen or health checks
// arrive, and why there may be more.
func (r *run) declaredPorts(w *topo.Workload, e *topo.Endpoint) (netset.Bounds, string) {
	out, more := listensOn(e), e.ListensMore
	for _, b := range r.boundOf(w) {
		ports, known := bindingPorts(b)
		if out = out.Or(netset.Exactly(ports)); !known && more == "" {
			more = "the ports of target group or health check are not known"
		}
	}
	for _, c := range w.ServiceConnect.Services {
		port, known := c.IngressPort.Get()
		switch {
		case !known && more == "":
			more = "the port of the Service Connect proxy: " + orUnknown(c.IngressPort.Why)
		case known && port > 0 && port <= 65535:
			out = out.Or(netset.Exactly(netset.TCP(uint16(port), uint16(port))))
		}
	}
	return out, more
}

// openEgress is whether the groups let a task connect to every IPv4 address on
// every port, with the rule that does, or with what is not known.
func (r *run) openEgress(e *topo.Endpoint) (finding.Evidence, fact.Tri) {
	var to, perhaps netset.Addrs
	var missing finding.Evidence
	doubt := func(why string, at ref.Place) {
		missing = cmp.Or(missing, because("whether "+r.Label(e.ID)+" may connect to anywhere: "+orUnknown(why), at))
	}
	if e.Groups.More != "" {
		perhaps = netset.AllV4()
		doubt(e.Groups.More, e.Groups.Place)
	}
	for _, l := range e.Groups.List {
		g := r.SecurityGroup(l.ID)
		if g == nil || g.EgressMore != "" {
			perhaps = netset.AllV4()
			doubt("the rules of "+r.Label(l.ID)+" are not all known", l.Place)
		}
		if g == nil {
			continue
		}
		for _, rule := range g.Egress {
			if rule.Peer.Kind == topo.PeerGroup || rule.Peer.Kind == topo.PeerPrefixList || !rule.Ports.Maybe.Covers(netset.Protocol(netset.ProtoTCP)) {
				continue
			}
			known := rule.Peer.Kind == topo.PeerBlock && rule.Peer.Block.Prefix.IsValid()
			if !known || rule.Exists.And(l.Exists) != fact.Yes || !rule.Ports.Sure.Covers(netset.Protocol(netset.ProtoTCP)) {
				doubt(cmp.Or(rule.Peer.Block.Why, rule.Why, l.Why), rule.Place)
				if known {
					perhaps = perhaps.Union(netset.Prefix(rule.Peer.Block.Prefix))
				} else if rule.Peer.Block.Of == "" {
					perhaps = netset.AllV4()
				}
				continue
			}
			to = to.Union(netset.Prefix(rule.Peer.Block.Prefix))
			if to.Covers(netset.AllV4()) {
				return because(fmt.Sprintf("%s allows %s out to %s", r.Label(l.ID), rule.Ports.Sure, r.peerName(rule.Peer)), rule.Place), fact.Yes
			}
		}
	}
	if to.Union(perhaps).Covers(netset.AllV4()) {
		return missing, fact.Unknown
	}
	return finding.Evidence{}, fact.No
}
