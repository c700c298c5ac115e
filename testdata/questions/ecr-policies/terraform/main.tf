# Do ecr.api and ecr.dkr carry the same policy, and does it restrict? Variants: same, different, default.

variable "variant" { type = string }

locals {
  pulls = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Pull"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = "111122223333", "aws:ResourceAccount" = "111122223333" } }
    }]
  })
  # The same in another order and without a Sid.
  reordered = jsonencode({
    Statement = {
      Effect    = "Allow"
      Action    = ["ecr:GetDownloadUrlForLayer", "ecr:GetAuthorizationToken", "ecr:BatchGetImage"]
      Principal = { AWS = "*" }
      Condition = { StringEquals = { "aws:ResourceAccount" = ["111122223333"], "aws:PrincipalAccount" = "111122223333" } }
      Resource  = ["*"]
    }
    Version = "2012-10-17"
  })
  wider = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "ecr:*"
      Resource  = "*"
    }]
  })
}

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
  vpc_id              = module.net.vpc
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.eu-west-1.ecr.api"
  subnet_ids          = module.net.private
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  policy              = var.variant == "default" ? null : local.pulls
}
resource "aws_vpc_endpoint" "dkr" {
  vpc_id              = module.net.vpc
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.eu-west-1.ecr.dkr"
  subnet_ids          = module.net.private
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  policy              = var.variant == "default" ? null : var.variant == "same" ? local.reordered : local.wider
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = module.net.vpc
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.eu-west-1.s3"
  route_table_ids   = [module.net.private_table]
}
