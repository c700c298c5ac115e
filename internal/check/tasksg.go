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
		case unstarted(w, e):
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
}

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
				if o.ID != w.ID {
					names = append(names, r.Label(o.ID))
					evidence = append(evidence, because(fmt.Sprintf("%s runs on %s too, in %s mode", o.Name, r.Label(h.ID), m), o.Place))
				}
			}
		}
	}
	if gaps := r.perhapsBeside(w); len(names) == 0 && len(gaps) > 0 {
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
	return finding.Finding{Verdict: finding.Violates, Severity: severity, SeverityWhy: why,
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

// shortList is names in one line: at most three, or two and a count.
func shortList(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:2], ", ") + fmt.Sprintf(", %d more", len(names)-2)
	}
	return strings.Join(names, ", ")
}

// doorGroups judges the groups of what stands before and beside tasks: load
// balancers and VPC endpoints.
func (r *run) doorGroups() {
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		if e.Kind != topo.BalancerEndpoint && e.Kind != topo.PrivateLinkEndpoint || e.Elsewhere || len(e.Groups.List) == 0 && e.Groups.More == "" {
			continue
		}
		declared, more := listensOn(e), e.ListensMore
		if b := r.LoadBalancer(e.ID); b != nil {
			if b.Kind == topo.ApplicationBalancer {
				// What browsers try first; open without a listener they do no harm.
				declared = declared.Or(netset.Exactly(netset.TCP(80, 80).Union(netset.TCP(443, 443))))
			}
			more = cmp.Or(more, b.ListenersMore)
		}
		r.add(e.Thing, r.doorGroup(e, declared, more))
	}
}

func (r *run) doorGroup(e *topo.Endpoint, declared netset.Bounds, more string) finding.Finding {
	name := r.Label(e.ID)
	s := r.surplus(e, declared, more)
	switch {
	case !s.ports.IsEmpty():
		return finding.Finding{Verdict: finding.Violates, Severity: finding.Low, SeverityWhy: "nothing listens there today",
			Title:    capped(name+" admits ports that it does not listen on: "+s.text(declared), name+" admits ports that it does not listen on"),
			Message:  fmt.Sprintf("Whatever comes to listen on %s is reachable at once from %s.", s.text(declared), strings.Join(s.whom, ", ")),
			Fix:      "Narrow the rules to the ports that it listens on.",
			Evidence: s.evidence, Facts: []string{"idle " + s.text(declared)}}
	case len(s.gaps) > 0 || e.Groups.More != "":
		gaps := s.gaps
		if e.Groups.More != "" {
			gaps = append(gaps, r.net.GroupsGap(e))
		}
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether " + name + " admits only the ports that it listens on",
			Message: "Nothing that is known is wrong, but what is missing may be.", Gaps: distinct(gaps)}
	}
	return finding.Finding{Verdict: finding.Follows, Title: name + " admits only the ports that it listens on", Message: "Its groups open nothing else."}
}

// capped is the first text if it fits a line, else the second.
func capped(long, short string) string {
	if len(long) > 90 {
		return short
	}
	return long
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
	if f, ok := r.sharedGroups(w, e); ok {
		faults = append(faults, f)
	}
	f, ok, more := r.idlePorts(w, e)
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
	v := finding.Finding{Verdict: finding.Violates, Severity: faults[0].severity, SeverityWhy: faults[0].why, Title: faults[0].title}
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
		text := fmt.Sprintf("%s holds %s, the default group of its VPC", w.Name, r.Label(l.ID))
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
	var names []string
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
	base := finding.Low
	if alien {
		base = finding.Medium
	}
	severity, why := r.severityOf(w, base)
	return fault{title: w.Name + " shares its security groups with " + shortList(names), fact: "shared " + strings.Join(names, " "), severity: severity, why: why,
		message:  "A rule for one of them is a rule for all: what admits the one admits the others, and what the one may reach the others may.",
		fix:      "Give " + w.Name + " a security group of its own.",
		evidence: evidence}, true
}

// surplus is what the groups of an endpoint admit beyond the ports on which it
// is declared to listen.
type surplus struct {
	ports    netset.Ports
	whom     []string // from whom, sorted
	evidence []finding.Evidence
	gaps     []finding.Evidence
}

// text is the surplus ports in words.
func (s surplus) text(declared netset.Bounds) string {
	if s.ports.Covers(netset.Protocol(netset.ProtoTCP).Minus(declared.Maybe)) {
		return "every port"
	}
	return s.ports.String()
}

// surplus compares what is admitted with what is declared; more says why more
// may be declared than is known.
func (r *run) surplus(e *topo.Endpoint, declared netset.Bounds, more string) surplus {
	var s surplus
	for _, a := range r.net.Admitted(e.ID, talk()) {
		held := r.hasSource(e, a)
		if held == fact.No {
			continue
		}
		whole := a.Ports.Sure.Covers(netset.Protocol(netset.ProtoTCP))
		extra := a.Ports.Sure.Intersect(talk()).Minus(declared.Maybe)
		possible := a.Ports.Maybe.Intersect(talk()).Minus(declared.Sure)
		switch {
		case held == fact.Unknown && !possible.IsEmpty():
			s.gaps = append(s.gaps, r.holderGap(a))
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

// idlePorts finds admitted ports on which no container is declared to listen.
func (r *run) idlePorts(w *topo.Workload, e *topo.Endpoint) (fault, bool, []finding.Evidence) {
	declared, more := r.declaredPorts(w, e)
	s := r.surplus(e, declared, more)
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
	return fault{title: title, fact: "idle " + text, severity: severity, why: why,
		message:  fmt.Sprintf("%s Whatever else starts to listen on %s is reachable at once from %s.", listens, text, strings.Join(s.whom, ", ")),
		fix:      "Narrow the rules to the ports that containers map.",
		evidence: s.evidence}, true, s.gaps
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
