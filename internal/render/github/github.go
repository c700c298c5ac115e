// Package github writes a report of check as annotations of GitHub Actions:
// lines that the runner takes from a log and shows beside the code of a pull
// request ("Workflow commands for GitHub Actions").
//
// # Model
// Violations that are not accepted are annotations, the worst first: critical and
// high as errors, medium as warnings, low and notes as notices. Findings of one
// recommendation with the same severity on one line of a file are one annotation.
//
// # Guarantees
//   - No text of the input ends a line, begins a command or changes a property.
//   - What GitHub would drop is said: it shows ten errors, ten warnings and ten
//     notices of a step. The last of a kind that it shows counts the rest.
//
// # Not modelled
// What is undecided, follows or is accepted: a log line for each would push the
// violations out of the ten. The last line counts them.
package github

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// Limit is how many annotations of a kind GitHub shows of a step ("Limits of
// annotations").
const Limit = 10

// group is findings that are one annotation.
type group struct {
	kind     string
	first    finding.Finding
	at       ref.Place
	findings []finding.Finding
}

// Write writes the report, with files as they are in a repository. The error is
// that of the writer.
func Write(w io.Writer, r finding.Report, repo finding.Repository) error {
	r.Findings = slices.Clone(r.Findings)
	r.Sort()
	out := bufio.NewWriter(w)
	shown := map[string]int{}
	groups := groupsOf(r.Findings, repo)
	left := map[string]int{}
	for _, g := range groups {
		left[g.kind]++
	}
	var rest []group
	for _, g := range groups {
		if shown[g.kind]++; shown[g.kind] > Limit {
			rest = append(rest, g)
			continue
		}
		more := ""
		if rest := left[g.kind] - Limit; shown[g.kind] == Limit && rest > 0 {
			more = fmt.Sprintf("\n\nGitHub shows %d annotations of a kind; left out: %d. They are in the log and in the other formats.", Limit, rest)
		}
		g.write(out, more)
	}
	for _, g := range rest { // in the log nothing is left out
		for _, f := range g.findings {
			fmt.Fprintf(out, "%s %s %s: %s (%s)\n", f.Severity, f.Recommendation, gfm.Clean(string(f.Resource)), gfm.Clean(f.Title), gfm.Clean(f.Place.String()))
		}
	}
	s := r.Summary()
	fmt.Fprintf(out, "muralla: findings: %d, accepted: %d, undecided: %d\n", s.Violates, s.Suppressed, s.Undecided)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	return nil
}

func groupsOf(findings []finding.Finding, repo finding.Repository) []group {
	type key struct {
		slug     string
		severity finding.Severity
		at       ref.Place
	}
	at := map[key]int{}
	var out []group
	for _, f := range findings {
		if f.Verdict != finding.Violates || f.Suppressed != nil {
			continue
		}
		k := key{f.Recommendation, f.Severity, repo.Place(f)}
		i, ok := at[k]
		if !ok || k.at.File == "" {
			i = len(out)
			at[k] = i
			out = append(out, group{kind: kindOf(f.Severity), first: f, at: k.at})
		}
		out[i].findings = append(out[i].findings, f)
	}
	return out
}

func kindOf(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return "error"
	case finding.Medium:
		return "warning"
	}
	return "notice"
}

func (g group) write(out *bufio.Writer, more string) {
	var properties []string
	if g.at.File != "" {
		properties = append(properties, "file="+property(g.at.File))
		if g.at.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", g.at.Line))
		}
	}
	properties = append(properties, "title="+property(fmt.Sprintf("%s: %s (%s)", strings.ToUpper(g.first.Severity.String()), g.first.Title, g.first.Recommendation)))
	var text []string
	if len(g.findings) > 1 {
		var names []string
		for _, f := range g.findings {
			names = append(names, gfm.Clean(string(f.Resource)))
		}
		text = append(text, fmt.Sprintf("%d resources: %s", len(names), strings.Join(names, ", ")))
	} else {
		text = append(text, gfm.Clean(string(g.first.Resource)))
	}
	for _, row := range g.first.Rows() {
		line := row.Label + ": " + gfm.Clean(row.Text)
		if !row.Place.IsZero() {
			line += " (" + gfm.Clean(row.Place.String()) + ")"
		}
		text = append(text, line)
	}
	fmt.Fprintf(out, "::%s %s::%s\n", g.kind, strings.Join(properties, ","), data(strings.Join(text, "\n")+more))
}

// data is text behind the second pair of colons, as the toolkit of GitHub escapes
// it.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property is the value of a property, which ends at a comma or colon.
func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(gfm.Clean(s))
}
