package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/diag"
)

// yaml reads a text in YAML.
func (p *parser) yaml(data []byte) *Node {
	doc, rest, err := p.first(data)
	if err != nil {
		return p.mend(data, err)
	}
	p.others(rest)
	return doc
}

// first is the first document that has resources, or else the first that is
// not empty, and the lines where others begin.
func (p *parser) first(data []byte) (best *Node, others []int, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var roots []*yaml.Node
	for {
		var n yaml.Node
		switch err := decode(dec, &n); {
		case errors.Is(err, io.EOF):
			return p.choose(roots)
		case err != nil:
			return nil, nil, err
		}
		if len(n.Content) == 1 && !isNull(n.Content[0]) {
			roots = append(roots, n.Content[0])
		}
	}
}

// decode turns a panic of the library, which has had some, into an error.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return dec.Decode(n)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func (p *parser) choose(roots []*yaml.Node) (*Node, []int, error) {
	if len(roots) == 0 {
		return nil, nil, nil
	}
	chosen := 0
	for i := len(roots) - 1; i >= 0; i-- {
		for k := 0; k+1 < len(roots[i].Content); k += 2 {
			if roots[i].Kind == yaml.MappingNode && roots[i].Content[k].Value == "Resources" {
				chosen = i
			}
		}
	}
	var others []int
	for i, r := range roots {
		if i != chosen {
			others = append(others, r.Line)
		}
	}
	p.remark(roots[chosen], 0)
	w := walker{p: p, anchors: map[*yaml.Node]*expanded{}, heights: map[*Node]int{}}
	return w.node(roots[chosen], 0), others, nil
}

func (p *parser) others(lines []int) {
	for _, line := range lines {
		p.say(diag.Warning, line, "document not read",
			"The file holds several YAML documents, but a template is one. This document is not read: put it in a file of its own.")
	}
}

// walker turns the nodes of the library into nodes.
type walker struct {
	p       *parser
	anchors map[*yaml.Node]*expanded
	heights map[*Node]int // of anchored nodes
}

// expanded is what an anchored node became.
type expanded struct {
	node *Node // nil while it is being read
	size int
}

func (w *walker) node(n *yaml.Node, depth int) *Node {
	switch {
	case depth > MaxDepth:
		return w.p.tooDeep(n.Line)
	case n.Kind == yaml.AliasNode:
		return w.alias(n, depth)
	case n.Anchor != "":
		return w.anchored(n, depth)
	}
	return w.tagged(n, depth)
}

func (w *walker) anchored(n *yaml.Node, depth int) *Node {
	if e := w.anchors[n]; e != nil { // reached again through a merge key
		return w.again(e, n, depth)
	}
	e := &expanded{}
	w.anchors[n] = e
	before := w.p.nodes
	node := w.tagged(n, depth)
	e.node, e.size = node, max(w.p.nodes-before, 1)
	w.heights[node] = w.height(node)
	return node
}

// height is how deep a node is. It does not walk twice what is anchored, which
// may be in many places.
func (w *walker) height(n *Node) int {
	if h, ok := w.heights[n]; ok {
		return h
	}
	most := 0
	for _, e := range n.List {
		most = max(most, 1+w.height(e))
	}
	for _, e := range n.Entries {
		most = max(most, 1+w.height(e.Value))
	}
	return most
}

func (w *walker) alias(n *yaml.Node, depth int) *Node {
	if n.Alias == nil {
		return &Node{Kind: Lost, Line: n.Line, Text: "its alias is of nothing"}
	}
	if e := w.anchors[n.Alias]; e != nil {
		return w.again(e, n, depth)
	}
	return w.node(n.Alias, depth)
}

func (w *walker) again(e *expanded, n *yaml.Node, depth int) *Node {
	switch {
	case e.node == nil:
		w.p.say(diag.Error, n.Line, "alias within itself", fmt.Sprintf(
			"*%s stands within the value that &%s names, so that it would contain itself without end. It is left out.", n.Value, n.Value))
		w.p.lost = true
		return &Node{Kind: Lost, Line: n.Line, Text: "it contains itself"}
	case depth+w.heights[e.node] > MaxDepth:
		return w.p.tooDeep(n.Line)
	case !w.p.room(e.size, n.Line):
		return tooMany(n.Line)
	}
	return e.node
}

// tagged reads a node with its tag, which may be a function in short form.
func (w *walker) tagged(n *yaml.Node, depth int) *Node {
	name, ok := strings.CutPrefix(n.Tag, "!")
	if !ok || name == "" || strings.HasPrefix(name, "!") || n.Style&yaml.TaggedStyle == 0 {
		return w.plain(n, depth)
	}
	if !w.p.room(1, n.Line) {
		return tooMany(n.Line)
	}
	long := "Fn::" + name
	if name == "Ref" || name == "Condition" {
		long = name
	}
	argument := w.plain(n, depth+1)
	if n.Kind == yaml.ScalarNode {
		argument = &Node{Kind: String, Text: n.Value, Line: n.Line}
	}
	return NewMap(n.Line, Entry{Key: long, Line: n.Line, Value: argument})
}

func (w *walker) plain(n *yaml.Node, depth int) *Node {
	if !w.p.room(1, n.Line) {
		return tooMany(n.Line)
	}
	if depth > MaxDepth {
		return w.p.tooDeep(n.Line)
	}
	switch n.Kind {
	case yaml.SequenceNode:
		out := &Node{Kind: List, Line: n.Line}
		for _, c := range n.Content {
			out.List = append(out.List, w.node(c, depth+1))
			if w.p.full {
				break
			}
		}
		return out
	case yaml.MappingNode:
		return w.mapping(n, depth)
	default:
		return scalar(n)
	}
}

func (w *walker) mapping(n *yaml.Node, depth int) *Node {
	out := &Node{Kind: Map, Line: n.Line}
	index := map[string]int{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content) && !w.p.full; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		for hops := 0; key.Kind == yaml.AliasNode && key.Alias != nil && hops < MaxDepth; hops++ {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			w.p.say(diag.Error, key.Line, "key is no text",
				"The key of a map must be a text, but this one is a list or a map. If it is a placeholder such as {{ x }}, render the template first.")
			w.p.lost = true
			continue
		}
		w.p.add(out, index, Entry{Key: key.Value, Line: n.Content[i].Line, Value: w.node(value, depth+1)})
	}
	for _, m := range merged {
		w.merge(out, index, m, depth)
	}
	return out
}

// merge adds what a merge key brings and is not written in the map itself
// (YAML "Merge Key Language-Independent Type").
func (w *walker) merge(out *Node, index map[string]int, from *yaml.Node, depth int) {
	node := w.node(from, depth+1)
	maps := []*Node{node}
	if node.Kind == List {
		maps = node.List
	}
	for _, m := range maps {
		if m.Kind != Map {
			if m.Kind != Lost {
				w.p.say(diag.Error, from.Line, "merge key is no map", "<< merges a map or a list of maps, but this is "+m.What()+".")
			}
			w.p.lost = true
			continue
		}
		for _, e := range m.Entries {
			if _, ok := index[e.Key]; !ok {
				index[e.Key] = len(out.Entries)
				out.Entries = append(out.Entries, e)
			}
		}
	}
}

var number = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)

func scalar(n *yaml.Node) *Node {
	out := &Node{Kind: String, Text: n.Value, Line: n.Line}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Tag == "!!str" && n.Style&yaml.TaggedStyle != 0 {
		return out
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		out.Kind = Null
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON",
		"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		out.Kind = Bool
	default:
		if number.MatchString(n.Value) {
			out.Kind = Number
		}
	}
	return out
}
