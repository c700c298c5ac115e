package tfplan

import "github.com/muralla-net/muralla/internal/source/tfplan/tree"

// matchBlocks says for each planned block of a type from which configured one
// it came. Their order is no help: blocks of a set are sorted by a hash. A
// configured block fits if all its constants are planned so.
func (r *reader) matchBlocks(planned, unknown []tree.Node, e expr) []expr {
	var configured []tree.Node
	for _, n := range e.nodes {
		switch n.Kind() {
		case tree.Array:
			configured = append(configured, n.Items()...)
		case tree.Object:
			configured = append(configured, n)
		}
	}
	out := make([]expr, len(planned))
	for i, p := range planned {
		// More blocks than are written: some are made by a dynamic block. With
		// several alternatives for the list it is open how many are written.
		out[i].dynamic = e.dynamic || len(planned) > len(configured) || len(e.nodes) > 1
		if r.work += len(configured); r.work > maxWork {
			out[i].dynamic = true
			continue
		}
		for _, c := range configured {
			if fits(p, at(unknown, i), c) {
				out[i].nodes = append(out[i].nodes, c)
			}
		}
		if len(out[i].nodes) == 0 {
			out[i].dynamic = true
		}
	}
	return out
}

// fits reports whether a configured block can have become the planned one.
func fits(planned, unknown, configured tree.Node) bool {
	if unknown.True() {
		return true
	}
	for _, m := range configured.Members() {
		if !isExpression(m.Node) {
			continue
		}
		c := m.Get("constant_value")
		if !scalar(c) {
			continue
		}
		p := planned.Get(m.Key)
		if unknown.Get(m.Key).True() || scalar(p) && text(p) != text(c) {
			return false
		}
	}
	return true
}

func scalar(n tree.Node) bool {
	k := n.Kind()
	return k == tree.Bool || k == tree.Number || k == tree.String
}

// text makes 80 and "80" the same, as the conversion to the argument's type
// does.
func text(n tree.Node) string {
	if n.Kind() == tree.String {
		return n.Text()
	}
	return n.Raw()
}
