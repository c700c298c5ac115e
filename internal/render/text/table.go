package text

import (
	"strings"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
)

// tableRow is pairs that are alike: one side is the same, and so is what lets
// them pass.
type tableRow struct {
	others []string
	ports  string
	why    string // the rule that decides, or the way
	place  ref.Place
	any    fact.Tri
}

// block is the rows of one thing.
type block struct {
	of   ask.Member
	rows []tableRow
}

// table writes the pairs that are no refusals, grouped by the side of which there
// are fewer things.
func (p *answerPrinter) table() {
	byFrom := p.groupByFrom()
	var blocks []block
	at := map[string]int{}
	for _, r := range p.reply.Results {
		if r.Any == fact.No {
			continue
		}
		of, other := r.To, r.From
		if byFrom {
			of, other = r.From, r.To
		}
		key := string(of.ID) + "\x00" + of.Text
		i, ok := at[key]
		if !ok {
			i = len(blocks)
			at[key], blocks = i, append(blocks, block{of: of})
		}
		blocks[i].rows = p.addRow(blocks[i].rows, r, other)
	}
	for _, b := range blocks {
		p.gap()
		head := "to "
		if byFrom {
			head = "from "
		}
		if b.of.Place.IsZero() {
			p.line(head + p.paint(bold, clean(b.of.Text)))
		} else {
			p.heading(head, clean(b.of.Text), cleanPlace(b.of.Place))
		}
		for _, row := range b.rows {
			p.tableRow(row)
		}
	}
}

// heading is a line with a name and its place at the right.
func (p *printer) heading(head, name string, at ref.Place) {
	place := at.String()
	room := p.width - columns(head) - columns(name) - columns(place)
	if room < 2 {
		p.line(head + p.paint(bold, name))
		return
	}
	p.line(head + p.paint(bold, name) + strings.Repeat(" ", room) + p.paint(dim, place))
}

func (p *answerPrinter) groupByFrom() bool {
	switch p.reply.Question.Form {
	case question.Reaches:
		return false
	case question.Reached:
		return true
	}
	from, to := map[string]bool{}, map[string]bool{}
	for _, r := range p.reply.Results {
		from[r.From.Text], to[r.To.Text] = true, true
	}
	return len(from) <= len(to)
}

func (p *answerPrinter) addRow(rows []tableRow, r ask.Result, other ask.Member) []tableRow {
	row := tableRow{others: []string{clean(other.Text)}, ports: p.portsOf(r), any: r.Any}
	if r.Any == fact.Unknown {
		row.ports = r.Connects.Maybe.Intersect(r.Asked).String()
		if len(r.Gaps) > 0 {
			row.why, row.place = "missing: "+clean(r.Gaps[0].Text), cleanPlace(r.Gaps[0].Place)
		}
	} else {
		row.why, row.place = p.decisive(r)
	}
	for i := range rows {
		if have := &rows[i]; have.ports == row.ports && have.why == row.why && have.place == row.place && have.any == row.any {
			have.others = append(have.others, row.others...)
			return rows
		}
	}
	return append(rows, row)
}

// decisive is what lets a pair connect: the way through a load balancer, or else
// the rule of the last gate that has a place.
func (p *answerPrinter) decisive(r ask.Result) (string, ref.Place) {
	if w, ok := wayTaken(r); ok {
		at := ref.Place{}
		if l := p.reply.Snapshot.Listener(w.Listener); l != nil {
			at = l.Place
		}
		return p.wayText(r, w), cleanPlace(at)
	}
	text, place := ruleOf(r.Direct)
	return clean(text), cleanPlace(place)
}

// wayTaken is the way through a load balancer by which a pair connects, or may
// connect, if it does not without one.
func wayTaken(r ask.Result) (ask.Way, bool) {
	direct := r.Direct.Packets.Any(r.Asked)
	for _, works := range []fact.Tri{fact.Yes, fact.Unknown} {
		if direct == fact.Yes || direct == works {
			break
		}
		for _, w := range r.Ways {
			if w.Works == works {
				return w, true
			}
		}
	}
	return ask.Way{}, false
}

// ruleOf is the rule of a connection that somebody would look at first: of the
// group that lets it in, else of the one that lets it out, else the route.
func ruleOf(a reach.Answer) (string, ref.Place) {
	for _, gate := range []reach.GateKind{reach.GateGroupIn, reach.GateGroupOut, reach.GateRoute} {
		for _, s := range a.Trail {
			if s.Gate == gate && len(s.Rules) > 0 {
				return "by " + s.Rules[0].Text, s.Rules[0].Place
			}
		}
	}
	return "", ref.Place{}
}

// maxOthers is how many things are named in one row.
const maxOthers = 12

func (p *answerPrinter) tableRow(row tableRow) {
	p.row(triLabels[row.any], p.some(row.others)+glue+glue+row.ports, ref.Place{})
	if row.why != "" {
		p.row("", row.why, row.place)
	}
}
