package network

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
)

func one(r resource.Resource, typ string, body map[string]resource.Value) []resource.Resource {
	return []resource.Resource{form.As(r, typ, body)}
}

// aclEntry translates an entry of a network ACL: ports and ICMP are objects of
// their own in CloudFormation.
func aclEntry(_ *form.Scope, r resource.Resource) []resource.Resource {
	return one(r, "aws_network_acl_rule", map[string]resource.Value{
		"network_acl_id": r.Get("NetworkAclId"), "rule_number": r.Get("RuleNumber"), "egress": r.Get("Egress"),
		"protocol": r.Get("Protocol"), "rule_action": r.Get("RuleAction"),
		"cidr_block": r.Get("CidrBlock"), "ipv6_cidr_block": r.Get("Ipv6CidrBlock"),
		"from_port": r.Get("PortRange", "From"), "to_port": r.Get("PortRange", "To"),
		"icmp_type": r.Get("Icmp", "Type"), "icmp_code": r.Get("Icmp", "Code"),
	})
}

// cidrBlock translates a further range of a VPC, which is of one of two types.
func cidrBlock(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	for _, p := range []string{"CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength"} {
		if !r.Get(p).IsNull() {
			return one(r, "aws_vpc_ipv4_cidr_block_association", body)
		}
	}
	out := form.As(r, "aws_vpc_ipv6_cidr_block_association", body)
	asked := r.Get("AmazonProvidedIpv6CidrBlock")
	if r.Get("Ipv6CidrBlock").IsNull() && r.Get("Ipv6IpamPoolId").IsNull() && r.Get("Ipv6Pool").IsNull() && !form.IsTrue(asked) && out.Exists == fact.Yes {
		out.Exists, out.Why = fact.Unknown, form.Why(asked, "it names no range")
	}
	return []resource.Resource{out}
}

// subnet translates a subnet with the IPv6 range that an AWS::EC2::SubnetCidrBlock
// adds to it, which is an argument of the subnet at the provider.
func subnet(s *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	// AWS takes one range only.
	if more := s.Having("AWS::EC2::SubnetCidrBlock", "SubnetId", form.KeyOf(r)); len(more) > 0 && r.Get("Ipv6CidrBlock").IsNull() {
		b := more[0]
		v := form.First(b.Get("Ipv6CidrBlock"), form.Unknown("an address pool gives its range", b.Place))
		if b.Exists != fact.Yes && !v.Maybe {
			v.Maybe, v.Why = true, form.Why(resource.Value{Why: b.Why}, string(b.ID)+" may not exist")
		}
		body["ipv6_cidr_block"] = v
	}
	return one(r, "aws_subnet", body)
}

// gatewayAttachment translates the attachment of an internet gateway, of a VPN
// gateway, or of both.
func gatewayAttachment(_ *form.Scope, r resource.Resource) []resource.Resource {
	var out []resource.Resource
	for _, k := range []struct{ property, typ, argument string }{
		{"InternetGatewayId", "aws_internet_gateway_attachment", "internet_gateway_id"},
		{"VpnGatewayId", "aws_vpn_gateway_attachment", "vpn_gateway_id"},
	} {
		v := r.Get(k.property)
		if v.IsNull() {
			continue
		}
		a := form.As(r, k.typ, map[string]resource.Value{k.argument: v, "vpc_id": r.Get("VpcId")})
		if len(out) > 0 {
			a = form.Part(r, k.typ, k.property, form.Element{Value: v, Index: -1}, a.Body.Map)
		}
		out = append(out, a)
	}
	return out
}

func propagation(_ *form.Scope, r resource.Resource) []resource.Resource {
	var out []resource.Resource
	for _, e := range form.Elements(r.Get("RouteTableIds")) {
		out = append(out, form.Part(r, "aws_vpn_gateway_route_propagation", "RouteTableIds", e, map[string]resource.Value{
			"route_table_id": e.Content(), "vpn_gateway_id": r.Get("VpnGatewayId"),
		}))
	}
	return out
}

func networkInterface(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"GroupSet": "security_groups", "PrivateIpAddress": "private_ip"})
	delete(body, "private_ip_addresses")
	body["private_ips"] = form.Pluck(r.Get("PrivateIpAddresses"), "PrivateIpAddress")
	body["ipv6_addresses"] = form.Pluck(r.Get("Ipv6Addresses"), "Ipv6Address")
	return one(r, "aws_network_interface", body)
}

// peering translates a peering. CloudFormation accepts one within an account and
// Region by itself, and one with another account by the role that is given for
// it (AWS "AWS::EC2::VPCPeeringConnection").
func peering(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	owner, region := r.Get("PeerOwnerId"), r.Get("PeerRegion")
	if pseudo(region, "AWS::Region") {
		delete(body, "peer_region")
		region = resource.Value{}
	}
	if region.IsNull() && (owner.IsNull() || pseudo(owner, "AWS::AccountId") || !r.Get("PeerRoleArn").IsNull() && !r.Get("PeerRoleArn").Maybe) {
		body["auto_accept"] = form.Bool(true, r.Place)
	}
	return one(r, "aws_vpc_peering_connection", body)
}

// pseudo reports whether a value is a pseudo parameter.
func pseudo(v resource.Value, name string) bool {
	return v.Kind == resource.Ref && !v.Maybe && string(v.Ref.ID) == name
}

func transitAttachment(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	delete(body, "options")
	for _, option := range []string{"SecurityGroupReferencingSupport", "ApplianceModeSupport", "DnsSupport", "Ipv6Support"} {
		body[form.Snake(option)] = r.Get("Options", option)
	}
	return one(r, "aws_ec2_transit_gateway_vpc_attachment", body)
}

// endpoint translates a VPC endpoint with its policy as a JSON text.
func endpoint(s *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	delete(body, "policy_document")
	body["policy"] = form.JSON(r.Get("PolicyDocument"))
	// A service of the template is written "com.amazonaws.vpce.REGION.ID".
	if v := r.Get("ServiceName"); v.Kind == resource.Text && !v.Maybe && len(v.List) > 0 && strings.HasPrefix(form.Word(v.List[0]), "com.amazonaws.vpce.") {
		if service, ok := s.Target(v.List[len(v.List)-1]); ok && service.Type == "AWS::EC2::VPCEndpointService" {
			to := form.To(service, "service_name")
			to.Place = v.Place
			body["service_name"] = to
		}
	}
	return one(r, "aws_vpc_endpoint", body)
}

func permissions(_ *form.Scope, r resource.Resource) []resource.Resource {
	var out []resource.Resource
	for _, e := range form.Elements(r.Get("AllowedPrincipals")) {
		out = append(out, form.Part(r, "aws_vpc_endpoint_service_allowed_principal", "AllowedPrincipals", e, map[string]resource.Value{
			"vpc_endpoint_service_id": r.Get("ServiceId"), "principal_arn": e.Content(),
		}))
	}
	return out
}

// scopes are the arguments of the provider for what a flow log is of.
var scopes = map[string]string{
	"VPC": "vpc_id", "Subnet": "subnet_id", "NetworkInterface": "eni_id", "TransitGateway": "transit_gateway_id",
	"TransitGatewayAttachment": "transit_gateway_attachment_id", "RegionalNatGateway": "regional_nat_gateway_id",
}

// scopeTypes are the same by the type of what is named.
var scopeTypes = map[string]string{
	"AWS::EC2::VPC": "vpc_id", "AWS::EC2::Subnet": "subnet_id", "AWS::EC2::NetworkInterface": "eni_id", "AWS::EC2::TransitGateway": "transit_gateway_id",
	"AWS::EC2::TransitGatewayAttachment": "transit_gateway_attachment_id", "AWS::EC2::TransitGatewayVpcAttachment": "transit_gateway_attachment_id",
	"AWS::EC2::NatGateway": "regional_nat_gateway_id",
}

func flowLog(s *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"DeliverLogsPermissionArn": "iam_role_arn"})
	delete(body, "resource_id")
	delete(body, "resource_type")
	of := r.Get("ResourceId")
	argument := scopes[form.Word(r.Get("ResourceType"))]
	if target, ok := s.Target(of); ok && argument == "" {
		argument = scopeTypes[target.Type]
	}
	switch {
	case argument != "":
		body[argument] = of
	case !of.IsNull(): // of which kind it is nobody knows, so it may be each
		if r.Get("ResourceType").Kind == resource.String {
			s.Diags.Add(diag.Warning, r.Place, "flow log of an unknown kind of thing", "The ResourceType of a flow log is VPC, Subnet, NetworkInterface, TransitGateway, TransitGatewayAttachment or RegionalNatGateway, so what it is of is taken as unknown.")
		}
		for _, a := range []string{"vpc_id", "subnet_id"} {
			body[a] = of
		}
	}
	return one(r, "aws_flow_log", body)
}

func prefixList(_ *form.Scope, r resource.Resource) []resource.Resource {
	return one(r, "aws_ec2_managed_prefix_list", form.Arguments(r.Body, map[string]string{"PrefixListName": "name", "Entries": "entry"}))
}

// share translates what a resource share gives to other accounts.
func share(_ *form.Scope, r resource.Resource) []resource.Resource {
	out := one(r, "aws_ram_resource_share", form.Arguments(r.Body, nil))
	for _, e := range form.Elements(r.Get("ResourceArns")) {
		out = append(out, form.Part(r, "aws_ram_resource_association", "ResourceArns", e, map[string]resource.Value{
			"resource_arn": e.Content(), "resource_share_arn": form.To(r, "arn"),
		}))
	}
	return out
}
