package hcl

import (
	"testing"
	"testing/fstest"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
)

// files makes an in-memory boundary of names and contents.
func files(content map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range content {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func read(t *testing.T, content map[string]string, opts Options) (map[string]resource.Resource, diag.List) {
	t.Helper()
	set, diags := Read(files(content), opts)
	out := map[string]resource.Resource{}
	for _, r := range set.Resources {
		out[string(r.ID)] = r
	}
	return out, diags
}

func TestReferencesSurviveModules(t *testing.T) {
	got, diags := read(t, map[string]string{
		"main.tf": `
resource "aws_security_group" "a" {
  count = 2
}
module "web" {
  source = "./web"
  groups = concat(aws_security_group.a[*].id, ["sg-1"])
}`,
		"web/main.tf": `
variable "groups" { type = list(string) }
resource "aws_ecs_service" "s" {
  network_configuration {
    security_groups = var.groups
  }
}`,
	}, Options{})
	if len(diags) > 0 {
		t.Errorf("diagnostics: %v", diags)
	}
	groups := got["module.web.aws_ecs_service.s"].Get("network_configuration", "security_groups").Items()
	if len(groups) != 3 || groups[1].Ref != (resource.Reference{ID: "aws_security_group.a[1]", Attr: "id"}) || groups[2].Text != "sg-1" {
		t.Errorf("groups are %+v", groups)
	}
}
