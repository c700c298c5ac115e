package network

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/filter"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// settleNames tells the design which names are of one thing.
func settleNames(d *design.Design) {
	for _, res := range d.Of("aws_default_vpc") {
		read.NameDefaultVPC(d, res)
	}
	for _, res := range d.Of("data.aws_vpc") {
		if design.Bool(res.Get("default"), false).Or(false) {
			read.NameDefaultVPC(d, res)
		}
	}
	// A data source that looks up a thing by its id is that thing.
	for _, by := range []struct{ typ, attr string }{
		{"data.aws_vpc", "id"}, {"data.aws_subnet", "id"}, {"data.aws_security_group", "id"},
		{"data.aws_route_table", "route_table_id"}, {"data.aws_internet_gateway", "internet_gateway_id"},
		{"data.aws_nat_gateway", "id"}, {"data.aws_ec2_transit_gateway", "id"}, {"data.aws_network_interface", "id"},
		{"data.aws_vpc_endpoint", "id"},
		{"aws_vpc_peering_connection_accepter", "vpc_peering_connection_id"},
		{"aws_vpc_peering_connection_options", "vpc_peering_connection_id"},
		{"aws_ec2_transit_gateway_vpc_attachment_accepter", "transit_gateway_attachment_id"},
		{"aws_ec2_transit_gateway_peering_attachment_accepter", "transit_gateway_attachment_id"},
	} {
		for _, res := range d.Of(by.typ) {
			if v := res.Get(by.attr); v.Kind == resource.Ref && !v.Maybe && !read.IsList(v.Ref) {
				d.Alias(res.ID, d.Key(v.Ref))
			}
		}
	}
	defaultsOfVPCs(d)
	for _, res := range d.Of("aws_ec2_transit_gateway", "data.aws_ec2_transit_gateway") {
		d.Alias(res.ID+".propagation_default_route_table_id", res.ID+".association_default_route_table_id")
	}
	for _, res := range d.Of("aws_vpn_connection") {
		d.Alias(res.ID+".transit_gateway_attachment_id", res.ID)
	}
	for _, res := range d.Of("aws_instance") {
		d.Alias(res.ID+".primary_network_interface_id", res.ID)
	}
	for _, res := range d.Of("aws_eip") {
		d.Alias(res.ID+".allocation_id", res.ID)
	}
	filter.NameLists(d)
	byProperties(d)
	lookups(d)
}

// lookups resolves data sources that can only find one thing of the design: of
// a VPC there is one internet gateway, one group of a name, and, since the data
// source fails if it finds several, one endpoint of a service.
func lookups(d *design.Design) {
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

// defaultsOfVPCs names what AWS makes with a VPC: by the resource that adopts
// it, else by the attribute of the VPC.
func defaultsOfVPCs(d *design.Design) {
	for _, a := range []struct{ typ, attr string }{
		{"aws_default_route_table", "default_route_table_id"}, {"aws_default_network_acl", "default_network_acl_id"},
	} {
		for _, res := range d.Of(a.typ) {
			if v := res.Get(a.attr); v.Kind == resource.Ref && (v.Ref.Attr == a.attr || v.Ref.Attr == "main_route_table_id") {
				adopt(d, d.Canonical(v.Ref.ID)+ref.ID("."+a.attr), res.ID)
			}
		}
	}
	for _, res := range d.Of("aws_default_security_group") {
		vpc := d.Link(res.Get("vpc_id"))
		if !read.Written(res.Get("vpc_id")) {
			vpc.ID = read.DefaultVPC(d, res)
		}
		if vpc.ID != "" {
			adopt(d, vpc.ID+".default_security_group_id", res.ID)
		}
	}
	for _, res := range d.Of("data.aws_security_group") {
		name, _ := design.String(res.Get("name"), "").Get()
		if vpc := d.Link(res.Get("vpc_id")); name == "default" && vpc.ID != "" {
			d.Alias(res.ID, d.Canonical(vpc.ID+".default_security_group_id"))
		}
	}
	for _, res := range d.Of("aws_main_route_table_association") {
		vpc, table := d.Link(res.Get("vpc_id")), d.Link(res.Get("route_table_id"))
		if vpc.ID != "" && table.ID != "" && res.Exists == fact.Yes && table.Exists == fact.Yes {
			adopt(d, vpc.ID+".main_route_table_id", table.ID)
		}
	}
	for _, res := range d.Of("aws_vpc", "aws_default_vpc", "data.aws_vpc") {
		id := d.Canonical(res.ID)
		adopt(d, id+".main_route_table_id", d.Canonical(id+".default_route_table_id"))
	}
}

// adopt names a thing, unless it has a name already.
func adopt(d *design.Design, from, to ref.ID) {
	if d.Canonical(from) == from {
		d.Alias(from, to)
	}
}
