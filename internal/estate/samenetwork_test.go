package estate

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// describe makes the answers of AWS to the calls that list everything. Interfaces
// come last, since the things that have them make them.
func (c *cloud) describe() {
	c.describeVPCs()
	c.describeTables()
	c.describeACLs()
	c.describeGroups()
	c.describeGateways()
	c.describeTransit()
	c.describeInstances()
	c.describeBalancers()
	c.describeECS()
	c.describeStores()
	c.describeEndpoints()
	c.answer("ec2-describe-network-interfaces", "NetworkInterfaces", c.nics...)
}

func (c *cloud) describeVPCs() {
	for _, v := range c.of("aws_vpc") {
		id := str(v["id"])
		c.answer("ec2-describe-vpcs", "Vpcs", object{
			"VpcId": id, "CidrBlock": v["cidr_block"], "DhcpOptionsId": "dopt-0a1b2c3d4e5f60718", "State": "available", "OwnerId": cloudAccount,
			"InstanceTenancy": "default", "IsDefault": false, "Tags": tags(v), "Ipv6CidrBlockAssociationSet": []any{},
			"CidrBlockAssociationSet": []any{object{"AssociationId": "vpc-cidr-assoc-0" + c.hex(16), "CidrBlock": v["cidr_block"], "CidrBlockState": object{"State": "associated"}}},
		})
		c.answers["ec2-describe-vpc-attribute-support-"+id] = object{"VpcId": id, "EnableDnsSupport": object{"Value": yes(v["enable_dns_support"], true)}}
		c.answers["ec2-describe-vpc-attribute-hostnames-"+id] = object{"VpcId": id, "EnableDnsHostnames": object{"Value": yes(v["enable_dns_hostnames"], false)}}
	}
	for _, s := range c.of("aws_subnet") {
		c.answer("ec2-describe-subnets", "Subnets", object{
			"SubnetId": s["id"], "SubnetArn": arnOf("ec2", "subnet/"+str(s["id"])), "VpcId": s["vpc_id"], "CidrBlock": s["cidr_block"], "OwnerId": cloudAccount,
			"AvailabilityZone": s["availability_zone"], "AvailabilityZoneId": "euw1-az1", "AvailableIpAddressCount": 240, "DefaultForAz": false, "State": "available",
			"MapPublicIpOnLaunch": yes(s["map_public_ip_on_launch"], false), "AssignIpv6AddressOnCreation": false, "Ipv6CidrBlockAssociationSet": []any{},
			"EnableDns64": false, "Ipv6Native": false, "Tags": tags(s),
		})
	}
}

// routeFields are the fields of a route by the arguments of the provider.
var routeFields = map[string]string{
	"cidr_block": "DestinationCidrBlock", "destination_cidr_block": "DestinationCidrBlock", "gateway_id": "GatewayId", "nat_gateway_id": "NatGatewayId",
	"transit_gateway_id": "TransitGatewayId", "vpc_peering_connection_id": "VpcPeeringConnectionId",
}

func (c *cloud) route(a object) object {
	out := object{"Origin": "CreateRoute", "State": "active"}
	for k, v := range a {
		if k == "route_table_id" || k == "id" || str(v) == "" {
			continue
		}
		f, ok := routeFields[k]
		if !ok {
			c.t.Fatalf("a deployment does not know the argument %s of a route", k)
		}
		out[f] = v
	}
	return out
}

func (c *cloud) describeTables() {
	table := func(id, vpc string, routes, associations []any, t object) {
		local := object{"DestinationCidrBlock": c.with("aws_vpc", "id", vpc)["cidr_block"], "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
		for _, e := range c.of("aws_vpc_endpoint") {
			if slices.Contains(strs(e["route_table_ids"]), id) {
				routes = append(routes, object{"DestinationPrefixListId": e["prefix_list_id"], "GatewayId": e["id"], "Origin": "CreateRoute", "State": "active"})
			}
		}
		c.answer("ec2-describe-route-tables", "RouteTables", object{
			"RouteTableId": id, "VpcId": vpc, "OwnerId": cloudAccount, "PropagatingVgws": []any{}, "Tags": tags(t), "Routes": append([]any{local}, routes...), "Associations": associations,
		})
	}
	state := object{"State": "associated"}
	for _, v := range c.of("aws_vpc") {
		id := str(v["main_route_table_id"])
		table(id, str(v["id"]), nil, []any{object{"Main": true, "RouteTableAssociationId": "rtbassoc-0" + c.hex(16), "RouteTableId": id, "AssociationState": state}}, object{})
	}
	for _, t := range c.of("aws_route_table") {
		id := str(t["id"])
		routes, associations := []any{}, []any{}
		for _, r := range objs(t["route"]) {
			routes = append(routes, c.route(r))
		}
		for _, r := range c.of("aws_route") {
			if str(r["route_table_id"]) == id {
				routes = append(routes, c.route(r))
			}
		}
		for _, a := range c.of("aws_route_table_association") {
			if str(a["route_table_id"]) == id {
				associations = append(associations, object{"Main": false, "RouteTableAssociationId": a["id"], "RouteTableId": id, "SubnetId": a["subnet_id"], "AssociationState": state})
			}
		}
		table(id, str(t["vpc_id"]), routes, associations, t)
	}
}

// protocolNumbers are protocols as ACLs have them: by number.
var protocolNumbers = map[string]string{"-1": "-1", "all": "-1", "tcp": "6", "udp": "17", "icmp": "1"}

func (c *cloud) describeACLs() {
	last := func(egress bool) object {
		return object{"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767}
	}
	acl := func(id, vpc string, isDefault bool, entries []any, subnets []string, a object) {
		associations := []any{}
		for _, s := range subnets {
			associations = append(associations, object{"NetworkAclAssociationId": "aclassoc-0" + c.hex(16), "NetworkAclId": id, "SubnetId": s})
		}
		c.answer("ec2-describe-network-acls", "NetworkAcls", object{
			"NetworkAclId": id, "VpcId": vpc, "IsDefault": isDefault, "OwnerId": cloudAccount, "Tags": tags(a),
			"Entries": append(entries, last(true), last(false)), "Associations": associations,
		})
	}
	custom := map[string]bool{}
	for _, a := range c.of("aws_network_acl") {
		entries := []any{}
		for _, key := range []string{"egress", "ingress"} {
			for _, e := range objs(a[key]) {
				protocol, ok := protocolNumbers[str(e["protocol"])]
				if !ok {
					c.t.Fatalf("a deployment does not know the protocol %v", e["protocol"])
				}
				entry := object{"Egress": key == "egress", "RuleNumber": e["rule_no"], "RuleAction": e["action"], "Protocol": protocol, "CidrBlock": e["cidr_block"]}
				if protocol == "6" || protocol == "17" {
					entry["PortRange"] = object{"From": e["from_port"], "To": e["to_port"]}
				}
				entries = append(entries, entry)
			}
		}
		for _, s := range strs(a["subnet_ids"]) {
			custom[s] = true
		}
		acl(str(a["id"]), str(a["vpc_id"]), false, entries, strs(a["subnet_ids"]), a)
	}
	for _, v := range c.of("aws_vpc") {
		var rest []string
		for _, s := range c.of("aws_subnet") {
			if s["vpc_id"] == v["id"] && !custom[str(s["id"])] {
				rest = append(rest, str(s["id"]))
			}
		}
		all := func(egress bool) object {
			return object{"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100}
		}
		acl(str(v["default_network_acl_id"]), str(v["id"]), true, []any{all(true), all(false)}, rest, object{})
	}
}

// permissions are rules as DescribeSecurityGroups answers: those of one protocol
// and range of ports are one permission.
func (c *cloud) permissions(rules []object) []any {
	by := map[string]object{}
	for _, r := range rules {
		protocol := or(str(r["protocol"]), str(r["ip_protocol"]))
		key := fmt.Sprint(protocol, " ", r["from_port"], " ", r["to_port"])
		p := by[key]
		if p == nil {
			p = object{"IpProtocol": protocol, "IpRanges": []any{}, "Ipv6Ranges": []any{}, "PrefixListIds": []any{}, "UserIdGroupPairs": []any{}}
			if protocol != "-1" {
				p["FromPort"], p["ToPort"] = r["from_port"], r["to_port"]
			}
			by[key] = p
		}
		add := func(list, field string, values ...string) {
			for _, v := range values {
				if v == "" {
					continue
				}
				e := object{field: v}
				if d := str(r["description"]); d != "" {
					e["Description"] = d
				}
				if field == "GroupId" {
					e["UserId"] = cloudAccount
				}
				p[list] = append(p[list].([]any), e)
			}
		}
		add("IpRanges", "CidrIp", append(strs(r["cidr_blocks"]), str(r["cidr_ipv4"]))...)
		add("Ipv6Ranges", "CidrIpv6", append(strs(r["ipv6_cidr_blocks"]), str(r["cidr_ipv6"]))...)
		add("PrefixListIds", "PrefixListId", append(strs(r["prefix_list_ids"]), str(r["prefix_list_id"]))...)
		add("UserIdGroupPairs", "GroupId", append(strs(r["security_groups"]), str(r["referenced_security_group_id"]))...)
		if yes(r["self"], false) {
			add("UserIdGroupPairs", "GroupId", str(r["of"]))
		}
	}
	out := []any{}
	for _, k := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[k])
	}
	return out
}

func (c *cloud) describeGroups() {
	group := func(id, name, vpc string, in, out []object, a object) {
		c.answer("ec2-describe-security-groups", "SecurityGroups", object{
			"GroupId": id, "GroupName": name, "Description": or(str(a["description"]), "Managed by Terraform"), "VpcId": vpc, "OwnerId": cloudAccount, "Tags": tags(a),
			"SecurityGroupArn": arnOf("ec2", "security-group/"+id), "IpPermissions": c.permissions(in), "IpPermissionsEgress": c.permissions(out),
		})
	}
	for _, g := range c.of("aws_security_group") {
		id := str(g["id"])
		var rules [2][]object
		for i, key := range []string{"ingress", "egress"} {
			for _, r := range objs(g[key]) {
				r["of"] = id
				rules[i] = append(rules[i], r)
			}
			for _, r := range c.of("aws_vpc_security_group_" + key + "_rule") {
				if str(r["security_group_id"]) == id {
					rules[i] = append(rules[i], r)
				}
			}
		}
		group(id, c.groupName(id), str(g["vpc_id"]), rules[0], rules[1], g)
	}
	for _, v := range c.of("aws_vpc") {
		id := str(v["default_security_group_id"])
		group(id, "default", str(v["id"]), []object{{"protocol": "-1", "self": true, "of": id}}, []object{{"protocol": "-1", "cidr_blocks": []any{"0.0.0.0/0"}}}, object{"description": "default VPC security group"})
	}
}

func (c *cloud) describeGateways() {
	c.answer("ec2-describe-internet-gateways", "InternetGateways")
	for _, g := range c.of("aws_internet_gateway") {
		c.answer("ec2-describe-internet-gateways", "InternetGateways", object{"InternetGatewayId": g["id"], "OwnerId": cloudAccount, "Tags": tags(g),
			"Attachments": []any{object{"State": "available", "VpcId": g["vpc_id"]}}})
	}
	c.answer("ec2-describe-egress-only-internet-gateways", "EgressOnlyInternetGateways")
	c.answer("ec2-describe-vpn-gateways", "VpnGateways")
	c.answer("ec2-describe-nat-gateways", "NatGateways")
	for _, g := range c.of("aws_nat_gateway") {
		subnet := str(g["subnet_id"])
		n := c.nic("nat_gateway", "Interface for NAT Gateway "+str(g["id"]), subnet, nil, object{"Association": object{"PublicIp": "203.0.113.200"}})
		c.answer("ec2-describe-nat-gateways", "NatGateways", object{"NatGatewayId": g["id"], "SubnetId": subnet, "VpcId": c.subnet(subnet)["vpc_id"], "State": "available",
			"ConnectivityType": "public", "Tags": tags(g), "NatGatewayAddresses": []any{object{
				"AllocationId": g["allocation_id"], "NetworkInterfaceId": n["NetworkInterfaceId"], "PrivateIp": n["PrivateIpAddress"], "PublicIp": "203.0.113.200", "IsPrimary": true, "Status": "succeeded"}}})
	}
	c.answer("ec2-describe-vpc-peering-connections", "VpcPeeringConnections")
	for _, p := range c.of("aws_vpc_peering_connection") {
		side := func(id string) object {
			return object{"VpcId": id, "OwnerId": cloudAccount, "Region": cloudRegion, "CidrBlock": c.with("aws_vpc", "id", id)["cidr_block"]}
		}
		c.answer("ec2-describe-vpc-peering-connections", "VpcPeeringConnections", object{"VpcPeeringConnectionId": p["id"], "Tags": tags(p),
			"Status": object{"Code": "active", "Message": "Active"}, "RequesterVpcInfo": side(str(p["vpc_id"])), "AccepterVpcInfo": side(str(p["peer_vpc_id"]))})
	}
	c.answer("ec2-describe-flow-logs", "FlowLogs")
	for _, l := range c.of("aws_flow_log") {
		out := object{"FlowLogId": l["id"], "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS", "ResourceId": or(str(l["vpc_id"]), str(l["subnet_id"])), "TrafficType": l["traffic_type"],
			"LogDestinationType": or(str(l["log_destination_type"]), "cloud-watch-logs"), "LogDestination": l["log_destination"], "MaxAggregationInterval": num(l["max_aggregation_interval"], 600), "Tags": tags(l),
			"LogFormat": or(str(l["log_format"]), "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}")}
		if out["LogDestinationType"] == "cloud-watch-logs" {
			out["LogGroupName"], out["DeliverLogsPermissionArn"] = str(l["log_destination"])[strings.LastIndexByte(str(l["log_destination"]), ':')+1:], l["iam_role_arn"]
		}
		c.answer("ec2-describe-flow-logs", "FlowLogs", out)
	}
}

// describeTransit describes transit gateways with the default settings, by which
// one table has all attachments and their routes.
func (c *cloud) describeTransit() {
	for _, g := range c.of("aws_ec2_transit_gateway") {
		id, table := str(g["id"]), str(g["association_default_route_table_id"])
		c.answer("ec2-describe-transit-gateways", "TransitGateways", object{"TransitGatewayId": id, "TransitGatewayArn": arnOf("ec2", "transit-gateway/"+id), "State": "available", "OwnerId": cloudAccount, "Tags": tags(g),
			"Options": object{"DefaultRouteTableAssociation": "enable", "AssociationDefaultRouteTableId": table, "DefaultRouteTablePropagation": "enable", "PropagationDefaultRouteTableId": table,
				"DnsSupport": "enable", "VpnEcmpSupport": "enable", "SecurityGroupReferencingSupport": "disable", "MulticastSupport": "disable"}})
		c.answer("ec2-describe-transit-gateway-route-tables", "TransitGatewayRouteTables", object{"TransitGatewayRouteTableId": table, "TransitGatewayId": id, "State": "available",
			"DefaultAssociationRouteTable": true, "DefaultPropagationRouteTable": true, "Tags": []any{}})
		routes, propagations := []any{}, []any{}
		for _, a := range c.of("aws_ec2_transit_gateway_vpc_attachment") {
			if a["transit_gateway_id"] != g["id"] {
				continue
			}
			at := object{"TransitGatewayAttachmentId": a["id"], "ResourceId": a["vpc_id"], "ResourceType": "vpc"}
			common := object{"TransitGatewayAttachmentId": a["id"], "TransitGatewayId": id, "State": "available", "Tags": tags(a)}
			whole, detail := maps.Clone(common), maps.Clone(common)
			maps.Copy(whole, object{"TransitGatewayOwnerId": cloudAccount, "ResourceOwnerId": cloudAccount, "ResourceType": "vpc", "ResourceId": a["vpc_id"],
				"Association": object{"TransitGatewayRouteTableId": table, "State": "associated"}})
			maps.Copy(detail, object{"VpcId": a["vpc_id"], "VpcOwnerId": cloudAccount, "SubnetIds": a["subnet_ids"],
				"Options": object{"DnsSupport": "enable", "SecurityGroupReferencingSupport": "enable", "Ipv6Support": "disable", "ApplianceModeSupport": "disable"}})
			c.answer("ec2-describe-transit-gateway-attachments", "TransitGatewayAttachments", whole)
			c.answer("ec2-describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments", detail)
			routes = append(routes, object{"DestinationCidrBlock": c.with("aws_vpc", "id", str(a["vpc_id"]))["cidr_block"], "TransitGatewayAttachments": []any{at}, "Type": "propagated", "State": "active"})
			propagation := maps.Clone(at)
			propagation["State"] = "enabled"
			propagations = append(propagations, propagation)
			for _, s := range strs(a["subnet_ids"]) {
				c.nic("transit_gateway", "Network Interface for Transit Gateway Attachment "+str(a["id"]), s, nil, nil)
			}
		}
		c.answers["ec2-search-transit-gateway-routes/"+table] = object{"Routes": routes, "AdditionalRoutesAvailable": false}
		c.answers["ec2-get-transit-gateway-route-table-propagations/"+table] = object{"TransitGatewayRouteTablePropagations": propagations}
	}
}

func (c *cloud) describeEndpoints() {
	c.answer("ec2-describe-vpc-endpoints", "VpcEndpoints")
	for _, e := range c.of("aws_vpc_endpoint") {
		kind := or(str(e["vpc_endpoint_type"]), "Gateway")
		groups, interfaces := []any{}, []any{}
		for _, g := range strs(e["security_group_ids"]) {
			groups = append(groups, object{"GroupId": g, "GroupName": c.groupName(g)})
		}
		for _, s := range strs(e["subnet_ids"]) {
			interfaces = append(interfaces, c.nic("vpc_endpoint", "VPC Endpoint Interface "+str(e["id"]), s, strs(e["security_group_ids"]), nil)["NetworkInterfaceId"])
		}
		c.answer("ec2-describe-vpc-endpoints", "VpcEndpoints", object{"VpcEndpointId": e["id"], "VpcEndpointType": kind, "VpcId": e["vpc_id"], "ServiceName": e["service_name"], "State": "available",
			"PolicyDocument": or(str(e["policy"]), `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`), "RouteTableIds": strs(e["route_table_ids"]), "SubnetIds": strs(e["subnet_ids"]),
			"Groups": groups, "NetworkInterfaceIds": interfaces, "PrivateDnsEnabled": yes(e["private_dns_enabled"], false), "RequesterManaged": false, "OwnerId": cloudAccount, "Tags": tags(e)})
	}
	c.answer("ec2-describe-prefix-lists", "PrefixLists", object{"PrefixListId": "pl-6da54004", "PrefixListName": "com.amazonaws." + cloudRegion + ".s3", "Cidrs": []any{"52.218.0.0/17", "3.5.64.0/21"}})
}

// instance makes one instance with one interface.
func (c *cloud) instance(a object, subnet string, groups []string, public bool) string {
	id := "i-0" + c.hex(16)
	more := object{}
	if public {
		more["Association"] = object{"PublicIp": "203.0.113.77", "IpOwnerId": "amazon"}
	}
	n := c.nic("interface", "", subnet, groups, more)
	n["Attachment"] = object{"InstanceId": id, "DeviceIndex": 0, "Status": "attached"}
	vm := object{"InstanceId": id, "ImageId": or(str(a["image_id"]), str(a["ami"])), "InstanceType": a["instance_type"], "State": object{"Code": 16, "Name": "running"}, "SubnetId": subnet, "VpcId": n["VpcId"],
		"PrivateIpAddress": n["PrivateIpAddress"], "SecurityGroups": n["Groups"], "NetworkInterfaces": []any{n}, "SourceDestCheck": true, "Placement": object{"AvailabilityZone": n["AvailabilityZone"]}, "Tags": tags(a)}
	if public {
		vm["PublicIpAddress"] = "203.0.113.77"
	}
	o := first(a["metadata_options"])
	vm["MetadataOptions"] = object{"State": "applied", "HttpEndpoint": or(str(o["http_endpoint"]), "enabled"), "HttpTokens": or(str(o["http_tokens"]), "optional"),
		"HttpPutResponseHopLimit": num(o["http_put_response_hop_limit"], 1), "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "disabled"}
	if p := first(a["iam_instance_profile"]); len(p) > 0 {
		vm["IamInstanceProfile"] = object{"Arn": p["arn"], "Id": "AIPA0EXAMPLE"}
	}
	c.answer("ec2-describe-instances", "Reservations", object{"ReservationId": "r-0" + c.hex(16), "OwnerId": cloudAccount, "Groups": []any{}, "Instances": []any{vm}})
	data := str(a["user_data"])
	if _, err := base64.StdEncoding.DecodeString(data); err != nil {
		data = base64.StdEncoding.EncodeToString([]byte(data))
	}
	c.answers["ec2-describe-instance-attribute-"+id] = object{"InstanceId": id, "UserData": object{"Value": data}}
	return id
}

func (c *cloud) describeInstances() {
	c.answer("ec2-describe-instances", "Reservations")
	for _, v := range c.of("aws_instance") {
		id := c.instance(v, str(v["subnet_id"]), strs(v["vpc_security_group_ids"]), yes(v["associate_public_ip_address"], yes(c.subnet(str(v["subnet_id"]))["map_public_ip_on_launch"], false)))
		c.origin[id] = c.origin[str(v["id"])]
	}
}
