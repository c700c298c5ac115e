package cfn

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/machine"
	"github.com/muralla-net/muralla/internal/source/cfn/name"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// stack is a template with the values of one use of it.
type stack struct {
	r        *reader
	t        *template
	path     ref.ID // begins the IDs; empty for the only one
	within   ref.ID // the end of path that names nested stacks
	parent   *stack // nil for a root
	depth    int
	exists   fact.Tri
	why      string
	eval     *eval.Stack // nil until it is started
	starting bool
	expanded *tree.Template            // the template as it is evaluated
	values   map[string]resource.Value // of its parameters
	wanted   []name.Pattern            // names that it imports; see [stack.sources]
	children map[string]*child         // by logical id
	outputs  map[string]bool           // those being evaluated
	stored   map[string]bool           // resources of AWS::SSM::Parameter being evaluated
}

// child is a nested stack of a stack.
type child struct {
	busy bool
	s    *stack // nil if it is not here
}

// plant makes the stacks of the templates that no other nests.
func (r *reader) plant() {
	list := r.independent()
	names := r.names(list)
	for _, t := range list {
		for _, e := range t.Parameters {
			r.rooted[e.Key] = true
		}
	}
	r.indexExports(list, names)
	for _, t := range list {
		r.roots = append(r.roots, &stack{r: r, t: t, path: names[t], exists: fact.Yes})
	}
	for _, s := range r.roots {
		s.ready()
	}
}

// names are what begins the IDs of each template: its path without extension, or
// with it if two have the same, or nothing if one is all there is.
func (r *reader) names(list []*template) map[*template]ref.ID {
	out := map[*template]ref.ID{}
	if len(list) == 1 && !r.o.Named {
		out[list[0]] = ""
		return out
	}
	count := map[string]int{}
	short := func(t *template) string {
		name := r.shown(t.path)
		name = strings.TrimSuffix(name, path.Ext(name))
		return cmp.Or(strings.TrimSuffix(name, ".template"), r.shown(t.path))
	}
	for _, t := range list {
		count[short(t)]++
	}
	for _, t := range list {
		if name := short(t); count[name] == 1 {
			out[t] = ref.ID(name)
		} else {
			out[t] = ref.ID(r.shown(t.path))
		}
	}
	return out
}

// valuesFor are the values that the user gives for a template.
func (r *reader) valuesFor(t *template) map[string]resource.Value {
	out := map[string]resource.Value{}
	for _, e := range t.Parameters {
		if v, ok := r.given[e.Key]; ok {
			out[e.Key] = v
		}
	}
	return out
}

// ready starts a root, which another may need before its turn. It is false
// while the root is being started.
func (s *stack) ready() bool {
	if s.eval == nil && !s.starting {
		s.starting = true
		s.start(s.r.valuesFor(s.t))
	}
	return s.eval != nil
}

// start prepares a stack for evaluation.
func (s *stack) start(values map[string]resource.Value) {
	s.children, s.outputs, s.stored = map[string]*child{}, map[string]bool{}, map[string]bool{}
	s.expanded, s.values = s.r.unstored(s, values)
	s.eval = eval.New(s.expanded, eval.Options{
		Path: s.path, Parameters: s.values, Pseudo: s.r.pseudo,
		Import: s.imports, StackOutput: s.outputOf, Unmodelled: len(s.t.unread) > 0,
	})
	s.r.stacks++
}

// all hands over the resources of a stack and of those nested in it.
func (s *stack) all() {
	r := s.r
	if r.full {
		return
	}
	var inputs []resource.Reference
	for _, name := range s.eval.Names() {
		got, ok := s.eval.Resource(name)
		if !ok || got.Type == "AWS::CDK::Metadata" {
			continue
		}
		inputs = append(inputs, resource.Reference{ID: got.ID, Attr: "Ref"})
		if isStack(got.Type) {
			if in := s.nested(name, got.Place); in != nil {
				in.all()
			}
			continue
		}
		got.Nested = s.within
		if s.exists != fact.Yes && got.Exists == fact.Yes {
			got.Exists, got.Why = s.exists, s.why
		}
		if got.Type == "AWS::StepFunctions::StateMachine" {
			machine.Substitute(&got)
		}
		if r.nodes += count(got.Body); r.nodes > maxNodes {
			r.overflow(got.Place)
			break
		}
		r.set.Resources = append(r.set.Resources, got)
	}
	s.remarks()
	// Outputs are evaluated too: what is wrong with them is said.
	for _, name := range s.eval.OutputNames() {
		s.output(name)
	}
	for _, m := range s.t.unread {
		name := cmp.Or(m.Name, "a macro")
		at := s.t.Place(m.Line)
		r.set.Missing = append(r.set.Missing, resource.Missing{
			ID: s.eval.ID("Transform::" + name), Source: name, Why: "what the macro changes is known only at deployment", Inputs: inputs, Place: at,
		})
		r.diags.Add(diag.Warning, at, "macro not modelled", fmt.Sprintf("%s may change or add any resource of this template when it is deployed. The template is read as it is written. Give the processed one in its place: aws cloudformation get-template --template-stage Processed --stack-name NAME", name))
	}
	r.set.Missing = append(r.set.Missing, s.eval.Missing()...)
	r.diags = append(r.diags, s.eval.Diagnostics()...)
}

// overflow says once that there is more than is read.
func (r *reader) overflow(at ref.Place) {
	if !r.full {
		r.diags.Add(diag.Error, at, "estate too large", fmt.Sprintf("The templates make more than %d stacks or %d values. What comes from here on is missing from the analysis.", maxStacks, maxNodes))
	}
	r.full = true
}

// count is how many values a tree has.
func count(v resource.Value) int {
	n := 1
	for _, e := range v.List {
		n += count(e)
	}
	for _, e := range v.Map {
		n += count(e)
	}
	return n
}

// nested is the stack that a resource makes, or nil if its template is not here,
// which is said.
func (s *stack) nested(name string, at ref.Place) *stack {
	c := s.children[name]
	if c != nil {
		if c.busy {
			s.circle(name, at)
			return nil
		}
		return c.s
	}
	c = &child{busy: true}
	s.children[name] = c
	c.s = s.grow(name, at)
	c.busy = false
	return c.s
}

func (s *stack) circle(name string, at ref.Place) {
	s.r.diags.Add(diag.Error, at, "stacks depend on each other", fmt.Sprintf("What the nested stack %s is given depends on what it gives. CloudFormation refuses such stacks. Break the circle.", name))
}

// grow makes a nested stack.
func (s *stack) grow(name string, at ref.Place) *stack {
	r := s.r
	got, ok := s.eval.Resource(name)
	if !ok {
		if is, _ := s.eval.Exists(name); is != fact.No {
			s.circle(name, at)
			r.set.Missing = append(r.set.Missing, resource.Missing{ID: s.eval.ID(name), Why: "what it is given depends on what it gives", Place: at})
		}
		return nil
	}
	n := r.nests(s.t, name, got.Body)
	if n.t != nil {
		for up := s; up != nil; up = up.parent {
			if up.t == n.t {
				n.t, n.why = nil, "it nests itself, which has no end"
				break
			}
		}
	}
	switch {
	case n.t != nil && (r.full || r.stacks >= maxStacks || s.depth+1 >= maxDepth):
		r.overflow(got.Place)
		n.t, n.why = nil, "there are more stacks than are read"
	case n.t == nil:
		r.diags.Add(diag.Error, got.Place, "nested template not here", fmt.Sprintf(
			"The nested stack %s is made of %s, but %s. What it makes is missing from the analysis, and its outputs are unknown.%s", name, cmp.Or(n.source, "no template"), n.why, n.hint()))
	case n.note != "":
		r.diags.Add(diag.Note, got.Place, "nested template taken from here", fmt.Sprintf("The nested stack %s is made of %s. It is taken to be %s, %s.", name, n.source, n.note, n.since))
	}
	given := got.Body.Get("Parameters")
	if n.t == nil {
		r.set.Missing = append(r.set.Missing, resource.Missing{ID: got.ID, Source: n.source, Why: n.why, Inputs: references(given), Place: got.Place})
		return nil
	}
	in := &stack{r: r, t: n.t, path: s.eval.ID(name), within: ref.ID(path.Join(string(s.within), name)), parent: s, depth: s.depth + 1, exists: s.exists, why: s.why}
	if s.exists == fact.Yes {
		in.exists, in.why = got.Exists, got.Why
	}
	values := map[string]resource.Value{}
	if given.Kind == resource.Map {
		for name, v := range given.Map {
			if given.Maybe {
				v = term.Maybe(v, given.Why)
			}
			values[name] = v
		}
	} else if !given.IsNull() {
		for _, e := range n.t.Parameters {
			values[e.Key] = resource.Value{Kind: resource.Unknown, Why: cmp.Or(given.Why, "the parameters of the nested stack are unknown"), Place: given.Place}
		}
	}
	in.start(values)
	var without []string
	for _, e := range n.t.Parameters {
		if _, ok := values[e.Key]; !ok && e.Value.Get("Default") == nil && e.Value.Kind == tree.Map {
			without = append(without, e.Key)
		}
	}
	if len(without) > 0 {
		slices.Sort(without)
		r.diags.Add(diag.Warning, got.Place, "parameter of nested stack without value", fmt.Sprintf("%s gives no value for %s, and %s has no default for it. CloudFormation refuses it; the value is unknown here.", name, strings.Join(without, ", "), r.shown(n.t.path)))
	}
	return in
}

// outputOf is the value of an output of a nested stack.
func (s *stack) outputOf(name, output string, at ref.Place) (resource.Value, bool) {
	in := s.nested(name, at)
	if in == nil {
		if c := s.children[name]; c.busy {
			return resource.Value{Kind: resource.Unknown, Why: "stacks depend on each other", Place: at}, true
		}
		return resource.Value{}, false
	}
	return in.outputFor(output, fmt.Sprintf("the nested stack %s", name), at)
}

// outputFor is the value of an output for another stack. A problem is a
// diagnostic at the place where it is used.
func (s *stack) outputFor(output, called string, at ref.Place) (resource.Value, bool) {
	out, ok := s.output(output)
	switch {
	case ok:
		v := out.Value
		v.Place = at
		return v, true
	case s.outputs[output]:
		s.r.diags.Add(diag.Error, at, "stacks depend on each other", fmt.Sprintf("The output %s of %s depends on itself by way of this value. Break the circle.", output, called))
		return resource.Value{Kind: resource.Unknown, Why: "stacks depend on each other", Place: at}, true
	case slices.Contains(s.eval.OutputNames(), output):
		s.r.diags.Add(diag.Warning, at, "output does not exist", fmt.Sprintf("The condition of the output %s of %s is false, so that it has no value here.", output, called))
		return resource.Value{Kind: resource.Unknown, Why: "the output " + output + " does not exist, since its condition is false", Place: at}, true
	case s.t.Incomplete || len(s.t.unread) > 0:
		return resource.Value{}, false
	}
	detail := fmt.Sprintf("%s has no output %s (%s).", strings.ToUpper(called[:1])+called[1:], output, s.r.shown(s.t.path))
	if best := diag.Closest(output, s.eval.OutputNames()); best != "" {
		detail += fmt.Sprintf(" Did you mean %s?", best)
	}
	s.r.diags.Add(diag.Error, at, "output not in template", detail)
	return resource.Value{Kind: resource.Unknown, Why: "there is no output " + output, Place: at}, true
}

// output evaluates an output.
func (s *stack) output(name string) (eval.Output, bool) {
	if s.outputs[name] {
		return eval.Output{}, false
	}
	s.outputs[name] = true
	out, ok := s.eval.Output(name)
	// A second look tells one that is being evaluated from one that is done.
	s.outputs[name] = false
	return out, ok
}

// references are those in a value, sorted and without repetition.
func references(v resource.Value) []resource.Reference {
	seen := map[resource.Reference]bool{}
	var walk func(v resource.Value)
	walk = func(v resource.Value) {
		if v.Kind == resource.Ref {
			seen[v.Ref] = true
		}
		for _, c := range v.Candidates {
			seen[c] = true
		}
		for _, e := range v.List {
			walk(e)
		}
		for _, e := range v.Map {
			walk(e)
		}
	}
	walk(v)
	return slices.SortedFunc(maps.Keys(seen), func(a, b resource.Reference) int {
		return cmp.Or(strings.Compare(string(a.ID), string(b.ID)), strings.Compare(a.Attr, b.Attr))
	})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
