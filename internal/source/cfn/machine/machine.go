// Package machine reads what state machines of AWS Step Functions are made of.
//
// # Model
// A definition may hold names in place of values, ${NAME}, and the template gives
// the values beside it.
//
// # Guarantees
// Names without a value stay as they are written. A value that is a reference
// stays one.
//
// # Not modelled
// The States Language: what its states do.
package machine

import (
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
)

// Substitute puts the values of DefinitionSubstitutions into the definition of a
// state machine (AWS CloudFormation, "AWS::StepFunctions::StateMachine"): they
// stand for ${NAME} in every text of it.
func Substitute(machine *resource.Resource) {
	values := machine.Get("DefinitionSubstitutions")
	if values.Kind != resource.Map {
		return
	}
	body := map[string]resource.Value{}
	for k, v := range machine.Body.Map {
		switch k {
		case "Definition", "DefinitionString":
			body[k] = substituted(v, values.Map)
		case "DefinitionSubstitutions":
		default:
			body[k] = v
		}
	}
	machine.Body.Map = body
}

// scalar is a known scalar as CloudFormation writes it into a text.
func scalar(v resource.Value) (string, bool) {
	switch v.Kind {
	case resource.String:
		return v.Text, true
	case resource.Number:
		return strconv.FormatFloat(v.Number, 'f', -1, 64), true
	case resource.Bool:
		return strconv.FormatBool(v.Bool), true
	}
	return "", false
}

func substituted(v resource.Value, values map[string]resource.Value) resource.Value {
	switch v.Kind {
	case resource.List, resource.Text:
		list := make([]resource.Value, 0, len(v.List))
		for _, e := range v.List {
			e = substituted(e, values)
			if v.Kind == resource.Text && e.Kind == resource.Text {
				list = append(list, e.List...)
				continue
			}
			list = append(list, e)
		}
		v.List = list
	case resource.Map:
		m := make(map[string]resource.Value, len(v.Map))
		for k, e := range v.Map {
			m[k] = substituted(e, values)
		}
		v.Map = m
	case resource.String:
		return filled(v, values)
	}
	return v
}

// filled is a text with the values in place of their names. A text that is a
// name alone is the value.
func filled(v resource.Value, values map[string]resource.Value) resource.Value {
	var parts []resource.Value
	literal := func(text string) {
		if n := len(parts); n > 0 && parts[n-1].Kind == resource.String {
			parts[n-1].Text += text
		} else if text != "" {
			parts = append(parts, resource.Value{Kind: resource.String, Text: text, Place: v.Place})
		}
	}
	rest := v.Text
	for {
		before, after, ok := strings.Cut(rest, "${")
		name, behind, closed := strings.Cut(after, "}")
		value, known := values[name]
		if !ok || !closed {
			literal(rest)
			break
		}
		if !known {
			literal(before + "${")
			rest = after
			continue
		}
		literal(before)
		switch text, isText := scalar(value); {
		case isText:
			literal(text)
		case value.Kind == resource.Text:
			parts = append(parts, value.List...)
		case value.Kind == resource.List || value.Kind == resource.Map:
			parts = append(parts, resource.Value{Kind: resource.Unknown, Why: name + " is no text", Place: value.Place})
		default:
			parts = append(parts, value)
		}
		rest = behind
	}
	switch {
	case len(parts) == 0:
		return v
	case len(parts) == 1 && parts[0].Kind == resource.String:
		parts[0].Sensitive = v.Sensitive
		return parts[0]
	case len(parts) == 1:
		return parts[0]
	}
	return resource.Value{Kind: resource.Text, List: parts, Place: v.Place, Sensitive: v.Sensitive}
}
