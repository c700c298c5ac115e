# Does only its load balancer reach the task? Variants: only, bastion, cidr.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
module "alb" {
  source  = "../../alb"
  vpc     = module.net.vpc
  subnets = module.net.public
}
resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = module.net.vpc
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_instance" "bastion" {
  ami                    = "ami-0abc"
  instance_type          = "t3.micro"
  subnet_id              = module.net.public[0]
  vpc_security_group_ids = [aws_security_group.bastion.id]
  tags                   = { Name = "bastion" }
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.net.vpc
}
resource "aws_vpc_security_group_ingress_rule" "alb" {
  security_group_id            = aws_security_group.orders.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = module.alb.group
}
resource "aws_vpc_security_group_ingress_rule" "bastion" {
  count                        = var.variant == "bastion" ? 1 : 0
  security_group_id            = aws_security_group.orders.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.bastion.id
}
resource "aws_vpc_security_group_ingress_rule" "cidr" {
  count             = var.variant == "cidr" ? 1 : 0
  security_group_id = aws_security_group.orders.id
  ip_protocol       = "tcp"
  from_port         = 8080
  to_port           = 8080
  cidr_ipv4         = "10.0.0.0/16"
}
module "orders" {
  source       = "../../service"
  name         = "orders"
  subnets      = module.net.private
  groups       = [aws_security_group.orders.id]
  target_group = module.alb.target_group
}
