package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeExposure judges every workload, host and data store of the design: does
// the internet reach it past the load balancers? Groups that nothing holds are
// judged for whatever comes to hold them.
func judgeExposure(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		mode, known := w.Mode.Get()
		switch ids := r.endpointsOf(w); {
		case isExternal(w):
			r.notApplicable(w.Thing, w.Name+" runs outside AWS", "What reaches an external instance is decided outside the design.")
		case known && mode == topo.ModeNone:
			r.notApplicable(w.Thing, w.Name+" has no network", "Containers in mode none cannot be reached.")
		case unstarted(w, r.Endpoint(w.Endpoint)) && len(w.Hosts.List) == 0:
			r.notApplicable(w.Thing, "nothing of the design starts "+w.Name, "Whoever runs the task chooses its subnets and security groups.")
		default:
			r.exposedTask(w, ids)
		}
	}
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		if (e.Kind == topo.HostEndpoint || e.Kind == topo.StoreEndpoint) && !e.Elsewhere {
			f := r.exposedAt([]ref.ID{e.ID}, e.Name, talk(), intent.Peer{ID: e.ID, Name: e.Name})
			if f.Verdict != finding.Follows {
				f.Severity, f.SeverityWhy = r.exposedSeverity(e, f)
				f.SeverityWhy = ifSo(f.Finding)
			}
			r.add(e.Thing, f.Finding)
		}
	}
	for _, l := range r.loneGroups() {
		if f, ok := r.exposedGroup(l); ok {
			f.SeverityWhy = ifSo(f)
			r.add(l.Thing, f)
		}
	}
}

func (r *run) exposedTask(w *topo.Workload, ids []ref.ID) {
	ports, why := r.taskPorts(w)
	if why != "" {
		ports = talk()
	}
	f := r.exposedAt(ids, w.Name, ports, intent.Peer{ID: w.ID, Name: w.Name})
	if len(ids) == 0 {
		f.Verdict, f.Title = finding.Undecided, "it is not known whether the internet reaches "+w.Name
		f.Message = "The design does not tell where its tasks run."
		f.Gaps = []finding.Evidence{whereRuns(w)}
	}
	if why == "" && ports.IsEmpty() && len(ids) > 0 {
		f.Message = "Its containers map no port of a host."
	}
	if why != "" && f.Verdict == finding.Violates { // the host is exposed; which of its ports are the task's is open
		f.Verdict, f.Title = finding.Undecided, "it is not known whether the internet reaches "+w.Name
		f.Message = "The internet reaches a host of it, but not all ports of its tasks are known."
		f.Gaps = append(f.Gaps, because("ports of "+w.Name+": "+why, w.Place))
	}
	if f.Verdict == finding.Violates && w.Endpoint == "" && !w.Launch.IsKnown() {
		f.Verdict, f.Title = finding.Undecided, "it is not known whether the internet reaches "+w.Name
		f.Message = "The internet reaches a host on which it may run."
		f.Gaps = append(f.Gaps, gap("launch type of "+w.Name, w.Launch))
	}
	if f.Verdict != finding.Follows {
		f.Severity, f.SeverityWhy = finding.High, "the internet reaches "+w.Name+" past every load balancer"
		if f.narrow {
			f.Severity, f.SeverityWhy = finding.Medium, "a small part of the internet reaches "+w.Name
		}
		f.Severity, f.SeverityWhy = r.raised(w.ID, w.Name, f.Severity, f.SeverityWhy)
		f.SeverityWhy = ifSo(f.Finding)
	}
	r.add(w.Thing, f.Finding)
}

// ifSo is the reason of a severity, as a condition if the verdict is open.
func ifSo(f finding.Finding) string {
	if f.Verdict == finding.Undecided {
		return "if it does: " + f.SeverityWhy
	}
	return f.SeverityWhy
}

// exposed is a finding with what its severity is computed from.
type exposed struct {
	finding.Finding
	open   netset.Ports
	narrow bool // only a small part of the internet is admitted
	who    netset.Addrs
}

// exposedSeverity is the severity of an exposed host or data store.
func (r *run) exposedSeverity(e *topo.Endpoint, f exposed) (finding.Severity, string) {
	severity, why := finding.High, "the internet reaches "+e.Name
	h := r.Host(e.ID)
	remote := netset.TCP(22, 22).Union(netset.TCP(3389, 3389))
	switch {
	case f.narrow && e.Kind == topo.StoreEndpoint:
		why = "a small part of the internet reaches a data store"
	case f.narrow:
		severity, why = finding.Medium, "a small part of the internet reaches "+e.Name
	case e.Kind == topo.StoreEndpoint:
		severity, why = finding.Critical, "the internet reaches a data store"
	case h != nil && r.isContainerHost(h) == fact.Yes && f.open.Overlaps(remote):
		severity, why = finding.Critical, "the internet may try to log in to a host that runs tasks and holds their credentials"
	}
	return r.raised(e.ID, e.Name, severity, why)
}

// exposedAt asks whether hosts of the internet can connect to some endpoints on
// some ports.
func (r *run) exposedAt(ids []ref.ID, name string, ports netset.Ports, to intent.Peer) exposed {
	out := exposed{narrow: true}
	f := &out.Finding
	var gaps, closed, declared []finding.Evidence
	for _, id := range ids {
		e := r.Endpoint(id)
		if e == nil {
			continue
		}
		a := r.connect(reach.Outside(netset.Internet()), reach.At(id), ports)
		open := a.Packets.Sure
		if !open.IsEmpty() {
			var by []intent.Flow
			_, who := r.internetSources(id, open)
			by, open = r.intent.FlowAllowed(intent.Peer{Internet: true, Addrs: who}, to, open)
			for _, flow := range by {
				declared = append(declared, because("muralla.yaml declares the flow "+flow.From.String()+" to "+flow.To.String(), flow.Place))
			}
		}
		switch {
		case !open.IsEmpty():
			out.open = out.open.Union(open)
			who, addrs := r.internetSources(id, open)
			out.who = out.who.Union(addrs)
			out.narrow = out.narrow && addrs.Fraction(netset.Internet()) < wide
			label := r.Label(r.ownerOf(e))
			f.Path = append(f.Path, r.exposedPath(who, a, label, open)...)
			f.Evidence = append(f.Evidence, r.openings(a)...)
			f.Ask = cmp.Or(f.Ask, r.ask("internet -> "+r.Selector(r.ownerOf(e))+portsFor(open)+" --direct"))
			f.Cause = cmp.Or(f.Cause, r.reachedCause(e))
		case !a.Packets.Maybe.Minus(a.Packets.Sure).IsEmpty():
			gaps = append(gaps, a.Gaps...)
			if len(a.Gaps) == 0 {
				gaps = append(gaps, because("whether packets of the internet reach "+r.Label(id), e.Place))
			}
		default:
			for _, s := range a.Barriers(ports) {
				if s.Passes.Maybe.IsEmpty() {
					closed = append(closed, because(fmt.Sprintf("%s of %s: %s", s.Gate, r.Label(s.At), cmp.Or(s.Why, "nothing passes")), r.placeOf(s.At)))
				}
			}
		}
	}
	switch {
	case !out.open.IsEmpty():
		f.Verdict, f.Title = finding.Violates, "the internet reaches "+name+" without a load balancer"
		f.Message = "Packets from outside arrive on " + portsText(out.open) + ", and replies go back: every gate on the way is open."
		if out.narrow {
			f.Title = "a part of the internet reaches " + name + " without a load balancer"
		}
		f.Evidence, f.Facts = distinct(f.Evidence), []string{portsText(out.open), out.who.String()}
		f.Fix = "Narrow the rule to those who need it, or move it to a private subnet without a public address; if it is meant, declare the flow in muralla.yaml."
	case len(gaps) > 0:
		f.Verdict, f.Title = finding.Undecided, "it is not known whether the internet reaches "+name
		f.Message, f.Gaps = "Some gate on the way is not known.", distinct(gaps)
	case len(declared) > 0:
		f.Verdict, f.Title, f.Evidence = finding.Follows, "the internet reaches "+name+" only as declared", declared
		f.Message = "Every port that is open to the internet is declared in muralla.yaml."
	default:
		f.Verdict, f.Title, f.Evidence = finding.Follows, "the internet does not reach "+name, distinct(closed)
		f.Message = "At least one gate stops every packet from outside."
	}
	if f.Verdict == finding.Violates {
		f.Evidence = append(f.Evidence, declared...)
	}
	out.narrow = out.narrow && f.Verdict == finding.Violates // of what is not known, the worst may be true
	return out
}

// reachedCause is the cause of what is wrong with an interface that the internet
// reaches past every load balancer.
func (r *run) reachedCause(e *topo.Endpoint) string { return "reached " + string(r.ownerOf(e)) }

// internetSources are the ranges of the internet that the groups of an endpoint
// admit to some ports: all of it if no rule tells. A family of which nothing
// arrives is left out, whatever the rules say of it.
func (r *run) internetSources(id ref.ID, ports netset.Ports) (names []string, addrs netset.Addrs) {
	arrive := netset.Internet()
	for _, family := range []netset.Addrs{netset.AllV4(), netset.AllV6()} {
		if r.connect(reach.Outside(family.Intersect(netset.Internet())), reach.At(id), ports).Packets.Maybe.IsEmpty() {
			arrive = arrive.Minus(family)
		}
	}
	for _, a := range r.net.Admitted(id, ports) {
		if a.Rule == nil || a.Rule.Peer.Kind == topo.PeerGroup || !a.Ports.Sure.Overlaps(ports) {
			continue
		}
		if from := a.Range.Intersect(arrive); !from.IsEmpty() {
			addrs = addrs.Union(from)
			names = append(names, r.peerName(a.Rule.Peer))
		}
	}
	if addrs.IsEmpty() {
		addrs = arrive
	}
	slices.Sort(names)
	return slices.Compact(names), addrs
}

// clients are the addresses of the internet that the groups of a load balancer
// admit to a listener, as a fact.
func (r *run) clients(f front) string {
	_, addrs := r.internetSources(f.b.ID, f.ports)
	return addrs.String()
}

// exposedPath is the hops from the internet to an endpoint.
func (r *run) exposedPath(who []string, a reach.Answer, label string, open netset.Ports) []string {
	from := "internet"
	if len(who) > 0 && len(who) <= 3 {
		from += " (" + strings.Join(who, ", ") + ")"
	}
	through := ""
	for _, s := range a.Trail {
		if s.Gate != reach.GateRoute && s.Gate != reach.GateReplyRoute || s.Passes.Maybe.IsEmpty() {
			continue
		}
		for _, use := range s.Rules {
			if g := r.Gateway(use.ID); through == "" && g != nil {
				through = " (through " + r.Label(g.ID) + ")"
			}
		}
	}
	return []string{fmt.Sprintf("%s > %s %s%s", from, label, portsText(open), through)}
}
