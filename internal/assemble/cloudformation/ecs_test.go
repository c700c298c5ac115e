package cloudformation_test

import (
	"testing"

	"github.com/muralla-net/muralla/internal/topo"
)

func TestECS(t *testing.T) {
	s := twins(t, vpcTemplate+sgTemplate+`
	"Tg": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Port": 80, "Protocol": "HTTP", "TargetType": "ip", "VpcId": {"Ref": "Vpc"}}},
	"Blue": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Name": "blue", "Port": 80, "Protocol": "HTTP", "TargetType": "ip", "VpcId": {"Ref": "Vpc"}}},
	"Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "main", "CapacityProviders": ["FARGATE"], "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
		"Configuration": {"ExecuteCommandConfiguration": {"Logging": "OVERRIDE", "KmsKeyId": "k", "LogConfiguration": {"CloudWatchLogGroupName": "exec"}}}, "ServiceConnectDefaults": {"Namespace": "ns"}}},
	"Def": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "web", "NetworkMode": "awsvpc", "RequiresCompatibilities": ["FARGATE"], "TaskRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "ExecutionRoleArn": "arn:aws:iam::111122223333:role/x",
		"RuntimePlatform": {"OperatingSystemFamily": "LINUX"}, "PidMode": "task", "ProxyConfiguration": {"Type": "APPMESH", "ContainerName": "envoy"},
		"Volumes": [{"Name": "data", "EFSVolumeConfiguration": {"FilesystemId": {"Ref": "Fs"}, "TransitEncryption": "ENABLED", "AuthorizationConfig": {"IAM": "ENABLED"}}}],
		"ContainerDefinitions": [{"Name": "app", "Image": {"Fn::Join": ["", [{"Ref": "AWS::AccountId"}, ".dkr.ecr.eu-west-1.amazonaws.com/web:1"]]}, "PortMappings": [{"ContainerPort": "8080", "Name": "http"}, {"ContainerPort": 53, "Protocol": "udp"}],
			"Environment": [{"Name": "MODE", "Value": "x"}], "Secrets": [{"Name": "S", "ValueFrom": {"Ref": "Secret"}}],
			"LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": {"Ref": "Logs"}}}, "LinuxParameters": {"Capabilities": {"Add": ["NET_ADMIN"]}}}]}},
	"Fs": {"Type": "AWS::EFS::FileSystem"},
	"Secret": {"Type": "AWS::SecretsManager::Secret"},
	"Logs": {"Type": "AWS::Logs::LogGroup"},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
	"Service": {"Type": "AWS::ECS::Service", "Properties": {"ServiceName": "web", "Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Def"}, "LaunchType": "FARGATE", "PlatformVersion": "1.4.0", "EnableExecuteCommand": true,
		"DeploymentController": {"Type": "CODE_DEPLOY"},
		"NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "A"}, {"Ref": "B"}], "SecurityGroups": [{"Ref": "Sg"}], "AssignPublicIp": "ENABLED"}},
		"LoadBalancers": [{"TargetGroupArn": {"Ref": "Tg"}, "ContainerName": "app", "ContainerPort": 8080}], "ServiceRegistries": [{"RegistryArn": "arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-1"}],
		"ServiceConnectConfiguration": {"Enabled": true, "Namespace": "ns", "Services": [{"PortName": "http", "IngressPortOverride": 9090, "Tls": {"IssuerCertificateAuthority": {"AwsPcaAuthorityArn": "a"}}}]}}},
	"Strategy": {"Type": "AWS::ECS::Service", "Properties": {"Cluster": {"Fn::GetAtt": ["Cluster", "Arn"]}, "TaskDefinition": {"Ref": "Def"}, "DesiredCount": 3,
		"NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "B"}], "AssignPublicIp": "DISABLED"}}}},
	"Set": {"Type": "AWS::ECS::TaskSet", "Properties": {"Cluster": {"Ref": "Cluster"}, "Service": {"Ref": "Service"}, "TaskDefinition": {"Ref": "Def"}, "LaunchType": "FARGATE",
		"NetworkConfiguration": {"AwsVpcConfiguration": {"Subnets": [{"Ref": "B"}], "SecurityGroups": [{"Ref": "Sg"}]}}, "LoadBalancers": [{"TargetGroupArn": {"Ref": "Tg"}, "ContainerName": "app", "ContainerPort": 8080}]}},
	"Deploy": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {"ApplicationName": "a", "ECSServices": [{"ClusterName": {"Ref": "Cluster"}, "ServiceName": {"Fn::GetAtt": ["Service", "Name"]}}],
		"LoadBalancerInfo": {"TargetGroupPairInfoList": [{"TargetGroups": [{"Name": {"Fn::GetAtt": ["Tg", "TargetGroupName"]}}, {"Name": "blue"}]}]}}},
	"Event": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 day)", "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": ["Cluster", "Arn"]}, "RoleArn": "r",
		"EcsParameters": {"TaskDefinitionArn": {"Ref": "Def"}, "LaunchType": "FARGATE", "NetworkConfiguration": {"AwsVpcConfiguration": {"Subnets": [{"Ref": "A"}], "SecurityGroups": [{"Ref": "Sg"}], "AssignPublicIp": "ENABLED"}}}}]}},
	"Sched": {"Type": "AWS::Scheduler::Schedule", "Properties": {"Target": {"Arn": {"Fn::GetAtt": ["Cluster", "Arn"]}, "EcsParameters": {"TaskDefinitionArn": {"Ref": "Def"}, "LaunchType": "FARGATE", "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "A"}]}}}}}},
	"Pipe": {"Type": "AWS::Pipes::Pipe", "Properties": {"Source": "q", "Target": {"Fn::GetAtt": ["Cluster", "Arn"]}, "TargetParameters": {"EcsTaskParameters": {"TaskDefinitionArn": {"Ref": "Def"}, "LaunchType": "FARGATE", "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "A"}], "SecurityGroups": [{"Ref": "Sg"}]}}}}}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "m", "DefinitionSubstitutions": {"Def": {"Ref": "Def"}}, "Definition": {"StartAt": "Run", "States": {"Run": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync",
		"Parameters": {"Cluster": {"Fn::GetAtt": ["Cluster", "Arn"]}, "TaskDefinition": "${Def}", "LaunchType": "FARGATE", "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "A"}], "SecurityGroups": [{"Ref": "Sg"}], "AssignPublicIp": "DISABLED"}}}}}}}}
	`, vpcConfiguration+sgConfiguration+`
	data "aws_caller_identity" "me" {}
	resource "aws_lb_target_group" "Tg" {
		port = 80
		protocol = "HTTP"
		target_type = "ip"
		vpc_id = aws_vpc.Vpc.id
	}
	resource "aws_lb_target_group" "Blue" {
		name = "blue"
		port = 80
		protocol = "HTTP"
		target_type = "ip"
		vpc_id = aws_vpc.Vpc.id
	}
	resource "aws_ecs_cluster" "Cluster" {
		name = "main"
		configuration {
			execute_command_configuration {
				logging = "OVERRIDE"
				kms_key_id = "k"
				log_configuration { cloud_watch_log_group_name = "exec" }
			}
		}
	}
	resource "aws_ecs_cluster_capacity_providers" "Cluster__Providers" {
		cluster_name = aws_ecs_cluster.Cluster.name
		capacity_providers = ["FARGATE"]
		default_capacity_provider_strategy { capacity_provider = "FARGATE" }
	}
	resource "aws_ecs_task_definition" "Def" {
		family = "web"
		network_mode = "awsvpc"
		requires_compatibilities = ["FARGATE"]
		task_role_arn = aws_iam_role.Role.arn
		execution_role_arn = "arn:aws:iam::111122223333:role/x"
		pid_mode = "task"
		proxy_configuration { container_name = "envoy" }
		runtime_platform { operating_system_family = "LINUX" }
		volume {
			name = "data"
			efs_volume_configuration {
				file_system_id = aws_efs_file_system.Fs.id
				transit_encryption = "ENABLED"
			}
		}
		container_definitions = jsonencode([{
			name = "app"
			image = "${var.AccountId}.dkr.ecr.eu-west-1.amazonaws.com/web:1"
			portMappings = [{ containerPort = 8080, name = "http" }, { containerPort = 53, protocol = "udp" }]
			environment = [{ name = "MODE", value = "x" }]
			secrets = [{ name = "S", valueFrom = aws_secretsmanager_secret.Secret.id }]
			logConfiguration = { logDriver = "awslogs", options = { "awslogs-group" = aws_cloudwatch_log_group.Logs.id } }
			linuxParameters = { capabilities = { add = ["NET_ADMIN"] } }
		}])
	}
	variable "AccountId" {}
	resource "aws_efs_file_system" "Fs" {}
	resource "aws_secretsmanager_secret" "Secret" {}
	resource "aws_cloudwatch_log_group" "Logs" {}
	resource "aws_iam_role" "Role" { assume_role_policy = "{}" }
	resource "aws_ecs_service" "Service" {
		name = "web"
		cluster = aws_ecs_cluster.Cluster.id
		task_definition = aws_ecs_task_definition.Def.arn
		launch_type = "FARGATE"
		platform_version = "1.4.0"
		enable_execute_command = true
		desired_count = 1
		deployment_controller { type = "CODE_DEPLOY" }
		network_configuration {
			subnets = [aws_subnet.A.id, aws_subnet.B.id]
			security_groups = [aws_security_group.Sg.id]
			assign_public_ip = true
		}
		load_balancer {
			target_group_arn = aws_lb_target_group.Tg.arn
			container_name = "app"
			container_port = 8080
		}
		service_registries { registry_arn = "arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-1" }
		service_connect_configuration {
			enabled = true
			namespace = "ns"
			service {
				port_name = "http"
				ingress_port_override = 9090
				tls {
					issuer_cert_authority { aws_pca_authority_arn = "a" }
				}
			}
		}
	}
	resource "aws_ecs_service" "Strategy" {
		cluster = aws_ecs_cluster.Cluster.arn
		task_definition = aws_ecs_task_definition.Def.arn
		desired_count = 3
		network_configuration {
			subnets = [aws_subnet.B.id]
			assign_public_ip = false
		}
	}
	resource "aws_ecs_task_set" "Set" {
		cluster = aws_ecs_cluster.Cluster.id
		service = aws_ecs_service.Service.id
		task_definition = aws_ecs_task_definition.Def.arn
		launch_type = "FARGATE"
		network_configuration {
			subnets = [aws_subnet.B.id]
			security_groups = [aws_security_group.Sg.id]
		}
		load_balancer {
			target_group_arn = aws_lb_target_group.Tg.arn
			container_name = "app"
			container_port = 8080
		}
	}
	resource "aws_codedeploy_deployment_group" "Deploy" {
		app_name = "a"
		ecs_service {
			cluster_name = aws_ecs_cluster.Cluster.name
			service_name = aws_ecs_service.Service.name
		}
		load_balancer_info {
			target_group_pair_info {
				target_group { name = aws_lb_target_group.Tg.name }
				target_group { name = "blue" }
			}
		}
	}
	resource "aws_cloudwatch_event_target" "Event__Targets__0" {
		target_id = "t"
		rule = "Event"
		arn = aws_ecs_cluster.Cluster.arn
		ecs_target {
			task_definition_arn = aws_ecs_task_definition.Def.arn
			launch_type = "FARGATE"
			network_configuration {
				subnets = [aws_subnet.A.id]
				security_groups = [aws_security_group.Sg.id]
				assign_public_ip = true
			}
		}
	}
	resource "aws_scheduler_schedule" "Sched" {
		target {
			arn = aws_ecs_cluster.Cluster.arn
			ecs_parameters {
				task_definition_arn = aws_ecs_task_definition.Def.arn
				launch_type = "FARGATE"
				network_configuration { subnets = [aws_subnet.A.id] }
			}
		}
	}
	resource "aws_pipes_pipe" "Pipe" {
		target = aws_ecs_cluster.Cluster.arn
		target_parameters {
			ecs_task_parameters {
				task_definition_arn = aws_ecs_task_definition.Def.arn
				launch_type = "FARGATE"
				network_configuration {
					aws_vpc_configuration {
						subnets = [aws_subnet.A.id]
						security_groups = [aws_security_group.Sg.id]
					}
				}
			}
		}
	}
	resource "aws_sfn_state_machine" "Machine" {
		name = "m"
		definition = jsonencode({ StartAt = "Run", States = { Run = { Type = "Task", Resource = "arn:aws:states:::ecs:runTask.sync", Parameters = {
			Cluster = aws_ecs_cluster.Cluster.arn, TaskDefinition = aws_ecs_task_definition.Def.arn, LaunchType = "FARGATE",
			NetworkConfiguration = { AwsvpcConfiguration = { Subnets = [aws_subnet.A.id], SecurityGroups = [aws_security_group.Sg.id], AssignPublicIp = "DISABLED" } } } } } })
	}
	`)
	kinds := map[topo.WorkloadKind]int{}
	for _, w := range s.Workloads {
		kinds[w.Kind]++
	}
	if kinds[topo.ServiceWorkload] != 2 || kinds[topo.TaskSetWorkload] != 1 || kinds[topo.ScheduledWorkload] != 4 || kinds[topo.StandaloneWorkload] != 0 {
		t.Errorf("workloads by kind are %v", kinds)
	}
}
