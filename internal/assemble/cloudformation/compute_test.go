package cloudformation_test

import (
	"testing"

	"github.com/muralla-net/muralla/internal/topo"
)

const sgTemplate = `,
	"Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "VpcId": {"Ref": "Vpc"}, "SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}]}},`

const sgConfiguration = `
	resource "aws_security_group" "Sg" {
		vpc_id = aws_vpc.Vpc.id
		egress {
			protocol = "tcp"
			from_port = 443
			to_port = 443
			cidr_blocks = ["0.0.0.0/0"]
		}
	}
`

func TestBalancers(t *testing.T) {
	s := twins(t, vpcTemplate+sgTemplate+`
	"Lb": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Subnets": [{"Ref": "A"}, {"Ref": "B"}], "SecurityGroups": [{"Ref": "Sg"}], "LoadBalancerAttributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "30"}]}},
	"Nlb": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Type": "network", "Scheme": "internal", "SubnetMappings": [{"SubnetId": {"Ref": "A"}, "PrivateIPv4Address": "10.0.1.9"}],
		"LoadBalancerAttributes": [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}], "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "off"}},
	"Plain": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Lb"}, "Port": "80", "Protocol": "HTTP", "DefaultActions": [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": 443, "StatusCode": "HTTP_301"}}]}},
	"Secure": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Lb"}, "Port": 443, "Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/a"}],
		"MutualAuthentication": {"Mode": "verify", "TrustStoreArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/a/1"},
		"DefaultActions": [{"Type": "forward", "Order": 2, "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": {"Ref": "Web"}, "Weight": 1}, {"TargetGroupArn": {"Ref": "Ip"}, "Weight": 0}]}}, {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {"Issuer": "https://example.com"}}]}},
	"Rule": {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {"ListenerArn": {"Ref": "Secure"}, "Priority": 10, "Actions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Ip"}}],
		"Conditions": [{"Field": "path-pattern", "Values": ["/a/*"]}, {"Field": "host-header", "HostHeaderConfig": {"Values": ["example.com"]}}, {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}},
			{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k", "Value": "v"}]}}, {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["1"]}}]}},
	"Further": {"Type": "AWS::ElasticLoadBalancingV2::ListenerCertificate", "Properties": {"ListenerArn": {"Ref": "Secure"}, "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/b"}]}},
	"Pass": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Nlb"}, "Port": 5432, "Protocol": "TCP", "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Tcp"}}]}},
	"Web": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Name": "web", "Port": 8080, "Protocol": "HTTP", "VpcId": {"Ref": "Vpc"}, "HealthCheckPath": "/ok", "Targets": [{"Id": {"Ref": "Host"}, "Port": 8081}, {"Id": "10.0.2.7"}]}},
	"Ip": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Port": 8443, "Protocol": "HTTPS", "TargetType": "ip", "VpcId": {"Ref": "Vpc"}, "HealthCheckPort": "9000", "HealthCheckProtocol": "HTTPS"}},
	"Tcp": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Port": 5432, "Protocol": "TCP", "TargetType": "ip", "VpcId": {"Ref": "Vpc"}, "HealthCheckIntervalSeconds": 10, "TargetGroupAttributes": [{"Key": "preserve_client_ip.enabled", "Value": "true"}]}},
	"Host": {"Type": "AWS::EC2::Instance", "Properties": {"SubnetId": {"Ref": "A"}, "SecurityGroupIds": [{"Fn::GetAtt": ["Sg", "GroupId"]}]}},
	"Old": {"Type": "AWS::ElasticLoadBalancing::LoadBalancer", "Properties": {"Scheme": "internal", "Subnets": [{"Ref": "A"}], "SecurityGroups": [{"Ref": "Sg"}], "Instances": [{"Ref": "Host"}], "HealthCheck": {"Target": "HTTP:8080/ping"},
		"Listeners": [{"LoadBalancerPort": "443", "Protocol": "HTTPS", "InstancePort": "8080", "InstanceProtocol": "HTTP", "SSLCertificateId": "arn:aws:acm:eu-west-1:111122223333:certificate/a", "PolicyNames": ["strong"]}],
		"Policies": [{"PolicyName": "strong", "PolicyType": "SSLNegotiationPolicyType", "Attributes": [{"Name": "Reference-Security-Policy", "Value": "ELBSecurityPolicy-TLS-1-2-2017-01"}]}]}}
	`, vpcConfiguration+sgConfiguration+`
	resource "aws_lb" "Lb" {
		subnets = [aws_subnet.A.id, aws_subnet.B.id]
		security_groups = [aws_security_group.Sg.id]
		idle_timeout = 30
	}
	resource "aws_lb" "Nlb" {
		load_balancer_type = "network"
		internal = true
		enable_cross_zone_load_balancing = true
		enforce_security_group_inbound_rules_on_private_link_traffic = "off"
		subnet_mapping {
			subnet_id = aws_subnet.A.id
			private_ipv4_address = "10.0.1.9"
		}
	}
	resource "aws_lb_listener" "Plain" {
		load_balancer_arn = aws_lb.Lb.arn
		port = 80
		protocol = "HTTP"
		default_action {
			type = "redirect"
			redirect {
				protocol = "HTTPS"
				port = "443"
				status_code = "HTTP_301"
			}
		}
	}
	resource "aws_lb_listener" "Secure" {
		load_balancer_arn = aws_lb.Lb.arn
		port = 443
		protocol = "HTTPS"
		ssl_policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
		certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/a"
		mutual_authentication {
			mode = "verify"
			trust_store_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/a/1"
		}
		default_action {
			type = "authenticate-oidc"
			authenticate_oidc { issuer = "https://example.com" }
		}
		default_action {
			type = "forward"
			forward {
				target_group {
					arn = aws_lb_target_group.Web.arn
					weight = 1
				}
				target_group {
					arn = aws_lb_target_group.Ip.arn
					weight = 0
				}
			}
		}
	}
	resource "aws_lb_listener_rule" "Rule" {
		listener_arn = aws_lb_listener.Secure.arn
		priority = 10
		action {
			type = "forward"
			target_group_arn = aws_lb_target_group.Ip.arn
		}
		condition {
			path_pattern { values = ["/a/*"] }
		}
		condition {
			host_header { values = ["example.com"] }
		}
		condition {
			source_ip { values = ["192.0.2.0/24"] }
		}
		condition {
			query_string {
				key = "k"
				value = "v"
			}
		}
		condition {
			http_header {
				http_header_name = "X-A"
				values = ["1"]
			}
		}
	}
	resource "aws_lb_listener_certificate" "Further" {
		listener_arn = aws_lb_listener.Secure.arn
		certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/b"
	}
	resource "aws_lb_listener" "Pass" {
		load_balancer_arn = aws_lb.Nlb.arn
		port = 5432
		protocol = "TCP"
		default_action {
			type = "forward"
			target_group_arn = aws_lb_target_group.Tcp.arn
		}
	}
	resource "aws_lb_target_group" "Web" {
		name = "web"
		port = 8080
		protocol = "HTTP"
		vpc_id = aws_vpc.Vpc.id
		health_check { path = "/ok" }
	}
	resource "aws_lb_target_group_attachment" "Web__Targets__0" {
		target_group_arn = aws_lb_target_group.Web.arn
		target_id = aws_instance.Host.id
		port = 8081
	}
	resource "aws_lb_target_group_attachment" "Web__Targets__1" {
		target_group_arn = aws_lb_target_group.Web.arn
		target_id = "10.0.2.7"
	}
	resource "aws_lb_target_group" "Ip" {
		port = 8443
		protocol = "HTTPS"
		target_type = "ip"
		vpc_id = aws_vpc.Vpc.id
		health_check {
			port = "9000"
			protocol = "HTTPS"
		}
	}
	resource "aws_lb_target_group" "Tcp" {
		port = 5432
		protocol = "TCP"
		target_type = "ip"
		vpc_id = aws_vpc.Vpc.id
		preserve_client_ip = true
		health_check {
			protocol = "TCP"
			interval = 10
		}
	}
	resource "aws_instance" "Host" {
		subnet_id = aws_subnet.A.id
		vpc_security_group_ids = [aws_security_group.Sg.id]
	}
	resource "aws_elb" "Old" {
		internal = true
		subnets = [aws_subnet.A.id]
		security_groups = [aws_security_group.Sg.id]
		instances = [aws_instance.Host.id]
		cross_zone_load_balancing = false
		health_check { target = "HTTP:8080/ping" }
		listener {
			lb_port = 443
			lb_protocol = "https"
			instance_port = 8080
			instance_protocol = "http"
			ssl_certificate_id = "arn:aws:acm:eu-west-1:111122223333:certificate/a"
		}
	}
	resource "aws_load_balancer_policy" "Old__Policies__0" {
		load_balancer_name = aws_elb.Old.name
		policy_name = "strong"
		policy_type_name = "SSLNegotiationPolicyType"
		policy_attribute {
			name = "Reference-Security-Policy"
			value = "ELBSecurityPolicy-TLS-1-2-2017-01"
		}
	}
	resource "aws_load_balancer_listener_policy" "Old__Listeners__0" {
		load_balancer_name = aws_elb.Old.name
		load_balancer_port = 443
		policy_names = ["strong"]
	}
	`)
	if len(s.LoadBalancers) != 3 || len(s.Listeners) != 4 || len(s.TargetGroups) != 4 || len(s.Listener("Secure").Rules) != 1 {
		t.Errorf("%d balancers, %d listeners, %d target groups", len(s.LoadBalancers), len(s.Listeners), len(s.TargetGroups))
	}
	if p, _ := s.Listener("Old.listener[0]").Policy.Get(); p != "ELBSecurityPolicy-TLS-1-2-2017-01" {
		t.Errorf("the policy of the classic listener is %q", p)
	}
}

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
