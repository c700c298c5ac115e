package hcl

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/ref"
)

// plain is a literal value as text.
func plain(v cty.Value) string {
	switch {
	case v.IsNull() || !v.IsKnown():
		return ""
	case v.Type() == cty.Bool:
		return fmt.Sprint(v.True())
	case v.Type() == cty.Number:
		return v.AsBigFloat().Text('f', -1)
	case v.Type() == cty.String:
		return v.AsString()
	}
	return ""
}

// expression is a value as it is written in a block of a resource.
func expression(of ref.ID, v finding.Value) (string, error) {
	switch {
	case v.Fields != nil:
		return "", errors.New("a block is no value")
	case v.List != nil:
		var out []string
		for _, e := range v.List {
			text, err := expression(of, e)
			if err != nil {
				return "", err
			}
			out = append(out, text)
		}
		return "[" + strings.Join(out, ", ") + "]", nil
	case v.Ref != "":
		if v.Ref.Module() != of.Module() {
			return "", fmt.Errorf("%s is in another module", v.Ref)
		}
		short := string(v.Ref.Short())
		if strings.ContainsAny(short, "/ ") || !strings.Contains(short, ".") || strings.HasPrefix(short, "module.") || strings.HasPrefix(short, "var.") {
			return "", fmt.Errorf("%s is no resource of the design", v.Ref)
		}
		return short + "." + v.Attr, nil
	case v.Word:
		return v.Text, nil
	}
	return string(hclwrite.TokensForValue(cty.StringVal(v.Text)).Bytes()), nil
}

// block is a nested block in lines, of which the first has no indentation.
func (t *Text) block(of ref.ID, name string, v finding.Value, indent string) ([]string, error) {
	inner := indent + t.unit(indent)
	width := 0
	for _, f := range v.Fields {
		if f.Value.Fields == nil {
			width = max(width, len(f.Name))
		}
	}
	lines := []string{name + " {"}
	for i, f := range v.Fields {
		if f.Value.Fields != nil {
			if i > 0 {
				lines = append(lines, "")
			}
			nested, err := t.block(of, f.Name, f.Value, inner)
			if err != nil {
				return nil, err
			}
			nested[0] = inner + nested[0]
			lines = append(lines, nested...)
			continue
		}
		text, err := expression(of, f.Value)
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("%s%-*s = %s", inner, width, f.Name, text))
	}
	return append(lines, indent+"}"), nil
}

// unit is one more step of indentation within lines that have some.
func (t *Text) unit(indent string) string {
	if strings.HasPrefix(indent, "\t") || indent == "" && bytes.Contains(t.src, []byte("\n\t")) && !bytes.Contains(t.src, []byte("\n  ")) {
		return "\t"
	}
	// Four blanks are as usual as two: the first indented line tells.
	for line := range bytes.Lines(t.src) {
		if rest := bytes.TrimLeft(line, " "); len(rest) < len(line) && len(bytes.TrimSpace(rest)) > 0 && rest[0] != '#' && rest[0] != '*' && rest[0] != '/' {
			if n := len(line) - len(rest); n == 4 {
				return "    "
			}
			break
		}
	}
	return "  "
}

func (t *Text) lineStart(at int) int { return bytes.LastIndexByte(t.src[:at], '\n') + 1 }

// lineEnd is the line feed that ends a line, or the end of the text.
func (t *Text) lineEnd(at int) int {
	if i := bytes.IndexByte(t.src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(t.src)
}

// indentOf is the white space with which a line begins.
func (t *Text) indentOf(at int) string {
	line := t.src[t.lineStart(at):at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// neighbours are attributes behind which a new one is looked for.
var neighbours = map[string][]string{
	"ssl_policy":                  {"protocol", "port"},
	"traffic_type":                {"log_destination", "iam_role_arn"},
	"log_format":                  {"traffic_type", "log_destination"},
	"private_dns_enabled":         {"vpc_endpoint_type", "service_name"},
	"transit_encryption":          {"file_system_id"},
	"transit_encryption_port":     {"transit_encryption"},
	"http_put_response_hop_limit": {"http_tokens"},
	"http_tokens":                 {"http_endpoint"},
	"enable_dns_hostnames":        {"enable_dns_support", "cidr_block"},
	"enable_dns_support":          {"cidr_block"},
	"publicly_accessible":         {"vpc_security_group_ids", "db_subnet_group_name"},
	"security_groups":             {"cidr_blocks", "protocol"},
	"source_security_group_id":    {"cidr_blocks", "protocol"},
	"policy":                      {"private_dns_enabled", "vpc_endpoint_type", "service_name"},
}

// anchor is the attribute behind which a new one is written: one that it belongs
// to, else the last before the first nested block. The lines of a heredoc end
// where its marker wants, so nothing is written behind one.
func (t *Text) anchor(in *hclsyntax.Block, name string) *hclsyntax.Attribute {
	fits := func(a *hclsyntax.Attribute) bool {
		r := a.Expr.Range()
		return !bytes.Contains(t.src[r.Start.Byte:r.End.Byte], []byte("<<"))
	}
	for _, n := range neighbours[name] {
		if a := in.Body.Attributes[n]; a != nil && fits(a) {
			return a
		}
	}
	first := len(t.src)
	for _, b := range in.Body.Blocks {
		first = min(first, b.TypeRange.Start.Byte)
	}
	var last *hclsyntax.Attribute
	for _, a := range in.Body.Attributes {
		late := a.Name == "tags" || a.Name == "depends_on" || a.Name == "count" || a.Name == "for_each" || a.Name == "provider"
		if a.SrcRange.Start.Byte < first && fits(a) && !late && (last == nil || a.SrcRange.Start.Byte > last.SrcRange.Start.Byte) {
			last = a
		}
	}
	return last
}

// addLine writes a new attribute into a body.
func (t *Text) addLine(in *hclsyntax.Block, name, text string) patch.Edit {
	open, end := in.OpenBraceRange.End.Byte, in.CloseBraceRange.Start.Byte
	outer := t.indentOf(t.firstOf(open))
	inner := outer + t.unit(outer)
	if !bytes.Contains(t.src[open:end], []byte("\n")) { // all in one line
		content := strings.TrimSpace(string(t.src[open:end]))
		if content != "" {
			content = inner + content + t.nl
		}
		return patch.Edit{Start: open, End: end, New: t.nl + content + inner + name + " = " + text + t.nl + outer}
	}
	a := t.anchor(in, name)
	if a == nil {
		at := t.bodyLineEnd(open)
		return patch.Edit{Start: at, End: at, New: t.nl + inner + name + " = " + text}
	}
	inner = t.indentOf(a.SrcRange.Start.Byte)
	pad := 0
	if r := a.Expr.Range(); r.Start.Line == r.End.Line {
		pad = a.EqualsRange.Start.Byte - a.NameRange.Start.Byte - 1
	}
	at := t.bodyLineEnd(a.SrcRange.End.Byte)
	return patch.Edit{Start: at, End: at, New: t.nl + fmt.Sprintf("%s%-*s = %s", inner, pad, name, text)}
}

// bodyLineEnd is the end of a line without its line end.
func (t *Text) bodyLineEnd(at int) int {
	end := t.lineEnd(at)
	if end > at && t.src[end-1] == '\r' {
		end--
	}
	return end
}

// firstOf is the first byte that is no white space in the line of a place.
func (t *Text) firstOf(at int) int {
	start := t.lineStart(at)
	return start + len(t.src[start:at]) - len(bytes.TrimLeft(t.src[start:at], " \t"))
}

// addBlock writes a new nested block at the end of a body.
func (t *Text) addBlock(in *hclsyntax.Block, of ref.ID, name string, v finding.Value) ([]patch.Edit, error) {
	open, end := in.OpenBraceRange.End.Byte, in.CloseBraceRange.Start.Byte
	outer := t.indentOf(t.firstOf(open))
	inner := outer + t.unit(outer)
	lines, err := t.block(of, name, v, inner)
	if err != nil {
		return nil, err
	}
	text := inner + strings.Join(lines, t.nl)
	content := strings.TrimSpace(string(t.src[open:end]))
	if !bytes.Contains(t.src[open:end], []byte("\n")) {
		if content != "" {
			content = inner + content + t.nl + t.nl
		}
		return []patch.Edit{{Start: open, End: end, New: t.nl + content + text + t.nl + outer}}, nil
	}
	at := t.lineStart(end)
	if len(bytes.TrimSpace(t.src[at:end])) > 0 {
		return nil, errors.New("its closing brace shares a line with something else")
	}
	for _, b := range in.Body.Blocks { // these come last by custom
		if b.Type == "lifecycle" || b.Type == "timeouts" {
			at = min(at, t.aboveComments(t.lineStart(b.TypeRange.Start.Byte)))
		}
	}
	before := t.src[open:at]
	blank := t.nl
	if trimmed := bytes.TrimRight(before, " \t\r\n"); len(trimmed) == 0 || bytes.Count(before[len(trimmed):], []byte("\n")) > 1 {
		blank = ""
	}
	after := ""
	if at != t.lineStart(end) {
		after = t.nl
	}
	return []patch.Edit{{Start: at, End: at, New: blank + text + t.nl + after}}, nil
}
