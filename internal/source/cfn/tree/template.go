package tree

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// Template is one template, cut into its sections (AWS "CloudFormation template
// sections"). Entries of a section are in the order of the file.
type Template struct {
	File string
	Root *Node // a Map, of which the fields below are parts

	Transforms []*Node // the names of macros, or maps with Name and Parameters
	Globals    *Node   // of AWS SAM; nil if there are none
	Parameters []Entry
	Mappings   []Entry
	Conditions []Entry // and loops that make conditions
	Resources  []Entry // and loops that make resources
	Outputs    []Entry // and loops that make outputs

	// Incomplete says that a part of the text was lost, so that what is
	// referred to but is not here may have been in that part.
	Incomplete bool
	Lines      int

	Remarks []Remark // comments that are written for this program
}

// Remark is a comment.
type Remark struct {
	Text     string // without the mark of a comment
	Line     int
	Resource string // the resource that it is within or directly above, or ""
}

// Place is where a line of the template is.
func (t *Template) Place(line int) ref.Place { return ref.Place{File: t.File, Line: line} }

var sections = []string{
	"AWSTemplateFormatVersion", "Conditions", "Description", "Globals", "Hooks", "Mappings", "Metadata",
	"Outputs", "Parameters", "Resources", "Rules", "Transform",
}

// Parse reads the text of a template. The file is how places name it.
func Parse(file string, data []byte) (*Template, diag.List) {
	t := &Template{File: file, Root: NewMap(1)}
	p := &parser{file: file}
	if len(data) > MaxBytes {
		p.say(diag.Error, 0, "file too large", fmt.Sprintf(
			"The file has more than %d bytes, and CloudFormation takes templates of at most 1 MB. It was not read.", MaxBytes))
		t.Incomplete = true
		return t, p.diags
	}
	t.Lines = bytes.Count(data, []byte("\n"))
	if len(data) > 0 && data[len(data)-1] != '\n' {
		t.Lines++
	}
	root := p.document(data)
	switch {
	case root == nil || root.Kind == Null:
		if !p.lost {
			p.say(diag.Error, 1, "template is empty", "The file holds no value, so there is nothing to analyse in it.")
		}
	case root.Kind != Map || len(root.Entries) > 0 && root.isCall():
		p.say(diag.Error, root.Line, "template is no map",
			"A template is a map of sections such as Resources, but this is "+root.What()+".")
		p.lost = true
	default:
		t.Root = root
	}
	t.cut(p)
	t.remarks(data, p.comments)
	t.Incomplete = p.lost
	return t, p.diags
}

func (n *Node) isCall() bool {
	name, _ := n.Function()
	return name != ""
}

// cut fills in the sections of a template.
func (t *Template) cut(p *parser) {
	for _, e := range t.Root.Entries {
		switch e.Key {
		case "Parameters":
			t.Parameters = p.section(e)
		case "Mappings":
			t.Mappings = p.section(e)
		case "Conditions":
			t.Conditions = p.section(e)
		case "Resources":
			t.Resources = p.section(e)
		case "Outputs":
			t.Outputs = p.section(e)
		case "Globals":
			t.Globals = e.Value
		case "Transform":
			t.Transforms = []*Node{e.Value}
			if e.Value.Kind == List {
				t.Transforms = e.Value.List
			}
		default:
			p.unknownSection(e)
		}
	}
}

func (p *parser) section(e Entry) []Entry {
	switch {
	case e.Value.Kind == Map && (!e.Value.isCall() || e.Value.Get("Fn::Transform") != nil):
		return e.Value.Entries
	case e.Value.Kind == Null:
		return nil
	case e.Value.Kind != Lost: // lost parts have been diagnosed
		p.say(diag.Error, e.Value.Line, "wrong type in template",
			fmt.Sprintf("%s must be a map from names to definitions, but it is %s. The section was not read.", e.Key, e.Value.What()))
	}
	p.lost = true
	return nil
}

func (p *parser) unknownSection(e Entry) {
	if slices.Contains(sections, e.Key) || strings.HasPrefix(e.Key, "Fn::") || strings.HasPrefix(e.Key, "x-") {
		return
	}
	detail := fmt.Sprintf("%q is no section of a template, and what is in it is not read.", clip(e.Key))
	if near := diag.Closest(e.Key, sections); near != "" {
		detail += fmt.Sprintf(" Did you mean %q?", near)
	}
	p.say(diag.Warning, e.Line, "section not known", detail)
}

// clip keeps what is cited in messages short.
func clip(text string) string {
	if len(text) <= maxCited {
		return text
	}
	return strings.ToValidUTF8(text[:maxCited], "") + "…"
}

// parser holds what is said while a text is read.
type parser struct {
	file     string
	comments map[string]bool // those of YAML that are written for this program, as they are
	diags    diag.List
	lost     bool // a part of the text was lost
	nodes    int
	full     bool // MaxNodes was reached
}

func (p *parser) say(level diag.Level, line int, summary, detail string) {
	switch at := (ref.Place{File: p.file, Line: line}); {
	case len(p.diags) < maxSaid:
		p.diags.Add(level, at, summary, detail)
	case len(p.diags) == maxSaid:
		p.diags.Add(diag.Error, at, "too many problems", fmt.Sprintf("More than %d problems were found; the others are not shown.", maxSaid))
	}
}

// document reads the tree of a text of either form.
func (p *parser) document(data []byte) *Node {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' && !bytes.HasPrefix(trimmed, []byte("//")) {
		return p.yaml(data)
	}
	asJSON := &parser{file: p.file}
	root := asJSON.json(data)
	if asJSON.lost { // YAML in braces is not JSON
		asYAML := &parser{file: p.file}
		if other := asYAML.yaml(data); !asYAML.lost {
			*p = *asYAML
			return other
		}
	}
	*p = *asJSON
	return root
}

// room reports whether another number of nodes may be made.
func (p *parser) room(n, line int) bool {
	if p.nodes += n; p.nodes <= MaxNodes {
		return true
	}
	if !p.full {
		p.say(diag.Error, line, "template too large", fmt.Sprintf(
			"With aliases expanded the template has more than %d values. What is behind this line is not read.", MaxNodes))
	}
	p.full, p.lost = true, true
	p.nodes = MaxNodes + 1 // no overflow, however often an alias is used
	return false
}

func (p *parser) tooDeep(line int) *Node {
	p.say(diag.Error, line, "template nested too deeply", fmt.Sprintf(
		"Values are nested more than %d levels deep here. What is below is not read.", MaxDepth))
	p.lost = true
	return &Node{Kind: Lost, Line: line, Text: "it is nested too deeply"}
}

func tooMany(line int) *Node {
	return &Node{Kind: Lost, Line: line, Text: "the template has too many values"}
}

// add appends an entry; of two with one key the last one stays, as in what
// CloudFormation makes of JSON.
func (p *parser) add(n *Node, index map[string]int, e Entry) {
	if i, ok := index[e.Key]; ok {
		p.say(diag.Error, e.Line, "key written twice", fmt.Sprintf(
			"%q is also in line %d of the same map. Only one of them can count; the one here is read.", clip(e.Key), n.Entries[i].Line))
		n.Entries[i] = e
		return
	}
	index[e.Key] = len(n.Entries)
	n.Entries = append(n.Entries, e)
}
