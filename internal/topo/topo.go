package topo

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// Thing is what all named things have.
type Thing struct {
	ID    ref.ID
	Type  string    // as the source calls it: "aws_lb"
	Name  string    // for people: the name argument if it is known, else the last name of the address
	Place ref.Place // where it is written

	// Exists is Yes, or Unknown for what stands for "zero or more" things
	// because a count or condition is unknown; Why gives the reason.
	Exists fact.Tri
	Why    string

	// Elsewhere marks a thing that the design only refers to. Its facts and
	// lists are unknown unless something states them.
	Elsewhere bool
}

// Link names a thing that may be absent or one of several.
type Link struct {
	ID     ref.ID
	Exists fact.Tri // Yes, or Unknown: the link may be absent at run time
	Why    string   // why Exists is Unknown, as a clause
	Place  ref.Place
}

// Links is a list of links that may have unknown further elements.
type Links struct {
	List []Link // sorted by ID, each ID once
	More string // why there may be further elements, as a clause; empty if there are none
	// Candidates are things of which the unknown elements may be some, if the
	// source can tell. It is no promise: only More empty is.
	Candidates []ref.ID
	Place      ref.Place // of the whole list
}

// Gap is a part of the design that is not here, such as a module that was not
// downloaded.
type Gap struct {
	ID     ref.ID
	What   string   // "module terraform-aws-modules/vpc/aws"
	Why    string   // as a clause
	Inputs []ref.ID // things whose names it is given, so that it may add to them
	Place  ref.Place
}

// Snapshot is the whole model. Fields are sorted by ID after [Freeze].
type Snapshot struct {
	VPCs             []VPC
	Subnets          []Subnet
	RouteTables      []RouteTable
	NetworkACLs      []NetworkACL
	SecurityGroups   []SecurityGroup
	PrefixLists      []PrefixList
	Gateways         []Gateway
	Peerings         []Peering
	TransitGateways  []TransitGateway
	VPCEndpoints     []VPCEndpoint
	EndpointServices []EndpointService
	FlowLogs         []FlowLog

	Endpoints []Endpoint

	LoadBalancers []LoadBalancer
	Listeners     []Listener
	TargetGroups  []TargetGroup

	Clusters          []Cluster
	CapacityProviders []CapacityProvider
	TaskDefinitions   []TaskDefinition
	Workloads         []Workload
	Hosts             []Host
	Templates         []Template
	Stores            []Store
	Namespaces        []Namespace

	Gaps        []Gap
	NotModelled []finding.NotModelled
	Resources   int // how many resources were read

	index index
}
