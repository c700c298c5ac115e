package tfplan

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// links are all references of a set, and all unknown values with candidates, as
// lines "resource path -> target attribute" and "resource path ? candidates".
func links(set resource.Set) []string {
	var out []string
	var walk func(at string, v resource.Value)
	walk = func(at string, v resource.Value) {
		switch v.Kind {
		case resource.Ref:
			out = append(out, fmt.Sprintf("%s -> %s %s", at, v.Ref.ID, v.Ref.Attr))
		case resource.Unknown:
			line := at + " ?"
			for _, c := range v.Candidates {
				line += " " + string(c.ID) + "#" + c.Attr
			}
			out = append(out, line)
		case resource.List:
			for i, e := range v.List {
				walk(fmt.Sprintf("%s[%d]", at, i), e)
			}
		case resource.Map:
			for _, k := range slices.Sorted(maps.Keys(v.Map)) {
				walk(at+"."+k, v.Map[k])
			}
		}
	}
	for _, r := range set.Resources {
		walk(string(r.ID)+" ", r.Body)
	}
	return out
}

func find(t testing.TB, set resource.Set, id ref.ID) resource.Resource {
	t.Helper()
	i := slices.IndexFunc(set.Resources, func(r resource.Resource) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("%s is not in the set", id)
	}
	return set.Resources[i]
}

func TestPlan(t *testing.T) {
	set, diags := Read("plan.json", file(t, "plan.json"), Options{})
	want := []string{
		"aws_db_instance.main .vpc_security_group_ids[0] -> aws_security_group.db id",
		"aws_lb.web .security_groups[0] -> aws_security_group.lb id",
		// The whole set is unknown, but its subnets are alike.
		"aws_lb.web .subnets[0] -> aws_subnet.app[0] id",
		"aws_lb.web .subnets[1] -> aws_subnet.app[1] id",
		`aws_lb_target_group.svc["billing"] .vpc_id -> data.aws_vpc.main id`,
		`aws_lb_target_group.svc["orders"] .vpc_id -> data.aws_vpc.main id`,
		"aws_nat_gateway.out .subnet_id -> aws_subnet.app[0] id",
		// One list of references for all routes: the names of the arguments tell
		// them apart.
		"aws_route_table.app .route[0].nat_gateway_id -> aws_nat_gateway.out id",
		"aws_route_table.app .route[1].vpc_peering_connection_id -> aws_vpc_peering_connection.office id",
		"aws_route_table.app .vpc_id -> data.aws_vpc.main id",
		"aws_route_table_association.app[0] .route_table_id -> aws_route_table.app id",
		"aws_route_table_association.app[0] .subnet_id -> aws_subnet.app[0] id",
		"aws_route_table_association.app[1] .route_table_id -> aws_route_table.app id",
		"aws_route_table_association.app[1] .subnet_id -> aws_subnet.app[1] id",
		`aws_security_group.db .ingress[0].security_groups[0] -> module.svc["orders"].aws_security_group.task id`,
		"aws_security_group.db .vpc_id -> data.aws_vpc.main id",
		"aws_security_group.lb .vpc_id -> data.aws_vpc.main id",
		"aws_subnet.app[0] .vpc_id -> data.aws_vpc.main id",
		"aws_subnet.app[1] .vpc_id -> data.aws_vpc.main id",
		"aws_vpc_peering_connection.office .vpc_id -> data.aws_vpc.main id",
	}
	for _, key := range []string{"billing", "orders"} {
		m := `module.svc["` + key + `"].`
		want = append(want,
			m+"aws_ecs_service.this .cluster -> aws_ecs_cluster.main id",
			m+"aws_ecs_service.this .load_balancer[0].target_group_arn -> aws_lb_target_group.svc[\""+key+"\"] arn",
			m+"aws_ecs_service.this .network_configuration[0].security_groups[0] -> "+m+"aws_security_group.task id",
			m+"aws_ecs_service.this .network_configuration[0].subnets[0] -> aws_subnet.app[0] id",
			m+"aws_ecs_service.this .network_configuration[0].subnets[1] -> aws_subnet.app[1] id",
			m+"aws_security_group.task .vpc_id -> data.aws_vpc.main id",
			m+"aws_vpc_security_group_ingress_rule.lb .referenced_security_group_id -> aws_security_group.lb id",
			m+"aws_vpc_security_group_ingress_rule.lb .security_group_id -> "+m+"aws_security_group.task id")
	}
	if diff := cmp.Diff(want, links(set)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if set.Kind != "plan" || set.Files != 1 || set.Lines != 1529 {
		t.Errorf("kind %q, %d files, %d lines", set.Kind, set.Files, set.Lines)
	}
	// The deleted instance is gone, the forgotten one is spoken of.
	// So is what the plan cannot show.
	if len(diags) != 2 || diags[0].Summary != "lists known only after apply" || !strings.Contains(diags[0].Detail, "(3 here)") ||
		diags[1].Summary != "resource is forgotten" || !strings.HasPrefix(diags[1].Detail, "aws_instance.legacy ") {
		t.Errorf("diagnostics: %v", diags)
	}
	for _, r := range set.Resources {
		if strings.HasPrefix(string(r.ID), "aws_instance.") {
			t.Errorf("%s is in the set", r.ID)
		}
		if r.Region != "eu-west-1" {
			t.Errorf("%s is in Region %q", r.ID, r.Region)
		}
		if r.Exists != fact.Yes || r.Data != strings.Contains(string(r.ID), "data.") {
			t.Errorf("%s: exists %v, data %v", r.ID, r.Exists, r.Data)
		}
	}
}

// The place of each resource is the object that has its address.
func TestPlaces(t *testing.T) {
	data := file(t, "plan.json")
	lines := strings.Split(string(data), "\n")
	set, _ := Read("plan.json", data, Options{})
	for _, r := range set.Resources {
		if want := fmt.Sprintf(`"address": %q`, r.ID); !strings.Contains(lines[r.Place.Line], want) {
			t.Errorf("%s has place %v; behind it is %s", r.ID, r.Place, lines[r.Place.Line])
		}
	}
	cidr := find(t, set, "aws_subnet.app[1]").Get("cidr_block")
	if got := lines[cidr.Place.Line-1]; !strings.Contains(got, `"cidr_block": "10.0.1.0/24"`) {
		t.Errorf("the CIDR block has place %v: %s", cidr.Place, got)
	}
}

// Before and after apply, and in all three forms, one design has the same
// references.
func TestSameBeforeAndAfterApply(t *testing.T) {
	plan, _ := Read("plan.json", file(t, "plan.json"), Options{})
	state, diags := Read("state.json", file(t, "state.json"), Options{})
	raw, rawDiags := Read("terraform.tfstate", file(t, "terraform.tfstate"), Options{})
	if len(diags)+len(rawDiags) > 0 || state.Kind != "state" || raw.Kind != "state" {
		t.Errorf("kinds %q and %q, diagnostics %v %v", state.Kind, raw.Kind, diags, rawDiags)
	}
	if diff := cmp.Diff(links(state), links(raw)); diff != "" {
		t.Errorf("show -json -, terraform.tfstate +:\n%s", diff)
	}
	// What a plan must leave open, a state knows.
	var closed []string
	for _, l := range links(plan) {
		if l == "aws_lb.web .subnets ? aws_subnet.app[0]#id aws_subnet.app[1]#id" {
			closed = append(closed, "aws_lb.web .subnets[0] -> aws_subnet.app[0] id", "aws_lb.web .subnets[1] -> aws_subnet.app[1] id")
			continue
		}
		closed = append(closed, l)
	}
	if diff := cmp.Diff(closed, links(state)); diff != "" {
		t.Errorf("plan -, state +:\n%s", diff)
	}
}

func TestSensitive(t *testing.T) {
	for _, name := range []string{"plan.json", "state.json", "terraform.tfstate"} {
		set, diags := Read(name, file(t, name), Options{})
		db := find(t, set, "aws_db_instance.main")
		if v := db.Get("password"); !v.Sensitive || v.Kind != resource.String {
			t.Errorf("%s: the password is %v, sensitive %v", name, v.Kind, v.Sensitive)
		}
		if db.Get("engine").Sensitive {
			t.Errorf("%s: the engine is sensitive", name)
		}
		if s := fmt.Sprint(diags); strings.Contains(s, "not-for-your-eyes") {
			t.Errorf("%s: a diagnostic prints the password: %s", name, s)
		}
	}
}

func TestPrefix(t *testing.T) {
	set, _ := Read("plan.json", file(t, "plan.json"), Options{Prefix: "env/prod"})
	service := find(t, set, `env/prod/module.svc["orders"].aws_ecs_service.this`)
	if got := service.Get("cluster").Ref.ID; got != "env/prod/aws_ecs_cluster.main" {
		t.Errorf("the cluster is %q", got)
	}
}

// The reader of HashiCorp sees the same resources.
func TestAgreesWithTerraformJSON(t *testing.T) {
	var plan tfjson.Plan
	if err := plan.UnmarshalJSON(file(t, "plan.json")); err != nil {
		t.Fatal(err)
	}
	var want []string
	var walk func(m *tfjson.StateModule)
	walk = func(m *tfjson.StateModule) {
		for _, r := range m.Resources {
			want = append(want, r.Address)
		}
		for _, c := range m.ChildModules {
			walk(c)
		}
	}
	walk(plan.PlannedValues.RootModule)
	walk(plan.PriorState.Values.RootModule)
	slices.Sort(want)
	set, _ := Read("plan.json", file(t, "plan.json"), Options{})
	var got []string
	for _, r := range set.Resources {
		got = append(got, string(r.ID))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("terraform-json -, ours +:\n%s", diff)
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]string{
		string(file(t, "plan.json")):                                                "plan",
		string(file(t, "plan.json")[:200]):                                          "plan",
		string(file(t, "state.json")[:150]):                                         "state",
		string(file(t, "terraform.tfstate")[:100]):                                  "state",
		"\ufeff \n{\"version\": 4, \"lineage\": \"x\"":                              "state",
		`{"format_version":"0.1","terraform_version":"0.12.1","resource_changes":`:  "",
		`{"format_version":"0.1","terraform_version":"0.12.1","resource_changes":[`: "plan",
		`{"format_version":"1.0","provider_schemas":{}}`:                            "",
		`{"version":"4","serial":1}`:                                                "",
		`{"AWSTemplateFormatVersion":"2010-09-09","Resources":{}}`:                  "",
		`[{"format_version":"1.0","values":{}}]`:                                    "",
		``:                                                                          "",
		`{`:                                                                         "",
		`{"`:                                                                        "",
	} {
		if kind, ok := Recognise([]byte(in)); kind != want || ok != (want != "") {
			t.Errorf("Recognise(%.60q) = %q, %v; want %q", in, kind, ok, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	plan := string(file(t, "plan.json"))
	many := `{"format_version":"1.0","values":{"root_module":{"resources":[` +
		strings.Repeat(`{"mode":"managed","type":"a","name":"b","index":0},`, 3) + `null]}}}`
	var big strings.Builder
	big.WriteString(`{"format_version":"1.0","values":{"root_module":{"resources":[`)
	for i := range MaxResources + 1 {
		fmt.Fprintf(&big, `{"mode":"managed","type":"t","name":"n","index":%d},`, i)
	}
	big.WriteString(`null]}}}`)
	for name, tc := range map[string]struct{ in, says string }{
		"empty":     {"", "plan or state is not JSON"},
		"binary":    {"PK\x03\x04tfplan", "terraform show -json"},
		"cut off":   {plan[:len(plan)/2], "cut off"},
		"other":     {`{"Resources":{}}`, "not a Terraform plan or state"},
		"array":     {`[]`, "not a Terraform plan or state"},
		"deep":      {strings.Repeat("[", 1_000_000), "more than 500 deep"},
		"resources": {big.String(), "more than 100000 resource instances"},
	} {
		set, diags := Read("x.json", []byte(tc.in), Options{})
		if len(set.Resources) > 0 || len(diags) != 1 || diags[0].Level != diag.Error || !strings.Contains(diags[0].Summary+" "+diags[0].Detail, tc.says) {
			t.Errorf("%s: %d resources, %v", name, len(set.Resources), diags)
		}
	}
	// One resource three times is one resource.
	if set, _ := Read("x.json", []byte(many), Options{}); len(set.Resources) != 1 {
		t.Errorf("%d resources of one address", len(set.Resources))
	}
}
