// Package markdown writes a report of check for comments on pull and merge
// requests and for job summaries, of GitHub and of GitLab.
//
// # Model
// A heading with the verdict, a table of the violations, a part that opens for
// each of them with its proof, what is undecided by the fact that is missing, what
// was accepted, and what was read and passed over. The first line is a comment
// that a program can look for to take the place of its last report.
//
// # Guarantees
//   - The same report gives the same bytes, whatever the order of its findings.
//   - The output has at most [Options.Limit] bytes; what is left out is counted
//     where it is missing, and the verdict and the totals are always there.
//   - Text of the input is shown as it is and does nothing: see package gfm.
//   - Nothing is told by a colour or a picture.
//
// # Not modelled
// Links to files: a report does not know the commit that it is about.
package markdown

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// Limit is how long a comment on GitHub may be, in characters; bytes are never
// fewer.
const Limit = 65_536

// least is the shortest limit that leaves room for what is always there.
const least = 8_192

// Marker is the first line of every report.
const Marker = "<!-- muralla check -->"

// Options is how a report is written. The zero Options is a comment on GitHub
// without links.
type Options struct {
	Limit int                      // bytes; 0 means [Limit], and less than 8,192 means 8,192
	All   bool                     // what follows or is not applicable, one by one
	Page  func(slug string) string // address of the page of a recommendation, or ""; may be nil
	// Against names what the report was compared with, if it holds only what is
	// worse than there.
	Against string
}

// Write writes the report. The error is that of the writer.
func Write(w io.Writer, r finding.Report, o Options) error {
	if _, err := io.WriteString(w, compose(r, o)); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}

func compose(r finding.Report, o Options) string {
	r.Findings = slices.Clone(r.Findings)
	r.Sort()
	limit := max(cmp.Or(o.Limit, Limit), least)
	lost := only(r.Diagnostics.Sorted(), func(d diag.Diagnostic) bool { return d.Level == diag.Error || d.Summary == diag.ModuleNotHere })
	against := ""
	if o.Against != "" {
		against = ", new or worse than at " + gfm.Code(o.Against)
	}
	begin, end := Marker+"\n## Muralla: "+verdict(r.Summary())+against+"\n", closing(r, len(lost))
	p := &printer{options: o, room: limit - len(begin) - len(end)}

	violations := only(r.Findings, func(f finding.Finding) bool { return f.Verdict == finding.Violates && f.Suppressed == nil })
	p.table(violations)
	p.section(p.room*2/3, "", each(violations, p.details), "are not shown in full")
	undecided := only(r.Findings, func(f finding.Finding) bool { return f.Verdict == finding.Undecided && f.Suppressed == nil })
	facts := missingFacts(undecided)
	p.section(p.room/2, fmt.Sprintf("### Undecided: %s for want of %s", plural(len(undecided), "answer"), plural(len(facts), "fact")),
		each(facts, missing.item), "are not listed")
	accepted := only(r.Findings, func(f finding.Finding) bool { return f.Suppressed != nil })
	p.section(p.room/2, "### Accepted: "+plural(len(accepted), "finding"), each(accepted, acceptedItem), "are not listed")
	p.section(p.room/2, "### Not read: "+plural(len(lost), "part"), each(lost, lostItem), "are not listed")
	if o.All {
		good := only(r.Findings, func(f finding.Finding) bool {
			return f.Suppressed == nil && (f.Verdict == finding.Follows || f.Verdict == finding.NotApplicable)
		})
		p.section(p.room, "### Good: "+plural(len(good), "answer"), each(good, goodItem), "are not listed")
	}
	return strings.ReplaceAll(begin+p.out.String()+end, "\n\n\n", "\n\n")
}

func only[T any](list []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !keep(x) })
}

func each[T any](list []T, text func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = text(x)
	}
	return out
}

// printer fills the room between the first and the last lines.
type printer struct {
	options Options
	out     strings.Builder
	room    int
}

func (p *printer) put(s string) {
	p.out.WriteString(s)
	p.room -= len(s)
}

// reserve is room for the line that says how many items are left out.
const reserve = 80

// section writes a heading and as many items as a share of the room holds.
func (p *printer) section(share int, heading string, items []string, leftOut string) {
	if len(items) == 0 {
		return
	}
	if share = min(share, p.room) - reserve; share < len(heading)+2 {
		return // the totals at the end count them
	}
	floor := p.room - share
	if heading != "" {
		p.put("\n" + heading + "\n")
	}
	p.put("\n")
	for i, item := range items {
		if p.room-len(item) < floor {
			p.put(fmt.Sprintf("\nAnd %s more that %s.\n", number(len(items)-i), leftOut))
			return
		}
		p.put(item)
	}
}

// table lists the violations, one a row.
func (p *printer) table(list []finding.Finding) {
	if len(list) == 0 {
		return
	}
	p.put("\n| Severity | Recommendation | Finding | Resource | Place |\n| --- | --- | --- | --- | --- |\n")
	floor := p.room / 2
	for i, f := range list {
		row := fmt.Sprintf("| %s | %s | %s | %s | %s |\n", strings.ToUpper(f.Severity.String()), p.slug(f.Recommendation),
			gfm.TextCell(clipped(f.Title)), gfm.Cell(clipped(string(f.Resource))), cellPlace(f.Place))
		if p.room-len(row) < floor {
			p.put(fmt.Sprintf("\nAnd %s more that are not listed.\n", number(len(list)-i)))
			break
		}
		p.put(row)
	}
	p.put("\n")
}

func cellPlace(at ref.Place) string {
	if at.IsZero() {
		return ""
	}
	return gfm.Cell(clipped(at.String()))
}

// slug is the name of a recommendation, with a link to its page if there is one.
func (p *printer) slug(s string) string {
	if p.options.Page != nil {
		if page := p.options.Page(s); page != "" {
			return "[" + gfm.Cell(s) + "](" + page + ")"
		}
	}
	return gfm.Cell(s)
}

// details is a violation with its proof, in a part that opens. A summary is HTML,
// in which names are in code, so that no text of the input is looked through for
// mentions.
func (p *printer) details(f finding.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details>\n<summary>%s %s on %s</summary>\n\n", strings.ToUpper(f.Severity.String()),
		gfm.HTML(f.Recommendation), gfm.HTML(clipped(string(f.Resource))))
	row := func(label, text string) { fmt.Fprintf(&b, "- **%s** %s\n", label, text) }
	row("what", gfm.Text(clipped(strings.TrimSpace(f.Title+". "+f.Message))))
	row("where", gfm.Code(clipped(string(f.Resource)))+placed(f.Place))
	if f.SeverityWhy != "" {
		row("severity", f.Severity.String()+": "+gfm.Text(clipped(f.SeverityWhy)))
	}
	for i, hop := range shortened(f.Path) {
		label := "also"
		switch {
		case i == 0:
			label = "path"
		case f.Continues(i):
			label = "then"
		}
		row(label, gfm.Code(clipped(hop)))
	}
	for _, e := range shortened(f.Evidence) {
		row("because", gfm.Text(clipped(e.Text))+placed(e.Place))
	}
	if n := len(f.Path) + len(f.Evidence) - len(shortened(f.Path)) - len(shortened(f.Evidence)); n > 0 {
		row("and", plural(n, "more line")+" in the other formats")
	}
	if f.Fix != "" {
		row("fix", gfm.Text(clipped(f.Fix)))
	}
	if f.Patched() {
		row("patch", "printed by "+gfm.Code("muralla check --fix=print")+", made by "+gfm.Code("muralla check --fix=write"))
	} else if i := slices.IndexFunc(f.Changes, func(c finding.Change) bool { return c.Refused != "" }); i >= 0 {
		row("no patch", gfm.Text(clipped(f.Changes[i].Refused)))
	}
	row("id", gfm.Code(f.Fingerprint()))
	if f.Ask != "" {
		b.WriteString("\n" + gfm.Block("sh", clipped(f.Ask)) + "\n")
	}
	b.WriteString("\n</details>\n\n")
	return b.String()
}

// maxLines is how many hops, and how many facts, of a finding are shown.
const maxLines = 20

func shortened[T any](list []T) []T { return list[:min(len(list), maxLines)] }

func placed(at ref.Place) string {
	if at.IsZero() {
		return ""
	}
	return " (" + gfm.Code(clipped(at.String())) + ")"
}

// maxText is how many characters of one text of the input are shown: a name may
// have megabytes.
const maxText = 600

func clipped(s string) string { return clippedTo(s, maxText) }

// clippedTo is the beginning of a text, if it has more bytes than that when it is
// clean.
func clippedTo(s string, most int) string {
	if s = gfm.Clean(s); len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most {
			break
		}
		end = i
	}
	return s[:end] + "…"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// number prints thousands with commas: 1,406.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
