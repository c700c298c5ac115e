package check

import (
	"regexp"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/finding"
)

// An endpoint with full access never works worse than with a policy.
func TestFullAccessWorks(t *testing.T) {
	better := map[finding.Verdict]int{}
	for _, d := range blurDesigns(t) {
		open := map[string]string{}
		for name, text := range d.files {
			for _, form := range []string{`policy += [^\n]*jsonencode\(\{[^\n]*\}\)\n`, `policy += local\.own_organization\n`} {
				text = regexp.MustCompile(form).ReplaceAllString(text, "policy = "+strings.ReplaceAll("jsonencode("+fullAccess+")\n", "$", "$$"))
			}
			open[name] = text
		}
		before, after := d.judge(), blurDesign{name: d.name, files: open, in: d.in}.judge()
		for k, v := range before.verdicts {
			if k.slug != "endpoint-policy-works" {
				continue
			}
			now, ok := after.of(k)
			if !ok || badness(now) > badness(v) {
				t.Errorf("%s %s: %s, with full access %s", d.name, k.id, v, now)
			}
			if now != v {
				better[v]++
			}
		}
	}
	if better[finding.Violates] == 0 || better[finding.Undecided] == 0 {
		t.Errorf("full access opened too little: %v", better)
	}
}
