package policy

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
)

// Request is one request to a service of AWS.
type Request struct {
	Action   string // "ecr:BatchGetImage"
	Resource string // ARN, or "*" for an action that has no type of resource; empty if the document is about one resource
	// Principal is the ARN of the role or user that signs it; empty if it is
	// not known. Service is the service that makes the request instead.
	Principal, Service string
	// Identity tells that the document belongs to the principal and names none.
	Identity bool
	// RootOnly tells that an account as a principal may mean its root user only
	// (gateway endpoints).
	RootOnly bool
	// Keys are context keys, in lower case. One that is not there is not known.
	Keys map[string]Key
}

// Key is the value of a context key.
type Key struct {
	Value  string
	Absent bool
}

// Decision is what a document says of a request.
type Decision struct {
	Passes fact.Tri
	// By is the statement that decides: allows it, or surely denies it. It is
	// nil if no statement allows it, and if it is not known.
	By *Statement
	// Open are the statements on which an open decision depends.
	Open []*Statement
}

// Decide evaluates a document: what a statement denies does not pass, nor does
// what none allows (AWS "Policy evaluation logic").
func (d *Document) Decide(q Request) Decision {
	var out Decision
	allowed, denied := fact.No, fact.No
	var by *Statement
	for i := range d.Statements {
		s := &d.Statements[i]
		m := matches(s, q)
		if m == fact.No {
			continue
		}
		switch {
		case s.Effect == Deny && m == fact.Yes:
			return Decision{Passes: fact.No, By: s}
		case s.Effect == Deny:
			denied, out.Open = fact.Unknown, append(out.Open, s)
		case s.Effect == Allow && m == fact.Yes:
			if allowed, by = fact.Yes, s; by == nil {
				by = s
			}
		case s.Effect == Allow:
			allowed, out.Open = allowed.Or(fact.Unknown), append(out.Open, s)
		default:
			allowed, denied, out.Open = allowed.Or(fact.Unknown), fact.Unknown, append(out.Open, s)
		}
	}
	if d.More != "" {
		allowed, denied = allowed.Or(fact.Unknown), fact.Unknown
	}
	if out.Passes = allowed.And(denied.Not()); out.Passes == fact.Yes {
		return Decision{Passes: fact.Yes, By: by}
	}
	if out.Passes == fact.No {
		out.Open = nil
	}
	return out
}

// Part is what one element of a statement says of a request.
type Part struct {
	Element string // "principals", "actions", "resources", "condition StringEquals aws:PrincipalOrgID", "elements"
	Takes   fact.Tri
	Values  []string // that are written
	More    string   // why there may be further values, as a clause
}

// Parts are what the elements of a statement say of a request: it is about the
// request if all of them take it.
func (s *Statement) Parts(q Request) []Part {
	out := []Part{{"principals", principals(s, q), s.Principals.values(), s.Principals.More},
		{"actions", s.Actions.match(q.Action, matchAction), s.Actions.Values, s.Actions.More}}
	if q.Resource != "" || s.Resources.Values != nil {
		out = append(out, Part{"resources", s.Resources.match(q.Resource, matchARN), s.Resources.Values, s.Resources.More})
	}
	for _, c := range s.Conditions {
		out = append(out, Part{"condition " + c.Operator + " " + c.Key, condition(c, q), c.Values, c.More})
	}
	if s.Unknown != "" {
		out = append(out, Part{Element: "elements", Takes: fact.Unknown, More: s.Unknown})
	}
	return out
}

func (p Principals) values() []string {
	var out []string
	for _, who := range p.List {
		out = append(out, who.Value)
	}
	return out
}

func matches(s *Statement, q Request) fact.Tri {
	m := fact.Yes
	for _, p := range s.Parts(q) {
		m = m.And(p.Takes)
	}
	return m
}

// Nearest is the statement that comes nearest to allowing a request that none
// allows, and the elements that surely do not take it. A statement about another
// resource is farther than one with another condition. The statement is nil if
// none allows the action.
func (d *Document) Nearest(q Request) (near *Statement, lacks []Part) {
	least := 0
	for i := range d.Statements {
		s := &d.Statements[i]
		parts := s.Parts(q)
		if s.Effect != Allow || parts[1].Takes == fact.No {
			continue
		}
		far := 0
		missing := slices.DeleteFunc(parts, func(p Part) bool { return p.Takes != fact.No })
		for _, p := range missing {
			if far++; p.Element == "resources" {
				far++
			}
		}
		if near == nil || far < least {
			near, lacks, least = s, missing, far
		}
	}
	return near, lacks
}

func (s Set) match(text string, glob func(pattern, text string) fact.Tri) fact.Tri {
	if s.Values == nil {
		return fact.Unknown
	}
	m := fact.No
	for _, v := range s.Values {
		m = m.Or(glob(v, text))
	}
	if s.More != "" {
		m = m.Or(fact.Unknown)
	}
	if s.Not {
		return m.Not()
	}
	return m
}

func principals(s *Statement, q Request) fact.Tri {
	p := s.Principals
	switch {
	case q.Identity && !p.Written:
		return fact.Yes
	case !p.Written || p.Not:
		return fact.Unknown
	case p.Anyone && q.Service == "":
		return fact.Yes
	}
	m := fact.No
	if p.More != "" || p.Anyone {
		m = fact.Unknown
	}
	for _, who := range p.List {
		switch {
		case who.Kind == "Service" && q.Service != "":
			m = m.Or(same(who.Value, q.Service))
		case who.Kind == "AWS" && q.Service == "":
			m = m.Or(principal(who.Value, q))
		case hasHole(who.Kind):
			m = m.Or(fact.Unknown)
		}
	}
	return m
}

// principal compares a principal of AWS with who signs a request.
func principal(value string, q Request) fact.Tri {
	if account, ok := AccountOf(value); ok {
		k, known := q.Keys["aws:principalaccount"]
		switch is := same(account, k.Value); {
		case !known:
			return fact.Unknown
		case k.Absent || is == fact.No:
			return fact.No
		case q.RootOnly:
			return fact.Unknown
		default:
			return is
		}
	}
	if q.Principal == "" {
		return fact.Unknown
	}
	m := same(value, q.Principal)
	if m == fact.No && !strings.Contains(value, ":role/") && !strings.Contains(value, ":user/") {
		return fact.Unknown // a unique id, or a session of the role
	}
	return m
}

// AccountOf is the account that a principal stands for as a whole: a lone id,
// or the ARN of its root.
func AccountOf(principal string) (string, bool) {
	if len(principal) == 12 && strings.Trim(principal, "0123456789") == "" {
		return principal, true
	}
	if parts := strings.SplitN(principal, ":", 6); len(parts) == 6 && parts[2] == "iam" && parts[5] == "root" {
		return parts[4], true
	}
	return "", false
}

// condition evaluates one key of one operator.
func condition(c Condition, q Request) fact.Tri {
	k, known := q.Keys[fold(c.Key)]
	if !known || hasHole(c.Operator) || hasHole(c.Key) {
		return fact.Unknown
	}
	op, ifExists := strings.CutSuffix(fold(c.Operator), "ifexists")
	if op == "null" {
		if len(c.Values) != 1 || c.More != "" || ifExists {
			return fact.Unknown
		}
		return same(fold(c.Values[0]), "true").And(fact.Of(k.Absent)).Or(same(fold(c.Values[0]), "false").And(fact.Of(!k.Absent)))
	}
	compare, negated, ok := operator(op)
	switch {
	case !ok:
		return fact.Unknown
	case k.Absent:
		return fact.Of(ifExists || negated)
	}
	m := fact.No
	for _, v := range c.Values {
		m = m.Or(compare(v, k.Value))
	}
	if c.More != "" {
		m = m.Or(fact.Unknown)
	}
	if negated {
		return m.Not()
	}
	return m
}

// operator is the comparison of an operator, in lower case and without IfExists.
func operator(op string) (compare func(pattern, text string) fact.Tri, negated, ok bool) {
	if rest, found := strings.CutPrefix(op, "stringnot"); found {
		op, negated = "string"+rest, true
	} else if rest, found := strings.CutPrefix(op, "arnnot"); found {
		op, negated = "arn"+rest, true
	}
	switch op {
	case "stringequals":
		return same, negated, true
	case "stringequalsignorecase", "bool":
		return func(a, b string) fact.Tri { return same(fold(a), fold(b)) }, negated, true
	case "stringlike":
		return like, negated, true
	case "arnequals", "arnlike":
		return func(pattern, text string) fact.Tri {
			if pattern == "*" {
				return fact.Unknown // readings differ
			}
			return matchARN(pattern, text)
		}, negated, true
	}
	return nil, false, false
}

func like(pattern, text string) fact.Tri {
	if same(pattern, text) == fact.Yes {
		return fact.Yes
	}
	return matchText(pattern, text)
}
