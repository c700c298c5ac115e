package intent

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
)

// guess ends a sentence about a word that is not known: with the word that was
// probably meant, or with all that are known.
func guess(word string, known []string) string {
	if best := diag.Closest(word, known); best != "" {
		return fmt.Sprintf("; did you mean %q? It has no effect as it is.", best)
	}
	if len(known) == 0 {
		return ". It has no effect."
	}
	return fmt.Sprintf(". It has no effect. Known are: %s.", strings.Join(known, ", "))
}
