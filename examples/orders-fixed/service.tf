# The orders service on Fargate.

resource "aws_ecs_cluster" "shop" {
  name = "shop"
}

resource "aws_ecs_task_definition" "orders" {
  family                   = "orders"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::111122223333:role/orders-execution"
  container_definitions = jsonencode([{
    name         = "app"
    image        = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:7"
    portMappings = [{ containerPort = 8443 }, { containerPort = 8444 }]
    secrets      = [{ name = "DB_PASSWORD", valueFrom = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-db" }]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = "orders", awslogs-region = "eu-west-1", awslogs-stream-prefix = "app" }
    }
  }])
}

resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "orders_from_alb" {
  for_each                     = toset(["8443", "8444"])
  security_group_id            = aws_security_group.orders.id
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.key)
  to_port                      = tonumber(each.key)
  referenced_security_group_id = aws_security_group.alb.id
}

resource "aws_vpc_security_group_egress_rule" "orders_to_endpoints" {
  security_group_id            = aws_security_group.orders.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.endpoints.id
}

resource "aws_vpc_security_group_egress_rule" "orders_to_s3" {
  security_group_id = aws_security_group.orders.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "orders_to_db" {
  security_group_id            = aws_security_group.orders.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.db.id
}

resource "aws_ecs_service" "orders" {
  name            = "orders"
  cluster         = aws_ecs_cluster.shop.id
  task_definition = aws_ecs_task_definition.orders.arn
  launch_type     = "FARGATE"
  desired_count   = 2
  network_configuration {
    subnets         = aws_subnet.private[*].id
    security_groups = [aws_security_group.orders.id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.orders.arn
    container_name   = "app"
    container_port   = 8443
  }
}
