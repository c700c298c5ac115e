package check

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/source/cfn"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// plainTree is a template as a tree that encodes as JSON.
func plainTree(n *tree.Node) any {
	switch n.Kind {
	case tree.Map:
		out := map[string]any{}
		for _, e := range n.Entries {
			out[e.Key] = plainTree(e.Value)
		}
		return out
	case tree.List:
		out := []any{}
		for _, e := range n.List {
			out = append(out, plainTree(e))
		}
		return out
	case tree.Bool:
		return n.Scalar() == "true"
	case tree.Number:
		if json.Valid([]byte(n.Text)) {
			return json.Number(n.Text)
		}
		return n.Text
	case tree.Null:
		return nil
	default:
		return n.Text
	}
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func callOf(function string, argument any) any { return map[string]any{function: argument} }

// scalarText is a scalar as text, or "".
func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// calls is the function that a tree calls, or "".
func calls(v any) string {
	m, _ := v.(map[string]any)
	for k := range m {
		if len(m) == 1 && (k == "Ref" || k == "Condition" || strings.HasPrefix(k, "Fn::")) {
			return k
		}
	}
	return ""
}

// literal reports whether a tree calls no function, so that it means the same in
// every template.
func literal(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if calls(v) != "" {
			return false
		}
		for _, e := range v {
			if !literal(e) {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !literal(e) })
	}
	return true
}

// parameterOf is the value and the type of a parameter that stands for a tree.
func parameterOf(v any) (text, ty string, ok bool) {
	list, isList := v.([]any)
	if !isList {
		text := scalarText(v)
		return text, "String", text != "" && !strings.Contains(text, "{{resolve:")
	}
	var texts []string
	for _, e := range list {
		if scalarText(e) == "" {
			return "", "", false
		}
		texts = append(texts, scalarText(e))
	}
	return strings.Join(texts, ","), "CommaDelimitedList", len(texts) > 0
}

// refersTo reports whether a tree needs one of the resources.
func refersTo(v any, ids map[string]bool) bool {
	switch v := v.(type) {
	case map[string]any:
		switch f := calls(v); f {
		case "Ref":
			return ids[scalarText(v[f])]
		case "Fn::GetAtt":
			list, ok := v[f].([]any)
			if !ok {
				id, _, _ := strings.Cut(scalarText(v[f]), ".")
				return ids[id]
			}
			return ids[scalarText(list[0])]
		case "Fn::Sub":
			for id := range ids {
				if text := encode(v[f]); strings.Contains(text, "${"+id+"}") || strings.Contains(text, "${"+id+".") {
					return true
				}
			}
		}
		for _, e := range v {
			if refersTo(e, ids) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return refersTo(e, ids) })
	}
	return false
}

// A templateSite is a piece of a template that something else may stand for: a
// resource, a property of one, or a part of that.
type templateSite struct {
	file  string
	path  []any  // keys and indexes from the root of the template
	where string // "AWS::EC2::SecurityGroup/SecurityGroupIngress[]/CidrIp"
}

func (s templateSite) resource() bool { return len(s.path) == 2 }

// key names the place of a site: no other site has it.
func (s templateSite) key() string { return s.file + "#" + encode(s.path) }

// sites are the sites of all templates of a design.
func (d templateDesign) sites() []templateSite {
	var out []templateSite
	for _, file := range slices.Sorted(maps.Keys(d.files)) {
		resources, _ := d.files[file].(map[string]any)["Resources"].(map[string]any)
		for _, id := range slices.Sorted(maps.Keys(resources)) {
			r, _ := resources[id].(map[string]any)
			s := templateSite{file: file, path: []any{"Resources", id}, where: scalarText(r["Type"])}
			out = append(out, s)
			if r["Properties"] != nil {
				s.path = append(slices.Clone(s.path), "Properties")
				out = s.parts(out, r["Properties"])
			}
		}
	}
	return out
}

// inside adds the site of a value in that of s, and those within it.
func (s templateSite) inside(out []templateSite, key any, name string, v any) []templateSite {
	in := templateSite{s.file, append(slices.Clone(s.path), key), s.where + name}
	if strings.HasSuffix(in.where, "/TemplateURL") {
		return out
	}
	return in.parts(append(out, in), v)
}

// parts adds the sites within a value. Of functions only those take another one
// in place of an argument that choose or join.
func (s templateSite) parts(out []templateSite, v any) []templateSite {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			out = s.inside(out, i, "[]", e)
		}
	case map[string]any:
		switch f := calls(v); f {
		case "":
			for _, k := range slices.Sorted(maps.Keys(v)) {
				out = s.inside(out, k, "/"+k, v[k])
			}
		case "Fn::If":
			list := v[f].([]any)
			in := templateSite{s.file, append(slices.Clone(s.path), f), s.where}
			for i := 1; i < len(list); i++ {
				if encode(list[i]) != `{"Ref":"AWS::NoValue"}` {
					out = in.inside(out, i, "", list[i])
				}
			}
		}
	}
	return out
}

// blurrable are the sites of a design; where muralla.yaml names things, it means
// the names that the design shows.
func (d templateDesign) blurrable() []templateSite {
	return slices.DeleteFunc(d.sites(), func(s templateSite) bool {
		named := strings.Contains(s.where, "Name") || strings.Contains(s.where, "Tags") || strings.HasSuffix(s.where, "/Cluster") || strings.HasSuffix(s.where, "/Parameters")
		return len(d.in.Flows)+len(d.in.Services)+len(d.in.Isolation) > 0 && named
	})
}

// at is the tree at a site.
func (d templateDesign) at(s templateSite) any {
	v := d.files[s.file]
	for _, k := range s.path {
		switch k := k.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			v = v.([]any)[k]
		}
	}
	return v
}

// put is a tree with another one at a path.
func put(v any, path []any, is any) any {
	if len(path) == 0 {
		return is
	}
	switch k := path[0].(type) {
	case string:
		m, _ := v.(map[string]any)
		m = maps.Clone(m)
		if m == nil {
			m = map[string]any{}
		}
		m[k] = put(m[k], path[1:], is)
		return m
	default:
		list := slices.Clone(v.([]any))
		list[k.(int)] = put(list[k.(int)], path[1:], is)
		return list
	}
}

// with is the design with other trees, by the keys of their sites.
func (d templateDesign) with(trees map[string]any) templateDesign {
	d.files = maps.Clone(d.files)
	for key, is := range trees {
		file, text, _ := strings.Cut(key, "#")
		var at []any
		if err := json.Unmarshal([]byte(text), &at); err != nil {
			panic(err)
		}
		for i, k := range at {
			if n, ok := k.(float64); ok {
				at[i] = int(n)
			}
		}
		d.files[file] = put(d.files[file], at, is)
	}
	return d
}

// blurred is the design with its blurs. Every template has the parameters and
// conditions, and every nested stack gets the values.
func (d templateDesign) blurred(blurs []templateBlur) templateDesign {
	for i, b := range blurs {
		d = d.with(b.blurry)
		param, cond := fmt.Sprintf("Blur%d", i), fmt.Sprintf("IsBlur%d", i)
		for file, template := range d.files {
			template = put(template, []any{"Parameters", param}, map[string]any{"Type": b.ty})
			if b.ty == "String" {
				template = put(template, []any{"Conditions", cond}, callOf("Fn::Equals", []any{callOf("Ref", param), "yes"}))
			}
			for id, r := range template.(map[string]any)["Resources"].(map[string]any) {
				if r.(map[string]any)["Type"] == "AWS::CloudFormation::Stack" {
					value := callOf("Ref", param)
					if b.ty != "String" {
						value = callOf("Fn::Join", []any{",", value})
					}
					template = put(template, []any{"Resources", id, "Properties", "Parameters", param}, value)
				}
			}
			d.files[file] = template
		}
	}
	return d
}

// overlaps reports whether two blurs change the same piece.
func (b templateBlur) overlaps(o templateBlur) bool {
	for k := range b.blurry {
		for l := range o.blurry {
			k, l := strings.TrimSuffix(k, "]"), strings.TrimSuffix(l, "]")
			if k == l || strings.HasPrefix(k, l+",") || strings.HasPrefix(l, k+",") {
				return true
			}
		}
	}
	return false
}

// judge is what a run says of a design with values of parameters.
func (d templateDesign) judge(given map[string]string) judged {
	files := fstest.MapFS{}
	for name, v := range d.files {
		files[name] = &fstest.MapFile{Data: []byte(encode(v)), Mode: fs.ModePerm}
	}
	all := map[string]string{}
	maps.Copy(all, d.given)
	maps.Copy(all, given)
	set, _ := cfn.Read(files, []string{d.root}, cfn.Options{Parameters: all, Region: "eu-west-1"})
	s, _ := assemble.Snapshot(assemble.Options{Intent: d.in}, set)
	out := judged{map[verdictKey]finding.Verdict{}, thingsOf(s), map[verdictKey]finding.Finding{}}
	for _, f := range Run(s, d.in, Options{}).Findings {
		k := verdictKey{f.Recommendation, f.Resource}
		if old, ok := out.verdicts[k]; !ok || badness(f.Verdict) > badness(old) {
			out.verdicts[k], out.findings[k] = f.Verdict, f
		}
	}
	return out
}
