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

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/cfn"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/source/tfplan"
)

// recognise says what a path is. Names are relative to home.
func recognise(p, root, home string) ([]input, diag.List, error) {
	info, err := os.Stat(p)
	if err != nil {
		var in *os.PathError
		if errors.As(err, &in) {
			err = in.Err
		}
		return nil, nil, &InputError{p, err.Error(), whatToGive}
	}
	if !info.IsDir() {
		return recogniseFile(p, info, root, home)
	}
	return recogniseDir(p, root, home)
}

// whatToGive is the hint for a path that is no input.
const whatToGive = "give a directory with Terraform files, templates of CloudFormation or answers of AWS to describe calls, a template, an answer, an archive of muralla snapshot, or a file made with: terraform show -json"

func recogniseFile(p string, info os.FileInfo, root, home string) ([]input, diag.List, error) {
	switch {
	case !info.Mode().IsRegular():
		return nil, nil, &InputError{p, "it is neither a directory nor a regular file", whatToGive}
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
	if cfn.Recognise(head) {
		return recogniseTemplate(p, root)
	}
	if _, ok := tfplan.Recognise(head); !ok {
		hint := "make a plan with: terraform show -json PLANFILE > plan.json"
		switch {
		case strings.HasPrefix(string(head), "PK"):
			hint = "this looks like a saved plan; turn it into JSON with: terraform show -json " + p + " > plan.json"
		case cfn.IsAssembly(head):
			hint = "this is the manifest of what the CDK wrote; give its directory: " + filepath.Dir(p)
		}
		return nil, nil, &InputError{p, "it is no template of CloudFormation, no plan and no state in JSON, no answer of AWS to a describe call and no archive of muralla snapshot", hint}
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
	templates, diags := templatesIn(files, base, dir, from, under)
	configured, governed := holds(abs)
	var units []hcl.Unit
	if !configured || governed {
		var ds diag.List
		units, ds = hcl.Units(files, dir)
		diags = append(diags, ds...)
	}
	unit := slices.ContainsFunc(units, func(u hcl.Unit) bool { return u.Dir == dir })
	if configured && !unit {
		return append(templates, input{base: base, dir: dir, from: from, under: under, name: named(dir)}), diags, nil
	}
	roots, ds := hcl.Roots(files, dir)
	diags = append(diags, ds...)
	out := templates
	if len(roots)+len(units) == 0 && hasAnswers(abs) {
		return append(out, input{base: abs, from: relative(home, abs), saved: ofAnswers}), diags, nil
	}
	if len(roots)+len(units)+len(templates) == 0 {
		return nil, diags, nothingIn(p, abs, diags)
	}
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
