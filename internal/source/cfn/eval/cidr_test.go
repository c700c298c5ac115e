package eval_test

import (
	"fmt"
	"math/big"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/eval"
)

// slowCidr walks over the addresses of a block, as numbers, from one block to
// the next; it is false where they do not fit.
func slowCidr(block netip.Prefix, count, host int) ([]string, bool) {
	width := block.Addr().BitLen()
	first := new(big.Int).SetBytes(block.Masked().Addr().AsSlice())
	end := new(big.Int).Add(first, new(big.Int).Exp(big.NewInt(2), big.NewInt(int64(width-block.Bits())), nil))
	size := new(big.Int).Exp(big.NewInt(2), big.NewInt(int64(host)), nil)
	var out []string
	for at := first; len(out) < count; at = new(big.Int).Add(at, size) {
		if new(big.Int).Add(at, size).Cmp(end) > 0 {
			return nil, false
		}
		addr, ok := netip.AddrFromSlice(at.FillBytes(make([]byte, width/8)))
		if !ok {
			return nil, false
		}
		out = append(out, fmt.Sprintf("%s/%d", addr, width-host))
	}
	return out, true
}

func TestCidrAgreesWithSlowTwin(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		var addr netip.Addr
		family, most := "IPv4", 32
		if rapid.Bool().Draw(rt, "six") {
			family, most = "IPv6", 128
			addr = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "address")))
		} else {
			addr = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "address")))
		}
		if addr.Is4In6() {
			return
		}
		length := rapid.IntRange(0, most).Draw(rt, "length")
		block := netip.PrefixFrom(addr, length)
		count := rapid.IntRange(1, 256).Draw(rt, "count")
		host := rapid.IntRange(1, min(most, most-length+2)).Draw(rt, "host")
		want, fits := slowCidr(block, count, host)
		got, diags := property(rt, fmt.Sprintf("!Cidr ['%s', %d, %d]", block, count, host), eval.Options{})
		if !fits {
			if got.Kind != resource.Unknown || len(diags) != 1 {
				rt.Fatalf("%d of %d bits of %s do not fit: got %s, %v", count, host, block, show(got), diags)
			}
			seen[family+" too small"]++
			return
		}
		var texts []string
		for _, e := range got.List {
			texts = append(texts, e.Text)
		}
		if fmt.Sprint(texts) != fmt.Sprint(want) || len(diags) > 0 {
			rt.Fatalf("%d of %d bits of %s: got %v, want %v; %v", count, host, block, texts, want, diags)
		}
		seen[family]++
	})
	for _, must := range []string{"IPv4", "IPv6", "IPv4 too small", "IPv6 too small"} {
		if seen[must] == 0 {
			t.Errorf("the draw has no %s: %v", must, seen)
		}
	}
}
