// Package tree is a JSON text of which every value is found again with its line
// and nothing is copied until it is asked for.
//
// # Model
// [Parse] notes for each value where it begins and where its next sibling is:
// twelve bytes a value beside the text itself. A [Node] is one value; reading a
// member of what is not an object gives the absent node, so that a walk over
// input of any shape needs no checks on the way.
//
// # Guarantees
// Parse accepts exactly the texts of RFC 8259, like encoding/json, within the
// limits [MaxDepth], [MaxValues], [MaxMembers] and [MaxBytes]. Of a repeated key the last one counts.
//
// # Not modelled
// Numbers beyond the precision of float64.
package tree

// Limits of what is read: nothing Terraform writes comes near, and a hostile
// text must not make the program grow beyond all measure.
const (
	MaxDepth   = 500       // nesting of arrays and objects
	MaxValues  = 6_000_000 // values in one text
	MaxMembers = 100_000   // members of one object
	MaxBytes   = 64 << 20  // length of one text
)
