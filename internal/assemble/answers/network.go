package answers

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
)

// vpcs translates DescribeVpcs, with the attributes that DescribeVpcAttribute
// tells one at a time.
func (t *translator) vpcs() {
	for _, r := range t.of["ec2:Vpc"] {
		id := string(r.ID)
		b := body{"cidr_block": scalar(get(r.Body, "CidrBlock"))}
		for attr, field := range map[string]string{"enable_dns_support": "EnableDnsSupport", "enable_dns_hostnames": "EnableDnsHostnames"} {
			a := t.byID[r.ID+"/"+"EnableDnsSupport"]
			if field == "EnableDnsHostnames" {
				a = t.byID[r.ID+"/"+"EnableDnsHostnames"]
			}
			b[attr] = unknown("no answer to DescribeVpcAttribute with "+field+" is here for it", r.Place)
			if v := get(a.Body, field, "Value"); v.Kind == resource.Bool {
				b[attr] = v
			}
		}
		six := get(r.Body, "Ipv6CidrBlockAssociationSet")
		var more []resource.Value
		for _, e := range six.Items() {
			switch cidr := scalar(get(e, "Ipv6CidrBlock")); {
			case !in(get(e, "Ipv6CidrBlockState", "State"), "associated") || cidr.IsNull():
			case b["ipv6_cidr_block"].IsNull():
				b["ipv6_cidr_block"] = cidr
			default:
				more = append(more, e)
			}
		}
		t.put(r, id, "aws_vpc", "EC2 VPC", b)
		for _, e := range more {
			t.put(part(r, e), str(get(e, "AssociationId")), "aws_vpc_ipv6_cidr_block_association", "EC2 VPC CIDR block",
				body{"vpc_id": text(id), "ipv6_cidr_block": get(e, "Ipv6CidrBlock")})
		}
		for _, e := range get(r.Body, "CidrBlockAssociationSet").Items() {
			cidr := str(get(e, "CidrBlock"))
			if cidr == "" || cidr == str(get(r.Body, "CidrBlock")) || !in(get(e, "CidrBlockState", "State"), "associated") {
				continue
			}
			t.put(part(r, e), str(get(e, "AssociationId")), "aws_vpc_ipv4_cidr_block_association", "EC2 VPC CIDR block",
				body{"vpc_id": text(id), "cidr_block": get(e, "CidrBlock")})
		}
		t.needs("ec2:FlowLog", resource.OfLogs, r, id)
		t.needs("ec2:VpcEndpoint", resource.OfEndpoints, r, id)
		t.needs("ec2:InternetGateway", resource.OfGateways, r, id)
	}
}

// part is a piece of a described thing, in its place.
func part(of resource.Resource, piece resource.Value) resource.Resource {
	of.Body, of.Place = piece, piece.Place
	return of
}

func (t *translator) subnets() {
	for _, r := range t.of["ec2:Subnet"] {
		b := body{
			"vpc_id": scalar(get(r.Body, "VpcId")), "cidr_block": scalar(get(r.Body, "CidrBlock")), "availability_zone": scalar(get(r.Body, "AvailabilityZone")),
			"map_public_ip_on_launch":         told(r.Body, "MapPublicIpOnLaunch", "MapPublicIpOnLaunch"),
			"assign_ipv6_address_on_creation": scalar(get(r.Body, "AssignIpv6AddressOnCreation")),
			"ipv6_native":                     scalar(get(r.Body, "Ipv6Native")),
		}
		for _, e := range get(r.Body, "Ipv6CidrBlockAssociationSet").Items() {
			if in(get(e, "Ipv6CidrBlockState", "State"), "associated") && b["ipv6_cidr_block"].IsNull() {
				b["ipv6_cidr_block"] = scalar(get(e, "Ipv6CidrBlock"))
			}
		}
		t.put(r, string(r.ID), "aws_subnet", "EC2 subnet", b)
	}
}

// targets are the fields of a route that name its target, with the arguments
// of the provider. The first that is there counts: a route to an instance names
// its interface, too.
var targets = []struct{ field, attr string }{
	{"NatGatewayId", "nat_gateway_id"}, {"EgressOnlyInternetGatewayId", "egress_only_gateway_id"}, {"TransitGatewayId", "transit_gateway_id"},
	{"VpcPeeringConnectionId", "vpc_peering_connection_id"}, {"InstanceId", "instance_id"}, {"NetworkInterfaceId", "network_interface_id"},
	{"CarrierGatewayId", "carrier_gateway_id"}, {"LocalGatewayId", "local_gateway_id"}, {"CoreNetworkArn", "core_network_arn"},
	{"OdbNetworkArn", "odb_network_arn"}, {"VpcEndpointId", "vpc_endpoint_id"}, {"GatewayId", "gateway_id"},
}

func (t *translator) routeTables() {
	associated, mains := map[string]bool{}, map[string]bool{}
	for _, r := range t.of["ec2:RouteTable"] {
		id, vpc := string(r.ID), str(get(r.Body, "VpcId"))
		b := body{"vpc_id": text(vpc)}
		typ := "aws_route_table"
		for _, a := range get(r.Body, "Associations").Items() {
			subnet, gateway := str(get(a, "SubnetId")), str(get(a, "GatewayId"))
			switch {
			case !in(get(a, "AssociationState", "State"), "associated", "associating"):
			case is(get(a, "Main")) && vpc != "" && !mains[vpc]:
				typ, mains[vpc] = "aws_default_route_table", true
				b["default_route_table_id"] = reference(vpc, "default_route_table_id")
			case subnet != "":
				associated[subnet] = true
				t.associate(r, a, subnet, "aws_route_table_association", "EC2 route table association", "route_table_id", text(id))
			case gateway != "":
				t.put(part(r, a), "association of "+gateway, "aws_route_table_association", "EC2 route table association",
					body{"gateway_id": text(gateway), "route_table_id": text(id)})
			}
		}
		b["route"] = t.routes(r)
		t.put(r, id, typ, "EC2 route table", b)
	}
	for _, r := range t.of["ec2:Subnet"] {
		vpc := str(get(r.Body, "VpcId"))
		why := t.listed.lack("ec2:RouteTable", r)
		if why == "" && !mains[vpc] {
			why = "the main route table of " + vpc + " is not among those that are described"
		}
		if why != "" && !associated[string(r.ID)] {
			t.associate(r, r.Body, string(r.ID), "aws_route_table_association", "EC2 route table association", "route_table_id", unknown(why, r.Place))
		}
	}
}

// associate puts a table or ACL in effect for a subnet.
func (t *translator) associate(from resource.Resource, at resource.Value, subnet, typ, called, attr string, to resource.Value) {
	piece := part(from, resource.Value{Kind: resource.Map, Place: at.Place})
	t.put(piece, attr[:strings.LastIndexByte(attr, '_')]+" of "+subnet, typ, called, body{"subnet_id": text(subnet), attr: to})
}

// routes are those of a table, without the local ones and those to gateway
// endpoints, which their VPC and the endpoint bring along.
func (t *translator) routes(r resource.Resource) resource.Value {
	list := get(r.Body, "Routes")
	if list.Kind != resource.List {
		return unknown("the answer has no Routes for it", r.Place)
	}
	var out []resource.Value
	for _, route := range list.List {
		if route.Kind != resource.Map {
			continue
		}
		gateway := str(get(route, "GatewayId"))
		if gateway == "local" && in(get(route, "Origin"), "CreateRouteTable") || t.bringsAlong(gateway, string(r.ID)) {
			continue
		}
		b := body{
			"cidr_block": scalar(get(route, "DestinationCidrBlock")), "ipv6_cidr_block": scalar(get(route, "DestinationIpv6CidrBlock")),
			"destination_prefix_list_id": t.list(str(get(route, "DestinationPrefixListId"))),
		}
		if strings.EqualFold(str(get(route, "State")), "blackhole") {
			b["state"] = text("blackhole")
		}
		for _, k := range targets {
			v := str(get(route, k.field))
			if v == "" {
				continue
			}
			attr := k.attr
			if attr == "gateway_id" && strings.HasPrefix(v, "vpce-") {
				attr = "vpc_endpoint_id"
			}
			if attr == "network_interface_id" && t.owner[v] != "" {
				attr, v = "instance_id", t.owner[v]
			}
			b[attr] = text(v)
			break
		}
		out = append(out, block(b, route.Place))
	}
	return blocks(out, list.Place)
}

// bringsAlong reports whether a gateway endpoint that is described adds the
// routes to it to a table itself.
func (t *translator) bringsAlong(gateway, table string) bool {
	e, ok := t.byID[refID(gateway)]
	return ok && e.Type == "ec2:VpcEndpoint" && standing(e) && strings.EqualFold(str(get(e.Body, "VpcEndpointType")), "Gateway") &&
		slices.Contains(strs(get(e.Body, "RouteTableIds")), table)
}

func (t *translator) acls() {
	associated := map[string]bool{}
	for _, r := range t.of["ec2:NetworkAcl"] {
		vpc := str(get(r.Body, "VpcId"))
		subnets := strs(get(r.Body, "Associations"), "SubnetId")
		for _, s := range subnets {
			associated[s] = true
		}
		b := body{"vpc_id": text(vpc), "subnet_ids": texts(subnets, r.Place)}
		typ := "aws_network_acl"
		if is(get(r.Body, "IsDefault")) && vpc != "" {
			typ = "aws_default_network_acl"
			b["default_network_acl_id"] = reference(vpc, "default_network_acl_id")
		}
		b["ingress"], b["egress"] = entries(r, false), entries(r, true)
		t.put(r, string(r.ID), typ, "EC2 network ACL", b)
	}
	for _, r := range t.of["ec2:Subnet"] {
		if associated[string(r.ID)] {
			continue
		}
		why := t.listed.lack("ec2:NetworkAcl", r)
		if why == "" {
			why = "no network ACL that is described is associated with " + string(r.ID)
		}
		t.associate(r, r.Body, string(r.ID), "aws_network_acl_association", "EC2 network ACL association", "network_acl_id", unknown(why, r.Place))
	}
}

// entries are those of one direction of an ACL. The last ones, which AWS shows
// with the numbers 32767 and 32768, are what holds without any.
func entries(r resource.Resource, egress bool) resource.Value {
	list := get(r.Body, "Entries")
	if list.Kind != resource.List {
		return unknown("the answer has no Entries for it", r.Place)
	}
	var out []resource.Value
	for _, e := range list.List {
		n := get(e, "RuleNumber")
		if e.Kind != resource.Map || n.Kind == resource.Number && n.Number >= 32767 {
			continue
		}
		dir := get(e, "Egress")
		if dir.Kind == resource.Bool && dir.Bool != egress {
			continue
		}
		v := block(body{
			"rule_no": scalar(n), "action": scalar(get(e, "RuleAction")), "protocol": scalar(get(e, "Protocol")),
			"cidr_block": scalar(get(e, "CidrBlock")), "ipv6_cidr_block": scalar(get(e, "Ipv6CidrBlock")),
			"from_port": scalar(get(e, "PortRange", "From")), "to_port": scalar(get(e, "PortRange", "To")),
			"icmp_type": scalar(get(e, "IcmpTypeCode", "Type")), "icmp_code": scalar(get(e, "IcmpTypeCode", "Code")),
		}, e.Place)
		if dir.Kind != resource.Bool {
			v.Maybe, v.Why = true, "the answer does not tell its direction"
		}
		out = append(out, v)
	}
	return blocks(out, list.Place)
}

func (t *translator) gateways() {
	attached := func(r resource.Resource, field string) resource.Value {
		for _, a := range get(r.Body, field).Items() {
			if in(get(a, "State"), "available", "attached") {
				return scalar(get(a, "VpcId"))
			}
		}
		return resource.Value{}
	}
	for _, r := range t.of["ec2:InternetGateway"] {
		t.put(r, string(r.ID), "aws_internet_gateway", "EC2 internet gateway", body{"vpc_id": attached(r, "Attachments")})
	}
	for _, r := range t.of["ec2:EgressOnlyInternetGateway"] {
		t.put(r, string(r.ID), "aws_egress_only_internet_gateway", "EC2 egress-only internet gateway", body{"vpc_id": attached(r, "Attachments")})
	}
	for _, r := range t.of["ec2:VpnGateway"] {
		if in(get(r.Body, "State"), "available", "pending") {
			t.put(r, string(r.ID), "aws_vpn_gateway", "EC2 VPN gateway", body{"vpc_id": attached(r, "VpcAttachments")})
		}
	}
	for _, r := range t.of["ec2:NatGateway"] {
		if !in(get(r.Body, "State"), "available", "pending") {
			continue
		}
		t.put(r, string(r.ID), "aws_nat_gateway", "EC2 NAT gateway", body{
			"subnet_id": scalar(get(r.Body, "SubnetId")), "vpc_id": scalar(get(r.Body, "VpcId")),
			"connectivity_type": scalar(get(r.Body, "ConnectivityType")), "availability_mode": scalar(get(r.Body, "AvailabilityMode")),
		})
	}
	for _, r := range t.of["ec2:VpnConnection"] {
		if in(get(r.Body, "State"), "available", "pending") {
			t.put(r, string(r.ID), "aws_vpn_connection", "EC2 VPN connection", body{"vpn_gateway_id": scalar(get(r.Body, "VpnGatewayId")), "transit_gateway_id": scalar(get(r.Body, "TransitGatewayId"))})
		}
	}
	for _, r := range t.of["ec2:VpcPeeringConnection"] {
		code := str(get(r.Body, "Status", "Code"))
		if !slices.Contains([]string{"active", "provisioning", "pending-acceptance", "initiating-request", ""}, code) {
			continue
		}
		near, far := get(r.Body, "RequesterVpcInfo"), get(r.Body, "AccepterVpcInfo")
		b := body{"vpc_id": scalar(get(near, "VpcId")), "peer_vpc_id": scalar(get(far, "VpcId")), "auto_accept": truth(code == "active")}
		if region := str(get(near, "Region")); region != "" {
			r.Region, b["peer_region"] = region, scalar(get(far, "Region"))
		}
		t.put(r, string(r.ID), "aws_vpc_peering_connection", "EC2 VPC peering connection", b)
	}
}

// standing reports whether a VPC endpoint is there.
func standing(r resource.Resource) bool {
	return in(get(r.Body, "State"), "available", "pending", "pendingAcceptance", "partial")
}

func (t *translator) endpoints() {
	for _, r := range t.of["ec2:VpcEndpoint"] {
		if !standing(r) {
			continue
		}
		b := body{
			"vpc_id": scalar(get(r.Body, "VpcId")), "service_name": scalar(get(r.Body, "ServiceName")), "vpc_endpoint_type": scalar(get(r.Body, "VpcEndpointType")),
			"policy": told(r.Body, "PolicyDocument", "PolicyDocument"), "ip_address_type": scalar(get(r.Body, "IpAddressType")),
			"route_table_ids": texts(strs(get(r.Body, "RouteTableIds")), r.Place), "subnet_ids": texts(strs(get(r.Body, "SubnetIds")), r.Place),
			"private_dns_enabled": scalar(get(r.Body, "PrivateDnsEnabled")),
		}
		var own []resource.Value // its interfaces tell their addresses
		for _, id := range strs(get(r.Body, "NetworkInterfaceIds")) {
			if n, ok := t.byID[refID(id)]; ok && n.Type == "ec2:NetworkInterface" {
				own = append(own, block(body{"subnet_id": scalar(get(n.Body, "SubnetId")), "ipv4": scalar(get(n.Body, "PrivateIpAddress"))}, n.Place))
			}
		}
		b["subnet_configuration"] = blocks(own, r.Place)
		switch groups := get(r.Body, "Groups"); {
		case !strings.EqualFold(str(get(r.Body, "VpcEndpointType")), "Interface"):
			b["security_group_ids"] = texts(strs(groups, "GroupId"), r.Place)
			if b["policy"].Kind == resource.Unknown && !strings.EqualFold(str(get(r.Body, "VpcEndpointType")), "Gateway") {
				b["policy"] = resource.Value{} // only endpoints of AWS services have one
			}
		case groups.Kind == resource.List && len(groups.List) > 0:
			b["security_group_ids"] = texts(strs(groups, "GroupId"), groups.Place)
		default:
			b["security_group_ids"] = unknown("the answer has no Groups for it", r.Place)
		}
		t.put(r, string(r.ID), "aws_vpc_endpoint", "EC2 VPC endpoint", b)
	}
	for _, r := range t.of["ec2:VpcEndpointService"] {
		t.put(r, string(r.ID), "aws_vpc_endpoint_service", "EC2 VPC endpoint service", body{
			"acceptance_required": told(r.Body, "AcceptanceRequired", "AcceptanceRequired"), "service_name": scalar(get(r.Body, "ServiceName")),
			"network_load_balancer_arns": texts(strs(get(r.Body, "NetworkLoadBalancerArns")), r.Place),
			"gateway_load_balancer_arns": texts(strs(get(r.Body, "GatewayLoadBalancerArns")), r.Place),
			"allowed_principals":         unknown("DescribeVpcEndpointServicePermissions is not read", r.Place),
		})
	}
}

func (t *translator) flowLogs() {
	for _, r := range t.of["ec2:FlowLog"] {
		if !in(get(r.Body, "FlowLogStatus"), "ACTIVE") {
			continue
		}
		b := body{
			"traffic_type": scalar(get(r.Body, "TrafficType")), "log_format": scalar(get(r.Body, "LogFormat")),
			"log_destination_type": scalar(get(r.Body, "LogDestinationType")), "max_aggregation_interval": scalar(get(r.Body, "MaxAggregationInterval")),
			"log_destination": scalar(get(r.Body, "LogDestination")), "log_group_name": scalar(get(r.Body, "LogGroupName")), "iam_role_arn": scalar(get(r.Body, "DeliverLogsPermissionArn")),
		}
		id := str(get(r.Body, "ResourceId"))
		for prefix, attr := range map[string]string{"vpc-": "vpc_id", "subnet-": "subnet_id", "eni-": "eni_id", "tgw-attach-": "transit_gateway_attachment_id"} {
			if strings.HasPrefix(id, prefix) {
				b[attr] = text(id)
			}
		}
		if strings.HasPrefix(id, "tgw-") && !strings.HasPrefix(id, "tgw-attach-") {
			b["transit_gateway_id"] = text(id)
		}
		t.put(r, string(r.ID), "aws_flow_log", "EC2 flow log", b)
		if strings.EqualFold(str(get(r.Body, "DeliverLogsStatus")), "FAILED") {
			t.perhaps("AWS says that its delivery fails (DeliverLogsStatus)")
		}
	}
}
