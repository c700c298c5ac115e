package ecs

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/container"
	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// readLaunchers reads what starts tasks without a service.
func (r *reader) readLaunchers() {
	for _, res := range r.d.Of("aws_cloudwatch_event_target") {
		r.scheduled(res, res.Get("ecs_target"), res.Get("arn"), awsvpc(res.Get("ecs_target", "network_configuration"), "subnets", "security_groups", "assign_public_ip"))
	}
	for _, res := range r.d.Of("aws_scheduler_schedule") {
		target := res.Get("target")
		block := target.Get("ecs_parameters")
		r.scheduled(res, block, target.Get("arn"), awsvpc(block.Get("network_configuration"), "subnets", "security_groups", "assign_public_ip"))
		if arn, _ := design.String(target.Get("arn"), "").Get(); strings.HasSuffix(arn, ":aws-sdk:ecs:runTask") {
			if tree, ok := r.json(target.Get("input"), "the input of a schedule"); ok {
				r.runTask(res, r.d.Thing(res, "name"), tree)
			}
		}
	}
	for _, res := range r.d.Of("aws_pipes_pipe") {
		block := res.Get("target_parameters", "ecs_task_parameters")
		net := block.Get("network_configuration", "aws_vpc_configuration")
		r.scheduled(res, block, res.Get("target"), awsvpc(net, "subnets", "security_groups", "assign_public_ip"))
	}
	for _, res := range r.d.Of("aws_sfn_state_machine") {
		def := res.Get("definition")
		if !mentions(def) {
			continue
		}
		if tree, ok := r.json(def, "the definition of a state machine"); ok {
			r.states(res, tree, 0)
		}
	}
}

// scheduled adds what one block starts, if it is there.
func (r *reader) scheduled(res resource.Resource, block, cluster resource.Value, n network) {
	written := wire.Written(block)
	if written == fact.No {
		return
	}
	t := r.d.Thing(res, "name", "target_id", "rule")
	if written == fact.Unknown && t.Exists == fact.Yes {
		t.Exists, t.Why = fact.Unknown, design.Why(block)
	}
	w := r.add(start{thing: t, kind: topo.ScheduledWorkload,
		cluster: r.clusters.Find(cluster, res.ID), definition: r.findDefinition(block.Get("task_definition_arn"), res.ID),
		launch: block.Get("launch_type"), strategy: block.Get("capacity_provider_strategy"), network: n,
		platform: block.Get("platform_version"), ignores: res.IgnoreChanges})
	w.Exec = design.Bool(block.Get("enable_execute_command"), false)
}

// mentions reports whether a text names the action that runs a task.
func mentions(v resource.Value) bool {
	return strings.Contains(design.Display(v), "ecs:runTask")
}

func (r *reader) json(v resource.Value, what string) (resource.Value, bool) {
	if v.Kind != resource.String && v.Kind != resource.Text {
		return v, v.Kind == resource.Map
	}
	tree, _, err := container.Decode(v)
	if err != nil {
		r.diags.Add(diag.Error, v.Place, "tasks not readable",
			"It looks as if "+what+" runs a task, but it is not JSON: "+err.Error()+". The task is not analysed. Correct the text, or write it with jsonencode.")
	}
	return tree, err == nil
}

// states walks the states of a state machine, with those of Map and Parallel.
func (r *reader) states(res resource.Resource, v resource.Value, depth int) {
	if depth > 32 {
		return
	}
	switch v.Kind {
	case resource.List:
		for _, e := range v.List {
			r.states(res, e, depth+1)
		}
		return
	case resource.Map:
	default:
		return
	}
	states := v.Get("States")
	if states.Kind == resource.Map {
		for _, name := range slices.Sorted(maps.Keys(states.Map)) {
			state := states.Map[name]
			if action, _ := design.String(state.Get("Resource"), "").Get(); strings.Contains(action, "ecs:runTask") {
				t := r.d.Thing(res, "name")
				t.ID, t.Name = res.ID+ref.ID("["+strconv.Quote(name)+"]"), name
				r.runTask(res, t, wire.First(state.Get("Parameters"), state.Get("Arguments")))
			}
			for _, key := range []string{"Branches", "Iterator", "ItemProcessor"} {
				r.states(res, state.Get(key), depth+1)
			}
		}
	}
}

// runTask adds what the parameters of the action RunTask start.
func (r *reader) runTask(res resource.Resource, t topo.Thing, p resource.Value) {
	net := static(p, "NetworkConfiguration", "AwsvpcConfiguration")
	n := network{written: wire.Written(net), place: res.Place, subnets: static(net, "Subnets"), groups: static(net, "SecurityGroups"), assig: static(net, "AssignPublicIp")}
	if n.written == fact.Unknown {
		n.why = design.Why(net)
	}
	var strategy []resource.Value
	for _, e := range static(p, "CapacityProviderStrategy").Items() {
		strategy = append(strategy, static(e, "CapacityProvider"))
	}
	w := r.add(start{thing: t, kind: topo.ScheduledWorkload,
		cluster: r.inCluster(static(p, "Cluster"), res.ID), definition: r.findDefinition(static(p, "TaskDefinition"), res.ID),
		launch: static(p, "LaunchType"), strategy: wire.Join(strategy...), network: n, platform: static(p, "PlatformVersion"), ignores: res.IgnoreChanges})
	w.Exec = design.Bool(static(p, "EnableExecuteCommand"), false)
}

// static is a parameter as far as it is not computed at run time: names that end
// in .$ are paths, and values in {% %} are expressions (AWS "Passing parameters
// to a service API in Step Functions").
func static(v resource.Value, path ...string) resource.Value {
	for _, name := range path {
		const why = "the state machine computes it when it runs"
		if !v.Get(name + ".$").IsNull() {
			return resource.Value{Kind: resource.Unknown, Why: why, Place: v.Place}
		}
		at := v.Place
		v = v.Get(name)
		if v.Kind == resource.String && strings.HasPrefix(v.Text, "{%") {
			return resource.Value{Kind: resource.Unknown, Why: why, Place: at}
		}
	}
	return v
}
