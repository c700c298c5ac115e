package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/reach"
)

// drawGraph is some graph: names may be hostile, edges may lead anywhere.
func drawGraph(rt *rapid.T) graph.Graph {
	g := graph.Graph{Title: name(rt, "title"), Subtitle: "some"}
	lanes := rapid.IntRange(0, 4).Draw(rt, "lanes") > 0
	for i := range rapid.IntRange(0, 3).Draw(rt, "vpcs") {
		g.Frames = append(g.Frames, graph.Frame{Key: fmt.Sprintf("v%d", i), Name: name(rt, "vpc"), Detail: name(rt, "detail"), Badge: badge(rt)})
	}
	vpcs := len(g.Frames)
	for i := range rapid.IntRange(0, 3).Draw(rt, "clusters") {
		f := graph.Frame{Key: fmt.Sprintf("c%d", i), Kind: graph.ClusterFrame, Name: name(rt, "cluster"), Badge: badge(rt)}
		if vpcs > 0 {
			f.Parent = g.Frames[i%vpcs].Key
		}
		g.Frames = append(g.Frames, f)
	}
	n := rapid.IntRange(0, 24).Draw(rt, "boxes")
	for i := range n {
		x := graph.Box{Key: fmt.Sprintf("b%d", i), Kind: graph.Kind(rapid.IntRange(0, int(graph.Gates)).Draw(rt, "kind")), Name: name(rt, "name"), Word: name(rt, "word"),
			Perhaps: rapid.Bool().Draw(rt, "perhaps"), Badge: badge(rt)}
		if lanes {
			x.Lane = graph.Lane(rapid.IntRange(1, int(graph.ServicesLane)).Draw(rt, "lane"))
		}
		if len(g.Frames) > 0 && x.Lane != graph.InternetLane && x.Lane != graph.ServicesLane && rapid.Bool().Draw(rt, "framed") {
			x.Frame = rapid.SampledFrom(g.Frames).Draw(rt, "frame").Key
		}
		for range rapid.IntRange(1, 9).Draw(rt, "members") {
			x.Members = append(x.Members, graph.Member{Name: name(rt, "member"), Detail: "tcp/1"})
		}
		if x.Kind == graph.Gates {
			for range rapid.IntRange(0, 5).Draw(rt, "lines") {
				x.Lines = append(x.Lines, graph.Line{Passes: fact.Tri(rapid.IntRange(0, 2).Draw(rt, "passes")), Text: name(rt, "gate"), Detail: strings.Repeat(name(rt, "rule")+" ", 6)})
			}
		}
		g.Boxes = append(g.Boxes, x)
	}
	if n > 0 {
		for range rapid.IntRange(0, 60).Draw(rt, "edges") {
			e := graph.Edge{From: fmt.Sprintf("b%d", rapid.IntRange(0, n-1).Draw(rt, "from")), To: fmt.Sprintf("b%d", rapid.IntRange(0, n-1).Draw(rt, "to")),
				Kind: graph.EdgeKind(rapid.IntRange(0, 2).Draw(rt, "why")), Works: fact.Tri(rapid.IntRange(0, 2).Draw(rt, "works")), TLS: reach.TLS(rapid.IntRange(0, 3).Draw(rt, "tls")),
				Label: rapid.SampledFrom([]string{"", "tcp/443", "tcp/80, tcp/8080-8090 and 7 more", name(rt, "label")}).Draw(rt, "ports")}
			if e.From != e.To {
				g.Edges = append(g.Edges, e)
			}
		}
	}
	return g
}

func badge(rt *rapid.T) graph.Badge {
	if rapid.Bool().Draw(rt, "clean") {
		return graph.Badge{}
	}
	return graph.Badge{Violations: rapid.IntRange(0, 120).Draw(rt, "found"), Undecided: rapid.IntRange(0, 9).Draw(rt, "open"),
		Worst: finding.Severity(rapid.IntRange(0, 4).Draw(rt, "worst")), Anchor: `x" onclick="y`}
}

func name(rt *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"orders", "a", "", "a-very-long-name-of-a-service-that-does-not-fit-anywhere", `"]; end`, "</text><script>alert(1)</script>", "&lt;", "名前名前名前名前名前名前名前名前名前", "x\ny\x00\u202e", "\xff\xfe", "`|}{%%"}),
		rapid.String()).Draw(rt, label)
}

type rect struct {
	x, y, w, h float64
	what       string
}

func (r rect) overlaps(s rect) bool {
	const hair = 0.01
	return r.x+hair < s.x+s.w && s.x+hair < r.x+r.w && r.y+hair < s.y+s.h && s.y+hair < r.y+r.h
}

func (l *layout) rects() (boxes, labels []rect) {
	for _, x := range l.g.Boxes {
		it := l.items[x.Key]
		c := l.cols[it.col]
		boxes = append(boxes, rect{c.x, it.y, c.w, it.h, x.Key})
		for side := range it.ports {
			for _, p := range it.ports[side] {
				if p.label != "" {
					at, y, w := l.labelAt(p)
					labels = append(labels, rect{at, y, w, labelH, x.Key + " label " + p.label})
				}
			}
		}
	}
	return boxes, labels
}

// fault is where a layout breaks what the package promises of every one.
func (l *layout) fault() error {
	boxes, labels := l.rects()
	all := append(append([]rect(nil), boxes...), labels...)
	for i, a := range all {
		if a.x < 0 || a.y < 0 || a.x+a.w > l.width || a.y+a.h > l.height {
			return fmt.Errorf("%v leaves the paper of %v x %v", a, l.width, l.height)
		}
		for _, b := range all[:i] {
			if a.overlaps(b) {
				return fmt.Errorf("%v overlaps %v", a, b)
			}
		}
	}
	for _, x := range l.g.Boxes {
		it := l.items[x.Key]
		for _, line := range it.face.lines {
			if line.x < 0 || line.x+line.font.width(line.text) > l.cols[it.col].w+0.01 || line.y > it.h || line.y < line.font.size/2 {
				return fmt.Errorf("%q leaves its box of %v x %v: %+v", line.text, l.cols[it.col].w, it.h, line)
			}
		}
	}
	for _, w := range l.wires {
		for _, p := range []*port{w.from, w.to} {
			if p.at < 0 || p.at > p.item.h {
				return fmt.Errorf("a line meets %q at %v of %v", p.item.key, p.at, p.item.h)
			}
		}
		for _, at := range samples(l, w) {
			for _, b := range boxes {
				if b.what != w.from.item.key && b.what != w.to.item.key && at[0] > b.x && at[0] < b.x+b.w && at[1] > b.y && at[1] < b.y+b.h {
					return fmt.Errorf("the line from %q to %q runs through %v at %v", w.from.item.key, w.to.item.key, b, at)
				}
			}
		}
	}
	return nil
}

// What the package promises of every layout.
func TestLayoutKeepsThingsApart(t *testing.T) {
	var looped, passed, framed int
	rapid.Check(t, func(rt *rapid.T) {
		l := layOut(drawGraph(rt))
		if err := l.fault(); err != nil {
			rt.Fatal(err)
		}
		for _, w := range l.wires {
			if w.from.item.box == nil || w.to.item.box == nil {
				passed++
			}
			if w.from.item.col == w.to.item.col {
				looped++
			}
		}
		for i, b := range l.bands {
			if b.frame != nil {
				framed++
			}
			if i > 0 && b.top < l.bands[i-1].top+l.bands[i-1].height {
				rt.Fatalf("band %d lies in the one above", i)
			}
			for _, row := range b.rows {
				for _, it := range row {
					if it.y < b.top || it.y+it.h > b.top+b.height+0.01 {
						rt.Fatalf("%q leaves its VPC: %v + %v of %v + %v", it.key, it.y, it.h, b.top, b.height)
					}
				}
			}
		}
	})
	if looped == 0 || passed == 0 || framed == 0 {
		t.Errorf("the draw is too narrow: %d loops, %d lines through columns, %d frames", looped, passed, framed)
	}
}

var numbers = regexp.MustCompile(`-?[0-9.]+`)

// samples are points on what is drawn of a wire, read from the path itself.
func samples(l *layout, w wire) [][2]float64 {
	c := &canvas{}
	l.drawWire(c, w)
	_, d, _ := strings.Cut(c.String(), ` d="`)
	d, _, _ = strings.Cut(d, `"`)
	var v []float64
	for _, n := range numbers.FindAllString(d, -1) {
		f, err := strconv.ParseFloat(n, 64)
		if err != nil {
			panic(err)
		}
		v = append(v, f)
	}
	// M x y H x C x y x y x y H x
	x0, y0, x1, b1, b2, b3, b4, x3, y3, x4 := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]
	var out [][2]float64
	for i := 0; i <= 20; i++ {
		t := float64(i) / 20
		u := 1 - t
		out = append(out, [2]float64{x0 + (x1-x0)*t, y0}, [2]float64{x3 + (x4-x3)*t, y3},
			[2]float64{u*u*u*x1 + 3*u*u*t*b1 + 3*u*t*t*b3 + t*t*t*x3, u*u*u*y0 + 3*u*u*t*b2 + 3*u*t*t*b4 + t*t*t*y3})
	}
	return out
}

// Lines end where their boxes are.
func TestLinesEndAtTheirBoxes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := layOut(drawGraph(rt))
		for _, e := range l.g.Edges {
			// Follow the wires of the edge from its first box to its last.
			at := map[string]bool{e.From: true}
			for range l.cols {
				for _, w := range l.wires {
					if at[w.from.item.key] && styleOf(w.edge, true) == styleOf(e, true) {
						at[w.to.item.key] = true
					}
				}
			}
			if !at[e.To] {
				rt.Fatalf("no line leads from %s to %s", e.From, e.To)
			}
		}
		for _, w := range l.wires {
			for _, p := range []*port{w.from, w.to} {
				if p.item.box == nil {
					continue
				}
				c, x := l.cols[p.item.col], l.end(p).near
				if math.Abs(x-c.x) > 0.01 && math.Abs(x-c.x-c.w) > 0.01 {
					rt.Fatalf("a line ends at %v, not at a side of %q", x, p.item.key)
				}
			}
		}
	})
}

// Every output of every graph can be read, is the same twice, and has no markup
// from a name.
func TestOutputsCanBeRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := drawGraph(rt)
		o := Options{Theme: Theme(rapid.IntRange(0, 2).Draw(rt, "theme")), Inline: rapid.Bool().Draw(rt, "inline"), Link: func(s string) string { return "#f-" + s }}
		var svg, again, mermaid, dot bytes.Buffer
		for _, err := range []error{SVG(&svg, g, o), SVG(&again, g, o), Mermaid(&mermaid, g), DOT(&dot, g)} {
			if err != nil {
				rt.Fatal(err)
			}
		}
		if !bytes.Equal(svg.Bytes(), again.Bytes()) {
			rt.Fatal("two pictures of one graph differ")
		}
		if err := checkSVG(svg.Bytes()); err != nil {
			rt.Fatalf("%v in\n%s", err, svg.String())
		}
		if err := checkMermaid(mermaid.String()); err != nil {
			rt.Fatalf("%v in\n%s", err, mermaid.String())
		}
		if err := checkDOT(dot.String()); err != nil {
			rt.Fatalf("%v in\n%s", err, dot.String())
		}
	})
}

// checkSVG reads XML: only elements and attributes that the package writes may be
// there.
func checkSVG(data []byte) error {
	elements := map[string]bool{"svg": true, "title": true, "desc": true, "style": true, "rect": true, "text": true, "g": true, "path": true, "a": true}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			if !elements[e.Name.Local] {
				return fmt.Errorf("an element %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#f-") {
					return fmt.Errorf("an attribute %s=%q", a.Name.Local, a.Value)
				}
			}
		}
	}
}

var mermaidLine = regexp.MustCompile(`^( *subgraph f\d+\["[^"\[\]{}|<>` + "`" + `]*"\]| *end| *b\d+(\[|\(\(|\[\(|\{\{|\(\[|\[\[)"([^"\[\]{}|<>` + "`" + `]|<br/>)*"(\]|\)\)|\)\]|\}\}|\]\)|\]\])|  b\d+ (-->|-\.->|--x)(\|"[^"\[\]{}|<>` + "`" + `]*"\|)? b\d+|  linkStyle [\d,]+ stroke:#[0-9a-f]{6}|%%.*|flowchart LR)$`)

// checkMermaid reads the part of the language that the package writes.
func checkMermaid(s string) error {
	depth := 0
	for _, line := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
		if !mermaidLine.MatchString(line) {
			return fmt.Errorf("a line %q", line)
		}
		switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word {
		case "subgraph":
			depth++
		case "end":
			depth--
		}
		if depth < 0 {
			return errors.New("an end without a beginning")
		}
	}
	if depth != 0 {
		return errors.New("a subgraph without an end")
	}
	return nil
}

// checkDOT reads tokens: outside of strings only what the package writes.
func checkDOT(s string) error {
	depth, quoted := 0, false
	var plain strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted && c == '\n':
			return errors.New("a string over two lines")
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			depth--
		default:
			plain.WriteByte(c)
		}
	}
	if quoted || depth != 0 {
		return errors.New("something is not closed")
	}
	if m := regexp.MustCompile(`[^\w\s=,;\[\]>./-]`).FindString(plain.String()); m != "" {
		return fmt.Errorf("%q outside of a string", m)
	}
	return nil
}

// Text is at most as wide as it is taken to be, and what is cut keeps its ends.
func TestCut(t *testing.T) {
	for _, tc := range []struct {
		text string
		most float64
		want string
		cut  bool
	}{
		{"orders", 100, "orders", false},
		{"a-very-long-name-of-a-service", 100, "a-very-l\u2026vice", true},
		{"x", 1, "\u2026", true},
		{"a\nb", 100, `a\nb`, false},
	} {
		got, cut := nameFont.cut(tc.text, tc.most)
		if got != tc.want || cut != tc.cut {
			t.Errorf("cut(%q, %v) = %q, %v; want %q, %v", tc.text, tc.most, got, cut, tc.want, tc.cut)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		text, most := name(rt, "text"), rapid.Float64Range(20, 300).Draw(rt, "most")
		if got, _ := textFont.cut(text, most); textFont.width(got) > most {
			rt.Fatalf("%q is wider than %v", got, most)
		}
		lines := textFont.wrap(text+" "+text, most, 3)
		if len(lines) > 3 {
			rt.Fatalf("%d lines", len(lines))
		}
		for _, l := range lines {
			if textFont.width(l) > most {
				rt.Fatalf("%q is wider than %v", l, most)
			}
		}
	})
}
