package tree

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds. Absent is no value at all: a member that is not there.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String is the kind as a noun for messages.
func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[min(k, Object)]
}

// Node is one value of a text. The zero Node is absent.
type Node struct {
	d *Doc
	i int32
}

// Root is the value that the text holds.
func (d *Doc) Root() Node { return Node{d: d} }

// Kind tells what the node holds.
func (n Node) Kind() Kind {
	if n.d == nil {
		return Absent
	}
	switch n.d.data[n.d.entries[n.i].val] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	default:
		return Number
	}
}

// Get is the member of an object with this key, or the absent node.
func (n Node) Get(key string) Node {
	out := Node{}
	if n.Kind() != Object {
		return out
	}
	count := 0
	for i := n.i + 1; i < n.d.entries[n.i].next; i = n.d.entries[i].next {
		if count++; count > scanned {
			return n.index()[key]
		}
		if n.d.isKey(n.d.entries[i].key, key) {
			out = Node{n.d, i}
		}
	}
	return out
}

// scanned is how many members are looked through for a key. Larger objects get
// an index, or a reader of all their keys would need the square of their number.
const scanned = 256

// index is the members of a large object by key.
func (n Node) index() map[string]Node {
	for _, x := range n.d.indexes {
		if x.members != nil && x.i == n.i {
			return x.members
		}
	}
	members := map[string]Node{}
	for _, m := range n.Members() {
		members[m.Key] = m.Node
	}
	n.d.indexes[n.d.oldest] = objectIndex{n.i, members}
	n.d.oldest = (n.d.oldest + 1) % len(n.d.indexes)
	return members
}

// Path walks the keys.
func (n Node) Path(keys ...string) Node {
	for _, k := range keys {
		n = n.Get(k)
	}
	return n
}

// isKey reports whether the key at this offset is the wanted one.
func (d *Doc) isKey(at int32, want string) bool {
	rest := d.data[at+1:]
	if len(rest) > len(want) && rest[len(want)] == '"' && string(rest[:len(want)]) == want {
		return !strings.ContainsAny(want, `"\`)
	}
	end := bytes.IndexByte(rest, '"') // of a plain key; an escaped quote is behind a backslash
	return (bytes.IndexByte(rest[:end], '\\') >= 0 || !utf8.Valid(rest[:end])) && d.text(at) == want
}

// Items are the elements of an array.
func (n Node) Items() []Node {
	if n.Kind() != Array {
		return nil
	}
	var out []Node
	for i := n.i + 1; i < n.d.entries[n.i].next; i = n.d.entries[i].next {
		out = append(out, Node{n.d, i})
	}
	return out
}

// Member is one member of an object.
type Member struct {
	Key string
	Node
}

// Members are the members of an object in the order of the text, those with a
// repeated key included.
func (n Node) Members() []Member {
	if n.Kind() != Object {
		return nil
	}
	var out []Member
	for i := n.i + 1; i < n.d.entries[n.i].next; i = n.d.entries[i].next {
		out = append(out, Member{n.d.text(n.d.entries[i].key), Node{n.d, i}})
	}
	return out
}

// Text is the content of a string, or "".
func (n Node) Text() string {
	if n.Kind() != String {
		return ""
	}
	return n.d.text(n.d.entries[n.i].val)
}

// True reports whether the node is the boolean true.
func (n Node) True() bool { return n.Kind() == Bool && n.d.data[n.d.entries[n.i].val] == 't' }

// Number is the value of a number, or 0; beyond float64 it is infinite.
func (n Node) Number() float64 {
	if n.Kind() != Number {
		return 0
	}
	f, err := strconv.ParseFloat(n.Raw(), 64)
	if err != nil && f == 0 {
		return 0
	}
	return f
}

// Raw is a scalar as it is written, "" for arrays, objects and nothing.
func (n Node) Raw() string {
	switch n.Kind() {
	case Absent, Array, Object:
		return ""
	case String:
		at := n.d.entries[n.i].val
		return string(n.d.data[at:n.d.end(at)])
	}
	at := n.d.entries[n.i].val
	end := at
	for int(end) < len(n.d.data) && !strings.ContainsRune(",]} \t\r\n", rune(n.d.data[end])) {
		end++
	}
	return string(n.d.data[at:end])
}

// Line is the line on which the value begins, from 1; 0 for the absent node and
// in a text of a single line, where it would tell nothing.
func (n Node) Line() int {
	if n.d == nil || n.d.Lines() < 2 {
		return 0
	}
	at := n.d.entries[n.i].val
	block := at / lineBlock
	return int(n.d.lines[block]) + bytes.Count(n.d.data[block*lineBlock:at], []byte{'\n'}) + 1
}

// Lines is how many lines the text has.
func (d *Doc) Lines() int {
	text := bytes.TrimRight(d.data, "\r\n")
	block := (len(text) - 1) / lineBlock
	return int(d.lines[block]) + bytes.Count(text[block*lineBlock:], []byte{'\n'}) + 1
}

// end is the offset behind the string that begins at this offset.
func (d *Doc) end(at int32) int32 {
	for at++; d.data[at] != '"'; at++ {
		if d.data[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// text decodes the string whose opening quote is at this offset.
func (d *Doc) text(at int32) string {
	raw := d.data[at:d.end(at)]
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "" // not reached: the parser has checked the string
	}
	return s
}
