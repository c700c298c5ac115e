package snippet

import (
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/topo"
)

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
		peer := ""
		switch {
		case e.Rule.Peer.Kind == topo.PeerGroup:
			peer = "UserIdGroupPairs=[{GroupId=" + string(e.Rule.Peer.ID) + "}]"
		case e.Rule.Peer.Block.Prefix.IsValid():
			peer = cidrName(e.Rule.Peer.Block, "IpRanges=[{CidrIp", "Ipv6Ranges=[{CidrIpv6") + "=" + e.Rule.Peer.Block.Prefix.String() + "}]"
		default:
			return nil
		}
		// The shorthand syntax passes over white space after a comma.
		return []string{"aws ec2 " + verb + ` \`, "  --group-id " + string(e.Thing) + ` \`, "  --ip-permissions '" + permission + ",", "    " + peer + "'"}
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
