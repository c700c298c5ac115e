// Package toml reads the part of TOML 1.0 that Bottlerocket's user data uses.
//
// # Model
// A document is a flat table from dotted keys to values with the line of each.
// Tables, dotted and quoted keys, the four kinds of string, integers, booleans,
// arrays and inline tables are read; values other than strings keep their text.
//
// # Guarantees
// Work is linear in the text and nesting is bounded. A line that is not
// understood is an error at that line, never a guess; the values before it are
// returned beside the error.
//
// # Not modelled
// Arrays of tables ([[…]]) beyond their keys, dates, and the values of floats:
// their text is kept as written.
package toml

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// Value is one value of a document.
type Value struct {
	Text   string // a string's text; otherwise the value as written
	Quoted bool   // whether it was written as a string
	Line   int
}

// Parse reads a document whose first line is line first.
func Parse(text string, first int) (map[string]Value, error) {
	p := &parser{text: strings.ReplaceAll(text, "\r\n", "\n"), line: first, out: map[string]Value{}}
	err := p.document()
	return p.out, err
}

const maxNest = 32

type parser struct {
	text string
	pos  int
	line int
	out  map[string]Value
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{p.line}, args...)...)
}

func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.text[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

// blanks skips blanks, and newlines and comments too if all is set.
func (p *parser) blanks(all bool) {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == ' ' || c == '\t':
			p.pos++
		case c == '\n' && all:
			p.pos++
			p.line++
		case c == '#' && all:
			for p.pos < len(p.text) && p.text[p.pos] != '\n' {
				p.pos++
			}
		default:
			return
		}
	}
}

func (p *parser) document() error {
	table := ""
	for {
		p.blanks(true)
		if p.pos >= len(p.text) {
			return nil
		}
		if p.take("[") {
			double := p.take("[")
			key, err := p.key()
			if err != nil {
				return err
			}
			if !p.take("]") || double && !p.take("]") {
				return p.errorf("a table's name is not closed")
			}
			table = key + "."
		} else {
			key, err := p.key()
			if err != nil {
				return err
			}
			if !p.take("=") {
				return p.errorf("a key has no value")
			}
			if err := p.value(table+key, 0); err != nil {
				return err
			}
		}
		p.blanks(false)
		if p.pos < len(p.text) && p.peek() != '\n' && p.peek() != '#' {
			return p.errorf("something follows a value")
		}
	}
}

func (p *parser) key() (string, error) {
	var parts []string
	for {
		p.blanks(false)
		var part string
		if c := p.peek(); c == '"' || c == '\'' {
			v, err := p.str()
			if err != nil {
				return "", err
			}
			part = v
		} else {
			n := 0
			for rest := p.text[p.pos:]; n < len(rest) && strings.IndexByte(" \t\n.=[]{}\"',#", rest[n]) < 0; n++ {
			}
			if n == 0 {
				return "", p.errorf("a key is missing")
			}
			part = p.text[p.pos : p.pos+n]
			p.pos += n
		}
		parts = append(parts, part)
		p.blanks(false)
		if !p.take(".") {
			return strings.Join(parts, "."), nil
		}
	}
}

func (p *parser) value(key string, depth int) error {
	if depth > maxNest {
		return p.errorf("values are nested too deeply")
	}
	p.blanks(false)
	line := p.line
	switch c := p.peek(); {
	case c == '"' || c == '\'':
		s, err := p.str()
		if err != nil {
			return err
		}
		p.out[key] = Value{Text: s, Quoted: true, Line: line}
	case c == '[':
		start := p.pos
		p.pos++
		for i := 0; ; i++ {
			p.blanks(true)
			if p.take("]") {
				break
			}
			if err := p.value(key+"."+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
			p.blanks(true)
			if !p.take(",") && p.peek() != ']' {
				return p.errorf("an array is not closed")
			}
		}
		p.out[key] = Value{Text: p.text[start:p.pos], Line: line}
	case c == '{':
		p.pos++
		for {
			p.blanks(false)
			if p.take("}") {
				break
			}
			k, err := p.key()
			if err != nil {
				return err
			}
			if !p.take("=") {
				return p.errorf("a key has no value")
			}
			if err := p.value(key+"."+k, depth+1); err != nil {
				return err
			}
			p.blanks(false)
			if !p.take(",") && p.peek() != '}' {
				return p.errorf("an inline table is not closed")
			}
		}
	default:
		n := 0
		for rest := p.text[p.pos:]; n < len(rest) && strings.IndexByte(",]}#\n", rest[n]) < 0; n++ {
		}
		text := strings.TrimSpace(p.text[p.pos : p.pos+n])
		if text == "" || strings.ContainsAny(text, " \t\"'[{=") {
			return p.errorf("a value is missing or not understood")
		}
		p.pos += n
		p.out[key] = Value{Text: text, Line: line}
	}
	return nil
}

// str reads a string of any of the four kinds.
func (p *parser) str() (string, error) {
	quote := p.text[p.pos : p.pos+1]
	if p.take(quote + quote + quote) {
		return p.long(quote)
	}
	p.pos++
	var b strings.Builder
	for p.pos < len(p.text) && p.peek() != '\n' {
		c := p.peek()
		switch {
		case c == quote[0]:
			p.pos++
			return b.String(), nil
		case c == '\\' && quote == `"`:
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	return "", p.errorf("a string is not closed")
}

func (p *parser) long(quote string) (string, error) {
	if p.take("\n") {
		p.line++
	}
	var b strings.Builder
	for p.pos < len(p.text) {
		if p.take(quote + quote + quote) {
			return b.String(), nil
		}
		c := p.peek()
		if c == '\\' && quote == `"` {
			if rest := strings.TrimLeft(p.text[p.pos+1:], " \t"); strings.HasPrefix(rest, "\n") {
				p.pos++
				for p.pos < len(p.text) && strings.IndexByte(" \t\n", p.peek()) >= 0 {
					if p.peek() == '\n' {
						p.line++
					}
					p.pos++
				}
				continue
			}
			if err := p.escape(&b); err != nil {
				return "", err
			}
			continue
		}
		if c == '\n' {
			p.line++
		}
		b.WriteByte(c)
		p.pos++
	}
	return "", p.errorf("a string is not closed")
}

func (p *parser) escape(b *strings.Builder) error {
	rest := p.text[p.pos:]
	if len(rest) < 2 {
		return p.errorf("a string is not closed")
	}
	width := 0
	switch rest[1] {
	case 'u':
		width = 4
	case 'U':
		width = 8
	default:
		i := strings.IndexByte(`btnfre"\`, rest[1])
		if i < 0 {
			return p.errorf("an escape is not known")
		}
		b.WriteByte("\b\t\n\f\r\x1b\"\\"[i])
		p.pos += 2
		return nil
	}
	if len(rest) < 2+width {
		return p.errorf("an escape is cut short")
	}
	v, err := strconv.ParseUint(rest[2:2+width], 16, 32)
	if err != nil {
		return p.errorf("an escape is not known")
	}
	r := rune(v & 0x7fffffff)
	if hole.Is(r) {
		r = '\uFFFD' // a document must not forge a hole
	}
	b.WriteRune(r)
	p.pos += 2 + width
	return nil
}
