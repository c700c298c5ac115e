package json_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/inventory"
	"github.com/muralla-net/muralla/internal/render/json"
)

func TestInventoryAndSchemaAgree(t *testing.T) {
	text, err := os.ReadFile("../../../docs/schema/inventory-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s := schema{decode(t, text).(map[string]any), map[string]bool{}}
	full := inventory.Inventory{
		Inputs: []inventory.Input{{Kind: "plan", Files: 1, Lines: 2, Resources: 3}}, Things: []inventory.Count{{What: "VPC", N: 1}}, Types: []inventory.Count{{What: "aws_vpc", N: 1}},
		Regions: []string{"eu-west-1"}, Accounts: []string{"111122223333"}, Missing: []inventory.Missing{{What: "module a", Why: "it is not here", N: 2, First: at("main.tf", 7)}},
		NotModelled: 4, Remarks: 5,
	}
	for name, v := range map[string]inventory.Inventory{"full": full, "empty": {}} {
		var out bytes.Buffer
		if err := json.WriteInventory(&out, v, diag.List{{Level: diag.Warning, Summary: "module not here", Place: at("main.tf", 7)}}); err != nil {
			t.Fatal(err)
		}
		if err := s.check(name, s.root, decode(t, out.Bytes())); err != nil {
			t.Error(err)
		}
	}
	for name, break_ := range map[string]func(map[string]any){
		"a key too few": func(d map[string]any) { delete(d, "missing") },
		"null":          func(d map[string]any) { d["types"] = nil },
	} {
		var out bytes.Buffer
		if err := json.WriteInventory(&out, full, nil); err != nil {
			t.Fatal(err)
		}
		d := decode(t, out.Bytes()).(map[string]any)
		break_(d)
		if s.check(name, s.root, d) == nil {
			t.Errorf("the schema takes %s", name)
		}
	}
	full.Inputs = nil
	if err := json.WriteInventory(broken{}, full, nil); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("the error of the writer is %v", err)
	}
}
