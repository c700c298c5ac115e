package ask

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// MaxPairs is how many pairs one question may be about.
const MaxPairs = 100_000

// Member is one thing that a side means.
type Member struct {
	Party reach.Party // the zero Party if Gaps say that nothing of the design is known to be there

	// ID is the thing that was named, or that is named for it: a workload, a load
	// balancer, a host; empty for hosts outside. Its task may run on the endpoint
	// of a host.
	ID    ref.ID
	Text  string    // "task orders", "internet", "10.0.0.0/8 outside the design"
	Place ref.Place // of the thing

	Service string // of AWS, as a destination: "ecr.api"

	// Belongs is Yes, or Unknown if the thing may not be there or not be meant;
	// Gaps give the reasons. It is No for what can have no connection at all.
	Belongs fact.Tri
	Gaps    []finding.Evidence
}

// Pair is one connection that is asked about.
type Pair struct{ From, To Member }

// pairs finds what the sides of a question mean.
func (a *Asker) pairs(q question.Question) ([]Pair, *question.Error) {
	if q.Form == question.Mutual {
		there, err := a.pairs(q.There())
		if err != nil {
			return nil, err
		}
		back, err := a.pairs(q.Back())
		if err != nil {
			return nil, err
		}
		if len(there)+len(back) > MaxPairs {
			return nil, tooMany()
		}
		return append(there, back...), nil
	}
	from, err := a.dir.side(q.From, true)
	if err != nil {
		return nil, err
	}
	to, err := a.dir.side(q.To, false)
	if err != nil {
		return nil, err
	}
	return cross(from, to)
}

// cross is the pairs of two sides: not of hosts outside with each other, and of
// a thing with itself only if it is the only one.
func cross(from, to []Member) ([]Pair, *question.Error) {
	if len(from)*len(to) > MaxPairs+len(from) {
		return nil, tooMany()
	}
	var pairs []Pair
	for _, f := range from {
		for _, t := range to {
			self := f.Party.Endpoint != "" && f.Party.Endpoint == t.Party.Endpoint
			if isOutside(f) && isOutside(t) || self && len(from)*len(to) > 1 {
				continue
			}
			pairs = append(pairs, Pair{f, t})
		}
	}
	switch {
	case len(pairs) > MaxPairs:
		return nil, tooMany()
	case len(pairs) == 0:
		return nil, &question.Error{Problem: "both sides are outside the design, or one thing", Hint: "name something of the design on one side: svc/orders, alb/shop, a resource address"}
	}
	return pairs, nil
}

func isOutside(m Member) bool {
	return m.Party.Endpoint == "" && (m.Service != "" || !m.Party.Addrs.IsEmpty())
}

// maxMembers is when the things that a side means are no longer gathered.
const maxMembers = 20_000

func tooMany() *question.Error {
	return &question.Error{Problem: "the question is about more than 100,000 pairs", Hint: "narrow a side: svc/web-* in place of svc/*"}
}

// side is what one side means; starts is whether it opens the connections.
func (d directory) side(s question.Side, starts bool) ([]Member, *question.Error) {
	several := len(s.Names) > 1 || len(s.Except) > 0
	var out []Member
	seen := map[string]bool{}
	for _, n := range s.Names {
		list, err := d.named(n, starts, several)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if key := m.key(); !seen[key] {
				seen[key] = true
				out = append(out, m)
			}
		}
		if len(out) >= maxMembers {
			return nil, tooMany()
		}
	}
	for _, n := range s.Except {
		list, err := d.named(n, starts, true)
		if err != nil {
			return nil, err
		}
		out = d.without(out, list, n.Text)
	}
	if len(out) == 0 {
		return []Member{empty(s.String(), starts)}, nil
	}
	return out, nil
}

func (m Member) key() string {
	return strings.Join([]string{string(m.ID), string(m.Party.Endpoint), string(m.Party.Subnet), m.Party.Addrs.Key(), m.Service, m.Text}, "\x00")
}

// named is what one name means. Of several things those that take no part in such
// connections are left out.
func (d directory) named(n question.Name, starts, several bool) ([]Member, *question.Error) {
	switch {
	case n.Internet:
		return []Member{{Party: reach.Outside(netset.Internet()), Text: "internet", Belongs: fact.Yes}}, nil
	case n.Service != "":
		return d.serviceNamed(n)
	case n.Pattern == "":
		return d.inRange(n.Addrs, n.Text, starts), nil
	}
	found := d.find(n.Pattern)
	if len(found) == 0 {
		return nil, d.unknown(n)
	}
	several = several || len(found) > 1 || isGlob(n.Pattern)
	var out []Member
	for _, e := range found {
		for _, m := range d.members(e, starts) {
			if several && e.alone && !d.takesPart(m.Party.Endpoint, starts) {
				continue
			}
			out = append(out, m)
			if len(out) >= maxMembers {
				return nil, tooMany()
			}
		}
	}
	if len(out) == 0 {
		return []Member{empty(n.Text, starts)}, nil
	}
	return out, nil
}

func isGlob(pattern string) bool { return strings.ContainsAny(pattern, "*?") }

// without takes exceptions from the members of a side. What is perhaps excepted
// belongs perhaps.
func (d directory) without(list, except []Member, text string) []Member {
	for _, x := range except {
		var left []Member
		for _, m := range list {
			left = append(left, d.minus(m, x, text)...)
		}
		list = left
	}
	return list
}

// minus is a member without an exception: a workload that shares the interface
// of its host is no exception of another.
func (d directory) minus(m, x Member, text string) []Member {
	switch {
	case isOutside(x) && isOutside(m):
		if x.Service != "" || m.Service != "" {
			return slices.DeleteFunc([]Member{m}, func(m Member) bool { return m.Service == x.Service })
		}
		left := m.Party.Addrs.Minus(x.Party.Addrs)
		switch {
		case left.IsEmpty():
			return nil
		case !left.Equal(m.Party.Addrs):
			m.Party.Addrs, m.Text = left, m.Text+" except "+strings.TrimSuffix(x.Text, " outside the design")
		}
		return []Member{m}
	case isOutside(x) || isOutside(m):
		return []Member{m}
	case x.Party.Endpoint == "" || m.Party.Endpoint == "":
		if x.ID == "" || x.ID != m.ID {
			return []Member{m}
		}
	case x.Party.Endpoint != m.Party.Endpoint, d.Workload(x.ID) != nil && x.ID != m.ID:
		return []Member{m}
	}
	// What is doubtful of both, such as whether the thing exists, is no doubt that
	// it is the same thing.
	doubts := slices.DeleteFunc(slices.Clone(x.Gaps), func(g finding.Evidence) bool { return slices.Contains(m.Gaps, g) })
	if x.Belongs == fact.Unknown && len(doubts) > 0 {
		m.Belongs = m.Belongs.And(fact.Unknown)
		m.Gaps = append(slices.Clone(m.Gaps), doubts...)
		return []Member{m}
	}
	if x.Party.Subnet == "" || x.Party.Subnet == m.Party.Subnet {
		return nil
	}
	if m.Party.Subnet != "" {
		return []Member{m}
	}
	// One of its interfaces is excepted: the others are left.
	e := d.Endpoint(m.Party.Endpoint)
	var out []Member
	for _, l := range e.Subnets.List {
		if l.ID != x.Party.Subnet {
			rest := m
			rest.Party.Subnet, rest.Belongs = l.ID, m.Belongs.And(l.Exists)
			out = append(out, rest)
		}
	}
	if e.Subnets.More != "" {
		m.Belongs = m.Belongs.And(fact.Unknown)
		m.Gaps = append(slices.Clone(m.Gaps), finding.Evidence{Text: "whether further interfaces of " + d.Label(e.ID) + " are in " + text + because(e.Subnets.More), Place: e.Place})
		out = append(out, m)
	}
	return out
}

// takesPart is whether an endpoint opens or accepts connections: data stores
// and VPC endpoints only accept, functions only open them.
func (d directory) takesPart(id ref.ID, starts bool) bool {
	e := d.Endpoint(id)
	switch {
	case e == nil:
		return true
	case starts:
		return opens(e)
	}
	return accepts(e)
}

// empty stands for a side where the design has nothing. What somebody would put
// there is not modelled, so it answers nothing.
func empty(text string, starts bool) Member {
	does := "accepts"
	if starts {
		does = "opens"
	}
	return Member{Text: text, Gaps: []finding.Evidence{{Text: fmt.Sprintf("nothing of the design that %s connections is known to be in %s, and what somebody would put there is not modelled", does, text)}}}
}

// accepts is whether an endpoint accepts connections: functions only open them.
func accepts(e *topo.Endpoint) bool { return e.Kind != topo.FunctionEndpoint }

// Side is what one side of a question means; starts is whether it opens the
// connections. The error is a [*question.Error].
func (a *Asker) Side(s question.Side, starts bool) ([]Member, error) {
	out, err := a.dir.side(s, starts)
	if err != nil {
		return nil, err
	}
	return out, nil
}
