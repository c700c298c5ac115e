package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Options say what a map shows. The zero Options show everything.
type Options struct {
	// Findings give the badges.
	Findings []finding.Finding
	// Focus keeps what is a connection away from these things, From what they
	// reach in any number of connections, and To what reaches them so. What is
	// named in several is kept if it is in all of them.
	Focus, From, To []ref.ID
}

// Of is the map of the snapshot of a network.
func Of(n *reach.Network, o Options) Graph {
	b := &builder{net: n, Snapshot: n.Snapshot(), at: map[ref.ID]string{}, boxes: map[string]*Box{}, edges: map[edgeKey]*link{}, open: map[string]reach.Answer{},
		whole: len(o.Focus)+len(o.From)+len(o.To) == 0}
	b.things()
	b.connections()
	b.entrances()
	b.exits()
	b.needs()
	b.keep(o)
	b.group()
	g := b.graph()
	g.mark(n.Snapshot(), o.Findings)
	return g
}

// builder gathers the boxes and edges of one map.
type builder struct {
	*topo.Snapshot
	net   *reach.Network
	at    map[ref.ID]string // thing or endpoint → key of its box
	boxes map[string]*Box
	edges map[edgeKey]*link
	notes []string
	units []unit // what takes part in connections, by key
	ways  map[ref.ID][]reach.Exit
	open  map[string]reach.Answer // class → what the internet reaches of it
	whole bool                    // nothing narrows the map
}

// unit is an endpoint with its box.
type unit struct {
	key   string
	e     *topo.Endpoint
	class string // equal for endpoints that the network does not tell apart
}

type edgeKey struct {
	from, to string
	kind     EdgeKind
	works    fact.Tri
	tls      reach.TLS
}

// link is what an edge is made of.
type link struct {
	labels []string
	detail string
	pairs  int
}

const (
	internetKey  = string(InternetID)
	vpcPrefix    = "vpc:"
	groupPrefix  = "group:"
	servicePrefx = "service:"
)

func (b *builder) box(x Box) *Box {
	if old := b.boxes[x.Key]; old != nil {
		return old
	}
	b.boxes[x.Key] = &x
	return &x
}

// internet is the box of the internet, made when something is connected to it.
func (b *builder) internet() string {
	b.box(Box{Key: internetKey, Kind: Internet, Lane: InternetLane, Name: "Internet", Word: "any address", Members: []Member{{Name: "Internet"}}})
	return internetKey
}

// connect adds pairs to an edge.
func (b *builder) connect(k edgeKey, label, detail string) {
	if k.from == k.to || k.from == "" || k.to == "" {
		return
	}
	l := b.edges[k]
	if l == nil {
		l = &link{}
		b.edges[k] = l
	}
	l.pairs++
	if label != "" && !slices.Contains(l.labels, label) {
		l.labels = append(l.labels, label)
	}
	l.detail = cmp.Or(l.detail, detail)
}

// things makes the boxes of everything that the design has.
func (b *builder) things() {
	b.ways = map[ref.ID][]reach.Exit{}
	for i := range b.Endpoints {
		e := &b.Endpoints[i]
		if e.Kind == topo.PrivateLinkEndpoint {
			continue // see needs
		}
		owner := e.ID
		if e.Owner != "" && (b.Workload(e.Owner) != nil || b.LoadBalancer(e.Owner) != nil || b.Host(e.Owner) != nil || b.Store(e.Owner) != nil) {
			owner = e.Owner
		}
		key := string(owner)
		b.at[e.ID], b.at[owner] = key, key
		b.units = append(b.units, unit{key, e, b.class(e)})
		x := Box{Key: key, Kind: b.kindOf(e), Lane: b.laneOf(e), Frame: b.frameOf(e.VPC, owner), Word: b.wordOf(e, owner), Perhaps: e.Exists != fact.Yes}
		x.Name, x.Of = b.namesOf(owner)
		x.Members = []Member{{ID: owner, Name: b.nameOf(owner), Detail: listensText(e), Place: e.Place}}
		b.box(x)
	}
	for i := range b.Workloads {
		w := &b.Workloads[i]
		if b.at[w.ID] != "" || w.Endpoint != "" && b.at[w.Endpoint] != "" {
			continue
		}
		b.onHosts(w)
	}
}

// onHosts is the box of a workload without an interface of its own: it stands
// where its hosts do.
func (b *builder) onHosts(w *topo.Workload) {
	key := string(w.ID)
	b.at[w.ID] = key
	x := Box{Key: key, Kind: Task, Lane: UnknownLane, Perhaps: w.Exists != fact.Yes, Frame: b.frameOf("", w.ID)}
	x.Name, x.Of = b.namesOf(w.ID)
	x.Word = b.taskWord(w)
	for _, l := range w.Hosts.List {
		if e := b.Endpoint(l.ID); e != nil {
			x.Lane, x.Frame = b.laneOf(e), b.frameOf(e.VPC, w.ID)
			break
		}
	}
	x.Members = []Member{{ID: w.ID, Name: b.nameOf(w.ID), Place: w.Place}}
	b.box(x)
}

// namesOf is the name of a thing, and what its label says to tell it from others.
func (b *builder) namesOf(id ref.ID) (name, of string) {
	name = b.nameOf(id)
	if short, module, ok := strings.Cut(name, " of "); ok && short != "" && module != "" {
		return short, "of " + module
	}
	return name, ""
}

func (b *builder) nameOf(id ref.ID) string {
	label := b.Label(id)
	for _, kind := range []string{"load balancer ", "data store ", "network interface ", "VPC endpoint ", "interface ", "function ", "client ", "task ", "host ", "alb ", "nlb ", "clb ", "gwlb ", "vpc ", "nat ", "vgw "} {
		if rest, ok := strings.CutPrefix(label, kind); ok && rest != "" {
			return rest
		}
	}
	return label
}

func (b *builder) kindOf(e *topo.Endpoint) Kind {
	switch e.Kind {
	case topo.TaskEndpoint:
		return Task
	case topo.HostEndpoint:
		return Host
	case topo.BalancerEndpoint:
		return Balancer
	case topo.StoreEndpoint:
		return Store
	case topo.FunctionEndpoint:
		return Function
	}
	return Interface
}

// wordOf says what a box is, in a few words.
func (b *builder) wordOf(e *topo.Endpoint, owner ref.ID) string {
	if w := b.Workload(owner); w != nil {
		return b.taskWord(w)
	}
	if l := b.LoadBalancer(owner); l != nil {
		if fact.Is(l.InternetFacing, false) == fact.Yes {
			return "internal " + l.Kind.String()
		}
		return l.Kind.String()
	}
	if s := b.Store(owner); s != nil {
		return cmp.Or(s.Engine.Or(""), "data store")
	}
	if h := b.Host(owner); h != nil {
		return cmp.Or(h.InstanceType.Or(""), "host")
	}
	word, _, ok := strings.Cut(b.Label(owner), " "+b.nameOf(owner))
	if !ok {
		word = e.Kind.String()
	}
	return word
}

func (b *builder) taskWord(w *topo.Workload) string {
	kind := [...]string{"service", "task set", "scheduled task", "task"}[min(w.Kind, topo.StandaloneWorkload)]
	launch, known := w.Launch.Get()
	text := map[topo.Launch]string{topo.LaunchFargate: "Fargate ", topo.LaunchEC2: "EC2 ", topo.LaunchManaged: "Managed ", topo.LaunchExternal: "Anywhere "}[launch]
	if !known {
		text = ""
	}
	if mode, ok := w.Mode.Get(); ok && (mode == topo.ModeBridge || mode == topo.ModeHost || mode == topo.ModeNAT) {
		return text + kind + ", " + mode.String() + " mode"
	}
	return text + kind
}

func listens(e *topo.Endpoint) string {
	var out []string
	for _, l := range e.Listens {
		if t := l.Ports.Maybe.String(); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return strings.Join(out, ", ")
}

func listensText(e *topo.Endpoint) string {
	if e.Kind == topo.BalancerEndpoint || e.Kind == topo.HostEndpoint {
		return ""
	}
	return listens(e)
}

// laneOf is where the subnets of an endpoint are: the lane that is closest to
// the internet, if it has subnets of several.
func (b *builder) laneOf(e *topo.Endpoint) Lane {
	if l := b.LoadBalancer(cmp.Or(e.Owner, e.ID)); l != nil && fact.Is(l.InternetFacing, true) == fact.Yes {
		return EdgeLane
	}
	public, private, isolated, unknown := false, false, false, e.Subnets.More != "" && len(e.Subnets.List) == 0
	for _, l := range e.Subnets.List {
		switch is, _, _ := b.net.PublicSubnet(l.ID); is {
		case fact.Yes:
			public = true
		case fact.Unknown:
			unknown = true
		default:
			switch b.leads(e, l.ID) {
			case fact.Yes:
				private = true
			case fact.No:
				isolated = true
			default:
				unknown = true
			}
		}
	}
	switch {
	case public:
		return PublicLane
	case unknown:
		return UnknownLane
	case private:
		return PrivateLane
	case isolated:
		return IsolatedLane
	}
	return UnknownLane
}

// leads is whether a subnet has a way out of the VPC that is no internet
// gateway.
func (b *builder) leads(e *topo.Endpoint, subnet ref.ID) fact.Tri {
	out := fact.No
	for _, x := range b.exitsOf(e.ID) {
		if x.Subnet != subnet {
			continue
		}
		switch x.Target {
		case topo.ToLocal, topo.ToNowhere, topo.ToGatewayEndpoint:
		case topo.ToUnknown:
			out = out.Or(fact.Unknown)
		default:
			out = out.Or(x.Exists)
		}
	}
	return out
}

func (b *builder) exitsOf(id ref.ID) []reach.Exit {
	if x, ok := b.ways[id]; ok {
		return x
	}
	x := b.net.Exits(id, publicAddrs)
	b.ways[id] = x
	return x
}

// frameOf is the key of the frame of a thing, as its VPC and its cluster: see
// [builder.frames].
func (b *builder) frameOf(vpc, owner ref.ID) string {
	cluster := ref.ID("")
	if w := b.Workload(owner); w != nil {
		cluster = w.Cluster
	} else if h := b.Host(owner); h != nil {
		cluster = h.Cluster
	}
	return frameKey(vpc, cluster)
}

func frameKey(vpc, cluster ref.ID) string {
	key := ""
	if vpc != "" {
		key = vpcPrefix + string(vpc)
	}
	if cluster != "" {
		key += "|" + string(cluster)
	}
	return key
}

// class is a text that is equal for endpoints about which every answer is the
// same.
func (b *builder) class(e *topo.Endpoint) string {
	os := fact.Unknown
	dialect := 0
	if w := b.Workload(cmp.Or(e.Owner, e.ID)); w != nil {
		if d := b.TaskDefinition(w.Definition); d != nil {
			os = fact.Is(d.Windows, true)
		}
	}
	if h := b.Host(e.ID); h != nil {
		dialect = int(h.UserData.Dialect) + 1
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d %d %d %s %d %d %s %d %d", e.Kind, os, dialect, e.VPC, e.Exists, e.Unfiltered, e.Fixed.String(), fact.Is(e.PublicIPv4, true), fact.Is(e.IPv6, true))
	for _, l := range []topo.Links{e.Subnets, e.Groups} {
		fmt.Fprintf(&out, " / %q", l.More)
		for _, x := range l.List {
			fmt.Fprintf(&out, " %s %d", x.ID, x.Exists)
		}
	}
	fmt.Fprintf(&out, " / %q", e.ListensMore)
	for _, l := range e.Listens {
		fmt.Fprintf(&out, " %s %s", l.Ports.Sure, l.Ports.Maybe)
	}
	return out.String()
}

// InternetID names the internet in [Options].
const InternetID ref.ID = "internet"
