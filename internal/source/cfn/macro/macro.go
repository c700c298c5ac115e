// Package macro writes out what macros of templates make, as far as that can be
// told from the files that are here.
//
// # Model
// [Expand] gives a template without AWS SAM: its resources are those that the
// transform AWS::Serverless-2016-10-31 makes, with the sections of Globals
// merged into them. Snippets of AWS::Include that lie beside the template are
// put in place. Macros of others are named, since they may change everything.
//
// # Guarantees
// A template is never changed, only copied. Whatever cannot be written out is
// in the result by name, or is a diagnostic with its place.
//
// # Not modelled
// What SAM makes that has no part in a network: permissions, deployments, usage
// plans, event sources. Roles and the implicit interfaces are made, because
// templates refer to them by name. SecretsManager's rotation functions.
package macro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// Files gives the content of a file that a template names by a relative path,
// with the name of the file for places. An error says why it is not to be had.
type Files func(path string) (data []byte, shown string, err error)

// Unread is a macro whose work is not known here.
type Unread struct {
	Name string // "MyCompany::Defaults"; empty if the name is not written as a text
	Line int
}

// Expand writes out the macros of a template. It returns those that it cannot.
func Expand(t *tree.Template, files Files) (*tree.Template, []Unread, diag.List) {
	x := expander{t: t, files: files}
	x.include()
	serverless := false
	var unread []Unread
	for _, m := range x.t.Transforms {
		name := nameOf(m)
		switch {
		case strings.HasPrefix(name, "AWS::Serverless-"):
			serverless = true
		case name == "AWS::LanguageExtensions", name == "AWS::Include":
		case name == "AWS::CodeDeployBlueGreen":
			x.say(diag.Note, m.Line, "macro without a network effect", "AWS::CodeDeployBlueGreen replaces the tasks of the service when it is updated. The network is read as it is written.")
		case strings.HasPrefix(name, "AWS::SecretsManager-"):
			x.say(diag.Note, m.Line, "macro without a network effect", "AWS::SecretsManager makes functions that rotate secrets, with the subnets and groups written at HostedRotationLambda. These functions are not in the analysis.")
		default:
			unread = append(unread, Unread{Name: name, Line: m.Line})
		}
	}
	if x.hasServerless() {
		if !serverless {
			x.say(diag.Warning, 1, "transform of AWS SAM not written", "The template has resources of AWS::Serverless but no Transform: AWS::Serverless-2016-10-31, so that CloudFormation refuses it. It is read as if it had.")
		}
		x.serverless()
	}
	return x.t, unread, x.diags
}

// expander is one template being written out.
type expander struct {
	t     *tree.Template
	files Files
	diags diag.List
	reads int
}

func (x *expander) say(level diag.Level, line int, summary, detail string) {
	x.diags.Add(level, x.t.Place(line), summary, detail)
}

func nameOf(m *tree.Node) string {
	if m.Kind == tree.String {
		return strings.TrimSpace(m.Text)
	}
	if n := m.Get("Name"); n != nil && n.Kind == tree.String {
		return strings.TrimSpace(n.Text)
	}
	return ""
}

// maxIncludes is how many snippets one template may take in.
const maxIncludes = 100

// include puts local snippets in place (AWS "AWS::Include transform").
func (x *expander) include() {
	root := x.t.Root
	copied := *x.t
	x.t = &copied
	sections := map[string]*[]tree.Entry{
		"Parameters": &copied.Parameters, "Mappings": &copied.Mappings, "Conditions": &copied.Conditions, "Resources": &copied.Resources, "Outputs": &copied.Outputs,
	}
	if !mentions(root, 0) {
		return
	}
	for _, m := range x.t.Transforms {
		if nameOf(m) != "AWS::Include" {
			continue
		}
		for _, e := range x.snippet(m) {
			if at := sections[e.Key]; at != nil && e.Value.Kind == tree.Map {
				*at = merged(*at, e.Value.Entries)
			}
		}
	}
	for _, name := range []string{"Parameters", "Mappings", "Conditions", "Resources", "Outputs"} {
		at := sections[name]
		*at = x.inside(tree.NewMap(1, *at...), 0).Entries
	}
}

// mentions reports whether a snippet is asked for anywhere.
func mentions(n *tree.Node, depth int) bool {
	if n == nil || depth > tree.MaxDepth {
		return false
	}
	if n.Kind == tree.String && n.Text == "AWS::Include" {
		return true
	}
	return slices.ContainsFunc(n.List, func(e *tree.Node) bool { return mentions(e, depth+1) }) ||
		slices.ContainsFunc(n.Entries, func(e tree.Entry) bool { return mentions(e.Value, depth+1) })
}

// inside replaces Fn::Transform of AWS::Include below a node, which stays the
// same node if there is none.
func (x *expander) inside(n *tree.Node, depth int) *tree.Node {
	if n == nil || depth > tree.MaxDepth {
		return n
	}
	out, changed := *n, false
	for i, e := range n.List {
		if in := x.inside(e, depth+1); in != e {
			if !changed {
				out.List, changed = slices.Clone(n.List), true
			}
			out.List[i] = in
		}
	}
	var taken []tree.Entry
	kept := make([]tree.Entry, 0, len(n.Entries))
	for _, e := range n.Entries {
		if e.Key == "Fn::Transform" && nameOf(e.Value) == "AWS::Include" {
			if got := x.snippet(e.Value); got != nil {
				taken, changed = append(taken, got...), true
				continue
			} else if len(n.Entries) == 1 {
				return &tree.Node{Kind: tree.Lost, Line: n.Line, Text: "the snippet that AWS::Include takes in is not here"}
			}
		}
		in := x.inside(e.Value, depth+1)
		changed = changed || in != e.Value
		kept = append(kept, tree.Entry{Key: e.Key, Line: e.Line, Value: in})
	}
	if !changed {
		return n
	}
	out.Entries = merged(kept, taken)
	return &out
}

// snippet is what a call of AWS::Include takes in, or nil after saying why
// there is nothing.
func (x *expander) snippet(call *tree.Node) []tree.Entry {
	at := call.Get("Parameters").Get("Location")
	if at == nil || at.Kind != tree.String || strings.Contains(at.Text, "://") {
		x.say(diag.Warning, call.Line, "snippet not here", "AWS::Include takes in a snippet from Amazon S3. What is in it is missing from the analysis. Put it beside the template and name it by its path, as before: aws cloudformation package")
		return nil
	}
	if x.reads++; x.reads > maxIncludes {
		x.say(diag.Error, call.Line, "snippet not read", fmt.Sprintf("The template takes in more than %d snippets. What is in the others is missing from the analysis.", maxIncludes))
		return nil
	}
	data, shown, err := x.files(at.Text)
	if err != nil {
		x.say(diag.Error, at.Line, "snippet not here", fmt.Sprintf("AWS::Include takes in %s, which cannot be read: %v. What is in it is missing from the analysis.", at.Text, err))
		return nil
	}
	snippet, diags := tree.Parse(shown, data)
	for _, d := range diags {
		if d.Summary != "section not known" { // a snippet has no sections
			x.diags = append(x.diags, d)
		}
	}
	entries := slices.Clone(snippet.Root.Entries)
	for i := range entries {
		entries[i] = tree.Entry{Key: entries[i].Key, Line: at.Line, Value: moved(entries[i].Value, at.Line, 0)}
	}
	return entries
}

// moved is a tree whose lines are that of the call: places name the file of the
// template, and in it that is where the values come from.
func moved(n *tree.Node, line, depth int) *tree.Node {
	if n == nil || depth > tree.MaxDepth {
		return n
	}
	out := *n
	out.Line = line
	out.List = slices.Clone(n.List)
	for i := range out.List {
		out.List[i] = moved(out.List[i], line, depth+1)
	}
	out.Entries = slices.Clone(n.Entries)
	for i := range out.Entries {
		out.Entries[i].Line = line
		out.Entries[i].Value = moved(out.Entries[i].Value, line, depth+1)
	}
	return &out
}

// merged are entries with others added, of which those of the same key replace
// the first.
func merged(entries, more []tree.Entry) []tree.Entry {
	out := slices.Clone(entries)
	for _, e := range more {
		if i := slices.IndexFunc(out, func(o tree.Entry) bool { return o.Key == e.Key }); i >= 0 {
			out[i] = e
			continue
		}
		out = append(out, e)
	}
	return out
}
