package cfn_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/edit/cfn"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
)

// tree is a template as values that can be compared, tags of functions included.
func tree(t interface{ Fatal(...any) }, text []byte) map[string]any {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var value func(n *yaml.Node) any
	value = func(n *yaml.Node) any {
		switch n.Kind {
		case yaml.MappingNode:
			out := map[string]any{}
			for i := 0; i+1 < len(n.Content); i += 2 {
				out[n.Content[i].Value] = value(n.Content[i+1])
			}
			return out
		case yaml.SequenceNode:
			out := []any{}
			for _, e := range n.Content {
				out = append(out, value(e))
			}
			return out
		}
		return n.Tag + " " + n.Value
	}
	out, _ := value(doc.Content[0]).(map[string]any)
	return out
}

// property is what a path of keys leads to, and the map that it is in.
func property(root map[string]any, path ...string) (map[string]any, any) {
	for _, p := range path[:len(path)-1] {
		root, _ = root[p].(map[string]any)
	}
	return root, root[path[len(path)-1]]
}

// edits are what the property below makes, by name: the type of the resource, the
// change, and how the old tree becomes the new one.
var edits = map[string]struct {
	kind   string
	change finding.Change
	to     func(old map[string]any)
}{
	"set": {listener, change(finding.Set, "ssl_policy", text("New-1")), func(old map[string]any) {
		in, _ := property(old, "Resources", "X", "Properties", "SslPolicy")
		in["SslPolicy"] = "!!str New-1"
	}},
	"set block": {template, change(finding.Set, "metadata_options", imds), func(old map[string]any) {
		in, had := property(old, "Resources", "X", "Properties", "LaunchTemplateData", "MetadataOptions")
		options, _ := had.(map[string]any)
		if options == nil {
			options = map[string]any{}
		}
		options["HttpTokens"], options["HttpPutResponseHopLimit"] = "!!str required", "!!int 1"
		in["MetadataOptions"] = options
	}},
	"append": {endpoint, change(finding.Append, "route_table_ids", at("Table")), func(old map[string]any) {
		in, had := property(old, "Resources", "X", "Properties", "RouteTableIds")
		in["RouteTableIds"] = append(had.([]any), "!Ref Table")
	}},
	"add": {group, change(finding.Add, "ingress", fields("from_port", word("443"), "protocol", text("tcp"))), func(old map[string]any) {
		in, had := property(old, "Resources", "X", "Properties", "SecurityGroupIngress")
		in["SecurityGroupIngress"] = append(had.([]any), map[string]any{"FromPort": "!!int 443", "IpProtocol": "!!str tcp"})
	}},
	"remove entry": {group, finding.Change{Resource: "X", Operation: finding.Remove, Path: []finding.Step{{Name: "ingress", Key: "protocol", Is: "meant"}}}, func(old map[string]any) {
		in, had := property(old, "Resources", "X", "Properties", "SecurityGroupIngress")
		var rest []any
		for _, e := range had.([]any) {
			if e.(map[string]any)["IpProtocol"] != "!!str meant" {
				rest = append(rest, e)
			}
		}
		in["SecurityGroupIngress"] = rest
	}},
	"remove": {group, finding.Change{Resource: "X", Operation: finding.Remove}, func(old map[string]any) {
		in, _ := property(old, "Resources", "X")
		delete(in, "X")
	}},
}

// drawn writes random properties as YAML or JSON, in several layouts.
type drawn struct {
	t    *rapid.T
	json bool
}

func (d drawn) pick(what string, of ...string) string { return rapid.SampledFrom(of).Draw(d.t, what) }

func (d drawn) flag(what string) bool { return rapid.Bool().Draw(d.t, what) }

// template writes a template with the resource X of a kind.
func (d drawn) template(kind string) string {
	scalar := func() string {
		return d.pick("scalar", "plain", "'it''s: quoted'", `"double \" x"`, "80", "true", "!Ref P")
	}
	if d.json {
		scalar = func() string { return d.pick("scalar", `"a"`, "80", "true", `{"Ref": "P"}`, `"{\"b\": [1]}"`) }
	}
	rule := func(i, meant int) string {
		protocol := "tcp"
		if i == meant {
			protocol = "meant"
		}
		return protocol
	}
	n := rapid.IntRange(2, 4).Draw(d.t, "entries")
	meant := rapid.IntRange(0, n-1).Draw(d.t, "meant")
	var body []any // pairs, or lists of maps
	extra := d.flag("extra")
	add := func(key string, v any) { body = append(body, [2]any{key, v}) }
	if extra {
		add("Zone", scalar())
	}
	switch kind {
	case listener:
		add("Port", scalar())
		if d.flag("policy") {
			add("SslPolicy", d.pick("old", `"Old"`, `"ELB-2016"`))
		}
	case template:
		inner := []any{[2]any{"ImageId", scalar()}}
		if d.flag("options") {
			inner = append(inner, [2]any{"MetadataOptions", []any{[2]any{"HttpTokens", `"optional"`}}})
		}
		add("LaunchTemplateData", inner)
	case endpoint:
		list := [][]any{}
		for range n {
			list = append(list, nil)
		}
		add("RouteTableIds", list)
	case group:
		list := [][]any{}
		for i := range n {
			list = append(list, []any{[2]any{"IpProtocol", `"` + rule(i, meant) + `"`}, [2]any{"CidrIp", scalar()}})
		}
		add("SecurityGroupIngress", list)
	}
	if d.flag("last") {
		add("Name", scalar())
	}
	if d.json {
		unit := d.pick("unit", "  ", "    ", "\t")
		return "{\n" + unit + `"Resources": {` + "\n" + d.resource("A", "AWS::S3::Bucket", nil, unit) + ",\n" + d.resource("X", kind, body, unit) + ",\n" +
			d.resource("Table", "AWS::EC2::RouteTable", nil, unit) + "\n" + unit + "}\n}" + d.pick("end", "\n", "")
	}
	comment := func(indent string) string { return d.pick("comment", "", "", indent+"# a comment: {x}\n", "\n") }
	var b strings.Builder
	b.WriteString(d.pick("head", "", "---\n", "# head\n") + "Resources:\n  A:\n    Type: AWS::S3::Bucket\n" + comment("  ") + "  X:\n    Type: " + kind + "\n    Properties:\n")
	var pairs func(list []any, indent string)
	pairs = func(list []any, indent string) {
		for _, p := range list {
			pair := p.([2]any)
			fmt.Fprintf(&b, "%s%s:", indent, pair[0])
			switch v := pair[1].(type) {
			case string:
				b.WriteString(" " + v + d.pick("tail", "", " # tail") + "\n")
			case []any:
				b.WriteString("\n")
				pairs(v, indent+"  ")
			case [][]any:
				dash := indent + d.pick("dash", "", "  ") + "- "
				b.WriteString("\n")
				for _, e := range v {
					if e == nil {
						b.WriteString(dash + d.pick("ref", "!Ref T", "!GetAtt 'T.Id'", "rtb-1") + "\n")
						continue
					}
					b.WriteString(comment(strings.TrimSuffix(dash, "- ")))
					first := b.Len()
					pairs(e, strings.Repeat(" ", len(dash)))
					text := b.String()
					b.Reset()
					b.WriteString(text[:first] + dash + text[first+len(dash):])
				}
			}
		}
	}
	pairs(body, "      ")
	b.WriteString(comment("  ") + "  Table:\n    Type: AWS::EC2::RouteTable\n")
	text := b.String()
	if d.flag("no line feed") {
		text = strings.TrimSuffix(text, "\n")
	}
	if d.flag("CRLF") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// resource is one of JSON.
func (d drawn) resource(id, kind string, body []any, unit string) string {
	var value func(v any, indent string) string
	value = func(v any, indent string) string {
		if s, ok := v.(string); ok {
			return s
		}
		wide := d.flag("wide")
		join := func(open, end string, parts []string) string {
			if !wide {
				return open + strings.Join(parts, ", ") + end
			}
			return open + "\n" + indent + unit + strings.Join(parts, ",\n"+indent+unit) + "\n" + indent + end
		}
		var parts []string
		if list, ok := v.([][]any); ok {
			for _, e := range list {
				if e == nil {
					parts = append(parts, d.pick("ref", `{"Ref": "T"}`, `"rtb-1"`))
					continue
				}
				parts = append(parts, value(e, indent+unit))
			}
			return join("[", "]", parts)
		}
		for _, p := range v.([]any) {
			pair := p.([2]any)
			parts = append(parts, fmt.Sprintf("%q: %s", pair[0], value(pair[1], indent+unit)))
		}
		return join("{", "}", parts)
	}
	all := []any{[2]any{"Type", `"` + kind + `"`}}
	if body != nil {
		all = append(all, [2]any{"Properties", body})
	}
	return unit + unit + fmt.Sprintf("%q: %s", id, value(all, unit+unit))
}

// An edited template differs from the old one in what was asked for, and in nothing
// else; no comment is lost unless something is taken away.
func TestRestIsTheSame(t *testing.T) {
	made := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"set", "set block", "append", "add", "remove entry", "remove"}).Draw(rt, "edit")
		e := edits[name]
		d := drawn{rt, rapid.Bool().Draw(rt, "JSON")}
		src := []byte(d.template(e.kind))
		if d.json && !json.Valid(src) {
			rt.Fatalf("the draw is not JSON:\n%s", src)
		}
		tmpl, err := cfn.Parse(src)
		if err != nil {
			rt.Fatalf("%v in\n%s", err, src)
		}
		list, err := tmpl.Edits("X", e.kind, e.change)
		if err != nil {
			return // it is refused, and the examples say when
		}
		out, err := patch.Apply(src, list)
		if err != nil {
			rt.Fatal(err)
		}
		if d.json && !json.Valid(out) {
			rt.Fatalf("not JSON:\n%s", out)
		}
		want := tree(rt, src)
		e.to(want)
		if name == "append" && d.json {
			_, list := property(want, "Resources", "X", "Properties", "RouteTableIds")
			list.([]any)[len(list.([]any))-1] = map[string]any{"Ref": "!!str Table"}
		}
		if diff := cmp.Diff(want, tree(rt, out)); diff != "" {
			rt.Fatalf("want -, got +:\n%s\nof\n%s\nis\n%s", diff, src, out)
		}
		if !strings.HasPrefix(name, "remove") && strings.Count(string(out), "#") < strings.Count(string(src), "#") {
			rt.Fatalf("a comment is lost:\n%s\nis\n%s", src, out)
		}
		if strings.Contains(string(src), "\r\n") && strings.Count(string(out), "\n") != strings.Count(string(out), "\r\n") {
			rt.Fatalf("line ends are mixed:\n%q", out)
		}
		made[fmt.Sprintf("%s %v", name, d.json)]++
	})
	if len(made) < 12 {
		t.Errorf("edits that were made: %v; the draw is too narrow", made)
	}
}
