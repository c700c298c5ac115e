package graph

import (
	"strings"

	"github.com/muralla-net/muralla/internal/gfm"
)

// font is a size in pixels and a weight.
type font struct {
	size float64
	bold bool
}

// The scale of type.
var (
	titleFont  = font{18, true}
	nameFont   = font{12.5, true}
	frameFont  = font{12, true}
	textFont   = font{11, false}
	strongFont = font{11, true}
	labelFont  = font{10, false}
	headFont   = font{10, true}
)

// Widths of the characters from space to tilde, in thousandths of the size, of
// DejaVu Sans, which is wider than what most readers have: a text that fits
// there fits everywhere.
var regular = [95]float64{
	318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
	636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
	575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
	611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
	278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
}

var bold = [95]float64{
	348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696,
	696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683,
	683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771,
	724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665,
	343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
}

// width is how wide a text is at most, in pixels.
func (f font) width(s string) float64 {
	table, total := &regular, 0.0
	if f.bold {
		table = &bold
	}
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			total += table[r-' ']
		case r < 0x1100:
			total += 900
		default:
			total += 1150 // wide characters of East Asia, and emoji
		}
	}
	return total * f.size / 1000
}

// cut is a text that fits into a width, and whether something was left out. Names
// differ at both ends, so what is left out is in the middle.
func (f font) cut(s string, most float64) (string, bool) {
	s = gfm.Clean(s)
	if f.width(s) <= most {
		return s, false
	}
	runes := []rune(s)
	if len(runes) > 400 { // the rest cannot show
		runes = append(runes[:200:200], runes[len(runes)-200:]...)
	}
	for n := len(runes) - 1; n > 0; n-- {
		tail := n * 2 / 5
		t := strings.TrimRight(string(runes[:n-tail]), " ") + "\u2026" + strings.TrimLeft(string(runes[len(runes)-tail:]), " ")
		if f.width(t) <= most {
			return t, true
		}
	}
	return "\u2026", true
}

// wrap is a text in at most some lines that fit into a width; the last is cut.
func (f font) wrap(s string, most float64, lines int) []string {
	var out []string
	line := ""
	words := strings.Fields(gfm.Clean(s))
	for i, w := range words {
		next := strings.TrimSpace(line + " " + w)
		switch {
		case f.width(next) <= most:
			line = next
			continue
		case line == "" || len(out) == lines-1:
			t, _ := f.cut(strings.TrimSpace(line+" "+strings.Join(words[i:], " ")), most)
			if line == "" && len(out) < lines-1 { // a word that is too long by itself
				t, _ = f.cut(w, most)
				out = append(out, t)
				continue
			}
			return append(out, t)
		}
		out = append(out, line)
		if line = w; f.width(w) > most {
			line, _ = f.cut(w, most)
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
