package hcl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// emit appends the resources of a module and of those it calls to the set.
func (m *module) emit() {
	maybe, why := m.doubt()
	m.remarks(m.conf.Remarks, "", false)
	for _, key := range sortedKeys(m.conf.Resources) {
		m.remarks(m.conf.Resources[key].Remarks, m.id+key, false)
		x := m.resource(key)
		if x == nil {
			continue
		}
		for _, in := range x.instances {
			block := in.block
			r := resource.Resource{
				ID: in.id, Type: block.Labels[0], Name: block.Labels[1], Data: block.Type == "data", Region: in.region(),
				Place: block.Place, Exists: fact.Yes, IgnoreChanges: ignoreChanges(block), Body: in.body(),
			}
			switch {
			case in.maybe:
				r.Exists, r.Why = fact.Unknown, in.why
			case maybe:
				r.Exists, r.Why = fact.Unknown, why
			}
			m.c.set.Resources = append(m.c.set.Resources, r)
			m.c.others.store(in, r.Exists)
		}
	}
	for _, name := range sortedKeys(m.conf.Locals) {
		m.local(name) // so that its errors are said
	}
	for _, name := range sortedKeys(m.conf.Outputs) {
		m.output(name)
	}
	for _, name := range sortedKeys(m.conf.Calls) {
		m.remarks(m.conf.Calls[name].Remarks, m.id+"module."+name, true)
		call := m.moduleCall(name)
		if call.why != "" {
			m.missing(name, call)
		}
		for _, child := range call.modules {
			child.emit()
		}
	}
}

// remarks hands over what is written beside a block.
func (m *module) remarks(list []load.Remark, scope string, below bool) {
	for _, r := range list {
		m.c.set.Remarks = append(m.c.set.Remarks, resource.Remark{Scope: ref.ID(scope), Below: below, Text: r.Text, Place: r.Place})
	}
}

// doubt reports whether the module stands for zero or more of its kind.
func (m *module) doubt() (bool, string) {
	for up := m; up.parent != nil; up = up.parent {
		if up.each.maybe {
			return true, up.each.why
		}
	}
	return false, ""
}

// body is the tree of an instance that is handed over.
func (in *instance) body() resource.Value {
	out := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: in.block.Place}
	for _, a := range in.block.Attrs {
		if slices.Contains(metaArguments, a.Name) {
			continue
		}
		in.m.c.put(out.Map, a, in.written(a))
	}
	in.m.c.putBlocks(out.Map, in.nested())
	for _, name := range specials[in.block.Labels[0]] {
		if v, ok := in.special(name); ok {
			in.m.c.put(out.Map, load.Attr{Name: name, Place: in.block.Place}, v)
		}
	}
	return out
}

// put adds an attribute; null is absent.
func (c *config) put(to map[string]resource.Value, a load.Attr, v cty.Value) {
	if out := c.value(v, a.Expr, context{place: a.Place}); out.Kind != resource.Null {
		to[a.Name] = out
	}
}

func (c *config) putBlocks(to map[string]resource.Value, blocks map[string][]*node) {
	for _, name := range slices.Sorted(maps.Keys(blocks)) {
		list := resource.Value{Kind: resource.List, Place: blocks[name][0].place}
		for _, n := range blocks[name] {
			item := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: n.place, Maybe: n.maybe, Why: n.why}
			for _, a := range n.attrs {
				c.put(item.Map, a.attr, a.v)
			}
			c.putBlocks(item.Map, n.blocks)
			list.List = append(list.List, item)
		}
		to[name] = list
	}
}

// context is what a value inherits from the value that it is in.
type context struct {
	place      ref.Place
	why        string
	sensitive  bool
	candidates []resource.Reference
	depth      int
}

// value turns a value of cty into one of the model. The expression it comes
// from gives the places of its elements, if it is literal.
func (c *config) value(v cty.Value, expr hclsyntax.Expression, in context) resource.Value {
	if c.nodes++; c.nodes > maxNodes || in.depth > 200 {
		if c.nodes == maxNodes+1 {
			c.diags.Add(diag.Error, in.place, "values too large", fmt.Sprintf("The resources have more than %d values. The rest is unknown.", maxNodes))
		}
		return resource.Value{Kind: resource.Unknown, Why: "the configuration has too many values", Place: in.place}
	}
	in.depth++
	plain, marks := v.Unmark()
	in.inherit(marks)
	out := resource.Value{Sensitive: in.sensitive, Place: in.place}
	switch ty := plain.Type(); {
	case plain.IsNull():
		return resource.Value{}
	case !plain.IsKnown():
		out.Kind, out.Why, out.Candidates = resource.Unknown, in.why, in.candidates
		if out.Why == "" {
			out.Why = "it is known only after apply"
		}
	case ty == cty.Bool:
		out.Kind, out.Bool = resource.Bool, plain.True()
	case ty == cty.Number:
		out.Kind = resource.Number
		out.Number, _ = plain.AsBigFloat().Float64()
	case ty == cty.String:
		c.text(&out, plain.AsString(), in)
	case ty.IsObjectType() || ty.IsMapType():
		c.mapping(&out, plain, expr, in)
	case plain.CanIterateElements():
		c.list(&out, plain, expr, in)
	default:
		out.Kind, out.Why = resource.Unknown, "it is of a type without values"
	}
	return out
}

func (in *context) inherit(marks cty.ValueMarks) {
	if len(marks) == 0 {
		return
	}
	marked := cty.True.WithMarks(marks)
	if why, _ := symbol.Why(marked); why != "" {
		in.why = why
	}
	if have := symbol.Candidates(marked); len(have) > 0 {
		in.candidates = have
	}
	if _, ok := marks[symbol.Sensitive{}]; ok {
		in.sensitive = true
	}
}

// text cuts a string into literals and references. In JSON what may be absent is
// an unknown piece at its place, so that the rest of the text stays known.
func (c *config) text(out *resource.Value, s string, in context) {
	if body, whole := strings.CutSuffix(s, symbol.RestKey); symbol.HasRest(body) && strings.ContainsAny(s[:1], "[{") {
		why := in.why
		if why == "" {
			why = "a condition may leave out a part of it"
		}
		s = strings.ReplaceAll(body, symbol.RestKey, symbol.Hole(why))
		if whole {
			s = symbol.Rest(s)
		}
	}
	if symbol.HasRest(s) {
		out.Maybe, out.Why = true, in.why
		if out.Why == "" {
			out.Why = reasonOf(s)
		}
	}
	parts := symbol.Parts(s)
	list := make([]resource.Value, 0, len(parts))
	for _, p := range parts {
		switch {
		case !p.IsRef:
			list = append(list, resource.Value{Kind: resource.String, Text: p.Text, Place: in.place})
		case p.Ref.ID == "":
			list = append(list, resource.Value{Kind: resource.Unknown, Why: p.Ref.Attr, Place: in.place})
		default:
			list = append(list, resource.Value{Kind: resource.Ref, Ref: p.Ref, Place: in.place})
		}
	}
	switch {
	case len(list) == 0:
		out.Kind = resource.String
	case len(list) == 1:
		out.Kind, out.Text, out.Ref = list[0].Kind, list[0].Text, list[0].Ref
		if out.Kind == resource.Unknown {
			out.Why = list[0].Why
		}
	default:
		out.Kind, out.List = resource.Text, list
	}
}

func (c *config) list(out *resource.Value, v cty.Value, expr hclsyntax.Expression, in context) {
	out.Kind = resource.List
	tuple, _ := bare(expr).(*hclsyntax.TupleConsExpr)
	if tuple != nil && len(tuple.Exprs) != v.LengthInt() {
		tuple = nil
	}
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, element := it.Element()
		var from hclsyntax.Expression
		item := in
		if tuple != nil {
			from = tuple.Exprs[i]
			item.place = load.At(from.Range())
		}
		if got := c.value(element, from, item); got.Kind != resource.Null {
			out.List = append(out.List, got)
		}
	}
}

func (c *config) mapping(out *resource.Value, v cty.Value, expr hclsyntax.Expression, in context) {
	out.Kind, out.Map = resource.Map, map[string]resource.Value{}
	object, _ := bare(expr).(*hclsyntax.ObjectConsExpr)
	for it := v.ElementIterator(); it.Next(); {
		key, element := it.Element()
		name := key.AsString()
		switch name {
		case interp.EntityKey:
			continue
		case symbol.RestKey:
			out.Maybe, out.Why = true, in.why
			if out.Why == "" {
				out.Why = "the length of a list is not known"
			}
			continue
		}
		item := in
		from := itemOf(object, name)
		if from != nil {
			item.place = load.At(from.Range())
		}
		got := c.value(element, from, item)
		if got.Kind == resource.Null {
			continue
		}
		if strings.Contains(name, symbol.RestKey) {
			got.Maybe, got.Why = true, reasonOf(name)
		}
		out.Map[shown(name)] = got
	}
}

func bare(expr hclsyntax.Expression) hclsyntax.Expression {
	for {
		p, ok := expr.(*hclsyntax.ParenthesesExpr)
		if !ok {
			return expr
		}
		expr = p.Expression
	}
}

// itemOf is the expression of an object for a constant key, or nil.
func itemOf(object *hclsyntax.ObjectConsExpr, name string) hclsyntax.Expression {
	if object == nil {
		return nil
	}
	for _, item := range object.Items {
		if key, problems := item.KeyExpr.Value(nil); !problems.HasErrors() && key.Type() == cty.String && key.IsKnown() && !key.IsNull() && key.AsString() == name {
			return item.ValueExpr
		}
	}
	return nil
}
