package graph

import (
	"fmt"
	"io"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/graph"
)

// DOT writes a digraph in the language of Graphviz.
func DOT(w io.Writer, g graph.Graph) error {
	var b strings.Builder
	b.WriteString("digraph muralla {\n  rankdir=LR;\n  graph [fontname=\"Helvetica\", labeljust=l, compound=true];\n  node [fontname=\"Helvetica\", shape=box, style=rounded];\n  edge [fontname=\"Helvetica\", fontsize=10];\n")
	ids := shortIDs(g)
	frames(g, func(depth int, f graph.Frame) {
		fmt.Fprintf(&b, "%ssubgraph cluster_%s {\n%slabel=%s;\n", indent(depth), ids[f.Key], indent(depth+1), dotText(frameText(f)))
	}, func(depth int) {
		fmt.Fprintf(&b, "%s}\n", indent(depth))
	}, func(depth int, x graph.Box) {
		shape := map[graph.Kind]string{graph.Internet: "ellipse", graph.Store: "cylinder", graph.Balancer: "hexagon", graph.Service: "component", graph.Door: "component"}[x.Kind]
		if shape != "" {
			shape = ", shape=" + shape
		}
		fmt.Fprintf(&b, "%s%s [label=%s%s];\n", indent(depth), ids[x.Key], dotText(strings.Join(boxText(x), "\n")), shape)
	})
	for _, e := range g.Edges {
		style := map[fact.Tri]string{fact.Unknown: ", style=dashed", fact.No: ", style=dotted, color=red, arrowhead=tee"}[e.Works]
		fmt.Fprintf(&b, "  %s -> %s [label=%s%s];\n", ids[e.From], ids[e.To], dotText(edgeText(e)), style)
	}
	for _, n := range g.Notes {
		fmt.Fprintf(&b, "  // %s\n", strings.Join(strings.Fields(clean(n)), " "))
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// dotText is a quoted string of DOT with \n for line ends.
func dotText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, line := range strings.Split(s, "\n") {
		if b.Len() > 1 {
			b.WriteString(`\n`)
		}
		for _, r := range clean(line) {
			switch r {
			case '"', '\\':
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
