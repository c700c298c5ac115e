package ask

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Reply is the answer to a question. The zero Reply is undecided.
type Reply struct {
	Question Question
	Snapshot *topo.Snapshot // gives names and places
	Results  []Result       // yes first, then undecided, then no; else in order of the pairs

	// Any is whether some pair is connected on some port that was asked about,
	// Every whether every pair is on every port.
	Any, Every fact.Tri
}

// Expectation is what a user expects of an answer. The zero Expectation is none.
type Expectation uint8

// The expectations.
const (
	ExpectNothing Expectation = iota
	ExpectAllow               // every pair is connected on every port
	ExpectDeny                // no pair is on any
)

// ParseExpectation reads "", "allow" and "deny".
func ParseExpectation(s string) (Expectation, bool) {
	i := slices.Index(expectations[:], s)
	return Expectation(max(i, 0)), i >= 0
}

var expectations = [...]string{"", "allow", "deny"}

// String is the expectation as [ParseExpectation] reads it.
func (e Expectation) String() string { return expectations[min(e, ExpectDeny)] }

// Holds answers whether what is expected is so; without an expectation, whether
// the answer is yes.
func (r Reply) Holds(e Expectation) fact.Tri {
	switch e {
	case ExpectAllow:
		return r.Every
	case ExpectDeny:
		return r.Any.Not()
	}
	return r.Any
}

// Result is the answer for one pair.
type Result struct {
	Pair

	// Asked are the ports of the destination that the question is about, and
	// AskedWhy how they were chosen if the question names none.
	Asked    netset.Ports
	AskedWhy string

	// Connects bounds the asked packets that make a connection, directly or
	// behind a load balancer. Any and Every are what follows for the pair, given
	// also whether it belongs to the question.
	Connects   netset.Bounds
	Any, Every fact.Tri

	// Direct is the connection without a load balancer. It has no trail if a
	// side is not known well enough to be asked about.
	Direct reach.Answer
	Ways   []Way

	Notes []string           // what a reader may not expect, as sentences
	Gaps  []finding.Evidence // the missing facts, if Any is unknown
}

// Way is a way through a load balancer.
type Way struct {
	reach.Entry
	Ends  netset.Bounds      // the target ports that the question is about
	Works fact.Tri           // whether connections get through to them
	Why   []finding.Evidence // the missing facts, unless Works is No
}

// Answer answers a question about the pairs that [Resolve] gave for it.
func Answer(n *reach.Network, q Question, pairs []Pair) Reply {
	r := Reply{Question: q, Snapshot: n.Snapshot(), Any: fact.No, Every: fact.Yes}
	ways := map[ref.ID][]reach.Entry{} // of one source: only one side of a question is outside
	for _, p := range pairs {
		var entries []reach.Entry
		if from := p.From.Party.Addrs; !from.IsEmpty() && !q.Direct && n.Snapshot().Workload(p.To.ID) != nil {
			found, ok := ways[p.To.ID]
			if !ok {
				found = n.Entries(p.To.ID, from)
				ways[p.To.ID] = found
			}
			entries = found
		}
		res := answerPair(n, q, p, entries)
		r.Results = append(r.Results, res)
		r.Any, r.Every = r.Any.Or(res.Any), r.Every.And(res.Every)
	}
	rank := [...]int{fact.Yes: 0, fact.Unknown: 1, fact.No: 2}
	slices.SortStableFunc(r.Results, func(a, b Result) int { return cmp.Compare(rank[a.Any], rank[b.Any]) })
	return r
}

func answerPair(n *reach.Network, q Question, p Pair, entries []reach.Entry) Result {
	r := Result{Pair: p}
	r.Asked, r.AskedWhy = askedOf(n.Snapshot(), q, p.To.Party)
	missing := slices.Concat(p.From.Gaps, p.To.Gaps)
	if isKnown(p.From.Party) && isKnown(p.To.Party) {
		r.Direct = n.Connect(p.From.Party, p.To.Party, r.Asked)
		r.Connects = r.Direct.Packets.Restrict(r.Asked)
		r.Any = r.Connects.Any(r.Asked)
	} else if p.From.Belongs.And(p.To.Belongs) != fact.No {
		r.Connects = netset.AtMost(r.Asked)
	}
	missing = append(missing, r.Direct.Gaps...)
	for _, e := range entries {
		if e.Target != "" && p.To.Party.Endpoint != "" && e.Target != p.To.Party.Endpoint {
			continue
		}
		w, leads := wayOf(e, q, r.Asked)
		if !leads {
			continue
		}
		r.Ways = append(r.Ways, w)
		r.Any = r.Any.Or(w.Works)
		add := netset.Bounds{}
		if w.Works != fact.No {
			add.Maybe = w.Ends.Maybe
		}
		if w.Works == fact.Yes {
			add.Sure = w.Ends.Sure
		}
		r.Connects = r.Connects.Or(add.Restrict(r.Asked))
		missing = append(missing, w.Why...)
	}
	r.Every = r.Connects.All(r.Asked)
	belongs := p.From.Belongs.And(p.To.Belongs)
	r.Any = r.Any.And(belongs)
	switch belongs {
	case fact.No:
		r.Every = fact.No
	case fact.Unknown:
		r.Every = fact.Unknown // it is not known whether the pair is asked about
	}
	if r.Any == fact.Unknown || r.Every == fact.Unknown || belongs == fact.No {
		r.Gaps = distinct(missing)
	}
	r.Notes = notesOf(n.Snapshot(), q, r)
	return r
}

func isKnown(p reach.Party) bool { return p.Endpoint != "" || !p.Addrs.IsEmpty() }

// askedOf is the ports of a question about a destination.
func askedOf(s *topo.Snapshot, q Question, to reach.Party) (ports netset.Ports, why string) {
	if q.HasPorts {
		return q.Ports, ""
	}
	e := s.Endpoint(to.Endpoint)
	if e == nil {
		return netset.AllPorts(), "no port is named"
	}
	declared := listens(e)
	switch {
	case e.ListensMore != "":
		return netset.AllPorts(), "it may listen on any port: " + e.ListensMore
	case declared.Maybe.IsEmpty():
		return netset.AllPorts(), "nothing is declared to listen"
	}
	return declared.Maybe, "declared to listen"
}

func listens(e *topo.Endpoint) netset.Bounds {
	var out netset.Bounds
	for _, l := range e.Listens {
		out = out.Or(l.Ports)
	}
	return out
}

// wayOf is a way through a load balancer, and whether it may lead to a port
// that was asked about.
func wayOf(e reach.Entry, q Question, asked netset.Ports) (w Way, leads bool) {
	w = Way{Entry: e, Ends: e.TargetPorts}
	if q.HasPorts {
		if w.Ends = e.TargetPorts.Restrict(asked); w.Ends.Maybe.IsEmpty() {
			return w, false
		}
	}
	front, back := passes(e.Front, e.FrontPorts), passes(e.Back, w.Ends)
	w.Works = e.Exists.And(front).And(back)
	if w.Ends.Sure.IsEmpty() && !w.Ends.Maybe.Equal(e.TargetPorts.Maybe) {
		w.Works = w.Works.And(fact.Unknown)
		w.Why = append(w.Why, finding.Evidence{Text: "which port the load balancer sends to: one of " + e.TargetPorts.Maybe.String()})
	}
	if w.Works == fact.No {
		return w, true
	}
	if e.Exists != fact.Yes {
		w.Why = append(w.Why, finding.Evidence{Text: cmp.Or(e.Why, "whether the way through the load balancer exists")})
	}
	if front != fact.Yes {
		w.Why = append(w.Why, e.Front.Gaps...)
	}
	if back != fact.Yes {
		w.Why = append(w.Why, e.Back.Gaps...)
	}
	return w, true
}

// passes answers whether a connection is made on a port that is known within
// bounds: one of ports.
func passes(a reach.Answer, ports netset.Bounds) fact.Tri {
	switch {
	case a.Packets.Sure.Overlaps(ports.Sure), !ports.Maybe.IsEmpty() && a.Packets.Sure.Covers(ports.Maybe):
		return fact.Yes
	case a.Packets.Maybe.Overlaps(ports.Maybe):
		return fact.Unknown
	}
	return fact.No
}

func notesOf(s *topo.Snapshot, q Question, r Result) []string {
	var out []string
	e := s.Endpoint(r.To.Party.Endpoint)
	if e != nil && r.Any != fact.No && q.HasPorts && e.ListensMore == "" {
		if passes := r.Connects.Maybe.Intersect(r.Asked); !listens(e).Maybe.Overlaps(passes) {
			out = append(out, "Packets arrive, but nothing is declared to listen on "+passes.String()+".")
		}
	}
	if o := s.Endpoint(r.From.Party.Endpoint); o != nil && (o.Kind == topo.StoreEndpoint || o.Kind == topo.PrivateLinkEndpoint) {
		out = append(out, "A "+o.Kind.String()+" opens no connections of its own; the answer is about its network alone.")
	}
	return out
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
