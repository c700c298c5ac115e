# The task has a public address. Does its subnet lead to the internet gateway? Variants: no-route, route.

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
    cidr_blocks = ["0.0.0.0/0"]
  }
}
module "orders" {
  source    = "../../service"
  name      = "orders"
  subnets   = [var.variant == "route" ? module.net.public[0] : module.net.private[0]]
  groups    = [aws_security_group.orders.id]
  public_ip = true
}
