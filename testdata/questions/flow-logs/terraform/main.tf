# Do flow logs cover the tasks? Variants: vpc, one-subnet, none.

variable "variant" { type = string }

module "net" {
  source = "../../net"
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
module "orders" {
  source  = "../../service"
  name    = "orders"
  cluster = "orders"
  subnets = module.net.private
  groups  = [aws_security_group.orders.id]
}
resource "aws_flow_log" "main" {
  count                = var.variant == "none" ? 0 : 1
  vpc_id               = var.variant == "vpc" ? module.net.vpc : null
  subnet_id            = var.variant == "one-subnet" ? module.net.private[0] : null
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::flow-logs-of-the-shop"
}
