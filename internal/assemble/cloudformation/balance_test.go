package cloudformation_test

import "testing"

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
