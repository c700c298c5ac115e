package funcs

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/json"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// memory is a FileReader.
type memory map[string]string

func (m memory) ReadFile(name string) ([]byte, error) {
	if s, ok := m[name]; ok {
		return []byte(s), nil
	}
	return nil, fs.ErrNotExist
}

func (m memory) Walk(dir string) ([]string, error) {
	var out []string
	for name := range m {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
			out = append(out, rest)
		}
	}
	slices.Sort(out)
	return out, nil
}

var testFiles = memory{
	"live/motd.txt":        "hello\n",
	"live/raw.bin":         "\xff\xfe",
	"live/user_data.tpl":   "cluster=${cluster}\n",
	"live/loop.tpl":        `${templatefile("loop.tpl", {})}`,
	"live/far.tpl":         `${file("../../../far.txt")}`,
	"live/conf/a.json":     "{}",
	"live/conf/b.yaml":     "{}",
	"live/conf/x/c.json":   "{}",
	"modules/web/only.txt": "here",
}

// evaluator evaluates expressions with a table of functions.
type evaluator struct{ ctx *hcl.EvalContext }

func reference(id ref.ID, attr string) cty.Value {
	return symbol.Value(resource.Reference{ID: id, Attr: attr})
}

func newEvaluator() evaluator {
	e := evaluator{&hcl.EvalContext{Variables: map[string]cty.Value{
		"sg":      reference("aws_security_group.web", "id"),
		"sg2":     reference("aws_security_group.db", "id"),
		"subnet":  reference("aws_subnet.a", "id"),
		"arn":     reference("aws_lb.front", "arn"),
		"hole":    cty.StringVal(symbol.Hole("var.gone has no value")),
		"rest":    cty.StringVal(symbol.Rest(reference("data.aws_subnets.all", "ids").AsString())),
		"unknown": symbol.Unknown(cty.String, "var.token has no value", ref.Place{File: "v.tf", Line: 2}),
		"dynamic": symbol.Unknown(cty.DynamicPseudoType, "module.far is not here", ref.Place{File: "m.tf", Line: 1}),
		"local": cty.ObjectVal(map[string]cty.Value{
			"half": cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("x"), "b": symbol.Unknown(cty.String, "half", ref.Place{})}),
			"gone": symbol.Unknown(cty.DynamicPseudoType, "gone", ref.Place{}),
		}),
	}}}
	e.ctx.Functions = Table(Context{Files: testFiles, Dir: "modules/web", RootDir: "live",
		Eval: func(src []byte, filename string, vars cty.Value) (cty.Value, error) {
			expr, diags := hclsyntax.ParseTemplate(src, filename, hcl.InitialPos)
			if diags.HasErrors() {
				return cty.NilVal, diags
			}
			child := e.ctx.NewChild()
			child.Variables = vars.AsValueMap()
			v, diags := expr.Value(child)
			if diags.HasErrors() {
				return cty.NilVal, diags
			}
			return v, nil
		}})
	return e
}

func (e evaluator) value(t *testing.T, expr string) (cty.Value, error) {
	t.Helper()
	parsed, diags := hclsyntax.ParseExpression([]byte(expr), "test.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", expr, diags)
	}
	v, diags := parsed.Value(e.ctx)
	if diags.HasErrors() {
		return v, diags
	}
	return v, nil
}

// show writes a value as JSON, with each symbol as <ID.ATTR>, and an unknown
// with its reason and candidates.
func show(t *testing.T, v cty.Value, err error) string {
	t.Helper()
	if err != nil {
		return "error: " + err.Error()
	}
	if !v.IsWhollyKnown() {
		why, _ := symbol.Why(v)
		out := "unknown: " + why
		for _, c := range symbol.Candidates(v) {
			out += " <" + string(c.ID) + "." + c.Attr + ">"
		}
		return out
	}
	v, _ = v.UnmarkDeep()
	raw, err := json.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range symbol.Parts(string(raw)) {
		if p.IsRef {
			b.WriteString("<" + string(p.Ref.ID) + "." + p.Ref.Attr + ">")
		}
		b.WriteString(p.Text)
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(b.String())
}

// languageNames are the functions of Terraform 1.13, OpenTofu 1.10 and the ARN
// functions of the AWS provider; try and can are no functions of values.
const languageNames = `abs abspath alltrue anytrue basename base64decode base64encode base64gunzip base64gzip
	base64sha256 base64sha512 bcrypt ceil chomp chunklist cidrcontains cidrhost cidrnetmask cidrsubnet
	cidrsubnets coalesce coalescelist compact concat contains csvdecode defaults dirname distinct element
	endswith ephemeralasnull file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 fileset
	filesha1 filesha256 filesha512 flatten floor format formatdate formatlist indent index issensitive join
	jsondecode jsonencode keys length list log lookup lower map matchkeys max md5 merge min nonsensitive one
	parseint pathexpand plantimestamp pow range regex regexall replace reverse rsadecrypt sensitive
	setintersection setproduct setsubtract setunion sha1 sha256 sha512 signum slice sort split startswith
	strcontains strrev substr sum templatefile templatestring textdecodebase64 textencodebase64 timeadd
	timecmp timestamp title tobool tolist tomap tonumber toset tostring transpose trim trimprefix trimspace
	trimsuffix upper urldecode urlencode uuid uuidv5 values yamldecode yamlencode zipmap
	provider::aws::arn_build provider::aws::arn_parse provider::aws::trim_iam_role_path`

func TestTableHasEveryFunction(t *testing.T) {
	table := Table(Context{Files: testFiles})
	names := strings.Fields(languageNames)
	for _, name := range names {
		if _, ok := table[name]; !ok {
			t.Errorf("%s is missing", name)
		}
		if _, ok := table["core::"+name]; !ok && !strings.Contains(name, "::") {
			t.Errorf("core::%s is missing", name)
		}
	}
	for name := range table {
		if bare := strings.TrimPrefix(name, "core::"); !slices.Contains(names, bare) {
			t.Errorf("%s is in the table, but not in the language", name)
		}
	}
}

func TestEveryFunctionHasARow(t *testing.T) {
	used := map[string]bool{}
	call := regexp.MustCompile(`([a-z0-9_:]+)\(`)
	for _, row := range slices.Concat(rows, symbolRows) {
		for _, m := range call.FindAllStringSubmatch(row[0], -1) {
			used[m[1]] = true
		}
	}
	for _, name := range strings.Fields(languageNames) {
		if !used[name] {
			t.Errorf("%s is in no row", name)
		}
	}
}

func TestRows(t *testing.T) {
	e := newEvaluator()
	for _, row := range slices.Concat(rows, symbolRows) {
		v, err := e.value(t, row[0])
		got := show(t, v, err)
		if words, ok := strings.CutPrefix(row[1], "error: "); ok {
			// Only the decisive words of an error are given.
			if !strings.HasPrefix(got, "error: ") || !strings.Contains(got, words) {
				t.Errorf("%s\ngot  %s\nwant %s", row[0], got, row[1])
			}
			continue
		}
		if got != row[1] {
			t.Errorf("%s\ngot  %s\nwant %s", row[0], got, row[1])
		}
	}
}

func TestSensitivity(t *testing.T) {
	e := newEvaluator()
	for expr, want := range map[string]bool{
		`sensitive("a")`:                                            true,
		`upper(sensitive("a"))`:                                     true,
		`merge({a = sensitive("b")}, {}).a`:                         true,
		`nonsensitive(sensitive("a"))`:                              false,
		`join(",", [sensitive("a"), "b"])`:                          true,
		`templatefile("user_data.tpl", {cluster = sensitive("a")})`: true,
	} {
		v, err := e.value(t, expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		if got := v.HasMark(symbol.Sensitive{}); got != want {
			t.Errorf("%s is sensitive: %v, want %v", expr, got, want)
		}
	}
}
