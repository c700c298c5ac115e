package grunt

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// attr is an argument with the file whose names it uses.
type attr struct {
	load.Attr
	file *file // nil if there is no such argument
}

// block is a block with the file whose names it uses.
type block struct {
	*load.Block
	file *file
}

// skips reports whether a generate block writes nothing.
func (b block) skips(exists bool) bool {
	if a, ok := b.Attr("disable"); ok {
		if v, _ := b.file.eval(a).Unmark(); v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool && v.True() {
			return true
		}
	}
	a, ok := b.Attr("if_exists")
	if !ok {
		return false
	}
	text, _ := plain(b.file.eval(a))
	return exists && (text == "skip" || text == "error")
}

// merged is a file with what it includes.
type merged struct {
	source    attr
	inputs    func() inputs
	generates map[string]block
	extra     []block // extra_arguments, by label
	lost      []Part  // includes that are not here, which may generate files
}

// own is what a file itself says.
func (f *file) own() merged {
	m := merged{generates: map[string]block{}, inputs: func() inputs { return f.inputs() }}
	for _, b := range f.body.Blocks {
		switch {
		case b.Type == "terraform":
			if a, ok := b.Attr("source"); ok {
				m.source = attr{a, f}
			}
			for _, in := range b.Blocks {
				if in.Type == "extra_arguments" && len(in.Labels) == 1 {
					m.extra = append(m.extra, block{in, f})
				}
			}
		case b.Type == "generate" && len(b.Labels) == 1:
			m.generates[b.Labels[0]] = block{b, f}
		}
	}
	return m
}

// merged lays a file over what it includes: the file over the last include,
// that over the one before ("include" block). An included file includes nothing.
func (f *file) merged() merged {
	acc := f.own()
	includes := f.includes()
	for _, inc := range slices.Backward(includes) {
		if inc.file == nil || inc.strategy == "no_merge" {
			continue
		}
		over, under := acc, inc.file.own()
		acc = merged{source: under.source, generates: maps.Clone(under.generates)}
		if over.source.file != nil {
			acc.source = over.source
		}
		maps.Copy(acc.generates, over.generates)
		acc.extra = slices.DeleteFunc(under.extra, func(b block) bool {
			return slices.ContainsFunc(over.extra, func(o block) bool { return o.Labels[0] == b.Labels[0] })
		})
		acc.extra = append(acc.extra, over.extra...)
		acc.inputs = func() inputs { return mergeInputs(under.inputs(), over.inputs(), inc.strategy) }
	}
	for _, inc := range includes {
		if inc.file != nil || inc.strategy == "no_merge" {
			continue
		}
		acc.lost = append(acc.lost, Part{Name: strings.TrimSuffix("include."+inc.label, "."), Why: inc.why, Place: inc.place})
		was, reason, deep := acc.inputs, inc.why, inc.strategy != "shallow"
		acc.inputs = func() inputs {
			in := was()
			in.open = reason
			if deep {
				in.values = nil // anything may be merged into them
			}
			return in
		}
	}
	return acc
}

// inputs are the values for variables, and why there may be more.
type inputs struct {
	values map[string]Input
	open   string
}

// inputs evaluates the inputs of a file item by item, so that one that fails
// takes no other with it.
func (f *file) inputs() inputs {
	a, ok := f.body.Attr("inputs")
	if !ok {
		return inputs{}
	}
	return f.inputsOf(a, a.Expr)
}

func (f *file) inputsOf(a load.Attr, expr hclsyntax.Expression) inputs {
	out := inputs{values: map[string]Input{}}
	switch x := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return f.inputsOf(a, x.Expression)
	case *hclsyntax.FunctionCallExpr:
		if x.Name != "merge" || x.ExpandFinal {
			break
		}
		for _, arg := range x.Args {
			out = mergeInputs(out, f.inputsOf(a, arg), "shallow")
		}
		return out
	case *hclsyntax.ObjectConsExpr:
		for _, item := range x.Items {
			at := load.At(item.KeyExpr.Range())
			key := f.eval(load.Attr{Name: "a name of the inputs", Expr: item.KeyExpr, Place: at})
			name, ok := plain(key)
			if !ok {
				out = inputs{values: map[string]Input{}, open: why(key, "the name of an input is not known")}
				continue
			}
			out.values[name] = Input{f.eval(load.Attr{Name: "input " + name, Expr: item.ValueExpr, Place: at}), at}
		}
		return out
	}
	v := interp.Collection(f.eval(load.Attr{Name: "inputs", Expr: expr, Place: a.Place}))
	bare, _ := v.Unmark()
	switch {
	case bare.IsNull():
		return out
	case !bare.IsKnown() || !bare.Type().IsObjectType() && !bare.Type().IsMapType():
		out.open = why(v, "the inputs are not known")
		return out
	}
	for it := bare.ElementIterator(); it.Next(); {
		key, item := it.Element()
		name := key.AsString()
		if symbol.Has(name) || name == interp.EntityKey {
			out.open = why(v, "the inputs are not all known")
			continue
		}
		out.values[name] = Input{item, a.Place}
	}
	return out
}

// mergeInputs lays inputs over others. Where it is not known whether the upper
// ones hold a name, the lower ones of that name say nothing.
func mergeInputs(under, over inputs, strategy string) inputs {
	out := inputs{values: map[string]Input{}, open: under.open}
	if over.open == "" {
		maps.Copy(out.values, under.values)
	} else {
		out.open = over.open
	}
	for _, name := range sortedKeys(over.values) {
		in := over.values[name]
		if old, ok := under.values[name]; ok && strategy != "shallow" {
			in.Value = deepMerge(old.Value, in.Value, in.Place, strategy == "deep")
		} else if !ok && under.open != "" && strategy != "shallow" {
			in.Value = unknown(under.open, in.Place)
		}
		out.values[name] = in
	}
	return out
}

// deepMerge merges maps by key and, if asked to, appends lists. What is merged
// with a part that is not known is unknown; so is what an empty value is laid
// over, since versions of Terragrunt differ in whether it replaces the other.
func deepMerge(under, over cty.Value, at ref.Place, lists bool) cty.Value {
	a, _ := under.Unmark()
	b, _ := over.Unmark()
	isMap := func(v cty.Value) bool { return v.Type().IsObjectType() || v.Type().IsMapType() }
	switch {
	case !a.IsKnown() || !b.IsKnown() || symbol.IsRest(a) || symbol.IsRest(b) || symbol.RestValue(a) || symbol.RestValue(b):
		return unknown(why(under, why(over, "a part of what is merged is not known")), at)
	case a.IsNull():
		return over
	case empty(b):
		if empty(a) && a.Type().Equals(b.Type()) {
			return over
		}
		return unknown("a deep merge with an empty value depends on the version of Terragrunt", at)
	case isMap(a) && isMap(b):
		out := map[string]cty.Value{}
		for it := a.ElementIterator(); it.Next(); {
			key, v := it.Element()
			out[key.AsString()] = v
		}
		for it := b.ElementIterator(); it.Next(); {
			key, v := it.Element()
			if old, ok := out[key.AsString()]; ok {
				v = deepMerge(old, v, at, lists)
			}
			out[key.AsString()] = v
		}
		return cty.ObjectVal(out).WithSameMarks(under, over)
	case lists && a.CanIterateElements() && b.CanIterateElements() && !isMap(a) && !isMap(b):
		var out []cty.Value
		for _, v := range []cty.Value{a, b} {
			for it := v.ElementIterator(); it.Next(); {
				_, item := it.Element()
				out = append(out, item)
			}
		}
		return cty.TupleVal(out).WithSameMarks(under, over)
	}
	return over
}

// empty reports whether a known value is the zero value of its type.
func empty(v cty.Value) bool {
	switch {
	case v.IsNull():
		return true
	case v.Type() == cty.String:
		return v.AsString() == ""
	case v.Type() == cty.Bool:
		return v.False()
	case v.Type() == cty.Number:
		return v.RawEquals(cty.Zero)
	default:
		return v.CanIterateElements() && v.LengthInt() == 0
	}
}

// include is a file that a file includes.
type include struct {
	label    string
	strategy string // no_merge, shallow, deep or deep_map_only
	file     *file  // nil if it is not here
	why      string // why not, as a clause
	place    ref.Place
}

// includes are the files that a file includes, in the order in which they are
// written.
func (f *file) includes() []*include {
	if f.included || f.includesDone {
		return f.includeList
	}
	f.includesDone = true
	for _, b := range f.body.Blocks {
		if b.Type != "include" {
			continue
		}
		inc := &include{label: strings.Join(b.Labels, "."), strategy: "shallow", why: "what it includes is not here", place: b.Place}
		f.includeList = append(f.includeList, inc)
		if a, ok := b.Attr("merge_strategy"); ok {
			if text, ok := plain(f.eval(a)); ok && slices.Contains([]string{"no_merge", "shallow", "deep", "deep_map_only"}, text) {
				inc.strategy = text
			} else {
				f.e.Diags.Add(diag.Error, a.Place, "include not understood", "The merge strategy must be no_merge, shallow, deep or deep_map_only. It is taken to be shallow.")
			}
		}
		a, ok := b.Attr("path")
		if !ok {
			f.e.Diags.Add(diag.Error, b.Place, "include not understood", "The include has no path. Inputs that it may give are unknown.")
			continue
		}
		v := f.eval(a)
		text, ok := plain(v)
		name, inside := resolve(text, f.unit)
		switch {
		case !ok:
			f.e.Diags.Add(diag.Warning, a.Place, "included file not here", fmt.Sprintf("Which file is included is not known: %s. Inputs that it may give are unknown.", why(v, "the path is no text that is known")))
		case !inside || !f.e.Reader.Exists(name):
			f.e.Diags.Add(diag.Error, a.Place, "included file not here", "The file that is included is not below the directory that may be read. Inputs that it may give are unknown.")
		default:
			if inc.file = f.e.file(name, f.unit, f.original); inc.file == nil {
				continue
			}
			inc.file.included, inc.file.chain = true, f.chain
			if in := inc.file.body.Block("include"); in != nil {
				f.e.Diags.Add(diag.Error, in.Place, "include in an included file", "Terragrunt allows one level of includes. This one is left out.")
			}
		}
	}
	return f.includeList
}
