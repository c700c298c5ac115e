package snippet

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/topo"
)

// terraform writes an edit of a design in Terraform (Terraform AWS provider). A
// comment names the module to which the lines belong, unless that is the root.
func terraform(s *topo.Snapshot, e remedy.Edit) []string {
	var out []string
	switch {
	case e.Rule != nil:
		out = terraformRule(s, e)
	case e.Entry != nil:
		out = terraformEntry(s, e)
	default:
		out = terraformRoute(s, e)
	}
	if m := e.Thing.Module(); m != "" {
		out = append([]string{"# in " + string(m)}, out...)
	}
	return out
}

// reference is an attribute of a thing as an expression of the module of the
// thing that is edited, or a comment if the module does not know it.
func reference(own, id ref.ID, attr string) string {
	if vpc, name, ok := made(id); ok {
		id, attr = vpc, name
	}
	text := string(id)
	switch {
	case strings.HasPrefix(string(id.Short()), "var."), strings.HasPrefix(string(id.Short()), "local."):
		if id.Module() == own.Module() {
			return string(id.Short())
		}
	case id.Module() == own.Module() && id.Root() == own.Root():
		return string(id.Short()) + "." + attr
	}
	return `"" # the ` + attr + " of " + text
}

// written is the kind of resource that writes the rules of a group today: "" if
// the group writes them within itself. The rules of the same direction tell, then
// those of the other.
func written(g *topo.SecurityGroup, inbound bool) string {
	same, other := g.Egress, g.Ingress
	if inbound {
		same, other = g.Ingress, g.Egress
	}
	for _, list := range [][]topo.Rule{same, other} {
		beside := ""
		for _, r := range list {
			switch base := string(r.ID.Short()); {
			case (r.ID == g.ID || r.ID == "") && !r.Place.IsZero():
				return ""
			case beside != "":
			case strings.HasPrefix(base, "aws_security_group_rule."):
				beside = "aws_security_group_rule"
			case strings.HasPrefix(base, "aws_vpc_security_group_"):
				beside = ruleType(inbound)
			}
		}
		if beside != "" {
			return beside
		}
	}
	return ruleType(inbound)
}

func ruleType(inbound bool) string {
	if inbound {
		return "aws_vpc_security_group_ingress_rule"
	}
	return "aws_vpc_security_group_egress_rule"
}

func terraformRule(s *topo.Snapshot, e remedy.Edit) []string {
	g := s.SecurityGroup(e.Thing)
	p := spanOf(e.Rule.Ports.Maybe)
	block := "egress"
	if e.Inbound {
		block = "ingress"
	}
	var ports [][2]string
	from, to := strconv.Itoa(p.from), strconv.Itoa(p.to)
	typ := written(g, e.Inbound)
	if p.from >= 0 || p.protocol == "icmp" || p.protocol == "icmpv6" {
		ports = [][2]string{{"from_port", from}, {"to_port", to}}
	} else if typ == "" || typ == "aws_security_group_rule" {
		ports = [][2]string{{"from_port", "0"}, {"to_port", "0"}}
	}
	peer := e.Rule.Peer
	if typ == "" || typ == "aws_security_group_rule" {
		rows := append(ports, [2]string{"protocol", strconv.Quote(p.protocol)})
		var value string
		if peer.Kind == topo.PeerGroup {
			value = reference(g.ID, peer.ID, "id")
		} else {
			value = cidr(s, g.ID, peer.Block)
		}
		list := func(v string) string {
			if text, comment, ok := strings.Cut(v, " #"); ok {
				return "[" + text + "] #" + comment
			}
			return "[" + v + "]"
		}
		ranges := cidrName(peer.Block, "cidr_blocks", "ipv6_cidr_blocks")
		if typ == "" {
			name := ranges
			switch {
			case peer.Kind == topo.PeerGroup && peer.ID == g.ID:
				name, value = "self", "true"
			case peer.Kind == topo.PeerGroup:
				name, value = "security_groups", list(value)
			default:
				value = list(value)
			}
			return wrapped(block+" {", aligned("  ", append(rows, [2]string{name, value})))
		}
		rows = append([][2]string{{"type", strconv.Quote(block)}, {"security_group_id", reference(g.ID, g.ID, "id")}}, rows...)
		name := ranges
		switch {
		case peer.Kind == topo.PeerGroup && peer.ID == g.ID:
			name, value = "self", "true"
		case peer.Kind == topo.PeerGroup:
			name = "source_security_group_id"
		default:
			value = list(value)
		}
		return wrapped(resource(typ, e), aligned("  ", append(rows, [2]string{name, value})))
	}
	rows := [][2]string{{"security_group_id", reference(g.ID, g.ID, "id")}, {"ip_protocol", strconv.Quote(p.protocol)}}
	rows = append(rows, ports...)
	if peer.Kind == topo.PeerGroup {
		rows = append(rows, [2]string{"referenced_security_group_id", reference(g.ID, peer.ID, "id")})
	} else {
		rows = append(rows, [2]string{cidrName(peer.Block, "cidr_ipv4", "cidr_ipv6"), cidr(s, g.ID, peer.Block)})
	}
	return wrapped(resource(typ, e), aligned("  ", rows))
}

func wrapped(head string, body []string) []string {
	return append(append([]string{head}, body...), "}")
}

// resource is the head of a resource with a name made of the two things.
func resource(typ string, e remedy.Edit) string {
	return `resource "` + typ + `" "` + name(e, "_") + `" {`
}

// name is a name for a resource: the thing that is edited, the peer, and what
// tells it apart from other edits of the two.
func name(e remedy.Edit, sep string) string {
	direction, towards := "egress", "to"
	if e.Inbound {
		direction, towards = "ingress", "from"
	}
	parts := []string{base(e.Thing)}
	switch {
	case e.Rule != nil && e.Rule.Peer.Kind == topo.PeerGroup:
		parts = append(parts, towards, base(e.Rule.Peer.ID), portsName(e.Rule.Ports.Maybe))
	case e.Rule != nil:
		parts = append(parts, towards, blockName(e.Rule.Peer.Block), portsName(e.Rule.Ports.Maybe))
	case e.Entry != nil:
		parts = append(parts, direction, strconv.Itoa(e.Entry.Number))
	case e.Route.Dest.Prefix.IsValid() && e.Route.Dest.Prefix.Bits() > 0:
		parts = append(parts, "to", blockName(e.Route.Dest))
	case e.Route != nil:
		parts = append(parts, "to", base(e.Route.Target))
	}
	return strings.Join(parts, sep)
}

// blockName is a range as a part of a name.
func blockName(b topo.Block) string {
	switch {
	case b.Of != "":
		return base(b.Of)
	case !b.Prefix.IsValid():
		return "range"
	case b.Prefix.Bits() == 0:
		return "everywhere"
	case b.Prefix.IsSingleIP():
		return letters(b.Prefix.Addr().String())
	}
	return letters(b.Prefix.String())
}

// portsName is packets as a part of a name.
func portsName(p netset.Ports) string {
	at := spanOf(p)
	switch {
	case at.protocol == "-1":
		return "all"
	case at.from < 0 && at.to < 0:
		return letters(at.protocol)
	case at.from == at.to || at.to < 0:
		return letters(at.protocol + "_" + strconv.Itoa(at.from))
	}
	return letters(at.protocol + "_" + strconv.Itoa(at.from) + "_" + strconv.Itoa(at.to))
}

// base is the name of a thing without type, module and index.
func base(id ref.ID) string {
	text := string(id.Short().Base())
	if at := strings.LastIndexAny(text, "./"); at >= 0 {
		text = text[at+1:]
	}
	return letters(text)
}

// letters puts an underscore for whatever no name may have.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, text)
}

// cidr is a range as an expression: that of the subnet if it is one.
func cidr(s *topo.Snapshot, own ref.ID, b topo.Block) string {
	sub := s.Subnet(b.Of)
	if sub != nil && strings.HasPrefix(sub.Type, "aws_subnet") && !sub.Elsewhere && sub.ID.Module() == own.Module() && sub.ID.Root() == own.Root() {
		return string(sub.ID.Short()) + "." + cidrName(b, "cidr_block", "ipv6_cidr_block")
	}
	if b.Prefix.IsValid() {
		return strconv.Quote(b.Prefix.String())
	}
	return `"" # the range of ` + string(b.Of)
}

func terraformEntry(s *topo.Snapshot, e remedy.Edit) []string {
	a := s.NetworkACL(e.Thing)
	p := spanOf(e.Entry.Ports.Maybe)
	from, to := max(p.from, 0), max(p.to, 0)
	rows := [][2]string{{"protocol", strconv.Quote(p.protocol)}}
	switch p.protocol {
	case "icmp", "icmpv6":
		rows = append(rows, [2]string{"icmp_type", strconv.Itoa(p.from)}, [2]string{"icmp_code", strconv.Itoa(p.to)})
		from, to = 0, 0
	}
	rows = append(rows, [2]string{"from_port", strconv.Itoa(from)}, [2]string{"to_port", strconv.Itoa(to)},
		[2]string{cidrName(e.Entry.Block, "cidr_block", "ipv6_cidr_block"), cidr(s, a.ID, e.Entry.Block)})
	if entriesWithin(a) {
		head := "egress {"
		if e.Inbound {
			head = "ingress {"
		}
		return wrapped(head, aligned("  ", append([][2]string{{"rule_no", strconv.Itoa(e.Entry.Number)}, {"action", action(e)}}, rows...)))
	}
	rows = append([][2]string{{"network_acl_id", reference(a.ID, a.ID, "id")}, {"rule_number", strconv.Itoa(e.Entry.Number)},
		{"egress", strconv.FormatBool(!e.Inbound)}, {"rule_action", action(e)}}, rows...)
	return wrapped(resource("aws_network_acl_rule", e), aligned("  ", rows))
}

// entriesWithin reports whether a network ACL of Terraform writes its entries
// within itself, so that others beside it would be undone (Terraform AWS
// provider, "aws_network_acl").
func entriesWithin(a *topo.NetworkACL) bool {
	if _, _, ok := made(a.ID); ok {
		return false
	}
	return a.Type == "aws_default_network_acl" || slices.ContainsFunc(slices.Concat(a.Ingress, a.Egress), func(e topo.ACLEntry) bool {
		return e.ID == a.ID
	})
}

func action(e remedy.Edit) string {
	if e.Entry.Allow.String() == "yes" {
		return `"allow"`
	}
	return `"deny"`
}

// targetNames are the attributes of routes, by target.
var targetNames = map[topo.RouteTarget][3]string{ // Terraform, CloudFormation, option of the AWS CLI
	topo.ToInternet:   {"gateway_id", "GatewayId", "--gateway-id"},
	topo.ToNAT:        {"nat_gateway_id", "NatGatewayId", "--nat-gateway-id"},
	topo.ToEgressOnly: {"egress_only_gateway_id", "EgressOnlyInternetGatewayId", "--egress-only-internet-gateway-id"},
	topo.ToPeering:    {"vpc_peering_connection_id", "VpcPeeringConnectionId", "--vpc-peering-connection-id"},
	topo.ToTransit:    {"transit_gateway_id", "TransitGatewayId", "--transit-gateway-id"},
}

func terraformRoute(s *topo.Snapshot, e remedy.Edit) []string {
	t := s.RouteTable(e.Thing)
	target := [2]string{targetNames[e.Route.Kind][0], reference(t.ID, e.Route.Target, "id")}
	dest := strconv.Quote(e.Route.Dest.Prefix.String())
	inline := false
	for _, r := range t.Routes {
		inline = inline || r.ID == t.ID && !r.Place.IsZero()
	}
	if inline {
		return wrapped("route {", aligned("  ", [][2]string{{cidrName(e.Route.Dest, "cidr_block", "ipv6_cidr_block"), dest}, target}))
	}
	return wrapped(resource("aws_route", e), aligned("  ", [][2]string{{"route_table_id", reference(t.ID, t.ID, "id")},
		{cidrName(e.Route.Dest, "destination_cidr_block", "destination_ipv6_cidr_block"), dest}, target}))
}
