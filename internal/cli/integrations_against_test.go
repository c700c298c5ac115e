package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// worse is another host like the one of examples/orders that the internet
// reaches.
const worse = `
resource "aws_instance" "another" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t3.micro"
  subnet_id                   = aws_instance.bastion.subnet_id
  vpc_security_group_ids      = [aws_security_group.bastion.id]
  associate_public_ip_address = true
}
`

// pullRequest is what CI systems check out of a pull request: a clone of one
// commit, whose base is not in it. Only if it opens something is it worse.
func pullRequest(t *testing.T, program string, opens bool) (s scratch, base string) {
	t.Helper()
	up := t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "uploadpack.allowAnySHA1InWant=true"}, args...)...)
		cmd.Dir = up
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	if err := os.CopyFS(filepath.Join(up, "infra"), os.DirFS("../../examples/orders")); err != nil {
		t.Fatal(err)
	}
	git("add", "-A")
	git("commit", "-q", "-m", "before")
	base = git("rev-parse", "HEAD")
	text := "# Nothing but words.\n"
	if opens {
		text = worse
	}
	if err := os.WriteFile(filepath.Join(up, "infra", "more.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	git("add", "-A")
	git("commit", "-q", "-m", "after")
	git("config", "uploadpack.allowAnySHA1InWant", "true")

	s = newScratch(t, program)
	for _, d := range []string{"infra", ".git"} {
		if err := os.RemoveAll(s.file(d)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "clone", "-q", "--depth=1", "file://"+up, s.file("clone")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, d := range []string{"infra", ".git"} {
		if err := os.Rename(s.file("clone/"+d), s.file(d)); err != nil {
			t.Fatal(err)
		}
	}
	s.standIn(t, "gh")
	return s, base
}

// known are the fingerprints in a code quality report.
func (s scratch) known(t *testing.T) map[string]bool {
	t.Helper()
	var list []struct {
		Fingerprint string `json:"fingerprint"`
		Location    struct {
			Path string `json:"path"`
		} `json:"location"`
	}
	if err := json.Unmarshal([]byte(s.read(t, "gl-code-quality-report.json")), &list); err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, e := range list {
		if _, err := os.Stat(s.file(e.Location.Path)); err != nil {
			t.Errorf("%v", err)
		}
		out[e.Fingerprint] = true
	}
	return out
}

// Of a pull request only what it makes worse fails, also where the clone holds
// nothing else; what is uploaded stays whole, since the other side compares.
func gitHubPullRequest(t *testing.T, program string) {
	for _, opens := range []bool{false, true} {
		s, base := pullRequest(t, program, opens)
		inputs := map[string]string{"paths": "infra", "muralla": s.file("bin/muralla"), "github.event.pull_request.base.sha": base}
		status, out := s.action(t, inputs)
		if want := map[bool]int{true: 1}[opens]; status != want || strings.Contains(out, "::error file=") != opens {
			t.Errorf("opens %v: exit status %d\n%s", opens, status, out)
		}
		summary := s.read(t, "tmp/summary")
		if !strings.Contains(summary, "against `"+base+"`: ") {
			t.Errorf("the summary does not say what it is against:\n%s", summary)
		}
		if n := s.uploaded(t); n < 10 {
			t.Errorf("uploaded are %d results", n)
		}
		inputs["against"] = "none"
		if status, out := s.action(t, inputs); status != 1 {
			t.Errorf("against none: exit status %d\n%s", status, out)
		}
		inputs["against"] = strings.Repeat("0", 40)
		if status, out := s.action(t, inputs); status != 2 || !strings.Contains(out, "git fetch") {
			t.Errorf("against nothing: exit status %d\n%s", status, out)
		}
	}
}

// The same of a merge request.
func gitLabMergeRequest(t *testing.T, program string) {
	all := map[bool]map[string]bool{}
	for _, opens := range []bool{false, true} {
		s, base := pullRequest(t, program, opens)
		script, env := gitLabScript(t)
		env = append(env, "MURALLA_PATHS=infra", "CI_MERGE_REQUEST_DIFF_BASE_SHA="+base)
		status, out := s.run(t, script, env...)
		if want := map[bool]int{true: 1}[opens]; status != want || !strings.Contains(out, "against "+base) {
			t.Errorf("opens %v: exit status %d\n%s", opens, status, out)
		}
		all[opens] = s.known(t)
		if status, out := s.run(t, script, append(env, "MURALLA_AGAINST=none")...); status != 1 || strings.Contains(out, "against ") {
			t.Errorf("against none: exit status %d\n%s", status, out)
		}
	}
	added := 0
	for id := range all[true] {
		if !all[false][id] {
			added++
		}
	}
	if added == 0 || len(all[false]) < 10 {
		t.Errorf("code quality: %d problems, %d added", len(all[false]), added)
	}
}

// A commit fails for what it makes worse alone, if the hook is told so.
func preCommitAgainst(t *testing.T, program string) {
	s, _ := pullRequest(t, program, false)
	const hook = "muralla check --fail-on=high --against=HEAD infra/"
	if status, out := s.run(t, hook); status != 0 {
		t.Errorf("as before: exit status %d\n%s", status, out)
	}
	if err := os.WriteFile(s.file("infra/more.tf"), []byte(worse), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out := s.run(t, hook); status != 1 || !strings.Contains(out, "HIGH ") {
		t.Errorf("worse: exit status %d\n%s", status, out)
	}
}
