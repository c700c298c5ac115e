package intent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

const (
	maxBytes = 1 << 20
	// A file that a person wrote has some thousands of nodes. Aliases within
	// aliases multiply them without making the file longer.
	maxNodes = 100_000
	// Bounds the diagnostics of a file that is no muralla.yaml at all.
	maxProblems = 100
	// The longest text of the file that a diagnostic repeats.
	maxQuoted = 300
)

// reader walks YAML nodes and collects what is wrong with them.
type reader struct {
	file     string
	nodes    int // visited so far
	problems int // found so far; more than diags holds if there are very many
	diags    diag.List
}

// field is one key of a mapping and how its value is read.
type field[T any] struct {
	key      string
	required bool
	read     func(r *reader, n *yaml.Node, into *T)
}

func (r *reader) at(n *yaml.Node) ref.Place { return ref.Place{File: r.file, Line: n.Line} }

func (r *reader) problem(n *yaml.Node, summary, detail string, args ...any) {
	r.problemAt(r.at(n), summary, detail, args...)
}

// problemAt reports an error. After maxProblems they are counted only, and the
// last one that is kept says so.
func (r *reader) problemAt(at ref.Place, summary, detail string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok && len(text) > maxQuoted {
			args[i] = strings.ToValidUTF8(text[:maxQuoted], "") + "…"
		}
	}
	switch r.problems++; {
	case r.problems < maxProblems:
		r.diags.Add(diag.Error, at, summary, fmt.Sprintf(detail, args...))
	case r.problems == maxProblems:
		r.diags.Add(diag.Error, at, "too many problems", "This is the last problem that is listed; there may be more below. Is it the right file?")
	}
}

// document reads the only document of a file. Nil means that there is none, or
// none that can be read, which has then been reported.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > maxBytes {
		r.problemAt(ref.Place{File: r.file}, "file too large",
			"The file has %d bytes, and more than %d are not read, so nothing of it counts. Is it the right file?", len(data), maxBytes)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		r.syntax(err)
		return nil
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		r.problem(&more, "second document", "The file holds several YAML documents, and only the first counts. Remove the line \"---\" before the others.")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Tag == "!!null" {
		return nil
	}
	return doc.Content[0]
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?((?s).*)$`)

// syntax reports what the YAML library says. It gives the line in its text only.
func (r *reader) syntax(err error) {
	at, text := ref.Place{File: r.file}, err.Error()
	if m := syntaxLine.FindStringSubmatch(text); m != nil {
		at.Line, _ = strconv.Atoi(m[1]) // zero if it gives none
		text = m[2]
	}
	r.problemAt(at, "not YAML",
		"The file cannot be read: %s. Nothing of it counts until this is mended; a common cause is a tab or a wrong indentation on this line or the one before.", text)
}

// resolve follows aliases and counts what is visited. It reports false when the
// file is too large to walk.
func (r *reader) resolve(n *yaml.Node) (*yaml.Node, bool) {
	for {
		switch r.nodes++; {
		case r.nodes == maxNodes+1:
			r.problem(n, "file too large", "With its aliases the file has more than %d values. What comes after them does not count.", maxNodes)
			return n, false
		case r.nodes > maxNodes:
			r.problems++ // so that no entry counts of which something was not read
			return n, false
		}
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			return n, true
		}
		n = n.Alias
	}
}

// mapping reads the keys of a mapping into a value. False means that there was
// any problem with it.
func mapping[T any](r *reader, n *yaml.Node, what string, fields []field[T], into *T) bool {
	before := r.problems
	seen := map[string]bool{}
	isMapping := r.pairs(n, what, func(key, value *yaml.Node) {
		seen[key.Value] = true
		var known []string
		for _, f := range fields {
			if f.key == key.Value {
				f.read(r, value, into)
				return
			}
			known = append(known, f.key)
		}
		r.problem(key, "unknown key", "There is no key %q in %s%s", key.Value, what, guess(key.Value, known))
	})
	for _, f := range fields {
		if isMapping && f.required && !seen[f.key] {
			r.problem(n, "missing key", "%s has no %q here. Add the key; without it this has no effect.", upperFirst(what), f.key)
		}
	}
	return r.problems == before
}

// pairs visits the keys and values of a mapping, each key once. False means that
// the node is no mapping, which has then been reported.
func (r *reader) pairs(n *yaml.Node, what string, visit func(key, value *yaml.Node)) bool {
	n, ok := r.resolve(n)
	if !ok {
		return false
	}
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, what, "a mapping (key: value)")
		return false
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := r.resolve(n.Content[i])
		switch first, twice := seen[key.Value]; {
		case !ok:
			return false
		case key.Kind != yaml.ScalarNode:
			r.problem(key, "wrong type", "A key of %s is a list or a mapping, where a word is expected.", what)
		case key.Tag == "!!merge":
			r.problem(key, "merge key", "Merge keys (<<) are not read here: write the keys out, so that a reader sees what counts.")
		case twice:
			r.problem(key, "duplicate key", "The key %q of %s was already given on line %d, and the first one counts. Remove one of them.", key.Value, what, first)
		default:
			seen[key.Value] = key.Line
			visit(key, n.Content[i+1])
		}
	}
	return true
}

// items visits the elements of a list.
func (r *reader) items(n *yaml.Node, what string, visit func(n *yaml.Node)) {
	n, ok := r.resolve(n)
	switch {
	case !ok:
	case n.Kind != yaml.SequenceNode:
		r.wrongKind(n, what, "a list (lines that begin with \"- \")")
	default:
		for _, item := range n.Content {
			visit(item)
		}
	}
}

// list reads a list of mappings and keeps the entries that are of use.
func list[T any](r *reader, n *yaml.Node, what string, fields []field[T], place func(*T, ref.Place)) []T {
	var out []T
	r.items(n, what, func(item *yaml.Node) {
		var v T
		if mapping(r, item, what, fields, &v) {
			place(&v, r.at(item))
			out = append(out, v)
		}
	})
	return out
}

// text reads a scalar as it is written, so that 012345678901 keeps its zero and
// a date stays text. It is empty if there was a problem.
func (r *reader) text(n *yaml.Node, what string) string {
	n, ok := r.resolve(n)
	switch {
	case !ok:
		return ""
	case n.Kind != yaml.ScalarNode:
		r.wrongKind(n, what, "a single value")
		return ""
	case n.Tag == "!!null" || strings.TrimSpace(n.Value) == "":
		r.problem(n, "empty value", "The value of %q is empty. Write a value or remove the key.", what)
		return ""
	}
	return n.Value
}

func (r *reader) wrongKind(n *yaml.Node, what, want string) {
	got := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}[n.Kind]
	if n.Tag == "!!null" {
		got = "empty"
	}
	r.problem(n, "wrong type", "%s is %s, where %s is expected. It has no effect.", upperFirst(what), got, want)
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
