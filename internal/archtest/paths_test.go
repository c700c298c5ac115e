package archtest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A home directory names a person and a machine. Those of the users that
// machine images come with are part of what designs say.
var home = regexp.MustCompile(`(?:^|[^\w.$}/-])(/(?:home|Users)/([A-Za-z][\w.-]*)|[A-Z]:\\\\?Users\\\\?([A-Za-z][\w.-]*))`)

var imageUsers = []string{"ec2-user", "ubuntu", "admin", "centos", "core", "fedora", "rocky", "nonroot", "app", "node"}

// machinePaths is the absolute paths in a text that only exist on one machine:
// homes, and paths into the given directories.
func machinePaths(text []byte, dirs []string) []string {
	var out []string
	for _, m := range home.FindAllSubmatch(text, -1) {
		user := string(m[2]) + string(m[3])
		if !slices.Contains(imageUsers, user) {
			out = append(out, string(m[1]))
		}
	}
	for _, d := range dirs {
		inside := regexp.MustCompile(`(?:^|[^\w.$}/-])(` + regexp.QuoteMeta(d) + `)(?:[^\w.-]|$)`)
		if m := inside.FindSubmatch(text); m != nil {
			out = append(out, string(m[1]))
		}
	}
	return out
}

// machineDirs is the directories of this machine that must not be named: the
// tree and the directory around it. A directory right below the root of the
// file system is too common a word to be looked for, unless the tree is in it.
func machineDirs(tree string) []string {
	dirs := []string{filepath.ToSlash(tree)}
	if around := filepath.ToSlash(filepath.Dir(tree)); strings.Count(around, "/") > 1 {
		dirs = append(dirs, around)
	} else if entries, err := os.ReadDir(around); err == nil && around != "/" {
		for _, e := range entries {
			dirs = append(dirs, around+"/"+e.Name())
		}
	}
	return dirs
}

func TestNoMachinePaths(t *testing.T) {
	tree := root(t)
	dirs := machineDirs(tree)
	read := 0
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since its directory was read
		}
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() || path == filepath.Join(tree, "internal", "archtest", "paths_test.go") {
			return nil // this file has its own examples
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 || isGenerated(text) {
			return nil // not text, or not written by hand
		}
		read++
		for _, p := range machinePaths(text, dirs) {
			rel, _ := filepath.Rel(tree, path)
			t.Errorf("%s names %s, which exists on one machine only", filepath.ToSlash(rel), p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 10 {
		t.Errorf("only %d files were read: the test looks at the wrong tree", read)
	}
}

func TestMachinePaths(t *testing.T) {
	dirs := []string{"/builds/wall", "/builds/wall-data"}
	for text, want := range map[string]string{
		"cd /home/alice/wall":              "/home/alice",
		"path = \"/Users/bob/src\"":        "/Users/bob",
		`C:\Users\carol\wall`:              `C:\Users\carol`,
		`"C:\\Users\\carol"`:               `C:\\Users\\carol`,
		"open /builds/wall/main.tf":        "/builds/wall",
		"see (/builds/wall)":               "/builds/wall",
		"/builds/wall-data/x":              "/builds/wall-data",
		"chown /home/ec2-user/.docker":     "",
		"https://example.com/home/alice":   "",
		"https://example.com/builds/wall/": "",
		"/builds/wallpaper":                "",
		"${path.root}/home/alice":          "",
		"/var/lib/ecs/data":                "",
		"../builds/wall":                   "",
	} {
		if got := strings.Join(machinePaths([]byte(text), dirs), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
