# The load balancer has a group of its own. Does the task admit it? Variants: referenced, other.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_security_group" "edge" {
  name   = "edge"
  vpc_id = module.net.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "other" {
  name   = "other"
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
resource "aws_lb" "edge" {
  name               = "edge"
  load_balancer_type = "network"
  subnets            = module.net.public
  security_groups    = [aws_security_group.edge.id]
}
resource "aws_lb_target_group" "app" {
  name        = "app"
  vpc_id      = module.net.vpc
  target_type = "ip"
  protocol    = "TCP"
  port        = 8080
}
resource "aws_lb_listener" "edge" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 443
  protocol          = "TCP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }
}
resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.net.vpc
  ingress {
    protocol        = "tcp"
    from_port       = 8080
    to_port         = 8080
    security_groups = [var.variant == "referenced" ? aws_security_group.edge.id : aws_security_group.other.id]
  }
}
module "orders" {
  source       = "../../service"
  name         = "orders"
  subnets      = module.net.private
  groups       = [aws_security_group.orders.id]
  target_group = aws_lb_target_group.app.arn
}
