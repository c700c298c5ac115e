package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/fix"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/resource"
)

// The values of --fix.
const (
	fixPrint = "print"
	fixWrite = "write"
)

// located is a report in which the edits of the design are known.
func located(r finding.Report, sets []resource.Set, req request) (finding.Report, *fix.Plan, error) {
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return len(f.Changes) > 0 }) {
		return r, nil, nil
	}
	if !estate.Source(req.Paths) {
		r.Findings = slices.Clone(r.Findings)
		for i := range r.Findings {
			r.Findings[i].Changes = nil // the text that it was made of is not here
		}
		return r, nil, nil
	}
	bounds, err := estate.Boundaries(req.Paths, req.Root)
	if err != nil {
		return r, nil, err
	}
	plan := fix.New(fix.Design{Sets: sets, Home: estate.Home(req.Paths), Boundaries: bounds})
	return plan.Locate(r), plan, nil
}

// mend makes the patch of a report, and prints or writes it. Before is the report
// before exceptions were applied.
func (o checkOptions) mend(a *app, req request, report, before finding.Report) error {
	type outcome struct {
		patch fix.Patch
		err   error
	}
	out, err := waitFor(a, "trying fixes of "+strings.Join(req.Paths, " "), func() outcome {
		sets, _, err := estate.Read(req.Paths, req.options())
		if err != nil {
			return outcome{err: err}
		}
		found, plan, err := located(report, sets, req)
		if err != nil || plan == nil {
			return outcome{err: err}
		}
		p, err := plan.Patch(found, before, func(texts map[string][]byte) (finding.Report, error) {
			edited := req
			edited.Texts, edited.keep = texts, nil
			return a.analyse(edited)
		})
		return outcome{p, err}
	})
	if err == nil {
		err = out.err
	}
	if err != nil {
		return err
	}
	if o.fix == fixWrite {
		if err := out.patch.Write(); err != nil {
			return fail("run it again", "fixes not written: %w", err)
		}
		return tellFixes(a.stderr, out.patch, "changed", "")
	}
	dir, hint := estate.Here(), "git apply"
	if slices.ContainsFunc(out.patch.Files, func(f fix.File) bool { return !estate.Within(dir, f.Path) }) {
		dir = estate.Top(req.Paths)
		hint = "git -C " + shellQuote(dir) + " apply"
	}
	diff, err := out.patch.Unified(dir)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(a.stdout, diff); err != nil {
		return fmt.Errorf("write patch: %w", err)
	}
	return tellFixes(a.stderr, out.patch, "to change", hint)
}

// tellFixes says what a patch does, and what it does not do and why.
func tellFixes(w io.Writer, p fix.Patch, files, apply string) error {
	var b strings.Builder
	switch n := len(p.Mended); {
	case n == 0:
		b.WriteString("fix: no finding has a fix that is certain\n")
	default:
		fmt.Fprintf(&b, "fix: %s mended, %s %s", count(n, "finding"), count(len(p.Files), "file"), files)
		if apply != "" {
			fmt.Fprintf(&b, "; apply with: %s", apply)
		}
		b.WriteByte('\n')
	}
	for _, f := range p.Mended {
		fmt.Fprintf(&b, "  mended  %s %s\n", f.Recommendation, f.Resource)
	}
	var notes []string
	for _, f := range p.Mended {
		for _, c := range f.Changes {
			if c.Note != "" {
				notes = append(notes, fmt.Sprintf("  note    %s: %s\n", c.Resource, c.Note))
			}
		}
	}
	slices.Sort(notes)
	b.WriteString(strings.Join(slices.Compact(notes), ""))
	for _, d := range p.Dropped {
		fmt.Fprintf(&b, "  left    %s %s: %s\n", d.Finding.Recommendation, d.Finding.Resource, d.Why)
	}
	lines := strings.SplitAfter(b.String(), "\n")
	for _, line := range lines[:len(lines)-1] {
		if _, err := io.WriteString(w, gfm.Clean(strings.TrimSuffix(line, "\n"))+"\n"); err != nil {
			return fmt.Errorf("write what is fixed: %w", err)
		}
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
