package network_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// TestLookups: a data source that can only find one thing of the design is that
// thing; any other is a thing elsewhere.
func TestLookups(t *testing.T) {
	s, _ := read(t, vpcText+`
resource "aws_internet_gateway" "i" { vpc_id = aws_vpc.main.id }
data "aws_internet_gateway" "i" {
  filter {
    name   = "attachment.vpc-id"
    values = [aws_vpc.main.id]
  }
}
resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
}
data "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
}
data "aws_security_group" "other" {
  name   = "other"
  vpc_id = aws_vpc.main.id
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.eu-west-1.s3"
}
data "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.eu-west-1.s3"
}
data "aws_vpc" "same" { id = aws_vpc.main.id }
resource "aws_subnet" "s" { vpc_id = data.aws_vpc.same.id }
resource "aws_route_table" "x" {
  vpc_id = data.aws_vpc.same.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = data.aws_internet_gateway.i.id
  }
}
resource "aws_vpc_endpoint_route_table_association" "s3" {
  vpc_endpoint_id = data.aws_vpc_endpoint.s3.id
  route_table_id  = aws_route_table.x.id
}
resource "aws_vpc_security_group_ingress_rule" "a" {
  security_group_id            = data.aws_security_group.web.id
  referenced_security_group_id = data.aws_security_group.other.id
  ip_protocol                  = "-1"
}`)
	if diff := cmp.Diff([]string{"0.0.0.0/0 -> internet aws_internet_gateway.i", "range of com.amazonaws.eu-west-1.s3 -> gateway endpoint aws_vpc_endpoint.s3"},
		showRoutes(s.RouteTable("aws_route_table.x"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"in all traffic data.aws_security_group.other"}, showRules(s.SecurityGroup("aws_security_group.web"))); diff != "" {
		t.Error(diff)
	}
	if len(s.VPCs) != 1 || len(s.Gateways) != 1 || len(s.VPCEndpoints) != 1 || len(s.SecurityGroups) != 3 || s.Subnet("aws_subnet.s").VPC != "aws_vpc.main" {
		t.Errorf("%d VPCs, %d gateways, %d endpoints, %d groups", len(s.VPCs), len(s.Gateways), len(s.VPCEndpoints), len(s.SecurityGroups))
	}
	if other := s.SecurityGroup("data.aws_security_group.other"); other.VPC != "aws_vpc.main" || other.IngressMore == "" || !other.Elsewhere {
		t.Errorf("a group elsewhere is %+v", other)
	}
}

// TestForgivingGateways: AWS takes internet and NAT gateways in either argument.
func TestForgivingGateways(t *testing.T) {
	s, _ := read(t, vpcText+`
resource "aws_internet_gateway" "i" { vpc_id = aws_vpc.main.id }
resource "aws_nat_gateway" "n" { connectivity_type = "private" }
resource "aws_route_table" "x" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_nat_gateway.n.id
  }
  route {
    cidr_block     = "10.1.0.0/16"
    nat_gateway_id = aws_internet_gateway.i.id
  }
}`)
	if diff := cmp.Diff([]string{"0.0.0.0/0 -> nat aws_nat_gateway.n", "10.1.0.0/16 -> internet aws_internet_gateway.i"}, showRoutes(s.RouteTable("aws_route_table.x"))); diff != "" {
		t.Error(diff)
	}
	if fact.Is(s.Gateway("aws_nat_gateway.n").Public, false) != fact.Yes {
		t.Error("a private NAT gateway is public")
	}
}

// TestSeveral: what stands for several things may not exist as one.
func TestSeveral(t *testing.T) {
	s, _ := read(t, vpcText+`
variable "subnets" { type = list(string) }
variable "one" {}
module "vpc" {
  source = "terraform-aws-modules/vpc/aws"
}
resource "aws_security_group" "g" {
  vpc_id = module.vpc.vpc_id
  ingress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = [module.vpc.vpc_cidr_block]
  }
}
resource "aws_vpc_endpoint" "a" {
  vpc_id            = module.vpc.vpc_id
  vpc_endpoint_type = "Interface"
  service_name      = "com.amazonaws.eu-west-1.logs"
  subnet_ids        = module.vpc.private_subnets
}
resource "aws_vpc_endpoint" "b" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Interface"
  service_name      = "com.amazonaws.eu-west-1.logs"
  subnet_ids        = [for s in var.subnets : s]
}
resource "aws_vpc_endpoint" "c" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Interface"
  service_name      = "com.amazonaws.eu-west-1.logs"
  subnet_ids        = [var.one]
}
resource "aws_route_table" "x" {
  vpc_id = module.vpc.vpc_id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = module.vpc.igw_id
  }
}`)
	for id, want := range map[ref.ID]struct {
		exists fact.Tri
		vpc    ref.ID
	}{
		"module.vpc.private_subnets": {fact.Unknown, "module.vpc.vpc_id"},
		"var.subnets":                {fact.Unknown, "aws_vpc.main"},
		"var.one":                    {fact.Yes, "aws_vpc.main"},
	} {
		n := s.Subnet(id)
		if n == nil || n.Exists != want.exists || n.VPC != want.vpc || n.RouteTable.IsKnown() {
			t.Errorf("%s is %+v", id, n)
		}
	}
	if diff := cmp.Diff([]string{"in all traffic range of module.vpc.vpc_id"}, showRules(s.SecurityGroup("aws_security_group.g"))); diff != "" {
		t.Error(diff)
	}
	if r := s.RouteTable("aws_route_table.x").Routes[0]; r.Kind != topo.ToInternet || s.Gateway(r.Target) == nil {
		t.Errorf("the route is %+v", r)
	}
	if len(s.Gaps) != 1 {
		t.Errorf("gaps %+v", s.Gaps)
	}
}

// TestPropertyLookups: what a data source asks for may be written of exactly one
// thing of the estate; a list of subnets is those of the VPC with the tags.
func TestPropertyLookups(t *testing.T) {
	const made = `
resource "aws_vpc" "one" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "one", Tier = "x" }
}
resource "aws_vpc" "two" {
  cidr_block = "10.1.0.0/16"
  tags       = { Name = "two", Tier = "x" }
}
resource "aws_subnet" "a" {
  vpc_id = aws_vpc.one.id
  tags   = { Tier = "private" }
}
resource "aws_subnet" "b" {
  vpc_id = aws_vpc.one.id
  tags   = { Tier = "public" }
}
resource "aws_subnet" "c" {
  vpc_id = aws_vpc.one.id
}
resource "aws_subnet" "d" { vpc_id = aws_vpc.two.id }
data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.x.id]
  }
  tags = { Tier = "private" }
}
resource "aws_vpc_endpoint" "logs" {
  vpc_id            = aws_vpc.one.id
  service_name      = "com.amazonaws.eu-west-1.logs"
  vpc_endpoint_type = "Interface"
  subnet_ids        = data.aws_subnets.private.ids
}
`
	for _, tc := range []struct {
		what, data string
		vpc        ref.ID
	}{
		{"a tag", `data "aws_vpc" "x" { tags = { Name = "one" } }`, "aws_vpc.one"},
		{"a filter", "data \"aws_vpc\" \"x\" {\n  filter {\n    name   = \"tag:Name\"\n    values = [\"one\"]\n  }\n}", "aws_vpc.one"},
		{"a range", `data "aws_vpc" "x" { cidr_block = "10.0.0.0/16" }`, "aws_vpc.one"},
		{"a tag of two", `data "aws_vpc" "x" { tags = { Tier = "x" } }`, "data.aws_vpc.x"},
		{"a tag of none", `data "aws_vpc" "x" { tags = { Name = "three" } }`, "data.aws_vpc.x"},
		{"a pattern", "data \"aws_vpc\" \"x\" {\n  filter {\n    name   = \"tag:Name\"\n    values = [\"o*\"]\n  }\n}", "data.aws_vpc.x"},
		{"another filter", "data \"aws_vpc\" \"x\" {\n  tags = { Name = \"one\" }\n  filter {\n    name   = \"owner-id\"\n    values = [\"111122223333\"]\n  }\n}", "data.aws_vpc.x"},
		{"nothing", `data "aws_vpc" "x" {}`, "data.aws_vpc.x"},
	} {
		s, _ := read(t, made+tc.data)
		if (s.VPC("data.aws_vpc.x") == nil) != (tc.vpc == "aws_vpc.one") {
			t.Errorf("%s: the VPC that is found is not %s", tc.what, tc.vpc)
		}
	}
	s, _ := read(t, made+`data "aws_vpc" "x" { tags = { Name = "one" } }`)
	got := map[ref.ID]fact.Tri{}
	for _, l := range s.Endpoint("aws_vpc_endpoint.logs").Subnets.List {
		got[l.ID] = l.Exists
	}
	// The tags of c may come from the provider.
	if diff := cmp.Diff(map[ref.ID]fact.Tri{"aws_subnet.a": fact.Yes, "aws_subnet.c": fact.Unknown}, got); diff != "" {
		t.Errorf("subnets, want -, got +:\n%s", diff)
	}
}
