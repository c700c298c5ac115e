# Two peering connections meet in the middle. Do they carry traffic through it? Variants: through, direct.

variable "variant" { type = string }

module "left" {
  source = "../../net"
  name   = "left"
  cidr   = "10.0.0.0/16"
}
module "middle" {
  source = "../../net"
  name   = "middle"
  cidr   = "10.1.0.0/16"
}
module "right" {
  source = "../../net"
  name   = "right"
  cidr   = "10.2.0.0/16"
}
resource "aws_vpc_peering_connection" "first" {
  vpc_id      = module.left.vpc
  peer_vpc_id = module.middle.vpc
  auto_accept = true
}
resource "aws_vpc_peering_connection" "second" {
  vpc_id      = module.middle.vpc
  peer_vpc_id = module.right.vpc
  auto_accept = true
}
resource "aws_vpc_peering_connection" "direct" {
  vpc_id      = module.left.vpc
  peer_vpc_id = module.right.vpc
  count       = var.variant == "direct" ? 1 : 0
  auto_accept = true
}
resource "aws_route" "there" {
  route_table_id            = module.left.private_table
  destination_cidr_block    = "10.2.0.0/16"
  vpc_peering_connection_id = var.variant == "direct" ? aws_vpc_peering_connection.direct[0].id : aws_vpc_peering_connection.first.id
}
resource "aws_route" "on" {
  route_table_id            = module.middle.private_table
  destination_cidr_block    = "10.2.0.0/16"
  vpc_peering_connection_id = aws_vpc_peering_connection.second.id
}
resource "aws_route" "back" {
  route_table_id            = module.right.private_table
  destination_cidr_block    = "10.0.0.0/16"
  vpc_peering_connection_id = var.variant == "direct" ? aws_vpc_peering_connection.direct[0].id : aws_vpc_peering_connection.second.id
}
resource "aws_security_group" "client" {
  name   = "client"
  vpc_id = module.left.vpc
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
  subnet_id              = module.left.private[0]
  vpc_security_group_ids = [aws_security_group.client.id]
  tags                   = { Name = "client" }
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.right.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = ["10.0.0.0/8"]
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
  subnets = module.right.private
  groups  = [aws_security_group.orders.id]
}
