package diff

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

// plan is a small design that can be drawn and edited.
type plan struct {
	Rules    []string // "web in tcp 8080 alb", each a rule resource of its own
	Public   []bool   // whether each subnet has a route to the internet gateway
	Peered   bool     // a NAT gateway for the private subnets
	Closed   []bool   // whether the network ACL of each subnet shuts tcp/5432
	Lists    [][]string
	Listen   string // protocol of the listener
	Forward  bool   // it forwards, or redirects
	Address  bool   // tasks have public addresses
	Services []bool // which of the services there are
}

var groups = []string{"alb", "web", "api", "db"}

func drawRule(rt *rapid.T) string {
	return strings.Join([]string{
		rapid.SampledFrom(groups).Draw(rt, "group"), rapid.SampledFrom([]string{"in", "out"}).Draw(rt, "direction"),
		rapid.SampledFrom([]string{"80 443", "8080 8080", "5432 5432", "0 65535"}).Draw(rt, "ports"),
		rapid.SampledFrom([]string{"alb", "web", "api", "db", "0.0.0.0/0", "0.0.0.0/0", "10.0.1.0/24", "203.0.113.0/24", "198.51.0.0/16", "var.office", "192.168.0.0/16"}).Draw(rt, "peer"),
	}, " ")
}

func drawPlan(rt *rapid.T) plan {
	p := plan{
		Rules:    rapid.SliceOfNDistinct(rapid.Custom(drawRule), 3, 12, rapid.ID[string]).Draw(rt, "rules"),
		Public:   []bool{rapid.Bool().Draw(rt, "public"), rapid.Bool().Draw(rt, "public")},
		Closed:   []bool{rapid.Bool().Draw(rt, "closed"), false},
		Listen:   rapid.SampledFrom([]string{"HTTP", "HTTPS"}).Draw(rt, "listen"),
		Forward:  rapid.Bool().Draw(rt, "forward"),
		Address:  rapid.Bool().Draw(rt, "address"),
		Peered:   rapid.Bool().Draw(rt, "nat"),
		Services: []bool{true, rapid.Bool().Draw(rt, "api")},
	}
	for _, r := range []string{"alb in 80 443 0.0.0.0/0", "alb out 0 65535 web", "web in 8080 8080 alb", "web in 8080 8080 var.office", "alb in 0 65535 var.office"} {
		if rapid.IntRange(0, 2).Draw(rt, "usual") > 0 && !slices.Contains(p.Rules, r) {
			p.Rules = append(p.Rules, r)
		}
	}
	for range groups {
		p.Lists = append(p.Lists, nil)
	}
	for i := range p.Lists {
		p.Lists[i] = []string{groups[i]}
		if rapid.IntRange(0, 4).Draw(rt, "shared") == 0 {
			p.Lists[i] = append(p.Lists[i], rapid.SampledFrom(groups).Draw(rt, "also"))
		}
	}
	return p
}

// edit changes a few things.
func (p plan) edit(rt *rapid.T) plan {
	p.Rules, p.Public, p.Closed, p.Services = slices.Clone(p.Rules), slices.Clone(p.Public), slices.Clone(p.Closed), slices.Clone(p.Services)
	p.Lists = slices.Clone(p.Lists)
	for range rapid.IntRange(1, 3).Draw(rt, "edits") {
		switch rapid.IntRange(0, 15).Draw(rt, "edit") {
		case 0, 1, 2:
			if r := drawRule(rt); !slices.Contains(p.Rules, r) {
				p.Rules = append(p.Rules, r)
			}
		case 3, 4:
			i := rapid.IntRange(0, len(p.Rules)-1).Draw(rt, "gone")
			p.Rules = slices.Delete(p.Rules, i, i+1)
			if len(p.Rules) == 0 {
				p.Rules = []string{drawRule(rt)}
			}
		case 5:
			i := rapid.IntRange(0, 1).Draw(rt, "subnet")
			p.Public[i] = !p.Public[i]
		case 6:
			p.Listen = map[string]string{"HTTP": "HTTPS", "HTTPS": "HTTP"}[p.Listen]
		case 7:
			p.Closed[0] = !p.Closed[0]
		case 8:
			i := rapid.IntRange(0, len(groups)-1).Draw(rt, "held")
			p.Lists[i] = []string{groups[i], rapid.SampledFrom(groups).Draw(rt, "also")}
		case 11, 12, 13: // rules of which a range is not known
			r := rapid.SampledFrom([]string{"alb in 0 65535 var.office", "web in 8080 8080 var.office", "alb out 0 65535 var.office"}).Draw(rt, "unknown")
			if i := slices.Index(p.Rules, r); i >= 0 && len(p.Rules) > 1 {
				p.Rules = slices.Delete(p.Rules, i, i+1)
			} else if i < 0 {
				p.Rules = append(p.Rules, r)
			}
		case 14, 15: // both ends of a connection
			for _, r := range []string{"web out 5432 5432 db", "db in 5432 5432 web"} {
				if i := slices.Index(p.Rules, r); i >= 0 && len(p.Rules) > 1 {
					p.Rules = slices.Delete(p.Rules, i, i+1)
				} else if i < 0 {
					p.Rules = append(p.Rules, r)
				}
			}
		case 10:
			p.Forward = !p.Forward
		case 9:
			p.Services[1] = !p.Services[1]
		}
	}
	return p
}

func (p plan) side() Side {
	var b strings.Builder
	b.WriteString(`variable "office" {}
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_internet_gateway" "main" { vpc_id = aws_vpc.main.id }
`)
	for i, public := range p.Public {
		fmt.Fprintf(&b, `resource "aws_subnet" "s%[1]d" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.%[1]d.0/24"
}
resource "aws_route_table" "t%[1]d" { vpc_id = aws_vpc.main.id }
resource "aws_route_table_association" "a%[1]d" {
  subnet_id      = aws_subnet.s%[1]d.id
  route_table_id = aws_route_table.t%[1]d.id
}
`, i)
		if public {
			fmt.Fprintf(&b, "resource \"aws_route\" \"r%[1]d\" {\n  route_table_id = aws_route_table.t%[1]d.id\n  destination_cidr_block = \"0.0.0.0/0\"\n  gateway_id = aws_internet_gateway.main.id\n}\n", i)
		} else if p.Peered {
			fmt.Fprintf(&b, "resource \"aws_route\" \"r%[1]d\" {\n  route_table_id = aws_route_table.t%[1]d.id\n  destination_cidr_block = \"0.0.0.0/0\"\n  nat_gateway_id = aws_nat_gateway.main.id\n}\n", i)
		}
		if p.Closed[i] {
			fmt.Fprintf(&b, `resource "aws_network_acl" "n%[1]d" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.s%[1]d.id]
  ingress {
    rule_no    = 10
    action     = "deny"
    protocol   = "tcp"
    from_port  = 5432
    to_port    = 5432
    cidr_block = "0.0.0.0/0"
  }
  ingress {
    rule_no    = 20
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }
  egress {
    rule_no    = 20
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }
}
`, i)
		}
	}
	if p.Peered {
		b.WriteString("resource \"aws_eip\" \"n\" { domain = \"vpc\" }\nresource \"aws_nat_gateway\" \"main\" {\n  subnet_id = aws_subnet.s0.id\n  allocation_id = aws_eip.n.id\n}\n")
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "resource \"aws_security_group\" %q {\n  vpc_id = aws_vpc.main.id\n  name = %q\n}\n", g, g)
	}
	for _, r := range p.Rules {
		w := strings.Fields(r)
		kind := map[string]string{"in": "ingress", "out": "egress"}[w[1]]
		peer := fmt.Sprintf("cidr_ipv4 = %q", w[4])
		if slices.Contains(groups, w[4]) {
			peer = "referenced_security_group_id = aws_security_group." + w[4] + ".id"
		} else if w[4] == "var.office" {
			peer = "cidr_ipv4 = var.office"
		}
		name := strings.NewReplacer(" ", "_", ".", "_", "/", "_").Replace(r)
		fmt.Fprintf(&b, "resource \"aws_vpc_security_group_%s_rule\" \"r_%s\" {\n  security_group_id = aws_security_group.%s.id\n  ip_protocol = \"tcp\"\n  from_port = %s\n  to_port = %s\n  %s\n}\n",
			kind, name, w[0], w[2], w[3], peer)
	}
	held := func(i int) string {
		var ids []string
		for _, g := range p.Lists[i] {
			ids = append(ids, "aws_security_group."+g+".id")
		}
		return "[" + strings.Join(ids, ", ") + "]"
	}
	fmt.Fprintf(&b, `resource "aws_lb" "main" {
  security_groups = %s
  subnets         = [aws_subnet.s0.id, aws_subnet.s1.id]
}
resource "aws_lb_target_group" "web" {
  vpc_id      = aws_vpc.main.id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 8080
}
resource "aws_lb_listener" "main" {
  load_balancer_arn = aws_lb.main.arn
  port              = 80
  protocol          = %q
`, held(0), p.Listen)
	if p.Forward {
		b.WriteString("  default_action {\n    type = \"forward\"\n    target_group_arn = aws_lb_target_group.web.arn\n  }\n}\n")
	} else {
		b.WriteString("  default_action {\n    type = \"redirect\"\n    redirect {\n      status_code = \"HTTP_301\"\n      protocol = \"HTTPS\"\n      port = \"443\"\n    }\n  }\n}\n")
	}
	b.WriteString("resource \"aws_ecs_cluster\" \"c\" { name = \"c\" }\nresource \"aws_db_instance\" \"db\" {\n  engine = \"postgres\"\n  db_subnet_group_name = aws_db_subnet_group.db.name\n  vpc_security_group_ids = " + held(3) + "\n}\nresource \"aws_db_subnet_group\" \"db\" { subnet_ids = [aws_subnet.s1.id] }\n")
	for i, name := range []string{"web", "api"} {
		if !p.Services[i] {
			continue
		}
		fmt.Fprintf(&b, `resource "aws_ecs_task_definition" %[1]q {
  family                   = %[1]q
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions    = jsonencode([{ name = "app", image = "a:1", portMappings = [{ containerPort = 8080 }] }])
}
resource "aws_ecs_service" %[1]q {
  name            = %[1]q
  cluster         = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.%[1]s.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets          = [aws_subnet.s%[2]d.id]
    security_groups  = %[3]s
    assign_public_ip = %[4]v
  }
`, name, i, held(i+1), p.Address)
		if name == "web" {
			b.WriteString("  load_balancer {\n    target_group_arn = aws_lb_target_group.web.arn\n    container_name = \"app\"\n    container_port = 8080\n  }\n")
		}
		b.WriteString("}\n")
	}
	set, _ := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(b.String()), Mode: fs.ModePerm}}, hcl.Options{})
	return Side{Sets: []resource.Set{set}}
}
