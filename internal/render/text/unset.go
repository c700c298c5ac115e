package text

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/finding"
)

// unset finds the variables of root modules in the reasons of missing facts:
// nobody gives a value to those of other modules but the design itself.
var unset = regexp.MustCompile(`(?:^|[ (/])(var\.[\pL_][\pL\d_-]*) has no value`)

// unsetParameter finds the parameters of templates likewise. What stands before
// the last slash is where the template is.
var unsetParameter = regexp.MustCompile(`(?:^|[ (])parameter (?:[^\s,;:]*/)?([A-Za-z0-9]+) has no value`)

// maxUnset is how many variables the closing lines name.
const maxUnset = 3

// variables names the variables or parameters without a value on which most answers depend,
// the most wanted first, or is "".
func variables(findings []finding.Finding, unset *regexp.Regexp) string {
	answers := map[string]int{}
	for _, f := range findings {
		if f.Verdict != finding.Undecided || f.Suppressed != nil {
			continue
		}
		var names []string
		for _, g := range f.Gaps {
			for _, m := range unset.FindAllStringSubmatch(g.Text, -1) {
				names = append(names, m[1])
			}
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			answers[name]++
		}
	}
	var list []string
	for name := range answers {
		list = append(list, name)
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(answers[b], answers[a]), cmp.Compare(a, b)) })
	var parts []string
	for i, name := range list[:min(len(list), maxUnset)] {
		many := number(answers[name])
		if i == 0 {
			many = plural(answers[name], "answer")
		}
		parts = append(parts, clean(name)+" ("+many+")")
	}
	if rest := len(list) - len(parts); rest > 0 {
		parts = append(parts, number(rest)+" more")
	}
	return strings.Join(parts, ", ")
}
