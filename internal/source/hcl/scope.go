package hcl

import (
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// scope is where an expression stands: in a module, in an instance of a block,
// and within dynamic blocks.
type scope struct {
	m         *module
	each      *instance // nil outside of counted blocks
	iterators map[string]cty.Value
}

func (s *scope) Function(name string) (function.Function, bool) {
	if s.m.functions == nil {
		s.m.functions = s.m.newFunctions()
	}
	f, ok := s.m.functions[strings.TrimPrefix(name, "core::")]
	return f, ok
}

func fail(t hcl.Traversal, format string, args ...any) (cty.Value, int, *interp.Error) {
	return cty.DynamicVal, 0, &interp.Error{Why: fmt.Sprintf(format, args...), At: t.SourceRange()}
}

// Root resolves the beginning of a reference (Terraform "References to Named
// Values").
func (s *scope) Root(t hcl.Traversal) (cty.Value, int, *interp.Error) {
	root := t.RootName()
	if v, ok := s.iterators[root]; ok {
		return v, 1, nil
	}
	names := attrNames(t, 3)
	if len(names) < 2 {
		return fail(t, "%q is no reference: it needs a name after it", root)
	}
	switch root {
	case "var":
		v, ok := s.m.variable(names[1])
		if !ok {
			return s.undeclared(t, "var."+names[1], 2)
		}
		return v, 2, nil
	case "local":
		v, ok := s.m.local(names[1])
		if !ok {
			return s.undeclared(t, "local."+names[1], 2)
		}
		return v, 2, nil
	case "module":
		return s.module(t, names[1])
	case "each", "count", "self":
		return s.instance(t, root, names[1])
	case "path", "terraform", "tofu":
		return s.constant(t, root, names[1])
	case "data", "ephemeral":
		if len(names) < 3 {
			return fail(t, "a reference to a data source needs a type and a name")
		}
		if root == "ephemeral" {
			return entity(ref.ID(s.m.id+strings.Join(names, ".")), "", map[string]cty.Value{}), 3, nil
		}
		return s.resource(t, strings.Join(names, "."), 3)
	case "resource":
		if len(names) < 3 {
			return fail(t, "a reference to a resource needs a type and a name")
		}
		return s.resource(t, strings.Join(names[1:], "."), 3)
	default:
		return s.resource(t, strings.Join(names[:2], "."), 2)
	}
}

// undeclared is the value of a name that nothing declares: a reference to it,
// since files that another tool adds may declare it. It is said once.
func (s *scope) undeclared(t hcl.Traversal, name string, used int) (cty.Value, int, *interp.Error) {
	id := ref.ID(s.m.id + name)
	if !s.m.c.missed[id] {
		s.m.c.missed[id] = true
		s.m.c.diags.Add(diag.Error, interp.Place(t.SourceRange()), "name not declared",
			fmt.Sprintf("%s is used, but not declared. Its value is unknown to the analysis.", id))
	}
	if root := t.RootName(); root == "var" || root == "local" {
		return symbol.Value(resource.Reference{ID: id}), used, nil
	}
	return entity(id, "", map[string]cty.Value{}), used, nil
}

// attrNames are the names that a traversal begins with, at most n.
func attrNames(t hcl.Traversal, n int) []string {
	out := []string{t.RootName()}
	for _, step := range t[1:] {
		a, ok := step.(hcl.TraverseAttr)
		if !ok || len(out) == n {
			break
		}
		out = append(out, a.Name)
	}
	return out
}

func (s *scope) instance(t hcl.Traversal, root, name string) (cty.Value, int, *interp.Error) {
	switch {
	case root == "self":
		return entity(ref.ID(s.m.id+"self"), "", map[string]cty.Value{}), 1, nil
	case s.each == nil:
	case root == "count" && name == "index" && s.each.count != cty.NilVal:
		return s.each.count, 2, nil
	case root == "each" && name == "key" && s.each.key != cty.NilVal:
		return s.each.key, 2, nil
	case root == "each" && name == "value" && s.each.key != cty.NilVal:
		return s.each.value, 2, nil
	}
	return fail(t, "%s.%s is only known in a block with %s", root, name, map[string]string{"count": "count", "each": "for_each"}[root])
}

func (s *scope) constant(t hcl.Traversal, root, name string) (cty.Value, int, *interp.Error) {
	switch root + "." + name {
	case "path.module":
		return cty.StringVal(s.m.path()), 2, nil
	case "path.root":
		return cty.StringVal("."), 2, nil
	case "path.cwd":
		return cty.StringVal(s.m.c.workDir()), 2, nil
	case "terraform.workspace", "tofu.workspace":
		return cty.StringVal(s.m.c.opts.Workspace), 2, nil
	case "terraform.applying", "tofu.applying":
		return cty.False, 2, nil
	}
	return fail(t, "there is no %s.%s", root, name)
}

// workDir is the directory in which Terraform runs: the root module, so that
// basename(path.cwd) is its name as on any machine. Of the boundary itself no
// name is known, and it is ".".
func (c *config) workDir() string {
	if dir := path.Clean(c.opts.Dir); dir != "." {
		return path.Join(funcs.AbsRoot, dir)
	}
	return "."
}

// path is the directory of the module, relative to the root module.
func (m *module) path() string {
	p := m.c.reader.Shown(m.conf.Dir)
	if m.conf.Dir == m.c.opts.Dir || p == "" {
		return "."
	}
	return p
}

func (s *scope) module(t hcl.Traversal, name string) (cty.Value, int, *interp.Error) {
	call := s.m.moduleCall(name)
	if call == nil {
		return s.undeclared(t, "module."+name, 2)
	}
	x := call.expansion
	if x == nil {
		return unknown("module."+name+" depends on itself", ref.Place{}), len(t), nil
	}
	if call.modules == nil {
		missing := entity(ref.ID(s.m.id+"module."+name), "", map[string]cty.Value{})
		if x.kind == single {
			return missing, 2, nil
		}
		return x.whole(func(int) cty.Value { return missing }), 2, nil
	}
	n, used := x.pick(t, 2)
	if n < 0 {
		return x.whole(func(i int) cty.Value { return call.modules[i].object() }), 2, nil
	}
	if used < len(t) {
		if a, ok := t[used].(hcl.TraverseAttr); ok {
			v, declared := call.modules[n].output(a.Name)
			if !declared {
				return fail(t, "module.%s has no output %q", name, a.Name)
			}
			return v, used + 1, nil
		}
	}
	return call.modules[n].object(), used, nil
}

func (s *scope) resource(t hcl.Traversal, key string, used int) (cty.Value, int, *interp.Error) {
	if s.m.conf.Resources[key] == nil {
		return s.undeclared(t, key, used)
	}
	x := s.m.resource(key)
	if x == nil {
		return unknown(key+" depends on itself", ref.Place{}), len(t), nil
	}
	n, after := x.pick(t, used)
	if n < 0 {
		return x.whole(func(i int) cty.Value { return x.instances[i].object() }), used, nil
	}
	if after < len(t) {
		if a, ok := t[after].(hcl.TraverseAttr); ok {
			return x.instances[n].attr(a.Name), after + 1, nil
		}
	}
	return x.instances[n].object(), after, nil
}

// pick finds the instance that a reference with a constant index names. It
// gives -1 if that takes the whole.
func (x *expansion) pick(t hcl.Traversal, used int) (n, after int) {
	if x.kind == single && len(x.instances) == 1 && !x.instances[0].maybe {
		return 0, used
	}
	if used >= len(t) || x.open {
		return -1, used
	}
	step, ok := t[used].(hcl.TraverseIndex)
	if !ok {
		return -1, used
	}
	for i, in := range x.instances {
		var key cty.Value
		switch {
		case x.kind == counted:
			key = in.count
		case x.kind == keyed:
			key = in.key
		}
		if key != cty.NilVal && key.IsKnown() && key.RawEquals(step.Key) {
			return i, used + 1
		}
	}
	return -1, used
}

// whole is the value of all instances together.
func (x *expansion) whole(object func(int) cty.Value) cty.Value {
	one := func(i int) cty.Value {
		v := object(i)
		if x.instances[i].maybe {
			if r, ok := interp.AsRest(v); ok {
				return r.Mark(symbol.Reason{Why: x.instances[i].why, Place: x.instances[i].block.Place})
			}
		}
		return v
	}
	switch x.kind {
	case single:
		if len(x.instances) == 0 {
			return cty.NullVal(cty.DynamicPseudoType)
		}
		return one(0)
	case counted:
		out := make([]cty.Value, len(x.instances))
		for i := range out {
			out[i] = one(i)
		}
		return cty.TupleVal(out)
	default:
		attrs := map[string]cty.Value{}
		for i, in := range x.instances {
			name := symbol.Rest(symbol.Make(resource.Reference{ID: in.id, Attr: "each.key"}))
			if in.key.IsKnown() {
				key, _ := in.key.Unmark()
				name = key.AsString()
			}
			attrs[name] = one(i)
		}
		return cty.ObjectVal(attrs)
	}
}
