package assemble_test

import (
	"net/netip"
	"testing"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func text(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }
func to(id ref.ID) resource.Value {
	return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: id, Attr: "id"}}
}

func made(typ string, body map[string]resource.Value) resource.Resource {
	return resource.Resource{ID: ref.ID(typ + ".a"), Type: typ, Name: "a", Exists: fact.Yes, Body: resource.Value{Kind: resource.Map, Map: body}}
}

// TestSnapshot: sets become one frozen snapshot, with the prefix lists of the
// user, diagnostics in order, and what only one set knows used by the other.
func TestSnapshot(t *testing.T) {
	given := netset.Prefix(netip.MustParsePrefix("192.0.2.0/24"))
	s, diags := assemble.Snapshot(
		assemble.Options{Intent: intent.Intent{PrefixLists: []intent.PrefixList{{Name: "pl-0abc", Addrs: given}}}},
		resource.Set{Resources: []resource.Resource{
			made("aws_subnet", map[string]resource.Value{"vpc_id": to("aws_vpc.a"), "cidr_block": text("10.0.0.0/33")}),
			made("aws_security_group", map[string]resource.Value{"vpc_id": to("aws_vpc.a"), "egress": {Kind: resource.List, List: []resource.Value{
				{Kind: resource.Map, Map: map[string]resource.Value{"protocol": text("-1"), "prefix_list_ids": text("pl-0abc")}}}}}),
		}},
		resource.Set{
			Resources: []resource.Resource{made("aws_vpc", map[string]resource.Value{"cidr_block": text("10.0.0.1/16")})},
			Missing:   []resource.Missing{{ID: "module.far", Source: "example.com/far", Why: "it is not here"}},
		})
	if s.Resources != 3 || len(s.VPCs) != 1 || len(s.Gaps) != 1 {
		t.Fatalf("%d resources, %d VPCs, %d gaps", s.Resources, len(s.VPCs), len(s.Gaps))
	}
	if n := s.Subnet("aws_subnet.a"); n == nil || n.RouteTable.Or("") != s.VPC("aws_vpc.a").MainRouteTable {
		t.Errorf("the subnet is %+v", n)
	}
	if l := s.PrefixList("pl-0abc"); l == nil || !l.Addrs.Equal(given) || l.More != "" {
		t.Errorf("the prefix list is %+v", l)
	}
	if len(diags) != 2 || diags[0].Summary != "address range with host bits" || diags[1].Summary != "not an address range" {
		t.Errorf("diagnostics are %+v", diags)
	}
}

// TestLookedUpSubnet: a subnet that only a data source found, named by its id as
// in a plan, is in the VPC in which the data source looked; what is in it holds
// the default group of that VPC. Found by two, it may be in either.
func TestLookedUpSubnet(t *testing.T) {
	look := func(name, vpc string) resource.Resource {
		d := made("aws_subnets", map[string]resource.Value{
			"ids": {Kind: resource.List, List: []resource.Value{text("subnet-01234567"), text("subnet-89abcdef")}},
			"filter": {Kind: resource.List, List: []resource.Value{{Kind: resource.Map, Map: map[string]resource.Value{
				"name": text("vpc-id"), "values": {Kind: resource.List, List: []resource.Value{text(vpc)}}}}}},
		})
		d.ID, d.Name, d.Data = ref.ID("data.aws_subnets."+name), name, true
		return d
	}
	task := made("aws_lb", map[string]resource.Value{"subnets": {Kind: resource.List, List: []resource.Value{text("subnet-01234567")}}})
	for _, tc := range []struct {
		set   []resource.Resource
		vpc   ref.ID
		group ref.ID
	}{
		{[]resource.Resource{task, look("a", "vpc-01234567")}, "vpc-01234567", "vpc-01234567.default_security_group_id"},
		{[]resource.Resource{task, look("a", "vpc-01234567"), look("b", "vpc-89abcdef")}, "", ""},
		{[]resource.Resource{task}, "", ""},
	} {
		s, _ := assemble.Snapshot(assemble.Options{}, resource.Set{Resources: tc.set})
		e := s.Endpoint("aws_lb.a")
		if e == nil {
			t.Fatal("the load balancer has no interfaces")
		}
		var group ref.ID
		for _, l := range e.Groups.List {
			group = l.ID
		}
		if e.VPC != tc.vpc || group != tc.group || (e.Groups.More == "") != (tc.group != "") {
			t.Errorf("%d lookups: in VPC %q with group %q, more %q", len(tc.set)-1, e.VPC, group, e.Groups.More)
		}
		if n := s.Subnet("subnet-01234567"); n == nil || n.VPC != tc.vpc {
			t.Errorf("%d lookups: the subnet is %+v", len(tc.set)-1, n)
		}
	}
}
