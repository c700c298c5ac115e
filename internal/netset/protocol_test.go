package netset

import (
	"strconv"
	"strings"
	"testing"
)

func TestParseProtocol(t *testing.T) {
	for _, tc := range []struct {
		in      string
		number  int
		all, ok bool
	}{
		{"-1", -1, true, true}, {"all", -1, true, true}, {"ALL", -1, true, true}, {" all ", -1, true, true},
		{"tcp", 6, false, true}, {"TCP", 6, false, true}, {"6", 6, false, true}, {"Udp", 17, false, true}, {"17", 17, false, true},
		{"icmp", 1, false, true}, {"icmpv6", 58, false, true}, {"ipv6-icmp", 58, false, true}, {"58", 58, false, true},
		{"esp", 50, false, true}, {"ah", 51, false, true}, {"gre", 47, false, true}, {"sctp", 132, false, true},
		{"0", 0, false, true}, {"255", 255, false, true},
		{"", 0, false, false}, {"256", 0, false, false}, {"-2", 0, false, false}, {"+6", 0, false, false}, {"6.0", 0, false, false},
		{"0x6", 0, false, false}, {"tcp/80", 0, false, false}, {"http", 0, false, false}, {"99999999999999999999", 0, false, false},
	} {
		number, all, ok := ParseProtocol(tc.in)
		if number != tc.number || all != tc.all || ok != tc.ok {
			t.Errorf("ParseProtocol(%q) = %d, %v, %v; want %d, %v, %v", tc.in, number, all, ok, tc.number, tc.all, tc.ok)
		}
	}
}

// Every number has a name that reads back as the number, and no name is used
// twice.
func TestProtocolNames(t *testing.T) {
	for n := range 256 {
		name := ProtocolName(uint8(n))
		got, all, ok := ParseProtocol(strings.TrimPrefix(name, "protocol "))
		if got != n || all || !ok {
			t.Errorf("protocol %d is called %q, which reads back as %d, %v, %v", n, name, got, all, ok)
		}
	}
	seen := map[string]bool{}
	for _, p := range protocolNames {
		if seen[p.name] || p.name != strings.ToLower(p.name) {
			t.Errorf("%q is there twice or not in lower case", p.name)
		}
		seen[p.name] = true
	}
}

func FuzzParseProtocol(f *testing.F) {
	for _, s := range []string{"tcp", "-1", "ALL", "6", "256", " udp", "٦"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, all, ok := ParseProtocol(s)
		switch {
		case all && (!ok || n != -1), ok && !all && (n < 0 || n > 255), !ok && (all || n != 0):
			t.Fatalf("ParseProtocol(%q) = %d, %v, %v", s, n, all, ok)
		case ok && !all:
			if m, _, _ := ParseProtocol(strconv.Itoa(n)); m != n {
				t.Fatalf("%q is %d, which is %d", s, n, m)
			}
		}
	})
}

func TestRulePorts(t *testing.T) {
	for _, tc := range []struct {
		name     string
		protocol string
		from, to int
		has      bool
		want     string
		problem  string
	}{
		// All traffic, whatever the ports say.
		{"all", "-1", 0, 0, false, "all traffic", ""},
		{"all with ports", "-1", 443, 443, true, "all traffic", ""},
		// TCP and UDP.
		{"one port", "tcp", 443, 443, true, "tcp/443", ""},
		{"by number", "6", 443, 443, true, "tcp/443", ""},
		{"a range", "udp", 1024, 65535, true, "udp/1024-65535", ""},
		{"every port by number", "tcp", 0, 65535, true, "tcp", ""},
		{"every port by -1", "tcp", -1, -1, true, "tcp", ""},
		{"every port by absence", "tcp", 0, 0, false, "tcp", ""},
		{"port 0 is a port, not every port", "tcp", 0, 0, true, "tcp/0", ""},
		{"the wrong way round", "tcp", 443, 80, true, "tcp/80-443", "wrong way round"},
		{"past the end", "tcp", 80, 70000, true, "tcp", "not within 0 to 65535"},
		{"one end unlimited", "udp", -1, 53, true, "udp", "not within 0 to 65535"},
		// ICMP: from is the type, to is the code.
		{"echo request", "icmp", 8, 0, true, "icmp/8.0", ""},
		{"every code of a type", "icmp", 3, -1, true, "icmp/3", ""},
		{"every type", "icmp", -1, -1, true, "icmp", ""},
		{"every type by absence", "icmpv6", 0, 0, false, "icmpv6", ""},
		{"echo reply", "icmp", 0, 0, true, "icmp/0.0", ""},
		{"ICMPv6 packet too big", "58", 2, 0, true, "icmpv6/2.0", ""},
		{"a code of every type", "icmp", -1, 0, true, "icmp", "code 0 of every type"},
		{"ports given to ICMP", "icmp", 0, 65535, true, "icmp/0", "no icmp code 65535"},
		{"no such type", "icmp", 256, -1, true, "icmp", "no icmp type 256"},
		{"no such code", "icmp", 3, -2, true, "icmp/3", "no icmp code -2"},
		// Protocols without ports.
		{"ports given to ESP", "50", 443, 443, true, "esp", ""},
		{"no such protocol", "http", 80, 80, true, "none", `no protocol "http"`},
		{"no protocol", "", 80, 80, true, "none", `no protocol ""`},
	} {
		got, problem := RulePorts(tc.protocol, tc.from, tc.to, tc.has)
		if got.String() != tc.want || (problem == "") != (tc.problem == "") || !strings.Contains(problem, tc.problem) {
			t.Errorf("%s: got %v, %q; want %s, %q", tc.name, got, problem, tc.want, tc.problem)
		}
		if problem != "" && !strings.HasSuffix(problem, ".") {
			t.Errorf("%s: %q is no sentence", tc.name, problem)
		}
	}
}

func TestACLEntryPorts(t *testing.T) {
	for _, tc := range []struct {
		name    string
		entry   ACLEntry
		want    string
		problem string
	}{
		{"all", ACLEntry{Protocol: "-1", From: 80, To: 80, HasPorts: true}, "all traffic", ""},
		{"TCP", ACLEntry{Protocol: "6", From: 1024, To: 65535, HasPorts: true}, "tcp/1024-65535", ""},
		{"TCP without ports", ACLEntry{Protocol: "tcp"}, "tcp", ""},
		{"the wrong way round", ACLEntry{Protocol: "tcp", From: 2, To: 1, HasPorts: true}, "tcp/1-2", "wrong way round"},
		// Ports are no types: those are fields of their own.
		{"ICMP with ports only", ACLEntry{Protocol: "icmp", From: 8, To: 0, HasPorts: true}, "icmp", ""},
		{"ICMP", ACLEntry{Protocol: "1", ICMPType: 8, ICMPCode: -1, HasICMP: true}, "icmp/8", ""},
		{"ICMP of no type", ACLEntry{Protocol: "1", ICMPType: 999, HasICMP: true}, "icmp", "no icmp type 999"},
		// The family decides for ICMPv6.
		{"ICMPv6 for an IPv6 CIDR", ACLEntry{Protocol: "58", ICMPType: 2, ICMPCode: 0, HasICMP: true, IPv6: true}, "icmpv6/2.0", ""},
		{"ICMPv6 for an IPv4 CIDR", ACLEntry{Protocol: "58", ICMPType: 2, ICMPCode: 0, HasICMP: true}, "icmpv6", ""},
		{"ESP", ACLEntry{Protocol: "50", From: 1, To: 1, HasPorts: true}, "esp", ""},
		{"no such protocol", ACLEntry{Protocol: "web"}, "none", `no protocol "web"`},
	} {
		got, problem := tc.entry.Ports()
		if got.String() != tc.want || (problem == "") != (tc.problem == "") || !strings.Contains(problem, tc.problem) {
			t.Errorf("%s: got %v, %q; want %s, %q", tc.name, got, problem, tc.want, tc.problem)
		}
	}
}

// Whatever numbers a rule has, it is read, and a reading without a problem is
// the one the numbers say.
func FuzzRulePorts(f *testing.F) {
	f.Add("tcp", 80, 443, true)
	f.Add("icmp", 8, -1, true)
	f.Add("6", 65536, -5, true)
	f.Fuzz(func(t *testing.T, protocol string, from, to int, has bool) {
		got, problem := RulePorts(protocol, from, to, has)
		number, all, ok := ParseProtocol(protocol)
		switch {
		case !ok:
			if !got.IsEmpty() || problem == "" {
				t.Fatalf("no protocol, but %v and %q", got, problem)
			}
		case got.IsEmpty():
			t.Fatalf("%q %d-%d is read as nothing", protocol, from, to)
		case all:
			if !got.IsAll() {
				t.Fatalf("%q is %v", protocol, got)
			}
		case !Protocol(uint8(number)).Covers(got):
			t.Fatalf("%q is %v", protocol, got)
		case has && problem == "" && (number == 6 || number == 17) && from >= 0:
			if got.Size() != to-from+1 || !got.Contains(uint8(number), uint16(from)) {
				t.Fatalf("%q %d-%d is %v", protocol, from, to, got)
			}
		}
	})
}
