package shell

import "strings"

// word1 takes a reserved word if it stands here.
func (p *parser) word1(w string) bool {
	p.blanks()
	if p.closes([]string{w}) {
		p.pos += len(w)
		return true
	}
	return false
}

// compound parses a command that begins with a reserved word; nil if there is none.
func (p *parser) compound() (*node, error) {
	n := &node{line: p.line()}
	switch {
	case p.has("(("):
		end := strings.Index(p.src[p.pos:], "))")
		if end < 0 || strings.Contains(p.src[p.pos:p.pos+end], "\n") {
			break
		}
		p.pos += end + 2
		n.kind = arith
		return n, nil
	case p.word1("[["):
		n.kind = test
		return n, p.tests(n)
	case p.word1("if"):
		return p.ifTail(n.line)
	case p.word1("while"), p.word1("until"):
		n.kind = loop
		return n, p.steps(n, "do", "done")
	case p.word1("for"), p.word1("select"):
		return n, p.forTail(n)
	case p.word1("case"):
		return n, p.caseTail(n)
	case p.word1("function"):
		p.blanks()
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		name, ok := w.bare()
		if !ok {
			return nil, errSyntax
		}
		p.blanks()
		if p.take("(") {
			if p.blanks(); !p.take(")") {
				return nil, errSyntax
			}
		}
		return p.functionBody(name, n.line)
	case p.word1("{"):
		n.kind = group
		return n, p.steps(n, "}")
	}
	if p.peek() == '(' {
		p.pos++
		n.kind = subshell
		return n, p.steps(n, ")")
	}
	return nil, nil
}

// steps parses one list per closing word, each up to its word.
func (p *parser) steps(n *node, closers ...string) error {
	for _, c := range closers {
		kid, err := p.list(c)
		if err != nil {
			return err
		}
		n.kids = append(n.kids, kid)
		p.pos += len(c)
	}
	return nil
}

func (p *parser) ifTail(line int) (*node, error) {
	n := &node{kind: branch, line: line}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.steps(n, "then"); err != nil {
		return nil, err
	}
	then, err := p.list("elif", "else", "fi")
	if err != nil {
		return nil, err
	}
	n.kids = append(n.kids, then)
	switch {
	case p.word1("elif"):
		kid, err := p.ifTail(p.line())
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, kid)
	case p.word1("else"):
		if err := p.steps(n, "fi"); err != nil {
			return nil, err
		}
	default:
		p.word1("fi")
	}
	return n, nil
}

func (p *parser) forTail(n *node) error {
	n.kind = each
	p.blanks()
	if p.has("((") {
		// A counting loop runs an unknown number of times.
		end := strings.Index(p.src[p.pos:], "))")
		if end < 0 {
			return errSyntax
		}
		p.pos += end + 2
		n.kind = loop
		n.kids = append(n.kids, &node{kind: arith, line: n.line})
	} else {
		w, err := p.word()
		if err != nil {
			return err
		}
		name, ok := w.bare()
		if !ok {
			return errSyntax
		}
		n.name = name
		if err := p.space(); err != nil {
			return err
		}
		if p.word1("in") {
			for p.blanks(); p.pos < len(p.src) && p.peek() != '\n' && p.peek() != ';'; p.blanks() {
				w, err := p.word()
				if err != nil {
					return err
				}
				n.words = append(n.words, w)
			}
		} else {
			n.words = []word{{{kind: opaque, text: "the arguments of the script"}}}
		}
	}
	p.blanks()
	p.take(";")
	if err := p.space(); err != nil {
		return err
	}
	if p.word1("{") {
		return p.steps(n, "}")
	}
	if !p.word1("do") {
		return errSyntax
	}
	return p.steps(n, "done")
}

func (p *parser) caseTail(n *node) error {
	n.kind = choice
	p.blanks()
	w, err := p.word()
	if err != nil {
		return err
	}
	n.words = []word{w}
	if err := p.space(); err != nil {
		return err
	}
	if !p.word1("in") {
		return errSyntax
	}
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.word1("esac") {
			return nil
		}
		p.take("(")
		var patterns []word
		for {
			p.blanks()
			w, err := p.word()
			if err != nil {
				return err
			}
			patterns = append(patterns, w)
			p.blanks()
			if p.take(")") {
				break
			}
			if !p.take("|") {
				return errSyntax
			}
		}
		kid, err := p.list(";;", ";&", "esac")
		if err != nil {
			return err
		}
		n.arms = append(n.arms, patterns)
		n.kids = append(n.kids, kid)
		if p.has(";&") {
			return errSyntax
		}
		p.take(";;")
		p.take("&")
	}
}

// tests reads the words of [[ … ]]; its operators are words here.
func (p *parser) tests(n *node) error {
	for {
		if err := p.space(); err != nil {
			return err
		}
		switch {
		case p.pos >= len(p.src):
			return errSyntax
		case p.word1("]]"):
			return nil
		}
		if strings.IndexByte("&|()<>;", p.peek()) >= 0 {
			n.words = append(n.words, word{{kind: opaque, text: "an operator"}})
			p.pos++
			continue
		}
		w, err := p.word()
		if err != nil {
			return err
		}
		n.words = append(n.words, w)
	}
}
