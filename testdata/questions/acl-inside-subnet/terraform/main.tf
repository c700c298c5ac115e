# The network ACL admits nothing. Does it stand between two tasks of one subnet? Variants: same, other.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_network_acl" "private" {
  vpc_id     = module.net.vpc
  subnet_ids = module.net.private
}
resource "aws_security_group" "tasks" {
  name   = "tasks"
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
  subnets = [module.net.private[0]]
  groups  = [aws_security_group.tasks.id]
}
module "billing" {
  source  = "../../service"
  name    = "billing"
  cluster = "billing"
  subnets = [module.net.private[var.variant == "same" ? 0 : 1]]
  groups  = [aws_security_group.tasks.id]
}
