package document_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/document"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// of is the policies of all VPC endpoints of Terraform text, by name.
func of(t *testing.T, source string) map[string]topo.Policy {
	t.Helper()
	set, diags := hcl.Read(fstest.MapFS{"main.tf": &fstest.MapFile{Data: []byte(source)}}, hcl.Options{})
	for _, d := range diags {
		t.Logf("%s: %s: %s", d.Place, d.Summary, d.Detail)
	}
	d := design.New(set)
	out := map[string]topo.Policy{}
	for _, r := range d.Of("aws_vpc_endpoint") {
		out[r.Name] = document.Of(d, r.Get("policy"), r.Place)
	}
	return out
}

func TestOf(t *testing.T) {
	got := of(t, `
variable "who" {}
variable "more" { type = bool }
variable "secret" {
  sensitive = true
  default   = "hush"
}
data "aws_caller_identity" "me" {}
resource "aws_iam_role" "exec" {
  for_each = toset(["a"])
  name     = "exec-${each.key}"
}
resource "aws_vpc_endpoint" "none" {}
resource "aws_vpc_endpoint" "text" { policy = "{\"Statement\": [],}" }
resource "aws_vpc_endpoint" "refs" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = ["ecr:*"], Resource = "*", Principal = {
    AWS = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root", aws_iam_role.exec["a"].arn, var.who] } }] })
}
resource "aws_vpc_endpoint" "hush" { policy = jsonencode({ Statement = [], Id = var.secret }) }
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "A"
    actions   = ["ecr:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
  dynamic "statement" {
    for_each = var.more ? [1] : []
    content {
      actions   = ["ecr:PutImage"]
      resources = ["*"]
    }
  }
}
data "aws_iam_policy_document" "merged" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    sid       = "B"
    effect    = "Deny"
    actions   = ["ecr:PutImage"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [data.aws_caller_identity.me.account_id]
    }
  }
  override_policy_documents = ["{\"Statement\":{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Action\":\"ecs:*\",\"Resource\":\"*\"}}"]
}
resource "aws_vpc_endpoint" "merged" { policy = data.aws_iam_policy_document.merged.json }
resource "aws_vpc_endpoint" "var" { policy = var.who }
`)
	want := map[string]string{
		"none":   ``,
		"text":   `{"Statement": [],}`,
		"refs":   `{"Statement":[{"Action":["ecr:*"],"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root","${aws_iam_role.exec[\"a\"].arn}","${var.who}"]},"Resource":"*"}]}`,
		"hush":   ``,
		"merged": `{"Statement":[{"Action":"ecs:*","Effect":"Allow","Resource":"*","Sid":"A"},"${unknown 1}",{"Action":["ecr:PutImage"],"Condition":{"StringEquals":{"aws:PrincipalAccount":["${data.aws_caller_identity.me.account_id}"]}},"Effect":"Deny","Resource":["*"],"Sid":"B"}],"Version":"2012-10-17"}`,
		"var":    ``,
	}
	texts := map[string]string{}
	for name, p := range got {
		texts[name] = p.Text
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
	kinds := map[string]topo.PolicyKind{"none": topo.PolicyDefault, "text": topo.PolicyDocument, "refs": topo.PolicyDocument, "hush": topo.PolicyUnknown, "merged": topo.PolicyDocument, "var": topo.PolicyUnknown}
	for name, kind := range kinds {
		if got[name].Kind != kind {
			t.Errorf("%s: kind %v, want %v (%s)", name, got[name].Kind, kind, got[name].Why)
		}
	}
	type hole struct {
		text  string
		shape policy.Shape
		sure  bool
	}
	var holes []hole
	for _, h := range got["refs"].Holes {
		holes = append(holes, hole{h.Text, h.Shape, h.Sure})
	}
	if diff := cmp.Diff([]hole{{"${data.aws_caller_identity.me.account_id}", policy.ShapeOwnAccount, true},
		{`${aws_iam_role.exec["a"].arn}`, policy.ShapeFixed, true}, {"${var.who}", policy.ShapeAny, true}}, holes, cmp.AllowUnexported(hole{})); diff != "" {
		t.Error(diff)
	}
	if why := got["var"].Why; !strings.Contains(why, "var.who") {
		t.Errorf("the reason does not name the variable: %s", why)
	}
	for _, p := range got {
		if strings.Contains(p.Text+p.Why, "hush") {
			t.Error("a sensitive value is printed")
		}
	}
}

// A literal text that looks like a hole makes the hole unsure.
func TestForgedHole(t *testing.T) {
	v := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{
		"Id":        {Kind: resource.String, Text: "${var.x}"},
		"Statement": {Kind: resource.Ref, Ref: resource.Reference{ID: "var.x"}},
	}}
	p := document.Of(design.New(), v, ref.Place{})
	if len(p.Holes) != 1 || p.Holes[0].Sure {
		t.Errorf("holes: %+v", p.Holes)
	}
}
