package graph

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/reach"
)

// sign is one entry of the legend: a line or a badge, and what it means.
type sign struct {
	class string // of the line
	text  string
	tip   bool
	x, y  float64
}

const (
	signLine = 30.0
	signGap  = 22.0
	legendH  = 20.0
)

// legend is the signs that the picture has, in rows, with its height.
func (l *layout) legend() ([]sign, float64) {
	type use struct {
		has  func(graph.Edge) bool
		sign sign
	}
	shown := func(e graph.Edge) bool { return e.Works != fact.No && e.Kind == graph.Connection }
	var out []sign
	for _, u := range []use{
		{func(e graph.Edge) bool { return shown(e) && e.TLS == reach.TLSEncrypted }, sign{class: " tls", text: "encrypted with TLS", tip: true}},
		{func(e graph.Edge) bool { return shown(e) && e.TLS == reach.TLSNone }, sign{class: " open", text: "plain text", tip: true}},
		{func(e graph.Edge) bool { return shown(e) && e.TLS != reach.TLSNone && e.TLS != reach.TLSEncrypted }, sign{text: "connects; the network does not tell whether encrypted", tip: true}},
		{func(e graph.Edge) bool { return e.Works != fact.No && e.Kind != graph.Connection }, sign{class: " way", text: "way out, or call of a service", tip: true}},
		{func(e graph.Edge) bool { return e.Works == fact.Unknown }, sign{class: " may", text: "undecided: a fact is missing", tip: true}},
		{func(e graph.Edge) bool { return e.Works == fact.No }, sign{class: " no", text: "stopped"}},
	} {
		for _, e := range l.g.Edges {
			if u.has(e) {
				out = append(out, u.sign)
				break
			}
		}
	}
	x, y := margin, 0.0
	for i := range out {
		w := signLine + 8 + textFont.width(out[i].text)
		if x > margin && x+w > l.width-margin {
			x, y = margin, y+legendH
		}
		out[i].x, out[i].y = x, y
		x += w + signGap
	}
	if len(out) > 0 {
		y += legendH
	}
	return out, y
}

// notes are the sentences below the legend, cut into lines.
func (l *layout) notes() []string {
	var out []string
	for _, n := range l.g.Notes {
		out = append(out, textFont.wrap(n, l.width-2*margin, 2)...)
	}
	return out
}

func (l *layout) legendHeight() float64 {
	_, h := l.legend()
	if n := len(l.notes()); n > 0 {
		h += float64(n)*lineH + 4
	}
	return h
}

func (l *layout) drawLegend(c *canvas) {
	signs, h := l.legend()
	for _, s := range signs {
		y := l.foot + s.y + 8
		line := signLine
		if s.tip {
			line -= 7
		}
		c.put(`<path class="w%s" d="M%s %sh%s"/>`, s.class, s.x, y, line)
		if s.tip {
			class := s.class
			if class == " may" {
				class = ""
			}
			c.put(`<path class="tip%s" d="M%s %sl-8 -4v8z"/>`, class, s.x+signLine, y)
		} else {
			c.put(`<path class="stop" d="M%s %sl8 8m0 -8l-8 8"/>`, s.x+signLine-4, y-4)
		}
		c.put(`<text class="sub" x="%s" y="%s">%s</text>`, s.x+signLine+8, y+4, s.text)
	}
	for i, n := range l.notes() {
		c.put(`<text class="sub" x="%s" y="%s">%s</text>`, margin, l.foot+h+float64(i)*lineH+12, escape(n))
	}
}
