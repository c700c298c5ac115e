# A public Application Load Balancer with a target group.

variable "vpc" { type = string }
variable "subnets" { type = list(string) }
variable "plain" { # what port 80 does: "nothing", "redirect" or "forward"
  type    = string
  default = "nothing"
}
variable "target_type" {
  type    = string
  default = "ip"
}
variable "target_protocol" {
  type    = string
  default = "HTTP"
}
variable "target_port" {
  type    = number
  default = 8080
}

resource "aws_security_group" "alb" {
  name   = "alb"
  vpc_id = var.vpc
  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }
  dynamic "ingress" {
    for_each = var.plain == "nothing" ? [] : [80]
    content {
      protocol    = "tcp"
      from_port   = 80
      to_port     = 80
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_lb" "shop" {
  name            = "shop"
  subnets         = var.subnets
  security_groups = [aws_security_group.alb.id]
}
resource "aws_lb_target_group" "app" {
  name        = "app"
  vpc_id      = var.vpc
  target_type = var.target_type
  protocol    = var.target_protocol
  port        = var.target_port
}
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = "arn:aws:acm:eu-west-1:111122223333:certificate/5c2f"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }
}
resource "aws_lb_listener" "http" {
  count             = var.plain == "nothing" ? 0 : 1
  load_balancer_arn = aws_lb.shop.arn
  port              = 80
  protocol          = "HTTP"
  dynamic "default_action" {
    for_each = var.plain == "forward" ? [1] : []
    content {
      type             = "forward"
      target_group_arn = aws_lb_target_group.app.arn
    }
  }
  dynamic "default_action" {
    for_each = var.plain == "redirect" ? [1] : []
    content {
      type = "redirect"
      redirect {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }
  }
}

output "group" { value = aws_security_group.alb.id }
output "target_group" { value = aws_lb_target_group.app.arn }
