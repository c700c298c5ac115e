# The subnets have no way out. Can the image be pulled? Variants: whole, no-s3, none.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_security_group" "endpoints" {
  name   = "endpoints"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["10.0.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "orders" {
  name   = "orders"
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
  subnets = module.net.private
  groups  = [aws_security_group.orders.id]
}
resource "aws_vpc_endpoint" "api" {
  count               = var.variant == "none" ? 0 : 1
  vpc_id              = module.net.vpc
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.eu-west-1.ecr.api"
  subnet_ids          = module.net.private
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
}
resource "aws_vpc_endpoint" "dkr" {
  count               = var.variant == "none" ? 0 : 1
  vpc_id              = module.net.vpc
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.eu-west-1.ecr.dkr"
  subnet_ids          = module.net.private
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
}
resource "aws_vpc_endpoint" "s3" {
  count             = var.variant == "whole" ? 1 : 0
  vpc_id            = module.net.vpc
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.eu-west-1.s3"
  route_table_ids   = [module.net.private_table]
}
