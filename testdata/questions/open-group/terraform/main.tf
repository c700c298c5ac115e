# The group is open to the world. Is there a way to the task? Variants: no-route, route.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
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
  subnets   = var.variant == "route" ? module.net.public : module.net.private
  groups    = [aws_security_group.orders.id]
  public_ip = var.variant == "route"
}
