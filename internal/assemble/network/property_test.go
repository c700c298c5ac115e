package network_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/assemble/network"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// schema is types with the arguments that are read of them.
var schema = map[string][]string{
	"aws_vpc":                                         {"cidr_block", "ipv6_cidr_block", "enable_dns_support", "assign_generated_ipv6_cidr_block"},
	"aws_default_vpc":                                 {"enable_dns_support"},
	"aws_vpc_ipv4_cidr_block_association":             {"vpc_id", "cidr_block"},
	"aws_subnet":                                      {"vpc_id", "cidr_block", "ipv6_cidr_block", "availability_zone", "map_public_ip_on_launch"},
	"aws_route_table":                                 {"vpc_id", "route", "propagating_vgws"},
	"aws_default_route_table":                         {"default_route_table_id", "route"},
	"aws_main_route_table_association":                {"vpc_id", "route_table_id"},
	"aws_route_table_association":                     {"subnet_id", "route_table_id", "gateway_id"},
	"aws_route":                                       {"route_table_id", "destination_cidr_block", "destination_prefix_list_id", "gateway_id", "nat_gateway_id", "transit_gateway_id"},
	"aws_internet_gateway":                            {"vpc_id"},
	"aws_internet_gateway_attachment":                 {"vpc_id", "internet_gateway_id"},
	"aws_nat_gateway":                                 {"subnet_id", "connectivity_type", "availability_mode"},
	"aws_vpc_peering_connection":                      {"vpc_id", "peer_vpc_id", "peer_region", "auto_accept"},
	"aws_vpc_peering_connection_accepter":             {"vpc_peering_connection_id", "auto_accept"},
	"aws_ec2_transit_gateway":                         {"default_route_table_association", "security_group_referencing_support"},
	"aws_ec2_transit_gateway_vpc_attachment":          {"transit_gateway_id", "vpc_id", "subnet_ids"},
	"aws_ec2_transit_gateway_route_table":             {"transit_gateway_id"},
	"aws_ec2_transit_gateway_route":                   {"transit_gateway_route_table_id", "transit_gateway_attachment_id", "destination_cidr_block", "blackhole"},
	"aws_ec2_transit_gateway_route_table_association": {"transit_gateway_route_table_id", "transit_gateway_attachment_id"},
	"aws_ec2_transit_gateway_route_table_propagation": {"transit_gateway_route_table_id", "transit_gateway_attachment_id"},
	"aws_security_group":                              {"vpc_id", "name", "ingress", "egress"},
	"aws_default_security_group":                      {"vpc_id", "ingress", "egress"},
	"aws_security_group_rule":                         {"security_group_id", "type", "protocol", "from_port", "to_port", "cidr_blocks", "self", "source_security_group_id"},
	"aws_vpc_security_group_ingress_rule":             {"security_group_id", "ip_protocol", "from_port", "to_port", "cidr_ipv4", "referenced_security_group_id", "prefix_list_id"},
	"aws_vpc_security_group_vpc_association":          {"security_group_id", "vpc_id"},
	"aws_network_acl":                                 {"vpc_id", "subnet_ids", "ingress", "egress"},
	"aws_default_network_acl":                         {"default_network_acl_id", "subnet_ids", "ingress"},
	"aws_network_acl_rule":                            {"network_acl_id", "rule_number", "rule_action", "protocol", "cidr_block", "from_port", "to_port", "egress"},
	"aws_network_acl_association":                     {"network_acl_id", "subnet_id"},
	"aws_ec2_managed_prefix_list":                     {"name", "entry"},
	"aws_ec2_managed_prefix_list_entry":               {"prefix_list_id", "cidr"},
	"aws_vpc_endpoint":                                {"vpc_id", "service_name", "vpc_endpoint_type", "subnet_ids", "security_group_ids", "route_table_ids", "policy"},
	"aws_vpc_endpoint_policy":                         {"vpc_endpoint_id", "policy"},
	"aws_vpc_endpoint_security_group_association":     {"vpc_endpoint_id", "security_group_id", "replace_default_association"},
	"aws_vpc_endpoint_service":                        {"network_load_balancer_arns", "allowed_principals"},
	"aws_network_interface":                           {"subnet_id", "security_groups", "private_ips", "source_dest_check"},
	"aws_network_interface_sg_attachment":             {"network_interface_id", "security_group_id"},
	"aws_eip":                                         {"instance", "network_interface"},
	"aws_eip_association":                             {"network_interface_id"},
	"aws_flow_log":                                    {"vpc_id", "subnet_id", "eni_id", "traffic_type"},
	"aws_vpc_block_public_access_options":             {"internet_gateway_block_mode"},
	"aws_vpc_block_public_access_exclusion":           {"vpc_id", "subnet_id", "internet_gateway_exclusion_mode"},
}

// inBlocks are the arguments of nested blocks of all types.
var inBlocks = []string{"protocol", "from_port", "to_port", "cidr_blocks", "self", "security_groups", "cidr_block", "gateway_id", "nat_gateway_id",
	"rule_no", "action", "icmp_type", "cidr", "ipv6_cidr_block", "vpc_endpoint_id"}

// typesOf are all types, sorted.
var typesOf = func() []string {
	var out []string
	for t := range schema {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}()

// texts are values that mean something somewhere, and some that mean nothing.
var texts = []string{"", "10.0.0.0/16", "10.1.0.0/16, 10.2.0.0/16", "::/0", "10.0.0.1/8", "nonsense", "tcp", "-1", "icmp", "443", "allow", "deny", "ingress", "egress",
	"local", "igw-0abc", "Interface", "Gateway", "com.amazonaws.eu-west-1.s3", "com.amazonaws.", "amazonaws.", "true", "disable", "regional", "vpc-0abc", "block-ingress", "\x00"}

// drawValue draws a value of any type, of the right one more often than not.
func drawValue(t *rapid.T, ids []ref.ID, depth int) resource.Value {
	v := resource.Value{Place: ref.Place{File: "main.tf", Line: rapid.IntRange(0, 9).Draw(t, "line")}}
	if rapid.IntRange(0, 9).Draw(t, "maybe") == 0 {
		v.Maybe, v.Why = true, "var.on has no value"
	}
	kind := rapid.IntRange(0, 12).Draw(t, "kind")
	if depth > 2 && kind >= 10 {
		kind = 4
	}
	switch kind {
	case 0:
		return resource.Value{}
	case 1:
		v.Kind, v.Why = resource.Unknown, "var.x has no value"
	case 2:
		v.Kind, v.Bool = resource.Bool, rapid.Bool().Draw(t, "bool")
	case 3:
		v.Kind, v.Number = resource.Number, rapid.SampledFrom([]float64{-1, 0, 1, 22, 443, 65536, 1e300, 0.5}).Draw(t, "number")
	case 4, 5:
		v.Kind, v.Text = resource.String, rapid.SampledFrom(texts).Draw(t, "text")
	case 6, 7, 8:
		v.Kind = resource.Ref
		v.Ref = resource.Reference{
			ID:   rapid.SampledFrom(append(ids, "var.x", "module.far", "data.aws_subnets.d")).Draw(t, "to"),
			Attr: rapid.SampledFrom([]string{"id", "id", "id", "arn", "cidr_block", "ids", "default_route_table_id", "main_route_table_id", "default_security_group_id", "default_network_acl_id", "prefix_list_id", ""}).Draw(t, "attr"),
		}
	case 9:
		v.Kind = resource.Text
		v.List = []resource.Value{{Kind: resource.String, Text: "com.amazonaws."}, {Kind: resource.Unknown, Why: "var.x has no value"}, {Kind: resource.String, Text: ".ecr.api"}}
	case 10, 11:
		v.Kind = resource.List
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			v.List = append(v.List, drawValue(t, ids, depth+1))
		}
	default:
		v.Kind, v.Map = resource.Map, map[string]resource.Value{}
		for _, attr := range inBlocks {
			if rapid.Bool().Draw(t, "has") {
				v.Map[attr] = drawValue(t, ids, depth+1)
			}
		}
	}
	return v
}

// targetOf are the types that arguments refer to in a right design.
var targetOf = map[string]string{
	"vpc_id": "aws_vpc", "subnet_id": "aws_subnet", "route_table_id": "aws_route_table", "security_group_id": "aws_security_group",
	"network_acl_id": "aws_network_acl", "transit_gateway_id": "aws_ec2_transit_gateway", "vpc_endpoint_id": "aws_vpc_endpoint",
	"gateway_id": "aws_internet_gateway", "network_interface_id": "aws_network_interface",
}

// drawArgument draws the value of an argument: half of the references are to
// what belongs there.
func drawArgument(t *rapid.T, attr string, ids []ref.ID) resource.Value {
	if want, ok := targetOf[attr]; ok && rapid.Bool().Draw(t, "right") {
		for _, id := range ids {
			if strings.HasPrefix(string(id), want+".") {
				return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: id, Attr: "id"}}
			}
		}
	}
	return drawValue(t, ids, 0)
}

func drawSet(t *rapid.T) resource.Set {
	n := rapid.IntRange(1, 14).Draw(t, "resources")
	var set resource.Set
	var ids []ref.ID
	for i := range n {
		typ := rapid.SampledFrom(typesOf).Draw(t, "type")
		if i < 2 {
			typ = []string{"aws_vpc", "aws_subnet"}[i] // what most others refer to
		}
		r := resource.Resource{ID: ref.ID(fmt.Sprintf("%s.r%d", typ, i)), Type: typ, Name: fmt.Sprint("r", i), Exists: fact.Yes, Place: ref.Place{File: "main.tf", Line: 10 * i}}
		if rapid.IntRange(0, 5).Draw(t, "exists") == 0 {
			r.Exists, r.Why = fact.Unknown, "var.on has no value"
		}
		if rapid.IntRange(0, 9).Draw(t, "data") == 0 {
			r.ID, r.Data = "data."+r.ID, true
		}
		set.Resources = append(set.Resources, r)
		ids = append(ids, r.ID)
	}
	for i := range set.Resources {
		body := map[string]resource.Value{}
		for _, attr := range schema[set.Resources[i].Type] {
			body[attr] = drawArgument(t, attr, ids)
		}
		set.Resources[i].Body = resource.Value{Kind: resource.Map, Map: body}
	}
	if rapid.Bool().Draw(t, "missing") {
		set.Missing = []resource.Missing{{ID: "module.far", Source: "terraform-aws-modules/vpc/aws", Why: "it is not here", Inputs: []resource.Reference{{ID: ids[0], Attr: "id"}}}}
	}
	return set
}

// TestAnything: resources of the right names with values of any type never
// panic, never leave a name that resolves to nothing, and give one snapshot in
// whatever order they come.
func TestAnything(t *testing.T) {
	var rules, known, unknown, stubs int
	rapid.Check(t, func(rt *rapid.T) {
		set := drawSet(rt)
		s, ds := build(network.Options{}, set)
		if d := dangling(s); d != nil {
			rt.Fatalf("names that resolve to nothing: %v", d)
		}
		shuffled := set
		shuffled.Resources = rapid.Permutation(set.Resources).Draw(rt, "order")
		s2, ds2 := build(network.Options{}, shuffled)
		if diff := cmp.Diff(s, s2, everything); diff != "" {
			rt.Fatalf("the order of resources matters: %s", diff)
		}
		if diff := cmp.Diff(ds, ds2); diff != "" {
			rt.Fatalf("the order of resources matters: %s", diff)
		}
		for i := range s.SecurityGroups {
			rules += len(s.SecurityGroups[i].Ingress) + len(s.SecurityGroups[i].Egress)
			if s.SecurityGroups[i].Elsewhere {
				stubs++
			}
		}
		for i := range s.Subnets {
			if s.Subnets[i].RouteTable.IsKnown() {
				known++
			} else {
				unknown++
			}
		}
	})
	if rules == 0 || known == 0 || unknown == 0 || stubs == 0 {
		t.Errorf("the draws are too narrow: %d rules, %d subnets with a known table, %d without, %d groups elsewhere", rules, known, unknown, stubs)
	}
}

// everything lets cmp look into values and ignore the index.
var everything = cmp.Options{
	cmp.Comparer(func(a, b netset.Addrs) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b netset.Ports) bool { return a.Equal(b) }),
	cmp.Exporter(func(t reflect.Type) bool {
		return t.PkgPath() == "github.com/muralla-net/muralla/internal/fact" || t == reflect.TypeFor[topo.Snapshot]()
	}),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".index" }, cmp.Ignore()),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}
