package cloudformation_test

import "testing"

const vpcTemplate = `
	"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true, "Tags": [{"Key": "Name", "Value": "net"}]}},
	"A": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a", "MapPublicIpOnLaunch": "true"}},
	"B": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Fn::GetAtt": ["Vpc", "VpcId"]}, "CidrBlock": "10.0.2.0/24"}}`

const vpcConfiguration = `
	resource "aws_vpc" "Vpc" {
		cidr_block = "10.0.0.0/16"
		enable_dns_hostnames = true
		tags = { Name = "net" }
	}
	resource "aws_subnet" "A" {
		vpc_id = aws_vpc.Vpc.id
		cidr_block = "10.0.1.0/24"
		availability_zone = "eu-west-1a"
		map_public_ip_on_launch = true
	}
	resource "aws_subnet" "B" {
		vpc_id = aws_vpc.Vpc.id
		cidr_block = "10.0.2.0/24"
	}
`

func TestNetwork(t *testing.T) {
	s := twins(t, vpcTemplate+`,
	"More": {"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.0.0/16"}},
	"Six": {"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "AmazonProvidedIpv6CidrBlock": true}},
	"Igw": {"Type": "AWS::EC2::InternetGateway"},
	"Attach": {"Type": "AWS::EC2::VPCGatewayAttachment", "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Igw"}, "VpnGatewayId": {"Ref": "Vgw"}}},
	"Vgw": {"Type": "AWS::EC2::VPNGateway", "Properties": {"Type": "ipsec.1"}},
	"Eigw": {"Type": "AWS::EC2::EgressOnlyInternetGateway", "Properties": {"VpcId": {"Ref": "Vpc"}}},
	"Eip": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
	"Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": {"Ref": "A"}, "AllocationId": {"Fn::GetAtt": ["Eip", "AllocationId"]}}},
	"Public": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
	"ToInternet": {"Type": "AWS::EC2::Route", "Properties": {"RouteTableId": {"Ref": "Public"}, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": {"Ref": "Igw"}}},
	"ToSix": {"Type": "AWS::EC2::Route", "Properties": {"RouteTableId": {"Ref": "Private"}, "DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": {"Ref": "Eigw"}}},
	"Private": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
	"ToNat": {"Type": "AWS::EC2::Route", "Properties": {"RouteTableId": {"Ref": "Private"}, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": {"Ref": "Nat"}}},
	"Learn": {"Type": "AWS::EC2::VPNGatewayRoutePropagation", "Properties": {"RouteTableIds": [{"Ref": "Private"}], "VpnGatewayId": {"Ref": "Vgw"}}},
	"AT": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"SubnetId": {"Ref": "A"}, "RouteTableId": {"Ref": "Public"}}},
	"Acl": {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": {"Ref": "Vpc"}}},
	"AA": {"Type": "AWS::EC2::SubnetNetworkAclAssociation", "Properties": {"SubnetId": {"Ref": "A"}, "NetworkAclId": {"Ref": "Acl"}}},
	"In": {"Type": "AWS::EC2::NetworkAclEntry", "Properties": {"NetworkAclId": {"Ref": "Acl"}, "RuleNumber": 100, "Protocol": 6, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": "443", "To": 443}}},
	"Ping": {"Type": "AWS::EC2::NetworkAclEntry", "Properties": {"NetworkAclId": {"Ref": "Acl"}, "RuleNumber": 110, "Protocol": 1, "RuleAction": "allow", "CidrBlock": "10.0.0.0/8", "Icmp": {"Type": 8, "Code": -1}}},
	"Out": {"Type": "AWS::EC2::NetworkAclEntry", "Properties": {"NetworkAclId": {"Ref": "Acl"}, "RuleNumber": 100, "Egress": true, "Protocol": -1, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}},
	"Default": {"Type": "AWS::EC2::NetworkAclEntry", "Properties": {"NetworkAclId": {"Fn::GetAtt": ["Vpc", "DefaultNetworkAcl"]}, "RuleNumber": 50, "Protocol": 17, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 53, "To": 53}}},
	"Peer": {"Type": "AWS::EC2::VPCPeeringConnection", "Properties": {"VpcId": {"Ref": "Vpc"}, "PeerVpcId": "vpc-01234567", "PeerRegion": {"Ref": "AWS::Region"}}},
	"Shared": {"Type": "AWS::EC2::PrefixList", "Properties": {"PrefixListName": "offices", "AddressFamily": "IPv4", "MaxEntries": 5, "Entries": [{"Cidr": "192.0.2.0/24"}]}},
	"Tgw": {"Type": "AWS::EC2::TransitGateway", "Properties": {"DefaultRouteTableAssociation": "disable"}},
	"TgwVpc": {"Type": "AWS::EC2::TransitGatewayVpcAttachment", "Properties": {"TransitGatewayId": {"Ref": "Tgw"}, "VpcId": {"Ref": "Vpc"}, "SubnetIds": [{"Ref": "B"}], "Options": {"SecurityGroupReferencingSupport": "disable"}}},
	"TgwTable": {"Type": "AWS::EC2::TransitGatewayRouteTable", "Properties": {"TransitGatewayId": {"Ref": "Tgw"}}},
	"TgwUses": {"Type": "AWS::EC2::TransitGatewayRouteTableAssociation", "Properties": {"TransitGatewayAttachmentId": {"Ref": "TgwVpc"}, "TransitGatewayRouteTableId": {"Ref": "TgwTable"}}},
	"TgwHole": {"Type": "AWS::EC2::TransitGatewayRoute", "Properties": {"DestinationCidrBlock": "10.9.0.0/16", "Blackhole": true, "TransitGatewayRouteTableId": {"Ref": "TgwTable"}}},
	"Logs": {"Type": "AWS::EC2::FlowLog", "Properties": {"ResourceId": {"Ref": "Vpc"}, "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": {"Ref": "Group"}, "DeliverLogsPermissionArn": {"Fn::GetAtt": ["Role", "Arn"]}, "MaxAggregationInterval": 60}},
	"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
	"Block": {"Type": "AWS::EC2::VPCBlockPublicAccessOptions", "Properties": {"InternetGatewayBlockMode": "block-ingress"}},
	"Except": {"Type": "AWS::EC2::VPCBlockPublicAccessExclusion", "Properties": {"SubnetId": {"Ref": "A"}, "InternetGatewayExclusionMode": "allow-bidirectional"}}
	`, vpcConfiguration+`
	resource "aws_vpc_ipv4_cidr_block_association" "More" {
		vpc_id = aws_vpc.Vpc.id
		cidr_block = "10.1.0.0/16"
	}
	resource "aws_vpc_ipv6_cidr_block_association" "Six" {
		vpc_id = aws_vpc.Vpc.id
	}
	resource "aws_internet_gateway" "Igw" {}
	resource "aws_internet_gateway_attachment" "Attach" {
		internet_gateway_id = aws_internet_gateway.Igw.id
		vpc_id = aws_vpc.Vpc.id
	}
	resource "aws_vpn_gateway" "Vgw" {}
	resource "aws_vpn_gateway_attachment" "Attach__VpnGatewayId" {
		vpn_gateway_id = aws_vpn_gateway.Vgw.id
		vpc_id = aws_vpc.Vpc.id
	}
	resource "aws_egress_only_internet_gateway" "Eigw" { vpc_id = aws_vpc.Vpc.id }
	resource "aws_eip" "Eip" { domain = "vpc" }
	resource "aws_nat_gateway" "Nat" {
		subnet_id = aws_subnet.A.id
		allocation_id = aws_eip.Eip.id
	}
	resource "aws_route_table" "Public" { vpc_id = aws_vpc.Vpc.id }
	resource "aws_route" "ToInternet" {
		route_table_id = aws_route_table.Public.id
		destination_cidr_block = "0.0.0.0/0"
		gateway_id = aws_internet_gateway.Igw.id
	}
	resource "aws_route_table" "Private" { vpc_id = aws_vpc.Vpc.id }
	resource "aws_route" "ToSix" {
		route_table_id = aws_route_table.Private.id
		destination_ipv6_cidr_block = "::/0"
		egress_only_gateway_id = aws_egress_only_internet_gateway.Eigw.id
	}
	resource "aws_route" "ToNat" {
		route_table_id = aws_route_table.Private.id
		destination_cidr_block = "0.0.0.0/0"
		nat_gateway_id = aws_nat_gateway.Nat.id
	}
	resource "aws_vpn_gateway_route_propagation" "Learn__RouteTableIds__0" {
		route_table_id = aws_route_table.Private.id
		vpn_gateway_id = aws_vpn_gateway.Vgw.id
	}
	resource "aws_route_table_association" "AT" {
		route_table_id = aws_route_table.Public.id
		subnet_id = aws_subnet.A.id
	}
	resource "aws_network_acl" "Acl" { vpc_id = aws_vpc.Vpc.id }
	resource "aws_network_acl_association" "AA" {
		network_acl_id = aws_network_acl.Acl.id
		subnet_id = aws_subnet.A.id
	}
	resource "aws_network_acl_rule" "In" {
		network_acl_id = aws_network_acl.Acl.id
		rule_number = 100
		protocol = "tcp"
		rule_action = "allow"
		cidr_block = "0.0.0.0/0"
		from_port = 443
		to_port = 443
	}
	resource "aws_network_acl_rule" "Ping" {
		network_acl_id = aws_network_acl.Acl.id
		rule_number = 110
		protocol = "icmp"
		rule_action = "allow"
		cidr_block = "10.0.0.0/8"
		icmp_type = 8
		icmp_code = -1
	}
	resource "aws_network_acl_rule" "Out" {
		network_acl_id = aws_network_acl.Acl.id
		rule_number = 100
		egress = true
		protocol = "-1"
		rule_action = "deny"
		cidr_block = "0.0.0.0/0"
	}
	resource "aws_network_acl_rule" "Default" {
		network_acl_id = aws_vpc.Vpc.default_network_acl_id
		rule_number = 50
		protocol = "udp"
		rule_action = "deny"
		cidr_block = "0.0.0.0/0"
		from_port = 53
		to_port = 53
	}
	resource "aws_vpc_peering_connection" "Peer" {
		vpc_id = aws_vpc.Vpc.id
		peer_vpc_id = "vpc-01234567"
		auto_accept = true
	}
	resource "aws_ec2_managed_prefix_list" "Shared" {
		name = "offices"
		address_family = "IPv4"
		max_entries = 5
		entry { cidr = "192.0.2.0/24" }
	}
	resource "aws_ec2_transit_gateway" "Tgw" { default_route_table_association = "disable" }
	resource "aws_ec2_transit_gateway_vpc_attachment" "TgwVpc" {
		transit_gateway_id = aws_ec2_transit_gateway.Tgw.id
		vpc_id = aws_vpc.Vpc.id
		subnet_ids = [aws_subnet.B.id]
		security_group_referencing_support = "disable"
	}
	resource "aws_ec2_transit_gateway_route_table" "TgwTable" { transit_gateway_id = aws_ec2_transit_gateway.Tgw.id }
	resource "aws_ec2_transit_gateway_route_table_association" "TgwUses" {
		transit_gateway_attachment_id = aws_ec2_transit_gateway_vpc_attachment.TgwVpc.id
		transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.TgwTable.id
	}
	resource "aws_ec2_transit_gateway_route" "TgwHole" {
		destination_cidr_block = "10.9.0.0/16"
		blackhole = true
		transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.TgwTable.id
	}
	resource "aws_flow_log" "Logs" {
		vpc_id = aws_vpc.Vpc.id
		traffic_type = "ALL"
		log_destination = aws_cloudwatch_log_group.Group.arn
		iam_role_arn = aws_iam_role.Role.arn
		max_aggregation_interval = 60
	}
	resource "aws_cloudwatch_log_group" "Group" { retention_in_days = 7 }
	resource "aws_iam_role" "Role" { assume_role_policy = jsonencode({ Statement = [] }) }
	resource "aws_vpc_block_public_access_options" "Block" { internet_gateway_block_mode = "block-ingress" }
	resource "aws_vpc_block_public_access_exclusion" "Except" {
		subnet_id = aws_subnet.A.id
		internet_gateway_exclusion_mode = "allow-bidirectional"
	}
	`)
	if len(s.RouteTables) != 4 || len(s.NetworkACLs) != 3 || len(s.Peerings) != 1 || len(s.TransitGateways) != 1 || len(s.FlowLogs) != 1 || len(s.Gateways) != 4 {
		t.Errorf("%d tables, %d ACLs, %d peerings, %d transit gateways, %d flow logs, %d gateways",
			len(s.RouteTables), len(s.NetworkACLs), len(s.Peerings), len(s.TransitGateways), len(s.FlowLogs), len(s.Gateways))
	}
}
