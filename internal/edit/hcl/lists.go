package hcl

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
)

// inner is the block in which the last step of a path is.
func (t *Text) inner(in *hclsyntax.Block, path []finding.Step) (*hclsyntax.Block, error) {
	if len(path) < 2 {
		return in, nil
	}
	return t.blockAt(in, path[:len(path)-1])
}

// remove takes an attribute, an element of a list, a nested block or the whole
// resource away, with its lines.
func (t *Text) remove(in *hclsyntax.Block, c finding.Change) ([]patch.Edit, error) {
	if len(c.Path) == 0 {
		return t.cut(in.TypeRange.Start.Byte, in.CloseBraceRange.End.Byte)
	}
	last := c.Path[len(c.Path)-1]
	in, err := t.inner(in, c.Path)
	if err != nil {
		return nil, err
	}
	a := in.Body.Attributes[last.Name]
	if c.Value.Ref != "" {
		return t.removeElement(a, last.Name, c)
	}
	if a != nil {
		if !written(a.Expr) {
			return nil, fmt.Errorf("its %s is %s, which is no literal", last.Name, brief(t.textOf(a.Expr)))
		}
		return t.cut(a.SrcRange.Start.Byte, a.SrcRange.End.Byte)
	}
	b, err := child(in, last)
	if err != nil || b == nil {
		return nil, err
	}
	return t.cut(b.TypeRange.Start.Byte, b.CloseBraceRange.End.Byte)
}

func (t *Text) textOf(e hclsyntax.Expression) string {
	r := e.Range()
	return string(t.src[r.Start.Byte:r.End.Byte])
}

// list is an attribute that is written as a list.
func (t *Text) list(a *hclsyntax.Attribute, name string) (*hclsyntax.TupleConsExpr, error) {
	if a == nil {
		return nil, fmt.Errorf("its %s is not written there", name)
	}
	list, ok := a.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil, fmt.Errorf("its %s is %s, which is no list that stands there", name, brief(t.textOf(a.Expr)))
	}
	return list, nil
}

// removeElement takes an element out of a list that has others.
func (t *Text) removeElement(a *hclsyntax.Attribute, name string, c finding.Change) ([]patch.Edit, error) {
	list, err := t.list(a, name)
	if err != nil {
		return nil, err
	}
	want, err := expression(c.Resource, c.Value)
	if err != nil {
		return nil, err
	}
	at := -1
	for i, e := range list.Exprs {
		if t.textOf(e) != want {
			continue
		}
		if at >= 0 {
			return nil, fmt.Errorf("its %s has %s twice", name, want)
		}
		at = i
	}
	switch {
	case at < 0:
		return nil, fmt.Errorf("its %s does not write %s", name, want)
	case len(list.Exprs) == 1:
		return nil, fmt.Errorf("its %s would be empty", name)
	}
	start, end := list.Exprs[at].Range().Start.Byte, list.Exprs[at].Range().End.Byte
	if at == 0 {
		end = list.Exprs[1].Range().Start.Byte
	} else {
		start = list.Exprs[at-1].Range().End.Byte
	}
	if bytes.ContainsAny(t.src[start:end], "#") || bytes.Contains(t.src[start:end], []byte("//")) || bytes.Contains(t.src[start:end], []byte("/*")) {
		return nil, fmt.Errorf("a comment stands in its %s", name)
	}
	return []patch.Edit{{Start: start, End: end}}, nil
}

// append writes one more element at the end of a list.
func (t *Text) append(in *hclsyntax.Block, c finding.Change) ([]patch.Edit, error) {
	name := c.Path[len(c.Path)-1].Name
	in, err := t.inner(in, c.Path)
	if err != nil {
		return nil, err
	}
	list, err := t.list(in.Body.Attributes[name], name)
	if err != nil {
		return nil, err
	}
	text, err := expression(c.Resource, c.Value)
	if err != nil {
		return nil, err
	}
	for _, e := range list.Exprs {
		if t.textOf(e) == text {
			return nil, nil
		}
	}
	if len(list.Exprs) == 0 {
		r := list.Range()
		if len(bytes.TrimSpace(t.src[r.Start.Byte+1:r.End.Byte-1])) > 0 {
			return nil, fmt.Errorf("a comment stands in its %s", name)
		}
		return []patch.Edit{{Start: r.Start.Byte, End: r.End.Byte, New: "[" + text + "]"}}, nil
	}
	last := list.Exprs[len(list.Exprs)-1].Range()
	between := ", "
	if last.Start.Line > list.OpenRange.Start.Line { // one in a line
		between = "," + t.nl + t.indentOf(last.Start.Byte)
	}
	return []patch.Edit{{Start: last.End.Byte, End: last.End.Byte, New: between + text}}, nil
}

// another writes one more block behind the last one of its kind, or at the end.
func (t *Text) another(in *hclsyntax.Block, c finding.Change) ([]patch.Edit, error) {
	last := c.Path[len(c.Path)-1]
	in, err := t.inner(in, c.Path)
	if err != nil {
		return nil, err
	}
	if in.Body.Attributes[last.Name] != nil {
		return nil, fmt.Errorf("its %s is written as an attribute", last.Name)
	}
	var after *hclsyntax.Block
	for _, b := range in.Body.Blocks {
		switch {
		case b.Type == "dynamic" && len(b.Labels) == 1 && b.Labels[0] == last.Name:
			return nil, fmt.Errorf("a dynamic block makes its %s", last.Name)
		case b.Type == last.Name:
			after = b
		}
	}
	if after == nil {
		return t.addBlock(in, c.Resource, last.Name, c.Value)
	}
	indent := t.indentOf(t.firstOf(after.TypeRange.Start.Byte))
	lines, err := t.block(c.Resource, last.Name, c.Value, indent)
	if err != nil {
		return nil, err
	}
	at := t.bodyLineEnd(after.CloseBraceRange.End.Byte)
	blank := t.nl
	if next := t.lineStart(after.TypeRange.Start.Byte); next > 0 && after.TypeRange.Start.Line > in.OpenBraceRange.Start.Line+1 && t.denseAbove(in, after, next) {
		blank = ""
	}
	return []patch.Edit{{Start: at, End: at, New: blank + t.nl + indent + strings.Join(lines, t.nl)}}, nil
}

// denseAbove is whether a block follows another one without a blank line.
func (t *Text) denseAbove(in, b *hclsyntax.Block, start int) bool {
	for _, o := range in.Body.Blocks {
		if o.Type == b.Type && o != b && t.bodyLineEnd(o.CloseBraceRange.End.Byte)+len(t.nl) == start {
			return true
		}
	}
	return false
}

// cut takes whole lines away, with the comments that stand right above them, and
// one of two blank lines that would meet.
func (t *Text) cut(start, end int) ([]patch.Edit, error) {
	from, to := t.lineStart(start), t.lineEnd(end)
	if len(bytes.TrimSpace(t.src[from:start])) > 0 || len(bytes.TrimSpace(t.src[end:to])) > 0 {
		return nil, errors.New("it shares its line with something else")
	}
	from = t.comments(from)
	if to < len(t.src) {
		to++
	}
	above := from == 0 || len(bytes.TrimSpace(t.src[t.lineStart(from-1):from])) == 0
	if next := t.lineEnd(to); above && next < len(t.src) && len(bytes.TrimSpace(t.src[to:next])) == 0 {
		to = next + 1
	}
	return []patch.Edit{{Start: from, End: to}}, nil
}

// aboveComments is the first of the comment lines right above a line.
func (t *Text) aboveComments(from int) int {
	for from > 0 {
		line := bytes.TrimSpace(t.src[t.lineStart(from-1):from])
		if !bytes.HasPrefix(line, []byte("#")) && !bytes.HasPrefix(line, []byte("//")) {
			break
		}
		from = t.lineStart(from - 1)
	}
	return from
}

// comments is the first of the comment lines right above a line, if a blank line
// or the beginning of a body is above them: else they belong to something else.
func (t *Text) comments(from int) int {
	at := t.aboveComments(from)
	if at == 0 {
		return at
	}
	line := bytes.TrimSpace(t.src[t.lineStart(at-1):at])
	if len(line) == 0 || bytes.HasSuffix(line, []byte("{")) || bytes.HasSuffix(line, []byte("}")) {
		return at
	}
	return from
}
