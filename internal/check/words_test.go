package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

func TestWordsOfEachSource(t *testing.T) {
	r := &run{}
	for _, tc := range []struct{ typ, name, value, word, set string }{
		{"aws_ecs_service", "assign_public_ip", "false", "assign_public_ip", "assign_public_ip to false"},
		{"AWS::ECS::Service", "assign_public_ip", "false", "AssignPublicIp", "AssignPublicIp to DISABLED"},
		{"ECS service", "assign_public_ip", "true", "assignPublicIp", "assignPublicIp to ENABLED"},
		{"aws_launch_template", "http_tokens", "required", "http_tokens", "http_tokens to required"},
		{"AWS::EC2::LaunchTemplate", "http_tokens", "required", "HttpTokens", "HttpTokens to required"},
		{"launch template", "http_put_response_hop_limit", "1", "HttpPutResponseHopLimit", "HttpPutResponseHopLimit to 1"},
		{"AWS::EC2::VPCEndpoint", "security_group_ids", "", "SecurityGroupIds", "SecurityGroupIds to "},
		{"VPC endpoint", "security_group_ids", "", "Groups", "Groups to "},
		{"", "ssl_policy", "", "ssl_policy", "ssl_policy to "},
	} {
		thing := topo.Thing{Type: tc.typ}
		if got := r.word(thing, tc.name); got != tc.word {
			t.Errorf("%s of %q is %q, want %q", tc.name, tc.typ, got, tc.word)
		}
		if got := r.set(thing, tc.name, tc.value); got != tc.set {
			t.Errorf("%s of %q is set with %q, want %q", tc.name, tc.typ, got, tc.set)
		}
	}
	for name, s := range spellings {
		if s.cloudFormation == "" || !terraformWord.MatchString(name) && name != "policy" && name != "subnets" && name != "tls" {
			t.Errorf("%s: not complete", name)
		}
	}
}

var terraformWord = regexp.MustCompile(`\b[a-z0-9]+(?:_[a-z0-9]+)+\b`)

// ownWords are names with underscores that are the same in every source.
var ownWords = map[string]bool{
	"force_ssl": true, "require_secure_transport": true, // parameters of database engines
}

// Texts name no setting of Terraform but by word and set, and these know it.
func TestNoSourceSpeaksTheWordsOfAnother(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, name := range files {
		// Changes are in the words of the provider; who edits the text translates them.
		if strings.HasSuffix(name, "_test.go") || name == "words.go" || strings.HasPrefix(name, "change") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if _, known := spellings[text]; known {
				asked[text] = true
				return true
			}
			for _, w := range terraformWord.FindAllString(text, -1) {
				// What is the type of a resource alone is compared with, not shown.
				if !ownWords[w] && (w != text || !strings.HasPrefix(w, "aws_")) {
					t.Errorf("%s: %q is a word of Terraform: add it to spellings and ask word for it", name, w)
				}
			}
			return true
		})
	}
	for _, name := range []string{"assign_public_ip", "http_tokens", "ssl_policy"} {
		if !asked[name] {
			t.Errorf("nothing asks for %s: the search is too narrow", name)
		}
	}
}

// The same designs, had CloudFormation written them, are spoken of in its words.
func TestDesignsInTheWordsOfCloudFormation(t *testing.T) {
	files, err := filepath.Glob("testdata/designs/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree := fstest.MapFS{}
		for _, f := range archive.Files {
			tree[f.Name] = &fstest.MapFile{Data: f.Data, Mode: fs.FileMode(0o644)}
		}
		set, _ := hcl.Read(tree, hcl.Options{})
		s, _ := assemble.Snapshot(assemble.Options{}, set)
		renamed(reflect.ValueOf(s).Elem())
		for _, f := range Run(s, intent.Intent{}, Options{}).Findings {
			for _, text := range texts(f) {
				for _, w := range terraformWord.FindAllString(text, -1) {
					if _, known := spellings[w]; known && !strings.Contains(string(f.Resource), w) {
						t.Errorf("%s: %s of %s says %q", file, f.Recommendation, f.Resource, text)
					}
				}
				for _, w := range []string{"HttpTokens", "AssignPublicIp", "SslPolicy"} {
					if strings.Contains(text, w) {
						said[w] = true
					}
				}
			}
		}
	}
	if len(said) != 3 {
		t.Errorf("only %v were said: the designs are too few", said)
	}
}

// renamed gives every thing of a snapshot a type as CloudFormation calls it.
func renamed(v reflect.Value) {
	if t, ok := v.Addr().Interface().(*topo.Thing); ok {
		t.Type = "AWS::" + t.Type
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				renamed(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			renamed(v.Index(i))
		}
	}
}

// texts are what a finding says in words of our own: missing facts may quote
// the expressions of a design.
func texts(f finding.Finding) []string {
	out := []string{f.Title, f.Message, f.SeverityWhy, f.Fix}
	for _, e := range f.Evidence {
		out = append(out, e.Text)
	}
	return out
}
