package read

import (
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// RulePorts reads protocol and ports of a security group rule.
func (r *Reader) RulePorts(protocol, from, to resource.Value, at ref.Place) netset.Bounds {
	p, known := design.String(protocol, "").Get()
	if !known {
		return netset.Unknown()
	}
	number, all, ok := netset.ParseProtocol(p)
	if ok && !all && (unsure(from) || unsure(to)) {
		return partly(uint8(number), from, to)
	}
	f, t := design.Int(from, -1).Or(-1), design.Int(to, -1).Or(-1)
	given := Written(from) && Written(to)
	if !given && (Written(from) || Written(to)) && ok && (number == int(netset.ProtoTCP) || number == int(netset.ProtoUDP)) {
		r.Warn(at, "rule with one port", "Only one end of the range of ports is written, so the rule is read as every port; AWS wants both.")
	}
	ports, problem := netset.RulePorts(p, f, t, given)
	return r.checked(ports, problem, ok, at)
}

// ACLPorts reads protocol, ports and ICMP type and code of a network ACL entry.
// Inline blocks take 0 for an ICMP type or code that is not written.
func (r *Reader) ACLPorts(entry resource.Value, ipv6, inline bool, at ref.Place) netset.Bounds {
	p, known := design.String(entry.Get("protocol"), "").Get()
	if !known {
		return netset.Unknown()
	}
	number, all, ok := netset.ParseProtocol(p)
	from, to := entry.Get("from_port"), entry.Get("to_port")
	icmpType, icmpCode := entry.Get("icmp_type"), entry.Get("icmp_code")
	isICMP := ok && !all && (number == int(netset.ProtoICMP) || number == int(netset.ProtoICMPv6) && ipv6)
	switch {
	case isICMP && (unsure(icmpType) || unsure(icmpCode)):
		return netset.AtMost(netset.Protocol(uint8(number)))
	case isICMP && !inline && (!Written(icmpType) || !Written(icmpCode)):
		return netset.AtMost(netset.Protocol(uint8(number)))
	case ok && !all && !isICMP && (unsure(from) || unsure(to)):
		return partly(uint8(number), from, to)
	}
	e := netset.ACLEntry{
		Protocol: p, IPv6: ipv6,
		From: design.Int(from, 0).Or(0), To: design.Int(to, 0).Or(0), HasPorts: Written(from) && Written(to),
		ICMPType: design.Int(icmpType, 0).Or(0), ICMPCode: design.Int(icmpCode, 0).Or(0), HasICMP: true,
	}
	ports, problem := e.Ports()
	return r.checked(ports, problem, ok, at)
}

// checked passes on what is wrong with a rule.
func (r *Reader) checked(ports netset.Ports, problem string, protocol bool, at ref.Place) netset.Bounds {
	if problem != "" {
		r.Warn(at, "rule that AWS refuses", problem)
	}
	if !protocol {
		return netset.Unknown()
	}
	return netset.Exactly(ports)
}

func unsure(v resource.Value) bool { return Written(v) && !design.Int(v, 0).IsKnown() }

// partly bounds the packets of a protocol of whose ports at most one end is
// known.
func partly(proto uint8, from, to resource.Value) netset.Bounds {
	if proto != netset.ProtoTCP && proto != netset.ProtoUDP {
		if proto != netset.ProtoICMP && proto != netset.ProtoICMPv6 {
			return netset.Exactly(netset.Protocol(proto)) // they have no ports
		}
		return netset.AtMost(netset.Protocol(proto))
	}
	low, high := port(design.Int(from, -1)), port(design.Int(to, -1))
	if low < 0 {
		low = 0
	}
	if high < 0 {
		high = 65535
	}
	if low > high || low == 0 && high == 65535 {
		return netset.AtMost(netset.Protocol(proto))
	}
	if proto == netset.ProtoTCP {
		return netset.AtMost(netset.TCP(uint16(low), uint16(high)))
	}
	return netset.AtMost(netset.UDP(uint16(low), uint16(high)))
}

// port is a known port number, or -1.
func port(f fact.Fact[int]) int {
	if n, ok := f.Get(); ok && n >= 0 && n <= 65535 {
		return n
	}
	return -1
}
