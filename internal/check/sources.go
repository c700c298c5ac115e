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

// wide is the share of the internet from which on a range counts as the
// internet: about a /10. Lists of smaller ranges are added up first.
const wide = 0.001

// source is one party that surely gets packets past the groups of an endpoint:
// a holder of an admitted group, or an address range.
type source struct {
	id       ref.ID // the holder, or what it belongs to; empty for a range
	endpoint ref.ID // the holder's endpoint
	kind     topo.EndpointKind
	group    ref.ID // the admitted group, of a holder
	to       ref.ID // the endpoint that it gets to

	ports    netset.Ports
	name     string       // "host bastion", "10.0.0.0/16"
	about    string       // of a range: what it is and who lives there
	of       ref.ID       // of a range: the VPC, subnet or prefix list whose it is
	addrs    netset.Addrs // of a range: surely all of these
	question string       // how a question names it
	evidence []finding.Evidence
}

func (s source) isRange() bool { return s.id == "" }

// internet is how much of the internet a source is.
func (s source) internet() float64 { return s.addrs.Fraction(netset.Internet()) }

// sources are the parties that get past the groups of an endpoint.
type sources struct {
	list     []source // surely, one for each holder and range
	perhaps  []doubtful
	gaps     []finding.Evidence // what may hide others
	self     netset.Ports       // that instances of the endpoint open to each other
	declared []finding.Evidence // flows of muralla.yaml that were taken away
	intended []finding.Evidence // rules that admit what the caller expects
}

// doubtful is a holder of which it is not known whether it gets there.
type doubtful struct {
	source
	gaps []finding.Evidence
}

// open is everything that is not known, possible sources included.
func (s sources) open() []finding.Evidence {
	out := s.gaps
	for _, d := range s.perhaps {
		out = append(out, d.gaps...)
	}
	return distinct(out)
}

// expects is whether the caller means an endpoint to be a source, and what is
// missing if that is not known.
type expects func(ref.ID) (fact.Tri, string)

// sourcesOf are the sources of an endpoint, apart from those that the caller
// expects. An address range is a source whether or not something lives there
// today; a group is one through its holders, if their packets also pass what
// else is on the way.
func (r *run) sourcesOf(to ref.ID, asked netset.Ports, expected expects) sources {
	var out sources
	e := r.Endpoint(to)
	if e == nil {
		return out
	}
	for _, a := range r.net.Admitted(to, asked) {
		possible := a.Ports.Maybe.Intersect(asked)
		if possible.IsEmpty() {
			continue
		}
		switch {
		case a.Rule == nil || a.Rule.Peer.Kind == topo.PeerUnknown || a.Rule.Peer.Kind == topo.PeerBlock && !knownBlock(a.Rule.Peer.Block):
			out.gaps = append(out.gaps, r.unknownAdmission(to, a))
		case a.Rule.Peer.Kind == topo.PeerGroup:
			r.addHolders(&out, to, a, asked, expected)
		case a.Ports.Sure.Overlaps(asked):
			out.merge(r.rangeSource(to, a, asked, expected))
		default:
			out.gaps = append(out.gaps, r.unknownAdmission(to, a))
		}
	}
	slices.SortStableFunc(out.list, func(a, b source) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	out.gaps = distinct(out.gaps)
	return out
}

func knownBlock(b topo.Block) bool { return b.Prefix.IsValid() || b.Of != "" }

// unknownAdmission says what is not known about a source of an endpoint that is
// only possible, in the words of package reach where it misses the same fact.
func (r *run) unknownAdmission(to ref.ID, a reach.Admission) finding.Evidence {
	at := ref.Place{}
	if g := r.SecurityGroup(a.Group); g != nil {
		at = g.Place
	}
	why := a.Why
	what := r.Label(a.Group) + " may have further rules"
	if a.Group == "" { // groups that are not known, and the text says whose
		e := r.Endpoint(to)
		return because(orUnknown(why), cmp.Or(e.Groups.Place, e.Place))
	}
	if a.Rule != nil {
		at = cmp.Or(a.Rule.Place, at)
		what = r.net.RuleText(a.Group, a.Rule, true)
		if a.Rule.Peer.Kind != topo.PeerUnknown && (a.Rule.Peer.Kind != topo.PeerBlock || knownBlock(a.Rule.Peer.Block)) {
			what = fmt.Sprintf("whether %s allows %s %s", r.Label(a.Group), r.peerName(a.Rule.Peer), portsText(a.Ports.Maybe))
		}
		why = cmp.Or(why, a.Rule.Peer.Block.Why, a.Rule.Why)
		if s := a.Rule.Peer.Block.Symbol; s != "" && why == "" {
			why = s + " has no value"
		}
		if why == "" && !a.Rule.Ports.IsExact() {
			why = "the ports of the rule are not known from the design"
		}
	}
	return because(what+": "+orUnknown(why), at)
}

// addHolders adds the holders of an admitted group.
func (r *run) addHolders(out *sources, to ref.ID, a reach.Admission, asked netset.Ports, expected expects) {
	admitted := a.Rule.Peer.ID
	at := a.Rule.Place
	if g := r.SecurityGroup(admitted); g != nil {
		at = g.Place
	}
	sure := a.Ports.Sure.Intersect(asked)
	if a.HoldersMore != "" {
		out.gaps = append(out.gaps, because("who holds "+r.Label(admitted)+": "+a.HoldersMore, at))
	}
	for _, h := range a.Holders {
		e := r.Endpoint(h.Endpoint)
		if h.Endpoint == to {
			out.self = out.self.Union(sure)
			continue
		}
		if e == nil || !starts(e) {
			continue
		}
		rule := because(fmt.Sprintf("%s allows %s %s", r.Label(a.Group), r.Label(admitted), portsText(a.Ports.Sure)), a.Rule.Place)
		holds := because(fmt.Sprintf("%s is held by %s", r.Label(admitted), r.Label(r.ownerOf(e))), r.heldAt(e, admitted))
		is, whether := expected(h.Endpoint)
		if is == fact.Yes {
			if h.Holds == fact.Yes && !sure.IsEmpty() {
				out.intended = append(out.intended, rule, holds)
			}
			continue
		}
		asked := a.Ports.Maybe.Intersect(asked)
		answer := r.connect(reach.At(h.Endpoint), reach.At(to), asked)
		owner := r.ownerOf(e)
		n := source{id: owner, endpoint: h.Endpoint, kind: e.Kind, group: admitted, to: to, ports: answer.Packets.Sure.Intersect(sure),
			name: r.Label(owner), question: r.Selector(owner), evidence: []finding.Evidence{rule, holds}}
		var gaps []finding.Evidence
		switch {
		case answer.Packets.Maybe.IsEmpty():
			continue // a rule that admits it, and something else on the way that does not
		case h.Holds != fact.Yes:
			gaps = []finding.Evidence{because(fmt.Sprintf("whether %s holds %s is not known: %s", r.Label(owner), r.Label(admitted), orUnknown(h.Why)), r.heldAt(e, admitted))}
		case is == fact.Unknown:
			gaps = []finding.Evidence{because(whether, e.Place)}
		case !n.ports.IsEmpty():
			out.merge(n)
			continue
		case sure.IsEmpty():
			gaps = []finding.Evidence{r.unknownAdmission(to, a)}
		default:
			gaps = answer.Gaps
			if len(gaps) == 0 {
				gaps = []finding.Evidence{because(fmt.Sprintf("whether packets of %s reach %s", r.Label(owner), r.Label(to)), e.Place)}
			}
		}
		n.ports = asked
		out.perhaps = append(out.perhaps, doubtful{n, gaps})
	}
}

// starts is whether an endpoint opens connections of its own: data stores and
// VPC endpoints only answer.
func starts(e *topo.Endpoint) bool {
	return e.Kind != topo.StoreEndpoint && e.Kind != topo.PrivateLinkEndpoint
}

// merge adds a source, or what is new of one that is already there.
func (s *sources) merge(n source) {
	for i := range s.list {
		o := &s.list[i]
		if o.id == n.id && o.name == n.name && o.endpoint == n.endpoint {
			o.ports = o.ports.Union(n.ports)
			o.evidence = distinct(append(o.evidence, n.evidence...))
			return
		}
	}
	s.list = append(s.list, n)
}

// ownerOf is what an endpoint belongs to, if that is in the snapshot.
func (r *run) ownerOf(e *topo.Endpoint) ref.ID {
	if e.Owner != "" && (r.Workload(e.Owner) != nil || r.LoadBalancer(e.Owner) != nil || r.Host(e.Owner) != nil || r.Store(e.Owner) != nil) {
		return e.Owner
	}
	return e.ID
}

// heldAt is where an endpoint is given a group.
func (r *run) heldAt(e *topo.Endpoint, group ref.ID) ref.Place {
	for _, l := range e.Groups.List {
		if l.ID == group {
			return cmp.Or(l.Place, e.Groups.Place, e.Place)
		}
	}
	return cmp.Or(e.Groups.Place, e.Place)
}

// withoutDeclared takes away what muralla.yaml declares under flows, and keeps
// the declarations as evidence.
func (r *run) withoutDeclared(all sources, to intent.Peer) sources {
	left := all
	left.list, left.perhaps = nil, nil
	for _, s := range all.list {
		by, rest := r.undeclared(s, to)
		for _, f := range by {
			text := fmt.Sprintf("muralla.yaml declares the flow %s to %s", f.From, f.To)
			if f.Reason != "" {
				text += ": " + f.Reason
			}
			left.declared = append(left.declared, because(text, f.Place))
		}
		if s.ports = rest; !rest.IsEmpty() {
			left.list = append(left.list, s)
		}
	}
	for _, d := range all.perhaps {
		if _, rest := r.undeclared(d.source, to); !rest.IsEmpty() {
			left.perhaps = append(left.perhaps, d)
		}
	}
	left.declared = distinct(left.declared)
	return left
}

// undeclared compares a source with the declared flows.
func (r *run) undeclared(s source, to intent.Peer) ([]intent.Flow, netset.Ports) {
	from := intent.Peer{ID: s.id, Addrs: s.addrs, Internet: s.internet() > 0}
	if e := r.Endpoint(s.endpoint); e != nil {
		from.Name = e.Name
	}
	return r.intent.FlowAllowed(from, to, s.ports)
}

// hopText is the path of a source to the thing that it reaches. A source that
// the internet reaches itself is a step on the way.
func (r *run) hopText(s source, target string) string {
	if s.isRange() {
		name := s.name
		if s.about != "" {
			name += " (" + strings.TrimPrefix(s.about, "; ") + ")"
		}
		return fmt.Sprintf("%s > %s %s", name, target, portsText(s.ports))
	}
	hop := fmt.Sprintf("%s > %s %s", s.name, target, portsText(s.ports))
	if open := r.openTo(s.endpoint); s.kind == topo.HostEndpoint && !open.IsEmpty() {
		return fmt.Sprintf("internet > %s %s, then %s", s.name, portsText(open), hop)
	}
	return hop
}

// openTo is the ports of an endpoint that the internet surely reaches.
func (r *run) openTo(id ref.ID) netset.Ports {
	if r.Endpoint(id) == nil {
		return netset.NoPorts()
	}
	return r.connect(reach.Outside(netset.Internet()), reach.At(id), talk()).Packets.Sure
}

// keptOut says what is left between the internet and an endpoint whose rule
// admits it, though it is not surely reached.
func (r *run) keptOut(s source) string {
	if r.connect(reach.Outside(netset.Internet()), reach.At(s.to), talk()).Packets.Maybe.Overlaps(s.ports) {
		return "the rule admits the internet, and it is not known whether routes and addresses keep it out"
	}
	return "the rule admits the internet; only routes and addresses keep it out"
}

// weighed is a source with the severity of its being there.
type weighed struct {
	source
	severity finding.Severity
	why      string
}

// worstFirst orders sources by severity, then by name.
func worstFirst(list []weighed) {
	slices.SortStableFunc(list, func(a, b weighed) int {
		return cmp.Or(-cmp.Compare(a.severity, b.severity), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
}

// counterExamples fills a finding with sources, worst first. at are the
// interfaces that they reach. A question that would be answered with "no",
// because only the rule is open and no packet of the internet arrives, is not
// suggested.
func (r *run) counterExamples(f *finding.Finding, list []weighed, target, selector string, at []ref.ID) {
	worstFirst(list)
	f.Verdict, f.Severity, f.SeverityWhy = finding.Violates, list[0].severity, list[0].why
	for _, s := range list {
		f.Path = append(f.Path, r.hopText(s.source, target))
		f.Evidence = append(f.Evidence, s.evidence...)
		fact := cmp.Or(string(s.id), s.name) + " " + s.ports.String()
		if s.kind == topo.HostEndpoint && !s.isRange() {
			fact += " internet " + r.openTo(s.endpoint).String()
		}
		f.Facts = append(f.Facts, fact)
	}
	slices.Sort(f.Facts)
	f.Facts = slices.Compact(f.Facts)
	f.Evidence = distinct(f.Evidence)
	for _, s := range list {
		if s.question == "" || s.isRange() && s.internet() >= wide && !slices.ContainsFunc(at, func(id ref.ID) bool { return r.openTo(id).Overlaps(s.ports) }) {
			continue
		}
		f.Ask = r.ask(s.question + " -> " + selector + portsFor(s.ports))
		return
	}
}
