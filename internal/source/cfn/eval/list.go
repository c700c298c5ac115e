package eval

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// arguments are the nodes of a list of arguments, or nil after saying that they
// are wrong.
func (s *Stack) arguments(function string, arg *tree.Node, least, most int, takes string) []*tree.Node {
	if arg.Kind == tree.List && least <= len(arg.List) && len(arg.List) <= most {
		return arg.List
	}
	if arg.Kind != tree.Lost {
		s.say(diag.Error, arg.Line, "wrong arguments", fmt.Sprintf("%s takes %s.", function, takes))
	}
	return nil
}

// join is Fn::Join.
func (s *Stack) join(arg *tree.Node, at ref.Place) resource.Value {
	args := s.arguments("Fn::Join", arg, 2, 2, "a delimiter and a list of values")
	if args == nil {
		return term.Unknown("Fn::Join is not understood", at)
	}
	delimiter, items := s.eval(args[0]), s.eval(args[1])
	between, ok := term.Text(delimiter)
	switch {
	case !ok && delimiter.Kind != resource.Null:
		return term.Opaque("the delimiter is not known", at, delimiter, items)
	case items.Kind == resource.Ref && !items.Maybe && between == ",":
		items.Place = at // a list in one text is what the reference stands for
		return items
	case items.Kind == resource.Unknown || items.Kind == resource.Ref:
		return term.Opaque(s.why(items), at, items)
	case items.Kind != resource.List:
		s.say(diag.Error, args[1].Line, "wrong arguments", "Fn::Join joins a list, but this is "+args[1].What()+".")
		return term.Opaque("Fn::Join is not understood", at, items)
	case !term.Joined(items):
		return term.Opaque(s.whyMaybe(items), at, items)
	}
	var parts []resource.Value
	for i, e := range items.List {
		if i > 0 {
			parts = append(parts, term.String(between, at))
		}
		parts = append(parts, e)
	}
	return s.concat(parts, at)
}

// whyMaybe is why the number of elements of a list is not known.
func (s *Stack) whyMaybe(v resource.Value) string {
	if v.Maybe {
		return v.Why
	}
	for _, e := range v.List {
		if e.Maybe {
			return e.Why
		}
	}
	return s.why(v)
}

// selectOne is Fn::Select.
func (s *Stack) selectOne(arg *tree.Node, at ref.Place) resource.Value {
	args := s.arguments("Fn::Select", arg, 2, 2, "an index and a list")
	if args == nil {
		return term.Unknown("Fn::Select is not understood", at)
	}
	index, items := s.eval(args[0]), s.eval(args[1])
	i, ok := term.Whole(index)
	if _, known := term.Text(index); known && (!ok || i < 0) {
		s.say(diag.Error, args[0].Line, "wrong arguments", "The index of Fn::Select must be a number from 0 on.")
		return term.Opaque("the index is no number", at, items)
	}
	switch {
	case items.Kind == resource.Ref && !items.Maybe && ok:
		items.Ref = below(items.Ref, i)
		items.Place = at
		return items
	case !ok:
		return term.Opaque(s.why(index), at, index, items)
	case items.Kind == resource.Unknown || items.Kind == resource.Ref:
		return term.Opaque(s.why(items), at, items)
	case items.Kind != resource.List:
		s.say(diag.Error, args[1].Line, "wrong arguments", "Fn::Select selects from a list, but this is "+args[1].What()+".")
		return term.Opaque("Fn::Select is not understood", at, items)
	}
	for k, e := range items.List {
		if e.Maybe || items.Maybe {
			return term.Opaque(s.whyMaybe(items), at, items)
		}
		if k == i {
			e.Sensitive = e.Sensitive || items.Sensitive
			return e
		}
	}
	s.risk(diag.Error, at.Line, "index out of range", fmt.Sprintf(
		"Fn::Select asks for element %d, counted from 0, of a list of %d.", i, len(items.List)))
	return term.Unknown("there is no such element", at)
}

// below is an element of a list that a reference stands for.
func below(r resource.Reference, i int) resource.Reference {
	if r.Attr != "" {
		r.Attr += "."
	}
	r.Attr += strconv.Itoa(i)
	return r
}

// splitText is Fn::Split.
func (s *Stack) splitText(arg *tree.Node, at ref.Place) resource.Value {
	args := s.arguments("Fn::Split", arg, 2, 2, "a delimiter and a text")
	if args == nil {
		return term.Unknown("Fn::Split is not understood", at)
	}
	delimiter, source := s.eval(args[0]), s.eval(args[1])
	between, ok := term.Text(delimiter)
	switch {
	case !ok:
		return term.Opaque(s.why(delimiter), at, delimiter, source)
	case between == "":
		s.say(diag.Error, args[0].Line, "wrong arguments", "The delimiter of Fn::Split must not be empty.")
		return term.Opaque("the delimiter is empty", at, source)
	}
	return s.split(source, between, at)
}

// split cuts a text at each delimiter. It is unknown if a reference in it may
// hold one. A reference that is the whole text may, at a comma, stand for a
// list; a reference to a list within a text stands for any number of elements.
func (s *Stack) split(v resource.Value, delimiter string, at ref.Place) resource.Value {
	if v.Maybe {
		return term.Opaque(v.Why, at, v)
	}
	parts := []resource.Value{v}
	switch v.Kind {
	case resource.List: // a list where its text is needed
		return v
	case resource.Ref:
		if delimiter == "," && v.Ref.Attr != "Ref" {
			v.Place = at
			return v
		}
	case resource.Text:
		parts = v.List
	case resource.Unknown:
		return term.Opaque(v.Why, at, v)
	}
	var out, current []resource.Value
	many := "" // why the current piece stands for any number
	add := func() {
		piece := s.concat(current, at)
		if many != "" {
			piece = term.Maybe(piece, many)
		}
		out, current, many = append(out, piece), nil, ""
	}
	for _, p := range parts {
		t, ok := term.Text(p)
		if !ok {
			if !s.lacks(p, delimiter) {
				return term.Opaque(s.why(p), at, v)
			}
			if of := s.parameterOf(p.Ref); of != nil && of.isList() && p.Ref.Attr == "" {
				many = s.why(p)
			}
			current = append(current, p)
			continue
		}
		pieces := strings.Split(t, delimiter)
		if !s.charge(len(pieces)) {
			return term.Unknown(tooMuch, at)
		}
		for i, piece := range pieces {
			if i > 0 {
				add()
			}
			current = append(current, term.String(piece, at))
		}
	}
	add()
	if v.Sensitive {
		for i := range out {
			out[i].Sensitive = true
		}
	}
	return term.List(out, at)
}

// lacks reports whether the value of a reference does not hold a delimiter.
// Names, ids and ARNs have no commas, blanks or bars in them.
func (s *Stack) lacks(v resource.Value, delimiter string) bool {
	if v.Kind != resource.Ref || strings.HasPrefix(string(v.Ref.ID), "import:") {
		return false
	}
	if p := s.parameterOf(v.Ref); p != nil {
		if p.isList() && v.Ref.Attr == "" {
			return delimiter == "," // see split
		}
		return !p.stored() && strings.HasPrefix(p.kind, "AWS::") && strings.ContainsAny(delimiter, ",; |")
	}
	return (v.Ref.Attr != "" || pseudoName(v.Ref)) && strings.ContainsAny(delimiter, ",; |")
}

func pseudoName(r resource.Reference) bool {
	_, ok := pseudo[string(r.ID.Short())]
	return ok
}

// zones is Fn::GetAZs.
func (s *Stack) zones(arg *tree.Node, at ref.Place) resource.Value {
	region := s.eval(arg)
	here := s.refTo("AWS::Region", at)
	name, known := term.Text(region)
	if region.Kind == resource.Null || known && name == "" || term.Same(region, here) {
		return term.Reference("AWS::GetAZs", "", at)
	}
	written, ok := term.Spell(region)
	if !ok {
		return term.Opaque("the region is not known", at, region)
	}
	return term.Reference(ref.ID("AWS::GetAZs:"+written), "", at)
}

// length is Fn::Length.
func (s *Stack) length(arg *tree.Node, at ref.Place) resource.Value {
	v := s.eval(arg)
	switch {
	case term.Joined(v):
		return term.Number(strconv.Itoa(len(v.List)), at)
	case v.Kind == resource.List || v.Kind == resource.Ref || v.Kind == resource.Unknown:
		return term.Opaque(s.whyMaybe(v), at)
	}
	s.say(diag.Error, arg.Line, "wrong arguments", "Fn::Length counts the elements of a list, but this is "+arg.What()+".")
	return term.Unknown("Fn::Length is not understood", at)
}

// base64 is Fn::Base64, which is kept for who wants to read the text.
func (s *Stack) base64(arg *tree.Node, at ref.Place) resource.Value {
	v := s.eval(arg)
	if term.IsNoValue(v) {
		return v
	}
	return resource.Value{Kind: resource.Map, Map: map[string]resource.Value{"Fn::Base64": v}, Place: at}
}

// toJSON is Fn::ToJsonString. Keys are sorted.
func (s *Stack) toJSON(arg *tree.Node, at ref.Place) resource.Value {
	v := s.eval(arg)
	if v.Kind == resource.Unknown || v.Maybe {
		return term.Opaque(s.why(v), at, v)
	}
	return s.concat(term.JSON(v, at), at)
}
