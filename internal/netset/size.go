package netset

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// extent is how many addresses lo..hi holds, as the nearest float64.
func extent(lo, hi netip.Addr) float64 {
	a, b := lo.As16(), hi.As16()
	low, borrow := bits.Sub64(binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(a[8:]), 0)
	high, _ := bits.Sub64(binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(a[:8]), borrow)
	return float64(high)*(1<<64) + float64(low) + 1
}
