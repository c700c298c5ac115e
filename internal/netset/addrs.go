package netset

import (
	"net/netip"
	"strings"
)

// Addrs is an immutable, canonical set of IP addresses of both families, IPv4
// first. The zero Addrs is the empty set.
type Addrs struct{ spans spans[netip.Addr] }

// plain gives an address the one form it has in a set: IPv4-mapped IPv6
// addresses become IPv4, zones are dropped.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// Prefix is the addresses of the given prefixes. Host bits are ignored,
// prefixes within ::ffff:0:0/96 mean the IPv4 prefix, invalid ones are empty.
func Prefix(prefixes ...netip.Prefix) Addrs {
	s := make(spans[netip.Addr], 0, len(prefixes))
	for _, p := range prefixes {
		if !p.IsValid() {
			continue
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		p = p.Masked()
		s = append(s, span[netip.Addr]{p.Addr(), lastOf(p)})
	}
	return Addrs{canonical(s)}
}

// Addr is the set of the given addresses. Invalid ones are ignored.
func Addr(addrs ...netip.Addr) Addrs {
	s := make(spans[netip.Addr], 0, len(addrs))
	for _, a := range addrs {
		if a.IsValid() {
			a = plain(a)
			s = append(s, span[netip.Addr]{a, a})
		}
	}
	return Addrs{canonical(s)}
}

// Range is the addresses from..to, both included. It is empty if the ends are
// invalid, of two families, or the wrong way round.
func Range(from, to netip.Addr) Addrs {
	if !from.IsValid() || !to.IsValid() {
		return Addrs{}
	}
	from, to = plain(from), plain(to)
	if from.BitLen() != to.BitLen() || to.Less(from) {
		return Addrs{}
	}
	return Addrs{spans[netip.Addr]{{from, to}}}
}

// AllV4 is every IPv4 address.
func AllV4() Addrs { return Prefix(netip.PrefixFrom(netip.IPv4Unspecified(), 0)) }

// AllV6 is every IPv6 address.
func AllV6() Addrs { return Prefix(netip.PrefixFrom(netip.IPv6Unspecified(), 0)) }

// Everywhere is every address of both families.
func Everywhere() Addrs { return AllV4().Union(AllV6()) }

// Union is the addresses of a or b.
func (a Addrs) Union(b Addrs) Addrs { return Addrs{a.spans.union(b.spans)} }

// Intersect is the addresses of both a and b.
func (a Addrs) Intersect(b Addrs) Addrs { return Addrs{a.spans.intersect(b.spans)} }

// Minus is the addresses of a that are not in b.
func (a Addrs) Minus(b Addrs) Addrs { return Addrs{a.spans.minus(b.spans)} }

// Complement is every address of both families that is not in a.
func (a Addrs) Complement() Addrs { return Everywhere().Minus(a) }

// IsEmpty reports whether a holds no address.
func (a Addrs) IsEmpty() bool { return len(a.spans) == 0 }

// Equal reports whether a and b hold the same addresses.
func (a Addrs) Equal(b Addrs) bool { return a.spans.equal(b.spans) }

// Covers reports whether every address of b is in a.
func (a Addrs) Covers(b Addrs) bool { return a.spans.covers(b.spans) }

// Overlaps reports whether some address is in both.
func (a Addrs) Overlaps(b Addrs) bool { return a.spans.overlaps(b.spans) }

// Contains reports whether one address is in a; an invalid one never is.
func (a Addrs) Contains(x netip.Addr) bool { return x.IsValid() && a.spans.contains(plain(x)) }

// V4 is the IPv4 addresses of a.
func (a Addrs) V4() Addrs { return a.Intersect(AllV4()) }

// V6 is the IPv6 addresses of a.
func (a Addrs) V6() Addrs { return a.Intersect(AllV6()) }

// First is the lowest address, IPv4 before IPv6, and whether there is one.
func (a Addrs) First() (netip.Addr, bool) {
	if a.IsEmpty() {
		return netip.Addr{}, false
	}
	return a.spans[0].lo, true
}

// Span is the lowest and the highest address, and whether a is every address
// between them, of one family.
func (a Addrs) Span() (lo, hi netip.Addr, whole bool) {
	if a.IsEmpty() {
		return netip.Addr{}, netip.Addr{}, false
	}
	return a.spans[0].lo, a.spans[len(a.spans)-1].hi, len(a.spans) == 1
}

// Prefixes is the shortest list of prefixes that holds exactly a, in order.
func (a Addrs) Prefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range a.spans {
		out = appendPrefixes(out, s.lo, s.hi)
	}
	return out
}

// appendPrefixes cuts lo..hi into prefixes: from the left, each time the
// largest block that starts there and does not pass the end. That list is the
// shortest one, since every prefix within the range lies in one of its blocks.
func appendPrefixes(out []netip.Prefix, lo, hi netip.Addr) []netip.Prefix {
	for {
		block := netip.PrefixFrom(lo, lo.BitLen())
		last := lo
		for bits := block.Bits() - 1; bits >= 0; bits-- {
			wider := netip.PrefixFrom(lo, bits)
			if wider.Masked().Addr() != lo {
				break
			}
			end := lastOf(wider)
			if end.Compare(hi) > 0 {
				break
			}
			block, last = wider, end
		}
		out = append(out, block)
		if last == hi {
			return out
		}
		lo = last.Next()
	}
}

// lastOf is the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := range b {
		if keep := p.Bits() - 8*i; keep <= 0 {
			b[i] = 0xff
		} else if keep < 8 {
			b[i] |= 0xff >> keep
		}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// String is the prefixes of a, separated by commas, or "none".
func (a Addrs) String() string {
	if a.IsEmpty() {
		return "none"
	}
	var b strings.Builder
	for i, p := range a.Prefixes() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// Key is a string that two sets share if and only if they are equal, for use
// as a map key. It is binary and stays the same from run to run.
func (a Addrs) Key() string {
	b := make([]byte, 0, 33*len(a.spans))
	for _, s := range a.spans {
		lo, hi := s.lo.As16(), s.hi.As16()
		b = append(b, byte(s.lo.BitLen()/8))
		b = append(append(b, lo[:]...), hi[:]...)
	}
	return string(b)
}

// Fraction is how much of the set of is in a, from 0 to 1: the larger of the
// shares of IPv4 and of IPv6, so that 0.0.0.0/1 with 128.0.0.0/1 is all of the
// internet although it holds no IPv6 address. It is for thresholds and texts
// and is rounded; [Addrs.Covers] is exact.
func (a Addrs) Fraction(of Addrs) float64 {
	var part, whole [2]float64 // IPv4, IPv6
	for _, s := range of.spans {
		whole[s.lo.BitLen()/128] += extent(s.lo, s.hi)
	}
	for _, s := range a.Intersect(of).spans {
		part[s.lo.BitLen()/128] += extent(s.lo, s.hi)
	}
	best := 0.0
	for i, w := range whole {
		if w > 0 {
			best = max(best, part[i]/w)
		}
	}
	return best
}
