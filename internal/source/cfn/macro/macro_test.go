package macro

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// write writes a tree in one line.
func write(n *tree.Node) string {
	var parts []string
	switch {
	case n == nil || n.Kind == tree.Null:
		return "null"
	case n.Kind == tree.Lost:
		return "lost"
	case n.Kind == tree.List:
		for _, e := range n.List {
			parts = append(parts, write(e))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case n.Kind == tree.Map:
		for _, e := range n.Entries {
			parts = append(parts, e.Key+":"+write(e.Value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return n.Text
}

func TestExpand(t *testing.T) {
	const sam = "Transform: AWS::Serverless-2016-10-31\n"
	for _, tc := range []struct {
		name, text         string
		want, said, unread []string
	}{
		{
			name: "globals are merged as SAM does",
			text: sam + `Globals:
  Function:
    Runtime: go
    VpcConfig: {SubnetIds: [a], SecurityGroupIds: [g]}
Resources:
  F: {Type: AWS::Serverless::Function, Condition: C, Properties: {Role: r, Runtime: python, VpcConfig: {SubnetIds: [b]}}}
  G: {Type: AWS::Serverless::Function, IgnoreGlobals: '*', Properties: {Role: r}}
  H: {Type: AWS::Serverless::Function, Properties: {Role: r, VpcConfig: {'Fn::If': [C, x, y]}}}
`,
			want: []string{
				"F {Type:AWS::Lambda::Function Condition:C Properties:{Runtime:python VpcConfig:{SubnetIds:[a b] SecurityGroupIds:[g]} Role:r}}",
				"G {Type:AWS::Lambda::Function Properties:{Role:r}}",
				"H {Type:AWS::Lambda::Function Properties:{Runtime:go VpcConfig:{Fn::If:[C x y]} Role:r}}",
			},
		},
		{
			name: "what templates refer to by name is made",
			text: sam + "Resources:\n  F: {Type: AWS::Serverless::Function, Condition: C, Properties: {AutoPublishAlias: live, Events: {E: {Type: HttpApi}}}}\n  FRole: {Type: AWS::IAM::Role}\n",
			want: []string{
				"F {Type:AWS::Lambda::Function Condition:C Properties:{AutoPublishAlias:live Events:{E:{Type:HttpApi}}}}",
				"FRole {Type:AWS::IAM::Role}",
				"FAliaslive {Type:AWS::Lambda::Alias Properties:{Name:live FunctionName:{Ref:F}} Condition:C}",
				"ServerlessHttpApi {Type:AWS::ApiGatewayV2::Api Properties:{ProtocolType:HTTP} Condition:C}",
				"ServerlessHttpApiApiGatewayDefaultStage {Type:AWS::ApiGatewayV2::Stage Properties:{ApiId:{Ref:ServerlessHttpApi} StageName:$default} Condition:C}",
			},
		},
		{
			name: "a private interface, and what has no part in a network",
			text: sam + "Resources:\n  A: {Type: AWS::Serverless::Api, Properties: {StageName: v1, EndpointConfiguration: {Type: PRIVATE, VPCEndpointIds: [e]}}}\n  C: {Type: AWS::Serverless::Connector}\n  N: {Type: AWS::Serverless::Application, Properties: {Location: n.yaml}}\n  X: {Type: AWS::Serverless::Rocket}\n",
			want: []string{
				"A {Type:AWS::ApiGateway::RestApi Properties:{StageName:v1 EndpointConfiguration:{VPCEndpointIds:[e] Types:[PRIVATE]}}}",
				"N {Type:AWS::Serverless::Application Properties:{Location:n.yaml}}",
				"X {Type:AWS::Serverless::Rocket}",
				"Av1Stage {Type:AWS::ApiGateway::Stage Properties:{RestApiId:{Ref:A} StageName:v1}}",
			},
			said: []string{"warning resource of AWS SAM not known"},
		},
		{
			name: "a state machine with its file",
			text: sam + "Resources:\n  S: {Type: AWS::Serverless::StateMachine, Properties: {Role: r, Type: EXPRESS, DefinitionUri: machine.json}}\n  L: {Type: AWS::Serverless::StateMachine, Properties: {Role: r, DefinitionUri: none.json}}\n  F: {Type: AWS::Serverless::StateMachine, Properties: {Role: r, DefinitionUri: 's3://b/k'}}\n",
			want: []string{
				"S {Type:AWS::StepFunctions::StateMachine Properties:{Role:r StateMachineType:EXPRESS Definition:{StartAt:Run}}}",
				"L {Type:AWS::StepFunctions::StateMachine Properties:{Role:r Definition:lost}}",
				"F {Type:AWS::StepFunctions::StateMachine Properties:{Role:r DefinitionS3Location:s3://b/k}}",
			},
			said: []string{"error definition not here", "warning definition not here"},
		},
		{
			name: "snippets",
			text: "Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}\nResources:\n  V:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: 10.0.0.0/16\n      Fn::Transform: {Name: AWS::Include, Parameters: {Location: props.yaml}}\n  W: {Type: AWS::EC2::VPC, Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: none.yaml}}}}\n",
			want: []string{
				"V {Type:AWS::EC2::VPC Properties:{CidrBlock:10.0.0.0/16 EnableDnsSupport:true}}",
				"W {Type:AWS::EC2::VPC Properties:lost}",
				"More {Type:AWS::EC2::VPC}",
			},
			said: []string{"error snippet not here"},
		},
		{
			name:   "macros",
			text:   "Transform: [AWS::LanguageExtensions, AWS::CodeDeployBlueGreen, AWS::SecretsManager-2020-07-23, Acme::M, {Name: Acme::N}]\nResources: {V: {Type: AWS::EC2::VPC}}\n",
			want:   []string{"V {Type:AWS::EC2::VPC}"},
			said:   []string{"note macro without a network effect", "note macro without a network effect"},
			unread: []string{"Acme::M", "Acme::N"},
		},
		{
			name: "SAM that is not asked for",
			text: "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Role: r}}\n",
			want: []string{"F {Type:AWS::Lambda::Function Properties:{Role:r}}"},
			said: []string{"warning transform of AWS SAM not written"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in, diags := tree.Parse("t.yaml", []byte(tc.text))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			before := write(in.Root)
			out, unread, diags := Expand(in, func(p string) ([]byte, string, error) {
				text, ok := map[string]string{
					"machine.json": `{"StartAt": "Run"}`, "props.yaml": "EnableDnsSupport: true\n", "more.yaml": "Resources: {More: {Type: AWS::EC2::VPC}}\n",
				}[p]
				if !ok {
					return nil, p, errors.New("no such file")
				}
				return []byte(text), p, nil
			})
			var got, said, names []string
			for _, e := range out.Resources {
				got = append(got, e.Key+" "+write(e.Value))
			}
			for _, d := range diags {
				said = append(said, fmt.Sprintf("%v %s", d.Level, d.Summary))
			}
			for _, u := range unread {
				names = append(names, u.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("resources, want -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(tc.said, said); diff != "" {
				t.Errorf("said, want -, got +:\n%s%v", diff, diags)
			}
			if diff := cmp.Diff(tc.unread, names); diff != "" {
				t.Errorf("macros, want -, got +:\n%s", diff)
			}
			if write(in.Root) != before {
				t.Error("the template was changed")
			}
		})
	}
}

// A template that takes in itself ends, and says so once it is too much.
func TestSnippetsAreBounded(t *testing.T) {
	text := "Resources:\n"
	for i := range maxIncludes + 5 {
		text += fmt.Sprintf("  R%d: {Type: AWS::EC2::VPC, Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: self.yaml}}}}\n", i)
	}
	in, _ := tree.Parse("self.yaml", []byte(text))
	_, _, diags := Expand(in, func(string) ([]byte, string, error) { return []byte(text), "self.yaml", nil })
	over := 0
	for _, d := range diags {
		if d.Level == diag.Error && d.Summary == "snippet not read" {
			over++
		}
	}
	if over != 5 {
		t.Errorf("%d snippets were refused, want 5", over)
	}
}
