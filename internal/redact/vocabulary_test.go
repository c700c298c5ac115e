package redact

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write vocabulary.txt")

// readers are the packages that make something of texts of a set.
var readers = []string{
	"assemble", "policy", "need", "userdata", "check", "reach", "topo", "resource", "netset", "ref", "source/archive/describe",
}

// more are words that stand for something by themselves, though no code compares
// a text with them: parts of IDs, of names of files, of policies and of hosts.
const more = `data module var local each count path self terraform AWS Ref
tf tfvars json yaml yml template hcl toml Version Statement Sid Effect Action Resource Principal Condition NotAction NotResource NotPrincipal
com net org io dev amazonaws amazon aws cn on arn vpc subnet sg eni igw nat vgw acl rtb pl tgw vpce eipalloc eipassoc
HTTP HTTPS TCP UDP TLS ICMP SSL http https tcp udp tls postgres postgresql mysql mariadb aurora redis rediss valkey mongodb amqp amqps
plan state answers cloudformation stack
StringEqualsIfExists StringNotEqualsIfExists StringEqualsIgnoreCaseIfExists StringNotEqualsIgnoreCaseIfExists StringLikeIfExists StringNotLikeIfExists
ArnEqualsIfExists ArnNotEqualsIfExists ArnLikeIfExists ArnNotLikeIfExists BoolIfExists IpAddressIfExists NotIpAddressIfExists
NumericEqualsIfExists DateLessThanIfExists DateGreaterThanIfExists ForAnyValue ForAllValues`

// The vocabulary is what the code compares texts with, and no word beside it.
func TestVocabulary(t *testing.T) {
	words := map[string]bool{}
	for _, dir := range readers {
		err := filepath.WalkDir(filepath.Join("..", filepath.FromSlash(dir)), func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), p, nil, 0)
			if err != nil {
				return err
			}
			collect(file, words)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(more, words)
	var b strings.Builder
	b.WriteString("# The words that a redacted archive may keep: those that the code of this program\n# compares texts with. A test writes this file: go test ./internal/redact -run TestVocabulary -update\n")
	for _, w := range slices.Sorted(maps.Keys(words)) {
		b.WriteString(w + "\n")
	}
	if *update {
		if err := os.WriteFile("vocabulary.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	// Words of tables come and go every day, and the tests of verdicts say which
	// matter; a list that is far from the code is one of another program.
	listed := map[string]bool{}
	for line := range strings.Lines(vocabularyText) {
		listed[strings.TrimSpace(line)] = true
	}
	var differ []string
	for w := range words {
		if !listed[w] {
			differ = append(differ, "+"+w)
		}
	}
	for w := range listed {
		if !words[w] && !strings.HasPrefix(w, "#") {
			differ = append(differ, "-"+w)
		}
	}
	slices.Sort(differ)
	if len(words) < 1000 || len(differ) > 100 {
		t.Errorf("vocabulary.txt has %d words and is far from what the code compares texts with; write it again with -update: %q", len(words), differ)
	}
}

// collect takes the texts of one file that are compared with, and no prose: what
// has a blank in it counts only where a function or a comparison is given it.
func collect(file *ast.File, words map[string]bool) {
	compared := map[ast.Node]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && (pkg.Name == "strings" || pkg.Name == "regexp" || pkg.Name == "bytes") {
					for _, a := range n.Args {
						compared[a] = true
					}
				}
			}
		case *ast.CaseClause:
			for _, e := range n.List {
				compared[e] = true
			}
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				compared[n.X], compared[n.Y] = true, true
			}
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if n.Tag != nil {
				add(n.Tag.Value, words)
			}
			return true
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				return false
			}
			s, err := strconv.Unquote(n.Value)
			if err == nil && (compared[n] || !strings.ContainsAny(s, " \n") || !prose.MatchString(s)) {
				add(s, words)
			}
		}
		return true
	})
}

// prose is a sentence: a table of words has no commas, brackets or small words.
var prose = regexp.MustCompile(`[,.;:()%]|\b(the|a|an|is|are|of|to|and|or|not|no|in|it|its|by|with|that|which|for|on|has|have)\b`)

var alnum = regexp.MustCompile(`[A-Za-z0-9_]+`)

func add(s string, words map[string]bool) {
	for _, w := range alnum.FindAllString(s, -1) {
		w = strings.ToLower(strings.Trim(w, "_"))
		if len(w) > 1 && strings.Trim(w, "0123456789") != "" {
			words[w] = true
		}
	}
}
