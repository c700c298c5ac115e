package cloudformation_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// template is a set as the reader of templates makes it of resources in JSON:
// {"Ref": id} and {"Fn::GetAtt": [id, attribute]} are references, of what is no
// resource those to a parameter; {"Fn::Join": ["", parts]} is a text;
// {"Unknown": why} is unknown, {"Maybe": value} may be absent, and "Condition"
// makes a resource that may not exist.
func template(t *testing.T, text string) resource.Set {
	t.Helper()
	var resources map[string]struct {
		Type       string
		Condition  string
		Metadata   any
		Properties map[string]any
	}
	if err := json.Unmarshal([]byte("{"+text+"}"), &resources); err != nil {
		t.Fatalf("the template is no JSON: %v", err)
	}
	set := resource.Set{Kind: "cloudformation"}
	var value func(x any) resource.Value
	value = func(x any) resource.Value {
		switch x := x.(type) {
		case bool:
			return resource.Value{Kind: resource.Bool, Bool: x}
		case float64:
			return resource.Value{Kind: resource.Number, Number: x}
		case string:
			return resource.Value{Kind: resource.String, Text: x}
		case []any:
			v := resource.Value{Kind: resource.List}
			for _, e := range x {
				v.List = append(v.List, value(e))
			}
			return v
		case map[string]any:
			if id, ok := x["Ref"].(string); ok {
				attr := ""
				if _, made := resources[id]; made {
					attr = "Ref"
				}
				return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(id), Attr: attr}}
			}
			if get, ok := x["Fn::GetAtt"].([]any); ok {
				return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(get[0].(string)), Attr: get[1].(string)}}
			}
			if join, ok := x["Fn::Join"].([]any); ok {
				return resource.Value{Kind: resource.Text, List: value(join[1]).List}
			}
			if why, ok := x["Unknown"].(string); ok {
				return resource.Value{Kind: resource.Unknown, Why: why}
			}
			if maybe, ok := x["Maybe"]; ok {
				v := value(maybe)
				v.Maybe, v.Why = true, "a condition is not known"
				return v
			}
			v := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}}
			for k, e := range x {
				v.Map[k] = value(e)
			}
			return v
		}
		return resource.Value{}
	}
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		in := resources[id]
		r := resource.Resource{ID: ref.ID(id), Type: in.Type, Name: id, Exists: fact.Yes, Body: resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}}}
		if in.Properties != nil {
			r.Body = value(map[string]any(in.Properties))
		}
		if in.Metadata != nil {
			r.Body.Map["AWS::Metadata"] = value(in.Metadata)
		}
		if in.Condition != "" {
			r.Exists, r.Why = fact.Unknown, "condition "+in.Condition+" is not known"
		}
		set.Resources = append(set.Resources, r)
	}
	return set
}

// configuration is the same in the language of Terraform. The name of a resource
// there is its ID: of aws_lb_target_group_attachment.Tg__Targets__0 it is
// "Tg.Targets[0]".
func configuration(t *testing.T, text string) resource.Set {
	t.Helper()
	set, diags := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(text)}}, hcl.Options{})
	for _, d := range diags {
		if d.Level != diag.Note {
			t.Fatalf("the configuration is not right: %v", d)
		}
	}
	name := func(id ref.ID) ref.ID {
		typ, name, ok := strings.Cut(string(id), ".")
		if !ok || typ == "var" {
			return ref.ID(name)
		}
		parts := strings.Split(name, "__")
		if len(parts) == 3 {
			return ref.ID(parts[0] + "." + parts[1] + "[" + parts[2] + "]")
		}
		return ref.ID(strings.Join(parts, "."))
	}
	var value func(v resource.Value) resource.Value
	value = func(v resource.Value) resource.Value {
		v.Place = ref.Place{} // by which some lists are sorted
		if v.Kind == resource.Ref {
			v.Ref.ID = name(v.Ref.ID)
		}
		v.List = slices.Clone(v.List)
		for i, e := range v.List {
			v.List[i] = value(e)
		}
		v.Map = maps.Clone(v.Map)
		for k, e := range v.Map {
			v.Map[k] = value(e)
		}
		return v
	}
	for i, r := range set.Resources {
		r.ID, r.Body, r.Place = name(r.ID), value(r.Body), ref.Place{}
		r.Name, _, _ = strings.Cut(r.Name, "__")
		set.Resources[i] = r
	}
	return set
}

// alike compares snapshots but for types and places, and for the words of
// reasons: that there is a reason, and for what, must agree.
func alike(t *testing.T, got, want *topo.Snapshot) {
	t.Helper()
	field := func(p cmp.Path) string {
		if f, ok := p.Last().(cmp.StructField); ok {
			return f.Name()
		}
		return ""
	}
	diff := cmp.Diff(want, got,
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmp.FilterPath(func(p cmp.Path) bool {
			f := field(p)
			return f == "Type" && (p.Index(-2).Type() == reflect.TypeFor[topo.Thing]() || p.Index(-2).Type() == reflect.TypeFor[finding.NotModelled]())
		}, cmp.Ignore()),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().Type() == reflect.TypeFor[ref.Place]() }, cmp.Ignore()),
		cmp.FilterPath(func(p cmp.Path) bool {
			return strings.HasSuffix(field(p), "Why") || strings.HasSuffix(field(p), "More")
		},
			cmp.Comparer(func(a, b string) bool { return (a == "") == (b == "") })),
		cmp.FilterPath(func(p cmp.Path) bool { return field(p) == "ImageText" || field(p) == "From" },
			cmp.Comparer(func(a, b string) bool { return a == b || strings.Contains(a, "${") && strings.Contains(b, "${") })),
		cmp.FilterPath(func(p cmp.Path) bool {
			return field(p) == "Resources" || field(p) == "index" || field(p) == "Line" || field(p) == "place"
		}, cmp.Ignore()),
	)
	if diff != "" {
		t.Errorf("the snapshots differ (- configuration, + template):\n%s", diff)
	}
}

func snapshot(t *testing.T, set resource.Set) *topo.Snapshot {
	t.Helper()
	s, _ := assemble.Snapshot(assemble.Options{}, set)
	return s
}

// twins states that a template and a configuration are the same design.
func twins(t *testing.T, cfn, tf string) *topo.Snapshot {
	t.Helper()
	got := snapshot(t, template(t, cfn))
	alike(t, got, snapshot(t, configuration(t, tf)))
	return got
}

func sorted(in []string) []string {
	slices.Sort(in)
	return in
}
