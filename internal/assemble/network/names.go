package network

import (
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/filter"
	"github.com/muralla-net/muralla/internal/assemble/network/lookup"
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
		interfacesOf(d, res)
	}
	for _, res := range d.Of("aws_eip") {
		d.Alias(res.ID+".allocation_id", res.ID)
	}
	filter.NameLists(d)
	lookup.Resolve(d)
}

// interfacesOf makes the interfaces with which an instance starts the instance
// itself: what is said of one, an Elastic IP address or a target, is said of the
// other.
func interfacesOf(d *design.Design, instance resource.Resource) {
	for _, attr := range []string{"network_interface", "primary_network_interface"} {
		for _, b := range instance.Get(attr).Items() {
			v := b.Get("network_interface_id")
			if v.Kind != resource.Ref || v.Maybe || b.Maybe || read.IsList(v.Ref) {
				continue
			}
			eni, ok := d.Own(v.Ref.ID)
			if ok && eni.Type == "aws_network_interface" && eni.Exists == instance.Exists {
				d.Alias(eni.ID, instance.ID)
			}
		}
	}
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
