package identity

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// names are arguments that hold an identity of another resource although their
// names do not end in _id, _arn, _name or _role. Those that hold several are in the
// plural.
var names = []string{
	"arn", "bucket", "capacity_provider", "capacity_providers", "cluster", "iam_instance_profile", "iam_role", "id", "instance", "instances",
	"integration_uri", "launch_configuration", "load_balancer", "load_balancers", "log_destination", "namespace",
	"network_interface", "role", "security_group", "security_groups", "subnet", "subnets", "task_definition",
}

// Identifies reports whether an argument of this name takes an identity, and
// the attribute is one: then a value that depends on the attribute alone is the
// attribute.
func Identifies(arg, attr string) bool {
	attr = attr[strings.LastIndexByte(attr, '.')+1:]
	id := attr == "id" || attr == "arn" || HasStem(attr, "id") || HasStem(attr, "arn")
	switch {
	case arg == "resource_id":
		return false // of autoscaling: service/CLUSTER/SERVICE
	case HasStem(arg, "id") || HasStem(arg, "arn") || HasStem(arg, "identifier"):
		return id
	case slices.Contains(names, arg) || HasStem(arg, "name") || HasStem(arg, "role"):
		return id || attr == "name" || HasStem(attr, "name")
	}
	return false
}

// HasStem reports whether the name ends in the stem or its plural: vpc_id and
// subnet_ids have the stem id.
func HasStem(name, stem string) bool { return strings.HasSuffix(singular(name), "_"+stem) }

func singular(name string) string { return strings.TrimSuffix(name, "s") }

// Plural tells arguments that hold several identities from those that hold one.
func Plural(arg string) bool { return strings.HasSuffix(arg, "s") || arg == "vpc_zone_identifier" }

// Element is the name for one of several: subnet for subnets.
func Element(arg string) string {
	if arg == "vpc_zone_identifier" {
		return "subnet"
	}
	return singular(arg)
}

// FromDynamic reports whether a block type that is unknown as a whole and not
// among the expressions is made by a dynamic block.
func FromDynamic(name string) bool { return blockTypes[name] }

// blockTypes are types of nested blocks that decide who can reach whom and that
// the provider never fills in. If one is unknown as a whole and is not among the
// expressions, a dynamic block makes it; whatever else is unknown and not
// written is left to the provider. Ingress, egress and route are not here: they
// are unknown whenever they are not written.
var blockTypes = map[string]bool{
	"action": true, "capacity_provider_strategy": true, "condition": true, "default_action": true, "ecs_target": true,
	"load_balancer": true, "mixed_instances_policy": true, "network_configuration": true, "port_mapping": true, "service": true,
	"service_connect_configuration": true, "service_registries": true, "statement": true, "volume": true, "vpc_config": true,
}

// owners are the types of resources, as parts of their names, whose identity an
// argument can hold. They tell apart what an argument made of blocks, such as
// route, refers to: a plan has one list of references for all its blocks.
var owners = map[string][]string{
	"carrier_gateway_id":     {"carrier_gateway"},
	"egress_only_gateway_id": {"egress_only_internet_gateway"},
	"gateway_id":             {"_gateway", "vpc_endpoint"}, // NAT gateways are found there too

	"nat_gateway_id":             {"nat_gateway"},
	"network_interface_id":       {"network_interface", "instance"},
	"destination_prefix_list_id": {"prefix_list"},
	"prefix_list_id":             {"prefix_list", "vpc_endpoint"},
	"security_group":             {"security_group", "vpc"},
	"transit_gateway_id":         {"transit_gateway"},
	"vpc_endpoint_id":            {"vpc_endpoint"},
	"vpc_peering_connection_id":  {"vpc_peering_connection"},
}

// Fitting leaves out references whose type the argument cannot hold. Types that
// are none of AWS's stay, and all do if the table does not know the argument.
func Fitting(arg string, refs []resource.Reference) []resource.Reference {
	allowed := owners[singular(arg)]
	if allowed == nil {
		return refs
	}
	out := slices.DeleteFunc(slices.Clone(refs), func(f resource.Reference) bool {
		typ, _, _ := strings.Cut(strings.TrimPrefix(string(f.ID.Short()), "data."), ".")
		return strings.HasPrefix(typ, "aws_") &&
			!slices.ContainsFunc(allowed, func(part string) bool { return strings.Contains(typ, part) })
	})
	if len(out) == 0 {
		return refs // the design uses the argument in a way that the table does not know
	}
	return out
}

// Is reports whether a text has the form of an id that AWS gives, such
// as sg-0a1b2c3d, or of an ARN.
func Is(s string) bool {
	if strings.HasPrefix(s, "arn:") {
		_, err := ref.ParseARN(s)
		return err == nil
	}
	i := strings.LastIndexByte(s, '-')
	if i < 1 || len(s)-i-1 < 8 {
		return false
	}
	for _, c := range s[:i] {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	for _, c := range s[i+1:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
