# The task admits the load balancer's group. Does an instance hold it too? Variants: alone, shared.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
module "alb" {
  source  = "../../alb"
  vpc     = module.net.vpc
  subnets = module.net.public
}
resource "aws_instance" "tool" {
  count                  = var.variant == "shared" ? 1 : 0
  ami                    = "ami-0abc"
  instance_type          = "t3.micro"
  subnet_id              = module.net.private[0]
  vpc_security_group_ids = [module.alb.group]
  tags                   = { Name = "tool" }
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
