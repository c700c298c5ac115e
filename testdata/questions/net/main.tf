# A VPC with an internet gateway, two public and two private subnets.

variable "name" {
  type    = string
  default = "main"
}
variable "cidr" {
  type    = string
  default = "10.0.0.0/16"
}
variable "nat" { # a way out of the private subnets
  type    = bool
  default = false
}

locals {
  zones = ["eu-west-1a", "eu-west-1b"]
}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}
resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}
resource "aws_subnet" "public" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(var.cidr, 4, count.index)
  availability_zone = local.zones[count.index]
}
resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(var.cidr, 4, 2 + count.index)
  availability_zone = local.zones[count.index]
}
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
}
resource "aws_route" "out" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}
resource "aws_route_table_association" "public" {
  count          = 2
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}
resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
}
resource "aws_route_table_association" "private" {
  count          = 2
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}
resource "aws_eip" "nat" {
  count  = var.nat ? 1 : 0
  domain = "vpc"
}
resource "aws_nat_gateway" "main" {
  count         = var.nat ? 1 : 0
  subnet_id     = aws_subnet.public[0].id
  allocation_id = aws_eip.nat[0].id
}
resource "aws_route" "nat" {
  count                  = var.nat ? 1 : 0
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main[0].id
}

output "vpc" { value = aws_vpc.main.id }
output "public" { value = aws_subnet.public[*].id }
output "private" { value = aws_subnet.private[*].id }
output "public_table" { value = aws_route_table.public.id }
output "private_table" { value = aws_route_table.private.id }
output "gateway" { value = aws_internet_gateway.main.id }
