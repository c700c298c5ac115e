package estate

import (
	"os"
	"path/filepath"
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
