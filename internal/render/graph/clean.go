package graph

import (
	"strings"

	"github.com/muralla-net/muralla/internal/gfm"
)

// clean is a name from a design without characters that change how the text
// around them is read.
func clean(s string) string { return gfm.Clean(s) }

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// escape is text for XML, in content and in attributes.
func escape(s string) string { return escapes.Replace(clean(s)) }
