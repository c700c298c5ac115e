package estate

import (
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/muralla-net/muralla/internal/source/cfn"
)

// Top is the top of the repository that holds every path, or without one the
// current directory if that holds them, else the deepest directory that does.
func Top(paths []string) string {
	home := homeOf(paths)
	for at := home; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if filepath.Dir(at) == at {
			break
		}
	}
	if here := absolute("."); within(here, home) {
		return here
	}
	return home
}

// Below is a path as a slash path below top; "" is top itself, or a path that is
// not below it.
func Below(top, p string) string {
	if at := absolute(p); within(top, at) {
		return relative(top, at)
	}
	return ""
}

// Home is the deepest directory that holds every path: places are relative to it.
func Home(paths []string) string { return homeOf(paths) }

// Boundaries are the directories outside of which nothing of the paths is read,
// so that nothing else may be written either. The error is an [*InputError].
func Boundaries(paths []string, root string) ([]string, error) {
	var out []string
	for _, p := range paths {
		dir := absolute(p)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			dir = filepath.Dir(dir)
		}
		base, err := boundary(dir, root)
		if err != nil {
			return nil, err
		}
		out = append(out, base)
	}
	return out, nil
}

// Within reports whether a path without links is a directory or below it.
func Within(dir, p string) bool { return within(dir, p) }

// textsIn are the texts of files below a directory, by their slash paths below it.
func textsIn(base string, texts map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for p, text := range texts {
		if within(base, p) {
			out[relative(base, p)] = text
		}
	}
	return out
}

// Here is the current directory without links.
func Here() string { return absolute(".") }

// Source reports whether all paths are source text, so that it can be edited:
// directories, or templates, and no plan, state, answer or archive.
func Source(paths []string) bool {
	return !slices.ContainsFunc(paths, func(p string) bool {
		f, err := os.Open(p)
		if err != nil {
			return true
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || info.IsDir() {
			return err != nil
		}
		head, err := io.ReadAll(io.LimitReader(f, 1<<20))
		return err != nil || recogniseSaved(head) != notSaved || !cfn.Recognise(head)
	})
}
