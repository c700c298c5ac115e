package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/muralla-net/muralla"

// listed is what `go list -json` says of a package, as far as we ask.
type listed struct {
	ImportPath, Dir, Name     string
	GoFiles, CgoFiles         []string
	TestGoFiles, XTestGoFiles []string
	IgnoredGoFiles            []string // for other systems or build tags
	Imports                   []string
	TestImports, XTestImports []string
}

// name is the package as rules.txt calls it.
func (l listed) name() string { return short(l.ImportPath) }

func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module+"/"), "internal/")
}

// sources is the files of the program, of every build tag.
func (l listed) sources() []string {
	return slices.DeleteFunc(slices.Concat(l.GoFiles, l.CgoFiles, l.IgnoredGoFiles), func(f string) bool {
		return strings.HasSuffix(f, "_test.go")
	})
}

// root is the directory of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("find the root of the tree: %v", err)
	}
	return dir
}

// list asks the go command for every package of the project. Direct imports
// are enough: a path through our packages is a chain of direct imports, each of
// which is checked, and what libraries import is their own matter.
func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json", "./...")
	cmd.Dir = root(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read the output of go list: %v", err)
		}
		all = append(all, l)
	}
	if len(all) < 5 {
		t.Fatalf("go list names %d packages: the test looks at the wrong tree", len(all))
	}
	return all
}

// relative marks the packages of the project as Check wants them.
func relative(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		if out[i] = p; strings.HasPrefix(p, module+"/") {
			out[i] = "./" + short(p)
		}
	}
	return out
}

// ignoredImports is the imports of files that this system does not build.
func ignoredImports(t *testing.T, l listed) []string {
	t.Helper()
	var out []string
	for _, name := range l.IgnoredGoFiles {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(l.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Errorf("read imports: %v", err)
			continue
		}
		for _, imp := range f.Imports {
			if path, err := strconv.Unquote(imp.Path.Value); err == nil {
				out = append(out, path)
			}
		}
	}
	return out
}

func TestImports(t *testing.T) {
	text, err := os.ReadFile("rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var packages []Package
	for _, l := range list(t) {
		if l.name() == "archtest" {
			continue // it stands beside the tree, and nobody may import it: it is in no layer
		}
		packages = append(packages, Package{
			Name:        l.name(),
			Imports:     relative(slices.Concat(l.Imports, ignoredImports(t, l))),
			TestImports: relative(slices.Concat(l.TestImports, l.XTestImports)),
		})
	}
	for _, complaint := range rules.Check(packages) {
		t.Error(complaint)
	}
}

// docs is the package docs of a package and the files that hold them.
func docs(t *testing.T, l listed) (texts, files []string) {
	t.Helper()
	for _, name := range l.sources() {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(l.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Errorf("read documentation: %v", err)
			continue
		}
		if f.Doc != nil && !isDirective(f.Doc) {
			texts, files = append(texts, f.Doc.Text()), append(files, name)
		}
	}
	return texts, files
}

// isDirective reports whether a comment only speaks to tools, as build tags do.
func isDirective(c *ast.CommentGroup) bool { return strings.TrimSpace(c.Text()) == "" }

func TestPackageDocs(t *testing.T) {
	for _, l := range list(t) {
		if len(l.sources()) == 0 {
			continue // tests alone
		}
		texts, files := docs(t, l)
		if len(texts) != 1 {
			t.Errorf("%s has %d package docs, in %v; it wants one", l.name(), len(texts), files)
			continue
		}
		start, sections := "Package "+l.Name+" ", []string{"# Model", "# Guarantees", "# Not modelled"}
		if l.Name == "main" {
			start, sections = "Command ", nil
		}
		if !strings.HasPrefix(strings.ToUpper(texts[0]), strings.ToUpper(start)) {
			t.Errorf("the doc of %s, in %s, does not begin with %q", l.name(), files[0], start)
		}
		at := -1
		for _, s := range sections {
			i := slices.Index(strings.Split(texts[0], "\n"), s)
			if i <= at {
				t.Errorf("the doc of %s, in %s, has no section %q after the one before it", l.name(), files[0], s)
			}
			at = max(at, i)
		}
	}
}

// Sizes at which a reader loses the thread. A package that needs more says why
// in its documentation, with the words "lines because".
const (
	maxFileLines    = 400
	maxPackageLines = 1500
)

func TestSizes(t *testing.T) {
	for _, l := range list(t) {
		texts, _ := docs(t, l)
		if words := strings.Join(strings.Fields(strings.Join(texts, " ")), " "); strings.Contains(words, "lines because") {
			continue
		}
		total := 0
		for _, name := range l.sources() {
			text, err := os.ReadFile(filepath.Join(l.Dir, name))
			if err != nil {
				t.Error(err)
				continue
			}
			if isGenerated(text) {
				continue
			}
			n := bytes.Count(text, []byte("\n"))
			total += n
			if n > maxFileLines {
				t.Errorf("%s/%s has %d lines, more than %d; cut it, or say in the package doc that it has so many lines because …",
					l.name(), name, n, maxFileLines)
			}
		}
		if total > maxPackageLines {
			t.Errorf("%s has %d lines, more than %d; cut it, or say in the package doc that it has so many lines because …",
				l.name(), total, maxPackageLines)
		}
	}
}

// isGenerated reports whether the first lines carry the mark of generated code
// that the go command defines.
func isGenerated(text []byte) bool {
	for line := range bytes.Lines(text[:min(len(text), 2000)]) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("// Code generated ")) && bytes.HasSuffix(line, []byte(" DO NOT EDIT.")) {
			return true
		}
	}
	return false
}
