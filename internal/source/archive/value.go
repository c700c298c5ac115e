package archive

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// thing is a resource. Keys that say nothing are left out.
type thing struct {
	ID            string   `json:"id"`
	Type          string   `json:"type"`
	Called        string   `json:"called,omitempty"`
	Name          string   `json:"name,omitempty"`
	Data          bool     `json:"data,omitempty"`
	Region        string   `json:"region,omitempty"`
	Nested        string   `json:"nested,omitempty"`
	Exists        string   `json:"exists"`
	Why           string   `json:"why,omitempty"`
	IgnoreChanges []string `json:"ignoreChanges,omitempty"`
	place
	Body value `json:"body"`
}

type missing struct {
	ID     string      `json:"id"`
	Source string      `json:"source,omitempty"`
	What   string      `json:"what,omitempty"`
	Of     string      `json:"of,omitempty"`
	Why    string      `json:"why,omitempty"`
	Inputs []reference `json:"inputs,omitempty"`
	place
}

type remark struct {
	Scope string `json:"scope,omitempty"`
	Below bool   `json:"below,omitempty"`
	Text  string `json:"text,omitempty"`
	Value *value `json:"value,omitempty"`
	place
}

type reference struct {
	ID   string `json:"id"`
	Attr string `json:"attr,omitempty"`
}

// value is one value. Kind tells which of the other keys it has.
type value struct {
	Kind       string           `json:"kind"`
	Bool       bool             `json:"bool,omitempty"`
	Number     json.Number      `json:"number,omitempty"`
	Text       string           `json:"text,omitempty"`
	List       []value          `json:"list,omitempty"`
	Map        map[string]value `json:"map,omitempty"`
	Ref        *reference       `json:"ref,omitempty"`
	Maybe      bool             `json:"maybe,omitempty"`
	Why        string           `json:"why,omitempty"`
	Candidates []reference      `json:"candidates,omitempty"`
	Sensitive  bool             `json:"sensitive,omitempty"`
	place
}

// kinds are the kinds of values by their word.
var kinds = map[string]resource.Kind{
	"null": resource.Null, "unknown": resource.Unknown, "bool": resource.Bool, "number": resource.Number, "string": resource.String,
	"list": resource.List, "map": resource.Map, "ref": resource.Ref, "text": resource.Text,
}

var kindWords = func() map[resource.Kind]string {
	out := map[resource.Kind]string{}
	for w, k := range kinds {
		out[k] = w
	}
	return out
}()

// parts are the parts of things by their word.
var parts = []string{resource.OfAll: "", resource.OfLogs: "flow logs", resource.OfEndpoints: "VPC endpoints", resource.OfGateways: "internet gateways"}

func references(list []resource.Reference) []reference {
	var out []reference
	for _, r := range list {
		out = append(out, reference{string(r.ID), r.Attr})
	}
	return out
}

func (r reference) resource() resource.Reference {
	return resource.Reference{ID: ref.ID(r.ID), Attr: r.Attr}
}

func resources(list []reference) []resource.Reference {
	var out []resource.Reference
	for _, r := range list {
		out = append(out, r.resource())
	}
	return out
}

func thingOf(r resource.Resource) thing {
	return thing{ID: string(r.ID), Type: r.Type, Called: r.Called, Name: r.Name, Data: r.Data, Region: r.Region, Nested: string(r.Nested), Exists: r.Exists.String(), Why: r.Why,
		IgnoreChanges: r.IgnoreChanges, place: placeOf(r.Place), Body: valueOf(r.Body)}
}

func (t thing) resource() (resource.Resource, error) {
	exists, ok := word(t.Exists, []fact.Tri{fact.Unknown, fact.No, fact.Yes})
	if !ok {
		return resource.Resource{}, fmt.Errorf("%q does not say whether it exists", t.Exists)
	}
	body, err := t.Body.resource()
	return resource.Resource{ID: ref.ID(t.ID), Type: t.Type, Called: t.Called, Name: t.Name, Data: t.Data, Region: t.Region, Nested: ref.ID(t.Nested), Exists: exists, Why: t.Why,
		IgnoreChanges: t.IgnoreChanges, Place: t.ref(), Body: body}, err
}

func missingOf(m resource.Missing) missing {
	return missing{ID: string(m.ID), Source: m.Source, What: m.What, Of: parts[m.Of], Why: m.Why, Inputs: references(m.Inputs), place: placeOf(m.Place)}
}

func (m missing) missing() (resource.Missing, error) {
	for part, name := range parts {
		if name == m.Of {
			return resource.Missing{ID: ref.ID(m.ID), Source: m.Source, What: m.What, Of: resource.Part(part), Why: m.Why, Inputs: resources(m.Inputs), Place: m.ref()}, nil
		}
	}
	return resource.Missing{}, fmt.Errorf("there is no part %q of things", m.Of)
}

func remarkOf(r resource.Remark) remark {
	out := remark{Scope: string(r.Scope), Below: r.Below, Text: r.Text, place: placeOf(r.Place)}
	if !r.Value.IsNull() {
		v := valueOf(r.Value)
		out.Value = &v
	}
	return out
}

func (r remark) remark() (resource.Remark, error) {
	out := resource.Remark{Scope: ref.ID(r.Scope), Below: r.Below, Text: r.Text, Place: r.ref()}
	var err error
	if r.Value != nil {
		out.Value, err = r.Value.resource()
	}
	return out, err
}

func valueOf(v resource.Value) value {
	out := value{Kind: kindWords[v.Kind], Maybe: v.Maybe, Why: v.Why, Candidates: references(v.Candidates), Sensitive: v.Sensitive, place: placeOf(v.Place)}
	switch v.Kind {
	case resource.Bool:
		out.Bool = v.Bool
	case resource.Number:
		if s := strconv.FormatFloat(v.Number, 'g', -1, 64); math.IsInf(v.Number, 0) || math.IsNaN(v.Number) {
			out.Text = s // JSON has no such number
		} else {
			out.Number = json.Number(s)
		}
	case resource.String:
		out.Text = v.Text
	case resource.List, resource.Text:
		for _, e := range v.List {
			out.List = append(out.List, valueOf(e))
		}
	case resource.Map:
		out.Map = make(map[string]value, len(v.Map))
		for k, e := range v.Map {
			out.Map[k] = valueOf(e)
		}
	case resource.Ref:
		out.Ref = &reference{string(v.Ref.ID), v.Ref.Attr}
	}
	return out
}

func (v value) resource() (resource.Value, error) {
	kind, ok := kinds[v.Kind]
	if !ok {
		return resource.Value{}, fmt.Errorf("there is no kind %q of values", v.Kind)
	}
	out := resource.Value{Kind: kind, Bool: v.Bool, Maybe: v.Maybe, Why: v.Why, Candidates: resources(v.Candidates), Sensitive: v.Sensitive, Place: v.ref()}
	switch kind {
	case resource.Number:
		text := string(v.Number)
		if text == "" {
			text = v.Text
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return resource.Value{}, fmt.Errorf("%q is no number", text)
		}
		out.Number = n
	case resource.String:
		out.Text = v.Text
	case resource.List, resource.Text:
		out.List = make([]resource.Value, 0, len(v.List))
		for _, e := range v.List {
			r, err := e.resource()
			if err != nil {
				return resource.Value{}, err
			}
			out.List = append(out.List, r)
		}
	case resource.Map:
		out.Map = make(map[string]resource.Value, len(v.Map))
		for k, e := range v.Map {
			r, err := e.resource()
			if err != nil {
				return resource.Value{}, err
			}
			out.Map[k] = r
		}
	case resource.Ref:
		if v.Ref == nil {
			return resource.Value{}, fmt.Errorf("a reference names nothing")
		}
		out.Ref = v.Ref.resource()
	}
	return out, nil
}
