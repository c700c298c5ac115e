package estate

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/intent"
)

// company is what a small company has: a network, a database and a service in
// roots of their own, an older stack of CloudFormation, and an account that was
// saved from AWS.
const company = `
-- network/main.tf --
terraform {
  backend "s3" {
    bucket = "company-states"
    key    = "network.tfstate"
  }
}
provider "aws" {
  region = "eu-west-1"
}
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "company" }
}
resource "aws_internet_gateway" "main" { vpc_id = aws_vpc.main.id }
resource "aws_subnet" "public" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.2.0/24"
}
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}
resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = aws_vpc.main.id
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_ssm_parameter" "private" {
  name  = "/network/private"
  type  = "StringList"
  value = join(",", [aws_subnet.private.id])
}
output "public" { value = [aws_subnet.public.id] }
-- data/main.tf --
provider "aws" {
  region = "eu-west-1"
}
data "aws_vpc" "main" {
  tags = { Name = "company" }
}
data "aws_ssm_parameter" "private" { name = "/network/private" }
data "aws_security_group" "orders" { name = "orders" }
resource "aws_security_group" "db" {
  name   = "db"
  vpc_id = data.aws_vpc.main.id
  ingress {
    protocol        = "tcp"
    from_port       = 5432
    to_port         = 5432
    security_groups = [data.aws_security_group.orders.id]
  }
}
resource "aws_db_subnet_group" "db" {
  name       = "db"
  subnet_ids = split(",", data.aws_ssm_parameter.private.value)
}
resource "aws_db_instance" "orders" {
  identifier             = "orders"
  engine                 = "postgres"
  engine_version         = "16.3"
  db_subnet_group_name   = aws_db_subnet_group.db.name
  vpc_security_group_ids = [aws_security_group.db.id]
}
-- orders/main.tf --
provider "aws" {
  region = "eu-west-1"
}
data "terraform_remote_state" "network" {
  backend = "s3"
  config = {
    bucket = "company-states"
    key    = "network.tfstate"
  }
}
data "aws_security_group" "orders" { name = "orders" }
resource "aws_ecs_cluster" "main" { name = "main" }
resource "aws_ecs_task_definition" "orders" {
  family                   = "orders"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions    = jsonencode([{ name = "orders", image = "shop/orders", portMappings = [{ containerPort = 8080 }] }])
}
resource "aws_ecs_service" "orders" {
  name            = "orders"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.orders.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets          = data.terraform_remote_state.network.outputs.public
    security_groups  = [data.aws_security_group.orders.id]
    assign_public_ip = true
  }
}
-- reports/stack.yaml --
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.8.0.0/16 }
  Gateway:
    Type: AWS::EC2::InternetGateway
  Attachment:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: { VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.8.1.0/24 }
  Table:
    Type: AWS::EC2::RouteTable
    Properties: { VpcId: !Ref Vpc }
  Route:
    Type: AWS::EC2::Route
    Properties: { RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway }
  Association:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: { SubnetId: !Ref Subnet, RouteTableId: !Ref Table }
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: the host of reports
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }]
  Interface:
    Type: AWS::EC2::NetworkInterface
    Properties: { SubnetId: !Ref Subnet, GroupSet: [!Ref Group] }
  Host:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: ami-1
      NetworkInterfaces: [{ DeviceIndex: "0", NetworkInterfaceId: !Ref Interface }]
  Address:
    Type: AWS::EC2::EIP
  Associated:
    Type: AWS::EC2::EIPAssociation
    Properties: { AllocationId: !GetAtt Address.AllocationId, NetworkInterfaceId: !Ref Interface }
-- audit/vpcs.json --
{"Vpcs": [{"VpcId": "vpc-0a", "CidrBlock": "10.9.0.0/16", "CidrBlockAssociationSet": [{"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "associated"}}]}]}
-- audit/subnets.json --
{"Subnets": [{"SubnetId": "subnet-0a", "VpcId": "vpc-0a", "CidrBlock": "10.9.1.0/24", "MapPublicIpOnLaunch": false}]}
-- audit/gateways.json --
{"InternetGateways": []}
-- audit/routes.json --
{"RouteTables": [{"RouteTableId": "rtb-0a", "VpcId": "vpc-0a", "Associations": [{"Main": true, "RouteTableId": "rtb-0a", "AssociationState": {"State": "associated"}}], "Routes": [{"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "local", "State": "active"}]}]}
-- audit/groups.json --
{"SecurityGroups": [{"GroupId": "sg-0a", "GroupName": "audit", "VpcId": "vpc-0a", "IpPermissions": [], "IpPermissionsEgress": []}]}
-- audit/instances.json --
{"Reservations": [{"ReservationId": "r-0a", "Instances": [{"InstanceId": "i-0a", "State": {"Name": "running"}, "VpcId": "vpc-0a", "SubnetId": "subnet-0a", "PrivateIpAddress": "10.9.1.4", "SecurityGroups": [{"GroupId": "sg-0a"}], "NetworkInterfaces": [{"NetworkInterfaceId": "eni-0a", "SubnetId": "subnet-0a", "VpcId": "vpc-0a", "Status": "in-use", "Groups": [{"GroupId": "sg-0a"}], "PrivateIpAddress": "10.9.1.4", "Attachment": {"DeviceIndex": 0}}]}]}]}
`

// One report is about all inputs, and what one leaves open another decides.
func TestRootsTemplatesAndAnswersAreOneEstate(t *testing.T) {
	dir := unpack(t, company)
	verdicts := func(names ...string) map[string]string {
		t.Helper()
		var paths []string
		for _, n := range names {
			paths = append(paths, filepath.Join(dir, n))
		}
		e, _, err := Open(paths, Options{Root: dir, Region: "eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, f := range check.Run(e.Snapshot, intent.Intent{}, check.Options{}).Findings {
			switch f.Recommendation {
			case "exposure", "isolation-vpc", "public-ip", "sg-data":
				out[f.Recommendation+" "+string(f.Resource)] = f.Verdict.String()
			}
		}
		return out
	}
	want := map[string]string{
		"exposure aws_ecs_service.orders": "undecided", "isolation-vpc aws_ecs_cluster.main": "undecided",
		"public-ip aws_ecs_service.orders": "violates",
	}
	if diff := cmp.Diff(want, verdicts("orders")); diff != "" {
		t.Errorf("the service alone, want -, got +:\n%s", diff)
	}
	for finding, verdict := range verdicts("data") {
		if finding != "exposure aws_db_instance.orders" && verdict != "undecided" {
			t.Errorf("the database alone: %s %s", finding, verdict)
		}
	}
	got := verdicts("network", "data", "orders", "reports", "audit")
	want = map[string]string{
		"exposure data/aws_db_instance.orders":      "follows",
		"exposure i-0a":                             "follows",
		"exposure orders/aws_ecs_service.orders":    "follows",
		"exposure reports/stack/Host":               "violates", // the address is on its interface
		"isolation-vpc orders/aws_ecs_cluster.main": "follows",
		"public-ip data/aws_db_instance.orders":     "follows",
		"public-ip i-0a":                            "follows",
		"public-ip orders/aws_ecs_service.orders":   "violates",
		"sg-data data/aws_db_instance.orders":       "follows",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("all together, want -, got +:\n%s", diff)
	}
	// The order of the inputs says nothing.
	if diff := cmp.Diff(got, verdicts("audit", "reports", "orders", "data", "network")); diff != "" {
		t.Errorf("in another order, first -, then +:\n%s", diff)
	}
}
