package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// pseudo are the pseudo parameters (AWS "Get AWS values using pseudo
// parameters"); true for those that each stack has its own of.
var pseudo = map[string]bool{
	"AWS::AccountId": false, "AWS::Partition": false, "AWS::Region": false, "AWS::URLSuffix": false,
	"AWS::NotificationARNs": true, "AWS::StackId": true, "AWS::StackName": true,
}

func (s *Stack) ref(arg *tree.Node, at ref.Place) resource.Value {
	if !arg.IsScalar() {
		return s.badName("Ref", arg, at)
	}
	return s.refTo(strings.TrimSpace(arg.Text), at)
}

func (s *Stack) badName(function string, arg *tree.Node, at ref.Place) resource.Value {
	if arg.Kind == tree.Lost {
		return term.Unknown(arg.Text, at)
	}
	s.say(diag.Error, at.Line, "wrong arguments", fmt.Sprintf("%s takes the name of something in the template, but this is %s.", function, arg.What()))
	return term.Unknown(function+" is not understood", at)
}

// refTo is the value of Ref.
func (s *Stack) refTo(name string, at ref.Place) resource.Value {
	if p := s.parameters[name]; p != nil {
		return s.take(p.value, at)
	}
	if s.resources[name] != nil {
		return s.ofResource(name, "Ref", at)
	}
	if name == term.NoValueID {
		return term.NoValue(at)
	}
	if own, ok := pseudo[name]; ok {
		if v, given := s.o.Pseudo[name]; given {
			return s.take(v, at)
		}
		if own {
			return term.Reference(s.ID(name), "", at)
		}
		return term.Reference(ref.ID(name), "", at)
	}
	if !s.partial {
		known := slices.Concat(s.resourceNames, term.SortedKeys(s.parameters), term.SortedKeys(pseudo))
		s.missing(at.Line, "name not in template", "resource or parameter", name, known)
	}
	return term.Reference(s.ID(name), "Ref", at)
}

// take is a value from elsewhere at the place where it is used. It counts
// against the limits each time, since what is made of it takes time.
func (s *Stack) take(v resource.Value, at ref.Place) resource.Value {
	if !s.charge(1+len(v.List)+len(v.Map)) || !s.spend(len(v.Text)) {
		s.stop(fmt.Sprintf("All texts together have more than %d bytes.", MaxTexts))
		return term.Unknown(tooMuch, at)
	}
	v.Place = at
	return v
}

// ofResource is an attribute of a resource of the template.
func (s *Stack) ofResource(name, attr string, at ref.Place) resource.Value {
	if is, _ := s.Exists(name); is == fact.No {
		s.risk(diag.Warning, at.Line, "reference to what does not exist", fmt.Sprintf(
			"The condition of %s is false, so that there is no %s here.", name, name))
		return term.Unknown(name+" does not exist, since its condition is false", at)
	}
	return term.Reference(s.ID(name), attr, at)
}

func (s *Stack) getAtt(arg *tree.Node, at ref.Place) resource.Value {
	if arg.IsScalar() {
		name, attr, ok := strings.Cut(strings.TrimSpace(arg.Text), ".")
		if !ok || attr == "" {
			s.say(diag.Error, at.Line, "wrong arguments", fmt.Sprintf("Fn::GetAtt takes Resource.Attribute, but this is %q.", arg.Text))
			return term.Unknown("Fn::GetAtt is not understood", at)
		}
		return s.attribute(name, attr, at)
	}
	if arg.Kind != tree.List || len(arg.List) < 2 {
		return s.badName("Fn::GetAtt", arg, at)
	}
	var parts []string
	for _, e := range arg.List {
		v := s.eval(e)
		t, ok := term.Text(v)
		if !ok {
			return term.Opaque("which attribute is meant is not known", at, v)
		}
		parts = append(parts, t)
	}
	return s.attribute(parts[0], strings.Join(parts[1:], "."), at)
}

// attribute is the value of Fn::GetAtt.
func (s *Stack) attribute(name, attr string, at ref.Place) resource.Value {
	e := s.resources[name]
	if e == nil {
		if !s.partial {
			s.missing(at.Line, "name not in template", "resource", name, s.resourceNames)
		}
		return term.Reference(s.ID(name), attr, at)
	}
	v := s.ofResource(name, attr, at)
	output, isOutput := strings.CutPrefix(attr, "Outputs.")
	if !isOutput || v.Kind != resource.Ref || s.o.StackOutput == nil || !isStack(e) {
		return v
	}
	if out, ok := s.o.StackOutput(name, output, at); ok {
		return s.take(out, at)
	}
	return v
}

// isStack reports whether a resource makes a stack, whose outputs are
// attributes.
func isStack(e *entity) bool {
	t := e.node.Get("Type")
	return t.IsScalar() && (t.Text == "AWS::CloudFormation::Stack" || t.Text == "AWS::Serverless::Application")
}

// importValue is Fn::ImportValue.
func (s *Stack) importValue(arg *tree.Node, at ref.Place) resource.Value {
	name := s.eval(arg)
	if s.o.Import != nil {
		if v, ok := s.o.Import(name, at); ok {
			return s.take(v, at)
		}
	}
	written, ok := term.Spell(name)
	if !ok {
		return term.Opaque("which export is imported is not known", at, name)
	}
	return term.Reference(ref.ID("import:"+written), "", at)
}
