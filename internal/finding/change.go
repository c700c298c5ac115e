package finding

import "github.com/muralla-net/muralla/internal/ref"

// Change is an edit of the design that surely mends a finding, in the words of
// the Terraform provider, as everything that is assembled. Where the design
// writes it, and how, is not known here: what finds the text fills in
// Replacements, or Refused.
type Change struct {
	Resource  ref.ID // whose block or entry is edited
	Operation Operation
	Path      []Step // from the resource to what is edited
	Value     Value  // of Set, Assign and Copy
	Note      string // what else comes with it, as a sentence: "AWS replaces the flow log."

	Replacements []Replacement
	Refused      string // why the text is not edited, as a clause
}

// Operation is what a change does. The zero Operation does nothing.
type Operation uint8

// The operations.
const (
	Keep     Operation = iota
	Set                // the attribute or block at Path has Value
	Replace            // the block at Path becomes Value, whatever it held
	Exchange           // in the place of the attribute at Path stands the only one in the fields of Value
	Remove             // the attribute or block at Path is taken away; of a list with Value its element Value; without a Path the resource
	Assign             // the shell script at Path writes the line Value, of the form NAME=VALUE, into the settings of the agent
	Copy               // the attribute at Path is what the same attribute of another resource, Value.Ref, is
	Append             // the list at Path has one more element, Value
	Add                // one more block at Path, beside those that are there, is Value
)

// String is the operation as it is written in every output format.
func (o Operation) String() string {
	return [...]string{"keep", "set", "replace", "exchange", "remove", "assign", "copy", "append", "add"}[min(o, Add)]
}

// Step is one step of a path: an attribute, or a nested block.
type Step struct {
	Name string
	// Of several blocks of the name: the one in which the attribute Key has this
	// text, or the one that begins in a line of the file.
	Key, Is string
	Line    int
}

// Value is what an attribute is set to.
type Value struct {
	Text   string  // with no other kind: a string
	Word   bool    // Text is a number or a boolean
	Ref    ref.ID  // an attribute of another resource
	Attr   string  // its name: "id"
	List   []Value // a list
	Fields []Field // a nested block, in the order in which it is written
}

// Field is one attribute of a nested block, or a block within it.
type Field struct {
	Name  string
	Value Value
}

// Replacement is a text in place of a range of a file. Lines and columns are
// counted from 1; columns count Unicode code points, and End is behind the range.
type Replacement struct {
	File                                       string // as in places
	StartLine, StartColumn, EndLine, EndColumn int
	Text                                       string
}
