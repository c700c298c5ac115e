package cidr

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The twins work on addresses written as strings of 0 and 1.

func bitsOf(a netip.Addr) string {
	var b strings.Builder
	for _, octet := range a.AsSlice() {
		fmt.Fprintf(&b, "%08b", octet)
	}
	return b.String()
}

func addrOf(bits string) netip.Addr {
	var raw []byte
	for i := 0; i < len(bits); i += 8 {
		var octet byte
		for _, c := range bits[i : i+8] {
			octet = octet<<1 | byte(c-'0')
		}
		raw = append(raw, octet)
	}
	a, _ := netip.AddrFromSlice(raw)
	return a
}

// count counts n up in binary with a width, or gives "" if it does not fit.
func count(n *big.Int, width int) string {
	text := n.Text(2)
	if n.Sign() == 0 {
		text = ""
	}
	if len(text) > width {
		return ""
	}
	return strings.Repeat("0", width-len(text)) + text
}

func drawPrefix(rt *rapid.T) netip.Prefix {
	size := rapid.SampledFrom([]int{4, 16}).Draw(rt, "size")
	raw := rapid.SliceOfN(rapid.Byte(), size, size).Draw(rt, "addr")
	a, _ := netip.AddrFromSlice(raw)
	if a.Is4In6() {
		raw[0] = 0xFD
		a, _ = netip.AddrFromSlice(raw)
	}
	p, _ := a.Prefix(rapid.IntRange(0, 8*size).Draw(rt, "bits"))
	return p
}

func TestHostAndSubnetAgreeWithStrings(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPrefix(rt)
		total := p.Addr().BitLen()
		n := big.NewInt(rapid.Int64Range(0, 300).Draw(rt, "n"))
		n.Lsh(n, uint(rapid.SampledFrom([]int{0, 0, 0, 10, 60, 120}).Draw(rt, "shift")))

		head := bitsOf(p.Addr())[:p.Bits()]
		host, err := Host(p, n)
		tail := count(n, total-p.Bits())
		fits := tail != "" || n.Sign() == 0
		seen[fmt.Sprint("host ", fits)]++
		if fits != (err == nil) || fits && host != addrOf(head+tail) {
			rt.Fatalf("host %s of %s: got %v, %v", n, p, host, err)
		}

		// -1 is the last one: all bits inverted.
		negative := new(big.Int).Not(n)
		host, err = Host(p, negative)
		inverted := strings.NewReplacer("0", "1", "1", "0").Replace(tail)
		if fits != (err == nil) || fits && host != addrOf(head+inverted) {
			rt.Fatalf("host %s of %s: got %v, %v", negative, p, host, err)
		}

		newbits := rapid.IntRange(0, 40).Draw(rt, "newbits")
		sub, err := Subnet(p, newbits, n)
		middle := count(n, newbits)
		fits = p.Bits()+newbits <= total && (middle != "" || n.Sign() == 0)
		seen[fmt.Sprint("subnet ", fits)]++
		if fits != (err == nil) {
			rt.Fatalf("subnet %d %s of %s: got %v, %v", newbits, n, p, sub, err)
		}
		if fits {
			want := netip.PrefixFrom(addrOf(head+middle+strings.Repeat("0", total-len(head+middle))), p.Bits()+newbits)
			if sub != want {
				rt.Fatalf("subnet %d %s of %s: got %v, want %v", newbits, n, p, sub, want)
			}
		}
	})
	for _, kind := range []string{"host true", "host false", "subnet true", "subnet false"} {
		if seen[kind] < 10 {
			t.Errorf("%s was drawn %d times: the generator is too narrow", kind, seen[kind])
		}
	}
}

// TestSubnetsAreTheFirstFree compares with a search: each subnet is the first
// of its size that overlaps none before it and lies behind them.
func TestSubnetsAreTheFirstFree(t *testing.T) {
	full := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := netip.MustParsePrefix(rapid.SampledFrom([]string{"10.1.0.0/16", "0.0.0.0/0", "255.255.255.0/24", "fd00:1::/56"}).Draw(rt, "prefix"))
		newbits := rapid.SliceOfN(rapid.IntRange(1, 6), 1, 7).Draw(rt, "newbits")
		got, err := Subnets(p, newbits)
		var want []netip.Prefix
		for _, n := range newbits {
			found := false
			for i := range int64(1) << n {
				c, err := Subnet(p, n, big.NewInt(i))
				if err != nil {
					rt.Fatal(err)
				}
				if len(want) > 0 && (c.Overlaps(want[len(want)-1]) || c.Addr().Less(want[len(want)-1].Addr())) {
					continue
				}
				want, found = append(want, c), true
				break
			}
			if !found {
				full++
				if err == nil {
					rt.Fatalf("%v of %s: got %v, want no space", newbits, p, got)
				}
				return
			}
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("%v of %s: got %v, %v; want %v", newbits, p, got, err, want)
		}
	})
	if full == 0 {
		t.Error("no draw ran out of space: the generator is too narrow")
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.9/8":        "10.0.0.0/8",
		"010.001.0.0/016":   "10.1.0.0/16",
		"0.0.0.0/0":         "0.0.0.0/0",
		"FD00::1/64":        "fd00::/64",
		"10.0.0.0/33":       "",
		"10.0.0.0/+8":       "",
		"10.0.0/8":          "",
		"10.0.0.0":          "",
		"10.0.0.0/":         "",
		"fe80::1%eth0/64":   "",
		"::ffff:10.0.0.0/8": "",
	} {
		p, err := Parse(in)
		if (err == nil) != (want != "") || err == nil && p.String() != want {
			t.Errorf("%s: got %v, %v; want %q", in, p, err, want)
		}
	}
}
