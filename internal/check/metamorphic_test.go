package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// same compares the verdicts on a design with those on another way to write it;
// rename turns the ids of the first into those of the second.
func same(t *testing.T, what string, before, after judged, rename func(ref.ID) ref.ID) {
	t.Helper()
	want := map[verdictKey]finding.Verdict{}
	for k, v := range before.verdicts {
		want[verdictKey{k.slug, rename(k.id)}] = v
	}
	for k, v := range want {
		if got, ok := after.verdicts[k]; !ok || got != v {
			t.Errorf("%s: %s %s was %s and is %s (said: %v)\n%s", what, k.slug, k.id, v, got, ok, describe(after.findings[k]))
		}
	}
	for k, v := range after.verdicts {
		if _, ok := want[k]; !ok {
			t.Errorf("%s: %s %s is new: %s", what, k.slug, k.id, v)
		}
	}
}

func asIs(id ref.ID) ref.ID { return id }

// topBlock is a block at the top of a file, up to its closing brace.
var topBlock = regexp.MustCompile(`(?ms)^[a-z]+[^\n=]*\{\n.*?^\}\n|^[a-z]+[^\n={]*\{[^\n]*\}\n`)

// resourceHead is the head of a resource.
var resourceHead = regexp.MustCompile(`(?m)^resource "(aws_[a-z0-9_]+)" "([a-z0-9_]+)" \{`)

// Where blocks stand, and in which order, means nothing.
func TestBlocksInFilesOfTheirOwn(t *testing.T) {
	for _, d := range blurDesigns(t) {
		split := blurDesign{files: map[string]string{}, in: d.in}
		n := 0
		for _, name := range slices.Sorted(maps.Keys(d.files)) {
			if !strings.HasSuffix(name, ".tf") {
				split.files[name] = d.files[name]
				continue
			}
			dir := name[:strings.LastIndexByte(name, '/')+1]
			for _, block := range topBlock.FindAllString(d.files[name], -1) {
				n++
				split.files[fmt.Sprintf("%sz%03d.tf", dir, 999-n)] = block
			}
		}
		if n < 3 {
			t.Errorf("%s: only %d blocks", d.name, n)
		}
		same(t, d.name, d.judge(), split.judge(), asIs)
	}
}

// The names of resources mean nothing, but for muralla.yaml.
func TestNamesOfResources(t *testing.T) {
	refs := regexp.MustCompile(`\b(aws_[a-z0-9_]+)\.([a-z0-9_]+)\b`)
	for _, d := range blurDesigns(t) {
		if len(d.in.Flows)+len(d.in.Services)+len(d.in.Isolation) > 0 {
			continue
		}
		all := blurDesign{files: map[string]string{}, in: d.in}
		for name, text := range d.files {
			text = resourceHead.ReplaceAllString(text, `resource "$1" "${2}_renamed" {`)
			text = regexp.MustCompile(`(?m)^data "(aws_[a-z0-9_]+)" "([a-z0-9_]+)" \{`).ReplaceAllString(text, `data "$1" "${2}_renamed" {`)
			all.files[name] = refs.ReplaceAllString(text, "$1.${2}_renamed")
		}
		same(t, d.name, d.judge(), all.judge(), func(id ref.ID) ref.ID {
			return ref.ID(refs.ReplaceAllString(string(id), "$1.${2}_renamed"))
		})
	}
}

// A design in a module of its own is the same design.
func TestInAModule(t *testing.T) {
	for _, d := range blurDesigns(t) {
		if len(d.in.Flows)+len(d.in.Services)+len(d.in.Isolation) > 0 {
			continue
		}
		inner := blurDesign{files: map[string]string{"main.tf": "module \"m\" {\n  source = \"./inner\"\n}\n"}, in: d.in}
		for name, text := range d.files {
			inner.files["inner/"+name] = text
		}
		if _, ok := d.files["terraform.tfvars"]; ok {
			continue // values for the root
		}
		same(t, d.name, d.judge(), inner.judge(), func(id ref.ID) ref.ID { return "module.m." + id })
	}
}

// One of a thing is that thing.
func TestCountOfOne(t *testing.T) {
	changed := 0
	for _, d := range blurDesigns(t) {
		var plain []string // addresses without count and for_each
		for name, text := range d.files {
			if strings.Contains(name, "/") {
				continue
			}
			for _, block := range topBlock.FindAllString(text, -1) {
				m := resourceHead.FindStringSubmatch(block)
				if m != nil && !regexp.MustCompile(`(?m)^  (count|for_each) +=`).MatchString(block) {
					plain = append(plain, m[1]+"."+m[2])
				}
			}
		}
		if len(plain) == 0 {
			continue
		}
		changed += len(plain)
		// A reference to the whole resource is left alone, since for_each goes over it.
		refs := regexp.MustCompile(`\b(` + strings.Join(plain, "|") + `)\b(\[0\])?`)
		counted := blurDesign{files: maps.Clone(d.files), in: d.in}
		for name, text := range d.files {
			if strings.Contains(name, "/") || !strings.HasSuffix(name, ".tf") {
				continue
			}
			text = refs.ReplaceAllString(text, "$1[0]")
			for _, a := range plain {
				typ, label, _ := strings.Cut(a, ".")
				head := fmt.Sprintf("resource %q %q {\n", typ, label)
				text = strings.ReplaceAll(text, head, head+"  count = 1\n")
				empty := fmt.Sprintf("resource %q %q {}\n", typ, label)
				text = strings.ReplaceAll(text, empty, head+"  count = 1\n}\n")
			}
			counted.files[name] = text
		}
		same(t, d.name, d.judge(), counted.judge(), func(id ref.ID) ref.ID {
			for _, a := range plain {
				if rest, ok := strings.CutPrefix(string(id), a); ok && (rest == "" || rest[0] == '.') { // what is in it has a name in its
					return ref.ID(a + "[0]" + rest)
				}
			}
			return id
		})
	}
	if changed < 50 {
		t.Errorf("only %d resources were counted", changed)
	}
}

// A value is the same wherever it is written: as a literal, as the default of a
// variable, in terraform.tfvars, or as a local value.
func TestWhereValuesAreWritten(t *testing.T) {
	designs := blurDesigns(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SampledFrom(designs).Draw(rt, "design")
		sites := slices.DeleteFunc(d.sites(), func(s site) bool { return !s.kind.plain() || strings.Contains(s.file, "/") })
		s := rapid.SampledFrom(sites).Draw(rt, "site")
		text, ty := d.text(s), [...]string{textSite: "string", numberSite: "number", boolSite: "bool"}[s.kind]
		want := d.judge()
		for _, to := range []struct{ blurry, more, values string }{
			{"var.elsewhere", "variable \"elsewhere\" {\n  default = " + text + "\n}\n", ""},
			{"var.elsewhere", "variable \"elsewhere\" {\n  type = " + ty + "\n  default = null\n}\n", "elsewhere = " + text + "\n"},
			{"local.elsewhere", "locals {\n  elsewhere = " + text + "\n}\n", ""},
		} {
			other := d.with(map[site]string{s: to.blurry}, map[string]string{s.file: to.more})
			if to.values != "" {
				other.files["terraform.tfvars"] += to.values
			}
			same(t, fmt.Sprintf("%s: %s = %s as %s %s", d.name, s.where, text, to.blurry, to.values), want, other.judge(), asIs)
		}
	})
}

// A ruleset is some rules of the groups of a small design, written in one of
// three ways.
type ruleset []struct {
	group, source string // source is a range, or a group
	from, to      int
}

const wall = `
provider "aws" {
  region = "eu-west-1"
}
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}
resource "aws_subnet" "public" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}
resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}
resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}
resource "aws_lb" "web" {
  name            = "web"
  subnets         = [aws_subnet.public.id]
  security_groups = [aws_security_group.alb.id]
}
resource "aws_lb_target_group" "web" {
  vpc_id      = aws_vpc.main.id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 8080
}
resource "aws_lb_listener" "web" {
  load_balancer_arn = aws_lb.web.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = "arn:aws:acm:eu-west-1:111122223333:certificate/a"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}
resource "aws_ecs_cluster" "main" {
  name = "main"
}
resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  container_definitions    = jsonencode([{ name = "app", image = "a", portMappings = [{ containerPort = 8080 }] }])
}
resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.web.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets          = [aws_subnet.public.id]
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = true
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "app"
    container_port   = 8080
  }
}
resource "aws_db_subnet_group" "db" {
  subnet_ids = [aws_subnet.private.id]
}
resource "aws_db_instance" "db" {
  engine                 = "postgres"
  db_subnet_group_name   = aws_db_subnet_group.db.name
  vpc_security_group_ids = [aws_security_group.db.id]
}
resource "aws_instance" "bastion" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.public.id
  vpc_security_group_ids      = [aws_security_group.bastion.id]
  associate_public_ip_address = true
}
`

var wallGroups = []string{"alb", "task", "db", "bastion"}

// design writes the rules: "inline", "rule" or "vpc".
func (rs ruleset) design(how string) blurDesign {
	b := &strings.Builder{}
	b.WriteString(wall)
	inline := map[string]string{}
	for i, r := range rs {
		isGroup := !strings.Contains(r.source, "/")
		six := strings.Contains(r.source, ":")
		switch how {
		case "inline":
			source := fmt.Sprintf("cidr_blocks = [%q]", r.source)
			if six {
				source = fmt.Sprintf("ipv6_cidr_blocks = [%q]", r.source)
			}
			if isGroup {
				source = fmt.Sprintf("security_groups = [aws_security_group.%s.id]", r.source)
			}
			if r.source == r.group {
				source = "self = true"
			}
			inline[r.group] += fmt.Sprintf("  ingress {\n    protocol = \"tcp\"\n    from_port = %d\n    to_port = %d\n    %s\n  }\n", r.from, r.to, source)
		case "rule":
			source := fmt.Sprintf("cidr_blocks = [%q]", r.source)
			if six {
				source = fmt.Sprintf("ipv6_cidr_blocks = [%q]", r.source)
			}
			if isGroup {
				source = fmt.Sprintf("source_security_group_id = aws_security_group.%s.id", r.source)
			}
			fmt.Fprintf(b, "resource \"aws_security_group_rule\" \"r%d\" {\n  type = \"ingress\"\n  security_group_id = aws_security_group.%s.id\n  protocol = \"tcp\"\n  from_port = %d\n  to_port = %d\n  %s\n}\n", i, r.group, r.from, r.to, source)
		default:
			source := fmt.Sprintf("cidr_ipv4 = %q", r.source)
			if six {
				source = fmt.Sprintf("cidr_ipv6 = %q", r.source)
			}
			if isGroup {
				source = fmt.Sprintf("referenced_security_group_id = aws_security_group.%s.id", r.source)
			}
			fmt.Fprintf(b, "resource \"aws_vpc_security_group_ingress_rule\" \"r%d\" {\n  security_group_id = aws_security_group.%s.id\n  ip_protocol = \"tcp\"\n  from_port = %d\n  to_port = %d\n  %s\n}\n", i, r.group, r.from, r.to, source)
		}
	}
	for _, g := range wallGroups {
		fmt.Fprintf(b, "resource \"aws_security_group\" %q {\n  name = %q\n  vpc_id = aws_vpc.main.id\n%s  egress {\n    protocol = \"-1\"\n    from_port = 0\n    to_port = 0\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n}\n", g, g, inline[g])
	}
	return blurDesign{files: map[string]string{"main.tf": b.String()}}
}

func drawRules(t *rapid.T) ruleset {
	rs := make(ruleset, rapid.IntRange(1, 6).Draw(t, "rules"))
	ports := [][2]int{{443, 443}, {8080, 8080}, {5432, 5432}, {0, 65535}, {8000, 8100}, {22, 22}}
	for i := range rs {
		rs[i].group = rapid.SampledFrom(wallGroups).Draw(t, "group")
		rs[i].source = rapid.SampledFrom([]string{"0.0.0.0/0", "10.0.0.0/16", "128.0.0.0/1", "0.0.0.0/1", "::/0", "192.168.0.0/24", "alb", "task", "db", "bastion"}).Draw(t, "source")
		p := rapid.SampledFrom(ports).Draw(t, "ports")
		rs[i].from, rs[i].to = p[0], p[1]
	}
	return rs
}

// Rules mean the same in every form, and one rule the same as two adjacent ones.
// A further rule repairs nothing that is about who is admitted, and one less
// breaks nothing but paths.
func TestFormsOfRules(t *testing.T) {
	admission := []string{"sg-from-alb", "sg-data", "exposure"}
	verdicts := map[string]map[finding.Verdict]int{}
	rapid.Check(t, func(rt *rapid.T) {
		rs := drawRules(rt)
		base := rs.design("inline").judge()
		same(t, fmt.Sprint("aws_security_group_rule: ", rs), base, rs.design("rule").judge(), asIs)
		same(t, fmt.Sprint("aws_vpc_security_group_ingress_rule: ", rs), base, rs.design("vpc").judge(), asIs)
		var halves ruleset
		for _, r := range rs {
			if r.from < r.to {
				low, high := r, r
				low.to = (r.from + r.to) / 2
				high.from = low.to + 1
				halves = append(halves, low, high)
			} else {
				halves = append(halves, r)
			}
		}
		same(t, fmt.Sprint("in two: ", rs), base, halves.design("vpc").judge(), asIs)
		more := append(slices.Clone(rs), drawRules(rt)...).design("inline").judge()
		for k, v := range base.verdicts {
			if verdicts[k.slug] == nil {
				verdicts[k.slug] = map[finding.Verdict]int{}
			}
			verdicts[k.slug][v]++
			if slices.Contains(admission, k.slug) && v == finding.Violates && more.verdicts[k] != finding.Violates {
				t.Errorf("more rules than %v repair %s %s", rs, k.slug, k.id)
			}
		}
		for k, v := range more.verdicts {
			if v != finding.Violates && base.verdicts[k] == finding.Violates && k.slug != "path-works" {
				t.Errorf("fewer rules, %v, break %s %s", rs, k.slug, k.id)
			}
		}
	})
	for _, slug := range append(admission, "path-works", "task-sg") {
		for _, v := range []finding.Verdict{finding.Follows, finding.Violates} {
			if verdicts[slug][v] < 5 {
				t.Errorf("only %d draws were %s of %s", verdicts[slug][v], v, slug)
			}
		}
	}
}
