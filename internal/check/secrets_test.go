package check

import (
	"bytes"
	"html"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/markdown"
	"github.com/muralla-net/muralla/internal/render/sarif"
	"github.com/muralla-net/muralla/internal/render/text"
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
	if len(report.Findings) < 15 || !strings.Contains(out.String(), "a sensitive range") {
		t.Errorf("the design is hardly judged:\n%s", out.String())
	}
	for _, secret := range []string{"hush", "9.8.7.6"} {
		for line := range strings.Lines(html.UnescapeString(out.String())) {
			if strings.Contains(line, secret) {
				t.Errorf("printed: %s", line)
			}
		}
	}
}
