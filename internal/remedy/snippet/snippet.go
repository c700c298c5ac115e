// Package snippet writes an edit in the language of the design that it edits.
//
// # Model
// A [remedy.Edit] that adds something becomes a few lines: of Terraform, a block
// for the resource where the resource writes its rules within itself, else a
// resource of the kind that stands beside it; of CloudFormation, a rule for the
// list of the group where it has one, else a resource, in YAML or JSON; of what
// AWS answered, a command of the AWS CLI. The type and the place of the thing tell
// which.
//
// # Guarantees
//   - A reference to another thing is written only as one that the same module or
//     template can make; else a comment names the thing.
//   - What is removed, and what is not known, gives no lines.
//
// # Not modelled
// Where in the file the lines belong; modules that make rules of lists which they
// are given. Names of resources are made of the thing, the peer and the ports;
// whether the design has such a name already, or instances of one resource get the
// same, is not looked up.
package snippet

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/topo"
)

// Of is an edit as lines of text, or nil.
func Of(s *topo.Snapshot, e remedy.Edit) []string {
	if e.Action != remedy.Add {
		return nil
	}
	typ, id := thing(s, e)
	if vpc, _, ok := made(id); ok && s.VPC(vpc) != nil {
		typ = s.VPC(vpc).Type
	}
	switch {
	case strings.HasPrefix(typ, "AWS::"):
		return cloudFormation(s, e)
	case strings.HasPrefix(typ, "aws_"):
		return terraform(s, e)
	case strings.HasPrefix(string(id), "sg-"), strings.HasPrefix(string(id), "acl-"), strings.HasPrefix(string(id), "rtb-"):
		return command(s, e)
	}
	return nil
}

func thing(s *topo.Snapshot, e remedy.Edit) (typ string, id ref.ID) {
	switch {
	case e.Rule != nil && s.SecurityGroup(e.Thing) != nil:
		return s.SecurityGroup(e.Thing).Type, e.Thing
	case e.Entry != nil && s.NetworkACL(e.Thing) != nil:
		return s.NetworkACL(e.Thing).Type, e.Thing
	case e.Route != nil && s.RouteTable(e.Thing) != nil:
		return s.RouteTable(e.Thing).Type, e.Thing
	}
	return "", ""
}

// made splits the name of what AWS makes with a VPC, and nothing of the design
// writes, into the VPC and the attribute by which designs name it.
func made(id ref.ID) (vpc ref.ID, attr string, ok bool) {
	for _, a := range []string{"default_network_acl_id", "default_security_group_id", "main_route_table_id", "default_route_table_id"} {
		if before, found := strings.CutSuffix(string(id), "."+a); found {
			return ref.ID(before), a, true
		}
	}
	return "", "", false
}

// span is packets as an edit names them: a protocol and a range of ports, or of
// ICMP type and code.
type span struct {
	protocol string // "tcp", "-1" for all
	from, to int    // -1 if the protocol has none
}

func spanOf(p netset.Ports) span {
	if p.IsAll() {
		return span{"-1", -1, -1}
	}
	for lo, hi := range p.Intervals() {
		proto, from, to := uint8(lo>>16), int(lo&0xffff), int(hi&0xffff)
		switch proto {
		case netset.ProtoTCP, netset.ProtoUDP:
			return span{netset.ProtocolName(proto), from, to}
		case netset.ProtoICMP, netset.ProtoICMPv6:
			typ, code := from>>8, from&0xff
			if to != from {
				code = -1
			}
			if to>>8 != from>>8 {
				typ = -1
			}
			return span{netset.ProtocolName(proto), typ, code}
		}
		return span{strconv.Itoa(int(proto)), -1, -1}
	}
	return span{"-1", -1, -1}
}

// aligned writes names and values with the signs of equality below each other.
func aligned(indent string, rows [][2]string) []string {
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s%-*s = %s", indent, width, r[0], r[1]))
	}
	return out
}

// cidrName is the attribute of a range, by its family.
func cidrName(b topo.Block, v4, v6 string) string {
	if b.Family == topo.IPv6 || b.Prefix.IsValid() && !b.Prefix.Addr().Unmap().Is4() {
		return v6
	}
	return v4
}
