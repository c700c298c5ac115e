// Package topo is the model of an ECS network at one moment: the snapshot.
//
// # Model
// A [Snapshot] holds what AWS calls things (VPCs, subnets, security groups,
// load balancers, ECS services and so on) as plain values that name each other
// by [ref.ID]. What takes part in connections is an [Endpoint]: a task, a
// load balancer, a host, a data store, an interface. Endpoints are symbolic
// when they have no address yet; they then live somewhere in their subnets.
//
// Values that a design may not tell are facts with reasons ([fact.Fact]). Lists
// that may have further, unknown elements are followed by a More field that
// says why; an empty More means that the list is complete.
//
// # Guarantees
//   - A snapshot is frozen: [Snapshot.Freeze] sorts and indexes it, and nobody changes it
//     afterwards. Two equal inputs give equal snapshots in every byte.
//   - Every name of a thing in the snapshot either resolves by the lookup
//     methods or is empty. A thing that the design only refers to (a data
//     source, a variable, another stack) is there with Elsewhere set.
//
// # Not modelled
// What a thing that is no network interface does: IAM, storage, DNS records
// beyond private DNS of VPC endpoints. Types that carry no security group and
// no route are listed in NotModelled only if they could matter.
package topo
