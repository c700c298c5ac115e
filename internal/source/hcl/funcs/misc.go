package funcs

import (
	"errors"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// pass makes a function that gives its argument, changed in its marks only.
func pass(name string, change func(cty.ValueMarks)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{
			Name: name, Type: cty.DynamicPseudoType,
			AllowUnknown: true, AllowNull: true, AllowMarked: true, AllowDynamicType: true,
		}},
		Type: func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, m := args[0].Unmark()
			out := cty.ValueMarks{}
			for mark := range m {
				out[mark] = struct{}{}
			}
			change(out)
			return v.WithMarks(out), nil
		},
	})
}

var issensitiveFunc = function.New(&function.Spec{
	Params: []function.Parameter{{
		Name: "value", Type: cty.DynamicPseudoType,
		AllowUnknown: true, AllowNull: true, AllowMarked: true, AllowDynamicType: true,
	}},
	Type: function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		switch v := args[0]; {
		case v.HasMark(symbol.Sensitive{}):
			return cty.True, nil
		case !v.IsKnown():
			return cty.UnknownVal(cty.Bool).WithMarks(v.Marks()), nil
		default:
			return cty.False, nil
		}
	},
})

// removed are functions that Terraform no longer has.
func removed(name, instead string) function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{
			Name: "vals", Type: cty.DynamicPseudoType,
			AllowUnknown: true, AllowNull: true, AllowMarked: true, AllowDynamicType: true,
		},
		Type: func([]cty.Value) (cty.Type, error) {
			return cty.NilType, errors.New("the " + name + " function is no longer part of Terraform; " + instead)
		},
	})
}

// timecmpFunc compares two moments.
var timecmpFunc = typed(cty.Number, []string{"timestamp_a", "timestamp_b"}, func(a []string) (cty.Value, error) {
	var at [2]time.Time
	for i, s := range a {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(i, "%s is not a valid RFC 3339 timestamp", quoted(s))
		}
		at[i] = t
	}
	return cty.NumberIntVal(int64(at[0].Compare(at[1]))), nil
})

var arnType = cty.Object(map[string]cty.Type{
	"partition": cty.String, "service": cty.String, "region": cty.String,
	"account_id": cty.String, "resource": cty.String,
})

// arnParseFunc takes an ARN apart whose first five parts are literal.
var arnParseFunc = typed(arnType, []string{"arn"}, func(a []string) (cty.Value, error) {
	parts := strings.SplitN(a[0], ":", 6)
	if symbol.Has(strings.Join(parts[:min(5, len(parts))], "")) {
		return unknownOf(arnType, refs([]cty.Value{cty.StringVal(a[0])})), nil
	}
	if len(parts) < 6 || parts[0] != "arn" {
		return cty.NilVal, function.NewArgErrorf(0, "%s is no ARN: it needs the form arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE", quoted(a[0]))
	}
	out := map[string]cty.Value{}
	for i, name := range []string{"partition", "service", "region", "account_id", "resource"} {
		out[name] = cty.StringVal(parts[i+1])
	}
	return cty.ObjectVal(out), nil
})

var arnBuildFunc = text([]string{"partition", "service", "region", "account_id", "resource"}, func(a []string) (cty.Value, error) {
	return cty.StringVal("arn:" + strings.Join(a, ":")), nil
})

// trimRolePathFunc takes the path out of the ARN of a role.
var trimRolePathFunc = text([]string{"arn"}, func(a []string) (cty.Value, error) {
	parts := strings.SplitN(a[0], ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return cty.NilVal, function.NewArgErrorf(0, "%s is not the ARN of a role", quoted(a[0]))
	}
	parts[5] = "role/" + parts[5][strings.LastIndexByte(parts[5], '/')+1:]
	return cty.StringVal(strings.Join(parts, ":")), nil
})
