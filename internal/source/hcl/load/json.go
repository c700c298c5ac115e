package load

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// labels is how many labels the blocks of the top level have.
var labels = map[string]int{
	"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "provider": 1, "locals": 0, "terraform": 0,
}

// parseJSON reads the JSON syntax of Terraform ("JSON Configuration Syntax").
// Its grammar does not tell arguments from nested blocks, so below the top
// level everything is an argument, except dynamic and lifecycle.
func (r *Reader) parseJSON(data []byte, shown string) *Block {
	if jsonDepth(data) > maxDepth {
		r.Diags.Add(diag.Error, ref.Place{File: shown}, "file not read", "The JSON is nested too deep. Nothing that people write is; the file is left out.")
		return nil
	}
	file, problems := hcljson.Parse(data, shown)
	r.report(problems, ref.Place{File: shown})
	if file == nil || file.Body == nil {
		return nil
	}
	attrs, _ := file.Body.JustAttributes()
	out := &Block{Place: ref.Place{File: shown, Line: 1}}
	for _, name := range sortedNames(attrs) {
		n, known := labels[name]
		if !known {
			// Files of values have only arguments.
			out.Attrs = append(out.Attrs, Attr{Name: name, Expr: jsonExpr(attrs[name].Expr, true), Place: At(attrs[name].NameRange)})
			continue
		}
		out.Blocks = append(out.Blocks, jsonBlocks(name, n, nil, attrs[name].Expr, At(attrs[name].NameRange))...)
		out.Attrs = append(out.Attrs, Attr{Name: name, Expr: jsonExpr(attrs[name].Expr, true), Place: At(attrs[name].NameRange)})
	}
	sortAttrs(out.Attrs)
	return out
}

func sortedNames(attrs hcl.Attributes) []string {
	var out []string
	for name := range attrs {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// jsonBlocks reads the blocks of a type: objects whose keys are labels, n deep,
// and below them a body or a list of bodies.
func jsonBlocks(kind string, n int, have []string, expr hcl.Expression, at ref.Place) []*Block {
	var out []*Block
	if list, problems := hcl.ExprList(expr); !problems.HasErrors() {
		for _, e := range list {
			out = append(out, jsonBlocks(kind, n, have, e, At(e.Range()))...)
		}
		return out
	}
	pairs, problems := hcl.ExprMap(expr)
	if problems.HasErrors() {
		return nil
	}
	if n > 0 {
		for _, p := range pairs {
			out = append(out, jsonBlocks(kind, n-1, append(slices.Clone(have), literal(p.Key)), p.Value, At(p.Key.Range()))...)
		}
		return out
	}
	b := &Block{Type: kind, Labels: have, Place: at}
	jsonRemarks(expr, b)
	for _, p := range pairs {
		name := literal(p.Key)
		switch {
		case name == "//":
			// a comment
		case name == "dynamic":
			b.Blocks = append(b.Blocks, jsonBlocks("dynamic", 1, nil, p.Value, At(p.Key.Range()))...)
		case name == "lifecycle" || kind == "dynamic" && name == "content" || kind == "terraform":
			b.Blocks = append(b.Blocks, jsonBlocks(name, 0, nil, p.Value, At(p.Key.Range()))...)
		default:
			b.Attrs = append(b.Attrs, Attr{Name: name, Expr: jsonExpr(p.Value, bare(kind, name)), Place: At(p.Key.Range())})
		}
	}
	sortAttrs(b.Attrs)
	b.Attrs = slices.CompactFunc(b.Attrs, func(a, b Attr) bool { return a.Name == b.Name })
	return []*Block{b}
}

// bare reports whether the strings of an argument are no templates: constants
// and addresses.
func bare(kind, name string) bool {
	return kind == "variable" || kind == "module" && (name == "source" || name == "version") || kind == "" || name == "depends_on"
}

func literal(e hcl.Expression) string {
	v, problems := e.Value(nil)
	if problems.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

// jsonExpr turns a JSON value into the expression that it means: strings are
// templates, unless they are raw.
func jsonExpr(e hcl.Expression, raw bool) hclsyntax.Expression {
	at := e.Range()
	if list, problems := hcl.ExprList(e); !problems.HasErrors() {
		out := &hclsyntax.TupleConsExpr{SrcRange: at, OpenRange: at}
		for _, in := range list {
			out.Exprs = append(out.Exprs, jsonExpr(in, raw))
		}
		return out
	}
	if pairs, problems := hcl.ExprMap(e); !problems.HasErrors() {
		out := &hclsyntax.ObjectConsExpr{SrcRange: at, OpenRange: at}
		for _, p := range pairs {
			key := jsonExpr(p.Key, raw)
			out.Items = append(out.Items, hclsyntax.ObjectConsItem{
				KeyExpr:   &hclsyntax.ObjectConsKeyExpr{Wrapped: key, ForceNonLiteral: true},
				ValueExpr: jsonExpr(p.Value, raw),
			})
		}
		return out
	}
	v, problems := e.Value(nil)
	if problems.HasErrors() {
		v = cty.DynamicVal
	}
	if v.Type() == cty.String && v.IsKnown() && !v.IsNull() && !raw && strings.ContainsAny(v.AsString(), "$%") {
		start := at.Start
		start.Column++ // the quote
		if expr, err := ParseTemplate(v.AsString(), at.Filename, start); err == nil {
			return expr
		}
		v = cty.DynamicVal
	}
	return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: at}
}

// jsonDepth is how deep the brackets of a JSON text nest.
func jsonDepth(data []byte) int {
	depth, deepest := 0, 0
	quoted := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
