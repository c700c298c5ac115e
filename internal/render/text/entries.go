package text

import (
	"cmp"
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

// grouped puts violations together that differ in the resource only, or that have
// one cause (see [finding.Finding.Cause]). Groups and their members keep the order
// of the entries, so that the worst comes first.
func grouped(entries []entry) [][]entry {
	at := map[string]int{} // by what is shared
	group := make([]int, len(entries))
	for i, e := range entries {
		group[i] = i
		for _, k := range alike(e) {
			j, ok := at[k]
			if !ok {
				at[k] = i
				continue
			}
			from, to := max(group[i], group[j]), min(group[i], group[j])
			for n := range group[:i+1] {
				if group[n] == from {
					group[n] = to
				}
			}
		}
	}
	out := make([][]entry, len(entries))
	for i, e := range entries {
		out[group[i]] = append(out[group[i]], e)
	}
	return slices.DeleteFunc(out, func(g []entry) bool { return len(g) == 0 })
}

// alike are the keys that put an entry together with others: its cause, the shape
// of its title, and what it rests on if that and the remedy are the same words.
func alike(e entry) []string {
	key := func(parts ...string) string {
		return strings.Join(append([]string{e.Severity.String(), e.Recommendation}, parts...), "\x00")
	}
	keys := []string{key("shape", shape(e))}
	if e.Cause != "" {
		keys = append(keys, "cause\x00"+e.Cause)
	}
	if e.Fix != "" && len(e.Evidence) > 0 && len(e.Path) == 0 {
		parts := []string{"words", e.Fix}
		for _, because := range e.Evidence {
			parts = append(parts, because.Text)
		}
		keys = append(keys, key(parts...))
	}
	return keys
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

// group writes the first of a group and the names of the others, first those of
// the same recommendation.
func (p *printer) group(g []entry) {
	p.entry(g[0], false)
	if len(g) == 1 {
		return
	}
	others := slices.Clone(g[1:])
	slices.SortStableFunc(others, func(a, b entry) int {
		own := func(e entry) int { return map[bool]int{false: 1}[e.Recommendation == g[0].Recommendation] }
		return cmp.Or(own(a)-own(b), strings.Compare(a.Recommendation, b.Recommendation))
	})
	var own, caused []string
	slug := g[0].Recommendation
	for _, e := range others[:min(len(others), listedNames)] {
		name := string(e.Resource)
		if e.Recommendation == g[0].Recommendation {
			own = append(own, name)
			continue
		}
		switch {
		case e.Resource == g[0].Resource:
			name = e.Recommendation
		case e.Recommendation != slug:
			name = e.Recommendation + " of " + name
		}
		slug = e.Recommendation
		caused = append(caused, name)
	}
	text := fmt.Sprintf("and %s more", number(len(others)))
	if len(own) > 0 {
		text += ": " + strings.Join(own, ", ")
	}
	if len(caused) > 0 {
		text += map[bool]string{true: "; ", false: " "}[len(own) > 0] + "from the same cause: " + strings.Join(caused, ", ")
	}
	if rest := len(others) - len(own) - len(caused); rest > 0 {
		text += fmt.Sprintf(" and %d that are not listed", rest)
	}
	p.paragraph("  ", text+" (--all shows each)")
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
