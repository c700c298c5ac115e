package tfplan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// hiding writes a plan of a group without written rules, a route table without
// written routes and a list whose attribute "list" is unknown. The plan depends
// on that and on what is given; it shows the uses in the group's tags.
func hiding(version, relevant, tags, more string) string {
	return fmt.Sprintf(`{"format_version":"1.2","terraform_version":%q,"planned_values":{"root_module":{"resources":[
{"address":"aws_security_group.g","mode":"managed","type":"aws_security_group","name":"g","values":{}},
{"address":"aws_route_table.t","mode":"managed","type":"aws_route_table","name":"t","values":{}},
{"address":"aws_x.l[0]","mode":"managed","type":"aws_x","name":"l","index":0,"values":{"size":1}}%s]}},
"resource_changes":[
{"address":"aws_security_group.g","mode":"managed","type":"aws_security_group","name":"g","change":{"actions":["create"],"after":{},"after_unknown":{"id":true,"ingress":true,"egress":true}}},
{"address":"aws_route_table.t","mode":"managed","type":"aws_route_table","name":"t","change":{"actions":["create"],"after":{},"after_unknown":{"id":true,"route":true}}},
{"address":"aws_x.l[0]","mode":"managed","type":"aws_x","name":"l","index":0,"change":{"actions":["create"],"after":{"size":1},"after_unknown":{"list":true}}}],
"configuration":{"root_module":{"resources":[
{"address":"aws_security_group.g","expressions":{"tags":{"references":[%s]}}},{"address":"aws_route_table.t","expressions":{}},{"address":"aws_x.l","expressions":{}},
{"address":"aws_vpc_security_group_ingress_rule.r","expressions":{"security_group_id":{"references":["aws_security_group.g.id","aws_security_group.g"]}}},
{"address":"aws_security_group_rule.r","expressions":{"security_group_id":{"references":["aws_security_group.g.id","aws_security_group.g"]}}},
{"address":"aws_route.r","expressions":{"route_table_id":{"references":["aws_route_table.t.id","aws_route_table.t"]}}}]}},
"relevant_attributes":[%s]}`, version, more, tags, relevant)
}

// Rules that a dynamic block may make are not taken as none: it needs something
// that is unknown, and uses it where the plan does not show it.
func TestHiddenBlocks(t *testing.T) {
	const list = `{"resource":"aws_x.l[0]","attribute":["list",0]}`
	rule := func(typ, values string) string {
		return fmt.Sprintf(`,{"address":"%s.r","mode":"managed","type":%q,"name":"r","values":{%s}}`, typ, typ, values)
	}
	for name, tc := range map[string]struct {
		plan string
		want string // which arguments are unknown
	}{
		"used out of sight":      {hiding("1.9.5", list, "", ""), "ingress egress route"},
		"used in sight":          {hiding("1.9.5", list, `"aws_x.l[0].list","aws_x.l[0]","aws_x.l"`, ""), ""},
		"used in sight, splat":   {hiding("1.9.5", list, `"aws_x.l"`, ""), ""},
		"another one in sight":   {hiding("1.9.5", list, `"aws_x.l[0].size","aws_x.l[0]","aws_x.l"`, ""), "ingress egress route"},
		"known":                  {hiding("1.9.5", `{"resource":"aws_x.l[0]","attribute":["size"]}`, "", ""), ""},
		"the resource as such":   {hiding("1.9.5", `{"resource":"aws_x.l","attribute":[]}`, "", ""), ""},
		"not used":               {hiding("1.9.5", "", "", ""), ""},
		"a version without uses": {hiding("1.1.9", "", "", ""), "ingress egress route"},
		"no version":             {hiding("", "", "", ""), "ingress egress route"},
		"a rule beside":          {hiding("1.9.5", list, "", rule("aws_vpc_security_group_ingress_rule", "")), "egress route"},
		"an old rule beside":     {hiding("1.9.5", list, "", rule("aws_security_group_rule", `"type":"egress"`)), "ingress route"},
		"a route beside":         {hiding("1.9.5", list, "", rule("aws_route", "")), "ingress egress"},
	} {
		set, diags := Read("p", []byte(tc.plan), Options{})
		if len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		var got []string
		for _, arg := range []string{"ingress", "egress", "route"} {
			id := "aws_security_group.g"
			if arg == "route" {
				id = "aws_route_table.t"
			}
			v := find(t, set, ref.ID(id)).Get(arg)
			if v.Kind == resource.Unknown && strings.Contains(v.Why, "dynamic block") {
				got = append(got, arg)
			} else if !v.IsNull() {
				t.Errorf("%s: %s is %s", name, arg, show(v))
			}
		}
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("%s: unknown are %q, want %q", name, s, tc.want)
		}
	}
}

// A variable of a module that no visible expression uses may be what a dynamic
// block goes by, if what it is given is unknown.
func TestHiddenVariables(t *testing.T) {
	for name, tc := range map[string]struct {
		given, tags string
		open        bool
	}{
		"unknown, out of sight": {`{"references":["aws_lb.l.id","aws_lb.l"]}`, "", true},
		"unknown, in sight":     {`{"references":["aws_lb.l.id","aws_lb.l"]}`, `"var.v"`, false},
		"a local value":         {`{"references":["local.l"]}`, "", true},
		"known":                 {`{"constant_value":"x"}`, "", false},
	} {
		plan := `{"format_version":"1.2","terraform_version":"1.9.5","planned_values":{"root_module":{"resources":[
{"address":"aws_lb.l","mode":"managed","type":"aws_lb","name":"l","values":{}}],"child_modules":[{"address":"module.m[0]","resources":[
{"address":"module.m[0].aws_security_group.g","mode":"managed","type":"aws_security_group","name":"g","values":{}}]}]}},
"resource_changes":[{"address":"module.m[0].aws_security_group.g","module_address":"module.m[0]","mode":"managed","type":"aws_security_group","name":"g","change":{"actions":["create"],"after":{},"after_unknown":{"id":true,"ingress":true}}},
{"address":"aws_lb.l","mode":"managed","type":"aws_lb","name":"l","change":{"actions":["create"],"after":{},"after_unknown":{"id":true}}}],
"configuration":{"root_module":{"resources":[{"address":"aws_lb.l","expressions":{}}],"module_calls":{"m":{"count_expression":{"constant_value":1},"expressions":{"v":` + tc.given + `},
"module":{"resources":[{"address":"aws_security_group.g","expressions":{"tags":{"references":[` + tc.tags + `]}}}]}}}}}}`
		set, diags := Read("p", []byte(plan), Options{})
		if len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		v := find(t, set, "module.m[0].aws_security_group.g").Get("ingress")
		if open := v.Kind == resource.Unknown; open != tc.open {
			t.Errorf("%s: ingress is %s", name, show(v))
		}
	}
}

// Old versions do not show blocks that are attributes: what is unknown in them
// is written all the same.
func TestRulesOfOldVersions(t *testing.T) {
	plan := strings.NewReplacer(`"after":{},"after_unknown":{"id":true,"ingress":true,"egress":true}`,
		`"after":{"ingress":[{"from_port":80,"to_port":80,"protocol":"tcp"}]},"after_unknown":{"id":true,"ingress":[{"security_groups":true}]}`,
		`"name":"g","values":{}`, `"name":"g","values":{"ingress":[{"from_port":80,"to_port":80,"protocol":"tcp"}]}`).Replace(hiding("0.12.31", "", "", ""))
	set, diags := Read("p", []byte(plan), Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	v := find(t, set, "aws_security_group.g").Get("ingress")
	if v.Kind != resource.List || len(v.List) != 1 || v.Get("from_port").Number != 80 || v.Get("security_groups").Kind != resource.Unknown {
		t.Errorf("ingress is %s with groups %s", show(v), show(v.Get("security_groups")))
	}
}
