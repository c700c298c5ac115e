package term

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Flat takes texts apart. What may be absent makes a text unknown from there.
func Flat(parts []resource.Value) []resource.Value {
	var out []resource.Value
	for _, p := range parts {
		switch {
		case p.Maybe:
			out = append(out, Opaque(p.Why, p.Place, p))
		case p.Kind == resource.Text:
			out = append(out, p.List...)
		case !IsNoValue(p):
			out = append(out, p)
		}
	}
	return out
}

// Dynamic replaces dynamic references ("{{resolve:ssm:name}}", AWS "Get values
// stored in other services using dynamic references") by unknown values.
func Dynamic(parts []resource.Value, at ref.Place) []resource.Value {
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
			out = append(out, String(p.Text[:begin], at))
		}
		inside := []resource.Value{String(p.Text[begin:], at)}
		rest, closed := "", false
		for j := i; j < len(parts) && !closed; j++ {
			piece := parts[j]
			if j == i {
				piece = inside[0]
				inside = nil
			}
			if end := strings.Index(piece.Text, "}}"); piece.Kind == resource.String && end >= 0 {
				inside = append(inside, String(piece.Text[:end], at))
				rest, closed, i = piece.Text[end+2:], true, j
				break
			}
			inside = append(inside, piece)
		}
		if !closed { // nor is any that begins behind it
			return append(append(out, inside[0]), parts[i+1:]...)
		}
		out = append(out, stored(inside, at))
		if rest != "" {
			parts[i] = String(rest, at)
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
		v := Opaque("it is kept in Secrets Manager", at, inside...)
		v.Sensitive = true
		return v
	case service == "ssm-secure":
		v := Opaque("it is kept in the parameter store of Systems Manager", at, inside...)
		v.Sensitive = true
		return v
	case service == "ssm" && len(inside) == 1:
		return Unknown(fmt.Sprintf("it is kept in the parameter store of Systems Manager as %q", name), at)
	case service == "ssm":
		return Opaque("it is kept in the parameter store of Systems Manager", at, inside...)
	}
	return Opaque("it is a dynamic reference to a service that is not known", at, inside...)
}

// Spell writes a text with its references as ${ID.Attr}.
func Spell(v resource.Value) (string, bool) {
	if t, ok := Text(v); ok {
		return t, true
	}
	switch {
	case v.Maybe:
	case v.Kind == resource.Ref && v.Ref.Attr == "":
		return "${" + string(v.Ref.ID) + "}", true
	case v.Kind == resource.Ref:
		return "${" + string(v.Ref.ID) + "." + v.Ref.Attr + "}", true
	case v.Kind == resource.Text:
		var b strings.Builder
		for _, p := range v.List {
			t, ok := Spell(p)
			if !ok {
				return "", false
			}
			b.WriteString(t)
		}
		return b.String(), true
	}
	return "", false
}
