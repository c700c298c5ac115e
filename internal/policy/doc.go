// Package policy reads IAM policy documents and decides simple questions about
// them.
//
// # Model
// A [Document] is statements in the order of the text; each has sets of
// principals, actions and resources, and conditions. A [Reader] reads documents
// in which values that nobody knows yet stand as holes inside strings: equal
// holes are equal values, so documents of one reader can be compared.
//
// [Document.Decide] evaluates one request in three values. [Compare] decides
// whether two documents let the same requests pass: by a normal form for a yes,
// by a request that shows the difference for a no.
//
// # Guarantees
//   - What is answered yes or no holds for every value of the holes, and for
//     every value of the context keys that the request does not state.
//   - The normal form does not depend on the order of statements, keys and
//     values, on Sid, on a list of one or a single text, nor on the case of
//     actions and condition keys.
//   - Parse never panics, reads at most 1 MiB and 64 levels, and gives either a
//     document or a fatal problem.
//
// # Not modelled
// Policy variables (a value that holds one is not known), set operators and
// operators on numbers, dates and addresses (not known), NotPrincipal (not
// known), which actions exist. AWS leaves some of the matching of ARNs open:
// where readings differ the answer is not known.
package policy

import (
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
)

// Shape is what the value of a hole can be. The zero Shape is any text.
type Shape uint8

// The shapes.
const (
	ShapeAny             Shape = iota
	ShapeFixed                 // an id, a name or an ARN: without wildcards
	ShapeOwnAccount            // the id of the account of the design
	ShapeOwnOrganization       // the id of its organisation
)

// Hole is a value inside a text that nobody knows yet.
type Hole struct {
	Text  string // how it stands in the text: "${data.aws_region.here.name}"
	Shape Shape
	Sure  bool   // equal texts are surely equal values
	Why   string // why it is not known, as a clause
	Place ref.Place
}

// Reader reads documents and keeps their holes apart. Make one with [NewReader].
type Reader struct {
	holes   []Hole
	sure    map[string]rune
	account Hole // the first name of the account that was met
}

// NewReader makes a reader that has met no hole yet.
func NewReader() *Reader { return &Reader{sure: map[string]rune{}} }

// Holes are runes from plane 15 of Unicode, which is for private use.
const (
	firstHole = '\U000F0000'
	lastHole  = '\U000FFFFD'
	// accountHole is the account of the design: twelve digits.
	accountHole = lastHole - 1
)

func isHole(c rune) bool { return c >= firstHole && c <= lastHole }

// hasHole reports whether a part of a value is not known.
func hasHole(s string) bool { return strings.IndexFunc(s, isHole) >= 0 }

// Value is a value as documents of this reader hold it: literal text in which
// the texts of the holes stand for what is not known.
func (r *Reader) Value(text string, holes []Hole) string {
	text = strings.Map(func(c rune) rune {
		if isHole(c) {
			return '\uFFFD' // no input may forge a hole
		}
		return c
	}, text)
	for _, h := range holes {
		if h.Text != "" && strings.Contains(text, h.Text) {
			text = strings.ReplaceAll(text, h.Text, string(r.rune(h)))
		}
	}
	return text
}

// rune is the rune of a hole. All names of the account of the design are one, as
// all of a design is of one account.
func (r *Reader) rune(h Hole) rune {
	key := h.Text
	switch h.Shape {
	case ShapeOwnAccount:
		if r.account.Text == "" {
			r.account = h
		}
		return accountHole
	case ShapeOwnOrganization:
		key = "organization"
	}
	if c, ok := r.sure[key]; ok && h.Sure {
		return c
	}
	c := rune(firstHole + len(r.holes))
	if c >= accountHole {
		return lastHole // one for all: Sure of it is never claimed, see hole
	}
	r.holes = append(r.holes, h)
	if h.Sure {
		r.sure[key] = c
	}
	return c
}

// hole is the hole of a rune.
func (r *Reader) hole(c rune) Hole {
	if c == accountHole {
		return r.account
	}
	if i := int(c - firstHole); i >= 0 && i < len(r.holes) {
		return r.holes[i]
	}
	return Hole{Text: "${…}", Why: "the design has too many values that are not known"}
}

// Show is a value as people read it.
func (r *Reader) Show(value string) string {
	if !hasHole(value) {
		return value
	}
	var b strings.Builder
	for _, c := range value {
		if isHole(c) {
			b.WriteString(r.hole(c).Text)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// HolesOf are the holes of values, in order, each once.
func (r *Reader) HolesOf(values ...string) []Hole {
	var out []Hole
	seen := map[rune]bool{}
	for _, v := range values {
		for _, c := range v {
			if isHole(c) && !seen[c] {
				seen[c] = true
				out = append(out, r.hole(c))
			}
		}
	}
	return out
}

// Is reports whether a value is exactly one hole of a shape.
func (r *Reader) Is(value string, shape Shape) bool {
	for i, c := range value {
		return i == 0 && isHole(c) && r.hole(c).Shape == shape && len(string(c)) == len(value)
	}
	return false
}

// Fixed reports whether a value surely holds no wildcard.
func (r *Reader) Fixed(value string) bool {
	for _, c := range value {
		if c == '*' || c == '?' || c == '$' || isHole(c) && r.hole(c).Shape == ShapeAny {
			return false
		}
	}
	return true
}
