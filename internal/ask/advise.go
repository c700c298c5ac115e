package ask

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/topo"
)

// Advice is what to do about a pair that is not as it should be. At most one of
// its fields is set.
type Advice struct {
	Open *remedy.Opening // of a no
	Shut *remedy.Cut     // of a yes where a no is expected

	// Needs says what the question would have to name to be advised on.
	Needs string
}

// IsZero reports whether there is no advice.
func (a Advice) IsZero() bool { return a == Advice{} }

// maxAdvised is for how many pairs edits are looked for.
const maxAdvised = 8

// Advise looks for the smallest edits: those that open the pairs with a no, or,
// if no connection is expected to work, those that shut the pairs with a yes.
func Advise(n *reach.Network, r *Reply, deny bool) {
	left := maxAdvised
	for i := range r.Results {
		res := &r.Results[i]
		switch {
		case left == 0:
			return
		case !deny && res.Any == fact.No && len(res.Direct.Trail) > 0 && res.From.Belongs == fact.Yes && res.To.Belongs == fact.Yes:
			left--
			res.Advice = toOpen(n, *res)
		case deny && res.Any == fact.Yes && len(res.Direct.Trail) > 0:
			left--
			res.Advice = toShut(n, *res)
		}
	}
}

// toOpen is the smallest edit for a no: of ways through load balancers the one
// that opens the least, since who has such a way wants no other.
func toOpen(n *reach.Network, r Result) Advice {
	var best *remedy.Opening
	for _, w := range r.Ways {
		if flows, ok := legs(n.Snapshot(), w); ok {
			if o := remedy.Open(n, flows...); best == nil || o.Better(*best) {
				best = &o
			}
		}
	}
	switch {
	case best != nil:
	case r.AskedWhy != "" && r.Asked.IsAll():
		return Advice{Needs: "name a port, such as tcp/443, to be told what would open it"}
	default:
		o := remedy.Open(n, remedy.Flow{From: r.From.Party, To: r.To.Party, Ports: r.Asked})
		best = &o
	}
	return Advice{Open: best}
}

// legs are the connections of a way through a load balancer. It is not ok if the
// way does not exist, or if it leads out to the internet and in again.
func legs(s *topo.Snapshot, w Way) ([]remedy.Flow, bool) {
	client, target := whole(w.Front.From), reach.At(w.Target)
	if w.Exists == fact.No || w.Target == "" || s.Endpoint(w.Target) == nil || w.FrontPorts.Sure.IsEmpty() || w.Ends.Sure.IsEmpty() {
		return nil, false
	}
	if b := s.LoadBalancer(w.Balancer); client.Endpoint != "" && (b == nil || fact.Is(b.InternetFacing, false) != fact.Yes) {
		return nil, false
	}
	out := []remedy.Flow{
		{From: client, To: reach.At(w.Balancer), Ports: w.FrontPorts.Sure},
		{From: whole(w.Back.From), To: target, Ports: w.Ends.Sure},
	}
	if !w.HealthPorts.Sure.IsEmpty() {
		out = append(out, remedy.Flow{From: reach.At(w.Balancer), To: target, Ports: w.HealthPorts.Sure})
	}
	return out, true
}

// whole is a party with all its interfaces.
func whole(p reach.Party) reach.Party {
	p.Subnet = ref.ID("")
	return p
}

// toShut is the smallest cut for a yes.
func toShut(n *reach.Network, r Result) Advice {
	flows := []remedy.Flow{{From: r.From.Party, To: r.To.Party, Ports: r.Asked}}
	var through [][]remedy.Flow
	for _, w := range r.Ways {
		if w.Works == fact.No || w.Target == "" {
			continue
		}
		through = append(through, []remedy.Flow{
			{From: whole(w.Front.From), To: reach.At(w.Balancer), Ports: w.FrontPorts.Maybe},
			{From: whole(w.Back.From), To: reach.At(w.Target), Ports: w.Ends.Maybe},
		})
	}
	c := remedy.Shut(n, append([][]remedy.Flow{flows}, through...)...)
	return Advice{Shut: &c}
}
