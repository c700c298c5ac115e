package filter

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

func addLists(r *read.Reader, s *topo.Snapshot, known map[string]netset.Addrs) {
	all := map[ref.ID]*topo.PrefixList{}
	for _, res := range r.Of("aws_ec2_managed_prefix_list") {
		l := &topo.PrefixList{Thing: r.Thing(res, "name"), More: read.IgnoresChanges(res, "entry")}
		blocks, more := read.Blocks(res.Get("entry"))
		l.More = cmp.Or(l.More, more)
		for _, b := range blocks {
			addEntry(r, l, b.Get("cidr"), b.State, read.PlaceOf(b.Value, res.Place))
		}
		all[res.ID] = l
	}
	for _, res := range r.Of("data.aws_prefix_list", "data.aws_ec2_managed_prefix_list") {
		id := r.Canonical(res.ID)
		if all[id] == nil {
			l := Listed(r, id, known, res.Place)
			if id == res.ID {
				l.Thing = r.Thing(res, "name")
			}
			all[id] = &l
		}
	}
	for _, res := range r.Of("aws_ec2_managed_prefix_list_entry") {
		link := r.Link(res.Get("prefix_list_id"))
		if link.ID == "" {
			for _, l := range all {
				l.More = cmp.Or(l.More, string(res.ID)+" belongs to a prefix list that is not known: "+cmp.Or(link.Why, "none is written"))
			}
			continue
		}
		if all[link.ID] == nil {
			l := Listed(r, link.ID, known, place(link, res))
			all[link.ID] = &l
		}
		addEntry(r, all[link.ID], res.Get("cidr"), read.Of(res).And(read.OfLink(link)), res.Place)
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		s.PrefixLists = append(s.PrefixLists, *all[id])
	}
}

func addEntry(r *read.Reader, l *topo.PrefixList, cidr resource.Value, state read.State, at ref.Place) {
	b, ok := r.Block(cidr, topo.FamilyUnknown, at)
	switch {
	case !ok:
	case !b.Prefix.IsValid():
		l.More = cmp.Or(l.More, b.Why, "one of its entries is the range of "+string(b.Of))
	case state.Exists != fact.Yes:
		l.More = cmp.Or(l.More, state.Why)
	default:
		l.Addrs = l.Addrs.Union(netset.Prefix(b.Prefix))
	}
}

// Listed is a prefix list that the design only names. Its addresses are known
// if the user gave them.
func Listed(r *read.Reader, id ref.ID, known map[string]netset.Addrs, at ref.Place) topo.PrefixList {
	l := topo.PrefixList{Thing: r.Stub(id, "aws_ec2_managed_prefix_list", at)}
	if IsAWSName(string(id)) {
		l.AWSName, l.Name = string(id), string(id)
	}
	if addrs, ok := known[string(id)]; ok {
		l.Addrs = addrs
		return l
	}
	l.More = "the design does not tell its addresses; prefix_lists of muralla.yaml can"
	return l
}

// IsAWSName reports whether a name is one of a list that AWS manages.
func IsAWSName(name string) bool {
	return strings.HasPrefix(name, "com.amazonaws.") || strings.HasPrefix(name, "cn.com.amazonaws.")
}

// NameLists gives the lists of AWS the name of AWS, so that two data sources of
// one list, and the list of a gateway endpoint, are one thing.
func NameLists(d *design.Design) {
	for _, res := range d.Of("data.aws_prefix_list", "data.aws_ec2_managed_prefix_list") {
		v := res.Get("name")
		if !read.Written(v) {
			v = read.Filter(res, "prefix-list-name")
		}
		if name := AWSName(v, res.Region); name != "" {
			d.Alias(res.ID, ref.ID(name))
		} else if id := res.Get("id"); id.Kind == resource.String && strings.HasPrefix(id.Text, "pl-") {
			d.Alias(res.ID, ref.ID(id.Text))
		}
	}
	for _, res := range d.Of("aws_vpc_endpoint", "data.aws_vpc_endpoint") {
		if name := AWSName(ServiceName(d, res), res.Region); name != "" {
			d.Alias(res.ID+".prefix_list_id", ref.ID(name))
		}
	}
}

// ServiceName is the name of the service that a VPC endpoint is for, with the
// data source that looks it up resolved.
func ServiceName(d *design.Design, res resource.Resource) resource.Value {
	v := res.Get("service_name")
	if v.Kind != resource.Ref || v.Ref.Attr != "service_name" {
		return v
	}
	source, ok := d.Find(v.Ref.ID)
	if !ok || source.Type != "aws_vpc_endpoint_service" || !source.Data {
		return v
	}
	if name := source.Get("service_name"); read.Written(name) {
		return name
	}
	service := source.Get("service")
	if !read.Written(service) {
		return v
	}
	region := resource.Value{Kind: resource.Unknown, Why: "the Region is not known"}
	if source.Region != "" {
		region = resource.Value{Kind: resource.String, Text: source.Region}
	}
	return resource.Value{Kind: resource.Text, Place: v.Place, List: []resource.Value{
		{Kind: resource.String, Text: "com.amazonaws."}, region, {Kind: resource.String, Text: "."}, service,
	}}
}

// AWSName is the name of a service or a list of AWS, or "" if the value is not
// one or does not tell which. A Region that is not known in the text is that of
// the resource, or "*" if that is not known either.
func AWSName(v resource.Value, region string) string {
	parts := []resource.Value{v}
	if v.Kind == resource.Text {
		parts = v.List
	}
	const hole = "\x00"
	var b strings.Builder
	for _, p := range parts {
		switch p.Kind {
		case resource.String:
			b.WriteString(p.Text)
		case resource.Ref, resource.Unknown:
			b.WriteString(hole)
		default:
			return ""
		}
	}
	name := b.String()
	if v.Maybe || !IsAWSName(name) {
		return ""
	}
	head, rest, _ := strings.Cut(name, "amazonaws.")
	first, tail, _ := strings.Cut(rest, ".")
	if tail == "" || strings.Contains(tail, hole) || strings.Contains(head, hole) {
		return ""
	}
	if first == hole {
		first = cmp.Or(region, "*")
	}
	if strings.Contains(first, hole) {
		return ""
	}
	return head + "amazonaws." + first + "." + tail
}
