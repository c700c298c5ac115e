package check

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/finding"
)

// widenings are edits that let more pass, each at one place of a design.
var widenings = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`"(?:\d+\.){3}\d+/(?:[89]|[1-3]\d)"`), `"0.0.0.0/0"`},
	{regexp.MustCompile(`(from_port\s*=\s*)[1-9]\d*`), "${1}1"},
	{regexp.MustCompile(`(to_port\s*=\s*)\d+`), "${1}65535"},
	{regexp.MustCompile(`\b(ip_)?protocol(\s*=\s*)"tcp"`), `${1}protocol${2}"-1"`},
	{regexp.MustCompile(`\b(security_groups|source_security_group_id|referenced_security_group_id)\s*=\s*.*`), `cidr_ipv4 = "0.0.0.0/0"`},
}

// violations are what a design violates, by fingerprint.
func (d blurDesign) violations() map[string]finding.Finding {
	out := map[string]finding.Finding{}
	for _, f := range d.report().Findings {
		if f.Verdict == finding.Violates {
			out[f.Fingerprint()] = f
		}
	}
	return out
}

// remark is what a hop says about a party, such as who else lives in a range.
var remark = regexp.MustCompile(` \([^)]*\)`)

// bare is a path without remarks: parties and ports.
func bare(path []string) []string {
	var out []string
	for _, hop := range path {
		out = append(out, remark.ReplaceAllString(hop, ""))
	}
	return out
}

// A baseline keeps fingerprints and severities. If the same finding has another
// path after a rule was widened, a new hole hides behind an old one.
func TestWideningChangesFingerprints(t *testing.T) {
	changed, same := 0, 0
	for _, d := range blurDesigns(t) {
		before := d.violations()
		if len(before) == 0 {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(d.files)) {
			for _, w := range widenings {
				for _, at := range w.what.FindAllStringIndex(d.files[name], 5) {
					wider := blurDesign{files: maps.Clone(d.files), in: d.in}
					old := d.files[name][at[0]:at[1]]
					wider.files[name] = d.files[name][:at[0]] + w.what.ReplaceAllString(old, w.with) + d.files[name][at[1]:]
					if wider.files[name] == d.files[name] {
						continue
					}
					for id, f := range wider.violations() {
						g, known := before[id]
						switch {
						case !known:
							changed++
						case f.Severity <= g.Severity:
							same++
							if diff := cmp.Diff(bare(g.Path), bare(f.Path)); diff != "" {
								t.Errorf("%s, line %d, %s becomes %s: %s of %s has the fingerprint that it had, and another path; before -, after +:\n%s",
									d.name, 1+strings.Count(d.files[name][:at[0]], "\n"), old, w.what.ReplaceAllString(old, w.with), f.Recommendation, f.Resource, diff)
							}
						}
					}
				}
			}
		}
	}
	if changed == 0 || same == 0 {
		t.Errorf("%d findings are new and %d the same: the designs are too narrow", changed, same)
	}
}
