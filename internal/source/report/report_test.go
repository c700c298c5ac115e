package report

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/render/json"
)

// What check writes is what is remembered of its report.
func TestReadsWhatCheckWrites(t *testing.T) {
	r := finding.Report{Findings: []finding.Finding{
		{Recommendation: "imds", Resource: "a", Verdict: finding.Violates, Severity: finding.High, Title: "a <b>", Facts: []string{"x"}, Place: ref.Place{File: "a.tf", Line: 3}},
		{Recommendation: "imds", Resource: "b", Verdict: finding.Violates, Suppressed: &finding.Suppression{Reason: "so it is"}},
		{Recommendation: "imds", Resource: "c"},
		{Recommendation: "imds", Resource: "d", Verdict: finding.Follows},
		{Recommendation: "imds", Resource: "e", Verdict: finding.NotApplicable},
	}}
	r.Sort()
	var out bytes.Buffer
	if err := json.Write(&out, r, json.Options{}); err != nil {
		t.Fatal(err)
	}
	if !Recognise(out.Bytes()[:100]) {
		t.Error("not recognised")
	}
	got, err := Read(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(judged.Remember(r), got); diff != "" {
		t.Errorf("written -, read +:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	for _, text := range []string{
		"", "{", "[]", "{}", `{"schema": "muralla.check/v2", "results": []}`, `{"schema": "muralla.check/v1"}`,
		`{"schema": "muralla.check/v1", "results": [{}]}`,
		`{"schema": "muralla.check/v1", "results": [{"recommendation": "imds", "verdict": "fine", "severity": "low", "fingerprint": "0123456789abcdef"}]}`,
		`{"schema": "muralla.check/v1", "results": [{"recommendation": "imds", "verdict": "follows", "severity": "low", "fingerprint": "x"}]}`,
	} {
		if got, err := Read([]byte(text)); err == nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
	if Recognise([]byte(`{"resources": "muralla.check/v1"}`)) {
		t.Error("another document passes for a report")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema": "muralla.check/v1", "results": [{"recommendation": "imds", "verdict": "follows", "severity": "low", "fingerprint": "0123456789abcdef", "suppressed": null}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(data)
		if (err == nil) != (got != nil) {
			t.Fatalf("%v with %v", got, err)
		}
	})
}
