# How much of the ephemeral range does the network ACL let back? Variants: whole, half, none, one-subnet.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
module "alb" {
  source  = "../../alb"
  vpc     = module.net.vpc
  subnets = module.net.public
}
resource "aws_network_acl" "private" {
  vpc_id     = module.net.vpc
  subnet_ids = var.variant == "one-subnet" ? [module.net.private[1]] : module.net.private
}
resource "aws_network_acl_rule" "in" {
  network_acl_id = aws_network_acl.private.id
  rule_number    = 100
  egress         = false
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/16"
  from_port      = 8080
  to_port        = 8080
}
resource "aws_network_acl_rule" "replies" {
  count          = contains(["none", "one-subnet"], var.variant) ? 0 : 1
  network_acl_id = aws_network_acl.private.id
  rule_number    = 100
  egress         = true
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/16"
  from_port      = 1024
  to_port        = var.variant == "whole" ? 65535 : 32767
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.net.vpc
  ingress {
    protocol        = "tcp"
    from_port       = 8080
    to_port         = 8080
    security_groups = [module.alb.group]
  }
}
module "orders" {
  source       = "../../service"
  name         = "orders"
  subnets      = module.net.private
  groups       = [aws_security_group.orders.id]
  target_group = module.alb.target_group
}
