# A Fargate service that listens on one port, behind a target group if one is given.

variable "name" { type = string }
variable "cluster" {
  type    = string
  default = "shop"
}
variable "image" {
  type    = string
  default = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1"
}
variable "port" {
  type    = number
  default = 8080
}
variable "subnets" { type = list(string) }
variable "groups" { # null: none is written
  type    = list(string)
  default = null
}
variable "public_ip" {
  type    = bool
  default = false
}
variable "target_group" {
  type    = string
  default = null
}

resource "aws_ecs_cluster" "this" {
  name = var.cluster
}
resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name         = "app"
    image        = var.image
    portMappings = [{ containerPort = var.port }]
  }])
}
resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this.arn
  launch_type     = "FARGATE"
  desired_count   = 2
  network_configuration {
    subnets          = var.subnets
    security_groups  = var.groups
    assign_public_ip = var.public_ip
  }
  dynamic "load_balancer" {
    for_each = var.target_group == null ? [] : [var.target_group]
    content {
      target_group_arn = load_balancer.value
      container_name   = "app"
      container_port   = var.port
    }
  }
}
