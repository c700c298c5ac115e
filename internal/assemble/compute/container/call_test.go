package container_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/assemble/compute/container"
	"github.com/muralla-net/muralla/internal/resource"
)

// calls reads one variable of one container and writes what it says of an address.
func calls(name string, v resource.Value) string {
	text := func(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }
	list, _, _ := container.Read(resource.Value{Kind: resource.List, List: []resource.Value{{Kind: resource.Map, Map: map[string]resource.Value{
		"name":        text("app"),
		"environment": {Kind: resource.List, List: []resource.Value{{Kind: resource.Map, Map: map[string]resource.Value{"name": text(name), "value": v}}}},
	}}}}, nil)
	if len(list) != 1 || len(list[0].Calls) == 0 {
		return "none"
	}
	c := list[0].Calls[0]
	return strings.TrimSpace(fmt.Sprintf("%s %s port=%s things=%v open=%s tls=%s", c.Scheme, c.Host, c.Port, c.Things, c.Open, c.TLS))
}

func TestCalls(t *testing.T) {
	text := func(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }
	joined := func(parts ...resource.Value) resource.Value { return resource.Value{Kind: resource.Text, List: parts} }
	to := func(id, attr string) resource.Value {
		return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: "aws_lb." + "x", Attr: attr}}
	}
	variable := resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: "var.host"}}
	for _, tc := range []struct {
		name  string
		value resource.Value
		want  string
	}{
		{"A", text("debug"), "none"},
		{"A", text("http://Catalog.shop.test:8080/v1?x=1"), "http catalog.shop.test port=8080 things=[] open= tls=no"},
		{"A", text("https://catalog"), "https catalog port= things=[] open= tls=yes"},
		{"A", text("rediss://user:hunter2@cache:6379/0"), "rediss cache port=6379 things=[] open= tls=yes"},
		{"A", text("postgres://u:p@ss@db:5432/x?sslmode=require"), "postgres db port=5432 things=[] open= tls=yes"},
		{"A", text("jdbc:postgresql://db/x?sslmode=disable"), "postgresql db port= things=[] open= tls=no"},
		{"A", text("http://[fd00::1]:80"), "http [fd00::1] port=80 things=[] open= tls=no"},
		{"PGSSLMODE", text("verify-full"), "port= things=[] open= tls=yes"},
		{"PGSSLMODE", text("prefer"), "none"},
		{"A", to("x", "dns_name"), "${aws_lb.x.dns_name} port= things=[aws_lb.x] open= tls=unknown"},
		{"A", joined(text("http://"), to("x", "dns_name"), text(":8080/y")), "http ${aws_lb.x.dns_name} port=8080 things=[aws_lb.x] open=aws_lb.x.dns_name tls=no"},
		{"A", joined(text("http://"), variable, text(".svc.test")), "http ${var.host}.svc.test port= things=[] open=var.host tls=no"},
		{"A", variable, "none"},
		{"A", resource.Value{Kind: resource.String, Text: "http://x", Sensitive: true}, "none"},
	} {
		if got := calls(tc.name, tc.value); got != tc.want {
			t.Errorf("%s=%+v:\ngot  %s\nwant %s", tc.name, tc.value, got, tc.want)
		}
	}
}

// Nothing of user and password is kept, whatever the address looks like.
func FuzzCalls(f *testing.F) {
	for _, s := range []string{"http://u:SECRET@h", "://SECRET@", "x://${SECRET@h", "a://SECRET@b@c:1/", "http://[SECRET@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		before, after, ok := strings.Cut(s, "SECRET@")
		got := calls("A", resource.Value{Kind: resource.String, Text: s})
		_, authority, url := strings.Cut(before, "://")
		if ok && url && !strings.ContainsAny(authority, "/?# ,;\"'$[]{}") && !strings.Contains(after, "SECRET") && strings.Contains(got, "secret") {
			t.Errorf("%q: %s", s, got)
		}
	})
}
