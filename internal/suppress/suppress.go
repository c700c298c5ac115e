// Package suppress applies what was decided about findings: which are accepted,
// and which weigh more or less than was computed.
//
// # Model
// A finding is accepted by a suppression that is written beside its resource
// ([Marks] reads those), by an exception of muralla.yaml, or by a [Baseline], the
// list of findings that were known at a time. [Apply] does the first two and the
// severities of muralla.yaml, [Baseline.Apply] the last. What is wrong with any
// of them is a finding of its own, of the recommendation "exception".
//
// # Guarantees
//   - Nothing is removed: what is suppressed stays in the report with the source,
//     the reason and the place.
//   - What has no reason, is after its date or cannot be read suppresses nothing.
//   - What a baseline does not know is never suppressed by it, nor what became
//     worse or surer since.
//   - Findings about exceptions cannot be suppressed.
//   - The clock is an argument; the report that was given is not changed.
//
// # Not modelled
// Who wrote a suppression, and whether its reason is a good one.
package suppress

import (
	"slices"
	"strconv"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
)

// Apply is the report with what is written beside its resources and the
// exceptions and severities of an intent applied, sorted. An exception holds
// through the day that it names.
func Apply(report finding.Report, in intent.Intent, today intent.Date) finding.Report {
	out := report
	out.Findings = slices.Clone(report.Findings)
	marks := judged(report.Marks, today)
	used := make([]bool, len(in.Exceptions))
	for i := range out.Findings {
		f := &out.Findings[i]
		if open(*f) {
			inline(f, marks)
			except(f, in.Exceptions, used, today)
		}
	}
	out.Findings = append(out.Findings, markFaults(marks, out.Findings)...)
	for i, e := range in.Exceptions {
		if f, wrong := fault(e, used[i], today); wrong {
			out.Findings = append(out.Findings, f)
		}
	}
	finish(&out, in)
	return out
}

// finish gives findings about exceptions facts of their own, weighs and sorts.
func finish(out *finding.Report, in intent.Intent) {
	distinct(out.Findings)
	for i := range out.Findings {
		if f := &out.Findings[i]; open(*f) || f.Recommendation == finding.ExceptionSlug {
			weigh(f, in)
		}
	}
	out.Sort()
}

// distinct tells findings about exceptions apart that are written in the same
// words, by their number. The order among equals is that of their places.
func distinct(findings []finding.Finding) {
	seen := map[string]int{}
	for i := range findings {
		f := &findings[i]
		if f.Recommendation != finding.ExceptionSlug {
			continue
		}
		id := f.Fingerprint()
		if seen[id]++; seen[id] > 1 {
			f.Facts = append(slices.Clone(f.Facts), strconv.Itoa(seen[id]))
		}
	}
}

// open reports whether a finding asks something of the reader. An undecided one
// does: accepting what a recommendation may find accepts not knowing it, too.
func open(f finding.Finding) bool {
	return f.Recommendation != finding.ExceptionSlug && (f.Verdict == finding.Violates || f.Verdict == finding.Undecided)
}

// except marks a finding with the first exception that holds for it. Every
// exception that holds is used, also if something else was first.
func except(f *finding.Finding, exceptions []intent.Exception, used []bool, today intent.Date) {
	for i, e := range exceptions {
		if !e.Matches(f.Recommendation, f.Resource) || e.Reason == "" || e.Expired(today) {
			continue
		}
		used[i] = true
		if f.Suppressed == nil {
			f.Suppressed = &finding.Suppression{Source: finding.Exception, Reason: e.Reason, Until: e.Until.String(), Place: e.Place}
		}
	}
}
