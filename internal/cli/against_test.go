package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inRepository is a repository whose main has a design of examples, and whose work
// tree has another one.
func inRepository(t *testing.T, before, after string) string {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	for _, from := range []string{before, after} {
		if err := os.RemoveAll(filepath.Join(dir, "infra")); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "infra"), os.DirFS(filepath.Join("../../examples", from))); err != nil {
			t.Fatal(err)
		}
		if from == before {
			git("add", "-A")
			git("commit", "-q", "-m", "before")
		}
	}
	return dir
}

func TestAgainst(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	better, worse := inRepository(t, "orders", "orders-fixed"), inRepository(t, "orders-fixed", "orders")
	t.Chdir(better)
	kept := filepath.Join(t.TempDir(), "kept.json")
	if _, stderr, status := tool(t, "check", "-o", "json="+kept, "infra"); status != 0 {
		t.Fatal(status, stderr)
	}
	for name, c := range map[string]struct {
		args   []string
		status int
		says   []string
	}{
		"better than main":   {[]string{"check", "--against=main", "infra"}, 0, []string{"against main: 0 new, 0 worse; not shown: 0 as before, 0 better, 15 resolved"}},
		"as before":          {[]string{"check", "--against", kept, "infra"}, 0, []string{"0 new, 0 worse"}},
		"in JSON":            {[]string{"check", "--against=main", "-o", "json", "infra"}, 0, []string{`"name": "main"`, `"state": "unchanged"`, `"resolved": [`}},
		"another design":     {[]string{"check", "--against=infra", "infra"}, 0, []string{"against infra: 0 new"}},
		"a revision":         {[]string{"diff", "main", "infra"}, 1, []string{"main > infra: ", "main:infra/service.tf:"}},
		"one revision":       {[]string{"diff", "main...HEAD", "infra"}, 0, []string{"nobody reaches more or less"}},
		"a path of it":       {[]string{"diff", "main:infra", "infra"}, 1, []string{"main > infra: "}},
		"no such revision":   {[]string{"check", "--against=nosuch", "infra"}, 2, nil},
		"no such path in it": {[]string{"diff", "main:nosuch", "infra"}, 2, nil},
	} {
		stdout, stderr, status := tool(t, c.args...)
		if status != c.status {
			t.Errorf("%s: exit status %d\n%s", name, status, stderr)
		}
		for _, want := range c.says {
			if !strings.Contains(stdout, want) {
				t.Errorf("%s: no %q in\n%s", name, want, stdout)
			}
		}
	}
	t.Chdir(worse)
	stdout, _, status := tool(t, "check", "--against=main", "infra")
	if status != 1 || !strings.Contains(stdout, "HIGH exposure") || !strings.Contains(stdout, "against main: 14 new, 1 worse") {
		t.Errorf("worse than main: exit status %d\n%s", status, stdout)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "muralla-revision-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
