package text

import (
	"fmt"
	"slices"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// chains writes the answers to a question about chains of connections.
func (p *answerPrinter) chains() {
	r := p.reply
	if len(r.Chains) > 1 {
		var count [3]int
		for _, c := range r.Chains {
			count[c.Any]++
		}
		p.header(triStyle(r.Any), triWords[r.Any], clean(r.Question.String()), "")
		p.paragraph("  ", fmt.Sprintf("of %s: %s yes, %s undecided, %s no", plural(len(r.Chains), "pair"), number(count[fact.Yes]), number(count[fact.Unknown]), number(count[fact.No])))
	}
	if len(r.Chains) > maxFull && !p.all {
		p.chainRows()
	}
	label, rest := "no", 0
	for _, c := range r.Chains {
		if len(r.Chains) > maxFull && !p.all && c.Any != fact.No {
			continue
		}
		if c.Any != fact.No || len(r.Chains) == 1 || p.all {
			p.chain(c)
			continue
		}
		if label != "" {
			p.gap()
		}
		if rest++; rest > maxRefused {
			continue
		}
		p.row(label, clean(c.From.Text)+" > "+clean(c.To.Text)+": "+reachedText(c), ref.Place{})
		label = ""
	}
	if rest > maxRefused {
		p.row("", "and "+plural(rest-maxRefused, "more pair"), ref.Place{})
	}
	if len(r.Chains) > maxFull && !p.all || rest > 0 && !p.all && len(r.Chains) > 1 {
		p.gap()
		p.paragraph("  ", "--all shows each hop by hop")
	}
}

// chainRows writes a row for each chain, the shortest first.
func (p *answerPrinter) chainRows() {
	list := slices.Clone(p.reply.Chains)
	slices.SortStableFunc(list, func(a, b ask.Chain) int { return len(a.Hops) - len(b.Hops) })
	p.gap()
	for _, any := range []fact.Tri{fact.Yes, fact.Unknown} {
		for _, c := range list {
			if c.Any != any {
				continue
			}
			text := clean(c.From.Text)
			for _, h := range c.Hops {
				text += " > " + clean(h.To.Text)
			}
			if len(c.Hops) == 0 {
				text += " > " + clean(c.To.Text)
			} else {
				text += glue + glue + p.hopPorts(c.Hops[len(c.Hops)-1])
			}
			p.row(triLabels[any], text, cleanPlace(c.To.Place))
			if any == fact.Unknown && len(c.Gaps) > 0 {
				p.row("", "missing: "+clean(c.Gaps[0].Text), cleanPlace(c.Gaps[0].Place))
			}
		}
	}
}

func reachedText(c ask.Chain) string {
	switch c.Reached {
	case 0:
		return "nothing else can be reached on the way"
	case 1:
		return "1 thing can be reached on the way, and it does not connect"
	}
	return plural(c.Reached, "thing") + " can be reached on the way, and none connects"
}

// chain writes one chain: each hop with what lets it pass, or what was tried.
func (p *answerPrinter) chain(c ask.Chain) {
	p.gap()
	title := clean(c.From.Text) + " > " + clean(c.To.Text)
	if len(c.Hops) > 0 {
		p.header(triStyle(c.Any), triWords[c.Any], title, "in "+plural(len(c.Hops), "hop"))
	} else {
		p.header(triStyle(c.Any), triWords[c.Any], title, "in any number of hops")
	}
	for i, h := range c.Hops {
		if p.all {
			p.result(h)
			continue
		}
		p.row(fmt.Sprintf("hop %d", i+1), clean(h.From.Text)+" > "+clean(h.To.Text)+glue+glue+p.hopPorts(h), cleanPlace(h.To.Place))
		if text, place := p.decisive(h); text != "" {
			p.row("", text, place)
		}
		if _, balanced := wayTaken(h); h.Assumed && !balanced && i+1 < len(c.Hops) {
			p.row("", "assumed: something listens there; the design does not say what runs on "+clean(h.To.Text), ref.Place{})
		}
	}
	if c.Any == fact.No {
		p.row("", reachedText(c), ref.Place{})
		for i, t := range c.Tried {
			if i == maxRefused && !p.all {
				p.row("", "and "+plural(len(c.Tried)-i, "more thing")+" (--all shows each)", ref.Place{})
				break
			}
			p.row("from", clean(t.From.Text), cleanPlace(t.From.Place))
			p.gates(t.Direct, t.Asked)
			for _, w := range t.Ways {
				p.way(t, w)
			}
		}
	}
	p.evidence("missing", cleanAll(c.Gaps))
}

// hopPorts is the packets of a hop that pass.
func (p *answerPrinter) hopPorts(h ask.Result) string {
	b := h.Connects.Restrict(h.Asked)
	var out netset.Ports
	if out = b.Sure; h.Any != fact.Yes || out.IsEmpty() {
		out = b.Maybe
	}
	return out.String()
}
