package graph

import (
	"fmt"
	"strings"
)

// colour is one name of the palette in light and in dark.
type colour struct{ name, light, dark string }

// palette is all colours. Text on paper and on boxes has a contrast of at least
// 4.5 (WCAG 2.2, 1.4.3), lines and borders that mean something of 3.
var palette = []colour{
	{"paper", "#fbfaf7", "#14171d"},
	{"lane", "#f4f1ea", "#191d25"},
	{"frame", "#fffefb", "#1d222b"},
	{"edge", "#d3cdbd", "#3a4250"},
	{"card", "#ffffff", "#262c37"},
	{"card-line", "#b9b4a6", "#4b5464"},
	{"ink", "#1f2430", "#e8eaf0"},
	{"soft", "#5b6472", "#a5aebd"},
	{"task", "#3a6db5", "#74a5ea"},
	{"balancer", "#7656b3", "#ab90e2"},
	{"store", "#a06a0b", "#dfa942"},
	{"host", "#23797f", "#5cbcc2"},
	{"door", "#45764a", "#86bd8b"},
	{"plain", "#b25a00", "#f0a050"},
	{"safe", "#1f7a52", "#5fc795"},
	{"bad", "#b4442f", "#f08a6c"},
	{"line", "#6b7280", "#98a1b0"},
	{"faint", "#9a9fa9", "#6f7887"},
	{"on-bad", "#ffffff", "#1b1310"},
}

// rules are the classes of the picture; $name is a colour. They are all below
// the class of the picture, so that a page that holds it keeps its own.
var rules = []string{
	"text{font-family:'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif;fill:$ink}",
	".paper{fill:$paper}",
	".lane{fill:$lane}",
	".head{font-size:10px;font-weight:700;letter-spacing:.06em;fill:$soft;text-anchor:middle}",
	".title{font-size:18px;font-weight:700}",
	".sub{font-size:11px;fill:$soft}",
	".vpc{fill:$frame;stroke:$edge;stroke-width:1.2}",
	".cluster{fill:none;stroke:$card-line;stroke-dasharray:2 3}",
	".ft{font-size:12px;font-weight:700}",
	".fd{font-size:11px;fill:$soft}",
	".card{fill:$card;stroke:$card-line}",
	".perhaps{stroke-dasharray:4 3}",
	".n{font-size:12.5px;font-weight:700}",
	".s{font-size:11px;fill:$soft}",
	".m{font-size:11px}",
	".b{font-weight:700}",
	".l{font-size:10px}",
	".k-task{fill:$task;stroke:$task}",
	".k-balancer{fill:$balancer;stroke:$balancer}",
	".k-store{fill:$store;stroke:$store}",
	".k-host{fill:$host;stroke:$host}",
	".k-door{fill:$door;stroke:$door}",
	".k-other{fill:$soft;stroke:$soft}",
	".icon{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}",
	".bar{stroke:none}",
	".w{fill:none;stroke:$line;stroke-width:1.5}",
	".w.tls{stroke:$safe}",
	".w.open{stroke:$plain}",
	".w.way{stroke:$faint;stroke-width:1.2}",
	".w.no{stroke:$bad;stroke-dasharray:1.5 3.5;stroke-linecap:round;stroke-width:2}",
	".w.may{stroke-dasharray:5 4;stroke-width:1.2}",
	".tip{fill:$line}.tip.tls{fill:$safe}.tip.open{fill:$plain}.tip.way{fill:$faint}",
	".stop{fill:none;stroke:$bad;stroke-width:2;stroke-linecap:round}",
	".pill{fill:$paper;stroke:$edge;stroke-width:.8}",
	".pt{font-size:10px;text-anchor:middle}",
	".pt.tls{fill:$safe}.pt.open{fill:$plain}.pt.no{fill:$bad;font-weight:700}",
	".badge{fill:$bad}.badge.mid{fill:$plain}.badge.low{fill:$line}",
	".bt{font-size:10px;font-weight:700;text-anchor:middle;fill:$on-bad}",
	".ask{fill:$card;stroke:$line}",
	".at{font-size:10px;font-weight:700;text-anchor:middle;fill:$soft}",
	".v{font-size:11px;font-weight:700;fill:$safe}",
	".x{font-size:11px;font-weight:700;fill:$bad}",
	".q{font-size:11px;font-weight:700;fill:$plain}",
	"a{cursor:pointer}",
	"a:focus .card,a:hover .card{stroke:$ink;stroke-width:1.6}",
}

// sheet is the style sheet of a theme. Variables would say it shorter, but many
// programs that show SVG do not know them.
func sheet(t Theme) string {
	switch t {
	case Light:
		return colours(false, false)
	case Dark:
		return colours(true, false)
	}
	return colours(false, false) + "@media(prefers-color-scheme:dark){\n" + colours(true, true) + "}\n"
}

// colours is the rules in one scheme; only those with a colour, if others stand
// before them.
func colours(dark, again bool) string {
	var b strings.Builder
	for _, rule := range rules {
		for _, one := range strings.SplitAfter(rule, "}") {
			if one == "" || again && !strings.Contains(one, "$") {
				continue
			}
			selectors, body, _ := strings.Cut(one, "{")
			var list []string
			for _, s := range strings.Split(selectors, ",") {
				list = append(list, ".mu "+s)
			}
			fmt.Fprintf(&b, "%s{%s\n", strings.Join(list, ","), paint(body, dark))
		}
	}
	return b.String()
}

// paint puts colours in place of their names, the longest first.
func paint(s string, dark bool) string {
	for _, c := range byLength {
		value := c.light
		if dark {
			value = c.dark
		}
		s = strings.ReplaceAll(s, "$"+c.name, value)
	}
	return s
}

// byLength is the palette with names before their beginnings.
var byLength = func() []colour {
	out := append([]colour(nil), palette...)
	for i := range out {
		for j := i + 1; j < len(out); j++ {
			if len(out[j].name) > len(out[i].name) {
				out[i], out[j] = out[j], out[i]
			}
		}
	}
	return out
}()
