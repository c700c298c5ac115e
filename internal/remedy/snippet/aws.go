package snippet

import (
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/topo"
)

// logical is the logical id of a thing of CloudFormation, and whether the
// template of another thing has it.
func logical(own, id ref.ID) (string, bool) {
	text := string(id)
	at, from := strings.LastIndexByte(text, '/'), strings.LastIndexByte(string(own), '/')
	return text[at+1:], text[:at+1] == string(own)[:from+1]
}

// refer is a reference as the value of a property, or a comment.
func refer(own, id ref.ID, attr string) string {
	if vpc, name, ok := made(id); ok {
		id, attr = vpc, map[string]string{"default_network_acl_id": "DefaultNetworkAcl", "default_security_group_id": "DefaultSecurityGroup"}[name]
		if attr == "" {
			return `"" # the id of the main route table of ` + string(vpc)
		}
	}
	name, here := logical(own, id)
	switch {
	case !here:
		return `"" # the id of ` + string(id)
	case attr == "":
		return "!Ref " + name
	}
	return "!GetAtt " + name + "." + attr
}

// groupReference is a security group: of one that is no resource of the template,
// such as a parameter, the reference is its id.
func groupReference(s *topo.Snapshot, own, id ref.ID) string {
	if g := s.SecurityGroup(id); g != nil && g.Elsewhere {
		return refer(own, id, "")
	}
	return refer(own, id, "GroupId")
}

// cloudFormation writes an edit as a resource of a template (AWS CloudFormation
// "Template reference").
func cloudFormation(s *topo.Snapshot, e remedy.Edit) []string {
	var typ string
	var rows [][2]string
	add := func(name, value string) { rows = append(rows, [2]string{name, value}) }
	switch {
	case e.Rule != nil:
		p := spanOf(e.Rule.Ports.Maybe)
		typ = "AWS::EC2::SecurityGroupEgress"
		group := "DestinationSecurityGroupId"
		if e.Inbound {
			typ, group = "AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId"
		}
		add("GroupId", groupReference(s, e.Thing, e.Thing))
		add("IpProtocol", yamlText(p.protocol))
		if p.from >= 0 || strings.HasPrefix(p.protocol, "icmp") {
			add("FromPort", strconv.Itoa(p.from))
			add("ToPort", strconv.Itoa(p.to))
		}
		if peer := e.Rule.Peer; peer.Kind == topo.PeerGroup {
			add(group, groupReference(s, e.Thing, peer.ID))
		} else {
			add(cidrName(peer.Block, "CidrIp", "CidrIpv6"), templateRange(s, e.Thing, peer.Block))
		}
	case e.Entry != nil:
		typ = "AWS::EC2::NetworkAclEntry"
		p := spanOf(e.Entry.Ports.Maybe)
		add("NetworkAclId", refer(e.Thing, e.Thing, ""))
		add("Egress", strconv.FormatBool(!e.Inbound))
		add("RuleNumber", strconv.Itoa(e.Entry.Number))
		add("RuleAction", strings.Trim(action(e), `"`))
		add("Protocol", protocolNumber(p.protocol))
		switch {
		case strings.HasPrefix(p.protocol, "icmp"):
			add("Icmp", "{Type: "+strconv.Itoa(p.from)+", Code: "+strconv.Itoa(p.to)+"}")
		case p.from >= 0:
			add("PortRange", "{From: "+strconv.Itoa(p.from)+", To: "+strconv.Itoa(p.to)+"}")
		}
		add(cidrName(e.Entry.Block, "CidrBlock", "Ipv6CidrBlock"), templateRange(s, e.Thing, e.Entry.Block))
	default:
		typ = "AWS::EC2::Route"
		add("RouteTableId", refer(e.Thing, e.Thing, ""))
		add(cidrName(e.Route.Dest, "DestinationCidrBlock", "DestinationIpv6CidrBlock"), yamlText(e.Route.Dest.Prefix.String()))
		add(targetNames[e.Route.Kind][1], refer(e.Thing, e.Route.Target, ""))
	}
	out := []string{logicalName(s, e) + ":", "  Type: " + typ, "  Properties:"}
	for _, r := range rows {
		out = append(out, "    "+r[0]+": "+r[1])
	}
	return out
}

// logicalName is a name for a resource: letters and digits.
func logicalName(s *topo.Snapshot, e remedy.Edit) string {
	out := ""
	for _, part := range strings.FieldsFunc(name(s, e, "_"), func(r rune) bool { return r == '_' || r == '-' }) {
		out += strings.ToUpper(part[:1]) + part[1:]
	}
	return out
}

func templateRange(s *topo.Snapshot, own ref.ID, b topo.Block) string {
	if b.Prefix.IsValid() {
		return yamlText(b.Prefix.String())
	}
	if s.Subnet(b.Of) != nil {
		return refer(own, b.Of, "CidrBlock")
	}
	return `"" # the range of ` + string(b.Of)
}

// yamlText quotes what YAML would read as something else than text.
func yamlText(v string) string {
	if v == "-1" || strings.ContainsAny(v, ":/") {
		return strconv.Quote(v)
	}
	return v
}

// protocolNumber is a protocol as network ACLs have it.
func protocolNumber(p string) string {
	if n, ok := map[string]string{"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}[p]; ok {
		return n
	}
	return p
}

// command writes an edit of what AWS has as a command (AWS CLI "ec2").
func command(s *topo.Snapshot, e remedy.Edit) []string {
	switch {
	case e.Rule != nil:
		p := spanOf(e.Rule.Ports.Maybe)
		verb := "authorize-security-group-egress"
		if e.Inbound {
			verb = "authorize-security-group-ingress"
		}
		permission := "IpProtocol=" + p.protocol
		if p.from >= 0 || strings.HasPrefix(p.protocol, "icmp") {
			permission += ",FromPort=" + strconv.Itoa(p.from) + ",ToPort=" + strconv.Itoa(p.to)
		}
		if peer := e.Rule.Peer; peer.Kind == topo.PeerGroup {
			permission += ",UserIdGroupPairs=[{GroupId=" + string(peer.ID) + "}]"
		} else if !peer.Block.Prefix.IsValid() {
			return nil
		} else {
			permission += "," + cidrName(peer.Block, "IpRanges=[{CidrIp", "Ipv6Ranges=[{CidrIpv6") + "=" + peer.Block.Prefix.String() + "}]"
		}
		return []string{"aws ec2 " + verb + ` \`, "  --group-id " + string(e.Thing) + ` \`, "  --ip-permissions '" + permission + "'"}
	case e.Entry != nil:
		p := spanOf(e.Entry.Ports.Maybe)
		direction := "--egress"
		if e.Inbound {
			direction = "--ingress"
		}
		if !e.Entry.Block.Prefix.IsValid() {
			return nil
		}
		out := []string{"aws ec2 create-network-acl-entry " + direction + ` \`,
			"  --network-acl-id " + string(e.Thing) + " --rule-number " + strconv.Itoa(e.Entry.Number) + " --rule-action " + strings.Trim(action(e), `"`) + ` \`}
		line := "  --protocol " + protocolNumber(p.protocol)
		switch {
		case strings.HasPrefix(p.protocol, "icmp"):
			line += " --icmp-type-code Type=" + strconv.Itoa(p.from) + ",Code=" + strconv.Itoa(p.to)
		case p.from >= 0:
			line += " --port-range From=" + strconv.Itoa(p.from) + ",To=" + strconv.Itoa(p.to)
		}
		return append(out, line+" "+cidrName(e.Entry.Block, "--cidr-block ", "--ipv6-cidr-block ")+e.Entry.Block.Prefix.String())
	}
	return []string{"aws ec2 create-route --route-table-id " + string(e.Thing) + ` \`,
		"  " + cidrName(e.Route.Dest, "--destination-cidr-block ", "--destination-ipv6-cidr-block ") + e.Route.Dest.Prefix.String() + " " +
			targetNames[e.Route.Kind][2] + " " + string(e.Route.Target)}
}
