package ask

import (
	"errors"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/netset"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"internet -> svc/orders", "internet -> svc/orders"},
		{"Internet->svc/orders", "internet -> svc/orders"},
		{"  svc/a\t->\n db/b   tcp/5432 ", "svc/a -> db/b tcp/5432"},
		{"a -> b tcp/1-100,udp/53", "a -> b tcp/1-100, udp/53"},
		{"a -> b tcp/443, tcp/80", "a -> b tcp/80, tcp/443"},
		{"a -> b TCP", "a -> b tcp"},
		{"a -> b icmp", "a -> b icmp"},
		{"a -> b icmp/8.0 --direct", "a -> b icmp/8.0 --direct"},
		{"a -> b all traffic", "a -> b all traffic"},
		{"a -> b all except tcp/22", "a -> b all except tcp/22"},
		{"a -> b protocol 200", "a -> b protocol 200"},
		{"internet -> svc/a --direct", "internet -> svc/a --direct"},
		{"10.0.0.5/16 -> b", "10.0.0.5/16 -> b"},
		{"2001:db8::1 -> *", "2001:db8::1 -> *"},
		{`aws_lb.x["a -> b"] -> module.m["c d"].aws_lb.y["e\"]f"] tcp/80`, `aws_lb.x["a -> b"] -> module.m["c d"].aws_lb.y["e\"]f"] tcp/80`},
		{"arn:aws:ecs:eu-west-1:111122223333:service/shop/orders -> sg-0abc", "arn:aws:ecs:eu-west-1:111122223333:service/shop/orders -> sg-0abc"},
		{"dead.beef -> cafe", "dead.beef -> cafe"}, // names, though their letters are digits of IPv6
	} {
		q, err := Parse(tc.in)
		if err != nil {
			t.Errorf("%q: %v", tc.in, err)
			continue
		}
		if got := q.String(); got != tc.want {
			t.Errorf("%q is %q, want %q", tc.in, got, tc.want)
		}
	}
	q, err := Parse("10.0.0.5/16 -> svc/x")
	if want := netset.Prefix(netip.MustParsePrefix("10.0.0.0/16")); err != nil || !q.From.Addrs.Equal(want) {
		t.Errorf("a range is %v, %v", q.From.Addrs, err)
	}
}

// What cannot be asked says why and what to do.
func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ in, problem, hint string }{
		{"", "is empty", "for example"},
		{"internet", `no "->"`, "quote it"},
		{"internet -", `no "->"`, "takes the > for itself"},
		{"-> b", `nothing is before`, "for example"},
		{"a ->", `nothing is after`, "for example"},
		{"a -> --direct", `nothing is after`, "for example"},
		{"a -> b -> c", `two "->"`, "one connection at a time"},
		{"a tcp/80 -> b", "one name belongs before", "ports follow the destination"},
		{"internet -> 10.0.0.0/8", "both sides are outside", "name something of the design"},
		{"internet -> internet", "both sides are outside", "name something of the design"},
		{"10.0.0.0/33 -> b", "10.0.0.0/33 is no address", "for example 10.0.0.0/16"},
		{"10.0.0.256 -> b", "is no address", "for example"},
		{"a -> 2001:db8:::1", "is no address", "2001:db8::/32"},
		{"a -> b 8080", "which protocol the port 8080", "did you mean tcp/8080?"},
		{"a -> b tcp/80, 443", "which protocol the port 443", "did you mean tcp/443?"},
		{"a -> b tpc/80", "no ports tpc/80", "did you mean tcp/80?"},
		{"a -> b tcp/80-70", "no ports tcp/80-70", "ports are written"},
		{"a -> b tcp/70000", "no ports", "ports are written"},
		{"a -> b tcp/80,", "a port is missing", "ports are written"},
		{"a -> b http", "no ports http", ""},
		{"a -> b none", "no packet", "ports are written"},
		{"--direct -> b", "no side --direct", "outside of the quotes"},
		{`a["b -> c`, "not closed", "for example"},
		{"\xff -> b", "not UTF-8", "for example"},
		{strings.Repeat("a", 5000) + " -> b", "longer than", "for example"},
	} {
		_, err := Parse(tc.in)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", tc.in, err)
			continue
		}
		if !strings.Contains(e.Problem, tc.problem) || !strings.Contains(e.Hint, tc.hint) || e.Hint == "" {
			t.Errorf("%q: %s; hint %s; want %q and %q", tc.in, e.Problem, e.Hint, tc.problem, tc.hint)
		}
	}
}

// Every question of the documentation can be parsed.
func TestDocumentedQuestions(t *testing.T) {
	page, err := os.ReadFile("../../docs/ask.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?m)^\\| `([^`]* -> [^`]*)` \\|").FindAllStringSubmatch(string(page), -1)
	if len(found) < 20 {
		t.Errorf("the page has %d examples", len(found))
	}
	for _, m := range found {
		if _, err := Parse(m[1]); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
	}
}

// A question prints as one that means the same, and an error has a hint.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"internet -> svc/orders tcp/8080 --direct", `aws_lb.x["a -> b"]->y all except udp/1-5, icmp/3.4`, "10.0.0.0/8 -> 2001:db8::/32 esp",
		"a->b", "->", "[\"", "a -> b tcp/80,,", "a -> b protocols 7-16",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Problem == "" || e.Hint == "" {
				t.Fatalf("%q: %#v", s, err)
			}
			return
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%q prints %q: %v", s, q, err)
		}
		same := again.From.Pattern == q.From.Pattern && again.To.Pattern == q.To.Pattern &&
			again.From.Addrs.Equal(q.From.Addrs) && again.To.Addrs.Equal(q.To.Addrs) &&
			again.From.Internet == q.From.Internet && again.To.Internet == q.To.Internet &&
			again.HasPorts == q.HasPorts && again.Ports.Equal(q.Ports) && again.Direct == q.Direct
		if !same {
			t.Fatalf("%q is %+v, prints %q, which is %+v", s, q, q, again)
		}
	})
}
