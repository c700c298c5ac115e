# Which group does a service have that names none? Variants: none, own.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_default_security_group" "default" {
  vpc_id = module.net.vpc
  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
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
    cidr_blocks = ["10.0.48.0/20"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_instance" "tool" {
  ami                    = "ami-0abc"
  instance_type          = "t3.micro"
  subnet_id              = module.net.private[0]
  vpc_security_group_ids = null
  tags                   = { Name = "tool" }
}
module "orders" {
  source  = "../../service"
  name    = "orders"
  subnets = module.net.private
  groups  = var.variant == "own" ? [aws_security_group.orders.id] : null
}
