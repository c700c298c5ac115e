package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// definition reads a YAML file of the integrations.
func definition(t *testing.T, file string) *tree.Node {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../..", file))
	if err != nil {
		t.Fatal(err)
	}
	// The reader of templates reads any map.
	parsed, diags := tree.Parse(file, append([]byte("All:\n"), indented(data)...))
	for _, d := range diags {
		if d.Level == diag.Error {
			t.Fatalf("%v: %s", d.Place, d.Detail)
		}
	}
	return parsed.Root.Get("All")
}

func indented(data []byte) []byte {
	return regexp.MustCompile(`(?m)^(.)`).ReplaceAll(data, []byte("  $1"))
}

// scratch is a repository with a design in infra that has findings, and the
// program in bin.
type scratch struct {
	dir string
	env []string
}

func newScratch(t *testing.T, program string) scratch {
	t.Helper()
	s := scratch{dir: t.TempDir()}
	if err := os.CopyFS(filepath.Join(s.dir, "infra"), os.DirFS("../../examples/orders")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"bin", "tmp", ".git"} {
		if err := os.Mkdir(filepath.Join(s.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(program, s.file("bin/muralla")); err != nil {
		t.Fatal(err)
	}
	s.env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PATH=") }),
		"PATH="+s.file("bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	return s
}

func (s scratch) file(name string) string { return filepath.Join(s.dir, name) }

// standIn puts a command in place of one that is not here; it says how it is called.
func (s scratch) standIn(t *testing.T, command string) {
	t.Helper()
	if err := os.WriteFile(s.file("bin/"+command), []byte("#!/bin/sh\necho "+command+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (s scratch) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(s.file(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// run runs a script as CI systems do.
func (s scratch) run(t *testing.T, script string, env ...string) (status int, output string) {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = s.dir, append(slices.Clone(s.env), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// action runs the steps of the action that have a script, with inputs.
func (s scratch) action(t *testing.T, inputs map[string]string) (status int, output string) {
	t.Helper()
	def := definition(t, "integrations/github/action.yml")
	values := map[string]string{"github.token": "t", "github.action_path": ".", "github.event.pull_request.number": "7", "github.event.pull_request.base.sha": ""}
	expression := regexp.MustCompile(`\$\{\{ *([a-z_.-]+) *\}\}`)
	expand := func(text string) string {
		return expression.ReplaceAllStringFunc(text, func(e string) string {
			name := expression.FindStringSubmatch(e)[1]
			v, ok := values[name]
			if !ok {
				t.Fatalf("the action uses %s, which nothing sets", e)
			}
			return v
		})
	}
	for name, v := range inputs {
		if strings.HasPrefix(name, "github.") { // of the event
			values[name] = v
		}
	}
	for _, e := range def.Get("inputs").Entries {
		values["inputs."+e.Key] = expand(e.Value.Get("default").Text)
	}
	for name, v := range inputs {
		values["inputs."+name] = v
	}
	for _, step := range def.Get("runs").Get("steps").List {
		script := step.Get("run")
		if script == nil {
			continue
		}
		if expression.MatchString(script.Text) {
			t.Errorf("a script holds an expression, whose value could be code:\n%s", script.Text)
		}
		env := []string{"RUNNER_TEMP=" + s.file("tmp"), "GITHUB_OUTPUT=" + s.file("tmp/output"), "GITHUB_STEP_SUMMARY=" + s.file("tmp/summary")}
		if e := step.Get("env"); e != nil {
			for _, v := range e.Entries {
				env = append(env, v.Key+"="+expand(v.Value.Text))
			}
		}
		if err := os.WriteFile(s.file("tmp/output"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		one, out := s.run(t, script.Text, env...)
		output += out
		for line := range strings.Lines(s.read(t, "tmp/output")) {
			name, v, _ := strings.Cut(strings.TrimSpace(line), "=")
			values["steps."+step.Get("id").Text+".outputs."+name] = v
		}
		if one != 0 {
			return one, output
		}
	}
	return 0, output
}

func (s scratch) uploaded(t *testing.T) int {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				Kind string `json:"kind"`
			} `json:"results"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(s.read(t, "tmp/muralla-upload.sarif")), &log); err != nil {
		t.Fatal(err)
	}
	for _, r := range log.Runs[0].Results {
		if r.Kind != "fail" {
			t.Errorf("a result of kind %s is uploaded", r.Kind)
		}
	}
	return len(log.Runs[0].Results)
}

// What the files of integrations run does what their pages say.
func TestIntegrations(t *testing.T) {
	program := filepath.Join(t.TempDir(), "muralla")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/muralla").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, test := range map[string]func(*testing.T, string){
		"GitHub": gitHubAction, "GitHub pull request": gitHubPullRequest, "GitLab": gitLabJob, "GitLab merge request": gitLabMergeRequest,
		"pre-commit": preCommitHook, "pre-commit against HEAD": preCommitAgainst} {
		t.Run(name, func(t *testing.T) { test(t, program) })
	}
}

func gitHubAction(t *testing.T, program string) {
	s := newScratch(t, program)
	s.standIn(t, "gh")
	inputs := map[string]string{"paths": "infra", "muralla": s.file("bin/muralla"), "comment": "true"}
	status, out := s.action(t, inputs)
	if status != 1 || !strings.Contains(out, "::error file=infra/service.tf,line=") || !strings.Contains(out, "gh pr comment 7 --body-file ") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	if !strings.HasPrefix(s.read(t, "tmp/summary"), "<!-- muralla check -->") || s.uploaded(t) == 0 {
		t.Error("no summary, or nothing to upload")
	}

	if status, out := s.run(t, "muralla check --write-baseline=known.json infra"); status != 0 {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	inputs["baseline"] = "known.json"
	if status, out := s.action(t, inputs); status != 0 || strings.Contains(out, "::error") || s.uploaded(t) != 0 {
		t.Errorf("with a baseline: exit status %d\n%s", status, out)
	}

	inputs["fail-on"], inputs["baseline"], inputs["args"] = "low", "", "--all --strict"
	if status, _ := s.action(t, inputs); status != 1 {
		t.Errorf("with arguments: exit status %d", status)
	}
	inputs["paths"] = "infra;touch${IFS}pwned $(touch pwned)"
	if status, _ := s.action(t, inputs); status != 2 {
		t.Errorf("of a path that is none: exit status %d", status)
	}
	if _, err := os.Stat(s.file("pwned")); err == nil {
		t.Error("a path was run")
	}
}

const gitLabFile = "integrations/gitlab/muralla.gitlab-ci.yml"

// gitLabScript is what the job runs, and the variables that it sets.
func gitLabScript(t *testing.T) (script string, env []string) {
	t.Helper()
	def := definition(t, gitLabFile)
	for _, e := range def.Get("variables").Entries {
		env = append(env, e.Key+"="+e.Value.Text)
	}
	for _, part := range []string{"before_script", "script"} {
		for _, line := range def.Get("muralla").Get(part).List {
			script += line.Text + "\n"
		}
	}
	return script, env
}

func gitLabJob(t *testing.T, program string) {
	s := newScratch(t, program)
	script, env := gitLabScript(t)
	status, out := s.run(t, script, append(env, "MURALLA_PATHS=infra")...)
	if status != 1 || !strings.Contains(out, "HIGH exposure") || !strings.Contains(s.read(t, "muralla.xml"), "<testsuites tests=") || !strings.HasPrefix(s.read(t, "muralla.json"), "{") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	reports := definition(t, gitLabFile).Get("muralla").Get("artifacts").Get("reports")
	for _, kind := range []string{"junit", "codequality"} {
		s.read(t, reports.Get(kind).Text)
	}
	if status, out := s.run(t, "muralla check --write-baseline=known.json infra"); status != 0 {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	if status, out := s.run(t, script, append(env, "MURALLA_PATHS=infra", "MURALLA_BASELINE=known.json")...); status != 0 {
		t.Errorf("with a baseline: exit status %d\n%s", status, out)
	}
}

func preCommitHook(t *testing.T, program string) {
	s := newScratch(t, program)
	hooks := definition(t, ".pre-commit-hooks.yaml").List
	if len(hooks) != 1 || hooks[0].Get("id").Text != "muralla" || hooks[0].Get("language").Text != "golang" || hooks[0].Get("pass_filenames").Text != "false" {
		t.Fatalf("%d hooks", len(hooks))
	}
	words := []string{hooks[0].Get("entry").Text}
	for _, a := range hooks[0].Get("args").List {
		words = append(words, a.Text)
	}
	files := regexp.MustCompile(hooks[0].Get("files").Text)
	for name, want := range map[string]bool{"infra/service.tf": true, "t.yaml": true, "cdk.out/x.template.json": true, "README.md": false, "main.go": false} {
		if files.MatchString(name) != want {
			t.Errorf("the hook runs for %s: %v", name, !want)
		}
	}
	if status, out := s.run(t, strings.Join(words, " ")); status != 1 || !strings.Contains(out, "HIGH exposure") {
		t.Errorf("exit status %d\n%s", status, out)
	}
}
