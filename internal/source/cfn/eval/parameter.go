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

// parameter is one parameter of the template (AWS "CloudFormation template
// Parameters syntax").
type parameter struct {
	kind    string   // its type
	allowed []string // AllowedValues; empty if every value is allowed
	filled  bool     // its value cannot be the empty text
	value   resource.Value
}

// stored reports whether the value is a name in the parameter store.
func (p *parameter) stored() bool { return strings.HasPrefix(p.kind, "AWS::SSM::Parameter::Value") }

// isList reports whether Ref gives a list.
func (p *parameter) isList() bool {
	return p.kind == "CommaDelimitedList" || strings.HasPrefix(p.kind, "List<") ||
		p.stored() && (strings.Contains(p.kind, "<List<") || strings.Contains(p.kind, "<CommaDelimitedList>"))
}

func (s *Stack) readParameters() {
	for _, e := range s.t.Parameters {
		p := &parameter{kind: "String"}
		s.parameters[e.Key] = p
		at := s.t.Place(e.Line)
		if !s.isMap(e.Value, "parameter "+e.Key) {
			p.value = term.Unknown("parameter "+e.Key+" cannot be read", at)
			continue
		}
		s.readParameter(p, e, at)
		if no := e.Value.Get("NoEcho"); no.IsScalar() && strings.EqualFold(no.Scalar(), "true") {
			p.value.Sensitive = true
		}
		s.checkAllowed(p, e.Key)
	}
	if s.partial {
		return
	}
	for _, name := range term.SortedKeys(s.o.Parameters) {
		if s.parameters[name] == nil {
			given := s.o.Parameters[name]
			s.diags.Add(diag.Warning, given.Place, "parameter not in template", fmt.Sprintf(
				"A value is given for %q, but %s has no such parameter.%s", clip(name), s.t.File, s.near(name, term.SortedKeys(s.parameters))))
		}
	}
}

func (s *Stack) readParameter(p *parameter, e tree.Entry, at ref.Place) {
	switch t := e.Value.Get("Type"); {
	case t == nil:
		s.say(diag.Warning, e.Line, "parameter without type", fmt.Sprintf("Parameter %s has no Type; it is read as a String.", e.Key))
	case !t.IsScalar():
		s.say(diag.Error, t.Line, "wrong type in template", fmt.Sprintf("Type of parameter %s must be a text, but it is %s.", e.Key, t.What()))
	default:
		p.kind = strings.ReplaceAll(t.Text, " ", "")
	}
	if a := e.Value.Get("AllowedValues"); a != nil {
		for _, v := range a.List {
			if !v.IsScalar() {
				p.allowed = nil
				break
			}
			p.allowed = append(p.allowed, v.Scalar())
		}
	}
	least := e.Value.Get("MinLength")
	p.filled = p.kind == "Number" || strings.Contains(p.kind, "AWS::") || least.IsScalar() && strings.Trim(least.Text, "0 ") != ""
	if p.stored() {
		p.value = term.Reference(s.ID(e.Key), "", at)
		p.value.Why = "parameter " + string(s.ID(e.Key)) + " is read from the parameter store, which is not in the design"
		return
	}
	given, ok := s.o.Parameters[e.Key]
	fallback, why := e.Value.Get("Default"), given.Why
	if !ok || given.Kind == resource.Null {
		p.value = s.fallback(p, e, at)
		return
	}
	perhaps := given.Maybe && fallback != nil // without a default, CloudFormation refuses that it is absent
	if given.Maybe && given.Kind != resource.Unknown {
		given.Why = ""
	}
	given.Maybe = false
	p.value = s.typed(p, given)
	if perhaps {
		p.value = s.mix(p.value, s.fallback(p, e, at), why, given.Place)
	}
}

// fallback is the value of a parameter that is not given.
func (s *Stack) fallback(p *parameter, e tree.Entry, at ref.Place) resource.Value {
	switch fallback := e.Value.Get("Default"); {
	case fallback.IsScalar():
		return s.typed(p, term.String(fallback.Scalar(), s.t.Place(fallback.Line)))
	case fallback != nil && fallback.Kind == tree.Null:
		return s.typed(p, term.String("", s.t.Place(fallback.Line)))
	case fallback != nil && fallback.Kind == tree.List && p.isList():
		return s.typed(p, s.eval(fallback))
	case fallback != nil:
		s.say(diag.Error, fallback.Line, "wrong type in template", fmt.Sprintf("Default of parameter %s must be a text, but it is %s.", e.Key, fallback.What()))
		return term.Unknown("the default of parameter "+e.Key+" cannot be read", s.t.Place(fallback.Line))
	}
	return term.Reference(s.ID(e.Key), "", at)
}

// checkAllowed says that a parameter has a value that CloudFormation refuses.
func (s *Stack) checkAllowed(p *parameter, name string) {
	t, ok := term.Text(p.value)
	if !ok || len(p.allowed) == 0 || slices.Contains(p.allowed, t) {
		return
	}
	shown := fmt.Sprintf("%q", clip(t))
	if p.value.Sensitive {
		shown = "a value"
	}
	s.diags.Add(diag.Warning, p.value.Place, "value not allowed", fmt.Sprintf(
		"Parameter %s is given %s, which is not one of its AllowedValues: CloudFormation refuses it.", clip(name), shown))
}

// typed gives a value the form that its parameter has.
func (s *Stack) typed(p *parameter, v resource.Value) resource.Value {
	if p.isList() {
		if v.Kind == resource.Ref && isName(v.Ref.Attr) {
			return term.List([]resource.Value{v}, v.Place)
		}
		out := s.split(v, ",", v.Place)
		if out.Kind != resource.List {
			return out
		}
		if len(out.List) == 1 && out.List[0].Kind == resource.String && strings.TrimSpace(out.List[0].Text) == "" {
			return term.List(nil, v.Place) // an empty text is no list of one empty text
		}
		items := slices.Clone(out.List)
		for i, e := range items {
			items[i] = s.trim(e)
		}
		out.List = items
		return out
	}
	t, ok := term.Text(v)
	switch {
	case ok && p.kind == "Number":
		out := term.Number(t, v.Place)
		out.Sensitive = v.Sensitive
		return out
	case ok:
		out := term.String(t, v.Place)
		out.Sensitive = v.Sensitive
		return out
	}
	return v
}

// isName reports whether an attribute of a resource names one thing: it is then
// neither empty nor a list.
func isName(attr string) bool {
	return attr == "Ref" || strings.HasSuffix(attr, "Id") || strings.HasSuffix(attr, "Arn")
}

// trim is a value without white space around it.
func (s *Stack) trim(v resource.Value) resource.Value {
	switch v.Kind {
	case resource.String:
		v.Text = strings.TrimSpace(v.Text)
	case resource.Text:
		parts := slices.Clone(v.List)
		last := len(parts) - 1
		parts[0].Text = strings.TrimLeft(parts[0].Text, " \t\n")
		parts[last].Text = strings.TrimRight(parts[last].Text, " \t\n")
		return s.concat(parts, v.Place)
	}
	return v
}

// parameterOf is the parameter of this template that a reference is to.
func (s *Stack) parameterOf(r resource.Reference) *parameter {
	p := s.parameters[string(r.ID.Short())]
	if p == nil || s.ID(string(r.ID.Short())) != r.ID || s.resources[string(r.ID.Short())] != nil {
		return nil
	}
	return p
}
