package intent

import (
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
)

// Glob is a pattern over names: "*" stands for any run of characters, dots,
// slashes and none at all included, "?" for any one byte, and everything else
// for itself. Brackets are no special characters, because addresses hold them:
// aws_subnet.a["x"]. The zero Glob matches nothing.
type Glob struct{ pattern string }

// NewGlob is the glob of a pattern; the empty pattern is the zero Glob.
func NewGlob(pattern string) Glob { return Glob{pattern} }

// String is the pattern.
func (g Glob) String() string { return g.pattern }

// IsZero reports whether there is no pattern.
func (g Glob) IsZero() bool { return g.pattern == "" }

// MatchText reports whether the whole text has the form of the pattern. It
// takes at most len(pattern) times len(text) steps.
func (g Glob) MatchText(text string) bool {
	p := g.pattern
	if p == "" {
		return false
	}
	i, j := 0, 0          // in the pattern, in the text
	star, resume := -1, 0 // the last star, and where in the text it ends so far
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == '*':
			star, resume = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == text[j]):
			i++
			j++
		case star >= 0:
			// Let the last star take one byte more. Earlier stars need not be
			// tried again: they already found the first place that works.
			resume++
			i, j = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}

// MatchID reports whether the pattern matches the address of a resource, with or
// without the index that count or for_each gave to it.
func (g Glob) MatchID(id ref.ID) bool {
	return id != "" && (g.MatchText(string(id)) || g.MatchText(string(id.Base())))
}

// Match reports whether the pattern matches the address of a resource, as
// [Glob.MatchID] does, or its name.
func (g Glob) Match(id ref.ID, name string) bool {
	return g.MatchID(id) || name != "" && g.MatchText(name)
}

func anyMatches(globs []Glob, id ref.ID, name string) bool {
	for _, g := range globs {
		if g.Match(id, name) {
			return true
		}
	}
	return false
}
