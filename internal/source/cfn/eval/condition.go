package eval

import (
	"fmt"
	"maps"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

type condition struct{ node *tree.Node }

type answer struct {
	is  fact.Tri
	why string
}

// world is a part of the template in which some conditions are known to hold or
// not, although nobody can tell whether they do.
type world struct {
	assumed map[string]fact.Tri
	memo    map[string]answer
}

func newWorld(base *world) *world {
	w := &world{assumed: map[string]fact.Tri{}, memo: map[string]answer{}}
	if base != nil {
		maps.Copy(w.assumed, base.assumed)
	}
	return w
}

// in makes a world the current one, until what it returns is called.
func (s *Stack) in(w *world) (back func()) {
	before := s.world
	s.world = w
	return func() { s.world = before }
}

// assume is the world in which a condition of unknown answer has this one, with
// what follows for the conditions that it is made of.
func (s *Stack) assume(name string, is fact.Tri) *world {
	w := newWorld(s.world)
	s.learn(w, name, is)
	return w
}

func (s *Stack) learn(w *world, name string, is fact.Tri) {
	if _, ok := w.assumed[name]; ok || !s.charge(1) {
		return
	}
	w.assumed[name] = is
	if c := s.conditions[name]; c != nil {
		s.learnNode(w, c.node, is, 0)
	}
}

func (s *Stack) learnNode(w *world, n *tree.Node, is fact.Tri, depth int) {
	name, arg := call(n)
	switch {
	case depth > tree.MaxDepth || arg == nil:
	case name == "Condition" && arg.IsScalar():
		s.learn(w, arg.Text, is)
	case name == "Fn::Not" && arg.Kind == tree.List && len(arg.List) == 1:
		s.learnNode(w, arg.List[0], is.Not(), depth+1)
	case name == "Fn::And" && is == fact.Yes, name == "Fn::Or" && is == fact.No:
		for _, e := range arg.List {
			s.learnNode(w, e, is, depth+1)
		}
	}
}

// call is [tree.Node.Function] where conditions are, and may refer to others.
func call(n *tree.Node) (string, *tree.Node) {
	if n != nil && n.Kind == tree.Map && len(n.Entries) == 1 && n.Entries[0].Key == "Condition" {
		return "Condition", n.Entries[0].Value
	}
	return n.Function()
}

// named is the answer of a condition by its name, and why it is unknown.
func (s *Stack) named(name string, line int) (fact.Tri, string) {
	if is, ok := s.world.assumed[name]; ok {
		return is, ""
	}
	if a, ok := s.world.memo[name]; ok {
		return a.is, a.why
	}
	c := s.conditions[name]
	switch {
	case c == nil:
		why := fmt.Sprintf("condition %s is not in the template", name)
		if !s.partial {
			s.missing(line, "condition not in template", "condition", name, term.SortedKeys(s.conditions))
		}
		return fact.Unknown, why
	case s.loops[name]:
		s.say(diag.Error, line, "conditions in a circle", fmt.Sprintf(
			"Condition %s depends on itself, so that it has no answer. It is taken as unknown.", name))
		return fact.Unknown, fmt.Sprintf("condition %s depends on itself", name)
	}
	s.loops[name] = true
	is, why := s.truth(c.node)
	delete(s.loops, name)
	if is == fact.Unknown && !strings.HasPrefix(why, "condition ") {
		why = fmt.Sprintf("condition %s is not known, since %s", name, why)
	}
	s.world.memo[name] = answer{is, why}
	return is, why
}

// truth evaluates the definition of a condition.
func (s *Stack) truth(n *tree.Node) (fact.Tri, string) {
	if !s.charge(1) {
		return fact.Unknown, tooMuch
	}
	name, arg := call(n)
	switch {
	case n.Kind == tree.Lost:
		return fact.Unknown, n.Text
	case name == "Condition" && arg.IsScalar():
		return s.named(arg.Text, arg.Line)
	case name == "Fn::Equals":
		return s.equals(arg)
	case name == "Fn::Not", name == "Fn::And", name == "Fn::Or":
		return s.logic(name, arg)
	}
	s.say(diag.Error, n.Line, "condition not understood", fmt.Sprintf(
		"A condition is a call of Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition, but this is %s. It is taken as unknown.", n.What()))
	return fact.Unknown, "a condition is not understood"
}

func (s *Stack) logic(name string, arg *tree.Node) (fact.Tri, string) {
	if arg.Kind != tree.List || len(arg.List) == 0 || name == "Fn::Not" && len(arg.List) != 1 {
		if arg.Kind != tree.Lost {
			s.say(diag.Error, arg.Line, "wrong arguments", fmt.Sprintf("%s takes a list of conditions, but this is %s.", name, arg.What()))
		}
		return fact.Unknown, "a condition is not understood"
	}
	out, why := fact.Of(name != "Fn::Or"), ""
	for _, e := range arg.List {
		is, because := s.truth(e)
		if is == fact.Unknown && why == "" {
			why = because
		}
		switch name {
		case "Fn::Not":
			out = is.Not()
		case "Fn::And":
			out = out.And(is)
		default:
			out = out.Or(is)
		}
	}
	if out != fact.Unknown {
		why = ""
	}
	return out, why
}
