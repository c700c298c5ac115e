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

// https is the packets of calls to services of AWS.
func https() netset.Ports { return netset.TCP(443, 443) }

// spot is one interface that opens connections, in one subnet.
type spot struct {
	e      *topo.Endpoint
	subnet ref.ID // empty if it is not known
	vpc    ref.ID // empty if it is not known
	exists fact.Tri
	why    string
}

func (s spot) party() reach.Party { return reach.Party{Endpoint: s.e.ID, Subnet: s.subnet} }

func (r *run) spotName(s spot) string {
	if s.subnet == "" {
		return r.Label(s.e.ID)
	}
	return r.Label(s.subnet)
}

// spots are the interfaces from which a workload calls what it needs, and what
// is missing if there may be others.
func (r *run) spots(n need.Need, w *topo.Workload) (list []spot, gaps []finding.Evidence) {
	callers, more := n.Callers(w)
	for _, c := range callers {
		e := r.Endpoint(c.Endpoint)
		if e == nil {
			more = cmp.Or(more, "the design does not show "+r.Label(c.Endpoint))
			continue
		}
		for _, l := range e.Subnets.List {
			s := spot{e: e, subnet: l.ID, vpc: e.VPC, exists: c.Exists.And(l.Exists), why: cmp.Or(c.Why, l.Why)}
			if s.exists == fact.Yes && e.Exists != fact.Yes {
				s.exists, s.why = fact.Unknown, e.Why
			}
			if sub := r.Subnet(l.ID); s.vpc == "" && sub != nil {
				s.vpc = sub.VPC
			}
			list = append(list, s)
		}
		if e.Subnets.More != "" || len(e.Subnets.List) == 0 {
			gaps = append(gaps, r.net.SubnetsGap(e))
		}
	}
	if more != "" {
		gaps = append(gaps, because("where "+w.Name+" runs: "+more, w.Place))
	}
	return list, gaps
}

// wants are the needs of a workload, once. The Region of a service is kept only
// where it is not that of the VPC.
func (r *run) wants(w *topo.Workload) need.All {
	if all, ok := r.needs[w.ID]; ok {
		return all
	}
	all := need.Of(r.Snapshot, w)
	var list []need.Need
	for _, n := range all.List {
		spots, _ := r.spots(n, w)
		for _, s := range spots {
			if v := r.VPC(s.vpc); v != nil && v.Region == n.Region {
				n.Region = ""
			}
		}
		i := slices.IndexFunc(list, func(o need.Need) bool {
			return n.Service != "" && o.Service == n.Service && o.Region == n.Region && o.Host == n.Host && o.Certain == n.Certain
		})
		if i < 0 {
			list = append(list, n)
			continue
		}
		list[i].Layers = list[i].Layers || n.Layers
		list[i].Reasons = slices.Concat(list[i].Reasons, n.Reasons)
	}
	all.List = list
	r.needs[w.ID] = all
	return all
}

// doors are the VPC endpoints that serve a need in a VPC.
type doors struct {
	has    fact.Tri
	sure   []*topo.VPCEndpoint
	gaps   []finding.Evidence
	region bool // the service is in another Region, which no endpoint serves
}

// doorsFor finds the VPC endpoints for a need at a spot. An endpoint in another
// VPC serves if names lead there, which depends on private hosted zones.
func (r *run) doorsFor(n need.Need, s spot) doors {
	out := doors{has: fact.No}
	if n.Registry != "" {
		return out
	}
	perhaps := func(text string, at ref.Place) {
		out.has = out.has.Or(fact.Unknown)
		out.gaps = append(out.gaps, because(text, at))
	}
	if n.Service == "" {
		return r.doorsForSome(n, s)
	}
	v := r.VPC(s.vpc)
	if v != nil && v.Region != "" && n.Region != "" && n.Region != v.Region {
		out.region = true
		return out
	}
	var hubs []*topo.VPCEndpoint
	for i := range r.VPCEndpoints {
		p := &r.VPCEndpoints[i]
		service, known := p.Service.Get()
		same := r.oneVPC(p.VPC, s.vpc)
		if known && service != n.Service || p.Kind == topo.GatewayLoadBalancerEndpoint || p.Kind == topo.ResourceEndpoint {
			continue
		}
		if region := regionOf(p); region != "" && n.Region != "" && region != n.Region {
			continue
		}
		switch label := r.Label(p.ID); {
		case same == fact.No:
			if known {
				hubs = append(hubs, p)
			}
		case !known:
			perhaps("whether "+string(p.ID)+" is for "+n.Service+": "+orUnknown(p.Service.Why), p.Place)
		case same == fact.Unknown:
			perhaps("whether "+label+" is in "+r.vpcName(s), p.Place)
		case p.Exists != fact.Yes:
			perhaps("whether "+label+" exists: "+orUnknown(p.Why), p.Place)
		case n.Layers && p.Kind == topo.InterfaceEndpoint:
			perhaps(label+" is an interface endpoint: whether layers of images come through it depends on its DNS options", p.Place)
		default:
			out.sure = append(out.sure, p)
			out.has = fact.Yes
		}
	}
	if out.has == fact.Yes {
		out.gaps = nil
		return out
	}
	switch {
	case v == nil:
		perhaps("the VPC of "+r.spotName(s)+" is not known", r.placeOf(s.subnet))
	case v.Elsewhere || v.More != "" || v.EndpointsMore != "":
		perhaps("VPC endpoints of "+v.Name+": "+cmp.Or(v.More, v.EndpointsMore, "it is not part of the design"), v.Place)
	}
	for _, p := range hubs {
		if s.e.ID != "" && p.Kind != topo.GatewayEndpoint && r.connect(s.party(), reach.At(p.ID), https()).Packets.Any(https()) != fact.No {
			perhaps(fmt.Sprintf("whether a private hosted zone leads names to %s in %s: zones are not modelled", r.Label(p.ID), r.Label(p.VPC)), p.Place)
		}
	}
	return out
}

// doorsForSome finds the VPC endpoints for a need of which the service is not
// known: it is served if all services that it may be for are, and surely not if
// there is no endpoint for any.
func (r *run) doorsForSome(n need.Need, s spot) doors {
	services := slices.Clone(n.Candidates)
	if len(services) == 0 {
		services = []string{"any"} // finds what may be there without being known
		for i := range r.VPCEndpoints {
			if service, known := r.VPCEndpoints[i].Service.Get(); known && service != "" {
				services = append(services, service)
			}
		}
	}
	every, some := fact.Of(n.Closed), fact.No
	var sure []*topo.VPCEndpoint
	for _, service := range sorted(services) {
		one := n
		one.Service = service
		d := r.doorsFor(one, s)
		every, some = every.And(d.has), some.Or(d.has)
		sure = append(sure, d.sure...)
	}
	switch {
	case every == fact.Yes:
		return doors{has: fact.Yes, sure: sure}
	case some == fact.No:
		return doors{has: fact.No}
	}
	return doors{has: fact.Unknown, gaps: []finding.Evidence{because(needText(need.Need{Reasons: n.Reasons})+": "+orUnknown(n.Why), n.Reasons[0].Place)}}
}

// regionOf is the Region in the name of the service of a VPC endpoint, or "".
func regionOf(p *topo.VPCEndpoint) string {
	_, rest, ok := strings.Cut(p.ServiceName.Or(""), "amazonaws.")
	region, _, _ := strings.Cut(rest, ".")
	if !ok || region == "vpce" || strings.ContainsAny(region, "*$") {
		return ""
	}
	return region
}

// wayOut is whether a spot reaches public addresses of AWS.
type wayOut struct {
	open        fact.Tri
	gaps, stops []finding.Evidence
	shut        bool // security groups of the source let nothing out
}

// mostly is the part of the internet that is taken for all of it: rules that
// leave out some ranges leave AWS in.
const mostly = 0.5

// way asks, once for each spot, whether HTTPS gets to the internet and back.
// Services that have a prefix list are not counted.
func (r *run) way(s spot) wayOut {
	key := [2]ref.ID{s.e.ID, s.subnet}
	if w, ok := r.ways[key]; ok {
		return w
	}
	all := netset.Internet().V4()
	w := wayOut{open: fact.Unknown}
	to := reach.Outside(netset.Internet())
	to.Unlisted = true
	a := r.connect(s.party(), to, https())
	sure, maybe := r.net.Targets(s.party(), to, https())
	switch {
	case sure.V4().Fraction(all) >= mostly:
		w.open = fact.Yes
	case maybe.IsEmpty():
		w.open = fact.No
		for _, step := range a.Barriers(https()) {
			if step.Passes.Maybe.IsEmpty() {
				w.shut = w.shut || step.Gate == reach.GateGroupOut
				w.stops = append(w.stops, because(fmt.Sprintf("%s of %s: %s", step.Gate, r.Label(step.At), cmp.Or(step.Why, "nothing passes")), r.placeOf(step.At)))
			}
		}
	default:
		w.gaps = a.Gaps
		if len(w.gaps) == 0 {
			text := "whether AWS is in the part of the internet that " + r.spotName(s) + " reaches"
			if maybe.V4().IsEmpty() {
				text = "whether what is called has IPv6 addresses: " + r.spotName(s) + " reaches the internet over IPv6 only"
			}
			w.gaps = []finding.Evidence{because(text, r.placeOf(s.subnet))}
		}
	}
	if why := r.viaProxy(s.e.ID); why != "" && w.open == fact.No {
		w.open, w.gaps = fact.Unknown, []finding.Evidence{because(why, r.placeOf(s.e.ID))}
	}
	r.ways[key] = w
	return w
}

// viaProxy says why what a container instance calls may go through a proxy.
func (r *run) viaProxy(id ref.ID) string {
	h := r.Host(id)
	if h == nil || h.Managed {
		return ""
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		agent, docker := h.UserData.Proxy.Agent.Get(name), h.UserData.Proxy.Docker.Get(name)
		switch {
		case agent.Known && agent.Set || docker.Known && docker.Set:
			return r.Label(id) + " calls through a proxy, which the design does not show"
		case !agent.Known || !docker.Known:
			return "whether " + r.Label(id) + " calls through a proxy: " + orUnknown(cmp.Or(agent.Why, docker.Why))
		}
	}
	return ""
}
