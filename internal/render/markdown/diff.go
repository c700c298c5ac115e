package markdown

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/diff/story"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
)

// DifferenceMarker is the first line of every difference.
const DifferenceMarker = "<!-- muralla diff -->"

// WriteDifference writes how two designs differ, for a comment on the request that
// makes the difference. The error is that of the writer.
func WriteDifference(w io.Writer, r story.Report, o Options) error {
	limit := max(cmp.Or(o.Limit, Limit), least)
	begin := DifferenceMarker + "\n## Muralla: " + r.Summary() + "\n\nFrom " + gfm.Code(r.Names.Before) + " to " + gfm.Code(r.Names.After) + ".\n"
	end := "\n" + differenceTotals(r) + "\n"
	p := &printer{options: o, room: limit - len(begin) - len(end)}
	var both, fresh, better, worse []string
	for _, e := range r.Entries {
		if e.Row.Fresh {
			if !e.Row.Silent || o.All {
				fresh = append(fresh, freshItem(e))
			}
			continue
		}
		both = append(both, p.rowItem(e))
	}
	for _, v := range r.Verdicts.Results {
		if v.State == judged.Unchanged || v.Suppressed != nil || v.Verdict != finding.Violates && v.Verdict != finding.Undecided {
			continue
		}
		if item := verdictItem(v, r.Names); v.State == judged.Better {
			better = append(better, item)
		} else {
			worse = append(worse, item)
		}
	}
	for _, k := range r.Verdicts.Resolved {
		better = append(better, fmt.Sprintf("- resolved, was %s: %s, %s\n", k.Severity, gfm.Code(k.Recommendation), gfm.Text(k.Title)))
	}
	p.section(p.room*2/3, "### Who reaches whom", both, "are not listed")
	p.section(p.room/2, "### Findings that are new or worse", worse, "are not listed")
	p.section(p.room/2, "### Findings that are better or resolved", better, "are not listed")
	p.section(p.room, "### With things that are new or gone", fresh, "are not listed")
	if _, err := io.WriteString(w, strings.ReplaceAll(begin+p.out.String()+end, "\n\n\n", "\n\n")); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}

func (p *printer) rowItem(e story.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- **%s** %s\n", strings.ToLower(e.Word), gfm.Text(e.Says))
	if e.Through != "" {
		fmt.Fprintf(&b, "  - through: %s\n", gfm.Text(e.Through))
	}
	for _, n := range e.Notes {
		fmt.Fprintf(&b, "  - note: %s\n", gfm.Text(n))
	}
	if e.How != "" {
		fmt.Fprintf(&b, "  - cause: %s\n", gfm.Text(e.How))
	}
	for _, c := range e.Causes {
		label := "  - cause: "
		if e.How != "" {
			label = "    - change: "
		}
		at := ""
		if place := c.Place.String(); place != "" {
			at = " (" + gfm.Code(place) + ")"
		}
		b.WriteString(label + gfm.Text(c.Text) + at + "\n")
	}
	if e.MoreCauses > 0 {
		fmt.Fprintf(&b, "    - and %s\n", plural(e.MoreCauses, "more change"))
	}
	if e.Ask != "" {
		fmt.Fprintf(&b, "  - ask: %s\n", gfm.Code(e.Ask))
	}
	return b.String()
}

func freshItem(e story.Entry) string {
	text := e.From + " > " + e.To + " " + e.Packets
	if e.Through != "" {
		text = e.From + " > " + e.To + " through " + e.Through
	}
	return fmt.Sprintf("- %s: %s\n", strings.ToLower(strings.TrimPrefix(e.Word, "NOW SURELY ")), gfm.Text(text))
}

func verdictItem(v judged.Result, n story.Names) string {
	what := v.Severity.String()
	if v.Verdict == finding.Undecided {
		what = "undecided"
	}
	if v.Was != "" {
		what += ", was " + v.Was
	}
	at := ""
	if place := story.At(n.AfterPlace, v.Place).String(); place != "" {
		at = " (" + gfm.Code(place) + ")"
	}
	return fmt.Sprintf("- **%s** %s: %s, %s%s\n", v.State, what, gfm.Code(v.Recommendation), gfm.Text(v.Title), at)
}

func differenceTotals(r story.Report) string {
	d := r.Difference
	text := plural(len(d.Changes), "resource") + " changed"
	if len(d.Moved) > 0 {
		text += ", " + number(len(d.Moved)) + " moved and are the same"
	}
	if d.Unsearched != "" {
		text += "; causes were not looked for: " + gfm.Text(d.Unsearched)
	}
	if d.Open > 0 {
		text += "; " + plural(d.Open, "pair") + " that may have changed: undecided before and after"
	}
	return text + "."
}
