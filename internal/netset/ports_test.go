package netset

import (
	"testing"

	"pgregory.net/rapid"
)

// drawPorts draws a set as rules make them: unions and differences of ports,
// messages and whole protocols.
func drawPorts(t *rapid.T, label string) Ports {
	var set Ports
	for range rapid.IntRange(0, 5).Draw(t, label+" parts") {
		var part Ports
		from := rapid.SampledFrom([]uint16{0, 1, 22, 80, 443, 444, 1024, 65534, 65535}).Draw(t, label+" from")
		to := rapid.SampledFrom([]uint16{0, 1, 22, 79, 80, 443, 8080, 65535}).Draw(t, label+" to")
		typ, code := rapid.IntRange(-1, 255).Draw(t, label+" type"), rapid.IntRange(-1, 255).Draw(t, label+" code")
		switch rapid.IntRange(0, 6).Draw(t, label+" kind") {
		case 0, 1:
			part = TCP(min(from, to), max(from, to))
		case 2:
			part = UDP(min(from, to), max(from, to))
		case 3:
			part = ICMP(typ, code)
		case 4:
			part = ICMPv6(typ, code)
		case 5:
			part = Protocol(rapid.SampledFrom([]uint8{0, 1, 5, 6, 7, 17, 47, 50, 58, 200, 254, 255}).Draw(t, label+" protocol"))
		case 6:
			part = AllPorts()
		}
		if rapid.IntRange(0, 3).Draw(t, label+" taken away") == 0 {
			set = set.Minus(part)
		} else {
			set = set.Union(part)
		}
	}
	return set
}

func TestPortsLaws(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		a, b, c := drawPorts(rt, "a"), drawPorts(rt, "b"), drawPorts(rt, "c")
		for _, law := range []struct {
			name      string
			got, want Ports
		}{
			{"union commutes", a.Union(b), b.Union(a)},
			{"intersection commutes", a.Intersect(b), b.Intersect(a)},
			{"union associates", a.Union(b).Union(c), a.Union(b.Union(c))},
			{"intersection associates", a.Intersect(b).Intersect(c), a.Intersect(b.Intersect(c))},
			{"intersection distributes", a.Intersect(b.Union(c)), a.Intersect(b).Union(a.Intersect(c))},
			{"union distributes", a.Union(b.Intersect(c)), a.Union(b).Intersect(a.Union(c))},
			{"De Morgan", a.Union(b).Complement(), a.Complement().Intersect(b.Complement())},
			{"complement twice", a.Complement().Complement(), a},
			{"minus is and not", a.Minus(b), a.Intersect(b.Complement())},
			{"absorption", a.Union(a.Intersect(b)), a},
			{"a or not a", a.Union(a.Complement()), AllPorts()},
			{"a and not a", a.Intersect(a.Complement()), NoPorts()},
		} {
			if !law.got.Equal(law.want) || law.got.Key() != law.want.Key() || law.got.String() != law.want.String() {
				rt.Fatalf("%s: %v is not %v, for %v, %v, %v", law.name, law.got, law.want, a, b, c)
			}
		}
		if (a.Key() == b.Key()) != a.Equal(b) || a.Covers(b) != b.Minus(a).IsEmpty() || a.Overlaps(b) == a.Intersect(b).IsEmpty() {
			rt.Fatalf("the questions about %v and %v disagree", a, b)
		}
		if got := a.Size() + b.Size(); got != a.Union(b).Size()+a.Intersect(b).Size() {
			rt.Fatalf("sizes of %v and %v do not add up", a, b)
		}
		switch {
		case a.IsAll():
			seen["all"]++
		case a.IsEmpty():
			seen["none"]++
		case a.Overlaps(b) && !a.Covers(b):
			seen["partly"]++
		}
	})
	for _, name := range []string{"all", "none", "partly"} {
		if seen[name] == 0 {
			t.Errorf("no draw was %q: the generator is too narrow", name)
		}
	}
}

// Protocols without ports are in a set as a whole or not at all, whatever was
// done to it.
func TestPortlessProtocolsStayWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := drawPorts(rt, "a").Minus(drawPorts(rt, "b"))
		for p := range 256 {
			switch uint8(p) {
			case ProtoTCP, ProtoUDP, ProtoICMP, ProtoICMPv6:
			default:
				if n := a.Proto(uint8(p)).Size(); n != 0 && n != 65536 {
					rt.Fatalf("%v holds %d points of protocol %d", a, n, p)
				}
			}
		}
	})
}

func TestPortsContains(t *testing.T) {
	web := TCP(443, 445).Union(ICMP(8, 0)).Union(Protocol(50))
	for _, tc := range []struct {
		proto uint8
		low   uint16
		want  bool
	}{
		{ProtoTCP, 442, false}, {ProtoTCP, 443, true}, {ProtoTCP, 445, true}, {ProtoTCP, 446, false},
		{ProtoUDP, 443, false},
		{ProtoICMP, 8 << 8, true}, {ProtoICMP, 8<<8 | 1, false}, {ProtoICMPv6, 8 << 8, false},
		{50, 0, true}, {50, 65535, true}, {51, 0, false}, {49, 65535, false},
	} {
		if got := web.Contains(tc.proto, tc.low); got != tc.want {
			t.Errorf("%v contains protocol %d, %d: %v", web, tc.proto, tc.low, got)
		}
	}
}

func TestPortsZeroAndEnds(t *testing.T) {
	var zero Ports
	if !zero.IsEmpty() || zero.IsAll() || !zero.Equal(NoPorts()) || zero.Size() != 0 || zero.Key() != "" {
		t.Errorf("the zero Ports is %v", zero)
	}
	if n := AllPorts().Size(); n != 1<<24 || !AllPorts().IsAll() {
		t.Errorf("all ports are %d points", n)
	}
	// Wrong ways round and numbers that are none give nothing, not everything.
	for name, p := range map[string]Ports{
		"tcp 2-1": TCP(2, 1), "udp 2-1": UDP(2, 1), "icmp 256": ICMP(256, 0), "icmp -2": ICMP(-2, -1), "icmpv6 code 256": ICMPv6(1, 256),
	} {
		if !p.IsEmpty() {
			t.Errorf("%s is %v", name, p)
		}
	}
	var got [][2]uint32
	for lo, hi := range UDP(53, 53).Union(TCP(80, 81)).Union(TCP(90, 90)).Intervals() {
		if got = append(got, [2]uint32{lo, hi}); len(got) == 2 {
			break // a consumer may stop early
		}
	}
	if want := [2]uint32{6<<16 | 80, 6<<16 | 81}; len(got) != 2 || got[0] != want {
		t.Errorf("intervals are %v", got)
	}
}

func TestPortsString(t *testing.T) {
	for _, tc := range []struct {
		set  Ports
		want string
	}{
		{NoPorts(), "none"},
		{AllPorts(), "all traffic"},
		{TCP(80, 80).Union(TCP(443, 445)).Union(UDP(53, 53)), "tcp/80, tcp/443-445, udp/53"},
		{TCP(0, 65535), "tcp"},
		{TCP(0, 65535).Union(UDP(0, 65535)), "tcp, udp"},
		{ICMP(8, 0), "icmp/8.0"},
		{ICMP(8, -1), "icmp/8"},
		{ICMP(8, -1).Union(ICMP(9, -1)), "icmp/8-9"},
		{ICMP(3, 255).Union(ICMP(4, -1)).Union(ICMP(5, 0)), "icmp/3.255, icmp/4, icmp/5.0"},
		{ICMPv6(1, 3).Union(ICMPv6(1, 4)), "icmpv6/1.3-4"},
		{ICMPv6(-1, -1), "icmpv6"},
		// Neighbours on the axis are still two protocols.
		{TCP(65535, 65535).Union(Protocol(7)), "tcp/65535, protocol 7"},
		{Protocol(50).Union(Protocol(51)), "esp, ah"},
		{Protocol(7).Union(Protocol(8)).Union(Protocol(9)), "protocols 7-9"},
		{AllPorts().Minus(TCP(22, 22)), "all except tcp/22"},
		{AllPorts().Minus(TCP(22, 22)).Minus(ICMP(8, 0)), "all except icmp/8.0, tcp/22"},
	} {
		if got := tc.set.String(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestPortsTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := drawPorts(rt, "a")
		got, err := ParsePorts(a.String())
		if err != nil || !got.Equal(a) {
			rt.Fatalf("%v reads back as %v, %v", a, got, err)
		}
	})
}

func TestParsePortsRefuses(t *testing.T) {
	for _, s := range []string{
		"", ",", "tcp/", "tcp/80-", "tcp/90-80", "tcp/65536", "tcp/-1", "tcp/80,", "all/80", "esp/80", "icmp/256", "icmp/8.256",
		"icmp/8-9.0", "icmp/8.", "protocols 9-7", "protocols 7-256", "protocols", "nonsense", "all except", "-1/3",
	} {
		if got, err := ParsePorts(s); err == nil || !got.IsEmpty() {
			t.Errorf("ParsePorts(%q) = %v, %v", s, got, err)
		}
	}
}

func FuzzParsePorts(f *testing.F) {
	for _, s := range []string{"none", "all", "all except tcp/22", "tcp/80-90, udp", "icmp/3.4-5", "protocols 7-9", "protocol 200", "47", "tcp//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParsePorts(s)
		if err != nil {
			if !a.IsEmpty() {
				t.Fatalf("%q gives %v and %v: a value or an error, never both", s, a, err)
			}
			return
		}
		if b, err := ParsePorts(a.String()); err != nil || !b.Equal(a) {
			t.Fatalf("%q is %v, which reads back as %v, %v", s, a, b, err)
		}
	})
}
