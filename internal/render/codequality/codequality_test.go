package codequality

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func written(t interface{ Fatal(...any) }, r finding.Report, repo finding.Repository) []entry {
	var b bytes.Buffer
	if err := Write(&b, r, repo); err != nil {
		t.Fatal(err)
	}
	var out []entry
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWrite(t *testing.T) {
	facts := []finding.Evidence{{Text: "a default"}, {Text: "a rule", Place: ref.Place{File: "sg.tf", Line: 7}}}
	r := finding.Report{Findings: []finding.Finding{
		{Recommendation: "imds", Resource: "aws_ecs_service.x", Title: "not known", Place: ref.Place{File: "muralla.yaml", Line: 2}},
		{Recommendation: "tls-client", Resource: "Listener", Verdict: finding.Violates, Severity: finding.Critical, Title: "plain <text>", Evidence: facts},
		{Recommendation: "tls-client", Resource: "Other", Verdict: finding.Violates, Severity: finding.Medium, Title: "plain text", Place: ref.Place{File: "/etc/x"}},
		{Recommendation: "tls-client", Resource: "Accepted", Verdict: finding.Violates, Suppressed: &finding.Suppression{Reason: "r"}},
		{Recommendation: "tls-client", Resource: "Good", Verdict: finding.Follows},
		{Recommendation: "tls-client", Resource: "None", Verdict: finding.NotApplicable},
	}}
	got := written(t, r, finding.Repository{Base: "infra", Files: map[string]string{"muralla.yaml": "policy/muralla.yaml"}})
	want := []entry{
		{"plain <text> (Listener)", "tls-client", r.Findings[1].Fingerprint(), "blocker", location{"infra/sg.tf", lines{7}}},
		{"plain text (Other)", "tls-client", r.Findings[2].Fingerprint(), "major", location{"infra/sg.tf", lines{7}}},
		{"undecided: not known (aws_ecs_service.x)", "imds", r.Findings[0].Fingerprint(), "info", location{"policy/muralla.yaml", lines{2}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if got := written(t, finding.Report{Findings: r.Findings[2:3]}, finding.Repository{Base: "infra"}); got[0].Location != (location{"infra", lines{1}}) {
		t.Errorf("%+v", got)
	}
	var b bytes.Buffer
	if err := Write(&b, finding.Report{}, finding.Repository{}); err != nil || b.String() != "[\n]\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

// Whatever a report holds, every entry has what GitLab requires: a text, a name,
// a fingerprint of its own, one of five severities, a path below the top and a
// line.
func TestRequired(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\xff", "\n", "../x", "/x", "a.tf", ""}))
	severities := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		var r finding.Report
		for range rapid.IntRange(0, 5).Draw(rt, "findings") {
			r.Findings = append(r.Findings, finding.Finding{Recommendation: rapid.SampledFrom([]string{"imds", "x"}).Draw(rt, "slug"), Resource: ref.ID(text.Draw(rt, "id")),
				Title: "t" + text.Draw(rt, "title"), Place: ref.Place{File: text.Draw(rt, "file"), Line: rapid.IntRange(-1, 3).Draw(rt, "line")},
				Verdict: finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict")), Severity: finding.Severity(rapid.IntRange(0, 5).Draw(rt, "severity"))})
		}
		got := written(rt, r, finding.Repository{})
		seen := map[string]bool{}
		for _, e := range got {
			if e.Description == "" || strings.ContainsAny(e.Description, "\n\r") || e.CheckName == "" || seen[e.Fingerprint] || e.Location.Lines.Begin < 1 {
				rt.Fatalf("%+v", e)
			}
			if p := e.Location.Path; p == "" || p[0] == '/' || slices.Contains(strings.Split(p, "/"), "..") {
				rt.Fatalf("the path is %q", p)
			}
			seen[e.Fingerprint] = true
			severities[e.Severity]++
		}
		r.Findings = rapid.Permutation(r.Findings).Draw(rt, "order")
		if again := written(rt, r, finding.Repository{}); len(seen) == len(got) && len(uniques(r)) == len(r.Findings) && fmt.Sprint(again) != fmt.Sprint(got) {
			rt.Fatalf("the order matters: %v, %v", got, again)
		}
	})
	for _, s := range []string{"info", "minor", "major", "critical", "blocker"} {
		if severities[s] == 0 {
			t.Errorf("no draw had the severity %s", s)
		}
		delete(severities, s)
	}
	if len(severities) > 0 {
		t.Errorf("severities that GitLab does not know: %v", severities)
	}
}

// uniques are the fingerprints of a report; a run has each once.
func uniques(r finding.Report) map[string]bool {
	out := map[string]bool{}
	for _, f := range r.Findings {
		out[f.Fingerprint()] = true
	}
	return out
}
