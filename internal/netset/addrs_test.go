package netset

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func cidrs(list ...string) Addrs {
	var p []netip.Prefix
	for _, s := range list {
		p = append(p, netip.MustParsePrefix(s))
	}
	return Prefix(p...)
}

// window is 64 addresses on both sides of the border between the families,
// where code that walks from one address to the next goes wrong.
func window() []netip.Addr {
	var out []netip.Addr
	for a := netip.MustParseAddr("255.255.255.224"); a.IsValid(); a = a.Next() {
		out = append(out, a)
	}
	for a := netip.MustParseAddr("::"); len(out) < 64; a = a.Next() {
		out = append(out, a)
	}
	return out
}

// drawAddrs draws a set within the window together with its members, listed
// one by one.
func drawAddrs(t *rapid.T, label string, w []netip.Addr) (Addrs, map[netip.Addr]bool) {
	var set Addrs
	members := map[netip.Addr]bool{}
	for range rapid.IntRange(0, 4).Draw(t, label+" parts") {
		from := rapid.SampledFrom(w).Draw(t, label+" from")
		var part Addrs
		switch rapid.IntRange(0, 2).Draw(t, label+" kind") {
		case 0:
			part, members[from] = Addr(from), true
		case 1:
			to := rapid.SampledFrom(w).Draw(t, label+" to")
			part = Range(from, to)
			for _, a := range w {
				if from.Is4() == to.Is4() && a.Is4() == from.Is4() && !a.Less(from) && !to.Less(a) {
					members[a] = true
				}
			}
		case 2:
			p := netip.PrefixFrom(from, from.BitLen()-rapid.IntRange(0, 5).Draw(t, label+" bits"))
			part = Prefix(p)
			for _, a := range w {
				if p.Contains(a) {
					members[a] = true
				}
			}
		}
		set = set.Union(part)
	}
	return set, members
}

func TestAddrsAgreeWithLists(t *testing.T) {
	w := window()
	all := Range(w[0], w[31]).Union(Range(w[32], w[63]))
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		a, inA := drawAddrs(rt, "a", w)
		b, inB := drawAddrs(rt, "b", w)
		covers, overlaps, equal := true, false, true
		for _, x := range w {
			for _, op := range []struct {
				name string
				set  Addrs
				want bool
			}{
				{"a", a, inA[x]},
				{"union", a.Union(b), inA[x] || inB[x]},
				{"intersect", a.Intersect(b), inA[x] && inB[x]},
				{"minus", a.Minus(b), inA[x] && !inB[x]},
				{"complement", a.Complement(), !inA[x]},
				{"v4", a.V4(), inA[x] && x.Is4()},
				{"v6", a.V6(), inA[x] && x.Is6()},
				{"prefixes", Prefix(a.Prefixes()...), inA[x]},
			} {
				if op.set.Contains(x) != op.want {
					rt.Fatalf("%s of %v and %v is %v; holds %v: %v", op.name, a, b, op.set, x, !op.want)
				}
			}
			covers = covers && (inA[x] || !inB[x])
			overlaps = overlaps || inA[x] && inB[x]
			equal = equal && inA[x] == inB[x]
		}
		if a.Covers(b) != covers || a.Overlaps(b) != overlaps || a.Equal(b) != equal || (a.Key() == b.Key()) != equal || (a.String() == b.String()) != equal {
			rt.Fatalf("the questions about %v and %v: want covers %v, overlaps %v, equal %v", a, b, covers, overlaps, equal)
		}
		if !all.Covers(a) || a.IsEmpty() != (len(inA) == 0) {
			rt.Fatalf("%v left the window, or is empty and has members %v", a, inA)
		}
		first, ok := a.First()
		if at := slices.IndexFunc(w, func(x netip.Addr) bool { return inA[x] }); ok != (at >= 0) || ok && first != w[at] {
			rt.Fatalf("the first of %v is %v", a, first)
		}
		if !a.V4().IsEmpty() && !a.V6().IsEmpty() {
			seen["both families"]++
		}
		if overlaps && !covers {
			seen["partly"]++
		}
		if covers && !b.IsEmpty() && !equal {
			seen["covers"]++
		}
	})
	for _, name := range []string{"both families", "partly", "covers"} {
		if seen[name] == 0 {
			t.Errorf("no draw was %q: the generator is too narrow", name)
		}
	}
}

// fewest is the length of the shortest list of prefixes for a set of the
// window, by trying: a block that is full is one prefix, else it is its halves.
func fewest(block []netip.Addr, in map[netip.Addr]bool) int {
	n := 0
	for _, a := range block {
		if in[a] {
			n++
		}
	}
	switch {
	case n == 0:
		return 0
	case n == len(block):
		return 1
	}
	half := len(block) / 2
	return fewest(block[:half], in) + fewest(block[half:], in)
}

func TestPrefixesAreFewest(t *testing.T) {
	w := window()
	longest := 0
	rapid.Check(t, func(rt *rapid.T) {
		a, in := drawAddrs(rt, "a", w)
		got := a.Prefixes()
		if want := fewest(w[:32], in) + fewest(w[32:], in); len(got) != want {
			rt.Fatalf("%v are %d prefixes, %d would do", got, len(got), want)
		}
		for i, p := range got {
			if p != p.Masked() || i > 0 && !got[i-1].Addr().Less(p.Addr()) {
				rt.Fatalf("%v has host bits or is out of order", got)
			}
		}
		longest = max(longest, len(got))
	})
	if longest < 5 {
		t.Errorf("the longest list was %d prefixes: the generator is too narrow", longest)
	}
}

func TestPrefixRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var prefixes []netip.Prefix
		for range rapid.IntRange(1, 6).Draw(rt, "n") {
			var p netip.Prefix
			if rapid.Bool().Draw(rt, "v6") {
				raw := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "addr"))
				p = netip.PrefixFrom(netip.AddrFrom16(raw), rapid.IntRange(0, 128).Draw(rt, "bits"))
			} else {
				raw := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "addr"))
				p = netip.PrefixFrom(netip.AddrFrom4(raw), rapid.IntRange(0, 32).Draw(rt, "bits"))
			}
			prefixes = append(prefixes, p)
		}
		a := Prefix(prefixes...)
		if got := Prefix(a.Prefixes()...); !got.Equal(a) {
			rt.Fatalf("%v reads back as %v", a, got)
		}
		if got := cidrs(strings.Split(a.String(), ", ")...); !got.Equal(a) {
			rt.Fatalf("%v prints what reads back as %v", a, got)
		}
		if got := a.Complement().Complement(); !got.Equal(a) || a.Complement().Overlaps(a) {
			rt.Fatalf("the complement of %v is %v", a, a.Complement())
		}
		for _, p := range prefixes {
			if !a.Contains(p.Addr()) || !a.Contains(p.Masked().Addr()) {
				rt.Fatalf("%v does not hold %v", a, p)
			}
		}
	})
}

func TestAddrsForms(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  Addrs
		want string
	}{
		{"zero", Addrs{}, "none"},
		{"host bits do not count", cidrs("10.0.0.7/24"), "10.0.0.0/24"},
		{"neighbours join", cidrs("10.0.1.0/24", "10.0.0.0/24"), "10.0.0.0/23"},
		{"neighbours that are no block stay", cidrs("10.0.1.0/24", "10.0.2.0/24"), "10.0.1.0/24, 10.0.2.0/24"},
		{"inside is swallowed", cidrs("10.0.0.0/8", "10.1.0.0/16"), "10.0.0.0/8"},
		{"two halves", cidrs("0.0.0.0/1", "128.0.0.0/1"), "0.0.0.0/0"},
		{"both families", Everywhere(), "0.0.0.0/0, ::/0"},
		{"the families do not join", Everywhere().Complement(), "none"},
		{"mapped prefix", cidrs("::ffff:10.0.0.0/104"), "10.0.0.0/8"},
		{"wider than the mapped block", cidrs("::ffff:10.0.0.0/64"), "::/64"},
		{"mapped address", Addr(netip.MustParseAddr("::ffff:10.0.0.1")), "10.0.0.1/32"},
		{"zone", Addr(netip.MustParseAddr("fe80::1%eth0")), "fe80::1/128"},
		{"invalid prefix", Prefix(netip.Prefix{}, netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 99)), "none"},
		{"invalid address", Addr(netip.Addr{}), "none"},
		{"range", Range(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.6")), "10.0.0.1/32, 10.0.0.2/31, 10.0.0.4/31, 10.0.0.6/32"},
		{"range the wrong way round", Range(netip.MustParseAddr("10.0.0.6"), netip.MustParseAddr("10.0.0.1")), "none"},
		{"range of two families", Range(netip.MustParseAddr("10.0.0.6"), netip.MustParseAddr("::1")), "none"},
		{"range of nothing", Range(netip.Addr{}, netip.MustParseAddr("::1")), "none"},
		{"all but one", AllV4().Minus(cidrs("0.0.0.0/1", "192.0.0.0/2")), "128.0.0.0/2"},
	} {
		if got := tc.set.String(); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
	if !cidrs("10.0.0.0/8").Contains(netip.MustParseAddr("::ffff:10.1.2.3")) {
		t.Error("a mapped address is not found as the IPv4 address it is")
	}
	if Everywhere().Contains(netip.Addr{}) {
		t.Error("no address at all is somewhere")
	}
	if cidrs("0.0.0.1/32").Key() == cidrs("::1/128").Key() || cidrs("10.0.0.1/32").Key() == Prefix(netip.MustParsePrefix("::a00:1/128")).Key() {
		t.Error("addresses of two families share a key")
	}
}

func TestFraction(t *testing.T) {
	for _, tc := range []struct {
		name  string
		a, of Addrs
		want  float64
	}{
		{"two halves of IPv4 are the internet", cidrs("0.0.0.0/1", "128.0.0.0/1"), Internet(), 1},
		{"all of IPv6 is the internet", AllV6(), Internet(), 1},
		{"a half", cidrs("0.0.0.0/1"), AllV4(), 0.5},
		{"the larger share counts", cidrs("0.0.0.0/2", "::/1"), Everywhere(), 0.5},
		{"one address of a small net", cidrs("10.0.0.7/32"), cidrs("10.0.0.0/30", "10.0.0.4/30"), 0.125},
		{"outside", cidrs("10.0.0.0/8"), Internet(), 0},
		{"of nothing", AllV4(), Addrs{}, 0},
		{"nothing", Addrs{}, AllV4(), 0},
		{"one IPv6 address", cidrs("2001:db8::1/128"), AllV6(), math.Pow(2, -128)},
	} {
		if got := tc.a.Fraction(tc.of); got != tc.want {
			t.Errorf("%s: %g, want %g", tc.name, got, tc.want)
		}
	}
}

// Rows are cases from the registries and the pages of AWS, not the tables of
// the code turned round.
func TestInternet(t *testing.T) {
	internet := Internet()
	for _, tc := range []struct {
		addr string
		want bool
		why  string
	}{
		{"1.1.1.1", true, "a public resolver"},
		{"52.95.110.1", true, "an AWS service"},
		{"9.255.255.255", true, "just below 10/8"},
		{"11.0.0.0", true, "just above 10/8"},
		{"172.15.255.255", true, "just below 172.16/12"},
		{"172.32.0.0", true, "just above 172.16/12"},
		{"100.63.255.255", true, "just below the carriers' space"},
		{"100.128.0.0", true, "just above the carriers' space"},
		{"192.0.0.9", true, "anycast that the registry calls reachable"},
		{"192.88.99.1", true, "6to4 relays, for which the registry says N/A"},
		{"192.31.196.1", true, "AS112, reachable by the registry"},
		{"223.255.255.255", true, "the last unicast address"},
		{"0.0.0.0", false, "this network"},
		{"10.20.30.40", false, "private"},
		{"100.64.0.1", false, "carriers"},
		{"127.0.0.1", false, "loopback"},
		{"169.254.169.254", false, "instance metadata"},
		{"169.254.170.2", false, "task credentials"},
		{"172.31.0.1", false, "the default VPC"},
		{"192.0.0.170", false, "NAT64 discovery"},
		{"192.168.1.1", false, "private"},
		{"198.19.255.255", false, "benchmarks"},
		{"203.0.113.9", false, "documentation"},
		{"224.0.0.1", false, "multicast"},
		{"255.255.255.255", false, "broadcast"},
		{"2600:1f18::1", true, "an AWS VPC"},
		{"2a05:d018::1", true, "an AWS VPC"},
		{"64:ff9b::8.8.8.8", true, "IPv4 through NAT64"},
		{"2002:c000:204::1", true, "6to4, for which the registry says N/A"},
		{"2001:4860:4860::8888", true, "a public resolver"},
		{"2001:20::1", true, "ORCHIDv2, reachable by the registry"},
		{"2001:30::1", true, "drones, reachable by the registry"},
		{"2001:4:112::1", true, "AS112, reachable by the registry"},
		{"2001:3::1", true, "multicast tunnels, reachable by the registry"},
		{"2001:1::1", true, "anycast, reachable by the registry"},
		{"2001:1::4", false, "next to the anycast addresses"},
		{"2001::1", true, "Teredo, for which the registry says N/A"},
		{"192.88.99.2", false, "6a44 relays stay within a provider"},
		{"::", false, "unspecified"},
		{"::1", false, "loopback"},
		{"::ffff:10.0.0.1", false, "a mapped private address"},
		{"::ffff:1.1.1.1", true, "a mapped public address is the public address"},
		{"64:ff9b:1::1", false, "NAT64 of one's own"},
		{"100::1", false, "discard only"},
		{"2001:2::1", false, "benchmarks"},
		{"2001:10::1", false, "the first ORCHID, never routed"},
		{"2001:db8::1", false, "documentation"},
		{"3fff::1", false, "documentation"},
		{"5f00::1", false, "segment routing"},
		{"fc00::1", false, "unique local"},
		{"fd00:ec2::254", false, "instance metadata"},
		{"fe80::1", false, "link local"},
		{"ff02::1", false, "multicast"},
	} {
		if got := internet.Contains(netip.MustParseAddr(tc.addr)); got != tc.want {
			t.Errorf("%s (%s) is on the internet: %v", tc.addr, tc.why, got)
		}
	}
	// Every exclusion is needed, and every row that gives back is within one.
	for _, row := range unreachable {
		if !union(unicast[:]).Covers(cidrs(row.prefix)) {
			t.Errorf("%s (%s) takes away what was never there", row.prefix, row.why)
		}
	}
	for _, row := range reachable {
		if !union(unreachable[:]).Covers(cidrs(row.prefix)) {
			t.Errorf("%s (%s) gives back what was never taken away", row.prefix, row.why)
		}
	}
}
