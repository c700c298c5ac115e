package yamlval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// mostText bounds the text of one document, in bytes.
const mostText = 8 << 20

// Encode writes a value that is wholly known and has no marks.
func Encode(v cty.Value) (string, error) {
	w := writer{}
	if err := w.value(v, 0, "", ""); err != nil {
		return "", err
	}
	return w.String(), nil
}

type writer struct{ bytes.Buffer }

// value writes v behind a head such as "- " or "\"key\":". The lead is what
// separates the head from a value on the same line.
func (w *writer) value(v cty.Value, depth int, head, lead string) error {
	if depth > mostDepth || w.Len() > mostText {
		return ErrTooLarge
	}
	pad := strings.Repeat("  ", depth)
	line := func(text string) error {
		_, err := fmt.Fprintf(w, "%s%s%s\n", head, lead, text)
		return err
	}
	ty := v.Type()
	switch {
	case v.IsNull():
		return line("null")
	case ty == cty.String:
		return line(quote(v.AsString()))
	case ty == cty.Bool && v.True():
		return line("true")
	case ty == cty.Bool:
		return line("false")
	case ty == cty.Number:
		if f := v.AsBigFloat(); f.IsInf() {
			if f.Signbit() {
				return line("-.inf")
			}
			return line(".inf")
		} else if f.IsInt() {
			return line(f.Text('f', 0))
		} else {
			return line(f.Text('g', -1))
		}
	case ty.IsMapType() || ty.IsObjectType():
		if v.LengthInt() == 0 {
			return line("{}")
		}
		if head != "" {
			w.WriteString(head + "\n")
		}
		for it := v.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if err := w.value(element, depth+1, pad+quote(key.AsString())+":", " "); err != nil {
				return err
			}
		}
		return nil
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		if v.LengthInt() == 0 {
			return line("[]")
		}
		if head != "" {
			w.WriteString(head + "\n")
		}
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			if err := w.value(element, depth+1, pad+"-", " "); err != nil {
				return err
			}
		}
		return nil
	default:
		return errors.New("YAML has no form for " + ty.FriendlyName())
	}
}

// quote writes a string of JSON, which is one of YAML.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // cannot happen: strings always encode
	}
	text := strings.TrimSuffix(b.String(), "\n")
	if !strings.ContainsFunc(text, unprintable) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if unprintable(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// unprintable are the characters that JSON may hold as they are and YAML may not.
func unprintable(r rune) bool {
	return 0x7F <= r && r <= 0x9F || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF
}
