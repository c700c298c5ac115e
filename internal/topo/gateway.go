package topo

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/ref"
)

// GatewayKind is the kind of a gateway of one VPC.
type GatewayKind uint8

// The kinds. The zero value is unknown.
const (
	GatewayUnknown GatewayKind = iota
	InternetGateway
	EgressOnlyGateway
	NATGateway
	VPNGateway
)

// Gateway is a gateway that routes of one VPC may target.
type Gateway struct {
	Thing
	Kind GatewayKind
	VPC  ref.ID // attached to; empty if unknown or detached

	// NAT gateways only.
	Subnet   ref.ID          // its subnet; empty for regional ones
	Public   fact.Fact[bool] // connectivity type public
	Regional fact.Fact[bool] // availability mode regional: its routes are not modelled
}

// Peering is a VPC peering connection. Either side may be Elsewhere.
type Peering struct {
	Thing
	Requester, Accepter ref.ID
	SameRegion          fact.Fact[bool] // group references work within one Region only
	Active              fact.Tri        // accepted
}

// TransitGateway is a transit gateway with its attachments and tables.
type TransitGateway struct {
	Thing
	GroupReferences fact.Fact[bool] // security group referencing support
	Attachments     []TransitAttachment
	Tables          []TransitTable
	More            string // why there may be further attachments or routes
}

// TransitAttachment is an attachment of a transit gateway.
type TransitAttachment struct {
	Thing
	VPC             ref.ID // empty for VPN, Direct Connect, peering: outside
	Outside         string // what is attached, if it is no VPC: "VPN connection"
	Peer            ref.ID // of a peering: the other transit gateway, if it is known; its attachment there has the same ID
	Subnets         Links
	Table           fact.Fact[ref.ID] // association
	GroupReferences fact.Fact[bool]
}

// TransitTable is a route table of a transit gateway.
type TransitTable struct {
	Thing
	Propagated []ref.ID // attachments whose ranges are routes of the table
	Routes     []TransitRoute
	More       string
}

// TransitRoute is a static route of a transit gateway route table.
type TransitRoute struct {
	Dest       Block
	Attachment ref.ID // empty with Blackhole
	Blackhole  bool
	Exists     fact.Tri
	Why        string
	Place      ref.Place
}

// VPCEndpointKind is the kind of a VPC endpoint.
type VPCEndpointKind uint8

// The kinds. The zero value is unknown.
const (
	EndpointKindUnknown VPCEndpointKind = iota
	InterfaceEndpoint
	GatewayEndpoint
	GatewayLoadBalancerEndpoint
	ResourceEndpoint // resource and service network endpoints of VPC Lattice
)

// VPCEndpoint is a VPC endpoint. An interface endpoint also has an [Endpoint]
// of the same ID, with its subnets and groups.
type VPCEndpoint struct {
	Thing
	Kind        VPCEndpointKind
	VPC         ref.ID
	Service     fact.Fact[string] // "ecr.api", what follows the Region; the whole name for other services
	ServiceName fact.Fact[string] // as written
	Provider    ref.ID            // endpoint service of the design that it connects to; empty if none
	PrivateDNS  fact.Fact[bool]
	RouteTables Links // gateway endpoints
	Policy      Policy
}

// PolicyKind says what is known of a policy document.
type PolicyKind uint8

// The kinds.
const (
	PolicyUnknown PolicyKind = iota
	PolicyDefault            // none written: full access
	PolicyDocument
)

// Policy is a policy document. In the text a value that nobody knows yet stands
// as one of the holes; what may stand there any number of times does, too.
type Policy struct {
	Kind  PolicyKind
	Text  string        // JSON, of PolicyDocument; may be malformed where it is written as a text
	Holes []policy.Hole // of PolicyDocument
	Why   string        // of PolicyUnknown
	Place ref.Place
}

// EndpointService is what PrivateLink consumers connect to (AWS "Share your
// services through AWS PrivateLink").
type EndpointService struct {
	Thing
	LoadBalancers  Links
	Principals     []string // allowed principals that are known
	PrincipalsMore string
	Acceptance     fact.Fact[bool]
}

// FlowScope is what a flow log covers.
type FlowScope uint8

// The scopes. The zero value is unknown.
const (
	ScopeUnknown FlowScope = iota
	ScopeVPC
	ScopeSubnet
	ScopeInterface
	ScopeTransit
)

// FlowLog is a flow log (AWS "Logging IP traffic using VPC Flow Logs").
type FlowLog struct {
	Thing
	Scope       FlowScope
	Of          ref.ID            // VPC, subnet, interface (an Endpoint) or transit gateway
	Traffic     fact.Fact[string] // "ALL", "ACCEPT", "REJECT"
	Format      fact.Fact[string] // the log format; "" is the default format of version 2
	Destination fact.Fact[string] // "cloud-watch-logs", "s3", "kinesis-data-firehose"
	Interval    fact.Fact[int]    // seconds
	Target      fact.Fact[string] // ARN or name of the destination
	Role        fact.Fact[string] // delivery role
	Region      string            // empty if unknown
	Delivery    Delivery
}

// DestinationKind is what receives the records of a flow log. The zero value is
// unknown.
type DestinationKind uint8

// The kinds.
const (
	DestinationUnknown DestinationKind = iota
	DestinationLogGroup
	DestinationBucket
	DestinationStream
)

// Delivery is what decides whether the records of a flow log arrive.
type Delivery struct {
	Kind DestinationKind
	To   ref.ID // of the design; empty if the destination is elsewhere
	Name string // of the log group or bucket, if it is known
	// Prefix is what follows the bucket in the destination: "/logs".
	Prefix string
	Hive   fact.Fact[bool] // Hive-compatible prefixes

	Retention fact.Fact[int] // of a log group of the design: days, 0 for ever
	// Resource is the policy of a bucket of the design.
	Resource Policy
	// Encrypted is whether objects are encrypted with a key of AWS KMS, and
	// KeyPolicy the policy of the key.
	Encrypted fact.Fact[bool]
	KeyPolicy Policy

	// RoleID is the role if it is of the design, with whom it trusts and what
	// it may do; RoleMore says why it may do more.
	RoleID   ref.ID
	Trust    Policy
	Allows   []Policy
	RoleMore string
}
