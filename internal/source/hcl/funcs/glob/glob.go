// Package glob matches paths against the patterns of fileset.
//
// # Model
// A pattern is a path whose segments may hold * and ? and classes, whose segment
// ** is any number of segments, and whose {a,b} are alternatives (Terraform page
// "fileset Function").
//
// # Guarantees
// Matching is polynomial in the length of pattern and path, and the number of
// alternatives is bounded.
//
// # Not modelled
// Nothing of the documented language is left out.
package glob

import (
	"errors"
	"path"
	"strings"
)

// most bounds the alternatives of one pattern.
const most = 256

// Pattern is a compiled pattern.
type Pattern struct{ alternatives [][]string }

// Compile reads a pattern. An error says what is malformed in it.
func Compile(pattern string) (Pattern, error) {
	var out Pattern
	texts, err := expand(pattern)
	if err != nil {
		return Pattern{}, err
	}
	for _, text := range texts {
		segments := strings.Split(path.Clean(text), "/")
		for i, s := range segments {
			s = strings.ReplaceAll(s, "[!", "[^")
			if _, err := path.Match(s, ""); err != nil {
				return Pattern{}, errors.New("a class or an escape is not complete")
			}
			segments[i] = s
		}
		out.alternatives = append(out.alternatives, segments)
	}
	return out, nil
}

// Match reports whether a slash-separated path matches.
func (p Pattern) Match(name string) bool {
	segments := strings.Split(name, "/")
	for _, a := range p.alternatives {
		if match(a, segments) {
			return true
		}
	}
	return false
}

// match decides for all ends of the path at once, pattern segment by pattern
// segment, so that many ** do not multiply.
func match(pattern, segments []string) bool {
	at := make([]bool, len(segments)+1) // at[i]: the pattern so far matches segments[:i]
	at[0] = true
	for _, p := range pattern {
		next := make([]bool, len(segments)+1)
		for i := range at {
			switch {
			case p == "**":
				next[i] = at[i] || i > 0 && next[i-1]
			case i > 0 && at[i-1]:
				next[i], _ = path.Match(p, segments[i-1])
			}
		}
		at = next
	}
	return at[len(segments)]
}

// expand writes the alternatives of braces out.
func expand(pattern string) ([]string, error) {
	open, depth := -1, 0
	var commas []int
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '{':
			if depth++; depth == 1 {
				open = i
			}
		case ',':
			if depth == 1 {
				commas = append(commas, i)
			}
		case '}':
			if depth == 0 {
				continue
			}
			if depth--; depth > 0 {
				continue
			}
			var out []string
			from := open + 1
			for _, to := range append(commas, i) {
				rest, err := expand(pattern[:open] + pattern[from:to] + pattern[i+1:])
				if err != nil {
					return nil, err
				}
				if out = append(out, rest...); len(out) > most {
					return nil, errors.New("it has too many alternatives")
				}
				from = to + 1
			}
			return out, nil
		}
	}
	if depth > 0 {
		return nil, errors.New("a brace is not closed")
	}
	return []string{pattern}, nil
}
