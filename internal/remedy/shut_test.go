package remedy

import (
	"math/rand"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// What is proposed shuts the connection; what else it shuts is the difference of
// all pairs; and no removal of one, two or three inbound rules shuts it and less besides.
func TestShutAgreesWithTrying(t *testing.T) {
	var shut, none, several, replaced, wide int
	for seed := int64(0); shut < 30; seed++ {
		d := drawer{rand.New(rand.NewSource(seed))}
		s := d.network()
		from, to := pick(d, s.Endpoints...).ID, pick(d, s.Endpoints...).ID
		ports := pick(d, netset.TCP(80, 80), netset.TCP(22, 22), netset.TCP(22, 80))
		open := func(s *topo.Snapshot) fact.Tri {
			return reach.New(s).Connect(reach.At(from), reach.At(to), ports).Packets.Any(ports)
		}
		if from == to || open(s) != fact.Yes {
			continue
		}
		got := Shut(reach.New(s), []Flow{{reach.At(from), reach.At(to), ports}})
		var rules []Edit
		for i := range s.SecurityGroups {
			g := &s.SecurityGroups[i]
			for j := range g.Ingress {
				rules = append(rules, Edit{Action: Remove, Thing: g.ID, Inbound: true, Rule: &g.Ingress[j]})
			}
		}
		x := newExposures(reach.New(s), []Flow{{reach.At(from), reach.At(to), ports}})
		x.left = 1 << 30
		best, least := []Edit(nil), 0
		try := func(edits ...Edit) {
			after := Apply(s, edits)
			if open(after) != fact.No {
				return
			}
			also, _ := x.closed(edits)
			if size := sizeOf(also); best == nil || size < least {
				best, least = edits, size
			}
		}
		for i := range rules {
			try(rules[i])
			for j := range rules[:i] {
				try(rules[i], rules[j])
				for k := range rules[:j] {
					try(rules[i], rules[j], rules[k])
				}
			}
		}
		if len(got.Edits) == 0 {
			none++
			if best != nil {
				t.Fatalf("seed %d: %s -> %s: nothing is proposed, but %s shuts it", seed, from, to, texts(s, best))
			}
			continue
		}
		shut++
		after := Apply(s, got.Edits)
		if got.Shuts != fact.Yes || open(after) != fact.No {
			t.Fatalf("seed %d: %s -> %s: %s does not shut it", seed, from, to, texts(s, got.Edits))
		}
		want := slowOpened(after, s, from, to, ports)
		if diff := samePairs(spread(got.Also), want); diff != "" {
			t.Fatalf("seed %d: %s -> %s by %s: what else it shuts: got and want of %s", seed, from, to, texts(s, got.Edits), diff)
		}
		if size := sizeOf(got.Also); best != nil && size > least {
			t.Fatalf("seed %d: %s -> %s: %s shuts %d besides, but %s shuts %d", seed, from, to, texts(s, got.Edits), size, texts(s, best), least)
		}
		removed := 0
		for _, e := range got.Edits {
			if e.Action == Add {
				replaced++
			} else {
				removed++
			}
		}
		if removed > 1 {
			several++
		}
		if len(want) > 0 {
			wide++
		}
	}
	t.Logf("%d shut, %d without a cut: %d need several removals, %d rules replace others, %d shut more", shut, none, several, replaced, wide)
	if several < 2 || replaced < 1 || wide < 5 {
		t.Errorf("%d cuts of several rules, %d replacements, %d that shut more: the draw is too narrow", several, replaced, wide)
	}
}

// named is a snapshot with an application load balancer, a task behind it and a
// bastion, all in one subnet; the group of the task admits the whole VPC.
func named(typ string) *topo.Snapshot {
	all := func(g topo.SecurityGroup) topo.SecurityGroup {
		g.Egress = append(g.Egress, topo.Rule{ID: g.ID, Ports: netset.Exactly(netset.AllPorts()), Peer: topo.Peer{Kind: topo.PeerBlock, Block: block("0.0.0.0/0")}, Exists: fact.Yes})
		g.Type = typ
		return g
	}
	task := all(topo.SecurityGroup{Thing: known("aws_security_group.task"), VPC: "v"})
	task.Ingress = []topo.Rule{{ID: task.ID, Ports: netset.Exactly(netset.TCP(8080, 8080)), Peer: topo.Peer{Kind: topo.PeerBlock, Block: block("10.0.0.0/16")}, Exists: fact.Yes}}
	endpoint := func(id string, kind topo.EndpointKind, group string) topo.Endpoint {
		return topo.Endpoint{Thing: known("aws_x." + ref.ID(id)), Kind: kind, VPC: "v", Unfiltered: fact.No, PublicIPv4: fact.Default(false), IPv6: fact.Default(false),
			Subnets: topo.Links{List: []topo.Link{{ID: "aws_subnet.s", Exists: fact.Yes}}}, Groups: topo.Links{List: []topo.Link{{ID: "aws_security_group." + ref.ID(group), Exists: fact.Yes}}}}
	}
	alb, tasks := endpoint("alb", topo.BalancerEndpoint, "alb"), endpoint("task", topo.TaskEndpoint, "task")
	open := topo.ACLEntry{Number: 100, Allow: fact.Yes, Ports: netset.Exactly(netset.AllPorts()), Block: block("0.0.0.0/0"), Exists: fact.Yes}
	return (&topo.Snapshot{
		VPCs:           []topo.VPC{{Thing: known("v"), Blocks: []topo.Block{block("10.0.0.0/16")}, BlockPublicAccess: fact.Default(topo.BlockNothing)}},
		Subnets:        []topo.Subnet{{Thing: known("aws_subnet.s"), VPC: "v", Blocks: []topo.Block{block("10.0.1.0/24")}, HasIPv6: fact.Default(false), RouteTable: fact.Default(ref.ID("r")), ACL: fact.Default(ref.ID("n")), PublicAccess: fact.Default(topo.BlockNothing)}},
		RouteTables:    []topo.RouteTable{{Thing: known("r"), VPC: "v"}},
		NetworkACLs:    []topo.NetworkACL{{Thing: known("n"), VPC: "v", Ingress: []topo.ACLEntry{open}, Egress: []topo.ACLEntry{open}}},
		SecurityGroups: []topo.SecurityGroup{task, all(topo.SecurityGroup{Thing: known("aws_security_group.alb"), VPC: "v"}), all(topo.SecurityGroup{Thing: known("aws_security_group.bastion"), VPC: "v"})},
		Endpoints:      []topo.Endpoint{alb, tasks, endpoint("bastion", topo.HostEndpoint, "bastion")},
		LoadBalancers:  []topo.LoadBalancer{{Thing: known("aws_x.alb"), Kind: topo.ApplicationBalancer, VPC: "v", InternetFacing: fact.Default(false)}},
		Listeners: []topo.Listener{{Thing: known("l"), Balancer: "aws_x.alb", Port: fact.Default(80), Protocol: fact.Default("HTTP"),
			Default: []topo.Action{{Kind: topo.ActionForward, Exists: fact.Yes, Targets: []topo.WeightedTarget{{Group: "tg", Weight: fact.Default(1)}}}}}},
		TargetGroups: []topo.TargetGroup{{Thing: known("tg"), VPC: "v", Protocol: fact.Default("HTTP"), Port: fact.Default(8080), TargetType: fact.Default("ip"), PreserveClientIP: fact.Default(false)}},
		Workloads:    []topo.Workload{{Thing: known("aws_x.task"), Endpoint: "aws_x.task", Bindings: []topo.Binding{{TargetGroup: "tg", Port: fact.Default(8080)}}}},
	}).Freeze()
}

// A range that lets the load balancer in, too, becomes a rule for its group.
func TestCutKeepsTheLoadBalancer(t *testing.T) {
	s := named("aws_security_group")
	got := Shut(reach.New(s), []Flow{{reach.At("aws_x.bastion"), reach.At("aws_x.task"), netset.TCP(8080, 8080)}})
	if len(got.Breaks) > 0 || got.Shuts != fact.Yes {
		t.Errorf("the cut breaks %v and shuts: %v", got.Breaks, got.Shuts)
	}
	var adds []topo.Peer
	for _, e := range got.Edits {
		if e.Action == Add {
			adds = append(adds, e.Rule.Peer)
		}
	}
	found := false
	for _, p := range adds {
		found = found || p.ID == "aws_security_group.alb"
	}
	if !found {
		t.Errorf("no rule for the group of the load balancer: %s", texts(s, got.Edits))
	}
}

// Without a security group there is nothing of this package to cut at.
func TestNoCutWithoutGroups(t *testing.T) {
	s := named("aws_security_group")
	if got := Shut(reach.New(s), []Flow{{reach.At("aws_x.none"), reach.At("aws_x.task"), netset.TCP(8080, 8080)}}); len(got.Edits) != 0 {
		t.Errorf("for something that is not there: %s", texts(s, got.Edits))
	}
}
