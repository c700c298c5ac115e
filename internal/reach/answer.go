package reach

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Party is one side of a question. Exactly one of Endpoint and Addrs is set.
type Party struct {
	Endpoint ref.ID       // an endpoint of the snapshot
	Subnet   ref.ID       // with Endpoint: only its interface in this subnet; empty for any
	Addrs    netset.Addrs // hosts outside every VPC of the snapshot

	// With Addrs: only hosts that are in no prefix list of an AWS service, or
	// only hosts that are in this one.
	Unlisted bool
	List     ref.ID

	// Family is the only family that is asked about; FamilyUnknown for both.
	Family topo.Family

	// Clients are, with Endpoint a load balancer that keeps the addresses of its
	// clients, the addresses that its packets have; empty for its own.
	Clients netset.Addrs
	// OneClient tells that its packets have one of Clients, and nobody knows which;
	// else there are clients with each of them.
	OneClient bool
}

// At is an endpoint of the snapshot.
func At(endpoint ref.ID) Party { return Party{Endpoint: endpoint} }

// Outside is hosts with public addresses outside every VPC.
func Outside(addrs netset.Addrs) Party { return Party{Addrs: addrs} }

// GateKind is one barrier that a packet passes or not.
type GateKind uint8

// The gates, in the order in which a connection meets them.
const (
	GateGroupOut      GateKind = iota // security groups of the source, outbound rules
	GateACLOut                        // network ACL of the source's subnet, outbound
	GateRoute                         // route of the source's subnet, and gateways on the way
	GatePublicAddress                 // a public address on the side that meets the internet gateway
	GateBlockPublic                   // VPC Block Public Access
	GateACLIn                         // network ACL of the destination's subnet, inbound
	GateGroupIn                       // security groups of the destination, inbound rules
	GateReplyACLOut                   // network ACL of the destination's subnet, outbound, for replies
	GateReplyRoute                    // route back
	GateReplyACLIn                    // network ACL of the source's subnet, inbound, for replies
)

// String is the gate in words for users.
func (g GateKind) String() string {
	return [...]string{
		"outbound security group rules", "outbound network ACL", "route", "public address",
		"VPC Block Public Access", "inbound network ACL", "inbound security group rules",
		"outbound network ACL for replies", "route back", "inbound network ACL for replies",
	}[min(g, GateReplyACLIn)]
}

// RuleUse is a rule, entry or route that decides at a gate.
type RuleUse struct {
	ID    ref.ID
	Text  string // "sg orders allows sg bastion tcp/8080"
	Ports netset.Ports
	Place ref.Place
}

// Step is one gate of an answer.
type Step struct {
	Gate   GateKind
	At     ref.ID        // endpoint or subnet whose gate it is
	Passes netset.Bounds // of the packets that were asked about, those that pass this gate alone
	// Rules are the deciding rules: those that let packets pass, or for a gate
	// that stops everything those that stop it, or, with Near, those that come
	// nearest to letting it pass.
	Rules []RuleUse
	Near  bool
	Why   string // for a gate that stops or is unknown, as a clause

	// Chance is set if nothing is unknown about the gate and it still does not
	// decide: it stops the replies to some of the ports that a client may take.
	Chance Chance
}

// Chance is the ports of clients to which replies are stopped, of those that they
// may take (AWS "Network ACLs", ephemeral ports). The zero Chance stops none.
type Chance struct{ Cut, Of netset.Ports }

// IsZero reports whether nothing is left to chance.
func (c Chance) IsZero() bool { return c.Cut.IsEmpty() }

// Share is the part of the ports that gets no replies, from 0 to 1.
func (c Chance) Share() float64 {
	if c.IsZero() {
		return 0
	}
	return float64(c.Cut.Size()) / float64(c.Of.Size())
}

// Answer says which of the asked packets can make a connection.
type Answer struct {
	From, To Party // with Subnet set to the interfaces that the trail is about

	// Packets make a connection: request and replies pass. Forward arrive,
	// whatever happens to replies.
	Packets, Forward netset.Bounds

	// Trail is the gates in order, of the pair of interfaces with the most
	// packets. Gates that do not apply are left out.
	Trail []Step

	// Gaps are the facts that are missing, if the bounds differ.
	Gaps []finding.Evidence

	// Chance is set if the bounds differ although no fact is missing: each
	// connection works or not by the port that its client takes.
	Chance Chance
}

// Barriers are the steps that stop some asked packets, surely or possibly.
func (a Answer) Barriers(asked netset.Ports) []Step {
	var out []Step
	for _, s := range a.Trail {
		if !s.Passes.Sure.Covers(asked) {
			out = append(out, s)
		}
	}
	return out
}

// Holder is an endpoint that holds a security group that a rule admits.
type Holder struct {
	Endpoint ref.ID
	Holds    fact.Tri // Yes, or Unknown
	Why      string
}

// Admission is one source that the security groups of an endpoint admit,
// whether or not something lives there today.
type Admission struct {
	Group ref.ID     // the group whose rule it is
	Rule  *topo.Rule // nil if the source is only possible: see Why
	Ports netset.Bounds

	// Range is the admitted addresses for address ranges and prefix lists: at
	// most these. Internet is how much of the internet they are, 0 to 1.
	Range    netset.Addrs
	Internet float64

	// Holders are the endpoints of an admitted group; HoldersMore says why
	// there may be others.
	Holders     []Holder
	HoldersMore string

	Why string // why the source is only possible or unknown
}

// TLS is the state of encryption of one leg. The zero value is unknown.
type TLS uint8

// The states.
const (
	TLSUnknown     TLS = iota
	TLSNone            // plain text
	TLSEncrypted       // terminated by a TLS listener, or a TLS target whose certificate the load balancer does not verify
	TLSPassthrough     // TCP is passed on: the application decides
)

// String is the state in words.
func (t TLS) String() string {
	return [...]string{"unknown", "plain text", "TLS", "passed through"}[min(t, TLSPassthrough)]
}

// Entry is one way from clients through a load balancer to a target.
type Entry struct {
	Balancer    ref.ID
	Listener    ref.ID
	Rule        ref.ID // listener rule, empty for the default action
	TargetGroup ref.ID // empty for classic load balancers
	Workload    ref.ID // empty if the target is no workload
	Target      ref.ID // endpoint of the task or host

	FrontPorts  netset.Bounds // port and protocol of the listener
	TargetPorts netset.Bounds // port and protocol at the target
	HealthPorts netset.Bounds // of the health check; empty if there is none or it is on TargetPorts

	Client, Backend TLS
	Conditions      []string // of the listener rule
	Preserves       fact.Tri // whether the target sees client addresses

	// Exists is whether listener, rule and target group surely exist and
	// forward; Why gives the reason.
	Exists fact.Tri
	Why    string

	Front  Answer // clients to the load balancer on FrontPorts
	Back   Answer // load balancer (or clients, if preserved) to the target on TargetPorts
	Health Answer // load balancer to the target on the health port
}

// Exit is how packets of an endpoint leave towards addresses outside.
type Exit struct {
	Subnet  ref.ID
	Target  topo.RouteTarget
	Gateway ref.ID
	Exists  fact.Tri // whether the route is surely taken
	Works   fact.Tri // whether it carries packets out and replies back
	Why     string
	Place   ref.Place // of the route
}
