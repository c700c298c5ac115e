package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a no proposes is valid in the language of the design and in the way it
// writes its rules: put where it says, the design is read without a complaint,
// and the answer is a yes.
func TestSnippetsOpen(t *testing.T) {
	terraform := func(body string) string {
		return `resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_subnet" "b" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_instance" "bastion" {
  subnet_id              = aws_subnet.a.id
  vpc_security_group_ids = [aws_security_group.bastion.id]
}

resource "aws_instance" "web" {
  subnet_id              = aws_subnet.b.id
  vpc_security_group_ids = [aws_security_group.web.id]
}

resource "aws_security_group" "bastion" {
  vpc_id = aws_vpc.main.id

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
` + body
	}
	const openGroup = `
resource "aws_security_group" "web" {
  vpc_id = aws_vpc.main.id

  ingress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
`
	template := func(rules string) string {
		return `Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  A:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}
  BastionGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: bastion, VpcId: !Ref Vpc}
  Bastion:
    Type: AWS::EC2::Instance
    Properties: {SubnetId: !Ref A, SecurityGroupIds: [!GetAtt BastionGroup.GroupId]}
  Web:
    Type: AWS::EC2::Instance
    Properties: {SubnetId: !Ref A, SecurityGroupIds: [!GetAtt WebGroup.GroupId]}
` + rules
	}
	for _, tc := range []struct {
		name, file, design, ask string
		want                    string // the snippets
		after                   string // the line after which they belong; empty: at the end
		indent                  string
	}{
		{"a group with blocks", "main.tf", terraform(`
resource "aws_security_group" "web" {
  vpc_id = aws_vpc.main.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.9.0.0/16"]
  }
}
`), "instance/bastion -> instance/web tcp/22", `ingress {
  from_port       = 22
  to_port         = 22
  protocol        = "tcp"
  security_groups = [aws_security_group.bastion.id]
}`, `resource "aws_security_group" "web" {`, "  "},
		{"a group with rules beside it", "main.tf", terraform(`
resource "aws_security_group" "web" {
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group_rule" "https" {
  type              = "ingress"
  security_group_id = aws_security_group.web.id
  from_port         = 443
  to_port           = 443
  protocol          = "tcp"
  cidr_blocks       = ["10.9.0.0/16"]
}
`), "instance/bastion -> instance/web tcp/22", `resource "aws_security_group_rule" "web_from_bastion_tcp_22" {
  type                     = "ingress"
  security_group_id        = aws_security_group.web.id
  from_port                = 22
  to_port                  = 22
  protocol                 = "tcp"
  source_security_group_id = aws_security_group.bastion.id
}`, "", ""},
		{"a group with blocks out and rules in beside it", "main.tf", terraform(`
resource "aws_security_group" "web" {
  vpc_id = aws_vpc.main.id
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.web.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.9.0.0/16"
}
`), "instance/bastion -> instance/web tcp/22, icmp/8", `resource "aws_vpc_security_group_ingress_rule" "web_from_bastion_icmp_8" {
  security_group_id            = aws_security_group.web.id
  ip_protocol                  = "icmp"
  from_port                    = 8
  to_port                      = -1
  referenced_security_group_id = aws_security_group.bastion.id
}
resource "aws_vpc_security_group_ingress_rule" "web_from_bastion_tcp_22" {
  security_group_id            = aws_security_group.web.id
  ip_protocol                  = "tcp"
  from_port                    = 22
  to_port                      = 22
  referenced_security_group_id = aws_security_group.bastion.id
}`, "", ""},
		{"a network ACL with blocks", "main.tf", terraform(openGroup + `
resource "aws_network_acl" "b" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.b.id]
  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "0.0.0.0/0"
  }
  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }
}
`), "instance/bastion -> instance/web tcp/22", `ingress {
  rule_no    = 200
  action     = "allow"
  protocol   = "tcp"
  from_port  = 22
  to_port    = 22
  cidr_block = aws_subnet.a.cidr_block
}`, `resource "aws_network_acl" "b" {`, "  "},
		{"a network ACL with entries beside it", "main.tf", terraform(openGroup + `
resource "aws_network_acl" "b" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.b.id]
}

resource "aws_network_acl_rule" "out" {
  network_acl_id = aws_network_acl.b.id
  rule_number    = 100
  egress         = true
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = "0.0.0.0/0"
}
`), "instance/bastion -> instance/web tcp/22", `resource "aws_network_acl_rule" "b_ingress_100" {
  network_acl_id = aws_network_acl.b.id
  rule_number    = 100
  egress         = false
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 22
  to_port        = 22
  cidr_block     = aws_subnet.a.cidr_block
}`, "", ""},
		{"a template with rules in the group", "template.yaml", template(`  WebGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref Vpc
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.9.0.0/16}
`), "instance/Bastion -> instance/Web tcp/22", `# in the list SecurityGroupIngress of WebGroup
- IpProtocol: tcp
  FromPort: 22
  ToPort: 22
  SourceSecurityGroupId: !GetAtt BastionGroup.GroupId`, "      SecurityGroupIngress:", "        "},
		{"a template with rules beside the group", "template.yaml", template(`  WebGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: web, VpcId: !Ref Vpc}
`), "instance/Bastion -> instance/Web tcp/22", `WebGroupFromBastionGroupTcp22:
  Type: AWS::EC2::SecurityGroupIngress
  Properties:
    GroupId: !GetAtt WebGroup.GroupId
    IpProtocol: tcp
    FromPort: 22
    ToPort: 22
    SourceSecurityGroupId: !GetAtt BastionGroup.GroupId`, "", "  "},
		{"a template in JSON", "template.json", `{
  "Resources": {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "A": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
    "G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "VpcId": {"Ref": "Vpc"}}},
    "H": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "h", "VpcId": {"Ref": "Vpc"}}},
    "Bastion": {"Type": "AWS::EC2::Instance", "Properties": {"SubnetId": {"Ref": "A"}, "SecurityGroupIds": [{"Fn::GetAtt": ["G", "GroupId"]}]}},
    "Web": {"Type": "AWS::EC2::Instance", "Properties": {"SubnetId": {"Ref": "A"}, "SecurityGroupIds": [{"Fn::GetAtt": ["H", "GroupId"]}]}}
  }
}
`, "instance/Bastion -> instance/Web tcp/22", `"HFromGTcp22": {
  "Type": "AWS::EC2::SecurityGroupIngress",
  "Properties": {
    "GroupId": {"Fn::GetAtt": ["H", "GroupId"]},
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "SourceSecurityGroupId": {"Fn::GetAtt": ["G", "GroupId"]}
  }
}`, `  "Resources": {`, "    "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tc.file)
			answer := func(design string) (status int, snippets string) {
				t.Helper()
				if err := os.WriteFile(path, []byte(design), 0o600); err != nil {
					t.Fatal(err)
				}
				status, out, stderr := quiet([]string{"ask", "-o", "json", tc.ask, filepath.Dir(path)}, engines)
				if stderr != "" {
					t.Fatalf("%s\n%s", stderr, design)
				}
				var reply struct {
					Results []struct {
						Remedy *struct{ Edits []struct{ Snippet []string } }
					}
				}
				if err := json.Unmarshal([]byte(out), &reply); err != nil {
					t.Fatal(err)
				}
				var lines []string
				for _, r := range reply.Results {
					if r.Remedy != nil {
						for _, e := range r.Remedy.Edits {
							lines = append(lines, e.Snippet...)
						}
					}
				}
				return status, strings.Join(lines, "\n")
			}
			status, got := answer(tc.design)
			if status != int(exitFound) || got != tc.want {
				t.Fatalf("exit status %d, and\n%s\nwant\n%s", status, got, tc.want)
			}
			text := tc.indent + strings.ReplaceAll(got, "\n", "\n"+tc.indent)
			if strings.HasSuffix(tc.file, ".json") {
				text += ","
			}
			design := tc.design + text + "\n"
			if tc.after != "" {
				design = strings.Replace(tc.design, tc.after+"\n", tc.after+"\n"+text+"\n", 1)
			}
			if status, more := answer(design); status != int(exitClean) {
				t.Errorf("with the snippet: exit status %d, and\n%s\nof\n%s", status, more, design)
			}
		})
	}
}
