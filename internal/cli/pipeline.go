package cli

import (
	"errors"
	"strings"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/suppress"
	"github.com/muralla-net/muralla/internal/topo"
)

// request is what check asks of the engines.
type request struct {
	Paths     []string
	Root      string            // nothing outside is read; empty: the repository that holds a path
	Vars      map[string]string // Terraform variables
	VarFiles  []string
	Workspace string

	Parameters      map[string]string // of CloudFormation
	ParameterFiles  []string
	Region, Account string // that templates are deployed to; empty: unknown

	Intent intent.Intent

	keep  func(*topo.Snapshot) // is given what was read, for outputs that show it; may be nil
	Texts map[string][]byte    // in place of what files hold; see [estate.Options]
}

// analyse reads the inputs and judges them, before exceptions and severities are
// applied. An error means that there is no report; a [failure] among its causes
// brings hints. What is wrong with parts of the input is in the report.
type analyse func(request) (finding.Report, error)

// engines is the analysis of the program; tests put others in its place.
func engines(r request) (finding.Report, error) {
	e, diags, err := open(r)
	if err != nil {
		return finding.Report{}, err
	}
	if r.keep != nil {
		r.keep(e.Snapshot)
	}
	report := check.Run(e.Snapshot, r.Intent, check.Options{Input: r.words()})
	report.Diagnostics, report.Marks = diags, suppress.Marks(e.Remarks)
	if r.Texts == nil {
		report, _, err = located(report, e.Sets, r)
	}
	return report, err
}

// words name the inputs again, for a shell. Values of variables and
// parameters are left out: they may be secrets, and reports are kept.
func (r request) words() string {
	var out []string
	for _, f := range []struct{ name, value string }{{"--root", r.Root}, {"--workspace", r.Workspace}, {"--region", r.Region}, {"--account", r.Account}} {
		if f.value != "" {
			out = append(out, f.name+"="+shellQuote(f.value))
		}
	}
	for _, f := range r.VarFiles {
		out = append(out, "--var-file="+shellQuote(f))
	}
	for _, f := range r.ParameterFiles {
		out = append(out, "--parameter-file="+shellQuote(f))
	}
	for _, p := range r.Paths {
		out = append(out, shellQuote(p))
	}
	return strings.Join(out, " ")
}

// shellQuote is a word that a POSIX shell reads as it is.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("./_-+:@,%", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// options are those of reading the inputs.
func (r request) options() estate.Options {
	return estate.Options{
		Root: r.Root, Vars: r.Vars, VarFiles: r.VarFiles, Workspace: r.Workspace,
		Parameters: r.Parameters, ParameterFiles: r.ParameterFiles, Region: r.Region, Account: r.Account, Intent: r.Intent, Texts: r.Texts,
	}
}

// open reads the inputs.
func open(r request) (estate.Estate, diag.List, error) {
	e, diags, err := estate.Open(r.Paths, r.options())
	var in *estate.InputError
	if errors.As(err, &in) {
		err = fail(in.Hint, "%w", err)
	}
	return e, diags, err
}
