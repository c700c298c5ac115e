package eval

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// unroll replaces the loops among the entries of a map by what they make (AWS
// "Fn::ForEach"). The section is its name, or empty for maps within resources.
func (s *Stack) unroll(entries []tree.Entry, section string) []tree.Entry {
	has := false
	for _, e := range entries {
		has = has || strings.HasPrefix(e.Key, tree.LoopPrefix) || section != "" && e.Key == "Fn::Transform"
	}
	if !has {
		return entries
	}
	var out []tree.Entry
	index := map[string]int{}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Key, tree.LoopPrefix):
			for _, made := range s.loop(e, section) {
				out = s.appendOne(out, index, made)
			}
		case section != "" && e.Key == "Fn::Transform":
			s.transform(e.Value, s.t.Place(e.Line))
			s.partial = true
		default:
			out = s.appendOne(out, index, e)
		}
	}
	return out
}

func (s *Stack) appendOne(out []tree.Entry, index map[string]int, e tree.Entry) []tree.Entry {
	if i, ok := index[e.Key]; ok {
		s.say(diag.Error, e.Line, "key written twice", fmt.Sprintf(
			"A loop makes %q, which is there already. Only one of them can count; the last one is read.", e.Key))
		out[i] = e
		return out
	}
	index[e.Key] = len(out)
	return append(out, e)
}

// loop is what one Fn::ForEach makes.
func (s *Stack) loop(e tree.Entry, section string) []tree.Entry {
	args := s.arguments(e.Key, e.Value, 3, 3, "an identifier, a collection and a map of what is made")
	if args == nil || !args[0].IsScalar() || args[2].Kind != tree.Map {
		if args != nil {
			s.say(diag.Error, e.Line, "wrong arguments", e.Key+" takes an identifier, a collection and a map of what is made.")
		}
		s.partial = true
		return nil
	}
	collection := s.eval(args[1])
	if !joined(collection) || !certain(collection) || len(refs(collection)) > 0 {
		why := s.whyMaybe(collection)
		if why == "" {
			why = "it is no list"
		}
		s.say(diag.Warning, e.Line, "loop over an unknown collection", fmt.Sprintf(
			"What %s makes is not read, because its collection is not known: %s. Give the parameter a value.", e.Key, why))
		s.partial = true
		return nil
	}
	var out []tree.Entry
	for _, item := range collection.List {
		value, ok := text(item)
		if !ok {
			s.say(diag.Error, args[1].Line, "wrong arguments", "The collection of "+e.Key+" must be a list of texts.")
			s.partial = true
			continue
		}
		r := replacer(args[0].Text, value)
		for _, made := range args[2].Entries {
			if !s.charge(1) {
				return out
			}
			n := s.replace(made.Value, args[0].Text, value, r)
			out = append(out, tree.Entry{Key: r.Replace(made.Key), Line: made.Line, Value: n})
		}
	}
	return s.unroll(out, section)
}

// replacer puts a value for an identifier, whole as ${Identifier} and without
// what a logical id may not have as &{Identifier}.
func replacer(identifier, value string) *strings.Replacer {
	plain := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, value)
	return strings.NewReplacer("${"+identifier+"}", value, "&{"+identifier+"}", plain)
}

// replace copies a node with a value for an identifier.
func (s *Stack) replace(n *tree.Node, identifier, value string, r *strings.Replacer) *tree.Node {
	if !s.charge(1) {
		return &tree.Node{Kind: tree.Lost, Line: n.Line, Text: tooMuch}
	}
	if name, arg := n.Function(); name == "Ref" && arg.IsScalar() && arg.Text == identifier {
		return tree.NewString(value, n.Line)
	}
	out := *n
	switch n.Kind {
	case tree.String:
		out.Text = r.Replace(n.Text)
		if len(out.Text) > MaxText || !s.spend(len(out.Text)) {
			s.stop("Loops make more text than can be kept.")
			return &tree.Node{Kind: tree.Lost, Line: n.Line, Text: tooMuch}
		}
	case tree.List:
		out.List = make([]*tree.Node, len(n.List))
		for i, e := range n.List {
			out.List[i] = s.replace(e, identifier, value, r)
		}
	case tree.Map:
		out.Entries = make([]tree.Entry, len(n.Entries))
		for i, e := range n.Entries {
			out.Entries[i] = tree.Entry{Key: r.Replace(e.Key), Line: e.Line, Value: s.replace(e.Value, identifier, value, r)}
		}
	}
	return &out
}
