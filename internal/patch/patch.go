// Package patch changes texts by bytes and writes what changed as a patch.
//
// # Model
// An [Edit] puts a text in the place of a range of bytes. A [Hunk] is a run of
// lines that another text has in place of some lines of the old one; several
// hunks with the names of their files form a unified diff.
//
// # Guarantees
// What no edit covers is the same in every byte. Edits that say the same become
// one, and edits that contradict each other are refused. A unified diff is one
// that git apply takes, whatever the line ends are, and also if the last line
// has none.
//
// # Not modelled
// Files that come or go. What the texts mean.
package patch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Edit is a text in place of the bytes from Start up to End.
type Edit struct {
	Start, End int
	New        string
}

// ErrConflict is the error for edits that contradict each other.
var ErrConflict = errors.New("two edits change the same text in different ways")

// Merge puts edits in order. Equal ones become one; those of which the ranges
// overlap, or that add different texts at one place, are an [ErrConflict].
func Merge(edits []Edit) ([]Edit, error) {
	out := slices.Clone(edits)
	slices.SortFunc(out, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.New, b.New))
	})
	out = slices.Compact(out)
	for i := 1; i < len(out); i++ {
		a, b := out[i-1], out[i]
		if b.Start < a.End || b.Start == a.Start {
			return nil, ErrConflict
		}
	}
	return out, nil
}

// Apply changes a text.
func Apply(text []byte, edits []Edit) ([]byte, error) {
	edits, err := Merge(edits)
	if err != nil {
		return nil, err
	}
	var out []byte
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(text) {
			return nil, fmt.Errorf("edit of bytes %d to %d in a text of %d", e.Start, e.End, len(text))
		}
		out = append(append(out, text[at:e.Start]...), e.New...)
		at = e.End
	}
	return append(out, text[at:]...), nil
}
