// Package hcl reads a directory of Terraform or OpenTofu files as the
// resources that it would make.
//
// # Model
// [Read] evaluates a root module and the modules that it calls: variables,
// locals, count, for_each, dynamic blocks, outputs and functions, each once
// and when it is first asked for. What only AWS knows is a reference (package
// symbol); what nobody can tell is unknown, with the reason. A required
// variable without value and an attribute of a data source are references too.
// [ReadUnits] evaluates the root modules that Terragrunt deploys, each with the
// outputs of those that it depends on; [ReadRoots] those of an estate, each with
// what it reads from states and parameters of the others.
//
// # Guarantees
// No provider, no network and no environment is asked, and nothing outside the
// boundary is read. Any input ends in bounded time; what cannot be evaluated is
// a diagnostic, and the rest is there. Equal input gives equal output.
//
// # Not modelled
// Schemas and defaults of providers: an attribute that is not written is not
// known. Provisioners, checks, and validation of variables. A required text
// variable is taken to be neither null nor empty.
//
// The package has more than 1,500 lines because modules, blocks, variables and
// references ask each other for values while they are evaluated; what does not
// (files, expressions, functions, types, symbols) is in packages of its own.
package hcl

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/grunt"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
)

// Files are the files below one directory, the boundary. Use [OpenBoundary]
// for a directory of the machine.
type Files = fs.FS

// Boundary is a directory that nothing is read outside of.
type Boundary = load.Boundary

// OpenBoundary opens a directory as a boundary. The caller closes it.
func OpenBoundary(dir string) (Boundary, error) { return load.OpenBoundary(dir) }

// Options say what to read. The zero Options read the boundary itself.
type Options struct {
	Dir       string            // the root module, as a slash path below the boundary; "" is "."
	From      string            // what places are relative to, as a slash path below the boundary; "" is Dir
	Under     string            // precedes the names of files in places, as a slash path; may be ""
	Vars      map[string]string // values of -var, by name of the variable
	VarFiles  []string          // files of -var-file, as slash paths below the boundary
	Workspace string            // terraform.workspace; "" is "default"
	Prefix    string            // begins every ID, before a slash, if several roots form the estate
}

// Bounds of one configuration.
const (
	maxCount     = 10_000    // instances of one block
	maxInstances = 100_000   // instances of all blocks
	maxModules   = 30        // nesting of modules
	maxNodes     = 1_000_000 // values that are handed over
	maxBlocks    = 200_000   // nested blocks
)

// config is one configuration that is being read.
type config struct {
	reader    *load.Reader
	opts      Options
	diags     *diag.List
	ev        interp.Evaluator
	budget    funcs.Budget
	root      *module // nil until it is read
	modules   map[string]*load.Module
	installed map[string]string
	given     map[string]load.Attr // values of files
	unit      grunt.Unit           // what Terragrunt gives the root module
	instances int
	nodes     int
	blocks    int
	full      bool // there are as many instances as may be
	set       resource.Set
	spent     bool
	missed    map[ref.ID]bool // names that nothing declares
	others    *wanted         // the other roots of the estate; nil if there are none
}

// Read evaluates a root module and what it calls.
func Read(files Files, opts Options) (resource.Set, diag.List) {
	c := read(files, opts, grunt.Unit{})
	if c.root != nil {
		c.undeclared(c.root)
	}
	return c.set, c.diags.Sorted()
}

// read is Read of what a unit of Terragrunt deploys.
func read(files Files, opts Options, unit grunt.Unit) *config {
	return readWith(files, opts, unit, nil)
}

// readWith is read of a root that may read values of others.
func readWith(files Files, opts Options, unit grunt.Unit, others *wanted) *config {
	opts.Dir = path.Clean(opts.Dir)
	opts.Workspace = cmp.Or(opts.Workspace, "default")
	var diags diag.List
	c := &config{
		reader: load.NewReader(files, path.Clean(cmp.Or(opts.From, opts.Dir)), &diags), opts: opts, diags: &diags, modules: map[string]*load.Module{},
		missed: map[ref.ID]bool{}, set: resource.Set{Kind: "terraform"}, unit: unit, others: others,
	}
	for _, m := range unit.Files {
		c.reader.Make(m)
	}
	c.reader.Under = opts.Under
	if !c.reader.IsDir(opts.Dir) {
		diags.Add(diag.Error, ref.Place{File: opts.Dir}, "directory not read", "There is no such directory below the directory that may be read.")
		return c
	}
	c.installed = c.reader.Installed(opts.Dir)
	c.given = c.reader.Values(opts.Dir, opts.VarFiles)
	c.root = c.newModule(c.load(opts.Dir), nil, nil, nil)
	c.root.emit()
	slices.SortStableFunc(c.set.Resources, func(a, b resource.Resource) int { return strings.Compare(string(a.ID), string(b.ID)) })
	slices.SortFunc(c.set.Missing, func(a, b resource.Missing) int { return strings.Compare(string(a.ID), string(b.ID)) })
	resource.SortRemarks(c.set.Remarks)
	c.set.Remarks = slices.CompactFunc(c.set.Remarks, func(a, b resource.Remark) bool {
		return a.Place == b.Place && a.Scope == b.Scope && a.Text == b.Text // beside nothing, in a module that is called twice
	})
	c.set.Files, c.set.Lines = c.reader.Counts()
	return c
}

// Roots lists the root modules at or below a directory: those with
// configuration files that no other calls. Paths are below the boundary.
func Roots(files Files, dir string) ([]string, diag.List) {
	var diags diag.List
	out := load.NewReader(files, dir, &diags).Roots(path.Clean(dir))
	return out, diags.Sorted()
}

func (c *config) load(dir string) *load.Module {
	m := c.modules[dir]
	if m == nil {
		m = c.reader.Module(dir)
		c.modules[dir] = m
	}
	return m
}

// undeclared reports values of the command line for variables that are not
// declared, which are mistakes of spelling; files may hold more than is used.
func (c *config) undeclared(root *module) {
	for _, name := range sortedKeys(c.opts.Vars) {
		if root.conf.Variables[name] == nil {
			c.diags.Add(diag.Warning, ref.Place{}, "variable not declared",
				fmt.Sprintf("A value is given for the variable %q, but the configuration declares no variable of that name.", name))
		}
	}
}

// cell is a value that is evaluated when it is first asked for.
type cell struct {
	state uint8 // 0 not yet, 1 being evaluated, 2 done
	v     cty.Value
}

// once evaluates a cell, or returns what it was evaluated to. A cell that is
// asked for while it is being evaluated refers to itself.
func (c *config) once(in *cell, name string, at ref.Place, eval func() cty.Value) cty.Value {
	switch in.state {
	case 1:
		c.diags.Add(diag.Error, at, "reference to itself", fmt.Sprintf("%s depends on itself, so that it has no value. Break the circle.", name))
		return unknown(name+" depends on itself", at)
	case 0:
		in.state = 1
		in.v = eval()
		in.state = 2
	}
	return in.v
}

// eval evaluates an argument. An error is a diagnostic and gives an unknown.
func (c *config) eval(a load.Attr, in interp.Scope) cty.Value {
	v, err := c.ev.Value(a.Expr, in)
	if err != nil {
		return c.failed(a, err)
	}
	return v
}

func (c *config) failed(a load.Attr, err *interp.Error) cty.Value {
	at := a.Place
	if err.At.Filename != "" {
		at = interp.Place(err.At)
	}
	if c.ev.Spent() {
		if !c.spent {
			c.spent = true
			c.diags.Add(diag.Error, at, "evaluation ended early", "The configuration takes more work than any that people write. What was not evaluated by then is unknown.")
		}
		return unknown(err.Why, at)
	}
	if err.Fault {
		c.diags.Add(diag.Error, at, "fault in this program", fmt.Sprintf("The value of %s is unknown to the analysis, because %s. Please report the expression.", a.Name, err.Why))
		return unknown(a.Name+" could not be evaluated", at)
	}
	c.diags.Add(diag.Error, at, "expression not evaluated",
		fmt.Sprintf("The value of %s is unknown to the analysis, because %s.", a.Name, err.Why))
	return unknown(a.Name+" could not be evaluated", at)
}
