package tree

import (
	"slices"
	"strings"
)

// Kind says what a [Node] is.
type Kind uint8

// The kinds of nodes.
const (
	Null   Kind = iota // null, ~, or nothing behind the colon
	Bool               // Node.Text as it is written: "true", "No"; see Node.Scalar
	Number             // Node.Text as it is written
	String             // Node.Text
	List               // Node.List
	Map                // Node.Entries
	Lost               // something is written that could not be read; Node.Text says why, as a clause
)

// Node is one value of a template. Nodes may be shared and must not be changed.
type Node struct {
	Kind    Kind
	Text    string
	List    []*Node
	Entries []Entry // in the order in which they are written; keys are unique
	Line    int     // 1-based; where the value begins
}

// Entry is one member of a map.
type Entry struct {
	Key   string
	Line  int // of the key
	Value *Node
}

// NewString is a text node.
func NewString(text string, line int) *Node { return &Node{Kind: String, Text: text, Line: line} }

// NewMap is a map of entries, whose keys must be unique.
func NewMap(line int, entries ...Entry) *Node { return &Node{Kind: Map, Entries: entries, Line: line} }

// NewList is a list of nodes.
func NewList(line int, items ...*Node) *Node { return &Node{Kind: List, List: items, Line: line} }

// Get is the value of a key of a map, or nil if the node is nil, is no map or
// has no such key.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return n.Entries[i].Value
		}
	}
	return nil
}

// With is a map with the value of a key set, as a new node.
func (n *Node) With(key string, value *Node) *Node {
	out := &Node{Kind: Map, Line: n.Line, Entries: slices.Clone(n.Entries)}
	for i := range out.Entries {
		if out.Entries[i].Key == key {
			out.Entries[i].Value = value
			return out
		}
	}
	out.Entries = append(out.Entries, Entry{Key: key, Line: value.Line, Value: value})
	return out
}

// IsScalar reports whether the node is a text, a number or a boolean.
func (n *Node) IsScalar() bool {
	return n != nil && (n.Kind == Bool || n.Kind == Number || n.Kind == String)
}

// Function is the intrinsic function that a node calls, in its long form
// ("Ref", "Fn::GetAtt"), and its argument; or "" if the node calls none.
// Loops ("Fn::ForEach::Name") stand beside other keys and are no functions.
func (n *Node) Function() (name string, argument *Node) {
	if n == nil || n.Kind != Map || len(n.Entries) != 1 {
		return "", nil
	}
	e := n.Entries[0]
	if e.Key == "Ref" || strings.HasPrefix(e.Key, "Fn::") && !strings.HasPrefix(e.Key, LoopPrefix) {
		return e.Key, e.Value
	}
	return "", nil
}

// LoopPrefix begins the keys of loops (AWS "Fn::ForEach").
const LoopPrefix = "Fn::ForEach::"

// Scalar is the text that CloudFormation makes of a scalar where a value is
// needed: as it is written, but booleans are "true" or "false". Where a name is
// needed, it is Node.Text. Lists and maps give "".
func (n *Node) Scalar() string {
	switch n.Kind {
	case Bool:
		if slices.Contains([]string{"true", "yes", "on"}, strings.ToLower(n.Text)) {
			return "true"
		}
		return "false"
	case Number, String:
		return n.Text
	default:
		return ""
	}
}

// What names a kind of node for messages: "a list".
func (n *Node) What() string {
	if n == nil {
		return "nothing"
	}
	if name, _ := n.Function(); name != "" {
		return "a call of " + name
	}
	return [...]string{"nothing", "a boolean", "a number", "a text", "a list", "a map", "what could not be read"}[n.Kind]
}
