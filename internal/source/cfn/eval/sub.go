package eval

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// sub is Fn::Sub (AWS "Fn::Sub").
func (s *Stack) sub(arg *tree.Node, at ref.Place) resource.Value {
	template, variables := arg, (*tree.Node)(nil)
	if arg.Kind == tree.List && (len(arg.List) == 1 || len(arg.List) == 2) {
		template = arg.List[0]
		if len(arg.List) == 2 {
			variables = arg.List[1]
		}
	}
	if !template.IsScalar() || variables != nil && variables.Kind != tree.Map {
		if template.Kind == tree.Lost {
			return term.Unknown(template.Text, at)
		}
		s.say(diag.Error, at.Line, "wrong arguments", "Fn::Sub takes a text, or a list of a text and a map of variables.")
		return term.Unknown("Fn::Sub is not understood", at)
	}
	local := map[string]resource.Value{}
	if variables != nil {
		for _, e := range variables.Entries {
			local[e.Key] = s.eval(e.Value)
		}
	}
	return s.concat(s.pieces(template, local, at), at)
}

// pieces cuts the text of Fn::Sub at its placeholders.
func (s *Stack) pieces(template *tree.Node, local map[string]resource.Value, at ref.Place) []resource.Value {
	var out []resource.Value
	rest := template.Text
	for {
		begin := strings.Index(rest, "${")
		if begin < 0 {
			break
		}
		end := strings.IndexByte(rest[begin:], '}')
		if end < 0 {
			break
		}
		end += begin
		out = append(out, term.String(rest[:begin], at))
		name := rest[begin+2 : end]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			out = append(out, term.String("${"+literal+"}", at))
		} else {
			out = append(out, s.placeholder(name, local, at))
		}
		rest = rest[end+1:]
		if !s.charge(1) {
			return append(out, term.Unknown(tooMuch, at))
		}
	}
	return append(out, term.String(rest, at))
}

func (s *Stack) placeholder(name string, local map[string]resource.Value, at ref.Place) resource.Value {
	trimmed := strings.TrimSpace(name)
	if v, ok := local[trimmed]; ok {
		return v
	}
	if trimmed == "" || strings.ContainsFunc(trimmed, func(r rune) bool { return !isNameRune(r) }) {
		s.say(diag.Warning, at.Line, "placeholder not understood", fmt.Sprintf(
			"${%s} is no name, and CloudFormation refuses it. It is read as text; if that is meant, write ${!%s}.", name, name))
		return term.String("${"+name+"}", at)
	}
	if resourceName, attr, ok := strings.Cut(trimmed, "."); ok {
		return s.attribute(resourceName, attr, at)
	}
	return s.refTo(trimmed, at)
}

func isNameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_.:", r)
}
