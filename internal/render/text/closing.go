package text

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// missing is a fact that would decide something.
type missing struct {
	fact    finding.Evidence
	answers []entry
}

// missingFacts is the missing facts of undecided entries, the one that would
// decide most first. A finding that names none is its own fact.
func missingFacts(entries []entry) []missing {
	at := map[finding.Evidence]int{}
	var out []missing
	for _, e := range entries {
		facts := slices.Clone(e.Gaps)
		if len(facts) == 0 {
			facts = []finding.Evidence{{Text: cmp.Or(e.Message, e.Title, "a fact that is not named"), Place: e.Place}}
		}
		for i, f := range facts {
			if slices.Contains(facts[:i], f) {
				continue // said twice
			}
			j, ok := at[f]
			if !ok {
				j = len(out)
				at[f], out = j, append(out, missing{fact: f})
			}
			out[j].answers = append(out[j].answers, e)
		}
	}
	slices.SortStableFunc(out, func(a, b missing) int {
		return cmp.Or(-cmp.Compare(len(a.answers), len(b.answers)),
			a.fact.Place.Compare(b.fact.Place), strings.Compare(a.fact.Text, b.fact.Text))
	})
	return out
}

// maxGapLines is the longest list of missing facts that a reader did not ask for.
const maxGapLines = 8

// undecided writes what could not be answered, by the fact that is missing.
func (p *printer) undecided(entries []entry, o Options) {
	if len(entries) == 0 {
		return
	}
	if o.All {
		for _, e := range entries {
			p.full(e)
		}
	}
	facts := missingFacts(entries)
	p.gap()
	p.line(p.paint(cyan, "UNDECIDED") + " " + plural(len(entries), "answer") + " for want of " + plural(len(facts), "fact"))
	start := len(p.lines)
	for i, m := range facts {
		before := len(p.lines)
		p.row(fmt.Sprintf("%6s", number(len(m.answers))), m.fact.Text, m.fact.Place)
		if o.ExplainGaps || o.All {
			for _, e := range m.answers {
				p.put("", []string{"  " + e.Recommendation + " " + string(e.Resource)}, ref.Place{})
			}
			continue
		}
		// The line that says how many are left out must fit, too.
		if last := i == len(facts)-1; i > 0 && len(p.lines)-start > maxGapLines-btoi(!last) {
			p.lines = p.lines[:before]
			p.row("", "and "+plural(len(facts)-i, "more fact")+" (--explain-gaps)", ref.Place{})
			return
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// notModelled lists what was passed over, if all is asked for; otherwise the
// last line names it.
func (p *printer) notModelled(list []finding.NotModelled, o Options) {
	if len(list) == 0 || !o.All {
		return
	}
	p.gap()
	p.line(p.paint(cyan, "NOT MODELLED"))
	for _, n := range list {
		text := clean(n.Type)
		if n.Why != "" {
			text += ": " + clean(n.Why)
		}
		p.row(fmt.Sprintf("%6s", number(n.Count)), text, cleanPlace(n.First))
	}
}

// namedTypes is how many types that are not modelled the last line names.
const namedTypes = 4

// totals writes the three last lines.
func (p *printer) totals(r finding.Report, o Options) {
	s := r.Summary()
	p.gap()
	var bySeverity []string
	for severity := finding.Critical; ; severity-- {
		if n := s.BySeverity[severity]; n > 0 {
			bySeverity = append(bySeverity, number(n)+" "+severity.String())
		}
		if severity == finding.Note {
			break
		}
	}
	text := plural(s.Violates, "finding")
	if len(bySeverity) > 0 {
		text += " (" + strings.Join(bySeverity, ", ") + ")"
	}
	text += fmt.Sprintf(", %s suppressed", number(s.Suppressed))
	var by []string
	for source, n := range s.BySource {
		if n > 0 {
			by = append(by, number(n)+" "+finding.Source(source).String())
		}
	}
	if s.BySource[finding.Exception] < s.Suppressed {
		text += " (" + strings.Join(by, ", ") + ")"
	}
	text += fmt.Sprintf(", %s expired", number(s.Expired))
	p.paragraph("", text)

	switch {
	case s.Undecided == 0:
		p.paragraph("", "undecided: nothing")
	case o.ExplainGaps || o.All:
		p.paragraph("", "undecided: "+dependent(s.Undecided)+" on facts that are not given")
	default:
		p.paragraph("", "undecided: "+dependent(s.Undecided)+" on facts that are not given (--explain-gaps)")
	}

	if names := variables(r.Findings, unset); names != "" {
		p.paragraph("", "not given: "+names+" (--var, --var-file)")
	}
	if names := variables(r.Findings, unsetParameter); names != "" {
		p.paragraph("", "not given: "+names+" (--parameter, --parameter-file)")
	}
	if text := lost(r.Diagnostics); text != "" {
		p.paragraph("", "not read: "+text)
	}

	var passed []string
	for _, n := range r.NotModelled[:min(len(r.NotModelled), namedTypes)] {
		passed = append(passed, number(n.Count)+glue+clean(n.Type))
	}
	if rest := len(r.NotModelled) - len(passed); rest > 0 {
		passed = append(passed, plural(rest, "other kind")+" (--all)")
	}
	if len(passed) == 0 {
		passed = []string{"nothing"}
	}
	p.paragraph("", fmt.Sprintf("read: %s, %s, %s; not modelled: %s", plural(r.Counts.Resources, "resource"),
		plural(r.Counts.Services, "service"), plural(r.Counts.Pairs, "pair"), strings.Join(passed, ", ")))
}

// lost is what of the input no answer takes into account, or "".
func lost(diags diag.List) string {
	var errors, modules int
	for _, d := range diags {
		switch {
		case d.Level == diag.Error:
			errors++
		case d.Summary == diag.ModuleNotHere:
			modules++
		}
	}
	var parts []string
	if errors > 0 {
		parts = append(parts, plural(errors, "part")+" with errors")
	}
	if modules > 0 {
		parts = append(parts, plural(modules, "module")+" that "+map[bool]string{true: "is", false: "are"}[modules == 1]+" not here")
	}
	return strings.Join(parts, ", ")
}

func dependent(answers int) string {
	if answers == 1 {
		return "1 answer depends"
	}
	return number(answers) + " answers depend"
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
