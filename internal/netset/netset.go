// Package netset holds sets of packets: which protocols and ports, and which
// addresses.
//
// # Model
// A packet has a point on a port axis and two addresses. The port axis is
// proto<<16 | low16, where low16 is the destination port for TCP and UDP and
// type<<8 | code for ICMP and ICMPv6; AWS gives other protocols no ports, so
// those always hold their whole range. [Ports] is a set on that axis, [Addrs] a
// set of addresses of both families, and [Bounds] a pair of port sets between
// which the truth lies: surely and possibly.
//
// Both sets are lists of sorted, disjoint, non-adjacent closed spans, and one
// piece of code ([spans]) computes both: the family is data, not a code path.
//
// # Guarantees
//   - Sets are immutable values; the zero value is the empty set.
//   - They are canonical: equal sets have equal spans, keys and strings.
//   - Bounds keep Sure within Maybe through every operation.
//   - No input makes this package panic: a range that is none is empty.
//
// # Not modelled
// Source ports (replies ask about them with a set of their own), TCP flags,
// address zones (dropped), and IPv4-mapped IPv6 addresses as addresses of
// their own: they mean the IPv4 address, because no such packet crosses a VPC.
package netset

import (
	"cmp"
	"slices"
	"sort"
)

// place is a point of an ordered, discrete, finite axis. Next and Prev give an
// invalid point past an end of the axis. [net/netip.Addr] is one as it stands.
type place[P any] interface {
	Compare(P) int
	Next() P
	Prev() P
	IsValid() bool
}

// span is a closed, non-empty stretch of an axis.
type span[P place[P]] struct{ lo, hi P }

// spans is a set of points: sorted, disjoint, non-adjacent. It is never
// changed after it was built, so results may share the slices of operands.
type spans[P place[P]] []span[P]

// canonical sorts s in place and joins what overlaps or touches.
func canonical[P place[P]](s spans[P]) spans[P] {
	slices.SortFunc(s, func(a, b span[P]) int {
		return cmp.Or(a.lo.Compare(b.lo), a.hi.Compare(b.hi))
	})
	return joined(s)
}

// joined merges neighbours of a sorted list, in place.
func joined[P place[P]](s spans[P]) spans[P] {
	out := s[:0]
	for _, x := range s {
		if n := len(out); n > 0 && touches(out[n-1].hi, x.lo) {
			if x.hi.Compare(out[n-1].hi) > 0 {
				out[n-1].hi = x.hi
			}
			continue
		}
		out = append(out, x)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// touches reports whether a span that ends at hi leaves no gap before lo.
func touches[P place[P]](hi, lo P) bool {
	next := hi.Next()
	return next.IsValid() && lo.Compare(next) <= 0 || lo.Compare(hi) <= 0
}

func (s spans[P]) union(t spans[P]) spans[P] {
	switch {
	case len(s) == 0:
		return t
	case len(t) == 0:
		return s
	}
	all := make(spans[P], 0, len(s)+len(t))
	for len(s) > 0 && len(t) > 0 {
		if s[0].lo.Compare(t[0].lo) <= 0 {
			all, s = append(all, s[0]), s[1:]
		} else {
			all, t = append(all, t[0]), t[1:]
		}
	}
	all = append(append(all, s...), t...)
	return joined(all)
}

func (s spans[P]) intersect(t spans[P]) spans[P] {
	var out spans[P]
	for len(s) > 0 && len(t) > 0 {
		lo, hi := s[0].lo, s[0].hi
		if t[0].lo.Compare(lo) > 0 {
			lo = t[0].lo
		}
		tFirst := t[0].hi.Compare(hi) < 0
		if tFirst {
			hi = t[0].hi
		}
		if lo.Compare(hi) <= 0 {
			out = append(out, span[P]{lo, hi})
		}
		if tFirst {
			t = t[1:]
		} else {
			s = s[1:]
		}
	}
	return out
}

func (s spans[P]) minus(t spans[P]) spans[P] {
	if !s.overlaps(t) {
		return s // most denies are about something else: nothing to copy
	}
	out := make(spans[P], 0, len(s)+1)
	for _, x := range s {
		// Cuts that end before x also end before every later span of s.
		for len(t) > 0 && t[0].hi.Compare(x.lo) < 0 {
			t = t[1:]
		}
		lo, left := x.lo, true
		for i := 0; left && i < len(t) && t[i].lo.Compare(x.hi) <= 0; i++ {
			if t[i].lo.Compare(lo) > 0 {
				out = append(out, span[P]{lo, t[i].lo.Prev()})
			}
			if left = t[i].hi.Compare(x.hi) < 0; left {
				lo = t[i].hi.Next()
			}
		}
		if left {
			out = append(out, span[P]{lo, x.hi})
		}
	}
	return out
}

// covers reports whether s holds all of t. Both are canonical, so each span of
// t must lie within one span of s.
func (s spans[P]) covers(t spans[P]) bool {
	for _, x := range t {
		for len(s) > 0 && s[0].hi.Compare(x.lo) < 0 {
			s = s[1:]
		}
		if len(s) == 0 || s[0].lo.Compare(x.lo) > 0 || s[0].hi.Compare(x.hi) < 0 {
			return false
		}
	}
	return true
}

func (s spans[P]) overlaps(t spans[P]) bool {
	for len(s) > 0 && len(t) > 0 {
		switch {
		case s[0].hi.Compare(t[0].lo) < 0:
			s = s[1:]
		case t[0].hi.Compare(s[0].lo) < 0:
			t = t[1:]
		default:
			return true
		}
	}
	return false
}

func (s spans[P]) contains(p P) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].hi.Compare(p) >= 0 })
	return i < len(s) && s[i].lo.Compare(p) <= 0
}

func (s spans[P]) equal(t spans[P]) bool {
	return slices.EqualFunc(s, t, func(a, b span[P]) bool {
		return a.lo.Compare(b.lo) == 0 && a.hi.Compare(b.hi) == 0
	})
}
