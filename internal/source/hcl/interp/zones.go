package interp

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// zones are examples of what an Availability Zone can be called, by the
// attribute of aws_availability_zones (AWS "Regions and Zones"): whoever tests
// a zone with a pattern wants to know whether it is a name or an id.
var zones = map[string][]string{
	"names":    {"us-east-1a", "ap-southeast-2c", "us-gov-west-1b", "us-west-2-lax-1a"},
	"zone_ids": {"use1-az1", "apse2-az3", "usgw1-az2", "usw2-lax1-az1"},
}

// zonePattern answers regexall over a zone that is not known, if all examples
// have the same number of matches.
func zonePattern(x *hclsyntax.FunctionCallExpr, fn function.Function, args []cty.Value) (cty.Value, bool) {
	if x.Name != "regexall" || len(args) != 2 {
		return cty.NilVal, false
	}
	plain, marks := args[1].Unmark()
	if !plain.IsKnown() || plain.IsNull() || plain.Type() != cty.String {
		return cty.NilVal, false
	}
	r, ok := symbol.Is(symbol.NotRest(plain.AsString()))
	kind, _, _ := strings.Cut(r.Attr, ".")
	if !ok || zones[kind] == nil || !strings.HasPrefix(string(r.ID.Short()), "data.aws_availability_zones.") {
		return cty.NilVal, false
	}
	count := -1
	for _, example := range zones[kind] {
		got, err := fn.Call([]cty.Value{args[0], cty.StringVal(example)})
		if err != nil {
			return cty.NilVal, false
		}
		got, _ = got.UnmarkDeep()
		if !got.IsKnown() || count >= 0 && got.LengthInt() != count {
			return cty.NilVal, false
		}
		count = got.LengthInt()
	}
	out := make([]cty.Value, count)
	for i := range out {
		out[i] = symbol.Unknown(cty.DynamicPseudoType, symbol.WhyOf(r), Place(x.NameRange))
	}
	return cty.TupleVal(out).WithMarks(marks), true
}
