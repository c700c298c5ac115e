package term

import (
	"encoding/json"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// JSON writes a value as the pieces of a JSON text with sorted keys, in which
// references and what is unknown stand for themselves.
func JSON(v resource.Value, at ref.Place) []resource.Value {
	w := jsonWriter{at: at}
	w.value(v)
	return w.parts
}

// jsonWriter collects the pieces of a JSON text.
type jsonWriter struct {
	parts []resource.Value
	at    ref.Place
}

func (w *jsonWriter) put(text string) { w.parts = append(w.parts, String(text, w.at)) }

func (w *jsonWriter) value(v resource.Value) {
	switch {
	case v.Maybe || v.Kind == resource.Unknown:
		w.parts = append(w.parts, Opaque(v.Why, w.at, v))
	case mayBeShorter(v) != "": // and then has one comma less
		w.parts = append(w.parts, Opaque(mayBeShorter(v), w.at, v))
	case v.Kind == resource.List:
		w.put("[")
		for i, e := range v.List {
			if i > 0 {
				w.put(",")
			}
			w.value(e)
		}
		w.put("]")
	case v.Kind == resource.Map:
		w.put("{")
		for i, k := range SortedKeys(v.Map) {
			if i > 0 {
				w.put(",")
			}
			w.put(quote(k) + ":")
			w.value(v.Map[k])
		}
		w.put("}")
	case v.Kind == resource.Ref:
		w.put(`"`)
		w.parts = append(w.parts, v)
		w.put(`"`)
	case v.Kind == resource.Text:
		w.put(`"`)
		for _, p := range v.List {
			if t, ok := Text(p); ok {
				q := quote(t)
				w.put(q[1 : len(q)-1])
			} else {
				w.parts = append(w.parts, p)
			}
		}
		w.put(`"`)
	case v.Kind == resource.String:
		w.put(quote(v.Text))
	default:
		if t, ok := Text(v); ok {
			w.put(t)
		} else {
			w.put("null")
		}
	}
	if v.Sensitive {
		w.parts[len(w.parts)-1].Sensitive = true
	}
}

// mayBeShorter is why a list or map may have less in it than it shows, or "".
func mayBeShorter(v resource.Value) string {
	for _, e := range v.List {
		if e.Maybe {
			return e.Why
		}
	}
	for _, k := range SortedKeys(v.Map) {
		if e := v.Map[k]; e.Maybe {
			return e.Why
		}
	}
	return ""
}

// quote writes a text as JSON does, without escapes for HTML.
func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""` // no text is refused
	}
	return strings.TrimSuffix(b.String(), "\n")
}
