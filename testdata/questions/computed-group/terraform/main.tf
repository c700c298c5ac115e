# The id of the task's group comes from a parameter store. What is known then? Variants: written, computed.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
module "alb" {
  source  = "../../alb"
  vpc     = module.net.vpc
  subnets = module.net.public
}
data "aws_ssm_parameter" "group" {
  name = "/shop/orders-group"
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
  groups       = [var.variant == "written" ? aws_security_group.orders.id : data.aws_ssm_parameter.group.value]
  target_group = module.alb.target_group
}
