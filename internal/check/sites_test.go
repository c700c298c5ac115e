package check

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A site is a piece of a Terraform file that something else may stand for: the
// value of an argument, a part of it, a nested block, or the source of a module.
type site struct {
	file     string
	from, to int
	kind     siteKind
	where    string // what it is the value of: "resource aws_lb_listener/default_action/type"
	whole    bool   // the value of an argument, not a part of it
}

type siteKind uint8

const (
	textSite   siteKind = iota // a text without references
	numberSite                 // a number
	boolSite                   // true or false
	listSite                   // [ … ]
	refSite                    // a reference alone
	otherSite                  // any other expression
	blockSite                  // a nested block
	sourceSite                 // the source of a module
)

// plain reports whether a site is written out, so that it means the same
// anywhere.
func (k siteKind) plain() bool { return k <= boolSite }

// sitesOf finds the sites of a file: it is written by us and well formed, so a
// scanner of two pages does.
func sitesOf(file, text string) []site {
	s := &scanner{file: file, text: text}
	s.body("", false)
	slices.SortFunc(s.sites, func(a, b site) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	return s.sites
}

type scanner struct {
	file, text string
	at, last   int // where we are, and the end of what was read but blanks
	sites      []site
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*`)
	traversal  = regexp.MustCompile(`^[a-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_*-]+|\[[0-9]+\]|\["[^"$]*"\]|\[\*\]|\[(each\.key|each\.value|count\.index)\])+`)
	numeral    = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?`)
	header     = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*)((?:[ \t]+(?:"[^"]*"|[A-Za-z_][A-Za-z0-9_-]*))*)[ \t]*\{`)
	// fixed is what Terraform wants written out, and what no design is about.
	fixed = regexp.MustCompile(`(^|/)(terraform|variable [^/]*|moved|import|check [^/]*|lifecycle|provider [^/]*)(/|$)|/(depends_on|provider|providers|version|iterator)$|^output[^/]*/(sensitive|description)$`)
)

func (s *scanner) rest() string { return s.text[s.at:] }

// blank skips spaces and comments, and line ends too if lines is set.
func (s *scanner) blank(lines bool) {
	for s.at < len(s.text) {
		switch rest := s.rest(); {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || lines && rest[0] == '\n':
			s.at++
		case rest[0] == '#' || strings.HasPrefix(rest, "//"):
			s.at += strings.IndexByte(rest+"\n", '\n')
		default:
			return
		}
	}
}

// body reads arguments and blocks to the closing brace.
func (s *scanner) body(where string, nested bool) {
	for {
		s.blank(true)
		if s.at >= len(s.text) || s.text[s.at] == '}' {
			return
		}
		start := s.at
		if m := header.FindStringSubmatch(s.rest()); m != nil {
			s.at += len(m[0])
			in := m[1]
			if labels := strings.Fields(strings.ReplaceAll(m[2], `"`, "")); len(labels) > 0 {
				in += " " + labels[0]
			}
			s.body(strings.TrimPrefix(where+"/"+in, "/"), where != "")
			s.at++ // the brace
			if where != "" && !fixed.MatchString(where+"/"+in) && !strings.Contains(in, " ") && in != "content" {
				s.sites = append(s.sites, site{file: s.file, from: start, to: s.at, kind: blockSite, where: where + "/" + in})
			}
			continue
		}
		name := identifier.FindString(s.rest())
		if name == "" {
			panic("no argument at: " + s.rest())
		}
		s.at += len(name)
		s.blank(false)
		s.at++ // the equals sign
		s.value(where + "/" + name)
	}
}

// value reads an expression and notes it, with its parts.
func (s *scanner) value(where string) {
	s.blank(false)
	start, before := s.at, len(s.sites)
	s.expression(where)
	end := s.last
	whole := site{file: s.file, from: start, to: end, kind: kindOf(s.text[start:end]), where: where, whole: true}
	if strings.HasPrefix(where, "module") && strings.HasSuffix(where, "/source") {
		whole.kind = sourceSite
	}
	s.sites = slices.DeleteFunc(s.sites, func(o site) bool { return o.from == start && o.to == end && o.kind != blockSite })
	if fixed.MatchString(where) {
		s.sites = s.sites[:before]
		return
	}
	s.sites = append(s.sites, whole)
}

func kindOf(text string) siteKind {
	switch {
	case strings.HasPrefix(text, `"`) && strings.Count(text, `"`) == 2 && !strings.Contains(text, "${"):
		return textSite
	case numeral.FindString(text) == text:
		return numberSite
	case text == "true" || text == "false":
		return boolSite
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") && !strings.HasPrefix(strings.TrimLeft(text[1:], " \n"), "for "):
		return listSite
	case traversal.FindString(text) == text:
		return refSite
	}
	return otherSite
}

// expression reads to the end of the line, or to what closes the expression.
func (s *scanner) expression(where string) {
	operand := true // whether a bracket here begins a list
	for s.at < len(s.text) {
		s.last = s.at
		s.blank(false)
		rest := s.rest()
		if rest == "" {
			return
		}
		leaf := 0
		switch c := rest[0]; {
		case c == '\n' || c == ',' || c == ')' || c == ']' || c == '}':
			return
		case strings.HasPrefix(rest, "<<"):
			word := strings.TrimLeft(rest[2:strings.IndexByte(rest, '\n')], "-")
			s.at += regexp.MustCompile(`(?m)^\s*` + word + `\s*?$`).FindStringIndex(rest)[1]
			operand = false
			continue
		case c == '"':
			n := textLen(rest)
			if !strings.Contains(rest[:n], "${") && !strings.Contains(rest[:n], "%{") {
				leaf = n
			}
			s.note(leaf, where)
			s.at += n
			operand = false
			continue
		case c == '(' || c == '[' || c == '{':
			if c == '[' && !operand || strings.HasPrefix(strings.TrimLeft(rest[1:], " \n\t"), "for ") {
				s.at += balanced(rest)
			} else {
				s.inside(where, c)
			}
			operand = false
			continue
		case numeral.MatchString(rest) && (operand || c != '-'):
			leaf = len(numeral.FindString(rest))
		case traversal.MatchString(rest):
			if n := len(traversal.FindString(rest)); n == len(rest) || rest[n] != '(' && rest[n] != '[' && rest[n] != '.' {
				leaf = n
			} else {
				s.at += n
				operand = false
				continue
			}
		case identifier.MatchString(rest):
			n := len(identifier.FindString(rest))
			if rest[:n] == "true" || rest[:n] == "false" {
				leaf = n
			} else {
				s.at += n
				operand = false
				continue
			}
		default:
			s.at++
			operand = c != '.'
			continue
		}
		s.note(leaf, where)
		s.at += leaf
		operand = false
	}
}

func (s *scanner) note(n int, where string) {
	if n > 0 {
		s.sites = append(s.sites, site{file: s.file, from: s.at, to: s.at + n, kind: kindOf(s.text[s.at : s.at+n]), where: where})
	}
}

// inside reads a list, an object, or the arguments of a function.
func (s *scanner) inside(where string, open byte) {
	s.at++
	for {
		s.blank(true)
		switch c := s.text[s.at]; {
		case c == ')' || c == ']' || c == '}':
			s.at++
			return
		case c == ',':
			s.at++
			continue
		}
		in := where + "[]"
		if open == '{' {
			name := 0
			if rest := s.rest(); rest[0] == '"' {
				name = textLen(rest) // it may hold a colon
			}
			key := s.rest()[:name+strings.IndexAny(s.rest()[name:], "=:")]
			s.at += len(key) + 1
			in = where + "/" + strings.Trim(key, "\" \t()")
		} else if open == '(' {
			in = where
		}
		s.value(in)
		if open == '(' || open == '[' {
			s.blank(true)
		}
	}
}

// textLen is the length of the text in quotes at the start of s.
func textLen(s string) int {
	depth := 0
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case depth == 0 && s[i] == '"':
			return i + 1
		case strings.HasPrefix(s[i:], "${"), depth > 0 && s[i] == '{':
			depth++
			if s[i] == '$' {
				i++
			}
		case depth > 0 && s[i] == '"':
			i += textLen(s[i:]) - 1
		case depth > 0 && s[i] == '}':
			depth--
		}
	}
	return len(s)
}

// balanced is the length of what is in brackets at the start of s.
func balanced(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i += textLen(s[i:]) - 1
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func TestSites(t *testing.T) {
	const text = `variable "v" {
  default = 1
}
resource "aws_x" "a" {
  one = "a" # not b
  list = ["x", aws_y.b[0].id]
  cond = var.v == 1 ? jsonencode([{ port = 80, name = "w${var.v}" }]) : null
  nested {
    flag = true
  }
  for_all = [for x in [1, 2] : x]
}
module "m" {
  source = "./m"
}
`
	var got []string
	for _, s := range sitesOf("main.tf", text) {
		got = append(got, strings.Join([]string{s.where, text[s.from:s.to]}, " = "))
	}
	want := []string{
		`resource aws_x/one = "a"`,
		`resource aws_x/list = ["x", aws_y.b[0].id]`,
		`resource aws_x/list[] = "x"`,
		`resource aws_x/list[] = aws_y.b[0].id`,
		`resource aws_x/cond = var.v == 1 ? jsonencode([{ port = 80, name = "w${var.v}" }]) : null`,
		`resource aws_x/cond = var.v`,
		`resource aws_x/cond = 1`,
		`resource aws_x/cond = [{ port = 80, name = "w${var.v}" }]`,
		`resource aws_x/cond[] = { port = 80, name = "w${var.v}" }`,
		`resource aws_x/cond[]/port = 80`,
		`resource aws_x/cond[]/name = "w${var.v}"`,
		"resource aws_x/nested = nested {\n    flag = true\n  }",
		`resource aws_x/nested/flag = true`,
		`resource aws_x/for_all = [for x in [1, 2] : x]`,
		`module m/source = "./m"`,
	}
	if !slices.EqualFunc(got, want, func(a, b string) bool { return a == b }) {
		t.Errorf("sites:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
