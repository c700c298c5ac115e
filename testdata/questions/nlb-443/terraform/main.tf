# Who ends TLS behind a Network Load Balancer on 443? Variants: tcp, tls, tls-tls.

variable "variant" { type = string }

module "net" {
  source = "../../net"
}
resource "aws_lb" "edge" {
  name               = "edge"
  load_balancer_type = "network"
  subnets            = module.net.public
}
resource "aws_lb_target_group" "app" {
  name               = "app"
  vpc_id             = module.net.vpc
  target_type        = "ip"
  protocol           = var.variant == "tls-tls" ? "TLS" : "TCP"
  port               = 8080
  preserve_client_ip = "false"
}
resource "aws_lb_listener" "edge" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 443
  protocol          = var.variant == "tcp" ? "TCP" : "TLS"
  ssl_policy        = var.variant == "tcp" ? null : "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.variant == "tcp" ? null : "arn:aws:acm:eu-west-1:111122223333:certificate/5c2f"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
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
  source       = "../../service"
  name         = "orders"
  subnets      = module.net.private
  groups       = [aws_security_group.orders.id]
  target_group = aws_lb_target_group.app.arn
}
