package revision

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// repository is a repository with files, committed one after the other.
func repository(t *testing.T, commits ...map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, "init", "-q", "-b", "main")
	for _, files := range commits {
		for name, text := range files {
			p := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if to, ok := strings.CutPrefix(text, "-> "); ok {
				if err := os.Symlink(to, p); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		run(t, dir, "add", "-A")
		run(t, dir, "commit", "-q", "-m", "change")
	}
	return dir
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// files are the contents of a directory, links as what they lead to.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		if e.Type()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(p)
			out[filepath.ToSlash(rel)] = "-> " + to
			return err
		}
		data, err := os.ReadFile(p)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func open(t *testing.T, dir, name string) *Tree {
	t.Helper()
	tree, err := Open(context.Background(), dir, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(tree.temp); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", tree.temp)
		}
	})
	return tree
}

func TestFilesOfARevision(t *testing.T) {
	old := map[string]string{"infra/main.tf": "one", "modules/a b/é.tf": "\x00\n\nbytes", "empty.tf": "", "link.tf": "-> infra/main.tf"}
	dir := repository(t, old, map[string]string{"infra/main.tf": "two", "new.tf": "new"})
	run(t, dir, "tag", "v1", "HEAD~1")
	if err := os.WriteFile(filepath.Join(dir, "infra/main.tf"), []byte("not committed"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	for _, name := range []string{"v1", "HEAD~1", "main^"} {
		tree := open(t, filepath.Join(dir, "infra"), name)
		if diff := cmp.Diff(old, files(t, tree.Root())); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
		at, err := tree.Path(filepath.Join(dir, "infra"))
		if err != nil || at != filepath.Join(tree.Root(), "infra") {
			t.Errorf("infra is at %q, %v", at, err)
		}
		var known *Error
		if _, err := tree.Path(filepath.Join(dir, "new.tf")); !errors.As(err, &known) || !strings.Contains(err.Error(), "is not in "+name) {
			t.Errorf("a file that the revision does not have: %v", err)
		}
		if _, err := tree.Path(t.TempDir()); !errors.As(err, &known) || !strings.Contains(err.Error(), "not in the repository") {
			t.Errorf("a directory elsewhere: %v", err)
		}
		if len(tree.Skipped) > 0 {
			t.Errorf("left out: %v", tree.Skipped)
		}
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the repository changed:\n%s", diff)
	}
}

// Nothing that a repository configures is run, and nothing it holds leads out.
func TestHostileRepository(t *testing.T) {
	dir := repository(t, map[string]string{
		".gitattributes": "*.tf filter=bad text eol=crlf diff=bad export-ignore\n", "main.tf": "a\n$Id$\n",
		"out": "-> ../../etc/passwd", "root": "-> /etc/passwd", "here": "-> .", "twice": "-> here/here/../../x",
	})
	marker := filepath.Join(t.TempDir(), "ran")
	for _, key := range []string{"filter.bad.smudge", "filter.bad.clean", "filter.bad.process", "diff.bad.textconv", "core.fsmonitor", "core.sshCommand", "core.pager", "core.alternateRefsCommand"} {
		run(t, dir, "config", key, "touch "+marker)
	}
	hook := filepath.Join(dir, ".git", "hooks", "post-checkout")
	if err := os.WriteFile(hook, []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_DIR", t.TempDir())
	t.Setenv("GIT_EXTERNAL_DIFF", "touch "+marker)
	tree := open(t, dir, "main")
	got := files(t, tree.Root())
	if got["main.tf"] != "a\n$Id$\n" {
		t.Errorf("the content is filtered: %q", got["main.tf"])
	}
	for _, name := range []string{"out", "root"} {
		if to, ok := got[name]; ok {
			t.Errorf("%s leads to %s", name, to)
		}
	}
	if len(tree.Skipped) != 3 || !strings.Contains(strings.Join(tree.Skipped, "\n"), "leads out of the repository") {
		t.Errorf("left out: %q", tree.Skipped)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a program that the repository names has run")
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	dir := repository(t, map[string]string{"main.tf": "a"}, map[string]string{"main.tf": "b"})
	shallow := filepath.Join(t.TempDir(), "shallow")
	run(t, dir, "branch", "release/1")
	run(t, dir, "clone", "-q", "--depth=1", "--single-branch", "file://"+dir, shallow)
	for _, c := range []struct{ dir, name, says, hint string }{
		{dir, "--upload-pack=touch x", "begins with a dash", "branch"},
		{dir, "-", "begins with a dash", "branch"},
		{dir, "", "has no name", "for example"},
		{dir, "a b", "is no name", "for example"},
		{dir, "main\x00", "is no name", "for example"},
		{dir, "nosuch", "there is no revision nosuch here", "git fetch origin nosuch"},
		{dir, "HEAD:main.tf", "there is no revision", ""},
		{shallow, "release/1", "this shallow clone does not hold release/1", "git fetch --depth=1 origin release/1:refs/remotes/origin/release/1"},
		{shallow, "HEAD~1", "this shallow clone does not hold HEAD~1", "git fetch --unshallow"},
		{t.TempDir(), "main", "is in no git repository", "give two paths"},
	} {
		tree, err := Open(context.Background(), c.dir, c.name)
		var known *Error
		if tree != nil || !errors.As(err, &known) || !strings.Contains(known.Problem, c.says) || !strings.Contains(known.Hint, c.hint) {
			t.Errorf("%q: %v, %+v", c.name, err, known)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Open(context.Background(), dir, "main"); err == nil || !strings.Contains(err.Error(), "git is not installed") {
		t.Errorf("without git: %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	dir := repository(t, map[string]string{"main.tf": "a"})
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Open(ctx, dir, "main"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "muralla-revision-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestMergeBase(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1"})
	base := run(t, dir, "rev-parse", "HEAD")
	run(t, dir, "checkout", "-q", "-b", "side")
	run(t, dir, "commit", "-q", "--allow-empty", "-m", "x")
	run(t, dir, "checkout", "-q", "main")
	run(t, dir, "commit", "-q", "--allow-empty", "-m", "y")
	if got, err := MergeBase(context.Background(), dir, "main", "side"); err != nil || got != base {
		t.Errorf("got %q, %v, want %q", got, err, base)
	}
	run(t, dir, "checkout", "-q", "--orphan", "alone")
	run(t, dir, "commit", "-q", "--allow-empty", "-m", "z")
	if _, err := MergeBase(context.Background(), dir, "main", "alone"); err == nil || !strings.Contains(err.Error(), "no commit in common") {
		t.Errorf("got %v", err)
	}
}

// Modules that were downloaded are those of the work tree: git does not keep them.
func TestDownloadedModules(t *testing.T) {
	dir := repository(t, map[string]string{"infra/main.tf": "a", ".gitignore": ".terraform\n"})
	for _, name := range []string{"modules/modules.json", "modules/net/main.tf", "providers/x/binary"} {
		p := filepath.Join(dir, "infra", ".terraform", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree := open(t, dir, "main")
	var got []string
	for name := range files(t, tree.Root()) {
		got = append(got, name)
	}
	slices.Sort(got)
	want := []string{".gitignore", "infra/.terraform/modules/modules.json", "infra/.terraform/modules/net/main.tf", "infra/main.tf"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
