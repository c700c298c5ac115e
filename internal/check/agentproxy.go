package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// A program on a container instance that connects to AWS by itself, and what it
// has to reach without the proxy (AWS "Using an HTTP proxy for Amazon ECS Linux
// container instances").
type program struct {
	name   string
	vars   userdata.Vars
	direct []string // addresses that the proxy cannot reach for it
	file   string   // where the settings go
	own    bool     // it fills in NO_PROXY by itself if that is not set
}

const (
	metadataAddr    = "169.254.169.254"
	credentialsAddr = "169.254.170.2"
)

func programs(h *topo.Host) []program {
	p := h.UserData.Proxy
	switch h.UserData.Dialect {
	case userdata.PowerShell:
		return []program{{"the agent", p.Agent, []string{metadataAddr, credentialsAddr}, "the machine variables, by SetEnvironmentVariable", true},
			{"Docker", p.Docker, nil, "the machine variables, by SetEnvironmentVariable", false}}
	case userdata.Bottlerocket:
		return []program{{"Bottlerocket", p.Agent, []string{metadataAddr, credentialsAddr}, "settings.network", true}}
	}
	return []program{
		{"the agent", p.Agent, []string{metadataAddr, credentialsAddr}, "/etc/ecs/ecs.config", true},
		{"ecs-init", p.Init, []string{metadataAddr, credentialsAddr}, "/etc/systemd/system/ecs.service.d/http-proxy.conf", false},
		{"Docker", p.Docker, []string{metadataAddr, credentialsAddr}, "/etc/systemd/system/docker.service.d/http-proxy.conf", false},
	}
}

// judgeAgentProxy judges every container host.
func judgeAgentProxy(r *run) {
	for i := range r.Hosts {
		if h := &r.Hosts[i]; r.isContainerHost(h) != fact.No {
			if h.Managed {
				r.notApplicable(h.Thing, h.Name+" is managed by AWS", "The proxy of Managed Instances is not the user's to set.")
				continue
			}
			r.add(h.Thing, r.ifContainerHost(h, r.proxied(h)))
		}
	}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if launch, known := w.Launch.Get(); known && launch == topo.LaunchFargate {
			r.notApplicable(w.Thing, w.Name+" runs on Fargate", "Agent and Docker are run by AWS there and take no proxy; pulls, logs and secrets need a way of their own.")
		}
	}
}

// uses is whether a program has a proxy.
func (p program) uses() (fact.Tri, userdata.Setting) {
	out, open := fact.No, userdata.Setting{}
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY"} {
		switch s := p.vars.Get(name); {
		case !s.Known:
			out, open = out.Or(fact.Unknown), s
		case s.Set && strings.TrimSpace(s.Value) != "":
			return fact.Yes, s
		}
	}
	return out, open
}

func (r *run) proxied(h *topo.Host) finding.Finding {
	at := h.UserDataPlace
	if at.IsZero() {
		at = h.Place
	}
	list := programs(h)
	any := fact.No
	var gaps, bad, good []finding.Evidence
	var facts, fixes []string
	var proxy userdata.Setting
	for _, p := range list {
		uses, s := p.uses()
		if uses == fact.Yes {
			proxy = s
		} else if uses == fact.Unknown {
			gaps = append(gaps, because("the proxy of "+p.name+": "+notKnown(s.Why), at))
		}
		any = any.Or(uses)
	}
	out, way := r.leaves(h)
	tasks, perhaps := r.leakingTasks(h)
	if any == fact.No && len(tasks) == 0 {
		switch {
		case len(perhaps) > 0 && out == fact.Yes:
			return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether tasks on " + h.Name + " use a proxy",
				Message: "The host goes out without one; a task that has one must not send it requests for credentials.", Gaps: perhaps}
		case out == fact.Yes:
			return finding.Finding{Verdict: finding.NotApplicable, Title: h.Name + " goes out without a proxy", Message: "No proxy is set, and there is a way: " + way + "."}
		case out == fact.No:
			return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: h.Name + " has neither a way out nor a proxy",
				Message: "Without a route, endpoints of ECS or a proxy the agent cannot register. A proxy may be part of the machine image.",
				Gaps:    []finding.Evidence{because("how the agent reaches Amazon ECS", h.Place)}}
		}
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known how " + h.Name + " goes out",
			Message: "No proxy is set; whether one is needed depends on the way out.", Gaps: []finding.Evidence{because(way, h.Place)}}
	}
	severity, why := finding.Low, "what goes round the proxy has another way out, which the proxy was to close"
	for _, p := range list {
		uses, s := p.uses()
		switch {
		case uses == fact.No && any == fact.Yes:
			bad = append(bad, because(p.name+" has no proxy", at))
			facts, fixes = append(facts, p.name), append(fixes, fmt.Sprintf("Set HTTP_PROXY and NO_PROXY for %s in %s.", p.name, p.file))
			if out == fact.No {
				severity, why = finding.Medium, p.name+" has no other way out, so that it cannot connect"
			} else if out == fact.Unknown && severity < finding.Medium {
				why = "whether " + p.name + " has another way out is not known"
			}
			continue
		case uses != fact.Yes:
			continue
		}
		good = append(good, because(fmt.Sprintf("%s uses a proxy (line %d of the user data)", p.name, s.Line), at))
		missing, open := p.notDirect()
		if len(missing) > 0 {
			bad = append(bad, because(fmt.Sprintf("NO_PROXY of %s leaves out %s", p.name, strings.Join(missing, " and ")), at))
			facts = append(facts, p.name+" "+strings.Join(missing, " "))
			fixes = append(fixes, fmt.Sprintf("Add %s to NO_PROXY for %s in %s.", strings.Join(missing, ","), p.name, p.file))
			if slices.Contains(missing, metadataAddr) && p.own {
				severity, why = finding.Medium, "the agent asks the proxy for instance metadata and gets no credentials, so that it does not register"
			} else if severity < finding.Medium {
				why = "requests for metadata and credentials go to the proxy"
			}
		}
		if open != "" {
			gaps = append(gaps, because("NO_PROXY of "+p.name+": "+open, at))
		}
	}
	barriers, unsure, where := r.reachesProxy(h, proxy, at)
	if len(barriers) > 0 {
		bad, facts = append(bad, barriers...), append(facts, "unreachable")
		fixes = append(fixes, "Let the host reach its proxy.")
		severity, why = finding.Medium, "the agent cannot reach its proxy"
	}
	bad = append(bad, tasks...)
	for range tasks {
		facts, fixes = append(facts, "task"), append(fixes, "Add "+credentialsAddr+" and "+metadataAddr+" to NO_PROXY of the containers that set a proxy.")
	}
	unsure = append(unsure, perhaps...)
	f := finding.Finding{Evidence: append(append(bad, good...), where...)}
	switch {
	case len(bad) > 0:
		f.Verdict, f.Severity, f.SeverityWhy = finding.Violates, severity, why
		f.Title = "the proxy settings of " + h.Name + " are not complete"
		f.Message = "Agent, ecs-init and Docker each have settings of their own, and what is local to the host must not go through a proxy."
		if len(bad) == len(tasks) {
			f.Title = "containers on " + h.Name + " send requests for credentials through a proxy"
			f.Severity, f.SeverityWhy = finding.Low, "the proxy sees the credentials of the task role, if it answers at all"
		}
		f.Facts, f.Fix = sorted(facts), strings.Join(distinctText(fixes), " ")
	case len(gaps)+len(unsure) > 0 || any != fact.Yes:
		f.Verdict, f.Severity = finding.Undecided, finding.Low
		f.Title = "the proxy settings of " + h.Name + " are not all known"
		f.Message = "Some of them may be missing."
		f.Gaps = distinct(append(gaps, unsure...))
		if any == fact.Unknown {
			f.Severity, f.Title = finding.Note, "it is not known whether "+h.Name+" uses a proxy"
			f.Message = "What may set one is not in the design."
		}
	default:
		f.Verdict, f.Title = finding.Follows, "agent, ecs-init and Docker of "+h.Name+" use the proxy, and reach what is local without it"
		f.Message = "Names of VPC endpoints are worth adding to NO_PROXY: else the proxy goes round them."
	}
	return f
}

// notDirect lists the addresses that NO_PROXY of a program should exempt and
// does not.
func (p program) notDirect() (missing []string, open string) {
	s := p.vars.Get("NO_PROXY")
	if !s.Known {
		return nil, orUnknown(s.Why)
	}
	if p.own && (!s.Set || strings.TrimSpace(s.Value) == "") {
		return nil, "" // the agent puts the addresses in (ECS agent, httpproxy)
	}
	for _, a := range p.direct {
		if !s.Set || !exempts(s.Value, netip.MustParseAddr(a)) {
			missing = append(missing, a)
		}
	}
	return missing, ""
}

// exempts is whether a list of NO_PROXY has an address: entries are addresses,
// ranges, or * for everything; a port may follow; names and paths are none.
func exempts(list string, a netip.Addr) bool {
	for _, entry := range strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
		entry = strings.Trim(entry, `"'`)
		host, port, cut := strings.Cut(entry, ":")
		if cut && port != "80" {
			host = entry
		}
		if host == "*" {
			return true
		}
		if b, err := netip.ParseAddr(host); err == nil && b == a {
			return true
		}
		if p, err := netip.ParsePrefix(entry); err == nil && p.Contains(a) {
			return true
		}
	}
	return false
}

// leaves is whether a host has a way to AWS that needs no proxy: a route to the
// internet that works, or interface endpoints of Amazon ECS.
func (r *run) leaves(h *topo.Host) (fact.Tri, string) {
	out, why := fact.No, "nothing leads out"
	for _, x := range r.net.Exits(h.ID, netset.Internet()) {
		switch x.Target {
		case topo.ToNowhere, topo.ToLocal, topo.ToGatewayEndpoint:
			continue
		case topo.ToUnknown:
			out, why = out.Or(fact.Unknown), "the routes of "+r.Label(h.ID)+": "+orUnknown(x.Why)
			continue
		}
		switch works := x.Exists.And(x.Works); works {
		case fact.Yes:
			return fact.Yes, "by " + r.Label(x.Gateway)
		case fact.Unknown:
			out, why = fact.Unknown, "the way out of "+r.Label(h.ID)+": "+orUnknown(x.Why)
		}
	}
	e := r.Endpoint(h.ID)
	if e == nil || e.VPC == "" {
		return fact.Unknown, "which VPC " + h.Name + " is in"
	}
	has := fact.No
	for i := range r.VPCEndpoints {
		v := &r.VPCEndpoints[i]
		if v.VPC != e.VPC {
			continue
		}
		s, known := v.Service.Get()
		if known && (s == "ecs" || s == "ecs-agent") || !known {
			has = has.Or(v.Exists.And(fact.Of(known)))
			if !known {
				has = has.Or(fact.Unknown)
			}
		}
	}
	if has == fact.Yes {
		return fact.Yes, "by endpoints of Amazon ECS in its VPC"
	}
	if vpc := r.VPC(e.VPC); vpc != nil && vpc.More != "" && out == fact.No {
		return fact.Unknown, "what else " + r.Label(e.VPC) + " has: " + vpc.More
	}
	if has == fact.Unknown && out == fact.No {
		return fact.Unknown, "which services the endpoints of " + r.Label(e.VPC) + " are for"
	}
	return out, why
}

// reachesProxy asks whether the host reaches the address of its proxy. A name
// says nothing, and an address of the VPC that nothing of the design has is not
// known to be anybody's.
func (r *run) reachesProxy(h *topo.Host, s userdata.Setting, at ref.Place) (barriers, unsure, where []finding.Evidence) {
	addr, port, ok := proxyAddr(s.Value)
	if !s.Known || !s.Set || !ok {
		return nil, nil, nil
	}
	asked := netset.TCP(port, port)
	to := reach.Outside(netset.Addr(addr))
	if addr.IsPrivate() {
		i := slices.IndexFunc(r.Endpoints, func(e topo.Endpoint) bool {
			return e.Fixed.Overlaps(netset.Addr(addr))
		})
		if i < 0 {
			return nil, nil, []finding.Evidence{because("who has the proxy's address in the VPC is not in the design", at)}
		}
		to = reach.At(r.Endpoints[i].ID)
	}
	a := r.connect(reach.At(h.ID), to, asked)
	switch a.Packets.Any(asked) {
	case fact.Yes:
		where = append(where, because("the host reaches its proxy on "+asked.String(), at))
	case fact.No:
		for _, step := range a.Barriers(asked) {
			if step.Passes.Maybe.Overlaps(asked) {
				continue
			}
			e := because("the host does not reach its proxy on "+asked.String()+": "+cmp.Or(step.Why, step.Gate.String()), at)
			if len(step.Rules) > 0 {
				e.Place = step.Rules[0].Place
			}
			barriers = append(barriers, e)
		}
		if len(barriers) == 0 {
			barriers = append(barriers, because("the host does not reach its proxy on "+asked.String(), at))
		}
	default:
		unsure = append(unsure, because("whether the host reaches its proxy on "+asked.String(), at))
		unsure = append(unsure, a.Gaps...)
	}
	return barriers, unsure, where
}

// proxyAddr is address and port of a proxy that is written with an address. User
// and password are left out.
func proxyAddr(value string) (netip.Addr, uint16, bool) {
	v := strings.Trim(strings.TrimSpace(value), `"'`)
	if _, rest, ok := strings.Cut(v, "://"); ok {
		v = rest
	}
	if i := strings.LastIndexByte(v, '@'); i >= 0 {
		v = v[i+1:]
	}
	v, _, _ = strings.Cut(v, "/")
	host, port := v, "80"
	if i := strings.LastIndexByte(v, ':'); i >= 0 {
		host, port = v[:i], v[i+1:]
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	n, err2 := strconv.ParseUint(port, 10, 16)
	if err != nil || err2 != nil || n == 0 || a.IsLoopback() || a.Zone() != "" {
		return netip.Addr{}, 0, false
	}
	return a, uint16(n), true
}
