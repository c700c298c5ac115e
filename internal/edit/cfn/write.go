package cfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/ref"
)

// writer edits one resource.
type writer struct {
	t  *Text
	of ref.ID
}

// enter is the map that a step leads to, of a list the entry that is meant, or
// nil if there is none.
func (w writer) enter(in *yaml.Node, s finding.Step) (*yaml.Node, error) {
	n, err := child(in, s.Name)
	if err != nil || n == nil {
		return nil, err
	}
	if err := readable(n); err != nil {
		return nil, fmt.Errorf("of %s: %w", s.Name, err)
	}
	if n.Kind != yaml.SequenceNode {
		if n.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("its %s is no map", s.Name)
		}
		return n, nil
	}
	var found *yaml.Node
	for _, e := range n.Content {
		if s.Line > 0 && e.Line != s.Line {
			continue
		}
		if s.Key != "" {
			if v, err := child(e, s.Key); err != nil || v == nil || readable(v) != nil || v.Value != s.Is {
				continue
			}
		}
		if found != nil {
			return nil, fmt.Errorf("its %s has several entries", s.Name)
		}
		found = e
	}
	if found == nil {
		return nil, fmt.Errorf("the entry of %s that is meant is not written there", s.Name)
	}
	if err := readable(found); err != nil {
		return nil, fmt.Errorf("of an entry of %s: %w", s.Name, err)
	}
	if found.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("an entry of its %s is no map", s.Name)
	}
	return found, nil
}

// within is the map in which the last step of a path is, and how many steps were
// made if the rest is not there.
func (w writer) within(body *yaml.Node, path []finding.Step) (*yaml.Node, int, error) {
	in := body
	if err := readable(in); err != nil {
		return nil, 0, err
	}
	for i, s := range path[:len(path)-1] {
		next, err := w.enter(in, s)
		if err != nil {
			return nil, 0, err
		}
		if next == nil {
			return in, i, nil
		}
		in = next
	}
	return in, len(path) - 1, nil
}

// set makes what is at a path have a value; maps that are not there are made.
func (w writer) set(body *yaml.Node, path []finding.Step, v finding.Value) ([]patch.Edit, error) {
	in, done, err := w.within(body, path)
	if err != nil {
		return nil, err
	}
	if in.Kind != yaml.MappingNode {
		return nil, errors.New("its properties are no map")
	}
	for j := len(path) - 1; j > done; j-- {
		v = finding.Value{Fields: []finding.Field{{Name: path[j].Name, Value: v}}}
	}
	name := path[done].Name
	n, err := child(in, name)
	switch {
	case err != nil:
		return nil, err
	case n == nil:
		return w.add(in, name, v)
	case v.Fields == nil:
		return w.change(n, name, v)
	}
	if n, err = w.enter(in, path[done]); err != nil {
		return nil, err
	}
	var out []patch.Edit
	for _, f := range v.Fields {
		edits, err := w.set(n, []finding.Step{{Name: f.Name}}, f.Value)
		if err != nil {
			return nil, err
		}
		for _, e := range edits {
			if k := len(out) - 1; k >= 0 && out[k].Start == e.Start && out[k].End == e.End && e.Start == e.End {
				out[k].New += e.New
				continue
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// change gives a scalar another value.
func (w writer) change(n *yaml.Node, name string, v finding.Value) ([]patch.Edit, error) {
	if err := readable(n); err != nil {
		return nil, fmt.Errorf("of %s: %w", name, err)
	}
	if n.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("its %s is no text", name)
	}
	if v.Ref == "" && v.List == nil && n.Value == v.Text {
		return nil, nil
	}
	start, end, err := w.t.scalar(n)
	if err != nil {
		return nil, fmt.Errorf("its %s %w", name, err)
	}
	text, err := w.value(v, w.t.json || n.Style&(yaml.DoubleQuotedStyle) != 0)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Ref != "" || v.Word || v.List != nil:
	case n.Style&yaml.SingleQuotedStyle != 0 && !strings.ContainsAny(v.Text, "'\n"):
		text = "'" + v.Text + "'"
	case n.Style&yaml.DoubleQuotedStyle != 0 && plainWord.MatchString(v.Text):
		text = `"` + v.Text + `"`
	}
	return []patch.Edit{{Start: start, End: end, New: text}}, nil
}

// exchange puts another property in the place of one.
func (w writer) exchange(body *yaml.Node, path []finding.Step, v finding.Value) ([]patch.Edit, error) {
	in, done, err := w.within(body, path)
	if err != nil {
		return nil, err
	}
	last := path[len(path)-1]
	if done < len(path)-1 {
		return nil, fmt.Errorf("its %s is not written there", last.Name)
	}
	f := v.Fields[0]
	if other, err := child(in, f.Name); err != nil || other != nil {
		return nil, fmt.Errorf("it has a %s beside it", f.Name)
	}
	n, err := child(in, last.Name)
	if err != nil || n == nil {
		return nil, fmt.Errorf("its %s is not written there", last.Name)
	}
	if err := readable(n); err != nil || n.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("its %s is no literal", last.Name)
	}
	_, end, err := w.t.scalar(n)
	if err != nil {
		return nil, fmt.Errorf("its %s %w", last.Name, err)
	}
	start, err := w.t.offset(keyOf(in, last.Name))
	if err != nil {
		return nil, err
	}
	text, err := w.pair(f, w.t.json || in.Style&yaml.FlowStyle != 0, "")
	if err != nil {
		return nil, err
	}
	return []patch.Edit{{Start: start, End: end, New: text}}, nil
}

func keyOf(in *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(in.Content); i += 2 {
		if in.Content[i].Value == name {
			return in.Content[i]
		}
	}
	return in
}

// scalar is the range of a literal that is written in one line.
func (t *Text) scalar(n *yaml.Node) (start, end int, err error) {
	if start, err = t.offset(n); err != nil {
		return 0, 0, err
	}
	text := t.src[start:]
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || len(text) == 0:
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := 1; i < len(text) && text[0] == '"'; i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return start, start + i + 1, nil
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := 1; i < len(text) && text[0] == '\''; i++ {
			if text[i] == '\'' {
				if i+1 < len(text) && text[i+1] == '\'' {
					i++
					continue
				}
				return start, start + i + 1, nil
			}
		}
	case n.Value != "" && bytes.HasPrefix(text, []byte(n.Value)):
		return start, start + len(n.Value), nil
	}
	return 0, 0, errors.New("is not written in one line")
}

// plainWord is a text that stands between braces as it does elsewhere.
var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// value is a value as it is written: between braces, or in quotes, as JSON is.
func (w writer) value(v finding.Value, quoted bool) (string, error) {
	switch {
	case len(v.List) == 1:
		return w.value(v.List[0], quoted)
	case v.List != nil || v.Fields != nil:
		return "", errors.New("the value is no text")
	case v.Ref != "":
		return w.reference(v)
	case v.Word:
		return v.Text, nil
	case quoted && (w.t.json || !plainWord.MatchString(v.Text)):
		out, err := json.Marshal(v.Text)
		return string(out), err
	}
	out, err := yaml.Marshal(v.Text)
	text := strings.TrimSuffix(string(out), "\n")
	if err != nil || strings.Contains(text, "\n") {
		quotedText, err := json.Marshal(v.Text)
		return string(quotedText), err
	}
	return text, nil
}

// reference is what Terraform calls the id of a resource.
func (w writer) reference(v finding.Value) (string, error) {
	if v.Ref.Module() != w.of.Module() {
		return "", fmt.Errorf("%s is in another template", v.Ref)
	}
	id := logical(v.Ref)
	if _, err := w.t.resource(id, "AWS::EC2::RouteTable"); err == nil && v.Attr == "id" {
		if w.t.json {
			return fmt.Sprintf(`{"Ref": %q}`, id), nil
		}
		return "!Ref " + id, nil
	}
	attr, ok := ids["AWS::EC2::SecurityGroup"]
	if _, err := w.t.resource(id, "AWS::EC2::SecurityGroup"); err != nil || !ok || v.Attr != "id" {
		return "", fmt.Errorf("%s is no security group of the template", v.Ref)
	}
	if w.t.json {
		return fmt.Sprintf(`{"Fn::GetAtt": [%q, %q]}`, id, attr), nil
	}
	return "!GetAtt " + id + "." + attr, nil
}

// pair is a key with a value in one line; pad stands within braces.
func (w writer) pair(f finding.Field, flow bool, pad string) (string, error) {
	key := f.Name
	if w.t.json {
		key = `"` + key + `"`
	}
	if f.Value.Fields != nil {
		var out []string
		for _, g := range f.Value.Fields {
			text, err := w.pair(g, true, pad)
			if err != nil {
				return "", err
			}
			out = append(out, text)
		}
		return key + ": {" + pad + strings.Join(out, ", ") + pad + "}", nil
	}
	text, err := w.value(f.Value, flow)
	return key + ": " + text, err
}

// pairs are keys with values in lines, of which none has the first indentation.
func (w writer) pairs(fields []finding.Field, unit string) ([]string, error) {
	var out []string
	for i, f := range fields {
		if f.Value.Fields == nil {
			text, err := w.pair(f, w.t.json, "")
			if err != nil {
				return nil, err
			}
			out = append(out, text)
		} else {
			inner, err := w.pairs(f.Value.Fields, unit)
			if err != nil {
				return nil, err
			}
			head, tail := f.Name+":", ""
			if w.t.json {
				head, tail = `"`+f.Name+`": {`, "}"
			}
			out = append(out, head)
			for _, line := range inner {
				out = append(out, unit+line)
			}
			if tail != "" {
				out = append(out, tail)
			}
		}
		if w.t.json && i < len(fields)-1 {
			out[len(out)-1] += ","
		}
	}
	return out, nil
}
