package hcl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rootsOf reads the directories of a design as the roots of one estate.
func rootsOf(files string, dirs ...string) string {
	var roots []Root
	for _, d := range dirs {
		roots = append(roots, Root{Files: design(files), At: "/repo", Options: Options{Dir: d, From: ".", Prefix: d}})
	}
	sets, diags := ReadRoots(roots)
	var out strings.Builder
	for _, set := range sets {
		out.WriteString(briefs(set))
	}
	for _, d := range diags {
		fmt.Fprintf(&out, "%s\n", d.Summary)
	}
	return out.String()
}

func TestReadRoots(t *testing.T) {
	const app = `
-- app/main.tf --
data "terraform_remote_state" "net" {
  backend = "s3"
  config = {
    bucket = "states"
    key    = "net/terraform.tfstate"
    region = "eu-west-1"
  }
  defaults = { port = 80, zone = "none" }
}
data "aws_ssm_parameter" "group" { name = "/net/group" }
resource "x" "y" {
  groups = concat([data.aws_ssm_parameter.group.value], data.terraform_remote_state.net.outputs.groups)
  port   = data.terraform_remote_state.net.outputs.port
  zone   = data.terraform_remote_state.net.outputs.zone
}
`
	const net = `
-- net/main.tf --
terraform {
  backend "s3" {
    bucket = "states"
    key    = "net/terraform.tfstate"
  }
}
resource "aws_security_group" "a" { count = 2 }
resource "aws_ssm_parameter" "g" {
  name  = "/net/group"
  type  = "String"
  value = aws_security_group.a[1].id
}
output "groups" { value = aws_security_group.a[*].id }
output "port" { value = 8080 }
`
	const known = `app/x.y groups = [<net/aws_security_group.a[1]#id> <net/aws_security_group.a[0]#id> <net/aws_security_group.a[1]#id>]
app/x.y port = 8080
app/x.y zone = none
`
	for _, tc := range []struct {
		what, files string
		dirs        []string
		has         []string
		hasNot      string
	}{
		{"a state and a parameter of another root", net + app, []string{"net", "app"}, []string{known}, "#outputs"},
		{"in any order", net + app, []string{"app", "net"}, []string{known}, ""},
		{"nobody keeps that state", app, []string{"app"}, []string{"app/x.y port = <app/data.terraform_remote_state.net#outputs.port>"}, "8080"},
		{"another bucket", strings.Replace(net, `bucket = "states"`, `bucket = "other"`, 1) + app, []string{"net", "app"}, []string{"#outputs.port>", "<net/aws_security_group.a[1]#id>"}, "8080"},
		{"a bucket that is given elsewhere", strings.Replace(net, `    bucket = "states"`, "", 1) + app, []string{"net", "app"}, []string{known}, ""},
		{"a key that is given elsewhere", strings.Replace(net, `    key    = "net/terraform.tfstate"`, "", 1) + app, []string{"net", "app"}, []string{"#outputs.port>"}, "8080"},
		{"another workspace", net + strings.Replace(app, `  backend = "s3"`, "  backend = \"s3\"\n  workspace = \"prod\"", 1), []string{"net", "app"}, []string{"#outputs.port>"}, "8080"},
		{"two roots with one state", net + strings.ReplaceAll(net, "-- net/", "-- net2/") + app, []string{"net", "net2", "app"}, []string{"#outputs.port>", "<app/data.aws_ssm_parameter.group#value>"}, "8080"},
		{"a parameter that may not exist", strings.Replace(net, `  name  = "/net/group"`, "  name = \"/net/group\"\n  count = var.on ? 1 : 0", 1) + "variable \"on\" {}\n" + app, []string{"net", "app"}, []string{"<app/data.aws_ssm_parameter.group#value>", "port = 8080"}, ""},
	} {
		got := rootsOf(tc.files, tc.dirs...)
		for _, want := range tc.has {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got\n%s\nwithout %s", tc.what, got, want)
			}
		}
		if tc.hasNot != "" && strings.Contains(got, tc.hasNot) {
			t.Errorf("%s: got\n%s\nwith %s", tc.what, got, tc.hasNot)
		}
	}
}

// Values go over several roots, also against their order, and a circle of roots
// has an end.
func TestReadRootsInChains(t *testing.T) {
	files := ""
	var dirs []string
	for i := range 5 {
		// Each root reads the one behind it, by the file that is its state.
		value := fmt.Sprintf("data.terraform_remote_state.next.outputs.v + %d", i)
		data := fmt.Sprintf("data \"terraform_remote_state\" \"next\" {\n  backend = \"local\"\n  config  = { path = \"../r%d/terraform.tfstate\" }\n}\n", i+1)
		if i == 4 {
			value, data = "100", ""
		}
		files += fmt.Sprintf("-- r%d/main.tf --\n%soutput \"v\" { value = %s }\nresource \"x\" \"y\" { v = %s }\n", i, data, value, value)
		dirs = append(dirs, fmt.Sprintf("r%d", i))
	}
	want := "r0/x.y v = 106\nr1/x.y v = 106\nr2/x.y v = 105\nr3/x.y v = 103\nr4/x.y v = 100\n"
	if got := rootsOf(files, dirs...); !strings.Contains(strings.ReplaceAll(linesWith(got, "x.y"), "\n\n", "\n"), want) {
		t.Error(cmp.Diff(want, linesWith(got, "x.y")))
	}
	circle := ""
	for i := range 3 {
		circle += fmt.Sprintf("-- r%d/main.tf --\ndata \"terraform_remote_state\" \"next\" {\n  backend = \"local\"\n  config  = { path = \"../r%d/terraform.tfstate\" }\n  defaults = { v = [] }\n}\noutput \"v\" { value = concat(data.terraform_remote_state.next.outputs.v, [%d]) }\nresource \"x\" \"y\" { v = data.terraform_remote_state.next.outputs.v }\n", i, (i+1)%3, i)
	}
	got := rootsOf(circle, "r0", "r1", "r2")
	if strings.Contains(got, "v = [") || !strings.Contains(got, "roots read each other in a circle") {
		t.Errorf("a circle: %s", got)
	}
}

func linesWith(text, with string) string {
	var out strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		if strings.Contains(line, with) {
			out.WriteString(line)
		}
	}
	return out.String()
}
