package check

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// serviceSchemes are schemes of addresses of services, and whether they encrypt.
var serviceSchemes = map[string]fact.Tri{
	"http": fact.No, "ws": fact.No, "h2c": fact.No, "tcp": fact.Unknown, "grpc": fact.Unknown,
	"https": fact.Yes, "wss": fact.Yes, "grpcs": fact.Yes, "tls": fact.Yes,
}

// calls are the ways to other services that variables of a workload name.
// Client is whether some are names of Service Connect, which are judged where
// they lead to.
func (r *run) calls(w *topo.Workload) (ways []eastWest, client bool, gaps []finding.Evidence) {
	client = w.ServiceConnect.Enabled.Or(false)
	d := r.TaskDefinition(w.Definition)
	alone := len(r.Workloads)+len(r.Gaps) < 2
	if d == nil || d.Elsewhere {
		if !alone {
			gaps = append(gaps, because("addresses in its variables: its task definition is not in the design", w.Place))
		}
		return nil, client, gaps
	}
	if d.ContainersMore != "" && !alone {
		gaps = append(gaps, because("its containers: "+d.ContainersMore, d.Place))
	}
	for _, c := range d.Containers {
		if c.EnvironmentMore != "" && !alone {
			gaps = append(gaps, because("variables of container "+c.Name+": "+c.EnvironmentMore, c.Place))
		}
		for _, call := range c.Calls {
			e, open, ok := r.call(w, d, c, call)
			switch {
			case ok:
				ways = append(ways, e)
			case open != "" && !alone:
				gaps = append(gaps, because(fmt.Sprintf("where %s of container %s leads: %s", call.Variable, c.Name, open), c.Place))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(c.Environment)) {
			v := c.Environment[name]
			named := slices.ContainsFunc(c.Calls, func(call topo.Call) bool { return call.Variable == name })
			if !v.IsKnown() && !named && !alone {
				gaps = append(gaps, because(fmt.Sprintf("whether %s of container %s is an address: %s", name, c.Name, orUnknown(v.Why)), c.Place))
			}
		}
	}
	return ways, client, gaps
}

// call is the way that one variable names, if it leads to another service.
func (r *run) call(w *topo.Workload, d *topo.TaskDefinition, c topo.Container, call topo.Call) (e eastWest, open string, ok bool) {
	tls, service := serviceSchemes[call.Scheme]
	balancer := r.balancerOf(call)
	speaks := call.Scheme
	if call.Scheme == "" && call.Host != "" && balancer != nil {
		// The client may choose, but only what the load balancer speaks.
		tls, speaks = r.speaks(balancer)
		service = true
	}
	if speaks == "" || strings.HasSuffix(strings.ToUpper(call.Variable), "_PROXY") || r.isStore(call) {
		return e, "", false
	}
	if !service {
		tls = call.TLS
	}
	where, direct := "", true
	var peers []*topo.Workload
	domain := r.inNamespace(call)
	switch {
	case balancer != nil:
		peers, direct = r.behindBalancer(balancer.ID), false
		if slices.Contains(peers, w) {
			if len(peers) > 1 && tls != fact.Yes {
				return e, "to itself or to another service behind " + r.Label(balancer.ID), false
			}
			return e, "", false // an address of its own
		}
		where = r.Label(balancer.ID)
	default:
		var named, connected bool
		if peers, named, connected = r.named(w, call.Host); connected {
			return e, "", false // judged at the service
		}
		switch {
		case tls != fact.Yes && r.perhapsConnected(w, call.Host) != "":
			return e, r.perhapsConnected(w, call.Host), false
		case named && len(peers) == 0:
			return e, "", false // itself
		case named:
			where = workloadNames(peers)
		case tls != fact.Yes && r.perhapsNamed(call, domain != "") != "":
			return e, r.perhapsNamed(call, domain != ""), false
		case domain != "":
			where = "a service of the namespace " + domain
		case !service:
			return e, "", false
		case call.Open != "" && tls == fact.Yes:
			return e, "", false // wherever it leads
		case call.Open != "" && saysDiscovery(call.Open):
			where = "a name of service discovery (" + call.Open + ")"
		case call.Open != "":
			return e, orUnknown(call.Open) + " has no value", false
		case !private(call.Host) || slices.ContainsFunc(d.Containers, func(o topo.Container) bool { return strings.EqualFold(o.Name, call.Host) }):
			return e, "", false
		default:
			where = "the private name " + call.Host
		}
	}
	e = eastWest{encrypted: tls, peers: peers, fact: "calls " + call.Variable,
		path:    fmt.Sprintf("%s > %s, %s", w.Name, where, strings.TrimSuffix(speaks+" port "+call.Port, " port ")),
		because: because(fmt.Sprintf("container %s calls %s over %s (%s)", c.Name, where, speaks, call.Variable), call.Place),
		gap:     because(fmt.Sprintf("whether container %s speaks TLS with %s (%s)", c.Name, where, call.Variable), call.Place),
		fix:     "Serve TLS there and call it by https://, or connect the services with Service Connect and TLS."}
	if e.because.Place.IsZero() {
		e.because.Place, e.gap.Place = c.Place, c.Place
	}
	if tls == fact.No && balancer == nil && len(peers) > 0 && mayBeMeshed(d) && !slices.ContainsFunc(peers, func(o *topo.Workload) bool { return !mayBeMeshed(r.TaskDefinition(o.Definition)) }) {
		// The proxies on both sides may add TLS.
		e.encrypted, e.gap = fact.Unknown, because("the TLS mode of the virtual nodes of "+where+": resources of App Mesh are not read", call.Place)
	}
	e.network, e.below = r.networkEncrypts(w, peers, direct)
	if balancer != nil && balancer.InternetFacing.Or(false) {
		e.network = fact.No
		e.because.Text += ", whose load balancer faces the internet"
		e.fix = "Call it by https://, or inside the VPC: by Service Connect with TLS or an internal load balancer."
	}
	return e, "", true
}

// speaks is whether all listeners of a load balancer encrypt, and in words what
// they speak. One that also redirects is unknown: the client may begin with TLS.
func (r *run) speaks(b *topo.LoadBalancer) (fact.Tri, string) {
	out, words := fact.Unknown, "an unknown protocol"
	for i, l := range r.ListenersOf(b.ID) {
		p, known := l.Protocol.Get()
		switch tls := fact.Of(isTLS(strings.ToUpper(p))); {
		case !known || b.ListenersMore != "" || l.Exists != fact.Yes || tls == fact.No && !isPlain(strings.ToUpper(p)):
			return fact.Unknown, "an unknown protocol"
		case i == 0:
			out, words = tls, "the only protocol of its listeners, "+p
		case out != tls:
			return fact.Unknown, "HTTP or HTTPS"
		}
	}
	return out, words
}

func (r *run) isStore(call topo.Call) bool {
	return slices.ContainsFunc(call.Things, func(id ref.ID) bool { return r.Store(id) != nil })
}

func (r *run) balancerOf(call topo.Call) *topo.LoadBalancer {
	for _, id := range call.Things {
		if b := r.LoadBalancer(id); b != nil {
			return b
		}
	}
	return nil
}

// behindBalancer are the workloads to which a load balancer may forward.
func (r *run) behindBalancer(id ref.ID) []*topo.Workload {
	var out []*topo.Workload
	for _, e := range r.net.EntriesOf(id, netset.Internet()) {
		if w := r.Workload(e.Workload); w != nil && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// named finds the services that a name is of. Itself is not among them; if only
// that has the name, named is set and there are no peers. Connected is whether
// the proxy of Service Connect answers to the name.
func (r *run) named(w *topo.Workload, host string) (peers []*topo.Workload, named, connected bool) {
	for i := range r.Workloads {
		o := &r.Workloads[i]
		sc := o.ServiceConnect
		if o.Exists == fact.Yes && sc.Enabled.Or(false) && w.ServiceConnect.Enabled.Or(false) && sc.Namespace == w.ServiceConnect.Namespace {
			for _, s := range sc.Services {
				connected = connected || slices.Contains(s.Names, host)
			}
		}
		if host != "" && slices.Contains(o.Discovery, host) {
			named = true
			if o != w {
				peers = append(peers, o)
			}
		}
	}
	return peers, named, connected
}

// perhapsConnected says why the proxy of Service Connect may answer to a name.
func (r *run) perhapsConnected(w *topo.Workload, host string) string {
	for i := range r.Workloads {
		o := &r.Workloads[i]
		sc, own := o.ServiceConnect, w.ServiceConnect
		apart := sc.Namespace != own.Namespace && sc.Namespace != "" && own.Namespace != ""
		if host == "" || apart || fact.Is(own.Enabled, true) == fact.No || fact.Is(sc.Enabled, true) == fact.No {
			continue
		}
		has := slices.ContainsFunc(sc.Services, func(s topo.ConnectService) bool { return slices.Contains(s.Names, host) })
		switch {
		case !has && (sc.ServicesMore == "" || !private(host)):
		case !own.Enabled.IsKnown():
			return "whether Service Connect of " + w.Name + " is on: " + orUnknown(own.Enabled.Why)
		case !sc.Enabled.IsKnown():
			return "whether Service Connect of " + o.Name + " is on: " + orUnknown(sc.Enabled.Why)
		case o.Exists != fact.Yes:
			return "whether " + o.Name + " exists: " + orUnknown(o.Why)
		case !has:
			return "whether Service Connect of " + o.Name + " offers the name: " + sc.ServicesMore
		}
	}
	return ""
}

// perhapsNamed says why a private name may be of a service of the design after
// all: of another one, or of the one that calls, which then calls itself.
func (r *run) perhapsNamed(call topo.Call, domain bool) string {
	domain = domain || slices.ContainsFunc(r.Namespaces, func(n topo.Namespace) bool { return !n.Domain.IsKnown() })
	for i := range r.Workloads {
		if o := &r.Workloads[i]; o.DiscoveryMore != "" && (domain || call.Open != "" || private(call.Host)) {
			return "whether " + o.Name + " has the name: " + o.DiscoveryMore
		}
	}
	return ""
}

// inNamespace is the private DNS namespace of a host, if it is in one.
func (r *run) inNamespace(call topo.Call) string {
	for i := range r.Namespaces {
		n := &r.Namespaces[i]
		domain, known := n.Domain.Get()
		if slices.Contains(call.Things, n.ID) || known && domain != "" && strings.HasSuffix(call.Host, "."+domain) {
			return n.Name
		}
	}
	return ""
}

// saysDiscovery is whether the name of an unknown piece says that it is a
// namespace of service discovery: a sign only, but of a plain address that
// leads somewhere in any case.
func saysDiscovery(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(strings.ReplaceAll(name, "_", ""), "servicediscovery") || strings.Contains(name, "namespace") || strings.Contains(name, "cloudmap")
}

// private is whether a name or an address leads to another machine inside:
// names without a dot, of the usual private domains, of internal load balancers,
// and private addresses (RFC 1918, RFC 4193).
func private(host string) bool {
	host = strings.Trim(host, "[]")
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsPrivate()
	}
	switch {
	case host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "host.docker.internal" || strings.ContainsAny(host, " %{}$<>*"):
		return false
	case !strings.Contains(host, "."):
		return true
	case strings.HasPrefix(host, "internal-") && strings.HasSuffix(host, ".elb.amazonaws.com"):
		return true
	}
	return slices.ContainsFunc([]string{".local", ".internal", ".lan", ".private", ".svc", ".intra"}, func(s string) bool { return strings.HasSuffix(host, s) })
}

// behindInternal are the ways through internal load balancers to a workload,
// from the other workloads that reach them. What the balancer sends on is judged
// by tls-backend.
func (r *run) behindInternal(w *topo.Workload) (ways []eastWest, gaps []finding.Evidence) {
	for _, entry := range r.entries(w.ID) {
		b := r.LoadBalancer(entry.Balancer)
		if b == nil || b.InternetFacing.Or(true) && b.InternetFacing.IsKnown() {
			continue
		}
		asked := entry.FrontPorts.Maybe
		var peers []*topo.Workload
		var unsure []finding.Evidence
		for i := range r.Workloads {
			o := &r.Workloads[i]
			if o.ID == w.ID {
				continue
			}
			can := fact.No
			for _, id := range r.endpointsOf(o) {
				a := r.connect(reach.At(id), reach.At(b.ID), asked)
				if can = can.Or(a.Packets.Any(asked)); a.Packets.Any(asked) == fact.Unknown {
					unsure = append(unsure, because("whether "+o.Name+" reaches "+r.Label(b.ID), o.Place))
					unsure = append(unsure, a.Gaps...)
				}
			}
			if can == fact.Yes {
				peers = append(peers, o)
			}
		}
		internal := fact.Is(b.InternetFacing, false)
		switch {
		case len(peers) == 0 && len(unsure) == 0:
			continue
		case len(peers) == 0 || internal != fact.Yes || entry.Exists != fact.Yes:
			if entry.Client == reach.TLSEncrypted {
				continue
			}
			if entry.Exists != fact.Yes {
				unsure = append(unsure, because("whether "+r.Label(b.ID)+" forwards to "+w.Name+": "+orUnknown(entry.Why), b.Place))
			}
			if internal != fact.Yes {
				unsure = append(unsure, gap("whether "+r.Label(b.ID)+" is internal", b.InternetFacing))
			}
			gaps = append(gaps, unsure...)
			continue
		}
		l := r.Listener(entry.Listener)
		protocol := strings.ToUpper(l.Protocol.Or("an unknown protocol"))
		e := eastWest{peers: peers, path: fmt.Sprintf("%s > %s %s, then %s", workloadNames(peers), r.Label(b.ID), whichPorts(entry.FrontPorts), w.Name),
			because: because(fmt.Sprintf("%s listens with %s", r.Label(b.ID), protocol), l.Place), fact: "balancer " + protocol,
			gap: because("what its clients speak with "+r.Label(b.ID)+" on "+whichPorts(entry.FrontPorts), l.Place),
			fix: "Give the listener of the internal load balancer the protocol HTTPS or TLS."}
		switch entry.Client {
		case reach.TLSNone:
			e.encrypted = fact.No
		case reach.TLSEncrypted:
			e.encrypted = fact.Yes
		}
		e.network, e.below = r.networkEncrypts(w, peers, false)
		ways = append(ways, e)
	}
	return ways, append(gaps, r.perhapsBehind(w)...)
}

// perhapsBehind is what is not known of the target groups of a workload if that
// leaves open whether an internal load balancer is before it.
func (r *run) perhapsBehind(w *topo.Workload) (gaps []finding.Evidence) {
	if !others(r, w) || !slices.ContainsFunc(r.LoadBalancers, func(b topo.LoadBalancer) bool { return !b.InternetFacing.Or(false) }) {
		return nil
	}
	for _, b := range w.Bindings {
		if g := r.TargetGroup(b.TargetGroup); (g == nil || g.Elsewhere) && b.Classic == "" {
			gaps = append(gaps, because("which target group "+w.Name+" registers with: "+orUnknown(b.Why), b.Place))
		}
	}
	if w.BindingsMore != "" {
		gaps = append(gaps, because("load balancers of "+w.Name+": "+w.BindingsMore, w.Place))
	}
	return gaps
}

// admittedPeers are the other workloads whose own group the groups of a workload
// admit: they are meant to talk, and what they speak is not in the design.
func (r *run) admittedPeers(w *topo.Workload) (ways []eastWest, gaps []finding.Evidence) {
	if w.Endpoint == "" {
		return nil, nil
	}
	own := r.Endpoint(w.Endpoint)
	if own == nil {
		return nil, nil
	}
	for _, a := range r.net.Admitted(w.Endpoint, talk()) {
		if a.Rule == nil || a.Rule.Peer.Kind == topo.PeerUnknown {
			if others(r, w) {
				gaps = append(gaps, r.unknownAdmission(w.Endpoint, a))
			}
			continue
		}
		if a.Rule.Peer.Kind != topo.PeerGroup {
			continue
		}
		for _, h := range a.Holders {
			e := r.Endpoint(h.Endpoint)
			if e == nil || e.Kind != topo.TaskEndpoint || h.Endpoint == w.Endpoint || slices.ContainsFunc(own.Groups.List, func(l topo.Link) bool { return l.ID == a.Rule.Peer.ID }) {
				continue
			}
			asked := a.Ports.Maybe.Intersect(talk())
			answer := r.connect(reach.At(h.Endpoint), reach.At(w.Endpoint), asked)
			if answer.Packets.Maybe.IsEmpty() {
				continue
			}
			peer := r.Workload(r.ownerOf(e))
			if peer == nil {
				continue
			}
			way := eastWest{peers: []*topo.Workload{peer}, path: fmt.Sprintf("%s > %s %s", peer.Name, w.Name, portsText(asked)),
				because: because(fmt.Sprintf("%s allows %s %s", r.Label(a.Group), r.Label(a.Rule.Peer.ID), portsText(asked)), a.Rule.Place),
				gap:     because(fmt.Sprintf("what %s speaks with %s on %s", peer.Name, w.Name, portsText(asked)), a.Rule.Place)}
			if h.Holds == fact.Yes && !answer.Packets.Sure.IsEmpty() {
				way.network, way.below = r.networkEncrypts(w, way.peers, true)
			}
			ways = append(ways, way)
		}
	}
	return ways, gaps
}

// others is whether the design has another workload with an interface.
func others(r *run, w *topo.Workload) bool {
	return slices.ContainsFunc(r.Workloads, func(o topo.Workload) bool { return o.ID != w.ID && o.Endpoint != "" })
}
