package machine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/resource"
)

func TestSubstitute(t *testing.T) {
	str := func(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }
	object := func(m map[string]resource.Value) resource.Value { return resource.Value{Kind: resource.Map, Map: m} }
	cluster := resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: "Cluster", Attr: "Arn"}}
	r := resource.Resource{Body: object(map[string]resource.Value{
		"Definition": object(map[string]resource.Value{
			"Alone": str("${cluster}"), "Within": str("a ${cluster} ${n} ${none} ${"), "Plain": str(""),
			"List": {Kind: resource.List, List: []resource.Value{str("${n}")}},
		}),
		"DefinitionSubstitutions": object(map[string]resource.Value{"cluster": cluster, "n": {Kind: resource.Number, Number: 2}}),
		"Name":                    str("${n}"),
	})}
	Substitute(&r)
	want := object(map[string]resource.Value{
		"Definition": object(map[string]resource.Value{
			"Alone": cluster, "Plain": str(""),
			"Within": {Kind: resource.Text, List: []resource.Value{str("a "), cluster, str(" 2 ${none} ${")}},
			"List":   {Kind: resource.List, List: []resource.Value{str("2")}},
		}),
		"Name": str("${n}"),
	})
	if diff := cmp.Diff(want, r.Body); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
