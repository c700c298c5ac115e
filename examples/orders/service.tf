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
    portMappings = [{ containerPort = 8080 }, { containerPort = 8081 }]
    # Mistake: this is a setting of the agent on EC2; on Fargate nobody reads it.
    environment = [{ name = "ECS_AWSVPC_BLOCK_IMDS", value = "true" }]
    secrets     = [{ name = "DB_PASSWORD", valueFrom = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-db" }]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = "orders", awslogs-region = "eu-west-1", awslogs-stream-prefix = "app" }
    }
  }])
}

resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = aws_vpc.main.id
  ingress {
    protocol  = "tcp"
    from_port = 8080
    to_port   = 8080
    # Mistake: whoever gets onto the bastion gets to the service.
    security_groups = [aws_security_group.alb.id, aws_security_group.bastion.id]
  }
  # Mistake: health checks go to 8081, which no rule admits.
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
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
    container_port   = 8080
  }
}

# The bastion. Mistake: open to the world.
resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = aws_vpc.main.id
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "bastion" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.public[0].id
  vpc_security_group_ids      = [aws_security_group.bastion.id]
  associate_public_ip_address = true
}
