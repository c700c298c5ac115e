package eval

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// unroll replaces the loops among the entries of a map by what they make (AWS
// "Fn::ForEach"). The section is its name, or empty for maps within resources.
// If nobody can tell what a loop makes, why says so; of a section what is
// missing is noted.
func (s *Stack) unroll(entries []tree.Entry, section string) (out []tree.Entry, why string) {
	has := false
	for _, e := range entries {
		has = has || strings.HasPrefix(e.Key, tree.LoopPrefix) || section != "" && e.Key == "Fn::Transform"
	}
	if !has {
		return entries, ""
	}
	index := map[string]int{}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Key, tree.LoopPrefix):
			made, because := s.loop(e, section)
			for _, one := range made {
				out = s.appendOne(out, index, one)
			}
			if why == "" {
				why = because
			}
		case section != "" && e.Key == "Fn::Transform":
			v := s.transform(e.Value, s.t.Place(e.Line))
			s.lose(section, e, v.Why, nil)
		default:
			out = s.appendOne(out, index, e)
		}
	}
	return out, why
}

// entryCost is how many values one entry that a loop makes counts as: CloudFormation
// takes at most 500 resources (AWS "CloudFormation quotas"), and each of them
// needs more room than a value.
const entryCost = 16

// lose notes that a section has entries which nobody can tell.
func (s *Stack) lose(section string, e tree.Entry, why string, inputs []resource.Reference) {
	s.partial = true
	if section == "Resources" {
		s.lost = append(s.lost, resource.Missing{ID: s.ID(clip(e.Key)), Source: clip(e.Key), Why: why, Inputs: inputs, Place: s.t.Place(e.Line)})
	}
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

// loop is what one Fn::ForEach makes, or why nobody can tell.
func (s *Stack) loop(e tree.Entry, section string) (out []tree.Entry, why string) {
	collection, why := s.collection(e)
	if why != "" {
		s.lose(section, e, why, term.Refs(collection))
		return nil, why
	}
	identifier, body := e.Value.List[0].Text, e.Value.List[2]
	for _, item := range collection.List {
		value, _ := term.Text(item)
		r := replacer(identifier, value)
		for _, made := range body.Entries {
			if !s.charge(entryCost) {
				return out, tooMuch
			}
			n := s.replace(made.Value, identifier, value, r)
			out = append(out, tree.Entry{Key: r.Replace(made.Key), Line: made.Line, Value: n})
		}
	}
	return s.unroll(out, section)
}

// collection is the list of texts over which a loop goes, or why it is not
// known.
func (s *Stack) collection(e tree.Entry) (collection resource.Value, why string) {
	const takes = "an identifier, a collection and a map of what is made"
	args := s.arguments(clip(e.Key), e.Value, 3, 3, takes)
	if args == nil {
		return collection, "a loop is not understood"
	}
	if !args[0].IsScalar() || args[2].Kind != tree.Map {
		s.say(diag.Error, e.Line, "wrong arguments", clip(e.Key)+" takes "+takes+".")
		return collection, "a loop is not understood"
	}
	collection = s.eval(args[1])
	if !term.Joined(collection) || !term.Certain(collection) || len(term.Refs(collection)) > 0 {
		if why = s.whyMaybe(collection); why == "" {
			why = "the collection of a loop is no list"
		}
		s.say(diag.Warning, e.Line, "loop over an unknown collection", fmt.Sprintf(
			"What %s makes is not read, because %s. If that is a parameter, give it a value.", clip(e.Key), why))
		return collection, why
	}
	for _, item := range collection.List {
		if _, ok := term.Text(item); !ok {
			s.say(diag.Error, args[1].Line, "wrong arguments", "The collection of "+clip(e.Key)+" must be a list of texts.")
			return collection, "a loop is not understood"
		}
	}
	return collection, ""
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
