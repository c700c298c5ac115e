package shell

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// builtin runs the commands of the shell itself and those that run shell text.
func (s *State) builtin(name string, args []string, in stream, line int) (out stream, ok fact.Tri, done bool) {
	out = stream{known: true}
	switch name {
	case ":", "true", "set", "shopt", "trap", "umask", "wait", "ulimit", "alias", "hash", "shift", "getopts":
		switch name {
		case "shift":
			s.args = nil
		case "trap":
			s.trap(args, line)
		}
		if name == "set" && len(args) > 0 && args[0] == "--" {
			s.args = append([]string{}, args[1:]...)
		}
		return out, fact.Yes, true
	case "false":
		return out, fact.No, true
	case "[", "test":
		if name == "[" && len(args) > 0 {
			args = args[:len(args)-1]
		}
		return out, s.evalTest(args), true
	case "export", "readonly", "local", "declare", "typeset":
		for _, a := range args {
			if k, v, ok := strings.Cut(a, "="); ok {
				s.vars[k] = v
			} else if name == "local" {
				s.vars[a] = ""
			}
		}
		return out, fact.Yes, true
	case "unset":
		for _, a := range args {
			delete(s.vars, a)
		}
		return out, fact.Yes, true
	case "read", "mapfile", "readarray":
		for _, a := range args {
			s.vars[a] = s.holes.New(fmt.Sprintf("the shell variable %s is read on line %d", s.shown(a), line))
		}
		return out, fact.Unknown, true
	case "cd", "pushd":
		s.cwd = "/root"
		if len(args) > 0 {
			s.cwd = s.abs(args[len(args)-1])
		}
		return out, fact.Yes, true
	case "popd":
		s.cwd = "/" + s.holes.New("the working directory after popd")
		return out, fact.Yes, true
	case "exit", "return":
		if len(args) == 0 || args[0] == "0" || hole.Has(args[0]) || name == "return" {
			s.ends = joinEnds(s.ends, []*State{s.ended()})
		} // A script that fails on a side way is taken not to get there.
		s.dead = true
		return out, fact.Yes, true
	case "echo":
		return said(echo(args), line), fact.Yes, true
	case "printf":
		return s.printf(args, line), fact.Yes, true
	case "eval":
		s.inline(strings.Join(args, " "), line)
		return s.unsaid("the output of eval", line), fact.Unknown, true
	case "source", ".":
		s.source(args, line)
		return out, fact.Yes, true
	case "sh", "bash", "dash", "ksh", "zsh", "su", "runuser":
		return s.shell(name, args, in, line)
	}
	return out, fact.Unknown, false
}

// ended is a copy of the present state for the list of ends.
func (s *State) ended() *State {
	c := s.clone()
	c.ends, c.dead = nil, false
	return c
}

func (s *State) inline(text string, line int) {
	if hole.Only(text) {
		s.Foreign(fmt.Sprintf("line %d runs text that is not known (%s)", line, s.holes.Why(text)), line)
		return
	}
	if s.shared.depth >= maxCalls {
		s.Foreign("the script calls itself too deeply to follow", line)
		return
	}
	p := newParser(text, line, false, s.shared.depth, &s.shared.nodes)
	tree, err := p.list()
	s.shared.depth++
	s.exec(tree, stream{})
	s.shared.depth--
	if err != nil {
		s.Foreign(fmt.Sprintf("the shell text on line %d cannot be read: %v", line, err), line)
	}
}

func (s *State) source(args []string, line int) {
	if len(args) == 0 {
		return
	}
	name := s.abs(args[0])
	if ps, ok := s.load(name); ok && !hole.Has(name) {
		for _, p := range ps {
			if p.Maybe != "" {
				s.Foreign(fmt.Sprintf("line %d sources a file whose content depends on a test", line), line)
				return
			}
		}
		s.nested(line, func() { s.inline(stream{pieces: ps}.text(), line) })
		return
	}
	// Files of the system set variables and nothing else.
	harmless := false
	for _, p := range []string{"/etc/os-release", "/usr/lib/os-release", "/etc/profile", "/etc/environment", "/etc/bashrc", "/root/.bash", "/root/.profile", "/etc/sysconfig/", "/etc/default/", "/etc/ecs/"} {
		harmless = harmless || strings.HasPrefix(name, p)
	}
	for k := range s.vars {
		s.vars[k] = s.holes.New("a sourced file may set the shell variable " + k)
	}
	if !harmless {
		s.Foreign(fmt.Sprintf("line %d sources %s, whose content is not part of the user data", line, s.shown(args[0])), line)
	}
}

// shell runs sh -c TEXT, sh FILE, sh < FILE and … | sh.
func (s *State) shell(name string, args []string, in stream, line int) (stream, fact.Tri, bool) {
	none := stream{known: true}
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-c" || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.HasSuffix(a, "c"):
			if i+1 == len(args) {
				return none, fact.Unknown, true
			}
			var out stream
			s.isolated(line, func() {
				p := newParser(args[i+1], line, false, s.shared.depth, &s.shared.nodes)
				tree, err := p.list()
				if hole.Only(args[i+1]) {
					s.Foreign(fmt.Sprintf("line %d runs text that is not known (%s)", line, s.holes.Why(args[i+1])), line)
					return
				}
				out, _ = s.exec(tree, in)
				if err != nil {
					s.Foreign(fmt.Sprintf("the shell text on line %d cannot be read: %v", line, err), line)
				}
			})
			return out, fact.Yes, true
		case strings.HasPrefix(a, "-") && a != "-" && a != "-s":
			if a == "-o" || a == "+o" {
				i++
			}
		case name == "su" || name == "runuser":
		case a == "-" || a == "-s":
			i = len(args)
		default:
			if ps, ok := s.load(s.abs(a)); ok && !hole.Has(a) {
				out, t := s.runPieces(ps, args[i+1:], line)
				return out, t, true
			}
			s.Foreign(fmt.Sprintf("line %d runs %s, whose content is not part of the user data", line, s.shown(a)), line)
			return s.unsaid("the output of a script", line), fact.Yes, true
		}
	}
	if name == "su" || name == "runuser" || !in.known && len(in.pieces) == 0 {
		return none, fact.Yes, true
	}
	out, t := s.runPieces(in.pieces, nil, line)
	return out, t, true
}

// echo follows bash, which is /bin/sh on Amazon Linux too: escapes only with -e.
func echo(args []string) string {
	newline, escapes := true, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		for _, c := range args[0][1:] {
			switch c {
			case 'n':
				newline = false
			case 'e':
				escapes = true
			case 'E':
				escapes = false
			}
		}
		args = args[1:]
	}
	text := strings.Join(args, " ")
	if escapes {
		var stop bool
		if text, stop = unescape(text); stop {
			return text
		}
	}
	if newline {
		text += "\n"
	}
	return text
}

// printf follows %s, %b, %d, %i, %q-free formats; others make the output unknown.
func (s *State) printf(args []string, line int) stream {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return stream{known: true}
	}
	if args[0] == "-v" {
		if len(args) > 1 {
			s.vars[args[1]] = s.holes.New("the result of printf -v")
		}
		return stream{known: true}
	}
	format, rest := args[0], args[1:]
	var b strings.Builder
	for first := true; first || len(rest) > 0; first = false {
		before := len(rest)
		for i := 0; i < len(format); i++ {
			c := format[i]
			if c == '\\' {
				j := i + 2
				for j < len(format) && j < i+4 && strings.IndexByte("0123456789abcdefABCDEF", format[j]) >= 0 {
					j++
				}
				if i+1 < len(format) && strings.IndexByte("x01234567", format[i+1]) < 0 {
					j = i + 2
				}
				text, stop := unescape(format[i:min(j, len(format))])
				b.WriteString(strings.ReplaceAll(text, `\"`, `"`))
				if stop {
					return said(b.String(), line)
				}
				i = j - 1
				continue
			}
			if c != '%' || i+1 == len(format) {
				b.WriteByte(c)
				continue
			}
			i++
			arg := ""
			if format[i] != '%' && len(rest) > 0 {
				arg, rest = rest[0], rest[1:]
			}
			switch format[i] {
			case '%':
				b.WriteByte('%')
			case 's':
				b.WriteString(arg)
			case 'b':
				text, stop := unescape(arg)
				b.WriteString(text)
				if stop {
					return said(b.String(), line)
				}
			case 'd', 'i':
				if arg == "" {
					arg = "0"
				}
				if strings.Trim(arg, "0123456789") != "" || arg[0] == '0' && arg != "0" {
					return s.unsaid("a number that printf prints", line)
				}
				b.WriteString(arg)
			default:
				return s.unsaid("the output of printf", line)
			}
			if b.Len() > maxText {
				return s.unsaid("the output of printf, which is too long", line)
			}
		}
		if len(rest) == before {
			break
		}
	}
	return said(b.String(), line)
}
