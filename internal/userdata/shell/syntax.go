package shell

// kind says what a node of the syntax tree is.
type kind uint8

const (
	simple   kind = iota // assigns, words, redirs
	sequence             // kids, one after the other
	pipeline             // kids, connected
	and                  // kids[0] && kids[1]
	or                   // kids[0] || kids[1]
	not                  // ! kids[0]
	branch               // if kids[0] then kids[1] else kids[2]
	loop                 // while kids[0] do kids[1]
	each                 // for name in words do kids[0]
	choice               // case words[0] in one kid per arm
	group                // { kids[0]; }
	subshell             // ( kids[0] )
	function             // name() kids[0]
	test                 // [[ words ]]
	arith                // (( … ))
)

// node is one command with everything below it.
type node struct {
	kind    kind
	line    int
	name    string
	words   []word
	arms    [][]word // patterns of a case, one list per kid
	assigns []assign
	redirs  []redir
	kids    []*node
}

// word is a sequence of parts that the shell joins to fields.
type word []part

type partKind uint8

const (
	lit    partKind = iota // text
	param                  // $text, or ${text op arg}
	output                 // $( tree )
	opaque                 // text says what this is: arithmetic, process substitution, …
)

// part is a piece of a word. Quoted parts are neither split nor dropped when empty.
type part struct {
	kind   partKind
	quoted bool
	text   string
	op     string // ":-", "-", ":=", "=", ":+", "+", or "?" for an operator that is not followed
	arg    word
	tree   *node
}

type assign struct {
	name   string
	value  word
	append bool
}

// redir is one redirection: op is one of <, >, >>, >|, <>, >&, <&, &>, &>>, <<<
// and << for here-documents.
type redir struct {
	op   string
	fd   int // 0 or 1 unless stated
	to   word
	line int    // first line of a here-document's body
	doc  *redir // here-documents: the redirection that gets the body, which is read later
}

// text is the literal text of a word, and whether it is nothing else and unquoted.
func (w word) bare() (string, bool) {
	if len(w) == 1 && w[0].kind == lit && !w[0].quoted {
		return w[0].text, true
	}
	return "", false
}
