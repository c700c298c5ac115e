resource "aws_security_group" "edge" {
  name   = "edge"
  vpc_id = aws_vpc.shop.id
  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "tcp"
    from_port   = 32768
    to_port     = 65535
    cidr_blocks = ["10.30.0.0/16"]
  }
}

resource "aws_security_group" "hosts" {
  name   = "hosts"
  vpc_id = aws_vpc.shop.id
  ingress {
    description     = "dynamic ports"
    protocol        = "tcp"
    from_port       = 32768
    to_port         = 65535
    security_groups = [aws_security_group.edge.id]
  }
  ingress {
    protocol  = "tcp"
    from_port = 22
    to_port   = 22
    self      = true
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
  subnets            = aws_subnet.public[*].id
  security_groups    = [aws_security_group.edge.id]
}

resource "aws_lb_target_group" "web" {
  name     = "web"
  vpc_id   = aws_vpc.shop.id
  protocol = "TCP"
  port     = 80
}

resource "aws_lb_listener" "tls" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 443
  protocol          = "TLS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}

resource "aws_ecs_cluster" "shop" {
  name = "shop"
}

resource "aws_launch_template" "hosts" {
  name          = "hosts"
  image_id      = "ami-0123456789abcdef0"
  instance_type = "m7g.large"
  user_data = base64encode(<<-EOT
    #!/bin/bash
    echo ECS_CLUSTER=${aws_ecs_cluster.shop.name} >> /etc/ecs/ecs.config
    echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config
  EOT
  )
  vpc_security_group_ids = [aws_security_group.hosts.id]
  metadata_options {
    http_tokens                 = "optional"
    http_put_response_hop_limit = 2
  }
  iam_instance_profile {
    arn = "arn:aws:iam::111122223333:instance-profile/hosts"
  }
}

resource "aws_autoscaling_group" "hosts" {
  name                = "hosts"
  min_size            = 2
  max_size            = 4
  desired_capacity    = 2
  vpc_zone_identifier = aws_subnet.hosts[*].id
  launch_template {
    id      = aws_launch_template.hosts.id
    version = "$Latest"
  }
}

resource "aws_ecs_capacity_provider" "hosts" {
  name = "hosts"
  auto_scaling_group_provider {
    auto_scaling_group_arn = aws_autoscaling_group.hosts.arn
  }
}

resource "aws_ecs_cluster_capacity_providers" "shop" {
  cluster_name       = aws_ecs_cluster.shop.name
  capacity_providers = [aws_ecs_capacity_provider.hosts.name]
}

resource "aws_ecs_task_definition" "web" {
  family       = "web"
  network_mode = "bridge"
  container_definitions = jsonencode([{
    name         = "web"
    image        = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:3"
    memory       = 256
    portMappings = [{ containerPort = 8080 }]
    mountPoints  = [{ sourceVolume = "assets", containerPath = "/assets" }]
    environment  = [{ name = "CACHE", value = "cache.internal:6379" }]
  }])
  volume {
    name = "assets"
    efs_volume_configuration {
      file_system_id = aws_efs_file_system.assets.id
    }
  }
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = aws_ecs_cluster.shop.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 2
  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.hosts.name
    weight            = 1
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "web"
    container_port   = 8080
  }
}

# A worker on the same hosts with an interface of its own.
resource "aws_security_group" "worker" {
  name   = "worker"
  vpc_id = aws_vpc.shop.id
  egress {
    protocol        = "tcp"
    from_port       = 6379
    to_port         = 6379
    security_groups = [aws_security_group.cache.id]
  }
}

resource "aws_ecs_task_definition" "worker" {
  family       = "worker"
  network_mode = "awsvpc"
  container_definitions = jsonencode([{
    name   = "worker"
    image  = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/worker:3"
    memory = 256
  }])
}

resource "aws_ecs_service" "worker" {
  name            = "worker"
  cluster         = aws_ecs_cluster.shop.id
  task_definition = aws_ecs_task_definition.worker.arn
  launch_type     = "EC2"
  desired_count   = 1
  network_configuration {
    subnets         = aws_subnet.hosts[*].id
    security_groups = [aws_security_group.worker.id]
  }
}

resource "aws_security_group" "cache" {
  name   = "cache"
  vpc_id = aws_vpc.shop.id
}

resource "aws_vpc_security_group_ingress_rule" "cache" {
  for_each                     = { hosts = aws_security_group.hosts.id, worker = aws_security_group.worker.id }
  security_group_id            = aws_security_group.cache.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
  referenced_security_group_id = each.value
}

resource "aws_elasticache_subnet_group" "cache" {
  name       = "cache"
  subnet_ids = aws_subnet.data[*].id
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id       = "cache"
  description                = "sessions"
  engine                     = "redis"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  subnet_group_name          = aws_elasticache_subnet_group.cache.name
  security_group_ids         = [aws_security_group.cache.id]
  transit_encryption_enabled = false
}

resource "aws_security_group" "files" {
  name   = "files"
  vpc_id = aws_vpc.shop.id
  ingress {
    protocol    = "tcp"
    from_port   = 2049
    to_port     = 2049
    cidr_blocks = ["10.30.0.0/16"]
  }
}

resource "aws_efs_file_system" "assets" {
  creation_token = "assets"
}

resource "aws_efs_mount_target" "assets" {
  count           = 2
  file_system_id  = aws_efs_file_system.assets.id
  subnet_id       = aws_subnet.data[count.index].id
  security_groups = [aws_security_group.files.id]
}

variable "certificate_arn" {
  type = string
}
