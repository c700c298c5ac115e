package question

import (
	"errors"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
		{"a<->b", "a <-> b"},
		{"a,b , c except d -> e, f except g,h tcp/1, udp/2", "a, b, c except d -> e, f except g, h tcp/1, udp/2"},
		{"Who Reaches svc/a HTTPS", "who reaches svc/a tcp/443"},
		{"who can reach db/a --direct", "who reaches db/a --direct"},
		{"what can svc/a, svc/b reach postgres,redis", "what can svc/a, svc/b reach tcp/5432, tcp/6379"},
		{"what does svc/a reach --pivot", "what can svc/a reach --pivot"},
		{"what leaves vpc/a Through What", "what leaves vpc/a"},
		{"what leaves vpc/a through what https", "what leaves vpc/a tcp/443"},
		{"a -> b --pivot --direct", "a -> b --direct --pivot"},
		{"a -> AWS/ECR.api", "a -> aws/ecr.api"},
		{"a -> b ping", "a -> b icmp/8, icmpv6/128"},
		{"a -> b all except tcp/22, udp", "a -> b all except tcp/22, udp"},
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
	if want := netset.Prefix(netip.MustParsePrefix("10.0.0.0/16")); err != nil || !q.From.Names[0].Addrs.Equal(want) {
		t.Errorf("a range is %v, %v", q.From, err)
	}
}

// What cannot be asked says where and why, and what to do.
func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ in, problem, hint, where string }{
		{"", "is empty", "for example", ""},
		{"internet", `no "->"`, "quote it", ""},
		{"internet -", `no "->"`, "takes the > for itself", ""},
		{"-> b", `nothing is before`, "for example", "->"},
		{"a ->", `nothing is after`, "for example", "->"},
		{"a <->", `nothing is after the <->`, "for example", "<->"},
		{"a -> --direct", `nothing is after`, "for example", "->"},
		{"a -> b -> c", `two arrows`, "--pivot", "->"},
		{"a tcp/80 -> b", "not tcp/80 before", "separated by commas", "tcp/80"},
		{"a, -> b", "a name is missing", "commas", "->"},
		{"a -> b,", "a name is missing", "commas", ""},
		{"a -> b except", "a name is missing", "commas", ""},
		{"except b -> a", "missing before except", "* except", "except"},
		{"internet -> 10.0.0.0/8", "both sides are outside", "name something of the design", ""},
		{"internet -> internet", "both sides are outside", "name something of the design", ""},
		{"internet -> aws/s3", "both sides are outside", "name something of the design", ""},
		{"aws/s3 -> svc/a", "a destination only", "svc/orders -> aws/s3", "aws/s3"},
		{"svc/a <-> aws/s3", "a destination only", "ask with ->", "aws/s3"},
		{"10.0.0.0/33 -> b", "10.0.0.0/33 is no address", "for example 10.0.0.0/16", "10.0.0.0/33"},
		{"10.0.0.256 -> b", "is no address", "for example", "10.0.0.256"},
		{"a -> 2001:db8:::1", "is no address", "2001:db8::/32", "2001:db8:::1"},
		{"a -> b 8080", "which protocol the port 8080", "did you mean tcp/8080?", "8080"},
		{"a -> b tcp/80, 443", "which protocol the port 443", "did you mean tcp/443?", "443"},
		{"a -> b tpc/80", "no ports tpc/80", "did you mean tcp/80?", "tpc/80"},
		{"a -> b htps", "no ports htps", "did you mean https?", "htps"},
		{"a -> b ssh/22", "no ports ssh/22", "did you mean ssh, or tcp/22?", "ssh/22"},
		{"a -> b tcp/80 tcp/443", "a word too many: tcp/443", "commas", "tcp/443"},
		{"a -> b tcp/80-70", "no ports tcp/80-70", "ports are written", "tcp/80-70"},
		{"a -> b tcp/70000", "no ports", "ports are written", "tcp/70000"},
		{"a -> b tcp/80,", "a port is missing", "ports are written", ","},
		{"a -> b tcp/80, , udp", "a port is missing", "ports are written", ","},
		{"a -> b all except", "a port", "ports are written", "except"},
		{"a -> b none", "no packet", "ports are written", "none"},
		{"--direct -> b", "no name --direct", "end of the question", "--direct"},
		{"a -> b --driect", "no flag --driect", "did you mean --direct?", "--driect"},
		{"a -> b --json", "no flag --json", "outside of the quotes", "--json"},
		{`a["b -> c`, "not closed", "for example", `["b -> c`},
		{"who reach", "a name is missing", "commas", ""},
		{"who raeches b", "no word raeches", "did you mean reaches?", "raeches"},
		{"who", "reaches is missing", "who reaches X", ""},
		{"who b", "reaches is missing before b", "who reaches X", "b"},
		{"waht can a reach", "no question begins with waht", "did you mean what?", "waht"},
		{"what cna a reach", "begins with what cna", "did you mean what can?", "cna"},
		{"what a", "begins with what a", "what can", "a"},
		{"what can a", "reach is missing at the end", "what can X reach", ""},
		{"what can a raech", "no word raech", "did you mean reach?", "raech"},
		{"what leaves internet", "outside the design already", "what leaves a VPC", "internet"},
		{"what leaves a --pivot", "no flags", "without", ""},
		{"who reaches internet", "with an arrow", "* -> internet", "internet"},
		{"\xff -> b", "not UTF-8", "for example", ""},
		{strings.Repeat("a", 5000) + " -> b", "longer than", "for example", ""},
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
		if e.At < 0 || e.Length < 0 || e.At+e.Length > len(tc.in) || tc.in[e.At:e.At+e.Length] != tc.where {
			t.Errorf("%q: the place is %d+%d, want %q", tc.in, e.At, e.Length, tc.where)
		}
	}
}

// The page says what the names of ports mean, and every name that is known.
func TestDocumentedPorts(t *testing.T) {
	page := docs(t)
	for name, ports := range wellKnown {
		text := ports.String()
		if !regexp.MustCompile("`" + name + "`[^|]*\\| `" + regexp.QuoteMeta(text) + "` ").MatchString(page) {
			t.Errorf("the page does not say that %s is %s", name, text)
		}
	}
}

func docs(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/ask.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// Every question of the documentation can be read, and so can its intents.
func TestDocumentedQuestions(t *testing.T) {
	page := docs(t)
	_, examples, _ := strings.Cut(page, "\n## Examples\n")
	found := regexp.MustCompile("(?m)^\\| `([^`]*)` \\|").FindAllStringSubmatch(examples, -1)
	if len(found) < 50 {
		t.Errorf("the page has %d examples", len(found))
	}
	forms := map[Form]int{}
	for _, m := range found {
		q, err := Parse(m[1])
		if err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
		forms[q.Form]++
	}
	if len(forms) != 5 {
		t.Errorf("examples are of the forms %v", forms)
	}
	_, block, _ := strings.Cut(page, "```text\n# What must hold")
	block, _, _ = strings.Cut(block, "```")
	list := ParseIntents("# What must hold" + block)
	if len(list) < 5 {
		t.Errorf("the page has %d intents", len(list))
	}
	for _, i := range list {
		if i.Err != nil || i.Name == "" {
			t.Errorf("%+v", i)
		}
	}
}

func TestIntents(t *testing.T) {
	list := ParseIntents("\ufeff# a file\r\n\n allow: a -> b tcp/80 # b works \r\nDeny: internet -> b[\"x # y\"] #\nalow: a -> b\na -> b\ndeny: a > b\nwho reaches x\n")
	want := []struct {
		line       int
		text, name string
		expect     Expectation
		problem    string
	}{
		{3, "a -> b tcp/80", "b works", ExpectAllow, ""},
		{4, `internet -> b["x # y"]`, "", ExpectDeny, ""},
		{5, "alow: a -> b", "", ExpectNothing, "no expectation alow"},
		{6, "a -> b", "", ExpectNothing, "not said what is expected"},
		{7, "a > b", "", ExpectDeny, `no "->"`},
		{8, "who reaches x", "", ExpectNothing, "not said what is expected"},
	}
	if len(list) != len(want) {
		t.Fatalf("%d intents: %+v", len(list), list)
	}
	for n, w := range want {
		i := list[n]
		problem := ""
		if i.Err != nil {
			problem = i.Err.Problem
		}
		if i.Line != w.line || i.Text != w.text || i.Name != w.name || i.Expect != w.expect || !strings.Contains(problem, w.problem) || (problem == "") != (w.problem == "") {
			t.Errorf("got %+v (%s), want %+v", i, problem, w)
		}
	}
	many := ParseIntents(strings.Repeat("allow: a -> b\n", maxIntents+5))
	if len(many) != maxIntents+1 || many[maxIntents].Err == nil {
		t.Errorf("%d intents of a long file", len(many))
	}
}

// A question prints as one that means the same, and an error has a hint and a
// place within the text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"internet -> svc/orders tcp/8080 --direct", `aws_lb.x["a -> b"]->y all except udp/1-5, icmp/3.4`, "10.0.0.0/8 -> 2001:db8::/32 esp",
		"a->b", "->", "[\"", "a -> b tcp/80,,", "a -> b protocols 7-16", "a, b except c <-> d https, ping --pivot", "who can reach a except 10.0.0.0/8 ssh",
		"what can x reach --direct --pivot", "what leaves a,b through what all traffic", "svc/a -> AWS/S3, aws/logs",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Problem == "" || e.Hint == "" || e.At < 0 || e.Length < 0 || e.At+e.Length > len(s) {
				t.Fatalf("%q: %#v", s, err)
			}
			return
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%q prints %q: %v", s, q, err)
		}
		place := cmpopts.IgnoreFields(Name{}, "At")
		if diff := cmp.Diff(q, again, place); diff != "" {
			t.Fatalf("%q prints %q, which is another question:\n%s", s, q, diff)
		}
	})
}
