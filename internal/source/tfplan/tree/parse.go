package tree

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// entry is one value of the text.
type entry struct {
	key  int32 // offset of its key's opening quote, or -1
	val  int32 // offset of its first byte
	next int32 // index of the entry behind it and all that is in it
}

// Doc is a parsed text. It is not for concurrent use.
type Doc struct {
	data    []byte
	entries []entry
	lines   []int32 // lines[i] is how many line ends precede byte i*lineBlock

	indexes [8]objectIndex // of the large objects used last
	oldest  int
}

type objectIndex struct {
	i       int32
	members map[string]Node
}

// lineBlock is how many bytes are searched for line ends to tell one line.
const lineBlock = 1024

// SyntaxError says where a text stops being JSON and why.
type SyntaxError struct {
	Offset int
	Line   int // 1-based
	What   string
}

// Error is, for example, "line 3: the text ends within a string".
func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// Errors for texts that are refused although they may be JSON.
var (
	ErrDepth  = errors.New("values are nested too deeply")
	ErrValues = errors.New("there are too many values")
	ErrBytes  = errors.New("the text is too long")
)

// Parse reads one JSON value with nothing but white space around it. The error
// is a [*SyntaxError], or one of [ErrDepth], [ErrValues] and [ErrBytes]. The
// text must not be changed afterwards.
func Parse(data []byte) (*Doc, error) {
	if len(data) > MaxBytes {
		return nil, ErrBytes
	}
	d := &Doc{data: data, entries: make([]entry, 0, min(len(data)/16+1, 1<<20))}
	p := parser{d: d, data: data}
	p.space()
	p.value(-1, 0)
	p.space()
	if p.err == nil && p.at < len(data) {
		p.fail("there is more text after the value")
	}
	if p.err != nil {
		return nil, p.err
	}
	count := int32(0)
	for i, c := range data {
		if i%lineBlock == 0 {
			d.lines = append(d.lines, count)
		}
		if c == '\n' {
			count++
		}
	}
	return d, nil
}

type parser struct {
	d    *Doc
	data []byte
	at   int
	err  error
}

func (p *parser) fail(what string) {
	if p.err != nil {
		return
	}
	line := 1
	for _, c := range p.data[:min(p.at, len(p.data))] {
		if c == '\n' {
			line++
		}
	}
	p.err = &SyntaxError{Offset: p.at, Line: line, What: what}
}

// peek is the next byte, or 0 at the end; no JSON token begins with 0.
func (p *parser) peek() byte {
	if p.err != nil || p.at >= len(p.data) {
		return 0
	}
	return p.data[p.at]
}

func (p *parser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) expected(what string) {
	if p.at >= len(p.data) {
		p.fail("the text ends where " + what + " is expected")
		return
	}
	p.fail("there is a character where " + what + " is expected")
}

func (p *parser) value(key int32, depth int) {
	switch {
	case p.err != nil:
		return
	case depth > MaxDepth:
		p.err = ErrDepth
		return
	case len(p.d.entries) >= MaxValues:
		p.err = ErrValues
		return
	}
	self := len(p.d.entries)
	p.d.entries = append(p.d.entries, entry{key: key, val: int32(p.at)})
	switch c := p.peek(); {
	case c == '{':
		p.members('}', true, depth)
	case c == '[':
		p.members(']', false, depth)
	case c == '"':
		p.text()
	case c == 't':
		p.word("true")
	case c == 'f':
		p.word("false")
	case c == 'n':
		p.word("null")
	case c == '-' || c >= '0' && c <= '9':
		p.number()
	default:
		p.expected("a value")
	}
	p.d.entries[self].next = int32(len(p.d.entries))
}

// members reads an object or an array from its opening to its closing bracket.
func (p *parser) members(end byte, keys bool, depth int) {
	p.at++
	p.space()
	if p.peek() == end {
		p.at++
		return
	}
	for n := 0; p.err == nil; n++ {
		if keys && n == MaxMembers {
			p.err = ErrValues
			return
		}
		key := int32(-1)
		if keys {
			if p.peek() != '"' {
				p.expected("a key in quotes")
				return
			}
			key = int32(p.at)
			p.text()
			p.space()
			if p.peek() != ':' {
				p.expected("a colon")
				return
			}
			p.at++
			p.space()
		}
		p.value(key, depth+1)
		p.space()
		switch p.peek() {
		case ',':
			p.at++
			p.space()
		case end:
			p.at++
			return
		default:
			p.expected("a comma or a closing bracket")
		}
	}
}

func (p *parser) word(w string) {
	if len(p.data)-p.at < len(w) || string(p.data[p.at:p.at+len(w)]) != w {
		p.expected("true, false or null")
		return
	}
	p.at += len(w)
}

func (p *parser) text() {
	for p.at++; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; {
		case c == '"':
			p.at++
			return
		case c < ' ':
			p.fail("a string holds a control character")
			return
		case c == '\\':
			p.at++
			if !p.escape() {
				p.expected("the rest of an escape")
				return
			}
		}
	}
	p.fail("the text ends within a string")
}

func (p *parser) escape() bool {
	switch p.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			p.at++
			if _, ok := hex(p.peek()); !ok {
				return false
			}
		}
		return true
	}
	return false
}

func hex(c byte) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0'), true
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return utf8.RuneError, false
}

func (p *parser) digits() {
	if c := p.peek(); c < '0' || c > '9' {
		p.expected("a digit")
	}
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.at++
	}
}

func (p *parser) number() {
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++ // a digit may not follow: the caller then misses its comma
	} else {
		p.digits()
	}
	if p.peek() == '.' {
		p.at++
		p.digits()
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		p.digits()
	}
}
