package answers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// transit translates transit gateways. Associations and propagations are
// explicit in answers, so the defaults that made them are switched off.
func (t *translator) transit() {
	off := text("disable")
	for _, r := range t.of["ec2:TransitGateway"] {
		if !in(get(r.Body, "State"), "available", "pending", "modifying") {
			continue
		}
		t.put(r, string(r.ID), "aws_ec2_transit_gateway", "EC2 transit gateway", body{
			"default_route_table_association": off, "default_route_table_propagation": off,
			"security_group_referencing_support": scalar(get(r.Body, "Options", "SecurityGroupReferencingSupport")),
		})
		t.needs("ec2:TransitGatewayAttachment", resource.OfAll, r, string(r.ID))
	}
	for _, r := range t.of["ec2:TransitGatewayRouteTable"] {
		if !in(get(r.Body, "State"), "available", "pending") {
			continue
		}
		id := string(r.ID)
		t.put(r, id, "aws_ec2_transit_gateway_route_table", "EC2 transit gateway route table", body{"transit_gateway_id": scalar(get(r.Body, "TransitGatewayId"))})
		t.tableRoutes(r, id)
	}
	for _, r := range t.of["ec2:TransitGatewayAttachment"] {
		t.attachment(r)
	}
	for _, r := range t.of["ec2:TransitGatewayVpcAttachment"] {
		if _, twice := t.byID[ref.ID(strings.TrimSuffix(string(r.ID), "/vpc"))]; !twice {
			r.Body.Map = merge(r.Body, body{"ResourceType": text("vpc"), "ResourceId": get(r.Body, "VpcId")})
			r.ID = ref.ID(strings.TrimSuffix(string(r.ID), "/vpc"))
			t.attachment(r)
		}
	}
}

// merge is a body with further fields.
func merge(v resource.Value, more body) body {
	out := body{}
	for k, e := range v.Map {
		out[k] = e
	}
	for k, e := range more {
		out[k] = e
	}
	return out
}

func (t *translator) attachment(r resource.Resource) {
	if !in(get(r.Body, "State"), "available", "modifying") {
		return
	}
	id, gateway := string(r.ID), scalar(get(r.Body, "TransitGatewayId"))
	switch kind := str(get(r.Body, "ResourceType")); kind {
	case "vpc":
		b := body{"transit_gateway_id": gateway, "vpc_id": scalar(get(r.Body, "ResourceId")),
			"transit_gateway_default_route_table_association": truth(false), "transit_gateway_default_route_table_propagation": truth(false)}
		if detail, ok := t.byID[r.ID+"/vpc"]; ok {
			b["subnet_ids"] = texts(strs(get(detail.Body, "SubnetIds")), detail.Place)
			b["security_group_referencing_support"] = scalar(get(detail.Body, "Options", "SecurityGroupReferencingSupport"))
		} else if subnets := get(r.Body, "SubnetIds"); subnets.Kind == resource.List {
			b["subnet_ids"] = texts(strs(subnets), r.Place)
		} else {
			b["subnet_ids"] = unknown("no answer to DescribeTransitGatewayVpcAttachments is here for it", r.Place)
		}
		t.put(r, id, "aws_ec2_transit_gateway_vpc_attachment", "EC2 transit gateway VPC attachment", b)
	case "peering":
		// Both accounts list it, each from its side.
		if slices.ContainsFunc(t.out, func(o resource.Resource) bool {
			return o.ID == r.ID && o.Type == "aws_ec2_transit_gateway_peering_attachment"
		}) {
			break
		}
		t.put(r, id, "aws_ec2_transit_gateway_peering_attachment", "EC2 transit gateway peering attachment",
			body{"transit_gateway_id": gateway, "peer_transit_gateway_id": scalar(get(r.Body, "ResourceId")), "state": text("available")})
	default:
		t.put(r, id, "aws_ec2_transit_gateway_connect", "EC2 transit gateway "+kind+" attachment", body{"transit_gateway_id": gateway})
	}
	a := get(r.Body, "Association")
	table := str(get(a, "TransitGatewayRouteTableId"))
	to := text(table)
	switch {
	case table == "" && a.IsNull() && str(get(r.Body, "SubnetIds")) == "" && get(r.Body, "SubnetIds").Kind == resource.List:
		to = unknown("no answer to DescribeTransitGatewayAttachments is here for it", r.Place)
	case table == "" || !in(get(a, "State"), "associated"):
		return
	}
	if to.Kind == resource.String {
		t.put(part(r, resource.Value{Kind: resource.Map, Place: r.Place}), "association of "+id+" with "+table, "aws_ec2_transit_gateway_route_table_association", "EC2 transit gateway route table association",
			body{"transit_gateway_attachment_id": text(id), "transit_gateway_route_table_id": to})
	}
}

// tableRoutes are the routes of a table: what SearchTransitGatewayRoutes found,
// and what is propagated to it.
func (t *translator) tableRoutes(table resource.Resource, id string) {
	found, searched := t.byID[table.ID+"/routes"]
	propagated, told := t.byID[table.ID+"/propagations"]
	n := 0
	piece := func(at resource.Value) resource.Resource {
		return part(table, resource.Value{Kind: resource.Map, Place: at.Place})
	}
	propagates := func(attachment resource.Value, at resource.Value) {
		n++
		t.put(piece(at), fmt.Sprintf("propagation %d of %s", n, id), "aws_ec2_transit_gateway_route_table_propagation", "EC2 transit gateway route table propagation",
			body{"transit_gateway_route_table_id": text(id), "transit_gateway_attachment_id": attachment})
	}
	for _, r := range get(found.Body, "Routes").Items() {
		kind := str(get(r, "Type"))
		if r.Kind != resource.Map || kind == "propagated" && told || !in(get(r, "State"), "active", "blackhole") {
			continue
		}
		n++
		b := body{"transit_gateway_route_table_id": text(id), "destination_cidr_block": scalar(get(r, "DestinationCidrBlock")),
			"blackhole": truth(str(get(r, "State")) == "blackhole")}
		if list := str(get(r, "PrefixListId")); list != "" && b["destination_cidr_block"].IsNull() {
			b["prefix_list_id"] = t.list(list)
		}
		if hops := strs(get(r, "TransitGatewayAttachments"), "TransitGatewayAttachmentId"); len(hops) > 0 {
			b["transit_gateway_attachment_id"] = text(hops[0])
			if len(hops) > 1 {
				b["transit_gateway_attachment_id"] = unknown("it leads to several attachments", r.Place)
			}
		}
		t.put(piece(r), fmt.Sprintf("route %d of %s", n, id), "aws_ec2_transit_gateway_route", "EC2 transit gateway route", b)
	}
	for _, p := range get(propagated.Body, "TransitGatewayRouteTablePropagations").Items() {
		if in(get(p, "State"), "enabled", "enabling") {
			propagates(scalar(get(p, "TransitGatewayAttachmentId")), p)
		}
	}
	switch {
	case is(get(found.Body, "AdditionalRoutesAvailable")):
		propagates(unknown("the answer to SearchTransitGatewayRoutes is not whole", table.Place), table.Body)
	case !searched:
		propagates(unknown("no answer to SearchTransitGatewayRoutes is here for it", table.Place), table.Body)
	}
}
