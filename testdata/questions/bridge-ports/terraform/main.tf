# Tasks in bridge mode get ports of the host. Whom does its group admit there? Variants: alb, vpc, narrow.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
module "alb" {
  source      = "../../alb"
  vpc         = module.net.vpc
  subnets     = module.net.public
  target_type = "instance"
}
resource "aws_security_group" "hosts" {
  name   = "hosts"
  vpc_id = module.net.vpc
}
resource "aws_vpc_security_group_ingress_rule" "alb" {
  security_group_id            = aws_security_group.hosts.id
  ip_protocol                  = "tcp"
  from_port                    = var.variant == "narrow" ? 8080 : 32768
  to_port                      = var.variant == "narrow" ? 8080 : 65535
  referenced_security_group_id = module.alb.group
}
resource "aws_vpc_security_group_ingress_rule" "vpc" {
  count             = var.variant == "vpc" ? 1 : 0
  security_group_id = aws_security_group.hosts.id
  ip_protocol       = "tcp"
  from_port         = 32768
  to_port           = 65535
  cidr_ipv4         = "10.0.0.0/16"
}
resource "aws_ecs_cluster" "shop" {
  name = "shop"
}
resource "aws_launch_template" "hosts" {
  name                   = "hosts"
  image_id               = "ami-0abc"
  instance_type          = "m5.large"
  vpc_security_group_ids = [aws_security_group.hosts.id]
  user_data = base64encode(<<-EOF
    #!/bin/bash
    echo ECS_CLUSTER=shop >> /etc/ecs/ecs.config
  EOF
  )
}
resource "aws_autoscaling_group" "hosts" {
  name                = "hosts"
  min_size            = 2
  max_size            = 2
  vpc_zone_identifier = module.net.private
  launch_template {
    id      = aws_launch_template.hosts.id
    version = aws_launch_template.hosts.latest_version
  }
}
resource "aws_instance" "tool" {
  ami                    = "ami-0abc"
  instance_type          = "t3.micro"
  subnet_id              = module.net.private[0]
  vpc_security_group_ids = [aws_security_group.tool.id]
  tags                   = { Name = "tool" }
}
resource "aws_security_group" "tool" {
  name   = "tool"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["10.0.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_ecs_task_definition" "orders" {
  family                   = "orders"
  network_mode             = "bridge"
  requires_compatibilities = ["EC2"]
  container_definitions = jsonencode([{
    name         = "app"
    image        = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1"
    memory       = 256
    portMappings = [{ containerPort = 8080, hostPort = 0 }]
  }])
}
resource "aws_ecs_service" "orders" {
  name            = "orders"
  cluster         = aws_ecs_cluster.shop.id
  task_definition = aws_ecs_task_definition.orders.arn
  launch_type     = "EC2"
  desired_count   = 2
  load_balancer {
    target_group_arn = module.alb.target_group
    container_name   = "app"
    container_port   = 8080
  }
}
