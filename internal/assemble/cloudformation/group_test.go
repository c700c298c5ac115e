package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/fact"
)

const openConfiguration = `
		egress {
			protocol = "-1"
			from_port = 0
			to_port = 0
			cidr_blocks = ["0.0.0.0/0"]
		}
		egress {
			protocol = "-1"
			from_port = 0
			to_port = 0
			ipv6_cidr_blocks = ["::/0"]
		}
`

// TestGroups: rules in a group, beside it, and those that AWS adds.
func TestGroups(t *testing.T) {
	twins(t, vpcTemplate+`,
	"Lb": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "lb", "VpcId": {"Ref": "Vpc"}, "SecurityGroupIngress": [
		{"IpProtocol": "tcp", "FromPort": "443", "ToPort": 443, "CidrIp": "0.0.0.0/0", "Description": "web"},
		{"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "CidrIpv6": "::/0"},
		{"Maybe": {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourcePrefixListId": "pl-01234567"}}]}},
	"Task": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "task", "GroupName": "task", "VpcId": {"Ref": "Vpc"},
		"SecurityGroupIngress": {"IpProtocol": -1, "SourceSecurityGroupId": {"Fn::GetAtt": ["Lb", "GroupId"]}},
		"SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "DestinationSecurityGroupId": {"Ref": "Db"}}]}},
	"Db": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "db", "VpcId": {"Ref": "Vpc"},
		"SecurityGroupEgress": [{"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}]}},
	"Elsewhere": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "of the default VPC", "GroupName": "old", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupName": "old"}]}},
	"ToRest": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::GetAtt": ["Rest", "GroupId"]}, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": {"Ref": "Lb"}, "SourceSecurityGroupOwnerId": "111122223333"}},
	"ToDb": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Ref": "Db"}, "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}},
	"Rest": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "rest", "VpcId": {"Ref": "Vpc"}}},
	"FromRest": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Fn::GetAtt": ["Rest", "Id"]}, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-01234567"}},
	"OnDefault": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "192.0.2.0/24"}}
	`, vpcConfiguration+`
	variable "plain" { type = bool }
	resource "aws_security_group" "Lb" {
		vpc_id = aws_vpc.Vpc.id
		ingress {
			protocol = "tcp"
			from_port = 443
			to_port = 443
			cidr_blocks = ["0.0.0.0/0"]
			description = "web"
		}
		ingress {
			protocol = "icmp"
			from_port = 8
			to_port = -1
			ipv6_cidr_blocks = ["::/0"]
		}
		dynamic "ingress" {
			for_each = var.plain ? [1] : []
			content {
				protocol = "tcp"
				from_port = 80
				to_port = 80
				prefix_list_ids = ["pl-01234567"]
			}
		}`+openConfiguration+`
	}
	resource "aws_security_group" "Task" {
		name = "task"
		vpc_id = aws_vpc.Vpc.id
		egress {
			protocol = "tcp"
			from_port = 5432
			to_port = 5432
			security_groups = [aws_security_group.Db.id]
		}
		ingress {
			protocol = "-1"
			from_port = 0
			to_port = 0
			security_groups = [aws_security_group.Lb.id]
		}
	}
	resource "aws_security_group" "Db" {
		vpc_id = aws_vpc.Vpc.id
		egress {
			protocol = "icmp"
			from_port = 252
			to_port = 86
			cidr_blocks = ["255.255.255.255/32"]
		}
	}
	resource "aws_security_group" "Elsewhere" {
		name = "old"
		ingress {
			protocol = "tcp"
			from_port = 1
			to_port = 1
			self = true
		}`+openConfiguration+`
	}
	resource "aws_security_group" "Rest" { vpc_id = aws_vpc.Vpc.id }
	resource "aws_vpc_security_group_ingress_rule" "ToDb" {
		security_group_id = aws_security_group.Db.id
		ip_protocol = "tcp"
		from_port = 5432
		to_port = 5432
		cidr_ipv4 = "10.0.0.0/16"
	}
	resource "aws_vpc_security_group_ingress_rule" "OnDefault" {
		security_group_id = aws_vpc.Vpc.default_security_group_id
		ip_protocol = "tcp"
		from_port = 22
		to_port = 22
		cidr_ipv4 = "192.0.2.0/24"
	}
	resource "aws_vpc_security_group_egress_rule" "FromRest" {
		security_group_id = aws_security_group.Rest.id
		ip_protocol = "tcp"
		from_port = 443
		to_port = 443
		prefix_list_id = "pl-01234567"
	}
	resource "aws_vpc_security_group_ingress_rule" "ToRest" {
		security_group_id = aws_security_group.Rest.id
		ip_protocol = "tcp"
		from_port = 80
		to_port = 80
		referenced_security_group_id = aws_security_group.Lb.id
	}
	`)
}

// TestOutbound: which outbound rules a group has, and which it may have.
func TestOutbound(t *testing.T) {
	const (
		all  = `{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}`
		web  = `{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "192.0.2.0/24"}`
		some = `"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "192.0.2.0/24"`
	)
	for _, tc := range []struct {
		name   string
		egress string // of the group
		beside string // further resources
		want   string // rules; ? if they are possible
		warned bool
	}{
		{"nothing written", ``, ``, "0.0.0.0/0 ::/0", false},
		{"an empty list", `[]`, ``, "0.0.0.0/0? ::/0?", false},
		{"an empty list and a rule beside", `[]`, `"E": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Ref": "G"}, ` + some + `}}`, "192.0.2.0/24", false},
		{"a rule in the group", `[` + web + `]`, ``, "192.0.2.0/24", false},
		{"only a rule beside", ``, `"E": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Ref": "G"}, ` + some + `}}`, "192.0.2.0/24", false},
		{"a rule beside that may not exist", ``, `"E": {"Type": "AWS::EC2::SecurityGroupEgress", "Condition": "C", "Properties": {"GroupId": {"Ref": "G"}, ` + some + `}}`, "0.0.0.0/0? 192.0.2.0/24? ::/0?", false},
		{"a rule beside another group", ``, `"E": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": "sg-01234567", ` + some + `}}`, "0.0.0.0/0 ::/0", false},
		{"a rule of an unknown group", ``, `"E": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Unknown": "nobody knows"}, ` + some + `}}`, "0.0.0.0/0? ::/0? and more", false},
		{"open in the group and a rule beside", `[` + all + `]`, `"E": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Ref": "G"}, ` + some + `}}`, "0.0.0.0/0? 192.0.2.0/24", true},
		{"both in the group", `[` + all + `,` + web + `]`, ``, "0.0.0.0/0 192.0.2.0/24", false},
		{"both beside", ``, `"E": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Ref": "G"}, ` + some + `}},
			"F": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Fn::GetAtt": ["G", "GroupId"]}, "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}}`, "0.0.0.0/0? 192.0.2.0/24", true},
		{"open beside alone", ``, `"F": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"GroupId": {"Ref": "G"}, "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}}`, "0.0.0.0/0", false},
		{"a rule that may be absent", `[{"Maybe": ` + web + `}]`, ``, "0.0.0.0/0? 192.0.2.0/24? ::/0?", false},
		{"an unknown list", `{"Unknown": "nobody knows"}`, ``, "0.0.0.0/0? ::/0? and more", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := `"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g"`
			if tc.egress != "" {
				text += `, "SecurityGroupEgress": ` + tc.egress
			}
			text += `}}`
			if tc.beside != "" {
				text += `,` + tc.beside
			}
			s, diags := assemble.Snapshot(assemble.Options{}, template(t, text))
			g := s.SecurityGroup("G")
			rules := map[string]bool{}
			var got []string
			for _, r := range g.Egress {
				word := r.Peer.Block.Prefix.String()
				if r.Exists != fact.Yes {
					word += "?"
					if r.Why == "" {
						t.Errorf("%s has no reason", word)
					}
				}
				if !rules[word] {
					rules[word] = true
					got = append(got, word)
				}
			}
			text = strings.Join(sorted(got), " ")
			if g.EgressMore != "" {
				text += " and more"
			}
			if text != tc.want {
				t.Errorf("got  %s\nwant %s", text, tc.want)
			}
			warned := false
			for _, d := range diags {
				warned = warned || d.Summary == "outbound rules that depend on the order"
			}
			if warned != tc.warned {
				t.Errorf("diagnostics are %v", diags)
			}
		})
	}
}

// TestUnion: rules in a group and beside it are all in effect.
func TestUnion(t *testing.T) {
	s, diags := assemble.Snapshot(assemble.Options{}, template(t, `
	"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "192.0.2.0/24"}]}},
	"R": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupName": {"Ref": "G"}, "IpProtocol": "tcp", "FromPort": 2, "ToPort": 2, "CidrIp": "192.0.2.0/24"}}`))
	g := s.SecurityGroup("G")
	if len(g.Ingress) != 2 || g.Ingress[0].Exists != fact.Yes || g.Ingress[1].Exists != fact.Yes || len(diags) != 0 {
		t.Errorf("inbound rules are %+v, diagnostics %v", g.Ingress, diags)
	}
}

// TestRestrictedDefault: what a custom resource does to the default group of a
// VPC is not in the template.
func TestRestrictedDefault(t *testing.T) {
	s := snapshot(t, template(t, vpcTemplate+`,
	"Restrict": {"Type": "Custom::VpcRestrictDefaultSG", "Properties": {"ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:f", "DefaultSecurityGroupId": {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}}}`))
	g := s.SecurityGroup("Restrict")
	if g == nil || !g.Default || g.VPC != "Vpc" || len(g.Ingress) != 0 || g.IngressMore == "" || g.EgressMore == "" || g.Type != "Custom::VpcRestrictDefaultSG" {
		t.Errorf("the default group is %+v", g)
	}
}

// Nested stacks are of one account, which has one default VPC; templates that
// nothing joins may be of several.
func TestDefaultVPCOfNestedStacks(t *testing.T) {
	text := `"Back/Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "b"}},
		"Front/Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "f"}}`
	for _, nested := range []bool{true, false} {
		set := template(t, text)
		for i := range set.Resources {
			if r := &set.Resources[i]; nested {
				r.Nested = r.ID.Module()
			}
		}
		s := snapshot(t, set)
		back, front := s.SecurityGroup("Back/Sg"), s.SecurityGroup("Front/Sg")
		if back == nil || front == nil || back.VPC == "" || (back.VPC == front.VPC) != nested {
			t.Errorf("nested %v: the groups are %v and %v", nested, back, front)
		}
	}
}
