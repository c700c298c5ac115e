// Package suppress applies what muralla.yaml says about findings: which are
// accepted, and which weigh more or less than was computed.
//
// # Model
// [Apply] goes over a report once. A severity rule changes the severity of what
// it names; an exception that holds marks what it names as suppressed. What is
// wrong with an exception is a finding of its own, of the recommendation
// "exception".
//
// # Guarantees
//   - Nothing is removed: what is suppressed stays in the report with the reason
//     and the place of the exception.
//   - An exception without a reason or after its date suppresses nothing.
//   - Findings about exceptions cannot be suppressed.
//   - The clock is an argument; the report that was given is not changed.
//
// # Not modelled
// Baselines, and exceptions that are written beside the resources themselves.
package suppress

import (
	"fmt"
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
)

// Apply is the report with the exceptions and severities of an intent applied,
// sorted. An exception holds through the day that it names.
func Apply(report finding.Report, in intent.Intent, today intent.Date) finding.Report {
	out := report
	out.Findings = slices.Clone(report.Findings)
	used := make([]bool, len(in.Exceptions))
	for i := range out.Findings {
		f := &out.Findings[i]
		if open(*f) {
			suppress(f, in.Exceptions, used, today)
		}
	}
	for i, e := range in.Exceptions {
		if f, wrong := fault(e, used[i], today); wrong {
			out.Findings = append(out.Findings, f)
		}
	}
	for i := range out.Findings {
		if f := &out.Findings[i]; open(*f) {
			weigh(f, in)
		}
	}
	out.Sort()
	return out
}

// open reports whether a finding asks something of the reader. An undecided one
// does: accepting what a recommendation may find accepts not knowing it, too.
func open(f finding.Finding) bool {
	return f.Verdict == finding.Violates || f.Verdict == finding.Undecided
}

// suppress marks a finding with the first exception that holds for it. Every
// exception that holds is used, also if another one was first.
func suppress(f *finding.Finding, exceptions []intent.Exception, used []bool, today intent.Date) {
	for i, e := range exceptions {
		if !e.Matches(f.Recommendation, f.Resource) || e.Reason == "" || e.Expired(today) {
			continue
		}
		used[i] = true
		if f.Suppressed == nil {
			f.Suppressed = &finding.Suppression{Reason: e.Reason, Until: e.Until.String(), Place: e.Place}
		}
	}
}

// fault is the finding about an exception, if there is anything wrong with it.
func fault(e intent.Exception, used bool, today intent.Date) (finding.Finding, bool) {
	about := fmt.Sprintf("the exception from %s for %s", e.Recommendation, e.Resource)
	f := finding.Finding{
		Recommendation: finding.ExceptionSlug,
		Resource:       ref.ID(e.Resource.String()),
		Verdict:        finding.Violates,
		Severity:       finding.Low,
		SeverityWhy:    "exceptions that nobody looks after hide what they do not mean",
		Place:          e.Place,
		Evidence:       []finding.Evidence{{Text: about, Place: e.Place}},
	}
	var kind string
	switch {
	case e.Reason == "":
		kind = "reasonless"
		f.Title = about + " gives no reason"
		f.Message = "An exception without a reason has no effect: whoever reads it later cannot tell whether it still holds."
		f.Fix = "Add a reason, or remove the exception."
	case e.Expired(today):
		kind = finding.ExpiredFact
		f.Title = about + " expired on " + e.Until.String()
		f.Message = "The exception has no effect any more, so what it accepted counts again."
		f.Fix = "Mend what it accepted and remove it, or give it a later date if the reason still holds: " + e.Reason + "."
	case !used:
		kind = "unused"
		f.Title = about + " is not used"
		f.Message = "Nothing that this run found is what the exception accepts. It may be mended, or the resource may have another address than the exception says; in that case the exception could accept something else one day."
		f.Fix = "Remove the exception, or correct the recommendation or the resource that it names."
	default:
		return finding.Finding{}, false
	}
	f.Facts = []string{kind, e.Recommendation}
	return f, true
}

// weigh sets the severity that the intent gives.
func weigh(f *finding.Finding, in intent.Intent) {
	rule, ok := in.SeverityFor(f.Recommendation, f.Resource)
	if !ok || rule.Severity == f.Severity {
		return
	}
	why := fmt.Sprintf("%s says so, instead of %s", rule.Place.File, f.Severity)
	if rule.Reason != "" {
		why += ": " + rule.Reason
	}
	f.Severity, f.SeverityWhy = rule.Severity, why
}
