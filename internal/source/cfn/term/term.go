// Package term holds what the evaluation of templates asks of values.
//
// # Model
// A value is a [resource.Value]. CloudFormation compares and joins scalars as
// texts, so that 443 and "443" are one. What is removed from a list or map,
// AWS::NoValue, is a value of its own until whoever holds it leaves it out.
//
// # Guarantees
// [Same] is only true of values that are equal whatever is unknown. What is
// made of sensitive values is sensitive.
//
// # Not modelled
// Where values come from: that is package eval.
package term

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// SortedKeys are the keys of a map in their order.
func SortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Unknown is an unknown value, with the reason as a clause without capital.
func Unknown(why string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.Unknown, Why: why, Place: at}
}

// String is a known text.
func String(text string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.String, Text: text, Place: at}
}

// Reference is an attribute of something else.
func Reference(id ref.ID, attr string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: id, Attr: attr}, Place: at}
}

// List is a list.
func List(items []resource.Value, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.List, List: items, Place: at}
}

// NoValueID is the reference that stands for AWS::NoValue until the list or map
// that holds it leaves it out.
const NoValueID = "AWS::NoValue"

// NoValue is the value that is to be left out.
func NoValue(at ref.Place) resource.Value { return Reference(NoValueID, "", at) }

// IsNoValue reports whether a value is to be left out.
func IsNoValue(v resource.Value) bool { return v.Kind == resource.Ref && v.Ref.ID == NoValueID }

// Number is a number if it is written as numbers are printed, so that its text
// is not lost, and else a text.
func Number(text string, at ref.Place) resource.Value {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || strconv.FormatFloat(f, 'f', -1, 64) != text {
		return String(text, at)
	}
	return resource.Value{Kind: resource.Number, Number: f, Place: at}
}

// Text is a known scalar as CloudFormation writes it.
func Text(v resource.Value) (string, bool) {
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

// Whole is a known number without fraction.
func Whole(v resource.Value) (int, bool) {
	s, ok := Text(v)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil
}

// Certain reports whether nothing in a value is unknown or may be absent.
// References are certain: it is known which they are.
func Certain(v resource.Value) bool {
	if v.Kind == resource.Unknown || v.Maybe {
		return false
	}
	for _, e := range v.List {
		if !Certain(e) {
			return false
		}
	}
	for _, e := range v.Map {
		if !Certain(e) {
			return false
		}
	}
	return true
}

// Key is a text that two values have in common exactly if they are equal to
// CloudFormation, to which 443 and "443" are the same. It is for values that
// are certain.
func Key(v resource.Value) string {
	var b strings.Builder
	writeKey(&b, v)
	return b.String()
}

func writeKey(b *strings.Builder, v resource.Value) {
	if s, ok := Text(v); ok {
		b.WriteString(strconv.Quote(s))
		return
	}
	switch v.Kind {
	case resource.Ref:
		b.WriteString("$" + strconv.Quote(string(v.Ref.ID)) + strconv.Quote(v.Ref.Attr))
	case resource.Map:
		b.WriteByte('{')
		for _, k := range SortedKeys(v.Map) {
			b.WriteString(strconv.Quote(k))
			b.WriteByte(':')
			writeKey(b, v.Map[k])
		}
		b.WriteByte('}')
	case resource.List, resource.Text:
		open, shut := byte('['), byte(']')
		if v.Kind == resource.Text {
			open, shut = '<', '>'
		}
		b.WriteByte(open)
		for _, e := range v.List {
			writeKey(b, e)
			b.WriteByte(',')
		}
		b.WriteByte(shut)
	default:
		b.WriteByte('0')
	}
}

// Same reports whether two values are surely equal.
func Same(a, b resource.Value) bool { return Certain(a) && Certain(b) && Key(a) == Key(b) }

// maxRefs is how many references are kept as what a value may be.
const maxRefs = 1000

// Refs are the references that values are or contain, or may be, sorted and
// without repetition; or none if there are very many.
func Refs(values ...resource.Value) []resource.Reference {
	seen := map[resource.Reference]bool{}
	for _, v := range values {
		collect(v, seen)
	}
	if len(seen) == 0 || len(seen) > maxRefs {
		return nil
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b resource.Reference) int {
		return cmp.Or(strings.Compare(string(a.ID), string(b.ID)), strings.Compare(a.Attr, b.Attr))
	})
}

func collect(v resource.Value, seen map[resource.Reference]bool) {
	if len(seen) > maxRefs {
		return
	}
	if v.Kind == resource.Ref && !IsNoValue(v) {
		seen[v.Ref] = true
	}
	for _, r := range v.Candidates {
		seen[r] = true
	}
	for _, e := range v.List {
		collect(e, seen)
	}
	for _, e := range v.Map {
		collect(e, seen)
	}
}

// Sensitive reports whether anything in values must not be printed.
func Sensitive(values ...resource.Value) bool {
	for _, v := range values {
		if v.Sensitive || Sensitive(v.List...) {
			return true
		}
		for _, e := range v.Map {
			if Sensitive(e) {
				return true
			}
		}
	}
	return false
}

// Opaque is an unknown value that depends on other values.
func Opaque(why string, at ref.Place, of ...resource.Value) resource.Value {
	v := Unknown(why, at)
	v.Candidates, v.Sensitive = Refs(of...), Sensitive(of...)
	return v
}

// Maybe is a value that may be absent.
func Maybe(v resource.Value, why string) resource.Value {
	if !v.Maybe {
		v.Maybe, v.Why = true, why
	}
	return v
}

// Joined reports whether a value is a list of which every element is known to
// be there.
func Joined(v resource.Value) bool {
	return v.Kind == resource.List && !v.Maybe && !slices.ContainsFunc(v.List, func(e resource.Value) bool { return e.Maybe })
}
