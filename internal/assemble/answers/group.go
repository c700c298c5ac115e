package answers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func refID(s string) ref.ID { return ref.ID(s) }

// prefixLists translates prefix lists. Those that AWS manages go by their name,
// by which endpoints and users know them.
func (t *translator) prefixLists() {
	for _, r := range t.of["ec2:PrefixList"] {
		id, name := string(r.ID), str(get(r.Body, "PrefixListName"))
		if strings.HasPrefix(name, "com.amazonaws.") || strings.HasPrefix(name, "cn.com.amazonaws.") {
			t.lists[id] = name
		}
		var entry []resource.Value
		cidrs, given := strs(get(r.Body, "Cidrs")), get(r.Body, "Cidrs").Kind == resource.List
		if e, ok := t.byID[r.ID+"/entries"]; ok {
			cidrs, given = append(cidrs, strs(get(e.Body, "Entries"), "Cidr")...), true
		}
		slices.Sort(cidrs)
		for _, c := range slices.Compact(cidrs) {
			entry = append(entry, block(body{"cidr": text(c)}, r.Place))
		}
		switch {
		case given:
			t.put(r, cmp.Or(t.lists[id], id), "aws_ec2_managed_prefix_list", "EC2 prefix list", body{"name": text(name), "entry": blocks(entry, r.Place)})
		case t.lists[id] == "":
			t.put(r, id, "aws_ec2_managed_prefix_list", "EC2 prefix list", body{"name": text(name), "entry": unknown("no answer to GetManagedPrefixListEntries is here for it", r.Place)})
		}
	}
}

// list is the name of a prefix list.
func (t *translator) list(id string) resource.Value { return text(cmp.Or(t.lists[id], id)) }

func (t *translator) groups() {
	described := map[string]bool{}
	for _, r := range t.of["ec2:SecurityGroup"] {
		id, vpc := string(r.ID), str(get(r.Body, "VpcId"))
		described[id] = true
		b := body{"name": scalar(get(r.Body, "GroupName")), "vpc_id": text(vpc)}
		if vpc == "" {
			b["vpc_id"] = unknown("the answer names no VPC for it", r.Place)
		}
		typ := "aws_security_group"
		if vpc != "" && str(get(r.Body, "GroupName")) == "default" {
			typ = "aws_default_security_group"
		}
		b["ingress"], b["egress"] = t.permissions(r, "IpPermissions"), t.permissions(r, "IpPermissionsEgress")
		t.put(r, id, typ, "EC2 security group", b)
	}
	others := map[string]bool{}
	for _, r := range t.of["ec2:SecurityGroupRule"] {
		group := str(get(r.Body, "GroupId"))
		if described[group] || group == "" {
			continue // the rules of a described group are there
		}
		typ := "aws_vpc_security_group_ingress_rule"
		if is(get(r.Body, "IsEgress")) {
			typ = "aws_vpc_security_group_egress_rule"
		}
		peer := get(r.Body, "ReferencedGroupInfo")
		if str(get(peer, "PeeringStatus")) == "deleted" {
			continue // a stale rule admits nobody
		}
		b := body{"security_group_id": text(group), "ip_protocol": scalar(get(r.Body, "IpProtocol")), "cidr_ipv4": scalar(get(r.Body, "CidrIpv4")),
			"cidr_ipv6": scalar(get(r.Body, "CidrIpv6")), "prefix_list_id": t.list(str(get(r.Body, "PrefixListId"))),
			"referenced_security_group_id": scalar(get(peer, "GroupId")), "description": scalar(get(r.Body, "Description"))}
		ports(b, r.Body)
		t.put(r, string(r.ID), typ, "EC2 security group rule", b)
		if !others[group] && t.listed.lack("ec2:SecurityGroupRule", r) == "" {
			others[group] = true
			whole := part(r, resource.Value{Kind: resource.Map, Place: r.Place})
			t.put(whole, group, "aws_security_group", "EC2 security group", body{"vpc_id": unknown("no answer to DescribeSecurityGroups is here", r.Place)})
		}
	}
	for _, r := range t.of["ec2:SecurityGroupVpcAssociation"] {
		if in(get(r.Body, "State"), "associated") {
			t.put(r, string(r.ID), "aws_vpc_security_group_vpc_association", "EC2 security group association",
				body{"security_group_id": scalar(get(r.Body, "GroupId")), "vpc_id": scalar(get(r.Body, "VpcId"))})
		}
	}
}

// ports copies the ports of a rule. Protocol -1 has none.
func ports(b body, v resource.Value) {
	if str(get(v, "IpProtocol")) != "-1" {
		b["from_port"], b["to_port"] = scalar(get(v, "FromPort")), scalar(get(v, "ToPort"))
	}
}

// permissions are the rules of one direction of a group.
func (t *translator) permissions(r resource.Resource, field string) resource.Value {
	list := get(r.Body, field)
	if list.Kind != resource.List {
		return unknown("the answer has no "+field+" for it", r.Place)
	}
	var out []resource.Value
	for _, p := range list.List {
		if p.Kind != resource.Map {
			continue
		}
		base := func(peer string, v resource.Value, description string) {
			b := body{"protocol": scalar(get(p, "IpProtocol")), peer: v, "description": text(description)}
			if b["protocol"].IsNull() {
				b["protocol"] = unknown("the answer tells no protocol", p.Place)
			}
			ports(b, p)
			at := v.Place
			if at.IsZero() {
				at = p.Place
			}
			out = append(out, block(b, at))
		}
		for _, k := range []struct{ list, field, attr string }{
			{"IpRanges", "CidrIp", "cidr_blocks"}, {"Ipv6Ranges", "CidrIpv6", "ipv6_cidr_blocks"},
			{"PrefixListIds", "PrefixListId", "prefix_list_ids"}, {"UserIdGroupPairs", "GroupId", "security_groups"},
		} {
			for _, e := range get(p, k.list).Items() {
				name := str(get(e, k.field))
				if name == "" || str(get(e, "PeeringStatus")) == "deleted" {
					continue
				}
				if k.field == "PrefixListId" {
					name = cmp.Or(t.lists[name], name)
				}
				base(k.attr, texts([]string{name}, e.Place), str(get(e, "Description")))
			}
		}
	}
	return blocks(out, list.Place)
}
