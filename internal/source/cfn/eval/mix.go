package eval

import (
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
)

// mix is what is known of a value that is a or b, and nobody can tell which.
func (s *Stack) mix(a, b resource.Value, why string, at ref.Place) resource.Value {
	if !s.charge(1) {
		return term.Unknown(tooMuch, at)
	}
	switch {
	case term.IsNoValue(a) && term.IsNoValue(b):
		return a
	case term.IsNoValue(a):
		return term.Maybe(b, why)
	case term.IsNoValue(b):
		return term.Maybe(a, why)
	case term.Same(a, b):
		return a
	case a.Kind == resource.List && b.Kind == resource.List && !a.Maybe && !b.Maybe:
		return s.mixLists(a, b, why, at)
	case a.Kind == resource.Map && b.Kind == resource.Map && !a.Maybe && !b.Maybe:
		return s.mixMaps(a, b, why, at)
	}
	v := term.Opaque(why, at, a, b)
	v.Maybe = a.Maybe || b.Maybe
	return v
}

// mixLists has the elements of both lists; those of only one may be absent.
func (s *Stack) mixLists(a, b resource.Value, why string, at ref.Place) resource.Value {
	if !s.charge(len(a.List) + len(b.List)) {
		return term.Unknown(tooMuch, at)
	}
	inB := map[string]int{}
	for _, e := range b.List {
		if term.Certain(e) {
			inB[term.Key(e)]++
		}
	}
	both := map[string]int{}
	out := make([]resource.Value, 0, len(a.List)+len(b.List))
	for _, e := range a.List {
		if term.Certain(e) {
			if k := term.Key(e); inB[k] > both[k] {
				both[k]++
				out = append(out, e)
				continue
			}
		}
		out = append(out, term.Maybe(e, why))
	}
	for _, e := range b.List {
		if term.Certain(e) {
			if k := term.Key(e); both[k] > 0 {
				both[k]--
				continue
			}
		}
		out = append(out, term.Maybe(e, why))
	}
	return term.List(out, at)
}

func (s *Stack) mixMaps(a, b resource.Value, why string, at ref.Place) resource.Value {
	out := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: at}
	other := func(m map[string]resource.Value, k string) resource.Value {
		if v, ok := m[k]; ok {
			return v
		}
		return term.NoValue(at)
	}
	for k, v := range a.Map {
		out.Map[k] = s.mix(v, other(b.Map, k), why, v.Place)
	}
	for k, v := range b.Map {
		if _, ok := a.Map[k]; !ok {
			out.Map[k] = term.Maybe(v, why)
		}
	}
	return out
}
