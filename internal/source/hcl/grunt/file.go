package grunt

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// file is a file as one unit sees it.
type file struct {
	e        *Evaluator
	name     string // slash path below the boundary
	unit     string // the directory of the unit that is evaluated
	original string // the unit that reads it, directly or through others
	included bool
	chain    []string // the files that read each other to come here
	body     *load.Block

	cells        map[string]*cell
	includeList  []*include
	includesDone bool
	functions    map[string]function.Function
	read         *[]string // files that functions read, while that is noted
}

// file parses a file, or returns nil.
func (e *Evaluator) file(name, unit, original string) *file {
	body, ok := e.bodies[name]
	if !ok {
		body = e.Reader.Parse(name)
		e.bodies[name] = body
	}
	if body == nil {
		return nil
	}
	return &file{e: e, name: name, unit: unit, original: original, body: body, cells: map[string]*cell{}}
}

func (f *file) dir() string { return path.Dir(f.name) }

// cell is a value that is evaluated when it is first asked for.
type cell struct {
	done bool
	v    cty.Value
}

// once evaluates a value, or returns what it was evaluated to.
func (f *file) once(name string, at ref.Place, eval func() cty.Value) cty.Value {
	c := f.cells[name]
	switch {
	case c == nil:
		c = &cell{}
		f.cells[name] = c
		c.v = eval()
		c.done = true
	case !c.done:
		f.e.Diags.Add(diag.Error, at, "reference to itself", fmt.Sprintf("%s depends on itself, so that it has no value. Break the circle.", name))
		return unknown(name+" depends on itself", at)
	}
	return c.v
}

// eval evaluates an argument. An error is a diagnostic and gives an unknown.
func (f *file) eval(a load.Attr) cty.Value {
	v, err := f.e.ev.Value(a.Expr, f)
	if err == nil {
		return v
	}
	at := a.Place
	if err.At.Filename != "" {
		at = interp.Place(err.At)
	}
	if f.e.ev.Spent() {
		if !f.e.spent {
			f.e.spent = true
			f.e.Diags.Add(diag.Error, at, "evaluation ended early", "The configuration takes more work than any that people write. What was not evaluated by then is unknown.")
		}
		return unknown(err.Why, at)
	}
	f.e.Diags.Add(diag.Error, at, "expression not evaluated", fmt.Sprintf("The value of %s is unknown to the analysis, because %s.", a.Name, err.Why))
	return unknown(a.Name+" could not be evaluated", at)
}

func fail(t hcl.Traversal, format string, args ...any) (cty.Value, int, *interp.Error) {
	return cty.DynamicVal, 0, &interp.Error{Why: fmt.Sprintf(format, args...), At: t.SourceRange()}
}

// Root resolves what the expressions of Terragrunt name.
func (f *file) Root(t hcl.Traversal) (cty.Value, int, *interp.Error) {
	names := []string{t.RootName()}
	for _, step := range t[1:] {
		a, ok := step.(hcl.TraverseAttr)
		if !ok {
			break
		}
		names = append(names, a.Name)
	}
	if len(names) < 2 {
		return fail(t, "%q is no reference: it needs a name after it", names[0])
	}
	switch names[0] {
	case "local":
		if v, ok := f.local(names[1]); ok {
			return v, 2, nil
		}
		return fail(t, "local.%s is not declared", names[1])
	case "dependency":
		if len(names) > 2 && names[2] != "outputs" {
			return fail(t, "of a dependency only the outputs are known")
		}
		v, ok := f.dependency(names[1])
		if !ok {
			return fail(t, "there is no dependency %q", names[1])
		}
		if len(names) < 3 {
			return cty.ObjectVal(map[string]cty.Value{"outputs": v}), 2, nil
		}
		return v, 3, nil
	case "include":
		return f.include(t, names)
	case "feature":
		if b := f.labelled("feature", names[1]); b != nil && len(names) > 2 && names[2] == "value" {
			if a, ok := b.Attr("default"); ok {
				return f.eval(a), 3, nil
			}
		}
		return fail(t, "the feature %q has no default", names[1])
	}
	return fail(t, "%s is not known here", strings.Join(names[:2], "."))
}

func (f *file) labelled(kind, label string) *load.Block {
	i := slices.IndexFunc(f.body.Blocks, func(b *load.Block) bool {
		return b.Type == kind && len(b.Labels) == 1 && b.Labels[0] == label
	})
	if i < 0 {
		return nil
	}
	return f.body.Blocks[i]
}

func (f *file) local(name string) (cty.Value, bool) {
	for _, b := range f.body.Blocks {
		if a, ok := b.Attr(name); ok && b.Type == "locals" {
			return f.once("local."+name, a.Place, func() cty.Value { return f.eval(a) }), true
		}
	}
	return cty.NilVal, false
}

// locals are all locals as an object.
func (f *file) locals() cty.Value {
	out := map[string]cty.Value{}
	for _, b := range f.body.Blocks {
		if b.Type != "locals" {
			continue
		}
		for _, a := range b.Attrs {
			out[a.Name], _ = f.local(a.Name)
		}
	}
	return cty.ObjectVal(out)
}

// include is what a file sees of those that it includes.
func (f *file) include(t hcl.Traversal, names []string) (cty.Value, int, *interp.Error) {
	for _, inc := range f.includes() {
		used := 1
		if inc.label != "" {
			if names[1] != inc.label {
				continue
			}
			used = 2
		}
		if inc.file == nil {
			return unknown(inc.why, interp.Place(t.SourceRange())), len(t), nil
		}
		if len(names) <= used {
			return fail(t, "of an include only locals, inputs and dependencies are known")
		}
		switch names[used] {
		case "locals":
			return inc.file.locals(), used + 1, nil
		case "inputs":
			return inc.file.inputsValue(), used + 1, nil
		case "dependency":
			return inc.file.dependencies(), used + 1, nil
		}
		return fail(t, "of an include only locals, inputs and dependencies are known")
	}
	return fail(t, "there is no include %q", names[1])
}

// inputsValue are the inputs as an object.
func (f *file) inputsValue() cty.Value {
	at := ref.Place{File: f.e.Reader.Shown(f.name)}
	return f.once("inputs", at, func() cty.Value {
		in := f.merged().inputs()
		if in.open != "" {
			return unknown(in.open, at)
		}
		out := map[string]cty.Value{}
		for name, v := range in.values {
			out[name] = v.Value
		}
		return cty.ObjectVal(out)
	})
}

// dependency is the outputs of a dependency that this file or one that it
// includes declares.
func (f *file) dependency(name string) (cty.Value, bool) {
	b := f.labelled("dependency", name)
	if b == nil {
		for _, inc := range slices.Backward(f.includes()) {
			if inc.file != nil && inc.strategy != "no_merge" {
				if v, ok := inc.file.dependency(name); ok {
					return v, true
				}
			}
		}
		return cty.NilVal, false
	}
	return f.once("dependency."+name, b.Place, func() cty.Value { return f.outputs(b) }), true
}

// dependencies are all dependencies as an object.
func (f *file) dependencies() cty.Value {
	out := map[string]cty.Value{}
	for _, b := range f.body.Blocks {
		if b.Type == "dependency" && len(b.Labels) == 1 {
			v, _ := f.dependency(b.Labels[0])
			out[b.Labels[0]] = cty.ObjectVal(map[string]cty.Value{"outputs": v})
		}
	}
	return cty.ObjectVal(out)
}

// outputs are the outputs of the unit that a dependency block names.
func (f *file) outputs(b *load.Block) cty.Value {
	for _, name := range [...]string{"enabled", "skip_outputs"} {
		if a, ok := b.Attr(name); ok {
			v, _ := f.eval(a).Unmark()
			if v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool && v.True() == (name == "skip_outputs") {
				return unknown("the outputs of the dependency "+b.Labels[0]+" are not read", b.Place)
			}
		}
	}
	a, ok := b.Attr("config_path")
	if !ok {
		f.e.Diags.Add(diag.Error, b.Place, "dependency not here", fmt.Sprintf("The dependency %q has no config_path. Its outputs are unknown.", b.Labels[0]))
		return unknown("a dependency has no config_path", b.Place)
	}
	v := f.eval(a)
	text, ok := plain(v)
	if !ok {
		return unknown(why(v, "the path of a dependency is not known"), a.Place)
	}
	dir, inside := resolve(text, f.unit)
	if path.Ext(dir) == ".hcl" {
		dir = path.Dir(dir)
	}
	reason := "is outside of the directory that may be read; widen it with --root DIR"
	if inside {
		var out cty.Value
		if out, reason = f.e.Outputs(dir, a.Place); reason == "" {
			return out
		}
	}
	f.e.Diags.Add(diag.Warning, a.Place, "dependency not here",
		fmt.Sprintf("The outputs of the dependency %q are unknown, because %s %s.", b.Labels[0], f.e.Reader.Shown(dir), reason))
	return f.e.Absent(dir)
}

// Absent is the outputs of a unit that is not here: each is a reference.
func (e *Evaluator) Absent(dir string) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{interp.EntityKey: symbol.Value(resource.Reference{ID: ref.ID(e.Prefix(dir) + "output")})})
}

// contents evaluates the contents of a generated file, and says where they are
// written: in a file that is read as it is, or in the block.
func (f *file) contents(a load.Attr) (cty.Value, ref.Place) {
	var read []string
	f.read = &read
	defer func() { f.read = nil }()
	v := f.eval(a)
	at := load.At(a.Expr.StartRange())
	if t, ok := a.Expr.(*hclsyntax.TemplateExpr); ok && len(t.Parts) > 0 {
		at = load.At(t.Parts[0].StartRange())
	}
	if bare, _ := v.Unmark(); bare.IsKnown() && !bare.IsNull() && bare.Type() == cty.String {
		for _, name := range read {
			if data, err := f.e.Reader.ReadFile(name); err == nil && string(data) == bare.AsString() {
				return v, ref.Place{File: f.e.Reader.Shown(name), Line: 1}
			}
		}
	}
	return v, at
}

// noted is the files that functions see, with a note of what they read.
type noted struct {
	funcs.FileReader
	f *file
}

// ReadFile reads a file.
func (n noted) ReadFile(name string) ([]byte, error) {
	if n.f.read != nil {
		*n.f.read = append(*n.f.read, name)
	}
	return n.FileReader.ReadFile(name)
}
