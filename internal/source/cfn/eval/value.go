package eval

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func unknown(why string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.Unknown, Why: why, Place: at}
}

func str(text string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.String, Text: text, Place: at}
}

func reference(id ref.ID, attr string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: id, Attr: attr}, Place: at}
}

func list(items []resource.Value, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.List, List: items, Place: at}
}

// noValueID is the reference that stands for AWS::NoValue until the list or map
// that holds it leaves it out.
const noValueID = "AWS::NoValue"

func noValue(at ref.Place) resource.Value { return reference(noValueID, "", at) }

func isNoValue(v resource.Value) bool { return v.Kind == resource.Ref && v.Ref.ID == noValueID }

// number is a number if it is written as numbers are printed, so that its text
// is not lost, and else a text.
func number(text string, at ref.Place) resource.Value {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || strconv.FormatFloat(f, 'f', -1, 64) != text {
		return str(text, at)
	}
	return resource.Value{Kind: resource.Number, Number: f, Place: at}
}

// text is a known scalar as CloudFormation writes it.
func text(v resource.Value) (string, bool) {
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

// whole is a known number without fraction.
func whole(v resource.Value) (int, bool) {
	s, ok := text(v)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil
}

// certain reports whether nothing in a value is unknown or may be absent.
// References are certain: it is known which they are.
func certain(v resource.Value) bool {
	if v.Kind == resource.Unknown || v.Maybe {
		return false
	}
	for _, e := range v.List {
		if !certain(e) {
			return false
		}
	}
	for _, e := range v.Map {
		if !certain(e) {
			return false
		}
	}
	return true
}

// key is a text that two values have in common exactly if they are equal to
// CloudFormation, to which 443 and "443" are the same. It is for values that
// are certain.
func key(v resource.Value) string {
	var b strings.Builder
	writeKey(&b, v)
	return b.String()
}

func writeKey(b *strings.Builder, v resource.Value) {
	if s, ok := text(v); ok {
		b.WriteString(strconv.Quote(s))
		return
	}
	switch v.Kind {
	case resource.Ref:
		b.WriteString("$" + strconv.Quote(string(v.Ref.ID)) + strconv.Quote(v.Ref.Attr))
	case resource.Map:
		b.WriteByte('{')
		for _, k := range sortedKeys(v.Map) {
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

// same reports whether two values are surely equal.
func same(a, b resource.Value) bool { return certain(a) && certain(b) && key(a) == key(b) }

// refs are the references that values are or contain, or may be, sorted and
// without repetition.
func refs(values ...resource.Value) []resource.Reference {
	seen := map[resource.Reference]bool{}
	for _, v := range values {
		collect(v, seen)
	}
	if len(seen) == 0 {
		return nil
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b resource.Reference) int {
		return cmp.Or(strings.Compare(string(a.ID), string(b.ID)), strings.Compare(a.Attr, b.Attr))
	})
}

func collect(v resource.Value, seen map[resource.Reference]bool) {
	if v.Kind == resource.Ref && !isNoValue(v) {
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

// sensitive reports whether anything in values must not be printed.
func sensitive(values ...resource.Value) bool {
	for _, v := range values {
		if v.Sensitive || sensitive(v.List...) {
			return true
		}
		for _, e := range v.Map {
			if sensitive(e) {
				return true
			}
		}
	}
	return false
}

// opaque is an unknown value that depends on other values.
func opaque(why string, at ref.Place, of ...resource.Value) resource.Value {
	v := unknown(why, at)
	v.Candidates, v.Sensitive = refs(of...), sensitive(of...)
	return v
}

// maybe is a value that may be absent.
func maybe(v resource.Value, why string) resource.Value {
	if !v.Maybe {
		v.Maybe, v.Why = true, why
	}
	return v
}

// joined reports whether a value is a list of which every element is known to
// be there.
func joined(v resource.Value) bool {
	return v.Kind == resource.List && !v.Maybe && !slices.ContainsFunc(v.List, func(e resource.Value) bool { return e.Maybe })
}
