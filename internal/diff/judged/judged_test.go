package judged

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func verdict(slug string, id ref.ID, v finding.Verdict, s finding.Severity, facts ...string) finding.Finding {
	return finding.Finding{Recommendation: slug, Resource: id, Verdict: v, Severity: s, Facts: facts}
}

func accepted(f finding.Finding) finding.Finding {
	f.Suppressed = &finding.Suppression{Reason: "so it is"}
	return f
}

func TestStates(t *testing.T) {
	bad := func(s finding.Severity, facts ...string) finding.Finding {
		return verdict("exposure", "a", finding.Violates, s, facts...)
	}
	open, good := verdict("exposure", "a", finding.Undecided, finding.High), verdict("exposure", "a", finding.Follows, 0)
	for name, c := range map[string]struct {
		before []finding.Finding
		after  finding.Finding
		state  State
		was    string
	}{
		"nothing was there":                    {nil, bad(finding.High), New, ""},
		"another violation of the same":        {[]finding.Finding{bad(finding.High, "x")}, bad(finding.High, "y"), New, ""},
		"as before":                            {[]finding.Finding{bad(finding.High)}, bad(finding.High), Unchanged, ""},
		"it weighs more":                       {[]finding.Finding{bad(finding.Low)}, bad(finding.High), Worse, "low"},
		"it weighs less":                       {[]finding.Finding{bad(finding.High)}, bad(finding.Low), Better, "high"},
		"it was accepted":                      {[]finding.Finding{accepted(bad(finding.High))}, bad(finding.High), Worse, "accepted"},
		"it is accepted":                       {[]finding.Finding{bad(finding.High)}, accepted(bad(finding.High)), Unchanged, ""},
		"it was undecided":                     {[]finding.Finding{open}, bad(finding.High), Worse, "undecided"},
		"it followed":                          {[]finding.Finding{good}, bad(finding.High), Worse, "follows"},
		"it followed and nobody knows now":     {[]finding.Finding{good}, open, Worse, "follows"},
		"nobody knew before":                   {[]finding.Finding{open}, open, Unchanged, ""},
		"nobody knew something else before":    {[]finding.Finding{verdict("exposure", "a", finding.Undecided, 0, "z")}, open, Unchanged, ""},
		"nobody knows and nothing was there":   {nil, open, New, ""},
		"nobody knows whether it is still bad": {[]finding.Finding{bad(finding.High)}, open, Better, "violates"},
		"not to know was accepted":             {[]finding.Finding{accepted(open)}, open, Worse, "accepted"},
		"good":                                 {nil, good, Unchanged, ""},
	} {
		got := Compare(Remember(finding.Report{Findings: c.before}), finding.Report{Findings: []finding.Finding{c.after}})
		if got.Results[0].State != c.state || got.Results[0].Was != c.was {
			t.Errorf("%s: got %v, was %q", name, got.Results[0].State, got.Results[0].Was)
		}
	}
}

func drawReport(rt *rapid.T) finding.Report {
	one := rapid.Custom(func(rt *rapid.T) finding.Finding {
		f := verdict(rapid.SampledFrom([]string{"exposure", "imds"}).Draw(rt, "slug"), rapid.SampledFrom([]ref.ID{"a", "b"}).Draw(rt, "id"),
			finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict")), finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity")), rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "fact"))
		if rapid.Bool().Draw(rt, "accepted") {
			f = accepted(f)
		}
		return f
	})
	return finding.Report{Findings: rapid.SliceOfNDistinct(one, 0, 6, finding.Finding.Fingerprint).Draw(rt, "findings")}
}

// drawLater is another report, of which some verdicts are those of the first or
// like them.
func drawLater(rt *rapid.T, before finding.Report) finding.Report {
	out := drawReport(rt)
	for _, f := range before.Findings {
		switch rapid.IntRange(0, 4).Draw(rt, "what became of it") {
		case 0:
			continue
		case 1:
			f.Severity = finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity"))
		case 2:
			f.Verdict = finding.Violates
		}
		kept := []finding.Finding{f}
		for _, g := range out.Findings {
			if g.Fingerprint() != f.Fingerprint() {
				kept = append(kept, g)
			}
		}
		out.Findings = kept
	}
	return out
}

// A new violation is never taken for an old one, and no old one is lost.
func TestNothingIsAbsorbed(t *testing.T) {
	var seen [4]int
	resolved := 0
	rapid.Check(t, func(rt *rapid.T) {
		a := drawReport(rt)
		b := drawLater(rt, a)
		c := Compare(Remember(a), b)
		if len(c.Results) != len(b.Findings) {
			rt.Fatalf("%d results of %d verdicts", len(c.Results), len(b.Findings))
		}
		for _, r := range c.Results {
			if r.Verdict == finding.Violates {
				seen[r.State]++
			}
			if r.Verdict != finding.Violates || r.Suppressed != nil || r.State == New || r.State == Worse {
				continue
			}
			was := false
			for _, f := range a.Findings {
				was = was || f.Fingerprint() == r.Fingerprint() && f.Verdict == finding.Violates && f.Severity >= r.Severity && f.Suppressed == nil
			}
			if !was {
				rt.Fatalf("absorbed: %+v", r)
			}
		}
		resolved += len(c.Resolved)
		for _, f := range a.Findings {
			if f.Verdict != finding.Violates || f.Suppressed != nil {
				continue
			}
			there := false
			for _, r := range c.Results {
				there = there || r.Fingerprint() == f.Fingerprint() && r.Verdict == finding.Violates || r.Verdict == finding.Undecided && r.Recommendation == f.Recommendation && r.Resource == f.Resource
			}
			for _, k := range c.Resolved {
				there = there || k.Fingerprint == f.Fingerprint()
			}
			if !there {
				rt.Fatalf("lost: %+v", f)
			}
		}
		same := Compare(Remember(a), a)
		if n := same.Counts(); n.New+n.Worse+n.Better+n.Resolved > 0 {
			rt.Fatalf("a report differs from itself: %s", cmp.Diff(Counts{}, n))
		}
	})
	for s, n := range seen {
		if n == 0 {
			t.Errorf("no violation was %v: the draw is too narrow", State(s))
		}
	}
	if resolved == 0 {
		t.Error("nothing was resolved: the draw is too narrow")
	}
}
