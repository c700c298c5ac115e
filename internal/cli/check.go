package cli

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/suppress"
	"github.com/muralla-net/muralla/internal/topo"
)

// checkOptions is what the flags of check say.
type checkOptions struct {
	inputOptions
	baseline    baselineOptions
	outputs     []string
	failOn      string
	strict      bool
	all         bool
	explainGaps bool
	color       string
	date        string
	against     string
	fix         string
}

func newCheck(a *app) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Say whether a design follows every recommendation",
		Long: `Check reads one or several designs as one estate and judges it by every
recommendation of the AWS page on network security for Amazon ECS. Each finding
comes with its proof: the path, the rules that open it, and where they are.

A PATH is a Terraform directory, a directory with roots or Terragrunt units below
it, a file with a plan or a state, a template of CloudFormation or a directory of
them (also of AWS SAM, or what the CDK and Copilot write), a file or a directory
with answers of AWS to describe calls, or an archive of muralla snapshot; what it
is, is recognised. Without one the current directory is read. Nothing outside the
repository that holds a path is read, unless --root names another boundary.

What the design is meant to be, and which findings are accepted, is declared in
muralla.yaml beside the first PATH.`,
		Example: `  muralla check .
  muralla check --fail-on=medium --strict services/ network/
  muralla check --against origin/main .
  muralla check -o text -o json=report.json plan.json
  muralla check -o sarif=muralla.sarif -o markdown=comment.md .
  muralla check --fix=print . | git apply`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "write `FORMAT[=FILE]`: text, json, junit, sarif, markdown, html, github, codequality or ocsf; may be repeated")
	f.StringVar(&o.failOn, "fail-on", "high", "exit 1 from this `SEVERITY` on: critical, high, medium, low or never")
	f.BoolVar(&o.strict, "strict", false, "exit 3 if anything is undecided or could not be read")
	o.flags(f)
	o.baseline.flags(f)
	f.StringVar(&o.against, "against", "", "count only what is worse than in `REF|FILE`: a git revision, a JSON report, a design")
	f.BoolVar(&o.all, "all", false, "show every result in full")
	f.BoolVar(&o.explainGaps, "explain-gaps", false, "show every missing fact and what it would decide")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	f.StringVar(&o.date, "date", "", "judge exceptions as of `YYYY-MM-DD` (default today)")
	f.StringVar(&o.fix, "fix", "", "`HOW` to fix what can be fixed for certain: print a patch in place of the report, or write the files")
	withExits(cmd, exitClean, exitFound, exitFailed, exitUndecided, exitInterrupted)
	return cmd
}

// run checks and shows; the exit status is the error.
func (o checkOptions) run(a *app, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	outputs, err := parseOutputs(o.outputs, slices.Sorted(maps.Keys(formats)))
	if err != nil {
		return err
	}
	if o.fix != "" && o.fix != fixPrint && o.fix != fixWrite {
		return fail("use --fix=print or --fix=write", "there is no way to fix called %q", o.fix)
	}
	fails, err := o.threshold()
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
	if err := o.baseline.check(paths); err != nil {
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
	known, there, err := o.baseline.load()
	if err != nil {
		return err
	}

	var read *topo.Snapshot
	req.keep = func(s *topo.Snapshot) { read = s }
	before, err := o.analyse(a, req)
	if err != nil {
		return err
	}
	if o.fix != "" { // debts of a baseline are there to be mended, too
		if err := o.mend(a, req, suppress.Apply(before, in, today), before); err != nil {
			return err
		}
	}
	if o.fix == fixWrite { // what is left
		if before, err = o.analyse(a, req); err != nil {
			return err
		}
	}
	if o.fix == fixPrint { // the patch is the answer
		outputs = slices.DeleteFunc(outputs, func(out output) bool { return out.file == "" })
	}
	report := suppress.Apply(before, in, today)
	if report, err = o.baseline.apply(a, known, there, report, in, o.strict); err != nil {
		return err
	}
	report.Diagnostics = append(report.Diagnostics, diags...).Sorted()

	earlier, err := o.compare(a, req, report, today, beside)
	if err != nil {
		return err
	}
	if err := text.WriteDiagnostics(a.stderr, report.Diagnostics, beside); err != nil {
		return err
	}
	if err := o.show(a, report, earlier, outputs, color, paths, read, today); err != nil {
		return err
	}
	return o.verdict(earlier.only(report), fails)
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

// dayOf is the day of --date, or today.
func dayOf(date string) (intent.Date, error) {
	if date == "" {
		now := time.Now()
		return intent.Date{Year: now.Year(), Month: int(now.Month()), Day: now.Day()}, nil
	}
	d, err := intent.ParseDate(date)
	if err != nil {
		return intent.Date{}, fail("for example: --date=2027-01-31", "%w", err)
	}
	return d, nil
}

// beginning is the first moment of a day in UTC, in milliseconds since 1970.
func beginning(d intent.Date) int64 {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).UnixMilli()
}

// show writes every output; all are laid out before the first is written.
func (o checkOptions) show(a *app, r finding.Report, earlier *against, outputs []output, color bool, paths []string, read *topo.Snapshot, today intent.Date) error {
	contents := make([]bytes.Buffer, len(outputs))
	for i, out := range outputs {
		v := view{text.Options{All: o.all, ExplainGaps: o.explainGaps, Color: color && (out.file == "" || o.color == "always")}, paths, o.configName(paths[0]), o.baseline.used(), read, beginning(today), earlier}
		if err := formats[out.format](&contents[i], r, v); err != nil {
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
	if lost && r.Counts.Resources == 0 {
		return fail("mend the errors above, then check again", "nothing of the input could be read")
	}
	if o.strict && (lost || r.Summary().Undecided > 0) {
		return exitUndecided
	}
	return nil
}
