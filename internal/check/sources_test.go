package check

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func prefixes(texts ...string) netset.Addrs {
	var out []netip.Prefix
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return netset.Prefix(out...)
}

func TestSizeText(t *testing.T) {
	for _, tc := range []struct {
		in   netset.Addrs
		want string
	}{
		{netset.Everywhere(), "every address"},
		{prefixes("0.0.0.0/1", "128.0.0.0/1"), "every IPv4 address"},
		{prefixes("::/0"), "every IPv6 address"},
		{prefixes("0.0.0.0/1"), "57 % of the internet"},
		{prefixes("52.0.0.0/8"), "0.5 % of the internet"},
		{prefixes("10.0.0.0/16"), "65,536 addresses"},
		{prefixes("10.0.0.0/16", "10.9.0.0/24"), "65,792 addresses"},
		{prefixes("10.0.0.0/8"), "16,777,216 addresses"},
		{prefixes("10.0.0.7/32"), "1 address"},
		{prefixes("fd00::/64"), "a wide IPv6 range"},
		{netset.Addrs{}, "0 addresses"},
	} {
		if got := sizeText(tc.in); got != tc.want {
			t.Errorf("sizeText(%s) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestPortTexts(t *testing.T) {
	for _, tc := range []struct {
		in             netset.Ports
		text, question string
	}{
		{netset.AllPorts(), "all traffic", ""},
		{talk(), "all traffic", ""},
		{netset.TCP(8080, 8080), "tcp/8080", " tcp/8080"},
		{netset.TCP(80, 80).Union(netset.UDP(53, 53)), "tcp/80, udp/53", " tcp/80"},
		{netset.Protocol(netset.ProtoTCP), "tcp", " tcp"},
		{netset.Protocol(50), "esp", ""},
		{talk().Minus(netset.TCP(22, 22)), "all except icmp, tcp/22, icmpv6", ""},
	} {
		if got := portsText(tc.in); got != tc.text {
			t.Errorf("portsText(%s) = %q, want %q", tc.in, got, tc.text)
		}
		if got := portsFor(tc.in); got != tc.question {
			t.Errorf("portsFor(%s) = %q, want %q", tc.in, got, tc.question)
		}
	}
}

func mapping(container, host int, protocol string) topo.PortMapping {
	at := ref.Place{File: "main.tf", Line: 1}
	return topo.PortMapping{Container: fact.Known(container, at), ContainerTo: fact.Known(container, at), Host: fact.Known(host, at), Protocol: protocol}
}

func TestTaskPorts(t *testing.T) {
	ports := []topo.PortMapping{mapping(8080, 0, "tcp"), mapping(53, 5353, "udp")}
	for _, tc := range []struct {
		name  string
		mode  topo.NetworkMode
		own   ref.ID
		ports []topo.PortMapping
		want  netset.Ports
		why   bool
	}{
		{"own interface", topo.ModeAWSVPC, "svc", ports, talk(), false},
		{"bridge", topo.ModeBridge, "", ports, netset.TCP(32768, 65535).Union(netset.UDP(5353, 5353)), false},
		{"host", topo.ModeHost, "", ports, netset.TCP(8080, 8080).Union(netset.UDP(53, 53)), false},
		{"unknown port", topo.ModeBridge, "", []topo.PortMapping{{Protocol: "tcp"}}, netset.NoPorts(), true},
		{"port out of range", topo.ModeHost, "", []topo.PortMapping{mapping(70000, 0, "tcp")}, netset.NoPorts(), true},
		{"no port in bridge mode", topo.ModeBridge, "", nil, netset.NoPorts(), false},
		{"no port in host mode", topo.ModeHost, "", nil, netset.NoPorts(), true},
	} {
		s := (&topo.Snapshot{
			TaskDefinitions: []topo.TaskDefinition{{Thing: topo.Thing{ID: "td"}, Containers: []topo.Container{{Name: "app", Ports: tc.ports}}}},
			Workloads:       []topo.Workload{{Thing: topo.Thing{ID: "svc"}, Definition: "td", Endpoint: tc.own, Mode: fact.Default(tc.mode)}},
		}).Freeze()
		got, why := (&run{Snapshot: s}).taskPorts(&s.Workloads[0])
		if !got.Equal(tc.want) || (why != "") != tc.why {
			t.Errorf("%s: %s (%q), want %s", tc.name, got, why, tc.want)
		}
	}
}

func TestBehind(t *testing.T) {
	s := (&topo.Snapshot{
		LoadBalancers: []topo.LoadBalancer{{Thing: topo.Thing{ID: "alb"}, Kind: topo.ApplicationBalancer}, {Thing: topo.Thing{ID: "clb"}, Kind: topo.ClassicBalancer}},
		Listeners: []topo.Listener{{Thing: topo.Thing{ID: "l"}, Balancer: "alb",
			Rules: []topo.ListenerRule{{Actions: []topo.Action{{Kind: topo.ActionForward, Targets: []topo.WeightedTarget{{Group: "listed"}}}}}}}},
		TargetGroups: []topo.TargetGroup{{Thing: topo.Thing{ID: "listed"}}, {Thing: topo.Thing{ID: "loose"}, Protocol: fact.Default("TCP")}, {Thing: topo.Thing{ID: "blank"}}},
	}).Freeze()
	r := &run{Snapshot: s}
	for _, tc := range []struct {
		name     string
		w        topo.Workload
		alb, nlb fact.Tri
	}{
		{"listener rule", topo.Workload{Bindings: []topo.Binding{{TargetGroup: "listed"}}}, fact.Yes, fact.No},
		{"classic", topo.Workload{Bindings: []topo.Binding{{Classic: "clb"}}}, fact.Yes, fact.No},
		{"protocol alone", topo.Workload{Bindings: []topo.Binding{{TargetGroup: "loose"}}}, fact.No, fact.Yes},
		{"nothing known", topo.Workload{Bindings: []topo.Binding{{TargetGroup: "blank"}}}, fact.Unknown, fact.Unknown},
		{"unknown target group", topo.Workload{Bindings: []topo.Binding{{Why: "var.group has no value"}}}, fact.Unknown, fact.Unknown},
		{"none", topo.Workload{}, fact.No, fact.No},
		{"perhaps more", topo.Workload{BindingsMore: "var.more has no value"}, fact.Unknown, fact.Unknown},
	} {
		list := r.boundOf(&tc.w)
		alb, _ := behind(&tc.w, list, topo.ApplicationBalancer, topo.ClassicBalancer)
		nlb, _ := behind(&tc.w, list, topo.NetworkBalancer)
		if alb != tc.alb || nlb != tc.nlb {
			t.Errorf("%s: behind an ALB %s, want %s; behind an NLB %s, want %s", tc.name, alb, tc.alb, nlb, tc.nlb)
		}
	}
}

func TestDeclaredFlowsLeaveTheRest(t *testing.T) {
	r := &run{Snapshot: (&topo.Snapshot{}).Freeze(), intent: intent.Intent{Flows: []intent.Flow{
		{From: intent.Side{CIDR: netip.MustParsePrefix("10.0.0.0/8")}, To: intent.Side{Glob: intent.NewGlob("orders")}, Ports: netset.TCP(8080, 8080), Reason: "office"},
		{From: intent.Side{Internet: true}, To: intent.Side{Glob: intent.NewGlob("other")}, Ports: netset.AllPorts()},
	}}}
	in := sources{list: []source{
		{name: "10.1.0.0/16", addrs: prefixes("10.1.0.0/16"), ports: netset.TCP(8080, 8081)},
		{name: "10.2.0.0/16", addrs: prefixes("10.2.0.0/16"), ports: netset.TCP(8080, 8080)},
		{name: "0.0.0.0/0", addrs: netset.AllV4(), ports: netset.TCP(8080, 8080)},
	}}
	out := r.withoutDeclared(in, intent.Peer{ID: "aws_ecs_service.orders", Name: "orders"})
	var got []string
	for _, s := range out.list {
		got = append(got, s.name+" "+portsText(s.ports))
	}
	if diff := cmp.Diff([]string{"10.1.0.0/16 tcp/8081", "0.0.0.0/0 tcp/8080"}, got); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	if len(out.declared) != 1 || out.declared[0].Text != "muralla.yaml declares the flow 10.0.0.0/8 to orders: office" {
		t.Errorf("declared: %v", out.declared)
	}
}
