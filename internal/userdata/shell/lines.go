package shell

import "strings"

// Lines cuts pieces into lines, each with the place where it starts. A line
// that several pieces make is one if all of them are certain. Exact is false if
// a piece that may be absent does not stand on lines of its own; then no line
// of the file can be trusted.
func Lines(ps []Piece) (lines []Piece, exact bool) { return split(ps) }

func split(ps []Piece) (lines []Piece, exact bool) {
	var open *Piece
	for _, p := range ps {
		if open != nil && p.Text != "" && (open.Maybe != "" || p.Maybe != "") {
			return nil, false
		}
		line := p.Line
		rest := p.Text
		for rest != "" {
			text, tail, ended := strings.Cut(rest, "\n")
			if ended {
				text += "\n"
			}
			rest = tail
			if open != nil {
				open.Text += text
			} else {
				lines = append(lines, Piece{Text: text, Line: line, Maybe: p.Maybe})
				open = &lines[len(lines)-1]
			}
			if ended {
				open = nil
			}
			if p.Step {
				line++
			}
		}
	}
	return lines, true
}
