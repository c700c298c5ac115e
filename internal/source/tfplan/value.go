package tfplan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/tfplan/identity"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// expr is what the configuration says of a value: usually one expression. There
// are several if it is open which of a few blocks the value came from.
type expr struct {
	nodes   []tree.Node
	whole   bool // the expression is that of an argument which holds the value
	dynamic bool // a dynamic block may have made the value
	missing bool // the plan does not have the configuration of the resource
}

// builder makes the values of one resource.
type builder struct {
	r   *reader
	it  *item
	ctx context
}

func (r *reader) body(it *item) resource.Value {
	b := &builder{r: r, it: it}
	e := expr{}
	if r.config != nil {
		if s := r.config.scope(it.module); s != nil {
			b.ctx = context{s: s, key: it.key}
			conf := r.config.resources[join(s.path, address(it.data, it.typ, it.name))]
			b.ctx.each = conf.Get("for_each_expression")
			b.ctx.keys = r.keysOf(it.base)
			e.nodes = []tree.Node{conf.Get("expressions")}
			e.missing = conf.Kind() != tree.Object
		} else {
			e.missing = true
		}
	}
	body := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: r.place(it.node)}
	for _, name := range keys(it.values, it.unknown) {
		v := b.value(name, it.values.Get(name), it.unknown.Get(name), member(it.sensitive, name), b.child(e, name))
		if it.sensAttrs[name] {
			conceal(&v)
		}
		if v.Kind != resource.Null {
			body.Map[name] = v
		}
	}
	return body
}

// keys are the keys of both objects, sorted.
func keys(a, b tree.Node) []string {
	var out []string
	for _, m := range a.Members() {
		out = append(out, m.Key)
	}
	for _, m := range b.Members() {
		out = append(out, m.Key)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// member is the mark of a member: marks that are true cover all below them.
func member(mark tree.Node, key string) tree.Node {
	if mark.True() {
		return mark
	}
	return mark.Get(key)
}

func (b *builder) child(e expr, name string) expr {
	if e.whole {
		return e
	}
	out := expr{dynamic: e.dynamic, missing: e.missing}
	for _, n := range e.nodes {
		if c := n.Get(name); c.Kind() != tree.Absent {
			out.nodes = append(out.nodes, c)
		} else if len(e.nodes) > 1 {
			out.dynamic = true // only some of the blocks write it
		}
	}
	for _, c := range out.nodes {
		out.whole = out.whole || isExpression(c)
	}
	return out
}

// value builds a value from what is planned and the marks of the same shape.
func (b *builder) value(arg string, after, unknown, sensitive tree.Node, e expr) resource.Value {
	if unknown.True() {
		v := b.unknown(arg, e)
		if v.Kind != resource.Null {
			v.Place, v.Sensitive = b.r.place(b.it.node), sensitive.True()
		}
		return v
	}
	v := resource.Value{Place: b.r.place(after)}
	switch after.Kind() {
	case tree.Bool:
		v.Kind, v.Bool = resource.Bool, after.True()
	case tree.Number:
		v.Kind, v.Number = resource.Number, after.Number()
	case tree.String:
		v.Kind, v.Text = resource.String, after.Text()
		if arg == "user_data" && isDigest(v.Text) {
			v.Kind, v.Text, v.Why = resource.Unknown, "", "the provider keeps only a digest of the user data"
		}
	case tree.Array:
		if len(e.nodes) == 0 && !b.it.data && (identity.FromDynamic(arg) || inline[b.it.typ][arg] != nil) {
			// The provider makes no such block: a dynamic one does, or the plan
			// is of an old version, which does not show them all.
			e.dynamic = true
		}
		v.Kind, v.List = resource.List, b.list(arg, after.Items(), unknown.Items(), sensitive, e)
	case tree.Object:
		v.Kind, v.Map = resource.Map, map[string]resource.Value{}
		for _, k := range keys(after, unknown) {
			if c := b.value(k, after.Get(k), unknown.Get(k), member(sensitive, k), b.child(e, k)); c.Kind != resource.Null {
				v.Map[k] = c
			}
		}
	default:
		return resource.Value{}
	}
	v.Sensitive = sensitive.True()
	return v
}

// isDigest recognises a SHA-1 sum, which the provider puts in place of the user
// data of instances and launch configurations.
func isDigest(s string) bool {
	return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == ""
}

func (b *builder) list(arg string, items, unknown []tree.Node, sensitive tree.Node, e expr) []resource.Value {
	marks := sensitive.Items()
	var blocks []expr
	if len(e.nodes) > 0 && !e.whole {
		blocks = b.r.matchBlocks(items, unknown, e)
	}
	out := make([]resource.Value, len(items))
	var open []int // elements that are unknown as a whole
	for i, n := range items {
		mark, inner := sensitive, e
		if !sensitive.True() {
			mark = at(marks, i)
		}
		if blocks != nil {
			inner = blocks[i]
		}
		if at(unknown, i).True() {
			open = append(open, i)
		}
		out[i] = b.value(identity.Element(arg), n, at(unknown, i), mark, inner)
	}
	if len(open) < 2 || !e.whole {
		return out
	}
	// As many unknown elements as attributes that can be unknown, and none of
	// these is referred to twice: then every one of them is an element. The order
	// of references is that of the expression.
	one := identity.Element(arg)
	if s := b.gather(one, e); s.certain(one) && !s.repeated && len(s.refs) == len(open) {
		for k, i := range open {
			out[i] = resource.Value{Kind: resource.Ref, Ref: s.refs[k], Place: out[i].Place, Sensitive: out[i].Sensitive}
		}
	}
	return out
}

func at(list []tree.Node, i int) tree.Node {
	if i < len(list) {
		return list[i]
	}
	return tree.Node{}
}

// gather unites the sources of all expressions that may be meant.
func (b *builder) gather(arg string, e expr) sources {
	s := sources{several: e.dynamic || e.missing}
	for _, n := range e.nodes {
		one := b.r.sources(n, b.ctx, arg)
		s.refs, s.known, s.opaque = append(s.refs, one.refs...), append(s.known, one.known...), append(s.opaque, one.opaque...)
		s.several, s.literals, s.same = s.several || one.several, s.literals || one.literals, s.same || one.same
		s.splats += one.splats
		s.filled = s.filled || one.filled
		s.repeated = s.repeated || one.repeated
	}
	s.repeated = s.repeated || len(e.nodes) > 1
	s.refs, s.known = unique(s.refs), unique(s.known)
	if e.whole {
		s.refs, s.known = identity.Fitting(arg, s.refs), identity.Fitting(arg, s.known)
	}
	return s
}

// certain reports whether the unknown parts of the argument can be nothing but
// the refs.
func (s sources) certain(arg string) bool {
	return len(s.refs) > 0 && len(s.opaque) == 0 && !s.several &&
		!slices.ContainsFunc(s.refs, func(f resource.Reference) bool { return !identity.Identifies(arg, f.Attr) })
}

// alike reports whether all refs are to the same attribute of instances of one
// resource.
func (s sources) alike() bool {
	return !slices.ContainsFunc(s.refs, func(f resource.Reference) bool {
		return f.ID.Base() != s.refs[0].ID.Base() || f.Attr != s.refs[0].Attr
	})
}

// pick reduces the sources to the instance with the index of the resource that
// is built, where an expression such as element(var.subnet_ids, count.index)
// takes one of a list that is made of all instances.
func (b *builder) pick(s *sources) {
	if !s.same || s.splats != 1 || b.ctx.key == "" || !s.alike() {
		return
	}
	var keys []string
	var own resource.Reference
	for _, f := range s.refs {
		key := string(f.ID[len(f.ID.Base()):])
		keys = append(keys, key)
		if key == b.ctx.key {
			own = f
		}
	}
	slices.Sort(keys)
	if own.ID != "" && (strings.HasPrefix(b.ctx.key, `["`) || slices.Equal(keys, b.ctx.keys)) {
		s.refs, s.splats = []resource.Reference{own}, 0
	}
}

// unknown is the value that is known only after apply.
func (b *builder) unknown(arg string, e expr) resource.Value {
	if len(e.nodes) == 0 && !e.dynamic && !e.missing && !b.it.data && !identity.FromDynamic(arg) && !b.fromDynamic(arg) {
		// Not written: the provider fills it in. What it means that it is not
		// written is for the reader of the set to know.
		return resource.Value{}
	}
	s := b.gather(arg, e)
	list := identity.Plural(arg)
	if !list && s.certain(arg) {
		b.pick(&s)
	}
	if len(e.nodes) > 0 && e.whole && len(s.refs) == 0 && len(s.opaque) == 0 && !s.several && (!s.filled || identity.Identifies(arg, "id")) {
		// All that the expression depends on is known, so its value is: null or
		// empty, which leaves it to the provider too. Only a function that is
		// not, such as timestamp, could be hidden, and none gives an identity.
		return resource.Value{}
	}
	if e.whole && !list && s.certain(arg) && len(s.refs) == 1 {
		return resource.Value{Kind: resource.Ref, Ref: s.refs[0], Place: b.r.place(b.it.node)}
	}
	if e.whole && list && b.wholly(arg, s) {
		b.r.wholes++
		v := resource.Value{Kind: resource.List}
		for _, f := range s.refs {
			v.List = append(v.List, resource.Value{Kind: resource.Ref, Ref: f, Place: b.r.place(b.it.node)})
		}
		return v
	}
	why := "known after apply"
	switch {
	case e.missing:
		why += "; the plan does not have the configuration of " + clip(b.it.base)
	case len(e.nodes) == 0 && b.it.data:
		why += "; the data source is read only then"
	case len(e.nodes) == 0:
		why += "; it may come from a dynamic block, whose expression is not in the plan"
	case len(s.opaque) > 0:
		why += "; what stands behind " + clip(strings.Join(s.opaque, ", ")) + " is not in the plan"
	case len(s.refs) > 1:
		why += fmt.Sprintf("; it depends on %d attributes", len(s.refs))
	}
	return resource.Value{Kind: resource.Unknown, Why: why, Candidates: unique(append(s.refs, s.known...))}
}

// conceal marks a value and all in it as sensitive.
func conceal(v *resource.Value) {
	v.Sensitive = true
	for i := range v.List {
		conceal(&v.List[i])
	}
	for k, c := range v.Map {
		conceal(&c)
		v.Map[k] = c
	}
}
