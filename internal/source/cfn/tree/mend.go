package tree

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
)

// maxMends is how many broken parts of one text are cut out.
const maxMends = 16

// mend reads a text that is not YAML without the parts that are broken. A part
// is what stands between two lines that are indented by at most two spaces,
// which is one resource in the usual form.
func (p *parser) mend(data []byte, err error) *Node {
	p.lost = true
	lines := bytes.SplitAfter(data, []byte("\n"))
	for range maxMends {
		line := errorLine(err)
		first, end := part(lines, line)
		p.say(diag.Error, max(line, 1), "text is not YAML", reason(err, lines, line)+" "+leftOut(first, end))
		if first < 0 {
			return nil
		}
		for i := first; i < end; i++ {
			lines[i] = []byte("\n") // so that the lines below keep their numbers
		}
		root, rest, again := p.first(bytes.Join(lines, nil))
		if again == nil {
			p.others(rest)
			return root
		}
		err = again
	}
	return nil
}

func leftOut(first, end int) string {
	switch {
	case first < 0:
		return "Nothing of the file could be read."
	case end == first+1:
		return fmt.Sprintf("Line %d is left out, the rest is read.", first+1)
	default:
		return fmt.Sprintf("Lines %d to %d are left out, the rest is read.", first+1, end)
	}
}

// part is the part that a line, counted from 1, is in: from index first to
// before end; or -1 if there is none. What stands alone at the left margin,
// the name of a section, does not begin a part that holds the section.
func part(lines [][]byte, line int) (first, end int) {
	at := min(line, len(lines)) - 1
	for at >= 0 && blank(lines[at]) {
		at--
	}
	if at < 0 {
		return -1, 0
	}
	first = at
	for first > 0 && (blank(lines[first]) || indent(lines[first]) > 2) {
		first--
	}
	end = at + 1
	for end < len(lines) && (blank(lines[end]) || indent(lines[end]) > 2) {
		end++
	}
	return first, end
}

func blank(line []byte) bool {
	trimmed := bytes.TrimSpace(line)
	return len(trimmed) == 0 || trimmed[0] == '#'
}

// indent counts a tab as more than any indentation, since none may have it.
func indent(line []byte) int {
	n := len(line) - len(bytes.TrimLeft(line, " "))
	if n < len(line) && line[n] == '\t' {
		return len(line)
	}
	return n
}

var lineOf = regexp.MustCompile(`line (\d+)`)

func errorLine(err error) int {
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return n
		}
	}
	return 1
}

// reason says what is wrong with a text in YAML and what the cause may be.
func reason(err error, lines [][]byte, line int) string {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, after, ok := strings.Cut(what, ": "); ok && strings.HasPrefix(what, "line ") {
		what = after
	}
	what = "The text stops being YAML here: " + what + "."
	for i := max(line-2, 0); i < min(line+1, len(lines)); i++ {
		text := bytes.TrimLeft(lines[i], " ")
		switch {
		case bytes.HasPrefix(text, []byte("\t")):
			return what + fmt.Sprintf(" Line %d is indented with a tab, which YAML does not allow: use spaces.", i+1)
		case bytes.Contains(text, []byte("{{")) && !bytes.Contains(text, []byte("{{resolve:")), bytes.Contains(text, []byte("{%")):
			return what + fmt.Sprintf(" Line %d holds a placeholder of a template language: render the file first.", i+1)
		case bytes.HasPrefix(text, []byte("<<<<<<<")), bytes.HasPrefix(text, []byte("=======")), bytes.HasPrefix(text, []byte(">>>>>>>")):
			return what + fmt.Sprintf(" Line %d is the mark of a merge conflict.", i+1)
		}
	}
	return what + " Often a line is indented differently from its neighbours, or a quote or bracket is not closed."
}
