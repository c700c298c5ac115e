package shell

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// fileCommand runs commands that read or write files.
func (s *State) fileCommand(name string, args []string, in stream, line int) (out stream, ok fact.Tri, done bool) {
	out, ok = stream{known: true}, fact.Yes
	switch name {
	case "cat":
		return s.cat(args, in, line), ok, true
	case "tee":
		return s.tee(args, in, line), ok, true
	case "sed":
		return s.sed(args, in, line), ok, true
	case "cp", "mv", "install", "ln":
		if name == "ln" && s.links(operands(args, "-S --suffix")) {
			s.giveUp(fmt.Sprintf("line %d gives a file of interest another name, under which writing is not followed", line), line)
			return out, ok, true
		}
		s.copy(name, args, line)
		return out, ok, true
	case "rm", "unlink", "truncate", "shred":
		for _, a := range operands(args, "-s") {
			s.remove(a, line)
		}
		return out, ok, true
	case "touch":
		for _, a := range operands(args, "-d -t -r") {
			if p := s.abs(a); !hole.Has(a) && s.watched(p) {
				s.Write(p, true)
			}
		}
		return out, ok, true
	case "aws":
		return s.aws(args, line), ok, true
	case "curl", "wget":
		s.download(name, args, line)
		return s.unsaid("the output of "+name, line), fact.Unknown, true
	case "tar", "unzip", "rsync", "bsdtar", "cpio":
		s.unpack(name, args, line)
		return s.unsaid("the output of "+name, line), ok, true
	}
	return out, ok, false
}

// links reports whether ln makes a second name for a watched file, or for a
// directory above one.
func (s *State) links(ops []string) bool {
	return len(ops) > 0 && slices.ContainsFunc(ops[:max(1, len(ops)-1)], func(a string) bool {
		p := s.abs(a)
		return s.watched(p) || slices.ContainsFunc(s.shared.watch, func(w string) bool { return strings.HasPrefix(w, strings.TrimSuffix(p, "/")+"/") })
	})
}

// operands drops options; valued lists those that take the next argument.
func operands(args []string, valued string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return append(out, args[i+1:]...)
		case strings.HasPrefix(a, "-") && len(a) > 1:
			if slices.Contains(strings.Fields(valued), a) {
				i++
			}
		default:
			out = append(out, a)
		}
	}
	return out
}

func (s *State) cat(args []string, in stream, line int) (out stream) {
	out.known = true
	files := operands(args, "")
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, f := range files {
		from := in
		if f != "-" {
			from = s.read(f, line)
		} else if !in.known {
			from = s.unsaid("the standard input of cat", line)
		}
		out.pieces = append(out.pieces, from.pieces...)
	}
	if slices.ContainsFunc(args, func(a string) bool { return a != "-" && strings.HasPrefix(a, "-") }) {
		return s.unsaid("the output of cat with options", line)
	}
	return out
}

func (s *State) tee(args []string, in stream, line int) stream {
	if !in.known {
		in = s.unsaid("the standard input of tee", line)
	}
	extend := slices.Contains(args, "-a") || slices.Contains(args, "--append") || slices.Contains(args, "-ai") || slices.Contains(args, "-ia")
	op := ">"
	if extend {
		op = ">>"
	}
	for _, f := range operands(args, "") {
		k, _ := s.target(&node{line: line}, redir{op: op, fd: 1}, f)
		k.drain(s, in)
	}
	return stream{pieces: in.pieces, known: true}
}

// reason composes a doubt about a line.
func (s *State) unknownFile(target, why string, line int) {
	hits := []string{}
	if hole.Has(target) {
		hits = s.couldBeWatched(s.abs(target))
	} else if p := s.abs(target); s.watched(p) {
		hits = append(hits, p)
	} else {
		delete(s.files, p) // a file of unknown content: reading it finds nothing
	}
	for _, h := range hits {
		s.Doubt(why, line)
		s.replace(h, why, line)
	}
}

// replace makes a file's whole content unknown.
func (s *State) replace(name, why string, line int) {
	if hole.Has(name) {
		return
	}
	s.files[name] = []Piece{s.blot(why, line)}
}

func (s *State) remove(name string, line int) {
	p := s.abs(name)
	s.touch(p, true)
	if hole.Has(p) || strings.ContainsAny(p, "*?[") {
		pattern := strings.Map(func(r rune) rune {
			if strings.ContainsRune("*?[", r) {
				return '\U000F0000'
			}
			return r
		}, p)
		for _, h := range s.couldBeWatched(pattern) {
			s.cloud(h, fmt.Sprintf("line %d may remove the file", line), line)
		}
		return
	}
	if s.watched(p) {
		s.Write(p, false)
	} else {
		delete(s.files, p)
	}
	for _, f := range s.Files() {
		if strings.HasPrefix(f, strings.TrimSuffix(p, "/")+"/") {
			s.Write(f, false)
		}
	}
}

func (s *State) copy(name string, args []string, line int) {
	files := operands(args, "-m -o -g -t -S")
	if name == "install" && slices.Contains(args, "-d") || len(files) < 2 {
		return
	}
	target, sources := files[len(files)-1], files[:len(files)-1]
	for _, from := range sources {
		to := target
		if dir := s.abs(target); strings.HasSuffix(target, "/") || len(s.covers(dir)) > 0 || target == "." || len(sources) > 1 {
			to = path.Join(dir, path.Base(from))
			if slices.ContainsFunc(args, func(a string) bool {
				return strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "rRa")
			}) || strings.HasSuffix(from, "/.") || strings.HasSuffix(from, "*") {
				why := fmt.Sprintf("line %d copies a directory over %s", line, s.shown(dir))
				for _, h := range s.covers(dir) {
					s.Doubt(why, line)
					s.cloud(h, why, line)
				}
			}
		}
		ps, known := s.load(s.abs(from))
		if hole.Has(from) || hole.Has(to) || !known {
			s.unknownFile(to, fmt.Sprintf("line %d puts %s in place of the file, whose content is not part of the user data", line, s.shown(from)), line)
		} else {
			s.Write(s.abs(to), false, ps...)
		}
		if name == "mv" && !hole.Has(from) {
			s.remove(from, line)
		}
	}
}

// aws follows aws s3 cp and sync; other calls only print something.
func (s *State) aws(args []string, line int) stream {
	out := s.unsaid("the output of aws", line)
	i := slices.Index(args, "s3")
	if i < 0 || i+1 >= len(args) {
		return out
	}
	files := operands(args[i+2:], "--region --profile --include --exclude --endpoint-url --sse --acl --quiet-region")
	if len(files) < 2 || strings.HasPrefix(files[1], "s3://") {
		return out
	}
	from, to := files[0], files[1]
	why := fmt.Sprintf("line %d copies %s from S3", line, s.shown(from))
	switch args[i+1] {
	case "cp", "mv":
		if to == "-" {
			return s.unsaid(why, line)
		}
		dir := s.abs(to)
		if slices.Contains(args, "--recursive") {
			s.overlay(dir, why, line)
			return out
		}
		if strings.HasSuffix(to, "/") || to == "." || len(s.covers(dir)) > 0 {
			to = path.Join(dir, path.Base(from))
		}
		s.unknownFile(to, why, line)
	case "sync":
		s.overlay(s.abs(to), why, line)
	}
	return out
}

// overlay makes unknown what a directory full of unknown files may replace.
func (s *State) overlay(dir, why string, line int) {
	hits := s.covers(dir)
	if hole.Has(dir) {
		hits = nil
		for _, w := range s.shared.watch {
			hits = append(hits, s.couldBeWatched(dir+w[strings.LastIndex(w, "/"):])...)
		}
	}
	for _, h := range hits {
		s.Doubt(why, line)
		s.cloud(h, why, line)
	}
	for _, f := range s.Files() {
		if !s.watched(f) && strings.HasPrefix(f, strings.TrimSuffix(dir, "/")+"/") {
			delete(s.files, f)
		}
	}
}

func (s *State) download(name string, args []string, line int) {
	long, short := "--output", "o"
	if name == "wget" {
		long, short = "--output-document", "O"
	}
	target := ""
	for i, a := range args {
		v, eq := strings.CutPrefix(a, long+"=")
		cluster := strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.HasSuffix(a, short)
		switch {
		case eq:
			target = v
		case (a == long || cluster) && i+1 < len(args):
			target = args[i+1]
		case strings.HasPrefix(a, "-"+short) && len(a) > 2 && !strings.HasPrefix(a, "--"):
			target = a[2:]
		}
	}
	if target == "" {
		// The name of the file is the last element of the URL.
		for _, a := range operands(args, "") {
			if strings.Contains(a, "://") {
				target = path.Base(a)
			}
		}
	}
	if target != "" && target != "-" && !strings.HasPrefix(target, "/dev/") {
		s.unknownFile(target, fmt.Sprintf("line %d downloads the file", line), line)
	}
}

func (s *State) unpack(name string, args []string, line int) {
	dir := ""
	for i, a := range args {
		switch {
		case (a == "-C" || a == "-d" && name == "unzip" || a == "--directory") && i+1 < len(args):
			dir = args[i+1]
		case strings.HasPrefix(a, "--directory="):
			dir = a[len("--directory="):]
		case name == "rsync" && i == len(args)-1:
			dir = a
		}
	}
	if dir == "" && s.cwd != "/" {
		dir = s.cwd
	}
	if dir != "" {
		s.overlay(s.abs(dir), fmt.Sprintf("line %d unpacks an archive over %s", line, s.shown(dir)), line)
	}
}
