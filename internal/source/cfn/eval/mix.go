package eval

import (
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// mix is what is known of a value that is a or b, and nobody can tell which.
func (s *Stack) mix(a, b resource.Value, why string, at ref.Place) resource.Value {
	if !s.charge(1) {
		return unknown(tooMuch, at)
	}
	switch {
	case isNoValue(a) && isNoValue(b):
		return a
	case isNoValue(a):
		return maybe(b, why)
	case isNoValue(b):
		return maybe(a, why)
	case same(a, b):
		return a
	case a.Kind == resource.List && b.Kind == resource.List && !a.Maybe && !b.Maybe:
		return s.mixLists(a, b, why, at)
	case a.Kind == resource.Map && b.Kind == resource.Map && !a.Maybe && !b.Maybe:
		return s.mixMaps(a, b, why, at)
	}
	v := opaque(why, at, a, b)
	v.Maybe = a.Maybe || b.Maybe
	return v
}

// mixLists has the elements of both lists; those of only one may be absent.
func (s *Stack) mixLists(a, b resource.Value, why string, at ref.Place) resource.Value {
	if !s.charge(len(a.List) + len(b.List)) {
		return unknown(tooMuch, at)
	}
	inB := map[string]int{}
	for _, e := range b.List {
		if certain(e) {
			inB[key(e)]++
		}
	}
	both := map[string]int{}
	out := make([]resource.Value, 0, len(a.List)+len(b.List))
	for _, e := range a.List {
		if certain(e) {
			if k := key(e); inB[k] > both[k] {
				both[k]++
				out = append(out, e)
				continue
			}
		}
		out = append(out, maybe(e, why))
	}
	for _, e := range b.List {
		if certain(e) {
			if k := key(e); both[k] > 0 {
				both[k]--
				continue
			}
		}
		out = append(out, maybe(e, why))
	}
	return list(out, at)
}

func (s *Stack) mixMaps(a, b resource.Value, why string, at ref.Place) resource.Value {
	out := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: at}
	other := func(m map[string]resource.Value, k string) resource.Value {
		if v, ok := m[k]; ok {
			return v
		}
		return noValue(at)
	}
	for k, v := range a.Map {
		out.Map[k] = s.mix(v, other(b.Map, k), why, v.Place)
	}
	for k, v := range b.Map {
		if _, ok := a.Map[k]; !ok {
			out.Map[k] = maybe(v, why)
		}
	}
	return out
}
