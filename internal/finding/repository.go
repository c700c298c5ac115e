package finding

import (
	"path"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
)

// Repository says where places are below the top of a repository, for systems
// that show findings beside its files. The zero Repository is one whose top is
// what places are relative to.
type Repository struct {
	// Base is the directory that places are relative to, as a slash path below the
	// top; "" is the top.
	Base string
	// Files are places that are not relative to Base, as slash paths below the top,
	// by the name that a place has: that of muralla.yaml.
	Files map[string]string
}

// File is the slash path of the file of a place below the top, or "" if the
// place is in no file of the repository.
func (r Repository) File(p ref.Place) string {
	if p.File == "" || path.IsAbs(p.File) {
		return ""
	}
	file, ok := r.Files[p.File]
	if !ok {
		file = path.Join(r.Base, p.File)
	}
	if file == "." || file == ".." || strings.HasPrefix(file, "../") {
		return ""
	}
	return file
}

// Place is the first place of the finding that is in a file of the repository,
// with the path of that file: its own, or one of its facts. It is zero if there
// is none.
func (r Repository) Place(f Finding) ref.Place {
	for i := range 1 + len(f.Evidence) + len(f.Gaps) {
		p := f.Place
		switch {
		case i > len(f.Evidence):
			p = f.Gaps[i-1-len(f.Evidence)].Place
		case i > 0:
			p = f.Evidence[i-1].Place
		}
		if file := r.File(p); file != "" {
			return ref.Place{File: file, Line: p.Line}
		}
	}
	return ref.Place{}
}
