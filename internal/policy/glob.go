package policy

import (
	"strings"
	"unicode"

	"github.com/muralla-net/muralla/internal/fact"
)

// fold is a value for comparison without case.
func fold(s string) string { return strings.ToLower(s) }

// surely reports whether a pattern matches a text whatever the holes are: a
// star matches any run, also of holes; a hole matches itself.
func surely(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	at, star, from := 0, -1, 0
	i := 0
	for i < len(t) {
		switch {
		case at < len(p) && p[at] == '*':
			star, from = at, i
			at++
		case at < len(p) && t[i] != lastHole && (p[at] == t[i] || p[at] == '?' && !isHole(t[i])):
			at, i = at+1, i+1
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	for at < len(p) && p[at] == '*' {
		at++
	}
	return at == len(p)
}

// perhaps reports whether a pattern matches a text for some values of the holes
// and some reading of AWS: without case, and a star crosses everything.
func perhaps(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	many := func(c rune) bool { return c == '*' || isHole(c) }
	// takes tells whether the run of a star or hole can hold a letter.
	takes := func(run, c rune) bool {
		return run != accountHole || c >= '0' && c <= '9' || c == '?' || many(c)
	}
	// next[j] tells whether p[i+1:] and t[j:] can be one text, row[j] of p[i:].
	next := make([]bool, len(t)+1)
	row := make([]bool, len(t)+1)
	for i := len(p); i >= 0; i-- {
		for j := len(t); j >= 0; j-- {
			switch {
			case i == len(p) && j == len(t):
				row[j] = true
			case j < len(t) && isHole(t[j]) && row[j+1],
				i < len(p) && many(p[i]) && next[j]:
				row[j] = true // the run is empty, or ends here
			case i == len(p) || j == len(t):
				row[j] = false
			case many(p[i]):
				row[j] = takes(p[i], t[j]) && row[j+1]
			case isHole(t[j]):
				row[j] = takes(t[j], p[i]) && next[j]
			default:
				row[j] = next[j+1] && (p[i] == '?' || unicode.ToLower(p[i]) == unicode.ToLower(t[j]))
			}
		}
		next, row = row, next
	}
	return next[0]
}

// matchAction compares an action with a pattern, without case.
func matchAction(pattern, action string) fact.Tri {
	return tri(surely(fold(pattern), fold(action)), perhaps(pattern, action))
}

// matchText is a glob without structure.
func matchText(pattern, text string) fact.Tri {
	return tri(surely(pattern, text), perhaps(pattern, text))
}

// matchARN compares a resource with a pattern. It is sure if the pattern is a
// lone star or matches segment by segment; whether a star may cross a colon AWS
// leaves open.
func matchARN(pattern, arn string) fact.Tri {
	if pattern == "*" {
		return fact.Yes
	}
	if !perhaps(pattern, arn) {
		return fact.No
	}
	p, t := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) == 6 && len(t) == 6 {
		all := true
		for i := range p {
			all = all && surely(p[i], t[i])
		}
		return tri(all, true)
	}
	// The ARN of a thing that is a hole, perhaps with something behind it.
	star := strings.IndexByte(pattern, '*')
	return tri(surely(pattern, arn) && (star < 0 || star == len(pattern)-1 && hasHole(pattern[:star])), true)
}

func tri(sure, maybe bool) fact.Tri {
	switch {
	case sure:
		return fact.Yes
	case maybe:
		return fact.Unknown
	}
	return fact.No
}

// same reports whether two values are equal.
func same(a, b string) fact.Tri {
	switch {
	case a == b && !strings.ContainsRune(a, lastHole):
		return fact.Yes
	case !hasHole(a) && !hasHole(b):
		return fact.No
	}
	// Wildcards are literal here; taking them for wildcards errs to "perhaps".
	return tri(false, perhaps(a, b))
}
