package shell

import (
	"errors"
	"sort"
	"strconv"
	"strings"
)

// Bounds of the parser. A script within the 16 KB that EC2 accepts comes
// nowhere near them; hostile ones meet them before they cost anything.
const (
	maxDepth = 60
	maxNodes = 100_000
)

var errSyntax = errors.New("the shell syntax is not understood")

// parser is a recursive-descent parser for the part of POSIX shell and bash
// that scripts use. The grammar is "2.10 Shell Grammar" of POSIX.1-2017 with
// bash's [[ ]], (( )), &>, <<< and process substitution.
type parser struct {
	src    string
	pos    int
	starts []int // offsets at which lines start
	base   int   // line number of the first line
	step   bool  // whether a newline of src is a newline of the input
	depth  int
	nodes  *int
	docs   []heredoc // here-documents whose bodies follow the next newline
}

type heredoc struct {
	redir  *redir
	end    string
	quoted bool
	strip  bool
}

func newParser(src string, base int, step bool, depth int, nodes *int) *parser {
	p := &parser{src: src, base: base, step: step, depth: depth, nodes: nodes, starts: []int{0}}
	for i := range len(src) {
		if src[i] == '\n' {
			p.starts = append(p.starts, i+1)
		}
	}
	return p
}

func (p *parser) lineAt(pos int) int {
	if !p.step {
		return p.base
	}
	return p.base + sort.SearchInts(p.starts, pos+1) - 1
}

func (p *parser) line() int { return p.lineAt(p.pos) }

func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *parser) has(s string) bool { return strings.HasPrefix(p.src[p.pos:], s) }

func (p *parser) take(s string) bool {
	if p.has(s) {
		p.pos += len(s)
		return true
	}
	return false
}

// blanks skips blanks, continued lines and a comment.
func (p *parser) blanks() {
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == ' ' || c == '\t' || c == '\r':
			p.pos++
		case p.has("\\\n"):
			p.pos += 2
		case p.has("\\\r\n"):
			p.pos += 3
		case c == '#':
			for p.pos < len(p.src) && p.src[p.pos] != '\n' {
				p.pos++
			}
		default:
			return
		}
	}
}

// newline passes one newline and the here-documents that follow it.
func (p *parser) newline() error {
	p.pos++
	docs := p.docs
	p.docs = nil
	for _, d := range docs {
		if err := p.body(d); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) space() error {
	for {
		p.blanks()
		if p.peek() != '\n' || p.pos >= len(p.src) {
			return nil
		}
		if err := p.newline(); err != nil {
			return err
		}
	}
}

// body reads one here-document. One that the end of the script cuts short is
// taken as far as it goes, as shells do.
func (p *parser) body(d heredoc) error {
	var b strings.Builder
	d.redir.line = p.line()
	for p.pos < len(p.src) {
		end := strings.IndexByte(p.src[p.pos:], '\n')
		next := p.pos + end + 1
		if end < 0 {
			end, next = len(p.src)-p.pos, len(p.src)
		}
		line := p.src[p.pos : p.pos+end]
		p.pos = next
		if d.strip {
			line = strings.TrimLeft(line, "\t")
		}
		if strings.TrimSuffix(line, "\r") == d.end {
			break
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	if d.quoted {
		d.redir.to = word{{kind: lit, quoted: true, text: b.String()}}
		return nil
	}
	q := newParser(b.String(), d.redir.line, p.step, p.depth, p.nodes)
	w, err := q.quotedUntil(0)
	d.redir.to = w
	return err
}

func (p *parser) enter() error {
	*p.nodes++
	if p.depth++; p.depth > maxDepth || *p.nodes > maxNodes {
		return errors.New("the script is nested too deeply or is too long to follow")
	}
	return nil
}

// list parses commands until one of the closing words, which it leaves unread.
// On an error the commands before it are returned too.
func (p *parser) list(closers ...string) (*node, error) {
	n := &node{kind: sequence, line: p.line()}
	if err := p.enter(); err != nil {
		return n, err
	}
	defer func() { p.depth-- }()
	for {
		if err := p.space(); err != nil {
			return n, err
		}
		if p.pos >= len(p.src) {
			if len(closers) > 0 {
				return n, errSyntax
			}
			return n, nil
		}
		if p.closes(closers) {
			return n, nil
		}
		kid, err := p.andOr()
		if kid != nil {
			n.kids = append(n.kids, kid)
		}
		if err != nil {
			return n, err
		}
		p.blanks()
		switch {
		case p.closes(closers):
			return n, nil
		case p.has(";;"):
			return n, errSyntax
		case p.take(";"), p.take("&"), p.pos >= len(p.src), p.peek() == '\n':
		default:
			return n, errSyntax
		}
	}
}

func (p *parser) closes(closers []string) bool {
	for _, c := range closers {
		if !p.has(c) {
			continue
		}
		if strings.ContainsAny(c, ");") {
			return true
		}
		if i := p.pos + len(c); i >= len(p.src) || strings.IndexByte(" \t\r\n;&|<>)", p.src[i]) >= 0 {
			return true
		}
	}
	return false
}

func (p *parser) andOr() (*node, error) {
	left, err := p.pipe()
	for err == nil {
		p.blanks()
		k := and
		if !p.take("&&") {
			if k = or; !p.take("||") {
				break
			}
		}
		if err = p.space(); err != nil {
			break
		}
		var right *node
		if right, err = p.pipe(); err == nil {
			left = &node{kind: k, line: left.line, kids: []*node{left, right}}
		}
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

func (p *parser) pipe() (*node, error) {
	p.blanks()
	if p.closes([]string{"!"}) {
		line := p.line()
		p.pos++
		kid, err := p.pipe()
		if err != nil {
			return nil, err
		}
		return &node{kind: not, line: line, kids: []*node{kid}}, nil
	}
	first, err := p.command()
	if err != nil {
		return nil, err
	}
	n := &node{kind: pipeline, line: first.line, kids: []*node{first}}
	for {
		p.blanks()
		if p.has("||") || !p.take("|") {
			break
		}
		p.take("&")
		if err := p.space(); err != nil {
			return nil, err
		}
		kid, err := p.command()
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, kid)
	}
	if len(n.kids) == 1 {
		return first, nil
	}
	return n, nil
}

func (p *parser) command() (*node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.blanks()
	n, err := p.compound()
	if err != nil {
		return nil, err
	}
	if n == nil {
		return p.simple()
	}
	for {
		p.blanks()
		ok, err := p.redirection(n)
		if err != nil {
			return nil, err
		}
		if !ok {
			return n, nil
		}
	}
}

func (p *parser) simple() (*node, error) {
	n := &node{kind: simple, line: p.line()}
	for {
		p.blanks()
		if p.pos >= len(p.src) || strings.IndexByte("\n;&|)", p.peek()) >= 0 && !p.has("&>") {
			if len(n.words)+len(n.assigns)+len(n.redirs) == 0 {
				return nil, errSyntax
			}
			return n, nil
		}
		if ok, err := p.redirection(n); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		if name, ok := p.assignment(); ok && len(n.words) == 0 {
			a := assign{name: strings.TrimSuffix(name, "+"), append: strings.HasSuffix(name, "+")}
			p.pos += len(name) + 1
			var err error
			switch c := p.peek(); {
			case c == '(':
				a.value, err = p.array()
			case p.pos < len(p.src) && strings.IndexByte(" \t\r\n;&|)<>", c) < 0:
				a.value, err = p.word()
			}
			if err != nil {
				return nil, err
			}
			n.assigns = append(n.assigns, a)
			continue
		}
		if p.peek() == '(' {
			if name, ok := wordName(n); ok && p.take("(") {
				p.blanks()
				if !p.take(")") {
					return nil, errSyntax
				}
				return p.functionBody(name, n.line)
			}
			return nil, errSyntax
		}
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		n.words = append(n.words, w)
	}
}

func wordName(n *node) (string, bool) {
	if len(n.words) != 1 || len(n.assigns) > 0 {
		return "", false
	}
	return n.words[0].bare()
}

func (p *parser) functionBody(name string, line int) (*node, error) {
	if err := p.space(); err != nil {
		return nil, err
	}
	body, err := p.command()
	if err != nil {
		return nil, err
	}
	return &node{kind: function, line: line, name: name, kids: []*node{body}}, nil
}

// assignment looks at the text ahead: NAME= or NAME+=.
func (p *parser) assignment() (string, bool) {
	rest := p.src[p.pos:]
	i := 0
	for i < len(rest) && isName(rest[i], i) {
		i++
	}
	if i == 0 {
		return "", false
	}
	if strings.HasPrefix(rest[i:], "+=") {
		return rest[:i+1], true
	}
	return rest[:i], i < len(rest) && rest[i] == '='
}

func isName(c byte, i int) bool {
	return c == '_' || c|32 >= 'a' && c|32 <= 'z' || i > 0 && c >= '0' && c <= '9'
}

// array skips ( … ): arrays are not followed.
func (p *parser) array() (word, error) {
	p.pos++
	for {
		if err := p.space(); err != nil {
			return nil, err
		}
		if p.pos >= len(p.src) {
			return nil, errSyntax
		}
		if p.take(")") {
			return word{{kind: opaque, text: "the value of a shell array"}}, nil
		}
		if strings.IndexByte("(;&|<>", p.peek()) >= 0 {
			return nil, errSyntax
		}
		if _, err := p.word(); err != nil {
			return nil, err
		}
	}
}

// redirection parses one redirection, if there is one here.
func (p *parser) redirection(n *node) (bool, error) {
	start := p.pos
	digits := 0
	for digits < 3 && p.pos+digits < len(p.src) && p.src[p.pos+digits] >= '0' && p.src[p.pos+digits] <= '9' {
		digits++
	}
	fd := -1
	if digits > 0 {
		fd, _ = strconv.Atoi(p.src[p.pos : p.pos+digits])
		p.pos += digits
	}
	if c := p.peek(); c != '<' && c != '>' && !(digits == 0 && p.has("&>")) || p.has("<(") || p.has(">(") {
		p.pos = start
		return false, nil
	}
	r := redir{fd: 1}
	for _, op := range []string{"&>>", "&>", "<<<", "<<", "<>", "<&", "<", ">>", ">&", ">|", ">"} {
		if p.take(op) {
			r.op = op
			break
		}
	}
	if r.op[0] == '<' {
		r.fd = 0
	}
	if fd >= 0 {
		r.fd = fd
	}
	strip := r.op == "<<" && p.take("-")
	p.blanks()
	w, err := p.word()
	if err != nil {
		return false, err
	}
	r.to = w
	n.redirs = append(n.redirs, r)
	if r.op == "<<" {
		end, quoted := "", false
		for _, part := range w {
			if part.kind != lit {
				return false, errSyntax
			}
			end += part.text
			quoted = quoted || part.quoted
		}
		// The slice may grow before the body is read, so the body goes to a
		// redirection of its own.
		own := &redir{op: "<<", fd: r.fd}
		n.redirs[len(n.redirs)-1].doc = own
		p.docs = append(p.docs, heredoc{redir: own, end: end, quoted: quoted, strip: strip})
	}
	return true, nil
}
