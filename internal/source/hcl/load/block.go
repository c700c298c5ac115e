package load

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/muralla-net/muralla/internal/ref"
)

// Block is a block of a configuration, of either syntax.
type Block struct {
	Type   string
	Labels []string
	Attrs  []Attr // sorted by name
	Blocks []*Block
	Place  ref.Place

	// Remarks are those within and above the block; of a whole file, and of a
	// block that deploys nothing, those that are beside no block that does.
	Remarks []Remark
}

// Attr is an argument of a block.
type Attr struct {
	Name  string
	Expr  hclsyntax.Expression
	Place ref.Place
}

// Attr returns the argument of a name.
func (b *Block) Attr(name string) (Attr, bool) {
	i, ok := slices.BinarySearchFunc(b.Attrs, name, func(a Attr, name string) int { return cmp.Compare(a.Name, name) })
	if !ok {
		return Attr{}, false
	}
	return b.Attrs[i], true
}

// Block returns the first nested block of a type, or nil.
func (b *Block) Block(kind string) *Block {
	for _, in := range b.Blocks {
		if in.Type == kind {
			return in
		}
	}
	return nil
}

// At is the place of a range of a file that was parsed under its shown name.
func At(r hcl.Range) ref.Place { return ref.Place{File: r.Filename, Line: r.Start.Line} }

func fromNative(body *hclsyntax.Body) *Block {
	out := &Block{Place: At(body.SrcRange)}
	for name, a := range body.Attributes {
		out.Attrs = append(out.Attrs, Attr{Name: name, Expr: a.Expr, Place: At(a.NameRange)})
	}
	sortAttrs(out.Attrs)
	for _, b := range body.Blocks {
		in := fromNative(b.Body)
		in.Type, in.Labels, in.Place = b.Type, b.Labels, At(b.TypeRange)
		out.Blocks = append(out.Blocks, in)
	}
	return out
}

func sortAttrs(attrs []Attr) {
	slices.SortFunc(attrs, func(a, b Attr) int { return cmp.Compare(a.Name, b.Name) })
}

// override lays the block of an override file over an original one (Terraform
// "Override Files"): arguments replace arguments, and nested blocks replace
// all nested blocks of their type; of lifecycle, arguments are merged.
func (b *Block) override(over *Block) {
	b.Remarks = append(b.Remarks, over.Remarks...)
	for _, a := range over.Attrs {
		i, ok := slices.BinarySearchFunc(b.Attrs, a.Name, func(have Attr, name string) int { return cmp.Compare(have.Name, name) })
		if ok {
			b.Attrs[i] = a
		} else {
			b.Attrs = slices.Insert(b.Attrs, i, a)
		}
	}
	replaced := map[string]bool{}
	for _, in := range over.Blocks {
		if old := b.Block(in.Type); in.Type == "lifecycle" && old != nil {
			old.override(in)
			continue
		}
		replaced[in.generates()] = true
	}
	b.Blocks = slices.DeleteFunc(b.Blocks, func(in *Block) bool { return replaced[in.generates()] })
	for _, in := range over.Blocks {
		if replaced[in.generates()] {
			b.Blocks = append(b.Blocks, in)
		}
	}
}

// generates is the type of block that a block stands for: a dynamic block
// stands for the type in its label.
func (b *Block) generates() string {
	if b.Type == "dynamic" && len(b.Labels) == 1 {
		return b.Labels[0]
	}
	return b.Type
}
