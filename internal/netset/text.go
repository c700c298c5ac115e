package netset

import (
	"fmt"
	"strconv"
	"strings"
)

// String is the set as text that [ParsePorts] reads back: "none", "all
// traffic", "tcp/80, tcp/443-445, udp, icmp/8.0", or "all except tcp/22" where
// that is the shorter list.
func (a Ports) String() string {
	switch {
	case a.IsEmpty():
		return "none"
	case a.IsAll():
		return "all traffic"
	}
	if rest := a.Complement(); len(rest.spans) < len(a.spans) {
		return "all except " + strings.Join(rest.terms(), ", ")
	}
	return strings.Join(a.terms(), ", ")
}

// terms is the parts of the set, each of one protocol or of a run of whole
// protocols.
func (a Ports) terms() []string {
	var out []string
	for _, s := range a.spans {
		for lo := s.lo; lo <= s.hi; {
			proto := lo >> 16
			if whole := (s.hi+1)>>16 - proto; lo&0xffff == 0 && whole > 0 {
				out = appendWhole(out, proto, proto+whole-1)
				lo = (proto + whole) << 16
				continue
			}
			hi := min(s.hi, lo|0xffff)
			out = appendPart(out, uint8(proto), uint32(lo&0xffff), uint32(hi&0xffff))
			lo = hi + 1
		}
	}
	return out
}

// appendWhole prints the protocols from..to. Two neighbours print by name; more
// print as a run, since nobody reads a list of 250 names.
func appendWhole(out []string, from, to point) []string {
	if to-from > 1 {
		return append(out, fmt.Sprintf("protocols %d-%d", from, to))
	}
	for p := from; p <= to; p++ {
		out = append(out, ProtocolName(uint8(p)))
	}
	return out
}

// appendPart prints a part of one protocol that has ports, or types and codes.
func appendPart(out []string, proto uint8, lo, hi uint32) []string {
	name := ProtocolName(proto)
	if proto != ProtoICMP && proto != ProtoICMPv6 {
		return append(out, name+"/"+numbers(lo, hi))
	}
	// A stretch of types and codes is a part of the first type, whole types,
	// and a part of the last one.
	for lo <= hi {
		typ := lo >> 8
		if whole := (hi+1)>>8 - typ; lo&0xff == 0 && whole > 0 {
			out = append(out, name+"/"+numbers(typ, typ+whole-1))
			lo = (typ + whole) << 8
			continue
		}
		end := min(hi, lo|0xff)
		out = append(out, fmt.Sprintf("%s/%d.%s", name, typ, numbers(lo&0xff, end&0xff)))
		lo = end + 1
	}
	return out
}

func numbers(lo, hi uint32) string {
	if lo == hi {
		return strconv.Itoa(int(lo))
	}
	return fmt.Sprintf("%d-%d", lo, hi)
}

// ParsePorts reads the text of a set: "none", "all" or "all traffic", or terms
// separated by commas, with "all except " before them for their complement. A
// term is a protocol ("tcp", "esp", "47", "protocol 200"), a run of them
// ("protocols 7-16"), ports ("tcp/80", "udp/1000-2000"), or ICMP types and
// codes ("icmp/8", "icmp/8-10", "icmp/3.4", "icmpv6/1.0-3"). The error says
// which term is not one.
func ParsePorts(s string) (Ports, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "none" {
		return NoPorts(), nil
	}
	rest, except := strings.CutPrefix(s, "all except ")
	var set Ports
	for term := range strings.SplitSeq(rest, ",") {
		p, ok := parseTerm(strings.TrimSpace(term))
		if !ok {
			return Ports{}, fmt.Errorf("read ports: %q is no protocol, no protocol/port and no range of them", term)
		}
		set = set.Union(p)
	}
	if except {
		set = set.Complement()
	}
	return set, nil
}

func parseTerm(s string) (Ports, bool) {
	if s == "all traffic" {
		return AllPorts(), true
	}
	if run, ok := strings.CutPrefix(s, "protocols "); ok {
		lo, hi, ok := parseNumbers(run, 255)
		return stretch(point(lo)<<16, point(hi)<<16|0xffff), ok
	}
	name, part, hasPart := strings.Cut(strings.TrimPrefix(s, "protocol "), "/")
	number, all, ok := ParseProtocol(name)
	switch {
	case !ok:
		return Ports{}, false
	case !hasPart && all:
		return AllPorts(), true
	case !hasPart:
		return Protocol(uint8(number)), true
	case all:
		return Ports{}, false
	}
	switch proto := uint8(number); proto {
	case ProtoTCP, ProtoUDP:
		lo, hi, ok := parseNumbers(part, 65535)
		return within(proto, uint16(lo), uint16(hi)), ok
	case ProtoICMP, ProtoICMPv6:
		return parseMessages(proto, part)
	}
	return Ports{}, false
}

func parseMessages(proto uint8, s string) (Ports, bool) {
	typ, codes, hasCodes := strings.Cut(s, ".")
	lo, hi, ok := parseNumbers(typ, 255)
	if !hasCodes {
		return within(proto, uint16(lo)<<8, uint16(hi)<<8|255), ok
	}
	if !ok || lo != hi {
		return Ports{}, false
	}
	first, last, ok := parseNumbers(codes, 255)
	return within(proto, uint16(lo<<8|first), uint16(lo<<8|last)), ok
}

// parseNumbers reads "80" or "80-90", each at most limit, in order.
func parseNumbers(s string, limit uint64) (lo, hi uint64, ok bool) {
	from, to, isRange := strings.Cut(s, "-")
	if !isRange {
		to = from
	}
	lo, errLo := strconv.ParseUint(from, 10, 16)
	hi, errHi := strconv.ParseUint(to, 10, 16)
	return lo, hi, errLo == nil && errHi == nil && lo <= hi && hi <= limit
}
