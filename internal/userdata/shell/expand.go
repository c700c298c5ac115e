package shell

import (
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// fields expands words and splits them as the shell does.
func (s *State) fields(words []word) []string {
	var out []string
	for _, w := range words {
		out = append(out, s.split(w)...)
	}
	return out
}

// rawFields expands words without splitting: one field each, as in [[ ]].
func (s *State) rawFields(words []word) []string {
	var out []string
	for _, w := range words {
		out = append(out, s.joined(w))
	}
	return out
}

// joined expands a word to one text without splitting: assignments,
// redirections, here-documents.
func (s *State) joined(w word) string {
	var b strings.Builder
	for i, p := range w {
		if p.kind == lit && !p.quoted && i == 0 {
			p.text = s.tilde(p.text)
		}
		b.WriteString(s.part(p))
	}
	if b.Len() > maxText {
		return s.holes.New("a text in the script is too long to follow")
	}
	return b.String()
}

func (s *State) tilde(text string) string {
	if text == "~" || strings.HasPrefix(text, "~/") {
		return "/root" + text[1:]
	}
	return text
}

func (s *State) split(w word) []string {
	var out []string
	var b strings.Builder
	open, braces, size := false, 0, 0
	emit := func() {
		if open {
			out = append(out, b.String())
			b.Reset()
			open = false
		}
	}
	for i, p := range w {
		if p.kind == param && p.text == "@" && p.op == "" && p.quoted && s.args != nil {
			for j, a := range s.args {
				if j > 0 {
					emit()
				}
				b.WriteString(a)
				open = true
			}
			continue
		}
		if p.kind == lit && !p.quoted {
			if i == 0 {
				p.text = s.tilde(p.text)
			}
			// Brace expansion makes several words of {a,b}: not followed.
			for k := range len(p.text) {
				switch c := p.text[k]; {
				case c == '{':
					braces++
				case c == '}':
					braces--
				case braces > 0 && (c == ',' || c == '.' && strings.HasPrefix(p.text[k:], "..")):
					if braceEnds(w, i, k) {
						return []string{s.holes.New("a brace expansion of the shell")}
					}
				}
			}
		}
		text := s.part(p)
		if size += len(text); size > maxText {
			return []string{s.holes.New("a text in the script is too long to follow")}
		}
		if p.kind == lit || p.quoted {
			b.WriteString(text)
			open = true
			continue
		}
		for _, r := range text {
			if r == ' ' || r == '\t' || r == '\n' {
				emit()
				continue
			}
			b.WriteRune(r)
			open = true
		}
	}
	emit()
	return out
}

// braceEnds reports whether an unquoted } follows.
func braceEnds(w word, i, k int) bool {
	for j := i; j < len(w); j++ {
		if w[j].kind != lit || w[j].quoted {
			continue
		}
		text := w[j].text
		if j == i {
			text = text[k:]
		}
		if strings.Contains(text, "}") {
			return true
		}
	}
	return false
}

func (s *State) part(p part) string {
	switch p.kind {
	case lit:
		return p.text
	case param:
		return s.param(p)
	case output:
		line := p.tree.line
		var out stream
		s.isolated(line, func() { out, _ = s.exec(p.tree, stream{known: true}) })
		for _, piece := range out.pieces {
			if piece.Maybe != "" {
				return s.holes.New("the output of a command depends on a test")
			}
		}
		return strings.TrimRight(out.text(), "\n")
	default:
		return s.holes.New(p.text)
	}
}

func (s *State) param(p part) string {
	v, set := s.vars[p.text]
	if c := p.text[0]; !isName(c, 0) {
		v, set = s.special(p.text)
	}
	if !set && p.text == "HOME" {
		v, set = "/root", true
	}
	arg := func() string { return s.joined(p.arg) }
	switch {
	case p.op == "":
		if set {
			return v
		}
		return s.holes.New("the shell variable " + p.text + " is not set in the script")
	case p.op == "?" || hole.Has(v):
		return s.holes.New("a shell expansion of the variable " + p.text)
	case strings.HasSuffix(p.op, "+"):
		if !set {
			return s.holes.New("the shell variable " + p.text + " is not set in the script")
		}
		if p.op == ":+" && v == "" {
			return ""
		}
		return arg()
	case set && (v != "" || p.op[0] != ':'):
		return v
	case !set && environment(p.text):
		return s.holes.New("the shell variable " + p.text + " is not set in the script")
	}
	v = arg()
	if strings.HasSuffix(p.op, "=") {
		s.vars[p.text] = v
	}
	return v
}

// environment lists variables that cloud-init's environment may set; a default
// in ${NAME:-…} is used for all others.
func environment(name string) bool {
	switch name {
	case "PATH", "HOME", "USER", "SHELL", "LANG", "PWD", "HOSTNAME", "INSTANCE_ID", "TERM", "LOGNAME", "OLDPWD", "IFS":
		return true
	}
	return strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "BASH")
}

func (s *State) special(name string) (string, bool) {
	if n, err := strconv.Atoi(name); err == nil && s.args != nil && n > 0 {
		if n <= len(s.args) {
			return s.args[n-1], true
		}
		return "", true
	}
	switch {
	case s.args != nil && (name == "@" || name == "*"):
		return strings.Join(s.args, " "), true
	case s.args != nil && name == "#":
		return strconv.Itoa(len(s.args)), true
	}
	return "", false
}

// evalTest evaluates the arguments of [ ], test and [[ ]] as far as they compare
// known texts; everything about the machine is unknown.
func (s *State) evalTest(args []string) fact.Tri {
	if len(args) > 0 && args[0] == "!" {
		return s.evalTest(args[1:]).Not()
	}
	for _, a := range args {
		if hole.Has(a) {
			return fact.Unknown
		}
	}
	switch len(args) {
	case 0:
		return fact.No
	case 1:
		return fact.Of(args[0] != "")
	case 2:
		switch args[0] {
		case "-n":
			return fact.Of(args[1] != "")
		case "-z":
			return fact.Of(args[1] == "")
		}
	case 3:
		a, op, b := args[0], args[1], args[2]
		if strings.ContainsAny(b, "*?[") {
			return fact.Unknown
		}
		switch op {
		case "=", "==":
			return fact.Of(a == b)
		case "!=":
			return fact.Of(a != b)
		}
		x, err1 := strconv.Atoi(a)
		y, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil {
			return fact.Unknown
		}
		switch op {
		case "-eq":
			return fact.Of(x == y)
		case "-ne":
			return fact.Of(x != y)
		case "-lt":
			return fact.Of(x < y)
		case "-le":
			return fact.Of(x <= y)
		case "-gt":
			return fact.Of(x > y)
		case "-ge":
			return fact.Of(x >= y)
		}
	}
	return fact.Unknown
}
