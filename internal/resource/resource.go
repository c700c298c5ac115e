// Package resource is the neutral form in which every source hands over what it
// read: a list of resources, each a tree of values with places.
//
// # Model
// A [Value] is null, unknown (with the reason), a scalar, a list, a map, a
// reference to an attribute of another resource, or a text that contains
// references. The language of the source (Terraform or CloudFormation) is
// already evaluated; the meaning of AWS types is not yet known here: that is
// package assemble.
//
// # Guarantees
// The zero Value is null, that is "nothing is written". A reference survives
// every way in which a source can pass values around. Unknown is a value of
// its own and never equals null.
//
// # Not modelled
// Types and schemas of the provider.
package resource

import (
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
)

// Kind says which kind of value a [Value] holds.
type Kind uint8

// The kinds of values.
const (
	Null    Kind = iota // nothing written, or null
	Unknown             // exists, but nobody can tell which; see Value.Why
	Bool                // Value.Bool
	Number              // Value.Number
	String              // Value.Text
	List                // Value.List: lists, tuples and sets; nested blocks are lists of maps
	Map                 // Value.Map
	Ref                 // Value.Ref: exactly this attribute of another resource
	Text                // Value.List: parts (String, Ref, Unknown) that concatenate to a string
)

// Reference names an attribute of another resource whose value only AWS knows,
// such as the id of a security group, or an input nobody gave a value for.
type Reference struct {
	ID   ref.ID // "module.a.aws_security_group.x[0]", "data.aws_vpc.main", "var.vpc_id", "module.far"
	Attr string // "id", "arn", "dns_name"; a path such as "certificate_authority.0.data"; empty for variables
}

// Value is one node of a configuration tree. The zero Value is null. Values are
// immutable once a source has returned them.
type Value struct {
	Kind   Kind
	Bool   bool
	Number float64
	Text   string           // String
	List   []Value          // List, Text
	Map    map[string]Value // Map
	Ref    Reference        // Ref

	// Maybe marks a value that may be absent at run time: an element of a list
	// whose length depends on something unknown, a block of a dynamic block
	// whose condition is unknown. Why gives the reason.
	Maybe bool
	// Why gives the reason for Unknown and Maybe, as a clause without capital:
	// "var.app_port has no value".
	Why string
	// Candidates are references that an Unknown value may be or contain, if the
	// source can tell (Terraform plans can).
	Candidates []Reference
	// Sensitive values must never be printed.
	Sensitive bool

	Place ref.Place // where the value is written; the zero place if it has none
}

// Resource is one resource instance: after count, for_each and conditions.
type Resource struct {
	ID     ref.ID // address with index: module.a.aws_lb.x["k"]; data sources begin with "data." after the module path
	Type   string // "aws_lb"; of CloudFormation "AWS::EC2::VPC" until package assemble translates it
	Called string // how users know the type, if Type is a translation: "AWS::EC2::VPC"; else empty
	Name   string // last name of the address without index, or the logical id
	Data   bool   // a data source: an object that exists elsewhere
	Region string // what the provider configuration or the resource says; empty if unknown
	Nested ref.ID // the nested stacks that hold it, as far as they are in its ID: "Network" of "infra/Network/Vpc"
	Place  ref.Place

	// Exists is Yes, or Unknown for a resource that stands for "zero or more"
	// instances because its count, for_each or condition is unknown (Why).
	Exists fact.Tri
	Why    string

	// IgnoreChanges lists attributes whose drift the source tolerates, so that
	// source and reality may differ; "all" stands for every attribute.
	IgnoreChanges []string

	// Body is a Map of attributes and nested blocks. A nested block type is a
	// List of Maps, also when only one is allowed.
	Body Value
}

// Root names the root that deploys a resource, as [ref.ID.Root] does, but for
// nested stacks: these belong to the root that nests them.
func (r Resource) Root() ref.ID {
	root := strings.TrimSuffix(string(r.ID.Root()), string(r.Nested))
	return ref.ID(strings.TrimSuffix(root, "/"))
}

// Get walks the map keys and, for numbers in path, list elements. Unknown
// anywhere on the way gives that unknown value; nothing there gives null.
// A list of exactly one map is entered without an index, because sources
// write single nested blocks so.
func (v Value) Get(path ...string) Value {
	for _, key := range path {
		if v.Kind == List && len(v.List) == 1 && v.List[0].Kind != List {
			inner := v.List[0]
			if v.Maybe && !inner.Maybe {
				inner.Maybe, inner.Why = true, v.Why
			}
			v = inner
		}
		switch v.Kind {
		case Map:
			child, ok := v.Map[key]
			if !ok {
				return Value{}
			}
			if v.Maybe && !child.Maybe && child.Kind != Null {
				child.Maybe, child.Why = true, v.Why
			}
			v = child
		case Unknown:
			return v
		case Ref:
			return Value{Kind: Unknown, Why: string(v.Ref.ID) + " is known only after apply", Place: v.Place}
		default:
			return Value{}
		}
	}
	return v
}

// Get is Body.Get.
func (r Resource) Get(path ...string) Value { return r.Body.Get(path...) }

// IsNull reports whether nothing is written.
func (v Value) IsNull() bool { return v.Kind == Null }

// Items returns the elements of a list, or the value itself as the only element
// if it is a scalar, a reference or a map, or nothing if it is null. Unknown
// gives one element, the unknown value.
func (v Value) Items() []Value {
	switch v.Kind {
	case Null:
		return nil
	case List:
		if !v.Maybe {
			return v.List
		}
		out := make([]Value, len(v.List))
		for i, e := range v.List {
			if !e.Maybe {
				e.Maybe, e.Why = true, v.Why
			}
			out[i] = e
		}
		return out
	default:
		return []Value{v}
	}
}
