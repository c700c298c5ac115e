package netset

import "github.com/muralla-net/muralla/internal/fact"

// Bounds says what is known of a set of packets: Sure are in it whatever the
// unknown values turn out to be, Maybe are those that can be. Sure lies within
// Maybe. The zero Bounds is exactly the empty set.
type Bounds struct{ Sure, Maybe Ports }

// Exactly is the bounds of a set that is known.
func Exactly(p Ports) Bounds { return Bounds{Sure: p, Maybe: p} }

// Unknown is the bounds of a set of which nothing is known.
func Unknown() Bounds { return Bounds{Maybe: AllPorts()} }

// AtMost is the bounds of a set that may be any part of p.
func AtMost(p Ports) Bounds { return Bounds{Maybe: p} }

// And bounds the packets of both sets.
func (b Bounds) And(c Bounds) Bounds {
	return Bounds{b.Sure.Intersect(c.Sure), b.Maybe.Intersect(c.Maybe)}
}

// Or bounds the packets of either set.
func (b Bounds) Or(c Bounds) Bounds {
	return Bounds{b.Sure.Union(c.Sure), b.Maybe.Union(c.Maybe)}
}

// Minus bounds the packets of b that the denies c leave: sure is what is
// surely in b and surely not denied, maybe what may be in b and is not surely
// denied.
func (b Bounds) Minus(c Bounds) Bounds {
	return Bounds{b.Sure.Minus(c.Maybe), b.Maybe.Minus(c.Sure)}
}

// Restrict bounds the packets of the set that are in p.
func (b Bounds) Restrict(p Ports) Bounds {
	return Bounds{b.Sure.Intersect(p), b.Maybe.Intersect(p)}
}

// Equal reports whether both bounds are the same.
func (b Bounds) Equal(c Bounds) bool { return b.Sure.Equal(c.Sure) && b.Maybe.Equal(c.Maybe) }

// IsExact reports whether nothing about the set is unknown.
func (b Bounds) IsExact() bool { return b.Sure.Equal(b.Maybe) }

// Open is the packets of which it is unknown whether they are in the set.
func (b Bounds) Open() Ports { return b.Maybe.Minus(b.Sure) }

// Any answers whether some packet of asked is in the set. Asking for no packet
// gives No.
func (b Bounds) Any(asked Ports) fact.Tri {
	switch {
	case b.Sure.Overlaps(asked):
		return fact.Yes
	case !b.Maybe.Overlaps(asked):
		return fact.No
	}
	return fact.Unknown
}

// All answers whether every packet of asked is in the set. Asking for no
// packet gives Yes.
func (b Bounds) All(asked Ports) fact.Tri {
	switch {
	case b.Sure.Covers(asked):
		return fact.Yes
	case !b.Maybe.Covers(asked):
		return fact.No
	}
	return fact.Unknown
}

// String prints the set if it is exact, else both bounds.
func (b Bounds) String() string {
	if b.IsExact() {
		return b.Sure.String()
	}
	return "surely " + b.Sure.String() + "; possibly " + b.Maybe.String()
}
