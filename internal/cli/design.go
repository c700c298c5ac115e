package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/revision"
	"github.com/muralla-net/muralla/internal/suppress"
	"github.com/muralla-net/muralla/internal/topo"
)

// design is one of several that a command compares: paths, or the same paths in a
// revision of git.
type design struct {
	inputOptions
	paths  []string
	name   string // as the user calls it
	prefix string // of its places
	tree   *revision.Tree
	notes  diag.List

	intent intent.Intent
	side   diff.Side
	diags  diag.List
}

// atPaths is a design that is there.
func (o inputOptions) atPaths(name string, paths ...string) *design {
	d := &design{inputOptions: o, paths: paths, name: name}
	if at := filepath.ToSlash(filepath.Clean(paths[0])); len(paths) == 1 && at != "." {
		d.prefix = at + "/"
		if info, err := os.Stat(paths[0]); err == nil && !info.IsDir() {
			d.prefix = strings.TrimSuffix(d.prefix, filepath.Base(at)+"/")
		}
	}
	return d
}

// atRevision is the same paths in a revision; the caller closes the design. Files
// that flags name are those of the revision, too.
func (o inputOptions) atRevision(a *app, name string, paths ...string) (*design, error) {
	dir := paths[0]
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir) // the work tree may no longer have it
	}
	tree, err := waitOrFail(a, "reading "+name, func() (*revision.Tree, error) { return revision.Open(a.ctx, dir, name) })
	if err != nil {
		return nil, err
	}
	d := &design{inputOptions: o, name: name, tree: tree}
	if err := d.lead(paths); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// waitOrFail is waitFor for work that can fail with something the user can mend.
func waitOrFail[T any](a *app, what string, work func() (T, error)) (T, error) {
	type outcome struct {
		out T
		err error
	}
	got, err := waitFor(a, what, func() outcome { out, err := work(); return outcome{out, err} })
	if err == nil {
		err = got.err
	}
	return got.out, mendable(err)
}

// mendable brings the hint of an error that the user can mend.
func mendable(err error) error {
	var r *revision.Error
	var in *estate.InputError
	switch {
	case errors.As(err, &r):
		return fail(r.Hint, "%w", err)
	case errors.As(err, &in):
		return fail(in.Hint, "%w", err)
	}
	return err
}

// lead leads every path into the revision.
func (d *design) lead(paths []string) error {
	for _, p := range paths {
		at, err := d.tree.Path(p)
		if err != nil {
			return mendable(err)
		}
		d.paths = append(d.paths, at)
	}
	home, err := d.tree.Below(paths[0])
	if err != nil {
		return mendable(err)
	}
	if info, err := os.Stat(d.paths[0]); err == nil && !info.IsDir() {
		home = filepath.ToSlash(filepath.Dir(home))
	}
	d.prefix = d.name + ":"
	if home != "." && len(paths) == 1 {
		d.prefix += home + "/"
	}
	d.varFiles, d.parameterFiles = d.mapAll(d.varFiles), d.mapAll(d.parameterFiles)
	if d.config != "" {
		at := d.mapAll([]string{d.config})
		if d.config = ""; len(at) == 1 {
			d.config = at[0]
		} else {
			d.config = os.DevNull
		}
	}
	root := d.tree.Root()
	if d.root != "" {
		if at, err := d.tree.Path(d.root); err == nil {
			root = at
		}
	}
	d.root = root
	for _, s := range d.tree.Skipped {
		d.notes.Add(diag.Warning, ref.Place{File: d.name}, "file of the revision left out", s+".")
	}
	return nil
}

func (d *design) mapAll(files []string) []string {
	var out []string
	for _, f := range files {
		at, err := d.tree.Path(f)
		if err != nil {
			d.notes.Add(diag.Note, ref.Place{File: d.name}, "file not in the revision", fmt.Sprintf("%s is not in %s, so it is left out there.", f, d.name))
			continue
		}
		out = append(out, at)
	}
	return out
}

// close removes the files of a revision.
func (d *design) close() {
	if d == nil || d.tree == nil {
		return
	}
	// What cannot be removed is in the directory for temporary files, and there is
	// nobody left to whom it would matter.
	_ = d.tree.Close()
}

// read reads what is declared and the resources.
func (d *design) read(a *app, view text.Options) error {
	in, said, err := d.declaredIn(a, view)
	if err != nil {
		return err
	}
	d.intent = in
	req, err := d.request(d.paths)
	if err != nil {
		return err
	}
	req.Intent = in
	type outcome struct {
		side  diff.Side
		diags diag.List
	}
	got, err := waitOrFail(a, "reading "+d.name, func() (outcome, error) {
		sets, diags, err := estate.Read(req.Paths, req.options())
		return outcome{diff.Side{Sets: sets, Intent: in}, diags}, err
	})
	if err != nil {
		return err
	}
	d.side = got.side
	d.diags = append(append(got.diags, said...), d.notes...).Sorted()
	return nil
}

func (d *design) declaredIn(a *app, view text.Options) (intent.Intent, diag.List, error) {
	if d.tree != nil && d.config == os.DevNull {
		return intent.Intent{}, nil, nil
	}
	return d.inputOptions.intent(a, d.paths[0], view)
}

// judge is the verdicts on the design as a snapshot of its sets shows it.
func (d *design) judge(s *topo.Snapshot, sets []resource.Set, today intent.Date) finding.Report {
	report := check.Run(s, d.intent, check.Options{Input: d.words()})
	var remarks []resource.Remark
	for _, set := range sets {
		remarks = append(remarks, set.Remarks...)
	}
	report.Marks = suppress.Marks(remarks)
	return suppress.Apply(report, d.intent, today)
}

// words name the design for a shell; a revision has none that ask could read.
func (d *design) words() string {
	if d.tree != nil {
		return ""
	}
	req, err := d.request(d.paths)
	if err != nil {
		return ""
	}
	return req.words()
}

// prefixed is what is said of the design, with places that name it.
func (d *design) prefixed() diag.List {
	out := slices.Clone(d.diags)
	for i := range out {
		if at := &out[i].Place; !at.IsZero() && at.File != d.name {
			at.File = d.prefix + at.File
		}
	}
	return out
}
