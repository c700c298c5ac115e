# Two routes of half the internet each lead to the gateway. Is the task on the internet? Variants: split, half, none.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_route" "low" {
  count                  = var.variant == "none" ? 0 : 1
  route_table_id         = module.net.private_table
  destination_cidr_block = "0.0.0.0/1"
  gateway_id             = module.net.gateway
}
resource "aws_route" "high" {
  count                  = var.variant == "split" ? 1 : 0
  route_table_id         = module.net.private_table
  destination_cidr_block = "128.0.0.0/1"
  gateway_id             = module.net.gateway
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
module "orders" {
  source    = "../../service"
  name      = "orders"
  subnets   = module.net.private
  groups    = [aws_security_group.orders.id]
  public_ip = true
}
