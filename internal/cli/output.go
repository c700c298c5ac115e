package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
)

// output is one value of -o.
type output struct {
	format string
	file   string // empty for stdout
}

// parseOutputs reads the values of -o, whose formats are those that are known, in
// order. Two answers cannot share stdout, nor a file.
func parseOutputs(values, known []string) ([]output, error) {
	var out []output
	taken := map[string]string{}
	for _, v := range values {
		format, file, named := strings.Cut(v, "=")
		if !slices.Contains(known, format) {
			hint := "formats are " + strings.Join(known[:len(known)-1], ", ") + " and " + known[len(known)-1]
			if best := diag.Closest(format, known); best != "" {
				hint = "did you mean: -o " + best
			}
			return nil, fail(hint, "there is no output format %q", format)
		}
		if named && file == "" {
			return nil, fail("for example: -o "+format+"=report."+format, "-o %s names no file", v)
		}
		if other, twice := taken[file]; twice {
			where := file
			if file == "" {
				where = "stdout"
			}
			return nil, fail("give one of them a file of its own: -o FORMAT=FILE", "%s and %s would both be written to %s", other, format, where)
		}
		taken[file] = format
		out = append(out, output{format, file})
	}
	return out, nil
}

// write writes the answer. A file appears whole or not at all, unless it is a
// device or pipe, which can only be written to.
func (o output) write(stdout io.Writer, data []byte) error {
	if o.file == "" {
		if _, err := stdout.Write(data); err != nil {
			return fmt.Errorf("write %s: %w", o.format, err)
		}
		return nil
	}
	info, err := os.Stat(o.file)
	if err == nil && info.IsDir() {
		return fail("name a file in it", "write %s: %s is a directory", o.format, o.file)
	}
	mode := os.FileMode(0o644)
	if err == nil {
		if mode = info.Mode().Perm(); !info.Mode().IsRegular() {
			return os.WriteFile(o.file, data, mode)
		}
	}
	if err := writeWhole(o.file, data, mode); err != nil {
		return fail("its directory must exist and take new files", "write %s: %w", o.format, err)
	}
	return nil
}

// writeWhole writes beside the file and then takes its place.
func writeWhole(name string, data []byte, mode os.FileMode) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".muralla-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(data); err != nil {
		tmp.Close()
		return err
	}
	if err = tmp.Chmod(mode); err != nil {
		tmp.Close()
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
