package hcl

import (
	"encoding/json"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// specials are the attributes of data sources that follow from what is
// written, without asking AWS.
var specials = map[string][]string{
	"aws_region":                {"id", "name", "region"},
	"aws_partition":             {"partition", "dns_suffix"},
	"aws_iam_policy_document":   {"json"},
	"template_file":             {"rendered"},
	"cloudinit_config":          {"rendered"},
	"template_cloudinit_config": {"rendered"},
	"terraform_remote_state":    {"outputs"},
	"aws_ssm_parameter":         {"value", "insecure_value"},
}

// special is an attribute of a data source that follows from what is written.
func (in *instance) special(name string) (cty.Value, bool) {
	if in.block.Type != "data" {
		return cty.NilVal, false
	}
	kind := in.block.Labels[0]
	switch kind + "." + name {
	case "aws_region.id", "aws_region.name", "aws_region.region":
		region := in.region()
		return cty.StringVal(region), region != ""
	case "aws_partition.partition", "aws_partition.dns_suffix":
		return partition(in.region(), name)
	case "aws_iam_policy_document.json":
		return in.once("json", in.policyDocument)
	case "template_file.rendered":
		return in.once("rendered", in.templateFile)
	case "terraform_remote_state.outputs":
		return in.once("outputs", in.remoteState)
	case "aws_ssm_parameter.value", "aws_ssm_parameter.insecure_value":
		return in.once("value", in.storedParameter)
	case "cloudinit_config.rendered", "template_cloudinit_config.rendered":
		return in.once("rendered", in.cloudInit)
	}
	return cty.NilVal, false
}

// once keeps a computed attribute.
func (in *instance) once(name string, make func() (cty.Value, bool)) (cty.Value, bool) {
	if in.attrs == nil {
		in.attrs = map[string]*cell{}
	}
	key := "=" + name // no argument has such a name
	have := in.attrs[key]
	if have == nil {
		have = &cell{}
		in.attrs[key] = have
	}
	v := in.m.c.once(have, string(in.id)+"."+name, in.block.Place, func() cty.Value {
		v, ok := make()
		if !ok {
			return cty.NilVal
		}
		return v
	})
	return v, v != cty.NilVal
}

// partition is what aws_partition says in a Region.
func partition(region, attr string) (cty.Value, bool) {
	p, suffix := "aws", "amazonaws.com"
	switch {
	case region == "":
		return cty.NilVal, false
	case strings.HasPrefix(region, "cn-"):
		p, suffix = "aws-cn", "amazonaws.com.cn"
	case strings.HasPrefix(region, "us-gov-"):
		p = "aws-us-gov"
	case strings.Contains(region, "-iso") || strings.HasPrefix(region, "eusc-"):
		return cty.NilVal, false
	}
	if attr == "partition" {
		return cty.StringVal(p), true
	}
	return cty.StringVal(suffix), true
}

// templateFile renders the data source template_file.
func (in *instance) templateFile() (cty.Value, bool) {
	a, ok := in.block.Attr("template")
	if !ok {
		return cty.NilVal, false
	}
	text, ok := plainText(in.written(a))
	if !ok {
		return cty.NilVal, false
	}
	vars := cty.EmptyObjectVal
	if v, ok := in.block.Attr("vars"); ok {
		vars = interp.Fill(in.written(v))
	} else if b := in.block.Block("vars"); b != nil { // as Terraform 0.11 and older let maps be written
		entries := map[string]cty.Value{}
		for _, a := range b.Attrs {
			entries[a.Name] = interp.Fill(in.written(a))
		}
		vars = cty.ObjectVal(entries)
	}
	out, err := in.m.render(text, a.Place.File, vars)
	if err != nil {
		return cty.NilVal, false
	}
	return out, true
}

// boundary separates the parts of a cloud-init archive.
const boundary = "MIMEBOUNDARY"

// cloudInit renders a cloud-init archive. It is left plain where the provider
// would compress and encode it, since whoever reads it would undo that.
func (in *instance) cloudInit() (cty.Value, bool) {
	var out strings.Builder
	out.WriteString("Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\nMIME-Version: 1.0\r\n\r\n")
	for _, n := range in.nested()["part"] {
		if n.maybe {
			return cty.NilVal, false
		}
		kind, content := "text/plain", ""
		for _, a := range n.attrs {
			v, _ := interp.Fill(a.v).UnmarkDeep()
			if v.IsNull() || v.Type() != cty.String || !v.IsKnown() {
				continue
			}
			switch a.attr.Name {
			case "content_type":
				kind = v.AsString()
			case "content":
				content = v.AsString()
			}
		}
		out.WriteString("--" + boundary + "\r\nContent-Type: " + kind + "\r\nMime-Version: 1.0\r\n\r\n" + content + "\r\n")
	}
	out.WriteString("--" + boundary + "--\r\n")
	return cty.StringVal(out.String()), true
}

// policyDocument renders aws_iam_policy_document. Documents that are merged
// from others are not rendered.
func (in *instance) policyDocument() (cty.Value, bool) {
	for _, merged := range [...]string{"source_json", "override_json", "source_policy_documents", "override_policy_documents"} {
		if a, ok := in.block.Attr(merged); ok {
			if v, _ := in.written(a).Unmark(); !v.IsNull() && (!v.IsKnown() || !v.CanIterateElements() || v.LengthInt() > 0) {
				return cty.NilVal, false
			}
		}
	}
	document := map[string]any{"Version": "2012-10-17"}
	var statements []any
	for _, n := range in.nested()["statement"] {
		s, ok := statement(n)
		if !ok {
			return cty.NilVal, false
		}
		statements = append(statements, s)
	}
	document["Statement"] = statements
	for name, key := range map[string]string{"version": "Version", "policy_id": "Id"} {
		if a, ok := in.block.Attr(name); ok {
			if text, ok := plainText(in.written(a)); ok {
				document[key] = text
			}
		}
	}
	data, err := json.Marshal(document)
	if err != nil {
		return cty.NilVal, false
	}
	return cty.StringVal(string(data)), true
}

// statement is a statement of a policy document, if all of it can be said.
func statement(n *node) (map[string]any, bool) {
	if n.maybe {
		return nil, false
	}
	out := map[string]any{"Effect": "Allow"}
	names := map[string]string{
		"sid": "Sid", "effect": "Effect", "actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource",
	}
	for _, a := range n.attrs {
		v, ok := plainJSON(a.v)
		if key := names[a.attr.Name]; ok && v != nil && key != "" {
			out[key] = v
		} else if !ok {
			return nil, false
		}
	}
	for block, key := range map[string]string{"principals": "Principal", "not_principals": "NotPrincipal"} {
		if who, ok := principals(n.blocks[block]); !ok {
			return nil, false
		} else if who != nil {
			out[key] = who
		}
	}
	conditions := map[string]map[string]any{}
	for _, c := range n.blocks["condition"] {
		test, variable, values, ok := triple(c, "test", "variable", "values")
		if !ok {
			return nil, false
		}
		if conditions[test] == nil {
			conditions[test] = map[string]any{}
		}
		conditions[test][variable] = values
	}
	if len(conditions) > 0 {
		out["Condition"] = conditions
	}
	return out, true
}

func principals(nodes []*node) (any, bool) {
	who := map[string][]any{}
	for _, p := range nodes {
		kind, _, ids, ok := triple(p, "type", "type", "identifiers")
		list, isList := ids.([]any)
		if !ok || !isList {
			return nil, false
		}
		if len(list) == 1 && list[0] == "*" && (kind == "*" || kind == "AWS" && len(nodes) == 1) {
			if kind == "*" {
				return "*", true
			}
		}
		who[kind] = append(who[kind], list...)
	}
	if len(who) == 0 {
		return nil, true
	}
	return who, true
}

// triple reads two texts and a value of a nested block.
func triple(n *node, first, second, third string) (a, b string, c any, ok bool) {
	values := map[string]any{}
	for _, attr := range n.attrs {
		v, ok := plainJSON(attr.v)
		if !ok {
			return "", "", nil, false
		}
		values[attr.attr.Name] = v
	}
	a, okA := values[first].(string)
	b, okB := values[second].(string)
	return a, b, values[third], okA && okB && !n.maybe && values[third] != nil
}

// plainJSON is a value as JSON, if it is known up to symbols.
func plainJSON(v cty.Value) (any, bool) {
	v, _ = v.UnmarkDeep()
	if !v.IsWhollyKnown() {
		return nil, false
	}
	rest := false
	symbol.Walk(v, func(s string) { rest = rest || symbol.HasRest(s) })
	if rest {
		return nil, false
	}
	data, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return nil, false
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, false
	}
	return out, true
}
