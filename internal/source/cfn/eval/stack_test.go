package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

func TestResources(t *testing.T) {
	made, outputs, diags := eval.Template(parse(t, `
Parameters:
  Env: {Type: String}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  Never: !Equals [a, b]
Resources:
  B:
    Type: AWS::EC2::VPC
    DeletionPolicy: Retain
    DependsOn: A
    Metadata: {Note: !Ref AWS::StackName}
    Properties:
      CidrBlock: 10.0.0.0/16
      Tags: [{Key: env, Value: !Ref Env}]
  A:
    Type: AWS::EC2::Subnet
    Condition: Prod
    Properties: {VpcId: !Ref B, Size: !If [Prod, big, small]}
  C: {Type: T, Condition: Never}
Outputs:
  Vpc: {Value: !Ref B, Export: {Name: !Sub '${AWS::StackName}-vpc'}}
  Subnet: {Value: !Ref A, Condition: Prod}
  Nothing: {Value: 1, Condition: Never}
`), eval.Options{Path: "infra/vpc", Pseudo: map[string]resource.Value{"AWS::Region": word("eu-west-1")}})
	for _, d := range diags {
		t.Errorf("%v: %s", d.Place, d.Detail)
	}
	var got []string
	for _, r := range made {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %v %q %s", r.ID, r.Name, r.Type, r.Region, r.Place, r.Exists, r.Why, show(r.Body)))
	}
	for _, o := range outputs {
		got = append(got, fmt.Sprintf("%s %s %s %v %q", o.Name, show(o.Value), show(o.Export), o.Exists, o.Why))
	}
	why := `"condition Prod is not known, since parameter infra/vpc/Env has no value"`
	want := []string{
		`infra/vpc/A A AWS::EC2::Subnet eu-west-1 t.yaml:16 unknown ` + why + ` {Size:"big" VpcId:$infra/vpc/B.Ref}`,
		`infra/vpc/B B AWS::EC2::VPC eu-west-1 t.yaml:8 yes "" {AWS::Metadata:{Note:$infra/vpc/AWS::StackName} CidrBlock:"10.0.0.0/16" Tags:[{Key:"env" Value:$infra/vpc/Env}]}`,
		`Subnet $infra/vpc/A.Ref null unknown ` + why,
		`Vpc $infra/vpc/B.Ref <$infra/vpc/AWS::StackName "-vpc"> yes ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if at := made[1].Get("CidrBlock").Place; at != (ref.Place{File: "t.yaml", Line: 14}) {
		t.Errorf("the block is at %v", at)
	}
}

func TestParameters(t *testing.T) {
	text := `
Parameters:
  One: {Type: String, Default: a}
  Count: {Type: Number, Default: '2'}
  Ids: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Numbers: {Type: List<Number>, Default: '1, 2'}
  Ami: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}
  Amis: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /a}
  Key: {Type: String, NoEcho: 'yes'}
  Hidden: {Type: String, NoEcho: true}
  Flag: {Type: String, Default: yes, AllowedValues: [yes, no]}
Conditions:
  Flagged: !Equals [!Ref Flag, yes]
Resources:
  X:
    Type: T
    Properties:
      One: !Ref One
      Count: !Ref Count
      Ids: !Ref Ids
      First: !Select [0, !Ref Ids]
      Numbers: !Ref Numbers
      Ami: !Ref Ami
      Amis: !Select [1, !Ref Amis]
      Hidden: !Sub 'x-${Hidden}'
      Flag: !If [Flagged, 1, 2]
`
	subnet := func(id ref.ID) resource.Value {
		return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: id, Attr: "Ref"}}
	}
	for _, tc := range []struct {
		given map[string]resource.Value
		want  string
	}{
		{nil, `{Ami:$Ami Amis:$Amis.1 Count:2 First:$Ids.0 Flag:1 Hidden:<"x-" $Hidden!>! Ids:$Ids Numbers:["1" "2"] One:"a"}`},
		{map[string]resource.Value{
			"One": word("b"), "Count": word("5"), "Ids": word("subnet-1,subnet-2"), "Ami": word("ami-1"), "Hidden": word("s3cret"), "Flag": word("false"),
		}, `{Ami:$Ami Amis:$Amis.1 Count:5 First:"subnet-1" Flag:2 Hidden:"x-s3cret"! Ids:["subnet-1" "subnet-2"] Numbers:["1" "2"] One:"b"}`},
		// What a stack gives to a stack in it: a list, its text, or one of its own parameters.
		{map[string]resource.Value{"Ids": {Kind: resource.List, List: []resource.Value{subnet("A"), subnet("B")}}},
			`{Ami:$Ami Amis:$Amis.1 Count:2 First:$A.Ref Flag:1 Hidden:<"x-" $Hidden!>! Ids:[$A.Ref $B.Ref] Numbers:["1" "2"] One:"a"}`},
		{map[string]resource.Value{"Ids": {Kind: resource.Text, List: []resource.Value{subnet("A"), word(", "), subnet("B")}}},
			`{Ami:$Ami Amis:$Amis.1 Count:2 First:$A.Ref Flag:1 Hidden:<"x-" $Hidden!>! Ids:[$A.Ref $B.Ref] Numbers:["1" "2"] One:"a"}`},
		{map[string]resource.Value{"Ids": subnet("A")},
			`{Ami:$Ami Amis:$Amis.1 Count:2 First:$A.Ref Flag:1 Hidden:<"x-" $Hidden!>! Ids:[$A.Ref] Numbers:["1" "2"] One:"a"}`},
		{map[string]resource.Value{"Ids": {Kind: resource.Ref, Ref: resource.Reference{ID: "Parent"}}},
			`{Ami:$Ami Amis:$Amis.1 Count:2 First:$Parent.0 Flag:1 Hidden:<"x-" $Hidden!>! Ids:$Parent Numbers:["1" "2"] One:"a"}`},
	} {
		s := eval.New(parse(t, text), eval.Options{Parameters: tc.given})
		x, _ := s.Resource("X")
		if diff := cmp.Diff(tc.want, show(x.Body)); diff != "" {
			t.Errorf("given %v: want -, got +:\n%s", tc.given, diff)
		}
		for _, d := range s.Diagnostics() {
			t.Errorf("%v: %s", d.Place, d.Detail)
		}
	}
	s := eval.New(parse(t, text), eval.Options{Parameters: map[string]resource.Value{"Flag": word("maybe"), "Onee": word("x")}})
	var details []string
	for _, d := range s.Diagnostics() {
		details = append(details, d.Detail)
	}
	if got := strings.Join(details, "\n"); !strings.Contains(got, `given "maybe", which is not one of its AllowedValues`) ||
		!strings.Contains(got, `given for "Onee"`) || !strings.Contains(got, `Did you mean "One"?`) || len(details) != 2 {
		t.Errorf("got %s", got)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	s := eval.New(parse(t, `
Parameters: {P: {Type: String, NoEcho: true, AllowedValues: [a]}}
Mappings: {M: {a: {b: c}}}
Resources: {X: {Type: T, Properties: {V: !FindInMap [M, !Ref P, b]}}}
`), eval.Options{Parameters: map[string]resource.Value{"P": word("hunter2")}})
	s.Resource("X")
	if got := fmt.Sprint(s.Diagnostics()); strings.Contains(got, "hunter2") {
		t.Errorf("a secret is printed: %s", got)
	}
}

// TestNestedStacks evaluates two stacks in a third, of which one needs outputs
// of the other.
func TestNestedStacks(t *testing.T) {
	root := parse(t, `
Resources:
  App: {Type: 'AWS::CloudFormation::Stack', Properties: {Parameters: {Vpc: !GetAtt Net.Outputs.Vpc}}}
  Net: {Type: 'AWS::CloudFormation::Stack', Properties: {Parameters: {Block: 10.0.0.0/16}}}
  Far: {Type: 'AWS::CloudFormation::Stack'}
Outputs:
  Vpc: {Value: !GetAtt App.Outputs.Vpc}
  Other: {Value: !GetAtt Far.Outputs.X}
`)
	child := map[string]*tree.Template{
		"Net": parse(t, "Parameters: {Block: {Type: String}}\nResources: {V: {Type: T, Properties: {B: !Ref Block}}}\nOutputs: {Vpc: {Value: !Ref V}}\n"),
		"App": parse(t, "Parameters: {Vpc: {Type: String}}\nResources: {}\nOutputs: {Vpc: {Value: !Sub 'x-${Vpc}'}}\n"),
	}
	var stack *eval.Stack
	stack = eval.New(root, eval.Options{StackOutput: func(id, output string, at ref.Place) (resource.Value, bool) {
		r, ok := stack.Resource(id)
		if !ok || child[id] == nil {
			return resource.Value{}, false
		}
		inner := eval.New(child[id], eval.Options{Path: stack.ID(id), Parameters: r.Get("Parameters").Map})
		o, ok := inner.Output(output)
		return o.Value, ok
	}})
	for name, want := range map[string]string{"Vpc": `<"x-" $Net/V.Ref>`, "Other": "$Far.Outputs.X"} {
		if o, ok := stack.Output(name); !ok || show(o.Value) != want {
			t.Errorf("%s is %s, want %s", name, show(o.Value), want)
		}
	}
	if len(stack.Diagnostics()) > 0 {
		t.Error(stack.Diagnostics())
	}
}

// TestStacksInACircle asks for a stack while it is being evaluated.
func TestStacksInACircle(t *testing.T) {
	var stack *eval.Stack
	stack = eval.New(parse(t, "Resources: {A: {Type: 'AWS::CloudFormation::Stack', Properties: {P: !GetAtt A.Outputs.X}}}\n"),
		eval.Options{StackOutput: func(id, _ string, _ ref.Place) (resource.Value, bool) {
			_, ok := stack.Resource(id)
			return word("x"), ok
		}})
	if r, ok := stack.Resource("A"); !ok || show(r.Body) != "{P:$A.Outputs.X}" {
		t.Errorf("got %v", show(r.Body))
	}
}

func TestImports(t *testing.T) {
	v, _ := property(t, "[!ImportValue {'Fn::Sub': '${Name}-vpc'}, !ImportValue far]", eval.Options{
		Import: func(name resource.Value, _ ref.Place) (resource.Value, bool) {
			return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: "net/Vpc", Attr: "Ref"}}, show(name) == `<$Name "-vpc">`
		}})
	if show(v) != "[$net/Vpc.Ref $import:far]" {
		t.Errorf("got %s", show(v))
	}
}

func TestExists(t *testing.T) {
	s := eval.New(parse(t, base+"1\n"), eval.Options{})
	for name, want := range map[string]fact.Tri{"Vpc1": fact.Yes, "Gone": fact.No, "None": fact.No} {
		if got, _ := s.Exists(name); got != want {
			t.Errorf("%s exists: %v, want %v", name, got, want)
		}
	}
}
