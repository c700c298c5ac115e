package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// lone is a security group that nothing of the design surely holds, so that no
// verdict on a workload, host or data store tells what it lets in: a module that
// makes groups for others. Of a group that is made elsewhere it is the one rule
// that the design writes.
type lone struct {
	topo.Thing
	group *topo.SecurityGroup
	rules []topo.Rule
}

// loneGroups are the groups that nothing holds, and rules for groups elsewhere.
func (r *run) loneGroups() []lone {
	var out []lone
	for i := range r.SecurityGroups {
		g := &r.SecurityGroups[i]
		if slices.ContainsFunc(r.Holders(g.ID), func(e *topo.Endpoint) bool { return e.Exists == fact.Yes && holds(e, g.ID) }) {
			continue
		}
		written := slices.DeleteFunc(slices.Clone(g.Ingress), func(rule topo.Rule) bool { return rule.Place.IsZero() })
		switch {
		case g.Elsewhere:
			for _, rule := range written {
				if n := len(out); n > 0 && out[n-1].ID == rule.ID {
					out[n-1].rules = append(out[n-1].rules, rule)
					continue
				}
				out = append(out, lone{Thing: topo.Thing{ID: rule.ID, Name: string(rule.ID.Short()), Place: rule.Place, Exists: fact.Yes}, group: g, rules: []topo.Rule{rule}})
			}
		case len(written) > 0 || !g.Default:
			out = append(out, lone{Thing: g.Thing, group: g, rules: written})
		}
	}
	return out
}

// holds is whether an endpoint surely holds a group.
func holds(e *topo.Endpoint, group ref.ID) bool {
	return slices.ContainsFunc(e.Groups.List, func(l topo.Link) bool { return l.ID == group && l.Exists == fact.Yes })
}

// opening is what rules of a group admit from some addresses.
type opening struct {
	sure, maybe netset.Ports
	addrs       netset.Addrs // of the rules that are sure
	evidence    []finding.Evidence
	gaps        []finding.Evidence
}

// opens is what the rules admit of the addresses asked for, beside those of the
// group's own VPC. That a group may have further rules opens nothing yet.
func (r *run) opens(l lone, from netset.Addrs) opening {
	from = from.Minus(r.vpcRange(l.group.VPC))
	var out opening
	for _, rule := range l.rules {
		var addrs netset.Addrs
		known := true
		switch {
		case rule.Peer.Kind == topo.PeerGroup:
			continue
		case rule.Peer.Kind == topo.PeerBlock && rule.Peer.Block.Prefix.IsValid():
			addrs = netset.Prefix(rule.Peer.Block.Prefix)
		case rule.Peer.Kind == topo.PeerPrefixList:
			list := r.PrefixList(rule.Peer.ID)
			if known = list != nil && list.More == ""; list != nil {
				addrs = list.Addrs
			}
		case rule.Peer.Kind == topo.PeerBlock && rule.Peer.Block.Of != "":
			continue // the range of a VPC or subnet
		default:
			known = false
		}
		addrs = addrs.Intersect(from)
		sure, maybe := rule.Ports.Sure.Intersect(talk()), rule.Ports.Maybe.Intersect(talk())
		switch {
		case addrs.IsEmpty() && known || maybe.IsEmpty():
		case addrs.IsEmpty() || rule.Exists != fact.Yes || sure.IsEmpty():
			out.maybe = out.maybe.Union(maybe)
			why := cmp.Or(rule.Why, rule.Peer.Block.Why, "the rule is not known to the end")
			out.gaps = append(out.gaps, because(fmt.Sprintf("whether %s admits %s on %s: %s", r.Label(l.group.ID), r.peerName(rule.Peer), portsText(maybe), why), rule.Place))
		default:
			out.sure, out.addrs = out.sure.Union(sure), out.addrs.Union(addrs)
			out.evidence = append(out.evidence, because(fmt.Sprintf("%s allows %s %s", r.Label(l.group.ID), r.peerName(rule.Peer), portsText(sure)), rule.Place))
		}
	}
	out.evidence, out.gaps = distinct(out.evidence), distinct(out.gaps)
	return out
}

// unheld is why it is not known what holds a group of which something is said.
func (r *run) unheld(l lone, said string) finding.Evidence {
	why := cmp.Or(l.group.MembersMore, "nothing of the design does")
	if l.group.Elsewhere {
		why = "it is made elsewhere"
	}
	return because("what holds "+r.Label(l.group.ID)+", which "+said+": "+why, l.Place)
}

// exposedGroup judges what a group lets in from the internet, for whatever comes
// to hold it. Only that decides whether the internet gets there: by its subnet,
// by its address, and by whether it is a load balancer, whose work that is.
func (r *run) exposedGroup(l lone) (finding.Finding, bool) {
	o := r.opens(l, netset.Internet())
	name := r.Label(l.group.ID)
	web := netset.TCP(80, 80).Union(netset.TCP(443, 443))
	if o.sure.IsEmpty() {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, SeverityWhy: "nothing of the design holds it", Title: "it is not known whether " + name + " admits the internet",
			Message: "What it admits decides whether something with a public address may hold it.", Gaps: append(o.gaps, r.unheld(l, "may admit the internet"))}, !o.maybe.IsEmpty()
	}
	said := "admits the internet on " + portsText(o.sure)
	if o.addrs.Fraction(netset.Internet()) < wide {
		said = "admits a part of the internet on " + portsText(o.sure)
	}
	f := finding.Finding{Verdict: finding.Undecided, Evidence: o.evidence, Facts: []string{portsText(o.sure)}, Gaps: []finding.Evidence{r.unheld(l, said)},
		Title:   capped("it is not known what holds "+name+", which "+said, "it is not known what holds "+name+", which admits the internet"),
		Message: "Whatever comes to hold it is on the internet as soon as it has a public address and a route.",
		Fix:     "Narrow the rule to the addresses that need it; or analyse the design together with what holds the group."}
	switch {
	case o.addrs.Fraction(netset.Internet()) < wide:
		f.Severity, f.SeverityWhy = finding.Low, "only a small part of the internet is admitted"
	case web.Covers(o.sure):
		f.Severity, f.SeverityWhy = finding.Low, "a load balancer may hold it"
		f.Message += " That is right for a load balancer, and wrong for a task or a host behind one."
	default:
		f.Severity, f.SeverityWhy = finding.Medium, "no load balancer is needed to get to what holds it"
	}
	return f, true
}

// wideGroup finds a group that no workload could hold as a narrow one, since it
// admits every port to some range of private addresses. Without that there is
// nothing to say: which ports are too many depends on what listens. What admits
// the internet is judged by exposure.
func (r *run) wideGroup(l lone) (finding.Finding, bool) {
	name := r.Label(l.group.ID)
	var whom []string
	var evidence []finding.Evidence
	for _, rule := range l.rules {
		known := rule.Peer.Kind == topo.PeerBlock && (rule.Peer.Block.Prefix.IsValid() || rule.Peer.Block.Of != "")
		if rule.Exists != fact.Yes || !known || !rule.Ports.Sure.Covers(netset.Protocol(netset.ProtoTCP)) {
			continue
		}
		if netset.Prefix(rule.Peer.Block.Prefix).Fraction(netset.Internet()) >= wide {
			continue
		}
		whom = append(whom, r.peerName(rule.Peer))
		evidence = append(evidence, because(fmt.Sprintf("%s allows %s %s", name, r.peerName(rule.Peer), portsText(rule.Ports.Sure.Intersect(talk()))), rule.Place))
	}
	whom = sorted(whom)
	said := "admits every port to " + shortList(whom)
	return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, SeverityWhy: "nothing of the design holds it",
		Title:   capped("it is not known what holds "+name+", which "+said, "it is not known what holds "+name+", which admits every port"),
		Message: "No task listens on every port, so whatever holds the group admits more than it serves.", Fix: "Name the ports that are served.",
		Evidence: distinct(evidence), Gaps: []finding.Evidence{r.unheld(l, said)}, Facts: append([]string{"every port"}, whom...)}, len(whom) > 0
}
