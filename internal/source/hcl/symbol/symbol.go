// Package symbol is how a value that only AWS knows travels through the
// expressions of a Terraform configuration.
//
// # Model
// The id of a security group is not written anywhere, but where it goes is. It
// becomes a known string that carries the [resource.Reference] in characters
// of a private plane of Unicode, so that every construct that passes strings
// around (lists, maps, sets and keys of maps, templates, join and split, JSON)
// passes the reference around. A value of which not even that much can be said
// is an unknown of cty, marked with the [Reason].
//
// # Guarantees
// The characters of a symbol are none that JSON escapes, that a separator of
// split can be, or that change in upper and lower case. Two symbols are equal
// strings exactly if they are the same reference.
//
// # Not modelled
// Functions that look into a string (its length, a part of it, its hash) see
// the characters of the symbol: whoever calls them must ask [Has] first and
// answer with [Unknown].
package symbol

import (
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// A symbol is open, the bytes of the ID shifted by shift, between, the bytes of
// the attribute shifted, shut. All are in Supplementary Private Use Area-B.
const (
	open    = '\U0010FE00'
	rest    = '\U0010FE01'
	between = '\U0010FE02'
	shut    = '\U0010FE03'
	shift   = '\U0010F800'
)

// Make writes a reference as a string.
func Make(r resource.Reference) string {
	var b strings.Builder
	b.Grow(4 * (len(r.ID) + len(r.Attr) + 3))
	b.WriteRune(open)
	for i := range len(r.ID) {
		b.WriteRune(shift + rune(r.ID[i]))
	}
	b.WriteRune(between)
	for i := range len(r.Attr) {
		b.WriteRune(shift + rune(r.Attr[i]))
	}
	b.WriteRune(shut)
	return b.String()
}

// Hole is a symbol for a piece of a string that is unknown: a reference without
// ID, whose Attr is the reason.
func Hole(why string) string { return Make(resource.Reference{Attr: why}) }

// Rest marks a string that, as an element of a collection, stands for zero or
// more elements, and elsewhere for a value that may be null: what comes of a
// collection whose length nobody can tell. A collection with such an element
// has no known length; see [RestValue].
func Rest(s string) string {
	if HasRest(s) {
		return s
	}
	return s + string(rest)
}

// HasRest reports whether a string holds the mark of [Rest].
func HasRest(s string) bool { return strings.ContainsRune(s, rest) }

// NotRest is a string without the mark of [Rest].
func NotRest(s string) string { return strings.ReplaceAll(s, string(rest), "") }

// RestValue reports whether a collection has an element that stands for zero
// or more, so that neither its length nor what follows at which index is
// known. It looks at the elements only, not into them.
func RestValue(v cty.Value) bool {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || !v.CanIterateElements() {
		return false
	}
	for it := v.ElementIterator(); it.Next(); {
		if key, element := it.Element(); IsRest(element) || IsRest(key) {
			return true
		}
	}
	return false
}

// RestKey is the attribute that an object has if it stands for zero or more
// objects.
const RestKey = string(rest)

// IsRest reports whether an element stands for zero or more.
func IsRest(v cty.Value) bool {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() {
		return false
	}
	if v.Type() == cty.String {
		return HasRest(v.AsString())
	}
	return v.Type().IsObjectType() && v.Type().HasAttribute(RestKey)
}

// Value is Make as a value of cty.
func Value(r resource.Reference) cty.Value { return cty.StringVal(Make(r)) }

// Has reports whether a string is or contains a symbol, or a piece of one.
func Has(s string) bool {
	for i := strings.IndexByte(s, 0xF4); i >= 0; {
		if r, _ := utf8.DecodeRuneInString(s[i:]); shift <= r && r <= shut {
			return true
		}
		next := strings.IndexByte(s[i+1:], 0xF4)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// Is reports whether a string is exactly one symbol, and which.
func Is(s string) (resource.Reference, bool) {
	r, n := read(s)
	return r, n > 0 && n == len(s)
}

// HasValue reports whether a symbol is anywhere in a value: in a string, an
// element, a key or an attribute.
func HasValue(v cty.Value) bool {
	found := false
	Walk(v, func(s string) { found = found || Has(s) })
	return found
}

// Walk calls visit with each known string in a value, keys of maps included,
// in the order of cty.
func Walk(v cty.Value, visit func(string)) {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() {
		return
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		visit(v.AsString())
	case ty.IsMapType() || ty.IsObjectType():
		for it := v.ElementIterator(); it.Next(); {
			key, element := it.Element()
			Walk(key, visit)
			Walk(element, visit)
		}
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			Walk(element, visit)
		}
	}
}

// Part is a piece of a string: a literal text, or a reference.
type Part struct {
	Text  string             // the literal text; empty for a reference
	Ref   resource.Reference // the reference
	IsRef bool               // which of the two it is
}

// Parts cuts a string into literals and references that concatenate to it. A
// string without symbols is one literal, and the empty string has no parts.
// Pieces of a broken symbol are literals; the mark of [Rest] is left out.
func Parts(s string) []Part {
	var out []Part
	s = NotRest(s)
	literal := 0 // where the literal before i begins
	for i := 0; i < len(s); {
		next := strings.IndexByte(s[i:], 0xF4)
		if next < 0 {
			break
		}
		i += next
		r, n := read(s[i:])
		if n == 0 {
			i++
			continue
		}
		if literal < i {
			out = append(out, Part{Text: s[literal:i]})
		}
		out = append(out, Part{Ref: r, IsRef: true})
		i += n
		literal = i
	}
	if literal < len(s) {
		out = append(out, Part{Text: s[literal:]})
	}
	return out
}

// read reads the symbol that s begins with and says how many bytes it has: 0
// if s does not begin with one.
func read(s string) (resource.Reference, int) {
	var parts [2]strings.Builder
	in := -1
	for i, r := range s {
		switch {
		case i == 0 && r == open:
			in = 0
		case in == 0 && r == between:
			in = 1
		case in == 1 && r == shut:
			return resource.Reference{ID: ref.ID(parts[0].String()), Attr: parts[1].String()}, i + utf8.RuneLen(r)
		case in >= 0 && shift <= r && r <= shift+0xFF:
			parts[in].WriteByte(byte(r - shift))
		default:
			return resource.Reference{}, 0
		}
	}
	return resource.Reference{}, 0
}
