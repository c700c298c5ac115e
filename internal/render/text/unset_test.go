package text

import (
	"testing"

	"github.com/muralla-net/muralla/internal/finding"
)

func TestVariables(t *testing.T) {
	open := func(verdict finding.Verdict, gaps ...string) finding.Finding {
		f := finding.Finding{Verdict: verdict}
		for _, g := range gaps {
			f.Gaps = append(f.Gaps, finding.Evidence{Text: g})
		}
		return f
	}
	for want, findings := range map[string][]finding.Finding{
		"": {open(finding.Undecided, "the image is not known", "it is module.a.var.inner has no value"), open(finding.Follows, "var.done has no value")},
		"var.b (2 answers), var.a-c (1), var.d (1), 2 more": {
			open(finding.Undecided, "subnets of task x: var.b has no value", "groups: var.b has no value"),
			open(finding.Undecided, "prod/var.b has no value", "user data (var.a-c has no value)"),
			open(finding.Undecided, "var.d has no value"), open(finding.Undecided, "x: var.e has no value"), open(finding.Undecided, "x: var.f has no value"),
		},
	} {
		if got := variables(findings, unset); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	parameters := []finding.Finding{
		open(finding.Undecided, "whether alb web exists: condition MakeAlb is not known, since parameter infra/env/Loads has no value"),
		open(finding.Undecided, "groups: parameter Loads has no value", "var.other has no value", "parameter Other has no value: it is given late"),
	}
	if got, want := variables(parameters, unsetParameter), "Loads (2 answers), Other (1)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
