package compute_test

import (
	"fmt"
	"testing"

	"github.com/muralla-net/muralla/internal/topo"
)

func TestHostEndpoints(t *testing.T) {
	endpoints(t, []row{
		{"instance", `resource "aws_instance" "i" {
			subnet_id = aws_subnet.a.id
			vpc_security_group_ids = [aws_security_group.g.id]
			associate_public_ip_address = true
			source_dest_check = false
		}`, "aws_instance.i", "host in aws_subnet.a holds aws_security_group.g public true v6 false listens … forwards yes"},
		{"by the subnet, default group", `resource "aws_instance" "i" { subnet_id = aws_subnet.pub.id }`, "aws_instance.i",
			"host in aws_subnet.pub holds aws_vpc.v.default_security_group_id public true v6 false listens …"},
		{"default VPC", `resource "aws_instance" "i" {}`, "aws_instance.i", "host in … holds default-vpc.default_security_group_id public ? v6 ? listens …"},
		{"template of a group", `resource "aws_launch_template" "t" {
			network_interfaces {
				security_groups = [aws_security_group.g.id]
				associate_public_ip_address = true
			}
		}
		resource "aws_autoscaling_group" "a" {
			vpc_zone_identifier = [aws_subnet.a.id, aws_subnet.pub.id]
			launch_template { id = aws_launch_template.t.id }
		}`, "aws_autoscaling_group.a", "host in aws_subnet.a,aws_subnet.pub holds aws_security_group.g public true v6 false listens …"},
		{"launch configuration, subnets differ", `resource "aws_launch_configuration" "t" { security_groups = [aws_security_group.g.id] }
		resource "aws_autoscaling_group" "a" {
			vpc_zone_identifier = [aws_subnet.a.id, aws_subnet.pub.id]
			launch_configuration = aws_launch_configuration.t.name
		}`, "aws_autoscaling_group.a", "host in aws_subnet.a,aws_subnet.pub holds aws_security_group.g public ? v6 false listens …"},
		{"template elsewhere", `resource "aws_autoscaling_group" "a" {
			vpc_zone_identifier = [aws_subnet.a.id]
			launch_template { name = "far" }
		}`, "aws_autoscaling_group.a", "host in aws_subnet.a holds … public ? v6 ? listens … forwards unknown"},
		{"templates that differ", `resource "aws_launch_template" "t" { vpc_security_group_ids = [aws_security_group.g.id] }
		resource "aws_launch_template" "u" { vpc_security_group_ids = [aws_security_group.g.id, "sg-1"] }
		resource "aws_autoscaling_group" "a" {
			vpc_zone_identifier = [aws_subnet.a.id]
			mixed_instances_policy {
				launch_template {
					launch_template_specification { launch_template_id = aws_launch_template.t.id }
					override {
						launch_template_specification { launch_template_id = aws_launch_template.u.id }
					}
				}
			}
		}`, "aws_autoscaling_group.a", "host in aws_subnet.a holds aws_security_group.g,sg-1? public false v6 false listens …"},
		{"template that nothing launches", `resource "aws_launch_template" "t" { vpc_security_group_ids = [aws_security_group.g.id] }`, "aws_launch_template.t",
			"interface in … holds aws_security_group.g public ? v6 ? listens … exists unknown"},
		{"interface of its own", `resource "aws_network_interface" "n" {
			subnet_id = aws_subnet.a.id
			security_groups = [aws_security_group.g.id]
		}
		resource "aws_instance" "i" {
			network_interface {
				network_interface_id = aws_network_interface.n.id
				device_index = 0
			}
		}`, "aws_instance.i", "host in aws_subnet.a holds aws_security_group.g public false v6 false listens …"},
		{"address of its interface, which forwards", `resource "aws_network_interface" "n" {
			subnet_id = aws_subnet.a.id
			security_groups = [aws_security_group.g.id]
			source_dest_check = false
		}
		resource "aws_eip" "e" { network_interface = aws_network_interface.n.id }
		resource "aws_instance" "i" {
			network_interface {
				network_interface_id = aws_network_interface.n.id
				device_index = 0
			}
		}`, "aws_instance.i", "host in aws_subnet.a holds aws_security_group.g public true v6 false listens … forwards yes"},
		{"no address by the subnet for an interface that was there", `resource "aws_network_interface" "n" {
			subnet_id = aws_subnet.pub.id
			security_groups = [aws_security_group.g.id]
		}
		resource "aws_instance" "i" {
			network_interface { network_interface_id = aws_network_interface.n.id }
		}`, "aws_instance.i", "host in aws_subnet.pub holds aws_security_group.g public false v6 false listens …"},
		{"spot fleet", `resource "aws_spot_fleet_request" "f" {
			launch_specification {
				subnet_id = aws_subnet.a.id
				vpc_security_group_ids = [aws_security_group.g.id]
			}
		}`, "aws_spot_fleet_request.f", "host in aws_subnet.a holds aws_security_group.g public false v6 false listens …"},
	})
}

// An interface with which an instance starts is the instance, and not a second
// thing with the same rules.
func TestInterfaceOfHostIsTheHost(t *testing.T) {
	s, _ := read(t, base+`resource "aws_network_interface" "n" { subnet_id = aws_subnet.a.id }
	resource "aws_instance" "i" {
		network_interface { network_interface_id = aws_network_interface.n.id }
	}`)
	if got := endpoint(s, "aws_network_interface.n"); got != "none" {
		t.Errorf("the interface is a thing beside its instance: %s", got)
	}
}

func TestHostListensForItsTasks(t *testing.T) {
	in := cluster + hosts + bridge + service(`
		cluster = aws_ecs_cluster.c.id
		task_definition = aws_ecs_task_definition.b.arn`)
	s, _ := read(t, base+in)
	want := "host in aws_subnet.a holds aws_security_group.g public false v6 false listens tcp/32768-65535? tcp/8081 …"
	if got := endpoint(s, "aws_autoscaling_group.a"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// With a second host neither surely runs the task.
	s, _ = read(t, base+in+`resource "aws_instance" "i" {
		subnet_id = aws_subnet.a.id
		user_data = <<-EOT
			#!/bin/bash
			echo "ECS_CLUSTER=main" >> /etc/ecs/ecs.config
			echo "ECS_DYNAMIC_HOST_PORT_RANGE=40000-40100" >> /etc/ecs/ecs.config
		EOT
	}`)
	want = "host in aws_subnet.a holds aws_vpc.v.default_security_group_id public false v6 false listens tcp/40000-40100? tcp/8081? …"
	if got := endpoint(s, "aws_instance.i"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func host(s *topo.Snapshot, id string) string {
	h := s.Host(topoID(id))
	if h == nil {
		return "none"
	}
	m := h.Metadata
	why := ""
	if h.ClusterWhy != "" {
		why = "?"
	}
	return fmt.Sprintf("cluster %s%s metadata %s tokens %s hops %s v6 %s profile %s data %s bottlerocket %s", h.Cluster, why, show(m.Endpoint), show(m.Tokens), show(m.HopLimit), show(m.IPv6), show(h.InstanceProfile), h.UserData.Dialect, h.Bottlerocket)
}

func TestHosts(t *testing.T) {
	for _, tc := range []row{
		{"nothing written", `resource "aws_instance" "i" {}`, "aws_instance.i",
			"cluster  metadata true tokens ? hops ? v6 false profile  data none bottlerocket unknown"},
		{"metadata", `resource "aws_instance" "i" {
			iam_instance_profile = "p"
			metadata_options {
				http_endpoint = "disabled"
				http_tokens = "required"
				http_put_response_hop_limit = 1
				http_protocol_ipv6 = "enabled"
			}
		}`, "aws_instance.i", "cluster  metadata false tokens true hops 1 v6 true profile p data none bottlerocket unknown"},
		{"defaults of the account", `resource "aws_instance" "i" {}
		resource "aws_ec2_instance_metadata_defaults" "d" {
			http_tokens = "required"
			http_put_response_hop_limit = 2
		}`, "aws_instance.i", "cluster  metadata true tokens true hops 2 v6 false profile  data none bottlerocket unknown"},
		{"cluster by reference", cluster + hosts, "aws_autoscaling_group.a",
			"cluster aws_ecs_cluster.c metadata true tokens ? hops ? v6 false profile  data shell script bottlerocket no"},
		{"cluster by equal unknown names", `
		resource "aws_ecs_cluster" "c" { name = "${var.unknown}-main" }
		resource "aws_instance" "i" { user_data = "#!/bin/sh\necho ECS_CLUSTER=${var.unknown}-main >> /etc/ecs/ecs.config\n" }`, "aws_instance.i",
			"cluster aws_ecs_cluster.c metadata true tokens ? hops ? v6 false profile  data shell script bottlerocket no"},
		{"cluster of another unknown name", `
		resource "aws_ecs_cluster" "c" { name = "${var.unknown}-main" }
		resource "aws_instance" "i" { user_data = "#!/bin/sh\necho ECS_CLUSTER=${var.unknown}-main2 >> /etc/ecs/ecs.config\n" }`, "aws_instance.i",
			"cluster ? metadata true tokens ? hops ? v6 false profile  data shell script bottlerocket no"},
		{"bottlerocket", cluster + `
		resource "aws_instance" "i" { user_data = "[settings.ecs]\ncluster = \"main\"\n" }`, "aws_instance.i",
			"cluster aws_ecs_cluster.c metadata true tokens ? hops ? v6 false profile  data Bottlerocket TOML bottlerocket yes"},
		{"cluster by the capacity provider", cluster + `
		resource "aws_autoscaling_group" "a" {
			launch_template { name = "far" }
		}
		resource "aws_ecs_capacity_provider" "p" {
			name = "cp"
			auto_scaling_group_provider { auto_scaling_group_arn = aws_autoscaling_group.a.arn }
		}
		resource "aws_ecs_cluster_capacity_providers" "p" {
			cluster_name = aws_ecs_cluster.c.name
			capacity_providers = [aws_ecs_capacity_provider.p.name]
		}`, "aws_autoscaling_group.a", "cluster aws_ecs_cluster.c metadata ? tokens ? hops ? v6 ? profile ? data unrecognised bottlerocket unknown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := read(t, base+tc.text)
			if got := host(s, tc.id); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
