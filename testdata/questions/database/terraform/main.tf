# Who reaches the database? Variants: own, shared, cidr.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_security_group" "tasks" {
  name   = "tasks"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = ["192.168.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "reports" {
  name   = "reports"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = ["192.168.0.0/16"]
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
  groups  = [aws_security_group.tasks.id]
}
module "reports" {
  source  = "../../service"
  name    = "reports"
  cluster = "reports"
  subnets = module.net.private
  groups  = [var.variant == "shared" ? aws_security_group.tasks.id : aws_security_group.reports.id]
}
resource "aws_security_group" "db" {
  name   = "db"
  vpc_id = module.net.vpc
  ingress {
    protocol        = "tcp"
    from_port       = 5432
    to_port         = 5432
    security_groups = [aws_security_group.tasks.id]
    cidr_blocks     = var.variant == "cidr" ? ["10.0.0.0/16"] : []
  }
}
resource "aws_db_subnet_group" "orders" {
  name       = "orders"
  subnet_ids = module.net.private
}
resource "aws_db_instance" "orders" {
  identifier             = "orders"
  engine                 = "postgres"
  engine_version         = "16.3"
  instance_class         = "db.t4g.small"
  db_subnet_group_name   = aws_db_subnet_group.orders.name
  vpc_security_group_ids = [aws_security_group.db.id]
}
