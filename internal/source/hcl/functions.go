package hcl

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
)

// newFunctions is the table of functions as a module sees them.
func (m *module) newFunctions() map[string]function.Function {
	return funcs.Table(funcs.Context{
		Files: walker{m.c.reader}, Dir: m.conf.Dir, RootDir: m.c.opts.Dir, Budget: &m.c.budget,
		Eval: func(src []byte, filename string, vars cty.Value) (cty.Value, error) {
			v, err := m.render(string(src), filename, vars)
			return v, err
		},
	})
}

// render evaluates a template that sees nothing but its variables.
func (m *module) render(src, filename string, vars cty.Value) (cty.Value, error) {
	expr, err := load.ParseTemplate(src, filename, hcl.Pos{Line: 1, Column: 1})
	if err != nil {
		return cty.DynamicVal, err
	}
	v, problem := m.c.ev.With(expr, m.scope(), vars)
	if problem != nil {
		return cty.DynamicVal, problem
	}
	return v, nil
}

// walker is what functions see of the files.
type walker struct{ *load.Reader }

// maxWalk bounds how many files a function such as fileset looks at.
const maxWalk = 10_000

// Walk lists the regular files below a directory.
func (w walker) Walk(dir string) ([]string, error) {
	var out []string
	queue := []string{"."}
	for n := 0; n < len(queue); n++ {
		entries, err := w.ReadDir(path.Join(dir, queue[n]))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := path.Join(queue[n], e.Name())
			switch {
			case e.IsDir():
				queue = append(queue, name)
			case e.Type().IsRegular():
				out = append(out, name)
			}
			if len(out)+len(queue) > maxWalk {
				return nil, errors.New("the directory has too many files")
			}
		}
	}
	slices.Sort(out)
	return out, nil
}
