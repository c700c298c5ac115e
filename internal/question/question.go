package question

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/netset"
)

// Form is what a question asks for.
type Form uint8

// The forms. The zero value is a connection from one side to the other.
const (
	Connects Form = iota // A -> B
	Mutual               // A <-> B: both directions
	Reaches              // who reaches B
	Reached              // what can A reach
	Leaves               // what leaves A
)

// IsOpen is whether one side of the form is not named: whoever it is, is the
// answer.
func (f Form) IsOpen() bool { return f == Reaches || f == Reached || f == Leaves }

// Question is a question as it was written. The zero Question asks nothing.
type Question struct {
	Form     Form
	From, To Side // From is empty for Reaches; To for Reached and Leaves

	// Ports are those of the destination. HasPorts tells whether any were
	// written; without them Ports is empty and every port is meant on which the
	// destination listens.
	Ports    netset.Ports
	HasPorts bool

	Direct bool // ways through load balancers are left out
	Pivot  bool // chains of connections are asked about
}

// Side is one side of a question: what the names mean, without what the
// exceptions mean.
type Side struct{ Names, Except []Name }

// Name is one name of a side. Exactly one of Internet, Addrs, Service and
// Pattern is set.
type Name struct {
	Internet bool
	Addrs    netset.Addrs
	Service  string // of AWS, by what follows the Region in the name of its VPC endpoint: "ecr.api"
	Pattern  string // "svc/orders", a resource address, an ARN, "*"

	// Text is the name as it was written, At where it begins in the text of the
	// question, in bytes.
	Text string
	At   int
}

// Error is the error of this name in a question.
func (n Name) Error(problem, hint string) *Error {
	return &Error{Problem: problem, Hint: hint, At: n.At, Length: len(n.Text)}
}

// IsOutside is whether every name is of something outside a design.
func (s Side) IsOutside() bool {
	return !slices.ContainsFunc(s.Names, func(n Name) bool { return n.Pattern != "" })
}

// String is the side in the form that [Parse] reads back.
func (s Side) String() string {
	out := joined(s.Names)
	if len(s.Except) > 0 {
		out += " " + wordExcept + " " + joined(s.Except)
	}
	return out
}

func joined(list []Name) string {
	var out []string
	for _, n := range list {
		out = append(out, n.Text)
	}
	return strings.Join(out, ", ")
}

// String is the question in the form that [Parse] reads back.
func (q Question) String() string {
	var out string
	switch q.Form {
	case Reaches:
		out = "who reaches " + q.To.String()
	case Reached:
		out = "what can " + q.From.String() + " reach"
	case Leaves:
		out = "what leaves " + q.From.String()
	case Mutual:
		out = q.From.String() + " " + arrowBoth + " " + q.To.String()
	default:
		out = q.From.String() + " " + arrow + " " + q.To.String()
	}
	if q.HasPorts {
		out += " " + q.Ports.String()
	}
	if q.Direct {
		out += " " + flagDirect
	}
	if q.Pivot {
		out += " " + flagPivot
	}
	return out
}

// Back is a question about both directions as one about the direction back.
func (q Question) Back() Question {
	q.Form, q.From, q.To = Connects, q.To, q.From
	return q
}

// There is a question about both directions as one about the direction there.
func (q Question) There() Question {
	q.Form = Connects
	return q
}

// Expectation is what somebody expects of an answer. The zero Expectation is
// none.
type Expectation uint8

// The expectations.
const (
	ExpectNothing Expectation = iota
	ExpectAllow               // every pair is connected on every port; of an open form, some is found
	ExpectDeny                // no pair is on any
)

var expectations = [...]string{"", "allow", "deny"}

// ParseExpectation reads "", "allow" and "deny".
func ParseExpectation(s string) (Expectation, bool) {
	i := slices.Index(expectations[:], s)
	return Expectation(max(i, 0)), i >= 0
}

// String is the expectation as [ParseExpectation] reads it.
func (e Expectation) String() string { return expectations[min(e, ExpectDeny)] }

// Error is a question that cannot be asked, with what to do about it.
type Error struct {
	Problem string // as a clause: "there is no arrow in the question"
	Hint    string
	// At and Length are where in the text of the question it is, in bytes.
	// Length is 0 if it is about the whole.
	At, Length int
}

// Error is the problem alone.
func (e *Error) Error() string { return e.Problem }
