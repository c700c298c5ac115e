package remedy

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Opening is how flows that do not work can be made to. The zero Opening knows no
// way.
type Opening struct {
	// Edits is the smallest edit. It is empty if there is none: see Obstacles.
	Edits []Edit

	// Works is what the engine says of the flows after the edit: Yes, or Unknown
	// if that depends on the facts in Gaps.
	Works fact.Tri
	Gaps  []finding.Evidence

	Also      []Exposure // what else opens, widest first
	AlsoMore  string     // why the list may not be all
	Obstacles []Obstacle // if there are no edits: what no edit of this package removes
}

// Better reports whether an opening is to be preferred: one that works, then one
// that opens less, then one of fewer edits.
func (o Opening) Better(p Opening) bool {
	if len(o.Edits) == 0 || len(p.Edits) == 0 {
		return len(o.Edits) > 0
	}
	a := cost{works: o.Works == fact.Yes, size: sizeOf(o.Also), edits: len(o.Edits)}
	return a.less(cost{works: p.Works == fact.Yes, size: sizeOf(p.Also), edits: len(p.Edits)})
}

// Obstacle is a barrier that no edit of this package removes.
type Obstacle struct {
	Gate  reach.GateKind
	At    ref.ID
	Why   string // as a clause
	Place ref.Place
}

// Limits of the search. AWS allows five groups on an interface and few of them
// are candidates, so that designs of people stay far below.
const (
	maxRounds     = 4   // routes, then what is behind them
	maxCandidates = 256 // complete edits that are compared
	maxChoices    = 512 // combinations of one round
	maxObstacles  = 8
)

// Open finds the smallest edit that makes all flows work, each between every
// pair of its interfaces.
func Open(n *reach.Network, flows ...Flow) Opening {
	x := newExposures(n, flows)
	var best *Opening
	var bestCost cost
	var obstacles []Obstacle
	for _, family := range []topo.Family{topo.IPv4, topo.IPv6} {
		var all []Flow
		possible := true
		for _, f := range flows {
			list := pairs(n.Snapshot(), f, family)
			possible = possible && len(list) > 0 && !f.Ports.IsEmpty()
			all = append(all, list...)
		}
		if !possible {
			continue
		}
		s := search{base: n, flows: all, budget: maxCandidates}
		s.round(n, nil, 0, maxRounds)
		slices.SortStableFunc(s.found, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(len(a.edits), len(b.edits)), cmp.Compare(a.rank, b.rank))
		})
		for _, c := range s.found {
			if best != nil && x.left <= 0 {
				break
			}
			also, more := x.opened(c.edits)
			at := cost{works: c.works == fact.Yes, circular: circular(n.Snapshot(), c.edits), size: sizeOf(also), edits: len(c.edits), rank: c.rank}
			if best == nil || at.less(bestCost) {
				bestCost = at
				best = &Opening{Edits: c.edits, Works: c.works, Gaps: distinct(c.gaps), Also: also, AlsoMore: more}
			}
		}
		obstacles = append(obstacles, s.obstacles...)
	}
	if best != nil {
		return *best
	}
	return Opening{Obstacles: decisive(obstacles)}
}

// decisive are obstacles in order of the gates: each reason once, and without the
// advice to ask about fewer addresses if that would not help.
func decisive(list []Obstacle) []Obstacle {
	hard := slices.ContainsFunc(list, func(o Obstacle) bool { return o.Why != everybodyWhy })
	var out []Obstacle
	slices.SortStableFunc(list, func(a, b Obstacle) int { return cmp.Compare(a.Gate, b.Gate) })
	for _, o := range list {
		if hard && o.Why == everybodyWhy {
			continue
		}
		if !slices.ContainsFunc(out, func(p Obstacle) bool {
			return p.Why == o.Why && (p.At == o.At || o.Gate == reach.GateRoute || o.Gate == reach.GateReplyRoute)
		}) {
			out = append(out, o)
		}
	}
	return out[:min(len(out), maxObstacles)]
}

// distinct drops facts that are said twice.
func distinct(list []finding.Evidence) []finding.Evidence {
	var out []finding.Evidence
	for _, e := range list {
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// cost orders candidates: what surely works first, and what can be written, then
// what opens the least.
type cost struct {
	works    bool
	circular bool
	size     int
	edits    int
	rank     int
}

func (c cost) less(d cost) bool {
	return cmp.Or(cmp.Compare(b2i(d.works), b2i(c.works)), cmp.Compare(b2i(c.circular), b2i(d.circular)), cmp.Compare(c.size, d.size), cmp.Compare(c.edits, d.edits), cmp.Compare(c.rank, d.rank)) < 0
}

// candidate is edits after which the flows work, or may.
type candidate struct {
	edits []Edit
	rank  int
	works fact.Tri
	gaps  []finding.Evidence
}

// search looks for candidates in rounds: it edits at every gate that stops the
// flows, and looks again, since what is behind a missing route shows only then.
type search struct {
	base      *reach.Network
	flows     []Flow
	budget    int
	found     []candidate
	obstacles []Obstacle
}

func (s *search) round(n *reach.Network, edits []Edit, rank, left int) {
	if s.budget <= 0 {
		return
	}
	works, stop, gaps := blocked(n, s.flows)
	if works != fact.No {
		s.budget--
		if len(edits) > 0 {
			s.add(candidate{s.needed(edits, works), rank, works, gaps})
		}
		return
	}
	if left == 0 {
		s.budget--
		return
	}
	places := gather(n.Snapshot(), stop)
	choices := []choice{{}}
	dead := false
	for _, p := range places {
		alternatives, obstacles := s.alternatives(n, p)
		if len(alternatives) == 0 {
			dead = true
			for _, o := range obstacles {
				if !slices.Contains(s.obstacles, o) {
					s.obstacles = append(s.obstacles, o)
				}
			}
			continue
		}
		var next []choice
		for _, c := range choices {
			for _, a := range alternatives {
				if len(next) < maxChoices {
					next = append(next, choice{merged(c.edits, a.edits), c.rank + a.rank})
				}
			}
		}
		choices = next
	}
	if dead || len(places) == 0 {
		return
	}
	for _, c := range choices {
		more := merged(edits, c.edits)
		if len(more) > len(edits) {
			s.round(tried(s.base, more), more, rank+c.rank, left-1)
		}
	}
}

func (s *search) add(c candidate) {
	for _, f := range s.found {
		if len(f.edits) == len(c.edits) && len(merged(f.edits, c.edits)) == len(f.edits) {
			return
		}
	}
	s.found = append(s.found, c)
}

// needed leaves out edits without which the flows work as well.
func (s *search) needed(edits []Edit, works fact.Tri) []Edit {
	for i := 0; i < len(edits) && len(edits) > 1; {
		without := slices.Delete(slices.Clone(edits), i, i+1)
		if got, _, _ := blocked(tried(s.base, without), s.flows); got == works {
			edits = without
		} else {
			i++
		}
	}
	return edits
}

// choice is edits at one or more places; a lower rank is a better kind of peer.
type choice struct {
	edits []Edit
	rank  int
}
