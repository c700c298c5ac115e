package estate

import (
	"os"
	"path/filepath"
)

// homeOf is the deepest directory that holds every path: names and places are
// relative to it, so that they are the same on every machine.
func homeOf(paths []string) string {
	home := ""
	for _, p := range paths {
		at := absolute(p)
		if info, err := os.Stat(at); err != nil || !info.IsDir() {
			at = filepath.Dir(at)
		}
		if home == "" {
			home = at
		}
		for !within(home, at) && filepath.Dir(home) != home {
			home = filepath.Dir(home)
		}
	}
	return home
}

// within reports whether a path is a directory or below it.
func within(dir, p string) bool {
	rel, err := filepath.Rel(dir, p)
	return err == nil && filepath.IsLocal(rel)
}

// absolute is a path without links, or as it is if it leads nowhere.
func absolute(p string) string {
	abs, err := filepath.Abs(p)
	if err != nil {
		return p
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}

// relative is a path below home with slashes; "" is home itself.
func relative(home, p string) string {
	rel, err := filepath.Rel(home, p)
	if err != nil || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// boundary is the directory outside of which nothing is read: the one that the
// user gave, else the top of the repository, else dir itself.
func boundary(dir, root string) (string, error) {
	if root != "" {
		abs, err := filepath.Abs(root)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return "", &InputError{root, "the root is not there", "give an existing directory with --root"}
		}
		return abs, nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at, nil
		}
		if filepath.Dir(at) == at {
			return dir, nil
		}
	}
}
