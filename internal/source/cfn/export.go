package cfn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/name"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// index is what the stacks of an estate offer to each other.
type index struct {
	exports []offer
	stored  []offer
	shadows int
}

// offer is an export, or a parameter that is put into the store.
type offer struct {
	root  int      // which of the roots
	chain []string // logical ids of the nested stacks on the way
	path  ref.ID   // of the stack
	name  name.Pattern
	local string // name of the output, or the logical id
}

// storedType is what puts an entry into the parameter store.
const storedType = "AWS::SSM::Parameter"

// indexExports lists what is offered, before any value is evaluated: a value may
// need what another stack offers. Names seldom do.
func (r *reader) indexExports(list []*template, names map[*template]ref.ID) {
	r.index = &index{}
	for i, t := range list {
		r.shadow(i, nil, t, names[t], r.valuesFor(t))
	}
}

// shadow lists what a template offers, and those nested in it.
func (r *reader) shadow(root int, chain []string, t *template, path ref.ID, values map[string]resource.Value) {
	if r.index.shadows++; r.index.shadows > maxStacks || len(chain) >= maxDepth {
		return
	}
	bare := *t.Template
	bare.Outputs = nil
	for _, e := range t.Outputs {
		if e.Value.Get("Value") != nil && e.Value.Get("Export") != nil {
			bare.Outputs = append(bare.Outputs, tree.Entry{Key: e.Key, Line: e.Line, Value: e.Value.With("Value", tree.NewString("", e.Line))})
		} else if e.Value.Kind != tree.Map || strings.HasPrefix(e.Key, tree.LoopPrefix) {
			bare.Outputs = append(bare.Outputs, e)
		}
	}
	s := eval.New(&bare, eval.Options{Path: path, Parameters: values, Pseudo: r.pseudo, Unmodelled: true})
	for _, n := range s.OutputNames() {
		if out, ok := s.Output(n); ok && !out.Export.IsNull() {
			r.index.exports = append(r.index.exports, offer{root, chain, path, name.Of(out.Export), n})
		}
	}
	types := map[string]string{}
	for _, e := range t.Resources {
		types[e.Key] = textOf(e.Value.Get("Type"))
	}
	for _, n := range s.Names() {
		// Names that are not written are of a loop; their type is in it.
		if typ, ok := types[n]; ok && typ != storedType && !isStack(typ) {
			continue
		}
		got, ok := s.Resource(n)
		switch {
		case !ok:
		case got.Type == storedType:
			if p := name.Of(got.Get("Name")); !p.Empty() {
				r.index.stored = append(r.index.stored, offer{root, chain, path, p, n})
			}
		case isStack(got.Type):
			if in := r.nests(t, n, got.Body); in.t != nil && in.t != t {
				r.shadow(root, append(slices.Clone(chain), n), in.t, s.ID(n), got.Get("Parameters").Map)
			}
		}
	}
}

// reach is the stack that makes an offer, or nil.
func (r *reader) reach(o offer) *stack {
	s := r.roots[o.root]
	if !s.ready() {
		return nil
	}
	for _, id := range o.chain {
		if s = s.nested(id, s.t.Place(0)); s == nil {
			return nil
		}
	}
	return s
}

// pair are two stacks of which one imports what the other exports.
type pair struct{ to, from ref.ID }

// joint is what is said of a pair once.
type joint struct {
	at    ref.Place
	names []string // of imports, as they are written
	first offer
	to    *stack
}

// absent is what a stack imports, of which no export is known to be it.
type absent struct {
	at    ref.Place
	names []string
}

// add notes a name that is imported at a place, under what is said of it.
func add[K comparable](to map[K]*absent, key K, n name.Pattern, at ref.Place) {
	a := to[key]
	if a == nil {
		a = &absent{at: at}
		to[key] = a
	}
	if at.Compare(a.at) < 0 {
		a.at = at
	}
	a.names = append(a.names, n.String())
}

// imports is the value of an export by its name.
func (s *stack) imports(written resource.Value, at ref.Place) (resource.Value, bool) {
	r := s.r
	want := name.Of(written)
	found, match := r.index.best(r.index.exports, want, s.path)
	if match != name.Same {
		found = slices.DeleteFunc(found, s.mutual)
	}
	if of, ok := want.Hole(); ok && len(found) > 1 {
		if sources := s.sources(of); sources != nil {
			found = slices.DeleteFunc(found, func(o offer) bool { return !sources[o.path] })
		}
	}
	switch len(found) {
	case 0:
		add(r.unfound, s, want, at)
		return resource.Value{}, false
	case 1:
		return s.join(found[0], match, want, at)
	}
	v := resource.Value{Kind: resource.Unknown, Place: at}
	var paths []string
	for _, o := range found {
		paths = append(paths, string(o.path))
		if from := r.reach(o); from != nil {
			if out, ok := from.output(o.local); ok {
				v.Candidates = append(v.Candidates, references(out.Value)...)
			}
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	shown := strings.Join(paths[:min(len(paths), 4)], ", ")
	if len(paths) > 4 {
		shown += ", ..."
	}
	v.Why = fmt.Sprintf("several stacks export what can be %s: %s", want, shown)
	v.Candidates = references(v)
	if r.unclear[s] == nil {
		r.unclear[s] = map[string]*absent{}
	}
	add(r.unclear[s], shown, want, at)
	return v, true
}

// mutual reports whether the stack of an offer imports from this one, as far as
// names tell. CloudFormation lets no two stacks import from each other, so names
// that say so of both tell nothing of either: each imports from a third.
func (s *stack) mutual(o offer) bool {
	from := s.r.reach(o)
	if from == nil {
		return false
	}
	for _, want := range from.wants() {
		if found, match := s.r.index.best(s.r.index.exports, want, from.path); len(found) == 1 && found[0].path == s.path && match != name.Same {
			return true
		}
	}
	return false
}

// wants are the names that a stack imports.
func (s *stack) wants() []name.Pattern {
	if s.wanted == nil {
		s.wanted = []name.Pattern{}
		all := eval.New(s.expanded, eval.Options{
			Path: s.path, Parameters: s.values, Pseudo: s.r.pseudo, Unmodelled: true,
			Import: func(v resource.Value, _ ref.Place) (resource.Value, bool) {
				s.wanted = append(s.wanted, name.Of(v))
				return resource.Value{}, false
			},
		})
		for _, n := range all.Names() {
			all.Resource(n)
		}
		for _, n := range all.OutputNames() {
			all.Output(n)
		}
	}
	return s.wanted
}

// sources are the stacks that export everything which a stack imports by names
// with one hole: a parameter that holds the name of a stack names one stack. It
// is nil if there is none.
func (s *stack) sources(of resource.Reference) map[ref.ID]bool {
	var out map[ref.ID]bool
	for _, want := range s.wants() {
		if h, ok := want.Hole(); !ok || h != of {
			continue
		}
		found, _ := s.r.index.best(s.r.index.exports, want, s.path)
		if len(found) == 0 {
			continue
		}
		have := map[ref.ID]bool{}
		for _, o := range found {
			if out == nil || out[o.path] {
				have[o.path] = true
			}
		}
		if len(have) == 0 {
			return nil
		}
		out = have
	}
	return out
}

// join is the value of the export that an import is.
func (s *stack) join(o offer, match name.Match, want name.Pattern, at ref.Place) (resource.Value, bool) {
	from := s.r.reach(o)
	if from == nil {
		return resource.Value{}, false
	}
	v, ok := from.outputFor(o.local, fmt.Sprintf("the stack %s", from.path), at)
	if ok && match != name.Same {
		key := pair{to: s.path, from: o.path}
		j := s.r.joined[key]
		if j == nil {
			j = &joint{at: at, first: o, to: s}
			s.r.joined[key] = j
		}
		if at.Compare(j.at) < 0 {
			j.at, j.first = at, o
		}
		j.names = append(j.names, want.String())
	}
	return v, ok
}

// best are the offers of other stacks that can have a name, of those that agree
// most. A name that is in a pattern in full is that export, since no two have
// one name.
func (x *index) best(list []offer, want name.Pattern, not ref.ID) ([]offer, name.Match) {
	var found []offer
	most := name.No
	for _, o := range list {
		if o.path == not {
			continue
		}
		m := name.Compare(o.name, want)
		if m == name.Maybe && (o.name.Empty() || want.Empty()) {
			continue // nothing speaks for it
		}
		if m > most {
			found, most = nil, m
		}
		if m == most && m != name.No {
			found = append(found, o)
		}
	}
	return found, most
}

// unstored gives parameters that name an entry of the parameter store the value
// that a template of the estate puts there.
func (r *reader) unstored(s *stack, values map[string]resource.Value) (*tree.Template, map[string]resource.Value) {
	t := s.t.Template
	for i, e := range t.Parameters {
		inner, ok := strings.CutPrefix(textOf(e.Value.Get("Type")), "AWS::SSM::Parameter::Value<")
		if !ok {
			continue
		}
		inner = strings.TrimSuffix(inner, ">")
		given, ok := values[e.Key]
		if !ok {
			given = resource.Value{Kind: resource.String, Text: textOf(e.Value.Get("Default")), Place: s.t.Place(e.Line)}
		}
		want := name.Of(given)
		if want.Empty() {
			continue
		}
		found, match := r.index.best(r.index.stored, want, s.path)
		if len(found) != 1 || match < name.Alike {
			continue
		}
		from := r.reach(found[0])
		if from == nil || from.stored[found[0].local] {
			continue
		}
		from.stored[found[0].local] = true
		got, ok := from.eval.Resource(found[0].local)
		from.stored[found[0].local] = false
		v := got.Get("Value")
		if !ok || v.IsNull() {
			continue
		}
		if t == s.t.Template {
			copied := *t
			t = &copied
			t.Parameters = slices.Clone(t.Parameters)
			values = clone(values)
		}
		// As a plain parameter of the type within, it takes the value itself.
		t.Parameters[i].Value = e.Value.With("Type", tree.NewString(inner, e.Line))
		values[e.Key] = v
		r.diags.Add(diag.Note, s.t.Place(e.Line), "stored parameter joined", fmt.Sprintf("The parameter %s is what %s puts into the parameter store as %s.", e.Key, string(from.eval.ID(found[0].local)), want))
	}
	return t, values
}

func clone(m map[string]resource.Value) map[string]resource.Value {
	out := map[string]resource.Value{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func textOf(n *tree.Node) string {
	if n == nil || !n.IsScalar() {
		return ""
	}
	return strings.TrimSpace(n.Text)
}
