resource "aws_security_group" "alb" {
  name   = "alb"
  vpc_id = aws_vpc.app.id
}

resource "aws_vpc_security_group_ingress_rule" "alb" {
  security_group_id = aws_security_group.alb.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.0.0.0/8"
}

resource "aws_vpc_security_group_egress_rule" "alb" {
  security_group_id            = aws_security_group.alb.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.api.id
}

resource "aws_lb" "api" {
  name            = "api"
  internal        = true
  subnets         = [aws_subnet.app_a.id, aws_subnet.app_b.id]
  security_groups = [aws_security_group.alb.id]
}

resource "aws_lb_target_group" "api" {
  name        = "api"
  vpc_id      = aws_vpc.app.id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 8080
  health_check {
    path = "/health"
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.api.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "api" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
  condition {
    path_pattern {
      values = ["/api/*"]
    }
  }
}

resource "aws_ecs_cluster" "app" {
  name = "app"
}

resource "aws_security_group" "api" {
  name   = "api"
  vpc_id = aws_vpc.app.id
  ingress {
    protocol        = "tcp"
    from_port       = 8080
    to_port         = 8080
    security_groups = [aws_security_group.alb.id]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_ecs_task_definition" "api" {
  family                   = "api"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name         = "api"
    image        = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api:3"
    portMappings = [{ containerPort = 8080 }]
    environment  = [{ name = "DB_URL", value = "mysql://db.data.internal:3306/api" }]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = "api", awslogs-region = "eu-west-1", awslogs-stream-prefix = "api" }
    }
  }])
}

resource "aws_ecs_service" "api" {
  name                   = "api"
  cluster                = aws_ecs_cluster.app.id
  task_definition        = aws_ecs_task_definition.api.arn
  launch_type            = "FARGATE"
  desired_count          = 2
  enable_execute_command = true
  network_configuration {
    subnets         = [aws_subnet.app_a.id, aws_subnet.app_b.id]
    security_groups = [aws_security_group.api.id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.api.arn
    container_name   = "api"
    container_port   = 8080
  }
  depends_on = [aws_lb_listener_rule.api]
}

# A report every night.
resource "aws_security_group" "report" {
  name   = "report"
  vpc_id = aws_vpc.app.id
  egress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "tcp"
    from_port   = 3306
    to_port     = 3306
    cidr_blocks = ["10.41.0.0/16"]
  }
}

resource "aws_ecs_task_definition" "report" {
  family                   = "report"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name  = "report"
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/report:1"
  }])
}

resource "aws_cloudwatch_event_rule" "report" {
  name                = "report"
  schedule_expression = "cron(0 3 * * ? *)"
}

resource "aws_cloudwatch_event_target" "report" {
  rule      = aws_cloudwatch_event_rule.report.name
  target_id = "report"
  arn       = aws_ecs_cluster.app.arn
  role_arn  = "arn:aws:iam::111122223333:role/events"
  ecs_target {
    task_definition_arn = aws_ecs_task_definition.report.arn
    launch_type         = "FARGATE"
    task_count          = 1
    network_configuration {
      subnets         = [aws_subnet.app_a.id, aws_subnet.app_b.id]
      security_groups = [aws_security_group.report.id]
    }
  }
}

resource "aws_db_subnet_group" "db" {
  name       = "db"
  subnet_ids = [for s in aws_subnet.data : s.id]
}

resource "aws_security_group" "db" {
  name   = "db"
  vpc_id = aws_vpc.data.id
  ingress {
    protocol        = "tcp"
    from_port       = 3306
    to_port         = 3306
    security_groups = [aws_security_group.api.id]
  }
  ingress {
    protocol    = "tcp"
    from_port   = 3306
    to_port     = 3306
    cidr_blocks = ["10.40.0.0/16"]
  }
}

resource "aws_db_instance" "db" {
  identifier             = "db"
  engine                 = "mysql"
  engine_version         = "8.0.36"
  instance_class         = "db.t4g.small"
  allocated_storage      = 20
  db_subnet_group_name   = aws_db_subnet_group.db.name
  vpc_security_group_ids = [aws_security_group.db.id]
  skip_final_snapshot    = true
}

variable "certificate_arn" {
  type = string
}
