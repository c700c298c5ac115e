package identity

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		"sg-0a1b2c3d": true, "vpc-0a1b2c3d4e5f60718": true, "vpce-svc-0123456789abcdef0": true, "eipalloc-01234567": true,
		"arn:aws:ecs:eu-west-1:111122223333:cluster/web": true,
		"us-east-1": false, "sg-123": false, "web-deadbeef-1": false, "-01234567": false, "sg-0a1b2c3x": false, "SG-0a1b2c3d": false,
		"arn:aws": false, "": false, "10.0.0.0/16": false, "111122223333": false, "0.0.0.0/0": false,
	} {
		if got := Is(text); got != want {
			t.Errorf("Is(%q) = %v", text, got)
		}
	}
}

func TestIdentifies(t *testing.T) {
	for _, tc := range []struct {
		arg, attr string
		want      bool
	}{
		{"vpc_id", "id", true}, {"subnet_ids", "id", true}, {"target_group_arn", "arn", true}, {"route_table_id", "main_route_table_id", true},
		{"security_groups", "id", true}, {"cluster", "name", true}, {"role", "name", true}, {"service_role", "arn", true},
		{"db_subnet_group_name", "name", true}, {"replication_source_identifier", "arn", true}, {"cluster", "certificate.0.arn", true},
		{"resource_id", "id", false}, {"policy", "arn", false}, {"user_data", "id", false}, {"vpc_id", "cidr_block", false},
		{"cidr_blocks", "id", false}, {"name", "id", false}, {"url", "arn", false}, {"vpc_id", "name", false},
	} {
		if got := Identifies(tc.arg, tc.attr); got != tc.want {
			t.Errorf("Identifies(%q, %q) = %v", tc.arg, tc.attr, got)
		}
	}
}

func TestFitting(t *testing.T) {
	igw, nat := resource.Reference{ID: "aws_internet_gateway.i", Attr: "id"}, resource.Reference{ID: "module.m.aws_nat_gateway.n[0]", Attr: "id"}
	other, data := resource.Reference{ID: "thing.x", Attr: "id"}, resource.Reference{ID: "data.aws_nat_gateway.d", Attr: "id"}
	all := []resource.Reference{igw, nat, other, data}
	for arg, want := range map[string][]resource.Reference{
		"nat_gateway_id":     {nat, other, data},
		"gateway_id":         all,
		"transit_gateway_id": {other},
		"subnet_id":          all, // not in the table
	} {
		if diff := cmp.Diff(want, Fitting(arg, all)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", arg, diff)
		}
	}
	if got := Fitting("nat_gateway_id", []resource.Reference{igw}); !slices.Equal(got, []resource.Reference{igw}) {
		t.Errorf("an unfitting reference alone gives %v", got)
	}
}

func str(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }

func res(id ref.ID, typ string, values map[string]resource.Value) resource.Resource {
	return resource.Resource{ID: id, Type: typ, Data: id[:5] == "data.", Body: resource.Value{Kind: resource.Map, Map: values}}
}

func TestLink(t *testing.T) {
	const vpc, sg, acl, fs, lb = "vpc-01234567", "sg-01234567", "acl-01234567", "fs-01234567", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/w/1"
	type m = map[string]resource.Value
	list := func(v ...resource.Value) resource.Value { return resource.Value{Kind: resource.List, List: v} }
	set := []resource.Resource{
		res("user.x", "user", m{
			"vpc_id": str(vpc), "security_groups": list(str(sg), str("sg-unknown")), "network_acl_id": str(acl), "file_system_id": str(fs),
			"load_balancer_arn": str(lb), "load_balancer": str(lb), "text": str("see " + sg),
			"block":  list(resource.Value{Kind: resource.Map, Map: m{"source_security_group_id": str(sg)}}),
			"secret": {Kind: resource.String, Text: sg, Sensitive: true},
			"twin":   str("i-01234567"), "cluster": str("web"), "role": str("twice"), "name": str("web"), "many": str("i-89abcdef"),
			"group_id": str("sg-89abcdef"),
		}),
		// A data source that looks at what is managed here is not the thing.
		res("data.aws_vpc.a", "aws_vpc", m{"id": str(vpc)}),
		res("aws_vpc.v", "aws_vpc", m{"id": str(vpc), "default_security_group_id": str(sg), "default_network_acl_id": str(acl)}),
		// The group itself goes before the VPC that mentions it.
		res("aws_default_security_group.d", "aws_default_security_group", m{"id": str(sg), "vpc_id": str(vpc)}),
		res("data.aws_security_group.b", "aws_security_group", m{"id": str("sg-89abcdef")}),
		res("data.aws_security_group.a", "aws_security_group", m{"id": str("sg-89abcdef")}),
		res("aws_default_network_acl.d", "aws_default_network_acl", m{"id": str(acl), "default_network_acl_id": str(acl)}),
		res("aws_efs_file_system_policy.p", "aws_efs_file_system_policy", m{"id": str(fs), "file_system_id": str(fs)}),
		res("aws_efs_file_system.f", "aws_efs_file_system", m{"id": str(fs)}),
		res("aws_lb.l", "aws_lb", m{"id": str(lb), "arn": str(lb)}),
		res("aws_instance.a", "aws_instance", m{"id": str("i-01234567")}),
		res("aws_instance.b", "aws_instance", m{"id": str("i-01234567")}),
		res("aws_ecs_cluster.c", "aws_ecs_cluster", m{"name": str("web")}),
		res("aws_iam_role.a", "aws_iam_role", m{"name": str("twice")}),
		res("aws_iam_role.b", "aws_iam_role", m{"name": str("twice")}),
	}
	for i := range maxClaims + 1 {
		set = append(set, res(ref.ID("data.aws_instance.n"+string(rune('0'+i))), "aws_instance", m{"id": str("i-89abcdef")}))
	}
	Link(set)
	user := set[0].Body.Map
	for name, want := range map[string]resource.Reference{
		"vpc_id": {ID: "aws_vpc.v", Attr: "id"}, "network_acl_id": {ID: "aws_default_network_acl.d", Attr: "id"},
		"file_system_id": {ID: "aws_efs_file_system.f", Attr: "id"}, "load_balancer_arn": {ID: "aws_lb.l", Attr: "arn"},
		"load_balancer": {ID: "aws_lb.l", Attr: "id"}, "cluster": {ID: "aws_ecs_cluster.c", Attr: "name"},
		// Two data sources of one thing: the first by name stands for it.
		"group_id": {ID: "data.aws_security_group.a", Attr: "id"},
	} {
		if got := user[name]; got.Kind != resource.Ref || got.Ref != want {
			t.Errorf("%s is %v %q, want %v", name, got.Ref, got.Text, want)
		}
	}
	if got := user["security_groups"].List; got[0].Ref.ID != "aws_default_security_group.d" || got[1].Text != "sg-unknown" {
		t.Errorf("the groups are %v", got)
	}
	if got := user["block"].Get("source_security_group_id").Ref.ID; got != "aws_default_security_group.d" {
		t.Errorf("the group in the block is %q", got)
	}
	for _, name := range []string{"text", "secret", "twin", "role", "name", "many"} {
		if user[name].Kind != resource.String {
			t.Errorf("%s has become %v", name, user[name].Ref)
		}
	}
	for _, r := range set[1:] {
		if v := r.Body.Map["id"]; v.Kind != resource.String && v.Kind != resource.Null {
			t.Errorf("the id of %s has become %v", r.ID, v.Ref)
		}
	}
	// What adopts a thing refers to its maker, never to itself.
	if got := set[6].Body.Map["default_network_acl_id"].Ref; got != (resource.Reference{ID: "aws_vpc.v", Attr: "default_network_acl_id"}) {
		t.Errorf("the adopted network ACL is %v", got)
	}
}
