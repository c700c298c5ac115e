package funcs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs/glob"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// FileReader reads files below a boundary that nothing leaves. Names are clean,
// slash-separated and relative to the boundary: "modules/web/user_data.sh", "."
// for the boundary itself.
type FileReader interface {
	// ReadFile returns the bytes of a regular file, or an error that is
	// fs.ErrNotExist if there is none. It refuses symbolic links that leave the
	// boundary and files that are too large.
	ReadFile(name string) ([]byte, error)
	// Walk returns the regular files in a directory and all below it, relative to
	// the directory, sorted. A directory that does not exist has none.
	Walk(dir string) ([]string, error)
}

// AbsRoot is where the boundary lies for abspath, path.cwd and the like. It is no
// path of the machine, so that results are the same everywhere.
const AbsRoot = "/.muralla"

// files are the functions that read files.
type files struct{ ctx Context }

// locate turns a path of the configuration into a name below the boundary.
func (f files) locate(p string) (string, error) {
	if symbol.Has(p) {
		return "", gap{"the path of the file is known only after apply"}
	}
	full := absolute(f.ctx.RootDir, p)
	if full == AbsRoot {
		return ".", nil
	}
	name, ok := strings.CutPrefix(full, AbsRoot+"/")
	if !ok || strings.HasPrefix(p, "~") {
		return "", gap{fmt.Sprintf("the file %s is outside of the directory that is read: widen it with --root DIR", p)}
	}
	return name, nil
}

// absolute is the path of p in the file system whose boundary is AbsRoot.
// What climbs above the boundary lands outside of it.
func absolute(rootDir, p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join(AbsRoot, rootDir, p)
}

func (f files) read(p string) ([]byte, error) {
	name, err := f.locate(p)
	if err != nil {
		return nil, err
	}
	raw, err := f.ctx.Files.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, f.missing(p)
	case err != nil:
		return nil, gap{fmt.Sprintf("the file %s cannot be read: %s", p, err)}
	case len(raw) > MaxWeight:
		return nil, errTooLarge
	}
	return raw, nil
}

func (f files) missing(p string) error {
	hint := ""
	if f.ctx.Dir != f.ctx.RootDir && !path.IsAbs(p) {
		beside := absolute(f.ctx.Dir, p)
		if name, ok := strings.CutPrefix(beside, AbsRoot+"/"); ok {
			if _, err := f.ctx.Files.ReadFile(name); err == nil {
				hint = "; there is one in the directory of the module: use ${path.module}/" + p
			}
		}
	}
	return fmt.Errorf("no file exists at %s: paths are relative to the root module, and the file must be there before the configuration is applied%s", quoted(p), hint)
}

func (f files) readText(p string) (cty.Value, error) {
	raw, err := f.read(p)
	if err != nil {
		return cty.NilVal, err
	}
	return utf8Text(raw, fmt.Sprintf("contents of %q are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead", p))
}

// add puts the functions into a table.
func (f files) add(t map[string]entry) {
	one := func(ty cty.Type, impl func(p string) (cty.Value, error)) entry {
		return entry{f: typed(ty, []string{"path"}, func(a []string) (cty.Value, error) { return impl(a[0]) })}
	}
	t["file"] = one(cty.String, f.readText)
	t["filebase64"] = one(cty.String, func(p string) (cty.Value, error) {
		raw, err := f.read(p)
		return cty.StringVal(base64.StdEncoding.EncodeToString(raw)), err
	})
	t["fileexists"] = one(cty.Bool, func(p string) (cty.Value, error) {
		name, err := f.locate(p)
		if err != nil {
			return cty.NilVal, err
		}
		switch _, err := f.ctx.Files.ReadFile(name); {
		case err == nil:
			return cty.True, nil
		case errors.Is(err, fs.ErrNotExist):
			return cty.False, nil
		default:
			return cty.NilVal, gap{fmt.Sprintf("the file %s cannot be read: %s", p, err)}
		}
	})
	for name, d := range digests {
		of := "file" + name
		if base, ok := strings.CutPrefix(name, "base64"); ok {
			of = "filebase64" + base
		}
		t[of] = one(cty.String, func(p string) (cty.Value, error) {
			raw, err := f.read(p)
			return d.of(raw), err
		})
	}
	t["abspath"] = one(cty.String, func(p string) (cty.Value, error) {
		return cty.StringVal(absolute(f.ctx.RootDir, p)), nil
	})
	t["pathexpand"] = one(cty.String, func(p string) (cty.Value, error) {
		if strings.HasPrefix(p, "~") {
			return symbol.Unknown(cty.String, "pathexpand depends on the home directory of whoever runs Terraform", ref.Place{}), nil
		}
		return cty.StringVal(p), nil
	})
	t["dirname"] = one(cty.String, func(p string) (cty.Value, error) { return aboveRoot("dirname", p, path.Dir) })
	t["basename"] = one(cty.String, func(p string) (cty.Value, error) { return aboveRoot("basename", p, path.Base) })
	for _, name := range []string{"abspath", "pathexpand", "dirname", "basename"} {
		t[name] = entry{f: t[name].f, opaque: true}
	}
	t["fileset"] = entry{f: typed(cty.Set(cty.String), []string{"path", "pattern"}, f.fileset)}
	t["templatefile"] = entry{f: f.template("path", func(p string) ([]byte, string, error) {
		raw, err := f.read(p)
		return raw, p, err
	})}
	t["templatestring"] = entry{f: f.template("template", func(s string) ([]byte, string, error) {
		return []byte(s), "<templatestring argument>", nil
	})}
}

// aboveRoot does not name what the directory of a design is called on a machine.
func aboveRoot(name, p string, of func(string) string) (cty.Value, error) {
	if path.Clean(p) == AbsRoot {
		return symbol.Unknown(cty.String, name+" depends on where the design lies", ref.Place{}), nil
	}
	return cty.StringVal(of(p)), nil
}

func (f files) fileset(a []string) (cty.Value, error) {
	if symbol.Has(a[1]) {
		return cty.NilVal, gap{"the pattern of fileset is known only after apply"}
	}
	pattern, err := glob.Compile(a[1])
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(1, "failed to glob pattern %s: %s", quoted(a[1]), err)
	}
	if clean := path.Clean(a[1]); clean == ".." || strings.HasPrefix(clean, "../") {
		return cty.NilVal, gap{"a pattern of fileset that leaves its directory is not modelled"}
	}
	dir, err := f.locate(a[0])
	if err != nil {
		return cty.NilVal, err
	}
	names, err := f.ctx.Files.Walk(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cty.NilVal, gap{fmt.Sprintf("the directory %s cannot be read: %s", a[0], err)}
	}
	var out []cty.Value
	for _, name := range names {
		if pattern.Match(name) {
			out = append(out, cty.StringVal(name))
		}
	}
	if len(out) == 0 {
		return cty.SetValEmpty(cty.String), nil
	}
	return cty.SetVal(out), nil
}

// template makes templatefile and templatestring.
func (f files) template(first string, source func(string) ([]byte, string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{str(first), {Name: "vars", Type: cty.DynamicPseudoType, AllowMarked: true}},
		Type: func(args []cty.Value) (cty.Type, error) {
			if ty := args[1].Type(); !ty.IsObjectType() && !ty.IsMapType() {
				return cty.NilType, function.NewArgErrorf(1, "invalid vars value: must be a map")
			}
			return cty.DynamicPseudoType, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			vars, m := args[1].Unmark()
			for it := vars.ElementIterator(); it.Next(); {
				key, _ := it.Element()
				switch name := key.AsString(); {
				case symbol.Has(name):
					return cty.NilVal, gap{"the name of a template variable is known only after apply"}
				case !hclsyntax.ValidIdentifier(name):
					return cty.NilVal, function.NewArgErrorf(1, "invalid template variable name %q: must start with a letter, followed by zero or more letters, digits, and underscores", name)
				}
			}
			src, name, err := source(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			v, err := f.render(src, name, vars)
			if err != nil {
				return cty.NilVal, err
			}
			return v.WithMarks(m), nil
		},
	})
}

func (f files) render(src []byte, name string, vars cty.Value) (cty.Value, error) {
	if f.ctx.Eval == nil {
		return cty.NilVal, gap{"templates are not rendered here"}
	}
	b := f.ctx.Budget
	if b.depth >= maxTemplates {
		return cty.NilVal, gap{fmt.Sprintf("templates render templates more than %d deep", maxTemplates)}
	}
	b.depth++
	defer func() { b.depth-- }()
	return f.ctx.Eval(src, name, vars)
}
