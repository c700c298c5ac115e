package archive_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive"
)

func drawPlace(t *rapid.T) ref.Place {
	if rapid.Bool().Draw(t, "nowhere") {
		return ref.Place{}
	}
	return ref.Place{File: rapid.String().Draw(t, "file"), Line: rapid.IntRange(0, 1e6).Draw(t, "line")}
}

func drawReference(t *rapid.T) resource.Reference {
	return resource.Reference{ID: ref.ID(rapid.String().Draw(t, "id")), Attr: rapid.SampledFrom([]string{"", "id", "arn", "a.0.<b>"}).Draw(t, "attr")}
}

// drawValue draws any value and counts its kinds.
func drawValue(t *rapid.T, depth int, seen map[resource.Kind]int) resource.Value {
	v := resource.Value{Kind: resource.Kind(rapid.IntRange(int(resource.Null), int(resource.Text)).Draw(t, "kind")), Place: drawPlace(t)}
	if depth == 0 && (v.Kind == resource.List || v.Kind == resource.Map || v.Kind == resource.Text) {
		v.Kind = resource.Null
	}
	seen[v.Kind]++
	if v.Maybe = rapid.IntRange(0, 4).Draw(t, "maybe") == 0; v.Maybe || v.Kind == resource.Unknown {
		v.Why = rapid.String().Draw(t, "why")
	}
	v.Sensitive = rapid.IntRange(0, 4).Draw(t, "sensitive") == 0
	switch v.Kind {
	case resource.Unknown:
		for range rapid.IntRange(0, 2).Draw(t, "candidates") {
			v.Candidates = append(v.Candidates, drawReference(t))
		}
	case resource.Bool:
		v.Bool = rapid.Bool().Draw(t, "bool")
	case resource.Number:
		v.Number = rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 443, -1, 0.1, math.Inf(1), math.Inf(-1), math.MaxFloat64})).Draw(t, "number")
	case resource.String:
		v.Text = rapid.String().Draw(t, "text")
	case resource.List, resource.Text:
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			v.List = append(v.List, drawValue(t, depth-1, seen))
		}
	case resource.Map:
		v.Map = map[string]resource.Value{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			v.Map[rapid.String().Draw(t, "key")] = drawValue(t, depth-1, seen)
		}
	case resource.Ref:
		v.Ref = drawReference(t)
	}
	return v
}

func drawSets(t *rapid.T, seen map[resource.Kind]int) []resource.Set {
	var sets []resource.Set
	for range rapid.IntRange(0, 2).Draw(t, "sets") {
		s := resource.Set{Kind: rapid.SampledFrom([]string{"terraform", "plan", "answers"}).Draw(t, "kind"), Files: rapid.IntRange(0, 9).Draw(t, "files"), Lines: rapid.IntRange(0, 9).Draw(t, "lines")}
		for range rapid.IntRange(0, 3).Draw(t, "resources") {
			r := resource.Resource{ID: ref.ID(rapid.String().Draw(t, "id")), Type: rapid.String().Draw(t, "type"), Called: rapid.String().Draw(t, "called"), Name: rapid.String().Draw(t, "name"),
				Data: rapid.Bool().Draw(t, "data"), Region: rapid.String().Draw(t, "region"), Nested: ref.ID(rapid.String().Draw(t, "nested")), Place: drawPlace(t), Exists: fact.Tri(rapid.IntRange(0, 2).Draw(t, "exists")), Why: rapid.String().Draw(t, "why"),
				IgnoreChanges: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "ignored"), Body: drawValue(t, 3, seen)}
			s.Resources = append(s.Resources, r)
		}
		for range rapid.IntRange(0, 2).Draw(t, "missing") {
			m := resource.Missing{ID: ref.ID(rapid.String().Draw(t, "id")), Source: rapid.String().Draw(t, "source"), What: rapid.String().Draw(t, "what"), Of: resource.Part(rapid.IntRange(0, 3).Draw(t, "of")),
				Why: rapid.String().Draw(t, "why"), Place: drawPlace(t)}
			for range rapid.IntRange(0, 2).Draw(t, "inputs") {
				m.Inputs = append(m.Inputs, drawReference(t))
			}
			s.Missing = append(s.Missing, m)
		}
		for range rapid.IntRange(0, 2).Draw(t, "remarks") {
			m := resource.Remark{Scope: ref.ID(rapid.String().Draw(t, "scope")), Below: rapid.Bool().Draw(t, "below"), Text: rapid.String().Draw(t, "text"), Place: drawPlace(t)}
			if v := drawValue(t, 1, seen); !v.IsNull() {
				m.Value = v
			}
			s.Remarks = append(s.Remarks, m)
		}
		sets = append(sets, s)
	}
	return sets
}

// What is read is what was written, whatever that is, and is written to the
// same bytes again.
func TestRoundTrip(t *testing.T) {
	seen := map[resource.Kind]int{}
	rapid.Check(t, func(t *rapid.T) {
		sets := drawSets(t, seen)
		var diags diag.List
		for range rapid.IntRange(0, 2).Draw(t, "diagnostics") {
			diags.Add(diag.Level(rapid.IntRange(0, 2).Draw(t, "level")), drawPlace(t), rapid.String().Draw(t, "summary"), rapid.String().Draw(t, "detail"))
		}
		var first, second bytes.Buffer
		if err := archive.Write(&first, sets, diags); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(first.Bytes()) || !archive.Recognise(first.Bytes()) {
			t.Fatalf("no archive: %s", &first)
		}
		gotSets, gotDiags, err := archive.Read(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(sets, gotSets, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(diags, gotDiags, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
		if err := archive.Write(&second, gotSets, gotDiags); err != nil || second.String() != first.String() {
			t.Fatalf("%v, or other bytes:\n%s\n%s", err, &first, &second)
		}
	})
	for k := resource.Null; k <= resource.Text; k++ {
		if seen[k] == 0 {
			t.Errorf("no draw had a value of kind %d", k)
		}
	}
}

const empty = `{"format": "muralla.snapshot/v1", "sets": [{"kind": "plan", "files": 1, "lines": 2, "resources": [RES], "missing": []}], "diagnostics": []}`

func TestRefusals(t *testing.T) {
	deep := `{"kind": "map"}`
	for range 600 {
		deep = `{"kind": "list", "list": [` + deep + `]}`
	}
	with := func(body string) string {
		return strings.Replace(empty, "RES", `{"id": "a", "type": "t", "exists": "yes", "body": `+body+`}`, 1)
	}
	if _, _, err := archive.Read(strings.NewReader(with(`{"kind": "map"}`))); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for name, tc := range map[string]struct{ in, says string }{
		"no JSON":        {"{", "it is not the JSON"},
		"something else": {`{"format": "other/v1"}`, "no archive"},
		"newer":          {`{"format": "muralla.snapshot/v2", "more": 1}`, "newer version"},
		"unknown key":    {strings.Replace(empty, `"sets"`, `"steps": 1, "sets"`, 1), "it is not the JSON"},
		"kind":           {with(`{"kind": "tuple"}`), "no kind \"tuple\""},
		"no kind":        {with(`{}`), "no kind"},
		"null":           {with(`{"kind": "list", "list": [null, null]}`), "null"},
		"number":         {with(`{"kind": "number", "text": "many"}`), "no number"},
		"reference":      {with(`{"kind": "ref"}`), "names nothing"},
		"exists":         {strings.Replace(with(`{"kind": "map"}`), `"yes"`, `"maybe"`, 1), "exists"},
		"level":          {strings.Replace(strings.Replace(empty, "RES", "", 1), `"diagnostics": []`, `"diagnostics": [{"level": "loud", "summary": "", "detail": ""}]`, 1), "level"},
		"part":           {strings.Replace(strings.Replace(empty, "RES", "", 1), `"missing": []`, `"missing": [{"id": "x", "of": "roads"}]`, 1), "roads"},
		"counts":         {strings.Replace(strings.Replace(empty, "RES", "", 1), `"files": 1`, `"files": -1`, 1), "less than"},
		"deep":           {with(deep), "nested"},
		"many":           {with(`{"kind": "list", "list": [` + strings.Repeat(`{},`, 2_000_001) + `{}]}`), "more than 2000000"},
	} {
		sets, _, err := archive.Read(strings.NewReader(tc.in))
		if err == nil || sets != nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %d sets, error %v", name, len(sets), err)
		}
		if name == "newer" && (!errors.Is(err, archive.ErrNewer) || !archive.Recognise([]byte(tc.in))) {
			t.Errorf("a newer archive is not recognised: %v", err)
		}
	}
}

// Every key of the schema is written, and none else.
func TestSchemaNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../../docs/schema/snapshot-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	var properties func(v any)
	properties = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				properties(e)
			}
		case map[string]any:
			if p, ok := v["properties"].(map[string]any); ok {
				for k := range p {
					want[k] = true
				}
			}
			for _, e := range v {
				properties(e)
			}
		}
	}
	properties(schema)
	at := ref.Place{File: "f", Line: 1}
	full := resource.Value{Kind: resource.Map, Place: at, Maybe: true, Why: "w", Sensitive: true, Candidates: []resource.Reference{{ID: "a", Attr: "b"}}, Map: map[string]resource.Value{"key": {Kind: resource.List, List: []resource.Value{
		{Kind: resource.Bool, Bool: true}, {Kind: resource.Number, Number: 1}, {Kind: resource.String, Text: "t"}, {Kind: resource.Ref, Ref: resource.Reference{ID: "a"}}}}}}
	sets := []resource.Set{{Kind: "k", Resources: []resource.Resource{{ID: "i", Type: "t", Called: "c", Name: "n", Data: true, Region: "r", Nested: "s", Place: at, Why: "w", IgnoreChanges: []string{"x"}, Body: full}},
		Missing: []resource.Missing{{ID: "i", Source: "s", What: "w", Of: resource.OfLogs, Why: "w", Place: at, Inputs: []resource.Reference{{ID: "x"}}}},
		Remarks: []resource.Remark{{Scope: "i", Below: true, Text: "t", Value: full, Place: at}}}}
	var b bytes.Buffer
	if err := archive.Write(&b, sets, diag.List{{Summary: "s", Detail: "d", Place: at}}); err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	var keys func(v any)
	keys = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				keys(e)
			}
		case map[string]any:
			for k, e := range v {
				if k != "key" { // of the map above
					got[k] = true
				}
				keys(e)
			}
		}
	}
	keys(doc)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("properties of the schema -, keys that are written +:\n%s", d)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "{}", strings.Replace(empty, "RES", "", 1), strings.Replace(empty, "RES", `{"id":"a","type":"t","exists":"no","body":{"kind":"text","list":[{"kind":"ref","ref":{"id":"x"}}]}}`, 1)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		archive.Recognise(data)
		sets, diags, err := archive.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := archive.Write(&b, sets, diags); err != nil {
			t.Fatal(err)
		}
		again, _, err := archive.Read(&b)
		if err != nil {
			t.Fatalf("what was read is not readable: %v", err)
		}
		if d := cmp.Diff(sets, again, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); d != "" {
			t.Fatal(d)
		}
	})
}
