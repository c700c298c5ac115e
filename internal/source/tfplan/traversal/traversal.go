// Package traversal reads the texts by which a plan says what an expression
// refers to, such as module.m["a.b"].out.
//
// # Model
// A plan lists for each expression the references in it, and behind each the
// shorter ones that it goes through ([Written] leaves these out). [Parse] cuts
// one into its head, what it names and the attributes behind that.
//
// # Guarantees
// Any text is read. What Terraform would not write is as opaque as a local value.
//
// # Not modelled
// Indices within the attributes, of which only the last is kept.
package traversal

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// Path is the parsed text of one reference.
type Path struct {
	Head  string   // "var", "local", "each", "count", "module", "data", "path", or "" for a managed resource
	Base  string   // "aws_lb.x", "data.aws_vpc.y", "module.m", or the name of a variable
	Index string   // `[0]` behind Base
	Rest  []string // attribute names behind that, without indices
	Last  string   // `[0]` at the very end, if there is one index there
}

// Element splits a reference to an element of a list that a variable or an
// output holds, such as var.subnets[0], into the list and the number.
func (p Path) Element() (list, number string, ok bool) {
	number = strings.Trim(p.Last, "[]")
	if number == "" || strings.Trim(number, "0123456789") != "" || p.Head != "var" && p.Head != "module" || p.Head == "module" && len(p.Rest) == 0 {
		return "", "", false
	}
	list = p.Base
	if p.Head == "var" {
		list = "var." + list
	} else {
		list += p.Index
	}
	return strings.Join(append([]string{list}, p.Rest...), "."), number, true
}

// Parse reads one reference.
func Parse(s string) Path {
	var parts []string // each with the indices behind it
	start := 0
	quote, bracket := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote && c == '\\':
			i++
		case c == '"':
			quote = !quote
		case quote:
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case c == '.' && !bracket:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	parts = append(parts, s[start:])
	var p Path
	used := 1
	switch parts[0] {
	case "var", "local", "each", "count", "path", "terraform", "self", "module":
		p.Head, used = parts[0], 2
	case "data":
		p.Head, used = "data", 3
	default:
		used = 2
	}
	if len(parts) < used {
		return Path{Head: "local", Base: s} // nothing Terraform writes; as opaque as a local value
	}
	name := parts[used-1]
	if i := strings.IndexByte(name, '['); i >= 0 {
		name, p.Index = name[:i], name[i:]
		if j := strings.Index(p.Index, "]["); j >= 0 {
			p.Index = p.Index[:j+1]
		}
	}
	switch p.Head {
	case "", "data", "module":
		p.Base = strings.Join(append(slices.Clone(parts[:used-1]), name), ".")
	default:
		p.Base = name
	}
	if last := parts[len(parts)-1]; strings.HasSuffix(last, "]") && strings.Count(last, "[") == 1 {
		p.Last = last[strings.IndexByte(last, '['):]
	}
	for _, part := range parts[used:] {
		if i := strings.IndexByte(part, '['); i >= 0 {
			part = part[:i]
		}
		p.Rest = append(p.Rest, part)
	}
	return p
}

// Written lists the references that the author wrote: behind each, Terraform
// lists its prefixes too, one after the other and ever shorter.
func Written(refs []tree.Node) []string {
	var out []string
	last := ""
	for _, n := range refs {
		s := n.Text()
		if s == "" {
			continue
		}
		rest, ok := strings.CutPrefix(last, s)
		if !ok || rest == "" || rest[0] != '.' && rest[0] != '[' {
			out = append(out, s)
		}
		last = s
	}
	return out
}
