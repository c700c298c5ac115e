# Can tasks reach the metadata of their host? Variants: blocked, absent, fargate.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_security_group" "hosts" {
  name   = "hosts"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = ["10.9.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = ["10.0.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
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
    %{if var.variant == "blocked"}
    echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config
    %{endif}
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
resource "aws_ecs_task_definition" "orders" {
  family                   = "orders"
  network_mode             = "awsvpc"
  requires_compatibilities = ["EC2", "FARGATE"]
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name  = "app"
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1"
  }])
}
resource "aws_ecs_service" "orders" {
  name            = "orders"
  cluster         = aws_ecs_cluster.shop.id
  task_definition = aws_ecs_task_definition.orders.arn
  launch_type     = var.variant == "fargate" ? "FARGATE" : "EC2"
  network_configuration {
    subnets         = module.net.private
    security_groups = [aws_security_group.orders.id]
  }
}
