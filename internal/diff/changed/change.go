package changed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Side is one of the two designs.
type Side struct {
	Sets   []resource.Set
	Intent intent.Intent // gives the addresses of prefix lists
}

// Move is a thing that has another ID and is otherwise the same.
type Move struct{ From, To ref.ID }

// Change is a resource that is not the same on both sides, or is on one only.
type Change struct {
	ID    ref.ID
	Type  string // as users know it
	What  string // in place of ID and Type for what is no resource: "module ./net, which is not here"
	In    bool   // it is in the design before
	Still bool   // it is in the design after

	Before, After ref.Place // zero on the side where it is not
	Parts         []Part    // of a resource that is on both sides: what differs, at most maxParts
	MoreParts     int       // further ones
}

// Part is one value of a resource that differs.
type Part struct {
	Path string // "ingress.cidr_blocks"
	// Old and New are the values if they are safe to print, else empty. Nothing
	// written is empty as well.
	Old, New      string
	Before, After ref.Place
}

const maxParts = 6

// Of lists what differs, by ID.
func Of(before, after Side) []Change {
	old, fresh := index(before.Sets), index(after.Sets)
	var out []Change
	for id, b := range fresh {
		a, in := old[id]
		switch {
		case !in:
			out = append(out, Change{ID: id, Type: cmp.Or(b.Called, b.Type), Still: true, After: b.Place})
		case content(a, itself) != content(b, itself):
			c := Change{ID: id, Type: cmp.Or(b.Called, b.Type), In: true, Still: true, Before: a.Place, After: b.Place}
			parts := compare("", a.Body, b.Body)
			if len(parts) > maxParts {
				c.MoreParts, parts = len(parts)-maxParts, parts[:maxParts]
			}
			c.Parts = parts
			out = append(out, c)
		}
	}
	for id, a := range old {
		if _, still := fresh[id]; !still {
			out = append(out, Change{ID: id, Type: cmp.Or(a.Called, a.Type), In: true, Before: a.Place})
		}
	}
	out = append(out, missing(before.Sets, after.Sets)...)
	if fmt.Sprint(before.Intent.PrefixLists) != fmt.Sprint(after.Intent.PrefixLists) {
		c := Change{What: DeclaredLists, In: true, Still: true}
		for _, l := range before.Intent.PrefixLists[:min(1, len(before.Intent.PrefixLists))] {
			c.Before = l.Place
		}
		for _, l := range after.Intent.PrefixLists[:min(1, len(after.Intent.PrefixLists))] {
			c.After = l.Place
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(x, y Change) int {
		return cmp.Or(cmp.Compare(x.ID, y.ID), strings.Compare(x.What, y.What))
	})
	return out
}

// DeclaredLists is what [Change.What] calls the lists that the user declares.
const DeclaredLists = "the prefix lists of muralla.yaml"

// missing lists parts of the design that are not here on one side, or that are
// given something else.
func missing(before, after []resource.Set) []Change {
	type gap struct {
		resource.Missing
		sum string
	}
	gather := func(sets []resource.Set) map[ref.ID]gap {
		out := map[ref.ID]gap{}
		for _, s := range sets {
			for _, m := range s.Missing {
				out[m.ID] = gap{m, fmt.Sprint(m.Source, m.What, m.Of, m.Why, m.Inputs)}
			}
		}
		return out
	}
	old, fresh := gather(before), gather(after)
	var out []Change
	what := func(m resource.Missing) string {
		return cmp.Or(m.What, "module "+m.Source) + ", which is not here"
	}
	for id, b := range fresh {
		if a, in := old[id]; !in || a.sum != b.sum {
			out = append(out, Change{ID: id, What: what(b.Missing), In: in, Still: true, Before: a.Place, After: b.Place})
		}
	}
	for id, a := range old {
		if _, still := fresh[id]; !still {
			out = append(out, Change{ID: id, What: what(a.Missing), In: true, Before: a.Place})
		}
	}
	return out
}

// compare lists the values that differ, in order of their paths. Elements of
// lists that are on both sides are passed over, wherever they stand.
func compare(path string, a, b resource.Value) []Part {
	if same(a, b) {
		return nil
	}
	switch {
	case a.Kind == resource.Map && b.Kind == resource.Map && a.Maybe == b.Maybe:
		var out []Part
		union := map[string]bool{}
		for k := range a.Map {
			union[k] = true
		}
		for k := range b.Map {
			union[k] = true
		}
		for _, k := range keysOf(union) {
			out = append(out, compare(strings.TrimPrefix(path+"."+k, "."), a.Map[k], b.Map[k])...)
		}
		return out
	case a.Kind == resource.List && b.Kind == resource.List:
		x, y := apart(a.List, b.List), apart(b.List, a.List)
		var out []Part
		for i := range max(len(x), len(y)) {
			var old, fresh resource.Value
			if i < len(x) {
				old = x[i]
			}
			if i < len(y) {
				fresh = y[i]
			}
			out = append(out, compare(path, old, fresh)...)
		}
		return out
	}
	return []Part{{path, shown(path, a), shown(path, b), placeOf(a), placeOf(b)}}
}

// placeOf is where a value is written, or the first thing in it.
func placeOf(v resource.Value) ref.Place {
	at := v.Place
	for _, k := range keysOf(v.Map) {
		at = cmp.Or(at, placeOf(v.Map[k]))
	}
	for _, e := range v.List {
		at = cmp.Or(at, placeOf(e))
	}
	return at
}

func same(a, b resource.Value) bool {
	x, y := writer{rename: itself}, writer{rename: itself}
	x.value(a)
	y.value(b)
	return string(x.buf) == string(y.buf)
}

// apart is the elements of a list that are not in another one, each as often as
// it is missing there.
func apart(list, other []resource.Value) []resource.Value {
	count := map[string]int{}
	key := func(v resource.Value) string {
		w := writer{rename: itself}
		w.value(v)
		return string(w.buf)
	}
	for _, v := range other {
		count[key(v)]++
	}
	var out []resource.Value
	for _, v := range list {
		if k := key(v); count[k] > 0 {
			count[k]--
		} else {
			out = append(out, v)
		}
	}
	return out
}

// printable are the attributes of which values may be shown, in lower case and
// without underscores, so that they are those of Terraform and CloudFormation:
// nobody writes a secret there.
var printable = map[string]bool{
	"cidrblocks": true, "ipv6cidrblocks": true, "cidrblock": true, "ipv6cidrblock": true, "cidripv4": true, "cidripv6": true,
	"cidrip": true, "destinationcidrblock": true, "destinationipv6cidrblock": true, "fromport": true, "toport": true,
	"port": true, "protocol": true, "ipprotocol": true, "self": true, "internal": true, "scheme": true, "assignpublicip": true,
	"ruleaction": true, "action": true, "egress": true, "type": true, "targettype": true, "mappubliciponlaunch": true,
	"publiclyaccessible": true, "networkmode": true, "launchtype": true, "securitygroups": true, "securitygroupid": true,
	"sourcesecuritygroupid": true, "referencedsecuritygroupid": true, "subnets": true, "subnetids": true,
	"vpcsecuritygroupids": true, "groupid": true, "prefixlistid": true, "prefixlistids": true, "gatewayid": true,
	"natgatewayid": true, "routetableid": true, "vpcid": true, "sourcesecuritygroups": true, "description": false,
}

// shown is a value in few words, or nothing if it may be a secret or is long.
func shown(path string, v resource.Value) string {
	last := path[strings.LastIndexByte(path, '.')+1:]
	if !printable[strings.ToLower(strings.ReplaceAll(last, "_", ""))] || v.Sensitive {
		return ""
	}
	out := ""
	switch v.Kind {
	case resource.String:
		out = v.Text
	case resource.Bool, resource.Number:
		out = fmt.Sprint(v.Number)
		if v.Kind == resource.Bool {
			out = fmt.Sprint(v.Bool)
		}
	case resource.Ref:
		out = string(v.Ref.ID)
	case resource.List:
		var parts []string
		for _, e := range v.List {
			p := shown(path, e)
			if p == "" {
				return ""
			}
			parts = append(parts, p)
		}
		out = strings.Join(parts, ", ")
	}
	if len(out) > 80 {
		return ""
	}
	return out
}
