// Package find tells templates of CloudFormation from other files, and lists
// those below a directory.
//
// # Model
// A file is a template by what it holds, not by its name. Directories that hold
// what others made, such as packages, caches and assets, are passed over, and so
// are links.
//
// # Guarantees
// Of each file at most [MaxHead] bytes are read, and of a directory a bounded
// number of files; what is left out for that reason is a diagnostic.
//
// # Not modelled
// Templates in archives, and templates that a program makes before deployment:
// of those only Copilot's manifests are named.
package find

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// Bounds of a walk.
const (
	maxEntries = 100_000
	maxLooked  = 5_000
	maxBytes   = 256 << 20
	maxDepth   = 24
	maxFound   = 1_000
)

// Found is what a walk found, as sorted slash paths below the boundary.
type Found struct {
	Templates []string
	Manifests []Manifest // of Copilot
	Packaged  bool       // there is a template that Copilot made
}

// extensions are those that templates have; a file without one is none.
var extensions = []string{".yaml", ".yml", ".json", ".template", ".cfn", ".cf", ".tmpl", ".golden"}

// passed are directories that hold what others made.
var passed = []string{"node_modules", "vendor", "venv", "site-packages", "__pycache__", "bower_components"}

// walker is one walk.
type walker struct {
	files   fs.FS
	shown   func(string) string
	found   Found
	entries int
	looked  int
	bytes   int64
	full    bool
	diags   diag.List
}

// Find lists the templates in a directory and below it. Places in diagnostics
// are named by shown.
func Find(files fs.FS, dir string, shown func(string) string) (Found, diag.List) {
	w := &walker{files: files, shown: shown}
	w.walk(path.Clean(dir), 0)
	if w.full {
		w.diags.Add(diag.Warning, ref.Place{File: shown(dir)}, "directory not read whole",
			fmt.Sprintf("It holds more than is searched for templates: %d files that may be one, %d entries, %d levels. Name the directories or templates that are meant.", maxLooked, maxEntries, maxDepth))
	}
	slices.Sort(w.found.Templates)
	slices.SortFunc(w.found.Manifests, func(a, b Manifest) int { return strings.Compare(a.Path, b.Path) })
	return w.found, w.diags
}

func (w *walker) walk(dir string, depth int) {
	if depth > maxDepth || w.entries >= maxEntries {
		w.full = true
		return
	}
	entries, err := fs.ReadDir(w.files, dir)
	if err != nil {
		w.diags.Add(diag.Warning, ref.Place{File: w.shown(dir)}, "directory not read", "It cannot be listed, so that templates in it are missing from the analysis. Check who may read it.")
		return
	}
	for _, e := range entries {
		w.entries++
		name := path.Join(dir, e.Name())
		switch {
		case w.full:
			return
		case e.IsDir():
			if !strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(e.Name(), "asset.") && !slices.Contains(passed, e.Name()) {
				w.walk(name, depth+1)
			}
		case e.Type().IsRegular() && slices.Contains(extensions, strings.ToLower(path.Ext(e.Name()))):
			w.look(name)
		}
	}
}

func (w *walker) look(name string) {
	if w.looked >= maxLooked || w.bytes >= maxBytes || len(w.found.Templates) >= maxFound {
		w.full = true
		return
	}
	w.looked++
	head, err := Head(w.files, name)
	if err != nil {
		w.diags.Add(diag.Warning, ref.Place{File: w.shown(name)}, "file not read", fmt.Sprintf("It cannot be read: %v. If it is a template, it is missing from the analysis.", err))
		return
	}
	w.bytes += int64(len(head))
	switch {
	case Recognise(head):
		w.found.Templates = append(w.found.Templates, name)
		// Copilot describes every resource of its templates so.
		w.found.Packaged = w.found.Packaged || bytes.Contains(head, []byte("aws:copilot:description"))
	default:
		if m, ok := manifest(name, head); ok {
			w.found.Manifests = append(w.found.Manifests, m)
		}
	}
}

// Head is the beginning of a regular file, as much as [Recognise] needs.
func Head(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxHead))
}
