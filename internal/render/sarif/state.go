package sarif

import (
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
)

// states counts what asks something of the reader, by how it stands to what was
// before.
type states struct {
	New       int `json:"new"`
	Worse     int `json:"worse"`
	Better    int `json:"better"`
	Unchanged int `json:"unchanged"`
	Resolved  int `json:"resolved"`
}

// earlier is how results stand to those of an earlier run. The zero value is that
// of no comparison.
type earlier struct {
	state    map[string]string // by fingerprint, in the words of the standard
	resolved []judged.Known
}

func compared(c *judged.Comparison) earlier {
	if c == nil {
		return earlier{}
	}
	out := earlier{map[string]string{}, c.Resolved}
	violated := map[string]bool{}
	for _, k := range c.Resolved {
		violated[k.Fingerprint] = true
	}
	for _, r := range c.Results {
		id := r.Fingerprint()
		if out.state[id] = stateOf(r); violated[id] { // and passes now
			out.state[id] = "updated"
		}
	}
	return out
}

// stateOf is the state of a result (SARIF 2.1.0, section 3.27.24). A result that
// was a pass is new: viewers show what is new, and there was no failure before.
func stateOf(r judged.Result) string {
	asks := r.Verdict == finding.Violates || r.Verdict == finding.Undecided
	switch good := r.Was == finding.Follows.String() || r.Was == finding.NotApplicable.String(); {
	case asks && (r.State == judged.New || good), !asks && !r.There:
		return "new"
	case r.State == judged.Unchanged:
		return "unchanged"
	}
	return "updated"
}

// gone are the violations that were there before and of whose fingerprint there
// is no result now.
func (e earlier) gone(shown []finding.Finding) []judged.Known {
	if len(e.resolved) == 0 {
		return nil
	}
	var out []judged.Known
	now := map[string]bool{}
	for _, f := range shown {
		now[f.Fingerprint()] = true
	}
	for _, k := range e.resolved {
		if !now[k.Fingerprint] {
			now[k.Fingerprint] = true
			out = append(out, k)
		}
	}
	return out
}

// absent is the result of a violation that is gone.
func (c *composer) absent(k judged.Known) result {
	r := c.result(finding.Finding{Recommendation: k.Recommendation, Resource: k.Resource, Verdict: finding.Violates, Severity: k.Severity,
		Title: "no longer so: " + k.Title, Place: k.Place})
	r.PartialFingerprints["muralla/v1"], r.BaselineState = k.Fingerprint, "absent"
	return r
}
