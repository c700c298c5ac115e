package graph

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/reach"
)

// canvas collects the elements of a picture.
type canvas struct {
	strings.Builder
	o Options
}

func (c *canvas) put(format string, args ...any) {
	for i, a := range args {
		switch v := a.(type) {
		case float64:
			args[i] = num(v)
		case string:
			args[i] = v
		}
	}
	fmt.Fprintf(c, format+"\n", args...)
}

// num is a coordinate with at most one digit after the point.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// draw is the picture of a layout.
func draw(l *layout, o Options) string {
	c := &canvas{o: o}
	size, above := fmt.Sprintf(`width="%s" height="%s"`, num(l.width), num(l.height)), 0.0
	if o.Inline {
		above = l.top - laneHead - 14 // a page has a title
		size = fmt.Sprintf(`style="width:100%%;height:auto;max-width:%spx;min-width:%spx"`, num(l.width), num(l.width*0.66))
	}
	c.put(`<svg xmlns="http://www.w3.org/2000/svg" class="mu" viewBox="0 %s %s %s" %s role="img" aria-labelledby="mu-title mu-desc">`, above, l.width, l.height-above, size)
	c.put(`<title id="mu-title">%s</title>`, escape(l.g.Title))
	c.put(`<desc id="mu-desc">%s</desc>`, escape(describe(l.g)))
	c.put("<style>\n%s</style>", sheet(o.Theme))
	c.put(`<rect class="paper" width="%s" height="%s"/>`, l.width, l.height)
	if !o.Inline {
		l.drawTitle(c)
	}
	l.drawLanes(c)
	l.drawFrames(c)
	for _, w := range l.wires {
		l.drawWire(c, w)
	}
	for i := range l.g.Boxes {
		it := l.items[l.g.Boxes[i].Key]
		l.drawLabels(c, it)
	}
	for i := range l.g.Boxes {
		l.drawBox(c, l.items[l.g.Boxes[i].Key])
	}
	l.drawLegend(c)
	c.put("</svg>")
	return c.String()
}

func (l *layout) drawTitle(c *canvas) {
	title, _ := titleFont.cut(l.g.Title, l.width-2*margin)
	c.put(`<text class="title" x="%s" y="38">%s</text>`, margin, escape(title))
	sub, _ := textFont.cut(l.g.Subtitle, l.width-2*margin)
	c.put(`<text class="sub" x="%s" y="56">%s</text>`, margin, escape(sub))
}

// maxDescribed is how many edges the description tells.
const maxDescribed = 60

// describe says in words what the picture shows.
func describe(g graph.Graph) string {
	name := map[string]string{}
	for _, x := range g.Boxes {
		name[x.Key] = strings.TrimSpace(x.Name + " " + parens(x.Word))
	}
	var out []string
	if g.Subtitle != "" {
		out = append(out, g.Subtitle+".")
	}
	for i, e := range g.Edges {
		if i == maxDescribed {
			out = append(out, fmt.Sprintf("And %d more.", len(g.Edges)-i))
			break
		}
		verb := [...]string{fact.Unknown: "may connect to", fact.No: "cannot connect to", fact.Yes: "connects to"}[e.Works]
		t := name[e.From] + " " + verb + " " + name[e.To]
		if label := strings.TrimSuffix(edgeText(e), " ?"); label != "" {
			t += ": " + label
		}
		out = append(out, t+".")
	}
	return strings.Join(out, " ")
}

// stripe is the columns of one lane.
type stripe struct {
	lane   graph.Lane
	lo, hi float64
}

// stripes divide the width: borders are in the middle between columns.
func (l *layout) stripes() []stripe {
	var out []stripe
	for i := range l.cols {
		c := &l.cols[i]
		if n := len(out); n > 0 && out[n-1].lane == c.lane {
			out[n-1].hi = c.hi
			continue
		}
		out = append(out, stripe{c.lane, c.lo, c.hi})
	}
	for i := range out {
		if i == 0 {
			out[i].lo = margin / 2
			continue
		}
		mid := (out[i-1].hi + out[i].lo) / 2
		out[i-1].hi, out[i].lo = mid, mid
	}
	if len(out) > 0 {
		out[len(out)-1].hi = l.width - margin/2
	}
	return out
}

func (l *layout) drawLanes(c *canvas) {
	if !l.lanes() {
		return
	}
	for i, s := range l.stripes() {
		if i%2 == 0 {
			c.put(`<rect class="lane" x="%s" y="%s" width="%s" height="%s" rx="6"/>`, s.lo, l.top-laneHead, s.hi-s.lo, l.bottom-l.top+laneHead+12)
		}
		head, _ := headFont.cut(strings.ToUpper(s.lane.String()), (s.hi-s.lo)*0.88)
		c.put(`<text class="head" x="%s" y="%s">%s</text>`, (s.lo+s.hi)/2, l.top-9, escape(head))
	}
}

// drawFrames draws VPCs, all of one width, and clusters.
func (l *layout) drawFrames(c *canvas) {
	first, last := len(l.cols), -1
	for i := range l.cols {
		if !l.cols[i].free {
			first, last = min(first, i), max(last, i)
		}
	}
	names := map[string]*graph.Frame{}
	for i := range l.g.Frames {
		names[l.g.Frames[i].Key] = &l.g.Frames[i]
	}
	for _, b := range l.bands {
		if b.frame != nil && last >= 0 {
			x, w := l.cols[first].lo-12, l.cols[last].hi-l.cols[first].lo+24
			c.put(`<g><title>%s</title><rect class="vpc" x="%s" y="%s" width="%s" height="%s" rx="10"/>`, escape(string(b.frame.ID)), x, b.top, w, b.height)
			l.drawFrameName(c, b.frame, x+14, b.top+21, w-28)
			c.put("</g>")
		}
	}
	for i := range l.cols {
		col := &l.cols[i]
		for n := 0; n < len(col.items); n++ {
			it := col.items[n]
			if it.group == "" || names[it.group] == nil {
				continue
			}
			top, foot := it.y, it.y+it.h
			for _, o := range col.items {
				if o.group == it.group {
					top, foot = min(top, o.y), max(foot, o.y+o.h)
				}
			}
			if top < it.y || firstOf(col.items, it.group) != it {
				continue
			}
			f := names[it.group]
			top -= groupHead - 4
			c.put(`<g><title>%s</title><rect class="cluster" x="%s" y="%s" width="%s" height="%s" rx="8"/>`, escape("cluster "+string(f.ID)), col.x-9, top, col.w+18, foot-top+groupPad)
			t, _ := textFont.cut("cluster "+f.Name, col.w-badgeRoom(f.Badge))
			c.put(`<text class="fd" x="%s" y="%s">%s</text></g>`, col.x, top+15, escape(t))
			drawBadges(c, f.Badge, col.x+col.w+4, top+3)
		}
	}
}

// firstOf is the item of a cluster that is highest, of those at one height the
// first.
func firstOf(items []*item, group string) *item {
	var out *item
	for _, it := range items {
		if it.group == group && (out == nil || it.y < out.y) {
			out = it
		}
	}
	return out
}

func (l *layout) drawFrameName(c *canvas, f *graph.Frame, x, y, room float64) {
	name := f.Name
	if !strings.HasPrefix(strings.ToLower(name), "vpc") {
		name = "VPC " + name
	}
	name, _ = frameFont.cut(name, min(room*0.6, 420))
	c.put(`<text class="ft" x="%s" y="%s">%s</text>`, x, y, escape(name))
	at := x + frameFont.width(name) + 8
	if f.Detail != "" {
		detail, _ := textFont.cut(f.Detail, max(0, room-(at-x)-90))
		c.put(`<text class="fd" x="%s" y="%s">%s</text>`, at, y, escape(detail))
	}
	drawBadges(c, f.Badge, x+room, y-11)
}

func wireClass(e graph.Edge) string {
	class := ""
	switch {
	case e.Works == fact.No:
		return " no"
	case e.Kind != graph.Connection:
		class = " way"
	case e.TLS == reach.TLSEncrypted:
		class = " tls"
	case e.TLS == reach.TLSNone:
		class = " open"
	}
	if e.Works == fact.Unknown {
		class += " may"
	}
	return class
}

// drawWire draws a line through one gutter, with what of it lies beside the boxes
// at both ends.
func (l *layout) drawWire(c *canvas, w wire) {
	a, b := l.end(w.from), l.end(w.to)
	ay, by := w.from.y(), w.to.y()
	tip := w.to.item.box != nil
	toX := b.near
	if tip {
		toX += b.out * 7
		if w.edge.Works == fact.No {
			toX += b.out * 8
		}
	}
	var path string
	if w.from.item.col == w.to.item.col {
		far := a.far + w.bow
		path = fmt.Sprintf("M%s %sH%sC%s %s %s %s %s %sH%s", num(a.near), num(ay), num(a.far), num(far), num(ay), num(far), num(by), num(b.far), num(by), num(toX))
	} else {
		mid := (a.far + b.far) / 2
		path = fmt.Sprintf("M%s %sH%sC%s %s %s %s %s %sH%s", num(a.near), num(ay), num(a.far), num(mid), num(ay), num(mid), num(by), num(b.far), num(by), num(toX))
	}
	c.put(`<path class="w%s" d="%s"/>`, wireClass(w.edge), path)
	switch {
	case tip && w.edge.Works == fact.No:
		x := b.near + b.out*9
		c.put(`<path class="stop" d="M%s %sl8 8m0 -8l-8 8"/>`, x-4, by-4)
	case tip:
		c.put(`<path class="tip%s" d="M%s %sl%s -4v8z"/>`, strings.TrimSuffix(wireClass(w.edge), " may"), b.near, by, b.out*8)
	}
}

// end is where a line meets an item: at its side, and at the border of its
// column. A line passes the whole of a column where it has a place to pass.
type end struct{ near, far, out float64 }

func (l *layout) end(p *port) end {
	col := &l.cols[p.item.col]
	switch {
	case p.item.box == nil && p.side == right:
		return end{col.lo, col.hi, 1}
	case p.item.box == nil:
		return end{col.lo, col.lo, -1}
	case p.side == right:
		return end{col.x + col.w, col.hi, 1}
	}
	return end{col.x, col.lo, -1}
}

// drawLabels draws the labels of the lines that end at a box.
func (l *layout) drawLabels(c *canvas, it *item) {
	for side := range it.ports {
		for _, p := range it.ports[side] {
			if p.label == "" {
				continue
			}
			x, y, w := l.labelAt(p)
			c.put(`<g><title>%s</title><rect class="pill" x="%s" y="%s" width="%s" height="%s" rx="7.5"/><text class="pt%s" x="%s" y="%s">%s</text></g>`,
				escape(strings.TrimSpace(p.label+"\n"+p.edge.Detail)), x, y, w, labelH, strings.TrimSuffix(wireClass(p.edge), " may"), x+w/2, y+11, escape(labelText(p.label)))
		}
	}
}

// labelAt is the corner and the width of the label of a port.
func (l *layout) labelAt(p *port) (x, y, w float64) {
	e := l.end(p)
	w = labelW(p.label)
	x = e.near + e.out*stub
	if e.out < 0 {
		x -= w
	}
	return x, p.y() - labelH/2, w
}

func kindClass(k graph.Kind) string {
	switch k {
	case graph.Balancer:
		return "balancer"
	case graph.Task, graph.Function:
		return "task"
	case graph.Host:
		return "host"
	case graph.Store:
		return "store"
	case graph.Door, graph.Service:
		return "door"
	}
	return "other"
}

func (l *layout) drawBox(c *canvas, it *item) {
	col, x := &l.cols[it.col], it.box
	linked := c.o.Link != nil && x.Badge.Anchor != ""
	if linked {
		c.put(`<a href="%s">`, escape(c.o.Link(x.Badge.Anchor)))
	}
	class := "card"
	if x.Perhaps {
		class += " perhaps"
	}
	kind := kindClass(x.Kind)
	c.put(`<g><title>%s</title>`, escapeLines(it.face.title))
	if len(x.Members) > 1 { // a second card behind
		c.put(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="6"/>`, class, col.x+3, it.y+3, col.w, it.h)
	}
	c.put(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="6"/>`, class, col.x, it.y, col.w, it.h)
	if x.Kind == graph.Gates {
		kind = [...]string{fact.Unknown: "other", fact.No: "host", fact.Yes: "door"}[worst(x)]
	}
	c.put(`<path class="bar k-%s" d="M%s %sv%sh-0q-4 0 -4 -6v%sq0 -6 4 -6z"/>`, kind, col.x+4, it.y, it.h, -(it.h - 12))
	if x.Kind != graph.Gates {
		c.put(`<path class="icon k-%s" style="fill:none" transform="translate(%s %s)" d="%s"/>`, kind, col.x+boxPad, it.y+boxPad-1, icons[x.Kind])
	}
	for _, t := range it.face.lines {
		class := t.class
		if t.font == labelFont {
			class += " l"
		}
		if t.font == strongFont && t.class == "m" {
			class += " b"
		}
		c.put(`<text class="%s" x="%s" y="%s">%s</text>`, class, col.x+t.x, it.y+t.y, escape(t.text))
	}
	c.put("</g>")
	if linked {
		c.put("</a>")
	}
	drawBadges(c, x.Badge, col.x+col.w-6, it.y-10)
}

func worst(x *graph.Box) fact.Tri {
	out := fact.Yes
	for _, l := range x.Lines {
		out = out.And(l.Passes)
	}
	return out
}

func escapeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = escape(lines[i])
	}
	return strings.Join(lines, "\n")
}

func badgeLabel(b graph.Badge) (found, open string) {
	if b.Violations > 0 {
		found = fmt.Sprintf("%d %s", b.Violations, b.Worst)
	}
	if b.Undecided > 0 {
		open = fmt.Sprintf("%d ?", b.Undecided)
	}
	return found, open
}

// badgeRoom is the width of the badges of something.
func badgeRoom(b graph.Badge) float64 {
	found, open := badgeLabel(b)
	w := 0.0
	for _, t := range []string{found, open} {
		if t != "" {
			w += headFont.width(t) + 16
		}
	}
	return w
}

// drawBadges draws badges that end at x.
func drawBadges(c *canvas, b graph.Badge, x, y float64) {
	found, open := badgeLabel(b)
	if b.IsZero() {
		return
	}
	href := ""
	if c.o.Link != nil && b.Anchor != "" {
		href = escape(c.o.Link(b.Anchor))
		c.put(`<a href="%s">`, href)
	}
	c.put(`<g><title>%s</title>`, escape(badgeText(b)))
	if found != "" {
		w := headFont.width(found) + 12
		x -= w
		class := map[finding.Severity]string{finding.Medium: " mid", finding.Low: " low", finding.Note: " low"}[b.Worst]
		c.put(`<rect class="badge%s" x="%s" y="%s" width="%s" height="16" rx="8"/><text class="bt" x="%s" y="%s">%s</text>`, class, x, y, w, x+w/2, y+11.5, escape(found))
		x -= 4
	}
	if open != "" {
		w := headFont.width(open) + 12
		x -= w
		c.put(`<rect class="ask" x="%s" y="%s" width="%s" height="16" rx="8"/><text class="at" x="%s" y="%s">%s</text>`, x, y, w, x+w/2, y+11.5, escape(open))
	}
	c.put("</g>")
	if href != "" {
		c.put("</a>")
	}
}

// icons are drawn with lines of 1.5 in a square of 16.
var icons = [...]string{
	graph.Interface: "M3 4h10v8h-10zM8 12v3M5 7h6",
	graph.Internet:  "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0 -13zM1.5 8h13M8 1.5c-4 4 -4 9 0 13c4 -4 4 -9 0 -13",
	graph.Balancer:  "M1.5 8h4M5.5 8l5 -5h3.5M5.5 8h8.5M5.5 8l5 5h3.5",
	graph.Task:      "M8 1.5l6 3.2v6.6l-6 3.2l-6 -3.2v-6.6zM2 4.7l6 3.3l6 -3.3M8 8v6.5",
	graph.Host:      "M2 3h12v4.2h-12zM2 8.8h12v4.2h-12zM4.5 5.1h.1M4.5 10.9h.1",
	graph.Store:     "M2.5 4c0 -3 11 -3 11 0v8c0 3 -11 3 -11 0zM2.5 4c0 3 11 3 11 0M2.5 8c0 3 11 3 11 0",
	graph.Function:  "M3 2.5h2.5l5.5 11h2.5M7.6 6.8l-3.8 6.7",
	graph.Door:      "M3.5 14.5v-13h9v13M1.5 14.5h13M10 8h.1",
	graph.Gateway:   "M2 5.5h11M10 2.5l3 3l-3 3M14 10.5h-11M6 7.5l-3 3l3 3",
	graph.Service:   "M4.5 12.5a3 3 0 0 1 -.3 -6a4 4 0 0 1 7.6 .2a2.9 2.9 0 0 1 .2 5.8z",
	graph.Gates:     "",
}
