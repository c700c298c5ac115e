package netset

import (
	"net/netip"
	"testing"
)

// The sets that engines meet most: a rule of a few ports, a group with many,
// and all traffic.
func benchPorts() (few, many Ports) {
	few = TCP(80, 80).Union(TCP(443, 443)).Union(ICMP(8, 0))
	for p := uint16(1000); p < 1200; p += 4 {
		many = many.Union(TCP(p, p+1))
	}
	return few, many
}

func BenchmarkPorts(b *testing.B) {
	few, many := benchPorts()
	// Results are kept, or the compiler would not make them.
	var ports Ports
	var text string
	var is bool
	for _, bm := range []struct {
		name string
		op   func()
	}{
		{"intersect/few", func() { ports = few.Intersect(few) }},
		{"intersect/many", func() { ports = many.Intersect(few) }},
		{"intersect/all", func() { ports = few.Intersect(AllPorts()) }},
		{"union/few", func() { ports = few.Union(many) }},
		{"minus/few", func() { ports = few.Minus(many) }},
		{"covers/many", func() { is = many.Covers(few) }},
		{"contains/many", func() { is = many.Contains(ProtoTCP, 1100) }},
		{"key/few", func() { text = few.Key() }},
		{"string/few", func() { text = few.String() }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.op()
			}
		})
	}
	_, _, _ = ports, text, is
}

func BenchmarkAddrs(b *testing.B) {
	var nets, cut []netip.Prefix
	for i := range 200 {
		nets = append(nets, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}), 17))
	}
	many, internet := Prefix(nets...), Internet()
	var addrs Addrs
	var is bool
	var share float64
	one, addr := Prefix(nets[100]), netip.AddrFrom4([4]byte{10, 100, 1, 1})
	for _, bm := range []struct {
		name string
		op   func()
	}{
		{"prefix/200", func() { addrs = Prefix(nets...) }},
		{"union/200", func() { addrs = many.Union(internet) }},
		{"intersect/200", func() { addrs = many.Intersect(one) }},
		{"minus/200", func() { addrs = many.Minus(one) }},
		{"overlaps/internet", func() { is = internet.Overlaps(one) }},
		{"contains/200", func() { is = many.Contains(addr) }},
		{"prefixes/internet", func() { cut = internet.Prefixes() }},
		{"fraction/internet", func() { share = many.Fraction(internet) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.op()
			}
		})
	}
	_, _, _, _ = addrs, is, share, cut
}
