package shell

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// sed follows the edits that scripts make to settings files: s/…/…/[g], and
// a, i, c, d with an address that is $, a line number, a pattern or absent. Any
// other program makes its result unknown.
func (s *State) sed(args []string, in stream, line int) stream {
	inPlace, extended, quiet := false, false, false
	var programs, files []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-e" && i+1 < len(args):
			i++
			programs = append(programs, args[i])
		case a == "-E" || a == "-r" || a == "--regexp-extended":
			extended = true
		case strings.HasPrefix(a, "-i") || strings.HasPrefix(a, "--in-place"):
			inPlace = true
		case strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && len(a) > 1:
			inPlace = inPlace || strings.Contains(a, "i")
			extended = extended || strings.ContainsAny(a, "Er")
			quiet = quiet || strings.Contains(a, "n")
			if strings.HasSuffix(a, "e") && i+1 < len(args) {
				i++
				programs = append(programs, args[i])
			}
		case len(programs) == 0:
			programs = append(programs, a)
		default:
			files = append(files, a)
		}
	}
	var edits []edit
	understood := !quiet && len(programs) > 0
	for i, p := range programs {
		e, ok := parseEdit(p, extended)
		// Later commands do not see the text of a, i, c, and count the lines of the input.
		ok = ok && (i == 0 || e.number == 0 && !e.last) && (i == len(programs)-1 || e.op == 's' || e.op == 'd')
		understood = understood && ok
		edits = append(edits, e)
	}
	why := fmt.Sprintf("line %d edits the file with a sed program that is not followed", line)
	apply := func(ps []Piece) ([]Piece, bool) {
		for _, e := range edits {
			var ok bool
			if ps, ok = e.apply(ps, line); !ok {
				return nil, false
			}
		}
		return ps, understood
	}
	if !inPlace {
		if len(files) == 1 {
			in = s.read(files[0], line)
		}
		if out, ok := apply(in.pieces); ok && in.known && len(files) < 2 {
			return stream{pieces: out, known: true}
		}
		return s.unsaid("the output of sed", line)
	}
	for _, f := range files {
		name := s.abs(f)
		ps, known := s.load(name)
		switch out, ok := apply(ps); {
		case hole.Has(f) || strings.ContainsAny(f, "*?["):
			for _, h := range s.couldBeWatched(strings.ReplaceAll(name, "*", "\U000F0000")) {
				s.Doubt(why, line)
				s.cloud(h, why, line)
			}
		case ok && (known || s.watched(name)):
			s.Write(name, false, out...)
		case s.watched(name):
			s.Doubt(why, line)
			s.replace(name, why, line)
		default:
			delete(s.files, name)
		}
	}
	return stream{known: true}
}

// edit is one command of a sed program.
type edit struct {
	op      byte // s, a, i, c, d
	last    bool
	number  int
	pattern *regexp.Regexp // address
	find    *regexp.Regexp
	text    string
	all     bool
}

func parseEdit(p string, extended bool) (edit, bool) {
	var e edit
	p = strings.TrimSpace(p)
	switch {
	case strings.HasPrefix(p, "$"):
		e.last, p = true, p[1:]
	case p != "" && p[0] >= '1' && p[0] <= '9':
		for p != "" && p[0] >= '0' && p[0] <= '9' && e.number < 1e6 {
			e.number, p = e.number*10+int(p[0]-'0'), p[1:]
		}
	case strings.HasPrefix(p, "/"):
		text, rest, ok := until(p[1:], '/')
		if !ok {
			return e, false
		}
		if e.pattern, ok = pattern(text, extended); !ok {
			return e, false
		}
		p = rest
	}
	p = strings.TrimLeft(p, " \t")
	if p == "" {
		return e, false
	}
	e.op, p = p[0], p[1:]
	switch e.op {
	case 'd':
		return e, p == ""
	case 'a', 'i', 'c':
		p = strings.TrimLeft(p, " \t")
		if rest, ok := strings.CutPrefix(p, `\`); ok {
			p = strings.TrimPrefix(rest, "\n")
		}
		e.text = strings.ReplaceAll(p, `\n`, "\n") + "\n"
		return e, !strings.Contains(strings.ReplaceAll(p, `\n`, ""), `\`)
	case 's':
		if p == "" || p[0] >= 0x80 || p[0] == '\\' || p[0] == '\n' {
			return e, false
		}
		sep := p[0]
		from, rest, ok1 := until(p[1:], sep)
		to, flags, ok2 := until(rest, sep)
		if !ok1 || !ok2 || strings.Trim(flags, "gI") != "" || strings.Contains(flags, "I") {
			return e, false
		}
		e.all = flags == "g"
		// A backslash in the replacement is a group or an escape: not followed,
		// but for \& and \\ there is no use in settings either.
		if strings.ContainsAny(to, `\&`) {
			return e, false
		}
		e.text = to
		var ok bool
		e.find, ok = pattern(from, extended)
		return e, ok
	}
	return e, false
}

// until cuts at the first sep that no backslash hides.
func until(p string, sep byte) (text, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			if p[i+1] != sep {
				b.WriteByte('\\')
			}
			i++
			b.WriteByte(p[i])
		case p[i] == sep:
			return b.String(), p[i+1:], true
		default:
			b.WriteByte(p[i])
		}
	}
	return "", "", false
}

// pattern translates the regular expressions that mean the same in POSIX and in
// Go: letters, ., ^ at the start, $ at the end, * and, if extended, + ? ( | ).
func pattern(p string, extended bool) (*regexp.Regexp, bool) {
	if p == "" || hole.Has(p) {
		return nil, false
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\':
			if i+1 == len(p) || strings.IndexByte(`.*[]/$^"`, p[i+1]) < 0 {
				return nil, false
			}
			i++
			b.WriteString(regexp.QuoteMeta(p[i : i+1]))
		case c == '[' || c == ']':
			return nil, false
		case c == '^' && i > 0 || c == '$' && i < len(p)-1 || c == '*' && (i == 0 || p[i-1] == '^'):
			return nil, false
		case c == '.' || c == '^' || c == '$' || c == '*':
			b.WriteByte(c)
		case strings.IndexByte("+?(){}|", c) >= 0:
			if extended && strings.IndexByte("{}", c) >= 0 {
				return nil, false
			}
			if !extended {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	re, err := regexp.Compile(b.String())
	return re, err == nil
}

// apply edits text line by line. Lines that may be absent are edited if that
// needs no count of lines.
func (e edit) apply(ps []Piece, at int) ([]Piece, bool) {
	lines, ok := split(ps)
	if !ok {
		return nil, false
	}
	unsure := slices.ContainsFunc(lines, func(p Piece) bool { return p.Maybe != "" || hole.Has(p.Text) })
	if unsure && (e.number > 0 || e.last && e.op != 'a') {
		return nil, false
	}
	var out []Piece
	for i, l := range lines {
		text := strings.TrimSuffix(l.Text, "\n")
		if hole.Only(text) || hole.Has(text) && (e.pattern != nil || e.find != nil) && !strings.Contains(text, "=") {
			if e.last && e.op == 'a' {
				out = append(out, l)
				continue
			}
			return nil, false
		}
		hit := !e.last && e.number == 0 && e.pattern == nil || e.last && i == len(lines)-1 || e.number == i+1 ||
			e.pattern != nil && e.pattern.MatchString(text)
		if !hit {
			out = append(out, l)
			continue
		}
		added := Piece{Text: e.text, Line: at, Maybe: l.Maybe}
		switch e.op {
		case 'd':
		case 'c':
			out = append(out, added)
		case 'i':
			out = append(out, added, l)
		case 'a':
			if e.last {
				added.Maybe = ""
			}
			l.Text = text + "\n"
			out = append(out, l, added)
		case 's':
			if new := e.substitute(text); new != text {
				// A last line without a newline stays so.
				l = Piece{Text: new + l.Text[len(text):], Line: at, Maybe: l.Maybe}
			}
			out = append(out, l)
		}
	}
	// The last line of a file may be one that the loop above kept as it is.
	if n := len(lines); e.op == 'a' && e.last && n > 0 && hole.Only(strings.TrimSuffix(lines[n-1].Text, "\n")) {
		out = append(out, Piece{Text: e.text, Line: at})
	}
	return out, true
}

func (e edit) substitute(text string) string {
	if e.all {
		return e.find.ReplaceAllLiteralString(text, e.text)
	}
	loc := e.find.FindStringIndex(text)
	if loc == nil {
		return text
	}
	return text[:loc[0]] + e.text + text[loc[1]:]
}
