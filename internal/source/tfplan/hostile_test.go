package tfplan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// replaceAll calls visit with the document once for each of its values, with
// that value replaced.
func replaceAll(doc any, with func(i int) any, visit func(path string)) {
	count := 0
	var walk func(v any, path string)
	at := func(path string, child any, set func(any)) {
		set(with(count))
		count++
		visit(path)
		set(child)
		walk(child, path)
	}
	walk = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				c := v[k]
				at(path+"."+k, c, func(n any) { v[k] = n })
			}
		case []any:
			for i, c := range v {
				at(fmt.Sprintf("%s[%d]", path, i), c, func(n any) { v[i] = n })
			}
		}
	}
	walk(doc, "")
}

// A value of the wrong type anywhere costs at most what it is part of.
func TestWrongTypes(t *testing.T) {
	wrong := []any{nil, true, 1.5, "x", []any{}, map[string]any{}, []any{nil}, map[string]any{"references": []any{"x"}}}
	for _, name := range []string{"plan.json", "state.json", "terraform.tfstate"} {
		var doc any
		if err := json.Unmarshal(file(t, name), &doc); err != nil {
			t.Fatal(err)
		}
		whole, _ := Read(name, file(t, name), Options{})
		complaints, runs := 0, 0
		replaceAll(doc, func(i int) any { return wrong[i%len(wrong)] }, func(path string) {
			data, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			set, diags := Read(name, data, Options{})
			runs++
			if len(diags) > 1 {
				complaints++
			}
			// What is cut at the top may take everything with it.
			if strings.Count(path, ".") > 3 && len(set.Resources) < len(whole.Resources)-4 && !strings.Contains(path, "child_modules") {
				t.Errorf("%s: %s costs %d resources: %v", name, path, len(whole.Resources)-len(set.Resources), diags)
			}
		})
		if runs < 300 || complaints == 0 && name == "plan.json" {
			t.Errorf("%s: only %d values replaced, %d complained of", name, runs, complaints)
		}
	}
}

func TestWrongTypesAreNamed(t *testing.T) {
	const in = `{"format_version":"3.0","errored":true,
"planned_values":{"root_module":{"resources":[7,
{"address":"a.b","mode":"managed","type":"a","name":"b","values":"none"},
{"address":"a.c","mode":"managed","type":7,"name":"c"},
{"address":"a.d","mode":"managed","type":"a","name":"d","values":{"x":1}}],
"child_modules":{"address":"module.m"}}},
"resource_changes":[{"address":"a.d","mode":"managed","type":"a","name":"d","change":[]}]}`
	set, diags := Read("p.json", []byte(in), Options{})
	var got []string
	for _, d := range diags {
		what, _, _ := strings.Cut(d.Detail, ";")
		got = append(got, fmt.Sprintf("%v %v %s: %s", d.Place, d.Level, d.Summary, what))
	}
	want := []string{
		"p.json:1 warning plan with errors: Terraform stopped with an error while it made this plan, so that resources are missing from it. Mend the error and plan again.",
		"p.json:1 warning unknown format version: The file has format version \"3.0\"",
		"p.json:2 warning unexpected type in plan or state: planned_values.root_module.resources[0] is a number where Terraform writes an object",
		"p.json:3 warning unexpected type in plan or state: planned_values.root_module.resources[1].values is a string where Terraform writes an object",
		"p.json:4 warning resource without type or name: planned_values.root_module.resources[2] is left out: its type or name is missing or no string.",
		"p.json:6 warning unexpected type in plan or state: planned_values.root_module.child_modules is an object where Terraform writes an array",
		"p.json:7 warning unexpected type in plan or state: resource_changes[0].change is an array where Terraform writes an object",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if d := find(t, set, "a.d"); d.Get("x").Number != 1 {
		t.Errorf("what is right is not read: %v", d.Body)
	}
}

// A file cut off anywhere is refused, since half a plan gives wrong answers.
func TestCutOff(t *testing.T) {
	data := file(t, "plan.json")
	for n := 0; n < len(data)-2; n += 997 {
		set, diags := Read("plan.json", data[:n], Options{})
		if len(set.Resources) > 0 || len(diags) != 1 || diags[0].Level != diag.Error {
			t.Fatalf("%d bytes give %d resources and %v", n, len(set.Resources), diags)
		}
	}
}

// Bad input gives a bounded number of diagnostics.
func TestDiagnosticsAreBounded(t *testing.T) {
	in := `{"format_version":"1.0","values":{"root_module":{"resources":[` + strings.Repeat("7,", 10_000) + `7]}}}`
	_, diags := Read("s", []byte(in), Options{})
	if len(diags) != maxDiags+1 || !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Summary == "more problems than are listed" }) {
		t.Errorf("%d diagnostics", len(diags))
	}
}

// Many instances that refer to all instances of another resource are work of
// the square of their number; it is bounded, and what is left out is said.
func TestWorkIsBounded(t *testing.T) {
	const n = 20_000
	var planned, changes strings.Builder
	for i := range n {
		fmt.Fprintf(&planned, `{"address":"a.t[%d]","mode":"managed","type":"a","name":"t","index":%d,"values":{}},{"address":"a.u[%d]","mode":"managed","type":"a","name":"u","index":%d,"values":{}},`, i, i, i, i)
		fmt.Fprintf(&changes, `{"address":"a.u[%d]","mode":"managed","type":"a","name":"u","index":%d,"change":{"actions":["create"],"after":{},"after_unknown":{"t_id":true}}},`, i, i)
	}
	in := `{"format_version":"1.0","planned_values":{"root_module":{"resources":[` + planned.String() + `null]}},"resource_changes":[` + changes.String() +
		`null],"configuration":{"root_module":{"resources":[{"address":"a.t"},{"address":"a.u","expressions":{"t_id":{"references":["a.t"]}}}]}}}`
	set, _ := Read("p", []byte(in), Options{})
	v := find(t, set, "a.u[19999]").Get("t_id")
	if len(set.Resources) != 2*n || v.Kind != resource.Unknown || !strings.Contains(v.Why, "more references than are followed") {
		t.Errorf("%d resources; the last argument is of kind %v, because %q", len(set.Resources), v.Kind, v.Why)
	}
}

func TestStateOddities(t *testing.T) {
	const in = `{"version":3,"serial":1,"resources":[
{"mode":"managed","type":"aws_instance","name":"i","instances":[
{"attributes":{"id":"i-01234567"},"deposed":"0badcafe"},
{"index_key":"k","attributes":{"id":"i-89abcdef"}},
{"index_key":"flat","attributes_flat":{"id":"i-0"}}]},
{"mode":"managed","type":"aws_eip","name":"e","module":"module.m[0]","instances":[{"attributes":{"id":"eipalloc-01234567","allocation_id":"eipalloc-01234567","instance":"i-89abcdef"}}]}]}`
	set, diags := Read("s", []byte(in), Options{})
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprint(d.Place.Line, " ", d.Summary))
	}
	if diff := cmp.Diff([]string{"1 unknown state version", "3 deposed object", "5 state of an old provider"}, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	want := []string{`module.m[0].aws_eip.e .instance -> aws_instance.i["k"] id`}
	if diff := cmp.Diff(want, links(set)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// FuzzRead checks what holds for any input: it ends, the set is sorted without
// repetition, places are in the file, the answer is always the same, and
// whatever is read is what Recognise promised.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"plan.json", "state.json", "terraform.tfstate"} {
		f.Add(file(f, name))
	}
	f.Add([]byte(design{module: "module.m", key: `"p"`, unknown: `"subnet_ids":true`, expressions: `"subnet_ids":` + refs("var.v", "each.key"),
		call: `"expressions":{"v":` + refs("aws_subnet.z") + `},`}.String()))
	f.Add([]byte(hiding("1.9.5", `{"resource":"module.m[0].aws_x.l","attribute":["list"]},{"resource":"aws_x.l[0]","attribute":[0]},{"resource":7,"attribute":[[]]}`, `"var.v","aws_x"`, "")))
	f.Add([]byte(`{"version":4,"serial":1,"resources":[{"mode":"data","type":"a","name":"b","module":"module.module.","instances":[{"index_key":1e3}]}]}`))
	f.Add([]byte(`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"[[\"","mode":"managed","type":".","name":"]"}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, diags := Read("f", data, Options{})
		if kind, _ := Recognise(data); set.Kind != kind && set.Kind != "" {
			t.Fatalf("recognised as %q, read as %q", kind, set.Kind)
		}
		last := ref.ID("")
		for i, r := range set.Resources {
			if i > 0 && r.ID <= last || r.Place.File != "f" || r.Place.Line > set.Lines {
				t.Fatalf("resource %q at %v is behind %q, of %d lines", r.ID, r.Place, last, set.Lines)
			}
			last = r.ID
		}
		if len(diags) > maxDiags+1 {
			t.Fatalf("%d diagnostics", len(diags))
		}
		again, againDiags := Read("f", data, Options{})
		if diff := cmp.Diff(set, again) + cmp.Diff(diags, againDiags); diff != "" {
			t.Fatalf("read twice:\n%s", diff)
		}
	})
}
