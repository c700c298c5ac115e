package text

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
)

// gateNames are the gates as short as a column.
var gateNames = [...]string{
	reach.GateGroupOut: "sg out", reach.GateACLOut: "acl out", reach.GateRoute: "route", reach.GatePublicAddress: "public ip",
	reach.GateBlockPublic: "vpc bpa", reach.GateACLIn: "acl in", reach.GateGroupIn: "sg in",
	reach.GateReplyACLOut: "reply out", reach.GateReplyRoute: "reply via", reach.GateReplyACLIn: "reply in",
}

const gateWidth = 11

// gate is a row of a gate: its short name and text in columns of their own.
func (p *printer) gate(label, name, text string, at ref.Place) {
	lines := wrap(text, p.width-labelWidth-gateWidth)
	for i := range lines {
		if i > 0 {
			name = ""
		}
		lines[i] = name + strings.Repeat(" ", max(gateWidth-columns(name), 1)) + lines[i]
	}
	p.put(label, lines, at)
}

// gates writes the gates of an answer: all in order for what passes, and those
// that stop what does not.
func (p *answerPrinter) gates(a reach.Answer, asked netset.Ports) {
	stopped := asked
	if a.Packets.Any(asked) == fact.Yes {
		p.trail(a)
		if stopped = asked.Minus(a.Packets.Sure); asked.IsAll() || stopped.IsEmpty() {
			return // that a rule lets only a part of everything pass is in its text
		}
	}
	last := ""
	for _, s := range a.Barriers(stopped) {
		label := "stopped"
		if s.Passes.Maybe.Overlaps(stopped) {
			label = "unsure"
			if s.Passes.IsExact() {
				label = "partly"
			}
		}
		shown := label
		if label == last {
			shown = ""
		}
		last = label
		p.barrier(shown, s)
	}
}

// trail writes the gates that let packets pass. Network ACLs that nobody wrote
// are one row, and replies that come back as the request went none.
func (p *answerPrinter) trail(a reach.Answer) {
	label, route := "passes", ""
	defaults := true // every network ACL on the way is a default of AWS
	acls := 0
	for _, s := range a.Trail {
		if isACL(s.Gate) {
			acls++
			defaults = defaults && isDefault(s)
		}
	}
	said := false
	for _, s := range a.Trail {
		switch {
		case isACL(s.Gate) && defaults && acls > 0 && !p.all:
			if !said {
				p.gate(label, "acl", "the default network ACLs let all traffic pass", ref.Place{})
				said, label = true, ""
			}
			continue
		case s.Gate == reach.GateRoute:
			route = rulesText(s)
		case s.Gate == reach.GateReplyRoute && rulesText(s) == route && !p.all:
			continue
		}
		p.passed(label, s)
		label = ""
	}
}

func isACL(g reach.GateKind) bool {
	return g == reach.GateACLIn || g == reach.GateACLOut || g == reach.GateReplyACLIn || g == reach.GateReplyACLOut
}

// isDefault is whether a gate passes by what AWS gives and nobody wrote.
func isDefault(s reach.Step) bool {
	return s.Passes.IsExact() && s.Why == "" && !slices.ContainsFunc(s.Rules, func(r reach.RuleUse) bool { return !r.Place.IsZero() })
}

func rulesText(s reach.Step) string {
	var out []string
	for _, r := range s.Rules {
		out = append(out, r.Text)
	}
	return strings.Join(out, "\n")
}

// maxUses is how many rules of one gate are written.
const maxUses = 4

func (p *answerPrinter) passed(label string, s reach.Step) {
	name := gateNames[min(s.Gate, reach.GateReplyACLIn)]
	if len(s.Rules) == 0 {
		text := clean(p.reply.Snapshot.Label(s.At)) + ": "
		if s.Why != "" {
			text += clean(s.Why)
		} else {
			text += s.Gate.String() + " lets it pass"
		}
		p.gate(label, name, text, ref.Place{})
		return
	}
	p.rules(label, name, "", s.Rules)
}

func (p *answerPrinter) barrier(label string, s reach.Step) {
	at, text := clean(p.reply.Snapshot.Label(s.At)), clean(s.Why)
	switch {
	case s.At == "" || text != "" && strings.Contains(text, at):
		text = cmp.Or(text, s.Gate.String()+" lets nothing pass")
	case text == "":
		text = s.Gate.String() + " of " + at
	default:
		text = at + ": " + text
	}
	if len(s.Rules) == 1 && s.Rules[0].Text == s.Why {
		p.gate(label, gateNames[min(s.Gate, reach.GateReplyACLIn)], text, cleanPlace(s.Rules[0].Place))
		return
	}
	p.gate(label, gateNames[min(s.Gate, reach.GateReplyACLIn)], text, ref.Place{})
	// What the reason says already is repeated only for its place.
	rules := slices.DeleteFunc(slices.Clone(s.Rules), func(r reach.RuleUse) bool {
		return r.Place.IsZero() && strings.Contains(s.Why, r.Text)
	})
	head := "by: "
	if s.Near {
		head = "nearest: "
	}
	p.rules("", "", head, rules)
}

func (p *answerPrinter) rules(label, name, head string, rules []reach.RuleUse) {
	for i, r := range rules[:min(len(rules), maxUses)] {
		if i > 0 {
			label, name, head = "", "", "and "
		}
		p.gate(label, name, head+clean(r.Text), cleanPlace(r.Place))
	}
	if rest := len(rules) - maxUses; rest > 0 {
		p.gate("", "", "and "+plural(rest, "more rule"), ref.Place{})
	}
}
