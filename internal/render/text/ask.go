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
)

// WriteAnswer writes the answer to a question: the verdict, then each pair; the
// gates of a yes in their order, every barrier of a no, the missing facts of
// what is undecided. Of several pairs those with a no are one row each, unless
// [Options.All] is set. The error is that of the writer.
func WriteAnswer(w io.Writer, r ask.Reply, e question.Expectation, o Options) error {
	p := &answerPrinter{printer{width: o.width(), color: o.Color}, r}
	p.verdict(e)
	brief := len(r.Results) > 1 && !o.All && e != question.ExpectAllow
	for _, res := range r.Results {
		if brief && res.Any == fact.No {
			continue
		}
		p.result(res)
	}
	if brief {
		p.refused()
	}
	p.notAnswered()
	return p.flush(w)
}

type answerPrinter struct {
	printer
	reply ask.Reply
}

var triWords = [...]string{fact.Unknown: "UNDECIDED", fact.No: "NO", fact.Yes: "YES"}

func triStyle(t fact.Tri) string {
	return [...]string{fact.Unknown: boldAmber, fact.No: bold, fact.Yes: bold}[t]
}

// verdict is the first lines, where there is more to say than of one pair.
func (p *answerPrinter) verdict(e question.Expectation) {
	r := p.reply
	if e != question.ExpectNothing {
		says := [...]string{fact.Unknown: "it is undecided whether that holds", fact.No: "that does not hold", fact.Yes: "that holds"}[r.Holds(e)]
		what := map[question.Expectation]string{question.ExpectAllow: "every connection is expected to work", question.ExpectDeny: "no connection is expected to work"}[e]
		p.paragraph("", what+": "+says)
	}
	if len(r.Results) < 2 {
		return
	}
	var count [3]int
	for _, res := range r.Results {
		count[res.Any]++
	}
	p.header(triStyle(r.Any), triWords[r.Any], clean(r.Question.String()), "")
	p.paragraph("  ", fmt.Sprintf("of %s: %d yes, %d undecided, %d no", plural(len(r.Results), "pair"), count[fact.Yes], count[fact.Unknown], count[fact.No]))
}

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
	text := fmt.Sprintf("through %s %s, %s; then %s, %s", balancer, w.FrontPorts.Maybe, w.Client, w.TargetPorts.Maybe, w.Backend)
	if len(w.Conditions) > 0 {
		text += "; for " + clean(strings.Join(w.Conditions, ", "))
	}
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

// direct writes the connection without a load balancer. Behind a way that works
// it is said in a row that there is none.
func (p *answerPrinter) direct(r ask.Result) {
	if len(r.Direct.Trail) == 0 {
		return
	}
	any := r.Direct.Packets.Any(r.Asked)
	if len(r.Ways) > 0 {
		says := map[fact.Tri]string{fact.Yes: "yes", fact.No: "no", fact.Unknown: "undecided"}[any]
		p.row("direct", says+": without a load balancer, "+r.Asked.String(), ref.Place{})
	}
	p.gates(r.Direct, r.Asked)
}

// gates writes the gates of an answer: all in order for what passes, and those
// that stop what does not.
func (p *answerPrinter) gates(a reach.Answer, asked netset.Ports) {
	stopped := asked
	if a.Packets.Any(asked) == fact.Yes {
		label := "passes"
		for _, s := range a.Trail {
			p.passed(label, s)
			label = ""
		}
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

// maxUses is how many rules of one gate are written.
const maxUses = 4

func (p *answerPrinter) passed(label string, s reach.Step) {
	head := s.Gate.String()
	if len(s.Rules) == 0 {
		text := head + " of " + clean(p.reply.Snapshot.Label(s.At))
		if s.Why != "" {
			text += ": " + clean(s.Why)
		}
		p.row(label, text, ref.Place{})
		return
	}
	p.rules(label, head+": ", s.Rules)
}

func (p *answerPrinter) barrier(label string, s reach.Step) {
	text := s.Gate.String()
	if s.At != "" {
		text += " of " + clean(p.reply.Snapshot.Label(s.At))
	}
	if s.Why != "" {
		text += ": " + clean(s.Why)
	}
	p.row(label, text, ref.Place{})
	// What the reason says already is repeated only for its place.
	rules := slices.DeleteFunc(slices.Clone(s.Rules), func(r reach.RuleUse) bool {
		return r.Place.IsZero() && strings.Contains(s.Why, r.Text)
	})
	head := "by: "
	if s.Passes.Maybe.IsEmpty() && (s.Gate == reach.GateGroupIn || s.Gate == reach.GateGroupOut) {
		head = "nearest: "
	}
	p.rules("", head, rules)
}

func (p *answerPrinter) rules(label, head string, rules []reach.RuleUse) {
	for i, r := range rules[:min(len(rules), maxUses)] {
		if i > 0 {
			label, head = "", "and "
		}
		p.row(label, head+clean(r.Text), cleanPlace(r.Place))
	}
	if rest := len(rules) - maxUses; rest > 0 {
		p.row("", "and "+plural(rest, "more rule"), ref.Place{})
	}
}

// refused writes the pairs with a no in one row each: what stops them.
func (p *answerPrinter) refused() {
	label := "no"
	for _, r := range p.reply.Results {
		if r.Any != fact.No {
			continue
		}
		if label != "" {
			p.gap()
		}
		var gates []string
		for _, s := range r.Direct.Barriers(r.Asked) {
			if !s.Passes.Maybe.Overlaps(r.Asked) {
				gates = append(gates, s.Gate.String())
			}
		}
		text := clean(r.From.Text) + " > " + clean(r.To.Text)
		if len(gates) > 0 {
			text += ": stopped by " + strings.Join(gates, ", ")
		} else if len(r.Direct.Trail) > 0 {
			text += ": no packet passes all gates"
		}
		p.row(label, text, ref.Place{})
		label = ""
	}
	if label == "" {
		p.row("", "(--all shows each in full)", ref.Place{})
	}
}

// notAnswered names what no answer takes into account.
func (p *answerPrinter) notAnswered() {
	list := p.reply.Snapshot.NotModelled
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
