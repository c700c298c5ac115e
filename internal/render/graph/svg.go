package graph

import (
	"io"
	"slices"

	"github.com/muralla-net/muralla/internal/graph"
)

// Theme is the colours of a picture. The zero Theme follows the reader's
// preference for light or dark.
type Theme uint8

// The themes.
const (
	Auto Theme = iota
	Light
	Dark
)

var themes = []string{"auto", "light", "dark"}

// ParseTheme reads "auto", "light" and "dark".
func ParseTheme(s string) (Theme, bool) {
	i := slices.Index(themes, s)
	return Theme(max(i, 0)), i >= 0
}

// Options say how a picture looks.
type Options struct {
	Theme Theme
	// Link is where a badge leads, for a fingerprint: "#f-9c41e0d2"; nil if
	// nowhere.
	Link func(fingerprint string) string
	// Inline lets a picture within a page take the width that there is.
	Inline bool
}

// SVG writes a picture that is laid out.
func SVG(w io.Writer, g graph.Graph, o Options) error {
	_, err := io.WriteString(w, draw(layOut(g), o))
	return err
}
