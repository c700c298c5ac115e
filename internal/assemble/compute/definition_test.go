package compute_test

import (
	"strings"
	"testing"
)

func TestModes(t *testing.T) {
	for _, tc := range []struct{ args, want, says string }{
		{`network_mode = "host"`, "host written", ""},
		{``, "bridge", ""},
		{`network_mode = ""`, "bridge", ""},
		{`requires_compatibilities = ["FARGATE"]`, "awsvpc", "task definition without network mode"},
		{`requires_compatibilities = ["EC2", "FARGATE"]`, "?", ""},
		{`requires_compatibilities = ["MANAGED_INSTANCES"]`, "?", ""},
		{`requires_compatibilities = [var.unknown]`, "?", ""},
		{`network_mode = var.unknown`, "? written", ""},
		{`network_mode = "overlay"`, "? written", ""},
		{`runtime_platform { operating_system_family = "WINDOWS_SERVER_2022_CORE" }`, "nat", ""},
	} {
		s, diags := read(t, base+"resource \"aws_ecs_task_definition\" \"d\" {\nfamily = \"f\"\ncontainer_definitions = \"[]\"\n"+tc.args+"\n}")
		d := s.TaskDefinition("aws_ecs_task_definition.d")
		got := show(d.Mode)
		if d.ModeWritten {
			got += " written"
		}
		said := ""
		for _, d := range diags {
			said += d.Summary
		}
		if got != tc.want || said != tc.says {
			t.Errorf("%s: mode is %s (%s), want %s (%s)", tc.args, got, said, tc.want, tc.says)
		}
	}
}

func TestDefinition(t *testing.T) {
	s, _ := read(t, base+`
		resource "aws_efs_file_system" "f" {}
		resource "aws_iam_role" "r" {}
		resource "aws_ecs_task_definition" "d" {
			family = "app"
			container_definitions = var.unknown
			task_role_arn = aws_iam_role.r.arn
			pid_mode = "host"
			volume {
				name = "data"
				efs_volume_configuration {
					file_system_id = aws_efs_file_system.f.id
					transit_encryption = "ENABLED"
				}
			}
			volume {
				name = "far"
				efs_volume_configuration {
					file_system_id = "fs-1"
				}
			}
		}`)
	d := s.TaskDefinition("aws_ecs_task_definition.d")
	if d.ContainersMore == "" || d.TaskRole.Or("") != "aws_iam_role.r" || d.ExecutionRole.Or("x") != "" || !d.PIDModeHost.Or(false) {
		t.Errorf("definition is %+v", d)
	}
	v := d.Volumes
	if len(v) != 2 || v[0].FileSystem != "aws_efs_file_system.f" || !v[0].Encrypted.Or(false) || v[1].Encrypted.Or(true) {
		t.Fatalf("volumes are %+v", v)
	}
	for _, vol := range v {
		if st := s.Store(vol.FileSystem); st == nil || st.Engine.Or("") != "efs" {
			t.Errorf("%s is not a store", vol.FileSystem)
		}
	}
}

func TestCluster(t *testing.T) {
	s, _ := read(t, base+`
		resource "aws_ecs_cluster" "c" {
			name = "main"
			configuration {
				execute_command_configuration {
					logging = "OVERRIDE"
					kms_key_id = "k"
					log_configuration { cloud_watch_log_group_name = "g" }
				}
			}
		}
		resource "aws_ecs_cluster" "d" { name = "plain" }
		resource "aws_ecs_capacity_provider" "m" {
			name = "managed"
			cluster = "main"
			managed_instances_provider {
				instance_launch_template {
					ec2_instance_profile_arn = "arn:p"
					network_configuration {
						subnets = [aws_subnet.a.id]
						security_groups = [aws_security_group.g.id]
					}
				}
			}
		}
		resource "aws_ecs_express_gateway_service" "e" {}`)
	c, d := s.Cluster("aws_ecs_cluster.c"), s.Cluster("aws_ecs_cluster.d")
	if c.ExecLogging.Or("") != "OVERRIDE" || !c.ExecKey.Or(false) || !c.ExecLogGroup.Or(false) || d.ExecLogging.Or("") != "DEFAULT" || d.ExecKey.Or(true) || d.ExecLogGroup.Or(true) {
		t.Errorf("clusters are %+v and %+v", c, d)
	}
	if got, want := endpoint(s, "aws_ecs_capacity_provider.m"), "host in aws_subnet.a holds aws_security_group.g public false v6 false listens …"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	h := s.Host("aws_ecs_capacity_provider.m")
	if h == nil || !h.Managed || h.Cluster != "aws_ecs_cluster.c" || show(s.CapacityProvider("aws_ecs_capacity_provider.m").Launch) != "MANAGED_INSTANCES" {
		t.Errorf("host is %+v", h)
	}
	found := false
	for _, n := range s.NotModelled {
		found = found || strings.Contains(n.Type, "express_gateway")
	}
	if !found {
		t.Error("what is not modelled is not named")
	}
}
