// Package answers translates what AWS answers to describe calls into the form
// that the assemblers read, which is the schema of the Terraform provider.
//
// # Model
// Things have the names of AWS ("vpc-0abc", an ARN). What AWS says explicitly
// (the main route table, the default group, every association) is translated as
// the resource that states it. Network interfaces that belong to a thing that is
// described are part of it; any other one is an interface of its own.
//
// # Guarantees
//   - "There is none" is said only of kinds of things that were listed for the
//     account and Region in question. What was not listed is missing, and what
//     may depend on it is unknown.
//   - States count: what is deleted, rejected or failed is not there.
//   - A field of a wrong type is as good as none; no input makes this panic.
//
// # Not modelled
// VPC Block Public Access is taken to be off unless it is described, as in a
// design that does not mention it. Filters of calls are not visible in answers.
// Auto Scaling groups and launch templates: their instances are described.
//
// The package has more than 1,500 lines because it is one table of fields.
package answers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Kind is the kind of the sets that this package translates.
const Kind = "answers"

// translator translates one set.
type translator struct {
	of     map[string][]resource.Resource // described things by type
	byID   map[ref.ID]resource.Resource
	listed *listed
	out    []resource.Resource
	lacks  map[ref.ID]*resource.Missing

	owner map[string]string // interface → instance that it is attached to
	lists map[string]string // prefix list id → its name, if AWS manages it
	bound map[string]bool   // target groups that an ECS service fills
	tasks map[string]bool   // interfaces of tasks of services
}

// Translate gives the resources of a set in the schema of the Terraform
// provider. Sets of another kind are returned as they are.
func Translate(set resource.Set) resource.Set {
	if set.Kind != Kind {
		return set
	}
	t := &translator{of: map[string][]resource.Resource{}, byID: map[ref.ID]resource.Resource{}, lacks: map[ref.ID]*resource.Missing{},
		owner: map[string]string{}, lists: map[string]string{}, bound: map[string]bool{}, tasks: map[string]bool{}}
	for _, r := range set.Resources {
		t.of[r.Type] = append(t.of[r.Type], r)
		t.byID[r.ID] = r
	}
	t.listed = newListed(t.of)
	t.owners()
	t.prefixLists()
	t.vpcs()
	t.subnets()
	t.groups()
	t.routeTables()
	t.acls()
	t.gateways()
	t.transit()
	t.endpoints()
	t.flowLogs()
	t.instances()
	t.ecs()
	t.balancers()
	t.stores()
	t.interfaces()
	slices.SortStableFunc(t.out, func(a, b resource.Resource) int { return cmp.Compare(a.ID, b.ID) })
	set.Resources = t.out
	set.Missing = slices.Clone(set.Missing)
	for _, m := range t.lacks {
		slices.SortFunc(m.Inputs, func(a, b resource.Reference) int { return cmp.Compare(a.ID, b.ID) })
		set.Missing = append(set.Missing, *m)
	}
	slices.SortFunc(set.Missing, func(a, b resource.Missing) int { return cmp.Compare(a.ID, b.ID) })
	return set
}

// body is what a translated resource says.
type body = map[string]resource.Value

// put adds a translation of a described thing.
func (t *translator) put(from resource.Resource, id, typ, called string, b body) {
	name := id
	if tag := tagName(from.Body); tag != "" {
		name = tag
		b["tags"] = resource.Value{Kind: resource.Map, Map: body{"Name": text(tag)}}
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 && strings.HasPrefix(name, "arn:") {
		name = name[i+1:]
	}
	for k, v := range b {
		if v.IsNull() {
			delete(b, k)
		}
	}
	t.out = append(t.out, resource.Resource{ID: ref.ID(id), Type: typ, Called: called, Name: name, Region: t.listed.region(from),
		Place: from.Place, Exists: fact.Yes, Body: resource.Value{Kind: resource.Map, Map: b, Place: from.Place}})
}

// perhaps makes the resource that was put last one that may not exist.
func (t *translator) perhaps(why string) {
	r := &t.out[len(t.out)-1]
	r.Exists, r.Why = fact.Unknown, why
}

// missing says that a kind of thing was not listed, so that there may be more
// of it in a thing.
func (t *translator) missing(typ string, part resource.Part, why, of string) {
	id := ref.ID(callOf[typ])
	m := t.lacks[id]
	if m == nil {
		m = &resource.Missing{ID: id, What: callOf[typ], Why: why, Of: part}
		t.lacks[id] = m
	}
	m.Inputs = append(m.Inputs, resource.Reference{ID: ref.ID(of), Attr: "id"})
}

// needs is missing unless the kind of thing was listed where the thing is.
func (t *translator) needs(typ string, part resource.Part, of resource.Resource, id string) {
	if why := t.listed.lack(typ, of); why != "" {
		t.missing(typ, part, why, id)
	}
}

// tagName is the tag Name of a thing, in any of the forms of the APIs.
func tagName(v resource.Value) string {
	for _, key := range []string{"Tags", "TagSet", "TagList"} {
		for _, tag := range get(v, key).Items() {
			if str(get(tag, "Key")) == "Name" {
				return str(get(tag, "Value"))
			}
		}
	}
	return ""
}

// get walks fields, the first letter of each in either case. A text on the way,
// or a list of several elements, has none.
func get(v resource.Value, path ...string) resource.Value {
	for _, name := range path {
		if v.Kind != resource.Map {
			return resource.Value{}
		}
		f, ok := v.Map[name]
		if !ok {
			f = v.Map[otherCase(name)]
		}
		v = f
	}
	return v
}

func otherCase(name string) string {
	first := name[:1]
	if lower := strings.ToLower(first); lower != first {
		return lower + name[1:]
	}
	return strings.ToUpper(first) + name[1:]
}

// strs are the texts of a list, or of a field of its elements.
func strs(list resource.Value, path ...string) []string {
	var out []string
	if list.Kind != resource.List {
		return nil
	}
	for _, e := range list.List {
		if s := str(get(e, path...)); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func str(v resource.Value) string {
	if v.Kind == resource.String {
		return v.Text
	}
	return ""
}

// is reports whether a field is a text or truth value that says yes.
func is(v resource.Value) bool { return v.Kind == resource.Bool && v.Bool }

func text(s string) resource.Value {
	if s == "" {
		return resource.Value{}
	}
	return resource.Value{Kind: resource.String, Text: s}
}

// scalar is a value if it is a text, number or truth value.
func scalar(v resource.Value) resource.Value {
	switch v.Kind {
	case resource.String, resource.Number, resource.Bool:
		return v
	}
	return resource.Value{}
}

func texts(ss []string, at ref.Place) resource.Value {
	out := resource.Value{Kind: resource.List, List: []resource.Value{}, Place: at}
	for _, s := range ss {
		out.List = append(out.List, resource.Value{Kind: resource.String, Text: s, Place: at})
	}
	return out
}

func blocks(list []resource.Value, at ref.Place) resource.Value {
	if list == nil {
		list = []resource.Value{}
	}
	return resource.Value{Kind: resource.List, List: list, Place: at}
}

// block is one block; what is null is not written.
func block(b body, at ref.Place) resource.Value {
	for k, v := range b {
		if v.IsNull() {
			delete(b, k)
		}
	}
	return resource.Value{Kind: resource.Map, Map: b, Place: at}
}

func truth(b bool) resource.Value { return resource.Value{Kind: resource.Bool, Bool: b} }

func number(n float64) resource.Value { return resource.Value{Kind: resource.Number, Number: n} }

func unknown(why string, at ref.Place) resource.Value {
	return resource.Value{Kind: resource.Unknown, Why: why, Place: at}
}

// told is a field that AWS always gives: without it the value is unknown.
func told(v resource.Value, name string, path ...string) resource.Value {
	if f := get(v, path...); f.Kind != resource.Null {
		return f
	}
	return unknown("the answer has no "+name, v.Place)
}

// reference names an attribute of a thing.
func reference(id, attr string) resource.Value {
	return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(id), Attr: attr}}
}

// in reports whether a state is one of the given ones, or not told.
func in(state resource.Value, words ...string) bool {
	s := str(state)
	return s == "" || slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, s) })
}
