// Package name compares names that are known in part, such as those of exports
// that are made of the name of a stack.
//
// # Model
// A [Pattern] is a list of literal texts and holes. A hole stands for a text
// that is not empty; two holes of one identity stand for the same text.
//
// # Guarantees
// [Compare] never says No of two patterns that can be the same name.
//
// # Not modelled
// Which letters a hole may stand for, and that one hole may be used twice in a
// pattern: two patterns are then taken to be possibly equal more often.
package name

import (
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
)

// part is a literal text or a hole.
type part struct {
	text string
	hole bool
	of   resource.Reference // what a hole stands for; two of a zero one differ
}

// Pattern is a name that is known in part. The zero Pattern is the empty name.
type Pattern struct{ parts []part }

// maxBytes is the length of a pattern that is compared letter by letter. Names
// of exports have at most 255 (AWS API reference, "Export").
const maxBytes = 512

// Of is the pattern of a value.
func Of(v resource.Value) Pattern {
	var p Pattern
	p.add(v)
	return p
}

func (p *Pattern) add(v resource.Value) {
	switch v.Kind {
	case resource.String:
		p.literal(v.Text)
	case resource.Number:
		p.literal(strconv.FormatFloat(v.Number, 'f', -1, 64))
	case resource.Bool:
		p.literal(strconv.FormatBool(v.Bool))
	case resource.Ref:
		p.parts = append(p.parts, part{hole: true, of: v.Ref})
	case resource.Text:
		for _, e := range v.List {
			p.add(e)
		}
	default:
		p.parts = append(p.parts, part{hole: true})
	}
}

func (p *Pattern) literal(text string) {
	if n := len(p.parts); n > 0 && !p.parts[n-1].hole {
		p.parts[n-1].text += text
	} else if text != "" {
		p.parts = append(p.parts, part{text: text})
	}
}

// String shows holes as they are written in templates.
func (p Pattern) String() string {
	var b strings.Builder
	for _, e := range p.parts {
		switch {
		case !e.hole:
			b.WriteString(e.text)
		case e.of.ID == "":
			b.WriteString("${...}")
		case e.of.Attr == "" || e.of.Attr == "Ref":
			b.WriteString("${" + string(e.of.ID.Short()) + "}")
		default:
			b.WriteString("${" + string(e.of.ID.Short()) + "." + e.of.Attr + "}")
		}
	}
	return b.String()
}

// Hole is what the only hole of a pattern stands for; false if there is none or
// more than one, or if nobody can tell.
func (p Pattern) Hole() (resource.Reference, bool) {
	var out resource.Reference
	n := 0
	for _, e := range p.parts {
		if e.hole {
			out = e.of
			n++
		}
	}
	return out, n == 1 && out.ID != ""
}

// Match says how far two patterns agree. The zero Match is No.
type Match uint8

// The matches, the better the higher.
const (
	No    Match = iota // they cannot be the same name
	Maybe              // they can
	Alike              // they can, and differ in what stands in the holes only
	Same               // they are
)

// Compare says whether two patterns can be one name. Patterns that are nothing
// but holes say nothing: they are at most Maybe.
func Compare(a, b Pattern) Match {
	alike, same, literal := len(a.parts) == len(b.parts), true, false
	for i := 0; alike && i < len(a.parts); i++ {
		x, y := a.parts[i], b.parts[i]
		switch {
		case x.hole != y.hole:
			alike = false
		case !x.hole:
			alike, literal = x.text == y.text, true
		case x.of != y.of || x.of.ID == "":
			same = false
		}
	}
	switch {
	case alike && same:
		return Same
	case alike && literal:
		return Alike
	case possible(a, b):
		return Maybe
	}
	return No
}

// Empty reports whether a pattern has no literal part.
func (p Pattern) Empty() bool {
	for _, e := range p.parts {
		if !e.hole {
			return false
		}
	}
	return true
}

// possible reports whether two patterns can be one name: both begin and end
// alike, and a walk through both exists in which every hole takes at least one
// letter.
func possible(a, b Pattern) bool {
	x, y := a.letters(), b.letters()
	if len(x) > maxBytes || len(y) > maxBytes {
		return true
	}
	// After i letters of x and j of y: in a hole, a letter of the other side
	// may be taken without leaving it.
	reach := make([][]bool, len(x)+1)
	for i := range reach {
		reach[i] = make([]bool, len(y)+1)
	}
	reach[0][0] = true
	for i := 0; i <= len(x); i++ {
		for j := 0; j <= len(y); j++ {
			if !reach[i][j] {
				continue
			}
			if i < len(x) && j < len(y) {
				if x[i] == hole || y[j] == hole || x[i] == y[j] {
					reach[i+1][j+1] = true
				}
			}
			// The hole before i takes the letter j too, and the other way round.
			if i > 0 && x[i-1] == hole && j < len(y) {
				reach[i][j+1] = true
			}
			if j > 0 && y[j-1] == hole && i < len(x) {
				reach[i+1][j] = true
			}
		}
	}
	return reach[len(x)][len(y)]
}

// hole is the letter of a hole.
const hole = -1

func (p Pattern) letters() []int {
	var out []int
	for _, e := range p.parts {
		if e.hole {
			out = append(out, hole)
			continue
		}
		for i := range len(e.text) {
			out = append(out, int(e.text[i]))
		}
	}
	return out
}
