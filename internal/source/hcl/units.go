package hcl

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/grunt"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
)

// Unit is a directory with a terragrunt.hcl that deploys a root module.
type Unit struct {
	Dir    string // slash path below the boundary
	Module string // the directory of the root module, or "" if it is not here
}

// Bounds of one estate of units.
const (
	maxUnits = 2000          // units
	maxSpent = 3             // units whose evaluation ended early, before the rest is left out
	maxSteps = 30_000_000    // steps of evaluation of all units
	maxAll   = 4 * maxNodes  // values of all units
	maxTotal = 4 * maxBlocks // nested blocks of all units
)

// Units lists the units at or below a directory. Paths are below the boundary.
func Units(files Files, dir string) ([]Unit, diag.List) {
	var diags, quiet diag.List
	dir = path.Clean(dir)
	r := load.NewReader(files, dir, &diags)
	e := grunt.New(grunt.Context{
		Reader: r, Files: walker{r}, Prefix: func(string) string { return "" },
		Outputs: func(string, ref.Place) (cty.Value, string) { return cty.NilVal, "is not read yet" },
	}, &quiet) // what is wrong in a unit is said when it is read
	var out []Unit
	for _, at := range r.DirsWith(dir, grunt.FileName) {
		if u, ok := e.Recognise(at); ok {
			out = append(out, Unit{Dir: at, Module: u.Module})
		}
	}
	return out, diags.Sorted()
}

// ReadUnits evaluates units and those that they depend on, each with the
// outputs of its dependencies, and returns a set for each of them, sorted by
// directory. Options.Dir is not used; IDs begin with Options.Prefix and the path
// of the unit relative to Options.From.
func ReadUnits(files Files, units []Unit, opts Options) ([]resource.Set, diag.List) {
	opts.From = path.Clean(opts.From)
	e := &estate{files: files, opts: opts, read: map[string]*unit{}, declared: map[string]bool{}}
	r := load.NewReader(files, opts.From, &e.diags)
	r.Under = opts.Under
	e.grunt = grunt.New(grunt.Context{Reader: r, Files: walker{r}, Prefix: e.prefix, Outputs: e.outputs}, &e.diags)
	for _, u := range units {
		e.unit(u.Dir)
	}
	e.undeclared()
	var out []resource.Set
	for _, dir := range sortedKeys(e.read) {
		if u := e.read[dir]; u.is {
			out = append(out, u.set)
		}
	}
	own := resource.Set{Kind: "terraform"}
	own.Files, own.Lines = r.Counts()
	return append(out, own), e.diags.Sorted()
}

// estate is units that are being read.
type estate struct {
	files Files
	opts  Options
	grunt *grunt.Evaluator
	diags diag.List
	read  map[string]*unit

	declared      map[string]bool // the variables of all root modules
	spent, steps  int
	nodes, blocks int
	full          bool // it is said that units are left out
}

// undeclared reports values of the command line for variables that no unit
// declares.
func (e *estate) undeclared() {
	for _, name := range sortedKeys(e.opts.Vars) {
		if !e.declared[name] {
			e.diags.Add(diag.Warning, ref.Place{}, "variable not declared",
				fmt.Sprintf("A value is given for the variable %q, but no unit declares a variable of that name.", name))
		}
	}
}

// handed are the references among the inputs of a unit.
func handed(g grunt.Unit) map[resource.Reference]bool {
	out := map[resource.Reference]bool{}
	for _, in := range g.Inputs {
		references(in.Value, out)
	}
	return out
}

// missing records something that is not here and is given some names.
func (u *unit) missing(given map[resource.Reference]bool, id ref.ID, source, why string, at ref.Place) {
	u.set.Missing = append(u.set.Missing, resource.Missing{ID: id, Source: source, Why: why, Place: at, Inputs: slices.SortedFunc(maps.Keys(given), compareRefs)})
}

// leaveOut records a unit that is over the bounds.
func (e *estate) leaveOut(u *unit, dir string) {
	const why = "the estate takes more work than any that people write"
	at := ref.Place{File: path.Join(e.shown(dir), grunt.FileName)}
	if !e.full {
		e.full = true
		e.diags.Add(diag.Error, at, "units left out", "The units are too many, or take more work than any that people write. The rest of them is left out.")
	}
	u.is, u.set, u.outputs = true, resource.Set{Kind: "terraform"}, e.grunt.Absent(dir)
	u.missing(nil, ref.ID(e.prefix(dir)+"output"), "", why, at)
}

// unit is a unit that is being read, or was.
type unit struct {
	is, done bool
	outputs  cty.Value
	set      resource.Set
}

// prefix begins the IDs of a unit.
func (e *estate) prefix(dir string) string {
	name := path.Join(e.opts.Prefix, e.shown(dir))
	if name == "." || name == "" {
		return ""
	}
	return name + "/"
}

// shown is a directory relative to where places are.
func (e *estate) shown(dir string) string {
	r := load.NewReader(e.files, e.opts.From, nil)
	r.Under = e.opts.Under
	return cmp.Or(r.Shown(dir), ".")
}

// outputs are what a dependency gives.
func (e *estate) outputs(dir string, at ref.Place) (cty.Value, string) {
	if u := e.read[dir]; u != nil && !u.done {
		e.diags.Add(diag.Error, at, "units depend on each other", fmt.Sprintf("%s depends on itself, directly or through others, so that its outputs are unknown here. Break the circle.", e.shown(dir)))
		return unknown(e.shown(dir)+" depends on itself", at), ""
	}
	if u := e.unit(dir); u.is {
		return u.outputs, ""
	}
	return cty.NilVal, "holds no unit of Terragrunt"
}

// unit reads the unit in a directory.
func (e *estate) unit(dir string) *unit {
	if u := e.read[dir]; u != nil {
		return u
	}
	u := &unit{}
	e.read[dir] = u
	defer func() { u.done = true }()
	if len(e.read) > maxUnits || e.spent >= maxSpent || e.steps > maxSteps || e.nodes > maxAll || e.blocks > maxTotal {
		e.leaveOut(u, dir)
		return u
	}
	g, ok := e.grunt.Unit(dir)
	if !ok {
		return u
	}
	u.is, u.set = true, resource.Set{Kind: "terraform"}
	if g.Module == "" {
		u.outputs = e.grunt.Absent(dir)
		u.missing(handed(g), ref.ID(e.prefix(dir)+"output"), g.Source, g.Why, g.Place)
		return u
	}
	opts := e.opts
	opts.Dir, opts.VarFiles, opts.Prefix = g.Module, append(g.VarFiles, e.opts.VarFiles...), strings.TrimSuffix(e.prefix(dir), "/")
	c := read(e.files, opts, g)
	e.diags = append(e.diags, *c.diags...)
	u.set = c.set
	u.outputs = cty.EmptyObjectVal
	if c.root != nil {
		u.outputs = c.root.object()
		for name := range c.root.conf.Variables {
			e.declared[name] = true
		}
	}
	for _, m := range g.Unknown {
		// What is in the same module may name everything in it.
		named := handed(g)
		for _, r := range u.set.Resources {
			named[resource.Reference{ID: r.ID, Attr: "id"}] = true
		}
		u.missing(named, ref.ID(e.prefix(dir)+m.Name), "that Terragrunt completes", m.Why, m.Place)
	}
	e.steps, e.nodes, e.blocks = e.steps+c.ev.Steps(), e.nodes+c.nodes, e.blocks+c.blocks
	if c.ev.Spent() {
		e.spent++
	}
	return u
}
