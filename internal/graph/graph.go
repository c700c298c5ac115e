// Package graph is the map of a snapshot: boxes, the frames that hold them, and
// the connections between them, few enough for a picture.
//
// # Model
// A [Graph] is what a picture shows and no more. [Of] makes one of a snapshot: a
// [Box] for each workload, load balancer, host, data store and gateway, in the
// lane of its subnets, and an [Edge] for each connection that package reach says
// is made, or may be. [OfJourneys] makes one of answers: the parties in a row,
// and between two of them the gates of their connection. Boxes of one kind in
// one place with the same peers are one box with several members; if that leaves
// too many, all of a kind in one place are.
//
// # Guarantees
//   - An edge that is not undecided stands for a connection that surely is made,
//     for one that surely is not (needs without a way, and answers), and never for
//     what nobody knows.
//   - The map of a snapshot has at most [MaxBoxes] boxes, and says what it leaves out.
//   - The order of boxes, frames and edges depends on the snapshot only.
//
// # Not modelled
// Where things are on the paper: that is render. Connections that no declared
// port would accept, and those from data stores, which open none.
//
// The package has more than 1,500 lines because the picture of a snapshot and
// that of an answer are made of the same values.
package graph

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
)

// MaxBoxes is how many boxes the map of a snapshot has at most.
const MaxBoxes = 100

// Graph is a picture before it is laid out. Boxes, frames and edges are in a
// stable order; their keys are unique.
type Graph struct {
	Title    string
	Subtitle string
	Boxes    []Box
	Frames   []Frame // a frame stands after the frame that holds it
	Edges    []Edge
	Notes    []string // what is not drawn, and why, as sentences
}

// Lane is where a box stands by how close it is to the internet. The zero Lane is
// that of a graph without lanes, whose boxes stand in the order of their edges.
type Lane uint8

// The lanes, in their order on the paper.
const (
	NoLane       Lane = iota
	InternetLane      // outside every VPC
	EdgeLane          // what takes connections from the internet and passes them on
	PublicLane        // subnets with a route to an internet gateway
	PrivateLane       // subnets with another way out
	IsolatedLane      // subnets without a way out
	UnknownLane       // subnets of which the design does not tell
	DoorsLane         // VPC endpoints
	ServicesLane      // services of AWS that are called without a VPC endpoint, and registries
)

// String is the lane as the head of a column.
func (l Lane) String() string {
	return [...]string{"", "Internet", "Edge", "Public subnets", "Private subnets", "Isolated subnets", "Subnets not known", "VPC endpoints", "AWS services"}[min(l, ServicesLane)]
}

// Kind is what a box stands for. The zero Kind is some network interface.
type Kind uint8

// The kinds.
const (
	Interface Kind = iota
	Internet
	Balancer
	Task
	Host
	Store
	Function
	Door    // VPC endpoint
	Gateway // NAT gateway, transit gateway, VPN
	Service // service of AWS, or a registry
	Gates   // the gates of one connection
)

// String is the kind in words.
func (k Kind) String() string {
	return [...]string{"network interface", "internet", "load balancer", "task", "host", "data store", "function", "VPC endpoint", "gateway", "service", "gates"}[min(k, Gates)]
}

// Box is one thing, or several that are alike.
type Box struct {
	Key     string // unique, and the same in every run
	Kind    Kind
	Lane    Lane
	Frame   string   // key of the innermost frame that holds it; empty if none does
	Name    string   // "orders", or "6 tasks"
	Word    string   // what it is: "ALB", "Fargate service"
	Of      string   // what tells it from others of its name: "of module.web"; usually empty
	Members []Member // what it stands for, in order; one unless several are merged
	Lines   []Line   // of Gates
	Badge   Badge
	Perhaps bool // the design does not tell whether it exists

	// Peers says that members of the box connect to each other, as a clause:
	// "reach each other"; empty if none does.
	Peers string
}

// Member is one thing that a box stands for.
type Member struct {
	ID     ref.ID // empty for the internet and for services
	Name   string
	Detail string // "tcp/8080"; may be empty
	Place  ref.Place
}

// Line is one gate of a connection: Yes passes, No stops, Unknown is undecided.
type Line struct {
	Passes fact.Tri
	Text   string // "security groups in"
	Detail string // the deciding rule, or why it stops
	Place  ref.Place
}

// Badge is what check found about a box or a frame. Suppressed findings do not
// count.
type Badge struct {
	Violations, Undecided int
	Worst                 finding.Severity // of the violations
	Anchor                string           // fingerprint of the worst of them, or else of the first that is undecided
}

// IsZero reports whether nothing was found.
func (b Badge) IsZero() bool { return b.Violations == 0 && b.Undecided == 0 }

// FrameKind is what a frame stands for.
type FrameKind uint8

// The kinds of frames.
const (
	VPCFrame FrameKind = iota
	ClusterFrame
)

// String is the kind in words.
func (k FrameKind) String() string { return [...]string{"VPC", "cluster"}[min(k, ClusterFrame)] }

// Frame is what holds boxes.
type Frame struct {
	Key    string
	Kind   FrameKind
	Parent string // key of the frame that holds it; empty if none does
	Name   string
	Detail string // "10.0.0.0/16"
	ID     ref.ID
	Badge  Badge
}

// EdgeKind is why there is an edge. The zero EdgeKind is a connection.
type EdgeKind uint8

// The kinds of edges.
const (
	Connection EdgeKind = iota
	Need                // what a workload calls so that its tasks start and log
	Exit                // connections out of the VPC
)

// String is the kind in words.
func (k EdgeKind) String() string { return [...]string{"connection", "need", "exit"}[min(k, Exit)] }

// Edge is connections of one kind between two boxes.
type Edge struct {
	From, To string // keys of boxes; never the same
	Kind     EdgeKind
	Works    fact.Tri  // Yes, Unknown if it may be, No if it is shown because it is missing
	TLS      reach.TLS // unknown if nothing says
	Label    string    // "tcp/443"; may be empty
	Detail   string    // a sentence for a reader who wants to know more; may be empty
	Count    int       // how many pairs it stands for
}
