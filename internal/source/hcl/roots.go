package hcl

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/grunt"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
)

// Root is a root module of an estate of several.
type Root struct {
	Files Files
	At    string // the boundary on this machine: only compared, for states that are files
	Options
}

// ReadRoots evaluates the root modules of one estate, and returns a set for each
// in their order. A root that reads the state of another (the data source
// terraform_remote_state) has its outputs; one that reads a parameter of Systems
// Manager that another makes has its value. Roots of one estate are taken to be of
// one account.
func ReadRoots(roots []Root) ([]resource.Set, diag.List) {
	e := &roster{states: make([]state, len(roots)), made: make([][]parameter, len(roots))}
	read := make([]*config, len(roots))
	asked := make([]map[string]cty.Value, len(roots))
	for i := range roots {
		e.states[i] = state{root: i} // there, and not known
	}
	evaluate := func(i int, blind bool) {
		r := roots[i]
		w := &wanted{roster: e, root: i, blind: blind, at: path.Join(r.At, path.Clean(r.Dir)), got: map[string]cty.Value{}, ask: map[string]func() cty.Value{}}
		read[i] = readWith(r.Files, r.Options, grunt.Unit{}, w)
		asked[i] = w.got
		e.asks(i, w.ask)
		e.states[i], e.made[i] = w.publish(read[i]), w.made
	}
	// What a root reads of another may hang on what that reads of a third, but on
	// no more of them than there are.
	stale := func() (out []int) {
		for i := range roots {
			if read[i] == nil || e.stale(i, asked[i]) {
				out = append(out, i)
			}
		}
		return out
	}
	again := stale()
	for pass := 0; pass <= min(len(roots), maxPasses) && len(again) > 0; pass++ {
		for _, i := range again {
			evaluate(i, false)
		}
		again = stale()
	}
	for ; len(again) > 0; again = stale() {
		for _, i := range again {
			evaluate(i, true)
			read[i].diags.Add(diag.Error, ref.Place{File: read[i].reader.Shown(path.Clean(roots[i].Dir))}, "roots read each other in a circle",
				"What this root reads from states and parameters of other roots depends on what they read from its own, or goes over too many roots, so that it is unknown here. Break the circle.")
		}
	}
	var sets []resource.Set
	var diags diag.List
	declared := map[string]bool{}
	for _, c := range read {
		sets = append(sets, c.set)
		diags = append(diags, *c.diags...)
		if c.root != nil {
			for name := range c.root.conf.Variables {
				declared[name] = true
			}
		}
	}
	if len(roots) > 0 {
		for _, name := range sortedKeys(roots[0].Vars) {
			if !declared[name] {
				diags.Add(diag.Warning, ref.Place{}, "variable not declared",
					fmt.Sprintf("A value is given for the variable %q, but no root module declares a variable of that name.", name))
			}
		}
	}
	return sets, diags.Sorted()
}

// maxPasses bounds how far values go from root to root.
const maxPasses = 8

// roster is what the roots of an estate know of each other.
type roster struct {
	states []state
	made   [][]parameter // of each root
	ask    []map[string]func() cty.Value
}

// state is where the state of a root is kept, and its outputs.
type state struct {
	root    int
	kind    string // of the backend; empty while it is not known
	config  map[string]string
	outputs cty.Value
}

// parameter is a parameter of Systems Manager that a root makes.
type parameter struct {
	name, region string
	value        cty.Value
}

// wanted is what one root reads of the others while it is evaluated.
type wanted struct {
	*roster
	root  int
	blind bool   // it is given nothing, since it is in a circle
	at    string // the root module on this machine
	got   map[string]cty.Value
	ask   map[string]func() cty.Value
	made  []parameter
}

func (e *roster) asks(root int, ask map[string]func() cty.Value) {
	for len(e.ask) <= root {
		e.ask = append(e.ask, nil)
	}
	e.ask[root] = ask
}

// stale is whether a root would be given other values now.
func (e *roster) stale(root int, got map[string]cty.Value) bool {
	for key, ask := range e.ask[root] {
		if now := ask(); now == cty.NilVal != (got[key] == cty.NilVal) || now != cty.NilVal && !now.RawEquals(got[key]) {
			return true
		}
	}
	return false
}

// need is the answer to a question about the other roots, which is kept with the
// question.
func (w *wanted) need(key string, ask func() cty.Value) (cty.Value, bool) {
	if w.blind {
		return cty.NilVal, false
	}
	v := ask()
	w.got[key], w.ask[key] = v, ask
	return v, v != cty.NilVal
}

// identity is the settings of each kind of backend that tell one state from
// another (Terraform "Backends"); the last one alone must be known.
var identity = map[string][]string{
	"s3": {"bucket", "key"}, "gcs": {"bucket", "prefix"}, "azurerm": {"storage_account_name", "container_name", "key"},
	"http": {"address"}, "consul": {"path"}, "oss": {"bucket", "prefix", "key"}, "cos": {"bucket", "prefix", "key"}, "pg": {"schema_name"},
	"remote": {"organization", "workspaces"}, "local": {"path"},
}

// outputs are the outputs of the root whose state has these settings, if exactly
// one has.
func (e *roster) outputs(reader int, kind string, config map[string]string) cty.Value {
	keys := identity[kind]
	if len(keys) == 0 || config[keys[len(keys)-1]] == "" {
		return cty.NilVal
	}
	found := cty.NilVal
	for _, s := range e.states {
		same := s.kind == kind && s.root != reader && s.config[keys[len(keys)-1]] != "" && !slices.ContainsFunc(keys, func(k string) bool {
			a, b := s.config[k], config[k]
			return a != b && a != "" && b != ""
		})
		if !same {
			continue
		}
		if found != cty.NilVal {
			return cty.NilVal
		}
		found = s.outputs
	}
	return found
}

// parameter is the value of the parameter of a name, if exactly one root makes it.
func (e *roster) parameter(name, region string) cty.Value {
	found := cty.NilVal
	for _, list := range e.made {
		for _, p := range list {
			if p.name != name || p.region != region && p.region != "" && region != "" {
				continue
			}
			if found != cty.NilVal {
				return cty.NilVal
			}
			found = p.value
		}
	}
	return found
}

// publish is the state of a root that was read.
func (w *wanted) publish(c *config) state {
	s := state{root: w.root, kind: "local", config: map[string]string{"path": path.Join(w.at, "terraform.tfstate")}, outputs: cty.EmptyObjectVal}
	if c.root == nil {
		return state{root: w.root}
	}
	s.outputs = c.root.object()
	for _, settings := range c.root.conf.Settings {
		if b := settings.Block("backend"); b != nil && len(b.Labels) == 1 {
			s.kind, s.config = b.Labels[0], w.settings(b.Labels[0], c.root.settings(b))
		}
		if b := settings.Block("cloud"); b != nil {
			s.kind, s.config = "remote", w.settings("remote", c.root.settings(b))
		}
	}
	return s
}

// settings are those settings of a backend that are known texts.
func (w *wanted) settings(kind string, given map[string]cty.Value) map[string]string {
	out := map[string]string{}
	for _, name := range identity[kind] {
		v := given[name]
		if v == cty.NilVal {
			continue
		}
		if name == "workspaces" { // a block or an object with the name in it
			v = nameIn(v)
		}
		if text, ok := plainText(v); ok {
			out[name] = text
		}
	}
	if kind == "local" && !path.IsAbs(out["path"]) {
		if out["path"] == "" {
			out["path"] = "terraform.tfstate"
		}
		out["path"] = path.Join(w.at, out["path"])
	}
	return out
}

// nameIn is the name of a workspace in a value of one of the forms in which it
// is written: an object, or a list of one.
func nameIn(v cty.Value) cty.Value {
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() {
		return cty.NullVal(cty.String)
	}
	if ty := v.Type(); (ty.IsTupleType() || ty.IsListType()) && v.LengthInt() == 1 {
		v = v.Index(cty.NumberIntVal(0))
		v, _ = v.Unmark()
	}
	if ty := v.Type(); v.IsKnown() && ty.IsObjectType() && ty.HasAttribute("name") {
		return v.GetAttr("name")
	} else if v.IsKnown() && ty.IsMapType() && v.HasIndex(cty.StringVal("name")).True() {
		return v.Index(cty.StringVal("name"))
	}
	return cty.NullVal(cty.String)
}

// settings evaluates the arguments of a block of settings and those of blocks in
// it, by name.
func (m *module) settings(b *load.Block) map[string]cty.Value {
	out := map[string]cty.Value{}
	for _, a := range b.Attrs {
		out[a.Name] = interp.Fill(m.c.eval(a, m.scope()))
	}
	for _, in := range b.Blocks {
		out[in.Type] = cty.ObjectVal(m.settings(in))
	}
	return out
}

// remoteState is the outputs of the root whose state is read.
func (in *instance) remoteState() (cty.Value, bool) {
	w := in.m.c.others
	if w == nil {
		return cty.NilVal, false
	}
	backend, ok := in.block.Attr("backend")
	if !ok {
		return cty.NilVal, false
	}
	kind, ok := plainText(in.written(backend))
	if !ok {
		return cty.NilVal, false
	}
	if a, ok := in.block.Attr("workspace"); ok {
		if name, known := plainText(in.written(a)); !known || name != in.m.c.opts.Workspace {
			return cty.NilVal, false
		}
	}
	given := map[string]cty.Value{}
	if a, ok := in.block.Attr("config"); ok {
		v, _ := interp.Fill(in.written(a)).Unmark()
		if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
			return cty.NilVal, false
		}
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			k, _ = k.Unmark()
			given[k.AsString()] = e
		}
	} else if b := in.block.Block("config"); b != nil { // as Terraform 0.11 and older let it be written
		for _, a := range b.Attrs {
			given[a.Name] = interp.Fill(in.written(a))
		}
	}
	config := w.settings(kind, given)
	text, err := json.Marshal(config)
	if err != nil {
		return cty.NilVal, false
	}
	outputs, ok := w.need("state "+kind+" "+string(text), func() cty.Value { return w.outputs(w.root, kind, config) })
	if !ok {
		return cty.NilVal, false
	}
	return in.defaulted(outputs), true
}

// defaulted adds the outputs that a remote state is taken to have if it has not.
func (in *instance) defaulted(outputs cty.Value) cty.Value {
	a, ok := in.block.Attr("defaults")
	if !ok || !outputs.Type().IsObjectType() {
		return outputs
	}
	v, _ := interp.Fill(in.written(a)).Unmark()
	if !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() {
		return outputs
	}
	all := v.AsValueMap()
	for name, o := range outputs.AsValueMap() {
		all[name] = o
	}
	return cty.ObjectVal(all)
}

// storedParameter is the value of a parameter of Systems Manager that another
// root makes.
func (in *instance) storedParameter() (cty.Value, bool) {
	w := in.m.c.others
	a, ok := in.block.Attr("name")
	if w == nil || !ok {
		return cty.NilVal, false
	}
	name, ok := plainText(in.written(a))
	if !ok {
		return cty.NilVal, false
	}
	region := in.region()
	return w.need("parameter "+region+" "+name, func() cty.Value { return w.parameter(name, region) })
}

// store keeps a parameter of Systems Manager that surely exists for the others.
func (w *wanted) store(in *instance, exists fact.Tri) {
	if w == nil || in.block.Type != "resource" || in.block.Labels[0] != "aws_ssm_parameter" || exists != fact.Yes {
		return
	}
	a, ok := in.block.Attr("name")
	if !ok {
		return
	}
	name, ok := plainText(in.written(a))
	if !ok {
		return
	}
	for _, arg := range [...]string{"value", "insecure_value"} {
		if v, ok := in.block.Attr(arg); ok && !strings.Contains(strings.Join(ignoreChanges(in.block), " "), arg) {
			w.made = append(w.made, parameter{name: name, region: in.region(), value: in.written(v)})
			return
		}
	}
}
