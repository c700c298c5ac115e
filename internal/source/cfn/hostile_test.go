package cfn

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

func summaries(diags diag.List) map[string]int {
	out := map[string]int{}
	for _, d := range diags {
		out[d.Summary]++
	}
	return out
}

// Stacks without number are read up to a limit, and that is said once.
func TestManyNestedStacks(t *testing.T) {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "  S%d: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: leaf.yaml}}\n", i)
	}
	files := fstest.MapFS{
		"main.yaml": {Data: []byte(b.String())},
		"leaf.yaml": {Data: []byte("Resources: {V: {Type: AWS::EC2::VPC}}\n")},
	}
	started := time.Now()
	set, diags := Read(files, []string{"leaf.yaml", "main.yaml"}, Options{})
	if d := time.Since(started); d > 20*time.Second {
		t.Errorf("it took %v", d)
	}
	if n := len(set.Resources); n == 0 || n >= maxStacks {
		t.Errorf("%d resources", n)
	}
	if s := summaries(diags); s["estate too large"] != 1 {
		t.Errorf("said %v", s)
	}
}

// Each level nests the next one twice: 2^30 stacks are not made.
func TestDoublingStacks(t *testing.T) {
	files := fstest.MapFS{}
	for i := range 30 {
		next := fmt.Sprintf("{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: l%d.yaml, Parameters: {P: !Sub '${P}${P}'}}}", i+1)
		files[fmt.Sprintf("l%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "Parameters: {P: {Type: String, Default: xxxx}}\nResources:\n  A: %s\n  B: %s\n  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref P}}\nOutputs:\n  O: {Value: !Sub '${A.Outputs.O}${B.Outputs.O}', Export: {Name: !Sub 'e-%d-${P}'}}\n", next, next, i)}
	}
	started := time.Now()
	set, diags := Read(files, sortedKeys(files), Options{})
	if d := time.Since(started); d > 30*time.Second {
		t.Errorf("it took %v", d)
	}
	if n := len(set.Resources); n == 0 || n > maxStacks {
		t.Errorf("%d resources", n)
	}
	if s := summaries(diags); s["estate too large"] != 1 {
		t.Errorf("said %v", s)
	}
}

// A long row of stacks that import from each other is followed, and a circle of
// them is one mistake.
func TestRowOfImports(t *testing.T) {
	const n = 300
	for _, circle := range []bool{false, true} {
		files := fstest.MapFS{}
		for i := range n {
			value := fmt.Sprintf("!ImportValue e%d", (i+1)%n)
			if !circle && i == n-1 {
				value = "!Ref V"
			}
			files[fmt.Sprintf("s%03d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "Resources: {V: {Type: AWS::EC2::VPC}}\nOutputs:\n  O: {Value: %s, Export: {Name: e%d}}\n", value, i)}
		}
		files["use.yaml"] = &fstest.MapFile{Data: []byte("Resources: {P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !ImportValue e0}}}\n")}
		set, diags := Read(files, sortedKeys(files), Options{})
		s := summaries(diags)
		got := show(set.Resources[len(set.Resources)-1].Body)
		if !circle && (len(diags) > 0 || got != "{VpcId: $s299/V.Ref}") {
			t.Errorf("got %s, said %v", got, s)
		}
		if circle && s["stacks depend on each other"] != 1 {
			t.Errorf("said %v", s)
		}
	}
}

// sized is a tree of files of which one claims to be large, and must not be read.
type sized struct {
	fstest.MapFS
	t *testing.T
}

type sizedInfo struct{ fs.FileInfo }

func (sizedInfo) Size() int64 { return 200 << 20 }

func (s sized) Stat(name string) (fs.FileInfo, error) {
	info, err := s.MapFS.Stat(name)
	if name == "large.yaml" && err == nil {
		return sizedInfo{info}, nil
	}
	return info, err
}

func (s sized) Open(name string) (fs.File, error) {
	if name == "large.yaml" {
		s.t.Error("a file of 200 MiB is read")
	}
	return s.MapFS.Open(name)
}

func TestFilesThatAreNotRead(t *testing.T) {
	files := sized{fstest.MapFS{
		"large.yaml": {Data: []byte("Resources: {}\n")},
		"pipe.yaml":  {Mode: fs.ModeNamedPipe},
		"out.yaml":   {Data: []byte("Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../../etc/x.yaml}}\n  V: {Type: AWS::EC2::VPC}\n")},
	}, t}
	set, diags := Read(files, []string{"large.yaml", "pipe.yaml", "out.yaml", "none.yaml", "../x.yaml"}, Options{})
	if s := summaries(diags); s["template not read"] != 4 || s["nested template not here"] != 1 {
		t.Errorf("said %v", diags)
	}
	if len(set.Resources) != 1 || set.Files != 1 || len(set.Missing) != 1 || !strings.Contains(set.Missing[0].Why, "outside") {
		t.Errorf("got %v", lines(set))
	}
	if tree.MaxBytes >= 200<<20 {
		t.Error("the limit is too high for this test")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"", "{", "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yaml}}}",
		"Resources: {A: {Type: AWS::Serverless::Function}}", "Outputs: {O: {Value: !ImportValue x, Export: {Name: !ImportValue x}}}",
		"Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !GetAtt A.Outputs.O, Parameters: [x]}}}",
		"Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /x}}\nResources: {A: {Type: AWS::SSM::Parameter, Properties: {Name: /x, Value: !Ref P}}}",
		"Transform: [[], {}, AWS::Include]\nResources: {A: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: a.yaml}}}}",
	} {
		f.Add([]byte(s))
	}
	const other = "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}\nResources:\n  V: {Type: AWS::EC2::VPC}\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: a.yaml, Parameters: {P: !Ref V}}}\nOutputs:\n  O: {Value: !GetAtt S.Outputs.O, Export: {Name: !Sub '${AWS::StackName}x'}}\n"
	f.Fuzz(func(t *testing.T, data []byte) {
		files := fstest.MapFS{"a.yaml": {Data: data}, "b.yaml": {Data: []byte(other)}}
		set, diags := Read(files, []string{"a.yaml", "b.yaml"}, Options{})
		again, said := Read(files, []string{"b.yaml", "a.yaml"}, Options{})
		if fmt.Sprint(lines(set), diags) != fmt.Sprint(lines(again), said) {
			t.Fatal("two readings differ")
		}
	})
}
