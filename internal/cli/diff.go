package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff"
	"github.com/muralla-net/muralla/internal/diff/changed"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/diff/story"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/markdown"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/revision"
)

// diffOptions is what the flags of diff say.
type diffOptions struct {
	inputOptions
	outputs []string
	all     bool
	color   string
	date    string
}

func newDiff(a *app) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff BEFORE [AFTER]",
		Short: "Say who reaches whom that could not before, and why",
		Long: `Diff compares two designs: what became reachable, what no longer is, what is
decided now and what no longer, the widest change first, each with the change of
the design that causes it; then which findings of check are new, worse or gone.

BEFORE and AFTER are each a PATH as check takes it, or a revision of git:

  REF         the same path in the branch, tag or commit REF
  REF:PATH    another path in it, from the top of the repository
  REF...REF2  from the newest commit that both have in common to REF2 (alone, as
              in: muralla diff main...HEAD)

Without AFTER the design is that of the current directory. The work tree is not
touched, nothing is fetched, and no hook or filter runs. Files that flags name,
muralla.yaml and local modules are those of the revision.`,
		Example: `  muralla diff main .
  muralla diff main...HEAD infra/
  muralla diff -o markdown=comment.md origin/main .
  muralla diff monday.json friday.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return fail("for example: muralla diff main .", "diff wants one or two designs, not %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "write `FORMAT[=FILE]`: text, json or markdown; may be repeated")
	o.flags(f)
	f.BoolVar(&o.all, "all", false, "show every row, and every change that causes none")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	f.StringVar(&o.date, "date", "", "judge exceptions as of `YYYY-MM-DD` (default today)")
	withExitTable(cmd, diffExits)
	return cmd
}

// run compares and shows; the exit status is the error.
func (o diffOptions) run(a *app, args []string) error {
	outputs, err := parseOutputs(o.outputs, []string{"json", "markdown", "text"})
	if err != nil {
		return err
	}
	today, err := dayOf(o.date)
	if err != nil {
		return err
	}
	color, err := useColor(o.color, a.stdout)
	if err != nil {
		return err
	}
	before, after, err := o.designs(a, args)
	defer before.close()
	defer after.close()
	if err != nil {
		return err
	}
	beside := text.Options{All: o.all, Color: color && isTerminal(a.stderr)}
	for _, d := range []*design{before, after} {
		if err := d.read(a, beside); err != nil {
			return err
		}
	}
	diags := together(before, after)
	if err := text.WriteDiagnostics(a.stderr, diags, beside); err != nil {
		return err
	}
	for _, d := range []*design{before, after} {
		if n := d.resources(); n == 0 && slices.ContainsFunc(d.diags, func(g diag.Diagnostic) bool { return g.Level == diag.Error }) {
			return fail("mend the errors above, then compare again", "nothing of %s could be read", d.name)
		}
	}
	report, err := waitFor(a, "comparing "+before.name+" and "+after.name, func() story.Report {
		d := diff.Of(before.side, after.side)
		old, fresh := before.judge(d.Before, changed.Rename(before.side.Sets, d.Moved), today), after.judge(d.After, after.side.Sets, today)
		names := story.Names{Before: before.name, After: after.name, BeforePlace: before.prefix, AfterPlace: after.prefix, Input: after.words()}
		return story.Of(d, judged.Compare(judged.Remember(old), fresh), names, after.tree == nil)
	})
	if err != nil {
		return err
	}
	if err := o.show(a, report, diags, outputs, color); err != nil {
		return err
	}
	switch report.Differs() {
	case fact.Yes:
		return exitFound
	case fact.Unknown:
		return exitUndecided
	}
	return nil
}

// designs are the two designs that the arguments name.
func (o diffOptions) designs(a *app, args []string) (before, after *design, err error) {
	if from, to, ok := strings.Cut(args[0], "..."); ok && !exists(args[0]) {
		path := "."
		if len(args) == 2 {
			path = args[1]
		}
		if to == "" {
			to = "HEAD"
		}
		base, err := waitOrFail(a, "looking for "+args[0], func() (string, error) { return revision.MergeBase(a.ctx, nearest(path), from, to) })
		if err != nil {
			return nil, nil, err
		}
		if before, err = o.atRevision(a, base[:12], path); err != nil {
			return before, nil, err
		}
		after, err = o.atRevision(a, to, path)
		return before, after, err
	}
	if len(args) == 1 {
		args = append(args, ".")
	}
	if before, err = o.design(a, args[0], args[1]); err != nil {
		return before, nil, err
	}
	after, err = o.design(a, args[1], args[0])
	return before, after, err
}

// design is what one argument names; other is the path of the other design, in
// case it is one.
func (o diffOptions) design(a *app, arg, other string) (*design, error) {
	if exists(arg) {
		return o.atPaths(arg, arg), nil
	}
	if name, path, ok := strings.Cut(arg, ":"); ok {
		top, err := waitOrFail(a, "looking for "+name, func() (string, error) { return revision.Top(a.ctx, ".") })
		if err != nil {
			return nil, err
		}
		return o.atRevision(a, name, filepath.Join(top, filepath.FromSlash(path)))
	}
	path := "."
	if exists(other) {
		path = other
	}
	d, err := o.atRevision(a, arg, path)
	if err != nil && strings.ContainsAny(arg, `/\.`) && !strings.HasPrefix(arg, "-") {
		return nil, fail("paths are relative to the current directory; a revision is a branch, tag or commit that this clone holds", "%s is no path, and as a revision: %w", arg, err)
	}
	return d, err
}

func exists(p string) bool {
	_, err := os.Stat(p)
	return err == nil
}

// nearest is the directory that a path is, or is in.
func nearest(p string) string {
	if info, err := os.Stat(p); err == nil && info.IsDir() {
		return p
	}
	return filepath.Dir(p)
}

// together is what is said of both designs; what is said of both alike is said of
// the one after.
func together(before, after *design) diag.List {
	type said struct {
		level           diag.Level
		summary, detail string
	}
	seen := map[said]bool{}
	var out diag.List
	for _, d := range []*design{after, before} {
		for _, g := range d.prefixed() {
			k := said{g.Level, g.Summary, g.Detail}
			if d == before && seen[k] {
				continue
			}
			seen[k] = true
			out = append(out, g)
		}
	}
	return out.Sorted()
}

func (d *design) resources() int {
	n := 0
	for _, s := range d.side.Sets {
		n += len(s.Resources)
	}
	return n
}

// show writes every output; all are laid out before the first is written.
func (o diffOptions) show(a *app, r story.Report, diags diag.List, outputs []output, color bool) error {
	views := map[string]func(io.Writer, bool) error{
		"text": func(w io.Writer, color bool) error {
			return text.WriteDifference(w, r, text.Options{All: o.all, Color: color})
		},
		"json":     func(w io.Writer, _ bool) error { return json.WriteDifference(w, r, diags) },
		"markdown": func(w io.Writer, _ bool) error { return markdown.WriteDifference(w, r, markdown.Options{All: o.all}) },
	}
	contents := make([]bytes.Buffer, len(outputs))
	for i, out := range outputs {
		if err := views[out.format](&contents[i], color && (out.file == "" || o.color == "always")); err != nil {
			return fmt.Errorf("difference: %w", err)
		}
	}
	for i, out := range outputs {
		if err := out.write(a.stdout, contents[i].Bytes()); err != nil {
			return err
		}
	}
	return nil
}
