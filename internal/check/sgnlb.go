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

// nlbNeeds is what the Network Load Balancers of a workload need its groups to
// admit.
type nlbNeeds struct {
	any        bool
	groups     bool         // all of them have groups of their own: reference these
	groupsWhy  string       // why it is not known whether they have
	vpc        netset.Addrs // ranges of their VPCs, as far as they are known
	vpcWhy     string       // why there may be more ranges
	places     []ref.ID     // their VPCs and subnets
	preserves  fact.Tri     // whether the task sees client addresses
	why        string       // why that is unknown
	public     fact.Tri     // whether clients may be on the internet
	ports      netset.Ports // of targets and health checks
	portsKnown bool
}

// needsOf works them out.
func (r *run) needsOf(list []bound) nlbNeeds {
	n := nlbNeeds{groups: true, preserves: fact.No, public: fact.No, portsKnown: true}
	for _, b := range list {
		if b.kind != topo.NetworkBalancer {
			continue
		}
		n.any = true
		r.balancerNeeds(&n, b)
		ports, known := bindingPorts(b)
		n.ports, n.portsKnown = n.ports.Union(ports), n.portsKnown && known
		if b.group != nil && b.group.Exists != fact.Yes && len(r.forwardsTo(b.group.ID)) > 1 {
			// It stands for several groups, and which balancer is whose is not known.
			n.groups, n.groupsWhy = false, cmp.Or(n.groupsWhy, orUnknown(b.group.Why))
		}
		if b.group == nil {
			n.preserves, n.why = n.preserves.Or(fact.Unknown), "its target group is not in the design"
			continue
		}
		is := fact.Is(b.group.PreserveClientIP, true)
		if n.preserves = n.preserves.Or(is); is == fact.Unknown {
			n.why = orUnknown(b.group.PreserveClientIP.Why)
		}
	}
	return n
}

func (r *run) balancerNeeds(n *nlbNeeds, b bound) {
	if b.balancer == nil {
		n.groups, n.groupsWhy = false, "the load balancer is not in the design"
		if n.vpcWhy = n.groupsWhy; b.group != nil && b.group.VPC != "" { // a load balancer is in the VPC of its target groups
			n.vpc, n.places = n.vpc.Union(r.vpcRange(b.group.VPC)), append(n.places, b.group.VPC)
			n.vpcWhy = r.rangesMissing(b.group.VPC)
		}
		n.public = n.public.Or(fact.Unknown)
		return
	}
	n.public = n.public.Or(fact.Is(b.balancer.InternetFacing, true))
	n.places = append(n.places, b.balancer.VPC)
	e := r.Endpoint(b.balancer.ID)
	switch {
	case e == nil:
		n.groups, n.groupsWhy = false, "the interfaces of the load balancer are not in the design"
		return
	case e.Unfiltered == fact.Yes:
		n.groups = false
	case e.Unfiltered == fact.Unknown || len(e.Groups.List) == 0:
		n.groups, n.groupsWhy = false, cmp.Or(e.Groups.More, "the design does not tell")
	}
	n.vpc = n.vpc.Union(r.vpcRange(e.VPC)).Union(e.Fixed)
	n.places = append(n.places, e.VPC)
	if why := r.rangesMissing(e.VPC); why != "" {
		n.vpcWhy = why
	}
	for _, l := range e.Subnets.List {
		n.places = append(n.places, l.ID)
	}
}

// rangesMissing is why a VPC may have ranges that are not known.
func (r *run) rangesMissing(id ref.ID) string {
	v := r.VPC(id)
	if v == nil {
		return "the VPC of the load balancer is not known"
	}
	if v.BlocksMore != "" {
		return "ranges of " + r.Label(id) + ": " + v.BlocksMore
	}
	for _, b := range v.Blocks {
		if !b.Prefix.IsValid() {
			return "a range of " + r.Label(id) + ": " + orUnknown(cmp.Or(b.Why, b.Symbol))
		}
	}
	if len(v.Blocks) == 0 {
		return "the range of " + r.Label(id) + " is not known"
	}
	return ""
}

// bindingPorts are the ports of one binding and of its health check, on the
// task's own interface; in bridge mode the port comes from the host.
func bindingPorts(b bound) (netset.Ports, bool) {
	out, known := netset.NoPorts(), true
	add := func(port int, ok bool) {
		if known = known && ok && port >= 0 && port <= 65535; known {
			out = out.Union(netset.TCP(uint16(port), uint16(port))).Union(netset.UDP(uint16(port), uint16(port)))
		}
	}
	add(b.binding.Port.Get())
	if b.group != nil {
		if port, ok := b.group.Health.Port.Get(); !ok || port != 0 {
			add(port, ok)
		}
	}
	return out, known
}

// inside is whether a range is the VPC of the load balancers or a part of it.
func (n nlbNeeds) inside(s source) bool {
	if s.of != "" && slices.Contains(n.places, s.of) {
		return true
	}
	return !s.addrs.IsEmpty() && n.vpc.Covers(s.addrs)
}

// withoutNLBRanges drops the ranges that Network Load Balancers need: they are
// another recommendation's subject where a workload is behind both kinds.
func (r *run) withoutNLBRanges(all []source, list []bound) []source {
	n := r.needsOf(list)
	if !n.any {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(s source) bool {
		return s.isRange() && (n.inside(s) || n.preserves != fact.No)
	})
}

// judgeSGFromNLB judges every workload (AWS "Network security best practices
// for Amazon ECS", and "Security groups for your Network Load Balancer").
func judgeSGFromNLB(r *run) {
	r.behindEach("a Network Load Balancer", "Behind one, only the VPC or its security group should be admitted.", r.onlyFromNLB, topo.NetworkBalancer)
}

func (r *run) onlyFromNLB(w *topo.Workload, list []bound) finding.Finding {
	n := r.needsOf(list)
	all := r.sourcesOfTask(w, list)
	note := r.sharedNote(w, all)
	gaps := all.open()
	var bad []weighed
	clients := false    // whether client addresses are admitted because the NLB preserves them
	var ranges []string // what is admitted of the VPC
	for _, s := range all.list {
		v, open := r.weighNLBSource(w, n, s)
		switch {
		case open != "":
			gaps = append(gaps, because(fmt.Sprintf("whether the load balancer needs %s: %s", s.name, open), s.evidence[0].Place))
		case v.why != "":
			bad = append(bad, v)
		case s.isRange():
			if n.inside(s) {
				ranges = append(ranges, s.name)
			} else {
				clients = true
			}
		}
	}
	if len(bad) > 0 {
		worstFirst(bad)
		f := finding.Finding{Title: r.nlbTitle(w, n, bad), Fix: r.nlbFix(n, bad, list)}
		r.counterExamples(&f, bad, r.Label(w.ID), r.Selector(w.ID), r.endpointsOf(w))
		f.Message = "Whoever gets past the load balancer also gets past its listeners and its logs." + note
		return f
	}
	if len(gaps) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium,
			Title:   "it is not known whether only its load balancer reaches " + w.Name,
			Message: "Nothing in the design surely reaches it past the load balancer, but what is missing may." + note, Gaps: distinct(gaps)}
	}
	f := finding.Finding{Verdict: finding.Follows, Title: "only its load balancer reaches " + w.Name,
		Message: "Admitted are the load balancer's addresses or group and nothing wider." + note, Evidence: append(all.intended, all.declared...)}
	if len(ranges) > 0 {
		f.Title = w.Name + " admits " + shortList(sorted(ranges)) + ", where its load balancer is, and nothing wider"
		f.Message = "Without a group of its own, a load balancer can be admitted by its addresses only, and this is what AWS asks for. Whatever else has an address there is admitted, too." + note
	}
	switch {
	case clients:
		f.Title = w.Name + " admits the clients of its load balancer, as it must"
		f.Message = "The load balancer keeps client addresses, so the task's groups see clients. Turn preservation off, or give the load balancer a security group, to admit less." + note
	case n.preserves == fact.Yes && n.public == fact.Yes && !n.groups:
		f.Message += " The load balancer keeps client addresses and serves the internet, which these rules do not admit: see path-works."
	}
	return f
}

// weighNLBSource is the severity of a source, without a why if the load
// balancer needs it; open says what decides that if it is not known.
func (r *run) weighNLBSource(w *topo.Workload, n nlbNeeds, s source) (v weighed, open string) {
	if !s.isRange() {
		severity, why := r.weighTaskSource(w, s)
		return weighed{s, severity, why}, ""
	}
	needed := n.portsKnown && n.ports.Covers(s.ports) || w.Endpoint == ""
	switch {
	case n.inside(s) && n.groups:
		severity, why := r.raised(w.ID, w.Name, finding.Low, "the whole range is admitted although the load balancer has a group to name")
		return weighed{s, severity, why}, ""
	case n.inside(s) && n.groupsWhy != "":
		return weighed{}, n.groupsWhy
	case n.inside(s):
		return weighed{}, ""
	case s.internet() == 0 && n.vpcWhy != "" && n.preserves != fact.Yes:
		return weighed{}, n.vpcWhy
	case n.groups || n.preserves == fact.No:
		severity, why := r.weighTaskSource(w, s)
		return weighed{s, severity, why}, ""
	case n.preserves == fact.Unknown:
		return weighed{}, n.why
	case n.public == fact.No && s.internet() >= wide:
		severity, why := r.weighTaskSource(w, s)
		return weighed{s, severity, why + "; its load balancer is internal"}, ""
	case n.public == fact.Unknown && s.internet() >= wide:
		return weighed{}, "the scheme of the load balancer is not known"
	case needed:
		return weighed{}, ""
	case !n.portsKnown:
		return weighed{}, "the ports of targets and health check are not all known"
	}
	s.ports = s.ports.Minus(n.ports)
	severity, why := r.weighTaskSource(w, s)
	return weighed{s, severity, why + "; the load balancer needs " + tcpText(n.ports) + " only"}, ""
}

// tcpText prints ports that are the same for TCP and UDP by their TCP half.
func tcpText(p netset.Ports) string { return p.TCPOnly().String() }

func (r *run) nlbTitle(w *topo.Workload, n nlbNeeds, bad []weighed) string {
	if bad[0].isRange() && n.inside(bad[0].source) {
		return w.Name + " admits " + bad[0].name + " instead of its load balancer's security group"
	}
	return r.albTitle(w, bad)
}

func (r *run) nlbFix(n nlbNeeds, bad []weighed, list []bound) string {
	var out []string
	if slices.ContainsFunc(bad, func(s weighed) bool { return s.isRange() }) {
		switch {
		case n.groups:
			out = append(out, "Replace the address range by the security group of the load balancer as the source of the rule; that works with client addresses preserved, too.")
		case n.preserves == fact.Yes:
			out = append(out, "Admit clients on the ports of targets and health check only ("+tcpText(n.ports)+").")
		default:
			out = append(out, "Admit the CIDR of the VPC or the addresses of the load balancer only; better, create the load balancer with a security group and name that.")
		}
	}
	groups := slices.DeleteFunc(slices.Clone(bad), func(s weighed) bool { return s.isRange() })
	if len(groups) > 0 {
		out = append(out, r.albFix(groups, list))
	}
	return strings.Join(out, " ")
}
