package fix

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/muralla-net/muralla/internal/patch"
)

// mentioned says so if a module names a resource in other places than that which
// an edit takes away: those would be left without it.
func (p *Plan) mentioned(f *file, address string, e patch.Edit) error {
	word := regexp.MustCompile(`(^|[^A-Za-z0-9_.-])` + regexp.QuoteMeta(address) + `([^A-Za-z0-9_-]|$)`)
	if word.Match(f.text[:e.Start]) || word.Match(f.text[e.End:]) {
		return fmt.Errorf("its file names it in other places too")
	}
	dir := filepath.Dir(f.path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("whether other files name it is not known")
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch ext := filepath.Ext(path); {
		case ext != ".tf" && ext != ".tofu" && ext != ".json" || path == f.path || entry.IsDir():
			continue
		}
		text, err := readSome(path)
		if err != nil || len(text) > maxBytes {
			return fmt.Errorf("whether %s names it is not known", entry.Name())
		}
		if word.Match(text) {
			return fmt.Errorf("%s names it too", entry.Name())
		}
	}
	return nil
}

// readSome reads a file up to one byte more than is edited.
func readSome(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, maxBytes+1))
}

const besides = "Look at the comment beside it, which may no longer hold."

// remarked is whether a comment stands behind what an edit replaces, in the same
// line: it may say why the old value was right.
func (f *file) remarked(edits []patch.Edit) bool {
	for _, e := range edits {
		old := f.text[e.Start:e.End]
		if e.Start == e.End || e.New == "" || bytes.Contains(old, []byte("\n")) {
			continue
		}
		rest := f.text[e.End:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			rest = rest[:i]
		}
		rest = bytes.TrimSpace(rest)
		if bytes.HasPrefix(rest, []byte("#")) || bytes.HasPrefix(rest, []byte("//")) {
			return true
		}
	}
	return false
}
