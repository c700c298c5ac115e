package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds. A policy of a VPC endpoint has at most 20,480 characters.
const (
	maxText  = 1 << 20
	maxDepth = 64
)

// Problem is what is wrong with the text of a document. AWS refuses a document
// with any of them.
type Problem struct {
	Line, Column int // in the text, from 1
	Text         string
	Fatal        bool // the document could not be read
}

func (p Problem) String() string {
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Text)
}

type nodeKind uint8

const (
	nullNode nodeKind = iota
	objectNode
	listNode
	textNode
	otherNode // a number or truth value, as it is written
)

// node is a value of JSON with its line.
type node struct {
	kind    nodeKind
	text    string
	members []member // in the order of the text
	items   []*node
	line    int
}

type member struct {
	key   string
	value *node
}

// get is the member of a key, or nil.
func (n *node) get(key string) *node {
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// parser reads JSON strictly, but for what people do to policies: commas before
// a closing bracket and comments are problems, and are passed over.
type parser struct {
	text     string
	pos      int
	problems []Problem
}

// fatal is a problem that ends reading.
type fatal struct{}

func (fatal) Error() string { return "the text is not JSON" }

func (p *parser) problem(at int, format string, args ...any) {
	before := p.text[:min(at, len(p.text))]
	p.problems = append(p.problems, Problem{
		Line: 1 + strings.Count(before, "\n"), Column: 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]),
		Text: fmt.Sprintf(format, args...)})
}

func (p *parser) fail(format string, args ...any) error {
	p.problem(p.pos, format, args...)
	p.problems[len(p.problems)-1].Fatal = true
	return fatal{}
}

// read reads the whole text.
func (p *parser) read() (*node, error) {
	if len(p.text) > maxText {
		return nil, p.fail("the text is longer than 1 MiB")
	}
	p.text = strings.TrimPrefix(p.text, "\uFEFF")
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.peek() != 0 || p.pos < len(p.text) {
		return nil, p.fail("there is something behind the end of the document")
	}
	return n, nil
}

// space passes over white space and comments.
func (p *parser) space() {
	for p.pos < len(p.text) {
		rest := p.text[p.pos:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			p.pos++
		case strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "/*"):
			p.problem(p.pos, "JSON has no comments")
			end, n := "\n", 1
			if rest[1] == '*' {
				end, n = "*/", 2
			}
			if i := strings.Index(rest, end); i >= 0 {
				p.pos += i + n
			} else {
				p.pos = len(p.text)
			}
		default:
			return
		}
	}
}

// peek is the next byte that means something, or 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, p.fail("it is nested too deeply")
	}
	c := p.peek()
	n := &node{line: 1 + strings.Count(p.text[:p.pos], "\n")}
	switch c {
	case '{', '[':
		return n, p.container(n, depth)
	case '"':
		n.kind = textNode
		var err error
		n.text, err = p.str()
		return n, err
	case 0:
		return nil, p.fail("the text ends too early")
	}
	start := p.pos
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n,:[]{}\"/", p.text[p.pos]) < 0 {
		p.pos++
	}
	n.kind, n.text = otherNode, p.text[start:p.pos]
	switch n.text {
	case "null":
		n.kind = nullNode
	case "true", "false":
	default:
		if f, err := strconv.ParseFloat(n.text, 64); err != nil || f != f || strings.ContainsAny(n.text, "xX_iI") {
			p.pos = start
			return nil, p.fail("a value is expected: texts stand in double quotes")
		}
	}
	return n, nil
}

// container reads an object or a list.
func (p *parser) container(n *node, depth int) error {
	n.kind = objectNode
	end := byte('}')
	if p.text[p.pos] == '[' {
		n.kind, end = listNode, ']'
	}
	comma := -1
	for p.pos++; ; {
		if p.peek() == end {
			if comma >= 0 {
				p.problem(comma, "a comma stands before a closing bracket")
			}
			p.pos++
			return nil
		}
		var m member
		if n.kind == objectNode {
			if p.peek() != '"' {
				return p.fail("a key in double quotes, or %q, is expected", end)
			}
			at := p.pos
			key, err := p.str()
			if err != nil {
				return err
			}
			if n.get(key) != nil {
				p.pos = at
				return p.fail("the key %q stands twice in one object", key)
			}
			if p.peek() != ':' {
				return p.fail("a colon is expected")
			}
			p.pos++
			m.key = key
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if m.value = v; n.kind == objectNode {
			n.members = append(n.members, m)
		} else {
			n.items = append(n.items, v)
		}
		switch p.peek() {
		case ',':
			comma = p.pos
			p.pos++
		case end:
			comma = -1
		default:
			return p.fail("a comma or %q is expected", end)
		}
	}
}

// str reads a text in double quotes.
func (p *parser) str() (string, error) {
	var b strings.Builder
	for p.pos++; p.pos < len(p.text); {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return strings.ToValidUTF8(b.String(), "\uFFFD"), nil
		case c == '\\':
			r, n := unescape(p.text[p.pos:])
			if n == 0 {
				return "", p.fail("the backslash begins no escape that JSON has")
			}
			b.WriteRune(r)
			p.pos += n
		case c < ' ':
			return "", p.fail("a text holds a line break or control character")
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	return "", p.fail("a text does not end")
}

// unescape is the rune of the escape that s begins with, and its length; 0 if it
// is none.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	hi, ok := hex(s)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(hi) {
		if lo, ok := hex(s[6:]); ok {
			if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
				return r, 12
			}
		}
		return utf8.RuneError, 6
	}
	return hi, 6
}

func hex(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
