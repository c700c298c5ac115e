package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"muralla": func() {
			os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, scripted))
		},
	})
}

// scripted is an engine that reads the report from the file "report" of each
// path, one word for each thing: "violates high imds aws_ecs_service.a",
// "lost main.tf:3 module not here", "fails the engine's own words".
func scripted(req request) (finding.Report, error) {
	var r finding.Report
	for _, p := range req.Paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			p = filepath.Join(p, "report")
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return finding.Report{}, err
		}
		for line := range strings.Lines(string(data)) {
			words := strings.SplitN(strings.TrimSpace(line), " ", 4)
			switch words[0] {
			case "fails":
				return finding.Report{}, failure{err: errors.New(strings.Join(words[1:], " ")), hints: []string{"a hint of the engine"}}
			case "lost":
				r.Counts.Resources = 1 // a part of the input; without resources nothing was read
				file, n, _ := strings.Cut(words[1], ":")
				at, _ := strconv.Atoi(n)
				r.Diagnostics.Add(diag.Error, ref.Place{File: file, Line: at}, strings.Join(words[2:], " "), "It is not there.")
			case "request":
				fmt.Fprintln(os.Stderr, req.Root, req.Vars, req.VarFiles, req.Workspace, req.Parameters, req.ParameterFiles, req.Region, req.Account)
			default:
				f := finding.Finding{Recommendation: words[2], Resource: ref.ID(words[3]), Title: words[3] + " is meant"}
				for f.Verdict = finding.Violates; f.Verdict > 0 && f.Verdict.String() != words[0]; f.Verdict-- {
				}
				if f.Severity, err = finding.ParseSeverity(words[1]); err != nil {
					return finding.Report{}, err
				}
				r.Findings = append(r.Findings, f)
			}
		}
	}
	r.Sort()
	return r, nil
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// exits STATUS COMMAND... runs a command that ends with a status.
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				if len(args) < 2 {
					ts.Fatalf("usage: exits STATUS COMMAND...")
				}
				err := ts.Exec(args[1], args[2:]...)
				got := 0
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					got = exit.ExitCode()
				} else if err != nil {
					ts.Fatalf("%v", err)
				}
				if args[0] != strconv.Itoa(got) {
					ts.Fatalf("%s exits %d, not %s", strings.Join(args[1:], " "), got, args[0])
				}
			},
		},
	})
}

// quiet runs the program in this process.
func quiet(args []string, engine analyse) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(args, strings.NewReader(""), &out, &err, engine)
	return status, out.String(), err.String()
}

func TestInterrupt(t *testing.T) {
	never := make(chan struct{})
	status, stdout, stderr := quiet([]string{"check", t.TempDir()}, func(request) (finding.Report, error) {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Error(err)
		}
		select {
		case <-never:
		case <-time.After(10 * time.Second):
			t.Error("nobody was interrupted")
		}
		return finding.Report{}, nil
	})
	close(never)
	if status != 130 || stdout != "" || stderr != "muralla: interrupted\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

// The table of exit statuses is what the program does with each kind of report.
func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	of := func(verdict finding.Verdict, s finding.Severity) finding.Finding {
		return finding.Finding{Recommendation: "imds", Resource: "a", Verdict: verdict, Severity: s}
	}
	lost := diag.List{{Level: diag.Error, Summary: "lost"}}
	for _, tc := range []struct {
		name   string
		flags  string
		report finding.Report
		want   status
	}{
		{"nothing", "", finding.Report{}, exitClean},
		{"high fails by default", "", finding.Report{Findings: []finding.Finding{of(finding.Violates, finding.High)}}, exitFound},
		{"medium does not", "", finding.Report{Findings: []finding.Finding{of(finding.Violates, finding.Medium)}}, exitClean},
		{"medium does if asked", "--fail-on=medium", finding.Report{Findings: []finding.Finding{of(finding.Violates, finding.Medium)}}, exitFound},
		{"a note never does", "--fail-on=low", finding.Report{Findings: []finding.Finding{of(finding.Violates, finding.Note)}}, exitClean},
		{"never", "--fail-on=never", finding.Report{Findings: []finding.Finding{of(finding.Violates, finding.Critical)}}, exitClean},
		{"undecided", "", finding.Report{Findings: []finding.Finding{of(finding.Undecided, finding.Critical)}}, exitClean},
		{"undecided and strict", "--strict", finding.Report{Findings: []finding.Finding{of(finding.Undecided, finding.Low)}}, exitUndecided},
		{"found wins over undecided", "--strict", finding.Report{Findings: []finding.Finding{of(finding.Undecided, finding.Low), of(finding.Violates, finding.High)}}, exitFound},
		{"lost input", "", finding.Report{Diagnostics: lost, Counts: finding.Counts{Resources: 1}}, exitClean},
		{"lost input and strict", "--strict", finding.Report{Diagnostics: lost, Counts: finding.Counts{Resources: 1}}, exitUndecided},
		{"all input lost", "", finding.Report{Diagnostics: lost}, exitFailed},
		{"follows", "--strict --fail-on=low", finding.Report{Findings: []finding.Finding{of(finding.Follows, finding.Critical)}}, exitClean},
	} {
		args := append([]string{"check", dir}, strings.Fields(tc.flags)...)
		got, _, stderr := quiet(args, func(request) (finding.Report, error) { return tc.report, nil })
		if got != int(tc.want) {
			t.Errorf("%s: exit status %d, want %d; stderr %s", tc.name, got, tc.want, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	got := versionOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}, {Key: "CGO_ENABLED", Value: "0"},
	}})
	if !strings.HasPrefix(got, "muralla v1.2.3, commit 0123456789ab, modified, go1.") {
		t.Errorf("got %q", got)
	}
	if got := versionOf(&debug.BuildInfo{}); !strings.HasPrefix(got, "muralla (devel), go1.") {
		t.Errorf("got %q", got)
	}
}

func TestColour(t *testing.T) {
	var buffer bytes.Buffer
	for when, want := range map[string]bool{"always": true, "never": false, "auto": false} {
		if got, err := useColor(when, &buffer); err != nil || got != want {
			t.Errorf("%s on a buffer: %v, %v", when, got, err)
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	if got, _ := useColor("auto", null); !got {
		t.Error("no colour on a device")
	}
	t.Setenv("NO_COLOR", "1")
	if got, _ := useColor("auto", null); got {
		t.Error("NO_COLOR is not honoured")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if got, _ := useColor("auto", null); got {
		t.Error("a dumb terminal gets colour")
	}
}

func TestOneLine(t *testing.T) {
	if got := oneLine(" a\nb\x1b[31mc\u202e\t"); got != "a b\uFFFD[31mc\uFFFD" {
		t.Errorf("got %q", got)
	}
}

func TestPlainPage(t *testing.T) {
	got := plainPage("# imds: a title\n\nSome **strong** words about `names` and [a page](https://example.com/x)\nthat go on.\n\n"+
		"- one item that is too long for the width\n- two\n1. three\n\n```hcl\nresource \"a\" {\n\n  b = 1 # [not](a-link)\n}\n```\n\n| a | **b** |\n| --- | --- |\n| one | two words that are too many for the line |\n", 40)
	want := `IMDS: A TITLE

Some strong words about ` + "`names`" + ` and a
page (https://example.com/x) that go on.

- one item that is too long for the
  width
- two
1. three

    resource "a" {

      b = 1 # [not](a-link)
    }

a    b
one  two words that are too many for the
     line
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Every page can be shown, has its slug in its title, and loses no word.
func TestPages(t *testing.T) {
	if len(slugs()) == 0 {
		t.Fatal("there is no page")
	}
	for _, slug := range slugs() {
		status, out, stderr := quiet([]string{"explain", slug}, nil)
		if status != 0 || stderr != "" || !strings.HasPrefix(out, strings.ToUpper(slug)+": ") {
			t.Errorf("explain %s: exit status %d, stderr %q, begins %.60q", slug, status, stderr, out)
		}
	}
}

// reference is docs/cli.md: the help of every command.
func reference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Command line\n\nThis page is generated from the program by `make docs`; a test fails while it is out of date.\n")
	section := func(cmd *cobra.Command) {
		var help bytes.Buffer
		cmd.SetOut(&help)
		cmd.InitDefaultHelpFlag()
		if err := cmd.Help(); err != nil {
			fmt.Fprintf(&help, "%v", err)
		}
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", cmd.CommandPath(), strings.TrimRight(help.String(), "\n")+"\n")
	}
	section(root)
	for _, cmd := range root.Commands() {
		// The words of these are those of the library.
		if cmd.IsAvailableCommand() && cmd.Name() != "completion" {
			section(cmd)
		}
	}
	return b.String()
}

func TestCLIDocumentIsCurrent(t *testing.T) {
	const file = "../../docs/cli.md"
	root := newRoot(&app{})
	root.InitDefaultVersionFlag()
	want := reference(root)
	if os.Getenv("MURALLA_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run make docs; the program -, the page +:\n%s", diff)
	}
	for _, e := range exits {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^  %d +%s$`, e.status, regexp.QuoteMeta(e.means))).MatchString(want) {
			t.Errorf("no help text names exit status %d", e.status)
		}
	}
}
