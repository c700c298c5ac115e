// Package lookup says what data sources find of what the estate makes.
//
// # Model
// A data source names a thing by an id, by its name, by tags, or by the VPC that
// it is in. [Resolve] makes it an alias of that thing, or a list of such things.
//
// # Guarantees
// Only what surely matches, and what nothing else surely matches, is found; what
// may match stays a thing elsewhere.
//
// # Not modelled
// Several accounts in one estate, patterns in filters, and filters by anything but
// tags and the VPC.
package lookup

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Resolve tells the design what its data sources find.
func Resolve(d *design.Design) {
	byProperties(d)
	onlyOnes(d)
}

// byProperties resolves data sources that look things up by what is written of
// them: VPCs and subnets by tags, load balancers, target groups and clusters by
// name, listeners by port. A data source for one thing fails if it finds several,
// so a thing of the estate that surely matches is what it finds. Roots of one
// estate are taken to be of one account.
func byProperties(d *design.Design) {
	find := func(data, made []string, match func(data, made resource.Resource) fact.Tri) {
		for _, res := range d.Of(data...) {
			if d.Canonical(res.ID) != res.ID {
				continue
			}
			var found []ref.ID
			for _, m := range d.Of(made...) {
				if m.Exists == fact.Yes && sameRegion(res, m) && match(res, m) == fact.Yes {
					found = append(found, m.ID)
				}
			}
			if len(found) == 1 {
				d.Alias(res.ID, found[0])
			}
		}
	}
	find([]string{"data.aws_vpc"}, []string{"aws_vpc"}, func(data, made resource.Resource) fact.Tri {
		return tagged(data, made).And(written(data, made, "cidr_block"))
	})
	find([]string{"data.aws_subnet"}, []string{"aws_subnet"}, func(data, made resource.Resource) fact.Tri {
		return tagged(data, made).And(inVPC(d, data, made)).And(written(data, made, "cidr_block")).And(written(data, made, "availability_zone"))
	})
	named := func(data, made resource.Resource) fact.Tri {
		if design.String(data.Get("name"), "").Or("") == "" {
			return fact.No
		}
		return written(data, made, "name")
	}
	find([]string{"data.aws_lb", "data.aws_alb"}, []string{"aws_lb", "aws_alb"}, named)
	find([]string{"data.aws_lb_target_group", "data.aws_alb_target_group"}, []string{"aws_lb_target_group", "aws_alb_target_group"}, named)
	find([]string{"data.aws_lb_listener", "data.aws_alb_listener"}, []string{"aws_lb_listener", "aws_alb_listener"}, func(data, made resource.Resource) fact.Tri {
		a, b := d.Link(data.Get("load_balancer_arn")), d.Link(made.Get("load_balancer_arn"))
		if a.ID == "" || a.ID != b.ID || !read.Written(data.Get("port")) {
			return fact.No
		}
		return written(data, made, "port")
	})
	for _, res := range d.Of("data.aws_subnets", "data.aws_subnet_ids") {
		subnets(d, res)
	}
}

func sameRegion(a, b resource.Resource) bool {
	return a.Region == b.Region || a.Region == "" || b.Region == ""
}

// written is whether an argument that a data source gives, if it does, is that of
// a thing.
func written(data, made resource.Resource, name string) fact.Tri {
	if !read.Written(data.Get(name)) {
		return fact.Yes
	}
	a, okA := design.String(data.Get(name), "").Get()
	b, okB := design.String(made.Get(name), "").Get()
	if !okA || !okB {
		return fact.Unknown
	}
	return fact.Of(a == b)
}

// inVPC is whether a thing is in the VPC in which a data source looks.
func inVPC(d *design.Design, data, made resource.Resource) fact.Tri {
	vpc := lookedUpIn(d, data)
	switch own := d.Link(made.Get("vpc_id")).ID; {
	case vpc == "" && !read.Written(data.Get("vpc_id")) && !read.Written(read.Filter(data, "vpc-id")):
		return fact.Yes
	case vpc == "" || own == "":
		return fact.Unknown
	default:
		return fact.Of(vpc == own)
	}
}

// lookedUpIn is the VPC in which a data source looks, or empty.
func lookedUpIn(d *design.Design, data resource.Resource) ref.ID {
	return cmp.Or(d.Link(data.Get("vpc_id")).ID, d.Link(read.Filter(data, "vpc-id")).ID)
}

// tagged is whether a thing has the tags that a data source asks for, and
// nothing else is asked but what the caller looks at. A tag that is not written
// may come from the provider.
func tagged(data, made resource.Resource) fact.Tri {
	want, ok := wantedTags(data)
	if !ok {
		return fact.Unknown
	}
	if len(want) == 0 && !read.Written(data.Get("cidr_block")) && !read.Written(data.Get("availability_zone")) {
		return fact.No // it asks for nothing that tells things apart
	}
	out := fact.Yes
	tags := made.Get("tags")
	for _, w := range want {
		v, there := tags.Map[w.name]
		text, known := design.String(v, "").Get()
		switch {
		case tags.Kind != resource.Map && tags.Kind != resource.Null, !there, !known || v.Maybe:
			out = out.And(fact.Unknown)
		default:
			out = out.And(fact.Of(slices.ContainsFunc(w.values, func(p string) bool { return p == text })))
		}
	}
	return out
}

type wantedTag struct {
	name   string
	values []string // one of them
}

// wantedTags are the tags that a data source asks for. It is not ok if it asks
// for something else, or for what is not known.
func wantedTags(data resource.Resource) (out []wantedTag, ok bool) {
	tags := data.Get("tags")
	if tags.Kind != resource.Null && tags.Kind != resource.Map || tags.Maybe {
		return nil, false
	}
	for name, v := range tags.Map {
		text, known := design.String(v, "").Get()
		if !known || v.Maybe {
			return nil, false
		}
		out = append(out, wantedTag{name, []string{text}})
	}
	blocks, more := read.Blocks(data.Get("filter"))
	if more != "" {
		return nil, false
	}
	for _, b := range blocks {
		name, known := design.String(b.Get("name"), "").Get()
		if name == "vpc-id" || name == "state" {
			continue
		}
		tag, isTag := strings.CutPrefix(name, "tag:")
		if !known || !isTag {
			return nil, false
		}
		w := wantedTag{name: tag}
		values := b.Get("values")
		if values.Kind != resource.List || values.Maybe {
			return nil, false
		}
		for _, v := range values.List {
			text, known := design.String(v, "").Get()
			if !known || v.Maybe || strings.ContainsAny(text, "*?") {
				return nil, false
			}
			w.values = append(w.values, text)
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b wantedTag) int { return strings.Compare(a.name, b.name) })
	return out, true
}

// subnets says which subnets the list of a data source stands for, if it looks in
// a VPC that the estate makes.
func subnets(d *design.Design, data resource.Resource) {
	vpc := lookedUpIn(d, data)
	made, ok := d.Find(vpc)
	if _, understood := wantedTags(data); !ok || made.Data || !understood {
		return
	}
	out := topo.Links{Place: data.Place, More: d.GivenAway(vpc)}
	for _, s := range d.Of("aws_subnet") {
		want, _ := wantedTags(data)
		match := fact.Yes
		if len(want) > 0 {
			match = tagged(data, s)
		}
		if match = match.And(inVPC(d, data, s)); match == fact.No {
			continue
		}
		l := topo.Link{ID: s.ID, Exists: match.And(s.Exists), Place: s.Place}
		switch {
		case match != fact.Yes:
			l.Why = "it is not known whether " + string(data.ID) + " finds it: its tags or its VPC are not all known"
		case s.Exists != fact.Yes:
			l.Why = cmp.Or(s.Why, "it may not exist")
		}
		out.List = append(out.List, l)
	}
	if len(out.List) > 0 {
		d.Stand(data.ID+".ids", out)
	}
}
