package estate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

// recogniseTemplate is the input of one template.
func recogniseTemplate(p, root string) ([]input, diag.List, error) {
	abs := absolute(p)
	base, err := boundary(filepath.Dir(abs), root)
	if err != nil {
		return nil, nil, err
	}
	if !within(base, abs) {
		return nil, nil, &InputError{p, "it is not below the root " + root, "give a --root that holds every path"}
	}
	return []input{{base: base, template: abs}}, nil, nil
}

// templatesIn are the templates in a directory and below it. Those that files of
// Terraform around them name are a part of what Terraform makes.
func templatesIn(files fs.FS, base, dir, from, under string) ([]input, diag.List) {
	o := cfn.Options{From: from, Under: under}
	found, diags := cfn.Find(files, dir, o)
	var out []input
	terraform := map[string][]byte{}
	for _, p := range found {
		if namedByTerraform(files, dir, p, terraform) {
			diags.Add(diag.Note, ref.Place{File: cfn.Shown(p, o)}, "template not read alone",
				"Files of Terraform beside it name it, so that it is a part of what they make. If it is deployed by itself, give its path too.")
			continue
		}
		out = append(out, input{base: base, template: filepath.Join(base, filepath.FromSlash(p))})
	}
	return out, diags
}

// maxTerraform is how much of the Terraform files of a directory is searched for
// the names of templates, in bytes.
const maxTerraform = 4 << 20

// namedByTerraform reports whether a file of Terraform in the directory of a
// template, or between that and dir, holds its name.
func namedByTerraform(files fs.FS, dir, p string, seen map[string][]byte) bool {
	for at := path.Dir(p); ; at = path.Dir(at) {
		text, ok := seen[at]
		if !ok {
			text = terraformIn(files, at)
			seen[at] = text
		}
		if bytes.Contains(text, []byte(path.Base(p))) {
			return true
		}
		if at == dir || at == "." {
			return false
		}
	}
}

// terraformIn is what the Terraform files of a directory hold.
func terraformIn(files fs.FS, dir string) []byte {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil // who reads the directory says so
	}
	var out []byte
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.Contains([]string{".tf", ".tofu"}, path.Ext(e.Name())) {
			continue
		}
		f, err := files.Open(path.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(f, int64(maxTerraform-len(out))))
		f.Close()
		if err == nil {
			out = append(out, text...)
		}
	}
	return out
}

// nothingIn is the error for a directory that holds no design, with the most
// probable next step.
func nothingIn(p, abs string, diags diag.List) error {
	for _, d := range diags {
		if d.Summary == cfn.ManifestNotRead {
			return &InputError{p, "it holds manifests of Copilot, but no template", "make templates, and give their directory: copilot svc package --output-dir DIR"}
		}
	}
	if _, err := os.Stat(filepath.Join(abs, "cdk.json")); err == nil {
		return &InputError{p, "it holds an application of the CDK, but no template", "make templates with: cdk synth"}
	}
	return &InputError{p, "there is no Terraform file and no template in it or below it", whatToGive}
}

// readTemplates reads all templates of the estate together.
func readTemplates(list []input, home string, named bool, o Options) (resource.Set, diag.List, error) {
	var bases []string
	for _, in := range list {
		bases = append(bases, in.base)
	}
	files, err := mount(bases, o.Texts)
	if err != nil {
		return resource.Set{}, nil, err
	}
	defer files.close()
	opts := cfn.Options{From: ".", Named: named, Parameters: o.Parameters, Region: o.Region, Account: o.Account}
	if within(files.top, home) {
		if opts.From = relative(files.top, home); opts.From == "" {
			opts.From = "."
		}
	} else {
		opts.Under = relative(home, files.top)
	}
	for _, p := range o.ParameterFiles {
		f, err := parameterFile(p, home)
		if err != nil {
			return resource.Set{}, nil, err
		}
		opts.ParameterFiles = append(opts.ParameterFiles, f)
	}
	var paths []string
	for _, in := range list {
		paths = append(paths, relative(files.top, in.template))
	}
	set, diags := cfn.Read(files, paths, opts)
	return set, diags, nil
}

// parameterFile reads a file that the user names, wherever it is.
func parameterFile(p, home string) (cfn.ParameterFile, error) {
	out := cfn.ParameterFile{Name: filepath.Base(p)}
	if abs := absolute(p); within(home, abs) {
		out.Name = relative(home, abs)
	}
	info, err := os.Stat(p)
	if err != nil || !info.Mode().IsRegular() {
		return out, &InputError{p, "there is no such file", "give a file with values for parameters"}
	}
	f, err := os.Open(p)
	if err != nil {
		return out, &InputError{p, err.Error(), "check who may read the file"}
	}
	defer f.Close()
	if out.Data, err = io.ReadAll(io.LimitReader(f, cfn.MaxParameterFile+1)); err != nil {
		return out, &InputError{p, err.Error(), "check who may read the file"}
	}
	return out, nil
}

// mounts are several boundaries as one tree of files, named from the deepest
// directory that holds them all. What is in none of them is not there.
type mounts struct {
	top  string
	dirs map[string]hcl.Boundary // by slash path below top
}

func mount(bases []string, texts map[string][]byte) (*mounts, error) {
	bases = slices.Compact(slices.Sorted(slices.Values(bases)))
	m := &mounts{top: homeOf(bases), dirs: map[string]hcl.Boundary{}}
	for _, b := range bases {
		// One within another is a part of it.
		if slices.ContainsFunc(bases, func(o string) bool { return o != b && within(o, b) }) {
			continue
		}
		dir, err := hcl.OpenBoundary(b)
		if err != nil {
			m.close()
			return nil, &InputError{b, err.Error(), "check who may read the directory"}
		}
		m.dirs[relative(m.top, b)] = dir.With(textsIn(b, texts))
	}
	return m, nil
}

func (m *mounts) close() {
	for _, d := range m.dirs {
		d.Close()
	}
}

// within is the boundary that holds a name, and the name in it.
func (m *mounts) within(op, name string) (hcl.Boundary, string, error) {
	if !fs.ValidPath(name) {
		return hcl.Boundary{}, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	for at, dir := range m.dirs {
		switch {
		case at == "":
			return dir, name, nil
		case name == at:
			return dir, ".", nil
		case strings.HasPrefix(name, at+"/"):
			return dir, strings.TrimPrefix(name, at+"/"), nil
		}
	}
	return hcl.Boundary{}, "", &fs.PathError{Op: op, Path: name, Err: errors.New("it is outside of the directories that may be read")}
}

// Open opens a file.
func (m *mounts) Open(name string) (fs.File, error) {
	dir, in, err := m.within("open", name)
	if err != nil {
		return nil, err
	}
	f, err := dir.Open(in)
	if err != nil {
		return nil, fmt.Errorf("open template: %w", err)
	}
	return f, nil
}

// Stat describes what a name leads to, without opening it.
func (m *mounts) Stat(name string) (fs.FileInfo, error) {
	dir, in, err := m.within("stat", name)
	if err != nil {
		return nil, err
	}
	info, err := dir.Stat(in)
	if err != nil {
		return nil, fmt.Errorf("look at template: %w", err)
	}
	return info, nil
}
