package intent

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// slowMatch tries every length for every star.
func slowMatch(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		for i := range len(text) + 1 {
			if slowMatch(pattern[1:], text[i:]) {
				return true
			}
		}
		return false
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && slowMatch(pattern[1:], text[1:])
}

func TestGlobAgreesWithSlowTwin(t *testing.T) {
	seen := map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab[*?")), 1, 8, -1).Draw(rt, "pattern")
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab[*")), 0, 10, -1).Draw(rt, "text")
		want := slowMatch(pattern, text)
		if got := NewGlob(pattern).MatchText(text); got != want {
			rt.Fatalf("%q on %q: got %v, want %v", pattern, text, got, want)
		}
		seen[want]++
	})
	if seen[true] < 5 || seen[false] < 5 {
		t.Errorf("%v draws: the draw is too narrow", seen)
	}
}

func TestGlobIsNeverSlow(t *testing.T) {
	pattern, text := strings.Repeat("*a", 500)+"b", strings.Repeat("a", 20_000)
	if NewGlob(pattern).MatchText(text) {
		t.Error("it matches")
	}
}

func TestGlobOnAddresses(t *testing.T) {
	for _, tc := range []struct {
		pattern string
		id      ref.ID
		name    string
		want    bool
	}{
		{"aws_ecs_service.orders", "aws_ecs_service.orders", "", true},
		// With or without its index.
		{"aws_ecs_service.orders", "aws_ecs_service.orders[0]", "", true},
		{"aws_ecs_service.orders[0]", "aws_ecs_service.orders[0]", "", true},
		{"aws_ecs_service.orders[1]", "aws_ecs_service.orders[0]", "", false},
		{"module.*.aws_ecs_service.this", `module.a["x/y"].aws_ecs_service.this`, "", true},
		// The name alone.
		{"orders", "aws_ecs_service.this", "orders", true},
		{"orders", "aws_ecs_service.orders", "", false},
		{"order?", "x", "orders", true},
		// Nothing matches nothing.
		{"*", "", "", false},
		{"", "", "", false},
		{"", "a", "a", false},
	} {
		if got := NewGlob(tc.pattern).Match(tc.id, tc.name); got != tc.want {
			t.Errorf("%q on %q, named %q: %v", tc.pattern, tc.id, tc.name, got)
		}
	}
}

func TestDatesAgreeWithTheCalendar(t *testing.T) {
	good, bad := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		text := fmt.Sprintf("%04d-%02d-%02d", rapid.IntRange(0, 2500).Draw(rt, "year"),
			rapid.IntRange(0, 13).Draw(rt, "month"), rapid.IntRange(0, 32).Draw(rt, "day"))
		want, wantErr := time.Parse(time.DateOnly, text)
		if want.Year() == 0 && wantErr == nil {
			return // the calendar of the standard library has a year 0, ours has none
		}
		got, err := ParseDate(text)
		if (err == nil) != (wantErr == nil) || err == nil && got.String() != want.Format(time.DateOnly) {
			rt.Fatalf("%s: got %v, %v; want %v, %v", text, got, err, want, wantErr)
		}
		if err == nil {
			good++
		} else {
			bad++
		}
	})
	if good == 0 || bad == 0 {
		t.Errorf("%d days and %d others: the draw is too narrow", good, bad)
	}
	for _, text := range []string{"", "2027-1-31", "2027-01-31 ", "2027-01-31x", "2027-01", "+027-01-31", "2027-01-31-1", "20270131"} {
		if d, err := ParseDate(text); err == nil || !d.IsZero() {
			t.Errorf("ParseDate(%q) = %v, %v", text, d, err)
		}
	}
}

func parsed(t *testing.T, text string) Intent {
	t.Helper()
	in, diags := Parse("muralla.yaml", []byte("version: 1\n"+text))
	if len(diags) > 0 {
		t.Fatalf("%+v", diags)
	}
	return in
}

func TestServiceFacts(t *testing.T) {
	in := parsed(t, `
isolation: [{name: pay, clusters: c-pay}, {name: office, services: "office-*"}]
services:
  - {match: orders, tls: required}
  - {match: "*", sensitivity: internal, tls: optional}
  - {match: ledger, isolation: pay}
`)
	// The first entry that declares a fact counts, for each fact alone.
	if s := in.Service("aws_ecs_service.x", "orders"); s.TLS != TLSRequired || s.Sensitivity != Internal {
		t.Errorf("orders: %+v", s)
	}
	if got := in.TLS("aws_ecs_service.x", "other"); got != TLSOptional {
		t.Errorf("other: %v", got)
	}
	if got := (Intent{}).Sensitivity("a", "b"); got != Undeclared || got.String() != "undeclared" {
		t.Errorf("nothing declared: %v", got)
	}
	for _, tc := range []struct {
		name, cluster, want string
	}{
		{"ledger", "", "pay"},
		{"x", "c-pay", "pay"},
		{"office-x", "", "office"},
		{"office-x", "c-pay", "pay office"},
		{"x", "other", ""},
		{"x", "", ""},
	} {
		var names []string
		for _, g := range in.IsolationGroups("id", tc.name, "", tc.cluster) {
			names = append(names, g.Name)
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("%s in cluster %q: groups %q, want %q", tc.name, tc.cluster, got, tc.want)
		}
	}
}

func TestFlowAllowed(t *testing.T) {
	in := parsed(t, `
flows:
  - {from: bastion, to: orders, ports: tcp/22}
  - {from: "ba*", to: orders, ports: [tcp/80, tcp/22]}
  - {from: internet, to: web, ports: tcp/443}
  - {from: 10.1.0.0/16, to: web}
`)
	net := func(s string) netset.Addrs { return netset.Prefix(netip.MustParsePrefix(s)) }
	web := Peer{Name: "web"}
	for _, tc := range []struct {
		name     string
		from, to Peer
		ports    netset.Ports
		by       string // lines
		left     string
	}{
		{"one flow", Peer{Name: "bastion"}, Peer{Name: "orders"}, netset.TCP(22, 22), "4", "none"},
		{"two together", Peer{Name: "bastion"}, Peer{Name: "orders"}, netset.TCP(22, 22).Union(netset.TCP(80, 80)), "4 5", "none"},
		{"a part", Peer{Name: "bastion"}, Peer{Name: "orders"}, netset.TCP(22, 23), "4", "tcp/23"},
		{"the other way", Peer{Name: "orders"}, Peer{Name: "bastion"}, netset.TCP(22, 22), "", "tcp/22"},
		{"internet", Peer{Internet: true}, web, netset.TCP(443, 443), "6", "none"},
		{"internet is not every address", Peer{Addrs: net("203.0.113.0/24")}, web, netset.TCP(443, 443), "", "tcp/443"},
		{"within a CIDR", Peer{Addrs: net("10.1.2.0/24")}, web, netset.UDP(53, 53), "7", "none"},
		{"partly within a CIDR", Peer{Addrs: net("10.0.0.0/8")}, web, netset.UDP(53, 53), "", "udp/53"},
		{"unknown addresses are in no CIDR", Peer{Name: "x"}, web, netset.UDP(53, 53), "", "udp/53"},
		{"no ports asked", Peer{Name: "bastion"}, Peer{Name: "orders"}, netset.NoPorts(), "", "none"},
	} {
		by, left := in.FlowAllowed(tc.from, tc.to, tc.ports)
		var lines []string
		for _, f := range by {
			lines = append(lines, fmt.Sprint(f.Place.Line))
		}
		if got := strings.Join(lines, " "); got != tc.by || left.String() != tc.left {
			t.Errorf("%s: by lines %q, left %v; want %q, %s", tc.name, got, left, tc.by, tc.left)
		}
	}
}

func TestExceptions(t *testing.T) {
	e := Exception{Recommendation: "imds", Resource: NewGlob("a.*"), Until: Date{2027, 1, 31}}
	for today, want := range map[Date]bool{{2027, 1, 30}: false, {2027, 1, 31}: false, {2027, 2, 1}: true, {2028, 1, 1}: true, {2026, 12, 31}: false} {
		if got := e.Expired(today); got != want {
			t.Errorf("expired on %v: %v", today, got)
		}
	}
	if (Exception{}).Expired(Date{9999, 1, 1}) {
		t.Error("an exception without a date expires")
	}
	if !e.Matches("imds", "a.b") || e.Matches("imds-v2", "a.b") || e.Matches("imds", "b.a") {
		t.Error("the exception is about the wrong findings")
	}
}

func TestSeverityFor(t *testing.T) {
	in := Intent{Severities: []SeverityRule{
		{Recommendation: "imds", Severity: finding.Low},
		{Recommendation: "imds", Severity: finding.Critical},
		{Recommendation: "imds", Resource: NewGlob("a.*"), Severity: finding.Note},
	}}
	for _, tc := range []struct {
		slug string
		id   ref.ID
		want finding.Severity
		ok   bool
	}{
		{"imds", "a.b", finding.Note, true}, // the one that names resources wins
		{"imds", "b", finding.Low, true},    // then the first
		{"tls-data", "a.b", finding.Note, false},
	} {
		if got, ok := in.SeverityFor(tc.slug, tc.id); got.Severity != tc.want || ok != tc.ok {
			t.Errorf("%s on %s: %v, %v", tc.slug, tc.id, got.Severity, ok)
		}
	}
}

func TestPrefixListAndNamed(t *testing.T) {
	in := parsed(t, "prefix_lists: {pl-1: [10.0.0.1]}\nexceptions: [{recommendation: b, resource: x}]\nseverity: {c: low, a: low}\n")
	if got, ok := in.PrefixList("pl-1"); !ok || got.String() != "10.0.0.1/32" {
		t.Errorf("pl-1 is %v, %v", got, ok)
	}
	if _, ok := in.PrefixList("pl-2"); ok {
		t.Error("pl-2 is there")
	}
	if got := fmt.Sprint(in.Named()); got != "[{a muralla.yaml:4} {c muralla.yaml:4}]" {
		t.Errorf("named: %s", got)
	}
}
