package estate

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const templates = `
-- cfn/vpc.yaml --
Parameters:
  Cidr: {Type: String, Default: 10.0.0.0/16}
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: !Ref Cidr}
Outputs:
  Id: {Value: !Ref Vpc, Export: {Name: net-Vpc}}
-- cfn/app/app.json --
{"Resources": {"P": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Fn::ImportValue": "net-Vpc"}, "CidrBlock": "10.0.1.0/24"}}}}
-- tf/main.tf --
resource "aws_vpc" "v" { cidr_block = "10.1.0.0/16" }
resource "aws_cloudformation_stack" "s" {
  name          = "s"
  template_body = file("${path.module}/part.yaml")
}
-- tf/part.yaml --
Resources:
  Part: {Type: AWS::EC2::VPC}
-- cdk/cdk.json --
{"app": "go run ."}
-- copilot/orders/manifest.yml --
name: orders
type: Backend Service
-- params/prod.json --
{"Parameters": {"Cidr": "10.7.0.0/16"}}
-- none/package.json --
{"name": "x"}
`

func TestTemplates(t *testing.T) {
	dir := unpack(t, templates)
	t.Chdir(dir)
	for _, tc := range []struct {
		name  string
		paths []string
		o     Options
		want  []string // VPCs with their first range
		said  []string
	}{
		{"one template", []string{"cfn/vpc.yaml"}, Options{}, []string{"Vpc 10.0.0.0/16 vpc.yaml:4"}, nil},
		{"a value of the command line", []string{"cfn/vpc.yaml"}, Options{Parameters: map[string]string{"Cidr": "10.8.0.0/16"}, ParameterFiles: []string{"params/prod.json"}}, []string{"Vpc 10.8.0.0/16 vpc.yaml:4"}, nil},
		{"a value of a file elsewhere", []string{"cfn/vpc.yaml"}, Options{ParameterFiles: []string{"params/prod.json"}}, []string{"Vpc 10.7.0.0/16 vpc.yaml:4"}, nil},
		{"a directory", []string{"cfn"}, Options{}, []string{"vpc/Vpc 10.0.0.0/16 vpc.yaml:4"}, nil},
		{"two paths without a common repository", []string{"cfn/app", "cfn/vpc.yaml"}, Options{}, []string{"vpc/Vpc 10.0.0.0/16 vpc.yaml:4"}, nil},
		{"templates and Terraform", []string{"tf", "cfn/vpc.yaml"}, Options{}, []string{"cfn/vpc/Vpc 10.0.0.0/16 cfn/vpc.yaml:4", "tf/aws_vpc.v 10.1.0.0/16 tf/main.tf:1"}, []string{"template not read alone"}},
		{"all in one directory", []string{"."}, Options{Root: "."}, []string{"cfn/vpc/Vpc 10.0.0.0/16 cfn/vpc.yaml:4", "tf/aws_vpc.v 10.1.0.0/16 tf/main.tf:1"}, []string{"Copilot manifest not read", "template not read alone"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, diags, err := Open(tc.paths, tc.o)
			if err != nil {
				t.Fatal(err)
			}
			var got, said []string
			for _, v := range e.Snapshot.VPCs {
				line := string(v.ID)
				for _, c := range v.Blocks {
					line += " " + c.Prefix.String()
				}
				got = append(got, line+" "+v.Place.String())
			}
			for _, d := range diags {
				if d.Summary == "Copilot manifest not read" || d.Summary == "template not read alone" {
					said = append(said, d.Summary)
				}
			}
			slices.Sort(got)
			slices.Sort(said)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("VPCs, want -, got +:\n%s%v", diff, diags)
			}
			if diff := cmp.Diff(tc.said, said); diff != "" {
				t.Errorf("said, want -, got +:\n%s%v", diff, diags)
			}
			if len(tc.paths) == 2 && tc.paths[0] == "cfn/app" && (len(e.Snapshot.Subnets) != 1 || e.Snapshot.Subnets[0].VPC != "vpc/Vpc") {
				t.Errorf("the subnet is not joined: %+v", e.Snapshot.Subnets)
			}
		})
	}
	for path, hint := range map[string]string{
		"cdk": "cdk synth", "copilot": "copilot svc package", "none": "templates of CloudFormation", "none/package.json": "terraform show -json", "nowhere": "a template",
	} {
		_, _, err := Open([]string{path}, Options{})
		var in *InputError
		if !errors.As(err, &in) || !strings.Contains(in.Hint, hint) {
			t.Errorf("%s: %v, hint %+v", path, err, in)
		}
	}
	var in *InputError
	if _, _, err := Open([]string{"cfn/vpc.yaml"}, Options{ParameterFiles: []string{filepath.Join("params", "none.json")}}); !errors.As(err, &in) {
		t.Errorf("a file of parameters that is not there is passed over: %v", err)
	}
}
