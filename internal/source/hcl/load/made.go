package load

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// Made is a configuration file that another tool writes before Terraform runs.
// It takes the place of a file of its name. Symbols in it stand for texts.
type Made struct {
	Name  string    // slash path below the boundary
	Text  string    // its content
	Place ref.Place // where its first line is written
}

// Make adds a file that is made.
func (r *Reader) Make(m Made) {
	if r.made == nil {
		r.made = map[string]Made{}
	}
	r.made[m.Name] = m
}

// names lists the names of what is in a directory, with what is made there,
// sorted. Directories are left out.
func (r *Reader) names(dir string) ([]string, error) {
	entries, err := r.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	for name := range r.made {
		if path.Dir(name) == dir {
			out = append(out, path.Base(name))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// IsConfig reports whether a file of this name belongs to a configuration.
func IsConfig(name string) bool {
	_, ok := isConfig(path.Base(name))
	return ok
}

// Configured reports whether a directory holds configuration files.
func (r *Reader) Configured(dir string) bool {
	files, err := r.configFiles(dir)
	return err == nil && len(files) > 0
}

// Parse parses a file of the native syntax, whatever its name. It returns what
// could be read of a broken file, or nil.
func (r *Reader) Parse(name string) *Block { return r.parseFile(name) }

// Exists reports whether a file or directory is there.
func (r *Reader) Exists(name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	_, err := fs.Stat(r.files, name)
	return err == nil
}

// DirsWith lists the directories at or below start that hold a regular file of
// a name, sorted. Links to directories are not followed.
func (r *Reader) DirsWith(start, name string) []string {
	var out []string
	queue := []string{path.Clean(start)}
	for n := 0; n < len(queue); n++ {
		if n == maxDirs {
			r.Diags.Add(diag.Warning, ref.Place{File: r.Shown(queue[n])}, "directories left out",
				fmt.Sprintf("More than %d directories are below the start; the rest is not searched. Name the directories to read.", maxDirs))
			break
		}
		entries, err := r.ReadDir(queue[n])
		if err != nil {
			r.Diags.Add(diag.Warning, ref.Place{File: r.Shown(queue[n])}, "directory not read", fmt.Sprintf("The directory cannot be read: %v.", err))
			continue
		}
		for _, e := range entries {
			switch {
			case e.IsDir() && !slices.Contains(skipped, e.Name()):
				queue = append(queue, path.Join(queue[n], e.Name()))
			case e.Name() == name && !e.IsDir():
				out = append(out, queue[n])
			}
		}
	}
	slices.Sort(out)
	return out
}
