package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// Bounds of the interpreter, far above what 16 KB of script do in earnest.
const (
	maxSteps  = 20_000
	maxBytes  = 4 << 20
	maxText   = 256 << 10 // one variable or one output
	maxPieces = 4096
	maxEnds   = 4
	maxUnroll = 64
	maxCalls  = 24 // depth of functions, sourced files and sh -c
)

// Chunk is script text with the line of the user data where it starts; Step says
// whether its newlines are newlines of the user data.
type Chunk struct {
	Text string
	Line int
	Step bool
}

// Run follows a script that is given in one or more chunks. An exit ends all of
// them. A program in another language than shell is foreign code.
func (s *State) Run(chunks ...Chunk) {
	if len(chunks) > 0 && !shellText(chunks[0].Text) {
		s.Foreign(fmt.Sprintf("the program on line %d is not a shell script", chunks[0].Line), chunks[0].Line)
		return
	}
	line := 0
	if len(chunks) > 0 {
		line = chunks[0].Line
	}
	outer := s.shared.traps
	s.shared.traps = nil
	s.isolated(line, func() {
		s.nested(line, func() {
			for _, c := range chunks {
				if !s.dead {
					s.text(c)
				}
			}
		})
		s.trapped()
	})
	s.shared.traps = outer
}

// action is what a script wants done on a signal or at its end.
type action struct {
	text string
	line int
}

// trap notes the action of the command trap, each once.
func (s *State) trap(args []string, line int) {
	args = operands(args, "")
	if len(args) < 2 || args[0] == "" || slices.ContainsFunc(s.shared.traps, func(a action) bool { return a.text == args[0] }) {
		return
	}
	s.shared.traps = append(s.shared.traps, action{text: args[0], line: line})
}

// trapped does what was to be done at the end, or does not: an action may have
// been replaced, or be for a signal that never came.
func (s *State) trapped() {
	for _, a := range s.shared.traps {
		s.Maybe(fmt.Sprintf("only if the trap of line %d runs", a.line), func() {
			s.nested(a.line, func() { s.inline(a.text, a.line) })
		})
	}
}

// text runs text in the present state.
func (s *State) text(c Chunk) {
	p := newParser(c.Text, c.Line, c.Step, s.shared.depth, &s.shared.nodes)
	tree, err := p.list()
	s.exec(tree, stream{})
	if err != nil && !s.dead {
		s.Foreign(fmt.Sprintf("the script cannot be read from line %d on: %v", p.line(), err), p.line())
	}
}

// Maybe does f, or not: why says on what it depends.
func (s *State) Maybe(why string, f func()) {
	t := s.clone()
	f()
	s.merge(t, why)
}

// nested runs f so that an exit or return within it ends f and not more.
func (s *State) nested(line int, f func()) {
	if s.shared.depth >= maxCalls {
		s.Foreign("the script calls itself too deeply to follow", line)
		return
	}
	ends, dead := s.ends, s.dead
	s.ends = nil
	s.shared.depth++
	f()
	s.shared.depth--
	for _, e := range s.ends {
		if s.dead {
			*s = *e.clone()
			continue
		}
		s.join(e, mayEnd)
	}
	s.ends, s.dead = ends, dead
}

// isolated is nested for code whose variables do not come back.
func (s *State) isolated(line int, f func()) {
	outer := s.clone()
	s.nested(line, f)
	s.vars, s.funcs, s.cwd, s.args = outer.vars, outer.funcs, outer.cwd, outer.args
}

// giveUp ends the script here because a bound was met; the bound stays met, so
// nothing after this point can write either.
func (s *State) giveUp(why string, line int) {
	if !s.lost {
		s.lost = true
		s.Foreign(why, line)
	}
	s.ends = joinEnds(s.ends, []*State{s.ended()})
	s.dead = true
}

// stream is what a command reads or writes. The zero stream is unknown text
// that nobody wrote: the terminal.
type stream struct {
	pieces []Piece
	known  bool
}

func (st stream) text() string {
	var b strings.Builder
	for _, p := range st.pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

func said(text string, line int) stream {
	return stream{pieces: []Piece{{Text: text, Line: line}}, known: true}
}

// unsaid is the output of a command that is not followed.
func (s *State) unsaid(why string, line int) stream {
	return stream{pieces: []Piece{s.blot(why, line)}, known: true}
}

// exec runs one node and returns what it writes to standard output and whether
// it succeeds.
func (s *State) exec(n *node, in stream) (out stream, ok fact.Tri) {
	if n == nil || s.dead {
		return stream{}, fact.Unknown
	}
	if s.shared.steps++; s.shared.steps > maxSteps {
		s.giveUp("the script is too long to follow", n.line)
		return stream{}, fact.Unknown
	}
	if n.kind != simple && len(n.redirs) > 0 {
		plain := *n
		plain.redirs = nil
		sink, in := s.redirect(n, in)
		out, ok = s.exec(&plain, in)
		return sink.drain(s, out), ok
	}
	ok = fact.Yes
	only := func(what string) string { return fmt.Sprintf("only if %s on line %d", what, n.line) }
	switch n.kind {
	case simple:
		return s.simple(n, in)
	case sequence:
		for _, k := range n.kids {
			var o stream
			o, ok = s.exec(k, in)
			out.pieces, out.known = append(out.pieces, o.pieces...), out.known || o.known
		}
		return out, ok
	case pipeline:
		return s.pipe(n, in)
	case and, or:
		out, ok = s.exec(n.kids[0], in)
		if n.kind == or {
			ok = ok.Not()
		}
		what := "the command before it succeeds"
		if n.kind == or {
			what = "the command before it fails"
		}
		o, second := s.either(ok, n.kids[1], nil, in, only(what))
		out.pieces, out.known = append(slices.Clip(out.pieces), o.pieces...), out.known || o.known
		if n.kind == or {
			return out, ok.Not().Or(second)
		}
		return out, ok.And(second)
	case not:
		out, ok = s.exec(n.kids[0], in)
		return out, ok.Not()
	case branch:
		_, ok = s.exec(n.kids[0], in)
		var other *node
		if len(n.kids) > 2 {
			other = n.kids[2]
		}
		if strict(n.kids[0]) {
			ok = fact.Unknown
		}
		return s.either(ok, n.kids[1], other, in, only("the test holds"))
	case loop:
		s.exec(n.kids[0], stream{})
		return s.repeat(n.kids[1], in, only("the loop runs"))
	case each:
		return s.each(n, in, only("the loop runs"))
	case choice:
		return s.choice(n, in, only("the case applies"))
	case group:
		return s.exec(n.kids[0], in)
	case subshell:
		s.isolated(n.line, func() { out, ok = s.exec(n.kids[0], in) })
		return out, ok
	case function:
		s.funcs[n.name] = n.kids[0]
		return out, fact.Yes
	case test:
		return out, s.evalTest(s.rawFields(n.words))
	default:
		return out, fact.Unknown
	}
}

// pipe runs the commands of a pipeline one after the other, each in a shell of
// its own.
func (s *State) pipe(n *node, in stream) (out stream, ok fact.Tri) {
	start := len(s.shared.trace)
	s.shared.pipes++
	for i, k := range n.kids {
		from := len(s.shared.trace)
		s.isolated(n.line, func() { out, ok = s.exec(k, in) })
		out.known = true
		in = out
		for j := range s.shared.trace[from:] {
			s.shared.trace[from+j].stage = i
		}
	}
	const why = "two commands of a pipeline use the file at the same time"
	for _, name := range races(s.shared.trace[start:]) {
		s.replace(name, why, n.line)
		out = s.unsaid(why, n.line)
	}
	if s.shared.pipes--; s.shared.pipes == 0 {
		s.shared.trace = nil
	}
	return out, ok
}

// strict reports whether a condition is a command whose success is assumed in
// a chain of && but is asked for here: "if yum install …".
func strict(n *node) bool {
	for n != nil && (n.kind == sequence || n.kind == not) && len(n.kids) > 0 {
		n = n.kids[len(n.kids)-1]
	}
	if n == nil || n.kind != simple || len(n.words) == 0 {
		return false
	}
	name, _ := n.words[0].bare()
	return name != "[" && name != "test" && name != "true" && name != "false" && name != ":"
}

// either runs yes or no, or both if nobody knows which.
func (s *State) either(cond fact.Tri, yes, no *node, in stream, why string) (stream, fact.Tri) {
	switch cond {
	case fact.Yes:
		return s.exec(yes, in)
	case fact.No:
		if no == nil {
			return stream{}, fact.Yes
		}
		return s.exec(no, in)
	}
	t := s.clone()
	a, okA := s.exec(yes, in)
	b, okB := stream{}, fact.Yes
	if no != nil {
		b, okB = t.exec(no, in)
	}
	if s.dead && !t.dead && len(a.pieces) == 0 || t.dead && !s.dead && len(b.pieces) == 0 {
		a.pieces = append(a.pieces, b.pieces...)
	} else {
		a.pieces = joinPieces(a.pieces, b.pieces, why)
	}
	a.known = a.known || b.known
	s.merge(t, why)
	if okA != okB {
		okA = fact.Unknown
	}
	return a, okA
}

// repeat runs a body that may run any number of times, also none: once to see
// which variables it changes, and once with those unknown.
func (s *State) repeat(body *node, in stream, why string) (stream, fact.Tri) {
	probe := s.clone()
	probe.exec(body, in)
	t := s.clone()
	for k, v := range probe.vars {
		if w, ok := s.vars[k]; !ok || v != w {
			t.vars[k] = s.holes.New("the shell variable " + k + " changes in a loop")
		}
	}
	out, _ := t.exec(body, in)
	out.pieces = maybe(out.pieces, why)
	s.merge(t, why)
	return out, fact.Unknown
}

func (s *State) each(n *node, in stream, why string) (out stream, ok fact.Tri) {
	items := s.fields(n.words)
	exact := len(items) <= maxUnroll && !jumps(n.kids[0])
	for _, f := range items {
		exact = exact && !hole.Has(f) && !strings.ContainsAny(f, "*?[")
	}
	if !exact {
		s.vars[n.name] = s.holes.New("the shell variable " + n.name + " changes in a loop")
		return s.repeat(n.kids[0], in, why)
	}
	for _, f := range items {
		s.vars[n.name] = f
		o, _ := s.exec(n.kids[0], in)
		out.pieces, out.known = append(out.pieces, o.pieces...), out.known || o.known
	}
	return out, fact.Yes
}

// jumps reports whether a loop's body may leave the loop.
func jumps(n *node) bool {
	if n.kind == simple && len(n.words) > 0 {
		if name, _ := n.words[0].bare(); name == "break" || name == "continue" {
			return true
		}
	}
	return slices.ContainsFunc(n.kids, jumps)
}

func (s *State) choice(n *node, in stream, why string) (stream, fact.Tri) {
	subject := strings.Join(s.fields(n.words), " ")
	match := fact.Unknown
	for i, arm := range n.arms {
		match = fact.No
		for _, pattern := range arm {
			text := strings.Join(s.fields([]word{pattern}), " ")
			switch {
			case text == "*" && !hole.Has(text):
				match = fact.Yes
			case hole.Has(text) || hole.Has(subject) || strings.ContainsAny(text, "*?["):
				match = match.Or(fact.Unknown)
			case text == subject:
				match = fact.Yes
			}
		}
		if match == fact.No {
			continue
		}
		rest := &node{kind: choice, line: n.line, words: n.words, arms: n.arms[i+1:], kids: n.kids[i+1:]}
		return s.either(match, n.kids[i], rest, in, why)
	}
	return stream{}, fact.Yes
}
