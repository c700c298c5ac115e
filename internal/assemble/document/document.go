// Package document makes JSON policy documents of the values that write them.
//
// # Model
// A policy is written as a text, as a text with references in it, as a data
// source aws_iam_policy_document, or as a map. [Of] gives each as one JSON text
// in which a value that nobody knows yet stands as "${…}" inside a string, with
// a list of these holes.
//
// # Guarantees
//   - A reference stands as the same hole wherever it is written, so equal holes
//     are equal values. What is unknown for another reason is a hole of its own.
//   - A statement or value that may be absent is a hole that may stand for any
//     number of them.
//   - A literal text is kept as it is, so that its mistakes are found at their
//     places.
//
// # Not modelled
// Policies that other data sources make.
package document

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/container"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// maxMerged is how deep documents may be made of other documents.
const maxMerged = 8

// Of reads the policy that a value writes. Nothing, or an empty text, is the
// default policy; place is where it would be written.
func Of(d *design.Design, v resource.Value, place ref.Place) topo.Policy {
	at := v.Place
	if at.IsZero() {
		at = place
	}
	switch {
	case v.Kind == resource.Null, v.Kind == resource.String && v.Text == "" && !v.Maybe:
		return topo.Policy{Kind: topo.PolicyDefault, Place: at}
	case v.Sensitive:
		return topo.Policy{Why: "its value is sensitive", Place: at}
	case v.Kind == resource.String && !v.Maybe:
		return topo.Policy{Kind: topo.PolicyDocument, Text: v.Text, Place: at}
	}
	c := &composer{Design: d, sure: map[string]int{}}
	tree, why := c.tree(v, 0)
	if why != "" {
		return topo.Policy{Why: why, Place: at}
	}
	text, err := json.Marshal(c.plain(tree))
	if err != nil {
		return topo.Policy{Why: "it is no JSON: " + err.Error(), Place: at}
	}
	if !tree.Place.IsZero() && v.Kind == resource.Ref {
		at = tree.Place
	}
	return topo.Policy{Kind: topo.PolicyDocument, Text: string(text), Holes: c.settled(), Place: at}
}

// Problems are what is wrong with the text of a policy.
func Problems(p topo.Policy) []policy.Problem {
	if p.Kind != topo.PolicyDocument {
		return nil
	}
	_, problems := policy.NewReader().Parse(p.Text, p.Holes)
	return problems
}

// composer makes one document.
type composer struct {
	*design.Design
	holes    []policy.Hole
	sure     map[string]int // reference as a hole → its place in holes
	literals []string
}

// tree is the document that a value writes, as a map.
func (c *composer) tree(v resource.Value, depth int) (resource.Value, string) {
	if depth > maxMerged {
		return resource.Value{}, "its documents are made of each other"
	}
	if v.Maybe {
		return resource.Value{}, design.Why(v)
	}
	switch v.Kind {
	case resource.Map:
		return v, ""
	case resource.String, resource.Text:
		out, _, err := container.Decode(v)
		switch {
		case err != nil:
			return resource.Value{}, "it is not JSON: " + err.Error()
		case out.Kind == resource.Unknown:
			return resource.Value{}, design.Why(out)
		case out.Kind != resource.Map:
			return resource.Value{}, "it is no JSON object"
		}
		return out, ""
	case resource.Ref:
		res, ok := c.Find(v.Ref.ID)
		if ok && res.Data && res.Type == "aws_iam_policy_document" && (v.Ref.Attr == "json" || v.Ref.Attr == "minified_json") {
			return c.statements(res, depth)
		}
	}
	return resource.Value{}, design.Why(v)
}

// statements is the document that a data source aws_iam_policy_document makes:
// those of its sources, its own, and those of the documents that override, which
// replace statements of the same Sid.
func (c *composer) statements(res resource.Resource, depth int) (resource.Value, string) {
	var list []resource.Value
	merge := func(attrs []string, replace bool) string {
		for _, attr := range attrs {
			for _, v := range res.Get(attr).Items() {
				if v.Kind == resource.String && v.Text == "" {
					continue
				}
				other, why := c.tree(v, depth+1)
				if why != "" {
					return why
				}
				for _, s := range items(other.Get("Statement")) {
					list = put(list, s, replace)
				}
			}
		}
		return ""
	}
	if why := merge([]string{"source_json", "source_policy_documents"}, false); why != "" {
		return resource.Value{}, why
	}
	for _, s := range res.Get("statement").Items() {
		list = put(list, statement(s), true)
	}
	if why := merge([]string{"override_json", "override_policy_documents"}, true); why != "" {
		return resource.Value{}, why
	}
	version := res.Get("version")
	if version.IsNull() {
		version = resource.Value{Kind: resource.String, Text: "2012-10-17"}
	}
	return resource.Value{Kind: resource.Map, Place: res.Place, Map: map[string]resource.Value{
		"Version": version, "Statement": {Kind: resource.List, List: list}}}, ""
}

// items are the statements of a document: one, or a list of them.
func items(v resource.Value) []resource.Value {
	if v.Kind == resource.List {
		return v.Items()
	}
	if v.IsNull() {
		return nil
	}
	return []resource.Value{v}
}

// put adds a statement, in the place of one with the same Sid.
func put(list []resource.Value, s resource.Value, replace bool) []resource.Value {
	if sid := s.Get("Sid"); replace && sid.Kind == resource.String && sid.Text != "" && !s.Maybe {
		for i, have := range list {
			if got := have.Get("Sid"); got.Kind == resource.String && got.Text == sid.Text {
				list[i] = s
				return list
			}
		}
	}
	return append(list, s)
}

// statement is a statement block as JSON has it.
func statement(block resource.Value) resource.Value {
	if block.Kind != resource.Map || block.Maybe {
		return resource.Value{Kind: resource.Unknown, Why: design.Why(block), Place: block.Place}
	}
	out := map[string]resource.Value{"Effect": {Kind: resource.String, Text: "Allow"}}
	for attr, key := range map[string]string{"sid": "Sid", "effect": "Effect", "actions": "Action", "not_actions": "NotAction",
		"resources": "Resource", "not_resources": "NotResource"} {
		if v := block.Get(attr); !v.IsNull() {
			out[key] = v
		}
	}
	for attr, key := range map[string]string{"principals": "Principal", "not_principals": "NotPrincipal"} {
		if blocks := block.Get(attr).Items(); len(blocks) > 0 {
			out[key] = principals(blocks)
		}
	}
	if blocks := block.Get("condition").Items(); len(blocks) > 0 {
		out["Condition"] = conditions(blocks)
	}
	return resource.Value{Kind: resource.Map, Map: out, Place: block.Place}
}

func unknown(v resource.Value) resource.Value {
	return resource.Value{Kind: resource.Unknown, Why: design.Why(v), Place: v.Place}
}

func principals(blocks []resource.Value) resource.Value {
	who := map[string]resource.Value{}
	for _, b := range blocks {
		kind := b.Get("type")
		if b.Maybe || kind.Kind != resource.String {
			return unknown(b)
		}
		list := b.Get("identifiers")
		if list.Kind == resource.Unknown || list.Maybe {
			list = unknown(list)
		}
		have := who[kind.Text]
		who[kind.Text] = resource.Value{Kind: resource.List, List: append(slices.Clip(have.List), list.Items()...)}
	}
	return resource.Value{Kind: resource.Map, Map: who}
}

func conditions(blocks []resource.Value) resource.Value {
	out := map[string]resource.Value{}
	for _, b := range blocks {
		test, key := b.Get("test"), b.Get("variable")
		if b.Maybe || test.Kind != resource.String || key.Kind != resource.String {
			return unknown(b)
		}
		op := out[test.Text]
		if op.Map == nil {
			op = resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}}
		}
		have := op.Map[key.Text]
		op.Map[key.Text] = resource.Value{Kind: resource.List, List: append(slices.Clip(have.List), b.Get("values").Items()...)}
		out[test.Text] = op
	}
	return resource.Value{Kind: resource.Map, Map: out}
}

// plain is a value as encoding/json takes it, with holes for what is unknown.
func (c *composer) plain(v resource.Value) any {
	if v.Maybe || v.Sensitive {
		return c.open(v)
	}
	switch v.Kind {
	case resource.String:
		c.literals = append(c.literals, v.Text)
		return v.Text
	case resource.Bool:
		return v.Bool
	case resource.Number:
		return v.Number
	case resource.Ref:
		return c.hole(v)
	case resource.Text:
		var b strings.Builder
		for _, part := range v.List {
			switch {
			case part.Sensitive, part.Kind == resource.Unknown:
				b.WriteString(c.open(part))
			case part.Kind == resource.Ref:
				b.WriteString(c.hole(part))
			default:
				c.literals = append(c.literals, part.Text)
				b.WriteString(part.Text)
			}
		}
		return b.String()
	case resource.List:
		out := []any{}
		for _, e := range v.List {
			if e.Kind == resource.List {
				for _, inner := range e.Items() {
					out = append(out, c.plain(inner))
				}
			} else if e.Kind != resource.Null {
				out = append(out, c.plain(e))
			}
		}
		return out
	case resource.Map:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v.Map)) {
			c.literals = append(c.literals, key)
			if e := v.Map[key]; e.Kind != resource.Null {
				out[key] = c.plain(e)
			}
		}
		return out
	}
	return c.open(v)
}

// open is a hole of its own.
func (c *composer) open(v resource.Value) string {
	why := design.Why(v)
	if v.Sensitive {
		why = "its value is sensitive"
	}
	text := fmt.Sprintf("${unknown %d}", len(c.holes)+1)
	c.holes = append(c.holes, policy.Hole{Text: text, Why: why, Place: v.Place})
	return text
}

// hole is the hole of a reference.
func (c *composer) hole(v resource.Value) string {
	name := cmp.Or(design.Display(v), "${…}")
	if _, have := c.sure[name]; !have {
		c.sure[name] = len(c.holes)
		c.holes = append(c.holes, policy.Hole{Text: name, Shape: c.shape(v.Ref), Sure: true, Why: design.Why(v), Place: v.Place})
	}
	return name
}

// fixed are attributes that hold an id, a name or an ARN. None of them can have
// wildcards.
var fixed = map[string]bool{
	"id": true, "arn": true, "name": true, "account_id": true, "region": true, "partition": true, "dns_suffix": true, "unique_id": true,
	"bucket": true, "owner_id": true, "master_account_id": true, "master_account_arn": true, "vpc_id": true, "Ref": true, "Arn": true,
}

func (c *composer) shape(r resource.Reference) policy.Shape {
	switch r.ID {
	case "AWS::AccountId":
		return policy.ShapeOwnAccount
	case "AWS::Region", "AWS::Partition", "AWS::URLSuffix":
		return policy.ShapeFixed
	}
	res, ok := c.Find(r.ID)
	switch {
	case !ok || !fixed[r.Attr]:
		return policy.ShapeAny
	case res.Type == "aws_caller_identity" && r.Attr != "arn":
		return policy.ShapeOwnAccount
	case res.Type == "aws_organizations_organization" && r.Attr == "id":
		return policy.ShapeOwnOrganization
	}
	return policy.ShapeFixed
}

// settled are the holes. One whose text also stands in a literal text may be
// either, so nothing is sure of it.
func (c *composer) settled() []policy.Hole {
	for i, h := range c.holes {
		if slices.ContainsFunc(c.literals, func(text string) bool { return strings.Contains(text, h.Text) }) {
			c.holes[i].Sure, c.holes[i].Shape = false, policy.ShapeAny
		}
	}
	return c.holes
}
