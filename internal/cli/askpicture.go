package cli

import (
	"fmt"
	"io"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	picture "github.com/muralla-net/muralla/internal/render/graph"
)

// maxDrawn is how many pairs of an answer are drawn: more nobody could read.
const maxDrawn = 12

// drawAnswer writes the picture of an answer: the parties with the gates of each
// connection between them. The first answers are the surest.
func drawAnswer(w io.Writer, format, question string, r ask.Reply) error {
	results := r.Results
	for _, c := range r.Chains {
		if len(c.Hops) > 0 {
			results = append(results, c.Hops...)
		} else {
			results = append(results, c.Tried...)
		}
	}
	var journeys []graph.Journey
	for _, x := range results[:min(len(results), maxDrawn)] {
		journeys = append(journeys, journeysOf(x)...)
	}
	left := len(results) - maxDrawn
	for _, e := range r.Exits {
		for _, u := range e.Users {
			if len(journeys) >= maxDrawn {
				left = max(left, 0) + 1
				continue
			}
			to := graph.Stop{ID: e.Gateway, Name: e.Owner}
			journeys = append(journeys, graph.Journey{Legs: []graph.Leg{{From: stopOf(u.Member), To: to, Asked: u.Ports.Maybe, Works: u.Any}}})
		}
	}
	g := graph.OfJourneys(r.Snapshot, question, journeys)
	g.Subtitle = map[fact.Tri]string{fact.Yes: "Yes", fact.No: "No", fact.Unknown: "Undecided"}[r.Any]
	if left > 0 {
		g.Notes = append(g.Notes, fmt.Sprintf("%d more of the answer are not drawn; -o text --all has them.", left))
	}
	return pictures[format](w, g, picture.Options{})
}

func stopOf(m ask.Member) graph.Stop {
	if m.ID != "" {
		return graph.Stop{ID: m.ID}
	}
	return graph.Stop{Name: m.Text}
}

// journeysOf are the ways of one pair: without a load balancer, if that says
// anything, and through each.
func journeysOf(r ask.Result) []graph.Journey {
	var out []graph.Journey
	from, to := stopOf(r.From), stopOf(r.To)
	if works := r.Direct.Packets.Any(r.Asked); works != fact.No || len(r.Ways) == 0 || r.Any == fact.No {
		if len(r.Direct.Trail) == 0 {
			works = r.Any // it is told without its gates, or a side is not known
		}
		out = append(out, graph.Journey{Legs: []graph.Leg{{From: from, To: to, Asked: r.Asked, Works: works, Trail: r.Direct.Trail, Gaps: r.Gaps}}})
	}
	for _, w := range r.Ways {
		via := graph.Stop{ID: w.Balancer}
		out = append(out, graph.Journey{Legs: []graph.Leg{
			legOf(from, via, w.FrontPorts, w.Client, w.Front),
			legOf(via, to, w.Ends, w.Backend, w.Back),
		}})
	}
	return out
}

func legOf(from, to graph.Stop, ports netset.Bounds, tls reach.TLS, a reach.Answer) graph.Leg {
	return graph.Leg{From: from, To: to, Asked: ports.Maybe, Works: a.Packets.Any(ports.Maybe), TLS: tls, Trail: a.Trail, Gaps: a.Gaps}
}
