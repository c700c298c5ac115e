package cloudformation_test

import (
	"testing"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// TestEndpoints: VPC endpoints, their policies, and services of the template.
func TestEndpoints(t *testing.T) {
	s := twins(t, vpcTemplate+sgTemplate+`
	"Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
	"Bucket": {"Type": "AWS::S3::Bucket"},
	"S3": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcId": {"Ref": "Vpc"}, "ServiceName": {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, ".s3"]]}, "RouteTableIds": [{"Ref": "Table"}],
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}}]}}},
	"Api": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface", "VpcId": {"Ref": "Vpc"}, "ServiceName": "com.amazonaws.eu-west-1.ecr.api", "PrivateDnsEnabled": "true", "SubnetIds": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}},
	"Logs": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface", "VpcId": {"Ref": "Vpc"}, "ServiceName": "com.amazonaws.eu-west-1.logs", "SubnetIds": [{"Ref": "A"}], "PolicyDocument": "{\"Statement\": []}"}},
	"Nlb": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Type": "network", "Scheme": "internal", "Subnets": [{"Ref": "A"}]}},
	"Offer": {"Type": "AWS::EC2::VPCEndpointService", "Properties": {"NetworkLoadBalancerArns": [{"Ref": "Nlb"}], "AcceptanceRequired": true}},
	"Allow": {"Type": "AWS::EC2::VPCEndpointServicePermissions", "Properties": {"ServiceId": {"Ref": "Offer"}, "AllowedPrincipals": ["arn:aws:iam::111122223333:root"]}},
	"Use": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface", "VpcId": {"Ref": "Vpc"}, "SubnetIds": [{"Ref": "B"}], "SecurityGroupIds": [{"Ref": "Sg"}],
		"ServiceName": {"Fn::Join": ["", ["com.amazonaws.vpce.", {"Ref": "AWS::Region"}, ".", {"Fn::GetAtt": ["Offer", "ServiceId"]}]]}}}
	`, vpcConfiguration+sgConfiguration+`
	variable "region" {}
	resource "aws_route_table" "Table" { vpc_id = aws_vpc.Vpc.id }
	resource "aws_s3_bucket" "Bucket" {}
	resource "aws_vpc_endpoint" "S3" {
		vpc_id = aws_vpc.Vpc.id
		service_name = "com.amazonaws.${var.region}.s3"
		route_table_ids = [aws_route_table.Table.id]
		policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.Bucket.arn}/*" }] })
	}
	resource "aws_vpc_endpoint" "Api" {
		vpc_endpoint_type = "Interface"
		vpc_id = aws_vpc.Vpc.id
		service_name = "com.amazonaws.eu-west-1.ecr.api"
		private_dns_enabled = true
		subnet_ids = [aws_subnet.A.id]
		security_group_ids = [aws_security_group.Sg.id]
	}
	resource "aws_vpc_endpoint" "Logs" {
		vpc_endpoint_type = "Interface"
		vpc_id = aws_vpc.Vpc.id
		service_name = "com.amazonaws.eu-west-1.logs"
		subnet_ids = [aws_subnet.A.id]
		policy = "{\"Statement\": []}"
	}
	resource "aws_lb" "Nlb" {
		load_balancer_type = "network"
		internal = true
		subnets = [aws_subnet.A.id]
	}
	resource "aws_vpc_endpoint_service" "Offer" {
		network_load_balancer_arns = [aws_lb.Nlb.arn]
		acceptance_required = true
	}
	resource "aws_vpc_endpoint_service_allowed_principal" "Allow__AllowedPrincipals__0" {
		vpc_endpoint_service_id = aws_vpc_endpoint_service.Offer.id
		principal_arn = "arn:aws:iam::111122223333:root"
	}
	resource "aws_vpc_endpoint" "Use" {
		vpc_endpoint_type = "Interface"
		vpc_id = aws_vpc.Vpc.id
		service_name = aws_vpc_endpoint_service.Offer.service_name
		subnet_ids = [aws_subnet.B.id]
		security_group_ids = [aws_security_group.Sg.id]
	}
	`)
	if len(s.VPCEndpoints) != 4 || len(s.EndpointServices) != 1 {
		t.Fatalf("%d endpoints, %d services", len(s.VPCEndpoints), len(s.EndpointServices))
	}
	for _, e := range s.VPCEndpoints {
		if e.ID == "Use" && e.Provider != "Offer" || e.ID == "S3" && e.Policy.Kind != topo.PolicyDocument {
			t.Errorf("%s is %+v", e.ID, e)
		}
	}
}

// find is a resource of a translated template.
func find(t *testing.T, set resource.Set, id ref.ID) resource.Resource {
	t.Helper()
	for _, r := range set.Resources {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("there is no %s", id)
	return resource.Resource{}
}

// TestRoles: roles with their policies are those of the provider.
func TestRoles(t *testing.T) {
	set, _ := cloudformation.Translate(template(t, `
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "task", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/X", {"Ref": "Managed"}],
		"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
		"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}},
	"Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": [{"Ref": "Role"}, "other"], "PolicyDocument": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": {"Ref": "Role"}}}}},
	"Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": ["other"], "PolicyDocument": {"Statement": []}}},
	"Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
	"Fs": {"Type": "AWS::EFS::FileSystem", "Properties": {"FileSystemPolicy": {"Statement": []}}}`))
	for _, tc := range []struct {
		id              ref.ID
		typ, attr, want string
	}{
		{"Role", "aws_iam_role", "assume_role_policy", `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}`},
		{"Policy.Roles[1]", "aws_iam_role_policy", "role", "other"},
		{"Managed", "aws_iam_policy", "policy", `{"Statement":[]}`},
		{"Managed.Roles[0]", "aws_iam_role_policy_attachment", "role", "other"},
		{"Profile", "aws_iam_instance_profile", "role", ""},
		{"Fs.FileSystemPolicy", "aws_efs_file_system_policy", "policy", `{"Statement":[]}`},
	} {
		r := find(t, set, tc.id)
		if got := r.Get(tc.attr); r.Type != tc.typ || got.Text != tc.want {
			t.Errorf("%s is %s with %s = %+v", tc.id, r.Type, tc.attr, got)
		}
	}
	if p := find(t, set, "Role").Get("inline_policy", "policy"); p.Text != `{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}` {
		t.Errorf("the policy in the role is %+v", p)
	}
	to := find(t, set, "Policy.Roles[0]")
	if role, policy := to.Get("role"), to.Get("policy"); role.Ref.ID != "Role" || policy.Kind != resource.Text || policy.List[1].Ref.ID != "Role" {
		t.Errorf("the policy is %+v for %+v", policy, role)
	}
}

// TestReferences: what references are at the provider.
func TestReferences(t *testing.T) {
	refTo := func(id, attr string) resource.Value {
		return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(id), Attr: attr}}
	}
	text := func(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }
	set := template(t, `
	"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
	"Pool": {"Type": "AWS::EC2::VPC", "Properties": {"Ipv4IpamPoolId": "p"}},
	"Net": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}},
	"Lb": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"SecurityGroups": [{"Ref": "Sg"}]}},
	"Loop": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Fn::GetAtt": ["Loop", "VpcId"]}}},
	"Sg": {"Type": "AWS::EC2::SecurityGroup"}, "Db": {"Type": "AWS::RDS::DBCluster"}, "Cluster": {"Type": "AWS::ECS::Cluster"}, "Tg": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup"},
	"Eip": {"Type": "AWS::EC2::EIP"}, "Lt": {"Type": "AWS::EC2::LaunchTemplate"}, "Custom": {"Type": "Custom::Thing", "Properties": {"VpcId": "vpc-1"}}`)
	for _, tc := range []struct{ in, want resource.Value }{
		{refTo("Vpc", "Ref"), refTo("Vpc", "id")}, {refTo("Vpc", "VpcId"), refTo("Vpc", "id")}, {refTo("Vpc", "CidrBlock"), text("10.0.0.0/16")},
		{refTo("Pool", "CidrBlock"), refTo("Pool", "cidr_block")}, {refTo("Vpc", "DefaultSecurityGroup"), refTo("Vpc", "default_security_group_id")},
		{refTo("Vpc", "DefaultNetworkAcl"), refTo("Vpc", "default_network_acl_id")}, {refTo("Vpc", "Ipv6CidrBlocks.0"), refTo("Vpc", "ipv6_cidr_block")},
		{refTo("Net", "CidrBlock"), text("10.0.0.0/16")}, {refTo("Net", "VpcId"), refTo("Vpc", "id")}, {refTo("Loop", "VpcId"), refTo("Loop", "vpc_id")},
		{refTo("Lb", "SecurityGroups.0"), refTo("Sg", "id")}, {refTo("Lb", "DNSName"), refTo("Lb", "dns_name")}, {refTo("Lb", "Subnets.0"), refTo("Lb", "subnets.0")},
		{refTo("Sg", "GroupId"), refTo("Sg", "id")}, {refTo("Sg", "Id"), refTo("Sg", "id")}, {refTo("Db", "Endpoint.Address"), refTo("Db", "endpoint")},
		{refTo("Cluster", "Ref"), refTo("Cluster", "name")}, {refTo("Cluster", "Arn"), refTo("Cluster", "arn")}, {refTo("Tg", "TargetGroupName"), refTo("Tg", "name")},
		{refTo("Eip", "AllocationId"), refTo("Eip", "allocation_id")}, {refTo("Lt", "LatestVersionNumber"), refTo("Lt", "latest_version")},
		{refTo("Custom", "VpcId"), refTo("Custom", "vpc_id")}, {refTo("Param", ""), refTo("Param", "")}, {refTo("AWS::Region", ""), refTo("AWS::Region", "")},
		{refTo("Gone", "Ref"), refTo("Gone", "id")}, {refTo("Stack", "Outputs.Vpc"), refTo("Stack", "Outputs.Vpc")},
	} {
		in := set
		in.Resources = append(in.Resources[:len(in.Resources):len(in.Resources)], resource.Resource{ID: "Z", Name: "Z", Type: "AWS::Own::Thing",
			Body: resource.Value{Kind: resource.Map, Map: map[string]resource.Value{"Value": tc.in}}})
		out, _ := cloudformation.Translate(in)
		if got := find(t, out, "Z").Get("value"); got.Kind != tc.want.Kind || got.Ref != tc.want.Ref || got.Text != tc.want.Text {
			t.Errorf("%+v is %+v, want %+v", tc.in.Ref, got, tc.want)
		}
	}
}

// TestLists: one parameter that gives a whole list stands for several things.
func TestLists(t *testing.T) {
	set, _ := cloudformation.Translate(template(t, `
	"Lb": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Subnets": {"Ref": "Nets"}, "SecurityGroups": [{"Ref": "Group"}]}}`))
	r := find(t, set, "Lb")
	if r.Get("subnets").Ref.Attr != "ids" || r.Get("security_groups").List[0].Ref.Attr != "" {
		t.Errorf("the load balancer has %+v", r.Body)
	}
}
