// Package estate opens what the user names: it recognises each input, lets the
// right door read it, and assembles one snapshot of all.
//
// # Model
// An input is a directory of Terraform files, a file with a plan or a state in
// JSON, answers of AWS to describe calls (a file, or a directory with some below
// it and no Terraform), or an archive of an earlier run. A directory without such files stands for all units of Terragrunt
// below it, and all root modules that none of them deploys. If several roots
// form the estate, the name of its root begins every ID.
//
// # Guarantees
// Nothing outside the boundary is read: the directory given as root, else the
// repository that holds the input, else the input itself. The order of inputs
// does not matter.
//
// # Not modelled
// References between states by remote state: each root is evaluated alone,
// unless Terragrunt hands the outputs of one to another.
package estate

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/source/tfplan"
	"github.com/muralla-net/muralla/internal/topo"
)

// Options say how to read the inputs.
type Options struct {
	Root      string            // nothing outside this directory is read; "" is the repository of each input, or the input
	Vars      map[string]string // Terraform variables, by name
	VarFiles  []string          // files with Terraform variables
	Workspace string            // Terraform workspace; "" is "default"
	Intent    intent.Intent     // gives the prefix lists of AWS
}

// Estate is what was read.
type Estate struct {
	Snapshot *topo.Snapshot
	Files    int // how many files were read
	Lines    int // how many lines they have
}

// maxFile is the largest plan or state that is read, in bytes.
const maxFile = tfplan.MaxBytes

// An InputError is a path that cannot be read at all, with what to do about it.
type InputError struct {
	Path, Problem, Hint string
}

// Error is one line, without the hint.
func (e *InputError) Error() string { return fmt.Sprintf("read %s: %s", e.Path, e.Problem) }

// input is one design to read.
type input struct {
	file  string // a plan or state: its path; from is its name
	base  string // a directory: the boundary on this machine
	dir   string // the root module, as a slash path below base
	from  string // what places are relative to, as a slash path below base
	under string // what places begin with, if home is above base
	name  string // of the root, if several form the estate

	units []hcl.Unit // of Terragrunt, in place of one root
	saved form       // what was saved from AWS or from an earlier run; of a directory, below base
}

func (in input) compare(other input) int {
	return cmp.Or(strings.Compare(in.name, other.name), strings.Compare(in.file, other.file), strings.Compare(in.base, other.base),
		strings.Compare(in.dir, other.dir), strings.Compare(in.from, other.from), cmp.Compare(len(in.units), len(other.units)))
}

// Open reads all paths as one estate. The error is an [*InputError], or several
// joined; problems within an input are diagnostics.
func Open(paths []string, o Options) (Estate, diag.List, error) {
	sets, diags, err := Read(paths, o)
	if err != nil {
		return Estate{}, diags, err
	}
	var e Estate
	for _, set := range sets {
		e.Files, e.Lines = e.Files+set.Files, e.Lines+set.Lines
	}
	s, ds := assemble.Snapshot(assemble.Options{Intent: o.Intent}, sets...)
	e.Snapshot = s
	return e, append(diags, ds...).Sorted(), nil
}

// homeOf is the deepest directory that holds every path: names and places are
// relative to it, so that they are the same on every machine.
func homeOf(paths []string) string {
	home := ""
	for _, p := range paths {
		at := absolute(p)
		if info, err := os.Stat(at); err != nil || !info.IsDir() {
			at = filepath.Dir(at)
		}
		if home == "" {
			home = at
		}
		for !within(home, at) && filepath.Dir(home) != home {
			home = filepath.Dir(home)
		}
	}
	return home
}

// within reports whether a path is a directory or below it.
func within(dir, p string) bool {
	rel, err := filepath.Rel(dir, p)
	return err == nil && filepath.IsLocal(rel)
}

// absolute is a path without links, or as it is if it leads nowhere.
func absolute(p string) string {
	abs, err := filepath.Abs(p)
	if err != nil {
		return p
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}

// relative is a path below home with slashes; "" is home itself.
func relative(home, p string) string {
	rel, err := filepath.Rel(home, p)
	if err != nil || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// recognise says what a path is. Names are relative to home.
func recognise(p, root, home string) ([]input, diag.List, error) {
	info, err := os.Stat(p)
	if err != nil {
		var in *os.PathError
		if errors.As(err, &in) {
			err = in.Err
		}
		return nil, nil, &InputError{p, err.Error(), "give a directory with Terraform files, or a file made with: terraform show -json"}
	}
	if !info.IsDir() {
		return recogniseFile(p, info, home)
	}
	return recogniseDir(p, root, home)
}

func recogniseFile(p string, info os.FileInfo, home string) ([]input, diag.List, error) {
	switch {
	case !info.Mode().IsRegular():
		return nil, nil, &InputError{p, "it is neither a directory nor a regular file", "give a directory with Terraform files, or a file made with: terraform show -json"}
	case slices.Contains([]string{".tf", ".tofu"}, filepath.Ext(p)) || strings.HasSuffix(p, ".tf.json"):
		return nil, nil, &InputError{p, "a Terraform file alone is not a design", "give its directory: muralla check " + filepath.Dir(p)}
	case info.Size() > maxFile:
		return nil, nil, &InputError{p, fmt.Sprintf("it has %d MiB, and at most %d MiB are read", info.Size()>>20, maxFile>>20), "give the Terraform directory instead of the plan"}
	}
	f, err := os.Open(p)
	if err != nil {
		return nil, nil, &InputError{p, err.Error(), "check who may read the file"}
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, nil, &InputError{p, err.Error(), "check who may read the file"}
	}
	shown := relative(home, absolute(p))
	if saved := recogniseSaved(head); saved != notSaved {
		return []input{{file: p, from: shown, saved: saved}}, nil, nil
	}
	if _, ok := tfplan.Recognise(head); !ok {
		hint := "make one with: terraform show -json PLANFILE > plan.json"
		if strings.HasPrefix(string(head), "PK") {
			hint = "this looks like a saved plan; turn it into JSON with: terraform show -json " + p + " > plan.json"
		}
		return nil, nil, &InputError{p, "it is no plan and no state in JSON", hint}
	}
	return []input{{file: p, from: shown, name: strings.TrimSuffix(shown, ".json")}}, nil, nil
}

func recogniseDir(p, root, home string) ([]input, diag.List, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return nil, nil, &InputError{p, err.Error(), "give a path that exists"}
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, nil, &InputError{p, "a link on the way leads nowhere", "give a path that exists"}
	}
	base, err := boundary(abs, root)
	if err != nil {
		return nil, nil, err
	}
	rel, err := filepath.Rel(base, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, nil, &InputError{p, "it is not below the root " + root, "give a --root that holds every path"}
	}
	dir := filepath.ToSlash(rel)
	files, err := hcl.OpenBoundary(base)
	if err != nil {
		return nil, nil, &InputError{p, err.Error(), "check who may read the directory"}
	}
	defer files.Close()
	from, under := dir, ""
	if within(base, home) {
		if from = relative(base, home); from == "" {
			from = "."
		}
	} else {
		from, under = ".", relative(home, base)
	}
	// A root that is home itself goes by the name of its directory.
	named := func(d string) string {
		return cmp.Or(relative(home, filepath.Join(base, filepath.FromSlash(d))), filepath.Base(home))
	}
	configured, governed := holds(abs)
	var units []hcl.Unit
	var diags diag.List
	if !configured || governed {
		units, diags = hcl.Units(files, dir)
	}
	unit := slices.ContainsFunc(units, func(u hcl.Unit) bool { return u.Dir == dir })
	if configured && !unit {
		return []input{{base: base, dir: dir, from: from, under: under, name: named(dir)}}, nil, nil
	}
	roots, ds := hcl.Roots(files, dir)
	diags = append(diags, ds...)
	if len(roots)+len(units) == 0 && hasAnswers(abs) {
		return []input{{base: abs, from: relative(home, abs), saved: ofAnswers}}, nil, nil
	}
	if len(roots)+len(units) == 0 {
		return nil, diags, &InputError{p, "there is no Terraform file in it or below it", "give a directory with .tf, .tofu or terragrunt.hcl files, or a file made with: terraform show -json"}
	}
	var out []input
	if len(units) > 0 {
		in := input{base: base, dir: dir, from: from, under: under, units: units}
		if unit && relative(home, abs) == "" {
			in.name = filepath.Base(home)
		}
		out = append(out, in)
	}
	for _, r := range roots {
		if part, module := deployed(r, units); part {
			if module != "" {
				diags.Add(diag.Note, ref.Place{File: below(dir, r)}, "directory not read alone",
					"It is in a module that a unit of Terragrunt deploys, and no module calls it. Its files count where the unit copies them in.")
			}
			continue
		}
		out = append(out, input{base: base, dir: r, from: from, under: under, name: named(r)})
	}
	return out, diags, nil
}

// deployed reports whether a root belongs to the root module of a unit: it is
// the unit, the module, or a folder in it that no module calls, of which the
// module is named.
func deployed(root string, units []hcl.Unit) (part bool, module string) {
	for _, u := range units {
		switch {
		case root == u.Dir || root == u.Module:
			return true, ""
		case u.Module == ".", u.Module != "" && strings.HasPrefix(root, u.Module+"/"):
			part, module = true, u.Module
		}
	}
	return part, module
}

// below is the path d relative to dir, of which it is a part.
func below(dir, d string) string {
	if dir == "." {
		return d
	}
	if d == dir {
		return "."
	}
	return strings.TrimPrefix(d, dir+"/")
}

// holds reports whether a directory is a module itself, and whether a file of
// Terragrunt is in it.
func holds(dir string) (configuration, terragrunt bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, false
	}
	for _, e := range entries {
		n := e.Name()
		terragrunt = terragrunt || n == "terragrunt.hcl"
		configuration = configuration || strings.HasSuffix(n, ".tf") || strings.HasSuffix(n, ".tf.json") || strings.HasSuffix(n, ".tofu") || strings.HasSuffix(n, ".tofu.json")
	}
	return configuration, terragrunt
}

// boundary is the directory outside of which nothing is read: the one that the
// user gave, else the top of the repository, else dir itself.
func boundary(dir, root string) (string, error) {
	if root != "" {
		abs, err := filepath.Abs(root)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return "", &InputError{root, "the root is not there", "give an existing directory with --root"}
		}
		return abs, nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at, nil
		}
		if filepath.Dir(at) == at {
			return dir, nil
		}
	}
}

// read lets the right door read the input.
func (in input) read(o Options) ([]resource.Set, diag.List, error) {
	if in.saved != notSaved {
		return in.readSaved()
	}
	if in.file != "" {
		data, err := os.ReadFile(in.file)
		if err != nil {
			return nil, nil, &InputError{in.file, err.Error(), "check who may read the file"}
		}
		set, diags := tfplan.Read(in.from, data, tfplan.Options{Prefix: in.name})
		return []resource.Set{set}, diags, nil
	}
	files, err := hcl.OpenBoundary(in.base)
	if err != nil {
		return nil, nil, &InputError{in.base, err.Error(), "check who may read the directory"}
	}
	defer files.Close()
	varFiles, err := in.varFiles(o.VarFiles)
	if err != nil {
		return nil, nil, err
	}
	opts := hcl.Options{Dir: in.dir, From: in.from, Under: in.under, Vars: o.Vars, VarFiles: varFiles, Workspace: o.Workspace, Prefix: in.name}
	if in.units != nil {
		sets, diags := hcl.ReadUnits(files, in.units, opts)
		return sets, diags, nil
	}
	set, diags := hcl.Read(files, opts)
	return []resource.Set{set}, diags, nil
}

// varFiles are the files of -var-file as paths below the boundary.
func (in input) varFiles(names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		abs, err := filepath.Abs(name)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return nil, &InputError{name, "there is no such file", "give a file with values for variables"}
		}
		rel, err := filepath.Rel(in.base, abs)
		if err != nil || !filepath.IsLocal(rel) {
			return nil, &InputError{name, "it is outside the directory that may be read", "widen it with --root DIR"}
		}
		out = append(out, filepath.ToSlash(rel))
	}
	return out, nil
}
