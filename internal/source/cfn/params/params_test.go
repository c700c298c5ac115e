package params

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	want := map[string]string{"Vpc": "vpc-1", "Count": "2", "On": "true", "List": "a,b"}
	for name, text := range map[string]string{
		"list of the AWS CLI": `[{"ParameterKey": "Vpc", "ParameterValue": "vpc-1"}, {"ParameterKey": "Count", "ParameterValue": "2"},
			{"ParameterKey": "On", "ParameterValue": "true"}, {"ParameterKey": "List", "ParameterValue": "a,b"}]`,
		"CodePipeline":       `{"Parameters": {"Vpc": "vpc-1", "Count": 2, "On": true, "List": ["a", "b"]}, "Tags": {"x": "y"}}`,
		"map":                `{"Vpc": "vpc-1", "Count": "2", "On": "true", "List": "a,b"}`,
		"map in YAML":        "Vpc: vpc-1\nCount: 2\nOn: true\nList: [a, b]\n",
		"list of NAME=VALUE": `["Vpc=vpc-1", "Count=2", "On=true", "List=a,b"]`,
	} {
		list, diags := Parse("p", []byte(text))
		got := map[string]string{}
		for _, g := range list {
			got[g.Name] = g.Value
			if g.Place.Line == 0 || g.Place.File != "p" {
				t.Errorf("%s: %s is at %v", name, g.Name, g.Place)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(diags) > 0 {
			t.Errorf("%s, want -, got +:\n%s%v", name, diff, diags)
		}
	}
	// What is no value is named, and the rest counts. Values are never shown.
	for text, says := range map[string]string{
		`[{"ParameterKey": "A", "UsePreviousValue": true}, "B=1"]`: "parameter without value",
		`[{"Key": "hush"}, "B=1"]`:                                 "entry of parameter file not read",
		`{"A": {"hush": 1}, "B": "1"}`:                             "entry of parameter file not read",
		`{"A": null, "B": "1"}`:                                    "entry of parameter file not read",
		`"hush"`:                                                   "parameter file not read",
		"{hush":                                                    "parameter file not read",
		strings.Repeat("#", MaxBytes+1):                            "parameter file not read",
	} {
		list, diags := Parse("p", []byte(text))
		if len(diags) != 1 || diags[0].Summary != says || strings.Contains(diags[0].Detail, "hush") {
			t.Errorf("%.40s: said %v, want %q", text, diags, says)
		}
		if strings.Contains(text, `"B`) && (len(list) != 1 || list[0].Name != "B") {
			t.Errorf("%.40s: got %v", text, list)
		}
	}
	if list, diags := Parse("p", nil); list != nil || diags != nil {
		t.Errorf("an empty file gives %v, %v", list, diags)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "[]", "{}", "a: [b, [c]]", "- {ParameterKey: x}", "&a [*a]", "Parameters: {Parameters: {}}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := Parse("p", data)
		if len(list) > len(data)+1 {
			t.Fatalf("%d values of %d bytes", len(list), len(data))
		}
	})
}
