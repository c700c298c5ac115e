package shell

import "strings"

// word parses one word: everything up to a blank or an operator outside quotes.
func (p *parser) word() (word, error) {
	var w word
	text := func(s string, quoted bool) {
		if k := len(w) - 1; k >= 0 && w[k].kind == lit && w[k].quoted == quoted {
			w[k].text += s
			return
		}
		w = append(w, part{kind: lit, text: s, quoted: quoted})
	}
	start := p.pos
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		switch {
		case p.has("<(") || p.has(">("):
			p.pos += 2
			tree, err := p.list(")")
			if err != nil {
				return nil, err
			}
			p.pos++
			w = append(w, part{kind: opaque, text: "a process substitution", quoted: true, tree: tree})
		case strings.IndexByte(" \t\r\n;&|<>()", c) >= 0:
			if p.pos == start {
				return nil, errSyntax
			}
			return w, nil
		case c == '\\':
			p.pos++
			if p.pos >= len(p.src) {
				text(`\`, true)
			} else if p.src[p.pos] == '\n' {
				p.pos++
			} else {
				n := runeLen(p.src[p.pos:])
				text(p.src[p.pos:p.pos+n], true)
				p.pos += n
			}
		case c == '\'' || p.has("$'"):
			ansi := c == '$'
			if ansi {
				p.pos++
			}
			p.pos++
			end := p.closeQuote(ansi)
			if end < 0 {
				return nil, errSyntax
			}
			s := p.src[p.pos:end]
			if ansi {
				s, _ = unescape(strings.ReplaceAll(s, `\'`, `'`))
			}
			text(s, true)
			p.pos = end + 1
		case c == '"' || p.has(`$"`):
			p.pos += 1 + strings.Index(p.src[p.pos:], `"`)
			parts, err := p.quotedUntil('"')
			if err != nil {
				return nil, err
			}
			if len(parts) == 0 {
				text("", true)
			}
			w = append(w, parts...)
		case c == '$' || c == '`':
			part, err := p.dollar(false)
			if err != nil {
				return nil, err
			}
			w = append(w, part)
		default:
			n := runeLen(p.src[p.pos:])
			text(p.src[p.pos:p.pos+n], false)
			p.pos += n
		}
	}
	if p.pos == start {
		return nil, errSyntax
	}
	return w, nil
}

// closeQuote finds the single quote that closes the text here; -1 if none does.
func (p *parser) closeQuote(ansi bool) int {
	for i := p.pos; i < len(p.src); i++ {
		switch {
		case ansi && p.src[i] == '\\':
			i++
		case p.src[i] == '\'':
			return i
		}
	}
	return -1
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// quotedUntil parses text in which only $, ` and \ are special, up to the
// closing byte (which is taken), or to the end if end is 0 (here-documents).
func (p *parser) quotedUntil(end byte) (word, error) {
	var w word
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			w = append(w, part{kind: lit, quoted: true, text: b.String()})
			b.Reset()
		}
	}
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		switch {
		case c == end && end != 0:
			p.pos++
			flush()
			return w, nil
		case c == '\\' && p.pos+1 < len(p.src):
			switch d := p.src[p.pos+1]; {
			case d == '\n':
			case d == '$' || d == '`' || d == '\\' || d == '"' && end != 0:
				b.WriteByte(d)
			default:
				b.WriteByte(c)
				p.pos++
				continue
			}
			p.pos += 2
		case c == '$' || c == '`':
			flush()
			part, err := p.dollar(true)
			if err != nil {
				return nil, err
			}
			w = append(w, part)
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	if end != 0 {
		return nil, errSyntax
	}
	flush()
	return w, nil
}

// dollar parses an expansion: $name, ${…}, $(…), $((…)) or `…`.
func (p *parser) dollar(quoted bool) (part, error) {
	if err := p.enter(); err != nil {
		return part{}, err
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("$(("):
		depth := 2
		for ; p.pos < len(p.src) && depth > 0; p.pos++ {
			switch p.src[p.pos] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		if depth > 0 {
			return part{}, errSyntax
		}
		return part{kind: opaque, text: "the result of shell arithmetic", quoted: quoted}, nil
	case p.take("$("):
		tree, err := p.list(")")
		if err != nil {
			return part{}, err
		}
		p.pos++
		return part{kind: output, tree: tree, quoted: quoted}, nil
	case p.has("`"):
		return p.backquote(quoted)
	case p.take("${"):
		return p.braced(quoted)
	}
	p.pos++
	rest := p.src[p.pos:]
	n := 0
	for n < len(rest) && isName(rest[n], n) {
		n++
	}
	if n == 0 && rest != "" && strings.IndexByte("0123456789@*#?$!-", rest[0]) >= 0 {
		n = 1
	}
	if n == 0 {
		return part{kind: lit, text: "$", quoted: true}, nil
	}
	p.pos += n
	return part{kind: param, text: rest[:n], quoted: quoted}, nil
}

func (p *parser) backquote(quoted bool) (part, error) {
	line := p.line()
	var b strings.Builder
	for i := p.pos + 1; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case c == '`':
			p.pos = i + 1
			q := newParser(b.String(), line, false, p.depth, p.nodes)
			tree, err := q.list()
			return part{kind: output, tree: tree, quoted: quoted}, err
		case c == '\\' && i+1 < len(p.src) && strings.IndexByte("$`\\", p.src[i+1]) >= 0:
			i++
			b.WriteByte(p.src[i])
		default:
			b.WriteByte(c)
		}
	}
	return part{}, errSyntax
}

// braced parses what follows "${".
func (p *parser) braced(quoted bool) (part, error) {
	rest := p.src[p.pos:]
	n := 0
	for n < len(rest) && isName(rest[n], n) {
		n++
	}
	if n == 0 {
		for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || n == 0 && strings.IndexByte("@*#!?$-", rest[n]) >= 0) {
			n++
		}
	}
	if n == 0 {
		return part{}, errSyntax
	}
	out := part{kind: param, text: rest[:n], quoted: quoted}
	p.pos += n
	if p.take("}") {
		return out, nil
	}
	for _, op := range []string{":-", ":=", ":+", "-", "=", "+"} {
		if p.take(op) {
			out.op = op
			break
		}
	}
	if out.op == "" {
		out.op = "?"
	}
	w, err := p.quotedUntil('}')
	if err != nil {
		return part{}, err
	}
	// Quotes inside the braces are removed when the shell expands the word;
	// single quotes are ordinary letters between double quotes.
	for i := range w {
		if w[i].kind != lit {
			continue
		}
		w[i].text = strings.ReplaceAll(w[i].text, `"`, "")
		if !quoted {
			w[i].text = strings.ReplaceAll(w[i].text, `'`, "")
		}
	}
	out.arg = w
	return out, nil
}

// unescape follows the escapes of echo -e, printf %b and $'…'; stop reports a \c.
func unescape(s string) (out string, stop bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'c' {
			return b.String(), true
		}
		if k := strings.IndexByte(`abefnrtv\`, s[i]); k >= 0 {
			b.WriteByte("\a\b\x1b\f\n\r\t\v\\"[k])
			continue
		}
		base, width, j := 8, 3, i
		switch {
		case s[i] == 'x':
			base, width, j = 16, 2, i+1
		case s[i] == '0':
			j = i + 1
		case s[i] < '1' || s[i] > '7':
			b.WriteByte('\\')
			b.WriteByte(s[i])
			continue
		}
		v, k := 0, j
		for ; k < len(s) && k-j < width; k++ {
			d := strings.Index("0123456789abcdef", strings.ToLower(s[k:k+1]))
			if d < 0 || d >= base {
				break
			}
			v = v*base + d
		}
		if k == j && base == 16 {
			b.WriteString(`\x`)
			continue
		}
		if v >= 0x80 || v == 0 {
			v = '?' // bytes outside ASCII never matter to a setting
		}
		b.WriteByte(byte(v))
		i = k - 1
	}
	return b.String(), false
}
