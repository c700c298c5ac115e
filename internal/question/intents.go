package question

import (
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
)

// Intent is one line of a file of intents.
type Intent struct {
	Line     int    // 1-based
	Text     string // the question as it is written
	Name     string // what the line says after " #"
	Expect   Expectation
	Question Question
	Err      *Error // why the line cannot be read; its place is in Text
}

// maxIntents is how many lines of a file are read.
const maxIntents = 10_000

// ParseIntents reads a file of intents: a line is EXPECTATION ":" QUESTION, and
// perhaps " #" and a name. Empty lines and comments are passed over. Of a longer
// file the first 10,000 intents are read, and the next one is an error.
func ParseIntents(text string) []Intent {
	var out []Intent
	line := 0
	for l := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line++
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		if len(out) == maxIntents {
			return append(out, Intent{Line: line, Text: cut(l), Err: &Error{Problem: "the file has more than 10,000 intents; the rest is not asked", Hint: "cut it into several files"}})
		}
		i := intentOf(l)
		i.Line = line
		out = append(out, i)
	}
	return out
}

func intentOf(line string) Intent {
	const form = "a line is allow: or deny:, then a question: deny: internet -> db/*"
	i := Intent{Text: line}
	if at := commentAt(line); at >= 0 {
		i.Text, i.Name = strings.TrimSpace(line[:at]), strings.TrimSpace(strings.TrimLeft(line[at:], "# "))
	}
	if strings.HasPrefix(i.Text, arrow) {
		i.Err = &Error{Problem: "it is not said what is expected", Hint: form}
		return i
	}
	word, rest, ok := strings.Cut(i.Text, ":")
	word = strings.ToLower(strings.TrimSpace(word))
	e, known := ParseExpectation(word)
	switch {
	case ok && known && e != ExpectNothing:
		i.Expect, i.Text = e, strings.TrimSpace(rest)
		q, err := parse(i.Text)
		i.Question, i.Err = q, err
	case ok && diag.Closest(word, []string{"allow", "deny"}) != "":
		i.Err = &Error{Problem: "there is no expectation " + word, Hint: "did you mean " + diag.Closest(word, []string{"allow", "deny"}) + "?", Length: len(word)}
	default:
		i.Err = &Error{Problem: "it is not said what is expected", Hint: form}
	}
	i.Text = cut(i.Text)
	return i
}

// commentAt is where the comment of a line begins, or -1: at a "#" after white
// space that is in no index.
func commentAt(line string) int {
	for i := 0; i < len(line); i++ {
		switch {
		case strings.HasPrefix(line[i:], `["`):
			if n := indexLength(line[i:]); n > 0 {
				i += n - 1
			}
		case line[i] == '#' && i > 0 && (line[i-1] == ' ' || line[i-1] == '\t'):
			return i
		}
	}
	return -1
}

// cut keeps a line that is no question from filling a report.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
