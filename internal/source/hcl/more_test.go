package hcl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func TestRegionsPlacesAndIgnoredChanges(t *testing.T) {
	set, diags := Read(design(`
variable "region" { default = "eu-west-1" }
provider "aws" { region = var.region }
provider "aws" {
  alias  = "far"
  region = "us-east-1"
}
resource "aws_lb" "default" {
  security_groups = [
    "sg-1",
    "sg-2",
  ]
  lifecycle { ignore_changes = [tags, security_groups] }
}
resource "aws_lb" "alias" {
  provider = aws.far
  lifecycle { ignore_changes = all }
}
resource "aws_lb" "own" { region = "ap-south-1" }
module "inherits" { source = "./m" }
module "handed" {
  source    = "./m"
  providers = { aws = aws.far }
}
-- m/main.tf --
resource "aws_lb" "in" {
  region = null
  access_logs {
    bucket = "b"
  }
}
`), Options{})
	if len(diags) > 0 {
		t.Errorf("diagnostics: %v", diags)
	}
	type facts struct {
		Region string
		Ignore string
		Place  string
	}
	got := map[ref.ID]facts{}
	places := map[string]string{}
	for _, r := range set.Resources {
		got[r.ID] = facts{r.Region, strings.Join(r.IgnoreChanges, ","), r.Place.String()}
		for i, item := range r.Get("security_groups").Items() {
			places[fmt.Sprintf("%s %d", r.ID, i)] = item.Place.String()
		}
		if logs := r.Get("access_logs", "bucket"); logs.Kind == resource.String {
			places[string(r.ID)+" bucket"] = logs.Place.String()
		}
	}
	want := map[ref.ID]facts{
		"aws_lb.default":            {"eu-west-1", "security_groups,tags", "main.tf:8"},
		"aws_lb.alias":              {"us-east-1", "all", "main.tf:15"},
		"aws_lb.own":                {"ap-south-1", "", "main.tf:19"},
		"module.inherits.aws_lb.in": {"eu-west-1", "", "m/main.tf:1"},
		"module.handed.aws_lb.in":   {"us-east-1", "", "m/main.tf:1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	wantPlaces := map[string]string{
		"aws_lb.default 0": "main.tf:10", "aws_lb.default 1": "main.tf:11",
		"module.inherits.aws_lb.in bucket": "m/main.tf:4", "module.handed.aws_lb.in bucket": "m/main.tf:4",
	}
	if diff := cmp.Diff(wantPlaces, places); diff != "" {
		t.Errorf("places, want -, got +:\n%s", diff)
	}
}

func TestMissingModulesKnowTheirInputs(t *testing.T) {
	// The inputs of a module may depend on its own outputs through others.
	set, diags := Read(design(`
resource "aws_vpc" "v" {}
module "far" {
  source = "example/far/aws"
  vpc_id = aws_vpc.v.id
  groups = [aws_security_group.g.arn]
}
resource "aws_security_group" "g" { name = module.far.name }
`), Options{})
	want := []resource.Missing{{
		ID: "module.far", Source: "example/far/aws", Why: "its source is not in .terraform/modules",
		Inputs: []resource.Reference{{ID: "aws_security_group.g", Attr: "arn"}, {ID: "aws_vpc.v", Attr: "id"}},
		Place:  ref.Place{File: "main.tf", Line: 3},
	}}
	if diff := cmp.Diff(want, set.Missing); diff != "" || len(diags) != 1 {
		t.Errorf("want -, got +:\n%s%v", diff, diags)
	}
}

// TestCorpusReads reads other people's configurations: each must be read in
// seconds and give the same twice.
func TestCorpusReads(t *testing.T) {
	base := os.Getenv("MURALLA_CORPUS")
	if base == "" {
		base = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	stacks, err := filepath.Glob(filepath.Join(base, "iac", "terraform", "*"))
	if err != nil || len(stacks) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpus is not at %s; set MURALLA_CORPUS", base)
		}
		fmt.Printf("not run: %s needs the corpus of other people's designs (set MURALLA_CORPUS)\n", t.Name())
		return
	}
	roots, resources := 0, 0
	for _, stack := range stacks {
		b, err := OpenBoundary(stack)
		if err != nil {
			t.Error(err)
			continue
		}
		dirs, _ := Roots(b, ".")
		for i, dir := range dirs {
			start := time.Now()
			set, diags := Read(b, Options{Dir: dir})
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s: root %d took %v", filepath.Base(stack), i, took)
			}
			roots, resources = roots+1, resources+len(set.Resources)
			if i%10 != 0 {
				continue
			}
			again, more := Read(b, Options{Dir: dir})
			if briefs(set) != briefs(again) || said(diags) != said(more) {
				t.Errorf("%s: two readings of root %d differ", filepath.Base(stack), i)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if resources < 10*roots {
		t.Errorf("%d roots give only %d resources", roots, resources)
	}
}

// A project of some 2,000 lines: modules for services over a network.
func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	text.WriteString("variable \"vpc_id\" { type = string }\nresource \"aws_subnet\" \"s\" { count = 3 }\n")
	for i := range 60 {
		fmt.Fprintf(&text, `
module "service%d" {
  source  = "./service"
  name    = "service%d"
  vpc_id  = var.vpc_id
  subnets = aws_subnet.s[*].id
  ports   = { http = 80, admin = %d }
}
`, i, i, 8000+i)
	}
	text.WriteString("-- service/main.tf --\nvariable \"name\" {}\nvariable \"vpc_id\" { type = string }\nvariable \"subnets\" { type = list(string) }\nvariable \"ports\" { type = map(number) }\n")
	for i := range 60 {
		fmt.Fprintf(&text, `
resource "aws_security_group" "g%d" {
  name   = "${var.name}-%d"
  vpc_id = var.vpc_id
  dynamic "ingress" {
    for_each = var.ports
    content {
      description     = upper(ingress.key)
      from_port       = ingress.value
      to_port         = ingress.value
      protocol        = "tcp"
      security_groups = %d > 0 ? [aws_security_group.g%d.id] : []
    }
  }
  tags = merge({ Name = var.name }, { Index = "%d" })
}
resource "aws_ecs_service" "s%d" {
  name = format("%%s-%%d", var.name, %d)
  network_configuration {
    subnets         = var.subnets
    security_groups = concat([aws_security_group.g%d.id], [])
  }
}
`, i, i, i, max(i-1, 0), i, i, i, i)
	}
	files := design(text.String())
	b.ReportAllocs()
	for b.Loop() {
		set, _ := Read(files, Options{})
		if len(set.Resources) != 60*120+3 {
			b.Fatalf("%d resources", len(set.Resources))
		}
	}
}
