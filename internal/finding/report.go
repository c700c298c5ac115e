package finding

import (
	"slices"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// NotModelled is a kind of thing that was in the input and that no verdict
// takes into account.
type NotModelled struct {
	Type  string    // "aws_dx_connection", or a feature: "Suricata rules of AWS Network Firewall"
	Count int       // how often
	Why   string    // why it could matter, as a clause; may be empty
	First ref.Place // the first of them
}

// Counts is how much was read and answered.
type Counts struct {
	Resources, Services, Pairs int // pairs of endpoints that were asked about
}

// Report is the result of a run of check.
type Report struct {
	Findings    []Finding // sorted by Finding.Compare; every verdict, Follows too
	NotModelled []NotModelled
	Diagnostics diag.List
	Counts      Counts
	Marks       []Mark // what is written beside resources about findings
}

// Sort puts findings in their order.
func (r *Report) Sort() { slices.SortStableFunc(r.Findings, Finding.Compare) }

// What is wrong with an exception is a finding of its own, so that it is seen.
const (
	ExceptionSlug = "exception" // its recommendation
	ExpiredFact   = "expired"   // among its facts if the date has passed
)

// Summary counts findings that are not suppressed, by verdict and severity.
// Expired exceptions are counted among the violations, too.
type Summary struct {
	Follows, Violates, Undecided, NotApplicable int
	Suppressed, Expired                         int
	BySource                                    [Baseline + 1]int // of suppressed
	BySeverity                                  [Critical + 1]int // of violations
}

// Summary counts the report.
func (r Report) Summary() Summary {
	var s Summary
	for _, f := range r.Findings {
		if f.Recommendation == ExceptionSlug && slices.Contains(f.Facts, ExpiredFact) {
			s.Expired++
		}
		switch {
		case f.Suppressed != nil:
			s.Suppressed++
			s.BySource[min(f.Suppressed.Source, Baseline)]++
		case f.Verdict == Violates:
			s.Violates++
			s.BySeverity[f.Severity]++
		case f.Verdict == Follows:
			s.Follows++
		case f.Verdict == NotApplicable:
			s.NotApplicable++
		default:
			s.Undecided++
		}
	}
	return s
}

// Worst is the highest severity among violations that are not suppressed, and
// whether there is one.
func (r Report) Worst() (Severity, bool) {
	worst, any := Note, false
	for _, f := range r.Findings {
		if f.Verdict == Violates && f.Suppressed == nil {
			worst, any = max(worst, f.Severity), true
		}
	}
	return worst, any
}
