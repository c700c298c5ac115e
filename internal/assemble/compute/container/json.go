package container

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// Bounds. ECS takes 64 KiB for a whole task definition ("Amazon ECS service quotas").
const (
	maxText  = 4 << 20
	maxDepth = 64
)

// parser reads JSON in which pieces may be unknown: each is one rune of
// package hole, inside a string or where a value is expected.
type parser struct {
	text     string
	pos      int
	holes    hole.Table
	of       map[rune]resource.Value
	place    ref.Place
	trailing bool // a comma before a closing bracket was met, which AWS refuses
}

// Decode reads a text as JSON. Trailing tells whether a comma before a closing
// bracket had to be passed over. The error says what is wrong and on which line
// of the text.
func Decode(v resource.Value) (out resource.Value, trailing bool, err error) {
	p := &parser{of: map[rune]resource.Value{}, place: v.Place}
	parts := []resource.Value{v}
	if v.Kind == resource.Text {
		parts = v.List
	}
	var b strings.Builder
	for _, part := range parts {
		if part.Kind == resource.String {
			b.WriteString(hole.Clean(part.Text))
		} else {
			part.Maybe = false // a piece of a text is there, whatever it is
			why := design.Display(part)
			if part.Kind == resource.Unknown || why == "" {
				why = design.Why(part)
			}
			h := p.holes.New(why)
			r, _ := utf8.DecodeRuneInString(h)
			p.of[r] = part
			b.WriteString(h)
		}
		if b.Len() > maxText {
			return resource.Value{}, false, fmt.Errorf("it is longer than 4 MiB")
		}
	}
	p.text = b.String()
	out, err = p.value(0)
	if p.space(); err == nil && p.pos < len(p.text) {
		err = p.fail("there is something behind the end")
	}
	return out, p.trailing, err
}

func (p *parser) fail(what string) error {
	return fmt.Errorf("%s on line %d of the text", what, 1+strings.Count(p.text[:min(p.pos, len(p.text))], "\n"))
}

func (p *parser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *parser) peek() byte {
	p.space()
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) value(depth int) (resource.Value, error) {
	if depth > maxDepth {
		return resource.Value{}, p.fail("it is nested too deeply")
	}
	switch c := p.peek(); c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return p.str()
	case 0:
		return resource.Value{}, p.fail("it ends too early")
	default:
		return p.word()
	}
}

func (p *parser) object(depth int) (resource.Value, error) {
	out := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: p.place}
	unknown := ""
	p.pos++
	for first := true; ; first = false {
		if why := p.unknownPieces(); why != "" {
			unknown = why // unknown members: the object may have any
			if p.peek() == ',' {
				p.pos++
			}
			first = true
		}
		switch p.peek() {
		case '}':
			p.trailing = p.trailing || !first
			p.pos++
			return settled(out, unknown), nil
		case '"':
		case 0:
			return out, p.fail("an object does not end")
		default:
			return out, p.fail("a name in quotes is expected")
		}
		key, err := p.str()
		if err != nil {
			return out, err
		}
		if p.peek() != ':' {
			return out, p.fail("a colon is expected")
		}
		p.pos++
		v, err := p.value(depth + 1)
		if err != nil {
			return out, err
		}
		if key.Kind == resource.String {
			out.Map[key.Text] = v
		} else {
			unknown = design.Why(key)
		}
		why := p.unknownPieces()
		if why != "" {
			unknown = why
		}
		if done, err := p.next('}', why != ""); done || err != nil {
			return settled(out, unknown), err
		}
	}
}

// settled is an object, or an unknown value if some of its members are unknown.
func settled(object resource.Value, unknown string) resource.Value {
	if unknown != "" {
		return resource.Value{Kind: resource.Unknown, Why: unknown, Place: object.Place}
	}
	return object
}

func (p *parser) array(depth int) (resource.Value, error) {
	out := resource.Value{Kind: resource.List, Place: p.place}
	p.pos++
	for first := true; ; first = false {
		if p.peek() == ']' {
			p.trailing = p.trailing || !first
			p.pos++
			return out, nil
		}
		start := p.pos
		v, err := p.value(depth + 1)
		if err != nil {
			return out, err
		}
		out.List = append(out.List, v)
		loose := hole.Has(p.text[start:p.pos]) && v.Kind != resource.Map && v.Kind != resource.List
		if why := p.unknownPieces(); why != "" { // unknown further elements, with or without commas
			loose = true
			out.List = append(out.List, resource.Value{Kind: resource.Unknown, Why: why, Place: p.place})
		}
		if done, err := p.next(']', loose); done || err != nil {
			return out, err
		}
	}
}

// unknownPieces passes over unknown pieces at a place where no value is
// expected, such as a condition that adds elements, and says why they are unknown.
func (p *parser) unknownPieces() (why string) {
	for {
		p.space()
		r, size := utf8.DecodeRuneInString(p.text[p.pos:])
		if !hole.Is(r) {
			return why
		}
		p.pos += size
		why = p.holes.Why(string(r))
	}
}

// next reads a comma, or the end of an object or array. Loose means that an
// unknown piece before may hold the comma.
func (p *parser) next(end byte, loose bool) (done bool, err error) {
	switch c := p.peek(); {
	case c == ',':
		p.pos++
		return false, nil
	case c == end:
		p.pos++
		return true, nil
	case loose && c != 0:
		return false, nil
	}
	return false, p.fail("a comma or " + strconv.QuoteRune(rune(end)) + " is expected")
}

// str reads a string; one with holes is a reference, an unknown value or a text.
func (p *parser) str() (resource.Value, error) {
	var parts []resource.Value
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			parts = append(parts, resource.Value{Kind: resource.String, Text: b.String(), Place: p.place})
			b.Reset()
		}
	}
	for p.pos++; p.pos < len(p.text); {
		r, size := utf8.DecodeRuneInString(p.text[p.pos:])
		switch {
		case r == '"':
			p.pos++
			flush()
			switch {
			case len(parts) == 0:
				return resource.Value{Kind: resource.String, Place: p.place}, nil
			case len(parts) == 1:
				return parts[0], nil
			}
			return resource.Value{Kind: resource.Text, List: parts, Place: p.place}, nil
		case hole.Is(r):
			flush()
			parts = append(parts, p.unknown(r))
		case r == '\\':
			c, n := p.escape()
			if n == 0 {
				return resource.Value{}, p.fail("a backslash has no meaning")
			}
			b.WriteRune(c)
			size = n
		default:
			b.WriteRune(r)
		}
		p.pos += size
	}
	return resource.Value{}, p.fail("a string does not end")
}

// escape reads the escape at the position: its rune and how many bytes it has.
func (p *parser) escape() (rune, int) {
	rest := p.text[p.pos:]
	if len(rest) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, rest[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	hex := func(s string) (rune, bool) {
		if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(s[2:6], 16, 16)
		return rune(n), err == nil
	}
	hi, ok := hex(rest)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(hi) {
		if lo, ok := hex(rest[6:]); ok {
			if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
				return clean(r), 12
			}
		}
		return utf8.RuneError, 6
	}
	return clean(hi), 6
}

// clean keeps an escape from forging an unknown piece.
func clean(r rune) rune {
	if hole.Is(r) {
		return utf8.RuneError
	}
	return r
}

func (p *parser) unknown(r rune) resource.Value {
	if v, ok := p.of[r]; ok {
		return v
	}
	return resource.Value{Kind: resource.Unknown, Why: "a piece of the text is not known", Place: p.place}
}

// word reads a number, a literal or an unknown value. Letters and unknown
// pieces that stick together are unknown.
func (p *parser) word() (resource.Value, error) {
	p.space()
	start := p.pos
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n,:[]{}\"", p.text[p.pos]) < 0 {
		p.pos++
	}
	word := p.text[start:p.pos]
	switch word {
	case "null":
		return resource.Value{}, nil
	case "true", "false":
		return resource.Value{Kind: resource.Bool, Bool: word == "true", Place: p.place}, nil
	}
	if hole.Has(word) {
		r, size := utf8.DecodeRuneInString(word)
		if hole.Is(r) && size == len(word) {
			return p.unknown(r), nil
		}
		return resource.Value{Kind: resource.Unknown, Why: p.holes.Why(word), Place: p.place}, nil
	}
	n, err := strconv.ParseFloat(word, 64)
	if err != nil {
		p.pos = start
		return resource.Value{}, p.fail("a value is expected")
	}
	return resource.Value{Kind: resource.Number, Number: n, Place: p.place}, nil
}
