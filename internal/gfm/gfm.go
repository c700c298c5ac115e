// Package gfm writes text that others wrote into GitHub Flavored Markdown, so
// that it is shown as it is and does nothing.
//
// # Model
// [Text] is for sentences: words of letters stay as they are, and all others
// (names, addresses, operators) become code spans. [Code] is for one
// name, [Cell] and [TextCell] are the same within a table, and [Block] is for a
// command on a line of its own.
//
// # Guarantees
//   - The result has one line (a Block three) and balanced marks: nothing that
//     follows it means something else than it would without it.
//   - Nothing in it is a link, a mention, a reference to an issue or commit, an
//     emoji or HTML of the input. That is why code spans are used and not
//     backslashes: GitHub and GitLab look for those in the text that is left when
//     the Markdown is gone, and pass over code only.
//   - Characters that are not printable are shown as escapes.
//
// # Not modelled
// Text at the beginning of a line: "1." would be the first of a list. Whoever
// composes a line begins it with a word or mark of its own.
package gfm

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain is a word that means nothing to a reader of Markdown, with the
// punctuation around it. Long numbers may be hashes of commits.
var plain = regexp.MustCompile(`^[("]?(?:\p{L}+(?:['’-]\p{L}+)*|\d{1,6}(?:\.\d{1,3})?|\d{1,3}(?:,\d{3})+)[)"]?[,;:.?]?$`)

// around cuts the punctuation of a sentence off a word, which looks better
// outside the code span. A quotation mark may be part of a name.
var around = regexp.MustCompile(`^(\(?)(.*?)(\)?[,;:.?]?)$`)

// Text is a sentence or a part of one.
func Text(s string) string { return text(s, Code) }

// TextCell is Text within a table.
func TextCell(s string) string { return text(s, Cell) }

func text(s string, code func(string) string) string {
	var out, span []string // the words of a span are next to each other
	flush := func() {
		if len(span) > 0 {
			out, span = append(out, code(strings.Join(span, " "))), nil
		}
	}
	for w := range strings.FieldsSeq(Clean(s)) {
		if plain.MatchString(w) {
			flush()
			out = append(out, w)
			continue
		}
		before, inner, after := cut(w)
		if before != "" {
			flush()
			span = append(span, inner)
			flush()
			out[len(out)-1] = before + out[len(out)-1] + after
			continue
		}
		if span = append(span, inner); after != "" {
			flush()
			out[len(out)-1] += after
		}
	}
	flush()
	return strings.Join(out, " ")
}

// cut is a word without the punctuation of the sentence that it is in.
func cut(w string) (before, inner, after string) {
	m := around.FindStringSubmatch(w)
	before, inner, after = m[1], m[2], m[3]
	switch {
	case inner == "":
		return "", w, ""
	case before == "" && strings.HasPrefix(after, ")") && strings.Contains(inner, "("): // it closes what the word opened
		return "", inner + ")", after[1:]
	}
	return before, inner, after
}

// Code is a code span. Text that is empty is a span of one space.
func Code(s string) string {
	s = Clean(s)
	if strings.TrimSpace(s) == "" {
		s = " "
	}
	mark := strings.Repeat("`", longestRun(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || (s != " " && s[0] == ' ' && s[len(s)-1] == ' ') {
		s = " " + s + " " // of which Markdown takes one away again
	}
	return mark + s + mark
}

// Cell is Code within a table. Readers of Markdown disagree on how bars and
// backslashes are written in the code of a cell, so that they are written as
// characters of HTML.
func Cell(s string) string {
	s = Clean(s)
	if !strings.ContainsAny(s, `|\`) {
		return Code(s)
	}
	return HTML(s)
}

// HTML is text as an element "code" of HTML, for tables and for places where
// Markdown is not read, such as a summary.
func HTML(s string) string { return "<code>" + Entities(s) + "</code>" }

// Entities is text in which only letters, digits, spaces and hyphens are written
// as such.
// Of itself it keeps no mention from being one: put it into an element "code".
func Entities(s string) string {
	var b strings.Builder
	for _, r := range Clean(s) {
		if r == ' ' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.String()
}

// Block is a line of code with the marks before and after it, three lines in
// all.
func Block(language, s string) string {
	s = Clean(s)
	mark := strings.Repeat("`", max(3, longestRun(s)+1))
	return mark + language + "\n" + s + "\n" + mark
}

func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// Clean is text in one line without characters that move a cursor or turn the
// direction of text: what Unicode does not call printable becomes an escape that
// shows what it was.
func Clean(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i]) // a byte that is no UTF-8
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}
