package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Journey is one way from one party to another: connections one after the other,
// the first from where it begins.
type Journey struct{ Legs []Leg }

// Leg is one connection of a journey.
type Leg struct {
	From, To Stop
	Asked    netset.Ports // the ports of the destination that are asked about
	Works    fact.Tri
	TLS      reach.TLS          // unknown if nothing says
	Trail    []reach.Step       // its gates in order; may be empty
	Gaps     []finding.Evidence // what is missing if Works is unknown
}

// Stop is a party of a journey.
type Stop struct {
	ID   ref.ID // of a thing of the snapshot; empty for hosts outside
	Name string // for people: "internet"; empty for the name of the thing
}

// maxLines is how many gates of one connection are shown; there are fewer.
const maxLines = 16

// OfJourneys is the picture of answers: the parties, and between two of them the
// gates of their connection, each with the rule that lets packets pass, the
// barrier that stops them or what is missing. It has no lanes. Parties that stand
// in several journeys are one box.
func OfJourneys(s *topo.Snapshot, title string, journeys []Journey) Graph {
	b := &builder{Snapshot: s}
	g := Graph{Title: title}
	for _, j := range journeys {
		for _, l := range j.Legs {
			from, to := g.stop(b, l.From), g.stop(b, l.To)
			g.leg(b, from, to, l)
		}
	}
	return g
}

// stop is the key of the box of a party.
func (g *Graph) stop(b *builder, p Stop) string {
	key := cmp.Or(string(p.ID), "outside:"+p.Name)
	if slices.ContainsFunc(g.Boxes, func(x Box) bool { return x.Key == key }) {
		return key
	}
	x := Box{Key: key, Kind: Internet, Name: p.Name, Word: "outside the design"}
	if p.ID != "" {
		x.Kind, x.Word = b.partyOf(p.ID)
		x.Name = cmp.Or(p.Name, b.nameOf(p.ID))
	}
	x.Members = []Member{{ID: p.ID, Name: x.Name, Place: b.placeOf(p.ID)}}
	g.Boxes = append(g.Boxes, x)
	return key
}

// partyOf is the kind and the word of a thing.
func (b *builder) partyOf(id ref.ID) (Kind, string) {
	if w := b.Workload(id); w != nil {
		return Task, b.taskWord(w)
	}
	if e := b.Endpoint(id); e != nil {
		return b.kindOf(e), b.wordOf(e, cmp.Or(e.Owner, e.ID))
	}
	if l := b.LoadBalancer(id); l != nil {
		return Balancer, l.Kind.String()
	}
	if b.VPCEndpoint(id) != nil {
		return Door, "VPC endpoint"
	}
	return Interface, "of the design"
}

// leg adds the gates of one connection, and the edges to and from them.
func (g *Graph) leg(b *builder, from, to string, l Leg) {
	key := fmt.Sprintf("gates:%d", len(g.Boxes))
	ports := portsText(l.Asked)
	x := Box{Key: key, Kind: Gates, Name: [...]string{fact.Unknown: "undecided", fact.No: "stopped", fact.Yes: "passes"}[l.Works], Word: ports}
	for _, s := range l.Trail[:min(len(l.Trail), maxLines)] {
		x.Lines = append(x.Lines, lineOf(b, s, l.Asked))
	}
	if len(x.Lines) == 0 {
		for _, gap := range l.Gaps {
			x.Lines = append(x.Lines, Line{Text: "missing", Detail: gap.Text, Place: gap.Place})
		}
	}
	label := ""
	if l.TLS != reach.TLSUnknown {
		label = l.TLS.String()
	}
	e := Edge{Works: l.Works, TLS: l.TLS, Count: 1}
	in, out := e, e
	in.From, in.To, in.Label = from, key, ""
	out.From, out.To, out.Label = key, to, label
	// What a barrier stops still gets to it.
	in.Works = fact.Yes
	// Ways that differ elsewhere may have a connection in common.
	for i, e := range g.Edges {
		if i%2 == 0 && e.From == from && g.Edges[i+1].To == to && g.Edges[i+1].TLS == l.TLS && sameGates(g.Boxes, e.To, x) {
			return
		}
	}
	g.Boxes = append(g.Boxes, x)
	g.Edges = append(g.Edges, in, out)
}

// sameGates reports whether a box has the gates of another one.
func sameGates(boxes []Box, key string, x Box) bool {
	i := slices.IndexFunc(boxes, func(o Box) bool { return o.Key == key })
	return i >= 0 && boxes[i].Name == x.Name && boxes[i].Word == x.Word && slices.Equal(boxes[i].Lines, x.Lines)
}

func lineOf(b *builder, s reach.Step, asked netset.Ports) Line {
	out := Line{Text: s.Gate.String()}
	switch {
	case s.Passes.Sure.Overlaps(asked) && (s.Why == "" || s.Passes.Sure.Covers(asked)):
		out.Passes = fact.Yes
	case s.Passes.Maybe.Intersect(asked).IsEmpty():
		out.Passes = fact.No
	}
	if s.At != "" {
		out.Text += ", " + b.Label(s.At)
	}
	var rules []string
	for _, r := range s.Rules {
		rules = append(rules, r.Text)
		if out.Place.IsZero() {
			out.Place = r.Place
		}
	}
	if out.Passes == fact.Yes {
		out.Detail = cmp.Or(strings.Join(rules, "; "), s.Why)
	} else {
		out.Detail = cmp.Or(s.Why, strings.Join(rules, "; "))
	}
	return out
}
