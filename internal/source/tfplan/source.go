package tfplan

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/tfplan/identity"
	"github.com/muralla-net/muralla/internal/source/tfplan/traversal"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// sources is what an expression is made of, as far as a plan tells.
type sources struct {
	refs     []resource.Reference // attributes that are unknown until apply, in the order of the expression
	known    []resource.Reference // attributes of which the plan has the value
	opaque   []string             // what hides its own sources: "local.x"
	several  bool                 // it is open which of the instances in refs is meant
	splats   int                  // how many references stand for all instances of something
	same     bool                 // the expression uses count.index or each.key
	repeated bool                 // one of refs is referred to more than once
	filled   bool                 // a value that is known and neither null nor empty takes part
	literals bool                 // ids or ARNs that are written out take part
}

// Bounds of following references. Terraform allows no cycles, but a file may
// have them.
const (
	maxHops  = 50         // references from one to the next
	maxSteps = 20_000     // references behind one expression
	maxWork  = 30_000_000 // references and blocks looked at for one file
)

type resolver struct {
	r     *reader
	arg   string // the argument that the expression is for
	out   sources
	steps int
}

// spend reports whether n more steps may be taken.
func (v *resolver) spend(n int) bool {
	v.steps += n
	v.r.work += n
	if v.steps <= maxSteps && v.r.work <= maxWork {
		return true
	}
	v.out.opaque = append(v.out.opaque, "more references than are followed")
	return false
}

// sources follows the references of an expression, or of all expressions in a
// block.
func (r *reader) sources(n tree.Node, ctx context, arg string) sources {
	v := &resolver{r: r, arg: arg}
	v.expression(n, ctx, "", 0)
	all := len(v.out.refs)
	v.out.refs, v.out.known = unique(v.out.refs), unique(v.out.known)
	v.out.repeated = v.out.repeated || len(v.out.refs) < all
	slices.Sort(v.out.opaque)
	v.out.opaque = slices.Compact(v.out.opaque)
	return v.out
}

func unique(refs []resource.Reference) []resource.Reference {
	seen := map[resource.Reference]bool{}
	return slices.DeleteFunc(refs, func(f resource.Reference) bool {
		was := seen[f]
		seen[f] = true
		return was
	})
}

// expression adds the sources of n. Attr is the attribute that is taken from
// the value of the expression, if any: "id" for each.value.id.
func (v *resolver) expression(n tree.Node, ctx context, attr string, hops int) {
	if hops > maxHops {
		v.out.opaque = append(v.out.opaque, "references that go in a circle")
		return
	}
	if !v.spend(1) {
		return
	}
	if n.Kind() == tree.Absent {
		v.out.opaque = append(v.out.opaque, "an output without an expression")
		return
	}
	if !isExpression(n) {
		for _, m := range n.Members() {
			v.expression(m.Node, ctx, "", hops+1)
		}
		for _, e := range n.Items() {
			v.expression(e, ctx, "", hops+1)
		}
		return
	}
	if c := n.Get("constant_value"); c.Kind() != tree.Absent {
		v.literal(c, 0)
		return
	}
	if n.Get("references").Kind() == tree.Absent {
		v.out.opaque = append(v.out.opaque, "an expression without references")
		return
	}
	var paths []traversal.Path
	same, detailed, elements := false, map[string]bool{}, map[string][]string{}
	for _, s := range traversal.Written(n.Get("references").Items()) {
		p := traversal.Parse(s)
		same = same || p.Head == "count" || p.Head == "each" && p.Base == "key"
		if len(p.Rest) > 0 {
			detailed[p.Base] = true
		}
		if list, number, ok := p.Element(); ok {
			elements[list] = append(elements[list], number)
		}
		paths = append(paths, p)
	}
	for _, p := range paths {
		if (p.Head == "" || p.Head == "data") && len(p.Rest) == 0 && p.Index == "" && detailed[p.Base] && len(v.r.byBase[join(ctx.s.addr, p.Base)]) < 2 {
			continue // length(x) > 0 ? x[0].id : "": the only instance is referred to already
		}
		list, _, _ := p.Element()
		numbers, taken := elements[list]
		switch {
		case list == "" || taken && !distinct(numbers):
			v.path(p, ctx, attr, same, hops+1)
		case taken:
			// Different elements of one list: together they are all of it if it
			// has no more. That it has no fewer Terraform has seen to.
			delete(elements, list)
			before := len(v.out.refs)
			v.path(p, ctx, attr, same, hops+1)
			v.out.repeated = v.out.repeated || len(numbers) > 1 && len(v.out.refs)-before != len(numbers)
		}
	}
	v.out.same = v.out.same || same && hops == 0
}

func distinct(list []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(list)))) == len(list)
}

// literal notes whether a constant has an identity written out.
func (v *resolver) literal(n tree.Node, depth int) {
	if depth > 8 {
		return
	}
	switch n.Kind() {
	case tree.String:
		v.out.literals = v.out.literals || identity.Is(n.Text())
		v.out.filled = v.out.filled || n.Text() != ""
	case tree.Bool, tree.Number:
		v.out.filled = true
	}
	for _, e := range n.Items() {
		v.literal(e, depth+1)
	}
	for _, m := range n.Members() {
		v.literal(m.Node, depth+1)
	}
}

func (v *resolver) path(p traversal.Path, ctx context, attr string, same bool, hops int) {
	if len(p.Rest) > 0 {
		attr = strings.Join(p.Rest, ".")
	}
	switch p.Head {
	case "", "data":
		v.resource(p, ctx, attr, same)
	case "var":
		v.variable(p, ctx, attr, hops)
	case "module":
		v.module(p, ctx, same, hops)
	case "each":
		v.out.filled = true
		if p.Base == "value" {
			v.eachValue(p, ctx, hops)
		}
	case "count", "path", "terraform":
		v.out.filled = true
	default:
		v.out.opaque = append(v.out.opaque, p.Head+"."+p.Base)
	}
}

func (v *resolver) variable(p traversal.Path, ctx context, attr string, hops int) {
	if ctx.s.parent == nil {
		value := v.r.config.variables.Path(p.Base, "value")
		if value.Kind() == tree.Absent {
			value = ctx.s.module.Path("variables", p.Base, "default")
		}
		v.literal(value, 0)
		return
	}
	arg := ctx.s.call.Path("expressions", p.Base)
	if arg.Kind() == tree.Absent {
		v.literal(ctx.s.module.Path("variables", p.Base, "default"), 0)
		return
	}
	if len(p.Rest) == 0 {
		attr = ""
	}
	v.expression(arg, v.r.config.caller(ctx.s), attr, hops)
}

func (v *resolver) module(p traversal.Path, ctx context, same bool, hops int) {
	if len(p.Rest) == 0 {
		v.out.opaque = append(v.out.opaque, p.Base)
		return
	}
	base := join(ctx.s.addr, p.Base)
	keys := v.r.config.instances[base]
	switch {
	case p.Index != "":
		keys = []string{p.Index}
	case len(keys) == 0:
		keys = []string{""} // a module without resources is not among the planned ones
	default:
		if !v.spend(len(keys)) {
			return
		}
		keys = v.choose(keys, ctx, same)
	}
	for _, key := range keys {
		s := v.r.config.scope(base + key)
		if s == nil {
			v.out.opaque = append(v.out.opaque, p.Base)
			continue
		}
		v.expression(s.module.Path("outputs", p.Rest[0], "expression"), context{s: s}, strings.Join(p.Rest[1:], "."), hops)
	}
}

// eachValue follows each.value to the expression of for_each. Only if that is
// the resource itself, as in for_each = aws_subnet.x, is it clear which
// instance the value is.
func (v *resolver) eachValue(p traversal.Path, ctx context, hops int) {
	refs := traversal.Written(ctx.each.Get("references").Items())
	attr := strings.Join(p.Rest, ".")
	if len(refs) == 1 && attr != "" {
		if q := traversal.Parse(refs[0]); (q.Head == "" || q.Head == "data") && len(q.Rest) == 0 && q.Index == "" {
			v.resource(q, ctx, attr, true)
			return
		}
	}
	if ctx.each.Kind() == tree.Absent {
		v.out.opaque = append(v.out.opaque, "each.value")
		return
	}
	v.out.several = true
	v.expression(ctx.each, context{s: ctx.s}, "", hops)
}

// choose tells which of the instances are meant by a reference without an
// index. Same says that the expression uses the index of its own instance.
func (v *resolver) choose(keys []string, ctx context, same bool) []string {
	switch {
	case len(keys) == 1:
		return keys
	case same && ctx.key != "" && slices.Contains(keys, ctx.key) &&
		// Arithmetic may hide behind count.index, but with the same indices on
		// both sides any constant that is added would leave their range.
		(strings.HasPrefix(ctx.key, `["`) || slices.Equal(keys, ctx.keys)):
		return []string{ctx.key}
	}
	if same {
		v.out.several = true
	} else {
		v.out.splats++
	}
	return keys
}

func (v *resolver) resource(p traversal.Path, ctx context, attr string, same bool) {
	base := join(ctx.s.addr, p.Base)
	items := v.r.byBase[base]
	switch {
	case len(items) == 0:
		// None is right for count = 0. Without count and for_each one must be
		// here, and a plan that lacks it does not tell its values.
		conf := v.r.config.resources[join(ctx.s.path, p.Base)]
		if conf.Get("count_expression").Kind() == tree.Absent && conf.Get("for_each_expression").Kind() == tree.Absent {
			v.out.opaque = append(v.out.opaque, p.Base)
		}
		return
	case p.Index != "":
		items = nil
		if it := v.r.byAddr[base+p.Index]; it != nil {
			items = []*item{it}
		}
	default:
		if !v.spend(len(items)) {
			return
		}
		if keys := v.choose(v.r.keysOf(base), ctx, same); len(keys) == 1 {
			items = []*item{v.r.byAddr[base+keys[0]]}
		}
	}
	for _, it := range items {
		a := attr
		if a == "" {
			a = "id"
			if v.arg == "arn" || identity.HasStem(v.arg, "arn") {
				a = "arn"
			}
		}
		f := resource.Reference{ID: v.r.id(it.addr), Attr: a}
		if known(it, a) {
			v.out.known, v.out.filled = append(v.out.known, f), true
			continue
		}
		v.out.refs = append(v.out.refs, f)
		if it.deferred != "" {
			v.out.several = true
		}
	}
}

// keysOf are the indices of all instances of a resource, sorted.
func (r *reader) keysOf(base string) []string {
	if keys, ok := r.keys[base]; ok {
		return keys
	}
	var keys []string
	for _, it := range r.byBase[base] {
		keys = append(keys, it.key)
	}
	slices.Sort(keys)
	r.keys[base] = keys
	return keys
}

// known reports whether the plan has the value of the attribute.
func known(it *item, attr string) bool {
	names := strings.Split(attr, ".")
	u := it.unknown
	for _, n := range names {
		if u.True() {
			return false
		}
		u = u.Get(n)
	}
	return !u.True() && it.values.Get(names[0]).Kind() > tree.Null
}
