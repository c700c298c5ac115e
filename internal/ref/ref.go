// Package ref says who and where: the stable name of a thing in a design and
// the place in a file that made it.
//
// # Model
// An [ID] is the name under which a user knows a thing: a Terraform resource
// address, a CloudFormation logical id path or an ARN. An [ARN] is the last of
// these in its parts. A [Place] is a position in an input file, with the path
// relative to the root that was given.
//
// # Guarantees
// IDs and places are comparable values; their order is stable on every machine.
// No machine path appears in a place.
//
// # Not modelled
// Ranges: a place names the first line of what it points to.
package ref

import (
	"cmp"
	"fmt"
	"strings"
)

// ID names a thing for ever: "module.web.aws_lb.this[0]" (Terraform address,
// prefixed with the root's name and a slash when several roots form the
// estate), "Network/Vpc" (CloudFormation logical id path) or an ARN. Empty
// means nothing is named.
type ID string

// Place is a position in an input. The zero Place means "nowhere in the input",
// which is how defaults of AWS are marked.
type Place struct {
	File string `json:"file,omitempty"` // slash-separated, relative to the reading root
	Line int    `json:"line,omitempty"` // 1-based; 0 if the input has no lines for it
}

// IsZero reports whether the place is nowhere in the input.
func (p Place) IsZero() bool { return p == Place{} }

// String prints "services.tf:41", "plan.json" or "".
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Compare orders places by file, then line.
func (p Place) Compare(q Place) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line))
}
