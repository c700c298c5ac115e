package cfn

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/userdata/assign"
)

// neighbours are properties behind which a new one is looked for.
var neighbours = map[string][]string{
	"SslPolicy":               {"Protocol", "Port"},
	"LogFormat":               {"TrafficType", "LogDestinationType"},
	"PrivateDnsEnabled":       {"VpcEndpointType"},
	"TransitEncryption":       {"FilesystemId"},
	"HttpPutResponseHopLimit": {"HttpTokens"},
	"EnableDnsHostnames":      {"EnableDnsSupport", "CidrBlock"},
	"EnableDnsSupport":        {"CidrBlock"},
	"AssignPublicIp":          {},
}

// add writes a new key into a map.
func (w writer) add(in *yaml.Node, name string, v finding.Value) ([]patch.Edit, error) {
	t := w.t
	start, err := t.offset(in)
	if err != nil {
		return nil, err
	}
	f := finding.Field{Name: name, Value: v}
	flow := t.json || in.Style&yaml.FlowStyle != 0
	if len(in.Content) == 0 {
		text, err := w.pair(f, true, "")
		end := start + 1 + bytes.IndexByte(t.src[start:], '}')
		if err != nil || end <= start || t.src[start] != '{' || len(bytes.TrimSpace(t.src[start+1:end-1])) > 0 {
			return nil, errors.New("it is empty")
		}
		return []patch.Edit{{Start: start, End: end, New: "{" + text + "}"}}, nil
	}
	first, err := t.offset(in.Content[0])
	if err != nil {
		return nil, err
	}
	indent := strings.Repeat(" ", in.Content[0].Column-1)
	alone := len(bytes.TrimSpace(t.src[t.lines[in.Content[0].Line-1]:first])) == 0
	if alone {
		indent = string(t.src[t.lines[in.Content[0].Line-1]:first])
	}
	between := t.nl + indent
	if flow && !alone {
		between = " "
	}
	var text string
	if flow && between == " " {
		text, err = w.pair(f, true, w.t.padding(start))
	} else {
		var lines []string
		lines, err = w.pairs([]finding.Field{f}, t.unit())
		text = strings.Join(lines, t.nl+indent)
	}
	if err != nil {
		return nil, err
	}
	comma := ""
	if flow {
		comma = ","
	}
	if end, ok := w.anchor(in, name); ok {
		if !flow {
			end = t.lineEnd(end)
		}
		return []patch.Edit{{Start: end, End: end, New: comma + between + text}}, nil
	}
	return []patch.Edit{{Start: first, End: first, New: text + comma + between}}, nil
}

// padding is what stands behind an opening brace.
func (t *Text) padding(at int) string {
	if at+1 < len(t.src) && t.src[at] == '{' && t.src[at+1] == ' ' {
		return " "
	}
	return ""
}

// anchor is the end of the value behind which a new key is written: of one that
// it belongs to, else of the last that is a literal in one line.
func (w writer) anchor(in *yaml.Node, name string) (int, bool) {
	at := func(n *yaml.Node) (int, bool) {
		if n.Kind != yaml.ScalarNode || n.Anchor != "" || n.Tag != "" && n.Tag[0] == '!' && !strings.HasPrefix(n.Tag, "!!") || n.Style&yaml.TaggedStyle != 0 {
			return 0, false
		}
		_, end, err := w.t.scalar(n)
		return end, err == nil
	}
	for _, want := range neighbours[name] {
		if n, err := child(in, want); err == nil && n != nil {
			if end, ok := at(n); ok {
				return end, true
			}
		}
	}
	for i := len(in.Content) - 1; i > 0; i -= 2 {
		if end, ok := at(in.Content[i]); ok {
			return end, true
		}
	}
	return 0, false
}

// lineEnd is the end of the line of a place, without its line end.
func (t *Text) lineEnd(at int) int {
	end := len(t.src)
	if i := bytes.IndexByte(t.src[at:], '\n'); i >= 0 {
		end = at + i
	}
	if end > at && t.src[end-1] == '\r' {
		end--
	}
	return end
}

// unit is one more step of indentation.
func (t *Text) unit() string {
	for i := 0; i+1 < len(t.root.Content); i += 2 {
		v := t.root.Content[i+1]
		if v.Kind == yaml.MappingNode && len(v.Content) > 0 && v.Content[0].Line > t.root.Content[i].Line {
			if n := v.Content[0].Column - t.root.Content[i].Column; n > 0 {
				if c := t.src[t.lines[v.Content[0].Line-1]]; c == '\t' {
					return strings.Repeat("\t", n)
				}
				return strings.Repeat(" ", n)
			}
		}
	}
	return "  "
}

// extent is the range of a map or list: what is written between brackets, or
// its lines. Comments behind the last line are no part of it.
func (t *Text) extent(n *yaml.Node) (start, end int, err error) {
	if start, err = t.offset(n); err != nil {
		return 0, 0, err
	}
	if n.Kind == yaml.ScalarNode {
		return t.scalar(n)
	}
	if t.json || n.Style&yaml.FlowStyle != 0 {
		end, err = t.closing(start)
		return start, end, err
	}
	last := n.Line
	for i := n.Line; i < len(t.lines); i++ {
		line := t.src[t.lines[i]:]
		if j := bytes.IndexByte(line, '\n'); j >= 0 {
			line = line[:j]
		}
		rest := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(rest)) == 0 || rest[0] == '#' && len(line)-len(rest) < n.Column-1 {
			continue
		}
		if len(line)-len(rest) < n.Column-1 {
			break
		}
		last = i + 1
	}
	return start, t.lineEnd(t.lines[last-1]), nil
}

// closing is the place behind the bracket that closes the one at start.
func (t *Text) closing(start int) (int, error) {
	depth, quote := 0, byte(0)
	for i := start; i < len(t.src); i++ {
		c := t.src[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' && !t.json:
			quote = c
		case c == '#' && !t.json:
			return 0, errors.New("a comment stands between its brackets")
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1, nil
			}
		}
	}
	return 0, errors.New("its closing bracket is not found")
}

// replace writes an entry of a list, or a map, anew.
func (w writer) replace(body *yaml.Node, path []finding.Step, v finding.Value) ([]patch.Edit, error) {
	in, done, err := w.within(body, path)
	if err != nil || done < len(path)-1 {
		return nil, errors.Join(err, errors.New("what would be replaced is not there"))
	}
	n, err := w.enter(in, path[len(path)-1])
	if err != nil {
		return nil, err
	}
	if n == nil {
		return nil, fmt.Errorf("its %s is not written there", path[len(path)-1].Name)
	}
	start, end, err := w.t.extent(n)
	if err != nil {
		return nil, err
	}
	if !w.t.json && n.Style&yaml.FlowStyle != 0 {
		text, err := w.pair(finding.Field{Name: "x", Value: v}, true, w.t.padding(start))
		return []patch.Edit{{Start: start, End: end, New: strings.TrimPrefix(text, "x: ")}}, err
	}
	lines, err := w.pairs(v.Fields, w.t.unit())
	if err != nil {
		return nil, err
	}
	line := w.t.src[w.t.lines[n.Line-1]:start]
	indent := string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
	if w.t.json {
		for i := range lines {
			lines[i] = w.t.unit() + lines[i]
		}
		lines = append(append([]string{"{"}, lines...), "}")
	} else {
		indent = strings.Repeat(" ", n.Column-1)
	}
	return []patch.Edit{{Start: start, End: end, New: strings.Join(lines, w.t.nl+indent)}}, nil
}

// assign writes a setting of the agent into a script that stands in the template.
func (t *Text) assign(res *yaml.Node, kind string, c finding.Change) ([]patch.Edit, error) {
	path, _, err := translate(kind, c)
	if err != nil {
		return nil, err
	}
	n, err := child(res, "Properties")
	for _, s := range path {
		if err != nil || n == nil {
			break
		}
		n, err = child(n, s.Name)
	}
	if err != nil || n == nil {
		return nil, errors.Join(err, errors.New("it has no user data that could be completed"))
	}
	for range 2 { // Fn::Base64 around Fn::Sub
		if n.Kind == yaml.MappingNode && len(n.Content) == 2 && (n.Content[0].Value == "Fn::Base64" || n.Content[0].Value == "Fn::Sub") {
			n = n.Content[1]
		}
	}
	if n.Kind == yaml.SequenceNode && len(n.Content) == 2 {
		n = n.Content[0]
	}
	if n.Kind != yaml.ScalarNode || n.Style&yaml.LiteralStyle == 0 || n.Anchor != "" || n.Line >= len(t.lines) {
		return nil, errors.New("its user data is no script that stands there line by line")
	}
	start := t.lines[n.Line]
	end, indent := start, -1
	for i := n.Line; i < len(t.lines); i++ {
		next := len(t.src)
		if i+1 < len(t.lines) {
			next = t.lines[i+1]
		}
		line := t.src[t.lines[i]:next]
		rest := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(rest)) == 0 {
			continue
		}
		if indent < 0 {
			indent = len(line) - len(rest)
		}
		if indent == 0 || len(line)-len(rest) < indent {
			break
		}
		end = next
	}
	edit, err := assign.Line(t.src[start:end], c.Value.Text)
	if err != nil || edit == nil {
		return nil, err
	}
	edit.Start, edit.End = edit.Start+start, edit.End+start
	return []patch.Edit{*edit}, nil
}

// copied gives a property the value that it has in another resource, as it is
// written there.
func (t *Text) copied(res *yaml.Node, kind string, c finding.Change) ([]patch.Edit, error) {
	path, _, err := translate(kind, c)
	if err != nil {
		return nil, err
	}
	if c.Value.Ref.Module() != c.Resource.Module() {
		return nil, fmt.Errorf("%s is in another template", c.Value.Ref)
	}
	other, err := t.resource(logical(c.Value.Ref), kind)
	if err != nil {
		return nil, err
	}
	name := path[0].Name
	from, err := child(other, "Properties")
	if err != nil || from == nil || len(path) != 1 {
		return nil, errors.New("what would be copied is not there")
	}
	into, err := child(res, "Properties")
	if err != nil || into == nil || into.Kind != yaml.MappingNode || len(into.Content) == 0 {
		return nil, errors.New("it has no Properties")
	}
	n, err := child(from, name)
	if err != nil || n == nil || n.Kind != yaml.MappingNode || lends(n) {
		return nil, fmt.Errorf("the %s of %s is no map that stands there", name, logical(c.Value.Ref))
	}
	start, end, err := t.extent(n)
	if err != nil {
		return nil, err
	}
	flow := t.json || n.Style&yaml.FlowStyle != 0
	key := keyOf(from, name)
	had, err := child(into, name)
	if err != nil {
		return nil, err
	}
	w := writer{t: t, of: c.Resource}
	column := into.Content[0].Column
	text := string(t.src[start:end])
	if had != nil {
		if had.Kind != yaml.MappingNode || readable(had) != nil || (had.Style&yaml.FlowStyle != n.Style&yaml.FlowStyle) {
			return nil, fmt.Errorf("its %s is no map that stands there", name)
		}
		at, to, err := t.extent(had)
		if err != nil {
			return nil, err
		}
		by := had.Column - n.Column
		if flow {
			by = keyOf(into, name).Column - key.Column
		}
		return []patch.Edit{{Start: at, End: to, New: shifted(text, by)}}, nil
	}
	if flow && !t.json {
		return nil, errors.New("what would be copied is written between braces")
	}
	probe, err := w.add(into, name, finding.Value{Word: true, Text: "\x00"})
	if err != nil || len(probe) != 1 {
		return nil, errors.Join(err, errors.New("there is no place for the copy"))
	}
	if t.json {
		text = shifted(text, column-key.Column)
	} else {
		text = t.nl + strings.Repeat(" ", n.Column-1) + text
		text = shifted(text, column-key.Column)
		probe[0].New = strings.Replace(probe[0].New, ": \x00", ":\x00", 1)
	}
	probe[0].New = strings.Replace(probe[0].New, "\x00", text, 1)
	return probe, nil
}

// lends reports whether there is an anchor or alias in a node.
func lends(n *yaml.Node) bool {
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		return true
	}
	for _, c := range n.Content {
		if lends(c) {
			return true
		}
	}
	return false
}

// shifted moves all lines but the first to the right, or to the left as far as
// they are indented.
func shifted(text string, by int) string {
	lines := strings.SplitAfter(text, "\n")
	for i := 1; i < len(lines); i++ {
		switch {
		case strings.TrimSpace(lines[i]) == "":
		case by > 0:
			lines[i] = strings.Repeat(" ", by) + lines[i]
		default:
			room := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
			lines[i] = lines[i][min(-by, room):]
		}
	}
	return strings.Join(lines, "")
}
