package network_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// TestServices: a service is known by the end of its name.
func TestServices(t *testing.T) {
	for name, tc := range map[string]struct{ service, more, want string }{
		"literal":              {`"com.amazonaws.eu-west-1.ecr.api"`, ``, "ecr.api"},
		"China":                {`"cn.com.amazonaws.cn-north-1.ecr.dkr"`, ``, "ecr.dkr"},
		"Region of data":       {`"com.amazonaws.${data.aws_region.r.name}.ecr.dkr"`, `data "aws_region" "r" {}`, "ecr.dkr"},
		"unknown Region":       {`"com.amazonaws.${var.region}.logs"`, `variable "region" {}`, "logs"},
		"unknown service":      {`"com.amazonaws.eu-west-1.${var.name}"`, `variable "name" {}`, "?"},
		"looked up":            {`data.aws_vpc_endpoint_service.s.service_name`, `data "aws_vpc_endpoint_service" "s" { service = "secretsmanager" }`, "secretsmanager"},
		"of others":            {`"com.amazonaws.vpce.eu-west-1.vpce-svc-0abc"`, ``, "com.amazonaws.vpce.eu-west-1.vpce-svc-0abc"},
		"nothing known at all": {`var.name`, `variable "name" {}`, "?"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := read(t, vpcText+tc.more+`
resource "aws_vpc_endpoint" "x" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Interface"
  service_name      = `+tc.service+`
}`)
			e := s.VPCEndpoint("aws_vpc_endpoint.x")
			if got := showFact(e.Service); got != tc.want {
				t.Errorf("service %s", got)
			}
			if listens := len(s.Endpoint("aws_vpc_endpoint.x").Listens) > 0; listens != (tc.want != "?" && name != "of others") {
				t.Errorf("listens: %v", listens)
			}
		})
	}
}

func TestInterfaceEndpoints(t *testing.T) {
	s, _ := read(t, vpcText+`
resource "aws_subnet" "a" { vpc_id = aws_vpc.main.id }
resource "aws_subnet" "b" { vpc_id = aws_vpc.main.id }
resource "aws_security_group" "g" { vpc_id = aws_vpc.main.id }
resource "aws_vpc_endpoint" "plain" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Interface"
  service_name      = "com.amazonaws.eu-west-1.ecr.api"
  subnet_ids        = [aws_subnet.a.id]
}
resource "aws_vpc_endpoint" "full" {
  vpc_id              = aws_vpc.main.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.eu-west-1.ecr.api"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.g.id]
  policy              = jsonencode({ Statement = [] })
}
resource "aws_vpc_endpoint_subnet_association" "b" {
  vpc_endpoint_id = aws_vpc_endpoint.full.id
  subnet_id       = aws_subnet.b.id
}
resource "aws_vpc_endpoint" "parts" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Interface"
  service_name      = "com.amazonaws.eu-west-1.logs"
}
resource "aws_vpc_endpoint_security_group_association" "g" {
  vpc_endpoint_id             = aws_vpc_endpoint.parts.id
  security_group_id           = aws_security_group.g.id
  replace_default_association = true
}
variable "policy" {}
resource "aws_vpc_endpoint_policy" "p" {
  vpc_endpoint_id = aws_vpc_endpoint.parts.id
  policy          = var.policy
}
resource "aws_vpc_endpoint" "gateway" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.eu-west-1.s3"
}`)
	def := string(s.VPC("aws_vpc.main").DefaultGroup)
	for id, want := range map[ref.ID]struct {
		Subnets, Groups []string
		DNS             string
		Policy          topo.PolicyKind
	}{
		"aws_vpc_endpoint.plain": {[]string{"aws_subnet.a"}, []string{def}, "false", topo.PolicyDefault},
		"aws_vpc_endpoint.full":  {[]string{"aws_subnet.b"}, []string{"aws_security_group.g"}, "true", topo.PolicyDocument},
		"aws_vpc_endpoint.parts": {nil, []string{"aws_security_group.g"}, "false", topo.PolicyUnknown},
	} {
		e, v := s.Endpoint(id), s.VPCEndpoint(id)
		if diff := cmp.Diff(want.Subnets, showLinks(e.Subnets)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
		if diff := cmp.Diff(want.Groups, showLinks(e.Groups)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
		if showFact(v.PrivateDNS) != want.DNS || v.Policy.Kind != want.Policy || v.Kind != topo.InterfaceEndpoint || e.Kind != topo.PrivateLinkEndpoint {
			t.Errorf("%s: %+v", id, v)
		}
	}
	if s.VPCEndpoint("aws_vpc_endpoint.gateway").Kind != topo.GatewayEndpoint || s.Endpoint("aws_vpc_endpoint.gateway") != nil {
		t.Error("a gateway endpoint has interfaces")
	}
	if d := dangling(s); d != nil {
		t.Errorf("names that resolve to nothing: %v", d)
	}
}

func TestEndpointServices(t *testing.T) {
	s, _ := read(t, vpcText+`
resource "aws_lb" "n" { load_balancer_type = "network" }
resource "aws_vpc_endpoint_service" "s" {
  acceptance_required        = true
  network_load_balancer_arns = [aws_lb.n.arn]
  allowed_principals         = ["arn:aws:iam::111122223333:root"]
}
resource "aws_vpc_endpoint_service_allowed_principal" "p" {
  vpc_endpoint_service_id = aws_vpc_endpoint_service.s.id
  principal_arn           = "*"
}
resource "aws_vpc_endpoint" "e" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Interface"
  service_name      = aws_vpc_endpoint_service.s.service_name
}`)
	e := s.EndpointService("aws_vpc_endpoint_service.s")
	if diff := cmp.Diff([]string{"*", "arn:aws:iam::111122223333:root"}, e.Principals); diff != "" {
		t.Error(diff)
	}
	if got := showLinks(e.LoadBalancers); len(got) != 1 || got[0] != "aws_lb.n" || showFact(e.Acceptance) != "true" {
		t.Errorf("service is %+v", e)
	}
	if p := s.VPCEndpoint("aws_vpc_endpoint.e").Provider; p != e.ID {
		t.Errorf("the endpoint connects to %q", p)
	}
}

func TestFlowLogs(t *testing.T) {
	s, ds := read(t, vpcText+`
variable "vpc" {}
resource "aws_cloudwatch_log_group" "g" { name = "flows" }
resource "aws_subnet" "s" { vpc_id = aws_vpc.main.id }
resource "aws_network_interface" "i" { subnet_id = aws_subnet.s.id }
resource "aws_flow_log" "vpc" {
  vpc_id          = aws_vpc.main.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.g.arn
  iam_role_arn    = "arn:aws:iam::111122223333:role/flows"
  log_format      = "$${version} $${flow-direction}"
}
resource "aws_flow_log" "subnet" {
  subnet_id                = aws_subnet.s.id
  traffic_type             = "reject"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::logs"
  max_aggregation_interval = 60
}
resource "aws_flow_log" "eni" {
  eni_id       = aws_network_interface.i.id
  traffic_type = "ACCEPT"
}
resource "aws_flow_log" "tgw" { transit_gateway_id = "tgw-0abc" }
resource "aws_flow_log" "nothing" { traffic_type = "ALL" }`)
	type log struct {
		Scope                                            topo.FlowScope
		Of                                               ref.ID
		Traffic, Format, Destination, Interval, To, Role string
	}
	got := map[ref.ID]log{}
	for _, l := range s.FlowLogs {
		got[l.ID] = log{l.Scope, l.Of, showFact(l.Traffic), showFact(l.Format), showFact(l.Destination), showFact(l.Interval), showFact(l.Target), showFact(l.Role)}
	}
	if diff := cmp.Diff(map[ref.ID]log{
		"aws_flow_log.vpc": {topo.ScopeVPC, "aws_vpc.main", "ALL", "${version} ${flow-direction}", "cloud-watch-logs", "600",
			"aws_cloudwatch_log_group.g", "arn:aws:iam::111122223333:role/flows"},
		"aws_flow_log.subnet":  {topo.ScopeSubnet, "aws_subnet.s", "REJECT", "", "s3", "60", "arn:aws:s3:::logs", ""},
		"aws_flow_log.eni":     {topo.ScopeInterface, "aws_network_interface.i", "ACCEPT", "", "cloud-watch-logs", "600", "", ""},
		"aws_flow_log.tgw":     {topo.ScopeTransit, "tgw-0abc", "ALL", "", "cloud-watch-logs", "600", "", ""},
		"aws_flow_log.nothing": {topo.ScopeUnknown, "", "ALL", "", "cloud-watch-logs", "600", "", ""},
	}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"flow log of nothing"}, summaries(ds)); diff != "" {
		t.Error(diff)
	}
	if d := dangling(s); d != nil {
		t.Errorf("names that resolve to nothing: %v", d)
	}
}

// TestElasticIPs: addresses that reach interfaces, and those that may.
func TestElasticIPs(t *testing.T) {
	s, _ := read(t, vpcText+`
resource "aws_subnet" "s" { vpc_id = aws_vpc.main.id }
resource "aws_network_interface" "a" { subnet_id = aws_subnet.s.id }
resource "aws_network_interface" "b" {
  subnet_id         = aws_subnet.s.id
  source_dest_check = false
  private_ips       = ["10.0.0.9"]
}
resource "aws_network_interface" "c" { subnet_id = aws_subnet.s.id }
resource "aws_security_group" "g" { vpc_id = aws_vpc.main.id }
resource "aws_network_interface_sg_attachment" "c" {
  network_interface_id = aws_network_interface.c.id
  security_group_id    = aws_security_group.g.id
}
resource "aws_eip" "a" { network_interface = aws_network_interface.a.id }
resource "aws_eip" "b" {}
variable "on" {}
resource "aws_eip_association" "b" {
  count                = var.on ? 1 : 0
  allocation_id        = aws_eip.b.id
  network_interface_id = aws_network_interface.b.id
}`)
	for id, want := range map[ref.ID][2]string{
		"aws_network_interface.a": {"true", "no"}, "aws_network_interface.b": {"?", "yes"}, "aws_network_interface.c": {"false", "no"},
	} {
		e := s.Endpoint(id)
		if got := [2]string{showFact(e.PublicIPv4), e.Forwards.String()}; got != want {
			t.Errorf("%s: public and forwarding are %v, want %v", id, got, want)
		}
	}
	def := string(s.VPC("aws_vpc.main").DefaultGroup)
	if diff := cmp.Diff([]string{"aws_security_group.g", def}, showLinks(s.Endpoint("aws_network_interface.c").Groups)); diff != "" {
		t.Error(diff)
	}
	if s.Endpoint("aws_network_interface.b").Fixed.String() != "10.0.0.9/32" {
		t.Error("the written address is lost")
	}
}

// TestVPCs: settings and their defaults, ranges, and what is elsewhere.
func TestVPCs(t *testing.T) {
	s, _ := read(t, `
provider "aws" { region = "eu-west-1" }
variable "vpc" {}
variable "cidr" {}
resource "aws_vpc" "a" {
  cidr_block                       = "10.0.0.0/16"
  enable_dns_hostnames             = true
  assign_generated_ipv6_cidr_block = true
}
resource "aws_vpc_ipv4_cidr_block_association" "a" {
  vpc_id     = aws_vpc.a.id
  cidr_block = "10.8.0.0/16"
}
resource "aws_vpc" "pool" { ipv4_ipam_pool_id = "ipam-pool-0abc" }
data "aws_vpc" "main" { default = true }
data "aws_vpc" "far" { id = var.vpc }
resource "aws_subnet" "d" {
  vpc_id     = data.aws_vpc.main.id
  cidr_block = "172.31.96.0/20"
}
resource "aws_security_group" "d" {}
resource "aws_subnet" "f" { vpc_id = data.aws_vpc.far.id }
data "aws_subnets" "many" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.a.id]
  }
}
resource "aws_network_interface" "i" { subnet_id = data.aws_subnets.many.ids[0] }
resource "aws_vpc_block_public_access_options" "o" { internet_gateway_block_mode = "block-bidirectional" }
resource "aws_vpc_block_public_access_exclusion" "e" {
  subnet_id                       = aws_subnet.a.id
  internet_gateway_exclusion_mode = "allow-egress"
}
resource "aws_subnet" "a" {
  vpc_id                  = aws_vpc.a.id
  map_public_ip_on_launch = true
}
module "far" {
  source = "example.com/far/away"
  vpc    = aws_vpc.a.id
}`)
	a := s.VPC("aws_vpc.a")
	if got := []string{showBlock(a.Blocks[0]), showBlock(a.Blocks[1]), showBlock(a.Blocks[2])}; !cmp.Equal(got, []string{"10.0.0.0/16", "aws_vpc.a.ipv6_cidr_block v6", "10.8.0.0/16"}) {
		t.Errorf("ranges %v", got)
	}
	if showFact(a.DNSSupport) != "true" || showFact(a.DNSHostnames) != "true" || a.Region != "eu-west-1" || a.More == "" {
		t.Errorf("VPC is %+v", a)
	}
	if fact.Is(a.BlockPublicAccess, topo.BlockBoth) != fact.Yes || fact.Is(s.Subnet("aws_subnet.a").PublicAccess, topo.BlockIngress) != fact.Yes {
		t.Error("VPC Block Public Access is not in effect, or its exclusion")
	}
	if b := s.VPC("aws_vpc.pool").Blocks; len(b) != 1 || b[0].Prefix.IsValid() || b[0].Why == "" {
		t.Errorf("an address pool gives %+v", b)
	}
	if g, n := s.SecurityGroup("aws_security_group.d"), s.Subnet("aws_subnet.d"); g.VPC != n.VPC || g.VPC != "data.aws_vpc.main" {
		t.Errorf("the default VPC is %s for the group and %s for the subnet", g.VPC, n.VPC)
	}
	far := s.VPC(s.Subnet("aws_subnet.f").VPC)
	if far == nil || !far.Elsewhere || far.More == "" || s.RouteTable(far.MainRouteTable).More == "" {
		t.Errorf("a VPC elsewhere is %+v", far)
	}
	if s.Endpoint("aws_network_interface.i").VPC != "aws_vpc.a" {
		t.Errorf("the interface is in %q", s.Endpoint("aws_network_interface.i").VPC)
	}
	if d := dangling(s); d != nil {
		t.Errorf("names that resolve to nothing: %v", d)
	}
}
