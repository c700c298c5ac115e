package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

func TestBadFunctions(t *testing.T) {
	for _, tc := range []struct{ in, want, says string }{
		{"!Ref Vcp1", "$Vcp1.Ref", `no resource or parameter "Vcp1" in the template. Did you mean "Vpc1"?`},
		{"!GetAtt Vpx1.Id", "$Vpx1.Id", `no resource "Vpx1" in the template. Did you mean "Vpc1"?`},
		{"!Sub '${Prot}'", "$Prot.Ref", `Did you mean "Port"?`},
		{"!Sub 'a${B:-c}'", `"a${B:-c}"`, "${B:-c}"},
		{"!Sub 'a${ }'", `"a${ }"`, "is no name"},
		{"!Ref Gone", "?", "condition of Gone is false"},
		{"!Ref [a]", "?", "Ref takes the name of something in the template, but this is a list"},
		{"!GetAtt Vpc1", "?", "Resource.Attribute"},
		{"!GetAtt {a: b}", "?", "but this is a map"},
		{"!Sub [a, b]", "?", "a list of a text and a map"},
		{"!Sub {a: b, c: d}", "?", "Fn::Sub takes a text"},
		{"!Join [a]", "?", "Fn::Join takes a delimiter and a list"},
		{"!Join [a, b]", "?", "Fn::Join joins a list, but this is a text"},
		{"!Select [3, [a, b]]", "?", "element 3, counted from 0, of a list of 2"},
		{"!Select [x, [a, b]]", "?", "must be a number"},
		{"!Select [-1, [a, b]]", "?", "must be a number"},
		{"!Select [0, a]", "?", "Fn::Select selects from a list"},
		{"!Select a", "?", "Fn::Select takes an index and a list"},
		{"!Split ['', a]", "?", "must not be empty"},
		{"!Split x", "?", "Fn::Split takes a delimiter and a text"},
		{"!FindInMap [Sizes, dve, Cpu]", "?", `no value for "dve", "Cpu"`},
		{"!FindInMap [Size, dev, Cpu]", "?", `no mapping "Size" in the template. Did you mean "Sizes"?`},
		{"!FindInMap [a]", "?", "Fn::FindInMap takes"},
		{"!If [IsPrd, 1, 2]", "?", `no condition "IsPrd" in the template. Did you mean "IsProd"?`},
		{"!If [IsProd, 1]", "?", "Fn::If takes the name of a condition and two values"},
		{"!Cidr [x, 1, 8]", "?", `"x" is no block`},
		{"!Cidr [10.0.0.0/16, 0, 8]", "?", "from 1 to 256"},
		{"!Cidr [10.0.0.0/16, 2, 16]", "?", "do not fit"},
		{"!Cidr [10.0.0.0/16, 2, 0]", "?", "do not fit"},
		{"!Cidr [10.0.0.0/16, 2, 40]", "?", "do not fit"},
		{"!Length a", "?", "Fn::Length counts"},
		{"!Transform {Name: 'AWS::Include', Parameters: {Location: x}}", "?", "AWS::Include"},
		{"{a: 1, 'Fn::Transform': {Name: Mine}}", "?", "What Mine puts here"},
		{"{a: 1, 'Fn::If': [Yes, 1, 2]}", "?", "must be the only key"},
		{"!Jion [a, b]", "?", "Did you mean \"Fn::Join\"?"},
		{"!Equals [1]", "?", "Fn::Equals takes a list of two values"},
		{"{'Fn::ForEach::A': [x]}", "?", "an identifier, a collection"},
		{"{'Fn::ForEach::A': [X, [[1]], {a: b}]}", "?", "a list of texts"},
		{"{'Fn::ForEach::A': [X, [1, 2], {a: b}]}", `{a:"b"}`, "there already"},
		{"{'Fn::ForEach::A': [X, b, {a: b}]}", "?", "is no list"},
	} {
		got, diags := property(t, tc.in, eval.Options{})
		if show(got) != tc.want {
			t.Errorf("%s is %s, want %s", tc.in, show(got), tc.want)
		}
		if len(diags) != 1 || !strings.Contains(diags[0].Detail, tc.says) || diags[0].Place.Line != strings.Count(base, "\n")+1 {
			t.Errorf("%s: %v, want one in line %d that says %q", tc.in, diags, strings.Count(base, "\n")+1, tc.says)
		}
	}
}

// TestWhatMayNeverHappenIsNotSaid has mistakes in branches that may not be
// taken.
func TestWhatMayNeverHappenIsNotSaid(t *testing.T) {
	for in, want := range map[string]string{
		"!If [IsProd, !Select [3, [a]], b]":                     "?",
		"!If [IsProd, !FindInMap [Sizes, test, Cpu], b]":        "?",
		"!If [IsProd, !Ref Gone, b]":                            "?",
		"!If [No, !Select [3, [a]], b]":                         `"b"`,
		"{'Fn::ToJsonString': !If [IsProd, !Ref Gone, [a, b]]}": "?",
	} {
		got, diags := property(t, in, eval.Options{})
		if show(got) != want || len(diags) > 0 {
			t.Errorf("%s is %s, want %s; %v", in, show(got), want, diags)
		}
	}
}

func TestBadDefinitions(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		resources  string
		said       []string
	}{
		{"resources", "Resources:\n  A: 1\n  B: []\n  C: {}\n  D: {Type: [a]}\n  E: !Ref A\n  F: {Type: T}\n  G:\n", "F",
			[]string{"2 wrong type in template", "3 wrong type in template", "4 resource without type", "5 wrong type in template", "6 wrong type in template", "8 wrong type in template"}},
		{"null", "Resources:\n  A: {Type: T, Properties: {V: [1,\n  null], W: 1}}\n", "A", []string{"3 null in template"}},
		{"fields", "Resources:\n  A: {Type: T, Properties: x}\n  B: {Type: T, Properties: [x]}\n  C: {Type: T, Condition: [x]}\n  D: {Type: T, Condition: x}\n  E: {Type: T, Metadata: 5, Properties: }\n", "A B C? D? E",
			[]string{"2 wrong type in template", "3 wrong type in template", "4 wrong type in template", "5 condition not in template"}},
		{"parameters", "Parameters:\n  A: 1\n  B: {}\n  C: {Type: [x], Default: {a: b}}\n  D: {Type: String, Default: [a], AllowedValues: 5}\nResources:\n  X: {Type: T, Properties: {A: !Ref A, B: !Ref B, C: !Ref C, D: !Ref D}}\n", "X",
			[]string{"2 wrong type in template", "3 parameter without type", "4 wrong type in template", "4 wrong type in template", "5 wrong type in template"}},
		{"mappings", "Mappings:\n  M: 1\n  N: {a: 5}\nResources:\n  X: {Type: T, Properties: {A: !FindInMap [M, a, b], B: !FindInMap [N, a, b]}}\n", "X",
			[]string{"2 wrong type in template", "5 key not in mapping", "5 key not in mapping"}},
		{"conditions", "Conditions:\n  A: yes\n  B: !And []\n  C: !Not [a, b]\n  D: {Condition: [x]}\n  E: !Or [!Condition F]\n  F: !Equals x\n  G: [1]\nResources: {}\n", "",
			[]string{"2 condition not understood", "3 wrong arguments", "4 wrong arguments", "5 condition not understood", "7 wrong arguments", "8 condition not understood"}},
		{"conditions in a circle", "Conditions:\n  A: !Not [!Condition B]\n  B: !And [!Condition C, !Condition A]\n  C: !Equals [a, a]\n  D: {Condition: D}\nResources: {X: {Type: T, Condition: A}}\n", "X?",
			[]string{"3 conditions in a circle", "5 conditions in a circle"}},
		{"outputs", "Resources: {}\nOutputs:\n  A: 1\n  B: {}\n  C: {Value: 1, Export: x}\n  D: {Value: 1, Condition: E}\n", "",
			[]string{"3 wrong type in template", "4 output without value", "5 wrong type in template", "6 condition not in template"}},
		{"macros", "Mappings: {Fn::Transform: {Name: M}}\nResources:\n  Fn::Transform: {Name: N}\n  X: {Type: T, Properties: {A: !Ref Made, B: !FindInMap [Made, a, b], Fn::Transform: {Name: O}, C: 1}}\n", "X",
			[]string{"1 transform not modelled", "3 transform not modelled", "4 transform not modelled"}},
	} {
		made, _, diags := eval.Template(parse(t, tc.text), eval.Options{})
		var got []string
		for _, r := range made {
			name := r.Name
			if r.Exists.String() == "unknown" {
				name += "?"
			}
			got = append(got, name)
		}
		if names := strings.Join(got, " "); names != tc.resources {
			t.Errorf("%s: resources %q, want %q", tc.name, names, tc.resources)
		}
		if diff := cmp.Diff(tc.said, said(diags)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tc.name, diff)
		}
	}
}

// TestNamesInLostPartsAreNoMistake: nobody can tell what was in a part of the
// template that could not be read.
func TestNamesInLostPartsAreNoMistake(t *testing.T) {
	tmpl, _ := tree.Parse("t.yaml", []byte("Resources:\n  A:\n    Type: 'T\n  B:\n    Type: T\n    Properties: {V: !GetAtt A.Id}\n"))
	made, _, diags := eval.Template(tmpl, eval.Options{})
	if len(made) != 1 || show(made[0].Body) != "{V:$A.Id}" || len(diags) > 0 {
		t.Errorf("%v, %v", made, diags)
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 1<<19)
	var again strings.Builder
	for i := range 400 {
		fmt.Fprintf(&again, "  R%d: {Type: T, Properties: {V: !Sub '${P}'}}\n", i)
	}
	doubling := "Conditions:\n  C0: !Equals [!Ref P, a]\n"
	for i := 1; i < 60; i++ {
		doubling += fmt.Sprintf("  C%d: !And [!Condition C%d, !Condition C%d]\n", i, i-1, i-1)
	}
	ifs := "a"
	for i := range 60 {
		ifs = fmt.Sprintf("!If [C%d, %s, [b]]", i, ifs)
	}
	for _, tc := range []struct{ name, text, says string }{
		{"one long text", "Parameters: {P: {Type: String, Default: " + long + "}}\nResources: {X: {Type: T, Properties: {V: !Sub '${P}${P}${P}'}}}\n", "template too large to evaluate"},
		{"many long texts", "Parameters: {P: {Type: String, Default: " + long + "}}\nResources:\n" + again.String(), "template too large to evaluate"},
		{"a long list many times", "Parameters: {P: {Type: CommaDelimitedList, Default: '" + strings.Repeat("a,", 100_000) + "'}}\nResources:\n" + again.String(), "template too large to evaluate"},
		{"conditions that double", "Parameters: {P: {Type: String}}\n" + doubling + "Resources: {X: {Type: T, Condition: C59, Properties: {V: " + ifs + "}}}\n", ""},
		{"many names that are not there", "Resources: {X: {Type: T, Properties: {V: [" + strings.Repeat("!Ref a"+long[:300]+", ", 3000) + "]}}}\n", "too many problems"},
	} {
		_, _, diags := eval.Template(parse(t, tc.text), eval.Options{})
		found := tc.says == "" && len(diags) == 0
		for _, d := range diags {
			found = found || d.Summary == tc.says
			if len(d.Detail) > 1000 {
				t.Errorf("%s: a detail has %d bytes", tc.name, len(d.Detail))
			}
		}
		if !found {
			t.Errorf("%s: %v, want %q", tc.name, said(diags[:min(len(diags), 5)]), tc.says)
		}
	}
}

// FuzzTemplate evaluates whatever is given: it ends, and twice gives the same.
func FuzzTemplate(f *testing.F) {
	for _, in := range []string{
		"!Sub ['${a}-${Vpc1.Id}-${!b}', {a: !Join [',', !Ref Subnets]}]", "!If [IsProd, [!Ref Vpc1], !Split [',', !Ref Name]]",
		"!FindInMap [Sizes, !Ref Env, Cpu]", "{'Fn::ForEach::A': [X, [a, b], {'k${X}': !Ref X}]}", "!Select [0, !Cidr [10.0.0.0/8, 4, 16]]",
		"{'Fn::ToJsonString': {a: !Ref Name}}", "'{{resolve:ssm:a}}{{resolve:'", "!Base64 {Ref: Secret}",
	} {
		f.Add([]byte(base + in + "\n"))
	}
	f.Add([]byte(`{"Resources": {"A": {"Type": "T", "Properties": {"B": {"Ref": "A"}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tmpl, _ := tree.Parse("t", data)
		made, outputs, diags := eval.Template(tmpl, eval.Options{})
		again, more, others := eval.Template(tmpl, eval.Options{})
		if diff := cmp.Diff(made, again); diff != "" || cmp.Diff(outputs, more) != "" || cmp.Diff(diags, others) != "" {
			t.Fatalf("evaluated again it is another: %s", diff)
		}
		for _, r := range made {
			if r.Type == "" || r.Name == "" && r.ID != "" {
				t.Fatalf("a resource without type or name: %+v", r)
			}
		}
	})
}
