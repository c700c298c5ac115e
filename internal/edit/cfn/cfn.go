// Package cfn edits templates of CloudFormation, in YAML or JSON, by bytes.
//
// # Model
// A [Text] is one parsed template. [Text.Edits] translates a [finding.Change]
// into the names of CloudFormation, finds the resource by its logical id, walks
// to the property, and says which bytes become which. JSON is read as the YAML
// that it is; what is written between braces stays between braces.
//
// # Guarantees
//   - Only values that are written as literals are replaced. What a function, an
//     alias or a merge key gives is refused, with the reason, and so is what an
//     anchor lends to other places.
//   - The result is a template that differs from the old one in what the change
//     asks for, and in nothing else.
//   - Comments, line ends, indentation, tags and everything that the edits do
//     not cover stay.
//
// # Not modelled
// Macros and what they make. Whether the edit is right: that is for who proposes it.
package cfn

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/ref"
)

// maxBytes is the largest template that is edited.
const maxBytes = 4 << 20

// Text is one template.
type Text struct {
	src   []byte
	root  *yaml.Node // the map of sections
	lines []int      // where each line begins
	nl    string     // how its lines end
	json  bool
}

var bom = []byte("\xEF\xBB\xBF")

// Parse reads a template. The error says why it cannot be edited.
func Parse(src []byte) (*Text, error) {
	if len(src) > maxBytes {
		return nil, fmt.Errorf("the template has more than %d MiB", maxBytes>>20)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(bytes.TrimPrefix(src, bom), &doc); err != nil {
		return nil, errors.New("the template is not valid YAML or JSON")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("the template is no map of sections")
	}
	t := &Text{src: src, root: doc.Content[0], nl: "\n", lines: []int{0}}
	if bytes.HasPrefix(src, bom) {
		t.lines[0] = len(bom)
	}
	for i, c := range src {
		if c == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		t.nl = "\r\n"
	}
	// A lone carriage return, and the line ends of Unicode, end lines of YAML
	// that are not counted here.
	if bytes.Count(src, []byte("\r")) != bytes.Count(src, []byte("\r\n")) || bytes.ContainsAny(src, "\u0085\u2028\u2029") {
		return nil, errors.New("the template has line ends of an unusual kind")
	}
	t.json = bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(src, bom)), []byte("{"))
	if why := t.generated(); why != "" {
		return nil, errors.New(why)
	}
	return t, nil
}

// generated says which tool writes a template, if it left its mark in it: an edit
// would be gone with its next run.
func (t *Text) generated() string {
	// Every stack that is deployed by the bootstrap roles checks their version.
	for _, mark := range [][2]string{{"Rules", "CheckBootstrapVersion"}, {"Parameters", "BootstrapVersion"}} {
		section, err := child(t.root, mark[0])
		if err != nil || section == nil || section.Kind != yaml.MappingNode {
			continue
		}
		if n, err := child(section, mark[1]); err == nil && n != nil {
			return cdkWrites
		}
	}
	all, err := child(t.root, "Resources")
	if err != nil || all == nil || all.Kind != yaml.MappingNode {
		return ""
	}
	for i := 1; i < len(all.Content); i += 2 {
		res := all.Content[i]
		if res.Kind != yaml.MappingNode {
			continue
		}
		if typ, err := child(res, "Type"); err == nil && typ != nil && typ.Value == "AWS::CDK::Metadata" {
			return cdkWrites
		}
		meta, err := child(res, "Metadata")
		if err != nil || meta == nil || meta.Kind != yaml.MappingNode {
			continue
		}
		for j := 0; j < len(meta.Content); j += 2 {
			switch key := meta.Content[j].Value; {
			case strings.HasPrefix(key, "aws:cdk:"):
				return cdkWrites
			case strings.HasPrefix(key, "aws:copilot:"):
				return "AWS Copilot writes templates with this mark; its manifest or an override has to change"
			}
		}
	}
	return ""
}

const cdkWrites = "the CDK writes this template; the code that it is made of has to change"

// offset is where a node begins, in bytes.
func (t *Text) offset(n *yaml.Node) (int, error) {
	if n.Line < 1 || n.Line > len(t.lines) {
		return 0, errors.New("its place in the text is not known")
	}
	at := t.lines[n.Line-1]
	end := len(t.src)
	if n.Line < len(t.lines) {
		end = t.lines[n.Line]
	}
	column := 1
	for i := range string(t.src[at:end]) {
		if column == n.Column {
			return at + i, nil
		}
		column++
	}
	if column == n.Column {
		return end, nil
	}
	return 0, errors.New("its place in the text is not known")
}

// Edits are the edits of a change to the resource of a logical id and type. None
// means that the template has it already. The error is a clause that says why
// the template is not edited.
func (t *Text) Edits(logicalID, kind string, c finding.Change) ([]patch.Edit, error) {
	res, err := t.resource(logicalID, kind)
	if err != nil {
		return nil, err
	}
	var edits []patch.Edit
	switch c.Operation {
	case finding.Remove:
		edits, err = t.removed(res, logicalID, kind, c)
	case finding.Set, finding.Replace, finding.Exchange, finding.Append, finding.Add:
		path, value, err := translate(kind, c)
		if err != nil {
			return nil, err
		}
		body, err := child(res, "Properties")
		if err != nil {
			return nil, err
		}
		w := writer{t: t, of: c.Resource}
		switch {
		case body == nil:
			return nil, errors.New("it has no Properties")
		case c.Operation == finding.Exchange:
			edits, err = w.exchange(body, path, value)
		case c.Operation == finding.Replace:
			edits, err = w.replace(body, path, value)
		case c.Operation == finding.Append || c.Operation == finding.Add:
			edits, err = w.append(body, path, value)
		default:
			edits, err = w.set(body, path, value)
		}
		if err != nil {
			return nil, err
		}
	case finding.Copy:
		edits, err = t.copied(res, kind, c)
	case finding.Assign:
		edits, err = t.assign(res, kind, c)
	default:
		return nil, fmt.Errorf("nothing is known of how to %s in a template", c.Operation)
	}
	if err != nil || len(edits) == 0 {
		return nil, err
	}
	result, err := patch.Apply(t.src, edits)
	if err != nil {
		return nil, fmt.Errorf("the edit fails: %w", err)
	}
	after, err := Parse(result)
	if err != nil {
		return nil, errors.New("the edit would not leave a valid template")
	}
	if !sameElsewhere(t.root, after.root, logicalID) {
		return nil, errors.New("the edit would change other resources")
	}
	return edits, nil
}

// resource is the entry of a logical id.
func (t *Text) resource(id, kind string) (*yaml.Node, error) {
	all, err := child(t.root, "Resources")
	if err != nil {
		return nil, err
	}
	if all == nil {
		return nil, errors.New("the template has no Resources")
	}
	res, err := child(all, id)
	switch {
	case err != nil:
		return nil, err
	case res == nil:
		return nil, fmt.Errorf("the template does not write %s itself; a macro or a loop makes it", id)
	case res.Kind != yaml.MappingNode:
		return nil, fmt.Errorf("%s is no map", id)
	}
	typ, err := child(res, "Type")
	if err != nil || typ == nil || typ.Value != kind {
		return nil, fmt.Errorf("the type of %s is not %s in the template", id, kind)
	}
	return res, nil
}

// child is the value of a key of a map, or nil if there is none.
func child(n *yaml.Node, key string) (*yaml.Node, error) {
	if err := readable(n); err != nil {
		return nil, err
	}
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("a map is wanted around %s", key)
	}
	var found *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind == yaml.ScalarNode && k.Tag == "!!merge":
			return nil, errors.New("a merge key gives a part of it")
		case k.Kind == yaml.ScalarNode && k.Value == key && found != nil:
			return nil, fmt.Errorf("%s is written twice", key)
		case k.Kind == yaml.ScalarNode && k.Value == key:
			found = n.Content[i+1]
		case k.Kind == yaml.ScalarNode && strings.HasPrefix(k.Value, "Fn::"):
			return nil, fmt.Errorf("%s gives it", k.Value)
		}
	}
	return found, nil
}

// readable reports whether a node stands where it is, for itself alone, and is
// no call of a function.
func readable(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return errors.New("an alias gives it")
	case n.Anchor != "":
		return errors.New("an anchor lends it to other places")
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return fmt.Errorf("%s gives it", n.Tag)
	case n.Style&yaml.TaggedStyle != 0:
		return errors.New("a tag of YAML is written at it")
	}
	return nil
}

// sameElsewhere reports whether two templates have the same in everything but one resource.
func sameElsewhere(a, b *yaml.Node, but string) bool {
	strip := func(root *yaml.Node) *yaml.Node {
		out := *root
		out.Content = slices.Clone(root.Content)
		for i := 0; i+1 < len(out.Content); i += 2 {
			if out.Content[i].Value != "Resources" || out.Content[i+1].Kind != yaml.MappingNode {
				continue
			}
			all := *out.Content[i+1]
			all.Content = nil
			for j := 0; j+1 < len(out.Content[i+1].Content); j += 2 {
				if out.Content[i+1].Content[j].Value != but {
					all.Content = append(all.Content, out.Content[i+1].Content[j:j+2]...)
				}
			}
			out.Content[i+1] = &all
		}
		return &out
	}
	return equal(strip(a), strip(b))
}

// equal compares nodes by what they say. Aliases count by their names.
func equal(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Tag != b.Tag || a.Value != b.Value || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !equal(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// logical is the name of a thing within its template.
func logical(id ref.ID) string { return string(id.Short()) }
