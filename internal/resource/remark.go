package resource

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
)

// RemarkMark is what a comment holds that is written for this program.
const RemarkMark = "muralla:"

// Remark is what people wrote beside a thing for this program to read: a comment
// that holds [RemarkMark], or a part of the metadata of a template. Readers of
// sources hand it over without knowing what it says. Plans and states have none.
type Remark struct {
	// Scope is the address of the thing that it is beside, without the index of
	// count or for_each, or empty if it is beside none that is deployed.
	Scope ref.ID
	Below bool   // the thing holds others, and all of them are meant: a module or a nested stack
	Text  string // the comment without its marks; it may have several lines
	Value Value  // the metadata, if it is no comment
	Place ref.Place
}

// SortRemarks puts remarks in the order that a [Set] promises.
func SortRemarks(list []Remark) {
	slices.SortStableFunc(list, func(a, b Remark) int {
		return cmp.Or(a.Place.Compare(b.Place), strings.Compare(string(a.Scope), string(b.Scope)))
	})
}
