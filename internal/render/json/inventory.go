package json

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/inventory"
)

// InventorySchema names the form of an inventory.
const InventorySchema = "muralla.inventory/v1"

type inventoryOf struct {
	Schema      string         `json:"schema"`
	Inputs      []inputRead    `json:"inputs"`
	Things      []counted      `json:"things"`
	Types       []counted      `json:"types"`
	Regions     []string       `json:"regions"`
	Accounts    []string       `json:"accounts"`
	Missing     []missingParts `json:"missing"`
	NotModelled int            `json:"notModelled"`
	Remarks     int            `json:"remarks"`
	Diagnostics []diagnostic   `json:"diagnostics"`
}

type inputRead struct {
	Kind      string `json:"kind"`
	Files     int    `json:"files"`
	Lines     int    `json:"lines"`
	Resources int    `json:"resources"`
}

type counted struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}

type missingParts struct {
	What  string `json:"what"`
	Why   string `json:"why"`
	Count int    `json:"count"`
	First place  `json:"first"`
}

// WriteInventory writes what is in a design, in the form of
// docs/schema/inventory-v1.schema.json. The error is that of the writer.
func WriteInventory(w io.Writer, v inventory.Inventory, diags diag.List) error {
	out := inventoryOf{
		Schema: InventorySchema, Inputs: []inputRead{}, Things: countsOf(v.Things), Types: countsOf(v.Types), Regions: append([]string{}, v.Regions...),
		Accounts: append([]string{}, v.Accounts...), Missing: []missingParts{}, NotModelled: v.NotModelled, Remarks: v.Remarks, Diagnostics: []diagnostic{},
	}
	for _, in := range v.Inputs {
		out.Inputs = append(out.Inputs, inputRead(in))
	}
	for _, m := range v.Missing {
		out.Missing = append(out.Missing, missingParts{m.What, m.Why, m.N, placeOf(m.First)})
	}
	for _, d := range diags {
		out.Diagnostics = append(out.Diagnostics, diagnosticOf(d))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func countsOf(list []inventory.Count) []counted {
	out := []counted{}
	for _, c := range list {
		out = append(out, counted{c.What, c.N})
	}
	return out
}
