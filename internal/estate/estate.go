// Package estate opens what the user names: it recognises each input, lets the
// right door read it, and assembles one snapshot of all.
//
// # Model
// An input is a directory of Terraform files, a file with a plan or a state in
// JSON, a template of CloudFormation, answers of AWS to describe calls (a file,
// or a directory with some below it and no Terraform), or an archive of an
// earlier run. A directory without Terraform files stands for all units of
// Terragrunt below it, and all root modules that none of them deploys; every
// directory stands for the templates in it and below it too. All templates are
// read together. If several roots form the estate, the name of its root begins
// every ID, and a root has what it reads from the states of the others and from
// parameters of Systems Manager that they make.
//
// # Guarantees
// Nothing outside the boundary is read: the directory given as root, else the
// repository that holds the input, else the input itself, or the directory that
// holds it. The order of inputs does not matter.
//
// # Not modelled
// States and parameters that no root of the estate makes. A template that files of
// Terraform name is not read by itself.
package estate

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/intent"
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

	Parameters     map[string]string // of CloudFormation, by name
	ParameterFiles []string          // files with them
	Region         string            // that templates are deployed to; "" is unknown
	Account        string            // likewise

	Intent intent.Intent // gives the prefix lists of AWS

	// Texts are read in place of what files hold, by their absolute paths without
	// links. Files of Terraform and templates can be replaced so.
	Texts map[string][]byte
}

// Estate is what was read.
type Estate struct {
	Snapshot *topo.Snapshot
	Sets     []resource.Set    // what it was assembled from
	Remarks  []resource.Remark // what is written beside resources for this program
	Files    int               // how many files were read
	Lines    int               // how many lines they have
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

	template string // a template of CloudFormation: its path; base is its boundary
}

func (in input) compare(other input) int {
	return cmp.Or(strings.Compare(in.name, other.name), strings.Compare(in.file, other.file), strings.Compare(in.base, other.base),
		strings.Compare(in.dir, other.dir), strings.Compare(in.from, other.from), cmp.Compare(len(in.units), len(other.units)), strings.Compare(in.template, other.template))
}

// Open reads all paths as one estate. The error is an [*InputError], or several
// joined; problems within an input are diagnostics.
func Open(paths []string, o Options) (Estate, diag.List, error) {
	sets, diags, err := Read(paths, o)
	if err != nil {
		return Estate{}, diags, err
	}
	e := Estate{Sets: sets}
	for _, set := range sets {
		e.Files, e.Lines = e.Files+set.Files, e.Lines+set.Lines
		e.Remarks = append(e.Remarks, set.Remarks...)
	}
	s, ds := assemble.Snapshot(assemble.Options{Intent: o.Intent}, sets...)
	e.Snapshot = s
	return e, append(diags, ds...).Sorted(), nil
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
	files = files.With(textsIn(in.base, o.Texts))
	opts, err := in.terraform(o)
	if err != nil {
		return nil, nil, err
	}
	if in.units != nil {
		sets, diags := hcl.ReadUnits(files, in.units, opts)
		return sets, diags, nil
	}
	set, diags := hcl.Read(files, opts)
	return []resource.Set{set}, diags, nil
}

// isRoot reports whether the input is a root module of Terraform.
func (in input) isRoot() bool {
	return in.saved == notSaved && in.file == "" && in.units == nil && in.template == ""
}

// readRoots reads the root modules of an estate, which may read states and
// parameters of each other.
func readRoots(inputs []input, o Options) ([]resource.Set, diag.List, error) {
	var roots []hcl.Root
	for _, in := range inputs {
		files, err := hcl.OpenBoundary(in.base)
		if err != nil {
			return nil, nil, &InputError{in.base, err.Error(), "check who may read the directory"}
		}
		defer files.Close()
		files = files.With(textsIn(in.base, o.Texts))
		opts, err := in.terraform(o)
		if err != nil {
			return nil, nil, err
		}
		roots = append(roots, hcl.Root{Files: files, At: filepath.ToSlash(in.base), Options: opts})
	}
	sets, diags := hcl.ReadRoots(roots)
	return sets, diags, nil
}

// terraform are the options of reading a directory of Terraform.
func (in input) terraform(o Options) (hcl.Options, error) {
	varFiles, err := in.varFiles(o.VarFiles)
	return hcl.Options{Dir: in.dir, From: in.from, Under: in.under, Vars: o.Vars, VarFiles: varFiles, Workspace: o.Workspace, Prefix: in.name}, err
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
