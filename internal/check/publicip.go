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

// judgePublicIP judges every workload with an interface of its own, every host
// that runs tasks, and the subnets of data stores; and of what is used elsewhere,
// templates and subnets (AWS "Amazon ECS task networking options for Fargate",
// assigning a public IP address).
func judgePublicIP(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		mode, known := w.Mode.Get()
		switch e := r.Endpoint(w.Endpoint); {
		case isExternal(w):
			r.notApplicable(w.Thing, w.Name+" runs outside AWS", "Addresses of external instances are decided outside the design.")
		case known && mode == topo.ModeNone:
			r.notApplicable(w.Thing, w.Name+" has no network", "Containers in mode none have no address.")
		case e == nil && known && mode != topo.ModeAWSVPC && mode != topo.ModeUnknown:
			r.notApplicable(w.Thing, w.Name+" has no interface of its own", "Its hosts are judged: tasks use their addresses.")
		case unstarted(w, e):
			r.notApplicable(w.Thing, "nothing of the design starts "+w.Name, "Whoever runs the task chooses its addresses.")
		case e == nil:
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether tasks of " + w.Name + " have public addresses",
				Message: "The network configuration decides.", Gaps: []finding.Evidence{because("network configuration of "+w.Name+": "+orUnknown(w.Mode.Why), w.Place)}})
		default:
			r.add(w.Thing, r.publicAddress(e, "tasks of "+w.Name, w))
		}
	}
	for i := range r.Hosts {
		h := &r.Hosts[i]
		if e := r.Endpoint(h.ID); e != nil && r.isContainerHost(h) != fact.No && !h.Elsewhere {
			r.add(h.Thing, r.ifContainerHost(h, r.publicAddress(e, "the hosts of "+h.Name, nil)))
		} else if e != nil && r.mayRunTasks(h) {
			if f := r.publicAddress(e, "the hosts of "+h.Name, nil); f.Verdict == finding.Violates {
				r.ifTasksRun(h, f)
			}
		}
	}
	for i := range r.Templates {
		r.ofTemplate(&r.Templates[i], r.templateAddress(&r.Templates[i]))
	}
	r.givingSubnets()
	for i := range r.Endpoints {
		if e := &r.Endpoints[i]; e.Kind == topo.StoreEndpoint && !e.Elsewhere {
			r.add(e.Thing, r.storeSubnets(e))
		}
	}
}

// storeSubnets judges whether a data store is kept from the internet by its
// subnets, or by a setting alone (AWS Security Hub control RDS.46: instances do
// not belong into subnets with a route to an internet gateway).
func (r *run) storeSubnets(e *topo.Endpoint) finding.Finding {
	in, routes := r.inPublicSubnet(e)
	switch {
	case in == fact.No:
		return finding.Finding{Verdict: finding.Follows, Title: e.Name + " is in private subnets", Message: "No route leads from its subnets to an internet gateway."}
	case in == fact.Unknown:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether " + e.Name + " is in private subnets",
			Message: "The routes of its subnets decide.", Gaps: routes}
	}
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Low, SeverityWhy: "only a setting keeps it from the internet",
		Title: e.Name + " is in a public subnet", Message: "One change of a setting, " + r.word(e.Thing, "publicly_accessible") + " for a database, would give it a public address that works.",
		Evidence: routes, Facts: []string{"subnet"}, Fix: "Move it to subnets without a route to an internet gateway."}
	if public, known := e.PublicIPv4.Get(); known && public {
		f.Severity, f.SeverityWhy = finding.Medium, "it has a public address"
		f.Title, f.Message = e.Name+" has a public address", "Only its security groups and network ACLs keep the internet out."
		f.Evidence = append([]finding.Evidence{because("a public IPv4 address is assigned", cmp.Or(e.PublicIPv4.Place, e.Place))}, routes...)
		f.Facts, f.Fix = []string{"public"}, "Take the public address away, and move it to subnets without a route to an internet gateway."
	}
	return f
}

// publicAddress judges an endpoint; w is nil for hosts.
func (r *run) publicAddress(e *topo.Endpoint, name string, w *topo.Workload) finding.Finding {
	public, known := e.PublicIPv4.Get()
	if w != nil && fact.Is(w.Launch, topo.LaunchEC2) == fact.Yes {
		return finding.Finding{Verdict: finding.Follows, Title: name + " have no public address",
			Message: "On container instances a task's own interface never gets a public IPv4 address, whatever is written." + r.onlyPublicNote(e)}
	}
	switch {
	case !known:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether " + name + " have public addresses",
			Message: "Tasks belong into private subnets without public addresses.", Gaps: []finding.Evidence{gap("public address", e.PublicIPv4)}}
	case !public:
		f := finding.Finding{Verdict: finding.Follows, Title: name + " have no public address", Message: "They can be reached from within the VPC only, unless something passes traffic on." + r.onlyPublicNote(e)}
		if !e.PublicIPv4.Place.IsZero() {
			f.Evidence = []finding.Evidence{because("no public IPv4 address is assigned", e.PublicIPv4.Place)}
		}
		return f
	}
	return r.hasPublicAddress(e, name, w)
}

// onlyPublicNote says what follows from private addresses in a subnet whose
// only way out is an internet gateway.
func (r *run) onlyPublicNote(e *topo.Endpoint) string {
	if in, _ := r.inPublicSubnet(e); in != fact.Yes {
		return ""
	}
	if v6, ok := e.IPv6.Get(); ok && v6 {
		return " The subnet routes to an internet gateway and the interface has an IPv6 address, which is public by nature: only security groups and ACLs guard it."
	}
	return " The subnet routes to an internet gateway, which carries nothing for interfaces without a public address: there is no way to the internet."
}

// inPublicSubnet is whether some subnet of an endpoint routes to an internet
// gateway, with the routes that do.
func (r *run) inPublicSubnet(e *topo.Endpoint) (fact.Tri, []finding.Evidence) {
	out := fact.No
	var routes []finding.Evidence
	for _, l := range e.Subnets.List {
		is, route, why := r.net.PublicSubnet(l.ID)
		out = out.Or(is)
		switch {
		case is == fact.Yes && route != nil:
			routes = append(routes, because(fmt.Sprintf("%s routes %s to %s", r.Label(l.ID), r.destination(route), r.Label(route.Target)), route.Place))
		case is == fact.Unknown:
			at := r.placeOf(l.ID)
			if s := r.Subnet(l.ID); s != nil && !s.RouteTable.IsKnown() {
				at = s.RouteTable.Place
			}
			routes = append(routes, because(cmp.Or(why, "whether "+r.Label(l.ID)+" routes to an internet gateway is not known"), at))
		}
	}
	if (len(e.Subnets.List) == 0 || e.Subnets.More != "") && out != fact.Yes {
		return fact.Unknown, append(routes, r.net.SubnetsGap(e))
	}
	return out, distinct(routes)
}

// destination is what a route is for.
func (r *run) destination(route *topo.Route) string {
	return r.peerName(topo.Peer{Kind: topo.PeerBlock, Block: route.Dest})
}

// hasPublicAddress judges an endpoint that surely has a public address.
func (r *run) hasPublicAddress(e *topo.Endpoint, name string, w *topo.Workload) finding.Finding {
	in, routes := r.inPublicSubnet(e)
	at := cmp.Or(e.PublicIPv4.Place, e.Place)
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, Title: name + " have public addresses",
		Evidence: append([]finding.Evidence{because("a public IPv4 address is assigned", at)}, routes...),
		Facts:    []string{"public"},
		Fix:      "Move them to private subnets and assign no public address."}
	if w != nil {
		f.Fix = "Set " + r.set(w.Thing, "assign_public_ip", "false") + " and run the tasks in private subnets."
	}
	if in == fact.No {
		if w != nil && w.Kind == topo.ServiceWorkload {
			f.Changes = []finding.Change{setting(w.ID, asWord("false"), "network_configuration", "assign_public_ip")}
		}
		f.Severity, f.SeverityWhy = finding.Low, "no route of the subnets leads to an internet gateway, so the address has no effect"
		f.Message = "The address cannot be used in either direction; whoever adds the route later exposes the tasks."
		f.Fix = "Assign no public address: the subnets are private."
		if w != nil {
			f.Fix = "Set " + r.set(w.Thing, "assign_public_ip", "false") + ": the subnets are private."
		}
		if r.wayOut(e) == fact.No {
			f.Message += " They have no other way to the internet either, so images can be pulled through VPC endpoints only."
		}
		return f
	}
	open := r.openTo(e.ID)
	f.SeverityWhy = "only security groups and network ACLs stand between the internet and them"
	f.Message = "A wrong rule is then enough to put them on the internet; in private subnets it takes a route and an address, too."
	switch {
	case !open.IsEmpty():
		f.Severity, f.SeverityWhy = finding.High, "the internet reaches them on "+portsText(open)
		f.Path = []string{fmt.Sprintf("internet > %s %s", r.Label(r.ownerOf(e)), portsText(open))}
		f.Facts, f.Cause = append(f.Facts, open.String()), r.reachedCause(e)
		f.Ask = r.ask("internet -> " + r.Selector(r.ownerOf(e)) + portsFor(open) + " --direct")
	case in == fact.Unknown:
		f.SeverityWhy = "it is not known whether their subnets route to an internet gateway"
	}
	if w != nil {
		f.Severity, f.SeverityWhy = r.raised(w.ID, w.Name, f.Severity, f.SeverityWhy)
	}
	if r.wayOut(e) == fact.No && in == fact.Yes {
		f.Fix = "The public address is their only way out. First add " + r.otherWay(e, w) + ", then: " + lowerFirst(f.Fix)
	}
	return f
}

// otherWay is what tasks need in place of public addresses: public registries
// have no VPC endpoint.
func (r *run) otherWay(e *topo.Endpoint, w *topo.Workload) string {
	var services, registries []string
	tasks := []*topo.Workload{w}
	if w == nil {
		tasks = nil
		for _, on := range r.runsOn(r.ownerOf(e)) {
			tasks = append(tasks, on...)
		}
	}
	for _, t := range tasks {
		for _, n := range r.wants(t).List {
			services, registries = append(services, n.Service), append(registries, n.Registry)
		}
	}
	services, registries = named(services), named(registries)
	switch {
	case len(registries) > 0:
		return "a NAT gateway, since images come from " + listText(registries) + ", which no VPC endpoint serves"
	case len(services) > 0:
		return "a NAT gateway, or VPC endpoints for what they call (" + strings.Join(services, ", ") + ")"
	}
	return "a NAT gateway, or VPC endpoints for what they call"
}

// named is names sorted, without those that are empty.
func named(names []string) []string {
	return sorted(slices.DeleteFunc(names, func(n string) bool { return n == "" }))
}

// midSentence is a sentence as the latter half of another: in small letters,
// unless it begins with a name.
func midSentence(s, name string) string {
	if strings.HasPrefix(s, name) {
		return s
	}
	return lowerFirst(s)
}

func lowerFirst(s string) string { return string(s[0]|0x20) + s[1:] }

// wayOut is whether the endpoint has a way to the internet that needs no public
// address: a NAT gateway, a transit gateway, an appliance.
func (r *run) wayOut(e *topo.Endpoint) fact.Tri {
	out := fact.No
	for _, x := range r.net.Exits(e.ID, netset.Internet()) {
		switch x.Target {
		case topo.ToInternet, topo.ToEgressOnly, topo.ToNowhere, topo.ToLocal, topo.ToGatewayEndpoint:
		case topo.ToUnknown:
			out = out.Or(fact.Unknown)
		default:
			out = out.Or(x.Exists.And(x.Works))
		}
	}
	if r.reachesRegistry(e.VPC) {
		return fact.Yes
	}
	return out
}

// reachesRegistry is whether a VPC has the interface endpoints that pulls of
// images from Amazon ECR need.
func (r *run) reachesRegistry(vpc ref.ID) bool {
	has := map[string]bool{}
	for i := range r.VPCEndpoints {
		if v := &r.VPCEndpoints[i]; v.VPC == vpc && vpc != "" {
			has[v.Service.Or("")] = true
		}
	}
	return has["ecr.api"] && has["ecr.dkr"]
}
