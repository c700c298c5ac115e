package ask

import (
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Chain is the answer for one pair of a question about chains of connections.
type Chain struct {
	Pair
	Any fact.Tri

	// Hops is the shortest chain that surely works, or the shortest that possibly
	// does; empty for a no. Each is one connection, or one way through a load
	// balancer.
	Hops []Result

	// Tried is, for a no, the connection from everything that can be reached to
	// the destination, each with its barriers; the first is from the source itself.
	Tried []Result
	// Reached is how many things can be reached, the source not counted.
	Reached int

	Gaps []finding.Evidence // the missing facts, if Any is unknown
}

// maxNodes is how many things of a design chains may lead through.
const maxNodes = 2000

// search finds chains in one network. What it asks it asks once.
type search struct {
	*Asker
	q     question.Question
	nodes []Member // what chains may lead through
	ways  func(reach.Party, ref.ID) []reach.Entry
	known map[[2]string]Result
}

// chains answers a question about chains of connections.
func (a *Asker) chains(q question.Question) (Reply, *question.Error) {
	s := &search{Asker: a, q: q, ways: waysOf(a.net), known: map[[2]string]Result{}}
	all, err := a.dir.side(everything, false)
	if err != nil {
		return Reply{}, err
	}
	for _, m := range all {
		if e := a.net.Snapshot().Endpoint(m.Party.Endpoint); e != nil && opens(e) && accepts(e) && e.Kind != topo.BalancerEndpoint {
			s.nodes = append(s.nodes, m)
		}
	}
	if len(s.nodes) > maxNodes {
		return Reply{}, &question.Error{Problem: "chains are followed through at most 2,000 things, and the design has more", Hint: "ask without --pivot"}
	}
	pairs, err := s.pairs()
	if err != nil {
		return Reply{}, err
	}
	r := Reply{Question: q, Snapshot: a.net.Snapshot(), Any: fact.No, Every: fact.Yes}
	for _, p := range pairs {
		c := s.chain(p)
		r.Chains = append(r.Chains, c)
		r.Any, r.Every = r.Any.Or(c.Any), r.Every.And(c.Any)
	}
	rank := [...]int{fact.Yes: 0, fact.Unknown: 1, fact.No: 2}
	slices.SortStableFunc(r.Chains, func(a, b Chain) int { return rank[a.Any] - rank[b.Any] })
	return r, nil
}

// pairs is what the question is about.
func (s *search) pairs() ([]Pair, *question.Error) {
	q := s.q
	if !q.Form.IsOpen() {
		pairs, err := s.Asker.pairs(q)
		if len(pairs) > MaxDetailed {
			return nil, &question.Error{Problem: "a question about chains is about at most 200 pairs", Hint: "narrow a side: svc/web-* in place of svc/*"}
		}
		return pairs, err
	}
	named, starts := q.To, false
	if q.Form == question.Reached {
		named, starts = q.From, true
	}
	list, err := s.dir.side(named, starts)
	if err != nil {
		return nil, err
	}
	rest, err := s.dir.side(everything, !starts)
	if err != nil {
		return nil, err
	}
	if !starts {
		internet, err := s.dir.named(question.Name{Internet: true}, true, true)
		if err != nil {
			return nil, err
		}
		rest = append(internet, rest...)
	}
	if len(list)*len(rest) > MaxPairs {
		return nil, tooMany()
	}
	if starts {
		return cross(list, rest)
	}
	return cross(rest, list)
}

// hop answers about one connection of a chain. Only the last one is on the ports
// of the question: others are on what listens.
func (s *search) hop(from, to Member, last bool) Result {
	key := [2]string{from.key(), to.key()}
	q := s.q
	if !last {
		q.HasPorts = false
	} else if q.HasPorts {
		key[1] += "\x00last"
	}
	r, ok := s.known[key]
	if !ok {
		r = s.pair(q, Pair{from, to}, s.ways)
		s.known[key] = r
	}
	return r
}

// chain finds the shortest chain of a pair: of sure hops if there is one.
func (s *search) chain(p Pair) Chain {
	c := Chain{Pair: p, Any: fact.No}
	if !isKnown(p.From.Party) || !isKnown(p.To.Party) && p.To.Service == "" {
		r := s.hop(p.From, p.To, true)
		c.Any, c.Gaps, c.Tried = r.Any, r.Gaps, []Result{r}
		if c.Any == fact.No && p.From.Belongs != fact.No && p.To.Belongs != fact.No {
			c.Any = fact.Unknown
		}
		return c
	}
	for _, least := range []fact.Tri{fact.Yes, fact.Unknown} {
		hops, reached := s.shortest(p, least)
		if hops != nil {
			c.Hops, c.Any = hops, fact.Yes
			for _, h := range hops {
				c.Any = c.Any.And(h.Any)
				c.Gaps = append(c.Gaps, h.Gaps...)
			}
			c.Gaps = distinct(c.Gaps)
			if c.Any == fact.Yes {
				c.Gaps = nil
			}
			return c
		}
		c.Reached = len(reached) - 1
		c.Tried = nil
		for _, m := range reached {
			c.Tried = append(c.Tried, s.hop(m, p.To, true))
		}
	}
	return c
}

// shortest searches breadth-first by hops that are at least so sure. Without a
// chain it gives everything that can be reached, the source first.
func (s *search) shortest(p Pair, least fact.Tri) (hops []Result, reached []Member) {
	enough := func(r Result) bool { return r.Any == fact.Yes || r.Any == least }
	reached = []Member{p.From}
	before, by := []int{-1}, []Result{{}}
	seen := make([]bool, len(s.nodes))
	for i, m := range s.nodes {
		seen[i] = s.same(m, p.From) || s.same(m, p.To)
	}
	for i := 0; i < len(reached); i++ {
		if last := s.hop(reached[i], p.To, true); enough(last) {
			for hops = []Result{last}; before[i] >= 0; i = before[i] {
				hops = append(hops, by[i])
			}
			slices.Reverse(hops)
			return hops, reached
		}
		for j, m := range s.nodes {
			if seen[j] {
				continue
			}
			if r := s.hop(reached[i], m, false); enough(r) {
				seen[j] = true
				reached, before, by = append(reached, m), append(before, i), append(by, r)
			}
		}
	}
	return nil, reached
}

// same is whether two members are one place for a chain.
func (s *search) same(a, b Member) bool {
	return a.Party.Endpoint != "" && a.Party.Endpoint == b.Party.Endpoint && a.ID == b.ID
}
