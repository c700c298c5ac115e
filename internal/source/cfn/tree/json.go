package tree

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/muralla-net/muralla/internal/diag"
)

// jsonReader reads a text in JSON, and what people write instead of it: commas
// before a closing bracket, comments, line ends within strings.
type jsonReader struct {
	p    *parser
	data []byte
	at   int
	line int
	stop bool            // nothing more can be read
	told map[string]bool // what was said once and is not said again
}

func (p *parser) json(data []byte) *Node {
	r := &jsonReader{p: p, data: data, line: 1, told: map[string]bool{}}
	r.space()
	root := r.value(0)
	r.space()
	if !r.stop && r.at < len(data) {
		r.fail("there is more text behind the closing bracket of the template. Often a bracket is closed too early")
	}
	return root
}

// fail ends the reading, since nobody can tell what the rest belongs to.
func (r *jsonReader) fail(what string) {
	if r.stop {
		return
	}
	r.stop, r.p.lost = true, true
	r.p.say(diag.Error, r.line, "text is not JSON", "The text stops being JSON here: "+what+". What is behind it is not read.")
}

// odd says that something is no JSON although its meaning is clear.
func (r *jsonReader) odd(what string) {
	if !r.told[what] {
		r.told[what] = true
		r.p.say(diag.Warning, r.line, "text is not strict JSON", what+" CloudFormation refuses it. It is read as if it were right.")
	}
}

func (r *jsonReader) peek() byte {
	if r.stop || r.at >= len(r.data) {
		return 0
	}
	return r.data[r.at]
}

// space skips what stands between values.
func (r *jsonReader) space() {
	for !r.stop && r.at < len(r.data) {
		switch c := r.data[r.at]; {
		case c == '\n':
			r.line++
			r.at++
		case c == ' ' || c == '\t' || c == '\r':
			r.at++
		case c == '/' || c == '#':
			if !r.comment() {
				return
			}
		default:
			return
		}
	}
}

func (r *jsonReader) comment() bool {
	rest := r.data[r.at:]
	switch {
	case rest[0] == '#', bytes.HasPrefix(rest, []byte("//")):
		r.odd("JSON has no comments.")
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			r.at += end
		} else {
			r.at = len(r.data)
		}
		return true
	case bytes.HasPrefix(rest, []byte("/*")):
		r.odd("JSON has no comments.")
		end := bytes.Index(rest, []byte("*/"))
		if end < 0 {
			r.fail("a comment that begins here is not closed")
			return true
		}
		r.line += bytes.Count(rest[:end], []byte("\n"))
		r.at += end + 2
		return true
	}
	return false
}

func (r *jsonReader) value(depth int) *Node {
	line := r.line
	if !r.p.room(1, line) {
		r.stop = true
		return tooMany(line)
	}
	if depth > MaxDepth {
		r.stop = true
		return r.p.tooDeep(line)
	}
	switch c := r.peek(); {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		return NewString(r.text(), line)
	case c == 0:
		r.fail("the text ends where a value is needed. Often a closing bracket is missing")
	default:
		return r.word()
	}
	return lost(line)
}

func lost(line int) *Node {
	return &Node{Kind: Lost, Line: line, Text: "the text is broken here"}
}

func (r *jsonReader) object(depth int) *Node {
	out := &Node{Kind: Map, Line: r.line}
	index := map[string]int{}
	if r.empty('}') {
		return out
	}
	for {
		if r.peek() != '"' {
			r.fail("a key in quotes is needed")
			return out
		}
		line := r.line
		key := r.text()
		r.space()
		if r.peek() != ':' {
			r.fail(fmt.Sprintf("a colon is needed behind the key %q", clip(key)))
			return out
		}
		r.at++
		r.space()
		r.p.add(out, index, Entry{Key: key, Line: line, Value: r.value(depth + 1)})
		if !r.comma('}', '"') {
			return out
		}
	}
}

func (r *jsonReader) array(depth int) *Node {
	out := &Node{Kind: List, Line: r.line}
	if r.empty(']') {
		return out
	}
	for {
		out.List = append(out.List, r.value(depth+1))
		if !r.comma(']', 0) {
			return out
		}
	}
}

// empty reads an opening bracket, and the closing one if it is next.
func (r *jsonReader) empty(closing byte) bool {
	r.at++
	r.space()
	if r.peek() != closing {
		return false
	}
	r.at++
	return true
}

// comma reads what is behind a value. It is false if the bracket was closed or
// nothing more can be read. A missing comma is clear where a key begins.
func (r *jsonReader) comma(closing, key byte) bool {
	r.space()
	switch c := r.peek(); {
	case c == ',':
		r.at++
		r.space()
		if r.peek() == closing {
			r.odd("A comma stands before a closing bracket.")
		}
	case c == closing:
	case c != 0 && c == key:
		r.odd("A comma is missing between two members.")
	case r.stop:
		return false
	case c == 0:
		r.fail(fmt.Sprintf("the text ends before %q", closing))
		return false
	default:
		r.fail(fmt.Sprintf("a comma or %q is needed", closing))
		return false
	}
	if r.peek() == closing {
		r.at++
		return false
	}
	return !r.stop
}

// word reads a number or one of the words of JSON.
func (r *jsonReader) word() *Node {
	begin := r.at
	for r.at < len(r.data) && strings.IndexByte(" \t\r\n,:]}[{\"/", r.data[r.at]) < 0 {
		r.at++
	}
	text := string(r.data[begin:r.at])
	out := &Node{Kind: String, Text: text, Line: r.line}
	switch {
	case text == "true" || text == "false":
		out.Kind = Bool
	case text == "null":
		out.Kind, out.Text = Null, ""
	case number.MatchString(text):
		out.Kind = Number
	default:
		if len(text) > 40 || !utf8.ValidString(text) {
			text = "this"
		}
		r.fail(fmt.Sprintf("%q is no value. Often quotes are missing", text))
		return lost(r.line)
	}
	return out
}

// text reads a string, of which the opening quote is next.
func (r *jsonReader) text() string {
	var b strings.Builder
	line := r.line
	for r.at++; r.at < len(r.data); {
		switch c := r.data[r.at]; c {
		case '"':
			r.at++
			return strings.ToValidUTF8(b.String(), "\uFFFD")
		case '\\':
			r.escape(&b)
		case '\n':
			r.odd("A line ends within a string.")
			r.line++
			fallthrough
		default:
			b.WriteByte(c)
			r.at++
		}
	}
	r.line = line
	r.fail("the string that begins here is not closed")
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (r *jsonReader) escape(b *strings.Builder) {
	rest := r.data[r.at:]
	if len(rest) < 2 {
		r.at = len(r.data)
		return
	}
	if c, ok := escapes[rest[1]]; ok {
		b.WriteByte(c)
		r.at += 2
		return
	}
	if c, ok := unit(rest); ok {
		r.at += 6
		if utf16.IsSurrogate(c) {
			if second, ok := unit(r.data[r.at:]); ok && utf16.DecodeRune(c, second) != utf8.RuneError {
				c = utf16.DecodeRune(c, second)
				r.at += 6
			}
		}
		b.WriteRune(c)
		return
	}
	r.odd("A backslash in a string stands before a letter that it cannot stand before.")
	b.WriteByte('\\')
	r.at++
}

// unit reads one \uXXXX.
func unit(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(n), err == nil
}
