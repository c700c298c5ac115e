package hcl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// resource is a resource or data source with its instances, or nil while these
// are being found out: then it depends on itself.
func (m *module) resource(key string) *expansion {
	if have, ok := m.resources[key]; ok {
		if have == nil {
			m.c.diags.Add(diag.Error, m.conf.Resources[key].Place, "reference to itself",
				fmt.Sprintf("How often %s is repeated depends on itself. Break the circle.", m.id+key))
		}
		return have
	}
	m.resources[key] = nil
	x := m.expand(m.conf.Resources[key], m.id+key)
	m.resources[key] = x
	return x
}

// metaArguments are the arguments and blocks of a resource that are Terraform's
// own.
var metaArguments = []string{"count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection"}

func (in *instance) scope() *scope { return &scope{m: in.m, each: in} }

// attr is the value of an attribute, for a reference to it.
func (in *instance) attr(name string) cty.Value {
	if a, ok := in.block.Attr(name); ok && !slices.Contains(metaArguments, name) {
		v := in.written(a)
		if plain, marks := v.Unmark(); plain.IsNull() {
			if slices.Contains(chosen, name) {
				return in.computed(name)
			}
			// Null may stand for a value that the provider computes.
			return cty.StringVal(symbol.Rest(symbol.Make(resource.Reference{ID: in.id, Attr: name}))).WithMarks(marks)
		}
		return v
	}
	if nodes := in.nested()[name]; len(nodes) > 0 {
		return in.nodesValue(nodes, name)
	}
	return in.computed(name)
}

// chosen are the attributes that AWS or the provider always chooses a value
// for if none is written.
var chosen = []string{"arn", "availability_zone", "bucket", "cidr_block", "id", "identifier", "name", "region", "vpc_id"}

// computed is an attribute that is not written.
func (in *instance) computed(name string) cty.Value {
	if v, ok := in.special(name); ok {
		return v
	}
	return symbol.Value(resource.Reference{ID: in.id, Attr: name})
}

// written is the value of an argument that is written.
func (in *instance) written(a load.Attr) cty.Value {
	if in.attrs == nil {
		in.attrs = map[string]*cell{}
	}
	have := in.attrs[a.Name]
	if have == nil {
		have = &cell{}
		in.attrs[a.Name] = have
	}
	return in.m.c.once(have, string(in.id)+"."+a.Name, a.Place, func() cty.Value { return in.m.c.eval(a, in.scope()) })
}

// object is the whole instance as a value.
func (in *instance) object() cty.Value {
	attrs := map[string]cty.Value{}
	for _, a := range in.block.Attrs {
		if !slices.Contains(metaArguments, a.Name) {
			attrs[a.Name] = in.attr(a.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.nested())) {
		attrs[name] = in.nodesValue(in.nested()[name], name)
	}
	for _, name := range specials[in.block.Labels[0]] {
		if v, ok := in.special(name); ok {
			attrs[name] = v
		}
	}
	return entity(in.id, "", attrs)
}

// node is an evaluated nested block.
type node struct {
	attrs  []evaluated
	blocks map[string][]*node
	place  ref.Place
	maybe  bool
	why    string
}

type evaluated struct {
	attr load.Attr
	v    cty.Value
}

// nested are the nested blocks by type, evaluated.
func (in *instance) nested() map[string][]*node {
	if in.blocks == nil {
		in.blocks = map[string][]*node{} // seen by blocks that refer to their own resource
		in.blocks = in.m.nodes(in.block.Blocks, in.scope(), true)
	}
	return in.blocks
}

func (m *module) nodes(blocks []*load.Block, s *scope, top bool) map[string][]*node {
	out := map[string][]*node{}
	for _, b := range blocks {
		switch {
		case top && slices.Contains(metaArguments, b.Type):
		case b.Type == "dynamic" && len(b.Labels) == 1:
			m.dynamic(b, s, out)
		default:
			out[b.Type] = append(out[b.Type], m.node(b, s))
		}
	}
	return out
}

func (m *module) node(b *load.Block, s *scope) *node {
	m.c.blocks++
	n := &node{place: b.Place, blocks: m.nodes(b.Blocks, s, false)}
	for _, a := range b.Attrs {
		n.attrs = append(n.attrs, evaluated{a, m.c.eval(a, s)})
	}
	return n
}

// dynamic repeats the content of a dynamic block (Terraform "dynamic Blocks").
func (m *module) dynamic(b *load.Block, s *scope, out map[string][]*node) {
	name, content := b.Labels[0], b.Block("content")
	a, ok := b.Attr("for_each")
	if content == nil || !ok {
		m.c.diags.Add(diag.Error, b.Place, "dynamic block not understood", "A dynamic block needs for_each and a content block. It is left out.")
		return
	}
	iterator := name
	if it, ok := b.Attr("iterator"); ok {
		if word := hcl.ExprAsKeyword(it.Expr); word != "" {
			iterator = word
		} else if v, err := it.Expr.Value(nil); !err.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
			iterator = v.AsString()
		}
	}
	if m.c.blocks > maxBlocks {
		return
	}
	add := func(key, value cty.Value, maybe bool, reason string) {
		in := *s
		in.iterators = maps.Clone(s.iterators)
		if in.iterators == nil {
			in.iterators = map[string]cty.Value{}
		}
		in.iterators[iterator] = cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})
		n := m.node(content, &in)
		n.maybe, n.why = maybe, reason
		out[name] = append(out[name], n)
	}
	v := interp.Collection(m.c.eval(a, s))
	plain, _ := v.Unmark()
	switch {
	case !plain.IsKnown():
		reason := why(v, "the collection of a dynamic block is not known")
		add(unknown(reason, a.Place), unknown(reason, a.Place), true, reason)
	case plain.IsNull() || !plain.CanIterateElements():
		m.c.diags.Add(diag.Error, a.Place, "for_each is no collection", fmt.Sprintf("The dynamic block %q needs a list, a set or a map. It is left out.", name))
	default:
		isSet := plain.Type().IsSetType()
		for it := plain.ElementIterator(); it.Next(); {
			if m.c.blocks > maxBlocks {
				m.c.diags.Add(diag.Error, b.Place, "too many blocks", fmt.Sprintf("Dynamic blocks make more than %d blocks. The rest is left out.", maxBlocks))
				break
			}
			key, value := it.Element()
			if key.Type() == cty.String && (key.AsString() == interp.EntityKey || key.AsString() == symbol.RestKey) {
				continue
			}
			rest := symbol.IsRest(key) || symbol.IsRest(value)
			if isSet {
				key = value
			}
			reason := ""
			if rest {
				reason = why(v, "the collection of a dynamic block is not known")
			}
			add(interp.One(key), interp.One(value), rest, reason)
		}
	}
}

// nodesValue is the nested blocks of a type as a value, for references.
func (in *instance) nodesValue(nodes []*node, path string) cty.Value {
	out := make([]cty.Value, 0, len(nodes))
	for i, n := range nodes {
		at := path + "." + strconv.Itoa(i)
		attrs := map[string]cty.Value{}
		for _, a := range n.attrs {
			if plain, _ := a.v.Unmark(); !plain.IsNull() {
				attrs[a.attr.Name] = a.v
			}
		}
		for name, inner := range n.blocks {
			attrs[name] = in.nodesValue(inner, at+"."+name)
		}
		v := entity(in.id, at, attrs)
		if n.maybe {
			v, _ = interp.AsRest(v)
		}
		out = append(out, v)
	}
	return cty.TupleVal(out)
}

// ignoreChanges are the attributes that lifecycle tells Terraform not to mend.
func ignoreChanges(block *load.Block) []string {
	life := block.Block("lifecycle")
	if life == nil {
		return nil
	}
	a, ok := life.Attr("ignore_changes")
	if !ok {
		return nil
	}
	if hcl.ExprAsKeyword(a.Expr) == "all" {
		return []string{"all"}
	}
	items := []hclsyntax.Expression{a.Expr}
	if tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
		items = tuple.Exprs
	}
	var out []string
	for _, item := range items {
		if t, problems := hcl.AbsTraversalForExpr(item); !problems.HasErrors() {
			out = append(out, t.RootName())
		} else if v, problems := item.Value(nil); !problems.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
			out = append(out, v.AsString())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
