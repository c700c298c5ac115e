package text

import (
	"strings"
	"unicode/utf8"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// labelWidth is the columns before the text of a row: two spaces, the longest
// label and at least one space.
const labelWidth = 11

// printer lays lines out. Colour comes in last and takes no columns.
type printer struct {
	width int
	color bool
	lines []string
}

// glue is a space at which no line is broken. It cannot be in a text, since it is
// not printable.
const glue = "\x00"

func (p *printer) line(s string) {
	p.lines = append(p.lines, strings.TrimRight(strings.ReplaceAll(s, glue, " "), " "))
}

// gap separates two blocks with one empty line.
func (p *printer) gap() {
	if n := len(p.lines); n > 0 && p.lines[n-1] != "" {
		p.lines = append(p.lines, "")
	}
}

// The styles, as ANSI "select graphic rendition" (ECMA-48, 8.3.117).
const (
	bold      = "1"
	dim       = "2"
	red       = "31"
	boldRed   = "1;31"
	boldAmber = "1;33"
	cyan      = "36"
)

func (p *printer) paint(style, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func styleOf(e entry) string {
	switch {
	case e.Verdict != finding.Violates || e.Suppressed != nil:
		return cyan
	case e.Severity == finding.Critical:
		return boldRed
	case e.Severity == finding.High:
		return red
	case e.Severity == finding.Medium:
		return boldAmber
	}
	return bold
}

func columns(s string) int { return utf8.RuneCountInString(s) }

// wrap breaks text at its spaces into lines of at most width columns. A word
// that is longer has a line of its own. The result is never empty.
func wrap(text string, width int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= width:
			line += " " + word
		default:
			out, line = append(out, line), word
		}
	}
	return append(out, line)
}

// header is the first line of an entry: words in capitals, the slug, and the
// title under itself if it is long.
func (p *printer) header(style, words, slug, title string) {
	head := words + " " + slug
	indent := columns(head) + 2
	if indent > p.width/2 {
		indent = 4 // too little is left beside it
	}
	room := p.width - indent
	lines := wrap(title, room)
	first := p.paint(style, words) + " " + p.paint(bold, slug)
	if columns(head) > p.width {
		p.line(p.paint(style, words))
		first = "  " + p.paint(bold, slug)
	}
	if indent == columns(head)+2 && columns(lines[0]) <= room {
		p.line(first + "  " + lines[0])
		lines = lines[1:]
	} else {
		p.line(first)
	}
	for _, l := range lines {
		if l != "" {
			p.line(strings.Repeat(" ", indent) + l)
		}
	}
}

// row writes text under its label, with a place at the right. Text that must not
// be cut, such as an address or a command, is one word.
func (p *printer) row(label, text string, at ref.Place) {
	p.put(label, wrap(text, p.width-labelWidth), at)
}

// whole is row for text that must be copied as it is.
func (p *printer) whole(label, text string, at ref.Place) { p.put(label, []string{text}, at) }

// put writes lines that fit under a label. The place is at the right end of the
// last one if there is room for two spaces before it, else on a line of its own.
func (p *printer) put(label string, lines []string, at ref.Place) {
	place := at.String()
	if last := len(lines) - 1; place != "" {
		if room := p.width - labelWidth - columns(lines[last]) - columns(place); room >= 2 {
			lines[last] += strings.Repeat(" ", room) + p.paint(dim, place)
		} else {
			before := max(p.width-labelWidth-columns(place), 0)
			lines = append(lines, strings.Repeat(" ", before)+p.paint(dim, place))
		}
	}
	for i, l := range lines {
		head := strings.Repeat(" ", labelWidth)
		if i == 0 && label != "" {
			head = "  " + p.paint(dim, label) + strings.Repeat(" ", max(labelWidth-2-columns(label), 1))
		}
		p.line(head + l)
	}
}

// evidence writes facts under one label, each with its place.
func (p *printer) evidence(label string, facts []finding.Evidence) {
	for _, f := range facts {
		p.row(label, f.Text, f.Place)
		label = ""
	}
}

// paragraph writes text after a margin. Its other lines are two columns further
// in than the first if it has no margin.
func (p *printer) paragraph(margin, text string) {
	for i, l := range wrap(text, p.width-2) {
		if i > 0 {
			margin = "  "
		}
		p.line(margin + l)
	}
}
