package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Effect is what a statement does. The zero Effect is not known.
type Effect uint8

// The effects.
const (
	EffectUnknown Effect = iota
	Allow
	Deny
)

// Document is a policy document.
type Document struct {
	Version    string // "2008-10-17" if none is written
	Statements []Statement
	More       string // why there may be further statements, as a clause
}

// Statement is one statement.
type Statement struct {
	Sid    string
	Number int // from 1, in the order of the text
	Line   int // in the text
	Effect Effect

	Principals Principals
	Actions    Set
	Resources  Set
	Conditions []Condition
	// Unknown says why a part that could matter is not known, as a clause.
	Unknown string
}

// Name is how people find a statement.
func (s Statement) Name() string {
	if s.Sid != "" && !hasHole(s.Sid) {
		return strconv.Quote(s.Sid)
	}
	return "number " + strconv.Itoa(s.Number)
}

// Set is a list of patterns, or what none of them matches.
type Set struct {
	Not    bool
	Values []string // never nil if the element is written
	More   string   // why there may be further values, as a clause
}

// Principals are whom a statement is about.
type Principals struct {
	Written bool
	Not     bool
	Anyone  bool // "*"
	List    []Principal
	More    string
}

// Principal is one of them.
type Principal struct {
	Kind  string // "AWS", "Service", "Federated", "CanonicalUser"
	Value string
}

// Condition is one key of one operator.
type Condition struct {
	Operator string // as written: "StringEquals"
	Key      string // as written: "aws:PrincipalOrgID"
	Values   []string
	More     string
}

// Parse reads a document in which the texts of the holes stand for what is not
// known. The document is nil if a problem is fatal.
func (r *Reader) Parse(text string, holes []Hole) (*Document, []Problem) {
	p := &parser{text: text}
	root, err := p.read()
	if err != nil {
		return nil, p.problems
	}
	b := &builder{Reader: r, holes: holes}
	d := b.document(root)
	for _, at := range b.problems {
		p.problems = append(p.problems, at)
		if at.Fatal {
			return nil, p.problems
		}
	}
	return d, p.problems
}

// builder makes a document of JSON.
type builder struct {
	*Reader
	holes    []Hole
	version  string
	problems []Problem
}

// value is a text of the document; policy variables are holes, too. Under the
// older version they are literal text, so they are others.
func (b *builder) value(text string) string {
	text = b.Value(text, b.holes)
	for at := 0; ; {
		from := strings.Index(text[at:], "${")
		if from < 0 {
			return text
		}
		from += at
		end := strings.IndexByte(text[from:], '}')
		if end < 0 {
			return text
		}
		span := text[from : from+end+1]
		if hasHole(span) {
			at = from + 2
			continue
		}
		h := Hole{Text: span, Sure: true, Why: span + " is a policy variable"}
		if b.version != "2012-10-17" {
			h.Text += " of " + b.version
		}
		c := string(b.rune(h))
		text = text[:from] + c + text[from+end+1:]
		at = from + len(c)
	}
}

func (b *builder) problem(n *node, text string, fatal bool) {
	b.problems = append(b.problems, Problem{Line: n.line, Column: 1, Text: text, Fatal: fatal})
}

func (b *builder) document(n *node) *Document {
	d := &Document{Version: "2008-10-17"}
	if n.kind != objectNode {
		b.problem(n, "a policy document is an object", true)
		return d
	}
	if v := n.get("Version"); v != nil && v.kind == textNode {
		d.Version = b.Value(v.text, b.holes)
	}
	b.version = d.Version
	for _, m := range n.members {
		switch m.key {
		case "Version", "Id":
		case "Statement":
			items := m.value.items
			if m.value.kind != listNode {
				items = []*node{m.value}
			}
			for _, item := range items {
				b.statement(d, item)
			}
		default:
			b.problem(m.value, "a policy document has no element "+strconv.Quote(m.key), false)
		}
	}
	if n.get("Statement") == nil {
		b.problem(n, "the document has no statement", true)
	}
	return d
}

// statement reads a statement, or a hole that stands for any number of them.
func (b *builder) statement(d *Document, n *node) {
	if n.kind == textNode {
		if v := b.value(n.text); hasHole(v) {
			d.More = cmp.Or(d.More, b.HolesOf(v)[0].Why, "a statement is not known")
			return
		}
	}
	if n.kind != objectNode {
		b.problem(n, "a statement is an object", true)
		return
	}
	s := Statement{Number: len(d.Statements) + 1, Line: n.line}
	for _, m := range n.members {
		switch m.key {
		case "Sid":
			s.Sid = b.value(m.value.text)
		case "Effect":
			switch v := b.value(m.value.text); {
			case v == "Allow":
				s.Effect = Allow
			case v == "Deny":
				s.Effect = Deny
			case hasHole(v):
				s.Unknown = cmp.Or(s.Unknown, b.HolesOf(v)[0].Why, "its effect is not known")
			default:
				b.problem(m.value, "an effect is Allow or Deny, with a capital", true)
			}
		case "Action", "NotAction":
			b.both(m.value, s.Actions.Values != nil, "Action")
			s.Actions = b.set(m.value, m.key == "NotAction")
		case "Resource", "NotResource":
			b.both(m.value, s.Resources.Values != nil, "Resource")
			s.Resources = b.set(m.value, m.key == "NotResource")
		case "Principal", "NotPrincipal":
			b.both(m.value, s.Principals.Written, "Principal")
			s.Principals = b.principals(m.value, m.key == "NotPrincipal")
		case "Condition":
			b.conditions(&s, m.value)
		default:
			b.problem(m.value, "a statement has no element "+strconv.Quote(m.key), false)
			s.Unknown = cmp.Or(s.Unknown, "it has an element that no statement has")
		}
	}
	if n.get("Effect") == nil {
		b.problem(n, "a statement has no effect", true)
	}
	d.Statements = append(d.Statements, s)
}

func (b *builder) both(n *node, have bool, element string) {
	if have {
		b.problem(n, "a statement has "+element+" or Not"+element+", not both", true)
	}
}

// set reads a text or a list of texts.
func (b *builder) set(n *node, not bool) Set {
	s := Set{Not: not, Values: []string{}}
	s.Values, s.More = b.values(n)
	return s
}

// values are the texts of a text or list. A hole of any shape alone may stand
// for any number of them.
func (b *builder) values(n *node) (out []string, more string) {
	out = []string{}
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
	}
	for _, item := range items {
		if item.kind != textNode && item.kind != otherNode {
			b.problem(item, "a text, or a list of texts, is expected", true)
			continue
		}
		v := b.value(item.text)
		if holes := b.HolesOf(v); len(holes) == 1 && !holes[0].Sure && holes[0].Shape == ShapeAny && b.Is(v, ShapeAny) {
			more = cmp.Or(more, holes[0].Why, "a value is not known")
			continue
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, more
}

func (b *builder) principals(n *node, not bool) Principals {
	p := Principals{Written: true, Not: not}
	if n.kind != objectNode {
		values, more := b.values(n)
		p.More = more
		for _, v := range values {
			switch {
			case v == "*":
				p.Anyone = true
			case hasHole(v):
				p.More = cmp.Or(p.More, b.HolesOf(v)[0].Why, "a principal is not known")
			default:
				b.problem(n, "a principal is \"*\" or an object of kinds of principals", true)
			}
		}
		return p
	}
	for _, m := range n.members {
		values, more := b.values(m.value)
		p.More = cmp.Or(p.More, more)
		for _, v := range values {
			switch {
			case m.key == "*" || m.key == "AWS" && v == "*":
				p.Anyone = true
			default:
				p.List = append(p.List, Principal{b.value(m.key), v})
			}
		}
	}
	return p
}

func (b *builder) conditions(s *Statement, n *node) {
	if n.kind == textNode && hasHole(b.value(n.text)) {
		s.Unknown = cmp.Or(s.Unknown, b.HolesOf(b.value(n.text))[0].Why, "its conditions are not known")
		return
	}
	if n.kind != objectNode {
		b.problem(n, "a condition is an object of operators", true)
		return
	}
	for _, operator := range n.members {
		if operator.value.kind != objectNode {
			if v := b.value(operator.value.text); hasHole(v) {
				s.Unknown = cmp.Or(s.Unknown, b.HolesOf(v)[0].Why, "its conditions are not known")
				continue
			}
			b.problem(operator.value, "an operator of a condition is an object of keys", true)
			continue
		}
		for _, key := range operator.value.members {
			values, more := b.values(key.value)
			s.Conditions = append(s.Conditions, Condition{
				Operator: b.value(operator.key), Key: b.value(key.key), Values: values, More: more})
		}
	}
	slices.SortStableFunc(s.Conditions, func(a, b Condition) int {
		return cmp.Or(strings.Compare(a.Operator, b.Operator), strings.Compare(a.Key, b.Key))
	})
}
