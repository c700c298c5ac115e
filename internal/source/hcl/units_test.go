package hcl

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
)

// estateOf reads all units of a design. What is missing is written behind the
// resources, one a line, with what it is given.
func estateOf(files string, opts Options) (string, diag.List) {
	fsys := design(files)
	units, diags := Units(fsys, opts.From)
	sets, more := ReadUnits(fsys, units, opts)
	var out strings.Builder
	for _, set := range sets {
		out.WriteString(briefs(set))
		for _, m := range set.Missing {
			fmt.Fprintf(&out, "missing %s: %s", m.ID, m.Why)
			for _, r := range m.Inputs {
				fmt.Fprintf(&out, " <%s#%s>", r.ID, r.Attr)
			}
			out.WriteString("\n")
		}
	}
	return out.String(), append(diags, more...).Sorted()
}

// network and app are two root modules and the unit of the first.
const network = `
-- mod/network/main.tf --
resource "aws_security_group" "app" {}
resource "aws_subnet" "p" { count = 2 }
output "sg" { value = aws_security_group.app.id }
output "subnets" { value = aws_subnet.p[*].id }
output "by_name" { value = { app = aws_security_group.app.id } }
output "port" { value = 8080 }
-- mod/app/main.tf --
variable "sg" { type = string }
variable "subnets" { type = list(string) }
variable "groups" {
  type    = map(string)
  default = {}
}
variable "port" {
  type    = number
  default = 1
}
resource "aws_ecs_service" "s" {
  sg      = var.sg
  subnets = var.subnets
  named   = lookup(var.groups, "app", "none")
  port    = var.port
}
-- live/network/terragrunt.hcl --
terraform { source = "../../mod//network" }
`

const networkIs = `
live/network/aws_security_group.app
live/network/aws_subnet.p[0]
live/network/aws_subnet.p[1]
`

func TestUnits(t *testing.T) {
	for _, tc := range []struct {
		name, files string
		opts        Options
		want, said  string
	}{
		{name: "outputs of a dependency reach the other root", files: network + `
-- live/app/terragrunt.hcl --
terraform { source = "${get_repo_root()}/mod//app" }
dependency "net" {
  config_path  = "../network"
  mock_outputs = { sg = "sg-mock", subnets = ["subnet-mock"] }
}
inputs = {
  sg      = dependency.net.outputs.sg
  subnets = dependency.net.outputs.subnets
  groups  = dependency.net.outputs.by_name
  port    = dependency.net.outputs.port
  unused  = 1
}
`, want: `
live/app/aws_ecs_service.s named = <live/network/aws_security_group.app#id>
live/app/aws_ecs_service.s port = 8080
live/app/aws_ecs_service.s sg = <live/network/aws_security_group.app#id>
live/app/aws_ecs_service.s subnets = [<live/network/aws_subnet.p[0]#id> <live/network/aws_subnet.p[1]#id>]
` + networkIs},
		{name: "names are relative to where reading begins, dependencies outside are read", files: network + `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod//app" }
dependency "net" { config_path = "../network" }
inputs = { sg = dependency.net.outputs.sg, subnets = [] }
`, opts: Options{From: "live/app"}, want: `
aws_ecs_service.s named = none
aws_ecs_service.s port = 1
aws_ecs_service.s sg = <../network/aws_security_group.app#id>
aws_ecs_service.s subnets = []
../network/aws_security_group.app
../network/aws_subnet.p[0]
../network/aws_subnet.p[1]
`},
		{name: "values of the user win over inputs, texts are read as expressions", files: network + `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
inputs = { sg = "a", subnets = "[\"${get_env("SUBNET", "x")}\", \"y\"]", port = "7" }
`, opts: Options{Vars: map[string]string{"sg": "b", "none": "c"}}, want: `
live/app/aws_ecs_service.s named = none
live/app/aws_ecs_service.s port = 7
live/app/aws_ecs_service.s sg = b
live/app/aws_ecs_service.s subnets = [x y]
` + networkIs, said: "warning : variable not declared"},
		{name: "include with a shallow merge, exposed locals and paths", files: `
-- root.hcl --
locals {
  region = "eu-west-1"
  env    = read_terragrunt_config(find_in_parent_folders("env.hcl"))
}
inputs = {
  a    = "root"
  b    = { x = 1 }
  key  = "${path_relative_to_include()}/state"
  name = local.env.locals.name
}
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite"
  contents  = <<-EOF
    provider "aws" { region = "${local.region}" }
    resource "made" "x" { account = "${get_aws_account_id()}" }
  EOF
}
-- prod/env.hcl --
locals { name = "prod" }
-- prod/app/terragrunt.hcl --
include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}
inputs = {
  b = { y = include.root.locals.region }
  c = "${get_parent_terragrunt_dir("root")}|${path_relative_from_include("root")}|${get_path_from_repo_root()}"
}
-- prod/app/main.tf --
variable "a" {}
variable "b" {}
variable "c" {}
variable "key" {}
variable "name" {}
resource "r" "r" {
  a    = var.a
  b    = var.b
  c    = var.c
  key  = var.key
  name = var.name
}
data "aws_region" "here" {}
`, want: `
prod/app/data.aws_region.here id = eu-west-1
prod/app/data.aws_region.here name = eu-west-1
prod/app/data.aws_region.here region = eu-west-1
prod/app/made.x account = <prod/app/data.aws_caller_identity.terragrunt#account_id>
prod/app/r.r a = root
prod/app/r.r b = {y=eu-west-1}
prod/app/r.r c = /.muralla|../..|prod/app
prod/app/r.r key = prod/app/state
prod/app/r.r name = prod
`},
		{name: "include with a deep merge, and source and dependency from the included file", files: network + `
-- common.hcl --
terraform { source = "../../mod/app" }
dependency "net" { config_path = "../network" }
inputs = {
  sg      = dependency.net.outputs.sg
  subnets = ["a"]
  groups  = { app = "root", x = "y" }
  port    = 5
}
-- live/app/terragrunt.hcl --
include {
  path           = "${get_terragrunt_dir()}/../../common.hcl"
  merge_strategy = "deep"
}
inputs = { subnets = ["b"], groups = { app = "child" }, port = 0 }
`, want: `
live/app/aws_ecs_service.s named = child
live/app/aws_ecs_service.s port = ?(a deep merge with an empty value depends on the version of Terragrunt)
live/app/aws_ecs_service.s sg = <live/network/aws_security_group.app#id>
live/app/aws_ecs_service.s subnets = [a b]
` + networkIs},
		{name: "what is not known stays so", files: network + `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
locals { extra = run_cmd("echo", "x") }
inputs = merge({ sg = get_env("GROUP"), port = 3 }, local.extra, { subnets = ["a-${get_env("ZONE")}"] })
`, want: `
live/app/aws_ecs_service.s named = ?(run_cmd runs a command, so that its result is not known)
live/app/aws_ecs_service.s port = ?(run_cmd runs a command, so that its result is not known)
live/app/aws_ecs_service.s sg = ?(run_cmd runs a command, so that its result is not known)
live/app/aws_ecs_service.s subnets = [a-?(the environment variable ZONE is not read)]
` + networkIs},
		{name: "generated files replace others and those not known are missing", files: `
-- app/terragrunt.hcl --
terraform { source = "../mod" }
generate "a" {
  path     = "a.tf"
  contents = file("../variants/a.tf")
}
generate "b" {
  path      = "b.tf"
  if_exists = "skip"
  contents  = "resource \"never\" \"x\" {}"
}
generate "c" {
  path     = "c.tf"
  contents = run_cmd("make")
}
generate "d" {
  path     = "d.tf"
  disable  = true
  contents = "resource \"never\" \"y\" {}"
}
inputs = { sg = get_aws_account_id() }
-- mod/a.tf --
resource "old" "x" {}
-- mod/b.tf --
resource "kept" "x" {}
-- variants/a.tf --
resource "new" "x" { v = }
`, want: `
app/kept.x
app/new.x v = ?(it is known only after apply)
missing app/generate.c: run_cmd runs a command, so that its result is not known <app/data.aws_caller_identity.terragrunt#account_id> <app/kept.x#id> <app/new.x#id>
`, said: "warning app/terragrunt.hcl:13: generated file not known\nerror variants/a.tf:1: syntax error"},
		{name: "files of extra arguments give values", files: network + `
-- live/app/terragrunt.hcl --
terraform {
  source = "../../mod/app"
  extra_arguments "v" {
    commands           = ["plan"]
    required_var_files = ["${get_terragrunt_dir()}/../common.tfvars"]
    optional_var_files = ["${get_terragrunt_dir()}/none.tfvars"]
  }
}
inputs = { sg = "from inputs", subnets = ["a"] }
-- live/common.tfvars --
sg = "from file"
`, want: `
live/app/aws_ecs_service.s named = none
live/app/aws_ecs_service.s port = 1
live/app/aws_ecs_service.s sg = from file
live/app/aws_ecs_service.s subnets = [a]
` + networkIs},
		{name: "files beside a unit are copied into its root module", files: network + `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
inputs = { sg = "from inputs", subnets = ["a"] }
-- live/app/extra.tf --
resource "r" "extra" { a = var.sg }
-- live/app/terraform.tfvars --
sg   = "plain"
port = 2
-- live/app/a.auto.tfvars --
sg = "auto"
`, want: `
live/app/aws_ecs_service.s named = none
live/app/aws_ecs_service.s port = 2
live/app/aws_ecs_service.s sg = auto
live/app/aws_ecs_service.s subnets = [a]
live/app/r.extra a = auto
` + networkIs},
		{name: "all outputs as inputs, and those of a unit that is not here", files: network + `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "net" { config_path = "../network" }
inputs = merge(dependency.net.outputs, { port = 3 })
-- live/far/terragrunt.hcl --
terraform { source = "tfr:///a/b/c?version=1.0.0" }
-- live/other/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "far" { config_path = "../far" }
inputs = merge(dependency.far.outputs, { port = 3 })
`, want: `
live/app/aws_ecs_service.s named = none
live/app/aws_ecs_service.s port = 3
live/app/aws_ecs_service.s sg = <live/network/aws_security_group.app#id>
live/app/aws_ecs_service.s subnets = [<live/network/aws_subnet.p[0]#id> <live/network/aws_subnet.p[1]#id>]
missing live/far/output: its source is not a local directory
live/other/aws_ecs_service.s named = ?(live/far/output is not known here)
live/other/aws_ecs_service.s port = 3
live/other/aws_ecs_service.s sg = ?(live/far/output is not known here)
live/other/aws_ecs_service.s subnets = ?(live/far/output is not known here)
` + networkIs, said: "warning live/far/terragrunt.hcl:1: module not here"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, diags := estateOf(tc.files, tc.opts)
			// Sets are in order of directories, which begin with dots or not.
			want, have := lines(tc.want), lines(got)
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("resources, want -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(strings.TrimSpace(tc.said), strings.TrimSpace(said(diags))); diff != "" {
				t.Errorf("diagnostics, want -, got +:\n%s%v", diff, diags)
			}
		})
	}
}

func lines(s string) []string {
	out := slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return l == "" })
	slices.Sort(out)
	return out
}

// Whatever is wrong with a unit is said with its place, and the others are there.
func TestBadUnits(t *testing.T) {
	for _, tc := range []struct{ name, files, said, has string }{
		{"remote source", `
-- live/far/terragrunt.hcl --
terraform { source = "git::https://example.com/m.git//x?ref=v1" }
dependency "net" { config_path = "../network" }
inputs = { sg = dependency.net.outputs.sg }
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "far" { config_path = "../far" }
inputs = { sg = dependency.far.outputs.id, subnets = dependency.far.outputs.subnets }
`, "warning live/far/terragrunt.hcl:1: module not here",
			"live/app/aws_ecs_service.s sg = <live/far/output#id>\nmissing live/far/output: its source is not a local directory <live/network/aws_security_group.app#id>"},
		{"source that is not there", "-- live/app/terragrunt.hcl --\nterraform { source = \"../../nowhere\" }\n",
			"error live/app/terragrunt.hcl:1: module not here", "missing live/app/output: its directory does not exist"},
		{"source outside", "-- live/app/terragrunt.hcl --\nterraform { source = \"../../../../etc\" }\n",
			"error live/app/terragrunt.hcl:1: module outside of the directory that may be read", "missing live/app/output: its source is outside of the directory that may be read"},
		{"source of the machine", "-- live/app/terragrunt.hcl --\nterraform { source = \"/etc\" }\n",
			"error live/app/terragrunt.hcl:1: module outside of the directory that may be read", "missing live/app/output: its source is outside of the directory that may be read"},
		{"dependency that is not there", `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "x" { config_path = "../none" }
inputs = { sg = dependency.x.outputs.sg, subnets = dependency.x.outputs["s"] }
`, "warning live/app/terragrunt.hcl:2: dependency not here", "live/app/aws_ecs_service.s sg = <live/none/output#sg>"},
		{"dependency outside", `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "x" { config_path = "../../../../etc" }
inputs = { sg = dependency.x.outputs.sg, subnets = [] }
`, "warning live/app/terragrunt.hcl:2: dependency not here", "live/app/aws_ecs_service.s sg = <../../etc/output#sg>"},
		{"output that is not there", `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "net" { config_path = "../network" }
inputs = { sg = dependency.net.outputs.nothing, port = 4 }
`, "error live/app/terragrunt.hcl:3: expression not evaluated", "live/app/aws_ecs_service.s sg = ?(input sg could not be evaluated)\nlive/app/aws_ecs_service.s port = 4"},
		{"circle", `
-- live/a/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "b" { config_path = "../b" }
inputs = { sg = dependency.b.outputs.x, port = 4 }
-- live/b/terragrunt.hcl --
terraform { source = "../../mod/app" }
dependency "a" { config_path = "../a" }
inputs = { sg = dependency.a.outputs.x, port = 5 }
`, "error live/b/terragrunt.hcl:2: units depend on each other\nerror live/a/terragrunt.hcl:3: expression not evaluated",
			"live/a/aws_ecs_service.s port = 4\nlive/b/aws_ecs_service.s port = 5\nlive/b/aws_ecs_service.s sg = ?(live/a depends on itself)"},
		{"files that read and include each other", `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
include "self" { path = "./terragrunt.hcl" }
locals {
  a = local.b
  b = local.a
  c = read_terragrunt_config("terragrunt.hcl")
}
inputs = { sg = local.a, subnets = local.c.locals.a, port = 1 }
`, "error live/app/terragrunt.hcl:2: include in an included file\nerror live/app/terragrunt.hcl:4: reference to itself\nerror live/app/terragrunt.hcl:6: expression not evaluated", "live/app/aws_ecs_service.s port = 1"},
		{"include that is not there", `
-- live/app/terragrunt.hcl --
terraform { source = "../../mod/app" }
include "root" { path = find_in_parent_folders("none.hcl") }
inputs = { sg = "a" }
`, "error live/app/terragrunt.hcl:2: expression not evaluated\nwarning live/app/terragrunt.hcl:2: included file not here",
			"live/app/aws_ecs_service.s sg = a\nlive/app/aws_ecs_service.s port = ?(what it includes is not here)\nmissing live/app/include.root: what it includes is not here <live/app/aws_ecs_service.s#id>"},
		{"include that is not there and may have the source", `
-- live/app/terragrunt.hcl --
include {
  path           = "../../none.hcl"
  merge_strategy = "deep"
}
`, "error live/app/terragrunt.hcl:2: included file not here", "missing live/app/output: what it includes is not here"},
		{"broken file", "-- live/app/terragrunt.hcl --\nterraform { source = \"../../mod/app\" }\ninputs = {\n", "error live/app/terragrunt.hcl:3: syntax error", ""},
		{"no unit", "-- live/terragrunt.hcl --\nlocals { a = find_in_parent_folders() }\ninputs = { a = local.a }\n", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, diags := estateOf(network+tc.files, Options{})
			for _, want := range lines(networkIs + tc.has) {
				if !slices.Contains(lines(got), want) {
					t.Errorf("%q is not among\n%s", want, got)
				}
			}
			if diff := cmp.Diff(lines(tc.said), lines(said(diags))); diff != "" {
				t.Errorf("diagnostics, want -, got +:\n%s%v", diff, diags)
			}
		})
	}
}

// No password of a source is said.
func TestSourcesAreShownWithoutPasswords(t *testing.T) {
	fsys := design("-- u/terragrunt.hcl --\nterraform { source = \"git::https://me:hush@example.com/m.git//x?sshkey=hush&ref=v1\" }\n-- r/main.tf --\nmodule \"m\" { source = \"git::https://hush@example.com/m.git?ref=v1\" }\n")
	units, _ := Units(fsys, ".")
	sets, diags := ReadUnits(fsys, units, Options{})
	set, more := Read(fsys, Options{Dir: "r"})
	all := fmt.Sprint(sets, diags, set, more)
	if strings.Contains(all, "hush") || strings.Count(all, "example.com/m.git?ref=v1")+strings.Count(all, "example.com/m.git//x?ref=v1") < 4 {
		t.Error(all)
	}
}

// Many units, or units that take much work, end with one diagnostic.
func TestUnitsAreBounded(t *testing.T) {
	var files strings.Builder
	files.WriteString("-- mod/main.tf --\nvariable \"a\" {}\nresource \"r\" \"r\" { a = var.a }\noutput \"a\" { value = var.a }\n")
	for i := range maxUnits + 50 {
		fmt.Fprintf(&files, "-- u%04d/terragrunt.hcl --\nterraform { source = \"../mod\" }\ndependency \"d\" { config_path = \"../u%04d\" }\ninputs = { a = dependency.d.outputs.a }\n", i, i+1)
	}
	fsys := design(files.String())
	units, _ := Units(fsys, ".")
	if len(units) != maxUnits+50 {
		t.Fatalf("%d units", len(units))
	}
	sets, diags := ReadUnits(fsys, units, Options{})
	resources, missing := 0, 0
	for _, s := range sets {
		resources, missing = resources+len(s.Resources), missing+len(s.Missing)
	}
	if resources == 0 || resources+missing != maxUnits+50 {
		t.Errorf("%d resources and %d missing units of %d", resources, missing, maxUnits+50)
	}
	if !strings.Contains(said(diags), "units left out") {
		t.Errorf("it is not said: %s", said(diags[:min(3, len(diags))]))
	}

	heavy := design("-- mod/main.tf --\nresource \"r\" \"r\" {\n  count = 20\n  v     = [for i in range(1000) : " + strings.Repeat("(", 200) + "i" + strings.Repeat(")", 200) + "]\n}\n")
	for i := range 20 {
		heavy[fmt.Sprintf("u%02d/terragrunt.hcl", i)] = design("terraform { source = \"../mod\" }\n")["main.tf"]
	}
	units, _ = Units(heavy, ".")
	sets, diags = ReadUnits(heavy, units, Options{})
	var all resource.Set
	for _, s := range sets {
		all.Missing = append(all.Missing, s.Missing...)
	}
	if len(all.Missing) != 20-maxSpent {
		t.Errorf("%d of 20 heavy units are left out: %s%v", len(all.Missing), said(diags), diags)
	}
}

func FuzzReadUnits(f *testing.F) {
	f.Add("terraform { source = \"../network\" }\ninputs = { a = 1 }", "locals { a = get_env(\"A\", \"b\") }")
	f.Add("include \"r\" {\n path = find_in_parent_folders(\"root.hcl\")\n merge_strategy = \"deep\"\n}\nterraform { source = \"../../mod/app\" }", "inputs = { groups = { a = run_cmd() } }\ngenerate \"x\" {\n path = \"x.tf\"\n contents = \"resource \\\"a\\\" \\\"b\\\" {}\"\n}")
	f.Add("dependency \"a\" { config_path = \"../network\" }\nterraform { source = \"../../mod/app\" }\ninputs = merge(dependency.a.outputs, local.x, read_terragrunt_config(\"../root.hcl\").inputs)", "dependency \"b\" { config_path = get_terragrunt_dir() }")
	f.Fuzz(func(t *testing.T, unit, root string) {
		if len(unit)+len(root) > 2000 {
			return
		}
		files := network + "\n-- live/app/terragrunt.hcl --\n" + unit + "\n-- root.hcl --\n" + root + "\n"
		got, diags := estateOf(files, Options{})
		again, more := estateOf(files, Options{})
		if got != again || said(diags) != said(more) {
			t.Fatal("two readings differ")
		}
		if !strings.Contains(unit+root, "--") && !strings.Contains(got, "live/network/aws_security_group.app") {
			t.Fatal("a unit is lost because of another")
		}
	})
}
