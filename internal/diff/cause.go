package diff

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/muralla-net/muralla/internal/diff/changed"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Bounds of the search for causes: designs that are assembled, pairs that are
// asked in them, and cells whose cause is several changes together.
const (
	maxTrials    = 400
	maxQuestions = 400_000
	maxJoint     = 30
)

// trial makes designs of which only some changes are made.
type trial struct {
	before, after Side
	changes       []Change

	hosts []reach.Party // see asker
	first int
}

// explain finds the causes of cells, and cuts cells that have several. It says
// as a clause why it did not.
func (t *trial) explain(cells []cell) ([]cell, string) {
	var out, open []cell
	for _, c := range cells {
		if c.fresh() {
			out = append(out, c)
		} else {
			open = append(open, c)
		}
	}
	if len(open) == 0 || len(t.changes) == 0 {
		return cells, ""
	}
	if n := len(t.changes); n > maxTrials || n*len(open) > maxQuestions {
		return cells, fmt.Sprintf("there are %d changes and %d differences, too many to try each change alone", n, len(open))
	}
	open = t.alone(open)
	open = t.needed(open)
	t.verify(open)
	return append(out, open...), ""
}

// alone tries each change alone, and cuts cells where some do it all.
func (t *trial) alone(cells []cell) []cell {
	for i := range t.changes {
		n := t.made([]int{i})
		var next []cell
		for _, c := range cells {
			does := region(n.bounds(c.pair), c.after)
			if part := c.packets.Intersect(does); !part.IsEmpty() {
				d := c
				d.packets = part
				d.cause.Changes = append(slices.Clone(c.cause.Changes), i)
				next = append(next, d)
			}
			if rest := c.packets.Minus(does); !rest.IsEmpty() {
				c.packets = rest
				next = append(next, c)
			}
		}
		cells = next
	}
	for i := range cells {
		switch len(cells[i].cause.Changes) {
		case 0:
		case 1:
			cells[i].cause.Kind = CauseOne
		default:
			cells[i].cause.Kind = CauseEach
		}
	}
	return cells
}

// needed puts each change back alone, for cells that no change explains: those
// without which the cell is undone act together.
func (t *trial) needed(cells []cell) []cell {
	without := func(c cell) bool { return len(c.cause.Changes) == 0 || c.cause.Kind == CauseUnknown }
	if !slices.ContainsFunc(cells, without) {
		return cells
	}
	for i := range t.changes {
		n := t.undone([]int{i})
		var next []cell
		for _, c := range cells {
			if !without(c) {
				next = append(next, c)
				continue
			}
			stays := region(n.bounds(c.pair), c.after)
			if part := c.packets.Minus(stays); !part.IsEmpty() {
				d := c
				d.packets = part
				d.cause.Changes = append(slices.Clone(c.cause.Changes), i)
				next = append(next, d)
			}
			if rest := c.packets.Intersect(stays); !rest.IsEmpty() {
				c.packets = rest
				next = append(next, c)
			}
		}
		cells = next
	}
	for i := range cells {
		if c := &cells[i].cause; c.Kind == CauseUnknown && len(c.Changes) > 0 {
			c.Kind = CauseTogether
		}
	}
	return cells
}

// verify puts back what was found and looks whether the cell is undone. What is
// not is searched from the other end: of all changes those are left out, one by
// one, that need not be put back.
func (t *trial) verify(cells []cell) {
	networks := map[string]*asker{}
	undone := func(c cell, set []int) bool {
		key := fmt.Sprint(set)
		n := networks[key]
		if n == nil {
			n = t.undone(set)
			networks[key] = n
		}
		return !c.packets.Overlaps(region(n.bounds(c.pair), c.after))
	}
	joint := 0
	for i := range cells {
		c := &cells[i]
		// What is needed was found by putting it back.
		if c.cause.Kind == CauseTogether || c.cause.Kind != CauseUnknown && undone(*c, c.cause.Changes) {
			continue
		}
		if joint++; joint > maxJoint {
			c.cause = Cause{}
			continue
		}
		set := make([]int, len(t.changes))
		for j := range set {
			set[j] = j
		}
		for j := range t.changes {
			at := slices.Index(set, j)
			if less := slices.Delete(slices.Clone(set), at, at+1); len(less) > 0 && undone(*c, less) {
				set = less
			}
		}
		c.cause = Cause{CauseSeveral, set}
	}
}

// made is the design before with some changes made.
func (t *trial) made(set []int) *asker { return t.mixed(t.before, t.after, set) }

// undone is the design after with some changes put back.
func (t *trial) undone(set []int) *asker { return t.mixed(t.after, t.before, set) }

// mixed is one design with some resources as they are in the other.
func (t *trial) mixed(base, other Side, set []int) *asker {
	take := map[ref.ID]bool{}
	parts := map[ref.ID]bool{}
	out := Side{Intent: base.Intent}
	for _, i := range set {
		switch c := t.changes[i]; {
		case c.What == changed.DeclaredLists:
			out.Intent.PrefixLists = other.Intent.PrefixLists
		case c.What != "":
			parts[c.ID] = true
		default:
			take[c.ID] = true
		}
	}
	for _, s := range base.Sets {
		s.Resources = slices.DeleteFunc(slices.Clone(s.Resources), func(r resource.Resource) bool { return take[r.ID] })
		s.Missing = slices.DeleteFunc(slices.Clone(s.Missing), func(m resource.Missing) bool { return parts[m.ID] })
		out.Sets = append(out.Sets, s)
	}
	for _, s := range other.Sets {
		var more []resource.Resource
		for _, r := range s.Resources {
			if take[r.ID] {
				more = append(more, r)
				delete(take, r.ID) // of equal IDs the first counts
			}
		}
		var gaps []resource.Missing
		for _, m := range s.Missing {
			if parts[m.ID] {
				gaps = append(gaps, m)
			}
		}
		if len(more)+len(gaps) == 0 {
			continue
		}
		at := slices.IndexFunc(out.Sets, func(o resource.Set) bool { return o.Kind == s.Kind })
		if at < 0 {
			at = len(out.Sets)
			out.Sets = append(out.Sets, resource.Set{Kind: s.Kind})
		}
		into := &out.Sets[at]
		into.Resources = append(into.Resources, more...)
		slices.SortStableFunc(into.Resources, func(a, b resource.Resource) int { return cmp.Compare(a.ID, b.ID) })
		into.Missing = append(into.Missing, gaps...)
		slices.SortStableFunc(into.Missing, func(a, b resource.Missing) int { return cmp.Compare(a.ID, b.ID) })
	}
	n := newAsker(snapshot(out))
	n.hosts, n.first = t.hosts, t.first
	return n
}

type clients struct {
	balancer ref.ID
	order    int // of the party
}
