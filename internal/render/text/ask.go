package text

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// WriteAnswer writes the answer to a question: the verdict, then each pair; the
// gates of a yes in their order, every barrier of a no, the missing facts of
// what is undecided. Of many pairs there is a row each, or a row for several that
// are alike, unless [Options.All] is set. The error is that of the writer.
func WriteAnswer(w io.Writer, r ask.Reply, e question.Expectation, o Options) error {
	p := &answerPrinter{printer{width: o.width(), color: o.Color}, r, o.All}
	p.expectation(e)
	p.answer(e)
	p.notAnswered(r.Snapshot)
	return p.flush(w)
}

// answer writes the answer alone.
func (p *answerPrinter) answer(e question.Expectation) {
	switch {
	case len(p.reply.Chains) > 0:
		p.chains()
	case p.reply.Question.Form == question.Leaves:
		p.leaves()
	default:
		p.results(e)
	}
}

type answerPrinter struct {
	printer
	reply ask.Reply
	all   bool
}

var triWords = [...]string{fact.Unknown: "UNDECIDED", fact.No: "NO", fact.Yes: "YES"}

var triLabels = [...]string{fact.Unknown: "perhaps", fact.No: "no", fact.Yes: "yes"}

func triStyle(t fact.Tri) string {
	return [...]string{fact.Unknown: boldAmber, fact.No: bold, fact.Yes: bold}[t]
}

// expectation says whether what is expected holds.
func (p *answerPrinter) expectation(e question.Expectation) {
	if e == question.ExpectNothing {
		return
	}
	says := [...]string{fact.Unknown: "it is undecided whether that holds", fact.No: "that does not hold", fact.Yes: "that holds"}[p.reply.Holds(e)]
	what := "every connection is expected to work"
	switch {
	case e == question.ExpectDeny:
		what = "no connection is expected to work"
	case p.reply.Question.Form.IsOpen():
		what = "some connection is expected to work"
	}
	p.paragraph("", what+": "+says)
}

// maxFull is how many pairs of several are told gate by gate if nobody asks for
// all.
const maxFull = 3

// results writes the pairs of a question.
func (p *answerPrinter) results(e question.Expectation) {
	r := p.reply
	if len(r.Results) == 1 && !r.Question.Form.IsOpen() {
		p.result(r.Results[0])
		return
	}
	var count [3]int
	for _, res := range r.Results {
		count[res.Any]++
	}
	p.header(triStyle(r.Any), triWords[r.Any], clean(r.Question.String()), "")
	noun := "pair"
	switch r.Question.Form {
	case question.Reaches:
		noun = "source"
	case question.Reached:
		noun = "destination"
	}
	p.paragraph("  ", fmt.Sprintf("of %s: %s yes, %s undecided, %s no", plural(len(r.Results), noun), number(count[fact.Yes]), number(count[fact.Unknown]), number(count[fact.No])))
	open := count[fact.Yes] + count[fact.Unknown]
	switch {
	case r.Brief:
		p.table()
		if e == question.ExpectAllow || p.all {
			p.refused(len(r.Results))
		} else {
			p.refused(maxRefused)
		}
	case p.all || e == question.ExpectAllow && !r.Question.Form.IsOpen():
		for _, res := range r.Results {
			p.result(res)
		}
	case open <= maxFull && !r.Question.Form.IsOpen():
		for _, res := range r.Results {
			if res.Any != fact.No {
				p.result(res)
			}
		}
		p.refused(maxRefused)
	default:
		p.table()
		p.refused(maxRefused)
	}
	if !p.all && !r.Brief && !(e == question.ExpectAllow && !r.Question.Form.IsOpen()) {
		p.gap()
		p.paragraph("  ", "--all shows each pair gate by gate")
	}
}

// result writes one pair in full.
func (p *answerPrinter) result(r ask.Result) {
	p.gap()
	p.header(triStyle(r.Any), triWords[r.Any], clean(r.From.Text)+" > "+clean(r.To.Text), p.portsOf(r))
	p.party("from", r.From)
	p.party("to", r.To)
	if r.AskedWhy != "" {
		p.row("ports", r.Asked.String()+" ("+clean(r.AskedWhy)+")", ref.Place{})
	}
	for _, w := range r.Ways {
		p.way(r, w)
	}
	p.direct(r)
	p.advice(r.Advice)
	p.evidence("missing", cleanAll(r.Gaps))
	for _, n := range r.Notes {
		p.row("note", clean(n), ref.Place{})
	}
}

// portsOf says on which ports the answer is what.
func (p *answerPrinter) portsOf(r ask.Result) string {
	sure, stopped := r.Connects.Sure, r.Asked.Minus(r.Connects.Maybe)
	switch {
	case r.Any != fact.Yes, sure.Equal(r.Asked), sure.IsEmpty():
		return r.Asked.String()
	case stopped.IsEmpty():
		return sure.String() + ", perhaps " + r.Connects.Open().String()
	case r.Asked.IsAll():
		return sure.String()
	}
	return sure.String() + ", not " + stopped.String()
}

func (p *answerPrinter) party(label string, m ask.Member) {
	if m.ID != "" {
		p.whole(label, clean(string(m.ID)), cleanPlace(m.Place))
	}
}

// way writes the two connections of a way through a load balancer.
func (p *answerPrinter) way(r ask.Result, w ask.Way) {
	s := p.reply.Snapshot
	at := ref.Place{}
	if l := s.Listener(w.Listener); l != nil {
		at = l.Place
	}
	balancer := clean(s.Label(w.Balancer))
	text := p.wayText(r, w)
	if w.Works != fact.Yes {
		text += map[fact.Tri]string{fact.No: "; it does not work", fact.Unknown: "; undecided"}[w.Works]
	}
	p.row("way", text, cleanPlace(at))
	if w.Exists == fact.No {
		p.row("stopped", clean(w.Entry.Why), ref.Place{})
		return
	}
	p.row("first", clean(r.From.Text)+" > "+balancer+" "+w.FrontPorts.Maybe.String(), ref.Place{})
	p.gates(w.Front, w.FrontPorts.Maybe)
	from := balancer
	if w.Preserves == fact.Yes {
		from = clean(r.From.Text) + ", through " + balancer
	}
	p.row("then", from+" > "+clean(r.To.Text)+" "+w.Ends.Maybe.String(), ref.Place{})
	p.gates(w.Back, w.Ends.Maybe)
}

// wayText is a way in a line: the load balancer, the ports, and the state of TLS
// of each leg.
func (p *answerPrinter) wayText(r ask.Result, w ask.Way) string {
	s := p.reply.Snapshot
	around := ""
	if b := s.LoadBalancer(w.Balancer); b != nil && r.From.Party.Endpoint != "" && fact.Is(b.InternetFacing, true) == fact.Yes {
		around = "the internet and "
	}
	text := fmt.Sprintf("through %s%s %s, %s; then %s, %s", around, clean(s.Label(w.Balancer)), w.FrontPorts.Maybe, w.Client, w.TargetPorts.Maybe, w.Backend)
	if len(w.Conditions) > 0 {
		text += "; for " + clean(strings.Join(w.Conditions, ", "))
	}
	return text
}

// direct writes the connection without a load balancer. Behind a way that works
// it is said in a row that there is none.
func (p *answerPrinter) direct(r ask.Result) {
	if len(r.Direct.Trail) == 0 {
		return
	}
	any := r.Direct.Packets.Any(r.Asked)
	if len(r.Ways) > 0 {
		text := map[fact.Tri]string{fact.Yes: "yes", fact.No: "no", fact.Unknown: "undecided"}[any] + ": without a load balancer, " + r.Asked.String()
		if any == fact.No && r.Any == fact.Yes && !p.all {
			if gates := gatesOf(r.Direct, r.Asked); gates != "" {
				p.row("direct", text+", stopped by "+gates, ref.Place{})
				return
			}
		}
		p.row("direct", text, ref.Place{})
	}
	p.gates(r.Direct, r.Asked)
}

// maxRefused is how many pairs with a no have a row of their own.
const maxRefused = 12

// refused writes the pairs with a no: in one row those of one side that the same
// gates stop.
func (p *answerPrinter) refused(most int) {
	type row struct {
		head, why string
		others    []string
	}
	var rows []row
	byFrom := p.groupByFrom()
	for _, r := range p.reply.Results {
		if r.Any != fact.No {
			continue
		}
		one := row{clean(r.From.Text), "", []string{clean(r.To.Text)}}
		if !byFrom {
			one = row{clean(r.To.Text), "", []string{clean(r.From.Text)}}
		}
		if gates := gatesOf(r.Direct, r.Asked); gates != "" {
			one.why = ": stopped by " + gates
		} else if len(r.Direct.Trail) > 0 {
			one.why = ": no packet passes all gates"
		}
		i := slices.IndexFunc(rows, func(o row) bool { return o.head == one.head && o.why == one.why })
		if i < 0 {
			rows = append(rows, one)
		} else {
			rows[i].others = append(rows[i].others, one.others...)
		}
	}
	label := "no"
	for i, r := range rows {
		if i == most {
			p.row("", "and "+plural(len(rows)-i, "more row"), ref.Place{})
			break
		}
		if label != "" {
			p.gap()
		}
		text := r.head + " > " + p.some(r.others)
		if !byFrom {
			text = p.some(r.others) + " > " + r.head
		}
		p.row(label, text+r.why, ref.Place{})
		label = ""
	}
}

// some is a list of names, cut if it is long.
func (p *answerPrinter) some(names []string) string {
	if len(names) <= maxOthers || p.all {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:maxOthers], ", ") + fmt.Sprintf(" and %d more", len(names)-maxOthers)
}

// gatesOf is the gates that stop everything, in words.
func gatesOf(a reach.Answer, asked netset.Ports) string {
	var gates []string
	for _, s := range a.Barriers(asked) {
		if !s.Passes.Maybe.Overlaps(asked) && !slices.Contains(gates, s.Gate.String()) {
			gates = append(gates, s.Gate.String())
		}
	}
	return strings.Join(gates, ", ")
}

// notAnswered names what no answer takes into account.
func (p *printer) notAnswered(s *topo.Snapshot) {
	if s == nil {
		return
	}
	list := s.NotModelled
	if len(list) == 0 {
		return
	}
	var types []string
	for _, n := range list[:min(len(list), namedTypes)] {
		types = append(types, number(n.Count)+glue+clean(n.Type))
	}
	if rest := len(list) - len(types); rest > 0 {
		types = append(types, plural(rest, "other kind"))
	}
	p.gap()
	p.paragraph("", "not modelled: "+strings.Join(types, ", "))
}
