package cli

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	emphasis = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	link     = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
	listItem = regexp.MustCompile(`^(\s*(?:[-*]|\d+\.)\s+)(.*)$`)
)

// plainPage lays a Markdown page out for a terminal: headings in capitals,
// paragraphs and lists broken at the width, code and tables as they are. It
// knows what our pages use, not all of Markdown.
func plainPage(markdown string, width int) string {
	var out strings.Builder
	var words []string // of the paragraph that is being read
	first, rest := "", ""
	flush := func() {
		if len(words) > 0 {
			out.WriteString(fill(words, first, rest, width))
		}
		words, first, rest = nil, "", ""
	}
	code := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		item := listItem.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(trimmed, "```"):
			flush()
			code = !code
		case code:
			out.WriteString(strings.TrimRight("    "+line, " ") + "\n")
		case trimmed == "":
			flush()
			out.WriteString("\n")
		case strings.HasPrefix(line, "#"):
			flush()
			out.WriteString(strings.ToUpper(inline(strings.TrimSpace(strings.TrimLeft(line, "#")))) + "\n")
		case strings.HasPrefix(line, "|"):
			flush()
			out.WriteString(inline(line) + "\n")
		case item != nil:
			flush()
			first, rest = item[1], strings.Repeat(" ", utf8.RuneCountInString(item[1]))
			words = strings.Fields(inline(item[2]))
		default:
			words = append(words, strings.Fields(inline(line))...)
		}
	}
	flush()
	return strings.Trim(out.String(), "\n") + "\n"
}

// inline takes away the marks within a line that a terminal cannot show.
// Backquotes stay: they say where a name begins and ends.
func inline(s string) string {
	s = emphasis.ReplaceAllString(s, "$1")
	return link.ReplaceAllStringFunc(s, func(l string) string {
		m := link.FindStringSubmatch(l)
		if m[1] == m[2] {
			return m[1]
		}
		return m[1] + " (" + m[2] + ")"
	})
}

// fill breaks words into lines, the first with its own margin.
func fill(words []string, first, rest string, width int) string {
	var out strings.Builder
	line, empty := first, true
	for _, w := range words {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > width {
			out.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+w, false
	}
	return out.String() + line + "\n"
}
