package finding

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
)

func TestContinues(t *testing.T) {
	f := Finding{Path: []string{"internet > alb web tcp/80", "alb web > task a tcp/8080", "alb web > task b tcp/8080", "alb webs > task c", "task a > task b", "i bastion > i c", "c > d"}}
	for i, want := range []bool{false, true, true, false, true, false, true} {
		if got := f.Continues(i); got != want {
			t.Errorf("%q continues: %v, want %v", f.Path[i], got, want)
		}
	}
}

func TestZeroValuesAreSafe(t *testing.T) {
	var f Finding
	if f.Verdict != Undecided || f.Severity != Note {
		t.Errorf("the zero finding is %v with severity %v", f.Verdict, f.Severity)
	}
	if s := (Report{Findings: []Finding{f}}).Summary(); s.Undecided != 1 || s.Follows != 0 {
		t.Errorf("the zero finding is counted as %+v", s)
	}
	// Values outside the lists, which only a bug makes, never print as a pass.
	if Verdict(9).String() == Follows.String() || Severity(9) < Critical {
		t.Errorf("stray values print as %v and %v", Verdict(9), Severity(9))
	}
}

func TestParseSeverity(t *testing.T) {
	for s := Note; s <= Critical; s++ {
		if got, err := ParseSeverity(s.String()); err != nil || got != s {
			t.Errorf("ParseSeverity(%q) = %v, %v", s, got, err)
		}
	}
	for _, text := range []string{"", "High", "none", "never", " low"} {
		if _, err := ParseSeverity(text); err == nil || !strings.Contains(err.Error(), "use critical, high") {
			t.Errorf("ParseSeverity(%q) gives error %v", text, err)
		}
	}
}

// Fingerprints are kept in baselines and by dashboards, so they never change.
func TestFingerprintIsForEver(t *testing.T) {
	for want, f := range map[string]Finding{
		"78f3ba77faa1ffc6": {},
		"7d381ab756a3f312": {Recommendation: "sg-from-alb", Resource: "aws_ecs_service.orders"},
		"83a478c1da8adf1f": {Recommendation: "sg-from-alb", Resource: "aws_ecs_service.orders", Facts: []string{"tcp/8080", "sg-bastion"}},
	} {
		if got := f.Fingerprint(); got != want {
			t.Errorf("the fingerprint of %+v is %s, want %s", f, got, want)
		}
	}
}

func drawFinding(rt *rapid.T) Finding {
	word := rapid.SampledFrom([]string{"", "a", "b", "ab", "1:a,", "a,1:b"})
	return Finding{
		Recommendation: word.Draw(rt, "slug"),
		Resource:       ref.ID(word.Draw(rt, "resource")),
		Facts:          rapid.SliceOfN(word, 0, 3).Draw(rt, "facts"),
		Verdict:        rapid.SampledFrom([]Verdict{Undecided, NotApplicable, Follows, Violates}).Draw(rt, "verdict"),
		Severity:       rapid.SampledFrom([]Severity{Note, Low, Medium, High, Critical}).Draw(rt, "severity"),
	}
}

// identity is what a fingerprint must stand for, as obvious text.
func identity(f Finding) string {
	return fmt.Sprintf("%q %q %q", f.Recommendation, f.Resource, slices.Sorted(slices.Values(f.Facts)))
}

func TestFingerprintStandsForIdentity(t *testing.T) {
	same, different := 0, 0
	form := regexp.MustCompile(`^[0-9a-f]{16}$`)
	rapid.Check(t, func(rt *rapid.T) {
		f, g := drawFinding(rt), drawFinding(rt)
		if rapid.Bool().Draw(rt, "twin") {
			// What does not identify a finding may change from run to run.
			g = f
			g.Facts = rapid.Permutation(f.Facts).Draw(rt, "other order")
			g.Place, g.Title, g.Severity = ref.Place{File: "moved.tf", Line: 7}, "new words", Low
		}
		equal := f.Fingerprint() == g.Fingerprint()
		if equal != (identity(f) == identity(g)) {
			rt.Fatalf("%s has %s, %s has %s", identity(f), f.Fingerprint(), identity(g), g.Fingerprint())
		}
		if !form.MatchString(f.Fingerprint()) {
			rt.Fatalf("fingerprint %q", f.Fingerprint())
		}
		if equal {
			same++
		} else {
			different++
		}
	})
	if same == 0 || different == 0 {
		t.Errorf("%d equal and %d different pairs: the draw is too narrow", same, different)
	}
}

func TestFingerprintLeavesFactsAlone(t *testing.T) {
	f := Finding{Facts: []string{"b", "a"}}
	f.Fingerprint()
	if f.Facts[0] != "b" {
		t.Error("the facts were sorted in place")
	}
}

func TestOrder(t *testing.T) {
	sorted := []Finding{
		{Verdict: Violates, Severity: Critical, Recommendation: "z"},
		{Verdict: Violates, Severity: High, Recommendation: "a", Resource: "r1"},
		{Verdict: Violates, Severity: High, Recommendation: "a", Resource: "r2"},
		{Verdict: Violates, Severity: High, Recommendation: "b", Resource: "r1"},
		{Verdict: Violates, Severity: Note, Recommendation: "a"},
		{Verdict: Undecided, Severity: Critical, Recommendation: "a"},
		{Verdict: Follows, Recommendation: "a"},
		{Verdict: NotApplicable, Recommendation: "a"},
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := Report{Findings: rapid.Permutation(sorted).Draw(rt, "findings")}
		r.Sort()
		if diff := cmp.Diff(sorted, r.Findings); diff != "" {
			rt.Fatalf("want -, got +:\n%s", diff)
		}
	})
}

// Compare is an order: any input has one sorted form.
func TestCompareIsAnOrder(t *testing.T) {
	equal := 0
	rapid.Check(t, func(rt *rapid.T) {
		f, g, h := drawFinding(rt), drawFinding(rt), drawFinding(rt)
		if rapid.Bool().Draw(rt, "twin") {
			g = f
		}
		if f.Compare(g) != -g.Compare(f) {
			rt.Fatalf("%+v and %+v compare as %d and %d", f, g, f.Compare(g), g.Compare(f))
		}
		if f.Compare(g) <= 0 && g.Compare(h) <= 0 && f.Compare(h) > 0 {
			rt.Fatalf("%+v <= %+v <= %+v, but not the first and the last", f, g, h)
		}
		if f.Compare(g) == 0 {
			equal++
			if identity(f) != identity(g) || f.Verdict != g.Verdict {
				rt.Fatalf("%+v and %+v compare as equal", f, g)
			}
		}
	})
	if equal == 0 {
		t.Error("no two draws were equal: the draw is too narrow")
	}
}

func TestSummary(t *testing.T) {
	why, known := &Suppression{Source: Inline, Reason: "accepted"}, &Suppression{Source: Baseline}
	r := Report{Findings: []Finding{
		{Verdict: Violates, Severity: High},
		{Verdict: Violates, Severity: High},
		{Verdict: Violates, Severity: Note},
		{Verdict: Violates, Severity: Critical, Suppressed: why},
		{Verdict: Undecided, Severity: Critical},
		{Verdict: Undecided, Suppressed: known},
		{Verdict: Follows},
		{Verdict: NotApplicable},
		{Verdict: Violates, Severity: Low, Recommendation: ExceptionSlug, Facts: []string{ExpiredFact}},
		{Verdict: Violates, Severity: Low, Recommendation: ExceptionSlug, Facts: []string{"unused"}},
	}}
	want := Summary{Follows: 1, Violates: 5, Undecided: 1, NotApplicable: 1, Suppressed: 2, BySource: [Baseline + 1]int{Inline: 1, Baseline: 1}, Expired: 1}
	want.BySeverity[High], want.BySeverity[Note], want.BySeverity[Low] = 2, 1, 2
	if diff := cmp.Diff(want, r.Summary()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestWorst(t *testing.T) {
	why := &Suppression{Reason: "accepted"}
	for _, tc := range []struct {
		name     string
		findings []Finding
		want     Severity
		any      bool
	}{
		{"nothing", nil, Note, false},
		{"only other verdicts", []Finding{{Verdict: Follows, Severity: High}, {Severity: Critical}}, Note, false},
		{"only suppressed", []Finding{{Verdict: Violates, Severity: High, Suppressed: why}}, Note, false},
		{"a note is a violation", []Finding{{Verdict: Violates}}, Note, true},
		{"the worst counts", []Finding{{Verdict: Violates, Severity: Low}, {Verdict: Violates, Severity: High}, {Verdict: Violates, Severity: Medium}}, High, true},
	} {
		if got, any := (Report{Findings: tc.findings}).Worst(); got != tc.want || any != tc.any {
			t.Errorf("%s: %v, %v; want %v, %v", tc.name, got, any, tc.want, tc.any)
		}
	}
}
