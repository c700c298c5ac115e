package identity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// claim is a resource that has a text as one of its own identities.
type claim struct {
	i    int    // in the list of resources
	attr string // "id", "arn"
}

// maxClaims is how many resources may have one identity before it counts as
// none: a hostile file could give all of them the same.
const maxClaims = 64

// own are attributes beside id and arn that a resource gives itself, or that
// AWS makes with it.
var own = map[string][]string{
	"aws_eip":                 {"allocation_id"},
	"aws_vpc":                 {"default_security_group_id", "default_network_acl_id", "main_route_table_id", "default_route_table_id"},
	"aws_default_vpc":         {"default_security_group_id", "default_network_acl_id", "main_route_table_id", "default_route_table_id"},
	"aws_instance":            {"primary_network_interface_id"},
	"aws_vpc_endpoint":        {"prefix_list_id"},
	"aws_ecs_task_definition": {"arn_without_revision"},
}

// named are arguments that hold the name of a resource, the types they can
// name, and the attribute that has the name.
var named = map[string]struct{ typ, attr string }{
	"cluster":                {"aws_ecs_cluster", "name"},
	"db_subnet_group_name":   {"aws_db_subnet_group", "name"},
	"subnet_group_name":      {"aws_elasticache_subnet_group", "name"},
	"iam_instance_profile":   {"aws_iam_instance_profile", "name"},
	"role":                   {"aws_iam_role", "name"},
	"autoscaling_group_name": {"aws_autoscaling_group", "name"},
}

// linker turns texts that are identities into references.
type linker struct {
	resources []resource.Resource
	claims    map[string][]claim
	names     map[string]claim // type, space, name
	self      int              // the resource whose values are linked
}

// Link turns, in place, each text that is the identity of one of the resources
// into a reference to it, in all resources but that one itself.
func Link(resources []resource.Resource) {
	l := &linker{resources: resources, claims: map[string][]claim{}, names: map[string]claim{}}
	order := make([]int, len(resources))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(resources[a].ID, resources[b].ID) })
	for _, i := range order {
		l.claim(i)
	}
	for i := range resources {
		l.self = i
		for name, v := range resources[i].Body.Map {
			if name != "id" && name != "arn" && !slices.Contains(own[resources[i].Type], name) {
				resources[i].Body.Map[name] = l.value(name, v)
			}
		}
	}
}

// claim notes what a resource is called.
func (l *linker) claim(i int) {
	res := l.resources[i]
	for _, attr := range append([]string{"id", "arn"}, own[res.Type]...) {
		v := res.Body.Map[attr]
		if v.Kind == resource.String && !v.Sensitive && Is(v.Text) && !(attr == "id" && borrowed(res, v.Text)) {
			l.claims[v.Text] = append(l.claims[v.Text], claim{i, attr})
		}
	}
	for _, n := range named {
		if n.typ != res.Type || res.Data {
			continue
		}
		if v := res.Body.Map[n.attr]; v.Kind == resource.String {
			key := n.typ + " " + v.Text
			if old, taken := l.names[key]; taken && old.i != i {
				l.names[key] = claim{-1, ""} // two of one name, in two Regions perhaps
			} else if !taken {
				l.names[key] = claim{i, n.attr}
			}
		}
	}
}

// borrowed reports whether a resource has the id of the one it is about, as the
// policy of a file system has the file system's: the id then stands in another
// argument too.
func borrowed(res resource.Resource, id string) bool {
	for name, v := range res.Body.Map {
		if v.Kind != resource.String || v.Text != id || !(HasStem(name, "id") || HasStem(name, "arn")) {
			continue
		}
		if stem := strings.TrimSuffix(strings.TrimSuffix(name, "_id"), "_arn"); !slices.Contains(own[res.Type], name) && !strings.HasSuffix(res.Type, stem) && stem != "resource" && stem != "security_group_rule" {
			return true
		}
	}
	return false
}

// value links all texts of a value that is the argument arg or is in it.
func (l *linker) value(arg string, v resource.Value) resource.Value {
	switch v.Kind {
	case resource.String:
		if target, ok := l.find(arg, v.Text); ok && !v.Sensitive {
			return resource.Value{Kind: resource.Ref, Ref: target, Place: v.Place}
		}
	case resource.List:
		for i := range v.List {
			v.List[i] = l.value(Element(arg), v.List[i])
		}
	case resource.Map:
		for k, c := range v.Map {
			v.Map[k] = l.value(k, c)
		}
	}
	return v
}

// find is the one resource of this identity.
func (l *linker) find(arg, text string) (resource.Reference, bool) {
	all := l.claims[text]
	if len(all) > maxClaims {
		return resource.Reference{}, false
	}
	if len(all) == 0 {
		n, ok := named[arg]
		c, is := l.names[n.typ+" "+text]
		if !ok || !is || c.i < 0 || c.i == l.self {
			return resource.Reference{}, false
		}
		return resource.Reference{ID: l.resources[c.i].ID, Attr: c.attr}, true
	}
	// A resource does not refer to itself: the id by which a default network
	// ACL is adopted is that of its VPC's.
	all = slices.DeleteFunc(slices.Clone(all), func(c claim) bool { return c.i == l.self })
	id, ok := l.owner(all)
	if !ok {
		return resource.Reference{}, false
	}
	var attrs []string
	for _, c := range all {
		if l.resources[c.i].ID == id {
			attrs = append(attrs, c.attr)
		}
	}
	// The id of a load balancer is its ARN: the argument says which is meant.
	if len(attrs) > 1 && slices.Contains(attrs, "arn") && (arg == "arn" || HasStem(arg, "arn")) {
		return resource.Reference{ID: id, Attr: "arn"}, true
	}
	return resource.Reference{ID: id, Attr: attrs[0]}, true
}

// owner is whose identity it is if several resources claim it. What is managed
// here goes before a data source that looks at it, and the thing itself before
// what only mentions it, such as the VPC its default group. Several data
// sources of one type are the same thing, and the first stands for it.
func (l *linker) owner(all []claim) (ref.ID, bool) {
	rank := func(c claim) int {
		res := l.resources[c.i]
		n := 0
		if res.Data {
			n = 1
		}
		if c.attr != "id" && c.attr != "arn" {
			n += 2
		}
		return n
	}
	if len(all) == 0 {
		return "", false
	}
	best := slices.MinFunc(all, func(a, b claim) int { return cmp.Compare(rank(a), rank(b)) })
	first := l.resources[best.i]
	for _, c := range all {
		other := l.resources[c.i]
		if other.ID == first.ID || rank(c) != rank(best) || first.Data && other.Type == first.Type {
			continue
		}
		return "", false
	}
	return first.ID, true
}
