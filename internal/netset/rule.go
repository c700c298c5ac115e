package netset

import "fmt"

// RulePorts is the packets that a security group rule names by protocol, first
// and last port (AWS "Security group rules", and IpPermission of the EC2 API).
// hasPorts says whether the ports are given at all.
//
//   - Protocol -1 is all traffic, whatever the ports say.
//   - TCP and UDP: the ports from..to; absent or -1 means every port.
//   - ICMP and ICMPv6: from is the type and to the code; absent or -1 means any.
//   - Other protocols have no ports, whatever is written.
//
// A problem is a sentence about a rule that AWS would refuse; the set is then
// the nearest and not narrower reading, except for a protocol that does not
// exist: it gives the empty set, and the caller decides what is unknown.
func RulePorts(protocol string, from, to int, hasPorts bool) (ports Ports, problem string) {
	number, all, ok := ParseProtocol(protocol)
	switch {
	case !ok:
		return Ports{}, unknownProtocol(protocol)
	case all:
		return AllPorts(), ""
	}
	switch proto := uint8(number); proto {
	case ProtoTCP, ProtoUDP:
		return portRange(proto, from, to, hasPorts)
	case ProtoICMP, ProtoICMPv6:
		return typeAndCode(proto, from, to, hasPorts)
	default:
		return Protocol(proto), ""
	}
}

// ACLEntry is the part of a network ACL entry that says which packets it is
// about (AWS "Network ACL rules", and CreateNetworkAclEntry of the EC2 API).
type ACLEntry struct {
	Protocol           string
	From, To           int
	HasPorts           bool // From and To are given
	ICMPType, ICMPCode int
	HasICMP            bool // ICMPType and ICMPCode are given
	IPv6               bool // the entry has an IPv6 CIDR
}

// Ports is the packets of the entry. It differs from [RulePorts] in two ways:
// ICMP type and code are fields of their own, and ICMPv6 with an IPv4 CIDR
// means every type and code. Problems are as in [RulePorts].
func (e ACLEntry) Ports() (ports Ports, problem string) {
	number, all, ok := ParseProtocol(e.Protocol)
	switch {
	case !ok:
		return Ports{}, unknownProtocol(e.Protocol)
	case all:
		return AllPorts(), ""
	}
	switch proto := uint8(number); {
	case proto == ProtoTCP || proto == ProtoUDP:
		return portRange(proto, e.From, e.To, e.HasPorts)
	case proto == ProtoICMP || proto == ProtoICMPv6 && e.IPv6:
		return typeAndCode(proto, e.ICMPType, e.ICMPCode, e.HasICMP)
	default:
		return Protocol(proto), ""
	}
}

func unknownProtocol(s string) string {
	return fmt.Sprintf("There is no protocol %q: use tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1 for all.", s)
}

func portRange(proto uint8, from, to int, given bool) (Ports, string) {
	if !given || from == -1 && to == -1 {
		return Protocol(proto), ""
	}
	name := ProtocolName(proto)
	if from < 0 || to < 0 || from > 65535 || to > 65535 {
		return Protocol(proto), fmt.Sprintf("The %s ports %d to %d are not within 0 to 65535, so the rule is read as every port.",
			name, from, to)
	}
	if from > to {
		return within(proto, uint16(to), uint16(from)),
			fmt.Sprintf("The %s ports %d to %d are the wrong way round, so the rule is read as %d to %d; AWS refuses it as it is.",
				name, from, to, to, from)
	}
	return within(proto, uint16(from), uint16(to)), ""
}

func typeAndCode(proto uint8, typ, code int, given bool) (Ports, string) {
	if !given {
		return Protocol(proto), ""
	}
	name := ProtocolName(proto)
	switch {
	case typ < -1 || typ > 255:
		return Protocol(proto), fmt.Sprintf("There is no %s type %d, so the rule is read as every type and code; types are 0 to 255, or -1 for any.",
			name, typ)
	case typ == -1 && code != -1:
		return Protocol(proto), fmt.Sprintf("The rule names %s code %d of every type, which AWS does not have, so it is read as every type and code.",
			name, code)
	case code < -1 || code > 255:
		return message(proto, typ, -1), fmt.Sprintf("There is no %s code %d, so the rule is read as every code of type %d; codes are 0 to 255, or -1 for any.",
			name, code, typ)
	}
	return message(proto, typ, code), ""
}
