package topo

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// EndpointKind is what an endpoint is. The zero value is a carrier of security
// groups of which nothing else is known.
type EndpointKind uint8

// The kinds.
const (
	CarrierEndpoint      EndpointKind = iota // something with subnets and groups
	TaskEndpoint                             // interface of an awsvpc task
	HostEndpoint                             // EC2 instance, also of an Auto Scaling group
	BalancerEndpoint                         // nodes of a load balancer
	StoreEndpoint                            // database, cache, file system, broker
	FunctionEndpoint                         // connects but never listens: Lambda, CodeBuild, …
	PrivateLinkEndpoint                      // interface of a VPC endpoint
	InterfaceEndpointENI                     // network interface of its own
)

// String is the kind as a word for users.
func (k EndpointKind) String() string {
	return [...]string{"interface", "task", "host", "load balancer", "data store", "function", "VPC endpoint", "network interface"}[min(k, InterfaceEndpointENI)]
}

// Endpoint is something with network interfaces: one in each of its subnets, or
// in some of them. All its interfaces hold the same groups.
type Endpoint struct {
	Thing
	Kind  EndpointKind
	Owner ref.ID // the workload, load balancer, host, store or VPC endpoint it belongs to

	VPC     ref.ID
	Subnets Links
	Groups  Links

	// Unfiltered is Yes for what has no security group at all and lets
	// everything pass: a Network Load Balancer created without one.
	Unfiltered fact.Tri

	// PublicIPv4 tells whether its interfaces have public IPv4 addresses
	// (assigned or Elastic), with the place that decides it.
	PublicIPv4 fact.Fact[bool]
	// IPv6 tells whether its interfaces have IPv6 addresses.
	IPv6 fact.Fact[bool]
	// Fixed are private addresses that are written; usually none.
	Fixed netset.Addrs

	// Listens are the ports on which something is declared to listen: port
	// mappings, listeners, the port of a database. ListensMore says why there
	// may be more; for source-only kinds both are empty.
	Listens     []Listen
	ListensMore string

	// Forwards is Yes for a box with the source/destination check switched off:
	// what it does with packets of others is not modelled.
	Forwards fact.Tri
}

// Listen is one declared port.
type Listen struct {
	Ports netset.Bounds
	What  string // "container app", "listener", "PostgreSQL"
	Place ref.Place
}

// Namespace is a private DNS namespace of AWS Cloud Map: names in it are those of
// services that register there.
type Namespace struct {
	Thing
	Domain fact.Fact[string] // "shop.local"
}

// Store is a data store with what decides about encryption on the way to it.
type Store struct {
	Thing
	Engine     fact.Fact[string] // "postgres", "redis", "efs", …
	Port       fact.Fact[int]
	Public     fact.Fact[bool] // publicly accessible setting
	RequireTLS fact.Fact[bool] // whether plain connections are refused
}
