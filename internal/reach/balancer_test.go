package reach

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func listener(id, balancer ref.ID, protocol string, port int, actions ...topo.Action) topo.Listener {
	return topo.Listener{Thing: known(id), Balancer: balancer, Protocol: fact.Default(protocol), Port: fact.Default(port), Default: actions}
}

func forwardTo(groups ...ref.ID) topo.Action {
	a := topo.Action{Kind: topo.ActionForward, Exists: fact.Yes}
	for _, g := range groups {
		a.Targets = append(a.Targets, topo.WeightedTarget{Group: g, Weight: fact.Default(1)})
	}
	return a
}

func targetGroup(id ref.ID, protocol, kind string, port, health int, preserve bool) topo.TargetGroup {
	return topo.TargetGroup{Thing: known(id), Protocol: fact.Default(protocol), Port: fact.Default(port), TargetType: fact.Default(kind), PreserveClientIP: fact.Default(preserve),
		Health: topo.HealthCheck{Enabled: fact.Default(true), Protocol: fact.Default("HTTP"), Port: fact.Default(health)}}
}

func bind(s *topo.Snapshot, workload, group ref.ID, container string, port int) {
	for i := range s.Workloads {
		if w := &s.Workloads[i]; w.ID == workload {
			w.Bindings = append(w.Bindings, topo.Binding{TargetGroup: group, Container: container, Port: fact.Default(port)})
		}
	}
}

const webDesign = `
	vpc main 10.0.0.0/16
	igw gw main
	table public main 0.0.0.0/0=igw:gw
	subnet pub main 10.0.0.0/24 table=public
	subnet priv main 10.0.1.0/24
	sg lb main in:0.0.0.0/0:tcp/443 in:0.0.0.0/0:tcp/80 out:0.0.0.0/0:all
	sg web main in:sg=lb:tcp/8080 out:0.0.0.0/0:all
	sg clients main in:0.0.0.0/0:tcp/8080
	sg vpc main in:10.0.0.0/16:tcp/8080
	sg host main in:sg=lb:tcp/32768-60999
	sg hostlow main in:sg=lb:tcp/8080
`

func TestApplicationBalancer(t *testing.T) {
	s := build(t, webDesign+`
	alb front subnets=pub groups=lb
	alb inside subnets=priv groups=lb internal
	task orders subnets=priv groups=web
	task other subnets=priv groups=web
	`)
	s.TargetGroups = []topo.TargetGroup{targetGroup("tg", "HTTP", "ip", 80, 9000, false), targetGroup("blue", "HTTPS", "ip", 80, 0, false), targetGroup("fn", "HTTP", "lambda", 0, 0, false)}
	https := listener("https", "front", "HTTPS", 443, forwardTo("tg"))
	none := forwardTo("blue")
	none.Targets[0].Weight = fact.Default(0)
	https.Rules = []topo.ListenerRule{
		{Thing: known("api"), Conditions: []string{"path /api/*"}, Actions: []topo.Action{{Kind: topo.ActionAuthenticate, Exists: fact.Yes}, forwardTo("blue", "fn")}},
		{Thing: known("zero"), Actions: []topo.Action{none}},
		{Thing: known("office"), SourceIP: []topo.Block{{Prefix: prefixes("10.0.0.0/8")[0]}}, Actions: []topo.Action{forwardTo("tg")}},
		{Thing: known("odd"), Actions: []topo.Action{{Kind: topo.ActionUnknown, Why: "dynamic", Exists: fact.Yes}}},
	}
	s.Listeners = []topo.Listener{https,
		listener("http", "front", "HTTP", 80, topo.Action{Kind: topo.ActionRedirect, Exists: fact.Yes}),
		listener("inner", "inside", "HTTP", 80, forwardTo("tg"))}
	bind(s, "orders", "tg", "app", 8080)
	bind(s, "other", "blue", "app", 8080)
	n := New(s.Freeze())
	by := map[ref.ID]Entry{}
	for _, e := range n.Entries("orders", netset.Internet()) {
		by[e.Listener+e.Rule] = e
	}
	web := netset.TCP(8080, 8080)
	e := by["https"]
	switch {
	case e.Exists != fact.Yes, e.Client != TLSEncrypted, e.Backend != TLSNone, e.Preserves != fact.No:
		t.Errorf("the default action is %+v", e)
	case e.Front.Packets.All(netset.TCP(443, 443)) != fact.Yes || e.Back.Packets.All(web) != fact.Yes:
		t.Errorf("the way is not open: %s%s", show(e.Front), show(e.Back))
	case e.Health.Packets.Any(netset.AllPorts()) != fact.No || !e.HealthPorts.Sure.Equal(netset.TCP(9000, 9000)):
		t.Errorf("the health check has a port of its own that no rule admits: %s", show(e.Health))
	}
	// A listener that only redirects leads nowhere.
	if _, ok := by["http"]; ok {
		t.Error("a redirect is an entry")
	}
	// A source-ip condition means addresses of clients.
	if e := by["httpsoffice"]; e.Front.Packets.Any(netset.AllPorts()) != fact.No || !strings.Contains(e.Front.Trail[0].Why, "source-ip") {
		t.Errorf("the internet is let through to a rule for the office: %s", show(e.Front))
	}
	// An internal load balancer has no clients on the internet.
	if e := by["inner"]; e.Front.Packets.Any(netset.AllPorts()) != fact.No || e.Client != TLSNone {
		t.Errorf("the internal load balancer: %s", show(e.Front))
	}
	// What an action does is unknown, so it may forward to the group of this balancer.
	if _, ok := by["httpsodd"]; ok {
		t.Error("a group that the internal load balancer uses is given to an unknown action of the other")
	}
	by = map[ref.ID]Entry{}
	for _, e := range n.EntriesOf("front", netset.Internet()) {
		by[e.Listener+e.Rule] = e
	}
	if e := by["httpsapi"]; e.Target != "other" || e.Backend != TLSEncrypted || len(e.Conditions) != 1 || e.Exists != fact.Yes {
		t.Errorf("authentication passes on to the next action: %+v", e)
	}
	if e := by["httpszero"]; e.Exists != fact.Unknown || e.Why != "weight 0" {
		t.Errorf("weight 0: %v %q", e.Exists, e.Why)
	}
	if e := by["httpsodd"]; e.Exists != fact.Unknown || e.Why != "dynamic" || e.Target != "" || e.Back.Packets.IsExact() != true {
		t.Errorf("an unknown action: %+v", e)
	}
}

func TestNetworkBalancer(t *testing.T) {
	s := build(t, webDesign+`
	nlb bare subnets=pub
	nlb guarded subnets=pub groups=lb
	task kept subnets=priv groups=clients
	task vpc subnets=priv groups=vpc
	task ref subnets=priv groups=web
	`)
	for _, b := range []ref.ID{"bare", "guarded"} {
		s.TargetGroups = append(s.TargetGroups, targetGroup(b+"-keep", "TCP", "ip", 8080, 0, true), targetGroup(b+"-own", "TCP", "ip", 8080, 0, false))
		s.Listeners = append(s.Listeners, listener(b+"-tls", b, "TLS", 443, forwardTo(b+"-own")), listener(b+"-tcp", b, "TCP", 80, forwardTo(b+"-keep")))
		for _, w := range []ref.ID{"kept", "vpc", "ref"} {
			bind(s, w, b+"-keep", "", 8080)
			bind(s, w, b+"-own", "", 8080)
		}
	}
	n := New(s.Freeze())
	web := netset.TCP(8080, 8080)
	type key struct{ listener, target ref.ID }
	want := map[key]fact.Tri{
		// With client addresses, "VPC only" means that nobody gets through.
		{"bare-tcp", "kept"}: fact.Yes, {"bare-tcp", "vpc"}: fact.No, {"bare-tcp", "ref"}: fact.No,
		// With its own addresses, the VPC's range admits it.
		{"bare-tls", "kept"}: fact.Yes, {"bare-tls", "vpc"}: fact.Yes, {"bare-tls", "ref"}: fact.No,
		// A rule that names its group admits it in both cases.
		{"guarded-tcp", "kept"}: fact.Yes, {"guarded-tcp", "vpc"}: fact.No, {"guarded-tcp", "ref"}: fact.Yes,
		{"guarded-tls", "kept"}: fact.Yes, {"guarded-tls", "vpc"}: fact.Yes, {"guarded-tls", "ref"}: fact.Yes,
	}
	for _, b := range []ref.ID{"bare", "guarded"} {
		for _, e := range n.EntriesOf(b, netset.Internet()) {
			k := key{e.Listener, e.Target}
			if got := e.Back.Packets.All(web); got != want[k] {
				t.Errorf("%v: %v, want %v\n%s", k, got, want[k], show(e.Back))
			}
			delete(want, k)
			// Health checks have the addresses of the balancer, always.
			if got := e.Health.Packets.All(web); e.Target == "vpc" && got != fact.Yes {
				t.Errorf("%v: the health check: %s", k, show(e.Health))
			}
			if e.Front.Packets.Any(netset.AllPorts()) != fact.Yes {
				t.Errorf("%v: the front: %s", k, show(e.Front))
			}
			if tls := strings.HasSuffix(string(e.Listener), "tls"); tls && (e.Client != TLSEncrypted || e.Backend != TLSNone) || !tls && (e.Client != TLSPassthrough || e.Backend != TLSPassthrough) {
				t.Errorf("%v: TLS is %v, then %v", k, e.Client, e.Backend)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no entries for %v", want)
	}
}

func TestHostPorts(t *testing.T) {
	s := build(t, webDesign+`
	alb front subnets=pub groups=lb
	task web subnets=priv groups=web
	host good subnets=priv groups=host
	host low subnets=priv groups=hostlow
	`)
	s.TargetGroups = []topo.TargetGroup{targetGroup("tg", "HTTP", "instance", 80, 0, false)}
	s.Listeners = []topo.Listener{listener("http", "front", "HTTP", 80, forwardTo("tg"))}
	w := &s.Workloads[0]
	w.Endpoint, w.Mode = "", fact.Default(topo.ModeBridge)
	w.Hosts.List = []topo.Link{link("good"), link("low")}
	bind(s, "web", "tg", "app", 80)
	mapping := func(host int) *Network {
		s.TaskDefinitions[0].Containers = []topo.Container{{Name: "app", Ports: []topo.PortMapping{{Container: fact.Default(80), ContainerTo: fact.Default(80), Host: fact.Default(host), Protocol: "tcp"}}}}
		return New(s.Freeze())
	}
	for _, tc := range []struct {
		host      int
		ports     netset.Ports
		good, low fact.Tri
	}{
		// A dynamic port may be any of the host's range.
		{0, netset.TCP(32768, 60999), fact.Yes, fact.No},
		// A static one is what the mapping says.
		{8080, netset.TCP(8080, 8080), fact.No, fact.Yes},
	} {
		entries := mapping(tc.host).Entries("web", netset.Internet())
		if len(entries) != 2 {
			t.Fatalf("%d entries", len(entries))
		}
		for _, e := range entries {
			want := map[ref.ID]fact.Tri{"good": tc.good, "low": tc.low}[e.Target]
			if got := e.Back.Packets.All(tc.ports); !e.TargetPorts.Sure.Equal(tc.ports) || got != want {
				t.Errorf("host port %d on %s: ports %v, %v, want %v\n%s", tc.host, e.Target, e.TargetPorts, got, want, show(e.Back))
			}
		}
	}
	// In host mode the container's port is the host's.
	w.Mode = fact.Default(topo.ModeHost)
	if e := mapping(0).Entries("web", netset.Internet()); len(e) != 2 || !e[0].TargetPorts.Sure.Equal(netset.TCP(80, 80)) {
		t.Errorf("host mode: %+v", e)
	}
	// A task that may run on hosts nobody knows has an entry that says so.
	w.Hosts = topo.Links{More: "no capacity provider is known"}
	if e := mapping(0).Entries("web", netset.Internet()); len(e) != 1 || e[0].Target != "" || e[0].Exists != fact.Unknown || len(e[0].Back.Gaps) == 0 {
		t.Errorf("unknown hosts: %+v", e)
	}
}

func TestAdmitted(t *testing.T) {
	s := build(t, webDesign+`
	vpc other 10.1.0.0/16
	peering pcx main other
	subnet o other 10.1.0.0/24
	sg many main in:10.0.0.0/8:tcp/80-90 in:0.0.0.0/1:tcp/80 in:128.0.0.0/1:tcp/80 in:sg=web:tcp/80 in:$office:tcp/80 in:?:tcp/80 in:pl=cf:tcp/80 in:0.0.0.0/0:tcp/22
	task orders subnets=priv groups=many
	task one subnets=priv groups=web
	task far subnets=o groups=web
	nlb bare subnets=pub
	`)
	s.PrefixLists = []topo.PrefixList{{Thing: known("cf"), AWSName: "com.amazonaws.global.cloudfront.origin-facing", More: "entries of AWS are not here"}}
	s.Endpoints[0].Groups.More = "var.more"
	for i := range s.Endpoints {
		if s.Endpoints[i].ID == "orders" {
			s.Endpoints[i].Groups.More = "var.more"
		} else {
			s.Endpoints[i].Groups.More = ""
		}
	}
	n := New(s.Freeze())
	got := n.Admitted("orders", netset.TCP(80, 80))
	if len(got) != 8 {
		t.Fatalf("%d admissions: %+v", len(got), got)
	}
	if a := got[0]; !a.Ports.Sure.Equal(netset.TCP(80, 80)) || a.Internet != 0 || a.Why != "" {
		t.Errorf("a private range: %+v", a)
	}
	if sum := got[1].Range.Union(got[2].Range).Fraction(netset.Internet()); sum != 1 || got[1].Internet > 0.9 {
		t.Errorf("two halves are %v of the internet, one %v", sum, got[1].Internet)
	}
	if a := got[3]; len(a.Holders) != 3 || a.Holders[1].Endpoint != "one" && a.Holders[0].Endpoint != "far" || a.HoldersMore != "" {
		t.Errorf("holders of a group: %+v", a.Holders)
	}
	for i, why := range map[int]string{4: "var.office has no value", 5: "its peer is not known", 6: "entries of AWS are not here", 7: "further security groups of task orders: var.more"} {
		if i == 5 {
			why = "the peer of the rule is not known"
		}
		if got[i].Why != why {
			t.Errorf("%d: %q, want %q", i, got[i].Why, why)
		}
	}
	if got[7].Rule != nil || !got[7].Ports.Sure.IsEmpty() || got[6].Internet != 0 {
		t.Errorf("what is only possible: %+v", got[7])
	}
	if a := n.Admitted("bare", netset.TCP(1, 1)); len(a) != 1 || a[0].Internet != 1 || !a[0].Ports.Sure.Equal(netset.TCP(1, 1)) {
		t.Errorf("no group filters nothing: %+v", a)
	}
}

func TestExits(t *testing.T) {
	s := build(t, `
	vpc main 10.0.0.0/16
	igw gw main
	nat n pub
	table public main 0.0.0.0/0=igw:gw
	table private main 0.0.0.0/0=nat:n 9.9.9.0/24=vgw:vpn
	subnet pub main 10.0.0.0/24 table=public
	subnet priv main 10.0.1.0/24 table=private
	subnet none main 10.0.2.0/24
	sg all main out:0.0.0.0/0:all
	task both subnets=pub,priv,none groups=all
	task public subnets=pub groups=all public
	`)
	n := New(s)
	got := map[ref.ID][]Exit{}
	for _, e := range n.Exits("both", netset.Internet().V4()) {
		got[e.Subnet] = append(got[e.Subnet], e)
	}
	if e := got["pub"]; len(e) != 1 || e[0].Target != topo.ToInternet || e[0].Gateway != "gw" || e[0].Works != fact.No || !strings.Contains(e[0].Why, "no public IPv4 address") {
		t.Errorf("an internet gateway without a public address: %+v", e)
	}
	if e := got["priv"]; len(e) != 2 || e[0].Target == e[1].Target {
		t.Errorf("NAT and VPN: %+v", e)
	}
	for _, e := range got["priv"] {
		if want := map[topo.RouteTarget]fact.Tri{topo.ToNAT: fact.Yes, topo.ToVPN: fact.Unknown}[e.Target]; e.Works != want || e.Exists != fact.Yes {
			t.Errorf("%+v works: want %v", e, want)
		}
	}
	if e := got["none"]; len(e) != 1 || e[0].Target != topo.ToNowhere || e[0].Works != fact.No || e[0].Why == "" {
		t.Errorf("no route: %+v", e)
	}
	if e := n.Exits("public", netset.Internet().V4()); len(e) != 1 || e[0].Works != fact.Yes {
		t.Errorf("with a public address: %+v", e)
	}
	for id, want := range map[ref.ID]fact.Tri{"pub": fact.Yes, "priv": fact.No, "none": fact.No} {
		if is, _, why := n.PublicSubnet(id); is != want || why == "" {
			t.Errorf("subnet %s is public: %v, %q", id, is, why)
		}
	}
}
