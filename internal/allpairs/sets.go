package allpairs

import (
	"github.com/muralla-net/muralla/internal/netset"
)

// sets interns what passes filters. Set 0 is empty, set 1 is everything surely.
type sets struct {
	list []filtered
	ids  map[string]int32
	or   map[uint64]int32
	and  map[uint64]int32
}

// filtered is what security groups let pass, over all addresses of both sides.
type filtered struct {
	netset.Bounds
	// cut is set if it depends on the address that a side has, hard if only
	// package reach knows it together with the way.
	cut, hard bool
}

const everything = 1

func newSets() *sets {
	s := &sets{ids: map[string]int32{}, or: map[uint64]int32{}, and: map[uint64]int32{}}
	s.intern(filtered{})
	s.intern(filtered{Bounds: netset.Exactly(netset.AllPorts())})
	return s
}

// clone is a copy that grows on its own: numbers of s mean the same there.
func (s *sets) clone() *sets {
	c := &sets{list: append([]filtered(nil), s.list...), ids: make(map[string]int32, len(s.ids)), or: map[uint64]int32{}, and: map[uint64]int32{}}
	for k, v := range s.ids {
		c.ids[k] = v
	}
	return c
}

// separator is not the start of a point of an axis of ports.
const separator = "\xff\xff\xff\xff"

func (s *sets) intern(f filtered) int32 {
	key := f.Sure.Key() + separator + f.Maybe.Key()
	if f.cut {
		key += "c"
	}
	if f.hard {
		key += "h"
	}
	id, ok := s.ids[key]
	if !ok {
		id = int32(len(s.list))
		s.list, s.ids[key] = append(s.list, f), id
	}
	return id
}

func pairKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// union is the set of what is in one of two.
func (s *sets) union(a, b int32) int32 {
	switch {
	case a == b || b == 0:
		return a
	case a == 0:
		return b
	}
	if a > b {
		a, b = b, a
	}
	id, ok := s.or[pairKey(a, b)]
	if !ok {
		x, y := s.list[a], s.list[b]
		id = s.intern(filtered{x.Or(y.Bounds), x.cut || y.cut, x.hard || y.hard})
		s.or[pairKey(a, b)] = id
	}
	return id
}

// both is the set of what is in both. Nothing is known to be hard about a set
// that is empty.
func (s *sets) both(a, b int32) int32 {
	switch {
	case a == 0 || b == 0:
		return 0
	case a == everything:
		return b
	case b == everything || a == b:
		return a
	}
	if a > b {
		a, b = b, a
	}
	id, ok := s.and[pairKey(a, b)]
	if !ok {
		x, y := s.list[a], s.list[b]
		both := filtered{x.And(y.Bounds), x.cut || y.cut, x.hard || y.hard}
		if both.Maybe.IsEmpty() {
			both = filtered{}
		}
		id = s.intern(both)
		s.and[pairKey(a, b)] = id
	}
	return id
}

// atMost is a set of which nothing is sure.
func (s *sets) atMost(a int32) int32 {
	f := s.list[a]
	if f.Sure.IsEmpty() {
		return a
	}
	return s.intern(filtered{netset.AtMost(f.Maybe), f.cut, f.hard})
}
