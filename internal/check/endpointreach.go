package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/need"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeEndpointReach judges every VPC endpoint of a service that tasks need: can
// they use it (AWS "Access an AWS service using an interface VPC endpoint", and
// "Gateway endpoints")?
func judgeEndpointReach(r *run) {
	for i := range r.VPCEndpoints {
		p := &r.VPCEndpoints[i]
		if p.Provider != "" || p.Kind == topo.GatewayLoadBalancerEndpoint || p.Kind == topo.ResourceEndpoint {
			continue
		}
		r.add(p.Thing, r.usable(p))
	}
}

// user is a workload that calls a service from a spot.
type user struct {
	w *topo.Workload
	n need.Need
	spot
	sure bool // it surely does
}

// usersOfEndpoint are the workloads that need the service of a VPC endpoint, and what
// is missing if there may be others.
func (r *run) usersOfEndpoint(p *topo.VPCEndpoint) (list []user, gaps []finding.Evidence) {
	service, known := p.Service.Get()
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Kind == topo.StandaloneWorkload || isExternal(w) {
			continue
		}
		for _, n := range r.wants(w).List {
			switch {
			case n.Registry != "", known && !n.May(service):
				continue
			case n.Region != "" && regionOf(p) != "" && n.Region != regionOf(p):
				continue
			case n.Layers && p.Kind == topo.InterfaceEndpoint:
				continue // the gateway endpoint is for these
			}
			spots, open := r.spots(n, w)
			here := false
			for _, s := range spots {
				same := r.oneVPC(s.vpc, p.VPC)
				if same == fact.No {
					continue
				}
				here = true
				if same == fact.Unknown {
					gaps = append(gaps, because("whether "+r.spotName(s)+" and "+r.Label(p.ID)+" are in one VPC", r.placeOf(s.subnet)))
				}
				list = append(list, user{w, n, s, known && same == fact.Yes && n.Certain == fact.Yes && s.exists == fact.Yes})
			}
			if here || len(spots) == 0 {
				gaps = append(gaps, open...)
			}
		}
	}
	if !known && len(list) > 0 {
		gaps = append(gaps, gap("service of "+p.Name, p.Service))
	}
	return list, distinct(gaps)
}

// trouble is why an endpoint does not serve somebody.
type trouble struct {
	what     string // for the title
	message  string
	severity finding.Severity
	why      string
	fix      string
	evidence []finding.Evidence
	path     string
	ask      string
	fact     string
	changes  []finding.Change // that mend it; none if no edit is certain
}

func (r *run) usable(p *topo.VPCEndpoint) finding.Finding {
	label := r.Label(p.ID)
	users, gaps := r.usersOfEndpoint(p)
	if len(users) == 0 {
		if len(gaps) > 0 {
			return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether tasks need " + label,
				Message: "Nothing that is known needs it.", Gaps: gaps}
		}
		return finding.Finding{Verdict: finding.NotApplicable, Title: "no task needs " + label, Message: "Nothing in the definitions of the tasks of its VPC asks for it."}
	}
	if p.Kind == topo.InterfaceEndpoint && r.namedByOther(p) {
		return finding.Finding{Verdict: finding.NotApplicable, Title: "another VPC endpoint answers for " + label, Message: "It has the private name of the service, so that tasks call that one."}
	}
	var troubles []trouble
	var names []string
	works := 0
	for _, u := range users {
		names = append(names, u.w.Name)
		var found []trouble
		var open []finding.Evidence
		switch p.Kind {
		case topo.GatewayEndpoint:
			found, open = r.throughGateway(p, u)
		case topo.InterfaceEndpoint:
			found, open = r.throughInterface(p, u)
		default:
			open = []finding.Evidence{because("whether "+label+" is an interface or a gateway endpoint", p.Place)}
		}
		switch {
		case len(found) > 0 && u.sure:
			troubles = append(troubles, found...)
		case len(found) > 0:
			for _, t := range found {
				gaps = append(gaps, because("whether "+u.w.Name+" needs it for the "+u.n.Reasons[0].What+" (then "+t.what+"): "+orUnknown(u.n.Why), u.n.Reasons[0].Place))
			}
		case len(open) > 0:
			gaps = append(gaps, open...)
		default:
			works++
		}
	}
	names = sorted(names)
	switch {
	case len(troubles) > 0:
		return r.inTrouble(p, troubles, names)
	case len(gaps) > 0:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether " + listText(names) + " can use " + label,
			Message: "Some facts that decide are not in the design.", Gaps: distinct(gaps)}
	}
	return finding.Finding{Verdict: finding.Follows, Title: listText(names) + " can use " + label,
		Message: "Names lead to it, and every gate on the way lets HTTPS pass.", Evidence: []finding.Evidence{because(label, p.Place)}}
}

// inTrouble joins what is wrong with one VPC endpoint.
func (r *run) inTrouble(p *topo.VPCEndpoint, list []trouble, names []string) finding.Finding {
	slices.SortStableFunc(list, func(a, b trouble) int { return cmp.Compare(b.severity, a.severity) })
	first := list[0]
	f := finding.Finding{Verdict: finding.Violates, Severity: first.severity, SeverityWhy: first.why, Title: r.Label(p.ID) + ": " + first.what, Fix: first.fix, Ask: first.ask}
	f.Title = capped(f.Title, listText(names)+" cannot use "+r.Label(p.ID))
	var messages, fixes []string
	for _, t := range list {
		messages, fixes = append(messages, t.message), append(fixes, t.fix)
		f.Evidence, f.Facts = append(f.Evidence, t.evidence...), append(f.Facts, t.fact)
		if t.path != "" {
			f.Path = append(f.Path, t.path)
		}
		f.Ask = cmp.Or(f.Ask, t.ask)
	}
	f.Message, f.Fix = strings.Join(distinctText(messages), " "), strings.Join(distinctText(fixes), " ")
	f.Evidence, f.Path = distinct(f.Evidence), distinctText(f.Path)
	f.Facts = distinctText(f.Facts)
	f.Changes = together(list)
	return f
}

// namedByOther is whether another endpoint of the same VPC and service surely
// has the private name, of which there can be one only.
func (r *run) namedByOther(p *topo.VPCEndpoint) bool {
	if fact.Is(p.PrivateDNS, false) != fact.Yes || !p.Service.IsKnown() {
		return false
	}
	return slices.ContainsFunc(r.VPCEndpoints, func(o topo.VPCEndpoint) bool {
		return o.ID != p.ID && o.VPC == p.VPC && p.VPC != "" && o.Kind == topo.InterfaceEndpoint && o.Service.Or("") == p.Service.Or("") && fact.Is(o.PrivateDNS, true) == fact.Yes && o.Exists == fact.Yes
	})
}

// hasName is whether the ordinary name of a service leads to an interface endpoint
// in its VPC (AWS "Private DNS").
func (r *run) hasName(p *topo.VPCEndpoint) (is fact.Tri, evidence []finding.Evidence) {
	v := r.VPC(p.VPC)
	is = fact.Is(p.PrivateDNS, true)
	switch {
	case is == fact.Unknown:
		evidence = append(evidence, gap("private DNS of "+r.Label(p.ID), p.PrivateDNS))
	case is == fact.No:
		evidence = append(evidence, because("private DNS is off", cmp.Or(p.PrivateDNS.Place, p.Place)))
	}
	if v == nil {
		return is.And(fact.Unknown), append(evidence, because("the VPC of "+r.Label(p.ID)+" is not known", p.Place))
	}
	for _, setting := range []struct {
		name string
		on   fact.Fact[bool]
	}{{"DNS support", v.DNSSupport}, {"DNS hostnames", v.DNSHostnames}} {
		switch on := fact.Is(setting.on, true); on {
		case fact.No:
			evidence = append(evidence, because(setting.name+" of "+v.Name+" is off", cmp.Or(setting.on.Place, v.Place)))
			is = fact.No
		case fact.Unknown:
			evidence = append(evidence, gap(setting.name+" of "+v.Name, setting.on))
			is = is.And(fact.Unknown)
		}
	}
	if v.OwnResolvers != "" {
		evidence = append(evidence, because("which resolvers "+v.Name+" has: "+v.OwnResolvers, v.Place))
		is = is.And(fact.Unknown)
	}
	if zones := r.zones(p); zones != "" && is == fact.No {
		evidence = append(evidence, because(zones, p.Place))
		is = fact.Unknown
	}
	return is, evidence
}

// zones says why the name of a service may lead to an endpoint although private
// DNS is off.
func (r *run) zones(p *topo.VPCEndpoint) string {
	if p.Elsewhere {
		return "a private hosted zone may lead names to " + r.Label(p.ID)
	}
	if v := r.VPC(p.VPC); v != nil && v.OwnZones != "" {
		return "whether names lead to " + r.Label(p.ID) + " all the same: " + v.OwnZones + ", and zones are not modelled"
	}
	return ""
}

// throughInterface is whether a user can call the service through the interfaces
// of an endpoint. The name stands for all its interfaces, and a client takes any
// of them.
func (r *run) throughInterface(p *topo.VPCEndpoint, u user) (out []trouble, gaps []finding.Evidence) {
	label := r.Label(p.ID)
	switch is, evidence := r.hasName(p); is {
	case fact.No:
		t := trouble{what: "the name of the service does not lead to it", fact: "dns", evidence: evidence, changes: r.namesLead(p),
			message: "Clients that use the ordinary name get public addresses of AWS instead.",
			fix:     "Switch on private DNS of the endpoint, and DNS support and DNS hostnames of its VPC.",
			path:    fmt.Sprintf("%s > %s by its ordinary name goes to public addresses", r.Label(u.w.ID), serviceName(u.n))}
		t.severity, t.why = r.without(u)
		out = append(out, t)
	case fact.Unknown:
		gaps = append(gaps, evidence...)
	}
	e := r.Endpoint(p.ID)
	if e == nil {
		return out, append(gaps, because("the interfaces of "+label, p.Place))
	}
	var shut, open []string
	var stops []finding.Evidence
	gates := map[reach.GateKind]bool{}
	for _, l := range e.Subnets.List {
		to := reach.At(p.ID)
		to.Subnet = l.ID
		a := r.connect(u.party(), to, https())
		switch a.Packets.All(https()) {
		case fact.Yes:
			open = append(open, r.Label(l.ID))
		case fact.No:
			if l.Exists != fact.Yes {
				gaps = append(gaps, because("whether "+label+" is in "+r.Label(l.ID)+": "+orUnknown(l.Why), e.Place))
				continue
			}
			shut = append(shut, r.Label(l.ID))
			for _, step := range a.Barriers(https()) {
				if step.Passes.Maybe.IsEmpty() {
					gates[step.Gate] = true
					stops = append(stops, because(fmt.Sprintf("%s of %s: %s", step.Gate, r.Label(step.At), cmp.Or(step.Why, "nothing passes")), r.placeOf(step.At)))
					for _, use := range step.Rules {
						stops = append(stops, because(use.Text, use.Place))
					}
				}
			}
		default:
			if !a.Chance.IsZero() {
				gaps = append(gaps, because(fmt.Sprintf("replies of %s to some ports of %s are cut", label, u.w.Name), e.Place))
			}
			gaps = append(gaps, a.Gaps...)
		}
	}
	if e.Subnets.More != "" || len(e.Subnets.List) == 0 {
		gaps = append(gaps, r.net.SubnetsGap(e))
	}
	if len(shut) == 0 {
		return out, distinct(gaps)
	}
	t := trouble{severity: finding.High, why: "calls to the service fail, whatever other way there is: its name leads here", fact: "gates",
		what: fmt.Sprintf("%s cannot connect to it", u.w.Name), evidence: stops, fix: r.openDoor(e, u, gates),
		message: fmt.Sprintf("HTTPS from %s in %s does not get there.", u.w.Name, r.spotName(u.spot)),
		path:    fmt.Sprintf("%s > %s tcp/443 is stopped", r.Label(r.ownerOf(u.e)), label),
		ask:     r.ask(fmt.Sprintf("%s -> %s tcp/443", r.Selector(r.ownerOf(u.e)), r.Selector(p.ID)))}
	if len(gates) == 1 && gates[reach.GateGroupIn] {
		t.changes = r.admitted(e, u.e)
	}
	if len(open) > 0 {
		t.severity, t.why, t.fact, t.ask = finding.Medium, "calls fail by chance", "chance", ""
		t.what = fmt.Sprintf("%s connects to it only by chance", u.w.Name)
		t.message = fmt.Sprintf("From %s the interface in %s can be reached, but not that in %s: a call works or fails with the address that DNS returns.", r.spotName(u.spot), shortList(open), shortList(shut))
		t.path = fmt.Sprintf("%s in %s > %s in %s tcp/443 is stopped", r.Label(r.ownerOf(u.e)), r.spotName(u.spot), label, shortList(shut))
	}
	if named, _ := r.hasName(p); named == fact.No {
		t.severity, t.why = finding.Low, "no name leads to it as yet"
	}
	return append(out, t), distinct(gaps)
}

// openDoor says which change lets a user in.
func (r *run) openDoor(e *topo.Endpoint, u user, gates map[reach.GateKind]bool) string {
	var fixes []string
	own := "the group of " + r.Label(r.ownerOf(u.e))
	if len(u.e.Groups.List) > 0 {
		own = r.Label(u.e.Groups.List[0].ID)
	}
	if gates[reach.GateGroupIn] {
		door := "the group of " + r.Label(e.ID)
		if len(e.Groups.List) > 0 {
			door = r.Label(e.Groups.List[0].ID)
		}
		fixes = append(fixes, fmt.Sprintf("admit tcp/443 from %s in %s", own, door))
	}
	if gates[reach.GateGroupOut] {
		fixes = append(fixes, "let "+own+" send tcp/443 to the endpoint")
	}
	if gates[reach.GateACLIn] || gates[reach.GateACLOut] || gates[reach.GateReplyACLIn] || gates[reach.GateReplyACLOut] {
		fixes = append(fixes, "let the network ACLs of both subnets pass tcp/443, and the ports 1024-65535 for replies")
	}
	if len(fixes) == 0 {
		return "Open the gates that are named."
	}
	text := strings.Join(fixes, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

// without is how bad it is that a user goes round an endpoint.
func (r *run) without(u user) (finding.Severity, string) {
	switch r.way(u.spot).open {
	case fact.No:
		return finding.High, "there is no other way to the service"
	case fact.Yes:
		return finding.Low, "calls go over the internet instead"
	}
	return finding.Medium, "it is not known whether there is another way to the service"
}

// associated is whether a subnet sends what is for a gateway endpoint there.
func (r *run) associated(p *topo.VPCEndpoint, s spot) (is fact.Tri, why finding.Evidence) {
	sub := r.Subnet(s.subnet)
	if sub == nil {
		return fact.Unknown, because("the route table of "+r.spotName(s)+" is not known", r.placeOf(s.subnet))
	}
	table, known := sub.RouteTable.Get()
	if !known {
		return fact.Unknown, gap("the route table of "+r.Label(s.subnet)+" is not known", sub.RouteTable)
	}
	for _, l := range p.RouteTables.List {
		if l.ID == table {
			return cmp.Or(l.Exists, fact.Unknown), because("whether "+r.Label(p.ID)+" is associated with "+r.Label(table)+": "+orUnknown(l.Why), l.Place)
		}
	}
	if p.RouteTables.More != "" {
		return fact.Unknown, because("route tables of "+r.Label(p.ID)+": "+p.RouteTables.More, p.Place)
	}
	return fact.No, because(fmt.Sprintf("%s is not associated with %s, the route table of %s", r.Label(p.ID), r.Label(table), r.Label(s.subnet)), p.Place)
}

// throughGateway is whether a user can call the service through a gateway
// endpoint.
func (r *run) throughGateway(p *topo.VPCEndpoint, u user) (out []trouble, gaps []finding.Evidence) {
	switch is, why := r.associated(p, u.spot); is {
	case fact.No:
		t := trouble{what: r.spotName(u.spot) + " does not route to it", fact: "table " + r.spotName(u.spot), evidence: []finding.Evidence{why},
			message: fmt.Sprintf("%s calls the service from there, and its route table does not lead to the endpoint.", u.w.Name),
			fix:     "Associate the endpoint with the route table of " + r.spotName(u.spot) + ".", changes: r.routed(p, u.spot)}
		t.severity, t.why = r.without(u)
		return []trouble{t}, nil
	case fact.Unknown:
		return nil, []finding.Evidence{why}
	}
	to := reach.Outside(netset.Internet().V4())
	if to.List = r.listOf(p, u.spot); to.List != "" {
		if l := r.PrefixList(to.List); l != nil && l.More == "" && !l.Addrs.V4().IsEmpty() {
			to.Addrs = l.Addrs.V4()
		}
	}
	a := r.connect(u.party(), to, https())
	sure, maybe := r.net.Targets(u.party(), to, https())
	switch {
	case sure.Fraction(to.Addrs) >= mostly:
		return nil, nil
	case !maybe.IsEmpty():
		gaps = a.Gaps
		if len(gaps) == 0 {
			gaps = []finding.Evidence{because("whether the addresses to which "+u.w.Name+" may connect are those of "+r.Label(p.ID), p.Place)}
		}
		return nil, gaps
	}
	t := trouble{severity: finding.High, why: "calls to the service fail: the route leads here, and the wall stops them", fact: "gates",
		what:    u.w.Name + " is kept from it",
		message: fmt.Sprintf("HTTPS from %s in %s to the public addresses of the service is stopped.", u.w.Name, r.spotName(u.spot)),
		fix:     "Let the group of " + r.Label(r.ownerOf(u.e)) + " send tcp/443 to the prefix list of the endpoint, and the network ACL pass it and the ports 1024-65535 back.",
		path:    fmt.Sprintf("%s > %s tcp/443 is stopped", r.Label(r.ownerOf(u.e)), r.Label(p.ID)),
		ask:     r.ask(r.Selector(r.ownerOf(u.e)) + " -> internet tcp/443")}
	for _, step := range a.Barriers(https()) {
		if step.Passes.Maybe.IsEmpty() {
			t.evidence = append(t.evidence, because(fmt.Sprintf("%s of %s: %s", step.Gate, r.Label(step.At), cmp.Or(step.Why, "nothing passes")), r.placeOf(step.At)))
		}
	}
	return []trouble{t}, nil
}

// listOf is the prefix list of a gateway endpoint, by the route that leads from a
// subnet to it.
func (r *run) listOf(p *topo.VPCEndpoint, s spot) ref.ID {
	if sub := r.Subnet(s.subnet); sub != nil {
		if t := r.RouteTable(sub.RouteTable.Or("")); t != nil {
			for _, route := range t.Routes {
				if route.Kind == topo.ToGatewayEndpoint && route.Target == p.ID {
					return route.Dest.Of
				}
			}
		}
	}
	return ""
}
