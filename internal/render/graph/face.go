package graph

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/graph"
)

// face is what a box shows, measured.
type face struct {
	w, h  float64
	lines []faceLine
	title string // everything about it, for the tooltip
}

// faceLine is one line of text; x and y are from the corner of the box.
type faceLine struct {
	text  string
	font  font
	class string
	x, y  float64
}

// faceOf lays out the text of a box.
func faceOf(x *graph.Box) face {
	if x.Kind == graph.Gates {
		return gatesFace(x)
	}
	f := face{w: boxMin, title: titleOf(x)}
	room := boxMax - iconW - 2*boxPad
	y := boxPad + 11
	add := func(text string, in font, class string, indent float64) {
		t, _ := in.cut(text, room+iconW-indent)
		f.lines = append(f.lines, faceLine{t, in, class, boxPad + indent, y})
		f.w = max(f.w, in.width(t)+indent+2*boxPad)
		y += lineH
	}
	add(x.Name, nameFont, "n", iconW)
	if x.Word != "" {
		add(x.Word, textFont, "s", iconW)
	}
	if x.Of != "" {
		add(x.Of, labelFont, "s", iconW)
	}
	if len(x.Members) > 1 {
		y += 3
		for i, m := range x.Members {
			if i == maxNamed-1 && len(x.Members) > maxNamed {
				add(fmt.Sprintf("and %d more", len(x.Members)-i), textFont, "s", iconW)
				break
			}
			add(m.Name, textFont, "m", iconW)
		}
	}
	if x.Peers != "" {
		add("\u21c5 "+x.Peers, labelFont, "s", iconW)
	}
	if x.Perhaps {
		add("may not exist", labelFont, "s", iconW)
	}
	f.h = y - lineH + 5 + boxPad
	return f
}

// gatesFace lays out the gates of one connection: a sign, the name of the gate,
// the rule and its place.
func gatesFace(x *graph.Box) face {
	f := face{w: gatesW, title: titleOf(x)}
	y := boxPad + 12
	t, _ := nameFont.cut(x.Word+" "+x.Name, gatesW-iconW-2*boxPad)
	f.lines = append(f.lines, faceLine{t, nameFont, "n", boxPad + iconW, y})
	y += 8
	for _, l := range x.Lines {
		y += lineH + 2
		text, _ := strongFont.cut(l.Text, gatesW-iconW-2*boxPad)
		class := [...]string{"q", "x", "v"}[l.Passes]
		f.lines = append(f.lines, faceLine{mark(l.Passes), strongFont, class, boxPad + 3, y},
			faceLine{text, strongFont, "m", boxPad + iconW, y})
		detail := l.Detail
		if at := l.Place.String(); at != "" {
			detail = strings.TrimSpace(detail + " (" + at + ")")
		}
		for _, t := range textFont.wrap(detail, gatesW-iconW-2*boxPad, 3) {
			y += lineH - 1
			f.lines = append(f.lines, faceLine{t, textFont, "s", boxPad + iconW, y})
		}
	}
	f.h = y + 4 + boxPad
	return f
}

// maxTitle is how many members a tooltip names.
const maxTitle = 40

// titleOf is everything that a box stands for, line by line.
func titleOf(x *graph.Box) string {
	out := []string{strings.TrimSpace(x.Name + " " + parens(x.Word))}
	for i, m := range x.Members {
		if i == maxTitle {
			out = append(out, fmt.Sprintf("and %d more", len(x.Members)-i))
			break
		}
		t := m.Name
		if m.ID != "" {
			t = string(m.ID)
		}
		for _, more := range []string{m.Detail, m.Place.String()} {
			if more != "" {
				t += "  " + more
			}
		}
		if len(x.Members) > 1 || t != x.Name {
			out = append(out, t)
		}
	}
	if x.Peers != "" {
		out = append(out, "They "+x.Peers+".")
	}
	if x.Perhaps {
		out = append(out, "The design does not tell whether it exists.")
	}
	for _, l := range x.Lines {
		out = append(out, mark(l.Passes)+" "+l.Text+": "+l.Detail+" "+parens(l.Place.String()))
	}
	if t := badgeText(x.Badge); t != "" {
		out = append(out, t)
	}
	return strings.Join(out, "\n")
}

func parens(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}
