package text

import (
	"strings"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/remedy/snippet"
)

// Lists under an edit are cut at these lengths.
const (
	maxExposures = 5
	maxParties   = 4
)

// advice writes the smallest edit that would change an answer, and what else it
// would do.
func (p *answerPrinter) advice(a ask.Advice) {
	switch {
	case a.Needs != "":
		p.row("to open", clean(a.Needs), ref.Place{})
	case a.Open != nil && len(a.Open.Edits) > 0:
		p.edits("to open", a.Open.Edits)
		p.evidence("if", cleanAll(a.Open.Gaps))
		p.exposures("opens", a.Open.Also, a.Open.AlsoMore)
	case a.Open != nil:
		p.obstacles(a.Open.Obstacles)
	case a.Shut != nil && len(a.Shut.Edits) > 0:
		p.edits("to shut", a.Shut.Edits)
		if a.Shut.Shuts != fact.Yes {
			p.evidence("if", cleanAll(a.Shut.Gaps))
		}
		for _, b := range a.Shut.Breaks {
			p.row("breaks", p.exposure(b), ref.Place{})
		}
		p.exposures("shuts", a.Shut.Also, a.Shut.AlsoMore)
	case a.Shut != nil:
		p.row("to shut", "no edit of rules or entries was found that shuts it", ref.Place{})
	}
}

// edits writes each edit in words and in the language of the design.
func (p *answerPrinter) edits(label string, list []remedy.Edit) {
	for i, e := range list {
		text := clean(e.Text(p.reply.Snapshot))
		if i > 0 {
			text, label = "and "+text, ""
		}
		p.row(label, text, cleanPlace(e.Place))
		for _, l := range snippet.Of(p.reply.Snapshot, e) {
			p.whole("", "  "+clean(l), ref.Place{})
		}
	}
}

func (p *answerPrinter) exposures(label string, list []remedy.Exposure, more string) {
	if len(list) == 0 && more == "" {
		p.row(label, "nothing else", ref.Place{})
	}
	for _, e := range list[:min(len(list), maxExposures)] {
		p.row(label, "also "+p.exposure(e), ref.Place{})
		label = ""
	}
	if rest := len(list) - maxExposures; rest > 0 {
		p.row(label, "and "+plural(rest, "more row")+" (-o json has all)", ref.Place{})
		label = ""
	}
	if more != "" {
		p.row(label, "and perhaps more: "+clean(more), ref.Place{})
	}
}

// exposure is a row of what else an edit does.
func (p *answerPrinter) exposure(e remedy.Exposure) string {
	text := p.parties(e.From) + " > " + p.parties(e.To) + " " + portsIn(e.Ports.Maybe)
	if e.Ports.Sure.IsEmpty() {
		text += ", perhaps"
	}
	return text
}

func (p *answerPrinter) parties(list []reach.Party) string {
	var names []string
	for _, x := range list[:min(len(list), maxParties)] {
		names = append(names, clean(remedy.PartyText(p.reply.Snapshot, x)))
	}
	out := strings.Join(names, ", ")
	if rest := len(list) - len(names); rest > 0 {
		out += " and " + plural(rest, "other")
	}
	return out
}

// portsIn is packets as text that fits a row.
func portsIn(ports netset.Ports) string {
	text := ports.String()
	if terms := strings.Split(text, ", "); len(terms) > 4 {
		return strings.Join(terms[:3], ", ") + " and " + plural(len(terms)-3, "other range")
	}
	return text
}

// obstacles says why no edit is proposed.
func (p *answerPrinter) obstacles(list []remedy.Obstacle) {
	label := "to open"
	for _, o := range list {
		text := o.Gate.String()
		if o.At != "" {
			text += " of " + clean(p.reply.Snapshot.Label(o.At))
		}
		if label != "" {
			text = "no rule, entry or route opens it: " + text
		}
		p.row(label, text+": "+clean(o.Why), cleanPlace(o.Place))
		label = ""
	}
}
