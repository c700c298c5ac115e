package reach

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Lists that people read are cut at these lengths.
const (
	maxGaps  = 24
	maxRules = 16
	maxNear  = 4
	maxSeen  = 256 // misses that are compared
)

// note collects why a gate passes or stops packets. A nil note collects
// nothing, so that answers without explanation cost nothing.
type note struct {
	rules  []RuleUse
	denies []RuleUse // of rules, the entries of a network ACL that may deny
	misses []miss    // rules that come near, in the order in which they were met
	stop   []string
	doubts []finding.Evidence
	cut    Chance
}

func (n *note) rule(u RuleUse) {
	if n != nil && len(n.rules) < maxRules && !hasUse(n.rules, u) {
		n.rules = append(n.rules, u)
	}
}

func (n *note) deny(u RuleUse) {
	if n != nil && len(n.denies) < maxRules && !hasUse(n.denies, u) {
		n.denies = append(n.denies, u)
	}
}

// miss is a rule that lets no asked packet pass, and how far it is from that:
// ports is 0 if they are those asked about, else how many the nearest is away;
// far tells that both its ports and its peer are others.
type miss struct {
	RuleUse
	ports int
	far   bool
}

func (n *note) near(m miss) {
	if n != nil && len(n.misses) < maxSeen && !slices.ContainsFunc(n.misses, func(o miss) bool { return hasUse([]RuleUse{o.RuleUse}, m.RuleUse) }) {
		n.misses = append(n.misses, m)
	}
}

// nearest are the rules that come nearest: those that mean the right peer, by
// the distance of their ports, then those for the right ports that mean another;
// if there are none, the one whose ports are nearest of the others.
func (n *note) nearest() []RuleUse {
	list := slices.Clone(n.misses)
	slices.SortStableFunc(list, func(a, b miss) int {
		return cmp.Or(cmp.Compare(boolRank(a.far), boolRank(b.far)), cmp.Compare(boolRank(a.ports == 0), boolRank(b.ports == 0)), cmp.Compare(a.ports, b.ports))
	})
	var out []RuleUse
	for _, m := range list[:min(len(list), maxNear)] {
		if m.far && len(out) > 0 {
			break
		}
		out = append(out, m.RuleUse)
	}
	return out
}

// apart is how many ports lie between two sets of packets: 0 if they overlap;
// packets of other protocols are further away than any port.
func apart(a, b netset.Ports) int {
	if a.Overlaps(b) {
		return 0
	}
	best := 1 << 16
	for lo, hi := range a.Intervals() {
		for from, to := range b.Intervals() {
			switch {
			case lo>>16 != hi>>16 || from>>16 != to>>16 || lo>>16 != from>>16:
			case from > hi:
				best = min(best, int(from-hi))
			case lo > to:
				best = min(best, int(lo-to))
			}
		}
	}
	return best
}

func hasUse(list []RuleUse, u RuleUse) bool {
	return slices.ContainsFunc(list, func(v RuleUse) bool { return v.ID == u.ID && v.Text == u.Text && v.Place == u.Place })
}

func (n *note) stops(why string) {
	if n != nil && !slices.Contains(n.stop, why) {
		n.stop = append(n.stop, why)
	}
}

// flaky is a reason why packets pass by chance only.
func (n *note) flaky(why string) { n.unknown(why, ref.Place{}) }

// chance records which ports of a client surely get no replies.
func (n *note) chance(cut, of netset.Ports) {
	if n != nil {
		n.cut = Chance{Cut: n.cut.Cut.Union(cut), Of: n.cut.Of.Union(of)}
	}
}

func (n *note) unknown(why string, at ref.Place) {
	if n != nil {
		n.doubts = distinct(append(n.doubts, finding.Evidence{Text: why, Place: at}))
	}
}

// distinct drops repetitions and what is past the limit.
func distinct(list []finding.Evidence) []finding.Evidence {
	var out []finding.Evidence
	for _, e := range list {
		if len(out) < maxGaps && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// trail is the explanation of a pair of address sets. A nil trail records
// nothing.
type trail struct {
	leaf
	asked  netset.Ports
	steps  []Step
	gates  [GateReplyACLIn + 1]*note
	missed []finding.Evidence // why a side may not be there
	gaps   []finding.Evidence
}

func (t *trail) note(k GateKind) *note {
	if t == nil {
		return nil
	}
	if t.gates[k] == nil {
		t.gates[k] = &note{}
	}
	return t.gates[k]
}

func (t *trail) notes() notes {
	return notes{t.note(GateRoute), t.note(GatePublicAddress), t.note(GateBlockPublic), t.note(GateReplyRoute)}
}

// absent records why a side may not be there.
func (t *trail) absent(q *question, s *side) {
	if t == nil || s.exists == fact.Yes {
		return
	}
	what := " has an interface in " + q.topo.Label(s.subnetID)
	switch {
	case s.family == topo.IPv6 && !s.ep.IPv6.IsKnown():
		what = " has IPv6 addresses"
	case s.subnetID == "":
		t.missed = append(t.missed, q.subnetGap(s))
		return
	}
	t.missed = append(t.missed, finding.Evidence{Text: "whether " + q.sideName(s) + what + " is not known" + because(s.why), Place: s.place})
}

// chance is what the gates of the trail leave to chance, and whether that is all
// that keeps them from deciding.
func (t *trail) chance() (c Chance, only bool) {
	for _, s := range t.steps {
		switch {
		case s.Passes.IsExact():
		case s.Chance.IsZero():
			return Chance{}, false
		default:
			c = Chance{Cut: c.Cut.Union(s.Chance.Cut), Of: c.Of.Union(s.Chance.Of)}
		}
	}
	return c, len(t.missed) == 0
}

func (t *trail) step(k GateKind, at ref.ID, b netset.Bounds) {
	if t == nil {
		return
	}
	n := t.note(k)
	s := Step{Gate: k, At: at, Passes: b.Restrict(t.asked), Rules: n.rules}
	open := !s.Passes.IsExact()
	switch {
	case s.Passes.Maybe.IsEmpty() && !t.asked.IsEmpty():
		denies := n.denies
		if k == GateACLIn || k == GateACLOut {
			denies = slices.DeleteFunc(slices.Clone(denies), func(u RuleUse) bool { return !u.Ports.Overlaps(t.asked) })
		}
		switch {
		case len(denies) > 0:
			s.Rules = denies
		case len(s.Rules) == 0 || k == GateGroupIn || k == GateGroupOut || k == GateACLIn || k == GateACLOut || k == GateReplyACLIn || k == GateReplyACLOut:
			s.Rules = n.nearest()
			s.Near = len(s.Rules) > 0
		}
		s.Why = strings.Join(n.stop, "; ")
		if s.Why == "" {
			s.Why = nothingAllows(k)
		}
	case open:
		s.Chance = n.cut
		var all []string
		for _, d := range n.doubts[:min(len(n.doubts), 3)] {
			all = append(all, d.Text)
		}
		s.Why = strings.Join(all, "; ")
		if s.Why == "" {
			s.Why = "it depends on what is not known"
		}
	case !s.Passes.Sure.Covers(t.asked):
		s.Why = "it lets pass only " + s.Passes.Sure.String()
	}
	if open {
		t.gaps = append(t.gaps, n.doubts...)
	}
	t.steps = append(t.steps, s)
}

func nothingAllows(k GateKind) string {
	switch k {
	case GateGroupIn, GateGroupOut:
		return "no rule allows it"
	case GateACLIn, GateACLOut:
		return "no entry allows it before one that denies it"
	case GateReplyACLIn, GateReplyACLOut:
		return "no entry allows the replies before one that denies them"
	}
	return "it does not pass"
}

// explain is [question.solve] with the gates: of hosts outside those of the
// part with the most packets, of interfaces those of all their addresses.
func (q *question) explain(from, to side) trail {
	q.cutSide = nil
	t := trail{asked: q.asked}
	t.leaf = q.eval(&from, &to, &t)
	if q.cutSide == nil || q.left == 0 {
		slices.SortStableFunc(t.steps, func(a, b Step) int { return int(a.Gate) - int(b.Gate) })
		t.gaps = distinct(append(t.gaps, t.missed...))
		return t
	}
	at := q.divide()
	rest := at.addrs.Minus(q.cutAt)
	at.addrs = at.addrs.Intersect(q.cutAt)
	hosts, name := at.hosts, q.sideName(at)
	a := q.explain(from, to)
	at.addrs = rest
	b := q.explain(from, to)
	if !hosts {
		return a.meet(b, name)
	}
	if b.leaf.better(a.leaf) {
		return b
	}
	return a
}

// meet joins the trails of two parts of the addresses that an interface may
// have.
func (t trail) meet(u trail, name string) trail {
	out := trail{leaf: t.leaf.either(u.leaf), asked: t.asked, gaps: append(slices.Clone(t.gaps), u.gaps...)}
	depends := "it depends on the address that " + name + " gets"
	for k := GateGroupOut; k <= GateReplyACLIn; k++ {
		a, b := stepOf(t.steps, k), stepOf(u.steps, k)
		switch {
		case a == nil && b == nil:
		case a == nil:
			out.steps = append(out.steps, *b)
		case b == nil:
			out.steps = append(out.steps, *a)
		default:
			s := *a
			s.Passes = either(a.Passes, b.Passes)
			s.Rules = slices.Clone(a.Rules)
			for _, r := range b.Rules {
				if len(s.Rules) < maxRules && !hasUse(s.Rules, r) {
					s.Rules = append(s.Rules, r)
				}
			}
			if !a.Passes.Equal(b.Passes) {
				s.Why = depends
				out.gaps = append(out.gaps, finding.Evidence{Text: depends})
			}
			out.steps = append(out.steps, s)
		}
	}
	out.gaps = distinct(out.gaps)
	return out
}

func stepOf(steps []Step, k GateKind) *Step {
	for i := range steps {
		if steps[i].Gate == k {
			return &steps[i]
		}
	}
	return nil
}
