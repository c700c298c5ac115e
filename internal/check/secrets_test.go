package check

import (
	"bytes"
	"html"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/markdown"
	"github.com/muralla-net/muralla/internal/render/sarif"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

// What a design marks as sensitive counts and is never printed; neither are
// values of the environment of containers, and of user data.
func TestSecretsAreNotPrinted(t *testing.T) {
	const design = `
variable "name" {
  default   = "hush-name"
  sensitive = true
}
variable "office" {
  default   = "9.8.7.6/32"
  sensitive = true
}
variable "broken" {
  default   = "hush-range"
  sensitive = true
}
variable "vpc" {
  default   = "vpc-hush"
  sensitive = true
}
resource "aws_security_group" "t" {
  name   = var.name
  vpc_id = var.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 80
    to_port     = 80
    cidr_blocks = [var.office, var.broken]
  }
}
resource "aws_subnet" "s" {
  vpc_id     = var.vpc
  cidr_block = "10.0.0.0/24"
}
resource "aws_ecs_task_definition" "t" {
  family                   = var.name
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions = jsonencode([{
    name         = "app", image = "a", portMappings = [{ containerPort = 80 }]
    environment = [{ name = "PASSWORD", value = "hush-environment" }, { name = "ECS_AWSVPC_BLOCK_IMDS", value = "hush-setting" }]
  }])
}
resource "aws_ecs_service" "s" {
  name            = var.name
  launch_type     = "FARGATE"
  task_definition = aws_ecs_task_definition.t.arn
  network_configuration {
    subnets          = [aws_subnet.s.id]
    security_groups  = [aws_security_group.t.id]
    assign_public_ip = true
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.t.arn
    container_name   = "app"
    container_port   = 80
  }
}
resource "aws_lb_target_group" "t" {
  name        = var.name
  vpc_id      = var.vpc
  target_type = "ip"
  protocol    = "HTTP"
}
resource "aws_lb" "l" {
  name            = var.name
  subnets         = [aws_subnet.s.id]
  security_groups = [aws_security_group.t.id]
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.l.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.t.arn
  }
}
resource "aws_db_instance" "d" {
  identifier             = var.name
  engine                 = "mysql"
  password               = "hush-password"
  vpc_security_group_ids = [aws_security_group.t.id]
}
resource "aws_instance" "i" {
  subnet_id              = aws_subnet.s.id
  vpc_security_group_ids = [aws_security_group.t.id]
  user_data              = "#!/bin/bash\necho ECS_CLUSTER=c >> /etc/ecs/ecs.config\necho ECS_ENGINE_AUTH_DATA=hush-auth >> /etc/ecs/ecs.config\n"
}
`
	set, diags := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(design)}}, hcl.Options{})
	out := everyFormat(t, set, diags, 15)
	if !strings.Contains(out, "a sensitive range") {
		t.Errorf("the design is hardly judged:\n%s", out)
	}
	refuse(t, out, "hush", "9.8.7.6")
}

// The same of parameters with NoEcho.
func TestSecretsOfTemplatesAreNotPrinted(t *testing.T) {
	const template = `
Parameters:
  Pw: { Type: String, NoEcho: true, Default: hush-default }
  Given: { Type: String, NoEcho: true }
  Cidr: { Type: String, NoEcho: true, Default: 10.77.0.0/16 }
Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16, Tags: [{ Key: Name, Value: !Ref Pw }] } }
  Subnet: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24 } }
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub "x ${Pw}"
      GroupName: !Sub "g-${Pw}"
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: !Ref Cidr }]
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions:
        - Name: !Sub "c-${Pw}"
          Image: !Sub "111122223333.dkr.ecr.eu-west-1.amazonaws.com/${Pw}:1"
          Environment:
            - { Name: CACHE, Value: !Sub "redis://user:${Given}@cache.internal:6379" }
            - { Name: URL, Value: !Sub "http://${Pw}.internal/" }
          LogConfiguration: { LogDriver: awslogs, Options: { awslogs-group: !Ref Pw, awslogs-region: eu-west-1 } }
          Secrets: [{ Name: A, ValueFrom: !Sub "arn:aws:secretsmanager:eu-west-1:111122223333:secret:${Pw}" }]
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: !Sub "s-${Given}"
      LaunchType: FARGATE
      TaskDefinition: !Ref Task
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [!Ref Subnet], SecurityGroups: [!GetAtt Group.GroupId] } }
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: com.amazonaws.eu-west-1.secretsmanager
      SubnetIds: [!Ref Subnet]
      SecurityGroupIds: [!GetAtt Group.GroupId]
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: "*", Action: "*", Resource: !Sub "arn:aws:secretsmanager:eu-west-1:111122223333:secret:${Pw}" }] }
  Log:
    Type: AWS::EC2::FlowLog
    Properties:
      ResourceType: VPC
      ResourceId: !Ref Vpc
      TrafficType: ALL
      LogGroupName: !Ref Pw
      DeliverLogsPermissionArn: !Sub "arn:aws:iam::111122223333:role/${Pw}"
`
	files := fstest.MapFS{"template.yaml": {Data: []byte(template)}}
	set, diags := cfn.Read(files, []string{"template.yaml"}, cfn.Options{Parameters: map[string]string{"Given": "hush-given"}})
	refuse(t, everyFormat(t, set, diags, 15), "hush", "10.77")
}

// everyFormat is a report in all formats, with all that they can show.
func everyFormat(t *testing.T, set resource.Set, diags diag.List, least int) string {
	t.Helper()
	s, more := assemble.Snapshot(assemble.Options{}, set)
	report := Run(s, intent.Intent{}, Options{})
	report.Diagnostics = append(diags, more...).Sorted()
	var out bytes.Buffer
	for _, err := range []error{
		text.Write(&out, report, text.Options{All: true, ExplainGaps: true}),
		text.WriteDiagnostics(&out, report.Diagnostics, text.Options{All: true}),
		json.Write(&out, report, json.Options{}),
		sarif.Write(&out, report, sarif.Options{All: true}),
		markdown.Write(&out, report, markdown.Options{All: true, Limit: 1 << 20}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(report.Findings) < least {
		t.Errorf("the design is hardly judged:\n%s", out.String())
	}
	return out.String()
}

func refuse(t *testing.T, out string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for line := range strings.Lines(html.UnescapeString(out)) {
			if strings.Contains(line, secret) {
				t.Errorf("printed: %s", line)
			}
		}
	}
}
