package graph

import (
	"fmt"
	"io"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/reach"
)

// Mermaid writes a flowchart in the language of Mermaid, as GitHub and GitLab
// show it in Markdown.
func Mermaid(w io.Writer, g graph.Graph) error {
	var b strings.Builder
	b.WriteString("%% muralla graph\nflowchart LR\n")
	ids := shortIDs(g)
	frames(g, func(depth int, f graph.Frame) {
		fmt.Fprintf(&b, "%ssubgraph %s[\"%s\"]\n", indent(depth), ids[f.Key], mermaidText(frameText(f)))
	}, func(depth int) {
		fmt.Fprintf(&b, "%send\n", indent(depth))
	}, func(depth int, x graph.Box) {
		left, right := mermaidShape(x.Kind)
		fmt.Fprintf(&b, "%s%s%s\"%s\"%s\n", indent(depth), ids[x.Key], left, mermaidLines(boxText(x)), right)
	})
	var no, perhaps []string
	for i, e := range g.Edges {
		arrow := map[fact.Tri]string{fact.Yes: "-->", fact.Unknown: "-.->", fact.No: "--x"}[e.Works]
		label := ""
		if t := edgeText(e); t != "" {
			label = "|\"" + mermaidText(t) + "\"|"
		}
		fmt.Fprintf(&b, "  %s %s%s %s\n", ids[e.From], arrow, label, ids[e.To])
		switch e.Works {
		case fact.No:
			no = append(no, fmt.Sprint(i))
		case fact.Unknown:
			perhaps = append(perhaps, fmt.Sprint(i))
		}
	}
	if len(no) > 0 {
		fmt.Fprintf(&b, "  linkStyle %s stroke:#c0392b\n", strings.Join(no, ","))
	}
	if len(perhaps) > 0 {
		fmt.Fprintf(&b, "  linkStyle %s stroke:#8a8f99\n", strings.Join(perhaps, ","))
	}
	for _, n := range g.Notes {
		fmt.Fprintf(&b, "%%%% %s\n", strings.Join(strings.Fields(clean(n)), " "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mermaidShape(k graph.Kind) (left, right string) {
	switch k {
	case graph.Internet:
		return "((", "))"
	case graph.Store:
		return "[(", ")]"
	case graph.Balancer:
		return "{{", "}}"
	case graph.Gateway:
		return "([", "])"
	case graph.Service, graph.Door:
		return "[[", "]]"
	}
	return "[", "]"
}

// mermaidText is a text within quotes: what the language or HTML could read as its
// own is written by number.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		switch {
		case r >= 0x80, r == ' ', r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', strings.ContainsRune(".,:/-_()+*?=!", r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

func mermaidLines(lines []string) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = mermaidText(l)
	}
	return strings.Join(out, "<br/>")
}

// shortIDs are names for boxes and frames that every language takes.
func shortIDs(g graph.Graph) map[string]string {
	out := map[string]string{}
	for i, f := range g.Frames {
		out[f.Key] = fmt.Sprintf("f%d", i+1)
	}
	for i, x := range g.Boxes {
		out[x.Key] = fmt.Sprintf("b%d", i+1)
	}
	return out
}

func indent(depth int) string { return strings.Repeat("  ", depth+1) }

// frames visits the boxes with the frames around them, from the outside in.
func frames(g graph.Graph, open func(int, graph.Frame), shut func(int), box func(int, graph.Box)) {
	known := map[string]bool{"": true}
	for _, f := range g.Frames {
		known[f.Key] = true
	}
	var visit func(key string, depth int)
	visit = func(key string, depth int) {
		for _, f := range g.Frames {
			parent := f.Parent
			if !known[parent] {
				parent = ""
			}
			if parent == key && f.Key != key && depth < 8 {
				open(depth, f)
				visit(f.Key, depth+1)
				shut(depth)
			}
		}
		for _, x := range g.Boxes {
			if x.Frame == key || key == "" && !known[x.Frame] {
				box(depth, x)
			}
		}
	}
	visit("", 0)
}

func frameText(f graph.Frame) string {
	t := f.Kind.String() + " " + f.Name
	if f.Detail != "" {
		t += " " + f.Detail
	}
	return t
}

// maxMembers is how many members of a box are named where there is no tooltip.
const maxMembers = 6

// boxText is what a box says, line by line.
func boxText(x graph.Box) []string {
	out := []string{x.Name}
	if x.Word != "" {
		out = append(out, x.Word)
	}
	if x.Of != "" {
		out = append(out, x.Of)
	}
	if len(x.Members) > 1 {
		for _, m := range x.Members[:min(len(x.Members), maxMembers)] {
			out = append(out, m.Name)
		}
		if more := len(x.Members) - maxMembers; more > 0 {
			out = append(out, fmt.Sprintf("and %d more", more))
		}
	} else if len(x.Members) == 1 && x.Members[0].Detail != "" {
		out = append(out, x.Members[0].Detail)
	}
	if x.Peers != "" {
		out = append(out, x.Peers)
	}
	if x.Perhaps {
		out = append(out, "may not exist")
	}
	for _, l := range x.Lines {
		t := mark(l.Passes) + " " + l.Text
		if l.Detail != "" {
			t += ": " + l.Detail
		}
		out = append(out, t)
	}
	if t := badgeText(x.Badge); t != "" {
		out = append(out, t)
	}
	return out
}

// mark is a verdict as one sign.
func mark(t fact.Tri) string {
	return [...]string{fact.Unknown: "?", fact.No: "\u2715", fact.Yes: "\u2713"}[t]
}

func badgeText(b graph.Badge) string {
	var out []string
	if b.Violations > 0 {
		out = append(out, fmt.Sprintf("%s, worst %s", counted(b.Violations, "finding", "findings"), b.Worst))
	}
	if b.Undecided > 0 {
		out = append(out, fmt.Sprintf("%d undecided", b.Undecided))
	}
	return strings.Join(out, ", ")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// edgeText is what an edge says: ports, encryption, and that it is not sure.
func edgeText(e graph.Edge) string {
	out := e.Label
	if e.TLS != reach.TLSUnknown && !strings.Contains(out, e.TLS.String()) {
		out = strings.TrimSpace(out + " " + e.TLS.String())
	}
	if e.Works == fact.Unknown {
		out = strings.TrimSpace(out + " ?")
	}
	return out
}
