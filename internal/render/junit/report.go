package junit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// WriteReport writes a report of check as one suite. What is not applicable is
// left out: it was not tested. The error is that of the writer.
func WriteReport(w io.Writer, r finding.Report) error { return Write(w, suiteOf(r)) }

func suiteOf(r finding.Report) Suite {
	findings := slices.Clone(r.Findings)
	slices.SortStableFunc(findings, func(a, b finding.Finding) int {
		return cmp.Or(strings.Compare(a.Recommendation, b.Recommendation), strings.Compare(string(a.Resource), string(b.Resource)), a.Compare(b))
	})
	type subject struct {
		slug     string
		resource ref.ID
	}
	several := map[subject]int{}
	for _, f := range findings {
		if f.Verdict != finding.NotApplicable {
			several[subject{f.Recommendation, f.Resource}]++
		}
	}
	s := Suite{Name: "muralla check"}
	for _, f := range findings {
		if f.Verdict == finding.NotApplicable {
			continue
		}
		c := reported(f)
		if several[subject{f.Recommendation, f.Resource}] > 1 {
			c.Name += " (" + f.Fingerprint() + ")"
		}
		s.Cases = append(s.Cases, c)
	}
	seen := map[string]int{}
	for _, d := range r.Diagnostics.Sorted() {
		if d.Level != diag.Error {
			continue
		}
		name := strings.TrimSpace(d.Place.String() + " " + d.Summary)
		if seen[name]++; seen[name] > 1 {
			name += fmt.Sprintf(" (%d)", seen[name])
		}
		s.Cases = append(s.Cases, Case{Name: name, Class: "input", Place: d.Place, Status: Error, Type: "not read", Message: d.Summary, Body: d.Detail})
	}
	return s
}

// reported is the case of a finding.
func reported(f finding.Finding) Case {
	c := Case{Name: cmp.Or(string(f.Resource), f.Title), Class: f.Recommendation, Place: f.Place, Message: f.Title, Body: body(f)}
	switch {
	case f.Suppressed != nil:
		c.Message = "accepted, " + f.Suppressed.String()
		c.Body = f.Title + "\n" + c.Body
	case f.Verdict == finding.Follows:
		c.Status = Pass
	case f.Verdict == finding.Violates && f.Severity > finding.Note:
		c.Status, c.Type = Fail, f.Severity.String()
		c.Message = f.Severity.String() + ": " + f.Title
	case f.Verdict == finding.Violates: // it fails no run, whatever is asked for
		c.Message = "note: " + f.Title
	default:
		c.Message = "undecided: " + f.Title
	}
	return c
}

// body is everything else that a finding says, a line each, as plain text.
func body(f finding.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s%s", "where", gfm.Clean(string(f.Resource)))
	if !f.Place.IsZero() {
		b.WriteString(" (" + gfm.Clean(f.Place.String()) + ")")
	}
	for _, r := range f.Rows() {
		fmt.Fprintf(&b, "\n%-9s%s", r.Label, gfm.Clean(r.Text))
		if !r.Place.IsZero() {
			b.WriteString(" (" + gfm.Clean(r.Place.String()) + ")")
		}
	}
	return b.String()
}
