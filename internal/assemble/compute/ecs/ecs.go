// Package ecs turns clusters, capacity providers, task definitions and whatever
// starts tasks into their part of a snapshot.
//
// # Model
// Everything that starts tasks is a [topo.Workload]: services, task sets, targets
// of rules and schedules, pipes, states of state machines, and task definitions
// that nothing of the design starts. A workload in awsvpc mode is an endpoint of
// the same ID; in other modes it may run on the hosts of its cluster, which then
// listen on its ports.
//
// # Guarantees
// The network mode in effect follows from the launch type and the task
// definition; without these a network configuration proves awsvpc. A workload
// whose cluster or mode is unknown says so and is never dropped.
//
// # Not modelled
// Express gateway services and managed daemons; placement constraints.
package ecs

import (
	"cmp"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

type reader struct {
	d           *design.Design
	s           *topo.Snapshot
	clusters    wire.Namer
	providers   wire.Namer
	definitions wire.Namer
	groups      wire.Namer
	classics    wire.Namer
	services    wire.Namer
	autoscaling wire.Namer

	clusterOf    map[ref.ID]*topo.Cluster
	providerOf   map[ref.ID]*topo.CapacityProvider
	definitionOf map[ref.ID]*topo.TaskDefinition
	strategyOf   map[ref.ID]topo.Links // workload → capacity providers that it names
	started      map[ref.ID]bool
	groupIDs     map[ref.ID]bool // target groups of the snapshot
	workloads    []*topo.Workload
	endpoints    map[ref.ID]*topo.Endpoint
	diags        diag.List
}

// Add appends the ECS part of a design. The hosts and load balancers of the
// snapshot must be there; hosts get their clusters and the ports of the tasks
// that may run on them.
func Add(d *design.Design, s *topo.Snapshot, clusters wire.Namer) diag.List {
	r := &reader{d: d, s: s, clusters: clusters,
		clusterOf: map[ref.ID]*topo.Cluster{}, providerOf: map[ref.ID]*topo.CapacityProvider{},
		definitionOf: map[ref.ID]*topo.TaskDefinition{}, strategyOf: map[ref.ID]topo.Links{},
		started: map[ref.ID]bool{}, endpoints: map[ref.ID]*topo.Endpoint{}}
	r.providers = wire.Names(d, []string{"aws_ecs_capacity_provider"}, "name")
	r.definitions = wire.Names(d, []string{"aws_ecs_task_definition"}, "family", "arn_without_revision")
	r.groups = wire.Names(d, []string{"aws_lb_target_group", "aws_alb_target_group"}, "name")
	r.classics = wire.Names(d, []string{"aws_elb"}, "name")
	r.services = wire.Names(d, []string{"aws_ecs_service"}, "name")
	r.autoscaling = wire.Names(d, []string{"aws_autoscaling_group"}, "name")
	r.readProviders()
	r.readClusters()
	r.readDefinitions()
	r.readServices()
	r.readLaunchers()
	r.standalone()
	r.placeOnHosts()

	for _, c := range r.clusterOf {
		s.Clusters = append(s.Clusters, *c)
	}
	for _, p := range r.providerOf {
		s.CapacityProviders = append(s.CapacityProviders, *p)
	}
	for _, t := range r.definitionOf {
		s.TaskDefinitions = append(s.TaskDefinitions, *t)
	}
	for _, w := range r.workloads {
		s.Workloads = append(s.Workloads, *w)
		if e := r.endpoints[w.ID]; e != nil {
			s.Endpoints = append(s.Endpoints, *e)
		}
	}
	r.notModelled("aws_ecs_express_gateway_service", "it makes a load balancer, target groups and security groups of its own")
	d.Understand("aws_ecs_account_setting_default", "aws_ecs_tag", "data.aws_ecs_container_definition", "data.aws_ecs_service", "aws_ecs_cluster_capacity_providers")
	return r.diags
}

func (r *reader) notModelled(typ, why string) {
	all := r.d.Of(typ)
	if len(all) > 0 {
		r.s.NotModelled = append(r.s.NotModelled, finding.NotModelled{Type: cmp.Or(all[0].Called, typ), Count: len(all), Why: why, First: all[0].Place})
	}
}

// cluster is the cluster that a workload names; none written is the one that is
// called "default".
func (r *reader) cluster(link topo.Link, at ref.Place) ref.ID {
	if link.ID == "" && link.Why == "" {
		link = topo.Link{ID: "default", Place: at}
		if found := r.clusters.Named("default", ""); found != "" {
			link.ID = found
		}
	}
	if link.ID != "" && r.clusterOf[link.ID] == nil {
		r.clusterOf[link.ID] = clusterElsewhere(r.d.Stub(link.ID, "aws_ecs_cluster", link.Place))
	}
	return link.ID
}

// definition is the task definition of an ID, which is made a thing elsewhere
// if the design does not have it.
func (r *reader) definition(link topo.Link) *topo.TaskDefinition {
	if link.ID == "" {
		return nil
	}
	if r.definitionOf[link.ID] == nil {
		r.definitionOf[link.ID] = definitionElsewhere(r.d.Stub(link.ID, "aws_ecs_task_definition", link.Place))
	}
	r.started[link.ID] = true
	return r.definitionOf[link.ID]
}

// doubt is why a thing may not exist.
func doubt(why string) string { return cmp.Or(why, "it may not exist") }
