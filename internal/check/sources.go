package check

import (
	"cmp"
	"fmt"
	"net/netip"
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

// talk is every packet but ICMP and ICMPv6: those carry errors and echoes, and
// nothing that a container listens for.
func talk() netset.Ports {
	return netset.AllPorts().Minus(netset.Protocol(netset.ProtoICMP)).Minus(netset.Protocol(netset.ProtoICMPv6))
}

// portsText prints ports that were cut to [talk] as people write them.
func portsText(p netset.Ports) string {
	if p.Covers(talk()) {
		return "all traffic"
	}
	return p.String()
}

// portsFor is the first of some ports as a question names it, after a space;
// nothing if a question without ports says the same.
func portsFor(p netset.Ports) string {
	if p.Covers(talk()) {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(p.String(), "all except "), ", ")
	if strings.HasPrefix(p.String(), "all except ") || !strings.HasPrefix(first, "tcp") && !strings.HasPrefix(first, "udp") {
		return ""
	}
	return " " + first
}

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

// sourcesOf are the sources of an endpoint, apart from those that the caller
// expects. An address range is a source whether or not something lives there
// today; a group is one through its holders, if their packets also pass what
// else is on the way.
func (r *run) sourcesOf(to ref.ID, asked netset.Ports, expected func(ref.ID) bool) sources {
	var out sources
	e := r.Endpoint(to)
	if e == nil {
		return out
	}
	if e.Groups.More != "" {
		out.gaps = append(out.gaps, because("security groups of "+r.Label(to)+": "+e.Groups.More, cmp.Or(e.Groups.Place, e.Place)))
	}
	for _, a := range r.net.Admitted(to, asked) {
		possible := a.Ports.Maybe.Intersect(asked)
		if possible.IsEmpty() {
			continue
		}
		switch {
		case a.Rule == nil || a.Rule.Peer.Kind == topo.PeerUnknown || a.Rule.Peer.Kind == topo.PeerBlock && !knownBlock(a.Rule.Peer.Block):
			out.gaps = append(out.gaps, r.unknownAdmission(a))
		case a.Rule.Peer.Kind == topo.PeerGroup:
			r.addHolders(&out, to, a, asked, expected)
		case a.Ports.Sure.Overlaps(asked):
			out.merge(r.rangeSource(to, a, asked, expected))
		default:
			out.gaps = append(out.gaps, r.unknownAdmission(a))
		}
	}
	slices.SortStableFunc(out.list, func(a, b source) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	out.gaps = distinct(out.gaps)
	return out
}

func knownBlock(b topo.Block) bool { return b.Prefix.IsValid() || b.Of != "" }

// unknownAdmission says what is not known about a source that is only possible.
func (r *run) unknownAdmission(a reach.Admission) finding.Evidence {
	at := ref.Place{}
	if g := r.SecurityGroup(a.Group); g != nil {
		at = g.Place
	}
	what := "further inbound rules of " + r.Label(a.Group)
	why := a.Why
	if a.Rule != nil {
		at = cmp.Or(a.Rule.Place, at)
		what = "whom " + r.Label(a.Group) + " allows"
		if a.Rule.Peer.Kind != topo.PeerUnknown && (a.Rule.Peer.Kind != topo.PeerBlock || knownBlock(a.Rule.Peer.Block)) {
			what = fmt.Sprintf("whether %s allows %s %s", r.Label(a.Group), r.peerName(a.Rule.Peer), portsText(a.Ports.Maybe))
		}
		why = cmp.Or(why, a.Rule.Peer.Block.Why, a.Rule.Why)
		if s := a.Rule.Peer.Block.Symbol; s != "" && why == "" {
			why = s + " has no value"
		}
	}
	return because(what+": "+orUnknown(why), at)
}

// addHolders adds the holders of an admitted group.
func (r *run) addHolders(out *sources, to ref.ID, a reach.Admission, asked netset.Ports, expected func(ref.ID) bool) {
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
		if e == nil || expected(h.Endpoint) || !starts(e) {
			continue
		}
		asked := a.Ports.Maybe.Intersect(asked)
		answer := r.connect(reach.At(h.Endpoint), reach.At(to), asked)
		owner := r.ownerOf(e)
		n := source{id: owner, endpoint: h.Endpoint, kind: e.Kind, group: admitted, to: to, ports: answer.Packets.Sure.Intersect(sure),
			name: r.Label(owner), question: r.Selector(owner), evidence: []finding.Evidence{
				because(fmt.Sprintf("%s allows %s %s", r.Label(a.Group), r.Label(admitted), portsText(a.Ports.Sure)), a.Rule.Place),
				because(fmt.Sprintf("%s is held by %s", r.Label(admitted), r.Label(owner)), r.heldAt(e, admitted))}}
		var gaps []finding.Evidence
		switch {
		case answer.Packets.Maybe.IsEmpty():
			continue // a rule that admits it, and something else on the way that does not
		case e.Exists != fact.Yes:
			gaps = []finding.Evidence{because(fmt.Sprintf("whether %s exists: %s", r.Label(owner), orUnknown(e.Why)), e.Place)}
		case h.Holds != fact.Yes:
			gaps = []finding.Evidence{because(fmt.Sprintf("whether %s holds %s: %s", r.Label(owner), r.Label(admitted), orUnknown(h.Why)), e.Place)}
		case !n.ports.IsEmpty():
			out.merge(n)
			continue
		case sure.IsEmpty():
			gaps = []finding.Evidence{r.unknownAdmission(a)}
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

// rangeSource is the source of a rule for an address range or a prefix list.
func (r *run) rangeSource(to ref.ID, a reach.Admission, asked netset.Ports, expected func(ref.ID) bool) source {
	peer := a.Rule.Peer
	s := source{to: to, ports: a.Ports.Sure.Intersect(asked), name: r.peerName(peer), question: r.peerName(peer), of: peer.Block.Of}
	if peer.Kind == topo.PeerPrefixList {
		s.of, s.question = peer.ID, string(peer.ID)
		if l := r.PrefixList(peer.ID); l != nil {
			s.addrs = l.Addrs
			if l.More == "" && !l.Addrs.IsEmpty() {
				s.about = sizeText(l.Addrs)
			}
		}
	} else {
		s.addrs = netset.Prefix(peer.Block.Prefix)
		s.about = r.rangeAbout(to, peer.Block, expected)
		if s.internet() >= wide {
			s.question = "internet"
		} else if !peer.Block.Prefix.IsValid() {
			s.question = r.Selector(peer.Block.Of)
		}
	}
	s.evidence = []finding.Evidence{because(fmt.Sprintf("%s allows %s %s", r.Label(a.Group), s.name, portsText(a.Ports.Sure)), a.Rule.Place)}
	return s
}

// peerName is how evidence names the peer of a rule.
func (r *run) peerName(p topo.Peer) string {
	switch {
	case p.Kind == topo.PeerGroup || p.Kind == topo.PeerPrefixList:
		return r.Label(p.ID)
	case p.Block.Prefix.IsValid():
		return p.Block.Prefix.String()
	case p.Block.Of != "":
		return "the CIDR of " + r.Label(p.Block.Of)
	}
	return cmp.Or(p.Block.Symbol, "an unknown source")
}

// rangeAbout says how big a range is, whose it is, and who lives there.
func (r *run) rangeAbout(to ref.ID, b topo.Block, expected func(ref.ID) bool) string {
	var parts []string
	e := r.Endpoint(to)
	switch own := r.vpcRange(e.VPC); {
	case b.Of != "":
		parts = append(parts, r.Label(b.Of))
	case !b.Prefix.IsValid() || own.IsEmpty():
	case netset.Prefix(b.Prefix).Equal(own):
		parts = append(parts, r.Label(e.VPC))
	case own.Covers(netset.Prefix(b.Prefix)):
		parts = append(parts, "part of "+r.Label(e.VPC))
	}
	if b.Prefix.IsValid() {
		parts = append(parts, sizeText(netset.Prefix(b.Prefix)))
	}
	text := strings.Join(parts, ", ")
	who, unsure := r.livesIn(to, b, expected)
	switch {
	case len(who) == 0 && unsure:
		return text + "; it is not known who lives there but the rule admits it"
	case len(who) == 0:
		return text + "; nothing of the design lives there but the rule admits it"
	case len(who) > 3:
		return fmt.Sprintf("%s; %s and %d more live there", text, strings.Join(who[:3], ", "), len(who)-3)
	case len(who) == 1:
		return text + "; " + who[0] + " lives there"
	}
	return text + "; " + strings.Join(who, ", ") + " live there"
}

// sizeText is how many addresses a set has, for people.
func sizeText(a netset.Addrs) string {
	share := a.Fraction(netset.Internet())
	switch {
	case a.Covers(netset.Everywhere()):
		return "every address"
	case a.Covers(netset.AllV4()):
		return "every IPv4 address"
	case a.Covers(netset.AllV6()):
		return "every IPv6 address"
	case share >= 0.01:
		return fmt.Sprintf("%.0f %% of the internet", 100*share)
	case share >= wide:
		return fmt.Sprintf("%.1f %% of the internet", 100*share)
	}
	n := 0
	for _, p := range a.Prefixes() {
		bits := p.Addr().BitLen() - p.Bits()
		if bits > 32 {
			return "a wide IPv6 range"
		}
		n += 1 << bits
	}
	if n == 1 {
		return "1 address"
	}
	return thousands(n) + " addresses"
}

// thousands prints a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// vpcRange is the ranges of a VPC that are known.
func (r *run) vpcRange(id ref.ID) netset.Addrs {
	var prefixes []netip.Prefix
	if v := r.VPC(id); v != nil {
		for _, b := range v.Blocks {
			prefixes = append(prefixes, b.Prefix)
		}
	}
	return netset.Prefix(prefixes...)
}

// livesIn names the things of the endpoint's VPC that may have an address in a
// range and can begin a connection; unsure is whether there may be more because
// ranges of subnets are not known.
func (r *run) livesIn(to ref.ID, b topo.Block, expected func(ref.ID) bool) (names []string, unsure bool) {
	vpc := r.Endpoint(to).VPC
	whole := b.Of == vpc || b.Prefix.IsValid() && r.rangesMissing(vpc) == "" && netset.Prefix(b.Prefix).Covers(r.vpcRange(vpc))
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		if e.ID == to || e.VPC != vpc || vpc == "" || !starts(e) || expected(e.ID) {
			continue
		}
		in := fact.Of(whole)
		for _, l := range e.Subnets.List {
			in = in.Or(r.subnetIn(l.ID, b))
		}
		unsure = unsure || in == fact.Unknown
		if in == fact.Yes {
			names = append(names, r.Label(r.ownerOf(e)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), unsure
}

// subnetIn is whether a subnet and a range overlap.
func (r *run) subnetIn(id ref.ID, b topo.Block) fact.Tri {
	s := r.Subnet(id)
	if id == b.Of {
		return fact.Yes
	}
	if s == nil || len(s.Blocks) == 0 || !b.Prefix.IsValid() {
		return fact.Unknown
	}
	out := fact.No
	for _, own := range s.Blocks {
		switch {
		case !own.Prefix.IsValid():
			out = out.Or(fact.Unknown)
		case own.Prefix.Overlaps(b.Prefix):
			return fact.Yes
		}
	}
	return out
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

// counterExamples fills a finding with sources, worst first.
func (r *run) counterExamples(f *finding.Finding, list []weighed, target string, selector string) {
	worstFirst(list)
	f.Verdict, f.Severity, f.SeverityWhy = finding.Violates, list[0].severity, list[0].why
	for _, s := range list {
		f.Path = append(f.Path, r.hopText(s.source, target))
		f.Evidence = append(f.Evidence, s.evidence...)
		f.Facts = append(f.Facts, cmp.Or(string(s.id), s.name))
	}
	slices.Sort(f.Facts)
	f.Facts = slices.Compact(f.Facts)
	f.Evidence = distinct(f.Evidence)
	f.Ask = r.ask(list[0].question + " -> " + selector + portsFor(list[0].ports))
}
