package markdown

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
)

// verdict is the report in one line.
func verdict(s finding.Summary) string {
	text := "no findings"
	if s.Violates > 0 {
		var parts []string
		for severity := finding.Critical; ; severity-- {
			if n := s.BySeverity[severity]; n > 0 {
				parts = append(parts, number(n)+" "+severity.String())
			}
			if severity == finding.Note {
				break
			}
		}
		text = plural(s.Violates, "finding") + " (" + strings.Join(parts, ", ") + ")"
	}
	if s.Undecided > 0 {
		text += ", " + plural(s.Undecided, "answer") + " undecided"
	}
	if s.Suppressed > 0 {
		text += ", " + number(s.Suppressed) + " accepted"
	}
	return text
}

// missing is a fact that would decide something.
type missing struct {
	fact    finding.Evidence
	answers []finding.Finding
}

// missingFacts is the missing facts of undecided findings, the one that would
// decide most first. A finding that names none is its own fact.
func missingFacts(list []finding.Finding) []missing {
	at := map[finding.Evidence]int{}
	var out []missing
	for _, f := range list {
		facts := slices.Clone(f.Gaps)
		if len(facts) == 0 {
			facts = []finding.Evidence{{Text: cmp.Or(f.Message, f.Title, "a fact that is not named"), Place: f.Place}}
		}
		for i, e := range facts {
			if slices.Contains(facts[:i], e) {
				continue // said twice
			}
			j, ok := at[e]
			if !ok {
				j = len(out)
				at[e], out = j, append(out, missing{fact: e})
			}
			out[j].answers = append(out[j].answers, f)
		}
	}
	slices.SortStableFunc(out, func(a, b missing) int {
		return cmp.Or(-cmp.Compare(len(a.answers), len(b.answers)),
			a.fact.Place.Compare(b.fact.Place), strings.Compare(a.fact.Text, b.fact.Text))
	})
	return out
}

// maxAnswers is how many answers are named that depend on one fact.
const maxAnswers = 4

func (m missing) item() string {
	var names []string
	for _, f := range m.answers[:min(len(m.answers), maxAnswers)] {
		names = append(names, gfm.Code(f.Recommendation)+" on "+gfm.Code(clipped(string(f.Resource))))
	}
	if rest := len(m.answers) - len(names); rest > 0 {
		names = append(names, number(rest)+" more")
	}
	return "- " + "**missing** " + gfm.Text(clipped(m.fact.Text)) + placed(m.fact.Place) + ": would decide " + strings.Join(names, ", ") + "\n"
}

func acceptedItem(f finding.Finding) string {
	s := f.Suppressed
	what := f.Severity.String()
	if f.Verdict != finding.Violates {
		what = f.Verdict.String()
	}
	text := fmt.Sprintf("- %s, %s %s on %s", s.Source, what, gfm.Code(f.Recommendation), gfm.Code(clipped(string(f.Resource))))
	if s.Reason != "" {
		text += ": " + gfm.Text(clipped(s.Reason))
	}
	if s.Until != "" {
		text += ", until " + gfm.Code(clipped(s.Until))
	}
	return text + placed(s.Place) + "\n"
}

func lostItem(d diag.Diagnostic) string {
	return "- **" + d.Level.String() + "** " + gfm.Text(clipped(strings.TrimSpace(d.Summary+". "+d.Detail))) + placed(d.Place) + "\n"
}

func goodItem(f finding.Finding) string {
	return fmt.Sprintf("- %s %s on %s: %s\n", f.Verdict, gfm.Code(f.Recommendation), gfm.Code(clipped(string(f.Resource))), gfm.Text(clipped(f.Title)))
}

// namedTypes is how many types that are not modelled are named.
const namedTypes = 5

// closing is what was read, and what was passed over.
func closing(r finding.Report, lost int) string {
	s := r.Summary()
	var b strings.Builder
	if len(r.NotModelled) > 0 {
		b.WriteString("\n**Not modelled**, so that no answer takes it into account:\n\n")
		for _, n := range r.NotModelled[:min(len(r.NotModelled), namedTypes)] {
			fmt.Fprintf(&b, "- %s %s", number(n.Count), gfm.Code(clippedTo(n.Type, 60)))
			if n.Why != "" {
				b.WriteString(": " + gfm.Text(clippedTo(n.Why, 120)))
			}
			b.WriteString("\n")
		}
		if rest := len(r.NotModelled) - namedTypes; rest > 0 {
			fmt.Fprintf(&b, "- and %s\n", plural(rest, "other kind"))
		}
	}
	fmt.Fprintf(&b, "\nRead: %s, %s, %s. Follows: %s. Not applicable: %s. Undecided: %s. Accepted: %s. Not read: %s.\n",
		plural(r.Counts.Resources, "resource"), plural(r.Counts.Services, "service"), plural(r.Counts.Pairs, "pair"),
		plural(s.Follows, "answer"), number(s.NotApplicable), number(s.Undecided), number(s.Suppressed), plural(lost, "part"))
	return b.String()
}
