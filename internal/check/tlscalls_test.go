package check

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// An address without a scheme is called by what the load balancer speaks.
func TestAddressWithoutScheme(t *testing.T) {
	const design = `-- main.tf --
resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_subnet" "s" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.0.0/24"
}
resource "aws_security_group" "g" {
  vpc_id = aws_vpc.v.id
  ingress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["10.0.0.0/16"]
  }
}
resource "aws_lb" "pay" {
  internal        = true
  subnets         = [aws_subnet.s.id]
  security_groups = [aws_security_group.g.id]
}
resource "aws_lb_target_group" "pay" {
  vpc_id      = aws_vpc.v.id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 80
}
resource "aws_lb_listener" "pay" {
  load_balancer_arn = aws_lb.pay.arn
  port              = 80
  protocol          = "PROTOCOL"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.pay.arn
  }
}
resource "aws_ecs_task_definition" "orders" {
  family                   = "orders"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions    = jsonencode([{ name = "app", image = "a", environment = [{ name = "PAY", value = "${aws_lb.pay.dns_name}/v1" }] }])
}
resource "aws_ecs_task_definition" "pay" {
  family                   = "pay"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions    = jsonencode([{ name = "app", image = "a", portMappings = [{ containerPort = 80 }] }])
}
resource "aws_ecs_service" "orders" {
  name            = "orders"
  task_definition = aws_ecs_task_definition.orders.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets = [aws_subnet.s.id]
  }
}
resource "aws_ecs_service" "pay" {
  name            = "pay"
  task_definition = aws_ecs_task_definition.pay.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = [aws_subnet.s.id]
    security_groups = [aws_security_group.g.id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.pay.arn
    container_name   = "app"
    container_port   = 80
  }
}
-- want --
`
	for protocol, want := range map[string]string{
		"HTTP":  `violates tls-internal aws_ecs_service.orders "over the only protocol of its listeners, HTTP (PAY)"`,
		"HTTPS": `follows tls-internal aws_ecs_service.orders`,
	} {
		text := strings.Replace(design, `"PROTOCOL"`, `"`+protocol+`"`, 1) + want + "\n"
		d := readDesign(t, txtar.Parse([]byte(text)))
		report, wants := d.run(t), d.wants
		found := false
		for _, f := range report.Findings {
			if f.Recommendation == "tls-internal" && string(f.Resource) == "aws_ecs_service.orders" {
				found = true
				if f.Verdict != wants[0].verdict || len(wants[0].words) > 0 && !strings.Contains(describe(f), wants[0].words[0]) {
					t.Errorf("%s: %s", protocol, describe(f))
				}
			}
		}
		if !found {
			t.Errorf("%s: nothing is said of orders", protocol)
		}
	}
}
