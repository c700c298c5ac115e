package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Package is one package of the project and what it imports.
type Package struct {
	Name        string   // as in rules.txt: "source/hcl", "cmd/muralla"
	Imports     []string // import paths; those of the project named as in rules.txt, after "./"
	TestImports []string // the same for its tests
}

// Check returns one sentence for each import that the rules forbid, in order.
func (r Rules) Check(packages []Package) []string {
	var out []string
	for _, p := range packages {
		n, ok := r.layerOf(p.Name)
		if !ok {
			out = append(out, fmt.Sprintf("%s is in no layer: give it one in rules.txt", p.Name))
			continue
		}
		for _, path := range p.Imports {
			if why := r.forbids(p.Name, n, path); why != "" {
				out = append(out, fmt.Sprintf("%s imports %s: %s", p.Name, strings.TrimPrefix(path, "./"), why))
			}
		}
		for _, path := range p.TestImports {
			if isOutside(path) && !r.testsMay(p.Name, path) {
				out = append(out, fmt.Sprintf("the tests of %s import %s: no line of rules.txt allows that module", p.Name, path))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (r Rules) layerOf(pkg string) (int, bool) {
	for _, l := range r.layers {
		if matches(l.pattern, pkg) {
			return l.number, true
		}
	}
	return 0, false
}

// forbids says why a package of layer n must not import a path, or "".
func (r Rules) forbids(pkg string, n int, path string) string {
	own, isOwn := strings.CutPrefix(path, "./")
	switch {
	case isOwn:
		return r.forbidsOwn(pkg, n, own)
	case isOutside(path):
		return r.forbidsOutside(pkg, path)
	}
	for _, b := range r.bans {
		if b.target == path && b.from <= n && n <= b.to && !matchesAny(b.but, pkg) {
			return b.reason
		}
	}
	return ""
}

func (r Rules) forbidsOwn(pkg string, n int, other string) string {
	for _, c := range r.only {
		if c.target == other && !matchesAny(c.packages, pkg) {
			return c.reason
		}
	}
	if a, b := r.door(pkg), r.door(other); a != "" && b != "" {
		if a == b {
			return ""
		}
		return "doors never import doors"
	}
	m, ok := r.layerOf(other)
	switch {
	case !ok:
		return "it is in no layer"
	case m > n:
		return fmt.Sprintf("layer %d must not know layer %d", n, m)
	case m == n && !r.hasEdge(pkg, other):
		return fmt.Sprintf("both are in layer %d, and no edge of rules.txt allows it", n)
	}
	return ""
}

func (r Rules) forbidsOutside(pkg, path string) string {
	for _, c := range r.outside {
		if !below(c.target, path) {
			continue
		}
		if matchesAny(c.packages, pkg) {
			return ""
		}
		return fmt.Sprintf("only %s may: %s", strings.Join(c.packages, " and "), c.reason)
	}
	for _, m := range r.tests {
		if below(m, path) {
			return "that module is for tests"
		}
	}
	return "no line of rules.txt allows that module"
}

// testsMay reports whether tests of a package may import a module of others:
// what the package may, and the modules for tests.
func (r Rules) testsMay(pkg, path string) bool {
	return r.forbidsOutside(pkg, path) == "" ||
		slices.ContainsFunc(r.tests, func(m string) bool { return below(m, path) })
}

func (r Rules) hasEdge(pkg, other string) bool {
	return slices.ContainsFunc(r.edges, func(e [2]string) bool {
		return matches(e[0], pkg) && matches(e[1], other)
	})
}

// door is the door that a package is part of, or "": "source/hcl" for
// "source/hcl/eval", "kernel" for "kernel".
func (r Rules) door(pkg string) string {
	for _, d := range r.doors {
		if pkg == d {
			return d
		}
		if rest, ok := strings.CutPrefix(pkg, d+"/"); ok {
			first, _, _ := strings.Cut(rest, "/")
			return d + "/" + first
		}
	}
	return ""
}

// isOutside reports whether an import path is of another module: those begin
// with a host name, packages of the standard library do not, and ours begin
// with a dot.
func isOutside(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return host != "." && strings.Contains(host, ".")
}
