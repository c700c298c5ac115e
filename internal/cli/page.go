package cli

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	emphasis = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	link     = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
	listItem = regexp.MustCompile(`^(\s*(?:[-*]|\d+\.)\s+)(.*)$`)
)

// plainPage lays a Markdown page out for a terminal: headings in capitals,
// paragraphs, lists and cells of tables broken at the width, code as it is. It
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
	var rows [][]string // of the table that is being read
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		if len(rows) > 0 && (code || !strings.HasPrefix(line, "|")) {
			out.WriteString(table(rows, width))
			rows = nil
		}
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
			if cells := cellsOf(line); !isRule(cells) {
				rows = append(rows, cells)
			}
		case item != nil:
			flush()
			first, rest = item[1], strings.Repeat(" ", utf8.RuneCountInString(item[1]))
			words = strings.Fields(inline(item[2]))
		default:
			words = append(words, strings.Fields(inline(line))...)
		}
	}
	flush()
	if len(rows) > 0 {
		out.WriteString(table(rows, width))
	}
	return strings.Trim(out.String(), "\n") + "\n"
}

// cellsOf are the cells of a row of a table.
func cellsOf(line string) []string {
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	for i := range cells {
		cells[i] = inline(strings.TrimSpace(cells[i]))
	}
	return cells
}

// isRule reports whether a row only parts the head of a table from its body.
func isRule(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.Trim(c, "-: ") != "" })
}

// table lays rows out: all columns but the last are as wide as they need, at most
// half of the width in all, and the last is broken to what is left.
func table(rows [][]string, width int) string {
	columns := 0
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	wide := make([]int, columns)
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = min(max(wide[i], utf8.RuneCountInString(cell)), (width/2)/max(1, columns-1))
		}
	}
	var out strings.Builder
	for _, row := range rows {
		var cells [][]string
		margin, lines := 0, 0
		for i, cell := range row {
			room := wide[i]
			if i == columns-1 {
				room = width - margin
			}
			cells = append(cells, strings.Split(strings.TrimRight(fill(strings.Fields(cell), "", "", room), "\n"), "\n"))
			lines = max(lines, len(cells[i]))
			margin += wide[i] + 2
		}
		for n := range lines {
			line := ""
			for i := range cells {
				text := ""
				if n < len(cells[i]) {
					text = cells[i][n]
				}
				line += text
				if i < len(cells)-1 {
					line += strings.Repeat(" ", max(0, wide[i]-utf8.RuneCountInString(text))+2)
				}
			}
			out.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return out.String()
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
