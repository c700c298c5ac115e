package assemble_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	sentence = regexp.MustCompile(`[a-z]{2,} [a-z]{2,}`)
	// ofTerraform is what only Terraform calls so.
	ofTerraform = regexp.MustCompile(`\b[a-z]+(?:_[a-z]+)+\b|[Tt]erraform|\bapply\b|for_each`)
	// allowed are sentences that only a design in Terraform leads to, or words of
	// other files.
	allowed = regexp.MustCompile(`Terraform removes what is not in|at every other apply|version of the Terraform provider|ignore_changes|prefix_lists of muralla.yaml`)
)

// One assembly reads every source, so that its sentences name things as AWS does
// and not as Terraform does.
func TestSentencesAreOfNoSource(t *testing.T) {
	sentences := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil || !sentence.MatchString(text) {
				return true
			}
			if sentences++; ofTerraform.MatchString(text) && !allowed.MatchString(text) {
				t.Errorf("%s: %q is of Terraform alone", path, text)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if sentences < 100 {
		t.Errorf("only %d sentences were found: the search is too narrow", sentences)
	}
}
