package network_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/topo"
)

const vpcText = `
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
`

// TestGroupRules: every written form of a rule, and what each means.
func TestGroupRules(t *testing.T) {
	for name, tc := range map[string]struct {
		source string
		rules  []string
		said   []string
	}{
		"no rules: Terraform removes the outbound rule of AWS": {`
			resource "aws_security_group" "x" { vpc_id = aws_vpc.main.id }`, nil, nil},
		"blocks, one rule for each peer": {`
			resource "aws_security_group" "y" { vpc_id = aws_vpc.main.id }
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.main.id
			  ingress {
			    protocol         = "tcp"
			    from_port        = 80
			    to_port          = 81
			    cidr_blocks      = ["10.1.0.0/16", "10.2.0.0/16"]
			    ipv6_cidr_blocks = ["::/0"]
			    security_groups  = [aws_security_group.y.id]
			    prefix_list_ids  = ["pl-0123"]
			    self             = true
			  }
			  egress {
			    protocol    = "-1"
			    from_port   = 0
			    to_port     = 0
			    cidr_blocks = ["0.0.0.0/0"]
			  }
			}`, []string{
			"in tcp/80-81 10.1.0.0/16", "in tcp/80-81 10.2.0.0/16", "in tcp/80-81 ::/0", "in tcp/80-81 pl-0123",
			"in tcp/80-81 aws_security_group.y", "in tcp/80-81 aws_security_group.x", "out all traffic 0.0.0.0/0"}, nil},
		"attribute as blocks": {`
			resource "aws_security_group" "x" {
			  vpc_id  = aws_vpc.main.id
			  ingress = [{ protocol = "udp", from_port = 53, to_port = 53, cidr_blocks = ["10.0.0.0/8"], description = null, ipv6_cidr_blocks = [], prefix_list_ids = [], security_groups = [], self = false }]
			  egress  = []
			}`, []string{"in udp/53 10.0.0.0/8"}, nil},
		"an empty list of ranges is no peer": {`
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.main.id
			  ingress {
			    protocol    = "tcp"
			    from_port   = 22
			    to_port     = 22
			    cidr_blocks = []
			  }
			}`, nil, nil},
		"rule resources of both kinds": {`
			resource "aws_security_group" "x" { vpc_id = aws_vpc.main.id }
			resource "aws_security_group_rule" "a" {
			  type              = "ingress"
			  security_group_id = aws_security_group.x.id
			  protocol          = "tcp"
			  from_port         = 443
			  to_port           = 443
			  self              = true
			}
			resource "aws_vpc_security_group_ingress_rule" "b" {
			  security_group_id            = aws_security_group.x.id
			  ip_protocol                  = "tcp"
			  from_port                    = 8080
			  to_port                      = 8080
			  referenced_security_group_id = "123456789012/sg-0abc"
			}
			resource "aws_vpc_security_group_egress_rule" "c" {
			  security_group_id = aws_security_group.x.id
			  ip_protocol       = "-1"
			  cidr_ipv6         = "::/0"
			}`, []string{"in tcp/443 aws_security_group.x", "in tcp/8080 sg-0abc", "out all traffic ::/0"}, nil},
		"blocks and rule resources of one direction fight": {`
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.main.id
			  ingress {
			    protocol    = "tcp"
			    from_port   = 80
			    to_port     = 80
			    cidr_blocks = ["10.0.0.0/8"]
			  }
			}
			resource "aws_vpc_security_group_ingress_rule" "b" {
			  security_group_id = aws_security_group.x.id
			  ip_protocol       = "tcp"
			  from_port         = 22
			  to_port           = 22
			  cidr_ipv4         = "0.0.0.0/0"
			}
			resource "aws_vpc_security_group_egress_rule" "c" {
			  security_group_id = aws_security_group.x.id
			  ip_protocol       = "-1"
			  cidr_ipv4         = "0.0.0.0/0"
			}`, []string{"in tcp/80 10.0.0.0/8", "in tcp/22 0.0.0.0/0 ?", "out all traffic 0.0.0.0/0"},
			[]string{"rules of a security group in two forms"}},
		"a rule resource that the blocks list, too, as states do": {`
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.main.id
			  ingress {
			    protocol    = "tcp"
			    from_port   = 80
			    to_port     = 80
			    cidr_blocks = ["10.0.0.0/8"]
			  }
			}
			resource "aws_vpc_security_group_ingress_rule" "b" {
			  security_group_id = aws_security_group.x.id
			  ip_protocol       = "tcp"
			  from_port         = 80
			  to_port           = 80
			  cidr_ipv4         = "10.0.0.0/8"
			}`, []string{"in tcp/80 10.0.0.0/8"}, nil},
		"the range of the VPC, whatever it is": {`
			variable "cidr" {}
			resource "aws_vpc" "v" { cidr_block = var.cidr }
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.v.id
			  ingress {
			    protocol    = "tcp"
			    from_port   = 80
			    to_port     = 80
			    cidr_blocks = [aws_vpc.v.cidr_block, var.other]
			  }
			  egress {
			    protocol    = "tcp"
			    from_port   = 80
			    to_port     = 80
			    cidr_blocks = [var.cidr]
			  }
			}
			variable "other" {}`, []string{"in tcp/80 range of aws_vpc.v", "in tcp/80 var.other v4", "out tcp/80 range of aws_vpc.v"}, nil},
		"unknown ports are bounded by what is known": {`
			variable "port" {}
			variable "protocol" {}
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.main.id
			  ingress {
			    protocol    = "tcp"
			    from_port   = var.port
			    to_port     = var.port
			    cidr_blocks = ["10.0.0.0/8"]
			  }
			  egress {
			    protocol    = var.protocol
			    from_port   = 1
			    to_port     = 2
			    cidr_blocks = ["10.0.0.0/8"]
			  }
			}`, []string{"in surely none; possibly tcp 10.0.0.0/8", "out surely none; possibly all traffic 10.0.0.0/8"}, nil},
		"what AWS refuses is read as the nearest set": {`
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.main.id
			  ingress {
			    protocol    = "tcp"
			    from_port   = 90
			    to_port     = 80
			    cidr_blocks = ["10.1.2.3/8", "10.0.0.0/8, 192.168.0.0/16", "everyone"]
			  }
			}`, []string{"in tcp/80-90 10.0.0.0/8", "in tcp/80-90 10.0.0.0/8", "in tcp/80-90 192.168.0.0/16", "in tcp/80-90 unknown v4"},
			[]string{"rule that AWS refuses", "address range with host bits", "not an address range", "several address ranges in one text"}},
		"ignored changes, and a list of unknown length": {`
			variable "groups" {}
			resource "aws_security_group" "x" {
			  vpc_id = aws_vpc.main.id
			  egress {
			    protocol        = "-1"
			    from_port       = 0
			    to_port         = 0
			    security_groups = var.groups
			  }
			  lifecycle { ignore_changes = [ingress] }
			}`, []string{"in more", "out all traffic var.groups"}, nil},
		"no peer at all": {`
			resource "aws_security_group" "x" { vpc_id = aws_vpc.main.id }
			resource "aws_security_group_rule" "a" {
			  type              = "egress"
			  security_group_id = aws_security_group.x.id
			  protocol          = "icmp"
			  from_port         = -1
			  to_port           = -1
			  cidr_blocks       = []
			}`, nil, []string{"rule without a peer"}},
		"a rule that may not exist": {`
			variable "on" {}
			resource "aws_security_group" "x" { vpc_id = aws_vpc.main.id }
			resource "aws_security_group_rule" "a" {
			  count             = var.on ? 1 : 0
			  type              = "egress"
			  security_group_id = aws_security_group.x.id
			  protocol          = "tcp"
			  from_port         = 1
			  to_port           = 1
			  cidr_blocks       = ["10.0.0.0/8"]
			}`, []string{"out tcp/1 10.0.0.0/8 ?"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, ds := read(t, vpcText+tc.source)
			if diff := cmp.Diff(tc.rules, showRules(s.SecurityGroup("aws_security_group.x"))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.said, summaries(ds)); diff != "" {
				t.Error(diff)
			}
			if d := dangling(s); d != nil {
				t.Errorf("names that resolve to nothing: %v", d)
			}
		})
	}
}

// TestDefaultGroup: what AWS gives, what adoption strips, and the three names
// of the one group.
func TestDefaultGroup(t *testing.T) {
	s, _ := read(t, vpcText+`
resource "aws_vpc" "adopted" { cidr_block = "10.1.0.0/16" }
resource "aws_default_security_group" "d" { vpc_id = aws_vpc.adopted.id }
data "aws_security_group" "d" {
  name   = "default"
  vpc_id = aws_vpc.adopted.id
}
resource "aws_security_group_rule" "a" {
  type              = "ingress"
  security_group_id = data.aws_security_group.d.id
  protocol          = "tcp"
  from_port         = 1
  to_port           = 1
  cidr_blocks       = ["10.0.0.0/8"]
}`)
	g := s.SecurityGroup(s.VPC("aws_vpc.main").DefaultGroup)
	if diff := cmp.Diff([]string{"in all traffic " + string(g.ID), "out all traffic 0.0.0.0/0", "out all traffic ::/0"}, showRules(g)); diff != "" || !g.Default {
		t.Error(diff)
	}
	adopted := s.VPC("aws_vpc.adopted").DefaultGroup
	if adopted != "aws_default_security_group.d" {
		t.Errorf("the default group is %s", adopted)
	}
	if diff := cmp.Diff([]string{"in tcp/1 10.0.0.0/8"}, showRules(s.SecurityGroup(adopted))); diff != "" {
		t.Error(diff)
	}
	if len(s.SecurityGroups) != 2 {
		t.Errorf("%d groups", len(s.SecurityGroups))
	}
}

// TestGroupPlaces: in which VPC a group is, also if it does not say.
func TestGroupPlaces(t *testing.T) {
	s, _ := read(t, vpcText+`
variable "subnet" {}
variable "group" {}
resource "aws_security_group" "nowhere" {}
resource "aws_security_group" "x" { vpc_id = aws_vpc.main.id }
resource "aws_vpc" "other" { cidr_block = "10.9.0.0/16" }
resource "aws_vpc_security_group_vpc_association" "a" {
  security_group_id = aws_security_group.x.id
  vpc_id            = aws_vpc.other.id
}
resource "aws_security_group" "y" { vpc_id = aws_vpc.main.id }
resource "aws_network_interface" "e" {
  subnet_id       = var.subnet
  security_groups = [aws_security_group.y.id, var.group]
}`)
	if v := s.VPC(s.SecurityGroup("aws_security_group.nowhere").VPC); v == nil || !v.Elsewhere || v.More == "" {
		t.Errorf("a group without VPC is in %+v, not in the default VPC", v)
	}
	if also := s.SecurityGroup("aws_security_group.x").AlsoIn; !slices.Contains(also, "aws_vpc.other") {
		t.Errorf("associated with %v", also)
	}
	if e := s.Endpoint("aws_network_interface.e"); e.VPC != "aws_vpc.main" || e.Kind != topo.InterfaceEndpointENI {
		t.Errorf("the interface is in %q", e.VPC)
	}
	if s.Subnet("var.subnet").VPC != "aws_vpc.main" || s.SecurityGroup("var.group").VPC != "aws_vpc.main" {
		t.Error("what shares an interface is not in one VPC")
	}
	if g := s.SecurityGroup("var.group"); !g.Elsewhere || g.IngressMore == "" || g.MembersMore == "" {
		t.Errorf("a group elsewhere is complete: %+v", g)
	}
}
