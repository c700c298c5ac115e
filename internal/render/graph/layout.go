package graph

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/graph"
)

// Distances in pixels.
const (
	margin     = 28.0
	gapBoxes   = 20.0 // between boxes of one column
	gapDummy   = 9.0  // between a line and what is above and below it
	bandPad    = 16.0 // within the frame of a VPC
	bandHead   = 34.0 // its name
	bandGap    = 22.0
	groupPad   = 9.0 // within the frame of a cluster
	groupHead  = 36.0
	stub       = 18.0 // between a box and a label beside it
	labelSpace = 5.0  // beside the text of a label
	labelH     = 15.0
	portGap    = 19.0
	curveMin   = 40.0
	curveMax   = 110.0
	lineH      = 15.0
	boxPad     = 10.0
	iconW      = 24.0
	boxMin     = 104.0
	boxMax     = 214.0
	gatesW     = 392.0
	maxNamed   = 5 // members that a box names
)

// item is a box, or the place where lines pass a column.
type item struct {
	box   *graph.Box // nil for a place where lines pass
	key   string
	col   int
	band  int
	group string // key of the frame of a cluster; empty if none holds it
	face  face
	y, h  float64 // top and height
	ports [2][]*port
}

func (it *item) mid() float64 { return it.y + it.h/2 }

// The sides of an item.
const (
	left = iota
	right
)

// port is where lines begin or end at an item.
type port struct {
	item  *item
	side  int
	in    bool
	edge  graph.Edge // gives the style, and the label of a port where lines end
	label string
	at    float64 // below the top of the item
	ends  []*port
}

func (p *port) y() float64 { return p.item.y + p.at }

// wire is a line between two ports in one gutter.
type wire struct {
	from, to *port
	edge     graph.Edge
	bow      float64 // how far it swings out, if both are in one column
}

// column is boxes below each other, with room for labels at both sides.
type column struct {
	lane   graph.Lane
	x, w   float64 // of the boxes
	room   [2]float64
	items  []*item
	free   bool // outside of all VPCs
	lo, hi float64
}

// band is what is next to each other in one VPC, or in none.
type band struct {
	frame       *graph.Frame // nil for what is in no VPC
	top, height float64
	first, last int // columns
	rows        map[int][]*item
}

// layout is a graph with a place for everything.
type layout struct {
	g             graph.Graph
	cols          []column
	bands         []*band
	items         map[string]*item
	wires         []wire
	top           float64 // of the lanes
	bottom        float64
	width, height float64
	foot          float64 // top of the legend
}

func layOut(g graph.Graph) *layout {
	l := &layout{g: g, items: map[string]*item{}}
	l.place()
	l.connect()
	l.order()
	l.coordinates()
	return l
}

// rank orders what is in one lane: what passes connections on, what opens them,
// and what only takes them.
func rank(x *graph.Box) int {
	switch x.Kind {
	case graph.Balancer, graph.Gateway:
		return 0
	case graph.Store:
		return 2
	}
	return 1
}

// place gives every box its column and its band.
func (l *layout) place() {
	slot := l.slots()
	columns := slices.Compact(slices.Sorted(maps.Values(slot)))
	at := map[string]int{}
	vpcs := map[string]*graph.Frame{}
	parent := map[string]string{}
	for i := range l.g.Frames {
		f := &l.g.Frames[i]
		if f.Kind == graph.VPCFrame {
			vpcs[f.Key] = f
			at[f.Key] = len(l.bands)
			l.bands = append(l.bands, &band{frame: f})
		}
		parent[f.Key] = f.Parent
	}
	outside := -1
	l.cols = make([]column, len(columns))
	for i := range l.g.Boxes {
		x := &l.g.Boxes[i]
		col, _ := slices.BinarySearch(columns, slot[x.Key])
		c := &l.cols[col]
		c.lane = x.Lane
		c.free = x.Lane == graph.InternetLane || x.Lane == graph.ServicesLane
		it := &item{box: x, key: x.Key, col: col, band: -1}
		if vpcs[x.Frame] == nil {
			it.group = x.Frame
		}
		if !c.free {
			vpc := x.Frame
			if vpcs[vpc] == nil {
				vpc = parent[x.Frame]
			}
			if n, ok := at[vpc]; ok {
				it.band = n
			} else {
				if outside < 0 {
					outside = len(l.bands)
					l.bands = append(l.bands, &band{})
				}
				it.band = outside
			}
		}
		it.face = faceOf(x)
		c.w = max(c.w, it.face.w)
		l.items[x.Key] = it
		c.items = append(c.items, it)
	}
	for _, b := range l.bands {
		b.rows = map[int][]*item{}
	}
}

// slots is the column of each box as a number that says nothing but the order.
func (l *layout) slots() map[string]int {
	slot := map[string]int{}
	lanes := false
	for i := range l.g.Boxes {
		lanes = lanes || l.g.Boxes[i].Lane != graph.NoLane
	}
	if !lanes {
		return l.steps()
	}
	// Ranks of a lane are columns of their own only if there are lines between.
	box := map[string]*graph.Box{}
	for i := range l.g.Boxes {
		box[l.g.Boxes[i].Key] = &l.g.Boxes[i]
	}
	apart := map[graph.Lane]bool{}
	for _, e := range l.g.Edges {
		from, to := box[e.From], box[e.To]
		if from != nil && to != nil && from.Lane == to.Lane && rank(from) != rank(to) {
			apart[from.Lane] = true
		}
	}
	for _, x := range box {
		slot[x.Key] = int(x.Lane) * 4
		if apart[x.Lane] {
			slot[x.Key] += rank(x)
		}
	}
	return slot
}

// steps is how many edges lead to a box at most; edges that lead back do not
// count.
func (l *layout) steps() map[string]int {
	next := map[string][]string{}
	for _, e := range l.g.Edges {
		next[e.From] = append(next[e.From], e.To)
	}
	const open, done = 1, 2
	state := map[string]int{}
	var order []string // a box after all that it leads to
	back := map[[2]string]bool{}
	var visit func(string)
	visit = func(k string) {
		state[k] = open
		for _, n := range next[k] {
			switch state[n] {
			case open:
				back[[2]string{k, n}] = true
			case done:
			default:
				visit(n)
			}
		}
		state[k] = done
		order = append(order, k)
	}
	slot := map[string]int{}
	for i := range l.g.Boxes {
		k := l.g.Boxes[i].Key
		slot[k] = 0
		if state[k] == 0 {
			visit(k)
		}
	}
	slices.Reverse(order)
	for _, k := range order {
		for _, n := range next[k] {
			if !back[[2]string{k, n}] {
				slot[n] = max(slot[n], slot[k]+1)
			}
		}
	}
	return slot
}

// style is what lines that may share a port have in common.
type style struct {
	kind  graph.EdgeKind
	works uint8
	tls   uint8
	label string
}

func styleOf(e graph.Edge, label bool) style {
	s := style{e.Kind, uint8(e.Works), uint8(e.TLS), ""}
	if label {
		s.label = e.Label
	}
	return s
}

type portKey struct {
	item string
	side int
	in   bool
	style
}

// connect makes the ports and the wires of all edges, with a place in every
// column that an edge passes.
func (l *layout) connect() {
	ports := map[portKey]*port{}
	portOf := func(it *item, side int, in bool, e graph.Edge) *port {
		k := portKey{it.key, side, in, styleOf(e, in)}
		p := ports[k]
		if p == nil {
			p = &port{item: it, side: side, in: in, edge: e}
			if in {
				p.label = edgeText(e)
			}
			ports[k] = p
			it.ports[side] = append(it.ports[side], p)
		}
		return p
	}
	joined := map[[2]*port]bool{}
	join := func(a, b *port, e graph.Edge) {
		if joined[[2]*port{a, b}] {
			return
		}
		joined[[2]*port{a, b}] = true
		a.ends, b.ends = append(a.ends, b), append(b.ends, a)
		l.wires = append(l.wires, wire{from: a, to: b, edge: e})
	}
	for _, e := range l.g.Edges {
		from, to := l.items[e.From], l.items[e.To]
		if from == nil || to == nil || from == to {
			continue
		}
		step, out, in := 1, right, left
		switch {
		case from.col == to.col:
			in = right
		case from.col > to.col:
			step, out, in = -1, left, right
		}
		p := portOf(from, out, false, e)
		end := portOf(to, in, true, e)
		if from.col == to.col {
			join(p, end, e)
			continue
		}
		at := from.band
		if at < 0 {
			at = to.band
		}
		if at < 0 {
			at = 0
		}
		for col := from.col + step; col != to.col; col += step {
			d := l.pass(col, at, end, e)
			join(p, d.ports[in][0], e)
			p = d.ports[out][0]
		}
		join(p, end, e)
	}
	for _, it := range l.items {
		for side := range it.ports {
			it.h = max(it.h, float64(len(it.ports[side]))*portGap+6)
		}
		it.h = max(it.h, it.face.h)
	}
	l.rooms()
}

// pass is the place where the lines to a port pass a column.
func (l *layout) pass(col, at int, end *port, e graph.Edge) *item {
	key := passKey(col, at, end, e)
	if d := l.items[key]; d != nil {
		return d
	}
	if l.cols[col].free {
		at = -1
	}
	d := &item{key: key, col: col, band: at, h: 2}
	for side := range d.ports {
		d.ports[side] = []*port{{item: d, side: side, edge: e, at: 1}}
	}
	l.items[key] = d
	l.cols[col].items = append(l.cols[col].items, d)
	return d
}

func passKey(col, at int, end *port, e graph.Edge) string {
	s := styleOf(e, true)
	return string(rune('0'+col)) + "\x00" + string(rune('0'+at)) + "\x00" + end.item.key + "\x00" + string(rune('0'+end.side)) + string(rune('0'+s.kind)) + string(rune('0'+s.works)) + string(rune('0'+s.tls)) + s.label
}

// rooms makes room for labels beside the boxes of a column.
func (l *layout) rooms() {
	for i := range l.cols {
		c := &l.cols[i]
		slices.SortFunc(c.items, func(a, b *item) int {
			return cmp.Or(cmp.Compare(a.band, b.band), cmp.Compare(a.group, b.group), cmp.Compare(a.key, b.key))
		})
		c.room = [2]float64{12, 12}
		for _, it := range c.items {
			for side := range it.ports {
				for _, p := range it.ports[side] {
					if p.label != "" {
						c.room[side] = max(c.room[side], stub+labelW(p.label)+6)
					} else if it.box != nil {
						c.room[side] = max(c.room[side], stub)
					}
				}
			}
			if it.band >= 0 {
				b := l.bands[it.band]
				b.rows[i] = append(b.rows[i], it)
			}
		}
	}
}

// maxLabel is how wide the text of a label is at most.
const maxLabel = 150.0

// labelText is a label that fits. What is left out is ports at the end, not what
// is said of encryption.
func labelText(s string) string {
	if t, cut := labelFont.cut(s, maxLabel); !cut {
		return t
	}
	ports, state := s, ""
	for _, word := range [...]string{" ?", " plain text", " TLS", " passed through"} {
		if rest, ok := strings.CutSuffix(ports, word); ok {
			ports, state = rest, word+state
		}
	}
	terms := strings.Split(ports, ", ")
	for n := len(terms) - 1; n > 0; n-- {
		if t, cut := labelFont.cut(strings.Join(terms[:n], ", ")+", \u2026"+state, maxLabel); !cut {
			return t
		}
	}
	t, _ := labelFont.cut(ports, maxLabel-labelFont.width(state))
	return t + gfm.Clean(state)
}

func labelW(s string) float64 { return labelFont.width(labelText(s)) + 2*labelSpace }
