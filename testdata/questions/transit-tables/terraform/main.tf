# Two VPCs hang on one transit gateway. Do its tables lead from one to the other? Variants: both, one-way, none.

variable "variant" { type = string }

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
resource "aws_ec2_transit_gateway" "hub" {
  default_route_table_association = "disable"
  default_route_table_propagation = "disable"
}
resource "aws_ec2_transit_gateway_vpc_attachment" "near" {
  transit_gateway_id = aws_ec2_transit_gateway.hub.id
  vpc_id             = module.near.vpc
  subnet_ids         = module.near.private
}
resource "aws_ec2_transit_gateway_route_table_association" "near" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.near.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.near.id
}
resource "aws_ec2_transit_gateway_route_table" "near" {
  transit_gateway_id = aws_ec2_transit_gateway.hub.id
}
resource "aws_ec2_transit_gateway_route_table_propagation" "near" {
  count                          = var.variant == "none" ? 0 : 1
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.far.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.near.id
}
resource "aws_ec2_transit_gateway_vpc_attachment" "far" {
  transit_gateway_id = aws_ec2_transit_gateway.hub.id
  vpc_id             = module.far.vpc
  subnet_ids         = module.far.private
}
resource "aws_ec2_transit_gateway_route_table_association" "far" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.far.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.far.id
}
resource "aws_ec2_transit_gateway_route_table" "far" {
  transit_gateway_id = aws_ec2_transit_gateway.hub.id
}
resource "aws_ec2_transit_gateway_route_table_propagation" "far" {
  count                          = var.variant == "both" ? 1 : 0
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.near.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.far.id
}
resource "aws_route" "there" {
  route_table_id         = module.near.private_table
  destination_cidr_block = "10.1.0.0/16"
  transit_gateway_id     = aws_ec2_transit_gateway.hub.id
}
resource "aws_route" "back" {
  route_table_id         = module.far.private_table
  destination_cidr_block = "10.0.0.0/16"
  transit_gateway_id     = aws_ec2_transit_gateway.hub.id
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
  subnets = module.far.private
  groups  = [aws_security_group.orders.id]
}
