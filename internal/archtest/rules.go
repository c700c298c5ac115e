// Package archtest holds the tree to the rules it has given itself.
//
// # Model
// rules.txt says in readable lines which package may import which, and why.
// [Parse] reads it into [Rules], and [Rules.Check] compares it with the imports
// of the packages. The tests of this package run both on the tree as it is,
// with every file of every build tag, and look at package documentation, sizes
// and machine paths besides.
//
// # Guarantees
//   - A package that no layer names is a failure, so the rules stay complete.
//   - A line that cannot be read is an error with its number, never a rule that
//     is silently not applied.
//   - Every complaint quotes the reason that the rules give.
//
// # Not modelled
// Imports of the packages of others: what a library imports is its own matter.
// Imports of our packages by tests: they may compose what the program does not.
package archtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Rules is what rules.txt says.
type Rules struct {
	layers  []layer
	edges   [][2]string // patterns
	doors   []string
	only    []claim
	outside []claim
	tests   []string
	bans    []ban
}

type layer struct {
	number  int
	pattern string
}

// claim says that target may be imported by packages alone.
type claim struct {
	target   string
	packages []string
	reason   string
}

type ban struct {
	target   string
	from, to int // layers
	but      []string
	reason   string
}

// Parse reads the text of rules.txt. The form of each line is explained at the
// top of that file.
func Parse(text string) (Rules, error) {
	var r Rules
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if err := r.add(word, strings.TrimSpace(rest)); err != nil {
			return Rules{}, fmt.Errorf("read rules, line %d: %w", n, err)
		}
	}
	for _, name := range r.named() {
		if _, ok := r.layerOf(strings.TrimSuffix(name, "/...")); !ok {
			return Rules{}, fmt.Errorf("read rules: %s is in no layer, so a line about it says nothing", name)
		}
	}
	return r, nil
}

// named is every package of ours that a line other than a layer names.
func (r Rules) named() []string {
	names := slices.Clone(r.doors)
	for _, e := range r.edges {
		names = append(names, e[:]...)
	}
	for _, c := range r.only {
		names = append(append(names, c.target), c.packages...)
	}
	for _, c := range r.outside {
		names = append(names, c.packages...)
	}
	for _, b := range r.bans {
		names = append(names, b.but...)
	}
	return names
}

func (r *Rules) add(word, rest string) error {
	if word == "door" {
		if rest == "" || strings.ContainsAny(rest, " :") {
			return fmt.Errorf("door wants one package, not %q", rest)
		}
		r.doors = append(r.doors, rest)
		return nil
	}
	head, tail, ok := strings.Cut(rest, ":")
	head, tail = strings.TrimSpace(head), strings.TrimSpace(tail)
	if !ok || head == "" || tail == "" {
		return fmt.Errorf("%s wants something on both sides of a colon", word)
	}
	switch word {
	case "layer":
		return r.addLayer(head, strings.Fields(tail))
	case "edge":
		from, to, ok := arrow(head)
		if !ok || strings.Contains(to, " ") {
			return fmt.Errorf("edge wants A -> B, not %q", head)
		}
		r.edges = append(r.edges, [2]string{from, to})
	case "only":
		who, what, ok := strings.Cut(head, " imports ")
		if !ok || strings.Contains(what, " ") {
			return fmt.Errorf("only wants A imports B, not %q", head)
		}
		r.only = append(r.only, claim{what, strings.Fields(who), tail})
	case "outside":
		module, who, ok := arrow(head)
		if !ok {
			return fmt.Errorf("outside wants MODULE -> PACKAGES, not %q", head)
		}
		r.outside = append(r.outside, claim{module, strings.Fields(who), tail})
	case "tests":
		r.tests = append(r.tests, head)
	case "ban":
		return r.addBan(head, tail)
	default:
		return fmt.Errorf("no rule begins with %q", word)
	}
	return nil
}

func (r *Rules) addLayer(head string, packages []string) error {
	number, err := strconv.Atoi(head)
	if err != nil {
		return fmt.Errorf("layer %q has no number", head)
	}
	for _, p := range packages {
		if slices.ContainsFunc(r.layers, func(l layer) bool { return l.pattern == p }) {
			return fmt.Errorf("%s is in two layers", p)
		}
		r.layers = append(r.layers, layer{number, p})
	}
	return nil
}

func (r *Rules) addBan(head, reason string) error {
	target, where, ok := strings.Cut(head, " in ")
	where, but, _ := strings.Cut(where, " but ")
	from, to, isRange := strings.Cut(where, "-")
	if !isRange {
		to = from
	}
	b := ban{target: target, but: strings.Fields(but), reason: reason}
	var errFrom, errTo error
	b.from, errFrom = strconv.Atoi(from)
	b.to, errTo = strconv.Atoi(to)
	if !ok || errFrom != nil || errTo != nil || b.from > b.to {
		return fmt.Errorf("ban wants PACKAGE in N-M, not %q", head)
	}
	r.bans = append(r.bans, b)
	return nil
}

func arrow(s string) (from, to string, ok bool) {
	from, to, ok = strings.Cut(s, " -> ")
	return strings.TrimSpace(from), strings.TrimSpace(to), ok && from != "" && to != ""
}

// matches reports whether a package is what a pattern names.
func matches(pattern, pkg string) bool {
	tree, isTree := strings.CutSuffix(pattern, "/...")
	return pkg == tree || isTree && strings.HasPrefix(pkg, tree+"/")
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

// below reports whether an import path is a module or a package of it.
func below(module, path string) bool {
	return path == module || strings.HasPrefix(path, module+"/")
}
