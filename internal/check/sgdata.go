package check

import (
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

// judgeSGData judges every data store of the design (AWS "Network security best
// practices for Amazon ECS": groups control traffic between tasks and other
// resources, such as databases of Amazon RDS).
func judgeSGData(r *run) {
	for i := range r.Endpoints {
		if e := &r.Endpoints[i]; e.Kind == topo.StoreEndpoint && !e.Elsewhere {
			r.add(e.Thing, r.onlyUsers(e))
		}
	}
}

func (r *run) onlyUsers(e *topo.Endpoint) finding.Finding {
	if len(e.Groups.List) == 0 && e.Groups.More != "" {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "the security groups of " + e.Name + " are not known",
			Message: "They decide who may reach it.", Gaps: []finding.Evidence{r.net.GroupsGap(e)}}
	}
	nobody := func(ref.ID) (fact.Tri, string) { return fact.No, "" }
	all := r.withoutDeclared(r.sourcesOf(e.ID, talk(), nobody), intent.Peer{ID: e.ID, Name: e.Name})
	var bad []weighed
	var users, perhaps []string
	var uses []finding.Evidence
	gaps := all.gaps
	for _, d := range all.perhaps {
		if _, why := r.weighStoreSource(e, d.source); why != "" {
			gaps = append(gaps, d.gaps...)
		} else {
			gaps = append(gaps, r.perhapsOpen(d.source)...)
			perhaps = append(perhaps, d.name)
		}
	}
	for _, s := range all.list {
		severity, why := r.weighStoreSource(e, s)
		if why == "" {
			gaps = append(gaps, r.perhapsOpen(s)...)
			users = append(users, s.name)
			uses = append(uses, s.evidence...)
			continue
		}
		severity, why = r.raised(e.ID, e.Name, severity, why)
		bad = append(bad, weighed{s, severity, why})
	}
	users, perhaps = sorted(users), sorted(perhaps)
	perhaps = slices.DeleteFunc(perhaps, func(name string) bool { return slices.Contains(users, name) })
	for _, name := range perhaps {
		users = append(users, "perhaps "+name)
	}
	if len(bad) > 0 {
		f := finding.Finding{Title: storeTitle(e, bad)}
		r.counterExamples(&f, bad, r.Label(e.ID), r.Selector(e.ID), []ref.ID{e.ID})
		f.Message = "A data store is worth admitting by security group, one rule for each workload that uses it."
		if len(users) > 0 {
			f.Message += " It is also admitted to " + strings.Join(users, ", ") + "."
		}
		f.Fix = storeFix(bad)
		return f
	}
	if len(gaps) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether only its users reach " + e.Name,
			Message: "Nothing that is known is wrong, but what is missing may admit more.", Gaps: distinct(gaps)}
	}
	declared := listensOn(e)
	surplus := r.surplusOfStore(e, declared)
	if s := surplus; !s.ports.IsEmpty() {
		return finding.Finding{Verdict: finding.Violates, Severity: finding.Low, SeverityWhy: "its sources are right, and nothing else listens today",
			Title:    capped(e.Name+" admits ports that it does not listen on: "+s.text(declared), e.Name+" admits ports that it does not listen on"),
			Message:  fmt.Sprintf("It listens on %s; the rules open more to %s.", declared.Maybe, strings.Join(s.whom, ", ")),
			Evidence: s.evidence, Facts: s.facts(declared), Fix: "Narrow the rules to its port."}
	}
	if len(surplus.gaps) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether " + e.Name + " listens on every port that it admits",
			Message: "Its sources are right; only the ports are open.", Gaps: distinct(surplus.gaps)}
	}
	f := finding.Finding{Verdict: finding.Follows, Title: e.Name + " admits only what holds the named groups", Evidence: append(uses, all.declared...)}
	switch {
	case len(users) > 0:
		f.Message = "Admitted are " + strings.Join(users, ", ") + ". Whether each of them uses it the design does not tell."
	case len(all.declared) > 0:
		f.Message = "Every source that is admitted is declared in muralla.yaml."
	default:
		f.Title, f.Message = e.Name+" admits nobody", "No rule of its groups admits a source that could get there."
	}
	return f
}

// surplusOfStore is what the groups of a store admit beyond its ports. It is
// empty if no port is known for its kind.
func (r *run) surplusOfStore(e *topo.Endpoint, declared netset.Bounds) surplus {
	if declared.Maybe.IsEmpty() && e.ListensMore == "" {
		return surplus{}
	}
	return r.surplus(e, declared, e.ListensMore, false)
}

// weighStoreSource is the severity of a source of a data store, without a why
// if it may well be one of its users. A design does not tell who uses a store,
// so whatever runs code and is admitted by group counts as a user.
func (r *run) weighStoreSource(e *topo.Endpoint, s source) (finding.Severity, string) {
	group := r.SecurityGroup(s.group)
	switch {
	case s.isRange() && s.internet() >= wide && r.openTo(e.ID).Overlaps(s.ports):
		return finding.Critical, "the internet reaches " + e.Name
	case s.isRange() && s.internet() >= wide:
		return finding.High, r.keptOut(s)
	case s.isRange():
		return finding.Medium, "whatever has an address in " + s.name + " is admitted"
	case group != nil && group.Default:
		return finding.Medium, "whatever is started without a group holds " + r.Label(s.group)
	case s.kind == topo.BalancerEndpoint:
		return finding.Medium, s.name + " passes on what its clients send"
	case s.kind == topo.HostEndpoint && !r.openTo(s.endpoint).IsEmpty():
		return finding.High, "the internet reaches " + s.name + ", and from there " + e.Name
	}
	return finding.Note, ""
}

// perhapsOpen says what is not known about whether the internet reaches a host
// that may use a store.
func (r *run) perhapsOpen(s source) []finding.Evidence {
	if s.kind != topo.HostEndpoint {
		return nil
	}
	a := r.connect(reach.Outside(netset.Internet()), reach.At(s.endpoint), talk())
	if a.Packets.Any(talk()) != fact.Unknown {
		return nil
	}
	return append([]finding.Evidence{because("whether the internet reaches "+s.name, r.placeOf(s.endpoint))}, a.Gaps...)
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func storeTitle(e *topo.Endpoint, bad []weighed) string {
	worstFirst(bad)
	switch s := bad[0]; {
	case s.isRange() && s.internet() >= wide:
		return e.Name + " admits the internet"
	case s.isRange():
		return e.Name + " admits " + s.name
	default:
		return e.Name + " can be reached by " + s.name
	}
}

func storeFix(bad []weighed) string {
	if slices.ContainsFunc(bad, func(s weighed) bool { return s.isRange() }) {
		return "Replace the address range by the security groups of the workloads that use it, or declare the flow in muralla.yaml."
	}
	return fmt.Sprintf("Admit the groups of the workloads that use it, and no group that %s holds; or declare the flow in muralla.yaml.", bad[0].name)
}
