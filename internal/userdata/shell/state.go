package shell

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// Piece is a run of text in a file.
type Piece struct {
	Text string
	Line int  // line of the user data that wrote the start of Text
	Step bool // whether each newline of Text is a newline of the user data too
	// Maybe says why the piece may be absent: "only if the test on line 4
	// holds". Empty if it is surely there.
	Maybe string
}

// Call is a command with an effect that the caller may judge (see [Run]).
type Call struct {
	Args  []string // with the name; holes as in package hole
	Input []Piece  // what it reads on standard input or from the files it names
	Line  int
	Maybe string // as in [Piece]
	// Foreign marks that code which is not part of the script ran here; Args
	// is empty then and Maybe says what ran.
	Foreign bool
}

// Doubt is a reason why the script may do more than was followed.
type Doubt struct {
	Why  string
	Line int
}

// State is what scripts have done so far. Make it with [NewState].
type State struct {
	holes  *hole.Table
	files  map[string][]Piece
	vars   map[string]string
	funcs  map[string]*node
	args   []string // positional parameters of the running function
	cwd    string
	calls  []Call
	stray  []Piece   // what a file that was never named may hold
	dead   bool      // nothing after this point runs
	lost   bool      // a bound was met: see giveUp
	ends   []*State  // states in which the script may have ended already
	open   []*opened // files that running commands write
	shared *shared
}

// opened is a file between the start and the end of a command that writes it.
// What it holds is not known if anything else reads or writes it meanwhile.
type opened struct {
	path  string
	clash bool
}

func (s *State) busy(name string) bool {
	return slices.ContainsFunc(s.open, func(o *opened) bool { return o.path == name })
}

// touch notes that a file is read or written now.
func (s *State) touch(name string, write bool) {
	for _, o := range s.open {
		o.clash = o.clash || o.path == name
	}
	if s.shared.pipes > 0 {
		s.shared.trace = append(s.shared.trace, access{path: name, write: write})
	}
}

// load is File for a command that reads.
func (s *State) load(name string) ([]Piece, bool) {
	s.touch(name, false)
	return s.File(name)
}

// access is one use of a file by a command of a pipeline. The commands run at
// the same time, so a file that one writes and another uses is not known.
type access struct {
	path  string
	stage int
	write bool
}

// races are the files that the accesses make unknown: all that were written, if
// one of them was used by another stage.
func races(trace []access) []string {
	type use struct{ stage, all, writes int }
	seen := map[string]use{}
	written := map[string]bool{}
	race := false
	for _, a := range trace {
		u, ok := seen[a.path]
		if ok && u.stage != a.stage {
			u.all++
		}
		u.stage = a.stage
		if a.write {
			u.writes++
			written[a.path] = true
		}
		seen[a.path] = u
		race = race || u.all > 0 && u.writes > 0
	}
	if !race {
		return nil
	}
	return slices.Sorted(maps.Keys(written))
}

// shared is what all copies of a state count together.
type shared struct {
	doubts []Doubt
	steps  int
	bytes  int
	nodes  int
	depth  int
	pipes  int // pipelines that run now
	trace  []access
	watch  []string
	traps  []action // of the script that runs
}

// NewState is a machine on which nothing ran yet. The paths in watch are the
// files whose content matters: a path ending in "/" stands for all below it.
func NewState(holes *hole.Table, watch []string) *State {
	return &State{holes: holes, files: map[string][]Piece{}, vars: map[string]string{},
		funcs: map[string]*node{}, cwd: "/", shared: &shared{watch: watch}}
}

// File is the content of a file, and whether anything that was followed wrote it.
func (s *State) File(name string) ([]Piece, bool) {
	p, ok := s.files[name]
	if !ok {
		return s.stray, false
	}
	return p, true
}

// Files lists the paths that were written, sorted.
func (s *State) Files() []string { return slices.Sorted(maps.Keys(s.files)) }

// Calls lists the commands of interest in the order in which they run.
func (s *State) Calls() []Call { return s.calls }

// Doubts lists why scripts may do more than was followed, in order.
func (s *State) Doubts() []Doubt { return s.shared.doubts }

// Write does what a redirection does: it replaces or extends a file.
func (s *State) Write(name string, extend bool, pieces ...Piece) {
	for _, p := range pieces {
		s.shared.bytes += len(p.Text)
	}
	if s.shared.bytes > maxBytes {
		s.giveUp("the script writes more text than can be followed", 0)
		return
	}
	s.touch(name, true)
	var old []Piece
	if extend {
		old, _ = s.File(name)
	}
	if len(old)+len(pieces) > maxPieces {
		s.giveUp("the script writes to "+name+" too often to follow", 0)
		return
	}
	s.files[name] = append(slices.Clip(old), pieces...)
}

// Doubt records a reason without an effect on any file.
func (s *State) Doubt(why string, line int) {
	d := Doubt{Why: why, Line: line}
	if !slices.Contains(s.shared.doubts, d) && len(s.shared.doubts) < 64 {
		s.shared.doubts = append(s.shared.doubts, d)
	}
}

// Foreign records that code ran which cannot be followed: any file may have
// been changed by it.
func (s *State) Foreign(why string, line int) {
	s.Doubt(why, line)
	for _, name := range s.Files() {
		if s.watched(name) {
			s.cloud(name, why, line)
		} else {
			delete(s.files, name)
		}
	}
	s.stray = s.blotted(s.stray, why, line)
	if n := len(s.calls); n == 0 || !s.calls[n-1].Foreign || s.calls[n-1].Line != line || s.calls[n-1].Maybe != why {
		s.calls = append(slices.Clip(s.calls), Call{Line: line, Foreign: true, Maybe: why})
	}
}

// blotted is a content after which anything may follow; once is enough.
func (s *State) blotted(old []Piece, why string, line int) []Piece {
	b := s.blot(why, line)
	if n := len(old); n > 0 && old[n-1] == b {
		return old
	}
	return append(maybe(old, why), b)
}

// cloud makes the content of one file unknown from here on, but for what is
// written to it later.
func (s *State) cloud(name, why string, line int) {
	old, _ := s.File(name)
	s.files[name] = s.blotted(old, why, line)
}

// blot is a line of which nothing is known.
func (s *State) blot(why string, line int) Piece {
	return Piece{Text: s.holes.New(why) + "\n", Line: line}
}

func (s *State) watched(name string) bool {
	for _, w := range s.shared.watch {
		if name == w || strings.HasSuffix(w, "/") && strings.HasPrefix(name, w) {
			return true
		}
	}
	return false
}

// couldBeWatched judges a path that may have holes.
func (s *State) couldBeWatched(name string) (hits []string) {
	for _, w := range s.shared.watch {
		if strings.HasSuffix(w, "/") {
			if hole.Fits(name, w+"x.conf") {
				hits = append(hits, w+"unknown.conf")
			}
		} else if hole.Fits(name, w) {
			hits = append(hits, w)
		}
	}
	return hits
}

// covers reports the watched files inside a directory.
func (s *State) covers(dir string) (hits []string) {
	prefix := strings.TrimSuffix(dir, "/") + "/"
	for _, w := range s.shared.watch {
		if strings.HasPrefix(w, prefix) && !strings.HasSuffix(w, "/") {
			hits = append(hits, w)
		} else if strings.HasSuffix(w, "/") && (strings.HasPrefix(w, prefix) || strings.HasPrefix(prefix, w)) {
			hits = append(hits, w+"unknown.conf")
		}
	}
	return hits
}

// abs makes a path absolute and clean; holes stay where they are.
func (s *State) abs(name string) string {
	if strings.HasPrefix(name, "/") || hole.Has(name[:min(4, len(name))]) {
		return path.Clean(name)
	}
	return path.Clean(path.Join(s.cwd, name))
}

func (s *State) clone() *State {
	c := *s
	c.files, c.vars, c.funcs = maps.Clone(s.files), maps.Clone(s.vars), maps.Clone(s.funcs)
	c.ends = slices.Clip(s.ends)
	return &c
}

func maybe(ps []Piece, why string) []Piece {
	out := slices.Clone(ps)
	for i := range out {
		if out[i].Maybe == "" {
			out[i].Maybe = why
		}
	}
	return out
}

// join makes s the state in which either s or t holds, and why says which.
// What both have in common at the start of a file stays certain; all the rest
// may be there or not.
func (s *State) join(t *State, why string) {
	for _, name := range append(s.Files(), t.Files()...) {
		a, _ := s.File(name)
		b, _ := t.File(name)
		s.files[name] = joinPieces(a, b, why)
		if len(s.files[name]) > maxPieces {
			s.files[name] = []Piece{s.blot("the script changes "+name+" in too many ways to follow", 0)}
		}
	}
	s.stray = joinPieces(s.stray, t.stray, why)
	n := common(len(s.calls), len(t.calls), func(i int) bool {
		a, b := s.calls[i], t.calls[i]
		return a.Line == b.Line && a.Maybe == b.Maybe && slices.Equal(a.Args, b.Args) && slices.Equal(a.Input, b.Input)
	})
	calls := slices.Clone(s.calls[:n])
	for _, c := range append(slices.Clone(s.calls[n:]), t.calls[n:]...) {
		if c.Maybe == "" {
			c.Maybe = why
		}
		calls = append(calls, c)
	}
	s.calls = calls
	for _, k := range slices.Sorted(maps.Keys(t.vars)) {
		if v, ok := s.vars[k]; !ok || v != t.vars[k] {
			s.vars[k] = s.holes.New("the shell variable " + k + " is set " + why)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(s.vars)) {
		if _, ok := t.vars[k]; !ok {
			s.vars[k] = s.holes.New("the shell variable " + k + " is set " + why)
		}
	}
	for k, f := range t.funcs {
		if s.funcs[k] != f {
			s.funcs[k] = nil // may be either: see call
		}
	}
	for k := range s.funcs {
		if t.funcs[k] == nil {
			s.funcs[k] = nil
		}
	}
	if s.cwd != t.cwd {
		s.cwd = "/" + s.holes.New("the working directory depends on a test")
	}
	s.lost = s.lost && t.lost
	s.ends = joinEnds(s.ends, t.ends)
}

// joinEnds keeps the number of ends small by joining the later ones.
func joinEnds(a, b []*State) []*State {
	out := slices.Clone(a)
	for _, e := range b {
		switch {
		case slices.Contains(out, e):
		case len(out) < maxEnds:
			out = append(out, e)
		default:
			last := out[len(out)-1].clone()
			last.join(e, mayEnd)
			out[len(out)-1] = last
		}
	}
	return out
}

const mayEnd = "only if the script does not end before"

func common(n, m int, same func(int) bool) int {
	i := 0
	for i < min(n, m) && same(i) {
		i++
	}
	return i
}

func joinPieces(a, b []Piece, why string) []Piece {
	n := common(len(a), len(b), func(i int) bool { return a[i] == b[i] })
	if n == len(a) && n == len(b) {
		return a
	}
	out := append(slices.Clone(a[:n]), maybe(a[n:], why)...)
	return append(out, maybe(b[n:], why)...)
}

// merge chooses between two ways through the script, of which one may have ended.
func (s *State) merge(t *State, why string) {
	ends := joinEnds(s.ends, t.ends)
	switch {
	case t.dead:
	case s.dead:
		*s = *t
	default:
		s.join(t, why)
	}
	s.ends = ends
}

// Place writes a file as [State.Write] does, by any path, and also if the text
// is empty.
func (s *State) Place(name string, extend bool, p Piece) { s.Write(s.abs(name), extend, p) }
