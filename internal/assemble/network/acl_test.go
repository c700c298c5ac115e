package network_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/assemble/network"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func TestACLs(t *testing.T) {
	for name, tc := range map[string]struct {
		source  string
		acl     ref.ID
		entries []string
		said    []string
	}{
		"AWS default": {``, "aws_vpc.main.default_network_acl_id", []string{
			"in 100 allow all traffic 0.0.0.0/0", "in 101 allow all traffic ::/0", "out 100 allow all traffic 0.0.0.0/0", "out 101 allow all traffic ::/0"}, nil},
		"adoption denies all": {`
			resource "aws_default_network_acl" "x" { default_network_acl_id = aws_vpc.main.default_network_acl_id }`, "aws_default_network_acl.x", nil, nil},
		"blocks": {`
			resource "aws_network_acl" "x" {
			  vpc_id = aws_vpc.main.id
			  ingress {
			    rule_no    = 200
			    action     = "deny"
			    protocol   = "tcp"
			    cidr_block = "10.0.0.0/8"
			    from_port  = 22
			    to_port    = 22
			  }
			  ingress {
			    rule_no         = 100
			    action          = "allow"
			    protocol        = -1
			    ipv6_cidr_block = "::/0"
			    from_port       = 0
			    to_port         = 0
			  }
			  egress {
			    rule_no    = 1
			    action     = "allow"
			    protocol   = "icmp"
			    cidr_block = "0.0.0.0/0"
			    icmp_type  = 8
			    icmp_code  = -1
			    from_port  = 0
			    to_port    = 0
			  }
			}`, "aws_network_acl.x", []string{"in 100 allow all traffic ::/0", "in 200 deny tcp/22 10.0.0.0/8", "out 1 allow icmp/8 0.0.0.0/0"}, nil},
		"entry resources": {`
			resource "aws_network_acl" "x" { vpc_id = aws_vpc.main.id }
			variable "n" {}
			resource "aws_network_acl_rule" "a" {
			  network_acl_id = aws_network_acl.x.id
			  rule_number    = var.n
			  rule_action    = "allow"
			  protocol       = "udp"
			  cidr_block     = "10.0.0.0/8"
			  from_port      = 53
			  to_port        = var.n
			}
			resource "aws_network_acl_rule" "b" {
			  network_acl_id = aws_network_acl.x.id
			  egress         = true
			  rule_number    = 7
			  rule_action    = "deny"
			  protocol       = "6"
			  cidr_block     = aws_vpc.main.cidr_block
			  from_port      = 0
			  to_port        = 65535
			}
			resource "aws_network_acl_rule" "c" {
			  network_acl_id = aws_network_acl.x.id
			  egress         = true
			  rule_number    = 8
			  rule_action    = "permit"
			  protocol       = "icmp"
			  cidr_block     = "0.0.0.0/0"
			}`, "aws_network_acl.x", []string{
			"in -1 allow surely none; possibly udp/53-65535 10.0.0.0/8", "out 7 deny tcp 10.0.0.0/16", "out 8 ? surely none; possibly icmp 0.0.0.0/0"},
			[]string{"entry without an action"}},
		"both forms": {`
			resource "aws_network_acl" "x" {
			  vpc_id  = aws_vpc.main.id
			  ingress = []
			}
			resource "aws_network_acl_rule" "a" {
			  network_acl_id = aws_network_acl.x.id
			  rule_number    = 1
			  rule_action    = "allow"
			  protocol       = "all"
			  cidr_block     = "10.0.0.0/8"
			}`, "aws_network_acl.x", []string{"in 1 allow all traffic 10.0.0.0/8 ?"}, []string{"entries of a network ACL in two forms"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, ds := read(t, vpcText+tc.source)
			if diff := cmp.Diff(tc.entries, showEntries(s.NetworkACL(tc.acl))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.said, summaries(ds)); diff != "" {
				t.Error(diff)
			}
			if a := s.NetworkACL(tc.acl); a.VPC != "aws_vpc.main" || a.Default != (tc.acl != "aws_network_acl.x") {
				t.Errorf("VPC %q, default %v", a.VPC, a.Default)
			}
		})
	}
}

// TestPrefixLists: entries, lists of AWS under any of their names, and what the
// user gives.
func TestPrefixLists(t *testing.T) {
	set := parse(t, vpcText+`
provider "aws" { region = "eu-west-1" }
data "aws_region" "here" {}
data "aws_prefix_list" "a" { name = "com.amazonaws.eu-west-1.s3" }
data "aws_ec2_managed_prefix_list" "b" { name = "com.amazonaws.global.cloudfront.origin-facing" }
resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.${data.aws_region.here.name}.s3"
}
resource "aws_ec2_managed_prefix_list" "own" {
  name           = "own"
  address_family = "IPv4"
  max_entries    = 5
  entry { cidr = "10.1.0.0/16" }
}
resource "aws_ec2_managed_prefix_list_entry" "e" {
  prefix_list_id = aws_ec2_managed_prefix_list.own.id
  cidr           = "10.0.0.0/16"
}
resource "aws_security_group" "x" {
  vpc_id = aws_vpc.main.id
  egress {
    protocol        = "tcp"
    from_port       = 443
    to_port         = 443
    prefix_list_ids = [data.aws_prefix_list.a.id, aws_vpc_endpoint.s3.prefix_list_id, data.aws_ec2_managed_prefix_list.b.id, aws_ec2_managed_prefix_list.own.id]
  }
}`)
	given := netset.Prefix(netip.MustParsePrefix("192.0.2.0/24"))
	s, _ := build(network.Options{PrefixLists: map[string]netset.Addrs{"com.amazonaws.eu-west-1.s3": given}}, set)
	type list struct {
		Addrs    string
		Complete bool
		AWS      string
	}
	got := map[ref.ID]list{}
	for _, l := range s.PrefixLists {
		got[l.ID] = list{l.Addrs.String(), l.More == "", l.AWSName}
	}
	const cloudfront = "com.amazonaws.global.cloudfront.origin-facing"
	if diff := cmp.Diff(map[ref.ID]list{
		"com.amazonaws.eu-west-1.s3":      {"192.0.2.0/24", true, "com.amazonaws.eu-west-1.s3"},
		cloudfront:                        {"none", false, cloudfront},
		"aws_ec2_managed_prefix_list.own": {"10.0.0.0/15", true, ""},
	}, got); diff != "" {
		t.Error(diff)
	}
	for _, r := range s.SecurityGroup("aws_security_group.x").Egress {
		if r.Peer.Kind != topo.PeerPrefixList || s.PrefixList(r.Peer.ID) == nil {
			t.Errorf("peer %+v", r.Peer)
		}
	}
}
