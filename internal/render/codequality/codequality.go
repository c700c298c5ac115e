// Package codequality writes a report of check as a code quality report of
// GitLab, which compares those of two branches and shows in a merge request what
// came and what went (GitLab "Code Quality report format").
//
// # Model
// A JSON array with one entry for each violation that is not accepted, and for
// each verdict that is undecided, the worst first. GitLab calls an entry that is
// gone fixed, so what became undecided stays in the list, as information.
//
// # Guarantees
//   - No two entries have the same fingerprint, and it is that of the finding.
//   - Every entry has a file and a line, which GitLab requires: where neither the
//     resource nor a fact has one they are those of the first entry that has, and
//     if there is none the directory that was checked.
//   - The same report gives the same bytes, whatever the order of its findings.
//
// # Not modelled
// What follows or is accepted, and problems of the input: the form has no words
// for them.
package codequality

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// entry is one problem, by the names of the form.
type entry struct {
	Description string   `json:"description"`
	CheckName   string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"`
	Severity    string   `json:"severity"`
	Location    location `json:"location"`
}

type location struct {
	Path  string `json:"path"`
	Lines lines  `json:"lines"`
}

type lines struct {
	Begin int `json:"begin"`
}

// Write writes the report, with files as they are in a repository. The error is
// that of the writer.
func Write(w io.Writer, r finding.Report, repo finding.Repository) error {
	shown := slices.DeleteFunc(slices.Clone(r.Findings), func(f finding.Finding) bool {
		return f.Suppressed != nil || f.Verdict != finding.Violates && f.Verdict != finding.Undecided
	})
	slices.SortStableFunc(shown, finding.Finding.Compare)
	anywhere := ref.Place{File: path.Join(repo.Base, ".")}
	for _, f := range shown {
		if at := repo.Place(f); at.File != "" {
			anywhere = at
			break
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteString("[")
	seen := map[string]bool{}
	for _, f := range shown {
		e := entryOf(f, repo, anywhere)
		if seen[e.Fingerprint] {
			continue // GitLab keeps one of them, too
		}
		out.WriteString([]string{"\n", ",\n"}[min(len(seen), 1)])
		seen[e.Fingerprint] = true
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write code quality: %w", err)
		}
		out.Truncate(out.Len() - 1) // the end of line that the encoder adds
	}
	out.WriteString("\n]\n")
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write code quality: %w", err)
	}
	return nil
}

func entryOf(f finding.Finding, repo finding.Repository, anywhere ref.Place) entry {
	e := entry{Description: f.Title, CheckName: f.Recommendation, Fingerprint: f.Fingerprint(), Severity: severity(f)}
	if f.Verdict != finding.Violates {
		e.Description = "undecided: " + f.Title
	}
	if f.Resource != "" {
		e.Description += " (" + string(f.Resource) + ")"
	}
	e.Description = gfm.Clean(e.Description)
	at := repo.Place(f)
	if at.File == "" {
		at = anywhere
	}
	e.Location = location{at.File, lines{max(at.Line, 1)}}
	return e
}

// severity is that of the form. What is undecided is for information.
func severity(f finding.Finding) string {
	if f.Verdict != finding.Violates {
		return "info"
	}
	return [...]string{"info", "minor", "major", "critical", "blocker"}[min(f.Severity, finding.Critical)]
}
