package load

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// Limits of what is read. What is over them is refused with a diagnostic.
const (
	maxFile  = 16 << 20
	maxTotal = 256 << 20
)

// Boundary is a directory of the machine that nothing is read outside of.
type Boundary struct {
	fs.FS
	root *os.Root
}

// OpenBoundary opens a directory. Symbolic links in it are followed as long as
// they stay below it. The caller closes it.
func OpenBoundary(dir string) (Boundary, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Boundary{}, fmt.Errorf("open directory: %w", err)
	}
	return Boundary{FS: root.FS(), root: root}, nil
}

// With is the boundary as if files of it held other texts, by their slash paths.
func (b Boundary) With(texts map[string][]byte) Boundary {
	if len(texts) > 0 {
		b.FS = overlay{b.FS, texts}
	}
	return b
}

// Stat describes what a name leads to, without opening it: a pipe that is
// opened waits for who writes to it.
func (b Boundary) Stat(name string) (fs.FileInfo, error) { return fs.Stat(b.FS, name) }

// ReadDir lists a directory.
func (b Boundary) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(b.FS, name) }

// ReadFile reads a file.
func (b Boundary) ReadFile(name string) ([]byte, error) { return fs.ReadFile(b.FS, name) }

// Close closes the directory.
func (b Boundary) Close() error {
	if err := b.root.Close(); err != nil {
		return fmt.Errorf("close directory: %w", err)
	}
	return nil
}

// Reader reads files and directories below a boundary within the limits. Paths
// are slash-separated and relative to the boundary; "." is the boundary.
type Reader struct {
	files fs.FS
	start string // places are relative to it
	Under string // and begin with this, if the start is below what the user names
	total int64
	seen  map[string][]byte
	made  map[string]Made
	count int
	lines int
	Diags *diag.List
}

// NewReader reads files; places are relative to the directory start.
func NewReader(files fs.FS, start string, diags *diag.List) *Reader {
	return &Reader{files: files, start: path.Clean(start), seen: map[string][]byte{}, Diags: diags}
}

// Counts says how many files were read, and how many lines they have.
func (r *Reader) Counts() (files, lines int) { return r.count, r.lines }

// Shown is the name of a file as users see it: relative to the start.
func (r *Reader) Shown(name string) string { return path.Join(r.Under, r.relative(name)) }

func (r *Reader) relative(name string) string {
	if r.start == "." {
		return name
	}
	from, to := strings.Split(r.start, "/"), strings.Split(name, "/")
	common := 0
	for common < len(from) && common < len(to) && from[common] == to[common] {
		common++
	}
	return path.Join(strings.Repeat("../", len(from)-common), strings.Join(to[common:], "/"))
}

// errOutside is the error for names above the boundary.
var errOutside = errors.New("it is outside of the directory that may be read")

// ReadFile returns the content of a regular file, which must not be changed.
func (r *Reader) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, errOutside
	}
	if data, ok := r.seen[name]; ok {
		return data, nil
	}
	// A pipe would be waited for, and a device has no end: ask before opening.
	info, err := fs.Stat(r.files, name)
	switch {
	case err != nil:
		return nil, cause(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("it has more than %d MiB", maxFile>>20)
	case r.total+info.Size() > maxTotal:
		return nil, fmt.Errorf("more than %d MiB were read already", maxTotal>>20)
	}
	data, err := fs.ReadFile(r.files, name)
	if err != nil {
		return nil, cause(err)
	}
	r.total += int64(len(data))
	r.seen[name] = data
	return data, nil
}

// source reads a file of the configuration and counts it. A problem is a
// diagnostic.
func (r *Reader) source(name string) ([]byte, bool) {
	_, again := r.seen[name]
	data, err := r.ReadFile(name)
	if err != nil {
		r.Diags.Add(diag.Error, ref.Place{File: r.Shown(name)}, "file not read",
			fmt.Sprintf("The file cannot be read: %v. What it declares is missing from the analysis.", err))
		return nil, false
	}
	if !again {
		r.count++
		r.lines += strings.Count(string(data), "\n")
	}
	return data, true
}

// IsDir reports whether a directory is there.
func (r *Reader) IsDir(name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(r.files, name)
	return err == nil && info.IsDir()
}

// ReadDir lists a directory, sorted by name.
func (r *Reader) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, errOutside
	}
	entries, err := fs.ReadDir(r.files, name)
	if err != nil {
		return nil, cause(err)
	}
	return entries, nil
}

// cause is an error without the path, which the place already says.
func cause(err error) error {
	var in *fs.PathError
	if errors.As(err, &in) {
		return in.Err
	}
	return err
}
