package scale

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/topo"
)

type object = map[string]any

// Answers are what AWS would answer to describe calls about the network of a plan,
// by the name of the call.
func (p Plan) Answers() map[string][]byte {
	s := p.Snapshot()
	out := map[string][]byte{}
	put := func(call, list string, things []object) {
		text, err := json.MarshalIndent(object{list: things}, "", " ")
		if err != nil {
			panic(err) // maps of texts and numbers
		}
		out[call] = text
	}
	var vpcs, nets, tables, acls, groups, nics, igws, eigws, nats, peerings []object
	for _, v := range s.VPCs {
		vpcs = append(vpcs, object{"VpcId": v.ID, "CidrBlock": v.Blocks[0].Prefix, "IsDefault": false, "State": "available",
			"CidrBlockAssociationSet":     []object{{"CidrBlock": v.Blocks[0].Prefix, "CidrBlockState": object{"State": "associated"}}},
			"Ipv6CidrBlockAssociationSet": []object{{"Ipv6CidrBlock": v.Blocks[1].Prefix, "Ipv6CidrBlockState": object{"State": "associated"}}}})
	}
	uses := map[string][]object{} // table or ACL → associations
	for _, n := range s.Subnets {
		nets = append(nets, object{"SubnetId": n.ID, "VpcId": n.VPC, "CidrBlock": n.Blocks[0].Prefix, "AvailabilityZone": "eu-west-1" + n.AZ.Or("az0")[2:], "State": "available", "MapPublicIpOnLaunch": false,
			"AssignIpv6AddressOnCreation": true,
			"Ipv6CidrBlockAssociationSet": []object{{"Ipv6CidrBlock": n.Blocks[1].Prefix, "Ipv6CidrBlockState": object{"State": "associated"}}}})
		for _, to := range []string{string(n.RouteTable.Or("")), string(n.ACL.Or(""))} {
			uses[to] = append(uses[to], object{"SubnetId": n.ID, "Main": false, "RouteTableId": to, "NetworkAclId": to, "AssociationState": object{"State": "associated"}})
		}
	}
	for _, t := range s.RouteTables {
		routes := []object{{"DestinationCidrBlock": s.VPC(t.VPC).Blocks[0].Prefix, "GatewayId": "local", "State": "active", "Origin": "CreateRouteTable"}}
		for _, r := range t.Routes {
			key := map[topo.RouteTarget]string{topo.ToInternet: "GatewayId", topo.ToEgressOnly: "EgressOnlyInternetGatewayId", topo.ToNAT: "NatGatewayId", topo.ToPeering: "VpcPeeringConnectionId"}[r.Kind]
			routes = append(routes, object{rangeKey("Destination", "CidrBlock", r.Dest): r.Dest.Prefix, key: r.Target, "State": "active", "Origin": "CreateRoute"})
		}
		tables = append(tables, object{"RouteTableId": t.ID, "VpcId": t.VPC, "Routes": routes, "Associations": uses[string(t.ID)]})
	}
	for _, a := range s.NetworkACLs {
		entries := []object{}
		for egress, list := range [][]topo.ACLEntry{a.Ingress, a.Egress} {
			for _, e := range list {
				x := object{"RuleNumber": e.Number, "RuleAction": map[fact.Tri]string{fact.Yes: "allow", fact.No: "deny"}[e.Allow], "Egress": egress == 1, rangeKey("", "CidrBlock", e.Block): e.Block.Prefix}
				protocol, from, to := portsOf(e.Ports.Sure)
				x["Protocol"] = protocol
				if protocol != "-1" {
					x["PortRange"] = object{"From": from, "To": to}
				}
				entries = append(entries, x)
			}
		}
		acls = append(acls, object{"NetworkAclId": a.ID, "VpcId": a.VPC, "IsDefault": false, "Entries": entries, "Associations": uses[string(a.ID)]})
	}
	for _, g := range s.SecurityGroups {
		groups = append(groups, object{"GroupId": g.ID, "GroupName": g.Name, "VpcId": g.VPC, "Description": "made", "IpPermissions": permissions(g.Ingress), "IpPermissionsEgress": permissions(g.Egress)})
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		own, _ := e.Fixed.V4().First()
		six, _ := e.Fixed.V6().First()
		held := []object{}
		for _, l := range e.Groups.List {
			held = append(held, object{"GroupId": l.ID, "GroupName": l.ID})
		}
		nic := object{"NetworkInterfaceId": e.ID, "VpcId": e.VPC, "SubnetId": e.Subnets.List[0].ID, "Groups": held, "PrivateIpAddress": own, "SourceDestCheck": true, "Status": "in-use", "InterfaceType": "interface",
			"PrivateIpAddresses": []object{{"PrivateIpAddress": own, "Primary": true}}, "Ipv6Addresses": []object{{"Ipv6Address": six}}}
		if e.PublicIPv4.Or(false) {
			nic["Association"] = object{"PublicIp": fmt.Sprintf("198.51.%d.%d", i>>8&255, i&255)}
		}
		nics = append(nics, nic)
	}
	for _, g := range s.Gateways {
		attached := []object{{"VpcId": g.VPC, "State": "attached"}}
		switch g.Kind {
		case topo.InternetGateway:
			igws = append(igws, object{"InternetGatewayId": g.ID, "Attachments": attached})
		case topo.EgressOnlyGateway:
			eigws = append(eigws, object{"EgressOnlyInternetGatewayId": g.ID, "Attachments": attached})
		case topo.NATGateway:
			nats = append(nats, object{"NatGatewayId": g.ID, "VpcId": g.VPC, "SubnetId": g.Subnet, "State": "available", "ConnectivityType": "public"})
		}
	}
	for _, c := range s.Peerings {
		peerings = append(peerings, object{"VpcPeeringConnectionId": c.ID, "Status": object{"Code": "active"},
			"RequesterVpcInfo": object{"VpcId": c.Requester, "Region": "eu-west-1"}, "AccepterVpcInfo": object{"VpcId": c.Accepter, "Region": "eu-west-1"}})
	}
	put("describe-vpcs", "Vpcs", vpcs)
	put("describe-subnets", "Subnets", nets)
	put("describe-route-tables", "RouteTables", tables)
	put("describe-network-acls", "NetworkAcls", acls)
	put("describe-security-groups", "SecurityGroups", groups)
	put("describe-network-interfaces", "NetworkInterfaces", nics)
	put("describe-internet-gateways", "InternetGateways", igws)
	put("describe-egress-only-internet-gateways", "EgressOnlyInternetGateways", eigws)
	put("describe-nat-gateways", "NatGateways", nats)
	put("describe-vpc-peering-connections", "VpcPeeringConnections", peerings)
	return out
}

func rangeKey(before, after string, b topo.Block) string {
	if b.Prefix.Addr().Is6() {
		return before + "Ipv6" + after
	}
	return before + after
}

// portsOf is a set of one rule as the API writes it.
func portsOf(p netset.Ports) (protocol string, from, to int) {
	for lo, hi := range p.Intervals() {
		switch number := uint8(lo >> 16); {
		case p.IsAll():
		case number == netset.ProtoICMP:
			return "1", -1, -1
		default:
			return strconv.Itoa(int(number)), int(lo & 0xffff), int(hi & 0xffff)
		}
	}
	return "-1", 0, 0
}

func permissions(rules []topo.Rule) []object {
	out := []object{}
	for _, r := range rules {
		protocol, from, to := portsOf(r.Ports.Sure)
		x := object{"IpProtocol": protocol}
		if protocol != "-1" {
			x["FromPort"], x["ToPort"] = from, to
		}
		switch {
		case r.Peer.Kind == topo.PeerGroup:
			x["UserIdGroupPairs"] = []object{{"GroupId": r.Peer.ID}}
		case r.Peer.Block.Prefix.Addr().Is6():
			x["Ipv6Ranges"] = []object{{"CidrIpv6": r.Peer.Block.Prefix}}
		default:
			x["IpRanges"] = []object{{"CidrIp": r.Peer.Block.Prefix}}
		}
		out = append(out, x)
	}
	return out
}
