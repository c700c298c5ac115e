# Which group guards the task, and can its metadata be kept from it? Variants: host, bridge, awsvpc.

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
    cidr_blocks = ["10.0.0.0/16"]
  }
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.net.vpc
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
    echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config
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
  network_mode             = var.variant
  requires_compatibilities = ["EC2"]
  container_definitions = jsonencode([{
    name         = "app"
    image        = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1"
    memory       = 256
    portMappings = [{ containerPort = 8080, hostPort = 8080 }]
  }])
}
resource "aws_ecs_service" "orders" {
  name            = "orders"
  cluster         = aws_ecs_cluster.shop.id
  task_definition = aws_ecs_task_definition.orders.arn
  launch_type     = "EC2"
  desired_count   = 2
  dynamic "network_configuration" {
    for_each = var.variant == "awsvpc" ? [1] : []
    content {
      subnets         = module.net.private
      security_groups = [aws_security_group.orders.id]
    }
  }
}
