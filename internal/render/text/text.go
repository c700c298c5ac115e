// Package text writes a report of check, and the answer to a question, for people
// who read a terminal.
//
// # Model
// Violations come first, the worst first; each has the shape of a title and
// labelled rows under it. Several violations that differ only in the resource
// are one entry that names the others. Then follow what was accepted, what is
// undecided (by the fact that is missing), and counts of everything else. What
// is left out is always counted, with the option that shows it. An answer has the
// same form: its verdict first, then the gates in the order of a packet.
//
// # Guarantees
//   - The same report gives the same bytes, whatever the order of its findings.
//   - No line is longer than the width, unless it holds one address, place or
//     command that is longer: those are never cut.
//   - Nothing is told in colour alone.
//   - Characters that move the cursor, change colours or turn the direction of
//     text are shown as escapes: names come from hostile files.
//   - With [Options.All] everything in the report is written.
//
// # Not modelled
// Widths of characters: each counts one column, also those of East Asian scripts
// that take two. The package has more
// than 1,500 lines because reports and answers are laid out by one printer, whose
// rows and columns are no business of others.
package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
)

// Options is how a report is written. The zero Options is 80 columns, without
// colour, short.
type Options struct {
	Width       int  // columns; 0 means 80, and less than 40 means 40
	Color       bool // ANSI escapes
	All         bool // every finding in full, none grouped or only counted
	ExplainGaps bool // every missing fact, with what it would decide
}

const (
	defaultWidth = 80
	minWidth     = 40
)

func (o Options) width() int {
	if o.Width == 0 {
		return defaultWidth
	}
	return max(o.Width, minWidth)
}

// Write writes the report. Its diagnostics are not part of it: they belong to
// the conversation and not to the answer, see [WriteDiagnostics]. The error is
// that of the writer.
func Write(w io.Writer, r finding.Report, o Options) error {
	p := &printer{width: o.width(), color: o.Color}
	r.Findings = slices.Clone(r.Findings)
	r.Sort()
	entries := entriesOf(r.Findings)

	violations := only(entries, finding.Violates, false)
	if o.All {
		for _, e := range violations {
			p.full(e)
		}
	} else {
		for _, g := range grouped(violations) {
			p.group(g)
		}
	}
	p.suppressed(entries, o)
	p.undecided(only(entries, finding.Undecided, false), o)
	for _, v := range []finding.Verdict{finding.Follows, finding.NotApplicable} {
		p.tally(only(entries, v, false), o)
	}
	p.notModelled(r.NotModelled, o)
	p.totals(r, o)
	return p.flush(w)
}

// entry is a finding whose text can be printed, with the fingerprint of the
// finding as it was.
type entry struct {
	finding.Finding
	id string
}

func entriesOf(findings []finding.Finding) []entry {
	out := make([]entry, len(findings))
	for i, f := range findings {
		out[i] = entry{cleaned(f), f.Fingerprint()}
	}
	return out
}

// only is the entries with a verdict that are, or are not, suppressed.
func only(entries []entry, v finding.Verdict, suppressed bool) []entry {
	var out []entry
	for _, e := range entries {
		if e.Verdict == v && (e.Suppressed != nil) == suppressed {
			out = append(out, e)
		}
	}
	return out
}

// flush writes the lines that were laid out.
func (p *printer) flush(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, l := range p.lines {
		b.WriteString(l)
		b.WriteByte('\n')
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write text: %w", err)
	}
	return nil
}
