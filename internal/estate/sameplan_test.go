package estate

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// planner writes the plan that Terraform makes of a design whose resources are
// all to be created (Terraform "JSON Output Format").
type planner struct {
	t     testing.TB
	by    map[ref.ID][]resource.Resource // by address without index
	whole bool                           // sets with an unknown element are unknown as a whole, as most resources have it
	uses  map[string]bool                // "resource attribute" that expressions refer to
}

// planOf is the plan of a design. Ids, ARNs and whatever else AWS gives are
// unknown in it.
func planOf(t testing.TB, set resource.Set, whole bool) object {
	p := &planner{t: t, by: map[ref.ID][]resource.Resource{}, whole: whole, uses: map[string]bool{}}
	for _, r := range set.Resources {
		if r.Data || r.ID.Module() != "" {
			t.Fatalf("a plan cannot be written of %s", r.ID)
		}
		p.by[r.ID.Base()] = append(p.by[r.ID.Base()], r)
	}
	planned, changes, configuration := []any{}, []any{}, []any{}
	for _, base := range slices.Sorted(maps.Keys(p.by)) {
		for _, r := range p.by[base] {
			values, unknown := p.body(r)
			head := object{"address": string(r.ID), "mode": "managed", "type": r.Type, "name": r.Name, "provider_name": "registry.terraform.io/hashicorp/aws"}
			if key := keyOf(r.ID); key != "" {
				head["index"] = instanceKey(key)
			}
			one, change := maps.Clone(head), maps.Clone(head)
			one["schema_version"], one["values"], one["sensitive_values"] = 1, values, object{}
			change["change"] = object{"actions": []any{"create"}, "before": nil, "after": values, "after_unknown": unknown, "before_sensitive": false, "after_sensitive": object{}}
			planned, changes = append(planned, one), append(changes, change)
		}
		configuration = append(configuration, p.configuration(base))
	}
	relevant := []any{}
	for _, use := range slices.Sorted(maps.Keys(p.uses)) {
		name, attr, _ := strings.Cut(use, " ")
		relevant = append(relevant, object{"resource": name, "attribute": []any{attr}})
	}
	return object{
		"format_version": "1.2", "terraform_version": "1.9.8", "variables": object{},
		"planned_values": object{"root_module": object{"resources": planned}}, "resource_changes": changes,
		"configuration": object{
			"provider_config": object{"aws": object{"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": object{"region": object{"constant_value": cloudRegion}}}},
			"root_module":     object{"resources": configuration},
		},
		"relevant_attributes": relevant, "timestamp": "2024-05-01T08:00:00Z", "applyable": true, "complete": true, "errored": false,
	}
}

// keyOf is the index of an instance, as in "[0]", or "".
func keyOf(id ref.ID) string { return string(id)[len(id.Base()):] }

func instanceKey(key string) any {
	key = strings.Trim(key, "[]")
	if n, err := strconv.Atoi(key); err == nil {
		return n
	}
	return strings.Trim(key, `"`)
}

// computed are arguments that AWS fills in if they are not written, and
// attributes that only AWS gives: unknown in a plan.
var computed = map[string][]string{
	"aws_vpc":                                {"default_network_acl_id", "default_route_table_id", "default_security_group_id", "main_route_table_id", "enable_network_address_usage_metrics", "ipv6_association_id", "ipv6_cidr_block", "enable_dns_hostnames"},
	"aws_subnet":                             {"availability_zone", "availability_zone_id", "ipv6_cidr_block_association_id", "owner_id"},
	"aws_security_group":                     {"ingress", "egress", "name", "name_prefix", "vpc_id", "owner_id"},
	"aws_network_acl":                        {"ingress", "egress", "subnet_ids", "owner_id"},
	"aws_route_table":                        {"route", "propagating_vgws", "owner_id"},
	"aws_vpc_endpoint":                       {"policy", "route_table_ids", "security_group_ids", "subnet_ids", "private_dns_enabled", "prefix_list_id", "cidr_blocks", "dns_entry", "dns_options", "ip_address_type", "network_interface_ids", "state"},
	"aws_lb":                                 {"internal", "security_groups", "subnets", "subnet_mapping", "ip_address_type", "vpc_id", "dns_name", "zone_id", "arn_suffix", "enforce_security_group_inbound_rules_on_private_link_traffic"},
	"aws_lb_listener":                        {"ssl_policy", "protocol", "mutual_authentication", "tcp_idle_timeout_seconds"},
	"aws_lb_target_group":                    {"protocol_version", "preserve_client_ip", "stickiness", "ip_address_type", "connection_termination", "load_balancing_algorithm_type", "arn_suffix"},
	"aws_lb_listener_rule":                   {"priority"},
	"aws_instance":                           {"associate_public_ip_address", "availability_zone", "private_ip", "public_ip", "subnet_id", "vpc_security_group_ids", "security_groups", "metadata_options", "network_interface", "user_data", "user_data_base64", "primary_network_interface_id", "iam_instance_profile"},
	"aws_launch_template":                    {"default_version", "latest_version", "name"},
	"aws_autoscaling_group":                  {"availability_zones", "load_balancers", "target_group_arns", "vpc_zone_identifier", "desired_capacity", "service_linked_role_arn"},
	"aws_ecs_service":                        {"launch_type", "platform_version", "iam_role", "availability_zone_rebalancing", "triggers", "cluster"},
	"aws_ecs_cluster":                        {"setting"},
	"aws_ecs_task_definition":                {"network_mode", "revision", "arn_without_revision", "enable_fault_injection"},
	"aws_db_instance":                        {"address", "endpoint", "port", "db_subnet_group_name", "vpc_security_group_ids", "engine_version", "parameter_group_name", "availability_zone", "network_type"},
	"aws_elasticache_replication_group":      {"port", "engine_version", "security_group_names", "transit_encryption_enabled", "transit_encryption_mode", "subnet_group_name", "primary_endpoint_address"},
	"aws_efs_mount_target":                   {"ip_address", "security_groups", "network_interface_id", "dns_name", "availability_zone_name"},
	"aws_flow_log":                           {"log_format", "log_group_name"},
	"aws_nat_gateway":                        {"private_ip", "public_ip", "association_id", "network_interface_id"},
	"aws_vpc_peering_connection":             {"peer_owner_id", "peer_region", "accept_status", "accepter", "requester"},
	"aws_ec2_transit_gateway":                {"association_default_route_table_id", "propagation_default_route_table_id"},
	"aws_ec2_transit_gateway_vpc_attachment": {"security_group_referencing_support", "vpc_owner_id"},
}

// defaults are what the provider fills in by itself.
var defaults = map[string]object{
	"aws_vpc":                                {"enable_dns_support": true, "instance_tenancy": "default"},
	"aws_subnet":                             {"map_public_ip_on_launch": false, "assign_ipv6_address_on_creation": false, "ipv6_native": false, "enable_dns64": false},
	"aws_security_group":                     {"description": "Managed by Terraform", "revoke_rules_on_delete": false},
	"aws_vpc_endpoint":                       {"vpc_endpoint_type": "Gateway"},
	"aws_lb":                                 {"load_balancer_type": "application", "idle_timeout": 60.0, "enable_http2": true},
	"aws_lb_target_group":                    {"target_type": "instance"},
	"aws_instance":                           {"source_dest_check": true, "get_password_data": false},
	"aws_ecs_service":                        {"scheduling_strategy": "REPLICA", "enable_execute_command": false, "deployment_maximum_percent": 200.0},
	"aws_db_instance":                        {"publicly_accessible": false, "storage_encrypted": nil},
	"aws_flow_log":                           {"log_destination_type": "cloud-watch-logs", "max_aggregation_interval": 600.0},
	"aws_nat_gateway":                        {"connectivity_type": "public"},
	"aws_ec2_transit_gateway":                {"default_route_table_association": "enable", "default_route_table_propagation": "enable", "dns_support": "enable", "security_group_referencing_support": "disable"},
	"aws_ec2_transit_gateway_vpc_attachment": {"transit_gateway_default_route_table_association": true, "transit_gateway_default_route_table_propagation": true, "appliance_mode_support": "disable"},
}

// written are blocks that are attributes to Terraform: every element has every
// field, and configuration shows one expression for all.
var written = map[string]map[string]object{
	"aws_security_group": {"ingress": wholeRule, "egress": wholeRule},
	"aws_route_table": {"route": {"carrier_gateway_id": "", "cidr_block": "", "core_network_arn": "", "destination_prefix_list_id": "", "egress_only_gateway_id": "", "gateway_id": "", "ipv6_cidr_block": "",
		"local_gateway_id": "", "nat_gateway_id": "", "network_interface_id": "", "transit_gateway_id": "", "vpc_endpoint_id": "", "vpc_peering_connection_id": ""}},
	"aws_network_acl": {"ingress": wholeEntry, "egress": wholeEntry},
}

var (
	wholeRule  = object{"cidr_blocks": []any{}, "description": "", "ipv6_cidr_blocks": []any{}, "prefix_list_ids": []any{}, "security_groups": []any{}, "self": false}
	wholeEntry = object{"cidr_block": "", "icmp_code": nil, "icmp_type": nil, "ipv6_cidr_block": ""}
)

// sets are arguments that are sets of ids.
var sets = []string{"security_groups", "subnets", "subnet_ids", "vpc_security_group_ids", "security_group_ids", "route_table_ids", "vpc_zone_identifier", "capacity_providers"}

// body is what is planned of a resource, and what is unknown of it.
func (p *planner) body(r resource.Resource) (values, unknown object) {
	values, unknown = p.members(r.Body, written[r.Type])
	unset := func(name string) bool {
		_, known := values[name]
		_, open := unknown[name]
		return !known && !open
	}
	for k, v := range defaults[r.Type] {
		if unset(k) {
			values[k] = v
		}
	}
	for _, k := range append([]string{"id", "arn", "tags_all"}, computed[r.Type]...) {
		if unset(k) {
			unknown[k] = true
		}
	}
	return values, unknown
}

// members are the members of a block.
func (p *planner) members(v resource.Value, attributes map[string]object) (values, unknown object) {
	values, unknown = object{}, object{}
	for k, e := range v.Map {
		known, open := p.value(k, e)
		if whole, ok := attributes[k]; ok {
			for i, e := range known.([]any) {
				for f, v := range whole {
					if _, have := e.(object)[f]; !have && open.([]any)[i].(object)[f] == nil {
						e.(object)[f] = v
					}
				}
			}
		}
		if open == true {
			unknown[k] = true
			continue
		}
		values[k] = known
		if open != nil {
			unknown[k] = open
		}
	}
	return values, unknown
}

// value is what is known of a value, and what is unknown: true, or the same in
// parts, or nil.
func (p *planner) value(name string, v resource.Value) (known, open any) {
	switch v.Kind {
	case resource.Bool:
		return v.Bool, nil
	case resource.Number:
		return v.Number, nil
	case resource.String:
		return v.Text, nil
	case resource.Ref, resource.Text:
		return nil, true
	case resource.Map:
		return p.members(v, nil)
	case resource.List:
		list, parts, any1 := []any{}, []any{}, false
		for _, e := range v.List {
			k, o := p.value("", e)
			any1 = any1 || o == true
			if o == nil {
				o = false
			}
			list, parts = append(list, k), append(parts, o)
		}
		if any1 && p.whole && slices.Contains(sets, name) {
			return nil, true
		}
		return list, parts
	case resource.Unknown:
		p.t.Fatalf("%v: a plan of something that is unknown cannot be written: %s", v.Place, v.Why)
	}
	return nil, nil
}

// configuration is the block of which instances are made.
func (p *planner) configuration(base ref.ID) object {
	all := p.by[base]
	out := object{"address": string(base), "mode": "managed", "type": all[0].Type, "name": all[0].Name, "provider_config_key": "aws", "schema_version": 1}
	bodies := []resource.Value{}
	for _, r := range all {
		bodies = append(bodies, r.Body)
	}
	out["expressions"] = p.expressions(all, bodies, written[all[0].Type])
	switch key := keyOf(all[0].ID); {
	case strings.HasPrefix(key, `["`):
		keys := []any{}
		for _, r := range all {
			keys = append(keys, instanceKey(keyOf(r.ID)))
		}
		out["for_each_expression"] = object{"constant_value": keys}
		var names []string
		for _, r := range all {
			for k := range r.Body.Map {
				e, _ := out["expressions"].(object)[k].(object)
				if list, _ := e["references"].([]string); slices.Equal(list, []string{"each.value"}) {
					names = append(names, p.references(r, r.Get(k))...)
				}
			}
		}
		if len(names) > 0 {
			out["for_each_expression"] = object{"references": names}
		}
	case key != "":
		out["count_expression"] = object{"constant_value": len(all)}
	}
	return out
}

// expressions are those of one block in all instances of its resource.
func (p *planner) expressions(all []resource.Resource, blocks []resource.Value, attributes map[string]object) object {
	out := object{}
	for k, v := range blocks[0].Map {
		same := []resource.Value{}
		for _, b := range blocks {
			same = append(same, b.Get(k))
		}
		if _, ok := attributes[k]; !ok && k != "tags" && v.Kind == resource.List && len(v.List) > 0 && v.List[0].Kind == resource.Map {
			list := []any{}
			for i := range v.List {
				inner := []resource.Value{}
				for _, s := range same {
					inner = append(inner, s.List[i])
				}
				list = append(list, p.expressions(all, inner, nil))
			}
			out[k] = list
			continue
		}
		names := p.references(all[0], same[0])
		for i, s := range same {
			if !slices.Equal(p.references(all[i], s), names) {
				names = []string{"each.value"} // it is of another resource in every instance
			}
		}
		if len(names) > 0 {
			out[k] = object{"references": names}
		} else {
			known, _ := p.value(k, v)
			out[k] = object{"constant_value": known}
		}
	}
	return out
}

// references are what an expression refers to, as Terraform lists it: every
// traversal and what it goes through. All instances of a resource are a splat,
// the one with the same index is written with count.index or each.key.
func (p *planner) references(in resource.Resource, v resource.Value) []string {
	var all []resource.Reference
	var walk func(v resource.Value)
	walk = func(v resource.Value) {
		if v.Kind == resource.Ref {
			all = append(all, v.Ref)
		}
		for _, e := range v.List {
			walk(e)
		}
		for _, k := range slices.Sorted(maps.Keys(v.Map)) {
			walk(v.Map[k])
		}
	}
	walk(v)
	var out []string
	for _, to := range all {
		base, key := to.ID.Base(), keyOf(to.ID)
		p.uses[string(base)+" "+to.Attr] = true
		splat := key != ""
		for _, r := range p.by[base] {
			splat = splat && slices.Contains(all, resource.Reference{ID: r.ID, Attr: to.Attr})
		}
		switch {
		case splat && slices.Contains(out, string(base)):
		case splat:
			out = append(out, string(base))
		case key != "" && key == keyOf(in.ID) && strings.HasPrefix(key, `["`):
			out = append(out, string(base), "each.key")
		case key != "" && key == keyOf(in.ID):
			out = append(out, string(base), "count.index")
		case key != "":
			out = append(out, string(to.ID)+"."+to.Attr, string(to.ID), string(base))
		default:
			out = append(out, string(base)+"."+to.Attr, string(base))
		}
	}
	return out
}
