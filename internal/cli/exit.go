package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

// status is an exit status. It is an error for commands that have already said
// what there is to say.
type status int

// Every exit status of the program.
const (
	exitClean       status = 0
	exitFound       status = 1
	exitFailed      status = 2
	exitUndecided   status = 3
	exitInterrupted status = 130
)

// exit is a status and what it says.
type exit struct {
	status status
	means  string
}

// exits is the table that help texts and documentation print.
var exits = []exit{
	{exitClean, "clean: nothing was found at or above --fail-on, or the answer was given"},
	{exitFound, "found: at least one finding at or above --fail-on that is not suppressed"},
	{exitFailed, "failed: the command could not do what was asked, and says why"},
	{exitUndecided, "undecided: nothing was found, but with --strict something was not decided or not read"},
	{exitInterrupted, "interrupted"},
}

// askExits is the table for ask, whose answer is a truth value.
var askExits = []exit{
	{exitClean, "yes: some connection that was asked about works; with --expect or --from-file, all holds"},
	{exitFound, "no: none does; with --expect or --from-file, something does not hold"},
	{exitFailed, "failed: the question, or a line of the file, could not be asked"},
	{exitUndecided, "undecided: facts that decide are missing"},
	{exitInterrupted, "interrupted"},
}

// diffExits is the table for diff, as programs that compare have it.
var diffExits = []exit{
	{exitClean, "same: nobody reaches more or less, and no finding is another one"},
	{exitFound, "different: something opened or closed, or a finding is new, worse, better or gone"},
	{exitFailed, "failed: the designs could not be compared, and the program says why"},
	{exitUndecided, "undecided: all that differs was undecided before, or is now"},
	{exitInterrupted, "interrupted"},
}

// Error is for whoever forgets to handle a status; no user sees it.
func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// withExits ends the help of a command with the statuses that it can have.
func withExits(cmd *cobra.Command, can ...status) {
	var table []exit
	for _, e := range exits {
		if slices.Contains(can, e.status) {
			table = append(table, e)
		}
	}
	withExitTable(cmd, table)
}

func withExitTable(cmd *cobra.Command, table []exit) {
	var b strings.Builder
	b.WriteString("\nEXIT STATUS\n")
	for _, e := range table {
		fmt.Fprintf(&b, "  %-4d %s\n", int(e.status), e.means)
	}
	// Children would inherit the template of their parent.
	cmd.SetHelpTemplate(`{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}` + b.String())
}

// failure is an error with what to do about it.
type failure struct {
	err   error
	shown []string // lines that show where
	hints []string
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

// fail is a failure with one hint.
func fail(hint, format string, args ...any) error {
	return failure{err: fmt.Errorf(format, args...), hints: []string{hint}}
}

// complain writes an error in one line and its hints in one line each.
func complain(w io.Writer, err error) {
	fmt.Fprintf(w, "muralla: %s\n", oneLine(err.Error()))
	var f failure
	if errors.As(err, &f) {
		for _, l := range f.shown {
			fmt.Fprintf(w, "  %s\n", strings.TrimRight(oneRow(l), " "))
		}
		for _, h := range f.hints {
			fmt.Fprintf(w, "hint: %s\n", oneLine(h))
		}
	}
}

// oneLine keeps a name from making lines or colours of its own.
func oneLine(s string) string { return oneRow(strings.TrimSpace(s)) }

// oneRow is oneLine for text whose columns matter: each character keeps its place.
func oneRow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '\uFFFD'
		}
		return r
	}, s)
}
