package network_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func TestRoutes(t *testing.T) {
	for name, tc := range map[string]struct {
		source string
		table  ref.ID
		routes []string
		said   []string
	}{
		"blocks": {`
			resource "aws_internet_gateway" "i" { vpc_id = aws_vpc.main.id }
			resource "aws_egress_only_internet_gateway" "e" { vpc_id = aws_vpc.main.id }
			resource "aws_route_table" "x" {
			  vpc_id = aws_vpc.main.id
			  route {
			    cidr_block = "0.0.0.0/0"
			    gateway_id = aws_internet_gateway.i.id
			  }
			  route {
			    ipv6_cidr_block        = "::/0"
			    egress_only_gateway_id = aws_egress_only_internet_gateway.e.id
			  }
			}`, "aws_route_table.x", []string{
			"0.0.0.0/0 -> internet aws_internet_gateway.i", "::/0 -> egress-only aws_egress_only_internet_gateway.e"}, nil},
		"route resources of every target": {`
			resource "aws_route_table" "x" { vpc_id = aws_vpc.main.id }
			resource "aws_subnet" "s" { vpc_id = aws_vpc.main.id }
			resource "aws_nat_gateway" "n" { subnet_id = aws_subnet.s.id }
			resource "aws_vpn_gateway" "v" { vpc_id = aws_vpc.main.id }
			resource "aws_route" "a" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.1.0.0/16"
			  nat_gateway_id         = aws_nat_gateway.n.id
			}
			resource "aws_route" "b" {
			  route_table_id            = aws_route_table.x.id
			  destination_cidr_block    = "10.2.0.0/16"
			  vpc_peering_connection_id = "pcx-0abc"
			}
			resource "aws_route" "c" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.3.0.0/16"
			  transit_gateway_id     = "tgw-0abc"
			}
			resource "aws_route" "d" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.4.0.0/16"
			  gateway_id             = aws_vpn_gateway.v.id
			}
			resource "aws_route" "e" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.5.0.0/16"
			  network_interface_id   = "eni-0abc"
			}
			resource "aws_route" "f" {
			  route_table_id             = aws_route_table.x.id
			  destination_prefix_list_id = "pl-0abc"
			  vpc_endpoint_id            = "vpce-0abc"
			}
			resource "aws_route" "g" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.6.0.0/16"
			  carrier_gateway_id     = "cagw-0abc"
			}
			resource "aws_route" "h" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.7.0.0/16"
			  gateway_id             = "local"
			}
			resource "aws_route" "i" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.8.0.0/16"
			  gateway_id             = var.gateway
			}
			variable "gateway" {}
			resource "aws_vpn_gateway_route_propagation" "p" {
			  vpn_gateway_id = aws_vpn_gateway.v.id
			  route_table_id = aws_route_table.x.id
			}`, "aws_route_table.x", []string{
			"10.1.0.0/16 -> nat aws_nat_gateway.n", "10.2.0.0/16 -> peering pcx-0abc", "10.3.0.0/16 -> transit tgw-0abc",
			"10.4.0.0/16 -> vpn aws_vpn_gateway.v", "10.5.0.0/16 -> interface eni-0abc", "10.6.0.0/16 -> elsewhere", "10.7.0.0/16 -> local",
			"10.8.0.0/16 -> unknown", "range of pl-0abc -> inspection vpce-0abc", "unknown -> vpn aws_vpn_gateway.v ?"}, nil},
		"the main table by either name": {`
			resource "aws_internet_gateway" "i" {}
			resource "aws_internet_gateway_attachment" "i" {
			  internet_gateway_id = aws_internet_gateway.i.id
			  vpc_id              = aws_vpc.main.id
			}
			resource "aws_route" "a" {
			  route_table_id         = aws_vpc.main.main_route_table_id
			  destination_cidr_block = "0.0.0.0/0"
			  gateway_id             = aws_internet_gateway.i.id
			}
			resource "aws_route" "b" {
			  route_table_id              = aws_vpc.main.default_route_table_id
			  destination_ipv6_cidr_block = "::/0"
			  gateway_id                  = aws_internet_gateway.i.id
			}`, "aws_vpc.main.default_route_table_id", []string{
			"0.0.0.0/0 -> internet aws_internet_gateway.i", "::/0 -> internet aws_internet_gateway.i"}, nil},
		"adoption empties the main table": {`
			resource "aws_default_route_table" "x" { default_route_table_id = aws_vpc.main.default_route_table_id }
			`, "aws_default_route_table.x", nil, nil},
		"blocks and route resources fight": {`
			resource "aws_route_table" "x" {
			  vpc_id = aws_vpc.main.id
			  route  = []
			}
			resource "aws_route" "a" {
			  route_table_id         = aws_route_table.x.id
			  destination_cidr_block = "10.1.0.0/16"
			  nat_gateway_id         = "nat-0abc"
			}`, "aws_route_table.x", []string{"10.1.0.0/16 -> nat nat-0abc ?"}, []string{"routes of a table in two forms"}},
		"a gateway endpoint is a route to its prefix list": {`
			resource "aws_route_table" "x" { vpc_id = aws_vpc.main.id }
			resource "aws_vpc_endpoint" "s3" {
			  vpc_id       = aws_vpc.main.id
			  service_name = "com.amazonaws.eu-west-1.s3"
			}
			resource "aws_vpc_endpoint" "db" {
			  vpc_id          = aws_vpc.main.id
			  service_name    = "com.amazonaws.eu-west-1.dynamodb"
			  route_table_ids = [aws_route_table.x.id]
			}
			resource "aws_vpc_endpoint_route_table_association" "a" {
			  vpc_endpoint_id = aws_vpc_endpoint.s3.id
			  route_table_id  = aws_route_table.x.id
			}`, "aws_route_table.x", []string{
			"range of com.amazonaws.eu-west-1.dynamodb -> gateway endpoint aws_vpc_endpoint.db",
			"range of com.amazonaws.eu-west-1.s3 -> gateway endpoint aws_vpc_endpoint.s3"}, nil},
		"a route of an unknown table may be in any": {`
			variable "pick" {}
			resource "aws_route_table" "x" { vpc_id = aws_vpc.main.id }
			resource "aws_route_table" "y" { vpc_id = aws_vpc.main.id }
			resource "aws_route" "a" {
			  route_table_id         = var.pick ? aws_route_table.x.id : aws_route_table.y.id
			  destination_cidr_block = "10.1.0.0/16"
			  nat_gateway_id         = "nat-0abc"
			}`, "aws_route_table.x", []string{"more"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, ds := read(t, vpcText+tc.source)
			rt := s.RouteTable(tc.table)
			if rt == nil {
				t.Fatalf("no table %s in %v", tc.table, s.RouteTables)
			}
			if diff := cmp.Diff(tc.routes, showRoutes(rt)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.said, summaries(ds)); diff != "" {
				t.Error(diff)
			}
			if d := dangling(s); d != nil {
				t.Errorf("names that resolve to nothing: %v", d)
			}
			if rt.VPC != "aws_vpc.main" {
				t.Errorf("the table is in %q", rt.VPC)
			}
		})
	}
}

// TestEffective: which table and which ACL are in effect.
func TestEffective(t *testing.T) {
	for name, tc := range map[string]struct {
		source     string
		table, acl string
		said       []string
	}{
		"nothing written": {``, "aws_vpc.main.default_route_table_id", "aws_vpc.main.default_network_acl_id", nil},
		"adopted": {`
			resource "aws_default_route_table" "d" { default_route_table_id = aws_vpc.main.default_route_table_id }
			resource "aws_default_network_acl" "d" { default_network_acl_id = aws_vpc.main.default_network_acl_id }`,
			"aws_default_route_table.d", "aws_default_network_acl.d", nil},
		"another main table": {`
			resource "aws_route_table" "m" { vpc_id = aws_vpc.main.id }
			resource "aws_main_route_table_association" "m" {
			  vpc_id         = aws_vpc.main.id
			  route_table_id = aws_route_table.m.id
			}`, "aws_route_table.m", "aws_vpc.main.default_network_acl_id", nil},
		"a main table that may be another": {`
			variable "on" {}
			resource "aws_route_table" "m" { vpc_id = aws_vpc.main.id }
			resource "aws_main_route_table_association" "m" {
			  count          = var.on ? 1 : 0
			  vpc_id         = aws_vpc.main.id
			  route_table_id = aws_route_table.m.id
			}`, "?", "aws_vpc.main.default_network_acl_id", nil},
		"associated": {`
			resource "aws_route_table" "r" { vpc_id = aws_vpc.main.id }
			resource "aws_route_table_association" "r" {
			  subnet_id      = aws_subnet.s.id
			  route_table_id = aws_route_table.r.id
			}
			resource "aws_network_acl" "a" {
			  vpc_id     = aws_vpc.main.id
			  subnet_ids = [aws_subnet.s.id]
			}`, "aws_route_table.r", "aws_network_acl.a", nil},
		"by association resource": {`
			resource "aws_network_acl" "a" { vpc_id = aws_vpc.main.id }
			resource "aws_network_acl_association" "a" {
			  network_acl_id = aws_network_acl.a.id
			  subnet_id      = aws_subnet.s.id
			}`, "aws_vpc.main.default_route_table_id", "aws_network_acl.a", nil},
		"associated twice": {`
			resource "aws_route_table" "a" { vpc_id = aws_vpc.main.id }
			resource "aws_route_table" "b" { vpc_id = aws_vpc.main.id }
			resource "aws_route_table_association" "a" {
			  subnet_id      = aws_subnet.s.id
			  route_table_id = aws_route_table.a.id
			}
			resource "aws_route_table_association" "b" {
			  subnet_id      = aws_subnet.s.id
			  route_table_id = aws_route_table.b.id
			}`, "?", "aws_vpc.main.default_network_acl_id", []string{"subnet with several route tables"}},
		"an association that may be for the subnet": {`
			variable "pick" {}
			resource "aws_subnet" "t" { vpc_id = aws_vpc.main.id }
			resource "aws_route_table" "a" { vpc_id = aws_vpc.main.id }
			resource "aws_route_table_association" "a" {
			  subnet_id      = var.pick ? aws_subnet.s.id : aws_subnet.t.id
			  route_table_id = aws_route_table.a.id
			}`, "?", "aws_vpc.main.default_network_acl_id", nil},
		"an association in another VPC": {`
			variable "subnet" {}
			resource "aws_vpc" "o" { cidr_block = "10.9.0.0/16" }
			resource "aws_route_table" "a" { vpc_id = aws_vpc.o.id }
			resource "aws_route_table_association" "a" {
			  subnet_id      = var.subnet
			  route_table_id = aws_route_table.a.id
			}`, "aws_vpc.main.default_route_table_id", "aws_vpc.main.default_network_acl_id", nil},
		"a missing module is given the subnet": {`
			module "far" {
			  source = "example.com/far/away"
			  subnet = aws_subnet.s.id
			}`, "?", "?", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, ds := read(t, vpcText+`resource "aws_subnet" "s" { vpc_id = aws_vpc.main.id }`+tc.source)
			n := s.Subnet("aws_subnet.s")
			if got := [2]string{showFact(n.RouteTable), showFact(n.ACL)}; got != [2]string{tc.table, tc.acl} {
				t.Errorf("in effect are %v", got)
			}
			if !n.RouteTable.IsKnown() && n.RouteTable.Why == "" {
				t.Error("unknown without a reason")
			}
			if diff := cmp.Diff(tc.said, summaries(ds)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPeerings(t *testing.T) {
	s, _ := read(t, vpcText+`
provider "aws" { region = "eu-west-1" }
variable "peer" {}
resource "aws_vpc_peering_connection" "a" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = var.peer
  auto_accept = true
}
resource "aws_vpc_peering_connection" "b" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = var.peer
  peer_region = "eu-central-1"
}
resource "aws_vpc_peering_connection_accepter" "b" {
  vpc_peering_connection_id = aws_vpc_peering_connection.b.id
  auto_accept               = true
}
resource "aws_vpc_peering_connection" "c" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = var.peer
}
resource "aws_route_table" "x" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block                = "10.9.0.0/16"
    vpc_peering_connection_id = aws_vpc_peering_connection_accepter.b.id
  }
}`)
	for id, want := range map[ref.ID][2]string{
		"aws_vpc_peering_connection.a": {"yes", "true"},
		"aws_vpc_peering_connection.b": {"yes", "false"},
		"aws_vpc_peering_connection.c": {"unknown", "true"},
	} {
		p := s.Peering(id)
		if got := [2]string{p.Active.String(), showFact(p.SameRegion)}; got != want {
			t.Errorf("%s: active and in one Region are %v, want %v", id, got, want)
		}
	}
	if got := s.RouteTable("aws_route_table.x").Routes[0].Target; got != "aws_vpc_peering_connection.b" {
		t.Errorf("the accepter is not the peering: the route leads to %s", got)
	}
}

func TestTransit(t *testing.T) {
	s, _ := read(t, vpcText+`
resource "aws_vpc" "o" { cidr_block = "10.1.0.0/16" }
resource "aws_subnet" "s" { vpc_id = aws_vpc.main.id }
resource "aws_ec2_transit_gateway" "g" {}
resource "aws_ec2_transit_gateway_vpc_attachment" "a" {
  transit_gateway_id = aws_ec2_transit_gateway.g.id
  vpc_id             = aws_vpc.main.id
  subnet_ids         = [aws_subnet.s.id]
}
resource "aws_ec2_transit_gateway_vpc_attachment" "b" {
  transit_gateway_id                              = aws_ec2_transit_gateway.g.id
  vpc_id                                          = aws_vpc.o.id
  subnet_ids                                      = []
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false
}
resource "aws_ec2_transit_gateway_vpc_attachment" "c" {
  transit_gateway_id                              = aws_ec2_transit_gateway.g.id
  vpc_id                                          = aws_vpc.o.id
  subnet_ids                                      = []
  transit_gateway_default_route_table_association = false
}
resource "aws_vpn_connection" "v" {
  customer_gateway_id = "cgw-0abc"
  transit_gateway_id  = aws_ec2_transit_gateway.g.id
  type                = "ipsec.1"
}
resource "aws_ec2_transit_gateway_route_table" "t" { transit_gateway_id = aws_ec2_transit_gateway.g.id }
resource "aws_ec2_transit_gateway_route_table_association" "b" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.b.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.t.id
}
resource "aws_ec2_transit_gateway_route_table_propagation" "a" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.a.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.t.id
}
resource "aws_ec2_transit_gateway_route" "hole" {
  destination_cidr_block         = "10.0.9.0/24"
  blackhole                      = true
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.t.id
}
resource "aws_ec2_transit_gateway_route" "vpn" {
  destination_cidr_block         = "0.0.0.0/0"
  transit_gateway_attachment_id  = aws_vpn_connection.v.transit_gateway_attachment_id
  transit_gateway_route_table_id = aws_ec2_transit_gateway.g.association_default_route_table_id
}`)
	g := s.TransitGateway("aws_ec2_transit_gateway.g")
	if g.More != "" || fact.Is(g.GroupReferences, false) != fact.Yes {
		t.Errorf("the gateway is %+v", g)
	}
	const def = "aws_ec2_transit_gateway.g.association_default_route_table_id"
	want := map[ref.ID]string{
		"aws_ec2_transit_gateway_vpc_attachment.a": def, "aws_ec2_transit_gateway_vpc_attachment.b": "aws_ec2_transit_gateway_route_table.t",
		"aws_ec2_transit_gateway_vpc_attachment.c": "", "aws_vpn_connection.v": def,
	}
	got := map[ref.ID]string{}
	for _, a := range g.Attachments {
		got[a.ID] = showFact(a.Table)
		if (a.VPC == "") != (a.Outside != "") {
			t.Errorf("%s is of VPC %q and outside %q", a.ID, a.VPC, a.Outside)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	tables := map[ref.ID]topo.TransitTable{}
	for _, table := range g.Tables {
		tables[table.ID] = table
	}
	if diff := cmp.Diff([]ref.ID{"aws_ec2_transit_gateway_vpc_attachment.a", "aws_ec2_transit_gateway_vpc_attachment.c", "aws_vpn_connection.v"}, tables[def].Propagated); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]ref.ID{"aws_ec2_transit_gateway_vpc_attachment.a"}, tables["aws_ec2_transit_gateway_route_table.t"].Propagated); diff != "" {
		t.Error(diff)
	}
	if r := tables["aws_ec2_transit_gateway_route_table.t"].Routes; len(r) != 1 || !r[0].Blackhole || r[0].Attachment != "" {
		t.Errorf("routes are %+v", r)
	}
	if r := tables[def].Routes; len(r) != 1 || r[0].Attachment != "aws_vpn_connection.v" {
		t.Errorf("routes of the default table are %+v", r)
	}
	if len(s.NotModelled) != 1 || s.NotModelled[0].Type != "aws_vpn_connection" {
		t.Errorf("not modelled: %+v", s.NotModelled)
	}
}

// A peering of transit gateways is an attachment of both, and leads nowhere
// until it is accepted.
func TestTransitPeering(t *testing.T) {
	const peering = `
resource "aws_ec2_transit_gateway" "east" {}
resource "aws_ec2_transit_gateway" "west" {}
resource "aws_ec2_transit_gateway_peering_attachment" "p" {
  transit_gateway_id      = aws_ec2_transit_gateway.east.id
  peer_transit_gateway_id = aws_ec2_transit_gateway.west.id
  peer_region             = "us-west-1"
}
resource "aws_ec2_transit_gateway_route" "back" {
  destination_cidr_block         = "10.0.0.0/16"
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_peering_attachment_accepter.p.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway.west.association_default_route_table_id
}
`
	const accepter = `
resource "aws_ec2_transit_gateway_peering_attachment_accepter" "p" {
  transit_gateway_attachment_id = aws_ec2_transit_gateway_peering_attachment.p.id
}
`
	const id = "aws_ec2_transit_gateway_peering_attachment.p"
	for _, tc := range []struct {
		text   string
		exists fact.Tri
	}{{peering + accepter, fact.Yes}, {strings.ReplaceAll(peering, "_accepter.p", ".p"), fact.Unknown}} {
		s, _ := read(t, tc.text)
		for gateway, peer := range map[ref.ID]ref.ID{"aws_ec2_transit_gateway.east": "aws_ec2_transit_gateway.west", "aws_ec2_transit_gateway.west": "aws_ec2_transit_gateway.east"} {
			g := s.TransitGateway(gateway)
			if len(g.Attachments) != 1 {
				t.Fatalf("%s has attachments %+v", gateway, g.Attachments)
			}
			a := g.Attachments[0]
			if a.ID != id || a.Peer != peer || a.Exists != tc.exists || showFact(a.Table) != string(gateway)+".association_default_route_table_id" {
				t.Errorf("%s is attached by %+v", gateway, a)
			}
			if len(g.Tables) != 1 || len(g.Tables[0].Propagated) != 0 {
				t.Errorf("tables of %s are %+v", gateway, g.Tables)
			}
		}
		if r := s.TransitGateway("aws_ec2_transit_gateway.west").Tables[0].Routes; tc.exists == fact.Yes && (len(r) != 1 || r[0].Attachment != id) {
			t.Errorf("the accepter is not the peering: %+v", r)
		}
	}
}
