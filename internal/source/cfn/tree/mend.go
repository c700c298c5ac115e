package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/diag"
)

// Limits of what is done to read a part of a broken text.
const (
	maxMends     = 16      // broken parts that are left out
	maxMendLines = 100_000 // lines of the text
	maxPartLines = 500     // lines of a part of which the broken line is looked for
)

// mend reads a text that is not YAML without the parts that are broken. A part
// is what is in a section under one key, such as a resource, or the name of a
// section. Whether it is broken is tried on it alone, because the line that the
// library names is often the one where the section begins.
func (p *parser) mend(data []byte, err error) *Node {
	p.lost = true
	lines := bytes.SplitAfter(data, []byte("\n"))
	broken := 0
	if len(lines) <= maxMendLines {
		for _, part := range parts(lines) {
			err := check(lines[part.first:part.end])
			if err == nil {
				continue
			}
			if broken++; broken > maxMends {
				break
			}
			p.leaveOut(lines, part, err)
		}
	}
	if 0 < broken && broken <= maxMends {
		root, rest, again := p.first(bytes.Join(lines, nil))
		if again == nil {
			p.others(rest)
			return root
		}
		err = again
	}
	p.say(diag.Error, 1, "text is not YAML", "The text is not YAML: "+plain(err)+". Nothing of the file could be read. "+usual)
	return nil
}

const usual = "Often a line is indented differently from its neighbours, or a quote or bracket is not closed."

// span is a part of a text: the lines from index first to before end.
type span struct{ first, end int }

// parts cuts a text before each line that is not indented more than the first
// line in its section.
func parts(lines [][]byte) []span {
	var out []span
	level := 0 // how far the keys of the section are indented; 0 if that is not yet known
	for i, line := range lines {
		if blank(line) {
			continue
		}
		n := indent(line)
		begins := n == 0 || level == 0 || n <= level
		switch {
		case n == 0:
			level = 0
		case level == 0:
			level = n
		}
		if !begins {
			continue
		}
		if len(out) > 0 {
			out[len(out)-1].end = i
		}
		out = append(out, span{i, len(lines)})
	}
	return out
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

// check reports why lines are no YAML. An anchor may be in other lines.
func check(lines [][]byte) error {
	var n yaml.Node
	err := decode(yaml.NewDecoder(bytes.NewReader(bytes.Join(lines, nil))), &n)
	switch {
	case err == nil && len(n.Content) == 1 && n.Content[0].Kind == yaml.ScalarNode && !isNull(n.Content[0]):
		return errors.New("a key and a colon are needed")
	case err == nil || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "unknown anchor"):
		return nil
	}
	return err
}

// leaveOut makes the lines of a part blank, so that the lines below keep their
// numbers.
func (p *parser) leaveOut(lines [][]byte, part span, err error) {
	at := part.first
	if part.end-part.first <= maxPartLines {
		for end := part.first + 1; end < part.end; end++ {
			if check(lines[part.first:end]) == nil {
				at = end
			}
		}
	}
	end := part.end
	for end > part.first+1 && blank(lines[end-1]) {
		end--
	}
	left := fmt.Sprintf("Lines %d to %d are left out, the rest is read.", part.first+1, end)
	if end == part.first+1 {
		left = fmt.Sprintf("Line %d is left out, the rest is read.", end)
	}
	p.say(diag.Error, at+1, "text is not YAML", "The text stops being YAML here: "+plain(err)+". "+left+" "+cause(lines[at]))
	for i := part.first; i < part.end; i++ {
		lines[i] = []byte("\n")
	}
}

// plain is what the library says, without the line.
func plain(err error) string {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, after, ok := strings.Cut(what, ": "); ok && strings.HasPrefix(what, "line ") {
		what = after
	}
	return clip(what)
}

// cause is what is probably wrong with a line.
func cause(line []byte) string {
	text := bytes.TrimLeft(line, " ")
	switch {
	case bytes.HasPrefix(text, []byte("\t")):
		return "The line is indented with a tab, which YAML does not allow: use spaces."
	case bytes.Contains(text, []byte("{{")) && !bytes.Contains(text, []byte("{{resolve:")), bytes.Contains(text, []byte("{%")):
		return "The line holds a placeholder of a template language: render the file first."
	case bytes.HasPrefix(text, []byte("<<<<<<<")), bytes.HasPrefix(text, []byte("=======")), bytes.HasPrefix(text, []byte(">>>>>>>")):
		return "The line is the mark of a merge conflict."
	}
	return usual
}
