package funcs

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs/yamlval"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// Texts with symbols are not encoded, and so not decoded either: see the package
// comment.
var base64encodeFunc = text([]string{"str"}, func(a []string) (cty.Value, error) {
	if symbol.Has(a[0]) {
		return cty.StringVal(a[0]), nil
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString([]byte(a[0]))), nil
})

var base64decodeFunc = text([]string{"str"}, func(a []string) (cty.Value, error) {
	if symbol.Has(a[0]) {
		return cty.StringVal(a[0]), nil
	}
	raw, err := base64.StdEncoding.DecodeString(a[0])
	if err != nil {
		return cty.NilVal, errors.New("failed to decode base64 data")
	}
	return utf8Text(raw, "the result of decoding the provided string is not valid UTF-8")
})

func utf8Text(raw []byte, otherwise string) (cty.Value, error) {
	if !utf8.Valid(raw) {
		return cty.NilVal, errors.New(otherwise)
	}
	return cty.StringVal(string(raw)), nil
}

var base64gzipFunc = text([]string{"str"}, func(a []string) (cty.Value, error) {
	if symbol.Has(a[0]) {
		return cty.StringVal(a[0]), nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(a[0])); err != nil {
		return cty.NilVal, err
	}
	if err := w.Close(); err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString(b.Bytes())), nil
})

var base64gunzipFunc = text([]string{"str"}, func(a []string) (cty.Value, error) {
	if symbol.Has(a[0]) {
		return cty.StringVal(a[0]), nil
	}
	raw, err := base64.StdEncoding.DecodeString(a[0])
	if err != nil {
		return cty.NilVal, errors.New("failed to decode base64 data")
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return cty.NilVal, errors.New("failed to gunzip bytes: the data is not of gzip")
	}
	out, err := io.ReadAll(io.LimitReader(r, MaxWeight+1))
	if err != nil {
		return cty.NilVal, errors.New("failed to gunzip bytes: the data is damaged")
	}
	if len(out) > MaxWeight {
		return cty.NilVal, errTooLarge
	}
	return utf8Text(out, "the result of unzipping the provided string is not valid UTF-8")
})

var urlencodeFunc = text([]string{"str"}, func(a []string) (cty.Value, error) {
	if !symbol.Has(a[0]) {
		return cty.StringVal(url.QueryEscape(a[0])), nil
	}
	var b strings.Builder
	for _, p := range symbol.Parts(a[0]) {
		if p.IsRef {
			b.WriteString(symbol.Make(p.Ref))
		} else {
			b.WriteString(url.QueryEscape(p.Text))
		}
	}
	return cty.StringVal(b.String()), nil
})

var urldecodeFunc = text([]string{"str"}, func(a []string) (cty.Value, error) {
	out, err := url.QueryUnescape(a[0]) // symbols have no % and no +
	if err != nil {
		return cty.NilVal, fmt.Errorf("failed to decode URL: %w", err)
	}
	return utf8Text([]byte(out), "the result of decoding the provided string is not valid UTF-8")
})

var textencodeFunc = text([]string{"string", "encoding"}, func(a []string) (cty.Value, error) {
	if symbol.Has(a[0]) {
		return cty.StringVal(a[0]), nil
	}
	enc := strings.ToUpper(a[1])
	var out []byte
	switch enc {
	case "UTF-8", "UTF8":
		out = []byte(a[0])
	case "UTF-16LE", "UTF-16BE", "UTF-16":
		units := utf16.Encode([]rune(a[0]))
		if enc == "UTF-16" {
			units = append([]uint16{0xFEFF}, units...)
		}
		for _, u := range units {
			if enc == "UTF-16LE" {
				out = append(out, byte(u), byte(u>>8))
			} else {
				out = append(out, byte(u>>8), byte(u))
			}
		}
	case "US-ASCII", "ISO-8859-1", "LATIN1":
		top := rune(0xFF)
		if enc == "US-ASCII" {
			top = 0x7F
		}
		for _, r := range a[0] {
			if r > top {
				return cty.NilVal, function.NewArgErrorf(0, "the given string contains characters that cannot be represented in %s", a[1])
			}
			out = append(out, byte(r))
		}
	default:
		return cty.NilVal, gap{"the text encoding " + quoted(a[1]) + " is not modelled"}
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString(out)), nil
})

var textdecodeFunc = text([]string{"source", "encoding"}, func(a []string) (cty.Value, error) {
	if symbol.Has(a[0]) {
		return cty.StringVal(a[0]), nil
	}
	raw, err := base64.StdEncoding.DecodeString(a[0])
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(0, "the given value is not a valid base64 string")
	}
	enc := strings.ToUpper(a[1])
	switch enc {
	case "UTF-8", "UTF8":
		return utf8Text(raw, "the given string is not valid UTF-8")
	case "UTF-16LE", "UTF-16BE", "UTF-16":
		if len(raw)%2 != 0 {
			return cty.NilVal, function.NewArgErrorf(0, "the given string contains symbols that are not defined for %s", a[1])
		}
		little := enc == "UTF-16LE"
		if enc == "UTF-16" && len(raw) >= 2 && (raw[0] == 0xFF && raw[1] == 0xFE || raw[0] == 0xFE && raw[1] == 0xFF) {
			little = raw[0] == 0xFF
			raw = raw[2:]
		}
		units := make([]uint16, len(raw)/2)
		for i := range units {
			high, low := raw[2*i], raw[2*i+1]
			if little {
				high, low = low, high
			}
			units[i] = uint16(high)<<8 | uint16(low)
		}
		return cty.StringVal(string(utf16.Decode(units))), nil
	case "US-ASCII", "ISO-8859-1", "LATIN1":
		runes := make([]rune, len(raw))
		for i, c := range raw {
			if enc == "US-ASCII" && c > 0x7F {
				return cty.NilVal, function.NewArgErrorf(0, "the given string contains symbols that are not defined for %s", a[1])
			}
			runes[i] = rune(c)
		}
		return cty.StringVal(string(runes)), nil
	default:
		return cty.NilVal, gap{"the text encoding " + quoted(a[1]) + " is not modelled"}
	}
})

// decodeBefore bounds documents: each byte of one can become a value.
func decodeBefore(args []cty.Value) error {
	if known(args...) && len(args[0].AsString()) > MaxWeight/8 {
		return errTooLarge
	}
	return nil
}

// jsonBefore bounds the nesting of JSON too, which its reader does not.
func jsonBefore(args []cty.Value) error {
	if err := decodeBefore(args); err != nil || !known(args...) {
		return err
	}
	depth, quote := 0, false
	s := args[0].AsString()
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote && c == '\\':
			i++
		case c == '"':
			quote = !quote
		case quote:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth/2 {
				return errTooLarge
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

var yamldecodeFunc = function.New(&function.Spec{
	Params: []function.Parameter{str("src")},
	Type:   function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := yamlval.Decode(args[0].AsString())
		switch {
		case errors.Is(err, yamlval.ErrTooLarge):
			return cty.NilVal, errTooLarge
		case err != nil:
			return cty.NilVal, function.NewArgError(0, err)
		}
		return withoutHoles(v)
	},
})

var jsondecodeFunc = function.New(&function.Spec{
	Params: stdlib.JSONDecodeFunc.Params(),
	Type:   function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := stdlib.JSONDecode(args[0])
		if err != nil {
			return cty.NilVal, err
		}
		return withoutHoles(v)
	},
})

// withoutHoles makes unknown values of the texts that are nothing but a hole:
// what was written there need not have been a text.
func withoutHoles(v cty.Value) (cty.Value, error) {
	return cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.Type() == cty.String && known(v) {
			if r, ok := symbol.Is(v.AsString()); ok && r.ID == "" {
				return symbol.Unknown(cty.DynamicPseudoType, r.Attr, ref.Place{}), nil
			}
		}
		return v, nil
	})
}

var yamlencodeFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(ty), nil
		}
		out, err := yamlval.Encode(args[0])
		switch {
		case errors.Is(err, yamlval.ErrTooLarge):
			return cty.NilVal, errTooLarge
		case err != nil:
			return cty.NilVal, function.NewArgError(0, err)
		}
		return cty.StringVal(out), nil
	},
})
