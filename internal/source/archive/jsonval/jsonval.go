// Package jsonval reads JSON that programs and people saved into values with
// places.
//
// # Model
// A file holds one document, or several one after the other as appended pages
// are. Each value knows the line on which it begins.
//
// # Guarantees
// What is wrong (a comma too many, an end too early, the byte order mark or
// UTF-16 of Windows shells) is said once, and what was read before it is kept.
// Depth and number of values are bounded.
//
// # Not modelled
// Numbers beyond float64, and which of two equal keys was meant: the last one
// is taken.
package jsonval

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Bounds of what is read of one file.
const (
	MaxDepth  = 100
	MaxValues = 1_500_000
)

// Read reads all documents of a file. Whole is false if something was lost.
func Read(file string, data []byte) (docs []resource.Value, diags diag.List, whole bool) {
	p := &parser{file: file, text: plain(data), line: 1}
	for p.space(); p.pos < len(p.text) && p.problem == ""; p.space() {
		v := p.value(0)
		if v.Kind != resource.Null || p.problem == "" {
			docs = append(docs, v)
		}
	}
	if p.comma > 0 {
		diags.Add(diag.Warning, ref.Place{File: file, Line: p.comma}, "comma too many in JSON",
			"A comma stands before a closing bracket. It is passed over; programs of others refuse such a file.")
	}
	if p.problem != "" {
		diags.Add(diag.Error, ref.Place{File: file, Line: p.line}, "JSON not readable",
			p.problem+" What stands before it was read, the rest of the file was not.")
	}
	return docs, diags, p.problem == ""
}

// plain is the text as UTF-8 without byte order mark. Windows PowerShell writes
// UTF-16 when output is redirected to a file.
func plain(data []byte) string {
	for _, u := range []struct {
		mark  string
		order binary.ByteOrder
	}{{"\xff\xfe", binary.LittleEndian}, {"\xfe\xff", binary.BigEndian}} {
		if !strings.HasPrefix(string(data[:min(2, len(data))]), u.mark) {
			continue
		}
		units := make([]uint16, 0, len(data)/2)
		for b := data[2:]; len(b) >= 2; b = b[2:] {
			units = append(units, u.order.Uint16(b))
		}
		return string(utf16.Decode(units))
	}
	return strings.TrimPrefix(string(data), "\ufeff")
}

type parser struct {
	file    string
	text    string
	pos     int
	line    int
	values  int
	comma   int    // line of the first comma too many
	problem string // why reading stopped
}

func (p *parser) stop(format string, args ...any) {
	if p.problem == "" {
		p.problem = fmt.Sprintf(format, args...)
	}
}

func (p *parser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case '\n':
			p.line++
		case ' ', '\t', '\r':
		default:
			return
		}
		p.pos++
	}
}

// next is the next byte that is no space, or 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.pos >= len(p.text) {
		p.stop("The file ends in the middle of a value: it was cut off when it was saved or copied.")
		return 0
	}
	return p.text[p.pos]
}

func (p *parser) value(depth int) resource.Value {
	c := p.next()
	v := resource.Value{Place: ref.Place{File: p.file, Line: p.line}}
	if p.values++; p.values > MaxValues {
		p.stop("The file holds more than %d values.", MaxValues)
	} else if depth > MaxDepth {
		p.stop("Values are nested more than %d deep.", MaxDepth)
	}
	if p.problem != "" {
		return resource.Value{}
	}
	switch c {
	case '{':
		v.Kind, v.Map = resource.Map, map[string]resource.Value{}
		p.list('}', func() {
			if p.next() != '"' {
				p.stop("A name in quotes is expected here.")
				return
			}
			key := p.quoted()
			if p.next() != ':' {
				p.stop("A colon is expected behind a name.")
				return
			}
			p.pos++
			if e := p.value(depth + 1); e.Kind != resource.Null || p.problem == "" {
				v.Map[key] = e
			}
		})
	case '[':
		v.Kind, v.List = resource.List, []resource.Value{}
		p.list(']', func() {
			if e := p.value(depth + 1); e.Kind != resource.Null || p.problem == "" {
				v.List = append(v.List, e)
			}
		})
	case '"':
		v.Kind, v.Text = resource.String, p.quoted()
	default:
		p.word(&v)
	}
	return v
}

// list reads elements up to the closing bracket.
func (p *parser) list(end byte, element func()) {
	p.pos++
	for first := true; p.problem == ""; first = false {
		c := p.next()
		if c == end && p.problem == "" {
			p.pos++
			return
		}
		if !first {
			if c != ',' {
				p.stop("A comma or a closing bracket is expected here.")
				return
			}
			at := p.line
			p.pos++
			if p.next() == end {
				if p.comma == 0 {
					p.comma = at
				}
				continue
			}
		}
		if p.problem == "" {
			element()
		}
	}
}

// quoted reads a string whose opening quote is next.
func (p *parser) quoted() string {
	p.pos++
	start := p.pos
	for i := start; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case '"': // the usual case: nothing is escaped
			p.pos = i + 1
			return strings.ToValidUTF8(p.text[start:i], "\ufffd")
		case '\\':
			return p.escaped(start, i)
		case '\n':
			p.line++
		}
	}
	p.pos = len(p.text)
	p.stop("The file ends in the middle of a text: it was cut off when it was saved or copied.")
	return p.text[start:]
}

// escaped reads the rest of a string from its first backslash.
func (p *parser) escaped(start, i int) string {
	var b strings.Builder
	b.WriteString(p.text[start:i])
	for ; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == '"':
			p.pos = i + 1
			return strings.ToValidUTF8(b.String(), "\ufffd")
		case c == '\n':
			p.line++
			b.WriteByte(c)
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(p.text):
			i++
			if p.text[i] == 'u' {
				r := hex4(p.text, i+1)
				if i += 4; utf16.IsSurrogate(r) && i+2 < len(p.text) && p.text[i+1:i+3] == `\u` {
					if both := utf16.DecodeRune(r, hex4(p.text, i+3)); both != utf8.RuneError {
						r, i = both, i+6
					}
				}
				b.WriteRune(r)
			} else if at := strings.IndexByte("bfnrt", p.text[i]); at >= 0 {
				b.WriteByte("\b\f\n\r\t"[at])
			} else {
				b.WriteByte(p.text[i])
			}
		}
	}
	p.pos = len(p.text)
	p.stop("The file ends in the middle of a text: it was cut off when it was saved or copied.")
	return b.String()
}

func hex4(s string, at int) rune {
	if at+4 > len(s) {
		return utf8.RuneError
	}
	n, err := strconv.ParseUint(s[at:at+4], 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// word reads a number, true, false or null.
func (p *parser) word(v *resource.Value) {
	start := p.pos
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n,:]}[{\"", p.text[p.pos]) < 0 {
		p.pos++
	}
	switch word := p.text[start:p.pos]; word {
	case "true", "false":
		v.Kind, v.Bool = resource.Bool, word == "true"
	case "null":
		*v = resource.Value{}
	default:
		n, err := strconv.ParseFloat(word, 64)
		if errors.Is(err, strconv.ErrRange) {
			n, err = max(-math.MaxFloat64, min(n, math.MaxFloat64)), nil
		}
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || word == "" || strings.IndexByte("-0123456789", word[0]) < 0 {
			p.stop("A value is expected here.")
			*v = resource.Value{}
			return
		}
		v.Kind, v.Number = resource.Number, n
	}
}
