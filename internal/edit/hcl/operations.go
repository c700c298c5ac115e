package hcl

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/userdata/assign"
)

func (t *Text) replace(in *hclsyntax.Block, c finding.Change) ([]patch.Edit, error) {
	b, err := t.blockAt(in, c.Path)
	if err != nil {
		return nil, err
	}
	start := b.TypeRange.Start.Byte
	lines, err := t.block(c.Resource, b.Type, c.Value, t.indentOf(start))
	if err != nil {
		return nil, err
	}
	return []patch.Edit{{Start: start, End: b.CloseBraceRange.End.Byte, New: strings.Join(lines, t.nl)}}, nil
}

// exchange puts another attribute in the place of one.
func (t *Text) exchange(in *hclsyntax.Block, c finding.Change) ([]patch.Edit, error) {
	if len(c.Path) > 1 {
		b, err := t.blockAt(in, c.Path[:len(c.Path)-1])
		if err != nil {
			return nil, err
		}
		in = b
	}
	f := c.Value.Fields[0]
	a := in.Body.Attributes[c.Path[len(c.Path)-1].Name]
	switch {
	case a == nil:
		return nil, fmt.Errorf("its %s is not written there", c.Path[len(c.Path)-1].Name)
	case in.Body.Attributes[f.Name] != nil:
		return nil, fmt.Errorf("it has %s beside it", f.Name)
	}
	r := a.Expr.Range()
	if !written(a.Expr) {
		return nil, fmt.Errorf("its %s is %s, which is no literal", a.Name, brief(string(t.src[r.Start.Byte:r.End.Byte])))
	}
	text, err := expression(c.Resource, f.Value)
	if err != nil {
		return nil, err
	}
	pad := a.EqualsRange.Start.Byte - a.NameRange.Start.Byte - 1
	return []patch.Edit{{Start: a.NameRange.Start.Byte, End: r.End.Byte, New: fmt.Sprintf("%-*s = %s", pad, f.Name, text)}}, nil
}

// blockAt is the nested block at a path, which has to be there.
func (t *Text) blockAt(in *hclsyntax.Block, path []finding.Step) (*hclsyntax.Block, error) {
	var b *hclsyntax.Block
	for _, s := range path {
		var err error
		if b, err = child(in, s); err != nil {
			return nil, err
		}
		if b == nil {
			return nil, fmt.Errorf("its block %s is not there", s.Name)
		}
		in = b
	}
	return b, nil
}

// assign writes a setting of the agent into a script that stands in the file.
func (t *Text) assign(in *hclsyntax.Block, c finding.Change) ([]patch.Edit, error) {
	if len(c.Path) > 1 {
		b, err := t.blockAt(in, c.Path[:len(c.Path)-1])
		if err != nil {
			return nil, err
		}
		in = b
	}
	name := c.Path[len(c.Path)-1].Name
	a := in.Body.Attributes[name]
	if a == nil {
		a = in.Body.Attributes[name+"_base64"]
	}
	if a == nil {
		return nil, fmt.Errorf("it has no %s that could be completed", name)
	}
	e := a.Expr
	for {
		call, ok := e.(*hclsyntax.FunctionCallExpr)
		if !ok || len(call.Args) != 1 || call.Name != "base64encode" && call.Name != "base64gzip" {
			break
		}
		e = call.Args[0]
	}
	if p, ok := e.(*hclsyntax.ParenthesesExpr); ok {
		e = p.Expression
	}
	r := e.Range()
	script := t.src[r.Start.Byte:r.End.Byte]
	if _, ok := e.(*hclsyntax.TemplateExpr); !ok || !bytes.HasPrefix(script, []byte("<<")) {
		return nil, fmt.Errorf("its %s is %s, not a script that stands there", name, brief(string(script)))
	}
	first := bytes.IndexByte(script, '\n') + 1
	last := bytes.LastIndexByte(bytes.TrimRight(script, "\r\n"), '\n') + 1
	if last < first {
		return nil, errors.New("the script is empty")
	}
	edit, err := assign.Line(script[first:last], c.Value.Text)
	if err != nil || edit == nil {
		return nil, err
	}
	edit.Start, edit.End = edit.Start+r.Start.Byte+first, edit.End+r.Start.Byte+first
	return []patch.Edit{*edit}, nil
}
