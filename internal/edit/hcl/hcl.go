// Package hcl edits Terraform files by bytes.
//
// # Model
// A [Text] is one parsed file. [Text.Edits] finds the block of a resource by
// its type and name, walks to the attribute or nested block that a
// [finding.Change] names, and says which bytes become which. [Tidy] lines up
// what the edits moved, if the file was formatted before.
//
// # Guarantees
//   - Only values that are written as literals are replaced. What comes from a
//     variable, a function or a dynamic block is refused, with the reason.
//   - The result parses, and holds what the change asks for.
//   - Comments, line ends, indentation and everything that the edits do not
//     cover stay.
//
// # Not modelled
// Terraform in JSON. Whether the edit is right: that is for who proposes it.
package hcl

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/ref"
)

// maxBytes is the largest file that is edited.
const maxBytes = 4 << 20

// Text is one file of Terraform.
type Text struct {
	src  []byte
	body *hclsyntax.Body
	nl   string // how its lines end
}

// Parse reads a file. The error says why it cannot be edited.
func Parse(name string, src []byte) (*Text, error) {
	if len(src) > maxBytes {
		return nil, fmt.Errorf("the file has more than %d MiB", maxBytes>>20)
	}
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() || file == nil {
		return nil, errors.New("the file is not valid Terraform")
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return nil, errors.New("the file is not in the native syntax of Terraform")
	}
	t := &Text{src: src, body: body, nl: "\n"}
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		t.nl = "\r\n"
	}
	return t, nil
}

// Target is the block of a resource: resource "TYPE" "NAME".
type Target struct{ Type, Name string }

// Edits are the edits of a change. None means that the text has it already. The
// error is a clause that says why the text is not edited.
func (t *Text) Edits(at Target, c finding.Change) ([]patch.Edit, error) {
	block, err := t.resource(at)
	if err != nil {
		return nil, err
	}
	var edits []patch.Edit
	switch c.Operation {
	case finding.Set, finding.Copy:
		v := c.Value
		if c.Operation == finding.Copy {
			v = finding.Value{Ref: c.Value.Ref, Attr: c.Path[len(c.Path)-1].Name}
		}
		edits, err = t.set(block, c.Resource, c.Path, v)
	case finding.Replace:
		edits, err = t.replace(block, c)
	case finding.Exchange:
		edits, err = t.exchange(block, c)
	case finding.Remove:
		edits, err = t.remove(block, c)
	case finding.Append:
		edits, err = t.append(block, c)
	case finding.Add:
		edits, err = t.another(block, c)
	case finding.Assign:
		edits, err = t.assign(block, c)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	result, err := patch.Apply(t.src, edits)
	if err != nil {
		return nil, fmt.Errorf("the edit fails: %w", err)
	}
	if _, err := Parse("", result); err != nil {
		return nil, errors.New("the edit would not leave valid Terraform")
	}
	return edits, nil
}

// Tidy is the edited text with each block that the edits changed as terraform fmt
// lays it out, if that was so of the block before.
func Tidy(old, text []byte) []byte {
	a, err := Parse("", old)
	if err != nil {
		return text
	}
	b, err := Parse("", text)
	if err != nil {
		return text
	}
	var edits []patch.Edit
	rest := a.body.Blocks
	for _, is := range b.body.Blocks {
		i := slices.IndexFunc(rest, func(was *hclsyntax.Block) bool {
			return was.Type == is.Type && slices.Equal(was.Labels, is.Labels)
		})
		if i < 0 {
			return text
		}
		was := rest[i] // those before it were taken away
		rest = rest[i+1:]
		x, y := a.lines(was), b.lines(is)
		before, after := old[x[0]:x[1]], text[y[0]:y[1]]
		if bytes.Equal(before, after) || !bytes.Equal(hclwrite.Format(before), before) {
			continue
		}
		after = hclwrite.Format(after)
		if !bytes.Contains(before, []byte("<<")) && !hollow.Match(before) {
			after = hollow.ReplaceAll(after, []byte("$1"))
		}
		edits = append(edits, patch.Edit{Start: y[0], End: y[1], New: string(after)})
	}
	out, err := patch.Apply(text, edits)
	if err != nil {
		return text
	}
	return bytes.TrimSuffix(out, ended(old, out))
}

// ended is the blank line with which a text ends, if it did not before.
func ended(old, text []byte) []byte {
	for _, nl := range []string{"\r\n", "\n"} {
		if two := []byte(nl + nl); bytes.HasSuffix(text, two) && !bytes.HasSuffix(old, two) {
			return []byte(nl)
		}
	}
	return nil
}

// hollow is the blank line that what is taken away leaves before a closing brace.
var hollow = regexp.MustCompile(`\r?\n[ \t]*(\r?\n[ \t]*\})`)

// lines is where a block begins and ends.
func (t *Text) lines(b *hclsyntax.Block) [2]int {
	return [2]int{b.TypeRange.Start.Byte, b.CloseBraceRange.End.Byte}
}

func (t *Text) resource(at Target) (*hclsyntax.Block, error) {
	var found *hclsyntax.Block
	for _, b := range t.body.Blocks {
		if b.Type == "resource" && len(b.Labels) == 2 && b.Labels[0] == at.Type && b.Labels[1] == at.Name {
			if found != nil {
				return nil, fmt.Errorf("the file has two blocks of %s.%s", at.Type, at.Name)
			}
			found = b
		}
	}
	if found == nil {
		return nil, fmt.Errorf("the file has no block of %s.%s", at.Type, at.Name)
	}
	return found, nil
}

// child is the one nested block that a step means, or nil if there is none.
func child(in *hclsyntax.Block, s finding.Step) (*hclsyntax.Block, error) {
	var found []*hclsyntax.Block
	for _, b := range in.Body.Blocks {
		if b.Type == "dynamic" && len(b.Labels) == 1 && b.Labels[0] == s.Name {
			return nil, fmt.Errorf("a dynamic block makes its %s", s.Name)
		}
		if b.Type != s.Name || s.Line > 0 && b.TypeRange.Start.Line != s.Line || s.Key != "" && !has(b, s.Key, s.Is) {
			continue
		}
		found = append(found, b)
	}
	switch {
	case in.Body.Attributes[s.Name] != nil:
		return nil, fmt.Errorf("its %s is written as an attribute", s.Name)
	case len(found) > 1:
		return nil, fmt.Errorf("it has several blocks %s", s.Name)
	case len(found) == 0 && (s.Line > 0 || s.Key != ""):
		return nil, fmt.Errorf("its block %s is not there", s.Name)
	case len(found) == 0:
		return nil, nil
	}
	return found[0], nil
}

func has(in *hclsyntax.Block, key, is string) bool {
	a := in.Body.Attributes[key]
	if a == nil {
		return false
	}
	text, ok := literal(a.Expr)
	return ok && text == is
}

// literal is the text of a string, number or boolean that is written as such.
func literal(e hclsyntax.Expression) (string, bool) {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr, *hclsyntax.TemplateExpr:
		if t, ok := e.(*hclsyntax.TemplateExpr); ok && !t.IsStringLiteral() {
			return "", false
		}
		v, diags := e.Value(nil)
		if diags.HasErrors() {
			return "", false
		}
		return plain(v), true
	}
	return "", false
}

// written reports whether all of an expression is written where it stands.
func written(e hclsyntax.Expression) bool {
	if list, ok := e.(*hclsyntax.TupleConsExpr); ok {
		for _, x := range list.Exprs {
			if !written(x) {
				return false
			}
		}
		return true
	}
	_, ok := literal(e)
	return ok
}

// set makes what is at a path have a value; blocks that are not there are made.
func (t *Text) set(in *hclsyntax.Block, of ref.ID, path []finding.Step, v finding.Value) ([]patch.Edit, error) {
	for i, s := range path[:len(path)-1] {
		b, err := child(in, s)
		if err != nil {
			return nil, err
		}
		if b == nil {
			for j := len(path) - 1; j > i; j-- {
				v = finding.Value{Fields: []finding.Field{{Name: path[j].Name, Value: v}}}
			}
			return t.addBlock(in, of, s.Name, v)
		}
		in = b
	}
	last := path[len(path)-1]
	if v.Fields == nil {
		return t.setAttribute(in, of, last.Name, v)
	}
	b, err := child(in, last)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return t.addBlock(in, of, last.Name, v)
	}
	var out []patch.Edit
	for _, f := range v.Fields {
		edits, err := t.set(b, of, []finding.Step{{Name: f.Name}}, f.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, edits...)
	}
	return together(out), nil
}

// together joins additions at one place in their order.
func together(edits []patch.Edit) []patch.Edit {
	var out []patch.Edit
	for _, e := range edits {
		if n := len(out); n > 0 && out[n-1].Start == e.Start && out[n-1].End == e.End && e.Start == e.End {
			out[n-1].New += e.New
			continue
		}
		out = append(out, e)
	}
	return out
}

func (t *Text) setAttribute(in *hclsyntax.Block, of ref.ID, name string, v finding.Value) ([]patch.Edit, error) {
	text, err := expression(of, v)
	if err != nil {
		return nil, err
	}
	a := in.Body.Attributes[name]
	if a == nil {
		for _, b := range in.Body.Blocks {
			if b.Type == name || b.Type == "dynamic" && len(b.Labels) == 1 && b.Labels[0] == name {
				return nil, fmt.Errorf("its %s is written as a block", name)
			}
		}
		return []patch.Edit{t.addLine(in, name, text)}, nil
	}
	r := a.Expr.Range()
	old := string(t.src[r.Start.Byte:r.End.Byte])
	if had, ok := literal(a.Expr); ok && v.List == nil && v.Ref == "" && had == v.Text {
		return nil, nil
	}
	if !written(a.Expr) || strings.HasPrefix(old, "<<") {
		return nil, fmt.Errorf("its %s is %s, which is no literal", name, brief(old))
	}
	return []patch.Edit{{Start: r.Start.Byte, End: r.End.Byte, New: text}}, nil
}

// brief is an expression in a sentence.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 60 {
		return "an expression"
	}
	return text
}
