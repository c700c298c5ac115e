# A rule names a group on the other side of a peering connection. Does it act? Variants: same-region, other-region.

variable "variant" { type = string }

provider "aws" {
  region = "eu-west-1"
}

module "near" {
  source = "../../net"
  name   = "near"
  cidr   = "10.0.0.0/16"
}
module "far" {
  source = "../../net"
  name   = "far"
  cidr   = "10.1.0.0/16"
}
resource "aws_vpc_peering_connection" "both" {
  vpc_id      = module.near.vpc
  peer_vpc_id = module.far.vpc
  auto_accept = var.variant == "same-region"
  peer_region = var.variant == "same-region" ? null : "us-east-1"
}
resource "aws_route" "there" {
  route_table_id            = module.near.private_table
  destination_cidr_block    = "10.1.0.0/16"
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
}
resource "aws_route" "back" {
  route_table_id            = module.far.private_table
  destination_cidr_block    = "10.0.0.0/16"
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
}
resource "aws_vpc_peering_connection_accepter" "both" {
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
  auto_accept               = true
}
resource "aws_security_group" "client" {
  name   = "client"
  vpc_id = module.near.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["10.0.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_instance" "client" {
  ami                    = "ami-0abc"
  instance_type          = "t3.micro"
  subnet_id              = module.near.private[0]
  vpc_security_group_ids = [aws_security_group.client.id]
  tags                   = { Name = "client" }
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.far.vpc
  ingress {
    protocol        = "tcp"
    from_port       = 8080
    to_port         = 8080
    security_groups = [aws_security_group.client.id]
  }
}
module "orders" {
  source  = "../../service"
  name    = "orders"
  cluster = "orders"
  subnets = module.far.private
  groups  = [aws_security_group.orders.id]
}
