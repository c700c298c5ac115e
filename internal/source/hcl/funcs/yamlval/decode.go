// Package yamlval turns YAML into values of Terraform and back.
//
// # Model
// Mappings become objects, sequences tuples, scalars strings, numbers, booleans
// and null (Terraform pages "yamldecode Function" and "yamlencode Function").
//
// # Guarantees
// Aliases are followed, and the whole is bounded in values and depth, so that a
// few lines that name each other do not fill the memory. What is encoded decodes
// to an equal value.
//
// # Not modelled
// Binary scalars and tags of applications are errors. The text of Encode is not
// byte for byte that of Terraform: all strings are quoted on one line.
package yamlval

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/zclconf/go-cty/cty"
	"go.yaml.in/yaml/v3"
)

// ErrTooLarge is returned for documents that would give too many values.
var ErrTooLarge = errors.New("result too large")

// The bounds of one document.
const (
	mostValues = 100_000
	mostDepth  = 200
)

// Decode reads a document.
func Decode(text string) (cty.Value, error) {
	d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var doc, more yaml.Node
	switch err := d.Decode(&doc); {
	case err == io.EOF:
		return cty.NullVal(cty.DynamicPseudoType), nil
	case err != nil:
		return cty.NilVal, err
	}
	if err := d.Decode(&more); err != io.EOF {
		return cty.NilVal, errors.New("unexpected extra content after value")
	}
	r := reader{left: mostValues}
	return r.value(&doc, mostDepth)
}

type reader struct{ left int }

func (r *reader) value(n *yaml.Node, depth int) (cty.Value, error) {
	if r.left--; r.left < 0 || depth == 0 {
		return cty.NilVal, ErrTooLarge
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0], depth-1)
	case yaml.AliasNode:
		return r.value(n.Alias, depth-1)
	case yaml.SequenceNode:
		return r.sequence(n, depth)
	case yaml.MappingNode:
		fields := map[string]cty.Value{}
		if err := r.fields(n, fields, depth); err != nil {
			return cty.NilVal, err
		}
		return cty.ObjectVal(fields), nil
	default:
		return scalar(n)
	}
}

func (r *reader) sequence(n *yaml.Node, depth int) (cty.Value, error) {
	var items []cty.Value
	for _, c := range n.Content {
		v, err := r.value(c, depth-1)
		if err != nil {
			return cty.NilVal, err
		}
		items = append(items, v)
	}
	return cty.TupleVal(items), nil
}

// fields reads a mapping; merged mappings give what the mapping itself lacks.
func (r *reader) fields(n *yaml.Node, out map[string]cty.Value, depth int) error {
	if r.left--; r.left < 0 || depth == 0 {
		return ErrTooLarge
	}
	own := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		name, err := keyOf(key)
		if err != nil {
			return err
		}
		if own[name] {
			return fmt.Errorf("on line %d: the key %q is given twice", key.Line, name)
		}
		own[name] = true
		v, err := r.value(value, depth-1)
		if err != nil {
			return err
		}
		out[name] = v
	}
	for _, m := range merged {
		from, err := r.merge(m, depth-1)
		if err != nil {
			return err
		}
		for name, v := range from {
			if !own[name] {
				out[name] = v
			}
		}
	}
	return nil
}

func (r *reader) merge(n *yaml.Node, depth int) (map[string]cty.Value, error) {
	if r.left--; r.left < 0 || depth == 0 {
		return nil, ErrTooLarge
	}
	out := map[string]cty.Value{}
	switch n.Kind {
	case yaml.AliasNode:
		return r.merge(n.Alias, depth-1)
	case yaml.MappingNode:
		return out, r.fields(n, out, depth)
	case yaml.SequenceNode:
		for _, c := range n.Content {
			from, err := r.merge(c, depth-1)
			if err != nil {
				return nil, err
			}
			for name, v := range from {
				if _, ok := out[name]; !ok { // the first of a list wins
					out[name] = v
				}
			}
		}
		return out, nil
	default:
		return nil, fmt.Errorf("on line %d: only a mapping or a list of mappings can be merged", n.Line)
	}
}

func keyOf(n *yaml.Node) (string, error) {
	for range mostDepth {
		if n.Kind != yaml.AliasNode {
			break
		}
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return "", fmt.Errorf("on line %d: a key must be a string, a number or a boolean", n.Line)
	}
	v, err := scalar(n)
	if err != nil {
		return "", err
	}
	// cty normalises strings; so must the name of an attribute.
	if v.Type() == cty.String {
		return v.AsString(), nil
	}
	return n.Value, nil
}

func scalar(n *yaml.Node) (cty.Value, error) {
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return cty.StringVal(n.Value), nil
	case "!!null":
		return cty.NullVal(cty.DynamicPseudoType), nil
	case "!!bool", "!!int", "!!float":
	default:
		return cty.NilVal, fmt.Errorf("on line %d: the tag %s is not supported", n.Line, n.Tag)
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return cty.NilVal, err
	}
	switch v := v.(type) {
	case bool:
		return cty.BoolVal(v), nil
	case int:
		return cty.NumberIntVal(int64(v)), nil
	case int64:
		return cty.NumberIntVal(v), nil
	case uint64:
		return cty.NumberUIntVal(v), nil
	case float64:
		return float(n, v)
	case time.Time, string:
		return cty.StringVal(n.Value), nil
	default:
		return cty.NilVal, fmt.Errorf("on line %d: %q is no scalar that Terraform knows", n.Line, n.Value)
	}
}

func float(n *yaml.Node, v float64) (cty.Value, error) {
	switch {
	case math.IsNaN(v):
		return cty.NilVal, fmt.Errorf("on line %d: floating point NaN is not supported", n.Line)
	case math.IsInf(v, 0):
		return cty.NumberFloatVal(v), nil
	}
	// The decimal text is exact, the float64 is not.
	if exact, err := cty.ParseNumberVal(n.Value); err == nil {
		return exact, nil
	}
	return cty.NumberFloatVal(v), nil
}
