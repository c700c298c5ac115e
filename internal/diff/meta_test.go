package diff

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// samples are hosts outside at and beside the ends of what designs are drawn with.
var samples = []string{"203.0.113.7", "198.51.0.0", "198.51.255.255", "198.52.0.0", "8.8.8.8", "192.168.3.4", "192.169.0.1", "10.1.0.1"}

// flat is a difference as one line for each thing, thing, packet and change.
func flat(d Difference, probes []netset.Ports) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range d.Rows {
		if r.Way != nil {
			continue
		}
		for _, f := range r.From {
			for _, n := range r.To {
				for _, from := range spots(f) {
					for _, to := range spots(n) {
						for _, p := range probes {
							if !r.Packets.Covers(p) {
								continue
							}
							line := fmt.Sprintf("%s>%s %s %s-%s", from, to, p, r.Before, r.After)
							if seen[line] {
								panic("said twice: " + line)
							}
							seen[line] = true
							out = append(out, line)
						}
					}
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func spots(n Node) []string {
	if n.Endpoint != "" {
		return []string{string(n.Endpoint)}
	}
	var out []string
	for _, s := range samples {
		if n.Addrs.Contains(address(s)) {
			out = append(out, s)
		}
	}
	return out
}

// slowly asks about every pair and probe on both sides, one after the other.
func slowly(a, b Side, probes []netset.Ports) []string {
	x, y := reach.New(snapshot(a)), reach.New(snapshot(b))
	ids := map[string]reach.Party{}
	for _, n := range []*reach.Network{x, y} {
		for i := range n.Snapshot().Endpoints {
			id := n.Snapshot().Endpoints[i].ID
			ids[string(id)] = reach.At(id)
		}
	}
	for _, s := range samples {
		ids[s] = reach.Party{Addrs: netset.Addr(address(s)), Unlisted: true}
	}
	is := func(n *reach.Network, from, to reach.Party, p netset.Ports) fact.Tri {
		for _, side := range []reach.Party{from, to} {
			if side.Endpoint != "" && n.Snapshot().Endpoint(side.Endpoint) == nil {
				return fact.No
			}
		}
		return n.Connect(from, to, p).Packets.Any(p)
	}
	var out []string
	for f, from := range ids {
		for t, to := range ids {
			if from.Endpoint == "" && to.Endpoint == "" || f == t && (f == "aws_lb.main" || f == "aws_db_instance.db") || f == "aws_db_instance.db" {
				continue
			}
			for _, p := range probes {
				if before, after := is(x, from, to, p), is(y, from, to, p); before != after {
					out = append(out, fmt.Sprintf("%s>%s %s %s-%s", f, t, p, before, after))
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

var probes = []netset.Ports{netset.TCP(80, 80), netset.TCP(443, 443), netset.TCP(8080, 8080), netset.TCP(5432, 5432), netset.UDP(53, 53)}

func TestDifferenceIsThatOfEveryPair(t *testing.T) {
	var seen [3][3]int
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		q := p.edit(rt)
		a, b := p.side(), q.side()
		d := Of(a, b)
		if diff := cmp.Diff(slowly(a, b, probes), flat(d, probes)); diff != "" {
			rt.Fatalf("every pair -, difference +:\n%s", diff)
		}
		for _, r := range d.Rows {
			seen[r.Before][r.After]++
		}
	})
	for i, row := range seen {
		for j, n := range row {
			if (n == 0) != (i == j) {
				t.Errorf("%d rows from %v to %v", n, fact.Tri(i), fact.Tri(j))
			}
		}
	}
}

func TestOfItselfAndMirrored(t *testing.T) {
	var ways, fresh int
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		q := p.edit(rt)
		a, b := p.side(), q.side()
		if d := Of(a, p.side()); !d.IsEmpty() || len(d.Changes)+len(d.Moved) > 0 {
			rt.Fatalf("a design differs from itself: %+v", d.Rows)
		}
		there, back := Of(a, b), Of(b, a)
		var want, got []string
		for _, r := range there.Rows {
			want = append(want, lines(r, false)...)
			if r.Way != nil {
				ways++
			}
			if r.Fresh {
				fresh++
			}
		}
		for _, r := range back.Rows {
			got = append(got, lines(r, true)...)
		}
		slices.Sort(want)
		slices.Sort(got)
		want, got = slices.Compact(want), slices.Compact(got)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("there -, back +:\n%s", diff)
		}
	})
	if ways == 0 || fresh == 0 {
		t.Errorf("%d ways through load balancers and %d rows of new things: the draw is too narrow", ways, fresh)
	}
}

// lines are the pairs and probes of a row, with both sides exchanged if it is
// mirrored. Causes are of one direction.
func lines(r Row, mirrored bool) []string {
	before, after := r.Before, r.After
	if mirrored {
		before, after = after, before
	}
	way := ""
	if r.Way != nil {
		w := *r.Way
		w.Lost = ""
		way = fmt.Sprint(w)
	}
	var out []string
	for _, f := range r.From {
		for _, n := range r.To {
			for _, from := range spots(f) {
				for _, to := range spots(n) {
					for _, p := range probes {
						if r.Packets.Covers(p) {
							out = append(out, fmt.Sprint(from, to, p, before, after, r.Fresh, way))
						}
					}
				}
			}
		}
	}
	return out
}

// What a cause says is so: one change alone makes the row, and putting back what
// is named undoes it.
func TestCausesHold(t *testing.T) {
	kinds := map[CauseKind]int{}
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		q := p.edit(rt)
		a, b := p.side(), q.side()
		d := Of(a, b)
		tr := &trial{before: a, after: b, changes: d.Changes}
		for _, r := range d.Rows {
			if r.Fresh {
				continue
			}
			kinds[r.Cause.Kind]++
			if r.Way != nil {
				continue
			}
			holds := func(n *asker) bool { // for all of the row
				return every(r, func(p pair) bool { return region(n.bounds(p), r.After).Covers(r.Packets) })
			}
			undone := func(n *asker) bool {
				return every(r, func(p pair) bool { return !region(n.bounds(p), r.After).Overlaps(r.Packets) })
			}
			set := r.Cause.Changes
			switch r.Cause.Kind {
			case CauseOne, CauseEach:
				for _, i := range set {
					if !holds(tr.made([]int{i})) {
						rt.Fatalf("%v alone does not make %+v", d.Changes[i].ID, r)
					}
				}
				if !undone(tr.undone(set)) {
					rt.Fatalf("without %v there still is %+v", set, r)
				}
			case CauseTogether:
				for _, i := range set {
					if !undone(tr.undone([]int{i})) {
						rt.Fatalf("without %v there still is %+v", d.Changes[i].ID, r)
					}
				}
			case CauseSeveral:
				if !undone(tr.undone(set)) {
					rt.Fatalf("without %v there still is %+v", set, r)
				}
			default:
				rt.Fatalf("no cause of %+v", r)
			}
		}
	})
	for _, k := range []CauseKind{CauseOne, CauseEach, CauseTogether} {
		if kinds[k] == 0 {
			t.Errorf("no row had a cause of kind %d: the draw is too narrow (%v)", k, kinds)
		}
	}
}

func every(r Row, is func(pair) bool) bool {
	sides := func(n Node) []reach.Party {
		if n.Endpoint != "" {
			return []reach.Party{reach.At(n.Endpoint)}
		}
		var out []reach.Party
		for _, s := range spots(n) {
			out = append(out, reach.Party{Addrs: netset.Addr(address(s)), Unlisted: true})
		}
		return out
	}
	for _, f := range r.From {
		for _, n := range r.To {
			for _, from := range sides(f) {
				for _, to := range sides(n) {
					if !is(pair{from: &party{Party: from}, to: &party{Party: to}}) {
						return false
					}
				}
			}
		}
	}
	return true
}

// Pairs that no change is said to touch are the same on both sides.
func TestUntouchedPairsAreTheSame(t *testing.T) {
	spared := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		a, b := snapshot(p.side()), snapshot(p.edit(rt).side())
		some := touched(a, b)
		if some.all || some.nothing {
			return
		}
		c := comparison{newAsker(a), newAsker(b)}
		all := c.relation(touch{all: true})
		for _, cell := range all.cells {
			if cell.way == nil && !some.both(cell.from.Endpoint, cell.to.Endpoint) {
				rt.Fatalf("untouched: %+v", cell)
			}
		}
		for _, id := range append(insiderIDs(a), insiderIDs(b)...) {
			if !some.touched[id] {
				spared++
			}
		}
	})
	if spared == 0 {
		t.Error("every change touched everything: the draw is too narrow")
	}
}

func insiderIDs(s *topo.Snapshot) []ref.ID {
	var out []ref.ID
	for i := range s.Endpoints {
		out = append(out, s.Endpoints[i].ID)
	}
	return out
}

func address(s string) netip.Addr { return netip.MustParseAddr(s) }
