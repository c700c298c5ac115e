package tree_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// show writes a tree in one line, with the kinds of scalars that are no texts.
func show(n *tree.Node) string {
	switch n.Kind {
	case tree.Null:
		return "null"
	case tree.Bool:
		return "bool:" + n.Scalar()
	case tree.Number:
		return "number:" + n.Text
	case tree.Lost:
		return "lost"
	case tree.List:
		var parts []string
		for _, e := range n.List {
			parts = append(parts, show(e))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case tree.Map:
		var parts []string
		for _, e := range n.Entries {
			parts = append(parts, e.Key+":"+show(e.Value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return n.Text
}

// value reads a text as the value of a key of a template.
func value(t *testing.T, text string) *tree.Node {
	t.Helper()
	tmpl, diags := tree.Parse("t.yaml", []byte("Metadata:\n  V: "+text+"\n"))
	for _, d := range diags {
		t.Errorf("%s: %v %s: %s", text, d.Place, d.Summary, d.Detail)
	}
	return tmpl.Root.Get("Metadata").Get("V")
}

func TestShortForms(t *testing.T) {
	for in, want := range map[string]string{
		"!Ref Vpc":                             "{Ref:Vpc}",
		"!Condition IsProd":                    "{Condition:IsProd}",
		"!GetAtt A.B.C":                        "{Fn::GetAtt:A.B.C}",
		"!GetAtt [A, B]":                       "{Fn::GetAtt:[A B]}",
		"!Sub '${A}'":                          "{Fn::Sub:${A}}",
		"!Sub ['${A}', {A: !Ref B}]":           "{Fn::Sub:[${A} {A:{Ref:B}}]}",
		"!GetAZs ''":                           "{Fn::GetAZs:}",
		"!GetAZs":                              "{Fn::GetAZs:}",
		"!Select [0, !GetAZs '']":              "{Fn::Select:[number:0 {Fn::GetAZs:}]}",
		"!Equals [!Ref A, yes]":                "{Fn::Equals:[{Ref:A} bool:true]}",
		"!Base64 {'Fn::Sub': x}":               "{Fn::Base64:{Fn::Sub:x}}",
		"!If [A, !Ref B, !Ref 'AWS::NoValue']": "{Fn::If:[A {Ref:B} {Ref:AWS::NoValue}]}",
		"!Ref 'No'":                            "{Ref:No}",
		"!Ref No":                              "{Ref:No}",
	} {
		if got := show(value(t, in)); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func TestScalars(t *testing.T) {
	for in, want := range map[string]string{
		"443": "number:443", "'443'": "443", "012345678901": "number:012345678901", "1.10": "number:1.10", "1e3": "number:1e3",
		"22:22": "22:22", "2024-01-01": "2024-01-01", "0x1F": "0x1F", "1_000": "1_000", "!!str 12": "12",
		"yes": "bool:true", "ON": "bool:true", "No": "bool:false", "'no'": "no", "y": "y", "~": "null", "": "null", "''": "",
		"10.0.0.0/16": "10.0.0.0/16", ".inf": ".inf",
	} {
		if got := show(value(t, in)); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	text := "\xEF\xBB\xBF{\n\t\"Resources\": {\n\t\t\"A\\u00e9\\ud83d\\ude00\": {\"Type\": \"a\\/b\\n\",\n\"N\": [1, -2.50, true, null, {}, []]}\n\t}\n}\n"
	tmpl, diags := tree.Parse("t.json", []byte(text))
	if len(diags) > 0 {
		t.Errorf("good JSON has %v", diags)
	}
	want := "{Resources:{Aé😀:{Type:a/b\n N:[number:1 number:-2.50 bool:true null {} []]}}}"
	if diff := cmp.Diff(want, show(tmpl.Root)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if e := tmpl.Resources[0]; e.Line != 3 || e.Value.Get("N").Line != 4 || tmpl.Lines != 6 {
		t.Errorf("line %d, N in line %d, of %d lines", e.Line, e.Value.Get("N").Line, tmpl.Lines)
	}
}
