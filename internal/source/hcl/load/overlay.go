package load

import (
	"bytes"
	"fmt"
	"io/fs"
)

// overlay is a tree of files of which some hold other texts. All of them are
// there in the tree, too.
type overlay struct {
	fs.FS
	texts map[string][]byte
}

// Open opens a file.
func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	text, other := o.texts[name]
	if err != nil || !other {
		return f, err
	}
	return &opened{File: f, Reader: bytes.NewReader(text)}, nil
}

// Stat describes what a name leads to, without opening it.
func (o overlay) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(o.FS, name)
	if text, other := o.texts[name]; other && err == nil {
		return sized{info, int64(len(text))}, nil
	}
	return info, err
}

// ReadDir lists a directory.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.FS, name) }

// opened is a file that holds another text.
type opened struct {
	fs.File
	*bytes.Reader
}

func (f *opened) Read(p []byte) (int, error) { return f.Reader.Read(p) }

func (f *opened) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at file: %w", err)
	}
	return sized{info, f.Reader.Size()}, nil
}

type sized struct {
	fs.FileInfo
	size int64
}

// Size is that of the other text.
func (s sized) Size() int64 { return s.size }
