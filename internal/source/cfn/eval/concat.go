package eval

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
)

const tooMuch = "a limit of the evaluation was reached"

// charge takes a number of values from what may still be computed.
func (s *Stack) charge(n int) bool {
	if s.values += n; s.values <= MaxValues {
		return true
	}
	s.values = MaxValues + 1
	s.stop(fmt.Sprintf("The template makes more than %d values.", MaxValues))
	return false
}

// stop says once that a limit was reached.
func (s *Stack) stop(what string) {
	if !s.stopped {
		s.stopped, s.partial = true, true
		s.diags.Add(diag.Error, s.t.Place(1), "template too large to evaluate", what+
			" What was not yet evaluated is unknown. Loops within loops and long texts used many times are the usual cause.")
	}
}

// concat is the text that parts make, as a String, a Text, one reference or one
// unknown value.
func (s *Stack) concat(parts []resource.Value, at ref.Place) resource.Value {
	var out []resource.Value
	var known strings.Builder
	flush := func() {
		if known.Len() > 0 {
			out = append(out, term.String(known.String(), at))
			known.Reset()
		}
	}
	size := 0
	for _, p := range term.Flat(parts) {
		t, ok := term.Text(p)
		if size += len(t) + 1; size > MaxText || !s.spend(len(t)+1) {
			s.stop(fmt.Sprintf("A text has more than %d bytes, or all have more than %d.", MaxText, MaxTexts))
			return term.Opaque(tooMuch, at, parts...)
		}
		switch {
		case ok:
			known.WriteString(t)
		case p.Kind == resource.Ref || p.Kind == resource.Unknown:
			flush()
			out = append(out, p)
		case p.Kind == resource.Null:
		default:
			flush()
			out = append(out, term.Opaque("a list or map is put into a text", at, p))
		}
	}
	flush()
	out = term.Dynamic(out, at)
	hidden := term.Sensitive(parts...) || term.Sensitive(out...)
	var v resource.Value
	switch {
	case len(out) == 0:
		v = term.String("", at)
	case len(out) == 1:
		v = out[0]
		v.Place = at
	default:
		v = resource.Value{Kind: resource.Text, List: out, Place: at}
	}
	v.Sensitive = hidden
	return v
}

func (s *Stack) spend(bytes int) bool {
	if s.texts += bytes; s.texts <= MaxTexts {
		return true
	}
	s.texts = MaxTexts + 1
	return false
}
