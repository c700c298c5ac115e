package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

func (s *Stack) equals(arg *tree.Node) (fact.Tri, string) {
	if arg.Kind != tree.List || len(arg.List) != 2 {
		if arg.Kind != tree.Lost {
			s.say(diag.Error, arg.Line, "wrong arguments", "Fn::Equals takes a list of two values.")
		}
		return fact.Unknown, "a condition is not understood"
	}
	a, b := s.eval(arg.List[0]), s.eval(arg.List[1])
	is := s.equal(a, b)
	if is != fact.Unknown {
		return is, ""
	}
	if why := s.why(a); why != "" {
		return is, why
	}
	return is, s.why(b)
}

// equal compares two values.
func (s *Stack) equal(a, b resource.Value) fact.Tri {
	if term.Same(a, b) {
		return fact.Yes
	}
	textA, knownA := term.Text(a)
	textB, knownB := term.Text(b)
	switch {
	case a.Maybe || b.Maybe:
		return fact.Unknown
	case knownA && knownB:
		return fact.Of(textA == textB)
	case knownA:
		return s.canBe(b, textA)
	case knownB:
		return s.canBe(a, textB)
	case a.Kind == resource.Null || b.Kind == resource.Null:
		return fact.Unknown
	case a.Kind == resource.List && b.Kind == resource.List && term.Certain(a) && term.Certain(b) && len(term.Refs(a, b)) == 0:
		return fact.No
	}
	return fact.Unknown
}

// canBe is No if a value that is not known cannot be a text, and else Unknown.
func (s *Stack) canBe(v resource.Value, text string) fact.Tri {
	switch v.Kind {
	case resource.Ref:
		if !s.refCanBe(v.Ref, text) {
			return fact.No
		}
	case resource.Text:
		first, last := v.List[0], v.List[len(v.List)-1]
		least := 0
		for _, p := range v.List {
			least += len(p.Text)
		}
		if first.Kind == resource.String && !strings.HasPrefix(text, first.Text) ||
			last.Kind == resource.String && !strings.HasSuffix(text, last.Text) || least > len(text) {
			return fact.No
		}
		for _, p := range v.List {
			if p.Kind == resource.String && !strings.Contains(text, p.Text) {
				return fact.No
			}
		}
	}
	return fact.Unknown
}

// refCanBe reports whether a reference can have a text as its value.
func (s *Stack) refCanBe(r resource.Reference, text string) bool {
	if p := s.parameterOf(r); p != nil {
		switch {
		case r.Attr != "" || p.stored() || p.isList():
			return true
		case len(p.allowed) > 0:
			return slices.Contains(p.allowed, text)
		case text == "":
			return !p.filled
		}
		return true
	}
	if text == "" { // ids, ARNs and what pseudo parameters hold
		return !isName(r.Attr) && (!strings.HasPrefix(string(r.ID), "AWS::") || r.Attr != "")
	}
	return true
}

// why is the reason that a value is not known, as a clause.
func (s *Stack) why(v resource.Value) string {
	switch {
	case v.Why != "":
		return v.Why
	case v.Kind == resource.Ref:
		return s.whyRef(v.Ref)
	}
	for _, e := range v.List {
		if why := s.why(e); why != "" {
			return why
		}
	}
	for _, k := range term.SortedKeys(v.Map) {
		if why := s.why(v.Map[k]); why != "" {
			return why
		}
	}
	return ""
}

// whyRef is why the value of a reference is not known, as a clause.
func (s *Stack) whyRef(r resource.Reference) string {
	name, isImport := strings.CutPrefix(string(r.ID), "import:")
	p := s.parameterOf(r)
	switch {
	case isImport:
		return "export " + name + " is of a stack that is not here"
	case p != nil && p.stored():
		return "parameter " + string(r.ID) + " is kept in the parameter store of Systems Manager"
	case p != nil:
		return "parameter " + string(r.ID) + " has no value"
	case strings.HasPrefix(string(r.ID.Short()), "AWS::GetAZs"):
		return "the Availability Zones are not known"
	case strings.HasPrefix(string(r.ID.Short()), "AWS::"):
		return string(r.ID) + " is not given"
	case r.Attr == "": // a parameter of a stack around this one
		return string(r.ID) + " has no value"
	case r.Attr == "Ref":
		return string(r.ID) + " is known only after deployment"
	}
	return string(r.ID) + "." + r.Attr + " is known only after deployment"
}

// missing says that a name is not in the template, and which is near.
func (s *Stack) missing(line int, summary, what, name string, known []string) {
	s.say(diag.Error, line, summary, fmt.Sprintf("There is no %s %q in the template.%s", what, clip(name), s.near(name, known)))
}

// near proposes a name, if one is near and looking for it is no long work.
func (s *Stack) near(name string, known []string) string {
	if s.proposals++; s.proposals > maxProposals || len(known) > maxProposals*100 || len(name) > maxName {
		return ""
	}
	near := diag.Closest(name, slices.DeleteFunc(slices.Clone(known), func(k string) bool { return len(k) > maxName }))
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", near)
}

// clip keeps names in messages short.
func clip(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "") + "…"
}
