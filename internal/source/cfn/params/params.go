// Package params reads files with values for the parameters of templates.
//
// # Model
// Four forms are in use: the list of the AWS CLI ([{"ParameterKey": ...,
// "ParameterValue": ...}]), the template configuration of AWS CodePipeline
// ({"Parameters": {...}}), the list of NAME=VALUE of "aws cloudformation
// deploy", and a plain map. Each may be JSON or YAML. A value that is a list
// is the comma-separated text that CloudFormation takes for it.
//
// # Guarantees
// A file that is not of these forms, or an entry that is none, is a diagnostic;
// the other entries count. Values never appear in diagnostics.
//
// # Not modelled
// UsePreviousValue: the value is in the account, so the parameter has none.
package params

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// MaxBytes is the largest file that is read.
const MaxBytes = 1 << 20

// Given is one value of a file.
type Given struct {
	Name, Value string
	Place       ref.Place
}

// Parse reads a file. Its name is for places.
func Parse(name string, data []byte) ([]Given, diag.List) {
	p := parser{file: name}
	if len(data) > MaxBytes {
		p.diags.Add(diag.Error, ref.Place{File: name}, "parameter file not read", fmt.Sprintf("It has more than %d MiB, so that it is no file of parameters. Parameters keep their defaults.", MaxBytes>>20))
		return nil, p.diags
	}
	var doc yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		p.diags.Add(diag.Error, ref.Place{File: name}, "parameter file not read", fmt.Sprintf("It is neither JSON nor YAML: %s. Parameters keep their defaults.", strings.TrimPrefix(err.Error(), "yaml: ")))
		return nil, p.diags
	}
	p.top(doc.Content[0])
	return p.out, p.diags
}

type parser struct {
	file  string
	out   []Given
	diags diag.List
}

func (p *parser) place(n *yaml.Node) ref.Place { return ref.Place{File: p.file, Line: n.Line} }

func (p *parser) top(n *yaml.Node) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, e := range n.Content {
			p.entry(e)
		}
	case yaml.MappingNode:
		if in := field(n, "Parameters"); in != nil && in.Kind != yaml.ScalarNode {
			p.top(in)
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			p.add(n.Content[i].Value, n.Content[i+1], n.Content[i])
		}
	default:
		p.diags.Add(diag.Error, p.place(n), "parameter file not read", "It holds no parameters. Write a map of names and values, or the list that the AWS CLI takes: [{\"ParameterKey\": NAME, \"ParameterValue\": VALUE}]. Parameters keep their defaults.")
	}
}

// entry is an element of a list.
func (p *parser) entry(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if name, value, ok := strings.Cut(n.Value, "="); ok && name != "" {
			p.out = append(p.out, Given{Name: name, Value: value, Place: p.place(n)})
			return
		}
	}
	key := field(n, "ParameterKey")
	if key == nil || key.Kind != yaml.ScalarNode {
		p.diags.Add(diag.Warning, p.place(n), "entry of parameter file not read", "It is neither {\"ParameterKey\": NAME, \"ParameterValue\": VALUE} nor NAME=VALUE, so that it has no effect.")
		return
	}
	if value := field(n, "ParameterValue"); value != nil {
		p.add(key.Value, value, n)
		return
	}
	why := "It gives no ParameterValue"
	if prev := field(n, "UsePreviousValue"); prev != nil {
		why = "It takes the value of the stack that is deployed, which is not in the file"
	}
	p.diags.Add(diag.Note, p.place(n), "parameter without value", fmt.Sprintf("%s: %s keeps its default, or has no value. Give it with --parameter %s=VALUE", why, key.Value, key.Value))
}

func (p *parser) add(name string, value, at *yaml.Node) {
	text, ok := scalar(value)
	if !ok {
		p.diags.Add(diag.Warning, p.place(at), "entry of parameter file not read", fmt.Sprintf("The value of %s is neither a text nor a list of texts, so that it has no effect.", name))
		return
	}
	p.out = append(p.out, Given{Name: name, Value: text, Place: p.place(at)})
}

// scalar is the text of a value as CloudFormation takes it.
func scalar(n *yaml.Node) (string, bool) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		return n.Value, true
	case n.Kind == yaml.SequenceNode:
		var parts []string
		for _, e := range n.Content {
			if e.Kind != yaml.ScalarNode || e.Tag == "!!null" {
				return "", false
			}
			parts = append(parts, e.Value)
		}
		return strings.Join(parts, ","), true
	}
	return "", false
}

// field is the value of a key, or nil.
func field(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
