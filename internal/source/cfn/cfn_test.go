package cfn

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
)

// unpack makes files of a text in which each begins behind a line "-- NAME --".
func unpack(text string) fstest.MapFS {
	out := fstest.MapFS{}
	name := ""
	for line := range strings.Lines(text) {
		if inner, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(inner), " --")
			out[name] = &fstest.MapFile{}
			continue
		}
		if name != "" {
			out[name].Data = append(out[name].Data, line...)
		}
	}
	return out
}

// all reads every template of some files, found as the program finds them.
func all(t *testing.T, files fstest.MapFS, o Options) (resource.Set, diag.List) {
	t.Helper()
	paths, diags := Find(files, ".", o)
	set, more := Read(files, paths, o)
	return set, append(diags, more...)
}

// show writes a value as a template might: references as ID.Attr.
func show(v resource.Value) string {
	var parts []string
	switch v.Kind {
	case resource.Null:
		return "null"
	case resource.Unknown:
		return "unknown"
	case resource.Bool, resource.Number:
		return fmt.Sprint(v.Number, v.Bool)
	case resource.String:
		return v.Text
	case resource.Ref:
		return "$" + string(v.Ref.ID) + "." + v.Ref.Attr
	case resource.Text:
		for _, e := range v.List {
			parts = append(parts, show(e))
		}
		return strings.Join(parts, "+")
	case resource.List:
		for _, e := range v.List {
			parts = append(parts, show(e))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	for _, k := range sortedKeys(v.Map) {
		parts = append(parts, k+": "+show(v.Map[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// lines are the resources of a set, one a line.
func lines(set resource.Set) []string {
	var out []string
	for _, r := range set.Resources {
		line := string(r.ID) + " " + r.Type + " " + show(r.Body)
		if r.Exists != fact.Yes {
			line += " (" + r.Exists.String() + ")"
		}
		out = append(out, line)
	}
	for _, m := range set.Missing {
		out = append(out, fmt.Sprintf("missing %s %s: %s %v", m.ID, m.Source, m.Why, m.Inputs))
	}
	return out
}

// said are the summaries of diagnostics with their place and level.
func said(diags diag.List) []string {
	var out []string
	for _, d := range diags {
		out = append(out, fmt.Sprintf("%v %v %s", d.Level, d.Place, d.Summary))
	}
	return out
}

const network = `
-- net/vpc.yaml --
Parameters:
  Cidr: {Type: String, Default: 10.0.0.0/16}
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: !Ref Cidr}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: g, VpcId: !Ref Vpc}
Outputs:
  VpcId: {Value: !Ref Vpc, Export: {Name: !Sub "${AWS::StackName}-Vpc"}}
  GroupId: {Value: !GetAtt Group.GroupId, Export: {Name: !Sub "${AWS::StackName}-Group"}}
`

func TestRead(t *testing.T) {
	const (
		vpc   = "net/vpc/Vpc AWS::EC2::VPC {CidrBlock: 10.0.0.0/16}"
		group = "net/vpc/Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $net/vpc/Vpc.Ref}"
	)
	for _, tc := range []struct {
		name, files string
		o           Options
		want, said  []string
	}{
		{
			name:  "one template needs no name",
			files: network,
			o:     Options{From: "net"},
			want: []string{
				"Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $Vpc.Ref}",
				"Vpc AWS::EC2::VPC {CidrBlock: 10.0.0.0/16}",
			},
		},
		{
			name:  "a parent by paths, with values down and up",
			files: network + "-- main.yml --\nResources:\n  Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./net/vpc.yaml, Parameters: {Cidr: 10.9.0.0/16}}}\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !GetAtt Net.Outputs.VpcId}}\n",
			want: []string{
				"Net/Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $Net/Vpc.Ref}",
				"Net/Vpc AWS::EC2::VPC {CidrBlock: 10.9.0.0/16}",
				"P AWS::EC2::Subnet {VpcId: $Net/Vpc.Ref}",
			},
		},
		{
			name:  "a parent by the end of a URL made of parameters",
			files: network + "-- main.yml --\nParameters: {Bucket: {Type: String}}\nResources:\n  Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Sub 'https://${Bucket}.s3.amazonaws.com/net/vpc.yaml'}}\n",
			want: []string{
				"Net/Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $Net/Vpc.Ref}",
				"Net/Vpc AWS::EC2::VPC {CidrBlock: 10.0.0.0/16}",
			},
			said: []string{"note main.yml:3 nested template taken from here"},
		},
		{
			name:  "a parent by a choice of URLs that end alike",
			files: network + "-- main.yml --\nConditions: {US: !Equals [!Ref AWS::Region, us-east-1]}\nResources:\n  Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !If [US, 'https://s3.amazonaws.com/b/net/vpc.yaml', !Sub 'https://s3-${AWS::Region}.amazonaws.com/b/net/vpc.yaml']}}\n",
			want: []string{
				"Net/Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $Net/Vpc.Ref}",
				"Net/Vpc AWS::EC2::VPC {CidrBlock: 10.0.0.0/16}",
			},
			said: []string{"note main.yml:3 nested template taken from here"},
		},
		{
			name:  "a parent by a parameter without value, whose name and parameters speak for one template",
			files: "-- in/network.yaml --\nParameters: {Cidr: {Type: String}}\nResources:\n  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr}}\n-- in/network-old.yaml --\nResources:\n  V: {Type: AWS::EC2::VPC}\n-- main.yml --\nParameters: {NetworkURL: {Type: String}}\nResources:\n  Network: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Ref NetworkURL, Parameters: {Cidr: 10.0.0.0/8}}}\n",
			want:  []string{"in/network-old/V AWS::EC2::VPC {}", "main/Network/V AWS::EC2::VPC {CidrBlock: 10.0.0.0/8}"},
			said:  []string{"note main.yml:3 nested template taken from here"},
		},
		{
			name:  "an application of SAM that is not deployed is no root either",
			files: network + "-- main.yml --\nTransform: AWS::Serverless-2016-10-31\nConditions: {No: !Equals [a, b]}\nResources:\n  Net: {Type: AWS::Serverless::Application, Condition: No, Properties: {Location: net/vpc.yaml}}\n  V: {Type: AWS::EC2::VPC}\n",
			want:  []string{"V AWS::EC2::VPC {}"},
		},
		{
			name:  "a nested stack that may exist",
			files: network + "-- main.yml --\nParameters: {Env: {Type: String}}\nConditions: {Prod: !Equals [!Ref Env, prod]}\nResources:\n  Net: {Type: AWS::CloudFormation::Stack, Condition: Prod, Properties: {TemplateURL: net/vpc.yaml}}\n",
			want: []string{
				"Net/Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $Net/Vpc.Ref} (unknown)",
				"Net/Vpc AWS::EC2::VPC {CidrBlock: 10.0.0.0/16} (unknown)",
			},
		},
		{
			name:  "a template that is not here",
			files: "-- main.yml --\nResources:\n  V: {Type: AWS::EC2::VPC}\n  Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://example.com/x.yaml, Parameters: {VpcId: !Ref V}}}\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !GetAtt Net.Outputs.Id}}\n",
			want: []string{
				"P AWS::EC2::Subnet {VpcId: $Net.Outputs.Id}", "V AWS::EC2::VPC {}",
				"missing Net https://example.com/x.yaml: no template here has a path that ends like it [{V Ref}]",
			},
			said: []string{"error main.yml:3 nested template not here"},
		},
		{
			name:  "an output that the nested template does not have",
			files: network + "-- main.yml --\nResources:\n  Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: net/vpc.yaml}}\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !GetAtt Net.Outputs.VpcID}}\n",
			want: []string{
				"Net/Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $Net/Vpc.Ref}",
				"Net/Vpc AWS::EC2::VPC {CidrBlock: 10.0.0.0/16}",
				"P AWS::EC2::Subnet {VpcId: unknown}",
			},
			said: []string{"error main.yml:3 output not in template"},
		},
		{
			name:  "exports by the name of a stack",
			files: network + "-- app.yaml --\nParameters: {Stack: {Type: String}}\nResources:\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: {'Fn::ImportValue': !Sub '${Stack}-Vpc'}}}\n",
			want:  []string{"app/P AWS::EC2::Subnet {VpcId: $net/vpc/Vpc.Ref}", group, vpc},
			said:  []string{"note app.yaml:3 stacks joined by exports"},
		},
		{
			name:  "an import that nothing exports",
			files: network + "-- app.yaml --\nResources:\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !ImportValue other-Subnet}}\n",
			want:  []string{"app/P AWS::EC2::Subnet {VpcId: $import:other-Subnet.}", group, vpc},
			said:  []string{"warning app.yaml:2 imported value not here"},
		},
		{
			name:  "two that export the same",
			files: network + "-- b/vpc.yaml --\nResources:\n  Vpc: {Type: AWS::EC2::VPC}\nOutputs:\n  Id: {Value: !Ref Vpc, Export: {Name: !Sub '${AWS::StackName}-Vpc'}}\n-- app.yaml --\nParameters: {Stack: {Type: String}}\nResources:\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: {'Fn::ImportValue': !Sub '${Stack}-Vpc'}}}\n",
			want:  []string{"app/P AWS::EC2::Subnet {VpcId: unknown}", "b/vpc/Vpc AWS::EC2::VPC {}", group, vpc},
			said:  []string{"warning app.yaml:3 several exports of one name"},
		},
		{
			name:  "of two that export the same, the one that exports all that is imported by one stack name",
			files: network + "-- b/vpc.yaml --\nResources:\n  Vpc: {Type: AWS::EC2::VPC}\nOutputs:\n  Id: {Value: !Ref Vpc, Export: {Name: !Sub '${AWS::StackName}-Vpc'}}\n-- app.yaml --\nParameters: {Stack: {Type: String}}\nResources:\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: {'Fn::ImportValue': !Sub '${Stack}-Vpc'}}}\n  I: {Type: AWS::EC2::Instance, Properties: {SecurityGroupIds: [{'Fn::ImportValue': !Sub '${Stack}-Group'}]}}\n",
			want: []string{
				"app/I AWS::EC2::Instance {SecurityGroupIds: [$net/vpc/Group.GroupId]}", "app/P AWS::EC2::Subnet {VpcId: $net/vpc/Vpc.Ref}", "b/vpc/Vpc AWS::EC2::VPC {}", group, vpc,
			},
			said: []string{"note app.yaml:3 stacks joined by exports"},
		},
		{
			name:  "a value by the parameter store",
			files: "-- a.yaml --\nResources:\n  Vpc: {Type: AWS::EC2::VPC}\n  Put: {Type: AWS::SSM::Parameter, Properties: {Name: /net/vpc, Type: String, Value: !Ref Vpc}}\n-- b.yaml --\nParameters: {VpcId: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>', Default: /net/vpc}}\nResources:\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref VpcId}}\n",
			want: []string{
				"a/Put AWS::SSM::Parameter {Name: /net/vpc, Type: String, Value: $a/Vpc.Ref}",
				"a/Vpc AWS::EC2::VPC {}", "b/P AWS::EC2::Subnet {VpcId: $a/Vpc.Ref}",
			},
			said: []string{"note b.yaml:1 stored parameter joined"},
		},
		{
			name:  "an equal name alone joins nothing",
			files: network + "-- app.yaml --\nParameters: {VpcId: {Type: 'AWS::EC2::VPC::Id'}}\nResources:\n  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref VpcId}}\n",
			want:  []string{"app/P AWS::EC2::Subnet {VpcId: $app/VpcId.}", group, vpc},
			said:  []string{"note app.yaml:1 parameters like outputs of another template"},
		},
		{
			name:  "values that are given",
			files: network,
			o: Options{
				From: "net", Parameters: map[string]string{"Cidr": "10.1.0.0/16", "Cdir": "x"},
				ParameterFiles: []ParameterFile{{"p.json", []byte(`[{"ParameterKey": "Cidr", "ParameterValue": "10.2.0.0/16"}, {"ParameterKey": "Other", "ParameterValue": "hush"}]`)}},
			},
			want: []string{
				"Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $Vpc.Ref}",
				"Vpc AWS::EC2::VPC {CidrBlock: 10.1.0.0/16}",
			},
			said: []string{"warning  parameter not declared", "warning p.json:1 parameter not declared"},
		},
		{
			name:  "a macro of others may change everything",
			files: "-- main.yml --\nTransform: [Acme::Defaults]\nResources:\n  V: {Type: AWS::EC2::VPC}\n",
			want: []string{
				"V AWS::EC2::VPC {}", "missing Transform::Acme::Defaults Acme::Defaults: what the macro changes is known only at deployment [{V Ref}]",
			},
			said: []string{"warning main.yml:1 macro not modelled"},
		},
		{
			name:  "a template that nests itself",
			files: "-- main.yml --\nResources:\n  V: {Type: AWS::EC2::VPC}\n  Again: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: main.yml}}\n",
			want: []string{
				"V AWS::EC2::VPC {}", "missing Again main.yml: it nests itself, which has no end []",
			},
			said: []string{"error main.yml:3 nested template not here"},
		},
		{
			name:  "stacks that nest each other",
			files: "-- a.yml --\nResources:\n  V: {Type: AWS::EC2::VPC}\n  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yml}}\n-- b.yml --\nResources:\n  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: a.yml}}\n",
			want: []string{
				"V AWS::EC2::VPC {}", "missing B/A a.yml: it nests itself, which has no end []",
			},
			said: []string{"error b.yml:2 nested template not here"},
		},
		{
			name:  "exports that depend on each other",
			files: "-- a.yml --\nResources:\n  V: {Type: AWS::EC2::VPC}\nOutputs:\n  O: {Value: !ImportValue b, Export: {Name: a}}\n-- b.yml --\nResources:\n  V: {Type: AWS::EC2::VPC}\nOutputs:\n  O: {Value: !ImportValue a, Export: {Name: b}}\n",
			want:  []string{"a/V AWS::EC2::VPC {}", "b/V AWS::EC2::VPC {}"},
			said:  []string{"error b.yml:4 stacks depend on each other"},
		},
		{
			name:  "names that make stacks import from each other join neither",
			files: "-- a.yml --\nParameters:\n  Net: {Type: String}\nResources:\n  V: {Type: AWS::EC2::Subnet, Properties: {VpcId: !ImportValue {'Fn::Sub': '${Net}-VPC'}}}\nOutputs:\n  O: {Value: !ImportValue {'Fn::Sub': '${Net}-VPC'}, Export: {Name: !Sub '${AWS::StackName}-VPC'}}\n-- b.yml --\nParameters:\n  Net: {Type: String}\nResources:\n  V: {Type: AWS::EC2::Subnet, Properties: {VpcId: !ImportValue {'Fn::Sub': '${Net}-VPC'}}}\nOutputs:\n  O: {Value: !ImportValue {'Fn::Sub': '${Net}-VPC'}, Export: {Name: !Sub '${AWS::StackName}-VPC'}}\n",
			want:  []string{"a/V AWS::EC2::Subnet {VpcId: $import:${a/Net}-VPC.}", "b/V AWS::EC2::Subnet {VpcId: $import:${b/Net}-VPC.}"},
			said:  []string{"warning a.yml:4 imported value not here", "warning b.yml:4 imported value not here"},
		},
		{
			name:  "siblings that depend on each other",
			files: network + "-- main.yml --\nResources:\n  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: net/vpc.yaml, Parameters: {Cidr: !GetAtt B.Outputs.VpcId}}}\n  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: net/vpc.yaml, Parameters: {Cidr: !GetAtt A.Outputs.VpcId}}}\n",
			want: []string{
				"B/Group AWS::EC2::SecurityGroup {GroupDescription: g, VpcId: $B/Vpc.Ref}", "B/Vpc AWS::EC2::VPC {CidrBlock: $A.Outputs.VpcId}",
				"missing A : what it is given depends on what it gives []",
			},
			said: []string{"error main.yml:3 stacks depend on each other"},
		},
		{
			name:  "of two files with one name both keep their endings",
			files: "-- a.yml --\nResources:\n  V: {Type: AWS::EC2::VPC}\n-- a.json --\n{\"Resources\": {\"V\": {\"Type\": \"AWS::EC2::VPC\"}}}\n",
			want:  []string{"a.json/V AWS::EC2::VPC {}", "a.yml/V AWS::EC2::VPC {}"},
		},
		{
			name:  "what the CDK writes",
			files: "-- App.template.json --\n{\"Resources\": {\"Net\": {\"Type\": \"AWS::CloudFormation::Stack\", \"Properties\": {\"TemplateURL\": {\"Fn::Join\": [\"\", [\"https://s3.\", {\"Ref\": \"AWS::Region\"}, \"/0a.json\"]]}}, \"Metadata\": {\"aws:asset:path\": \"Net.nested.template.json\"}}, \"CDKMetadata\": {\"Type\": \"AWS::CDK::Metadata\"}}}\n-- Net.nested.template.json --\n{\"Resources\": {\"V\": {\"Type\": \"AWS::EC2::VPC\"}}}\n-- asset.0b/x.json --\n{\"Resources\": {\"No\": {\"Type\": \"AWS::EC2::VPC\"}}}\n",
			want:  []string{"Net/V AWS::EC2::VPC {}"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, diags := all(t, unpack(tc.files), tc.o)
			if diff := cmp.Diff(tc.want, lines(set)); diff != "" {
				t.Errorf("resources, want -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(tc.said, said(diags)); diff != "" {
				t.Errorf("said, want -, got +:\n%s%v", diff, diags)
			}
			for _, d := range diags {
				if strings.Contains(d.Detail, "hush") {
					t.Errorf("a value is shown: %s", d.Detail)
				}
			}
		})
	}
}

// The order in which paths are given changes nothing.
func TestOrderOfPaths(t *testing.T) {
	files := unpack(network + `-- app.yaml --
Parameters: {Stack: {Type: String}, VpcId: {Type: String}}
Resources:
  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: {'Fn::ImportValue': !Sub '${Stack}-Vpc'}}}
  Q: {Type: AWS::EC2::Subnet, Properties: {VpcId: !ImportValue none}}
-- store.yaml --
Resources:
  Put: {Type: AWS::SSM::Parameter, Properties: {Name: /x, Value: !ImportValue net-Vpc}}
-- taken.yaml --
Parameters: {X: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}
Resources:
  P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref X}}
-- parent.yaml --
Resources:
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml, Parameters: {A: !ImportValue net-Group}}}
-- child.yaml --
Parameters: {A: {Type: String}}
Resources:
  I: {Type: AWS::EC2::Instance, Properties: {SecurityGroupIds: [!Ref A]}}
-- broken.yaml --
Resources:
  A: {Type: AWS::EC2::VPC
  B: [
`)
	paths := sortedKeys(files)
	want, said := Read(files, paths, Options{})
	if len(want.Resources) < 7 || len(said) < 5 {
		t.Fatalf("the design says too little: %v\n%v", lines(want), said)
	}
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation(paths).Draw(rt, "paths")
		order = append(order, order[rapid.IntRange(0, len(order)-1).Draw(rt, "again")])
		set, diags := Read(files, order, Options{})
		if diff := cmp.Diff(want, set); diff != "" {
			rt.Fatalf("%v:\n%s", order, diff)
		}
		if diff := cmp.Diff(said, diags); diff != "" {
			rt.Fatalf("%v:\n%s", order, diff)
		}
	})
	if !slices.IsSorted(paths) {
		t.Error("Read changed its argument")
	}
}

func TestResourcesKnowTheirNestedStacks(t *testing.T) {
	set, _ := all(t, unpack(`
-- main.yml --
Resources:
  V: {Type: AWS::EC2::VPC}
  Out: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: out.yml}}
-- out.yml --
Resources:
  In: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: in.yml}}
-- in.yml --
Resources:
  W: {Type: AWS::EC2::VPC}
`), Options{Named: true})
	got := map[string]string{}
	for _, r := range set.Resources {
		got[string(r.ID)] = string(r.Nested) + " of " + string(r.Root())
	}
	want := map[string]string{"main/V": " of main", "main/Out/In/W": "Out/In of main"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nested stacks -, +:\n%s", diff)
	}
}
