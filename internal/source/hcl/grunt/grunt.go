// Package grunt evaluates the files of Terragrunt, which say which root module
// is deployed with which values.
//
// # Model
// A [Unit] is a directory with a terragrunt.hcl that deploys a root module. Its
// locals, includes, dependencies, inputs and generated files are evaluated as
// Terragrunt documents ("HCL Blocks", "HCL Functions"), each once and when it
// is first asked for. The outputs of a dependency are those of the unit that it
// names, never its mock outputs.
//
// # Guarantees
// Nothing outside the boundary is read, no command is run and no environment is
// read: what depends on them is unknown, or the default that is written. Work
// is bounded over all files together; what cannot be evaluated is a diagnostic.
//
// # Not modelled
// Stacks of units (terragrunt.stack.hcl), the JSON syntax, hooks, copies of
// sources made earlier, and whether a unit is skipped or excluded.
package grunt

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// FileName is the name of the file that makes a directory a unit.
const FileName = "terragrunt.hcl"

// maxNested bounds how deep files read files.
const maxNested = 20

// Unit is a root module with what it is given.
type Unit struct {
	Dir    string    // of its terragrunt.hcl, as a slash path below the boundary
	Module string    // the directory of the root module, or "" if it is not here
	Source string    // where the module comes from, without passwords
	Why    string    // why the module is not here, as a clause, or ""
	Place  ref.Place // of the source, or of the file

	Inputs   map[string]Input
	Open     string      // why there may be more inputs, as a clause, or ""
	Files    []load.Made // files that are generated into the root module, by name
	Unknown  []Part      // parts of the root module that are not known
	VarFiles []string    // files with values of variables, as paths below the boundary
}

// Input is the value that a variable is given.
type Input struct {
	Value cty.Value
	Place ref.Place
}

// Part is a part of a root module that nobody can tell: a file that is generated,
// or an include that may generate files.
type Part struct {
	Name  string // "generate.provider", "include.root"
	Why   string
	Place ref.Place
}

// Context is what the evaluation may see of the world.
type Context struct {
	Reader *load.Reader
	Files  funcs.FileReader
	// Outputs are the outputs of the unit in a directory, as an object. If there
	// is none, it says what the directory is or holds instead.
	Outputs func(dir string, at ref.Place) (v cty.Value, why string)
	// Prefix begins the names of what only AWS knows of a directory.
	Prefix func(dir string) string
}

// Evaluator evaluates the files of one estate.
type Evaluator struct {
	Context
	Diags  *diag.List
	ev     interp.Evaluator
	budget funcs.Budget
	bodies map[string]*load.Block
	spent  bool
}

// New returns an evaluator. Syntax errors go to the diagnostics of the reader,
// others to diags.
func New(ctx Context, diags *diag.List) *Evaluator {
	return &Evaluator{Context: ctx, Diags: diags, bodies: map[string]*load.Block{}}
}

// Recognise says whether a directory is a unit and which module it deploys,
// without its inputs.
func (e *Evaluator) Recognise(dir string) (Unit, bool) {
	u, _, ok := e.recognise(dir)
	return u, ok
}

func (e *Evaluator) recognise(dir string) (Unit, merged, bool) {
	name := path.Join(dir, FileName)
	u := Unit{Dir: dir, Place: ref.Place{File: e.Reader.Shown(name)}}
	if !e.Reader.Exists(name) {
		return u, merged{}, false
	}
	f := e.file(name, dir, dir)
	if f == nil {
		return u, merged{}, false
	}
	m := f.merged()
	switch {
	case m.source.file != nil:
		e.source(&u, m.source)
	case e.Reader.Configured(dir):
		u.Module = dir
	case len(m.lost) > 0:
		u.Why, u.Place = m.lost[0].Why, m.lost[0].Place
	default:
		return u, m, false
	}
	return u, m, true
}

// Unit evaluates the unit in a directory.
func (e *Evaluator) Unit(dir string) (Unit, bool) {
	u, m, ok := e.recognise(dir)
	if !ok {
		return u, false
	}
	in := m.inputs()
	u.Inputs, u.Open = in.values, in.open
	if u.Module != "" {
		u.Unknown = m.lost
		e.copies(&u)
		e.generate(&u, m)
	}
	for _, b := range m.extra {
		e.varFiles(&u, b)
	}
	return u, true
}

// source finds the root module ("terraform" block, source).
func (e *Evaluator) source(u *Unit, at attr) {
	u.Place = at.Place
	v := at.file.eval(at.Attr)
	text, ok := plain(v)
	if !ok {
		u.Why = "its source is not known"
		e.Diags.Add(diag.Warning, at.Place, "module not here",
			fmt.Sprintf("Which module is deployed is not known: %s. What it would make is missing from the analysis.", why(v, "the source is no text that is known")))
		return
	}
	u.Source = strings.ReplaceAll(load.Public(text), funcs.AbsRoot+"/", "/")
	local, _, _ := strings.Cut(text, "?")
	dir, inside := resolve(local, u.Dir)
	switch {
	case inside && e.Reader.IsDir(dir):
		u.Module = dir
	case load.IsLocal(local) && !inside || strings.HasPrefix(local, "/") && !strings.HasPrefix(local, funcs.AbsRoot):
		u.Why = "its source is outside of the directory that may be read"
		e.Diags.Add(diag.Error, at.Place, "module outside of the directory that may be read",
			fmt.Sprintf("The root module is in %s, above the directory that was given. Give a directory above both with --root DIR.", u.Source))
	case load.IsLocal(local) || strings.HasPrefix(local, "/"):
		u.Why = "its directory does not exist"
		e.Diags.Add(diag.Error, at.Place, "module not here", fmt.Sprintf("The root module is to be in %s, but no directory is there.", u.Source))
	default:
		u.Why = "its source is not a local directory"
		e.Diags.Add(diag.Warning, at.Place, "module not here",
			fmt.Sprintf("The root module comes from %s, and nothing is downloaded. What it would make is missing from the analysis.", u.Source))
	}
}

// copies adds the files beside the terragrunt.hcl, which Terragrunt copies into
// the root module ("terraform" block, source).
func (e *Evaluator) copies(u *Unit) {
	if u.Module == u.Dir {
		return
	}
	entries, err := e.Reader.ReadDir(u.Dir)
	if err != nil {
		return // the terragrunt.hcl in it was read
	}
	var plain, auto []string // as in a root module, the former come first
	for _, entry := range entries {
		name := path.Join(u.Dir, entry.Name())
		switch {
		case entry.IsDir():
		case load.IsValues(name) && strings.TrimSuffix(entry.Name(), ".json") == "terraform.tfvars":
			plain = append(plain, name)
		case load.IsValues(name):
			auto = append(auto, name)
		case load.IsConfig(name):
			at := ref.Place{File: e.Reader.Shown(name), Line: 1}
			data, err := e.Reader.ReadFile(name)
			if err == nil && symbol.Has(string(data)) {
				err = errors.New("it holds characters of a private plane of Unicode that this program uses for itself")
			}
			if err != nil {
				e.Diags.Add(diag.Error, at, "file not read", fmt.Sprintf("The file cannot be read: %v. What it declares is missing from the analysis.", err))
				continue
			}
			u.Files = append(u.Files, load.Made{Name: path.Join(u.Module, entry.Name()), Text: string(data), Place: at})
		}
	}
	u.VarFiles = append(plain, auto...)
}

// generate evaluates the files that are written into the root module
// ("generate" block).
func (e *Evaluator) generate(u *Unit, m merged) {
	for _, label := range sortedKeys(m.generates) {
		b := m.generates[label]
		a, ok := b.Attr("path")
		if !ok {
			continue
		}
		text, ok := plain(b.file.eval(a))
		name, inside := resolve(text, u.Module)
		if !ok || !inside {
			u.Unknown = append(u.Unknown, Part{"generate." + label, "its path is not known here", a.Place})
			continue
		}
		if !load.IsConfig(name) || path.Dir(name) != u.Module || b.skips(e.Reader.Exists(name)) {
			continue
		}
		contents, ok := b.Attr("contents")
		if !ok {
			continue
		}
		v, from := b.file.contents(contents)
		bare, _ := v.UnmarkDeep()
		if !bare.IsKnown() || bare.IsNull() || bare.Type() != cty.String || symbol.HasRest(bare.AsString()) {
			reason := why(v, "its contents are not known")
			e.Diags.Add(diag.Warning, contents.Place, "generated file not known",
				fmt.Sprintf("The file %s is generated with contents that are not known: %s. What it declares is missing from the analysis.", path.Base(name), reason))
			u.Unknown = append(u.Unknown, Part{"generate." + label, reason, contents.Place})
			continue
		}
		u.Files = append(u.Files, load.Made{Name: name, Text: bare.AsString(), Place: from})
	}
}

// varFiles are the files that extra_arguments hand to Terraform. Optional ones
// need not be there.
func (e *Evaluator) varFiles(u *Unit, b block) {
	for _, name := range [...]string{"required_var_files", "optional_var_files"} {
		a, ok := b.Attr(name)
		if !ok {
			continue
		}
		v := interp.Collection(b.file.eval(a))
		bare, _ := v.Unmark()
		if !bare.IsKnown() || bare.IsNull() || !bare.CanIterateElements() {
			u.Open = why(v, "which files give values to variables is not known")
			continue
		}
		for it := bare.ElementIterator(); it.Next(); {
			_, item := it.Element()
			text, ok := plain(item)
			file, inside := resolve(text, u.Dir)
			switch {
			case !ok || !inside:
				u.Open = why(item, "a file that gives values to variables is not here")
			case e.Reader.Exists(file) && !e.Reader.IsDir(file):
				u.VarFiles = append(u.VarFiles, file)
			case name == "required_var_files":
				u.Open = "a file that gives values to variables is not here"
				e.Diags.Add(diag.Error, a.Place, "file not read", fmt.Sprintf("There is no file %s with values of variables. Variables without another value are unknown.", e.Reader.Shown(file)))
			}
		}
	}
}

// resolve is the path below the boundary of a path that is relative to a
// directory, or below the root of the boundary.
func resolve(p, dir string) (string, bool) {
	if path.IsAbs(p) {
		if path.Clean(p) == funcs.AbsRoot {
			return ".", true
		}
		p, inside := strings.CutPrefix(path.Clean(p), funcs.AbsRoot+"/")
		return p, inside
	}
	p = path.Join(dir, p)
	return p, p != ".." && !strings.HasPrefix(p, "../")
}

// absolute is the opposite of resolve.
func absolute(p string) string { return path.Join(funcs.AbsRoot, p) }

// relative is the way from one directory to another, both below the boundary.
func relative(from, to string) string {
	split := func(p string) []string {
		if p == "." {
			return nil
		}
		return strings.Split(p, "/")
	}
	a, b := split(from), split(to)
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return path.Join(append(slices.Repeat([]string{".."}, len(a)-n), append(b[n:], ".")...)...)
}

// plain is the text of a value in which nothing is unknown.
func plain(v cty.Value) (string, bool) {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String || symbol.Has(v.AsString()) {
		return "", false
	}
	return v.AsString(), true
}

// why is the reason that a value is unknown, or another one.
func why(v cty.Value, other string) string {
	if have, _ := symbol.Why(v); have != "" {
		return have
	}
	reason := other
	symbol.Walk(v, func(s string) {
		for _, p := range symbol.Parts(s) {
			if p.IsRef && reason == other {
				reason = symbol.WhyOf(p.Ref)
			}
		}
	})
	return reason
}

func unknown(why string, at ref.Place) cty.Value {
	return symbol.Unknown(cty.DynamicPseudoType, why, at)
}
