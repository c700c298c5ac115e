package form

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
)

// maxDepth bounds how deep values are followed; what is deeper is unknown.
const maxDepth = 100

// asData are properties whose members have names that users choose, or that are
// read in the form that the API of the service has.
var asData = map[string]bool{
	"ContainerDefinitions": true, "DefinitionSubstitutions": true, "DockerLabels": true, "Environment": true, "EnvironmentVariables": true,
	"Labels": true, "LoadBalancerAttributes": true, "Options": true, "Parameters": true, "TargetGroupAttributes": true, "Variables": true,
}

// Arguments are the properties of an object under the names of the provider:
// those of the table, else by [Snake], at every depth.
func Arguments(v resource.Value, names map[string]string) map[string]resource.Value {
	if v.Kind != resource.Map {
		return map[string]resource.Value{}
	}
	return members(v.Map, names, 0)
}

// Metadata is the reserved key of a body for the Metadata of its resource, which
// is no property.
const Metadata = "AWS::Metadata"

// Rename gives the members of all objects in a value the names of the provider.
// Policies become JSON texts, lists of tags become objects.
func Rename(v resource.Value, names map[string]string) resource.Value { return rename(v, names, 0) }

func rename(v resource.Value, names map[string]string, depth int) resource.Value {
	if depth > maxDepth {
		return Unknown("it is nested too deeply", v.Place)
	}
	switch v.Kind {
	case resource.List:
		list := make([]resource.Value, len(v.List))
		for i, e := range v.List {
			list[i] = rename(e, names, depth+1)
		}
		v.List = list
	case resource.Map:
		if _, ok := v.Map["Statement"]; ok {
			return JSON(v)
		}
		if plain, ok := Base64(v); ok {
			return plain
		}
		v.Map = members(v.Map, names, depth)
	}
	return v
}

func members(in map[string]resource.Value, names map[string]string, depth int) map[string]resource.Value {
	out := make(map[string]resource.Value, len(in))
	for _, key := range slices.Sorted(maps.Keys(in)) {
		name, ok := names[key]
		if !ok {
			name = Snake(key)
		}
		if _, twice := out[name]; twice || key == Metadata {
			continue
		}
		switch child := in[key]; {
		case key == "Tags":
			out[name] = tags(child)
		case asData[key]:
			out[name] = child
		default:
			out[name] = rename(child, names, depth+1)
		}
	}
	return out
}

// tags are tags as an object.
func tags(v resource.Value) resource.Value {
	if v.Kind != resource.List {
		return v
	}
	return Map(v, Pairs(v, "Key", "Value"))
}

// Pairs are the members that a list of objects with a name and a value states.
// What has no known name is left out.
func Pairs(v resource.Value, name, value string) map[string]resource.Value {
	out := map[string]resource.Value{}
	for _, e := range Elements(v) {
		key := e.Get(name)
		if e.Kind != resource.Map || key.Kind != resource.String {
			continue
		}
		member := e.Get(value)
		if e.Maybe && !member.Maybe {
			member.Maybe, member.Why = true, e.Why
		}
		if _, twice := out[key.Text]; !twice {
			out[key.Text] = member
		}
	}
	return out
}

// Incomplete says why a list may have further elements, or "".
func Incomplete(v resource.Value) string {
	for _, e := range Elements(v) {
		if e.Kind != resource.Map {
			return Why(e.Value, "an element of it is not known")
		}
	}
	return ""
}

// Base64 is the value of {"Fn::Base64": text}, if v is that: the base64 of a
// known text, else an unknown text.
func Base64(v resource.Value) (resource.Value, bool) {
	text, ok := v.Map["Fn::Base64"]
	if v.Kind != resource.Map || !ok || len(v.Map) != 1 {
		return v, false
	}
	if text.Kind == resource.String && !text.Maybe {
		text.Text = base64.StdEncoding.EncodeToString([]byte(text.Text))
		return text, true
	}
	out := Unknown(Why(text, "it is the base64 of a text that is not known"), v.Place)
	out.Sensitive = text.Sensitive
	return out, true
}

// Plain is the text of {"Fn::Base64": text}, or the value itself: for readers
// that take both.
func Plain(v resource.Value) resource.Value {
	text, ok := v.Map["Fn::Base64"]
	if v.Kind != resource.Map || !ok || len(v.Map) != 1 {
		return v
	}
	if text.Place.IsZero() {
		text.Place = v.Place
	}
	if v.Maybe && !text.Maybe {
		text.Maybe, text.Why = true, v.Why
	}
	return text
}

// JSON is a value as a JSON text. References stay parts of it; what is unknown
// is an unknown piece where its value would be. Texts and null stay as they are.
func JSON(v resource.Value) resource.Value {
	switch v.Kind {
	case resource.Null, resource.String, resource.Text, resource.Unknown, resource.Ref:
		return v
	}
	w := &writer{}
	maybe, why := v.Maybe, v.Why
	v.Maybe = false // of the text as a whole
	w.value(v, 0)
	out := Join(w.parts)
	out.Place, out.Sensitive = v.Place, w.sensitive || v.Sensitive
	out.Maybe, out.Why = maybe, cmp.Or(why, out.Why)
	return out
}

type writer struct {
	parts     []resource.Value
	sensitive bool
}

func (w *writer) text(s string) {
	w.parts = append(w.parts, resource.Value{Kind: resource.String, Text: s})
}

func (w *writer) value(v resource.Value, depth int) {
	w.sensitive = w.sensitive || v.Sensitive
	switch {
	case v.Maybe:
		w.parts = append(w.parts, Unknown(Why(v, "it may be absent"), v.Place))
		return
	case depth > maxDepth:
		w.parts = append(w.parts, Unknown("it is nested too deeply", v.Place))
		return
	}
	switch v.Kind {
	case resource.Null:
		w.text("null")
	case resource.Bool:
		w.text(strconv.FormatBool(v.Bool))
	case resource.Number:
		w.text(strconv.FormatFloat(v.Number, 'f', -1, 64))
	case resource.String:
		w.text(quoted(v.Text))
	case resource.Ref:
		w.text(`"`)
		w.parts = append(w.parts, v)
		w.text(`"`)
	case resource.Text:
		w.text(`"`)
		for _, p := range v.List {
			w.sensitive = w.sensitive || p.Sensitive
			if p.Kind == resource.String {
				s := quoted(p.Text)
				w.text(s[1 : len(s)-1])
			} else {
				w.parts = append(w.parts, p)
			}
		}
		w.text(`"`)
	case resource.List:
		w.text("[")
		for i, e := range v.List {
			if i > 0 {
				w.text(",")
			}
			w.value(e, depth+1)
		}
		w.text("]")
	case resource.Map:
		w.text("{")
		for i, key := range slices.Sorted(maps.Keys(v.Map)) {
			if i > 0 {
				w.text(",")
			}
			w.text(quoted(key) + ":")
			w.value(v.Map[key], depth+1)
		}
		w.text("}")
	default:
		w.parts = append(w.parts, Unknown(Why(v, "its value is not known from the design"), v.Place))
	}
}

func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil { // never: every text has a JSON form
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Join is a text of parts: texts in it are taken apart, neighbours that are known
// are put together, and a text that is known as a whole is a String.
func Join(parts []resource.Value) resource.Value {
	var out []resource.Value
	var b strings.Builder
	at, sensitive := resource.Value{}.Place, false
	flush := func() {
		if b.Len() > 0 {
			out = append(out, resource.Value{Kind: resource.String, Text: b.String(), Place: at, Sensitive: sensitive})
			b.Reset()
		}
		sensitive = false
	}
	var add func(p resource.Value, depth int)
	add = func(p resource.Value, depth int) {
		switch p.Kind {
		case resource.String:
			if b.Len() == 0 {
				at = p.Place
			}
			sensitive = sensitive || p.Sensitive
			b.WriteString(p.Text)
		case resource.Number:
			b.WriteString(strconv.FormatFloat(p.Number, 'f', -1, 64))
		case resource.Bool:
			b.WriteString(strconv.FormatBool(p.Bool))
		case resource.Null:
		case resource.Text:
			if depth > maxDepth {
				return
			}
			for _, e := range p.List {
				e.Sensitive = e.Sensitive || p.Sensitive
				add(e, depth+1)
			}
		case resource.Ref, resource.Unknown:
			flush()
			out = append(out, p)
		default:
			flush()
			out = append(out, Unknown(Why(p, "a piece of the text is not known"), p.Place))
		}
	}
	for _, p := range parts {
		add(p, 0)
	}
	flush()
	switch {
	case len(out) == 0:
		return resource.Value{Kind: resource.String}
	case len(out) == 1 && out[0].Kind == resource.String:
		return out[0]
	}
	return resource.Value{Kind: resource.Text, List: out}
}
