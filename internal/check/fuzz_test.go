package check

import (
	"io"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/source/cfn"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// Whatever the text of a design is, it ends in a report that can be printed, and
// every verdict in it has what its kind needs.
func FuzzDesign(f *testing.F) {
	files, err := filepath.Glob("testdata/designs/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no designs: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all := ""
		for _, part := range archive.Files {
			if filepath.Ext(part.Name) == ".tf" {
				all += string(part.Data)
			}
		}
		f.Add(all)
	}
	f.Fuzz(func(t *testing.T, design string) {
		if len(design) > 20_000 {
			return
		}
		set, diags := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(design)}}, hcl.Options{})
		s, more := assemble.Snapshot(assemble.Options{}, set)
		speaks(t, s, append(diags, more...))
	})
}

// Whatever a template is, and whatever it nests of itself, it ends so too.
func FuzzTemplate(f *testing.F) {
	files, err := filepath.Glob("testdata/designs/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no designs: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if cfn.Recognise(part.Data) {
				f.Add(part.Data)
			}
		}
	}
	for _, small := range []string{
		"Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: template.yaml}}}",
		`{"Resources":{"A":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":{"Fn::Cidr":["::/0",256,128]}}}}}`,
		"Conditions: {A: !Not [!Condition A]}\nResources: {B: {Type: AWS::ECS::Service, Condition: A, Properties: !If [A, !Ref B, !GetAtt B.B]}}",
		"Parameters: {N: {Type: Number}}\nResources: {Fn::ForEach::L: [X, !Split [',', !Ref N], {'${X}': {Type: AWS::EC2::Subnet}}]}",
		"Resources: &a {B: *a}",
	} {
		f.Add([]byte(small))
	}
	f.Fuzz(func(t *testing.T, template []byte) {
		if len(template) > 20_000 {
			return
		}
		set, diags := cfn.Read(fstest.MapFS{"template.yaml": {Data: template}}, []string{"template.yaml"}, cfn.Options{Region: "eu-west-1"})
		s, more := assemble.Snapshot(assemble.Options{}, set)
		speaks(t, s, append(diags, more...))
	})
}

// speaks judges a design: its report can be printed, and its findings say what
// those of their kind have to.
func speaks(t *testing.T, s *topo.Snapshot, diags diag.List) {
	t.Helper()
	report := Run(s, intent.Intent{}, Options{})
	report.Diagnostics = diags.Sorted()
	for _, r := range report.Findings {
		switch {
		case r.Title == "" || r.Recommendation == "" || r.Resource == "":
			t.Errorf("a finding says nothing: %s", describe(r))
		case r.Verdict == finding.Undecided && len(r.Gaps) == 0:
			t.Errorf("undecided without a missing fact: %s", describe(r))
		case r.Verdict == finding.Violates && (len(r.Evidence) == 0 || r.Fix == ""):
			t.Errorf("a violation without evidence or fix: %s", describe(r))
		}
	}
	if err := text.Write(io.Discard, report, text.Options{All: true}); err != nil {
		t.Error(err)
	}
}
