package snippet

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/topo"
)

// call is an intrinsic function of a template with its arguments.
type call struct {
	name string // "Ref", "GetAtt", "ImportValue"
	args []string
}

// lost is something that the template has no name for.
type lost string

// property is a property of a resource: its value is text, a number, a truth
// value, a call, lost or a list of properties.
type property struct {
	name  string
	value any
}

// logical is the logical id of a thing of CloudFormation, and whether the
// template of another thing has it.
func logical(own, id ref.ID) (string, bool) {
	text := string(id)
	at, from := strings.LastIndexByte(text, '/'), strings.LastIndexByte(string(own), '/')
	return text[at+1:], text[:at+1] == string(own)[:from+1]
}

// refer is a reference to a thing from the template of another.
func refer(own, id ref.ID, attr string) any {
	if export, ok := strings.CutPrefix(string(id), "import:"); ok {
		if strings.Contains(export, "${") {
			return lost("the export " + export)
		}
		return call{"ImportValue", []string{export}}
	}
	if vpc, name, ok := made(id); ok {
		id, attr = vpc, map[string]string{"default_network_acl_id": "DefaultNetworkAcl", "default_security_group_id": "DefaultSecurityGroup"}[name]
		if attr == "" {
			return lost("the id of the main route table of " + string(vpc))
		}
	}
	name, here := logical(own, id)
	switch {
	case !here:
		return lost("the id of " + string(id))
	case attr == "":
		return call{"Ref", []string{name}}
	}
	return call{"GetAtt", []string{name, attr}}
}

// groupReference is a security group: of one that is no resource of the template,
// such as a parameter, the reference is its id.
func groupReference(s *topo.Snapshot, own, id ref.ID) any {
	if g := s.SecurityGroup(id); g != nil && g.Elsewhere {
		return refer(own, id, "")
	}
	return refer(own, id, "GroupId")
}

// cloudFormation writes an edit as a resource of a template, or as a rule of the
// list in which a group has its rules (AWS CloudFormation "Template reference").
func cloudFormation(s *topo.Snapshot, e remedy.Edit) []string {
	var typ string
	var rows []property
	switch {
	case e.Rule != nil:
		typ = "AWS::EC2::SecurityGroupEgress"
		if e.Inbound {
			typ = "AWS::EC2::SecurityGroupIngress"
		}
		rule := groupRule(s, e)
		if list := strings.TrimPrefix(typ, "AWS::EC2::"); inList(s, e) {
			return item("# in the list "+list+" of "+base(e.Thing), rule)
		}
		rows = append([]property{{"GroupId", groupReference(s, e.Thing, e.Thing)}}, rule...)
	case e.Entry != nil:
		typ = "AWS::EC2::NetworkAclEntry"
		p := spanOf(e.Entry.Ports.Maybe)
		number, err := strconv.Atoi(protocolNumber(p.protocol))
		if err != nil {
			number = -1
		}
		rows = []property{{"NetworkAclId", refer(e.Thing, e.Thing, "")}, {"Egress", !e.Inbound}, {"RuleNumber", e.Entry.Number},
			{"RuleAction", strings.Trim(action(e), `"`)}, {"Protocol", number}}
		switch {
		case strings.HasPrefix(p.protocol, "icmp"):
			rows = append(rows, property{"Icmp", []property{{"Type", p.from}, {"Code", p.to}}})
		case p.from >= 0:
			rows = append(rows, property{"PortRange", []property{{"From", p.from}, {"To", p.to}}})
		}
		rows = append(rows, property{cidrName(e.Entry.Block, "CidrBlock", "Ipv6CidrBlock"), templateRange(s, e.Thing, e.Entry.Block)})
	default:
		typ = "AWS::EC2::Route"
		rows = []property{{"RouteTableId", refer(e.Thing, e.Thing, "")},
			{cidrName(e.Route.Dest, "DestinationCidrBlock", "DestinationIpv6CidrBlock"), e.Route.Dest.Prefix.String()},
			{targetNames[e.Route.Kind][1], refer(e.Thing, e.Route.Target, "")}}
	}
	if path.Ext(e.Place.File) == ".json" {
		return inJSON(logicalName(e), typ, rows)
	}
	out := []string{logicalName(e) + ":", "  Type: " + typ, "  Properties:"}
	return append(out, inYAML("    ", rows)...)
}

// groupRule is a rule of a security group without the group.
func groupRule(s *topo.Snapshot, e remedy.Edit) []property {
	p := spanOf(e.Rule.Ports.Maybe)
	rows := []property{{"IpProtocol", p.protocol}}
	if p.from >= 0 || strings.HasPrefix(p.protocol, "icmp") {
		rows = append(rows, property{"FromPort", p.from}, property{"ToPort", p.to})
	}
	peer := e.Rule.Peer
	switch {
	case peer.Kind != topo.PeerGroup:
		return append(rows, property{cidrName(peer.Block, "CidrIp", "CidrIpv6"), templateRange(s, e.Thing, peer.Block)})
	case e.Inbound:
		return append(rows, property{"SourceSecurityGroupId", groupReference(s, e.Thing, peer.ID)})
	}
	return append(rows, property{"DestinationSecurityGroupId", groupReference(s, e.Thing, peer.ID)})
}

// inList reports whether a rule belongs in the list of rules that the group has
// itself: if such a list is there, and no group would refer to itself in a circle,
// which CloudFormation refuses. A list in JSON has no place for a comment.
func inList(s *topo.Snapshot, e remedy.Edit) bool {
	g := s.SecurityGroup(e.Thing)
	list := g.Egress
	if e.Inbound {
		list = g.Ingress
	}
	if path.Ext(e.Place.File) == ".json" || !slices.ContainsFunc(list, func(r topo.Rule) bool { return r.ID == g.ID && !r.Place.IsZero() }) {
		return false
	}
	return e.Rule.Peer.Kind != topo.PeerGroup || !refersTo(s, e.Rule.Peer.ID, g.ID, map[ref.ID]bool{})
}

// refersTo reports whether a group is another one, or names it in its own lists,
// itself or by others.
func refersTo(s *topo.Snapshot, from, to ref.ID, seen map[ref.ID]bool) bool {
	if from == to {
		return true
	}
	g := s.SecurityGroup(from)
	if g == nil || seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(slices.Concat(g.Ingress, g.Egress), func(r topo.Rule) bool {
		return r.ID == g.ID && r.Peer.Kind == topo.PeerGroup && refersTo(s, r.Peer.ID, to, seen)
	})
}

// logicalName is a name for a resource: letters and digits.
func logicalName(e remedy.Edit) string {
	out := ""
	for _, part := range strings.FieldsFunc(name(e, "_"), func(r rune) bool { return r == '_' || r == '-' }) {
		out += strings.ToUpper(part[:1]) + part[1:]
	}
	return out
}

func templateRange(s *topo.Snapshot, own ref.ID, b topo.Block) any {
	switch {
	case b.Prefix.IsValid():
		return b.Prefix.String()
	case s.Subnet(b.Of) != nil && b.Family != topo.IPv6:
		return refer(own, b.Of, "CidrBlock")
	}
	return lost("the range of " + string(b.Of))
}

// item is the properties of an element of a list in YAML.
func item(comment string, rows []property) []string {
	out := []string{comment}
	for i, l := range inYAML("", rows) {
		if i == 0 {
			out = append(out, "- "+l)
		} else {
			out = append(out, "  "+l)
		}
	}
	return out
}

func inYAML(indent string, rows []property) []string {
	var out []string
	for _, r := range rows {
		out = append(out, indent+r.name+": "+yamlValue(r.value))
	}
	return out
}

func yamlValue(v any) string {
	switch v := v.(type) {
	case call:
		return "!" + v.name + " " + strings.Join(v.args, ".")
	case lost:
		return `"" # ` + string(v)
	case []property:
		var parts []string
		for _, p := range v {
			parts = append(parts, p.name+": "+yamlValue(p.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case string:
		// YAML would read some as something else than text.
		if _, err := strconv.Atoi(v); err == nil || strings.ContainsAny(v, ":/") {
			return strconv.Quote(v)
		}
		return v
	}
	return jsonText(v)
}

// inJSON is a resource as a member of an object. JSON has no comments, so that
// what is lost is text that AWS refuses and people understand.
func inJSON(name, typ string, rows []property) []string {
	out := []string{jsonText(name) + ": {", `  "Type": ` + jsonText(typ) + ",", `  "Properties": {`}
	for i, r := range rows {
		line := "    " + jsonText(r.name) + ": " + jsonValue(r.value)
		if i < len(rows)-1 {
			line += ","
		}
		out = append(out, line)
	}
	return append(out, "  }", "}")
}

func jsonValue(v any) string {
	switch v := v.(type) {
	case call:
		switch v.name {
		case "Ref":
			return `{"Ref": ` + jsonText(v.args[0]) + "}"
		case "GetAtt":
			return `{"Fn::GetAtt": [` + jsonText(v.args[0]) + ", " + jsonText(v.args[1]) + "]}"
		}
		return `{"Fn::` + v.name + `": ` + jsonText(v.args[0]) + "}"
	case lost:
		return jsonText("put here " + string(v))
	case []property:
		var parts []string
		for _, p := range v {
			parts = append(parts, jsonText(p.name)+": "+jsonValue(p.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return jsonText(v)
}

// jsonText is text, a number or a truth value.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return `""`
	}
	return string(b)
}
