package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// clean is text that only puts marks on the screen: characters that Unicode does
// not call printable, which controls, escapes, line ends, marks of direction
// and zero-width characters are, become escapes that show what they were.
func clean(s string) string {
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

func cleanPlace(p ref.Place) ref.Place { return ref.Place{File: clean(p.File), Line: p.Line} }

func cleanAll(in []finding.Evidence) []finding.Evidence {
	out := make([]finding.Evidence, len(in))
	for i, e := range in {
		out[i] = finding.Evidence{Text: clean(e.Text), Place: cleanPlace(e.Place)}
	}
	return out
}

// cleaned is a finding with every text of it clean.
func cleaned(f finding.Finding) finding.Finding {
	f.Recommendation = clean(f.Recommendation)
	f.Resource = ref.ID(clean(string(f.Resource)))
	f.SeverityWhy, f.Title, f.Message = clean(f.SeverityWhy), clean(f.Title), clean(f.Message)
	f.Fix, f.Ask = clean(f.Fix), clean(f.Ask)
	f.Place = cleanPlace(f.Place)
	path := make([]string, len(f.Path))
	for i, hop := range f.Path {
		path[i] = clean(hop)
	}
	f.Path = path
	f.Evidence, f.Gaps = cleanAll(f.Evidence), cleanAll(f.Gaps)
	if s := f.Suppressed; s != nil {
		f.Suppressed = &finding.Suppression{Reason: clean(s.Reason), Until: clean(s.Until), Place: cleanPlace(s.Place)}
	}
	return f
}
