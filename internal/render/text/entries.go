package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// full writes everything that a finding holds.
func (p *printer) full(e entry) { p.entry(e, true) }

func (p *printer) entry(e entry, all bool) {
	p.gap()
	words := strings.ToUpper(e.Severity.String())
	if e.Verdict != finding.Violates {
		words = strings.ToUpper(e.Verdict.String())
		if e.Verdict == finding.Undecided && e.Severity != finding.Note {
			words += " (WOULD BE " + strings.ToUpper(e.Severity.String()) + ")"
		}
	}
	if e.Suppressed != nil {
		words = "SUPPRESSED " + words
	}
	p.header(styleOf(e), words, e.Recommendation, e.Title)
	p.whole("where", string(e.Resource), e.Place)
	if s := e.Suppressed; s != nil {
		p.row("accepted", s.String(), s.Place)
	}
	if all {
		p.optional("why", e.Message)
		p.optional("severity", e.SeverityWhy)
	}
	for i, hop := range e.Path {
		switch {
		case i == 0:
			p.row("path", hop, ref.Place{})
		case e.Continues(i):
			p.row("", "then "+hop, ref.Place{})
		default:
			p.row("", "also "+hop, ref.Place{})
		}
	}
	p.evidence("because", e.Evidence)
	p.evidence("missing", e.Gaps)
	p.fix(e.Finding)
	if e.Ask != "" {
		p.whole("ask", e.Ask, ref.Place{})
	}
	p.whole("id", e.id, ref.Place{})
}

// fix writes what to change, and whether the program can do it.
func (p *printer) fix(f finding.Finding) {
	if f.Patched() {
		p.optional("fix", strings.TrimSpace(f.Fix+" (patch: --fix=print)"))
		return
	}
	p.optional("fix", f.Fix)
	for _, c := range f.Changes {
		if c.Refused != "" {
			p.optional("no patch", c.Refused)
			return
		}
	}
}

func (p *printer) optional(label, text string) {
	if text != "" {
		p.row(label, text, ref.Place{})
	}
}

// grouped puts violations together that have the same severity, recommendation
// and shape of title. Groups are in the order of their first members.
func grouped(entries []entry) [][]entry {
	type key struct {
		severity    finding.Severity
		slug, shape string
	}
	at := map[key]int{}
	var out [][]entry
	for _, e := range entries {
		k := key{e.Severity, e.Recommendation, shape(e)}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k], out = i, append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// shape is a title without what is particular to its resource: the words that
// are parts of the address, and those that hold a digit or look like an address.
func shape(e entry) string {
	parts := map[string]bool{}
	for _, part := range strings.FieldsFunc(string(e.Resource), func(r rune) bool { return strings.ContainsRune(`./[]":`, r) }) {
		parts[part] = true
	}
	words := strings.Fields(e.Title)
	for i, w := range words {
		bare := strings.Trim(w, `,;:()"'`)
		if parts[bare] || strings.ContainsAny(bare, "./_:") || strings.ContainsFunc(bare, unicode.IsDigit) {
			words[i] = "*"
		}
	}
	return strings.Join(words, " ")
}

// listedNames is how many of the other members of a group are named.
const listedNames = 5

// group writes the first of a group and the names of the others.
func (p *printer) group(g []entry) {
	p.entry(g[0], false)
	if len(g) == 1 {
		return
	}
	others := g[1:]
	names := make([]string, 0, listedNames)
	for _, e := range others[:min(len(others), listedNames)] {
		names = append(names, string(e.Resource))
	}
	text := strings.Join(names, ", ")
	if rest := len(others) - len(names); rest > 0 {
		text += fmt.Sprintf(" and %d that are not listed", rest)
	}
	p.paragraph("  ", fmt.Sprintf("and %s more: %s (--all shows each)", number(len(others)), text))
}

// suppressed writes what was accepted: it stays visible. What the baseline knows
// is counted only, since it may be all that there is.
func (p *printer) suppressed(entries []entry, o Options) {
	var slugs []string
	known := map[string]int{}
	n := 0
	for _, e := range entries {
		switch {
		case e.Suppressed == nil:
		case o.All:
			p.full(e)
		case e.Suppressed.Source == finding.Baseline:
			if known[e.Recommendation]++; known[e.Recommendation] == 1 {
				slugs = append(slugs, e.Recommendation)
			}
			n++
		default:
			p.gap()
			words := "SUPPRESSED " + strings.ToUpper(e.Severity.String())
			p.header(styleOf(e), words, e.Recommendation, e.Title)
			p.whole("where", string(e.Resource), e.Place)
			p.row("accepted", e.Suppressed.String(), e.Suppressed.Place)
			p.whole("id", e.id, ref.Place{})
		}
	}
	if n == 0 {
		return
	}
	slices.Sort(slugs)
	for i, s := range slugs {
		slugs[i] = s + glue + number(known[s])
	}
	p.gap()
	p.paragraph("", fmt.Sprintf("%s in the baseline: %s (--all shows each)", plural(n, "finding"), strings.Join(slugs, ", ")))
}

// tally counts good verdicts by recommendation, or writes them all.
func (p *printer) tally(entries []entry, o Options) {
	if len(entries) == 0 {
		return
	}
	if o.All {
		for _, e := range entries {
			p.full(e)
		}
		return
	}
	var slugs []string
	count := map[string]int{}
	for _, e := range entries { // sorted by recommendation within a severity
		if count[e.Recommendation]++; count[e.Recommendation] == 1 {
			slugs = append(slugs, e.Recommendation)
		}
	}
	verdict := entries[0].Verdict
	if verdict == finding.NotApplicable {
		p.paragraph("", fmt.Sprintf("not applicable: %s of %s", plural(len(entries), "answer"), plural(len(slugs), "recommendation")))
		return
	}
	for i, s := range slugs {
		slugs[i] = s + glue + number(count[s])
	}
	p.gap()
	p.paragraph("", verdict.String()+": "+strings.Join(slugs, ", "))
}
