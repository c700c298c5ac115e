package estate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// terragrunt is a repository in which a service gets its group and subnet from
// another root module. Files begin behind a line "-- NAME --".
const terragrunt = `
-- modules/network/main.tf --
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "p" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_security_group" "app" { vpc_id = aws_vpc.v.id }
output "group" { value = aws_security_group.app.id }
output "subnets" { value = [aws_subnet.p.id] }
-- modules/network/variant/main.tf --
resource "aws_vpc" "variant" { cidr_block = "10.9.0.0/16" }
-- modules/app/main.tf --
variable "group" { type = string }
variable "subnets" { type = list(string) }
resource "aws_ecs_cluster" "c" { name = "c" }
resource "aws_ecs_task_definition" "t" {
  family                   = "t"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  container_definitions    = jsonencode([{ name = "c", image = "i" }])
}
resource "aws_ecs_service" "s" {
  name            = "s"
  cluster         = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.t.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = var.subnets
    security_groups = [var.group]
  }
}
-- live/network/terragrunt.hcl --
terraform { source = "../../modules//network" }
-- live/app/terragrunt.hcl --
terraform { source = "../../modules//app" }
dependency "network" { config_path = "../network" }
inputs = { group = dependency.network.outputs.group, subnets = dependency.network.outputs.subnets }
-- alone/main.tf --
resource "aws_vpc" "alone" { cidr_block = "10.1.0.0/16" }
`

// unpack writes files below a directory and returns it.
func unpack(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]string{}
	name := ""
	for line := range strings.Lines(text) {
		if inner, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok {
			name = strings.TrimSuffix(inner, " --")
			continue
		}
		files[name] = append(files[name], line)
	}
	for name, lines := range files {
		if name == "" {
			continue
		}
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestUnitsAndRoots(t *testing.T) {
	dir := unpack(t, terragrunt)
	for _, tc := range []struct {
		name, path string
		vpcs       []ref.ID
		group      ref.ID // of the one workload, or "" if there is none
	}{
		{"whole repository", ".", []ref.ID{"alone/aws_vpc.alone", "live/network/aws_vpc.v"}, "live/network/aws_security_group.app"},
		{"units only", "live", []ref.ID{"network/aws_vpc.v"}, "network/aws_security_group.app"},
		{"one unit and what it needs", "live/app", []ref.ID{"../network/aws_vpc.v"}, "../network/aws_security_group.app"},
		{"plain roots below", "modules", []ref.ID{"network/aws_vpc.v", "network/variant/aws_vpc.variant"}, "app/var.group"},
		{"one plain root", "modules/network", []ref.ID{"aws_vpc.v"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, diags, err := Open([]string{filepath.Join(dir, tc.path)}, Options{Root: dir})
			if err != nil {
				t.Fatal(err)
			}
			var vpcs []ref.ID
			for _, v := range e.Snapshot.VPCs {
				if !v.Elsewhere {
					vpcs = append(vpcs, v.ID)
				}
			}
			slices.Sort(vpcs)
			if diff := cmp.Diff(tc.vpcs, vpcs); diff != "" {
				t.Errorf("VPCs, want -, got +:\n%s%v", diff, diags)
			}
			var groups []ref.ID
			for _, w := range e.Snapshot.Workloads {
				if ep := e.Snapshot.Endpoint(w.ID); ep != nil {
					for _, g := range ep.Groups.List {
						groups = append(groups, g.ID)
					}
				}
			}
			if tc.group == "" && len(groups) > 0 || tc.group != "" && !slices.Equal(groups, []ref.ID{tc.group}) {
				t.Errorf("the workload has the groups %v, not %q", groups, tc.group)
			}
			for _, d := range diags {
				if d.Level != diag.Note {
					t.Errorf("%v: %s", d.Place, d.Detail)
				}
			}
			if tc.path == "." && !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Summary == "directory not read alone" }) {
				t.Error("a folder in a deployed module is left out in silence")
			}
		})
	}
}

// Paths are one estate: what two of them need is there once, and of one name.
func TestUnitsOfSeveralPaths(t *testing.T) {
	dir := unpack(t, terragrunt)
	t.Chdir(dir)
	e, diags, err := Open([]string{"live/app", "live/network"}, Options{Root: "."})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	var groups []ref.ID
	for _, g := range e.Snapshot.SecurityGroups {
		if !g.Default {
			groups = append(groups, g.ID)
		}
	}
	if diff := cmp.Diff([]ref.ID{"network/aws_security_group.app"}, groups); diff != "" {
		t.Errorf("groups, want -, got +:\n%s", diff)
	}
	if w := e.Snapshot.Workloads; len(w) != 1 || w[0].ID != "app/aws_ecs_service.s" {
		t.Errorf("workloads %v", ids(w))
	}
}

func ids(list []topo.Workload) []ref.ID {
	var out []ref.ID
	for _, w := range list {
		out = append(out, w.ID)
	}
	return out
}
