package estate

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive"
	"github.com/muralla-net/muralla/internal/source/archive/describe"
)

// Bounds of a directory with answers of AWS.
const (
	maxAnswers     = 20_000    // files that are looked at
	maxAnswerBytes = 512 << 20 // of all files that are read
	headBytes      = 1 << 20   // of a file, to recognise it
)

// form is in which form a design was saved to files.
type form uint8

const (
	notSaved form = iota
	ofArchive
	ofAnswers
)

// recogniseSaved says whether a file is an archive, or an answer of AWS.
func recogniseSaved(head []byte) form {
	switch {
	case archive.Recognise(head):
		return ofArchive
	case describe.Recognise(head):
		return ofAnswers
	}
	return notSaved
}

// mayBeAnswer reports whether a file is worth a look: JSON with that suffix, or
// without any, as commands and CloudMapper save it.
func mayBeAnswer(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".txt", ".out", "":
		return true
	}
	// A dot within the ARN that is the name of a file is no suffix.
	return strings.Contains(name, "%3A") || strings.HasPrefix(name, "arn:")
}

// eachAnswer visits the files below a directory that may hold an answer, in
// order. Nothing outside the directory is read: links are not followed.
func eachAnswer(dir string, visit func(root *os.Root, name string, size int64) (goOn bool)) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	n := 0
	return fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && p == ".":
			return err
		case err != nil:
			return nil // what cannot be listed is as if it were not there
		case e.IsDir() && p != "." && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case !e.Type().IsRegular() || !mayBeAnswer(e.Name()):
			return nil
		}
		if n++; n > maxAnswers {
			return fs.SkipAll
		}
		info, err := e.Info()
		if err != nil {
			return nil
		}
		if !visit(root, p, info.Size()) {
			return fs.SkipAll
		}
		return nil
	})
}

// hasAnswers reports whether some file in or below a directory holds an answer
// of AWS.
func hasAnswers(dir string) bool {
	found := false
	err := eachAnswer(dir, func(root *os.Root, name string, _ int64) bool {
		head, err := readPart(root, name, headBytes)
		found = err == nil && looksLikeJSON(head) && describe.Recognise(head)
		return !found
	})
	return found && err == nil
}

func looksLikeJSON(head []byte) bool {
	head = bytes.TrimLeft(head, "\ufeff \t\r\n")
	return len(head) > 0 && (head[0] == '{' || head[0] == '[' || head[0] == 0xff || head[0] == 0xfe)
}

func readPart(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// readAnswers reads all answers below a directory. Places begin with from.
func readAnswers(dir, from string) (resource.Set, diag.List, error) {
	var files []describe.File
	var diags diag.List
	total := int64(0)
	err := eachAnswer(dir, func(root *os.Root, name string, size int64) bool {
		shown := path.Join(from, name)
		if size > describe.MaxBytes || total+size > maxAnswerBytes {
			diags.Add(diag.Error, ref.Place{File: shown}, "file too large",
				fmt.Sprintf("It has %d MiB. At most %d MiB of one file and %d MiB of all are read, so it is left out. Save one account and Region in a directory of its own.", size>>20, describe.MaxBytes>>20, maxAnswerBytes>>20))
			return true
		}
		data, err := readPart(root, name, describe.MaxBytes)
		if err != nil {
			diags.Add(diag.Error, ref.Place{File: shown}, "file not readable", "It is left out. Check who may read it.")
			return true
		}
		if looksLikeJSON(data) {
			total += size
			files = append(files, describe.File{Name: shown, Data: data})
		}
		return true
	})
	if err != nil {
		return resource.Set{}, nil, err
	}
	set, ds := describe.Read(files)
	return set, append(diags, ds...), nil
}

// readSaved reads a file or directory that was saved from AWS or from an
// earlier run.
func (in input) readSaved() ([]resource.Set, diag.List, error) {
	switch {
	case in.file == "":
		set, diags, err := readAnswers(in.base, in.from)
		if err != nil {
			return nil, nil, &InputError{in.base, err.Error(), "check who may read the directory"}
		}
		return []resource.Set{set}, diags, nil
	case in.saved == ofAnswers:
		data, err := os.ReadFile(in.file)
		if err != nil {
			return nil, nil, &InputError{in.file, err.Error(), "check who may read the file"}
		}
		set, diags := describe.Read([]describe.File{{Name: in.from, Data: data}})
		return []resource.Set{set}, diags, nil
	}
	f, err := os.Open(in.file)
	if err != nil {
		return nil, nil, &InputError{in.file, err.Error(), "check who may read the file"}
	}
	defer f.Close()
	sets, diags, err := archive.Read(f)
	if err != nil {
		return nil, nil, &InputError{filepath.ToSlash(in.file), err.Error(), "write it again with: muralla snapshot write"}
	}
	return sets, diags, nil
}
