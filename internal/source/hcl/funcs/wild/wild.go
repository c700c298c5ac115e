// Package wild answers questions about the text of strings that hold symbols.
//
// # Model
// A symbol stands for a text that only AWS knows: an id, an ARN, a name, an
// address. That text has at least one character, and none of [outside]: the
// provider never puts a comma, white space, a quote or a bracket there. A string
// with symbols is thus a pattern of literals and gaps, and the questions are
// which texts the pattern can be. A hole ([symbol.Hole]), and each symbol of a
// string with the mark of [symbol.Rest], can be any text, and none.
//
// # Guarantees
// A question answered with no has that answer whatever the symbols stand for.
// Work is bounded: where it would not be, the answer is that it can be.
//
// # Not modelled
// That an ARN begins with "arn:" or that two gaps hold the same symbol: such
// facts would turn some "can be" into "cannot".
package wild

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// outside are the ASCII characters that no symbol stands for. All that is not
// ASCII is outside as well.
const outside = " \t\r\n\v\f,;\"'`{}[]<>\\^$&?!#"

// work bounds the steps of one question.
const work = 1 << 22

func inside(c byte) bool { return c < 0x80 && strings.IndexByte(outside, c) < 0 }

// Free reports whether no character of a text can be in what a symbol stands for.
func Free(s string) bool {
	for i := range len(s) {
		if inside(s[i]) {
			return false
		}
	}
	return true
}

// HasHole reports whether a piece of a string can be any text.
func HasHole(s string) bool {
	return symbol.Has(s) && (symbol.HasRest(s) || slices.ContainsFunc(symbol.Parts(s), isHole))
}

func isHole(p symbol.Part) bool { return p.IsRef && p.Ref.ID == "" }

// parts are those of a string, each symbol a hole if the string has the mark of
// Rest: nobody can tell which of them it belongs to.
func parts(s string) []symbol.Part {
	out := symbol.Parts(s)
	if symbol.HasRest(s) {
		for i := range out {
			out[i].Ref.ID = ""
		}
	}
	return out
}

// Touches reports whether an occurrence of sub in s can have a character in
// common with what a symbol of s stands for. If not, the occurrences of sub are
// those in the literals of s, and nothing else.
func Touches(s, sub string) bool {
	if !symbol.Has(s) {
		return false
	}
	if sub == "" || symbol.Has(sub) || HasHole(s) {
		return true
	}
	m := len(sub)
	parts := symbol.Parts(s)
	if len(parts)*m > work/m {
		return true
	}
	// touching[j]: the first j bytes of sub can end here, and one of them is of
	// a symbol. plain[j]: they end here, all of them in literals.
	touching, plain := make([]bool, m+1), make([]bool, m+1)
	for _, p := range parts {
		if !p.IsRef {
			literal := p.Text
			if len(literal) > 2*m {
				// What matters is near a symbol: an occurrence is no longer than m.
				if feed(literal[:m], sub, touching, plain) {
					return true
				}
				clear(touching)
				clear(plain)
				literal = literal[len(literal)-m:]
			}
			if feed(literal, sub, touching, plain) {
				return true
			}
			continue
		}
		next := make([]bool, m+1)
		for j := range m {
			// An occurrence may go on from here, or begin anywhere in the symbol.
			if j > 0 && !touching[j] && !plain[j] {
				continue
			}
			for k := j; k < m && inside(sub[k]); k++ {
				next[k+1] = true
			}
		}
		if next[m] {
			return true
		}
		touching, plain = next, make([]bool, m+1)
	}
	return false
}

// feed moves the ends of partial occurrences over a literal and reports whether
// one that touches a symbol is complete.
func feed(literal, sub string, touching, plain []bool) bool {
	m := len(sub)
	for i := range len(literal) {
		for j := m; j > 0; j-- {
			same := sub[j-1] == literal[i]
			touching[j] = same && touching[j-1]
			plain[j] = same && (plain[j-1] || j == 1)
		}
		if touching[m] {
			return true
		}
	}
	return false
}

// CanBe reports whether the two strings can be the same text.
func CanBe(s, t string) bool { return s == t || match(parts(s), parts(t), false) }

// CanStart reports whether s can start with t.
func CanStart(s, t string) bool { return strings.HasPrefix(s, t) || match(parts(s), parts(t), true) }

// CanEnd reports whether s can end with t.
func CanEnd(s, t string) bool {
	if strings.HasSuffix(s, t) {
		return true
	}
	a, b := reversed(s), reversed(t)
	return match(a, b, true)
}

func reversed(s string) []symbol.Part {
	out := parts(s)
	slices.Reverse(out)
	for i := range out {
		b := []byte(out[i].Text)
		slices.Reverse(b)
		out[i].Text = string(b)
	}
	return out
}

// match reports whether the pattern a can be the pattern b, or can begin with
// it. If both have symbols only the literals before the first one decide.
func match(a, b []symbol.Part, prefix bool) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] && !isHole(a[0]) {
		a, b = a[1:], b[1:]
	}
	if hasRef(b) && hasRef(a) || hasRef(b) && prefix {
		return literalsAgree(a, b)
	}
	if hasRef(b) {
		a, b = b, a // equality: let a be the one with symbols
	}
	text := ""
	for _, p := range b {
		text += p.Text // one literal at most
	}
	return is(a, text, prefix)
}

func hasRef(parts []symbol.Part) bool {
	return slices.ContainsFunc(parts, func(p symbol.Part) bool { return p.IsRef })
}

// literalsAgree reports whether the literals that both begin with do not differ.
func literalsAgree(a, b []symbol.Part) bool {
	if len(a) == 0 || len(b) == 0 {
		return !slices.ContainsFunc(append(a, b...), func(p symbol.Part) bool { return !isHole(p) })
	}
	n := min(len(a[0].Text), len(b[0].Text))
	return a[0].Text[:n] == b[0].Text[:n]
}

// is reports whether a pattern can be a text, or begin with it.
func is(parts []symbol.Part, text string, prefix bool) bool {
	m := len(text)
	if len(parts) > work/(m+1) {
		return true
	}
	at := make([]bool, m+1) // at[j]: the parts so far can be text[:j]
	at[0] = true
	for _, p := range parts {
		if prefix && at[m] {
			return true
		}
		next := make([]bool, m+1)
		for j, ok := range at {
			switch {
			case !ok:
			case isHole(p):
				if prefix {
					return true
				}
				for k := j; k <= m; k++ {
					next[k] = true
				}
			case p.IsRef:
				k := j
				for ; k < m && inside(text[k]); k++ {
					next[k+1] = true
				}
				if prefix && k == m {
					return true
				}
			case strings.HasPrefix(text[j:], p.Text):
				next[j+len(p.Text)] = true
			case prefix && strings.HasPrefix(p.Text, text[j:]):
				return true
			}
		}
		at = next
	}
	return at[m]
}
