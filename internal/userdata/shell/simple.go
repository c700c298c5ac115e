package shell

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// sink is where standard output goes: a file, a command, nowhere, or (zero)
// where it went before.
type sink struct {
	path string
	tree *node
	null bool
	open *opened
}

// begin notes that the sink's file is being written.
func (k *sink) begin(s *State) {
	if k.path != "" {
		k.open = &opened{path: k.path}
		s.open = append(slices.Clip(s.open), k.open)
	}
}

func (k sink) drain(s *State, out stream) stream {
	switch {
	case k.path != "":
		if k.open != nil {
			s.open = slices.DeleteFunc(slices.Clone(s.open), func(o *opened) bool { return o == k.open })
		}
		if len(out.pieces) > 0 {
			s.Write(k.path, true, out.pieces...)
		}
		if k.open != nil && k.open.clash {
			line := 0
			if len(out.pieces) > 0 {
				line = out.pieces[0].Line
			}
			s.replace(k.path, "a command reads or writes the file while another writes it", line)
		}
	case k.tree != nil:
		s.isolated(k.tree.line, func() { s.exec(k.tree, stream{pieces: out.pieces, known: true}) })
	case !k.null:
		return out
	}
	return stream{known: true}
}

// redirect opens what a command's redirections name.
func (s *State) redirect(n *node, in stream) (sink, stream) {
	var k sink
	for _, r := range n.redirs {
		if r.doc != nil {
			if r.fd == 0 {
				in = stream{pieces: []Piece{{Text: s.joined(r.doc.to), Line: r.doc.line, Step: true}}, known: true}
			}
			continue
		}
		target := s.joined(r.to)
		switch r.op {
		case "<<<":
			in = said(target+"\n", n.line)
		case "<":
			if len(r.to) == 1 && r.to[0].tree != nil {
				in = s.unsaid("the output of a process substitution", n.line)
			} else if r.fd == 0 {
				in = s.read(target, n.line)
			}
		case "<&", "<>":
		default:
			if next, ok := s.target(n, r, target); ok {
				k = next
			}
		}
	}
	k.begin(s)
	return k, in
}

// target handles one output redirection; ok is false if it does not concern
// standard output.
func (s *State) target(n *node, r redir, target string) (sink, bool) {
	out := r.fd == 1 || strings.HasPrefix(r.op, "&")
	if r.op == ">&" && (target == "-" || strings.Trim(target, "0123456789") == "") {
		return sink{null: true}, out && target != "1"
	}
	if len(r.to) == 1 && r.to[0].tree != nil {
		return sink{tree: r.to[0].tree}, out
	}
	if hole.Has(target) {
		hits := s.couldBeWatched(s.abs(target))
		for _, h := range hits {
			why := fmt.Sprintf("line %d writes to a file whose name is not known (%s)", n.line, s.holes.Why(target))
			s.Doubt(why, n.line)
			s.cloud(h, why, n.line)
		}
		return sink{null: true}, out
	}
	name := s.abs(target)
	if strings.HasPrefix(name, "/dev/") {
		return sink{null: true}, out
	}
	extend := strings.HasSuffix(r.op, ">>")
	if !out {
		if s.watched(name) {
			why := fmt.Sprintf("error messages are written to the file on line %d", n.line)
			s.cloud(name, why, n.line)
		}
		return sink{}, false
	}
	if !extend {
		s.Write(name, false)
	}
	return sink{path: name}, true
}

// read is the content of a file as far as scripts wrote it.
func (s *State) read(name string, line int) stream {
	if name == "/dev/null" {
		return stream{known: true}
	}
	if !hole.Has(name) && !s.busy(s.abs(name)) {
		if ps, ok := s.load(s.abs(name)); ok {
			return stream{pieces: ps, known: true}
		}
		if s.watched(s.abs(name)) {
			return stream{pieces: s.stray, known: true}
		}
	}
	return s.unsaid("the content of a file that line "+fmt.Sprint(line)+" reads", line)
}

// simple runs one simple command.
func (s *State) simple(n *node, in stream) (stream, fact.Tri) {
	args := s.arguments(n.words)
	if len(args) == 0 {
		for _, a := range n.assigns {
			s.assign(a)
		}
		k, _ := s.redirect(n, in)
		return k.drain(s, stream{known: true}), fact.Yes
	}
	name, _ := n.words[0].bare()
	k, in := s.redirect(n, in)
	if args[0] == "exec" && len(args) == 1 {
		if k.path != "" && s.watched(k.path) {
			why := fmt.Sprintf("line %d sends all further output to %s", n.line, k.path)
			s.Doubt(why, n.line)
			s.cloud(k.path, why, n.line)
		}
		k.drain(s, stream{known: true})
		return stream{known: true}, fact.Yes
	}
	saved := s.vars
	if len(n.assigns) > 0 && !slices.Contains([]string{"export", "readonly"}, name) {
		temp := s.clone()
		for _, a := range n.assigns {
			temp.assign(a)
		}
		s.vars = temp.vars
	}
	out, ok := s.run(args, in, n.line)
	if len(n.assigns) > 0 {
		s.vars = saved
	}
	return k.drain(s, out), ok
}

// arguments expands a command's words. Those of export and its like that are
// assignments are not split.
func (s *State) arguments(words []word) []string {
	if len(words) > 1 {
		switch name, _ := words[0].bare(); name {
		case "export", "readonly", "local", "declare", "typeset":
			args := []string{name}
			for _, w := range words[1:] {
				if w[0].kind == lit && !w[0].quoted && strings.Contains(w[0].text, "=") {
					args = append(args, s.joined(w))
				} else {
					args = append(args, s.split(w)...)
				}
			}
			return args
		}
	}
	return s.fields(words)
}

func (s *State) assign(a assign) {
	v := s.joined(a.value)
	if a.append {
		v = s.vars[a.name] + v
		if len(v) > maxText {
			v = s.holes.New("a text in the script is too long to follow")
		}
	}
	s.vars[a.name] = v
}

// run runs a command by its expanded arguments.
func (s *State) run(args []string, in stream, line int) (stream, fact.Tri) {
	args = s.unwrap(args)
	none := stream{known: true}
	if len(args) == 0 {
		return none, fact.Yes
	}
	if hole.Has(args[0]) {
		s.Foreign(fmt.Sprintf("line %d runs text that is not known (%s)", line, s.holes.Why(args[0])), line)
		return s.unsaid("the output of unknown text", line), fact.Unknown
	}
	if body, ok := s.funcs[args[0]]; ok {
		return s.callFunction(args, body, in, line)
	}
	name := args[0]
	dir := path.Dir(name)
	if strings.Contains(name, "/") {
		if !system(dir) {
			return s.program(name, args[1:], line)
		}
		name = path.Base(name)
	}
	if out, ok, done := s.builtin(name, args[1:], in, line); done {
		return out, ok
	}
	if out, ok, done := s.fileCommand(name, args[1:], in, line); done {
		return out, ok
	}
	return s.external(name, args[1:], in, line)
}

// system reports whether programs of a directory are known by their name alone:
// those of the system and of AWS's agents, which write their own settings only.
func system(dir string) bool {
	switch dir {
	case "/opt/aws/amazon-cloudwatch-agent/bin",
		"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/aws/bin", "/usr/libexec":
		return true
	}
	return false
}

// unwrap removes commands that run other commands: sudo, env, nohup, …
func (s *State) unwrap(args []string) []string {
	for len(args) > 0 {
		valued := ""
		switch path.Base(args[0]) {
		case "sudo":
			valued = "-u -g -U -C -h -p -r -t -D"
		case "env":
			valued = "-u -C"
		case "nohup", "time", "command", "builtin", "exec", "setsid", "busybox":
			if len(args) > 1 && (args[1] == "-v" || args[1] == "-V") {
				return []string{"which"}
			}
		case "cloud-init-per":
			return s.unwrap(args[min(3, len(args)):])
		case "nice", "ionice":
			valued = "-n -c"
		case "timeout", "stdbuf", "flock":
			valued = "-s -k -w"
		default:
			return args
		}
		positional := args[0] == "timeout" || args[0] == "flock"
		args = args[1:]
		for len(args) > 0 {
			a := args[0]
			switch {
			case strings.HasPrefix(a, "-") && len(a) > 1:
				if len(a) == 2 && strings.Contains(valued, a) && len(args) > 1 {
					args = args[1:]
				}
			case strings.Contains(a, "=") && !strings.Contains(a[:strings.Index(a, "=")], "/"):
			case positional:
				positional = false
			default:
				goto next
			}
			args = args[1:]
		}
	next:
	}
	return args
}

func (s *State) callFunction(args []string, body *node, in stream, line int) (out stream, ok fact.Tri) {
	if body == nil {
		s.Foreign(fmt.Sprintf("the function that line %d calls depends on a test", line), line)
		return s.unsaid("the output of a function", line), fact.Unknown
	}
	saved := s.args
	s.nested(line, func() {
		s.args = append([]string{}, args[1:]...)
		out, ok = s.exec(body, in)
	})
	s.args = saved
	return out, ok
}

// program runs a file by its path.
func (s *State) program(name string, args []string, line int) (stream, fact.Tri) {
	if ps, ok := s.load(s.abs(name)); ok && !hole.Has(name) {
		return s.runPieces(ps, args, line)
	}
	if strings.HasSuffix(name, "aws/install") { // the installer of the AWS CLI
		return stream{known: true}, fact.Yes
	}
	s.Foreign(fmt.Sprintf("line %d runs %s, whose content is not part of the user data", line, s.shown(name)), line)
	return s.unsaid("the output of "+s.shown(name), line), fact.Yes
}

// runPieces runs a script that a script wrote.
func (s *State) runPieces(ps []Piece, args []string, line int) (stream, fact.Tri) {
	text := stream{pieces: ps}.text()
	first, step := line, false
	if len(ps) > 0 {
		first, step = ps[0].Line, len(ps) == 1 && ps[0].Step
	}
	if !shellText(text) || slices.ContainsFunc(ps, func(p Piece) bool { return p.Maybe != "" }) {
		s.Foreign(fmt.Sprintf("line %d runs a program that cannot be followed", line), line)
		return s.unsaid("the output of a program", line), fact.Unknown
	}
	s.isolated(line, func() {
		s.args = append([]string{}, args...)
		s.text(Chunk{Text: text, Line: first, Step: step})
	})
	return s.unsaid("the output of a script", line), fact.Yes
}

// shellText reports whether a program is a shell script, or has no first line
// that says what it is.
func shellText(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(first, "#!") {
		return true
	}
	return slices.ContainsFunc(strings.Fields(first[2:]), func(f string) bool {
		switch path.Base(f) {
		case "sh", "bash", "dash", "ksh", "zsh":
			return true
		}
		return false
	})
}

// shown makes a text fit for a message: no holes, not too long.
func (s *State) shown(text string) string {
	text = strings.Map(func(r rune) rune {
		if hole.Is(r) {
			return '?'
		}
		return r
	}, text)
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:57], "") + "..."
	}
	return fmt.Sprintf("%q", text)
}
