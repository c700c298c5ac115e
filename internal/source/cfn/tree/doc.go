// Package tree reads CloudFormation templates, in YAML or JSON, as trees of
// values with the line of each.
//
// # Model
// A [Template] is a map of sections. Functions in their short form (!GetAtt
// A.B) become the long form ({"Fn::GetAtt": "A.B"}), aliases and merge keys of
// YAML what they stand for. Scalars keep the text that is written, since the
// account id 012345678901 is no number and 22:22 is no time; the words for
// booleans of YAML 1.1 (yes, no, on, off) that are not in quotes are booleans,
// because CloudFormation reads YAML 1.1 (AWS "CloudFormation template formats").
//
// # Guarantees
// Whatever the bytes are, there is a template, and what was lost is a
// diagnostic with its line and the probable cause. What could not be read is a
// node of its own kind, never an empty value. The tree, with aliases counted as
// often as they are used, has at most [MaxNodes] nodes and is at most
// [MaxDepth] deep.
//
// # Not modelled
// Comments, but for those that are written for this program, in YAML. What functions mean: that is package eval. Documents of a file
// behind the template.
package tree

// Limits of what is said.
const (
	maxSaid  = 1000 // problems
	maxCited = 200  // bytes of the text that are cited
)

// Limits of what is read. CloudFormation itself takes templates of at most
// 1 MB (AWS "CloudFormation quotas").
const (
	MaxBytes = 16 << 20 // bytes of a file; who reads one needs at most one byte more
	MaxNodes = 1 << 20  // nodes of a template after aliases are expanded
	MaxDepth = 256      // maps and lists within each other
)
