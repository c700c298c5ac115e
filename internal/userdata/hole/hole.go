// Package hole holds text with pieces that nobody can know yet.
//
// # Model
// A text is an ordinary string in which one reserved rune (from plane 15 of
// Unicode, private use) stands for each unknown piece; a [Table] says why each
// is unknown. So every reader of text (shell, YAML, TOML, MIME) works on strings
// and meets an unknown piece as one letter of a word.
//
// # Guarantees
// Literal text that passed [Clean] holds no reserved rune: a design cannot
// forge or hide an unknown piece. Table indexes are never out of range.
//
// # Not modelled
// What the unknown piece may be. It is taken to be a value that ends neither the
// line nor the quotes around it; a line that is nothing but an unknown piece may
// be anything, and the readers say so.
package hole

import (
	"strings"
	"unicode/utf8"
)

const (
	first = '\U000F0000'
	last  = '\U000FFFFD'
)

// Table is the list of reasons behind the holes of a text. The zero Table is
// empty and ready for use.
type Table struct {
	why   []string
	index map[string]rune
}

// New returns the hole for a reason; equal reasons share one hole. When the
// table is full (65,534 reasons) the last one stands for all further ones.
func (t *Table) New(why string) string {
	if r, ok := t.index[why]; ok {
		return string(r)
	}
	r := rune(first + len(t.why))
	if r >= last {
		return string(rune(last - 1))
	}
	if t.index == nil {
		t.index = map[string]rune{}
	}
	t.why = append(t.why, why)
	t.index[why] = r
	return string(r)
}

// Why is the reason of the first hole in s, or "" if s is fully known.
func (t *Table) Why(s string) string {
	i := strings.IndexFunc(s, Is)
	if i < 0 {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	if n := int(r - first); n < len(t.why) {
		return t.why[n]
	}
	return "a piece of the text is not known"
}

// Is reports whether r is the rune of a hole.
func Is(r rune) bool { return r >= first && r <= last }

// Has reports whether s has a hole.
func Has(s string) bool { return strings.IndexFunc(s, Is) >= 0 }

// Only reports whether s is nothing but holes and white space, with one hole at least.
func Only(s string) bool {
	return Has(s) && strings.TrimFunc(s, func(r rune) bool { return Is(r) || strings.ContainsRune(" \t\r\n", r) }) == ""
}

// Clean makes literal text safe: reserved runes, which no sensible input has,
// become U+FFFD, and so do bytes that are not UTF-8.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if Is(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Fits reports whether the text could be the string want, when each hole may
// stand for any string.
func Fits(text, want string) bool {
	parts := strings.FieldsFunc("^"+text+"$", Is)
	if len(parts) == 1 && !Has(text) {
		return text == want
	}
	rest := "^" + want + "$"
	for i, p := range parts {
		at := strings.Index(rest, p)
		if i == len(parts)-1 {
			return strings.HasSuffix(rest, p)
		}
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		rest = rest[at+len(p):]
	}
	return true
}
