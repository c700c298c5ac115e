package find

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRecognise(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       bool
	}{
		{"version alone", "AWSTemplateFormatVersion: '2010-09-09'\n", true},
		{"resources", "Description: x\nResources:\n  V:\n    Type: AWS::EC2::VPC\n", true},
		{"resources on one line", "Resources:\n  V: {Type: 'AWS::EC2::VPC'}\n", true},
		{"of others", "Resources:\n  V:\n    Type: Custom::Thing\n", true},
		{"JSON", `{"Description": {"a": [1, {"Type": "x"}]}, "Resources": {"V": {"Properties": {}, "Type": "AWS::EC2::VPC"}}}`, true},
		{"JSON with its version", `{"AWSTemplateFormatVersion": "2010-09-09"}`, true},
		{"JSON with a mistake", "{\n  \"AWSTemplateFormatVersion\": \"2010-09-09\",\n  \"Resources\": {,}\n}", true},
		{"with a mark of byte order", "\ufeffResources:\r\n  V:\r\n    Type: AWS::EC2::VPC\r\n", true},
		{"in a language of templates", "{% if x %}\nResources:\n  V:\n    Type: AWS::EC2::VPC\n{% endif %}\n", true},
		{"Kubernetes", "apiVersion: v1\nkind: ConfigMap\nResources:\n  V:\n    Type: AWS::EC2::VPC\n", false},
		{"Docker Compose", "services:\n  web:\n    deploy:\n      Resources: {}\n", false},
		{"Serverless Framework", "resources:\n  Resources:\n    V:\n      Type: AWS::EC2::VPC\n", false},
		{"AppSpec of CodeDeploy", "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n", false},
		{"AppSpec in JSON", `{"version": 0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service"}}]}`, false},
		{"parameters", `{"Parameters": {"Resources": "AWS::EC2::VPC"}}`, false},
		{"a type elsewhere", "Resources: {}\nOther:\n  V:\n    Type: AWS::EC2::VPC\n", false},
		{"nothing", "", false},
		{"bytes", "Resources\x00\n", false},
	} {
		if got := Recognise([]byte(tc.text)); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	for _, s := range []string{"", "{", `{"Resources":{"a":{"Type":"A::B"}}}`, "Resources:\n - a", `{"Resources":[[]]}`, "]Resources"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Recognise(data) && !strings.Contains(string(data), "Resources") && !strings.Contains(string(data), "AWSTemplateFormatVersion") {
			t.Fatalf("%q is taken for a template", data)
		}
	})
}

const template = "Resources:\n  V:\n    Type: AWS::EC2::VPC\n"

// endless is a file that never ends, and says so if it is read too far.
type endless struct {
	fs.File
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	if e.read > 4*MaxHead {
		panic("a file without end is read to its end")
	}
	for i := range p {
		p[i] = '#'
	}
	return len(p), nil
}

// huge is a tree of files of which one never ends.
type huge struct{ fstest.MapFS }

func (h huge) Open(name string) (fs.File, error) {
	f, err := h.MapFS.Open(name)
	if name == "huge.yaml" {
		return &endless{File: f}, err
	}
	return f, err
}

func TestFind(t *testing.T) {
	files := fstest.MapFS{
		"copilot/orders/manifest.yml": {Data: []byte("name: orders\ntype: Load Balanced Web Service # of the shop\n")},
		"copilot/bad/manifest.yml":    {Data: []byte("name: $(reboot)\ntype: Backend Service\n")},
		"cdk.out/manifest.json":       {Data: []byte(`{"version": "36", "artifacts": {"A": {"type": "aws:cloudformation:stack"}}}`)},
		"huge.yaml":                   {Data: []byte("x")},
		"notes.txt":                   {Data: []byte(template)},
	}
	want := []string{"a.yaml", "b/c/d.TEMPLATE", "cdk.out/App.template.json"}
	for _, p := range want {
		files[p] = &fstest.MapFile{Data: []byte(template)}
	}
	for _, p := range []string{".git/x.yaml", "node_modules/x/x.yaml", "cdk.out/asset.1/x.yaml", ".aws-sam/build/x.yaml"} {
		files[p] = &fstest.MapFile{Data: []byte(template)}
	}
	files["link.yaml"] = &fstest.MapFile{Data: []byte("a.yaml"), Mode: fs.ModeSymlink}
	got, diags := Find(huge{files}, ".", func(s string) string { return s })
	if diff := cmp.Diff(want, got.Templates); diff != "" || len(diags) > 0 {
		t.Errorf("want -, got +:\n%s%v", diff, diags)
	}
	if len(got.Manifests) != 1 || got.Manifests[0].Command() != "copilot svc package --name orders --env ENVIRONMENT --output-dir DIR" {
		t.Errorf("manifests %+v", got.Manifests)
	}
	env := Manifest{Name: "test", Type: "Environment"}
	if got := env.Command(); got != "copilot env package --name test --output-dir DIR" {
		t.Errorf("got %s", got)
	}
}

// A tree that is too deep or too wide is searched in part, and that is said.
func TestFindIsBounded(t *testing.T) {
	files := fstest.MapFS{strings.Repeat("d/", maxDepth+2) + "x.yaml": {Data: []byte(template)}}
	started := time.Now()
	got, diags := Find(files, ".", func(s string) string { return s })
	if len(got.Templates) != 0 || len(diags) != 1 || diags[0].Summary != "directory not read whole" {
		t.Errorf("got %v, %v", got, diags)
	}
	if d := time.Since(started); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}
