package check

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// behindNLB turns the load balancer of office into a Network Load Balancer
// without security group, and adds an ALB if both is set.
func behindNLB(s *topo.Snapshot, preserves fact.Fact[bool], both bool) *topo.Snapshot {
	nlb := topo.LoadBalancer{Thing: thing("nlb"), Kind: topo.NetworkBalancer, VPC: "vpc", InternetFacing: fact.Default(true)}
	listener := s.Listeners[0]
	listener.ID, listener.Balancer, listener.Protocol = "tcp", "nlb", fact.Default("TCP")
	listener.Default = []topo.Action{{Kind: topo.ActionForward, Exists: fact.Yes, Targets: []topo.WeightedTarget{{Group: "stream", Weight: fact.Default(1)}}}}
	group := s.TargetGroups[0]
	group.ID, group.Protocol, group.PreserveClientIP = "stream", fact.Default("TCP"), preserves
	binding := s.Workloads[0].Bindings[0]
	binding.TargetGroup = "stream"
	s.LoadBalancers, s.Listeners, s.TargetGroups = append(s.LoadBalancers, nlb), append(s.Listeners, listener), append(s.TargetGroups, group)
	if !both {
		s.Workloads[0].Bindings = nil
	}
	s.Workloads[0].Bindings = append(s.Workloads[0].Bindings, binding)
	e := s.Endpoints[0]
	e.Thing, e.Owner, e.Groups, e.Unfiltered = thing("nlb"), "nlb", topo.Links{}, fact.Yes
	s.Endpoints = append(s.Endpoints, e)
	return s
}

// mentions checks the verdict of a finding and a text in it.
func mentions(t *testing.T, name string, f finding.Finding, v finding.Verdict, text string) {
	t.Helper()
	if f.Verdict != v || !strings.Contains(describe(f), text) {
		t.Errorf("%s: want %s with %q, got %s", name, v, text, describe(f))
	}
}

func TestNetworkLoadBalancerEdges(t *testing.T) {
	own, world := admits(8080, fromRange("10.0.0.0/16")), admits(8080, fromRange("0.0.0.0/0"))
	none := intent.Intent{}

	s := behindNLB(office([]topo.Rule{own, admits(8080, fromGroup("sg-alb"))}, nil), fact.Default(false), true)
	mentions(t, "both kinds, ALB", verdictOf(t, s, none, "sg-from-alb", "orders"), finding.Follows, "only its load balancer reaches orders")
	mentions(t, "both kinds, NLB", verdictOf(t, s, none, "sg-from-nlb", "orders"), finding.Follows, "nothing wider")

	s = behindNLB(office([]topo.Rule{own}, nil), fact.Default(false), false)
	s.Endpoints[len(s.Endpoints)-1].Unfiltered = fact.Unknown
	s.Endpoints[len(s.Endpoints)-1].Groups.More = "var.groups has no value"
	mentions(t, "groups unknown", verdictOf(t, s, none, "sg-from-nlb", "orders"), finding.Undecided, "whether the load balancer needs 10.0.0.0/16: var.groups has no value")

	s = behindNLB(office([]topo.Rule{world}, nil), fact.Default(true), false)
	s.LoadBalancers[1].InternetFacing = fact.Missing[bool]("var.internal has no value", ref.Place{})
	mentions(t, "scheme unknown", verdictOf(t, s, none, "sg-from-nlb", "orders"), finding.Undecided, "the scheme of the load balancer is not known")

	s = behindNLB(office([]topo.Rule{world, admits(9090, fromRange("0.0.0.0/0"))}, nil), fact.Default(true), false)
	mentions(t, "a port of no target", verdictOf(t, s, none, "sg-from-nlb", "orders"), finding.Violates, "> task orders tcp/9090")
	s = behindNLB(office([]topo.Rule{world, admits(9090, fromRange("0.0.0.0/0"))}, nil), fact.Default(true), false)
	s.TargetGroups[1].Health.Port = fact.Default(9090)
	mentions(t, "the port of the health check", verdictOf(t, s, none, "sg-from-nlb", "orders"), finding.Follows, "as it must")
}

// online puts the tasks of office into the public subnet with an address.
func online(s *topo.Snapshot) *topo.Snapshot {
	for i := range s.Endpoints {
		if s.Endpoints[i].ID == "orders" || s.Endpoints[i].ID == "db" {
			s.Endpoints[i].Subnets, s.Endpoints[i].PublicIPv4 = held("public"), fact.Default(true)
		}
	}
	return s
}

func TestExposedSeverities(t *testing.T) {
	world := []topo.Rule{admits(8080, fromRange("0.0.0.0/0"))}
	f := verdictOf(t, online(office(world, nil)), intent.Intent{}, "sg-from-alb", "orders")
	mentions(t, "a task past its load balancer", f, finding.Violates, "[critical: the internet reaches orders past its load balancer]")

	f = verdictOf(t, online(office(nil, []topo.Rule{admits(5432, fromRange("52.1.2.0/24"))})), intent.Intent{}, "exposure", "db")
	mentions(t, "a store for a small part of the internet", f, finding.Violates, "[high: a small part of the internet reaches a data store]")

	// The host is on the internet, but which of its ports are the task's is open.
	s := office(nil, nil)
	s.Workloads[0].Endpoint, s.Workloads[0].Mode, s.Workloads[0].Hosts = "", fact.Default(topo.ModeBridge), held("bastion")
	s.TaskDefinitions[0].ContainersMore = "var.containers has no value"
	mentions(t, "unknown ports", verdictOf(t, s, intent.Intent{}, "exposure", "orders"), finding.Undecided, "ports of orders: var.containers has no value")
}

// A Classic Load Balancer is its own target group, whatever the source calls it:
// the words are those of its listener.
func TestClassicBackend(t *testing.T) {
	for id, text := range map[ref.ID]string{"alb": "instance protocol HTTP", "tg": "target group protocol HTTP"} {
		s := office(nil, nil)
		s.TargetGroups[0].ID = id
		mentions(t, string(id), verdictOf(t, s, intent.Intent{}, "tls-backend", id), finding.Violates, text)
	}
}

// Where a path ends is open if the ports of the task are.
func TestPathToUnknownPorts(t *testing.T) {
	s := office(nil, nil)
	s.SecurityGroups[1].Ingress = []topo.Rule{admits(32768, fromGroup("sg-alb"))}
	s.TargetGroups[0].TargetType = fact.Default("instance")
	s.Workloads[0].Endpoint, s.Workloads[0].Mode, s.Workloads[0].Hosts = "", fact.Default(topo.ModeBridge), held("bastion")
	s.TaskDefinitions[0].Mode, s.TaskDefinitions[0].ContainersMore = fact.Default(topo.ModeBridge), "var.containers has no value"
	mentions(t, "unknown ports", verdictOf(t, s, intent.Intent{}, "path-works", "orders"), finding.Undecided, "ports of orders: var.containers has no value")
}

func TestPublicAddressEdges(t *testing.T) {
	none := intent.Intent{}
	f := verdictOf(t, online(office(nil, nil)), none, "public-ip", "orders")
	mentions(t, "the only way out", f, finding.Violates, "First add a NAT gateway, or VPC endpoints for what they call (ssmmessages), then: set assign_public_ip to false")

	s := online(office(nil, nil))
	for _, service := range []string{"ecr.api", "ecr.dkr"} {
		s.VPCEndpoints = append(s.VPCEndpoints, topo.VPCEndpoint{Thing: thing(ref.ID(service)), VPC: "vpc", Kind: topo.InterfaceEndpoint, Service: fact.Default(service)})
	}
	if f := verdictOf(t, s, none, "public-ip", "orders"); f.Fix != "Set assign_public_ip to false and run the tasks in private subnets." {
		t.Errorf("another way out: %s", describe(f))
	}

	s = online(office(nil, nil))
	s.Endpoints[2].Subnets = topo.Links{More: "var.subnets has no value"}
	mentions(t, "unknown subnets", verdictOf(t, s, none, "public-ip", "orders"), finding.Violates, "[medium: it is not known whether their subnets route to an internet gateway]")

	s = online(office(nil, nil))
	s.Endpoints[2].PublicIPv4, s.Endpoints[2].IPv6 = fact.Default(false), fact.Default(true)
	mentions(t, "IPv6", verdictOf(t, s, none, "public-ip", "orders"), finding.Follows, "has an IPv6 address, which is public by nature")
}

func TestOwnGroupEdges(t *testing.T) {
	none := intent.Intent{}
	alb := admits(8080, fromGroup("sg-alb"))
	all := topo.Rule{Ports: netset.Exactly(netset.AllPorts()), Peer: fromGroup("sg-orders"), Exists: fact.Yes}
	mentions(t, "tasks among themselves", verdictOf(t, office([]topo.Rule{alb, all}, nil), none, "task-sg", "orders"), finding.Follows, "narrow security group of its own")

	s := office([]topo.Rule{alb}, nil)
	s.SecurityGroups[2].MembersMore = "module.jobs is given its name"
	mentions(t, "unknown members", verdictOf(t, s, none, "task-sg", "orders"), finding.Undecided, "who holds sg sg-orders: module.jobs is given its name")

	s = office([]topo.Rule{alb}, nil)
	s.Endpoints[2].Groups.List[0].Exists, s.Endpoints[2].Groups.List[0].Why = fact.Unknown, "var.own has no value"
	mentions(t, "a group that may be absent", verdictOf(t, s, none, "task-sg", "orders"), finding.Undecided, "whether task orders holds sg sg-orders is not known: var.own has no value")

	proxy := office([]topo.Rule{alb, admits(15000, fromGroup("sg-bastion"))}, nil)
	mentions(t, "a port of nobody", verdictOf(t, proxy, none, "task-sg", "orders"), finding.Violates, "tcp/15000")
	proxy = office([]topo.Rule{alb, admits(15000, fromGroup("sg-bastion"))}, nil)
	proxy.Workloads[0].ServiceConnect.Services = []topo.ConnectService{{PortName: "http", IngressPort: fact.Default(15000)}}
	mentions(t, "the port of the proxy", verdictOf(t, proxy, none, "task-sg", "orders"), finding.Follows, "narrow security group of its own")

	// A data store that holds the group of the load balancer opens no connections.
	s = office([]topo.Rule{alb}, nil)
	s.Endpoints[3].Groups = held("sg-alb")
	mentions(t, "a store with the group", verdictOf(t, s, none, "sg-from-alb", "orders"), finding.Follows, "only its load balancer reaches orders")
}
