package jsonval_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive/jsonval"
)

// native is a value as encoding/json gives it.
func native(v resource.Value) any {
	switch v.Kind {
	case resource.Bool:
		return v.Bool
	case resource.Number:
		return v.Number
	case resource.String:
		return v.Text
	case resource.List:
		out := []any{}
		for _, e := range v.List {
			out = append(out, native(e))
		}
		return out
	case resource.Map:
		out := map[string]any{}
		for k, e := range v.Map {
			out[k] = native(e)
		}
		return out
	}
	return nil
}

// What the reader of the standard library takes is read to the same values.
func TestAgreesWithStandardLibrary(t *testing.T) {
	var draw *rapid.Generator[any]
	draw = rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			return rapid.Bool().Draw(t, "bool")
		case 1:
			return rapid.Float64Range(-1e9, 1e9).Draw(t, "number")
		case 2:
			return nil
		case 3, 4:
			return rapid.SliceOfN(draw, 0, 4).Draw(t, "list")
		case 5:
			return rapid.MapOfN(rapid.String(), draw, 0, 4).Draw(t, "map")
		}
		return rapid.String().Draw(t, "text")
	})
	kinds := map[byte]int{}
	rapid.Check(t, func(t *rapid.T) {
		in := draw.Draw(t, "value")
		data, err := json.MarshalIndent(in, "", " ")
		if err != nil {
			t.Skip()
		}
		kinds[data[0]]++
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		docs, diags, whole := jsonval.Read("f", data)
		if len(docs) != 1 || len(diags) > 0 || !whole {
			t.Fatalf("%d documents, %v, of %s", len(docs), diags, data)
		}
		if d := cmp.Diff(want, native(docs[0])); d != "" {
			t.Fatal(d)
		}
		// However it is cut, nothing but a number or word at its end goes unnoticed.
		cut := rapid.IntRange(0, len(data)-1).Draw(t, "cut")
		if _, diags, whole := jsonval.Read("f", data[:cut]); whole != (len(diags) == 0) {
			t.Fatalf("cut at %d: whole %v, %v", cut, whole, diags)
		}
		if c := data[0]; cut > 0 && strings.IndexByte("{[\"", c) >= 0 {
			if _, _, whole := jsonval.Read("f", data[:cut]); whole {
				t.Fatalf("%s was taken as whole", data[:cut])
			}
		}
	})
	if kinds['{'] == 0 || kinds['['] == 0 || kinds['"'] == 0 {
		t.Errorf("the draw was too narrow: %v", kinds)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     any
		says     string
		line     int
	}{
		{"comma", "{\"a\": [1,\n2,],\n}", map[string]any{"a": []any{1.0, 2.0}}, "comma", 2},
		{"cut in a list", "{\"a\": [{\"b\": 1},\n{\"c\": ", map[string]any{"a": []any{map[string]any{"b": 1.0}, map[string]any{}}}, "cut off", 2},
		{"cut in a text", `{"a": "vpc-`, map[string]any{"a": "vpc-"}, "cut off", 1},
		{"mark", "\ufeff{\"a\": true}", map[string]any{"a": true}, "", 0},
		{"no JSON", "An error occurred (AccessDenied)", nil, "A value is expected", 1},
		{"deep", strings.Repeat("[", 1000), nil, "nested more than", 1},
	} {
		docs, diags, _ := jsonval.Read("f.json", []byte(tc.in))
		if tc.want != nil {
			if len(docs) != 1 {
				t.Fatalf("%s: %d documents", tc.name, len(docs))
			}
			if d := cmp.Diff(tc.want, native(docs[0])); d != "" {
				t.Errorf("%s: %s", tc.name, d)
			}
		}
		switch {
		case tc.says == "" && len(diags) > 0, tc.says != "" && len(diags) != 1:
			t.Errorf("%s: %v", tc.name, diags)
		case tc.says != "" && (!strings.Contains(diags[0].Summary+diags[0].Detail, tc.says) || diags[0].Place != ref.Place{File: "f.json", Line: tc.line}):
			t.Errorf("%s: %+v", tc.name, diags[0])
		}
	}
}

func TestPagesAndUTF16(t *testing.T) {
	docs, diags, whole := jsonval.Read("f", []byte("{\"a\": 1}\n{\"a\": 2}\n"))
	if len(docs) != 2 || len(diags) > 0 || !whole || docs[1].Place.Line != 2 {
		t.Errorf("two pages: %+v, %v", docs, diags)
	}
	data := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune("{\"a\": \"ñ\"}")) {
		data = binary.LittleEndian.AppendUint16(data, u)
	}
	docs, diags, _ = jsonval.Read("f", data)
	if len(docs) != 1 || len(diags) > 0 || docs[0].Get("a").Text != "ñ" {
		t.Errorf("UTF-16: %+v, %v", docs, diags)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "{", `{"a":[1,2,]}`, `"\ud83d\ude00\u12"`, "\xff\xfe{", "[[[", "{}{}", "nul", "1e999", `{"a" 1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, diags, whole := jsonval.Read("f", data)
		if !whole && len(diags) == 0 {
			t.Fatal("something was lost in silence")
		}
		if json.Valid(data) && bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) < jsonval.MaxDepth && (!whole || len(docs) != 1) {
			t.Fatalf("valid JSON was not read: %v", diags)
		}
	})
}
