package suppress_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/suppress"
)

var today = intent.Date{Year: 2026, Month: 6, Day: 15}

func declared(t *testing.T, text string) intent.Intent {
	t.Helper()
	in, diags := intent.Parse("muralla.yaml", []byte("version: 1\n"+text))
	if len(diags) > 0 {
		t.Fatalf("%+v", diags)
	}
	return in
}

func violation(slug, resource string, s finding.Severity) finding.Finding {
	return finding.Finding{Recommendation: slug, Resource: ref.ID(resource), Verdict: finding.Violates, Severity: s, SeverityWhy: "computed"}
}

// line is a finding in one line.
func line(f finding.Finding) string {
	out := fmt.Sprintf("%v %v %s %s", f.Verdict, f.Severity, f.Recommendation, f.Resource)
	if f.Suppressed != nil {
		out += fmt.Sprintf(" (%s until %s, %v)", f.Suppressed.Reason, f.Suppressed.Until, f.Suppressed.Place)
	}
	return out
}

func lines(r finding.Report) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, line(f))
	}
	return strings.Join(out, "\n")
}

func TestApply(t *testing.T) {
	undecided := violation("imds", "b", finding.High)
	undecided.Verdict = finding.Undecided
	follows := violation("imds", "c", finding.Note)
	follows.Verdict = finding.Follows
	report := finding.Report{Findings: []finding.Finding{
		violation("imds", "a", finding.High), undecided, follows, violation("exposure", "a", finding.Critical),
	}}
	for _, tc := range []struct {
		name, text, want string
	}{
		{"nothing declared", "", `
violates critical exposure a
violates high imds a
undecided high imds b
follows note imds c`},
		{"an exception that holds, through its last day", "exceptions: [{recommendation: imds, resource: a, reason: old, until: 2026-06-15}]", `
violates critical exposure a
violates high imds a (old until 2026-06-15, muralla.yaml:2)
undecided high imds b
follows note imds c`},
		{"it covers what is undecided, never what follows", `exceptions: [{recommendation: imds, resource: "*", reason: old}]`, `
violates critical exposure a
violates high imds a (old until , muralla.yaml:2)
undecided high imds b (old until , muralla.yaml:2)
follows note imds c`},
		{"the day after", "exceptions: [{recommendation: imds, resource: a, reason: old, until: 2026-06-14}]", `
violates critical exposure a
violates high imds a
violates low exception a
undecided high imds b
follows note imds c`},
		{"without a reason", "exceptions: [{recommendation: imds, resource: a}]", `
violates critical exposure a
violates high imds a
violates low exception a
undecided high imds b
follows note imds c`},
		{"unused", "exceptions: [{recommendation: imds, resource: c, reason: r}]", `
violates critical exposure a
violates high imds a
violates low exception c
undecided high imds b
follows note imds c`},
		{"two for one finding are both used, and the first is shown", `exceptions: [{recommendation: imds, resource: a, reason: one}, {recommendation: imds, resource: "a*", reason: two}]`, `
violates critical exposure a
violates high imds a (one until , muralla.yaml:2)
undecided high imds b
follows note imds c`},
		{"findings about exceptions cannot be suppressed", `exceptions: [{recommendation: exception, resource: "*", reason: r}]`, `
violates critical exposure a
violates high imds a
violates low exception *
undecided high imds b
follows note imds c`},
		{"severities by recommendation", "severity: {imds: low, exception: high}", `
violates critical exposure a
violates low imds a
undecided low imds b
follows note imds c`},
		{"severities by resource", "severity: [{recommendation: imds, resource: b, severity: critical, reason: r}]", `
violates critical exposure a
violates high imds a
undecided critical imds b
follows note imds c`},
	} {
		got := lines(suppress.Apply(report, declared(t, tc.text), today))
		if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tc.name, diff)
		}
	}
}

func TestWords(t *testing.T) {
	in := declared(t, `
exceptions:
  - {recommendation: imds, resource: "svc.*", reason: moves away, until: 2026-01-31}
severity:
  - {recommendation: imds, severity: low, reason: no credentials there}
`)
	r := suppress.Apply(finding.Report{Findings: []finding.Finding{violation("imds", "svc.a", finding.High)}}, in, today)
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Title, f.SeverityWhy, f.Fix)
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"the exception from imds for svc.* expired on 2026-01-31",
		"muralla.yaml says so, instead of high: no credentials there",
		"the reason still holds: moves away.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if s := r.Summary(); s.Expired != 1 || s.Suppressed != 0 || s.Violates != 2 {
		t.Errorf("%+v", s)
	}
}

// Nothing is lost, the input is left alone, and applying twice is applying once,
// whatever is declared.
func TestNothingIsLost(t *testing.T) {
	suppressed, faults := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		slug := rapid.SampledFrom([]string{"imds", "exposure", "exception"})
		name := rapid.SampledFrom([]string{"a", "b", "ab"})
		var before finding.Report
		for range rapid.IntRange(0, 5).Draw(rt, "findings") {
			f := violation(slug.Draw(rt, "slug"), name.Draw(rt, "resource"), finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity")))
			f.Verdict = finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict"))
			before.Findings = append(before.Findings, f)
		}
		var in intent.Intent
		for range rapid.IntRange(0, 3).Draw(rt, "exceptions") {
			in.Exceptions = append(in.Exceptions, intent.Exception{
				Recommendation: slug.Draw(rt, "of"),
				Resource:       intent.NewGlob(rapid.SampledFrom([]string{"a", "*b", "?", "c"}).Draw(rt, "glob")),
				Reason:         rapid.SampledFrom([]string{"", "r"}).Draw(rt, "reason"),
				Until:          rapid.SampledFrom([]intent.Date{{}, {Year: 2026, Month: 6, Day: 14}, {Year: 2026, Month: 6, Day: 15}}).Draw(rt, "until"),
			})
		}
		given := slices.Clone(before.Findings)
		after := suppress.Apply(before, in, today)
		if diff := cmp.Diff(given, before.Findings); diff != "" {
			rt.Fatalf("the report that was given changed:\n%s", diff)
		}
		// The obvious count, one finding at a time.
		want := 0
		for _, f := range given {
			covered := slices.ContainsFunc(in.Exceptions, func(e intent.Exception) bool {
				return e.Reason != "" && (e.Until.IsZero() || e.Until.Day >= 15) && e.Recommendation == f.Recommendation && e.Resource.MatchText(string(f.Resource))
			})
			if f.Recommendation != "exception" && covered && (f.Verdict == finding.Violates || f.Verdict == finding.Undecided) {
				want++
			}
		}
		added := len(after.Findings) - len(given)
		if got := after.Summary().Suppressed; got != want || added < 0 {
			rt.Fatalf("%d suppressed, want %d; %d findings added", got, want, added)
		}
		suppressed, faults = suppressed+want, faults+added
	})
	if suppressed == 0 || faults == 0 {
		t.Errorf("%d suppressed, %d faults: the draw is too narrow", suppressed, faults)
	}
}
