package eval

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// function evaluates one intrinsic function.
type function func(s *Stack, arg *tree.Node, at ref.Place) resource.Value

// functions are the intrinsic functions (AWS "Intrinsic function reference").
// It is a function because some of them evaluate others.
func functions(name string) function {
	switch name {
	case "Ref":
		return (*Stack).ref
	case "Fn::GetAtt":
		return (*Stack).getAtt
	case "Fn::Sub":
		return (*Stack).sub
	case "Fn::If":
		return (*Stack).choose
	case "Fn::Join":
		return (*Stack).join
	case "Fn::Select":
		return (*Stack).selectOne
	case "Fn::Split":
		return (*Stack).splitText
	case "Fn::FindInMap":
		return (*Stack).findInMap
	case "Fn::GetAZs":
		return (*Stack).zones
	case "Fn::Cidr":
		return (*Stack).cidr
	case "Fn::ImportValue":
		return (*Stack).importValue
	case "Fn::Base64":
		return (*Stack).base64
	case "Fn::Length":
		return (*Stack).length
	case "Fn::ToJsonString":
		return (*Stack).toJSON
	case "Fn::Transform":
		return (*Stack).transform
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		return func(s *Stack, arg *tree.Node, at ref.Place) resource.Value {
			is, why := s.truth(tree.NewMap(at.Line, tree.Entry{Key: name, Line: at.Line, Value: arg}))
			if is == fact.Unknown {
				return term.Unknown(why, at)
			}
			return resource.Value{Kind: resource.Bool, Bool: is == fact.Yes, Place: at}
		}
	}
	return nil
}

var functionNames = []string{
	"Fn::And", "Fn::Base64", "Fn::Cidr", "Fn::Equals", "Fn::FindInMap", "Fn::GetAZs", "Fn::GetAtt", "Fn::If",
	"Fn::ImportValue", "Fn::Join", "Fn::Length", "Fn::Not", "Fn::Or", "Fn::Select", "Fn::Split", "Fn::Sub",
	"Fn::ToJsonString", "Fn::Transform",
}

// eval evaluates a node. AWS::NoValue is left to whoever holds the value.
func (s *Stack) eval(n *tree.Node) resource.Value {
	at := s.t.Place(n.Line)
	if !s.charge(1) {
		return term.Unknown(tooMuch, at)
	}
	if name, arg := n.Function(); name != "" {
		if f := functions(name); f != nil {
			return f(s, arg, at)
		}
		return s.unknownFunction(name, n.Line)
	}
	switch n.Kind {
	case tree.Bool:
		return resource.Value{Kind: resource.Bool, Bool: n.Scalar() == "true", Place: at}
	case tree.Number:
		return term.Number(n.Text, at)
	case tree.String:
		if strings.Contains(n.Text, "{{resolve:") {
			return s.concat([]resource.Value{term.String(n.Text, at)}, at)
		}
		return term.String(n.Text, at)
	case tree.List:
		return s.items(n, at)
	case tree.Map:
		return s.members(n, at)
	case tree.Lost:
		return term.Unknown(n.Text, at)
	default:
		s.say(diag.Warning, n.Line, "null in template", "Nothing is written here, and CloudFormation takes no null. Often what should be below is indented too little.")
		return resource.Value{Place: at}
	}
}

func (s *Stack) unknownFunction(name string, line int) resource.Value {
	name = clip(name)
	detail := fmt.Sprintf("%s is no intrinsic function that is known here, so that its value is unknown.", name)
	s.say(diag.Warning, line, "function not known", detail+s.near(name, functionNames))
	return term.Unknown(name+" is not known here", s.t.Place(line))
}

func (s *Stack) items(n *tree.Node, at ref.Place) resource.Value {
	out := make([]resource.Value, 0, len(n.List))
	for _, e := range n.List {
		if name, arg := e.Function(); name == "Fn::If" {
			out = append(out, s.chooseItem(arg, s.t.Place(e.Line))...)
			continue
		}
		if v := s.eval(e); !term.IsNoValue(v) {
			out = append(out, v)
		}
	}
	return term.List(out, at)
}

func (s *Stack) members(n *tree.Node, at ref.Place) resource.Value {
	out := resource.Value{Kind: resource.Map, Map: make(map[string]resource.Value, len(n.Entries)), Place: at}
	entries, why := s.unroll(n.Entries, "")
	if why != "" {
		return term.Unknown(why, at)
	}
	for _, e := range entries {
		if e.Key != "Ref" && functions(e.Key) != nil && len(n.Entries) > 1 {
			return s.beside(e, at)
		}
		if v := s.eval(e.Value); !term.IsNoValue(v) {
			out.Map[e.Key] = v
		}
	}
	return out
}

// beside is what becomes of a map in which a function stands beside other keys.
// A macro may do so, and may then change the whole map.
func (s *Stack) beside(e tree.Entry, at ref.Place) resource.Value {
	if e.Key == "Fn::Transform" {
		return s.transform(e.Value, at)
	}
	s.say(diag.Error, e.Line, "function beside other keys", fmt.Sprintf(
		"%s must be the only key of its map. Often a line is indented differently from what is meant. The map is unknown.", e.Key))
	return term.Unknown(e.Key+" stands beside other keys", at)
}

// choose is Fn::If.
func (s *Stack) choose(arg *tree.Node, at ref.Place) resource.Value {
	is, why, yes, no := s.branches(arg)
	switch {
	case yes == nil:
		return term.Unknown(why, at)
	case is == fact.Yes:
		return s.eval(yes)
	case is == fact.No:
		return s.eval(no)
	}
	a, b := s.both(arg, yes, no)
	return s.mix(a, b, why, at)
}

// chooseItem is Fn::If as an element of a list. Of two maps either may be the
// element, and they are not mixed, since each means something of its own.
func (s *Stack) chooseItem(arg *tree.Node, at ref.Place) []resource.Value {
	is, why, yes, no := s.branches(arg)
	var out []resource.Value
	switch {
	case yes == nil:
		return []resource.Value{term.Unknown(why, at)}
	case is == fact.Yes:
		out = []resource.Value{s.eval(yes)}
	case is == fact.No:
		out = []resource.Value{s.eval(no)}
	default:
		a, b := s.both(arg, yes, no)
		out = []resource.Value{s.mix(a, b, why, at)}
		if a.Kind == resource.Map && b.Kind == resource.Map && !term.Same(a, b) {
			out = []resource.Value{term.Maybe(a, why), term.Maybe(b, why)}
		}
	}
	if term.IsNoValue(out[0]) {
		return nil
	}
	return out
}

func (s *Stack) branches(arg *tree.Node) (is fact.Tri, why string, yes, no *tree.Node) {
	if arg.Kind != tree.List || len(arg.List) != 3 || !arg.List[0].IsScalar() {
		if arg.Kind != tree.Lost {
			s.say(diag.Error, arg.Line, "wrong arguments", "Fn::If takes the name of a condition and two values.")
		}
		return fact.Unknown, "Fn::If is not understood", nil, nil
	}
	is, why = s.named(arg.List[0].Text, arg.List[0].Line)
	return is, why, arg.List[1], arg.List[2]
}

// both evaluates both branches. What is wrong in one of them may never happen.
func (s *Stack) both(arg, yes, no *tree.Node) (a, b resource.Value) {
	s.quiet++
	defer func() { s.quiet-- }()
	back := s.in(s.assume(arg.List[0].Text, fact.Yes))
	a = s.eval(yes)
	back()
	back = s.in(s.assume(arg.List[0].Text, fact.No))
	b = s.eval(no)
	back()
	return a, b
}

func (s *Stack) transform(arg *tree.Node, at ref.Place) resource.Value {
	name := "a macro"
	if n := arg.Get("Name"); n.IsScalar() {
		name = n.Text
	}
	s.say(diag.Warning, at.Line, "transform not modelled", fmt.Sprintf(
		"What %s puts here is not read, so that this part of the template is unknown.", name))
	return term.Unknown(name+" is not read", at)
}
