package compute_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// The order in which a source hands over its resources decides nothing.
func TestOrderDoesNotMatter(t *testing.T) {
	text := base + cluster + hosts + bridge + definition + `
		resource "aws_lb" "l" { subnets = [aws_subnet.a.id] }
		resource "aws_lb_target_group" "t" { name = "t" }
		resource "aws_lb_listener" "x" {
			load_balancer_arn = aws_lb.l.arn
			port = 80
			default_action {
				type = "forward"
				target_group_arn = aws_lb_target_group.t.arn
			}
		}
		resource "aws_lb_listener_rule" "r" {
			count = 3
			listener_arn = aws_lb_listener.x.arn
			action { type = "fixed-response" }
		}
		resource "aws_db_instance" "d" { engine = "postgres" }
		resource "aws_efs_mount_target" "m" {
			count = 2
			file_system_id = "fs-1"
			subnet_id = aws_subnet.a.id
		}` + service(`
		cluster = aws_ecs_cluster.c.id
		task_definition = aws_ecs_task_definition.b.arn
		load_balancer {
			target_group_arn = aws_lb_target_group.t.arn
			container_name = "app"
			container_port = 80
		}`)
	set, _ := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(text)}}, hcl.Options{})
	want, _ := assemble(set)
	moved := 0
	rapid.Check(t, func(rt *rapid.T) {
		other := set
		other.Resources = rapid.Permutation(set.Resources).Draw(rt, "order")
		if !slices.EqualFunc(other.Resources, set.Resources, func(a, b resource.Resource) bool { return a.ID == b.ID }) {
			moved++
		}
		got, _ := assemble(other)
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
	if moved == 0 {
		t.Error("no draw changed the order")
	}
}

// words are names that mean something to some reader, so that random trees reach
// the code behind them.
var words = []string{
	"name", "family", "cluster", "cluster_name", "task_definition", "launch_type", "network_configuration", "subnets", "security_groups",
	"assign_public_ip", "load_balancer", "target_group_arn", "container_name", "container_port", "elb_name", "advanced_configuration",
	"capacity_provider_strategy", "capacity_provider", "container_definitions", "network_mode", "requires_compatibilities", "runtime_platform",
	"volume", "efs_volume_configuration", "file_system_id", "service_connect_configuration", "service", "ingress_port_override",
	"subnet_ids", "subnet_id", "subnet_mapping", "security_group_ids", "vpc_security_group_ids", "vpc_config", "vpc_id", "internal", "load_balancer_type",
	"load_balancer_arn", "listener_arn", "port", "protocol", "default_action", "action", "condition", "type", "forward", "target_group", "arn", "weight",
	"redirect", "order", "priority", "source_ip", "values", "listener", "lb_port", "lb_protocol", "instance_port", "instances", "health_check", "target",
	"target_id", "target_type", "user_data", "metadata_options", "http_tokens", "launch_template", "id", "mixed_instances_policy", "override",
	"launch_template_specification", "launch_configuration", "vpc_zone_identifier", "network_interfaces", "network_interface_id", "ecs_target",
	"task_definition_arn", "definition", "engine", "port", "publicly_accessible", "db_subnet_group_name", "broker_node_group_info", "client_subnets",
	"auto_scaling_group_provider", "auto_scaling_group_arn", "managed_instances_provider", "instance_launch_template", "default_capacity_provider_strategy",
	"encryption_info", "client_authentication", "ec2_attributes", "replicate_source_db", "launch_specification", "attribute", "traffic_source", "identifier",
}

var types = []string{
	"aws_lb", "aws_elb", "aws_lb_listener", "aws_lb_listener_rule", "aws_lb_listener_certificate", "aws_lb_target_group", "aws_lb_target_group_attachment",
	"aws_autoscaling_group", "aws_autoscaling_attachment", "aws_instance", "aws_launch_template", "aws_launch_configuration", "aws_spot_fleet_request",
	"aws_ecs_cluster", "aws_ecs_cluster_capacity_providers", "aws_ecs_capacity_provider", "aws_ecs_task_definition", "aws_ecs_service", "aws_ecs_task_set",
	"aws_cloudwatch_event_target", "aws_scheduler_schedule", "aws_pipes_pipe", "aws_sfn_state_machine", "aws_codedeploy_deployment_group",
	"aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance", "aws_db_subnet_group", "aws_msk_cluster", "aws_efs_mount_target", "aws_lambda_function",
	"aws_subnet", "aws_vpc", "aws_eks_cluster", "aws_emr_cluster", "aws_load_balancer_policy", "aws_lb_ssl_negotiation_policy", "aws_thing",
}

// required are arguments without which a resource says nothing.
var required = map[string][]string{
	"aws_lb_target_group_attachment": {"target_group_arn", "target_id"}, "aws_autoscaling_attachment": {"autoscaling_group_name", "elb"},
	"aws_lb_listener": {"load_balancer_arn", "default_action"}, "aws_lb_listener_rule": {"listener_arn", "action"},
	"aws_ecs_service": {"cluster", "task_definition", "load_balancer"}, "aws_ecs_task_definition": {"container_definitions"},
	"aws_cloudwatch_event_target": {"ecs_target"}, "aws_sfn_state_machine": {"definition"}, "aws_ecs_cluster_capacity_providers": {"cluster_name", "capacity_providers"},
}

func drawID(rt *rapid.T) ref.ID {
	return ref.ID(fmt.Sprintf("%s.%c", rapid.SampledFrom(types).Draw(rt, "type"), 'a'+rapid.IntRange(0, 1).Draw(rt, "name")))
}

func drawValue(rt *rapid.T, depth int) resource.Value {
	kinds := 9
	if depth == 0 {
		kinds = 6
	}
	v := resource.Value{}
	switch rapid.IntRange(0, kinds-1).Draw(rt, "kind") {
	case 1:
		v = resource.Value{Kind: resource.Unknown, Why: "nobody knows"}
	case 2:
		v = resource.Value{Kind: resource.Number, Number: float64(rapid.IntRange(-2, 70000).Draw(rt, "number"))}
	case 3:
		v = resource.Value{Kind: resource.String, Text: rapid.SampledFrom([]string{"", "x", "a", "443", "TCP", "HTTPS", "forward", "redirect", "network", "FARGATE",
			"EC2", "awsvpc", "host", "10.0.0.1", "a,b", "#!/bin/sh\necho ECS_CLUSTER=x", `[{"name":"a","portMappings":[{"containerPort":1}]}]`,
			`{"States":{"S":{"Resource":"ecs:runTask","Parameters":{}}}}`, "arn:aws:ecs:r:1:cluster/a", "redis", "TLS", "true"}).Draw(rt, "text")}
	case 4:
		v = resource.Value{Kind: resource.Bool, Bool: true}
	case 5:
		v = resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: drawID(rt), Attr: rapid.SampledFrom([]string{"id", "arn", "name", "family", ""}).Draw(rt, "attr")}}
	case 6:
		v = resource.Value{Kind: resource.List}
		for range rapid.IntRange(0, 3).Draw(rt, "length") {
			v.List = append(v.List, drawValue(rt, depth-1))
		}
	case 7:
		v = drawBody(rt, depth-1)
	case 8:
		v = resource.Value{Kind: resource.Text, List: []resource.Value{{Kind: resource.String, Text: "#!/bin/sh\nECS_CLUSTER="}, drawValue(rt, 0)}}
	}
	v.Maybe = v.Kind != resource.Null && rapid.IntRange(0, 9).Draw(rt, "maybe") == 0
	return v
}

func drawBody(rt *rapid.T, depth int) resource.Value {
	v := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}}
	for range rapid.IntRange(0, 8).Draw(rt, "size") {
		v.Map[rapid.SampledFrom(words).Draw(rt, "key")] = drawValue(rt, depth)
	}
	return v
}

// Whatever the arguments hold, nothing panics, every name resolves, and what is
// unknown has a reason.
func TestAnyTreeIsRead(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		var set resource.Set
		for range rapid.IntRange(4, 30).Draw(rt, "resources") {
			id := drawID(rt)
			typ, name := string(id[:len(id)-2]), string(id[len(id)-1:])
			body := drawBody(rt, 4)
			for _, key := range required[typ] {
				body.Map[key] = drawValue(rt, 2)
			}
			set.Resources = append(set.Resources, resource.Resource{ID: id, Type: typ, Name: name, Body: body,
				Exists: rapid.SampledFrom([]fact.Tri{fact.Yes, fact.Yes, fact.Unknown}).Draw(rt, "exists"), Why: "count is unknown"})
		}
		s, _ := assemble(set)
		if again, _ := assemble(set); !reflect.DeepEqual(s, again) {
			rt.Fatal("two runs differ")
		}
		for what, n := range unresolved(rt, s) {
			seen[what] += n
		}
	})
	for _, what := range []string{"workload", "endpoint", "listener", "target", "host", "store"} {
		if seen[what] == 0 {
			t.Errorf("no draw had a %s: the generator is too narrow", what)
		}
	}
}

// unresolved fails if a name does not resolve, and counts what it looked at.
func unresolved(rt *rapid.T, s *topo.Snapshot) map[string]int {
	seen := map[string]int{}
	check := func(ok bool, what string, id ref.ID) {
		seen[what]++
		if !ok {
			rt.Fatalf("%s %q does not resolve", what, id)
		}
	}
	for _, w := range s.Workloads {
		check(w.Cluster == "" || s.Cluster(w.Cluster) != nil, "workload", w.Cluster)
		check(w.Definition == "" || s.TaskDefinition(w.Definition) != nil, "workload", w.Definition)
		check(w.Endpoint == "" || s.Endpoint(w.Endpoint) != nil, "workload", w.Endpoint)
		for _, h := range w.Hosts.List {
			check(s.Host(h.ID) != nil, "host", h.ID)
		}
		for _, b := range w.Bindings {
			check(b.TargetGroup == "" || s.TargetGroup(b.TargetGroup) != nil, "binding", b.TargetGroup)
			check(b.Classic == "" || s.LoadBalancer(b.Classic) != nil, "binding", b.Classic)
			check(b.TargetGroup != "" || b.Classic != "" || b.Why != "", "binding", w.ID)
		}
	}
	for _, e := range s.Endpoints {
		check(e.VPC == "" || s.VPC(e.VPC) != nil, "endpoint", e.VPC)
		for _, l := range e.Groups.List {
			check(s.SecurityGroup(l.ID) != nil, "endpoint", l.ID)
		}
		for _, l := range e.Subnets.List {
			check(s.Subnet(l.ID) != nil, "endpoint", l.ID)
		}
		check(e.PublicIPv4.IsKnown() || e.PublicIPv4.Why != "", "public address of", e.ID)
		check(e.IPv6.IsKnown() || e.IPv6.Why != "", "IPv6 of", e.ID)
	}
	for _, l := range s.Listeners {
		check(l.Balancer == "" || s.LoadBalancer(l.Balancer) != nil, "listener", l.Balancer)
		for _, a := range l.Default {
			check(a.Kind != topo.ActionUnknown || a.Why != "", "action of", l.ID)
			for _, g := range a.Targets {
				check(g.Group == "" || s.TargetGroup(g.Group) != nil, "action", g.Group)
			}
		}
	}
	for _, g := range s.TargetGroups {
		for _, x := range g.Targets {
			check(x.Endpoint == "" || s.Endpoint(x.Endpoint) != nil, "target", x.Endpoint)
			check(x.Endpoint != "" || !x.Addrs.IsEmpty() || x.Why != "", "target of", g.ID)
		}
	}
	for _, h := range s.Hosts {
		check(s.Endpoint(h.ID) != nil && (h.Cluster == "" || s.Cluster(h.Cluster) != nil), "host", h.Cluster)
	}
	for _, st := range s.Stores {
		check(st.RequireTLS.IsKnown() || st.RequireTLS.Why != "", "store", st.ID)
	}
	return seen
}
