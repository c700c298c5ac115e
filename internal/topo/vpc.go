package topo

import (
	"net/netip"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// Block is an address range, or the reason why it is not known. A range that is
// written as the CIDR of a VPC or subnet whose value nobody knows is known by
// that thing: the two are then surely the same range.
type Block struct {
	Prefix netip.Prefix // valid if the range is known
	Of     ref.ID       // VPC, subnet or prefix list whose range this is; may be set beside Prefix
	Symbol string       // the expression, if the value is unknown: "var.office_cidr"; equal symbols are equal ranges
	Family Family       // of the range if Prefix is invalid; FamilyUnknown if that is not known either
	Why    string       // why Prefix is invalid and Of is empty, as a clause

	Sensitive bool // the source marks the value: it counts, and is never printed
}

// Family is an address family.
type Family uint8

// The families.
const (
	FamilyUnknown Family = iota
	IPv4
	IPv6
)

// VPC is a virtual private cloud (AWS "How Amazon VPC works").
type VPC struct {
	Thing
	Region string // empty if unknown

	// Blocks are its IPv4 and IPv6 CIDRs; BlocksMore says why there may be more.
	Blocks     []Block
	BlocksMore string

	DNSSupport, DNSHostnames fact.Fact[bool]
	// OwnResolvers says why names may be answered by other servers than the
	// resolver of Amazon; empty if its DHCP options name no others.
	OwnResolvers string
	// OwnZones says why names of AWS may be answered by a private hosted zone;
	// empty if no zone of the design does.
	OwnZones string

	MainRouteTable ref.ID // always set by the assembler, a stub if the design does not write it
	DefaultGroup   ref.ID
	DefaultACL     ref.ID

	// BlockPublicAccess is what VPC Block Public Access does to this VPC.
	BlockPublicAccess fact.Fact[BlockPublicAccess]

	// Encrypted is whether VPC encryption controls enforce that everything in it
	// encrypts what it sends within the VPC (AWS "VPC encryption controls").
	Encrypted fact.Fact[bool]

	// More says why the VPC may hold gateways, routes, endpoints or flow logs
	// that are not in the snapshot: it is elsewhere, or a gap is given its name.
	// The others say so of internet gateways, VPC endpoints and flow logs alone.
	More                                  string
	GatewaysMore, EndpointsMore, LogsMore string
}

// BlockPublicAccess is a mode of VPC Block Public Access (AWS "Block public
// access to VPCs and subnets").
type BlockPublicAccess uint8

// The modes.
const (
	BlockNothing BlockPublicAccess = iota
	BlockIngress                   // connections from the internet are cut
	BlockBoth                      // both directions are cut
)

// Subnet is a subnet with the tables in effect for it.
type Subnet struct {
	Thing
	VPC    ref.ID
	Blocks []Block // IPv4 and IPv6; empty if unknown
	AZ     fact.Fact[string]

	// RouteTable and ACL are what is in effect: the association, else the main
	// table and the default ACL of the VPC.
	RouteTable fact.Fact[ref.ID]
	ACL        fact.Fact[ref.ID]

	MapPublicIP  fact.Fact[bool]              // MapPublicIpOnLaunch
	AssignIPv6   fact.Fact[bool]              // AssignIpv6AddressOnCreation
	HasIPv6      fact.Fact[bool]              // whether it has an IPv6 CIDR
	PublicAccess fact.Fact[BlockPublicAccess] // VPC Block Public Access in effect, with exclusions
}

// RouteTable is a route table. The local route is not listed: every table has it.
type RouteTable struct {
	Thing
	VPC    ref.ID
	Main   bool
	Routes []Route // in order of destination text
	More   string  // why there may be further routes
}

// Route is one route.
type Route struct {
	ID         ref.ID // resource that writes it
	Dest       Block  // Of may be a prefix list
	Kind       RouteTarget
	Target     ref.ID // gateway, peering, transit gateway, VPC endpoint, interface or instance (an Endpoint)
	Propagated bool
	Exists     fact.Tri
	Why        string
	Place      ref.Place
}

// RouteTarget is the kind of a route's target. The zero value is unknown.
type RouteTarget uint8

// The targets (AWS "Configure route tables").
const (
	ToUnknown RouteTarget = iota
	ToLocal
	ToInternet   // internet gateway
	ToEgressOnly // egress-only internet gateway
	ToNAT        // NAT gateway
	ToPeering    // VPC peering connection
	ToTransit    // transit gateway
	ToVPN        // virtual private gateway
	ToGatewayEndpoint
	ToInspection // gateway load balancer endpoint, or Network Firewall endpoint
	ToInterface  // network interface or instance
	ToElsewhere  // carrier gateway, local gateway, core network: outside the model
	ToNowhere    // blackhole
)

// NetworkACL is a network ACL. The final deny of AWS is not listed.
type NetworkACL struct {
	Thing
	VPC     ref.ID
	Default bool
	Ingress []ACLEntry // ascending number
	Egress  []ACLEntry
	More    string // why there may be further entries in either list
}

// ACLEntry is one numbered rule of a network ACL.
type ACLEntry struct {
	ID     ref.ID // resource that writes it: the network ACL, or the entry resource; empty if AWS does
	Number int    // -1 if unknown: then it may stand anywhere
	Allow  fact.Tri
	Ports  netset.Bounds
	Block  Block
	Exists fact.Tri
	Why    string
	Place  ref.Place
}

// SecurityGroup is a security group with all its rules, however they are written.
type SecurityGroup struct {
	Thing
	VPC     ref.ID
	Default bool // the default group of its VPC

	Ingress, Egress         []Rule // one peer each, in order of place
	IngressMore, EgressMore string // why there may be further rules

	// MembersMore says why interfaces outside the snapshot may hold the group.
	MembersMore string
	// AlsoIn are further VPCs that the group is associated with.
	AlsoIn []ref.ID
}

// Rule is one rule of a security group, for one peer.
type Rule struct {
	ID          ref.ID // resource that writes it: the group, or the rule resource
	Ports       netset.Bounds
	Peer        Peer
	Description string
	Exists      fact.Tri
	Why         string
	Place       ref.Place
}

// PeerKind says what a rule admits. The zero value is an unknown peer.
type PeerKind uint8

// The kinds of peers.
const (
	PeerUnknown    PeerKind = iota // see Peer.Block.Why and Candidates
	PeerBlock                      // Peer.Block: an address range
	PeerGroup                      // Peer.ID: members of a security group
	PeerPrefixList                 // Peer.ID: a prefix list
)

// Peer is the other side of a rule.
type Peer struct {
	Kind       PeerKind
	ID         ref.ID
	Block      Block
	Candidates []ref.ID // PeerUnknown: groups of which it may be one
}

// PrefixList is a managed prefix list.
type PrefixList struct {
	Thing
	AWSName string       // "com.amazonaws.eu-west-1.s3" for lists of AWS
	Addrs   netset.Addrs // entries that are known
	More    string       // why there may be further entries
}
