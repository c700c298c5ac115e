package estate

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
)

// twoRoots is a network, and a service that finds it by the state and by
// parameters.
const twoRoots = `
-- network/main.tf --
terraform {
  backend "s3" {
    bucket = "states"
    key    = "network.tfstate"
  }
}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_internet_gateway" "i" { vpc_id = aws_vpc.v.id }
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.v.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.i.id
  }
}
resource "aws_subnet" "public" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}
resource "aws_ssm_parameter" "subnets" {
  name  = "/network/subnets"
  type  = "StringList"
  value = join(",", [aws_subnet.public.id])
}
output "vpc_id" { value = aws_vpc.v.id }
-- app/main.tf --
data "terraform_remote_state" "network" {
  backend = "s3"
  config = {
    bucket = "states"
    key    = "network.tfstate"
  }
}
data "aws_ssm_parameter" "subnets" { name = "/network/subnets" }
resource "aws_security_group" "app" {
  vpc_id = data.terraform_remote_state.network.outputs.vpc_id
  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_ecs_cluster" "c" { name = "c" }
resource "aws_ecs_task_definition" "t" {
  family                   = "t"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions    = jsonencode([{ name = "c", image = "i", portMappings = [{ containerPort = 80 }] }])
}
resource "aws_ecs_service" "s" {
  name            = "s"
  cluster         = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.t.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets          = split(",", data.aws_ssm_parameter.subnets.value)
    security_groups  = [aws_security_group.app.id]
    assign_public_ip = true
  }
}
`

// What one root cannot tell, both together do.
func TestRootsReadEachOther(t *testing.T) {
	dir := unpack(t, twoRoots)
	verdict := func(paths ...string) (finding.Verdict, ref.ID) {
		for i := range paths {
			paths[i] = filepath.Join(dir, paths[i])
		}
		e, diags, err := Open(paths, Options{Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range diags {
			t.Errorf("%v: %s", d.Place, d.Detail)
		}
		for _, f := range check.Run(e.Snapshot, intent.Intent{}, check.Options{}).Findings {
			if f.Recommendation == "exposure" && strings.HasSuffix(string(f.Resource), "aws_ecs_service.s") {
				return f.Verdict, f.Resource
			}
		}
		t.Fatal("nothing is said of the service")
		return 0, ""
	}
	if v, id := verdict("app"); v != finding.Undecided {
		t.Errorf("alone, %s %s", id, v)
	}
	for _, paths := range [][]string{{"network", "app"}, {"app", "network"}, {"."}} {
		if v, id := verdict(paths...); v != finding.Violates {
			t.Errorf("of %v, %s %s", paths, id, v)
		}
	}
}
