package hcl

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// module is an instance of a module: the root, or one that a call makes.
type module struct {
	c      *config
	conf   *load.Module
	parent *module
	call   *load.Block // nil for the root
	each   *instance   // of the call
	id     string      // begins the IDs of what is in it: "prod/module.web[0]."
	key    string      // as in modules.json: "web.alb", "" for the root
	depth  int

	variables map[string]*cell
	locals    map[string]*cell
	outputs   map[string]*cell
	resources map[string]*expansion
	calls     map[string]*called
	regions   map[string]string
	functions map[string]function.Function
}

func (c *config) newModule(conf *load.Module, parent *module, call *load.Block, each *instance) *module {
	m := &module{
		c: c, conf: conf, parent: parent, call: call, each: each,
		variables: map[string]*cell{}, locals: map[string]*cell{}, outputs: map[string]*cell{},
		resources: map[string]*expansion{}, calls: map[string]*called{}, regions: map[string]string{},
	}
	if parent == nil {
		if c.opts.Prefix != "" {
			m.id = c.opts.Prefix + "/"
		}
		return m
	}
	m.id = string(each.id) + "."
	m.key = call.Labels[0]
	if parent.key != "" {
		m.key = parent.key + "." + m.key
	}
	m.depth = parent.depth + 1
	return m
}

// scope is the scope of expressions that are in no counted block.
func (m *module) scope() *scope { return &scope{m: m} }

// called is a module call with its instances.
type called struct {
	expansion *expansion
	modules   []*module // one for each instance, nil if the module is missing
	why       string    // why it is missing, or ""
}

func (m *module) moduleCall(name string) *called {
	if have, ok := m.calls[name]; ok {
		return have
	}
	block := m.conf.Calls[name]
	if block == nil {
		return nil
	}
	out := &called{}
	m.calls[name] = out
	out.expansion = m.expand(block, m.id+"module."+name)
	dir, why := m.source(block)
	if why == "" && m.depth >= maxModules {
		m.c.diags.Add(diag.Error, block.Place, "modules nested too deep",
			fmt.Sprintf("Modules are nested more than %d deep; a module probably calls itself.", maxModules))
		why = "modules are nested too deep"
	}
	if why != "" {
		out.why = why
		return out
	}
	conf := m.c.load(dir)
	for _, in := range out.expansion.instances {
		out.modules = append(out.modules, m.c.newModule(conf, m, block, in))
	}
	return out
}

// source finds the directory of a module. Without one it says why.
func (m *module) source(block *load.Block) (dir, why string) {
	source := load.Source(block)
	key := block.Labels[0]
	if m.key != "" {
		key = m.key + "." + key
	}
	if load.IsLocal(source) {
		// The part behind a double slash is still a path.
		dir = path.Join(m.conf.Dir, source)
		if strings.HasPrefix(dir, "../") || dir == ".." {
			m.c.diags.Add(diag.Error, block.Place, "module outside of the directory that may be read",
				fmt.Sprintf("The module %q is in %s, above the directory that was given. Give a directory above both with --root DIR.", block.Labels[0], source))
			return "", "its source is outside of the directory that may be read"
		}
		if m.c.reader.IsDir(dir) {
			return dir, m.circle(dir, block)
		}
	}
	if dir, ok := m.c.installed[key]; ok && m.c.reader.IsDir(dir) {
		return dir, m.circle(dir, block)
	}
	switch {
	case source == "":
		m.c.diags.Add(diag.Error, block.Place, "module not here", fmt.Sprintf("The module %q has no source that is a constant text.", block.Labels[0]))
		return "", "its source is not a constant"
	case load.IsLocal(source):
		m.c.diags.Add(diag.Error, block.Place, "module not here", fmt.Sprintf("The module %q is to be in %s, but no directory is there.", block.Labels[0], source))
		return "", "its directory does not exist"
	}
	m.c.diags.Add(diag.Warning, block.Place, "module not here",
		fmt.Sprintf("The module %q comes from %s and is not in .terraform/modules. What it would make is missing from the analysis. Run terraform init, then read again.", block.Labels[0], load.Public(source)))
	return "", "its source is not in .terraform/modules"
}

// circle says that a module calls itself, if it does.
func (m *module) circle(dir string, block *load.Block) string {
	for up := m; up != nil; up = up.parent {
		if up.conf.Dir == dir {
			m.c.diags.Add(diag.Error, block.Place, "module calls itself",
				fmt.Sprintf("The module %q calls the module that it is in, directly or through others. It is left out here.", block.Labels[0]))
			return "it calls itself"
		}
	}
	return ""
}

// missing records a module that is not here. Its inputs may depend on its own
// outputs, so that this comes last.
func (m *module) missing(name string, call *called) {
	block := m.conf.Calls[name]
	seen := map[resource.Reference]bool{}
	for _, in := range call.expansion.instances {
		s := &scope{m: m, each: in}
		for _, a := range block.Attrs {
			if slices.Contains(metaOfCalls, a.Name) {
				continue
			}
			references(m.c.eval(a, s), seen)
		}
	}
	m.c.set.Missing = append(m.c.set.Missing, resource.Missing{
		ID: ref.ID(m.id + "module." + name), Source: load.Public(load.Source(block)), Why: call.why, Place: block.Place,
		Inputs: slices.SortedFunc(maps.Keys(seen), compareRefs),
	})
}

// references adds the references in a value.
func references(v cty.Value, to map[resource.Reference]bool) {
	symbol.Walk(v, func(s string) {
		for _, p := range symbol.Parts(s) {
			if p.IsRef && p.Ref.ID != "" {
				to[p.Ref] = true
			}
		}
	})
	for _, r := range symbol.Candidates(v) {
		to[r] = true
	}
}

// metaOfCalls are the arguments of a module block that are no inputs.
var metaOfCalls = []string{"count", "depends_on", "for_each", "providers", "source", "version"}

func compareRefs(a, b resource.Reference) int {
	if a.ID != b.ID {
		return strings.Compare(string(a.ID), string(b.ID))
	}
	return strings.Compare(a.Attr, b.Attr)
}

// output is the value of an output.
func (m *module) output(name string) (cty.Value, bool) {
	block := m.conf.Outputs[name]
	if block == nil {
		return cty.DynamicVal, false
	}
	in := m.outputs[name]
	if in == nil {
		in = &cell{}
		m.outputs[name] = in
	}
	return m.c.once(in, m.id+"output."+name, block.Place, func() cty.Value {
		a, ok := block.Attr("value")
		if !ok {
			return unknown("output "+name+" has no value", block.Place)
		}
		v := m.c.eval(a, m.scope())
		if m.flag(block, "sensitive") {
			v = v.Mark(symbol.Sensitive{})
		}
		return v
	}), true
}

// object is all outputs of a module.
func (m *module) object() cty.Value {
	attrs := map[string]cty.Value{}
	for name := range m.conf.Outputs {
		attrs[name] = cty.DynamicVal
	}
	for _, name := range sortedKeys(attrs) {
		attrs[name], _ = m.output(name)
	}
	return cty.ObjectVal(attrs)
}

// local is the value of a local.
func (m *module) local(name string) (cty.Value, bool) {
	a, ok := m.conf.Locals[name]
	if !ok {
		return cty.DynamicVal, false
	}
	in := m.locals[name]
	if in == nil {
		in = &cell{}
		m.locals[name] = in
	}
	return m.c.once(in, m.id+"local."+name, a.Place, func() cty.Value { return m.c.eval(a, m.scope()) }), true
}

// flag is an argument that is a constant bool, or false.
func (m *module) flag(block *load.Block, name string) bool {
	a, ok := block.Attr(name)
	if !ok {
		return false
	}
	v, err := m.c.ev.Value(a.Expr, m.scope())
	if err != nil {
		return false
	}
	v, _ = v.Unmark()
	return v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool && v.True()
}

// unknown is an unknown value of any type.
func unknown(why string, at ref.Place) cty.Value {
	return symbol.Unknown(cty.DynamicPseudoType, why, at)
}

// entity is the object of something that only AWS knows, with what is known.
func entity(id ref.ID, attr string, attrs map[string]cty.Value) cty.Value {
	attrs[interp.EntityKey] = symbol.Value(resource.Reference{ID: id, Attr: attr})
	return cty.ObjectVal(attrs)
}
