package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// Options are what a stack is made with.
type Options struct {
	// Path is what the stack is called, "Network" or "infra/vpc", and begins
	// the IDs of all that is in it. It is empty for the only template.
	Path ref.ID
	// Parameters are the values given for parameters, as a text or a list. A
	// parameter that is not here has its default.
	Parameters map[string]resource.Value
	// Pseudo are the values of pseudo parameters by name, "AWS::Region". Those
	// that are not here are references.
	Pseudo map[string]resource.Value
	// Import is the value of an export whose name is a String, a Text or
	// unknown. It is called once per Fn::ImportValue. Without it, or if it
	// returns false, the value is a reference.
	Import func(name resource.Value, at ref.Place) (resource.Value, bool)
	// StackOutput is the value of an output of the nested stack that a resource
	// of this template makes. Without it, or if it returns false, the value is a
	// reference with the attribute "Outputs.NAME". It may call [Stack.Resource].
	StackOutput func(logicalID, output string, at ref.Place) (resource.Value, bool)
	// Unmodelled says that something unread, such as a macro, may add resources,
	// so that names which are not in the template are no mistake.
	Unmodelled bool
}

// Output is one output of a stack.
type Output struct {
	Name   string
	Value  resource.Value
	Export resource.Value // the name under which others import it; null if it is not exported
	Exists fact.Tri       // Yes, or Unknown if its condition is (Why)
	Why    string
	Place  ref.Place
}

// Stack is a template with values for its parameters. It is not for concurrent
// use.
type Stack struct {
	t *tree.Template
	o Options

	parameters map[string]*parameter
	mappings   map[string]*tree.Node
	conditions map[string]*condition
	resources  map[string]*entity
	outputs    map[string]*entity

	resourceNames, outputNames []string // sorted
	partial                    bool     // some names are not known
	lost                       []resource.Missing

	diags     diag.List
	proposals int // how often a near name was looked for
	quiet     int // above zero, what is evaluated may never be; see [Stack.risk]
	values    int
	texts     int
	stopped   bool            // a limit was reached
	world     *world          // the current one
	outside   *world          // in which nothing is assumed
	loops     map[string]bool // names of conditions being evaluated
}

// entity is a resource or an output.
type entity struct {
	name     string
	node     *tree.Node
	line     int
	resource *resource.Resource
	output   *Output
	done     bool // evaluated; there may be nothing
	busy     bool
}

// New prepares a template for evaluation. What is wrong with it is said by
// [Stack.Diagnostics].
func New(t *tree.Template, o Options) *Stack {
	s := &Stack{
		t: t, o: o,
		parameters: map[string]*parameter{}, mappings: map[string]*tree.Node{}, conditions: map[string]*condition{},
		resources: map[string]*entity{}, outputs: map[string]*entity{},
		partial: t.Incomplete || o.Unmodelled, outside: newWorld(nil), loops: map[string]bool{},
	}
	s.world = s.outside
	s.readParameters()
	s.readMappings()
	conditions, _ := s.unroll(t.Conditions, "Conditions")
	for _, e := range conditions {
		s.conditions[e.Key] = &condition{node: e.Value}
	}
	resources, _ := s.unroll(t.Resources, "Resources")
	for _, e := range resources {
		s.resources[e.Key] = &entity{name: e.Key, node: e.Value, line: e.Line}
	}
	outputs, _ := s.unroll(t.Outputs, "Outputs")
	for _, e := range outputs {
		s.outputs[e.Key] = &entity{name: e.Key, node: e.Value, line: e.Line}
	}
	s.resourceNames, s.outputNames = term.SortedKeys(s.resources), term.SortedKeys(s.outputs)
	for _, e := range conditions { // so that their errors are said
		s.named(e.Key, e.Line)
	}
	return s
}

// Template evaluates all of a template: its resources sorted by ID, and its
// outputs by name.
func Template(t *tree.Template, o Options) ([]resource.Resource, []Output, diag.List) {
	s := New(t, o)
	var resources []resource.Resource
	for _, name := range s.resourceNames {
		if r, ok := s.Resource(name); ok {
			resources = append(resources, r)
		}
	}
	var outputs []Output
	for _, name := range s.outputNames {
		if o, ok := s.Output(name); ok {
			outputs = append(outputs, o)
		}
	}
	return resources, outputs, s.Diagnostics()
}

// Diagnostics is what was said so far, sorted.
func (s *Stack) Diagnostics() diag.List { return s.diags.Sorted() }

// Missing are the parts of the template that make resources which nobody can
// tell: loops over unknown collections, and macros. They are sorted by ID.
func (s *Stack) Missing() []resource.Missing {
	return slices.SortedStableFunc(slices.Values(s.lost), func(a, b resource.Missing) int {
		return strings.Compare(string(a.ID), string(b.ID))
	})
}

// Names are the logical ids of resources, sorted, also of those that do not
// exist.
func (s *Stack) Names() []string { return slices.Clone(s.resourceNames) }

// OutputNames are the names of outputs, sorted, also of those that do not exist.
func (s *Stack) OutputNames() []string { return slices.Clone(s.outputNames) }

// ID is the name of something in the stack.
func (s *Stack) ID(name string) ref.ID {
	if s.o.Path == "" {
		return ref.ID(name)
	}
	return s.o.Path + "/" + ref.ID(name)
}

// Resource is a resource by its logical id. It is false if there is none, or
// if its condition is false. A resource that is asked for while it is being
// evaluated is false too.
func (s *Stack) Resource(name string) (resource.Resource, bool) {
	e := s.resources[name]
	switch {
	case e == nil || e.busy:
		return resource.Resource{}, false
	case !e.done:
		e.busy = true
		e.resource = s.makeResource(e)
		e.busy, e.done = false, true
	}
	if e.resource == nil {
		return resource.Resource{}, false
	}
	return *e.resource, true
}

// Exists reports whether a resource of a logical id exists, and if that is
// unknown, why. What is not in the template does not exist.
func (s *Stack) Exists(name string) (fact.Tri, string) {
	e := s.resources[name]
	if e == nil {
		return fact.No, ""
	}
	return s.exists(e)
}

// Output is an output by its name. It is false if there is none, or if its
// condition is false, or while it is being evaluated.
func (s *Stack) Output(name string) (Output, bool) {
	e := s.outputs[name]
	switch {
	case e == nil || e.busy:
		return Output{}, false
	case !e.done:
		e.busy = true
		e.output = s.makeOutput(e)
		e.busy, e.done = false, true
	}
	if e.output == nil {
		return Output{}, false
	}
	return *e.output, true
}

func (s *Stack) makeResource(e *entity) *resource.Resource {
	defer s.afresh()()
	at := s.t.Place(e.line)
	if !s.isMap(e.node, "resource "+e.name) {
		return nil
	}
	r := &resource.Resource{ID: s.ID(e.name), Name: e.name, Place: at, Type: s.typeOf(e)}
	r.Exists, r.Why = s.exists(e)
	if r.Type == "" || r.Exists == fact.No {
		return nil
	}
	if c := e.node.Get("Condition"); c.IsScalar() && r.Exists == fact.Unknown {
		defer s.in(s.assume(c.Text, fact.Yes))()
	}
	if region, ok := s.o.Pseudo["AWS::Region"]; ok && region.Kind == resource.String {
		r.Region = region.Text
	}
	r.Body = resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: at}
	if p := e.node.Get("Properties"); p != nil && p.Kind != tree.Null {
		body := s.eval(p)
		switch body.Kind {
		case resource.Map:
			r.Body = body
		case resource.Unknown:
			r.Body = body
		default:
			s.say(diag.Error, p.Line, "wrong type in template", fmt.Sprintf(
				"Properties of %s must be a map, but it is %s. They are not read.", e.name, p.What()))
		}
	}
	if m := e.node.Get("Metadata"); m != nil && m.Kind == tree.Map && r.Body.Kind == resource.Map {
		r.Body.Map["AWS::Metadata"] = s.eval(m)
	}
	return r
}

// typeOf is the type of a resource, or "" after saying what is wrong with it.
func (s *Stack) typeOf(e *entity) string {
	t := e.node.Get("Type")
	switch {
	case t == nil:
		s.say(diag.Error, e.line, "resource without type", fmt.Sprintf(
			"%s has no Type, so that nobody can tell what it makes. It is not read.", e.name))
		return ""
	case t.Kind != tree.String || t.Text == "":
		s.say(diag.Error, t.Line, "wrong type in template", fmt.Sprintf(
			"Type of %s must be a text such as AWS::EC2::VPC, but it is %s. The resource is not read.", e.name, t.What()))
		return ""
	}
	return strings.TrimSpace(t.Text)
}

func (s *Stack) exists(e *entity) (fact.Tri, string) {
	c := e.node.Get("Condition")
	switch {
	case c == nil || c.Kind == tree.Null:
		return fact.Yes, ""
	case !c.IsScalar():
		s.say(diag.Error, c.Line, "wrong type in template", fmt.Sprintf(
			"Condition of %s must be the name of a condition, but it is %s.", e.name, c.What()))
		return fact.Unknown, "its condition cannot be read"
	}
	return s.named(c.Text, c.Line)
}

func (s *Stack) makeOutput(e *entity) *Output {
	defer s.afresh()()
	if !s.isMap(e.node, "output "+e.name) {
		return nil
	}
	out := &Output{Name: e.name, Place: s.t.Place(e.line)}
	out.Exists, out.Why = s.exists(e)
	if out.Exists == fact.No {
		return nil
	}
	if c := e.node.Get("Condition"); c.IsScalar() && out.Exists == fact.Unknown {
		defer s.in(s.assume(c.Text, fact.Yes))()
	}
	value := e.node.Get("Value")
	if value == nil {
		s.say(diag.Error, e.line, "output without value", fmt.Sprintf("Output %s has no Value.", e.name))
		out.Value = term.Unknown("the output has no Value", out.Place)
	} else {
		out.Value = s.eval(value)
	}
	if export := e.node.Get("Export"); export != nil && export.Kind != tree.Null {
		name := export.Get("Name")
		if name == nil {
			s.say(diag.Error, export.Line, "wrong type in template", fmt.Sprintf("Export of output %s must be a map with Name.", e.name))
			return out
		}
		out.Export = s.eval(name)
	}
	return out
}

// isMap says what is wrong if a definition is no map.
func (s *Stack) isMap(n *tree.Node, what string) bool {
	if name, _ := n.Function(); n.Kind == tree.Map && name == "" {
		return true
	}
	if n.Kind != tree.Lost {
		s.say(diag.Error, n.Line, "wrong type in template", fmt.Sprintf("The %s must be a map, but it is %s. It is not read.", what, n.What()))
	}
	return false
}

// afresh leaves all branches that may never be taken, until what it returns is
// called.
func (s *Stack) afresh() (back func()) {
	world, quiet := s.world, s.quiet
	s.world, s.quiet = s.outside, 0
	return func() { s.world, s.quiet = world, quiet }
}

// say adds a diagnostic.
func (s *Stack) say(level diag.Level, line int, summary, detail string) {
	switch {
	case len(s.diags) < maxSaid:
		s.diags.Add(level, s.t.Place(line), summary, detail)
	case len(s.diags) == maxSaid:
		s.diags.Add(diag.Error, s.t.Place(line), "too many problems", fmt.Sprintf("More than %d problems were found; the others are not shown.", maxSaid))
	}
}

// risk adds a diagnostic of something that is only wrong if it is evaluated,
// unless it may never be.
func (s *Stack) risk(level diag.Level, line int, summary, detail string) {
	if s.quiet == 0 {
		s.say(level, line, summary, detail)
	}
}
