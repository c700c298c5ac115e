package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diff/changed"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/source/report"
)

// against is a report compared with earlier verdicts.
type against struct {
	judged.Comparison
	name string
}

// compare judges what --against names and compares a report with it; nil if the
// flag is not given.
func (o checkOptions) compare(a *app, req request, r finding.Report, today intent.Date, view text.Options) (*against, error) {
	if o.against == "" {
		return nil, nil
	}
	known, err := o.earlier(a, req, today, view)
	if err != nil {
		return nil, err
	}
	return &against{judged.Compare(known, r), o.against}, nil
}

// earlier is the verdicts to compare with: of a report that was kept, of another
// design, or of the same paths in a revision.
func (o checkOptions) earlier(a *app, req request, today intent.Date, view text.Options) ([]judged.Known, error) {
	var before *design
	switch {
	case !exists(o.against):
		d, err := o.atRevision(a, o.against, req.Paths...)
		if err != nil {
			return nil, err
		}
		defer d.close()
		before = d
	default:
		if data, ok, err := reportIn(o.against); ok || err != nil {
			if err != nil {
				return nil, err
			}
			known, err := report.Read(data)
			if err != nil {
				return nil, fail("write one with: muralla check -o json="+o.against, "read %s: %w", o.against, err)
			}
			return known, nil
		}
		before = o.atPaths(o.against, o.against)
	}
	if err := before.read(a, view); err != nil {
		return nil, err
	}
	if err := text.WriteDiagnostics(a.stderr, before.prefixed(), view); err != nil {
		return nil, err
	}
	if len(before.side.Sets) == 0 || before.resources() == 0 {
		fmt.Fprintf(a.stderr, "note: nothing was found in %s, so everything is new\n", oneLine(before.name))
	}
	return waitOrFail(a, "checking "+before.name, func() ([]judged.Known, error) {
		now, _, err := estate.Read(req.Paths, req.options())
		if err != nil {
			return nil, err
		}
		// A thing that moved keeps its findings.
		sets := changed.Rename(before.side.Sets, changed.Moves(before.side.Sets, now))
		s, _ := assemble.Snapshot(assemble.Options{Intent: before.intent}, sets...)
		return judged.Remember(before.judge(s, sets, today)), nil
	})
}

// reportIn is the content of a file if it is a report of check.
func reportIn(name string) (data []byte, ok bool, err error) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false, nil // what it is, is said by who reads designs
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false, fail("check who may read the file", "%w", err)
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && n == 0 || !report.Recognise(head[:n]) {
		return nil, false, nil
	}
	rest, err := io.ReadAll(io.LimitReader(f, report.MaxBytes+1))
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", name, err)
	}
	return append(head[:n], rest...), true, nil
}

// counts is whether a result became worse, so that it counts.
func counts(r judged.Result) bool { return r.State == judged.New || r.State == judged.Worse }

// only is the report without what was there before: what asks for nothing stays.
func (g *against) only(r finding.Report) finding.Report {
	if g == nil {
		return r
	}
	kept := []finding.Finding{}
	for _, f := range g.Results {
		asks := f.Verdict == finding.Violates || f.Verdict == finding.Undecided
		if asks && f.Suppressed == nil && !counts(f) {
			continue
		}
		if asks && f.State == judged.Worse {
			f.Evidence = append(slices.Clone(f.Evidence), finding.Evidence{Text: "worse than at " + g.name + ", where it was " + f.Was})
		}
		kept = append(kept, f.Finding)
	}
	r.Findings = kept
	return r
}

// line says what is left out, and what became undecided.
func (g *against) line() string {
	n := g.Counts()
	lost := 0
	for _, r := range g.Results {
		if r.Verdict == finding.Undecided && r.State == judged.Worse && r.Suppressed == nil {
			lost++
		}
	}
	out := fmt.Sprintf("against %s: %d new, %d worse; not shown: %d as before, %d better, %d resolved", g.name, n.New, n.Worse, n.Unchanged, n.Better, n.Resolved)
	if lost > 0 {
		out += fmt.Sprintf("; of the worse ones %d followed and are undecided now", lost)
	}
	return strings.TrimSpace(out)
}
