# Is the leg from the load balancer to the task encrypted? Variants: http, https.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
module "alb" {
  source          = "../../alb"
  vpc             = module.net.vpc
  subnets         = module.net.public
  target_protocol = upper(var.variant)
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
