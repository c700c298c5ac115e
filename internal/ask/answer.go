package ask

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Asker answers questions about one network. It is safe for concurrent use.
type Asker struct {
	net *reach.Network
	dir directory
}

// New prepares a network for questions.
func New(n *reach.Network) *Asker { return &Asker{n, directoryOf(n.Snapshot())} }

// Network is what the questions are about.
func (a *Asker) Network() *reach.Network { return a.net }

// Reply is the answer to a question. The zero Reply is undecided.
type Reply struct {
	Question question.Question
	Snapshot *topo.Snapshot // gives names and places

	// Results are the pairs that were asked about: yes first, then undecided,
	// then no; else in order of the pairs. With Brief there were too many to be
	// told gate by gate, and Direct and Ways of each are empty.
	Results []Result
	Brief   bool

	Exits  []Exit  // of what leaves: the ways out; Results then tells why there is none
	Chains []Chain // of a question about chains; Results is then empty

	// Any is whether some pair is connected on some port that was asked about,
	// Every whether every pair is on every port.
	Any, Every fact.Tri
}

// Holds answers whether what is expected is so; without an expectation, whether
// the answer is yes. Of an open form nobody can expect everything.
func (r Reply) Holds(e question.Expectation) fact.Tri {
	switch {
	case e == question.ExpectDeny:
		return r.Any.Not()
	case e == question.ExpectAllow && !r.Question.Form.IsOpen():
		return r.Every
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
	// Assumed tells that what listens on them is not in the design.
	Assumed bool

	// Connects bounds the asked packets that make a connection, directly or
	// behind a load balancer. Any and Every are what follows for the pair, given
	// also whether it belongs to the question.
	Connects   netset.Bounds
	Any, Every fact.Tri

	// Direct is the connection without a load balancer. It has no trail if a
	// side is not known well enough to be asked about.
	Direct reach.Answer
	Ways   []Way

	Advice Advice // what to do about it, see [Advise]

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

// Ask answers a question. The error is a [*question.Error].
func (a *Asker) Ask(q question.Question) (Reply, error) {
	r, err := a.ask(q)
	if err != nil {
		return Reply{}, err
	}
	return r, nil
}

func (a *Asker) ask(q question.Question) (Reply, *question.Error) {
	switch {
	case q.Pivot:
		return a.chains(q)
	case q.Form == question.Reaches:
		return a.reaches(q)
	case q.Form == question.Reached:
		return a.reached(q)
	case q.Form == question.Leaves:
		return a.leaves(q)
	}
	pairs, err := a.pairs(q)
	if err != nil {
		return Reply{}, err
	}
	return a.answer(q, pairs), nil
}

// MaxDetailed is how many pairs are answered gate by gate.
const MaxDetailed = 200

// answer answers about pairs.
func (a *Asker) answer(q question.Question, pairs []Pair) Reply {
	r := Reply{Question: q, Snapshot: a.net.Snapshot(), Any: fact.No, Every: fact.Yes, Brief: len(pairs) > MaxDetailed}
	if len(pairs) == 0 {
		r.Every = fact.No
	}
	ways := waysOf(a.net)
	for _, p := range pairs {
		res := a.pair(q, p, ways)
		if r.Brief {
			res.Direct, res.Ways, res.Notes = reach.Answer{}, nil, nil
		}
		r.add(res)
	}
	r.sort()
	return r
}

func (r *Reply) add(res Result) {
	r.Results = append(r.Results, res)
	r.Any, r.Every = r.Any.Or(res.Any), r.Every.And(res.Every)
}

func (r *Reply) sort() {
	rank := [...]int{fact.Yes: 0, fact.Unknown: 1, fact.No: 2}
	slices.SortStableFunc(r.Results, func(a, b Result) int { return cmp.Compare(rank[a.Any], rank[b.Any]) })
}

// waysOf finds the ways through load balancers from a party to a workload, and
// remembers those that several pairs share.
func waysOf(n *reach.Network) func(from reach.Party, to ref.ID) []reach.Entry {
	known := map[[2]string][]reach.Entry{}
	return func(from reach.Party, to ref.ID) []reach.Entry {
		key := [2]string{from.Addrs.Key() + string(from.Endpoint) + " " + string(from.Subnet), string(to)}
		found, ok := known[key]
		if !ok {
			found = n.EntriesFrom(to, from)
			if len(known) < MaxDetailed {
				known[key] = found
			}
		}
		return found
	}
}

// behindBalancers is whether the ways to the second through load balancers count
// for the first: load balancers themselves call their own targets only.
func (a *Asker) behindBalancers(q question.Question, p Pair) bool {
	s := a.net.Snapshot()
	if q.Direct || s.Workload(p.To.ID) == nil || !isKnown(p.From.Party) {
		return false
	}
	e := s.Endpoint(p.From.Party.Endpoint)
	return e == nil || e.Kind != topo.BalancerEndpoint && opens(e)
}

// opens is whether an endpoint opens connections of its own: data stores and VPC
// endpoints only accept.
func opens(e *topo.Endpoint) bool {
	return e.Kind != topo.StoreEndpoint && e.Kind != topo.PrivateLinkEndpoint
}

func (a *Asker) pair(q question.Question, p Pair, ways func(reach.Party, ref.ID) []reach.Entry) Result {
	n := a.net
	if p.To.Service != "" {
		return a.service(q, p)
	}
	var entries []reach.Entry
	if a.behindBalancers(q, p) {
		entries = ways(p.From.Party, p.To.ID)
	}
	return answerPair(n, q, p, entries)
}

func answerPair(n *reach.Network, q question.Question, p Pair, entries []reach.Entry) Result {
	r := Result{Pair: p}
	r.Asked, r.AskedWhy, r.Assumed = askedOf(n.Snapshot(), q, p.To.Party)
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
func askedOf(s *topo.Snapshot, q question.Question, to reach.Party) (ports netset.Ports, why string, assumed bool) {
	e := s.Endpoint(to.Endpoint)
	if q.HasPorts {
		return q.Ports, "", e != nil && e.ListensMore != ""
	}
	if e == nil {
		return netset.AllPorts(), "no port is named", false
	}
	declared := listens(e)
	switch {
	case e.ListensMore != "":
		return netset.AllPorts(), "it may listen on any port: " + e.ListensMore, true
	case declared.Maybe.IsEmpty():
		return netset.AllPorts(), "nothing is declared to listen", true
	}
	return declared.Maybe, "declared to listen", false
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
func wayOf(e reach.Entry, q question.Question, asked netset.Ports) (w Way, leads bool) {
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

func notesOf(s *topo.Snapshot, q question.Question, r Result) []string {
	var out []string
	e := s.Endpoint(r.To.Party.Endpoint)
	if e != nil && r.Any != fact.No && q.HasPorts && e.ListensMore == "" {
		if passes := r.Connects.Maybe.Intersect(r.Asked); !listens(e).Maybe.Overlaps(passes) {
			out = append(out, "Packets arrive, but nothing is declared to listen on "+passes.String()+".")
		}
	}
	if e != nil && r.Any == fact.No && q.HasPorts && e.ListensMore == "" && !listens(e).Maybe.IsEmpty() && !listens(e).Maybe.Overlaps(r.Asked) {
		out = append(out, "Nothing is declared to listen on "+r.Asked.String()+", but on "+listens(e).Maybe.String()+".")
	}
	if o := s.Endpoint(r.From.Party.Endpoint); o != nil && !opens(o) {
		out = append(out, "A "+o.Kind.String()+" opens no connections of its own; the answer is about its network alone.")
	} else if o != nil && e != nil && o.Kind == topo.BalancerEndpoint && (e.Kind == topo.StoreEndpoint || e.Kind == topo.PrivateLinkEndpoint) {
		out = append(out, "A load balancer connects to its targets only; the answer is about its network alone.")
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
