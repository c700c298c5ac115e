package text_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/inventory"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/render/text"
)

func TestInventory(t *testing.T) {
	v := inventory.Inventory{
		Inputs: []inventory.Input{{Kind: "terraform", Files: 1, Lines: 1200, Resources: 3}, {Kind: "answers", Files: 1}, {Kind: "terraform", Files: 2, Lines: 1, Resources: 1}},
		Things: []inventory.Count{{What: "VPC", N: 0}, {What: "subnet", N: 2}, {What: "host", N: 0}, {What: "service", N: 1}},
		Types:  []inventory.Count{{What: "aws_vpc", N: 1}}, Regions: []string{"eu-west-1", "us-east-1"},
		Missing: []inventory.Missing{{What: "DescribeFlowLogs", Why: "no answer to it is here", N: 1}, {What: "module a/b\x1b[31m", N: 2, First: ref.Place{File: "main.tf", Line: 7}}},
	}
	for i := range 12 {
		v.Types = append(v.Types, inventory.Count{What: "aws_type_" + string(rune('a'+i)), N: 1})
	}
	var b bytes.Buffer
	if err := text.WriteInventory(&b, v, text.Options{}); err != nil {
		t.Fatal(err)
	}
	want := `  read     terraform: 4 resources in 3 files, 1,201 lines (2 roots)
           answers: 0 resources in 1 file, 0 lines
  has      0 VPCs, 2 subnets, 1 service
  where    eu-west-1, us-east-1; accounts are not known
  types    aws_vpc 1, aws_type_a 1, aws_type_b 1, aws_type_c 1, aws_type_d 1,
           aws_type_e 1, aws_type_f 1, aws_type_g 1, aws_type_h 1, aws_type_i 1,
           3 more (--all)
  missing  DescribeFlowLogs: no answer to it is here
           module a/b\x1b[31m (2 times)                                main.tf:7
  besides  0 resources not modelled, 0 remarks beside resources, 0 errors and 0
           warnings about the input
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
	for l := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(strings.TrimSuffix(l, "\n")) > 80 {
			t.Errorf("longer than 80 columns: %s", l)
		}
	}
	b.Reset()
	if err := text.WriteInventory(&b, inventory.Inventory{}, text.Options{All: true}); err != nil || !strings.Contains(b.String(), "read     nothing") || !strings.Contains(b.String(), "missing  nothing that is known of") {
		t.Errorf("of nothing, error %v:\n%s", err, b.String())
	}
}
