package load

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// maxDepth bounds the nesting of brackets, templates, signs and conditionals:
// the parser calls itself for each.
const maxDepth = 400

// maxDirectives bounds the directives such as %{ if } of one file, which nest
// without brackets.
const maxDirectives = 20000

// tooDeep says where the nesting of a file or template passes maxDepth. It
// counts what makes the parser call itself, whether or not it is closed in the
// right order.
func tooDeep(tokens hclsyntax.Tokens) (hcl.Range, bool) {
	type level struct {
		brace bool // a line ends an expression
		run   int  // signs and conditionals of the expression so far
	}
	stack := []level{{brace: true}}
	total, directives := 0, 0
	for _, t := range tokens {
		top := &stack[len(stack)-1]
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			stack = append(stack, level{brace: t.Type == hclsyntax.TokenOBrace})
			total++
			if t.Type == hclsyntax.TokenTemplateControl {
				directives++
			}
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(stack) > 1 {
				total -= top.run + 1
				stack = stack[:len(stack)-1]
			}
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenQuestion:
			top.run++
			total++
		case hclsyntax.TokenNewline, hclsyntax.TokenComma:
			if top.brace || t.Type == hclsyntax.TokenComma {
				total -= top.run
				top.run = 0
			}
		}
		if total > maxDepth || directives > maxDirectives {
			return t.Range, true
		}
	}
	return hcl.Range{}, false
}

// parseFile parses a file of either syntax. It returns what could be read of a
// broken file, or nil.
func (r *Reader) parseFile(name string) *Block {
	if m, ok := r.made[name]; ok {
		return r.parse([]byte(m.Text), name, m.Place.File, hcl.Pos{Line: max(1, m.Place.Line), Column: 1})
	}
	data, ok := r.source(name)
	if !ok {
		return nil
	}
	shown := r.Shown(name)
	if symbol.Has(string(data)) {
		r.Diags.Add(diag.Error, ref.Place{File: shown}, "file not read",
			"The file holds characters of a private plane of Unicode that this program uses for itself. Remove them.")
		return nil
	}
	return r.parse(data, name, shown, hcl.Pos{Line: 1, Column: 1})
}

// parse parses the content of a file of either syntax.
func (r *Reader) parse(data []byte, name, shown string, start hcl.Pos) *Block {
	if strings.HasSuffix(name, ".json") {
		return r.parseJSON(data, shown)
	}
	// The lexer alone is safe for any nesting, so it is asked first.
	tokens, _ := hclsyntax.LexConfig(data, shown, start)
	if at, deep := tooDeep(tokens); deep {
		r.Diags.Add(diag.Error, At(at), "file not read",
			fmt.Sprintf("Expressions are nested more than %d deep. Nothing that people write is; the file is left out.", maxDepth))
		return nil
	}
	file, problems := hclsyntax.ParseConfig(data, shown, start)
	r.report(problems, ref.Place{File: shown})
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return nil
	}
	out := fromNative(body)
	if bytes.Contains(data, []byte(resource.RemarkMark)) {
		remarks(tokens, body, out)
	}
	return out
}

// ParseTemplate parses the text of a template, for example a file for
// templatefile.
func ParseTemplate(text, shown string, start hcl.Pos) (hclsyntax.Expression, error) {
	tokens, _ := hclsyntax.LexTemplate([]byte(text), shown, start)
	if at, deep := tooDeep(tokens); deep {
		return nil, fmt.Errorf("the template is nested too deep at line %d", at.Start.Line)
	}
	expr, problems := hclsyntax.ParseTemplate([]byte(text), shown, start)
	if problems.HasErrors() {
		return nil, fmt.Errorf("the template has an error at %s: %s", At(*first(problems).Subject), clause(first(problems)))
	}
	return expr, nil
}

// ParseExpression parses an expression, for example the value of -var.
func ParseExpression(text, shown string, start hcl.Pos) (hclsyntax.Expression, error) {
	tokens, _ := hclsyntax.LexExpression([]byte(text), shown, start)
	if _, deep := tooDeep(tokens); deep {
		return nil, fmt.Errorf("the expression is nested too deep")
	}
	expr, problems := hclsyntax.ParseExpression([]byte(text), shown, start)
	if problems.HasErrors() {
		return nil, fmt.Errorf("the expression has an error: %s", clause(first(problems)))
	}
	return expr, nil
}

func first(problems hcl.Diagnostics) *hcl.Diagnostic {
	for _, p := range problems {
		if p.Severity == hcl.DiagError {
			if p.Subject == nil {
				p.Subject = &hcl.Range{}
			}
			return p
		}
	}
	return &hcl.Diagnostic{Subject: &hcl.Range{}}
}

// clause is what a problem says, as a clause.
func clause(p *hcl.Diagnostic) string {
	text := p.Detail
	if text == "" {
		text = p.Summary
	}
	text, _, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(text, ".")
}

// maxProblems is how many syntax errors of one file are told; a file that is no
// text of the language at all has thousands.
const maxProblems = 5

// report turns errors of the parser into diagnostics: at most one for each
// line, since the second error of a line is mostly a consequence of the first,
// and a few for each file.
func (r *Reader) report(problems hcl.Diagnostics, file ref.Place) {
	said := map[ref.Place]bool{}
	for _, p := range problems {
		if p.Severity != hcl.DiagError {
			continue
		}
		at := file
		if p.Subject != nil {
			at = At(*p.Subject)
		}
		if said[at] {
			continue
		}
		said[at] = true
		if len(said) > maxProblems {
			continue
		}
		r.Diags.Add(diag.Error, at, "syntax error", fmt.Sprintf("%s: %s. The blocks around it are read as far as possible.", p.Summary, clause(p)))
	}
	if more := len(said) - maxProblems; more > 0 {
		r.Diags.Add(diag.Error, file, "more syntax errors", fmt.Sprintf("The file has syntax errors on %d more lines. Mend the first ones, then read again.", more))
	}
}
