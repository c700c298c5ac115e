package inventory_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/inventory"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive/describe"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

const design = `
provider "aws" { region = "eu-west-1" }
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "a" {
  count      = 2
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.${count.index}.0/24"
}
module "far" {
  source = "someone/far/aws"
  vpc_id = aws_vpc.main.id
}
`

// some are the counts that are not zero.
func some(list []inventory.Count) map[string]int {
	out := map[string]int{}
	for _, c := range list {
		if c.N > 0 {
			out[c.What] = c.N
		}
	}
	return out
}

func TestDesign(t *testing.T) {
	set, diags := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(design)}}, hcl.Options{})
	s, _ := assemble.Snapshot(assemble.Options{}, set)
	v := inventory.Of([]resource.Set{set}, s, diags)
	if d := cmp.Diff([]inventory.Input{{Kind: "terraform", Files: 1, Lines: 12, Resources: 3}}, v.Inputs); d != "" {
		t.Errorf("inputs: want -, got +:\n%s", d)
	}
	// Each VPC has a network ACL and a main route table, whether they are written or not.
	if got := some(v.Things); got["VPC"] != 1 || got["subnet"] != 2 || got["service"] != 0 {
		t.Errorf("things: %v", got)
	}
	if d := cmp.Diff([]inventory.Count{{What: "aws_subnet", N: 2}, {What: "aws_vpc", N: 1}}, v.Types); d != "" {
		t.Errorf("types: want -, got +:\n%s", d)
	}
	if d := cmp.Diff([]string{"eu-west-1"}, v.Regions); d != "" || len(v.Accounts) != 0 {
		t.Errorf("Regions: want -, got +:\n%s\naccounts %v", d, v.Accounts)
	}
	if len(v.Missing) != 1 || v.Missing[0].What != "module someone/far/aws" || v.Missing[0].N != 1 || v.Missing[0].First != (ref.Place{File: "main.tf", Line: 9}) {
		t.Errorf("missing: %+v", v.Missing)
	}
	if v.Warnings+v.Errors == 0 {
		t.Errorf("nothing is said about the module: %+v", diags)
	}
}

func TestAnswers(t *testing.T) {
	set, diags := describe.Read([]describe.File{
		{Name: "vpcs.json", Data: []byte(`{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "OwnerId": "111122223333"}]}`)},
		{Name: "services.json", Data: []byte(`{"services": [{"serviceArn": "arn:aws:ecs:eu-west-1:444455556666:service/c/s", "serviceName": "s", "status": "ACTIVE", "taskDefinition": "f:1"}]}`)},
	})
	s, _ := assemble.Snapshot(assemble.Options{}, set)
	v := inventory.Of([]resource.Set{set}, s, diags)
	if d := cmp.Diff([]string{"111122223333", "444455556666"}, v.Accounts); d != "" {
		t.Errorf("accounts: want -, got +:\n%s", d)
	}
	missing := map[string]bool{}
	for _, m := range v.Missing {
		missing[m.What] = true
	}
	if !missing["DescribeFlowLogs"] {
		t.Errorf("missing: %+v", v.Missing)
	}
}

func TestEmpty(t *testing.T) {
	s, _ := assemble.Snapshot(assemble.Options{})
	v := inventory.Of(nil, s, diag.List{{Level: diag.Error}, {Level: diag.Note}})
	if got := some(v.Things); len(got) != 0 || len(v.Inputs)+len(v.Types)+len(v.Missing) != 0 || v.Errors != 1 || v.Warnings != 0 {
		t.Errorf("%+v", v)
	}
}
