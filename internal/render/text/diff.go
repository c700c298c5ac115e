package text

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/diff/story"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// maxRows is how many rows of each part of a difference are written without
// [Options.All].
const maxRows = 20

// WriteDifference writes how two designs differ: what both have first, the widest
// change first, each with its cause; then connections of things that are new or
// gone, in a row each; then the findings. The error is that of the writer.
func WriteDifference(w io.Writer, r story.Report, o Options) error {
	p := &printer{width: o.width(), color: o.Color}
	p.paragraph("", clean(r.Names.Before)+" > "+clean(r.Names.After)+": "+r.Summary())
	both, fresh := 0, 0
	for _, e := range r.Entries {
		if e.Row.Fresh {
			fresh++
			continue
		}
		if both++; o.All || both <= maxRows {
			p.change(e)
		}
	}
	p.left(both, o)
	if fresh > 0 {
		p.fresh(r, o)
	}
	p.verdicts(r, o)
	p.changed(r, o)
	return p.flush(w)
}

// left says how much was left out.
func (p *printer) left(n int, o Options) {
	if !o.All && n > maxRows {
		p.gap()
		p.paragraph("  ", fmt.Sprintf("and %s more (--all shows them)", number(n-maxRows)))
	}
}

// change writes one row with its cause.
func (p *printer) change(e story.Entry) {
	p.gap()
	style := bold
	switch {
	case !e.Surely:
		style = boldAmber
	case e.Opens && !e.Row.Silent:
		style = red
	}
	p.header(style, e.Word, clean(e.From)+" > "+clean(e.To), e.Packets)
	if !e.Surely {
		p.row("says", clean(e.Says), ref.Place{})
	}
	if e.Through != "" {
		p.row("through", clean(e.Through), ref.Place{})
	}
	for _, n := range e.Notes {
		p.row("note", clean(n), ref.Place{})
	}
	if e.How != "" {
		p.row("cause", e.How+":", ref.Place{})
	}
	label := "cause"
	if e.How != "" {
		label = ""
	}
	p.evidence(label, cleanAll(e.Causes))
	if e.MoreCauses > 0 {
		p.row("", fmt.Sprintf("and %s (-o json lists all)", plural(e.MoreCauses, "more change")), ref.Place{})
	}
	if e.Ask != "" {
		p.whole("ask", clean(e.Ask), ref.Place{})
	}
}

// fresh writes what things have that are in one design only.
func (p *printer) fresh(r story.Report, o Options) {
	p.gap()
	p.paragraph("", "with things that are new or gone:")
	n := 0
	for _, e := range r.Entries {
		if !e.Row.Fresh || e.Row.Silent && !o.All {
			continue
		}
		if n++; !o.All && n > maxRows {
			continue
		}
		text := clean(e.From) + " > " + clean(e.To) + " " + e.Packets
		if e.Through != "" {
			text = clean(e.From) + " > " + clean(e.To) + " through " + clean(e.Through)
		}
		p.row(strings.ToLower(strings.TrimPrefix(e.Word, "NOW SURELY ")), text, ref.Place{})
	}
	p.left(n, o)
}

// verdicts writes the findings that are not as before.
func (p *printer) verdicts(report story.Report, o Options) {
	c := report.Verdicts
	shown := slices.DeleteFunc(slices.Clone(c.Results), func(r judged.Result) bool {
		return r.State == judged.Unchanged || r.Suppressed != nil && !o.All || r.Verdict != finding.Violates && r.Verdict != finding.Undecided
	})
	if len(shown)+len(c.Resolved) == 0 {
		return
	}
	p.gap()
	p.paragraph("", "findings that are not as before:")
	for i, r := range shown {
		if !o.All && i == maxRows {
			break
		}
		text := r.Severity.String()
		if r.Verdict == finding.Undecided {
			text = "undecided"
		}
		if r.Was != "" {
			text += ", was " + r.Was
		}
		p.row(r.State.String(), text+": "+r.Recommendation+" "+clean(r.Title), cleanPlace(story.At(report.Names.AfterPlace, r.Place)))
	}
	p.left(len(shown), o)
	for i, k := range c.Resolved {
		if !o.All && i == maxRows {
			break
		}
		p.row("resolved", k.Severity.String()+": "+k.Recommendation+" "+clean(k.Title), cleanPlace(story.At(report.Names.BeforePlace, k.Place)))
	}
	p.left(len(c.Resolved), o)
}

// changed ends with what changed and does nothing, and what is not said.
func (p *printer) changed(r story.Report, o Options) {
	d := r.Difference
	idle := story.Idle(d)
	p.gap()
	if o.All && len(idle) > 0 {
		p.paragraph("", "changes that are the cause of nothing above:")
		for _, c := range idle {
			for i, e := range story.Change(c, r.Names) {
				label := ""
				if i == 0 {
					label = "change"
				}
				p.row(label, clean(e.Text), cleanPlace(e.Place))
			}
		}
		p.gap()
	}
	text := plural(len(d.Changes), "resource") + " changed"
	if len(d.Changes) > 0 && d.Unsearched == "" {
		text += ", " + number(len(idle)) + " of them without being the cause of a row"
		if len(idle) > 0 && !o.All {
			text += " (--all lists them)"
		}
	}
	if len(d.Moved) > 0 {
		text += "; " + number(len(d.Moved)) + " moved and are the same"
	}
	p.paragraph("", text)
	if d.Unsearched != "" {
		p.paragraph("", "causes were not looked for: "+d.Unsearched)
	}
	if d.Open > 0 {
		p.paragraph("", fmt.Sprintf("%s that may have changed %s undecided before and after", plural(d.Open, "pair"), map[bool]string{true: "is", false: "are"}[d.Open == 1]))
	}
	if r.Differs() == fact.No && len(d.Changes) > 0 {
		p.paragraph("", cmp.Or(map[bool]string{true: "no change has an effect on who reaches whom"}[d.IsEmpty()], ""))
	}
}

// WriteNote writes a line after an answer. The error is that of the writer.
func WriteNote(w io.Writer, note string, o Options) error {
	p := &printer{width: o.width(), color: o.Color}
	p.paragraph("", clean(note))
	return p.flush(w)
}
