package tfplan

import (
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/tfplan/traversal"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// inline are arguments that nested blocks make and that are unknown too if none
// are written, by type of resource, and the resources that do the same beside.
var inline = map[string]map[string][]string{
	"aws_security_group":         rules,
	"aws_default_security_group": rules,
	"aws_route_table":            {"route": {"aws_route"}},
	"aws_default_route_table":    {"route": {"aws_route"}},
}

var rules = map[string][]string{
	"ingress": {"aws_security_group_rule", "aws_vpc_security_group_ingress_rule"},
	"egress":  {"aws_security_group_rule", "aws_vpc_security_group_egress_rule"},
}

// fromDynamic reports whether an argument that is unknown and not among the
// expressions may be made by a dynamic block. Beside a resource that does the
// same it is not, since the provider tells not to mix the two. Otherwise
// something that is unknown must stand in for_each, and that no visible
// expression uses it gives it away.
func (b *builder) fromDynamic(arg string) bool {
	beside, ok := inline[b.it.typ][arg]
	if !ok {
		return false
	}
	if b.r.beside == nil {
		b.r.beside = b.r.attached()
	}
	for _, typ := range beside {
		if b.r.beside[attachment{b.it.addr, typ, ""}] || b.r.beside[attachment{b.it.addr, typ, arg}] {
			return false
		}
	}
	return b.r.hides(b.ctx.s)
}

// attachment is a resource of a type, and for some a direction, that belongs to
// the group or the table.
type attachment struct{ addr, typ, direction string }

func (r *reader) attached() map[attachment]bool {
	out := map[attachment]bool{}
	for _, it := range r.items {
		arg := "security_group_id"
		switch it.typ {
		case "aws_route":
			arg = "route_table_id"
		case "aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule":
		default:
			continue
		}
		s := r.config.scope(it.module)
		if s == nil {
			continue
		}
		conf := r.config.resources[join(s.path, address(it.data, it.typ, it.name))]
		ctx := context{s: s, key: it.key, each: conf.Get("for_each_expression"), keys: r.keysOf(it.base)}
		found := r.sources(conf.Path("expressions", arg), ctx, arg)
		for _, f := range append(found.refs, found.known...) {
			out[attachment{r.address(f.ID), it.typ, it.values.Get("type").Text()}] = true
		}
	}
	return out
}

// hides reports whether a module uses something that is unknown in what the plan
// does not show: local values and dynamic blocks.
func (r *reader) hides(s *scope) bool {
	if is, ok := r.hiding[s.path]; ok {
		return is
	}
	visible := map[string]bool{}
	see := func(n tree.Node) { r.see(n, visible, 0) }
	for _, res := range s.module.Get("resources").Items() {
		see(res.Get("expressions"))
		see(res.Get("count_expression"))
		see(res.Get("for_each_expression"))
	}
	for _, call := range s.module.Get("module_calls").Members() {
		see(call.Get("expressions"))
		see(call.Get("count_expression"))
		see(call.Get("for_each_expression"))
	}
	for _, o := range s.module.Get("outputs").Members() {
		see(o.Get("expression"))
	}
	is := !r.tracks()
	for _, m := range s.call.Get("expressions").Members() {
		if !is && !visible["var."+m.Key] {
			in := r.sources(m.Node, r.config.caller(s), "id")
			is = len(in.refs) > 0 || len(in.opaque) > 0
		}
	}
	if r.relevant == nil {
		r.relevant = r.attributes()
	}
	for _, n := range r.relevant[s.path] {
		is = is || r.hidden(n, visible)
	}
	r.hiding[s.path] = is
	return is
}

// see notes what an expression, or those in a block, refer to: what is named,
// and with its first attribute.
func (r *reader) see(n tree.Node, visible map[string]bool, depth int) {
	if depth > maxHops {
		return
	}
	for _, s := range traversal.Written(n.Get("references").Items()) {
		p := traversal.Parse(s)
		switch {
		case p.Head == "var":
			visible["var."+p.Base] = true
		case len(p.Rest) == 0:
			visible[p.Base+"."] = true
		default:
			visible[p.Base+"."+p.Rest[0]] = true
		}
	}
	for _, m := range n.Members() {
		r.see(m.Node, visible, depth+1)
	}
	for _, e := range n.Items() {
		r.see(e, visible, depth+1)
	}
}

// attributes are what the plan depends on, by path of the module that has it.
func (r *reader) attributes() map[string][]tree.Node {
	out := map[string][]tree.Node{}
	for _, n := range r.doc.Root().Get("relevant_attributes").Items() {
		id := ref.ID(n.Get("resource").Text())
		if s := r.config.scope(string(id.Module())); s != nil && len(n.Get("attribute").Items()) > 0 {
			out[s.path] = append(out[s.path], n)
		}
	}
	return out
}

// hidden reports whether an attribute is unknown and used where the plan does
// not show it.
func (r *reader) hidden(n tree.Node, visible map[string]bool) bool {
	id := ref.ID(n.Get("resource").Text())
	base, attr := string(id.Base().Short()), n.Get("attribute").Items()[0].Text()
	if visible[base+"."] || visible[base+"."+attr] {
		return false
	}
	for _, it := range r.byBase[string(id.Base())] {
		if r.work++; r.work > maxWork || !known(it, attr) {
			return true
		}
	}
	return false
}

// tracks reports whether the version that made the plan lists what it depends on.
func (r *reader) tracks() bool {
	major, rest, _ := strings.Cut(r.doc.Root().Get("terraform_version").Text(), ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, err := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	return err == nil && err2 == nil && (a > 1 || a == 1 && b >= 2)
}
