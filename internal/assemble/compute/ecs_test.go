package compute_test

import (
	"fmt"
	"testing"

	"github.com/muralla-net/muralla/internal/topo"
)

// workload writes a workload in one line.
func workload(s *topo.Snapshot, id string) string {
	w := s.Workload(topoID(id))
	if w == nil {
		return "none"
	}
	out := fmt.Sprintf("kind %d in %s runs %s on %s as %s hosts %s", w.Kind, w.Cluster, w.Definition, show(w.Launch), show(w.Mode), links(w.Hosts))
	for _, b := range w.Bindings {
		out += fmt.Sprintf(" bound to %s%s %s:%s", b.TargetGroup, b.Classic, b.Container, show(b.Port))
		if b.TargetGroup == "" && b.Classic == "" && b.Why == "" {
			out += " without a reason"
		}
	}
	if w.BindingsMore != "" {
		out += " …"
	}
	if w.Endpoint == "" {
		return out
	}
	return out + "\n" + endpoint(s, string(w.Endpoint))
}

const (
	cluster = `
		resource "aws_ecs_cluster" "c" { name = "main" }
	`
	definition = `
		resource "aws_ecs_task_definition" "d" {
			family = "app"
			network_mode = "awsvpc"
			requires_compatibilities = ["FARGATE"]
			container_definitions = jsonencode([{ name = "app", image = "i", portMappings = [{ containerPort = 8080 }] }])
		}
	`
	bridge = `
		resource "aws_ecs_task_definition" "b" {
			family = "old"
			container_definitions = jsonencode([{ name = "app", image = "i", portMappings = [{ containerPort = 80 }, { containerPort = 81, hostPort = 8081 }] }])
		}
	`
	hosts = `
		resource "aws_launch_template" "t" {
			vpc_security_group_ids = [aws_security_group.g.id]
			user_data = base64encode("#!/bin/bash\necho ECS_CLUSTER=${aws_ecs_cluster.c.name} >> /etc/ecs/ecs.config\n")
		}
		resource "aws_autoscaling_group" "a" {
			name = "asg"
			vpc_zone_identifier = [aws_subnet.a.id]
			launch_template {
				id = aws_launch_template.t.id
				version = "$Latest"
			}
		}
	`
)

func service(args string) string {
	return "\nresource \"aws_ecs_service\" \"s\" {\nname = \"web\"\n" + args + "\n}\n"
}

const inSubnet = `
	network_configuration {
		subnets = [aws_subnet.a.id]
		security_groups = [aws_security_group.g.id]
	}`

func TestWorkloads(t *testing.T) {
	for _, tc := range []row{
		{"fargate", cluster + definition + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.d.arn
			launch_type = "FARGATE"
			network_configuration {
				subnets = [aws_subnet.pub.id]
				security_groups = [aws_security_group.g.id]
				assign_public_ip = true
			}`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.pub holds aws_security_group.g public true v6 true listens tcp/8080"},
		// A subnet that gives instances public addresses gives tasks none, and no written group is the default one.
		{"defaults", cluster + definition + service(`
			cluster = "main"
			task_definition = "app:3"
			capacity_provider_strategy { capacity_provider = "FARGATE_SPOT" }
			network_configuration {
				subnets = [aws_subnet.pub.id]
			}`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.pub holds aws_vpc.v.default_security_group_id public false v6 true listens tcp/8080"},
		{"strategy that may be absent", cluster + definition + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.d.arn
			dynamic "capacity_provider_strategy" {
				for_each = var.unknown == "y" ? ["FARGATE"] : []
				content {
					capacity_provider = capacity_provider_strategy.value
				}
			}`+inSubnet), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on ? as awsvpc hosts …\ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"default strategy of the cluster", cluster + definition + `
			resource "aws_ecs_cluster_capacity_providers" "p" {
				cluster_name = aws_ecs_cluster.c.name
				capacity_providers = ["FARGATE"]
				default_capacity_provider_strategy { capacity_provider = "FARGATE" }
			}` + service(`
			cluster = aws_ecs_cluster.c.arn
			task_definition = aws_ecs_task_definition.d.family`+inSubnet), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"awsvpc on EC2 has no public address", cluster + hosts + definition + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = "${aws_ecs_task_definition.d.family}:${aws_ecs_task_definition.d.revision}"
			network_configuration {
				subnets = [aws_subnet.a.id]
				security_groups = [aws_security_group.g.id]
				assign_public_ip = true
			}`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on EC2 as awsvpc hosts aws_autoscaling_group.a\ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"bridge is the default on EC2", cluster + hosts + bridge + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.b.arn`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.b on EC2 as bridge hosts aws_autoscaling_group.a"},
		{"capacity provider", cluster + hosts + bridge + `
			resource "aws_ecs_capacity_provider" "p" {
				name = "cp"
				auto_scaling_group_provider { auto_scaling_group_arn = aws_autoscaling_group.a.arn }
			}` + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.b.arn
			capacity_provider_strategy { capacity_provider = "cp" }`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.b on EC2 as bridge hosts aws_autoscaling_group.a"},
		{"no hosts in the design", cluster + bridge + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.b.arn`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.b on EC2 as bridge hosts …"},
		// A network configuration proves awsvpc; a cluster elsewhere may have any default strategy.
		{"unknown definition and cluster", service(`
			cluster = var.unknown
			task_definition = var.unknown` + inSubnet), "aws_ecs_service.s",
			"kind 0 in var.unknown runs var.unknown on ? as awsvpc hosts …\ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens …"},
		{"names by the same variables", `
			variable "cluster" {}
			resource "aws_ecs_cluster" "c" { name = var.cluster }
			resource "aws_ecs_task_definition" "d" {
				family = "${var.cluster}-app"
				network_mode = "awsvpc"
				container_definitions = "[]"
			}` + service(`
			launch_type = "FARGATE"
			cluster = var.cluster
			task_definition = "${var.cluster}-app:${var.unknown}"`+inSubnet), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens "},
		{"unknown definition without network", service(`
			launch_type = "EC2"
			task_definition = var.unknown`), "aws_ecs_service.s", "kind 0 in default runs var.unknown on EC2 as ? hosts …"},
		{"unknown launch type and address", definition + service(`
			launch_type = var.unknown
			task_definition = aws_ecs_task_definition.d.arn
			network_configuration {
				subnets = [aws_subnet.a.id]
				security_groups = [var.unknown]
				assign_public_ip = true
			}`), "aws_ecs_service.s",
			"kind 0 in default runs aws_ecs_task_definition.d on ? as awsvpc hosts …\ntask in aws_subnet.a holds var.unknown public ? v6 false listens tcp/8080"},
		{"bindings", cluster + definition + `
			resource "aws_lb_target_group" "t" { name = "t" }
			resource "aws_lb_target_group" "u" { name = "u" }` + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.d.arn
			launch_type = "FARGATE"`+inSubnet+`
			load_balancer {
				target_group_arn = aws_lb_target_group.t.arn
				container_name = "app"
				container_port = 8080
				advanced_configuration { alternate_target_group_arn = aws_lb_target_group.u.arn }
			}
			load_balancer {
				elb_name = "old"
				container_name = "app"
				container_port = 8081
			}
			service_connect_configuration {
				namespace = "ns"
				service {
					port_name = "http"
					ingress_port_override = 9090
				}
			}`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts " +
				" bound to aws_lb_target_group.t app:8080 bound to aws_lb_target_group.u app:8080 bound to old app:8081" +
				"\ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080 tcp/9090"},
		{"code deploy uses both groups", cluster + definition + `
			resource "aws_lb_target_group" "t" { name = "t" }
			resource "aws_lb_target_group" "u" { name = "u" }
			resource "aws_codedeploy_deployment_group" "g" {
				ecs_service {
					cluster_name = aws_ecs_cluster.c.name
					service_name = aws_ecs_service.s.name
				}
				load_balancer_info {
					target_group_pair_info {
						target_group { name = aws_lb_target_group.t.name }
						target_group { name = aws_lb_target_group.u.name }
					}
				}
			}` + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.d.arn
			launch_type = "FARGATE"`+inSubnet+`
			load_balancer {
				target_group_arn = aws_lb_target_group.t.arn
				container_name = "app"
				container_port = 8080
			}`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts " +
				" bound to aws_lb_target_group.t app:8080 bound to aws_lb_target_group.u app:8080" +
				"\ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"code deploy without its group", cluster + definition + `
			resource "aws_lb_target_group" "t" {
				count = var.unknown == "y" ? 1 : 0
				name = "t"
			}` + service(`
			cluster = aws_ecs_cluster.c.id
			task_definition = aws_ecs_task_definition.d.arn
			launch_type = "FARGATE"`+inSubnet+`
			deployment_controller { type = "CODE_DEPLOY" }
			load_balancer {
				target_group_arn = aws_lb_target_group.t[0].arn
				container_name = "app"
				container_port = 8080
			}`), "aws_ecs_service.s",
			"kind 0 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts " +
				" bound to aws_lb_target_group.t app:8080 …" +
				"\ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"task set", cluster + definition + service(`
			cluster = aws_ecs_cluster.c.id
			deployment_controller { type = "EXTERNAL" }`) + `
			resource "aws_ecs_task_set" "x" {
				service = aws_ecs_service.s.id
				cluster = aws_ecs_cluster.c.id
				task_definition = aws_ecs_task_definition.d.arn
				launch_type = "FARGATE"` + inSubnet + `
			}`, "aws_ecs_task_set.x",
			"kind 1 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"event target", cluster + definition + `
			resource "aws_cloudwatch_event_target" "x" {
				rule = "r"
				arn = aws_ecs_cluster.c.arn
				ecs_target {
					task_definition_arn = aws_ecs_task_definition.d.arn
					launch_type = "FARGATE"` + inSubnet + `
				}
			}`, "aws_cloudwatch_event_target.x",
			"kind 2 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"schedule", cluster + definition + `
			resource "aws_scheduler_schedule" "x" {
				target {
					arn = aws_ecs_cluster.c.arn
					ecs_parameters {
						task_definition_arn = aws_ecs_task_definition.d.arn_without_revision
						launch_type = "FARGATE"` + inSubnet + `
					}
				}
			}`, "aws_scheduler_schedule.x",
			"kind 2 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/8080"},
		{"pipe", cluster + definition + `
			resource "aws_pipes_pipe" "x" {
				target = aws_ecs_cluster.c.arn
				target_parameters {
					ecs_task_parameters {
						task_definition_arn = aws_ecs_task_definition.d.arn
						launch_type = "FARGATE"
						network_configuration {
							aws_vpc_configuration {
								subnets = [aws_subnet.a.id]
								security_groups = [aws_security_group.g.id]
								assign_public_ip = "ENABLED"
							}
						}
					}
				}
			}`, "aws_pipes_pipe.x",
			"kind 2 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.a holds aws_security_group.g public true v6 false listens tcp/8080"},
		{"state machine", cluster + definition + `
			resource "aws_sfn_state_machine" "x" {
				definition = jsonencode({ StartAt = "P", States = { P = { Type = "Parallel", Branches = [{ States = { Run = {
					Type = "Task"
					Resource = "arn:aws:states:::ecs:runTask.sync"
					Parameters = {
						Cluster = aws_ecs_cluster.c.arn
						TaskDefinition = aws_ecs_task_definition.d.arn
						LaunchType = "FARGATE"
						NetworkConfiguration = { AwsvpcConfiguration = {
							Subnets = [aws_subnet.a.id]
							"SecurityGroups.$" = "$.groups"
							AssignPublicIp = "DISABLED"
						} }
					}
				} } }] } } })
			}`, `aws_sfn_state_machine.x["Run"]`,
			"kind 2 in aws_ecs_cluster.c runs aws_ecs_task_definition.d on FARGATE as awsvpc hosts \ntask in aws_subnet.a holds … public false v6 false listens tcp/8080"},
		{"standalone", definition, "aws_ecs_task_definition.d", "kind 3 in  runs aws_ecs_task_definition.d on ? as awsvpc hosts …"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := read(t, base+tc.text)
			if got := workload(s, tc.id); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
