package topo

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// BalancerKind is the kind of a load balancer. The zero value is unknown.
type BalancerKind uint8

// The kinds.
const (
	BalancerUnknown BalancerKind = iota
	ApplicationBalancer
	NetworkBalancer
	ClassicBalancer
	GatewayBalancer
)

// String is the kind as AWS abbreviates it.
func (k BalancerKind) String() string {
	return [...]string{"load balancer", "ALB", "NLB", "CLB", "GWLB"}[min(k, GatewayBalancer)]
}

// LoadBalancer is a load balancer. Its nodes are the [Endpoint] of the same ID.
type LoadBalancer struct {
	Thing
	Kind           BalancerKind
	VPC            ref.ID
	InternetFacing fact.Fact[bool]   // scheme
	AddressType    fact.Fact[string] // "ipv4", "dualstack", "dualstack-without-public-ipv4"
	CrossZone      fact.Fact[bool]
	// PrivateLinkRules tells whether inbound rules act on PrivateLink traffic (NLB).
	PrivateLinkRules fact.Fact[bool]
	ListenersMore    string // why there may be further listeners
}

// Protocol of a listener or target group, as AWS writes it: "HTTP", "HTTPS",
// "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "SSL", "QUIC".
type Protocol = string

// Listener is a listener of a load balancer.
type Listener struct {
	Thing
	Balancer ref.ID
	Port     fact.Fact[int]
	Protocol fact.Fact[Protocol]

	// Policy is the security policy of an HTTPS, TLS or SSL listener; Default
	// ("ELBSecurityPolicy-2016-08") if none is written.
	Policy       fact.Fact[string]
	Certificates Links
	ClientAuth   fact.Fact[string] // mutual authentication mode: "off", "passthrough", "verify"

	Default   []Action
	Rules     []ListenerRule // ascending priority
	RulesMore string

	// Instance side of a classic load balancer's listener.
	InstancePort     fact.Fact[int]
	InstanceProtocol fact.Fact[Protocol]
}

// ListenerRule is a rule of an Application Load Balancer's listener.
type ListenerRule struct {
	Thing
	Priority   fact.Fact[int]
	Conditions []string // each as text: "path /api/*"
	SourceIP   []Block  // source-ip condition; empty if there is none
	Actions    []Action
}

// ActionKind is the kind of a listener action. The zero value is unknown.
type ActionKind uint8

// The kinds.
const (
	ActionUnknown ActionKind = iota
	ActionForward
	ActionRedirect
	ActionFixedResponse
	ActionAuthenticate // OIDC, Cognito or JWT: passes on to the next action
)

// Action is one action of a listener or rule.
type Action struct {
	Kind     ActionKind
	Targets  []WeightedTarget // forward
	Redirect Redirect
	Why      string // ActionUnknown: why
	Exists   fact.Tri
	Place    ref.Place
}

// WeightedTarget is one target group of a forward action. A weight of 0
// receives no new connections.
type WeightedTarget struct {
	Group  ref.ID // empty if unknown
	Why    string
	Weight fact.Fact[int]
}

// Redirect is a redirect action, defaults filled in: "#{protocol}", "#{port}".
type Redirect struct {
	Protocol fact.Fact[string] // "HTTPS", "HTTP", "#{protocol}"
	Port     fact.Fact[string] // "443", "#{port}"
	Status   fact.Fact[string] // "HTTP_301"
}

// TargetGroup is a target group, or the instance side of a classic listener.
type TargetGroup struct {
	Thing
	VPC        ref.ID
	Protocol   fact.Fact[Protocol]
	Version    fact.Fact[string] // protocol version: "HTTP1", "HTTP2", "GRPC"
	Port       fact.Fact[int]
	TargetType fact.Fact[string] // "instance", "ip", "lambda", "alb"
	// PreserveClientIP is in effect, with the defaults of AWS worked out.
	PreserveClientIP fact.Fact[bool]
	Health           HealthCheck

	// Targets are registered explicitly; ECS services register their tasks
	// through Workload.Bindings.
	Targets     []Target
	TargetsMore string
}

// HealthCheck is the health check of a target group.
type HealthCheck struct {
	Enabled  fact.Fact[bool]
	Protocol fact.Fact[Protocol]
	Port     fact.Fact[int] // 0 means the traffic port
}

// Target is one registered target.
type Target struct {
	Endpoint ref.ID // host, interface or load balancer; empty for an address
	Addrs    netset.Addrs
	Port     fact.Fact[int] // 0 means the port of the group
	Why      string         // if neither is known
	Place    ref.Place
}
