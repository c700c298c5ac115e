# Two clusters are to be isolated. Are they? Variants: apart, one-vpc, shared-group.

variable "variant" { type = string }

module "main" {
  source = "../../net"
  name   = "main"
  cidr   = "10.0.0.0/16"
}
module "second" {
  source = "../../net"
  name   = "second"
  cidr   = "10.1.0.0/16"
}
resource "aws_security_group" "tasks" {
  name   = "tasks"
  vpc_id = module.main.vpc
  ingress {
    protocol  = "tcp"
    from_port = 8080
    to_port   = 8080
    self      = true
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "billing" {
  name   = "billing"
  vpc_id = var.variant == "apart" ? module.second.vpc : module.main.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = ["192.168.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
module "orders" {
  source  = "../../service"
  name    = "orders"
  cluster = "orders"
  subnets = module.main.private
  groups  = [aws_security_group.tasks.id]
}
module "billing" {
  source  = "../../service"
  name    = "billing"
  cluster = "billing"
  subnets = var.variant == "apart" ? module.second.private : module.main.private
  groups  = [var.variant == "shared-group" ? aws_security_group.tasks.id : aws_security_group.billing.id]
}
