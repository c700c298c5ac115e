package cloudformation_test

import (
	"strings"
	"testing"
)

// TestHosts: instances, templates and groups, with user data.
func TestHosts(t *testing.T) {
	s := twins(t, vpcTemplate+sgTemplate+`
	"Cluster": {"Type": "AWS::ECS::Cluster"},
	"Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
	"Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateName": "lt", "LaunchTemplateData": {"ImageId": "ami-1", "SecurityGroupIds": [{"Ref": "Sg"}], "IamInstanceProfile": {"Arn": {"Fn::GetAtt": ["Profile", "Arn"]}},
		"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
		"UserData": {"Fn::Base64": {"Fn::Join": ["", ["#!/bin/bash\necho ECS_CLUSTER=", {"Ref": "Cluster"}, " >> /etc/ecs/ecs.config\n"]]}}}}},
	"Asg": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {"VPCZoneIdentifier": [{"Ref": "A"}, {"Ref": "B"}], "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}},
		"TargetGroupARNs": [{"Ref": "Tg"}], "Tags": [{"Key": "Name", "Value": "hosts", "PropagateAtLaunch": true}]}},
	"Mixed": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {"VPCZoneIdentifier": [{"Ref": "A"}], "MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateName": "lt", "Version": "1"}, "Overrides": [{"InstanceType": "m5.large"}]}}}},
	"Config": {"Type": "AWS::AutoScaling::LaunchConfiguration", "Properties": {"SecurityGroups": [{"Ref": "Sg"}], "AssociatePublicIpAddress": true, "UserData": {"Fn::Base64": "#!/bin/bash\necho ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config\n"}}},
	"Old": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {"VPCZoneIdentifier": [{"Ref": "B"}], "LaunchConfigurationName": {"Ref": "Config"}}},
	"Tg": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {"Port": 80, "Protocol": "HTTP", "VpcId": {"Ref": "Vpc"}}},
	"Provider": {"Type": "AWS::ECS::CapacityProvider", "Properties": {"Name": "cp", "AutoScalingGroupProvider": {"AutoScalingGroupArn": {"Ref": "Asg"}}}},
	"Uses": {"Type": "AWS::ECS::ClusterCapacityProviderAssociations", "Properties": {"Cluster": {"Ref": "Cluster"}, "CapacityProviders": [{"Ref": "Provider"}], "DefaultCapacityProviderStrategy": [{"CapacityProvider": {"Ref": "Provider"}}]}},
	"Bastion": {"Type": "AWS::EC2::Instance", "Properties": {"NetworkInterfaces": [{"DeviceIndex": "0", "SubnetId": {"Ref": "A"}, "GroupSet": [{"Ref": "Sg"}], "AssociatePublicIpAddress": true, "PrivateIpAddress": "10.0.1.4"}], "IamInstanceProfile": {"Ref": "Profile"}, "SourceDestCheck": false}},
	"Eni": {"Type": "AWS::EC2::NetworkInterface", "Properties": {"SubnetId": {"Ref": "B"}, "GroupSet": [{"Ref": "Sg"}], "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.2.5", "Primary": true}]}},
	"Eip": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
	"Gives": {"Type": "AWS::EC2::EIPAssociation", "Properties": {"AllocationId": {"Fn::GetAtt": ["Eip", "AllocationId"]}, "NetworkInterfaceId": {"Ref": "Eni"}}},
	"Fleet": {"Type": "AWS::EC2::SpotFleet", "Properties": {"SpotFleetRequestConfigData": {"IamFleetRole": "r", "LaunchSpecifications": [{"ImageId": "ami-1", "SubnetId": {"Ref": "B"}, "SecurityGroups": [{"GroupId": {"Ref": "Sg"}}]}]}}}
	`, vpcConfiguration+sgConfiguration+`
	resource "aws_ecs_cluster" "Cluster" {}
	resource "aws_iam_instance_profile" "Profile" { role = aws_iam_role.Role.name }
	resource "aws_iam_role" "Role" { assume_role_policy = "{}" }
	resource "aws_launch_template" "Template" {
		name = "lt"
		vpc_security_group_ids = [aws_security_group.Sg.id]
		iam_instance_profile { arn = aws_iam_instance_profile.Profile.arn }
		metadata_options {
			http_tokens = "required"
			http_put_response_hop_limit = 1
			http_endpoint = "enabled"
		}
		user_data = "#!/bin/bash\necho ECS_CLUSTER=${aws_ecs_cluster.Cluster.name} >> /etc/ecs/ecs.config\n"
	}
	resource "aws_autoscaling_group" "Asg" {
		vpc_zone_identifier = [aws_subnet.A.id, aws_subnet.B.id]
		launch_template {
			id = aws_launch_template.Template.id
			version = aws_launch_template.Template.latest_version
		}
		target_group_arns = [aws_lb_target_group.Tg.arn]
		tags = { Name = "hosts" }
	}
	resource "aws_autoscaling_group" "Mixed" {
		vpc_zone_identifier = [aws_subnet.A.id]
		mixed_instances_policy {
			launch_template {
				launch_template_specification { launch_template_name = "lt" }
				override { instance_type = "m5.large" }
			}
		}
	}
	resource "aws_launch_configuration" "Config" {
		security_groups = [aws_security_group.Sg.id]
		associate_public_ip_address = true
		user_data = "#!/bin/bash\necho ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config\n"
	}
	resource "aws_autoscaling_group" "Old" {
		vpc_zone_identifier = [aws_subnet.B.id]
		launch_configuration = aws_launch_configuration.Config.name
	}
	resource "aws_lb_target_group" "Tg" {
		port = 80
		protocol = "HTTP"
		vpc_id = aws_vpc.Vpc.id
	}
	resource "aws_ecs_capacity_provider" "Provider" {
		name = "cp"
		auto_scaling_group_provider { auto_scaling_group_arn = aws_autoscaling_group.Asg.arn }
	}
	resource "aws_ecs_cluster_capacity_providers" "Uses" {
		cluster_name = aws_ecs_cluster.Cluster.name
		capacity_providers = [aws_ecs_capacity_provider.Provider.name]
		default_capacity_provider_strategy { capacity_provider = aws_ecs_capacity_provider.Provider.name }
	}
	resource "aws_instance" "Bastion" {
		source_dest_check = false
		iam_instance_profile = aws_iam_instance_profile.Profile.id
		primary_network_interface {
			subnet_id = aws_subnet.A.id
			security_groups = [aws_security_group.Sg.id]
			associate_public_ip_address = true
			private_ip = "10.0.1.4"
		}
	}
	resource "aws_network_interface" "Eni" {
		subnet_id = aws_subnet.B.id
		security_groups = [aws_security_group.Sg.id]
		private_ips = ["10.0.2.5"]
	}
	resource "aws_eip" "Eip" { domain = "vpc" }
	resource "aws_eip_association" "Gives" {
		allocation_id = aws_eip.Eip.id
		network_interface_id = aws_network_interface.Eni.id
	}
	resource "aws_spot_fleet_request" "Fleet" {
		launch_specification {
			subnet_id = aws_subnet.B.id
			vpc_security_group_ids = [aws_security_group.Sg.id]
		}
	}
	`)
	if h := s.Host("Asg"); h == nil || h.Cluster != "Cluster" || h.Template != "Template" {
		t.Errorf("the host is %+v", h)
	}
}

// TestInit: what cfn-init does is read where it is called, and unknown where it
// is not understood.
func TestInit(t *testing.T) {
	const script = `"#!/bin/bash\necho A=1 >> /etc/ecs/ecs.config\n/opt/aws/bin/cfn-init -v --stack x --resource R --region r || exit 1\necho B=2 >> /etc/ecs/ecs.config\n"`
	for _, tc := range []struct{ name, script, metadata, want string }{
		{"a file and commands", script, `{"config": {"packages": {"yum": {"jq": []}},
			"files": {"/etc/ecs/ecs.config": {"content": {"Fn::Join": ["", ["ECS_CLUSTER=", {"Ref": "Cluster"}, "\n"]]}, "mode": "000644"}},
			"commands": {"02_b": {"command": ["sh", "-c", "echo C=it\\'s >> /etc/ecs/ecs.config"]}, "01_a": {"command": "echo ECS_AWSVPC_BLOCK_IMDS=$V >> /etc/ecs/ecs.config", "env": {"V": "true"}, "cwd": "/tmp"}}}}`,
			"A unset B=2 IMDS=true cluster Cluster"},
		{"the default set", script, `{"configSets": {"default": ["two", {"ConfigSet": "more"}], "more": ["one"]},
			"one": {"commands": {"x": {"command": "echo ECS_AWSVPC_BLOCK_IMDS=true > /etc/ecs/ecs.config"}}},
			"two": {"commands": {"x": {"command": "echo ECS_CLUSTER=y >> /etc/ecs/ecs.config"}}}}`,
			"A unset B=2 IMDS=true cluster default"},
		{"a command with a test", script, `{"config": {"commands": {"x": {"command": "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config", "test": "test -e /some/file"}}}}`,
			"A=1 B=2 IMDS unknown cluster default"},
		{"a file from elsewhere", script, `{"config": {"files": {"/etc/ecs/ecs.config": {"source": "https://example.com/x"}}}}`, "A unknown B=2 IMDS unknown cluster unknown"},
		{"archives", script, `{"config": {"sources": {"/": "https://example.com/x.tgz"}}}`, "A unknown B=2 IMDS unknown cluster unknown"},
		{"no metadata", script, `{}`, "A unknown B=2 IMDS unknown cluster unknown"},
		{"an unknown resource", strings.Replace(script, "--resource R", "--resource Q", 1), `{"config": {"files": {}}}`, "A unknown B=2 IMDS unknown cluster unknown"},
		{"another set", strings.Replace(script, "-v", "-c first,second", 1), `{"configSets": {"first": ["a"], "second": "b"}, "a": {"commands": {}}, "b": {"files": {"/etc/ecs/ecs.config": {"content": "QUNTX0FXU1ZQQ19CTE9DS19JTURTPXRydWUK", "encoding": "base64"}}}}`,
			"A unset B=2 IMDS unset cluster default"},
		{"continued lines", strings.Replace(script, "-v", "-v \\\\\\n ", 1), `{"config": {"files": {"/tmp/x": {"content": "x"}}}}`, "A=1 B=2 IMDS unset cluster default"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := snapshot(t, template(t, `
				"Cluster": {"Type": "AWS::ECS::Cluster"},
				"R": {"Type": "AWS::EC2::Instance", "Metadata": {"AWS::CloudFormation::Init": `+tc.metadata+`}, "Properties": {"UserData": {"Fn::Base64": `+tc.script+`}}}`))
			h := s.Host("R")
			show := func(label, name string) string {
				switch v := h.UserData.Agent.Get(name); {
				case !v.Known:
					return label + " unknown"
				case !v.Set:
					return label + " unset"
				default:
					return label + "=" + v.Value
				}
			}
			cluster := "unknown"
			if h.Cluster != "" {
				cluster = string(h.Cluster)
			} else if h.ClusterWhy == "" {
				cluster = "default"
			}
			if set := h.UserData.Cluster(); set.Known && set.Set {
				cluster = "default"
			}
			got := show("A", "A") + " " + show("B", "B") + " " + show("IMDS", "ECS_AWSVPC_BLOCK_IMDS") + " cluster " + cluster
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
