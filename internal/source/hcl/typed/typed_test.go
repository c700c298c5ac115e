package typed

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

var types = []cty.Type{
	cty.String, cty.Number, cty.Bool, cty.List(cty.String), cty.Set(cty.Number), cty.Map(cty.String),
	cty.List(cty.List(cty.String)), cty.Tuple([]cty.Type{cty.String, cty.Number}),
	cty.Object(map[string]cty.Type{"a": cty.String, "b": cty.List(cty.Number)}),
}

func draw(t *rapid.T, depth int) cty.Value {
	switch n := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case n == 0:
		return cty.StringVal(rapid.SampledFrom([]string{"", "a", "1", "true"}).Draw(t, "text"))
	case n == 1:
		return cty.NumberIntVal(rapid.Int64Range(0, 3).Draw(t, "number"))
	case n == 2:
		return cty.BoolVal(rapid.Bool().Draw(t, "bool"))
	case n == 3 || depth == 0:
		return cty.NullVal(cty.DynamicPseudoType)
	case n == 4:
		var out []cty.Value
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			out = append(out, draw(t, depth-1))
		}
		return cty.TupleVal(out)
	default:
		out := map[string]cty.Value{}
		for _, name := range []string{"a", "b", "c"} {
			if rapid.Bool().Draw(t, name) {
				out[name] = draw(t, depth-1)
			}
		}
		return cty.ObjectVal(out)
	}
}

// Without symbols, what is converted is what the library converts, to an equal
// value.
func TestAgreesWithTheLibrary(t *testing.T) {
	seen := map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		v, ty := draw(rt, 2), rapid.SampledFrom(types).Draw(rt, "type")
		want, wantErr := convert.Convert(v, ty)
		got, err := Convert(v, ty, ref.Place{})
		if (err == nil) != (wantErr == nil) {
			rt.Fatalf("%#v to %#v: %v, the library says %v", v, ty, err, wantErr)
		}
		if err == nil && !got.RawEquals(want) {
			rt.Fatalf("%#v to %#v is %#v, want %#v", v, ty, got, want)
		}
		seen[err == nil]++
	})
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("drew %d values that fit and %d that do not", seen[true], seen[false])
	}
}

func TestSymbolsAreKept(t *testing.T) {
	self := symbol.Value(resource.Reference{ID: "module.m", Attr: "subnet_ids"})
	list, err := Convert(self, cty.List(cty.String), ref.Place{})
	if err != nil || !symbol.RestValue(list) {
		t.Errorf("a symbol as a list is %#v, %v", list, err)
	}
	object, err := Convert(self, cty.Object(map[string]cty.Type{"arn": cty.String}), ref.Place{})
	if err != nil || !object.GetAttr("arn").RawEquals(symbol.Value(resource.Reference{ID: "module.m", Attr: "subnet_ids.arn"})) {
		t.Errorf("a symbol as an object is %#v, %v", object, err)
	}
	number, err := Convert(self, cty.Number, ref.Place{File: "a.tf", Line: 3})
	why, at := symbol.Why(number)
	if err != nil || why != "module.m.subnet_ids comes from a module that is not here" || at.Line != 3 {
		t.Errorf("a symbol as a number is %#v, %v", number, err)
	}
	if _, err := Convert(cty.StringVal("x"), cty.Map(cty.String), ref.Place{}); err == nil {
		t.Error("a text is converted to a map")
	}
}
