package netset

import (
	"cmp"
	"encoding/binary"
	"iter"
)

// Protocol numbers that have ports, or types and codes (IANA "Assigned
// Internet Protocol Numbers").
const (
	ProtoICMP   uint8 = 1
	ProtoTCP    uint8 = 6
	ProtoUDP    uint8 = 17
	ProtoICMPv6 uint8 = 58
)

// lastPoint ends the port axis: 256 protocols of 65,536 points.
const lastPoint point = 1<<24 - 1

// point is a place on the port axis.
type point uint32

func (p point) Compare(q point) int { return cmp.Compare(p, q) }
func (p point) Next() point         { return p + 1 }
func (p point) Prev() point         { return p - 1 }
func (p point) IsValid() bool       { return p <= lastPoint }

// Ports is an immutable, canonical set of points on the axis proto<<16 | low16,
// which runs from 0 to 1<<24-1. low16 is the destination port for TCP (6) and
// UDP (17), type<<8 | code for ICMP (1) and ICMPv6 (58). Other protocols hold
// their whole range or nothing. The zero Ports is the empty set.
type Ports struct{ spans spans[point] }

func stretch(lo, hi point) Ports { return Ports{spans[point]{{lo, hi}}} }

// within is the points lo..hi of one protocol.
func within(proto uint8, lo, hi uint16) Ports {
	base := point(proto) << 16
	return stretch(base|point(lo), base|point(hi))
}

// NoPorts is the empty set.
func NoPorts() Ports { return Ports{} }

// AllPorts is every packet of every protocol.
func AllPorts() Ports { return stretch(0, lastPoint) }

// TCP is the TCP packets to the ports from..to, both included. It is empty if
// from is greater than to.
func TCP(from, to uint16) Ports { return transport(ProtoTCP, from, to) }

// UDP is the UDP packets to the ports from..to, both included. It is empty if
// from is greater than to.
func UDP(from, to uint16) Ports { return transport(ProtoUDP, from, to) }

func transport(proto uint8, from, to uint16) Ports {
	if from > to {
		return Ports{}
	}
	return within(proto, from, to)
}

// Protocol is every packet of one protocol.
func Protocol(number uint8) Ports { return within(number, 0, 1<<16-1) }

// ICMP is the ICMP messages of one type and code; -1 stands for any. With any
// type the code is not looked at: AWS knows no "code 3 of every type". Numbers
// outside -1..255 give the empty set.
func ICMP(typ, code int) Ports { return message(ProtoICMP, typ, code) }

// ICMPv6 is [ICMP] for ICMPv6.
func ICMPv6(typ, code int) Ports { return message(ProtoICMPv6, typ, code) }

func message(proto uint8, typ, code int) Ports {
	switch {
	case typ < -1 || typ > 255 || code < -1 || code > 255:
		return Ports{}
	case typ == -1:
		return Protocol(proto)
	case code == -1:
		return within(proto, uint16(typ)<<8, uint16(typ)<<8|255)
	}
	low := uint16(typ)<<8 | uint16(code)
	return within(proto, low, low)
}

// Union is the packets of a or b.
func (a Ports) Union(b Ports) Ports { return Ports{a.spans.union(b.spans)} }

// Intersect is the packets of both a and b.
func (a Ports) Intersect(b Ports) Ports {
	// Most rules meet an "all traffic" on the other side of a path.
	switch {
	case a.IsAll():
		return b
	case b.IsAll():
		return a
	}
	return Ports{a.spans.intersect(b.spans)}
}

// Minus is the packets of a that are not in b.
func (a Ports) Minus(b Ports) Ports { return Ports{a.spans.minus(b.spans)} }

// Complement is every packet that is not in a.
func (a Ports) Complement() Ports { return AllPorts().Minus(a) }

// IsEmpty reports whether a holds no packet.
func (a Ports) IsEmpty() bool { return len(a.spans) == 0 }

// IsAll reports whether a holds every packet.
func (a Ports) IsAll() bool {
	return len(a.spans) == 1 && a.spans[0] == span[point]{0, lastPoint}
}

// Equal reports whether a and b hold the same packets.
func (a Ports) Equal(b Ports) bool { return a.spans.equal(b.spans) }

// Covers reports whether every packet of b is in a.
func (a Ports) Covers(b Ports) bool { return a.spans.covers(b.spans) }

// Overlaps reports whether some packet is in both.
func (a Ports) Overlaps(b Ports) bool { return a.spans.overlaps(b.spans) }

// Contains reports whether one packet is in a; low is the port, or
// type<<8 | code.
func (a Ports) Contains(proto uint8, low uint16) bool {
	return a.spans.contains(point(proto)<<16 | point(low))
}

// Proto is the packets of a that belong to one protocol.
func (a Ports) Proto(number uint8) Ports { return a.Intersect(Protocol(number)) }

// TCPOnly is the TCP packets of a.
func (a Ports) TCPOnly() Ports { return a.Proto(ProtoTCP) }

// Size is how many points of the axis a holds, from 0 to 1<<24.
func (a Ports) Size() int {
	n := 0
	for _, s := range a.spans {
		n += int(s.hi-s.lo) + 1
	}
	return n
}

// Intervals yields the first and last point of each stretch, in order.
func (a Ports) Intervals() iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		for _, s := range a.spans {
			if !yield(uint32(s.lo), uint32(s.hi)) {
				return
			}
		}
	}
}

// Key is a string that two sets share if and only if they are equal, for use
// as a map key. It is binary and stays the same from run to run.
func (a Ports) Key() string {
	b := make([]byte, 0, 8*len(a.spans))
	for _, s := range a.spans {
		b = binary.BigEndian.AppendUint32(b, uint32(s.lo))
		b = binary.BigEndian.AppendUint32(b, uint32(s.hi))
	}
	return string(b)
}
