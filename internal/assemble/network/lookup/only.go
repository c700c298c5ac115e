package lookup

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/filter"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// onlyOnes resolves data sources that can only find one thing of the design: of
// a VPC there is one internet gateway, one group of a name, and, since the data
// source fails if it finds several, one endpoint of a service.
func onlyOnes(d *design.Design) {
	made := map[[3]string]ref.ID{}
	learn := func(typ string, vpc ref.ID, name string, res resource.Resource) {
		if vpc == "" || name == "" || res.Exists != fact.Yes {
			return
		}
		key := [3]string{typ, string(vpc), name}
		if _, twice := made[key]; twice {
			made[key] = ""
			return
		}
		made[key] = res.ID
	}
	for _, res := range d.Of("aws_internet_gateway") {
		learn("igw", d.Link(res.Get("vpc_id")).ID, "igw", res)
	}
	for _, res := range d.Of("aws_security_group") {
		learn("group", d.Link(res.Get("vpc_id")).ID, design.String(res.Get("name"), "").Or(""), res)
	}
	for _, res := range d.Of("aws_vpc_endpoint") {
		learn("endpoint", d.Link(res.Get("vpc_id")).ID, filter.AWSName(filter.ServiceName(d, res), res.Region), res)
	}
	find := func(typ string, vpc ref.ID, name string, res resource.Resource) {
		if id := made[[3]string{typ, string(vpc), name}]; id != "" {
			d.Alias(res.ID, id)
		}
	}
	for _, res := range d.Of("data.aws_internet_gateway") {
		find("igw", d.Link(read.Filter(res, "attachment.vpc-id")).ID, "igw", res)
	}
	for _, res := range d.Of("data.aws_security_group") {
		find("group", d.Link(res.Get("vpc_id")).ID, design.String(res.Get("name"), "").Or(""), res)
	}
	groupsByName(d)
	for _, res := range d.Of("data.aws_vpc_endpoint") {
		find("endpoint", d.Link(res.Get("vpc_id")).ID, filter.AWSName(filter.ServiceName(d, res), res.Region), res)
	}
}

// groupsByName resolves data sources that look up a security group by a name or
// a pattern of a name without a VPC of the design. The data source fails if it
// finds several groups, so one group of the estate that matches is what it
// finds. Roots of one estate are taken to be of one account.
func groupsByName(d *design.Design) {
	for _, res := range d.Of("data.aws_security_group") {
		pattern := design.String(res.Get("name"), "").Or("")
		if pattern == "" {
			pattern = design.String(read.Filter(res, "group-name"), "").Or("")
		}
		vpc := d.Link(res.Get("vpc_id")).ID
		if made, ok := d.Find(vpc); pattern == "" || d.Canonical(res.ID) != res.ID || ok && !made.Data {
			continue
		}
		var found []resource.Resource
		for _, group := range d.Of("aws_security_group") {
			if (group.Region == res.Region || group.Region == "" || res.Region == "") && named(group, pattern) {
				found = append(found, group)
			}
		}
		if len(found) == 1 && found[0].Exists == fact.Yes {
			d.Alias(res.ID, found[0].ID)
		}
	}
}

// named reports whether the name of a group surely matches a pattern in which *
// at the end stands for anything.
func named(group resource.Resource, pattern string) bool {
	stem, open := strings.CutSuffix(pattern, "*")
	if strings.ContainsAny(stem, "*?") {
		return false
	}
	if name, ok := design.String(group.Get("name"), "").Get(); ok && name != "" {
		return name == pattern || open && strings.HasPrefix(name, stem)
	}
	prefix, ok := design.String(group.Get("name_prefix"), "").Get()
	return ok && prefix != "" && open && strings.HasPrefix(prefix, stem)
}
