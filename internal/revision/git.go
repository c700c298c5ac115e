package revision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An Error is a revision that cannot be read, with what to do about it.
type Error struct{ Problem, Hint string }

// Error is the problem alone.
func (e *Error) Error() string { return e.Problem }

// git runs git in a directory and returns what it writes, at most limit bytes.
type git struct {
	dir string
}

const maxOutput = 256 << 20

// environment is that of the program without what redirects git, and with what
// keeps it from talking to anybody.
func environment() []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(strings.ToUpper(v), "GIT_") {
			out = append(out, v)
		}
	}
	return append(out, "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_ALLOW_PROTOCOL=", "GIT_LITERAL_PATHSPECS=1", "LC_ALL=C")
}

func (g git) command(ctx context.Context, args ...string) *exec.Cmd {
	// What a repository configures to be run is switched off: it may be hostile.
	safe := []string{"-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false", "-c", "core.pager=cat", "-c", "protocol.allow=never",
		"-c", "core.quotePath=false", "--no-pager"}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...)
	cmd.Dir, cmd.Env = g.dir, environment()
	return cmd
}

// run is the output of a command that must succeed; ok is false if it did not,
// with what it said.
func (g git) run(ctx context.Context, args ...string) (out []byte, said string, err error) {
	var stdout, stderr bytes.Buffer
	cmd := g.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &limited{&stdout, maxOutput}, &limited{&stderr, 64 << 10}
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return nil, "", &Error{"git is not installed, or not in the PATH", "install git, or give a directory or an archive of muralla snapshot in place of a revision"}
	}
	return stdout.Bytes(), strings.TrimSpace(stderr.String()), err
}

// limited is a writer that fails when it has got enough.
type limited struct {
	to   io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errors.New("git writes more than is read")
	}
	return l.to.Write(p)
}

// top is the root of the repository that holds a directory.
func top(ctx context.Context, dir string) (string, error) {
	out, said, err := git{dir}.run(ctx, "rev-parse", "--show-toplevel")
	var known *Error
	switch {
	case errors.As(err, &known) || ctx.Err() != nil:
		return "", err
	case err != nil && strings.Contains(said, "dubious ownership"):
		return "", &Error{"git does not trust the repository of " + dir + ", which belongs to somebody else", "if it is yours: git config --global --add safe.directory " + dir}
	case err != nil:
		return "", &Error{dir + " is in no git repository", "a revision is one of the repository that holds the design; to compare files give two paths"}
	}
	real, err := filepath.EvalSymlinks(strings.TrimRight(string(out), "\r\n"))
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	return real, nil
}

// CheckName refuses what is no name of a revision, or could be an option.
func CheckName(name string) error {
	switch {
	case name == "":
		return &Error{"the revision has no name", "for example: main, HEAD~1, v1.2 or a commit"}
	case strings.HasPrefix(name, "-"):
		return &Error{fmt.Sprintf("a revision cannot be called %q: it begins with a dash", name), "give the branch, tag or commit"}
	case strings.ContainsAny(name, " \t\r\n\x00") || len(name) > 1024:
		return &Error{fmt.Sprintf("%q is no name of a revision", name), "for example: main, HEAD~1, v1.2 or a commit"}
	}
	return nil
}

// commit is the commit of a name: 40 or 64 hexadecimal digits.
func (g git) commit(ctx context.Context, name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	out, _, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	var known *Error
	if errors.As(err, &known) || ctx.Err() != nil {
		return "", err
	}
	if id := strings.TrimSpace(string(out)); err == nil && isHash(id) {
		return id, nil
	}
	return "", g.noCommit(ctx, name)
}

func isHash(id string) bool {
	return (len(id) == 40 || len(id) == 64) && strings.Trim(id, "0123456789abcdef") == ""
}

// noCommit says what to do if there is no such revision here: in a clone for
// continuous integration it is often only not fetched.
func (g git) noCommit(ctx context.Context, name string) error {
	shallow, _, _ := g.run(ctx, "rev-parse", "--is-shallow-repository")
	remote := strings.TrimPrefix(name, "origin/")
	simple := strings.Trim(remote, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") == ""
	switch {
	case strings.TrimSpace(string(shallow)) == "true" && simple && remote != "HEAD":
		return &Error{fmt.Sprintf("this shallow clone does not hold %s", name), fmt.Sprintf("fetch it: git fetch --depth=1 origin %s:refs/remotes/origin/%s, then name it origin/%s", remote, remote, remote)}
	case strings.TrimSpace(string(shallow)) == "true":
		return &Error{fmt.Sprintf("this shallow clone does not hold %s", name), "fetch the history: git fetch --unshallow"}
	case simple:
		if _, _, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", "refs/remotes/origin/"+remote+"^{commit}"); err == nil && !strings.HasPrefix(name, "origin/") {
			return &Error{fmt.Sprintf("there is no revision %s here", name), "did you mean: origin/" + name}
		}
	}
	return &Error{fmt.Sprintf("there is no revision %s here", name), "fetch it: git fetch origin " + remote + ", or give a path that exists"}
}

// MergeBase is the newest commit that two revisions of the repository of a
// directory have in common.
func MergeBase(ctx context.Context, dir, a, b string) (string, error) {
	root, err := top(ctx, dir)
	if err != nil {
		return "", err
	}
	g := git{root}
	var ids []string
	for _, name := range []string{a, b} {
		id, err := g.commit(ctx, name)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	out, _, err := g.run(ctx, "merge-base", ids[0], ids[1])
	if id := strings.TrimSpace(string(out)); err == nil && isHash(id) {
		return id, nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", &Error{fmt.Sprintf("%s and %s have no commit in common here", a, b), "in a shallow clone fetch the history: git fetch --unshallow"}
}

// Top is the root of the repository that holds a directory.
func Top(ctx context.Context, dir string) (string, error) { return top(ctx, dir) }
