package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

func (s *Stack) readMappings() {
	for _, e := range s.t.Mappings {
		if e.Key == "Fn::Transform" {
			v := s.transform(e.Value, s.t.Place(e.Line))
			s.lose("Mappings", e, v.Why, nil)
			continue
		}
		s.isMap(e.Value, "mapping "+e.Key)
		s.mappings[e.Key] = e.Value
	}
}

// findInMap is Fn::FindInMap, with the default value of the language extensions.
func (s *Stack) findInMap(arg *tree.Node, at ref.Place) resource.Value {
	args := s.arguments("Fn::FindInMap", arg, 3, 4, "the name of a mapping, two keys and perhaps a map with DefaultValue")
	if args == nil {
		return term.Unknown("Fn::FindInMap is not understood", at)
	}
	var fallback *tree.Node
	if len(args) == 4 {
		fallback = args[3].Get("DefaultValue")
	}
	name, row, column := s.eval(args[0]), s.eval(args[1]), s.eval(args[2])
	mapping, ok := term.Text(name)
	if !ok {
		return term.Opaque(s.why(name), at, name, row, column)
	}
	m := s.mappings[mapping]
	if m == nil {
		if fallback != nil {
			return s.eval(fallback)
		}
		if !s.partial {
			s.missing(at.Line, "mapping not in template", "mapping", mapping, term.SortedKeys(s.mappings))
		}
		return term.Unknown("mapping "+mapping+" is not in the template", at)
	}
	if macro := m.Get("Fn::Transform"); macro != nil {
		return s.transform(macro, at)
	}
	found, sure := s.cells(m, row, column)
	if !sure && fallback != nil || len(found) == 0 && fallback != nil {
		found = append(found, fallback)
	}
	if len(found) == 0 {
		return s.noCell(m, mapping, row, column, at)
	}
	out := s.eval(found[0])
	first, sure := term.Key(out), term.Certain(out)
	for _, n := range found[1:] {
		if other := s.eval(n); !sure || !term.Certain(other) || term.Key(other) != first {
			return term.Opaque(s.whyEither(row, column), at, row, column)
		}
	}
	out.Place = at
	return out
}

func (s *Stack) whyEither(row, column resource.Value) string {
	if why := s.why(row); why != "" {
		return why
	}
	return s.why(column)
}

// cells are the values that two keys may find, and whether it is sure that
// they find one of them.
func (s *Stack) cells(m *tree.Node, row, column resource.Value) (found []*tree.Node, sure bool) {
	sure = true
	rows := s.entries(m, row)
	for _, r := range rows {
		columns := s.entries(r, column)
		found = append(found, columns...)
		sure = sure && len(columns) > 0
		if _, known := term.Text(column); !known {
			sure = false
		}
	}
	if _, known := term.Text(row); !known {
		sure = false
	}
	return found, sure && len(rows) > 0
}

// entries are the values of a map that a key may name: one, none, or all of
// those that a reference may be.
func (s *Stack) entries(m *tree.Node, k resource.Value) []*tree.Node {
	name, known := term.Text(k)
	var out []*tree.Node
	for _, e := range m.Entries {
		switch {
		case !s.charge(1):
			return out
		case known && e.Key == name, known && k.Kind == resource.Bool && isWordFor(e.Key, k.Bool):
			return []*tree.Node{e.Value}
		case !known && (k.Kind != resource.Ref || s.refCanBe(k.Ref, e.Key)):
			out = append(out, e.Value)
		}
	}
	return out
}

// isWordFor reports whether a key of a map is a way to write a boolean.
func isWordFor(key string, is bool) bool {
	words := []string{"false", "no", "off"}
	if is {
		words = []string{"true", "yes", "on"}
	}
	return slices.Contains(words, strings.ToLower(key))
}

func (s *Stack) noCell(m *tree.Node, mapping string, row, column resource.Value, at ref.Place) resource.Value {
	top, okTop := term.Text(row)
	second, okSecond := term.Text(column)
	if why := s.whyEither(row, column); !okTop || !okSecond {
		return term.Opaque(why, at, row, column)
	}
	if !term.Sensitive(row, column) && m.Kind != tree.Lost {
		s.risk(diag.Error, at.Line, "key not in mapping", fmt.Sprintf("Mapping %s has no value for %q, %q.", mapping, top, second))
	}
	return term.Unknown("mapping "+mapping+" has no such key", at)
}
