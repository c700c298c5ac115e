package suppress

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
)

// aboutException is a finding about something that accepts findings.
func aboutException(resource ref.ID, at ref.Place, about string) finding.Finding {
	return finding.Finding{
		Recommendation: finding.ExceptionSlug, Resource: resource, Verdict: finding.Violates, Place: at,
		Severity: finding.Low, SeverityWhy: "exceptions that nobody looks after hide what they do not mean",
		Evidence: []finding.Evidence{{Text: about, Place: at}},
	}
}

// reasonless, expired and unknown fill in what is wrong in the same words,
// wherever it is written.

func reasonless(f *finding.Finding, about string) string {
	f.Title = about + " gives no reason"
	f.Message = "It has no effect without one: whoever reads it later cannot tell whether it still holds."
	f.Fix = "Add a reason, or remove it."
	return "reasonless"
}

func expired(f *finding.Finding, about, until, reason string) string {
	f.Title = about + " expired on " + until
	f.Message = "It has no effect any more, so what it accepted counts again."
	f.Fix = "Mend what it accepted and remove it, or give it a later date if the reason still holds: " + reason + "."
	return finding.ExpiredFact
}

func unknown(f *finding.Finding, about, slug string) string {
	f.Title = about + " names no recommendation"
	f.Message = fmt.Sprintf("There is no recommendation %q, so it has no effect.", slug)
	f.Fix = "Correct the name; muralla explain lists all of them."
	if best := diag.Closest(slug, slugs()); best != "" {
		f.Message += fmt.Sprintf(" Did you mean %q?", best)
		f.Fix = "Write " + best + ", if that is meant."
	}
	return "unknown"
}

// slugs are those of all recommendations.
func slugs() []string {
	var out []string
	for _, r := range check.Recommendations() {
		out = append(out, r.Slug)
	}
	return out
}

func isKnown(slug string) bool { return slices.Contains(slugs(), slug) }

// fault is the finding about an exception of muralla.yaml, if there is anything
// wrong with it.
func fault(e intent.Exception, used bool, today intent.Date) (finding.Finding, bool) {
	about := fmt.Sprintf("the exception from %s for %s", e.Recommendation, e.Resource)
	f := aboutException(ref.ID(e.Resource.String()), e.Place, about)
	var kind string
	switch {
	case !isKnown(e.Recommendation):
		kind = unknown(&f, about, e.Recommendation)
	case e.Reason == "":
		kind = reasonless(&f, about)
	case e.Expired(today):
		kind = expired(&f, about, e.Until.String(), e.Reason)
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

// weigh sets the severity that the intent gives. Exceptions weigh what it says of
// them, too.
func weigh(f *finding.Finding, in intent.Intent) {
	rule, ok := in.SeverityFor(f.Recommendation, f.Resource)
	if !ok || rule.Severity == f.Severity {
		return
	}
	why := fmt.Sprintf("%s says so, instead of %s", rule.Place.File, f.Severity)
	if rule.Reason != "" {
		why += ": " + rule.Reason
	}
	f.Severity, f.SeverityWhy = rule.Severity, strings.TrimSpace(why)
}
