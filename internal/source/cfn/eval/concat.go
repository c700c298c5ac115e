package eval

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
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
			out = append(out, str(known.String(), at))
			known.Reset()
		}
	}
	size := 0
	for _, p := range flat(parts) {
		t, ok := text(p)
		if size += len(t) + 1; size > MaxText || !s.spend(len(t)+1) {
			s.stop(fmt.Sprintf("A text has more than %d bytes, or all have more than %d.", MaxText, MaxTexts))
			return opaque(tooMuch, at, parts...)
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
			out = append(out, opaque("a list or map is put into a text", at, p))
		}
	}
	flush()
	out = dynamic(out, at)
	hidden := sensitive(parts...) || sensitive(out...)
	var v resource.Value
	switch {
	case len(out) == 0:
		v = str("", at)
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

// flat takes texts apart. What may be absent makes a text unknown from there.
func flat(parts []resource.Value) []resource.Value {
	var out []resource.Value
	for _, p := range parts {
		switch {
		case p.Maybe:
			out = append(out, opaque(p.Why, p.Place, p))
		case p.Kind == resource.Text:
			out = append(out, p.List...)
		case !isNoValue(p):
			out = append(out, p)
		}
	}
	return out
}

// dynamic replaces dynamic references ("{{resolve:ssm:name}}", AWS "Get values
// stored in other services using dynamic references") by unknown values.
func dynamic(parts []resource.Value, at ref.Place) []resource.Value {
	var out []resource.Value
	for i := 0; i < len(parts); i++ {
		p := parts[i]
		begin := -1
		if p.Kind == resource.String {
			begin = strings.Index(p.Text, "{{resolve:")
		}
		if begin < 0 {
			out = append(out, p)
			continue
		}
		if begin > 0 {
			out = append(out, str(p.Text[:begin], at))
		}
		inside := []resource.Value{str(p.Text[begin:], at)}
		rest, closed := "", false
		for j := i; j < len(parts) && !closed; j++ {
			piece := parts[j]
			if j == i {
				piece = inside[0]
				inside = nil
			}
			if end := strings.Index(piece.Text, "}}"); piece.Kind == resource.String && end >= 0 {
				inside = append(inside, str(piece.Text[:end], at))
				rest, closed, i = piece.Text[end+2:], true, j
				break
			}
			inside = append(inside, piece)
		}
		if !closed {
			out = append(out, inside[0])
			continue
		}
		out = append(out, stored(inside, at))
		if rest != "" {
			parts[i] = str(rest, at)
			i--
		}
	}
	return out
}

// stored is the value that a dynamic reference gives.
func stored(inside []resource.Value, at ref.Place) resource.Value {
	service, name, _ := strings.Cut(strings.TrimPrefix(inside[0].Text, "{{resolve:"), ":")
	switch {
	case service == "secretsmanager":
		v := opaque("it is kept in Secrets Manager", at, inside...)
		v.Sensitive = true
		return v
	case service == "ssm-secure":
		v := opaque("it is kept in the parameter store of Systems Manager", at, inside...)
		v.Sensitive = true
		return v
	case service == "ssm" && len(inside) == 1:
		return unknown(fmt.Sprintf("it is kept in the parameter store of Systems Manager as %q", name), at)
	case service == "ssm":
		return opaque("it is kept in the parameter store of Systems Manager", at, inside...)
	}
	return opaque("it is a dynamic reference to a service that is not known", at, inside...)
}
