// Package intent holds what the user declares in muralla.yaml: what a design is
// meant to be, and which findings are accepted and until when.
//
// # Model
// An [Intent] is the declarations in the order of the file, each with its place.
// Things of the design are named by a [Glob] over the address or the name of a
// resource. [Parse] reads the file; its keys are those of
// docs/schema/muralla.yaml.schema.json, and a test compares the two.
//
// # Guarantees
//   - The zero Intent declares nothing, and the zero Sensitivity and TLS are
//     "not declared": engines then judge as carefully as they can.
//   - An entry that cannot be read has no effect, and a diagnostic says so. An
//     exception without a reason is kept, so that it can be found fault with.
//   - Parse never panics, reads at most 1 MiB and visits a bounded number of
//     nodes, however aliases are nested.
//   - There is no clock: whether an exception has expired is asked with a date.
//
// # Not modelled
// Which recommendations exist: [Intent.Named] lists what the file names, and the
// caller compares. Suppressions written beside the resources themselves.
package intent

import (
	"net/netip"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// Sensitivity is how much harm it does if others reach what a service holds.
// The zero Sensitivity is Undeclared.
type Sensitivity uint8

// The sensitivities, from none declared to the highest.
const (
	Undeclared Sensitivity = iota
	Public
	Internal
	Confidential
	Restricted
)

var sensitivities = []string{"", "public", "internal", "confidential", "restricted"}

// String is the word of the file, or "undeclared".
func (s Sensitivity) String() string {
	if s == Undeclared || int(s) >= len(sensitivities) {
		return "undeclared"
	}
	return sensitivities[s]
}

// TLS is whether traffic behind the load balancer has to be encrypted. The zero
// TLS is TLSUndeclared.
type TLS uint8

// What can be declared about TLS.
const (
	TLSUndeclared TLS = iota
	TLSOptional
	TLSRequired
)

var tlsWords = []string{"", "optional", "required"}

// String is the word of the file, or "undeclared".
func (t TLS) String() string {
	if t == TLSUndeclared || int(t) >= len(tlsWords) {
		return "undeclared"
	}
	return tlsWords[t]
}

// Intent is everything that one muralla.yaml declares. The zero Intent declares
// nothing. Lists are in the order of the file.
type Intent struct {
	Organization string   // "o-a1b2c3d4e5"; empty if not declared
	Accounts     []string // of twelve digits: accounts that belong to the organisation
	Services     []Service
	Isolation    []Group
	Flows        []Flow
	Exceptions   []Exception
	Severities   []SeverityRule
	PrefixLists  []PrefixList
}

// Service declares facts about the services, data stores or tasks that it
// matches.
type Service struct {
	Match       Glob
	Sensitivity Sensitivity
	TLS         TLS
	Isolation   string // the name of a [Group]; empty if not declared
	Place       ref.Place
}

// Group is clusters and services that must have no path to those of any other
// group.
type Group struct {
	Name     string
	Clusters []Glob
	Services []Glob
	Place    ref.Place
}

// Flow declares that one side may open connections to the other. A flow is
// permission for findings about unexpected sources, not a claim that the design
// lets the packets pass.
type Flow struct {
	From, To Side
	Ports    netset.Ports // every protocol and port if the file names none
	Reason   string       // may be empty
	Place    ref.Place
}

// Side is one end of a flow: the internet, a CIDR, or resources by glob.
// Exactly one of the three is set in a Side that was read.
type Side struct {
	Internet bool
	CIDR     netip.Prefix
	Glob     Glob
}

// String is the side as the file writes it.
func (s Side) String() string {
	switch {
	case s.Internet:
		return "internet"
	case s.CIDR.IsValid():
		return s.CIDR.String()
	}
	return s.Glob.String()
}

// Exception accepts what a recommendation finds wrong with the resources that
// it matches. It has no effect without a reason or after its date.
type Exception struct {
	Recommendation string // slug
	Resource       Glob   // over addresses, never names: a name may be of several things
	Reason         string // empty if none is written
	Until          Date   // the last day on which it holds; zero for ever
	Place          ref.Place
}

// SeverityRule sets the severity of what a recommendation finds.
type SeverityRule struct {
	Recommendation string
	Resource       Glob // zero for every resource
	Severity       finding.Severity
	Reason         string // may be empty
	Place          ref.Place
}

// PrefixList gives the addresses of a prefix list that the design only names,
// such as those that AWS manages.
type PrefixList struct {
	Name  string // "com.amazonaws.eu-west-1.s3", or an id: "pl-6da54004"
	Addrs netset.Addrs
	Place ref.Place
}
