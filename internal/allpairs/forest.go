package allpairs

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"

	"github.com/muralla-net/muralla/internal/netset"
)

// forest finds which of many prefixes of one family hold an address. Prefixes are
// within each other or apart, so that those that hold an address are a chain.
//
// The ends of the prefixes cut the axis into atoms: all addresses of an atom are
// held by the same prefixes.
type forest struct {
	prefixes []netip.Prefix
	parent   []int32 // by prefix: the next wider one that holds it, or -1

	starts []netip.Addr // of atoms, ascending
	inner  []int32      // by atom: the narrowest prefix that holds it, or -1
}

// newForest takes prefixes of one family, masked and each once, with at least one
// address as the start of the axis.
func newForest(first netip.Addr, prefixes []netip.Prefix) *forest {
	f := &forest{prefixes: slices.Clone(prefixes), parent: make([]int32, len(prefixes))}
	slices.SortFunc(f.prefixes, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	f.mark(first, -1)
	var open []int32 // prefixes that hold the place of the sweep, widest first
	var last []netip.Addr
	shut := func() {
		at, top := last[len(last)-1], int32(-1)
		open, last = open[:len(open)-1], last[:len(last)-1]
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		if next := at.Next(); next.IsValid() {
			f.mark(next, top)
		}
	}
	for i, p := range f.prefixes {
		for len(last) > 0 && last[len(last)-1].Less(p.Addr()) {
			shut()
		}
		f.parent[i] = -1
		if len(open) > 0 {
			f.parent[i] = open[len(open)-1]
		}
		_, hi, _ := netset.Prefix(p).Span()
		open, last = append(open, int32(i)), append(last, hi)
		f.mark(p.Addr(), int32(i))
	}
	for len(open) > 0 {
		shut()
	}
	return f
}

// mark starts an atom, or tells more of the one that starts there.
func (f *forest) mark(start netip.Addr, inner int32) {
	if n := len(f.starts); n > 0 && f.starts[n-1] == start {
		f.inner[n-1] = inner
		return
	}
	f.starts, f.inner = append(f.starts, start), append(f.inner, inner)
}

// atom is the number of the atom that holds a set of addresses. It is not ok if
// several do.
func (f *forest) atom(a netset.Addrs) (atom int, ok bool) {
	lo, hi, whole := a.Span()
	if !whole {
		return 0, false
	}
	i := sort.Search(len(f.starts), func(i int) bool { return lo.Less(f.starts[i]) }) - 1
	return i, i >= 0 && (i+1 == len(f.starts) || hi.Less(f.starts[i+1]))
}

// holders calls visit with the prefixes that hold an atom, narrowest first.
func (f *forest) holders(atom int, visit func(int32)) {
	for p := f.inner[atom]; p >= 0; p = f.parent[p] {
		visit(p)
	}
}
