# A network ACL denies and allows the same. Which rule comes first? Variants: deny-first, allow-first.

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
  subnet_ids = module.net.private
}
resource "aws_network_acl_rule" "allow" {
  network_acl_id = aws_network_acl.private.id
  rule_number    = 200
  egress         = false
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/16"
  from_port      = 8080
  to_port        = 8080
}
resource "aws_network_acl_rule" "deny" {
  network_acl_id = aws_network_acl.private.id
  rule_number    = var.variant == "deny-first" ? 100 : 300
  egress         = false
  protocol       = "tcp"
  rule_action    = "deny"
  cidr_block     = "10.0.0.0/8"
  from_port      = 8000
  to_port        = 9000
}
resource "aws_network_acl_rule" "replies" {
  network_acl_id = aws_network_acl.private.id
  rule_number    = 100
  egress         = true
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
  from_port      = 1024
  to_port        = 65535
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
