package eval_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// show writes a value in one line: references as $ID.Attr, texts with
// references as <part part>, ? for unknown values with (their candidates), and a
// tilde before what may be absent.
func show(v resource.Value) string {
	var b strings.Builder
	if v.Maybe {
		b.WriteByte('~')
	}
	switch v.Kind {
	case resource.Null:
		b.WriteString("null")
	case resource.Unknown:
		b.WriteByte('?')
		if len(v.Candidates) > 0 {
			b.WriteByte('(')
			for i, c := range v.Candidates {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(showRef(c))
			}
			b.WriteByte(')')
		}
	case resource.Bool:
		fmt.Fprint(&b, v.Bool)
	case resource.Number:
		fmt.Fprint(&b, v.Number)
	case resource.String:
		fmt.Fprintf(&b, "%q", v.Text)
	case resource.Ref:
		b.WriteString(showRef(v.Ref))
	case resource.List, resource.Text:
		brackets := "[]"
		if v.Kind == resource.Text {
			brackets = "<>"
		}
		var parts []string
		for _, e := range v.List {
			parts = append(parts, show(e))
		}
		b.WriteString(brackets[:1] + strings.Join(parts, " ") + brackets[1:])
	case resource.Map:
		var parts []string
		for k, e := range v.Map {
			parts = append(parts, k+":"+show(e))
		}
		slices.Sort(parts)
		b.WriteString("{" + strings.Join(parts, " ") + "}")
	}
	if v.Sensitive {
		b.WriteByte('!')
	}
	return b.String()
}

func showRef(r resource.Reference) string {
	if r.Attr == "" {
		return "$" + string(r.ID)
	}
	return "$" + string(r.ID) + "." + r.Attr
}

func parse(t tester, text string) *tree.Template {
	t.Helper()
	tmpl, diags := tree.Parse("t.yaml", []byte(text))
	for _, d := range diags {
		t.Errorf("%v: %v: %s: %s", d.Place, d.Level, d.Summary, d.Detail)
	}
	return tmpl
}

// said are the places and summaries of diagnostics.
func said(diags diag.List) []string {
	var out []string
	for _, d := range diags.Sorted() {
		out = append(out, fmt.Sprintf("%d %s", d.Place.Line, d.Summary))
	}
	return out
}

const base = `
Parameters:
  Env: {Type: String, AllowedValues: [dev, prod]}
  Name: {Type: String}
  Port: {Type: Number, Default: 8080}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Zones: {Type: CommaDelimitedList, Default: 'a, b,c'}
  None: {Type: CommaDelimitedList, Default: ''}
  Vpc: {Type: 'AWS::EC2::VPC::Id'}
  Secret: {Type: String, NoEcho: true, Default: hunter2}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /images/latest}
  Flag: {Type: String, Default: 'true'}
Mappings:
  Sizes:
    dev: {Cpu: 256, Same: x, Nets: [10.0.0.0/24]}
    prod: {Cpu: 1024, Same: x, Nets: [10.1.0.0/24]}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  NotProd: !Not [!Condition IsProd]
  IsTest: !Equals [!Ref Env, test]
  HasName: !Not [!Equals [!Ref Name, '']]
  Yes: !Equals [a, a]
  No: !Equals [a, b]
Resources:
  Vpc1: {Type: 'AWS::EC2::VPC'}
  Net: {Type: 'AWS::CloudFormation::Stack'}
  Gone: {Type: 'AWS::EC2::VPC', Condition: No}
  X:
    Type: T
    Properties:
      V: `

// property evaluates one expression in the template above.
func property(t tester, expression string, o eval.Options) (resource.Value, diag.List) {
	t.Helper()
	s := eval.New(parse(t, base+expression+"\n"), o)
	r, ok := s.Resource("X")
	if !ok {
		t.Fatalf("%s: there is no resource", expression)
	}
	return r.Get("V"), s.Diagnostics()
}

func TestFunctions(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		// Scalars are what is written.
		{"443", "443"}, {"'443'", `"443"`}, {"0123", `"0123"`}, {"1.0", `"1.0"`}, {"2024-01-01", `"2024-01-01"`},
		{"yes", "true"}, {"Off", "false"}, {"'yes'", `"yes"`}, {"22:22", `"22:22"`}, {"111122223333", "1.11122223333e+11"},
		// Ref and Fn::GetAtt.
		{"!Ref Vpc1", "$Vpc1.Ref"}, {"!GetAtt Vpc1.CidrBlock", "$Vpc1.CidrBlock"}, {"!GetAtt [Net, Outputs.Id]", "$Net.Outputs.Id"},
		{"!Ref Name", "$Name"}, {"!Ref Port", "8080"}, {"!Ref Subnets", "$Subnets"}, {"!Ref Zones", `["a" "b" "c"]`}, {"!Ref None", "[]"},
		{"!Ref AWS::Region", "$AWS::Region"}, {"!Ref AWS::StackName", "$AWS::StackName"}, {"!Ref Image", "$Image"},
		{"!Ref Secret", `"hunter2"!`}, {"{a: !Ref 'AWS::NoValue', b: 1}", "{b:1}"}, {"[1, !Ref 'AWS::NoValue']", "[1]"}, {"!Ref AWS::NoValue", "null"},
		// Fn::Sub.
		{"!Sub 'a-${Port}'", `"a-8080"`}, {"!Sub '${Vpc1.CidrBlock}'", "$Vpc1.CidrBlock"}, {"!Sub '${Name}-x-${AWS::Region}'", `<$Name "-x-" $AWS::Region>`},
		{"!Sub '${!Port} $${Port}'", `"${Port} $8080"`}, {"!Sub ['${a}/${Port}', {a: !Ref Name}]", `<$Name "/8080">`}, {"!Sub 'x${'", `"x${"`},
		// Fn::Join.
		{"!Join ['-', [a, !Ref Port, true]]", `"a-8080-true"`}, {"!Join ['', [a, !Ref Name]]", `<"a" $Name>`}, {"!Join [',', !Ref Subnets]", "$Subnets"},
		{"!Join ['-', !Ref Subnets]", "?($Subnets)"}, {"!Join ['', []]", `""`}, {"!Join ['-', !Ref Zones]", `"a-b-c"`},
		// Fn::Select and Fn::Split.
		{"!Select [1, !Ref Zones]", `"b"`}, {"!Select ['0', !Ref Subnets]", "$Subnets.0"}, {"!Select [0, !GetAZs '']", "$AWS::GetAZs.0"},
		{"!Select [1, !GetAZs {Ref: 'AWS::Region'}]", "$AWS::GetAZs.1"}, {"!Select [1, !GetAZs eu-west-1]", "$AWS::GetAZs:eu-west-1.1"},
		{"!Select [!Ref Name, [a, !Ref Vpc1]]", "?($Name $Vpc1.Ref)"},
		{"!Split [',', 'a,b']", `["a" "b"]`}, {"!Split [',', !Join [',', [!Ref Vpc1, b]]]", `[$Vpc1.Ref "b"]`}, {"!Split [',', !Ref Name]", "$Name"},
		{"!Split [',', !Join [',', [a, !Join [',', !Ref Subnets]]]]", `["a" ~$Subnets]`},
		{"!Select [1, !Split [',', !Join [',', [!Join [',', !Ref Subnets], a]]]]", `?($Subnets)`},
		{"!Split [',', !Sub 'a,${Name}']", "?($Name)"}, {"!Split [';', !Sub '${Vpc};${Name}']", "?($Name $Vpc)"}, {"!Split [';', !Sub '${Vpc};x']", `[$Vpc "x"]`},
		{"!Split ['/', !Ref Name]", "?($Name)"}, {"!Split [',', !ImportValue subnets]", "$import:subnets"},
		// Fn::FindInMap.
		{"!FindInMap [Sizes, dev, Cpu]", "256"}, {"!FindInMap [Sizes, !Ref Env, Cpu]", "?($Env)"}, {"!FindInMap [Sizes, !Ref Env, Same]", `"x"`},
		{"!FindInMap [Sizes, !Ref Env, Same, {DefaultValue: y}]", `?($Env)`}, {"!FindInMap [Sizes, test, Cpu, {DefaultValue: 1}]", "1"},
		{"!FindInMap [Sizes, prod, Nets]", `["10.1.0.0/24"]`},
		// Fn::If.
		{"!If [Yes, 1, 2]", "1"}, {"!If [No, !Ref Gone, 2]", "2"}, {"!If [IsProd, 1, '1']", "1"}, {"!If [IsTest, 1, 2]", "2"},
		{"!If [IsProd, !Ref Vpc1, !Ref Vpc]", "?($Vpc $Vpc1.Ref)"}, {"!If [IsProd, 1, 2]", "?"}, {"!If [IsProd, a, !Ref 'AWS::NoValue']", `~"a"`},
		{"!If [IsProd, [a, b], [b, c]]", `[~"a" "b" ~"c"]`}, {"[!If [IsProd, a, !Ref 'AWS::NoValue'], b]", `[~"a" "b"]`},
		{"!If [IsProd, {a: 1, b: 2}, {a: 1, c: 3}]", "{a:1 b:~2 c:~3}"}, {"[!If [IsProd, {a: 1}, {b: 2}]]", "[~{a:1} ~{b:2}]"},
		// Within a branch its condition holds.
		{"!If [IsProd, !If [IsProd, 1, 2], 1]", "1"}, {"!If [IsProd, !If [NotProd, 1, 2], 2]", "2"},
		// Other functions.
		{"!Cidr [10.0.0.0/16, 3, 8]", `["10.0.0.0/24" "10.0.1.0/24" "10.0.2.0/24"]`}, {"!Select [0, !Cidr [!GetAtt Vpc1.CidrBlock, 2, 8]]", "?($Vpc1.CidrBlock)"},
		{"!Base64 {'Fn::Sub': 'echo ${Port}'}", `{Fn::Base64:"echo 8080"}`}, {"{'Fn::Length': !Ref Zones}", "3"}, {"{'Fn::Length': !Ref Subnets}", "?"},
		{"{'Fn::ToJsonString': {b: [1, !Ref Name], a: 'x\"'}}", `<"{\"a\":\"x\\\"\",\"b\":[1,\"" $Name "\"]}">`},
		{"!ImportValue {'Fn::Sub': '${Name}-vpc'}", "$import:${Name}-vpc"},
		// Dynamic references.
		{"'{{resolve:ssm:/a/b:1}}'", "?"}, {"'x{{resolve:secretsmanager:db:SecretString:password}}y'", `<"x" ?! "y">!`},
		{"!Sub '{{resolve:secretsmanager:${Vpc1}:SecretString}}'", "?($Vpc1.Ref)!"}, {"'{{resolve:ssm:'", `"{{resolve:ssm:"`},
	} {
		got, diags := property(t, tc.in, eval.Options{})
		if show(got) != tc.want {
			t.Errorf("%s is %s, want %s", tc.in, show(got), tc.want)
		}
		for _, d := range diags {
			t.Errorf("%s: %v %s: %s", tc.in, d.Place, d.Summary, d.Detail)
		}
	}
}

// tester is what a test and a draw of a property have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}
