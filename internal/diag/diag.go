// Package diag holds what is said about the input itself: what could not be
// read, what was read but not understood, and what to do about it.
//
// # Model
// Every reader returns a value and a list of [Diagnostic]. A diagnostic never
// stops the rest of the input from being analysed.
//
// # Guarantees
// A diagnostic has a place, a short summary whose words stay the same from case
// to case, and a detail that names the probable cause and the next step.
//
// # Not modelled
// Findings about the design: those are package finding.
package diag

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
)

// Level ranks diagnostics.
type Level uint8

// The levels. An Error means that a part of the input was lost to the
// analysis; a Warning that it was read with doubt; a Note is for information.
const (
	Note Level = iota
	Warning
	Error
)

// String is the word printed before a diagnostic.
func (l Level) String() string {
	return [...]string{"note", "warning", "error"}[min(l, Error)]
}

// ModuleNotHere is the summary of a call of a module whose source is not here.
// Reports count such modules, so that nobody takes their absence for an answer.
const ModuleNotHere = "module not here"

// Diagnostic is one statement about the input.
type Diagnostic struct {
	Level   Level
	Summary string // short and general: "module not here"
	Detail  string // sentences: what, why it matters, what to do next
	Place   ref.Place
}

// List is a list of diagnostics.
type List []Diagnostic

// Add appends one diagnostic.
func (l *List) Add(level Level, at ref.Place, summary, detail string) {
	*l = append(*l, Diagnostic{Level: level, Summary: summary, Detail: detail, Place: at})
}

// Sorted returns the list ordered by place, level (errors first) and text, with
// exact repetitions removed.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(a.Place.Compare(b.Place), -cmp.Compare(a.Level, b.Level),
			strings.Compare(a.Summary, b.Summary), strings.Compare(a.Detail, b.Detail))
	})
	return slices.Compact(out)
}
