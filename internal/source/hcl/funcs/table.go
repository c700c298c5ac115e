package funcs

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs/wild"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// Context is what the functions of one module may see of the world.
type Context struct {
	// Files reads files; it must not be nil.
	Files FileReader
	// Dir is the directory of the module and RootDir that of the root module,
	// below the boundary of Files: "." or "modules/web". Relative paths are
	// relative to RootDir, where Terraform runs.
	Dir, RootDir string
	// Eval renders a template with the variables in an object or map. It may call
	// functions of the same Table; how deep is bounded here. Without Eval the
	// result of a template is unknown.
	Eval func(src []byte, filename string, vars cty.Value) (cty.Value, error)
	// Budget is shared by all tables of one design. Nil is a budget of its own.
	Budget *Budget
}

// Table returns every function by the name under which a configuration calls it,
// but try and can, which take expressions and not values. Arguments are converted
// to what the parameters need.
func Table(ctx Context) map[string]function.Function {
	if ctx.Budget == nil {
		ctx.Budget = &Budget{}
	}
	entries := map[string]entry{}
	collections(entries)
	texts(entries)
	encodings(entries)
	numbers(entries)
	conversions(entries)
	network(entries)
	files{ctx}.add(entries)

	out := make(map[string]function.Function, 2*len(entries))
	for name, e := range entries {
		f := guard(name, e, ctx.Budget)
		out[name] = f
		if !strings.Contains(name, "::") {
			out["core::"+name] = f
		}
	}
	return out
}

func collections(t map[string]entry) {
	for name, f := range map[string]function.Function{
		"chunklist":       stdlib.ChunklistFunc,
		"coalesce":        coalesceFunc,
		"coalescelist":    stdlib.CoalesceListFunc,
		"compact":         compactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        containsFunc,
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"index":           indexFunc,
		"keys":            stdlib.KeysFunc,
		"length":          lengthFunc,
		"lookup":          lookupFunc,
		"matchkeys":       matchkeysFunc,
		"merge":           stdlib.MergeFunc,
		"one":             oneFunc,
		"range":           stdlib.RangeFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": setFunc("setintersection", stdlib.SetIntersectionFunc, fact.Yes),
		"setsubtract":     setFunc("setsubtract", stdlib.SetSubtractFunc, fact.No),
		"setunion":        stdlib.SetUnionFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"transpose":       transposeFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          stdlib.ZipmapFunc,
	} {
		t[name] = entry{f: f}
	}
	t["distinct"] = entry{f: rebuilt(stdlib.DistinctFunc, distinct), before: pairsBefore}
	t["setproduct"] = entry{f: stdlib.SetProductFunc, before: productBefore}
	t["list"] = entry{f: removed("list", "use [ ... ], or tolist([ ... ])")}
	t["map"] = entry{f: removed("map", "use { ... }, or tomap({ ... })")}
	t["defaults"] = entry{f: removed("defaults", "use optional(TYPE, DEFAULT) in the type of the variable")}
}

// pairsBefore bounds distinct.
func pairsBefore(args []cty.Value) error {
	if n := lengthOf(args[0]); n*n > maxPairs {
		return errTooLarge
	}
	return nil
}

func productBefore(args []cty.Value) error {
	total := len(args)
	for _, a := range args {
		n := lengthOf(a)
		if n == 0 {
			return nil // the product is empty, or the argument is unknown
		}
		if total *= n; total > MaxWeight/perValue {
			return errTooLarge
		}
	}
	return nil
}

func lengthOf(v cty.Value) int {
	if !known(v) || !isSequence(v.Type()) || !v.Length().IsKnown() {
		return 0
	}
	return v.LengthInt()
}

func texts(t map[string]entry) {
	for name, f := range map[string]function.Function{
		"chomp":     stdlib.ChompFunc,
		"trimspace": stdlib.TrimSpaceFunc,
		"replace":   replaceFunc,
		"trim":      trimFunc,
		"substr":    rebuilt(stdlib.SubstrFunc, substr),
	} {
		t[name] = entry{f: f}
	}
	for name, f := range map[string]function.Function{
		"lower":    stdlib.LowerFunc,
		"upper":    stdlib.UpperFunc,
		"title":    stdlib.TitleFunc,
		"strrev":   stdlib.ReverseFunc,
		"regex":    stdlib.RegexFunc,
		"regexall": stdlib.RegexAllFunc,
	} {
		t[name] = entry{f: f, opaque: true}
	}
	t["regex"] = entry{f: stdlib.RegexFunc, opaque: true, before: regexpBefore}
	t["regexall"] = entry{f: stdlib.RegexAllFunc, opaque: true, before: regexpBefore}
	t["split"] = entry{f: splitFunc, before: splitBefore}
	t["join"] = entry{f: stdlib.JoinFunc, before: joinBefore}
	t["indent"] = entry{f: stdlib.IndentFunc, before: indentBefore}
	t["format"] = entry{
		f:      rebuilt(stdlib.FormatFunc, formatter("format", stdlib.Format, cty.String)),
		before: formatBefore,
	}
	t["formatlist"] = entry{
		f:      rebuilt(stdlib.FormatListFunc, formatter("formatlist", stdlib.FormatList, cty.List(cty.String))),
		before: formatBefore,
	}
	t["startswith"] = test("startswith", []string{"str", "prefix"}, strings.HasPrefix, wild.CanStart)
	t["endswith"] = test("endswith", []string{"str", "suffix"}, strings.HasSuffix, wild.CanEnd)
	t["strcontains"] = test("strcontains", []string{"str", "substr"}, strings.Contains, canContain)
	t["trimprefix"] = cut("trimprefix", "prefix", strings.TrimPrefix, strings.HasPrefix, wild.CanStart)
	t["trimsuffix"] = cut("trimsuffix", "suffix", strings.TrimSuffix, strings.HasSuffix, wild.CanEnd)
}

// rebuilt is a function with the parameters and type of another. The
// implementation is given arguments without marks.
func rebuilt(f function.Function, impl func([]cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type:     f.ReturnTypeForValues,
		Impl:     func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args) },
	})
}

func encodings(t map[string]entry) {
	for name, f := range map[string]function.Function{
		"base64decode":     base64decodeFunc,
		"base64encode":     base64encodeFunc,
		"base64gunzip":     base64gunzipFunc,
		"base64gzip":       base64gzipFunc,
		"jsonencode":       stdlib.JSONEncodeFunc,
		"textdecodebase64": textdecodeFunc,
		"textencodebase64": textencodeFunc,
		"urldecode":        urldecodeFunc,
		"urlencode":        urlencodeFunc,
		"yamlencode":       yamlencodeFunc,
	} {
		t[name] = entry{f: f}
	}
	t["csvdecode"] = entry{f: stdlib.CSVDecodeFunc, before: decodeBefore}
	t["jsondecode"] = entry{f: jsondecodeFunc, before: jsonBefore}
	t["yamldecode"] = entry{f: yamldecodeFunc, before: decodeBefore}
	for name, d := range digests {
		t[name] = entry{f: text([]string{"str"}, func(a []string) (cty.Value, error) { return d.of([]byte(a[0])), nil }), opaque: true}
	}
	t["uuidv5"] = entry{f: uuidv5Func, opaque: true}
	t["bcrypt"] = entry{f: bcryptFunc}
	t["rsadecrypt"] = entry{f: never("rsadecrypt", "is not computed: no secret is decrypted", str("ciphertext"), str("privatekey"))}
	t["uuid"] = entry{f: never("uuid", "is random")}
	t["timestamp"] = entry{f: never("timestamp", "is the moment of the apply")}
	t["plantimestamp"] = entry{f: never("plantimestamp", "is the moment of the plan")}
}

// bcryptFunc has an optional cost.
var bcryptFunc = function.New(&function.Spec{
	Params:   []function.Parameter{str("str")},
	VarParam: &function.Parameter{Name: "cost", Type: cty.Number},
	Type:     function.StaticReturnType(cty.String),
	Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
		return cty.UnknownVal(cty.String).Mark(symbol.Reason{Why: "bcrypt is salted at random"}), nil
	},
})

func numbers(t map[string]entry) {
	for name, f := range map[string]function.Function{
		"abs":     stdlib.AbsoluteFunc,
		"alltrue": quantifier(cty.False, cty.True),
		"anytrue": quantifier(cty.True, cty.False),
		"ceil":    stdlib.CeilFunc,
		"floor":   stdlib.FloorFunc,
		"log":     stdlib.LogFunc,
		"max":     stdlib.MaxFunc,
		"min":     stdlib.MinFunc,
		"pow":     stdlib.PowFunc,
		"signum":  stdlib.SignumFunc,
		"sum":     sumFunc,
		"timeadd": stdlib.TimeAddFunc,
		"timecmp": timecmpFunc,
	} {
		t[name] = entry{f: f}
	}
	t["formatdate"] = entry{f: stdlib.FormatDateFunc, opaque: true}
	t["parseint"] = entry{f: stdlib.ParseIntFunc, opaque: true, before: func(args []cty.Value) error {
		if known(args...) && args[0].Type() == cty.String && len(args[0].AsString()) > 4096 {
			return errTooLarge
		}
		return nil
	}}
}

func conversions(t map[string]entry) {
	for name, ty := range map[string]cty.Type{
		"tobool":   cty.Bool,
		"tolist":   cty.List(cty.DynamicPseudoType),
		"tomap":    cty.Map(cty.DynamicPseudoType),
		"tonumber": cty.Number,
		"toset":    cty.Set(cty.DynamicPseudoType),
		"tostring": cty.String,
	} {
		t[name] = entry{f: stdlib.MakeToFunc(ty)}
	}
	t["sensitive"] = entry{f: pass("value", func(m cty.ValueMarks) { m[symbol.Sensitive{}] = struct{}{} })}
	t["nonsensitive"] = entry{f: pass("value", func(m cty.ValueMarks) { delete(m, symbol.Sensitive{}) })}
	t["issensitive"] = entry{f: issensitiveFunc}
	// A value that is ephemeral never reaches an attribute that is analysed.
	t["ephemeralasnull"] = entry{f: pass("value", func(cty.ValueMarks) {})}
}

func network(t map[string]entry) {
	for name, f := range map[string]function.Function{
		"cidrcontains":                      cidrcontainsFunc,
		"cidrhost":                          cidrhostFunc,
		"cidrnetmask":                       cidrnetmaskFunc,
		"cidrsubnet":                        cidrsubnetFunc,
		"cidrsubnets":                       cidrsubnetsFunc,
		"provider::aws::trim_iam_role_path": trimRolePathFunc,
	} {
		t[name] = entry{f: f, opaque: true}
	}
	t["provider::aws::arn_parse"] = entry{f: arnParseFunc}
	t["provider::aws::arn_build"] = entry{f: arnBuildFunc}
}
