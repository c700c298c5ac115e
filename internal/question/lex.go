package question

import (
	"strings"
	"unicode/utf8"
)

const (
	arrow      = "->"
	arrowBoth  = "<->"
	comma      = ","
	flagDirect = "--direct"
	flagPivot  = "--pivot"
	wordExcept = "except"
	maxText    = 4096 // bytes of a question
	example    = "for example: muralla ask 'internet -> svc/orders tcp/8080'"
)

// word is a word of a question, an arrow or a comma.
type word struct {
	text string
	at   int
}

func (w word) is(keyword string) bool { return strings.EqualFold(w.text, keyword) }

func (w word) err(problem, hint string) *Error {
	return &Error{Problem: problem, Hint: hint, At: w.at, Length: len(w.text)}
}

// split cuts a question into words, arrows and commas. White space, commas and
// arrows within the index of a resource address, ["a b"], belong to the word.
func split(text string) ([]word, *Error) {
	if len(text) > maxText {
		return nil, &Error{Problem: "the question is longer than 4,096 bytes", Hint: example}
	}
	if !utf8.ValidString(text) {
		return nil, &Error{Problem: "the question is not UTF-8", Hint: example}
	}
	var words []word
	start := -1
	end := func(at int) {
		if start >= 0 {
			words, start = append(words, word{text[start:at], start}), -1
		}
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		mark := ""
		for _, m := range []string{arrowBoth, arrow, comma} {
			if strings.HasPrefix(rest, m) {
				mark = m
				break
			}
		}
		switch {
		case mark != "":
			end(i)
			words = append(words, word{mark, i})
			i += len(mark)
		case strings.ContainsRune(" \t\r\n", rune(text[i])):
			end(i)
			i++
		case strings.HasPrefix(rest, `["`):
			if start < 0 {
				start = i
			}
			n := indexLength(rest)
			if n < 0 {
				return nil, &Error{Problem: `an index is not closed: [" without "]`, Hint: `for example: 'aws_lb.this["a"] -> svc/orders'`, At: i, Length: len(rest)}
			}
			i += n
		default:
			if start < 0 {
				start = i
			}
			i++
		}
	}
	end(len(text))
	return words, nil
}

// indexLength is the length of the index at the beginning of a text, or -1 if
// it does not end. A backslash takes the meaning from the next byte.
func indexLength(s string) int {
	for i := len(`["`); i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], `"]`):
			return i + len(`"]`)
		}
	}
	return -1
}
