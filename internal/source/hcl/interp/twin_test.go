package interp_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// table is a scope of values by name.
type table struct {
	values    map[string]cty.Value
	functions map[string]function.Function
}

func (s table) Root(t hcl.Traversal) (cty.Value, int, *interp.Error) {
	v, ok := s.values[t.RootName()]
	if !ok {
		return cty.DynamicVal, 0, &interp.Error{Why: "no such name"}
	}
	return v, 1, nil
}

func (s table) Function(name string) (function.Function, bool) {
	f, ok := s.functions[name]
	return f, ok
}

var functions = funcs.Table(funcs.Context{RootDir: ".", Dir: "."})

// known are the values that are the same on both sides.
var known = map[string]cty.Value{
	"s": cty.StringVal("a"),
	"n": cty.NumberIntVal(2),
	"l": cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")}),
	"m": cty.MapVal(map[string]cty.Value{"a": cty.StringVal("b"), "c": cty.StringVal("a")}),
}

// The draws below write expressions of a type that may use q, a text, k, a
// list of texts, and p, a bool.
func drawText(t *rapid.T, d int) string {
	if d == 0 {
		return rapid.SampledFrom([]string{"s", "q", `"a"`, `"b"`, "q", `m["a"]`}).Draw(t, "leaf")
	}
	switch rapid.IntRange(0, 9).Draw(t, "text") {
	case 0:
		return fmt.Sprintf(`"${%s}-${%s}"`, drawText(t, d-1), drawText(t, d-1))
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", drawBool(t, d-1), drawText(t, d-1), drawText(t, d-1))
	case 2:
		return fmt.Sprintf("%s[%s]", drawList(t, d-1), drawNumber(t, d-1))
	case 3:
		return fmt.Sprintf(`m[%s]`, drawText(t, d-1))
	case 4:
		return fmt.Sprintf(`join(",", %s)`, drawList(t, d-1))
	case 5:
		return fmt.Sprintf(`try(%s, %s)`, drawText(t, d-1), drawText(t, d-1))
	case 6:
		return fmt.Sprintf(`lookup(m, %s, %s)`, drawText(t, d-1), drawText(t, d-1))
	case 7:
		return fmt.Sprintf(`jsonencode(%s)`, drawList(t, d-1))
	case 8:
		return fmt.Sprintf(`"%%{ if %s }x%%{ else }${%s}%%{ endif }%%{ for e in %s }${e}%%{ endfor }"`, drawBool(t, d-1), drawText(t, d-1), drawList(t, d-1))
	default:
		return fmt.Sprintf("element(%s, %s)", drawList(t, d-1), drawNumber(t, d-1))
	}
}

func drawBool(t *rapid.T, d int) string {
	if d == 0 {
		return rapid.SampledFrom([]string{"true", "false", "p"}).Draw(t, "leaf")
	}
	switch rapid.IntRange(0, 6).Draw(t, "bool") {
	case 0:
		return fmt.Sprintf("(%s == %s)", drawText(t, d-1), drawText(t, d-1))
	case 1:
		return fmt.Sprintf("(%s != %s)", drawText(t, d-1), drawText(t, d-1))
	case 2:
		return fmt.Sprintf("(%s && %s)", drawBool(t, d-1), drawBool(t, d-1))
	case 3:
		return fmt.Sprintf("(%s || !%s)", drawBool(t, d-1), drawBool(t, d-1))
	case 4:
		return fmt.Sprintf("contains(%s, %s)", drawList(t, d-1), drawText(t, d-1))
	case 5:
		return fmt.Sprintf("can(%s)", drawText(t, d-1))
	default:
		return fmt.Sprintf("(%s < %s)", drawNumber(t, d-1), drawNumber(t, d-1))
	}
}

func drawNumber(t *rapid.T, d int) string {
	if d == 0 {
		return rapid.SampledFrom([]string{"0", "1", "n"}).Draw(t, "leaf")
	}
	if rapid.Bool().Draw(t, "length") {
		return fmt.Sprintf("length(%s)", drawList(t, d-1))
	}
	return fmt.Sprintf("(%s ? %s : %s - 1)", drawBool(t, d-1), drawNumber(t, d-1), drawNumber(t, d-1))
}

func drawList(t *rapid.T, d int) string {
	if d == 0 {
		return rapid.SampledFrom([]string{"l", "k", `["a", q]`, "(k[*])"}).Draw(t, "leaf")
	}
	switch rapid.IntRange(0, 6).Draw(t, "list") {
	case 0:
		return fmt.Sprintf("[%s, %s]", drawText(t, d-1), drawText(t, d-1))
	case 1:
		return fmt.Sprintf("[for e in %s : %s]", drawList(t, d-1), rapid.SampledFrom([]string{"e", `"${e}!"`, "q"}).Draw(t, "each"))
	case 2:
		return fmt.Sprintf("[for e in %s : e if e != %s]", drawList(t, d-1), drawText(t, d-1))
	case 3:
		return fmt.Sprintf("concat(%s, %s)", drawList(t, d-1), drawList(t, d-1))
	case 4:
		return fmt.Sprintf("(%s ? tolist(%s) : tolist([]))", drawBool(t, d-1), drawList(t, d-1))
	case 5:
		return fmt.Sprintf("values({for i, e in %s : i => %s})", drawList(t, d-1), rapid.SampledFrom([]string{"e", "q"}).Draw(t, "each"))
	default:
		return fmt.Sprintf("flatten([%s, [%s]])", drawList(t, d-1), drawText(t, d-1))
	}
}

// twin evaluates with the evaluator of the library, over values that are all
// known.
func twin(expr hclsyntax.Expression, values map[string]cty.Value) (cty.Value, bool) {
	all := maps.Clone(functions)
	all["try"], all["can"] = tryfunc.TryFunc, tryfunc.CanFunc
	ctx := &hcl.EvalContext{Variables: values, Functions: all}
	v, problems := expr.Value(ctx)
	return v, !problems.HasErrors()
}

// agrees says why a result that may hold symbols cannot be the actual result,
// or "". Values that are not known agree with everything.
func agrees(got, actual cty.Value, actuals map[ref.ID]cty.Value) string {
	got, _ = got.Unmark()
	actual, _ = actual.Unmark()
	switch {
	case !got.IsKnown() || symbol.IsRest(got):
		return ""
	case got.IsNull() || actual.IsNull():
		if got.IsNull() != actual.IsNull() {
			return "null"
		}
		return ""
	case got.CanIterateElements() != actual.CanIterateElements():
		return "a collection"
	case got.CanIterateElements():
		if symbol.RestValue(got) {
			return ""
		}
		if got.LengthInt() != actual.LengthInt() {
			return fmt.Sprintf("%d elements for %d", got.LengthInt(), actual.LengthInt())
		}
		a, b := got.ElementIterator(), actual.ElementIterator()
		for a.Next() && b.Next() {
			_, x := a.Element()
			_, y := b.Element()
			if why := agrees(x, y, actuals); why != "" {
				return why
			}
		}
		return ""
	}
	text, err := convert.Convert(got, cty.String)
	want, err2 := convert.Convert(actual, cty.String)
	if err != nil || err2 != nil {
		return "no text"
	}
	var out strings.Builder
	for _, p := range symbol.Parts(text.AsString()) {
		switch {
		case !p.IsRef:
			out.WriteString(p.Text)
		case p.Ref.ID == "" || p.Ref.Attr != "" || p.Ref.ID == "var.k":
			return "" // a hole, or an element of a list
		default:
			out.WriteString(actuals[p.Ref.ID].AsString())
		}
	}
	if !symbol.HasRest(text.AsString()) && out.String() != want.AsString() {
		return fmt.Sprintf("%q for %q", out.String(), want.AsString())
	}
	return ""
}

// Whatever is evaluated before q, k and p are known holds for every value that
// they may have.
func TestUnknownsAgreeWithEveryValue(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		src := map[string]func(*rapid.T, int) string{"text": drawText, "list": drawList, "bool": drawBool}[rapid.SampledFrom([]string{"text", "list", "bool"}).Draw(rt, "type")](rt, 3)
		expr, problems := hclsyntax.ParseExpression([]byte(src), "x.tf", hcl.Pos{Line: 1, Column: 1})
		if problems.HasErrors() {
			rt.Fatalf("%s: %v", src, problems)
		}
		q := resource.Reference{ID: "var.q"}
		blind := map[string]cty.Value{
			"q": symbol.Value(q),
			"k": cty.ListVal([]cty.Value{cty.StringVal(symbol.Rest(symbol.Make(resource.Reference{ID: "var.k"})))}),
			"p": symbol.Unknown(cty.Bool, "var.p has no value", ref.Place{}),
		}
		open := rapid.SampledFrom([]string{"none", "q", "all"}).Draw(rt, "what is unknown")
		actual := map[string]cty.Value{
			"q": cty.StringVal(rapid.SampledFrom([]string{"a", "b", "z"}).Draw(rt, "q")),
			"k": rapid.SampledFrom([]cty.Value{
				cty.ListValEmpty(cty.String), cty.ListVal([]cty.Value{cty.StringVal("a")}),
				cty.ListVal([]cty.Value{cty.StringVal("c"), cty.StringVal("z")}),
			}).Draw(rt, "k"),
			"p": cty.BoolVal(rapid.Bool().Draw(rt, "p")),
		}
		values := map[string]cty.Value{}
		for name, v := range actual {
			values[name] = v
			if open == "all" || open == name {
				values[name] = blind[name]
			}
		}
		for name, v := range known {
			values[name], actual[name] = v, v
		}
		var e interp.Evaluator
		got, err := e.Value(expr, table{values, functions})
		want, ok := twin(expr, actual)
		switch {
		case !ok:
			// What is an error with these values may be none with others, and
			// the twin finds errors in what is not evaluated.
			seen["error"]++
			return
		case err != nil:
			rt.Fatalf("%s: %v; the twin says %#v", src, err, want)
		}
		plain, _ := got.UnmarkDeep()
		if open == "none" && !plain.IsWhollyKnown() {
			rt.Fatalf("%s = %#v, though everything is known", src, got)
		}
		if why := agrees(got, want, map[ref.ID]cty.Value{"var.q": actual["q"]}); why != "" {
			rt.Fatalf("%s\nwith %v unknown: %#v\nactual:  %#v\n%s", src, open, got, want, why)
		}
		switch {
		case !plain.IsKnown():
			seen["unknown"]++
			if why, _ := symbol.Why(got); why == "" {
				rt.Fatalf("%s is unknown without a reason", src)
			}
		case symbol.HasValue(plain):
			seen["symbols"]++
		default:
			seen["known"]++
		}
	})
	for _, kind := range []string{"error", "unknown", "symbols", "known"} {
		if seen[kind] == 0 {
			t.Errorf("no draw was of kind %q: %v", kind, seen)
		}
	}
}
