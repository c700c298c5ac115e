package suppress

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
)

// mark is a suppression beside a resource that was judged.
type mark struct {
	finding.Mark
	until   intent.Date
	expired bool
	holds   bool
	used    bool
}

func judged(list []finding.Mark, today intent.Date) []mark {
	out := make([]mark, len(list))
	for i, m := range list {
		until, err := intent.ParseDate(m.Until)
		out[i] = mark{Mark: m, until: until}
		if m.Until != "" && err != nil && m.Fault == "" {
			out[i].Fault = fmt.Sprintf("The date %q cannot be read.", m.Until)
		}
		out[i].expired = err == nil && until.Compare(today) < 0
		out[i].holds = out[i].Fault == "" && m.Scope != "" && m.Reason != "" && !out[i].expired
	}
	slices.SortStableFunc(out, func(a, b mark) int { return a.Place.Compare(b.Place) })
	return out
}

// covers reports whether a resource is one that the mark is beside: any instance
// of the block, or what is in a module or nested stack.
func (m mark) covers(id ref.ID) bool {
	if m.Scope == "" {
		return false
	}
	if id == m.Scope || id.Base() == m.Scope {
		return true
	}
	rest, ok := strings.CutPrefix(string(id), string(m.Scope))
	return m.Below && ok && strings.IndexByte(".[/", rest[0]) >= 0
}

// inline marks a finding with the first mark that holds for it.
func inline(f *finding.Finding, marks []mark) {
	for i, m := range marks {
		if !m.holds || m.Recommendation != f.Recommendation || !m.covers(f.Resource) {
			continue
		}
		marks[i].used = true
		if f.Suppressed == nil {
			f.Suppressed = &finding.Suppression{Source: finding.Inline, Reason: m.Reason, Until: m.Until, Place: m.Place}
		}
	}
}

// markFaults are the findings about marks. One comment is several marks if its
// module is called more than once; it is used if any of them is.
func markFaults(marks []mark, findings []finding.Finding) []finding.Finding {
	type written struct {
		at   ref.Place
		slug string
	}
	at := map[written]int{}
	var list []mark
	for _, m := range marks {
		k := written{m.Place, m.Recommendation}
		if i, ok := at[k]; ok && !m.Place.IsZero() {
			list[i].used = list[i].used || m.used
			continue
		}
		at[k] = len(list)
		list = append(list, m)
	}
	var out []finding.Finding
	for _, m := range list {
		if f, wrong := m.fault(findings); wrong {
			out = append(out, f)
		}
	}
	return out
}

func (m mark) fault(findings []finding.Finding) (finding.Finding, bool) {
	about := "a suppression"
	if m.Recommendation != "" {
		about += " of " + m.Recommendation
	}
	if m.Scope != "" {
		about += " beside " + string(m.Scope)
	}
	f := aboutException(m.Scope, m.Place, about)
	var kind string
	switch {
	case m.Fault != "":
		kind = "unreadable"
		f.Title, f.Message, f.Fix = about+" cannot be read", m.Fault+" It has no effect.", "Write it as: "+form
	case !isKnown(m.Recommendation):
		kind = unknown(&f, about, m.Recommendation)
	case m.Scope == "":
		kind = "misplaced"
		f.Title = about + " is beside no resource"
		f.Message = "A suppression is read within a resource or module, or on the line above it. Here it has no effect."
		f.Fix = "Move it to the resource that the finding names."
	case m.Reason == "":
		kind = reasonless(&f, about)
		f.Fix = "Write the reason behind two hyphens: muralla:ignore " + m.Recommendation + " -- reason"
	case m.expired:
		kind = expired(&f, about, m.Until, m.Reason)
	case !m.used:
		kind = "unused"
		f.Title = about + " is not used"
		f.Message = "Nothing that this run found about that resource is what it accepts." + elsewhere(m, findings)
		f.Fix = "Remove it, or move it to the resource that the finding names."
	default:
		return finding.Finding{}, false
	}
	f.Facts = []string{kind, m.Recommendation, finding.Inline.String()}
	return f, true
}

// maxNamed is how many other resources are named.
const maxNamed = 3

// elsewhere says where the findings are that a mark may be meant for.
func elsewhere(m mark, findings []finding.Finding) string {
	var names []string
	more := 0
	for _, f := range findings {
		if !open(f) || f.Suppressed != nil || f.Recommendation != m.Recommendation || slices.Contains(names, string(f.Resource)) {
			continue
		}
		if len(names) == maxNamed {
			more++
			continue
		}
		names = append(names, string(f.Resource))
	}
	if len(names) == 0 {
		return ""
	}
	text := fmt.Sprintf(" Findings of %s are about %s", m.Recommendation, strings.Join(names, ", "))
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "."
}
