// Package compute turns AWS resources into the part of a snapshot that takes
// part in connections: load balancers, ECS, hosts, data stores, and whatever
// else carries security groups.
//
// # Model
// Each sub-package reads one subject into the snapshot. Names that the design
// only refers to become things elsewhere, so that every name resolves.
//
// # Guarantees
// The result does not depend on the order of resources. What is unknown stays
// unknown with its reason; a resource with security groups is never lost, even
// if its type is not known here.
//
// # Not modelled
// VPCs, subnets, security groups, routes and VPC endpoints: package network.
package compute

import (
	"github.com/muralla-net/muralla/internal/assemble/compute/balance"
	"github.com/muralla-net/muralla/internal/assemble/compute/carrier"
	"github.com/muralla-net/muralla/internal/assemble/compute/ecs"
	"github.com/muralla-net/muralla/internal/assemble/compute/host"
	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/topo"
)

// Add appends load balancers, ECS, hosts, data stores and all other endpoints of
// a design to a snapshot that is not frozen yet.
func Add(d *design.Design, s *topo.Snapshot) diag.List {
	clusters := wire.Names(d, []string{"aws_ecs_cluster", "data.aws_ecs_cluster"}, "name", "cluster_name")
	diags := balance.Add(d, s)
	diags = append(diags, host.Add(d, s, clusters)...)
	diags = append(diags, ecs.Add(d, s, clusters)...)
	carrier.Add(d, s)
	settle(d, s)
	return diags.Sorted()
}
