package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/suppress"
)

// checkOptions is what the flags of check say.
type checkOptions struct {
	outputs     []string
	failOn      string
	strict      bool
	config      string
	vars        []string
	varFiles    []string
	workspace   string
	root        string
	all         bool
	explainGaps bool
	color       string
	date        string
}

func newCheck(a *app) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Say whether a design follows every recommendation",
		Long: `Check reads one or several designs as one estate and judges it by every
recommendation of the AWS page on network security for Amazon ECS. Each finding
comes with its proof: the path, the rules that open it, and where they are.

A PATH is a Terraform directory or a file with a plan or a state; what it is, is
recognised. Without one the current directory is read. Nothing outside the
repository that holds a path is read, unless --root names another boundary.

What the design is meant to be, and which findings are accepted, is declared in
muralla.yaml beside the first PATH.`,
		Example: `  muralla check .
  muralla check --fail-on=medium --strict services/ network/
  muralla check -o text -o json=report.json plan.json`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "write `FORMAT[=FILE]`: text or json; may be repeated")
	f.StringVar(&o.failOn, "fail-on", "high", "exit 1 from this `SEVERITY` on: critical, high, medium, low or never")
	f.BoolVar(&o.strict, "strict", false, "exit 3 if anything is undecided or could not be read")
	f.StringVar(&o.config, "config", "", "read this `FILE` in place of muralla.yaml beside the first PATH")
	f.StringArrayVar(&o.vars, "var", nil, "set a Terraform variable, `NAME=VALUE`; may be repeated")
	f.StringArrayVar(&o.varFiles, "var-file", nil, "read Terraform variables from `FILE`; may be repeated")
	f.StringVar(&o.workspace, "workspace", "", "`NAME` of the Terraform workspace")
	f.StringVar(&o.root, "root", "", "read nothing outside `DIR`, in place of the repository of each path")
	f.BoolVar(&o.all, "all", false, "show every result in full")
	f.BoolVar(&o.explainGaps, "explain-gaps", false, "show every missing fact and what it would decide")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	f.StringVar(&o.date, "date", "", "judge exceptions as of `YYYY-MM-DD` (default today)")
	withExits(cmd, exitClean, exitFound, exitFailed, exitUndecided, exitInterrupted)
	return cmd
}

// run checks and shows; the exit status is the error.
func (o checkOptions) run(a *app, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	outputs, err := parseOutputs(o.outputs)
	if err != nil {
		return err
	}
	fails, err := o.threshold()
	if err != nil {
		return err
	}
	today, err := o.today()
	if err != nil {
		return err
	}
	color, err := useColor(o.color, a.stdout)
	if err != nil {
		return err
	}
	req, err := o.request(paths)
	if err != nil {
		return err
	}
	beside := text.Options{All: o.all, Color: color && isTerminal(a.stderr)}
	in, diags, err := o.intent(a, paths[0], beside)
	if err != nil {
		return err
	}
	req.Intent = in

	report, err := o.analyse(a, req)
	if err != nil {
		return err
	}
	report = suppress.Apply(report, in, today)
	report.Diagnostics = append(report.Diagnostics, diags...).Sorted()

	if err := text.WriteDiagnostics(a.stderr, report.Diagnostics, beside); err != nil {
		return err
	}
	if err := o.show(a, report, outputs, color); err != nil {
		return err
	}
	return o.verdict(report, fails)
}

// analyse runs the engines. Only this part may take long, so it can be
// interrupted and shows that it is at work.
func (o checkOptions) analyse(a *app, req request) (finding.Report, error) {
	type outcome struct {
		report finding.Report
		err    error
	}
	started := time.Now()
	out, err := waitFor(a, "checking "+strings.Join(req.Paths, " "), func() outcome {
		report, err := a.analyse(req)
		return outcome{report, err}
	})
	if err == nil {
		err = out.err
	}
	if err != nil {
		return finding.Report{}, err
	}
	if isTerminal(a.stderr) {
		fmt.Fprintf(a.stderr, "checked in %.1f s\n", time.Since(started).Seconds())
	}
	return out.report, nil
}

// threshold is the lowest severity that fails; above critical nothing does.
func (o checkOptions) threshold() (finding.Severity, error) {
	if o.failOn == "never" {
		return finding.Critical + 1, nil
	}
	s, err := finding.ParseSeverity(o.failOn)
	if err != nil || s == finding.Note {
		return 0, fail("use critical, high, medium, low or never", "there is no severity %q to fail on", o.failOn)
	}
	return s, nil
}

func (o checkOptions) today() (intent.Date, error) {
	if o.date == "" {
		now := time.Now()
		return intent.Date{Year: now.Year(), Month: int(now.Month()), Day: now.Day()}, nil
	}
	d, err := intent.ParseDate(o.date)
	if err != nil {
		return intent.Date{}, fail("for example: --date=2027-01-31", "%w", err)
	}
	return d, nil
}

func (o checkOptions) request(paths []string) (request, error) {
	r := request{Paths: paths, Root: o.root, VarFiles: o.varFiles, Workspace: o.workspace, Vars: map[string]string{}}
	for _, v := range o.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return request{}, fail("for example: --var=region=eu-west-1", "--var wants NAME=VALUE, not %q", v)
		}
		r.Vars[name] = value
	}
	for _, p := range slices.Concat(paths, o.varFiles) {
		if _, err := os.Stat(p); err != nil {
			return request{}, fail("paths are relative to the current directory", "%w", err)
		}
	}
	if o.root != "" {
		if info, err := os.Stat(o.root); err != nil || !info.IsDir() {
			return request{}, fail("name a directory around the paths", "--root is no directory: %s", o.root)
		}
	}
	return r, nil
}

// configFile is the default name of what the user declares.
const configFile = "muralla.yaml"

// maxConfig is one byte more than the reader of the file takes.
const maxConfig = 1<<20 + 1

// declared is the file in which the user declares: its name and what it holds,
// or nothing if there is none.
func (o checkOptions) declared(first string) (name string, data []byte, err error) {
	var file *os.File
	if name = o.config; name != "" {
		if file, err = os.Open(name); err != nil {
			return "", nil, fail("--config names the file to read", "%w", err)
		}
	} else {
		dir := first
		if info, err := os.Stat(first); err != nil || !info.IsDir() {
			dir = filepath.Dir(first)
		}
		name = filepath.Join(dir, configFile)
		// Within a design that others wrote the file may be a link to anywhere.
		if file, err = os.OpenInRoot(dir, configFile); errors.Is(err, fs.ErrNotExist) {
			return "", nil, nil
		} else if err != nil {
			return "", nil, fail("name it with --config if it is meant", "%w", err)
		}
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", nil, fmt.Errorf("read %s: it is no regular file", name)
	}
	if data, err = io.ReadAll(io.LimitReader(file, maxConfig)); err != nil {
		return "", nil, fmt.Errorf("read what is declared: %w", err)
	}
	return name, data, nil // not nil, even if the file is empty
}

// intent reads what the user declares. A file with errors is a failure, since
// findings without the exceptions and facts that were meant would mislead.
func (o checkOptions) intent(a *app, first string, view text.Options) (intent.Intent, diag.List, error) {
	name, data, err := o.declared(first)
	if err != nil || data == nil {
		return intent.Intent{}, nil, err
	}
	// Places name the file alone: a path would differ from machine to machine.
	in, diags := intent.Parse(filepath.Base(name), data)
	if len(diags) > 0 {
		if err := text.WriteDiagnostics(a.stderr, diags, view); err != nil {
			return intent.Intent{}, nil, err
		}
		return intent.Intent{}, nil, fail("nothing was checked: without what it declares the result would mislead", "cannot use %s", name)
	}
	return in, unknownSlugs(in), nil
}

// unknownSlugs warns of recommendations that do not exist.
func unknownSlugs(in intent.Intent) diag.List {
	var out diag.List
	known := slugs()
	for _, m := range in.Named() {
		if slices.Contains(known, m.Recommendation) {
			continue
		}
		detail := fmt.Sprintf("There is no recommendation %q, so this entry has no effect.", m.Recommendation)
		if best := diag.Closest(m.Recommendation, known); best != "" {
			detail += fmt.Sprintf(" Did you mean %q?", best)
		} else {
			detail += " Those that exist are listed by: muralla explain"
		}
		out.Add(diag.Warning, m.Place, "unknown recommendation", detail)
	}
	return out
}

// formats is every output format.
var formats = map[string]func(w io.Writer, r finding.Report, o text.Options) error{
	"text": text.Write,
	"json": func(w io.Writer, r finding.Report, _ text.Options) error { return json.Write(w, r, json.Options{}) },
}

// show writes every output; all are laid out before the first is written.
func (o checkOptions) show(a *app, r finding.Report, outputs []output, color bool) error {
	contents := make([]bytes.Buffer, len(outputs))
	for i, out := range outputs {
		view := text.Options{All: o.all, ExplainGaps: o.explainGaps, Color: color && (out.file == "" || o.color == "always")}
		if err := formats[out.format](&contents[i], r, view); err != nil {
			return err
		}
	}
	for i, out := range outputs {
		if err := out.write(a.stdout, contents[i].Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// verdict is the exit status of a report.
func (o checkOptions) verdict(r finding.Report, fails finding.Severity) error {
	if worst, any := r.Worst(); any && worst >= fails {
		return exitFound
	}
	lost := slices.ContainsFunc(r.Diagnostics, func(d diag.Diagnostic) bool { return d.Level == diag.Error })
	if o.strict && (lost || r.Summary().Undecided > 0) {
		return exitUndecided
	}
	return nil
}
