package text

import (
	"fmt"
	"io"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// WriteIntents writes what became of the intents of a file: those that do not
// hold first and with their answer, then those that are undecided or in error,
// and a count. Those that hold are listed if [Options.All] is set. The error is
// that of the writer.
func WriteIntents(w io.Writer, file string, s *topo.Snapshot, list []ask.Outcome, o Options) error {
	p := &printer{width: o.width(), color: o.Color}
	count := ask.CountOf(list)
	for _, kind := range []string{"ERROR", "FAILED", "UNDECIDED"} {
		for _, i := range list {
			if wordOf(i) == kind {
				p.intent(file, i, o)
			}
		}
	}
	if o.All {
		p.gap()
		for _, i := range list {
			if wordOf(i) == "HOLDS" {
				p.intentHead(file, i)
			}
		}
	}
	p.gap()
	p.notAnswered(s)
	p.gap()
	p.paragraph("", fmt.Sprintf("%s: %d hold, %d failed, %d undecided, %d in error", plural(len(list), "intent"), count.Held, count.Failed, count.Undecided, count.Errors))
	return p.flush(w)
}

func wordOf(o ask.Outcome) string {
	switch {
	case o.Err != nil:
		return "ERROR"
	case o.Holds == fact.Yes:
		return "HOLDS"
	case o.Holds == fact.No:
		return "FAILED"
	}
	return "UNDECIDED"
}

func (p *printer) intentHead(file string, o ask.Outcome) {
	word := wordOf(o)
	style := map[string]string{"ERROR": boldRed, "FAILED": red, "UNDECIDED": boldAmber, "HOLDS": bold}[word]
	text := clean(o.Text)
	if e := o.Expect.String(); e != "" {
		text = e + ": " + text
	}
	p.header(style, word, text, "")
	p.row("", clean(o.Name), ref.Place{File: clean(file), Line: o.Line})
}

// intent writes one intent with its answer, further in.
func (p *printer) intent(file string, o ask.Outcome, opt Options) {
	p.gap()
	p.intentHead(file, o)
	if o.Err != nil {
		p.row("because", clean(o.Err.Problem), ref.Place{})
		p.row("hint", clean(o.Err.Hint), ref.Place{})
		return
	}
	inner := &answerPrinter{printer{width: p.width - 2, color: p.color}, o.Reply, opt.All}
	inner.answer(o.Expect)
	for _, l := range inner.lines {
		if l != "" {
			l = "  " + l
		}
		p.line(l)
	}
}
