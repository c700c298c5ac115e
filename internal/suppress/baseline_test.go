package suppress_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/suppress"
)

func written(t interface{ Fatal(...any) }, b suppress.Baseline) string {
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBaselineForm(t *testing.T) {
	f, g := violation("imds", "svc.b", finding.High), violation("exposure", "svc.a", finding.Note)
	f.Title, g.Verdict, g.Title = `tasks reach "<metadata>"`, finding.Undecided, "who knows"
	b, n := suppress.Baseline{}.Next(finding.Report{Findings: []finding.Finding{f, g}}, true, true)
	want := `{
  "schema": "muralla.baseline/v1",
  "findings": [
    {"recommendation":"exposure","resource":"svc.a","verdict":"undecided","severity":"note","fingerprint":"` + g.Fingerprint() + `","title":"who knows"},
    {"recommendation":"imds","resource":"svc.b","verdict":"violates","severity":"high","fingerprint":"` + f.Fingerprint() + `","title":"tasks reach \"<metadata>\""}
  ]
}
`
	text := written(t, b)
	if diff := cmp.Diff(want, text); diff != "" || n != (suppress.Changes{Added: 2}) {
		t.Errorf("%+v; want -, got +:\n%s", n, diff)
	}
	got, err := suppress.ReadBaseline("b.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got.Entries[1].Place != (ref.Place{File: "b.json", Line: 5}) || written(t, got) != text {
		t.Errorf("read as %+v", got)
	}
	if got, err := suppress.ReadBaseline("b.json", []byte(written(t, suppress.Baseline{}))); err != nil || len(got.Entries) > 0 {
		t.Errorf("an empty baseline is read as %+v, %v", got, err)
	}
}

func TestBaselineIsReadInFullOrNotAtAll(t *testing.T) {
	const entry = `{"recommendation":"imds","resource":"a","verdict":"violates","severity":"high","fingerprint":"0123456789abcdef","title":""}`
	with := func(entries string) string {
		return "{\n\"schema\": \"muralla.baseline/v1\",\n\"findings\": [\n" + entries + "\n]\n}\n"
	}
	if _, err := suppress.ReadBaseline("b", []byte(with(entry))); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for name, tc := range map[string]struct{ text, says string }{
		"empty":        {"", "line 1"},
		"a list":       {"[]", "line 1"},
		"cut off":      {with(entry)[:60], "unexpected EOF"},
		"conflict":     {with(entry + ",\n<<<<<<< HEAD\n" + entry), "line 5"},
		"newer":        {strings.Replace(with(entry), "/v1", "/v2", 1), `"muralla.baseline/v2"`},
		"no findings":  {`{"schema": "muralla.baseline/v1"}`, "no findings"},
		"no schema":    {`{"findings": []}`, "no schema"},
		"unknown key":  {strings.Replace(with(entry), `"schema"`, `"x": 1, "schema"`, 1), `"x"`},
		"unknown word": {with(strings.Replace(entry, `"title"`, `"until"`, 1)), "until"},
		"severity":     {with(strings.Replace(entry, "high", "worst", 1)), "worst"},
		"verdict":      {with(strings.Replace(entry, "violates", "follows", 1)), "follows"},
		"fingerprint":  {with(strings.Replace(entry, "0123", "XYZ!", 1)), "no fingerprint"},
		"twice":        {with(entry + ",\n" + entry), "twice"},
		"more":         {with(entry) + "{}", "behind its end"},
	} {
		b, err := suppress.ReadBaseline("b", []byte(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.says) || b.Entries != nil {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

func FuzzReadBaseline(f *testing.F) {
	f.Add([]byte(`{"schema": "muralla.baseline/v1", "findings": [{"recommendation":"imds","resource":"a","verdict":"violates","severity":"high","fingerprint":"0123456789abcdef","title":""}]}`))
	f.Add([]byte(`{"findings": [{`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := suppress.ReadBaseline("b", data)
		if err != nil {
			return
		}
		again, err := suppress.ReadBaseline("b", []byte(written(t, b)))
		if diff := cmp.Diff(b, again, cmpopts.IgnoreFields(suppress.Entry{}, "Place"), cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}

func drawReport(rt *rapid.T, label string) finding.Report {
	var r finding.Report
	seen := map[string]bool{}
	for range rapid.IntRange(0, 6).Draw(rt, label) {
		f := violation(rapid.SampledFrom([]string{"imds", "exposure"}).Draw(rt, "slug"), rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "resource"), finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity")))
		f.Facts = []string{rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "fact")}
		f.Verdict = finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict"))
		if !seen[f.Fingerprint()] {
			r.Findings = append(r.Findings, f)
		}
		seen[f.Fingerprint()] = true
	}
	if rapid.IntRange(0, 4).Draw(rt, "lost") == 0 {
		r.Diagnostics.Add(diag.Error, ref.Place{}, "not read", "")
	}
	return r
}

// What one report did not have is never absorbed by its baseline in another: not
// a finding with other facts, not one that is worse, not a violation that was
// undecided. What it had is; and entries for nothing are findings.
func TestNothingNewIsAbsorbed(t *testing.T) {
	absorbed, reported, stale := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		before, after := drawReport(rt, "before"), drawReport(rt, "after")
		undecided := rapid.Bool().Draw(rt, "with undecided")
		b, _ := suppress.Baseline{}.Next(before, true, undecided)
		got := b.Apply(after, intent.Intent{})
		gone := len(b.Entries)
		for _, f := range got.Findings {
			if f.Recommendation == finding.ExceptionSlug {
				stale++
				gone--
				continue
			}
			had := slices.ContainsFunc(before.Findings, func(g finding.Finding) bool { // the obvious way
				sure := g.Verdict == finding.Violates || undecided && g.Verdict == finding.Undecided && f.Verdict == finding.Undecided
				return g.Recommendation == f.Recommendation && g.Resource == f.Resource && g.Facts[0] == f.Facts[0] && sure && g.Severity >= f.Severity
			})
			open := f.Verdict == finding.Violates || f.Verdict == finding.Undecided
			if (f.Suppressed != nil) != (had && open) {
				rt.Fatalf("%s: suppressed %v, known %v", line(f), f.Suppressed, had)
			}
			if f.Suppressed != nil {
				absorbed++
			} else if open {
				reported++
			}
		}
		for _, e := range b.Entries {
			if slices.ContainsFunc(after.Findings, func(f finding.Finding) bool {
				return f.Fingerprint() == e.Fingerprint && (f.Verdict == finding.Violates || f.Verdict == finding.Undecided)
			}) {
				gone--
			}
		}
		if gone != 0 {
			rt.Fatalf("%d entries are about nothing and not said to be", gone)
		}
	})
	if absorbed == 0 || reported == 0 || stale == 0 {
		t.Errorf("%d absorbed, %d reported, %d stale: the draw is too narrow", absorbed, reported, stale)
	}
}

// A baseline that may not grow never accepts anything that the old one did not,
// and nothing is taken out while a part of the input is lost.
func TestBaselineOnlyShrinks(t *testing.T) {
	shrunk, narrowed, kept := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		old, _ := suppress.Baseline{}.Next(drawReport(rt, "before"), true, true)
		after, any := drawReport(rt, "after"), drawReport(rt, "any")
		next, n := old.Next(after, false, rapid.Bool().Draw(rt, "undecided"))
		if n.Added != 0 || len(next.Entries) != len(old.Entries)-n.Removed {
			rt.Fatalf("%d entries become %d with %+v", len(old.Entries), len(next.Entries), n)
		}
		accepted := func(b suppress.Baseline) map[string]bool {
			out := map[string]bool{}
			for _, f := range b.Apply(any, intent.Intent{}).Findings {
				if f.Suppressed != nil {
					out[f.Fingerprint()] = true
				}
			}
			return out
		}
		was := accepted(old)
		for id := range accepted(next) {
			if !was[id] {
				rt.Fatalf("%s is accepted now", id)
			}
		}
		if written(rt, next) != written(rt, old) && n.Removed == 0 {
			narrowed++
		}
		shrunk += n.Removed
		if len(after.Diagnostics) > 0 {
			kept++
			if n.Removed > 0 {
				rt.Fatalf("%d entries are taken out although a part of the input is lost", n.Removed)
			}
		}
	})
	if shrunk == 0 || narrowed == 0 || kept == 0 {
		t.Errorf("%d taken out, %d narrowed, %d with lost input: the draw is too narrow", shrunk, narrowed, kept)
	}
}

func TestWorseThanTheBaseline(t *testing.T) {
	f := violation("imds", "a", finding.Medium)
	b, _ := suppress.Baseline{}.Next(finding.Report{Findings: []finding.Finding{f}}, true, false)
	b, err := suppress.ReadBaseline("muralla-baseline.json", []byte(written(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	f.Severity = finding.High
	got := b.Apply(finding.Report{Findings: []finding.Finding{f}}, intent.Intent{}).Findings
	want := finding.Evidence{Text: "it became worse than the baseline accepts, which is medium", Place: ref.Place{File: "muralla-baseline.json", Line: 4}}
	if len(got) != 1 || got[0].Suppressed != nil || !slices.Contains(got[0].Evidence, want) {
		t.Errorf("%+v", got)
	}
	stale := b.Apply(finding.Report{}, declared(t, "severity: {exception: note}")).Findings
	if len(stale) != 1 || stale[0].Severity != finding.Note || stale[0].Place.Line != 4 || strings.Contains(stale[0].Fix, "paths") {
		t.Errorf("%+v", stale)
	}
	// The same design by another path has other names.
	f.Resource = "infra/" + f.Resource
	for _, g := range b.Apply(finding.Report{Findings: []finding.Finding{f}}, intent.Intent{}).Findings {
		if g.Recommendation == finding.ExceptionSlug != strings.Contains(g.Fix, "paths") {
			t.Errorf("%+v", g)
		}
	}
}
