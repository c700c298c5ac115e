package compute_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func topoID(s string) ref.ID { return ref.ID(s) }

func TestBalancerEndpoints(t *testing.T) {
	endpoints(t, []row{
		// The scheme is internet-facing and the group the default one unless something else is written.
		{"alb defaults", `resource "aws_lb" "l" { subnets = [aws_subnet.a.id] }`, "aws_lb.l",
			"load balancer in aws_subnet.a holds aws_vpc.v.default_security_group_id public true v6 false listens "},
		{"internal alb", `resource "aws_alb" "l" {
			internal = true
			subnets = [aws_subnet.a.id]
			security_groups = [aws_security_group.g.id]
			ip_address_type = "dualstack"
		}`, "aws_alb.l", "load balancer in aws_subnet.a holds aws_security_group.g public false v6 true listens "},
		{"nlb without groups", `resource "aws_lb" "l" {
			load_balancer_type = "network"
			subnet_mapping {
				subnet_id = aws_subnet.a.id
				allocation_id = "eipalloc-1"
			}
		}`, "aws_lb.l", "load balancer in aws_subnet.a holds  public true v6 false listens  unfiltered yes"},
		{"nlb with groups", `resource "aws_lb" "l" {
			load_balancer_type = "network"
			subnets = [aws_subnet.a.id]
			security_groups = [aws_security_group.g.id]
		}`, "aws_lb.l", "load balancer in aws_subnet.a holds aws_security_group.g public true v6 false listens "},
		{"unknown type and scheme", `resource "aws_lb" "l" {
			load_balancer_type = var.unknown
			internal = var.unknown
			subnets = [aws_subnet.a.id]
		}`, "aws_lb.l", "load balancer in aws_subnet.a holds … public ? v6 false listens  unfiltered unknown"},
		{"dual stack without public IPv4", `resource "aws_lb" "l" {
			subnets = [aws_subnet.a.id]
			ip_address_type = "dualstack-without-public-ipv4"
		}`, "aws_lb.l", "load balancer in aws_subnet.a holds aws_vpc.v.default_security_group_id public false v6 true listens "},
		{"looked up", `data "aws_lb" "l" { name = "x" }`, "data.aws_lb.l", "load balancer in … holds … public ? v6 ? listens … unfiltered unknown"},
		{"listeners", `resource "aws_lb" "l" {
			load_balancer_type = "network"
			subnets = [aws_subnet.a.id]
		}
		resource "aws_lb_listener" "t" {
			load_balancer_arn = aws_lb.l.arn
			port = "53"
			protocol = "TCP_UDP"
		}
		resource "aws_lb_listener" "u" {
			load_balancer_arn = aws_lb.l.arn
			port = var.unknown
			protocol = "UDP"
		}`, "aws_lb.l", "load balancer in aws_subnet.a holds  public true v6 false listens tcp/53, udp/53 udp? unfiltered yes"},
		{"classic", `resource "aws_elb" "l" {
			subnets = [aws_subnet.a.id]
			listener {
				lb_port = 443
				lb_protocol = "https"
				instance_port = 8080
				instance_protocol = "http"
			}
		}`, "aws_elb.l", "load balancer in aws_subnet.a holds aws_vpc.v.default_security_group_id public true v6 false listens tcp/443"},
		{"kind by a listener", `data "aws_lb" "l" { name = "x" }
		resource "aws_lb_listener" "x" {
			load_balancer_arn = data.aws_lb.l.arn
			port = 443
			protocol = "HTTPS"
		}`, "data.aws_lb.l", "load balancer in … holds … public ? v6 ? listens tcp/443 …"},
		{"only named", `resource "aws_lb_listener" "x" {
			load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/n/1"
			port = 80
			protocol = "TCP"
		}`, "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/n/1", "load balancer in … holds … public ? v6 ? listens tcp/80 … unfiltered unknown"},
	})
}

// listener writes a listener in one line.
func listener(s *topo.Snapshot, id string) string {
	l := s.Listener(topoID(id))
	if l == nil {
		return "none"
	}
	out := fmt.Sprintf("%s %s:%s policy %q auth %s certs %s: %s", l.Balancer, show(l.Protocol), show(l.Port), show(l.Policy), show(l.ClientAuth), links(l.Certificates), actions(l.Default))
	for _, r := range l.Rules {
		out += fmt.Sprintf("; %s %s", show(r.Priority), strings.Join(r.Conditions, " and "))
		for _, b := range r.SourceIP {
			out += " from " + b.Prefix.String()
		}
		out += ": " + actions(r.Actions)
	}
	if l.RulesMore != "" {
		out += "; …"
	}
	return out
}

func actions(list []topo.Action) string {
	var out []string
	for _, a := range list {
		s := [...]string{"unknown", "forward", "redirect", "fixed", "authenticate"}[a.Kind]
		for _, t := range a.Targets {
			s += fmt.Sprintf(" %s*%s", t.Group, show(t.Weight))
			if t.Group == "" && t.Why == "" {
				s += " without a reason"
			}
		}
		if a.Kind == topo.ActionRedirect {
			s += fmt.Sprintf(" %s:%s %s", show(a.Redirect.Protocol), show(a.Redirect.Port), show(a.Redirect.Status))
		}
		if a.Exists != fact.Yes {
			s += "?"
		}
		out = append(out, s)
	}
	return strings.Join(out, " then ")
}

func TestListeners(t *testing.T) {
	const lb = base + `
		resource "aws_lb" "l" { subnets = [aws_subnet.a.id] }
		resource "aws_lb_target_group" "t" {
			port = 80
			protocol = "HTTP"
			vpc_id = aws_vpc.v.id
		}
	`
	for _, tc := range []row{
		{"defaults", `resource "aws_lb_listener" "x" {
			load_balancer_arn = aws_lb.l.arn
			port = 80
			default_action {
				type = "forward"
				target_group_arn = aws_lb_target_group.t.arn
			}
		}`, "aws_lb_listener.x", `aws_lb.l HTTP:80 policy "" auth off certs : forward aws_lb_target_group.t*1`},
		{"tls default policy, certificates, ordered actions", `resource "aws_lb_listener" "x" {
			load_balancer_arn = aws_lb.l.arn
			port = 443
			protocol = "HTTPS"
			certificate_arn = "arn:1"
			mutual_authentication { mode = "verify" }
			default_action {
				type = "redirect"
				order = 2
				redirect { status_code = "HTTP_301" }
			}
			default_action {
				type = "authenticate-oidc"
				order = 1
			}
		}
		resource "aws_lb_listener_certificate" "c" {
			listener_arn = aws_lb_listener.x.arn
			certificate_arn = "arn:2"
		}`, "aws_lb_listener.x", `aws_lb.l HTTPS:443 policy "ELBSecurityPolicy-2016-08" auth verify certs arn:1,arn:2: authenticate then redirect #{protocol}:#{port} HTTP_301`},
		{"weights and rules in order", `resource "aws_lb_listener" "x" {
			load_balancer_arn = aws_lb.l.arn
			port = 80
			default_action {
				type = "forward"
				forward {
					target_group { arn = aws_lb_target_group.t.arn }
					target_group {
						arn = var.unknown
						weight = 0
					}
				}
			}
		}
		resource "aws_lb_listener_rule" "b" {
			listener_arn = aws_lb_listener.x.arn
			priority = 2
			action {
				type = "fixed-response"
			}
			condition {
				path_pattern { values = ["/a", "/b"] }
			}
			condition {
				http_header {
					http_header_name = "X"
					values = ["1"]
				}
			}
		}
		resource "aws_lb_listener_rule" "a" {
			listener_arn = aws_lb_listener.x.arn
			priority = 10
			action {
				type = "redirect"
				redirect {
					protocol = "https"
					port = "443"
					status_code = "HTTP_302"
				}
			}
			condition {
				source_ip { values = ["192.0.2.0/24"] }
			}
		}`, "aws_lb_listener.x", `aws_lb.l HTTP:80 policy "" auth off certs : forward aws_lb_target_group.t*1 var.unknown*0; 2 path /a,/b and header X 1: fixed; 10 source-ip 192.0.2.0/24 from 192.0.2.0/24: redirect HTTPS:443 HTTP_302`},
		{"unknown protocol", `resource "aws_lb_listener" "x" {
			load_balancer_arn = aws_lb.l.arn
			port = var.unknown
			protocol = var.unknown
		}`, "aws_lb_listener.x", `aws_lb.l ?:? policy "?" auth off certs : unknown?`},
		{"rule of a listener elsewhere", `resource "aws_lb_listener_rule" "b" {
			listener_arn = var.unknown
			action {
				type = "forward"
				target_group_arn = aws_lb_target_group.t.arn
			}
		}`, "var.unknown", ` ?:? policy "?" auth ? certs …: unknown?; ? : forward aws_lb_target_group.t*1; …`},
		{"classic", `resource "aws_elb" "e" {
			subnets = [aws_subnet.a.id]
			listener {
				lb_port = 443
				lb_protocol = "https"
				instance_port = 8080
				instance_protocol = "http"
			}
		}`, "aws_elb.e.listener[0]", `aws_elb.e HTTPS:443 policy "ELBSecurityPolicy-2016-08" auth off certs : forward aws_elb.e*1`},
		{"classic with a predefined policy", `resource "aws_elb" "e" {
			name = "e"
			subnets = [aws_subnet.a.id]
			listener {
				lb_port = 443
				lb_protocol = "ssl"
				instance_port = 8080
				instance_protocol = "tcp"
			}
		}
		resource "aws_load_balancer_policy" "p" {
			load_balancer_name = aws_elb.e.name
			policy_name = "tls"
			policy_type_name = "SSLNegotiationPolicyType"
			policy_attribute {
				name = "Reference-Security-Policy"
				value = "ELBSecurityPolicy-TLS-1-2-2017-01"
			}
		}
		resource "aws_load_balancer_listener_policy" "p" {
			load_balancer_name = aws_elb.e.name
			load_balancer_port = 443
			policy_names = [aws_load_balancer_policy.p.policy_name]
		}`, "aws_elb.e.listener[0]", `aws_elb.e SSL:443 policy "ELBSecurityPolicy-TLS-1-2-2017-01" auth off certs : forward aws_elb.e*1`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := read(t, lb+tc.text)
			if got := listener(s, tc.id); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// group writes a target group in one line.
func group(s *topo.Snapshot, id string) string {
	g := s.TargetGroup(topoID(id))
	if g == nil {
		return "none"
	}
	out := fmt.Sprintf("%s %s:%s %s preserve %s health %s %s:%s", show(g.TargetType), show(g.Protocol), show(g.Port), show(g.Version), show(g.PreserveClientIP), show(g.Health.Enabled), show(g.Health.Protocol), show(g.Health.Port))
	for _, t := range g.Targets {
		addrs := ""
		if !t.Addrs.IsEmpty() {
			addrs = t.Addrs.String()
		}
		out += fmt.Sprintf(" [%s%s:%s]", t.Endpoint, addrs, show(t.Port))
		if t.Endpoint == "" && t.Addrs.IsEmpty() && t.Why == "" {
			out += " without a reason"
		}
	}
	if g.TargetsMore != "" {
		out += " …"
	}
	return out
}

// The instances of a classic load balancer are the targets of a group of its ID.
func TestClassicTargets(t *testing.T) {
	s, _ := read(t, base+`
		resource "aws_instance" "i" { subnet_id = aws_subnet.a.id }
		resource "aws_autoscaling_group" "a" { load_balancers = [aws_elb.e.name] }
		resource "aws_elb" "e" {
			name = "e"
			subnets = [aws_subnet.a.id]
			instances = [aws_instance.i.id]
			health_check { target = "HTTP:8080/up" }
			listener {
				lb_port = 80
				lb_protocol = "http"
				instance_port = 8080
				instance_protocol = "http"
			}
		}`)
	want := "instance HTTP:8080 HTTP1 preserve false health true HTTP:8080 [aws_instance.i:0] [aws_autoscaling_group.a:0]"
	if got := group(s, "aws_elb.e"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTargetGroups(t *testing.T) {
	const targets = `
		resource "aws_instance" "i" { subnet_id = aws_subnet.a.id }
		resource "aws_lb_target_group_attachment" "i" {
			target_group_arn = aws_lb_target_group.t.arn
			target_id = aws_instance.i.id
			port = 81
		}
		resource "aws_lb_target_group_attachment" "j" {
			target_group_arn = aws_lb_target_group.t.arn
			target_id = "10.0.0.9"
		}
		resource "aws_lb_target_group_attachment" "k" {
			target_group_arn = aws_lb_target_group.t.arn
			target_id = aws_instance.i.private_ip
		}
		resource "aws_lb_target_group_attachment" "l" {
			target_group_arn = aws_lb_target_group.t.arn
			target_id = var.unknown
		}
		resource "aws_autoscaling_group" "a" {
			name = "asg"
			vpc_zone_identifier = [aws_subnet.a.id]
			target_group_arns = [aws_lb_target_group.t.arn]
		}
		resource "aws_autoscaling_attachment" "a" {
			autoscaling_group_name = "asg"
			lb_target_group_arn = aws_lb_target_group.t.arn
		}`
	for _, tc := range []struct{ name, args, more, want string }{
		{"http", `port = 80
			protocol = "HTTP"`, "", "instance HTTP:80 HTTP1 preserve false health true HTTP:0"},
		{"ip over tcp", `port = 80
			protocol = "TCP"
			target_type = "ip"`, "", "ip TCP:80  preserve false health true TCP:0"},
		{"instance over tcp", `port = 80
			protocol = "TCP"`, "", "instance TCP:80  preserve true health true TCP:0"},
		{"ip over udp", `port = 53
			protocol = "UDP"
			target_type = "ip"
			preserve_client_ip = "false"`, "", "ip UDP:53  preserve true health true TCP:0"},
		{"preservation written", `port = 80
			protocol = "TLS"
			target_type = "ip"
			preserve_client_ip = "true"`, "", "ip TLS:80  preserve true health true TCP:0"},
		// The provider sends HTTP when the block has no protocol.
		{"health block", `port = 80
			protocol = "TCP"
			health_check {
				port = 8081
			}`, "", "instance TCP:80  preserve true health true HTTP:8081"},
		{"lambda", `target_type = "lambda"`, "", "lambda :0  preserve false health false TCP:0"},
		{"unknown protocol", `port = 80
			protocol = var.unknown`, "", "instance ?:80 ? preserve ? health true ?:0"},
		{"targets", `port = 80
			protocol = "HTTP"`, targets, "instance HTTP:80 HTTP1 preserve false health true HTTP:0 [aws_instance.i:81] [10.0.0.9/32:0] [aws_instance.i:0] [:0] [aws_autoscaling_group.a:0] [aws_autoscaling_group.a:0]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := read(t, base+"resource \"aws_lb_target_group\" \"t\" {\n"+tc.args+"\n}\n"+tc.more)
			if got := group(s, "aws_lb_target_group.t"); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
