package design

import (
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func text(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }
func to(id, attr string) resource.Value {
	return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(id), Attr: attr}}
}
func list(vs ...resource.Value) resource.Value {
	return resource.Value{Kind: resource.List, List: vs}
}
func unknown(why string) resource.Value {
	return resource.Value{Kind: resource.Unknown, Why: why}
}

func TestScalars(t *testing.T) {
	// Null is the default of AWS; text forms of numbers and truth values count.
	if b := Bool(resource.Value{}, true); !b.Or(false) {
		t.Error("null is not the default")
	}
	if n, ok := Int(text(" 443 "), 0).Get(); n != 443 || !ok {
		t.Errorf("text 443 reads as %d, %v", n, ok)
	}
	// Unknown, references and what may be absent are unknown, with a reason.
	maybe := text("x")
	maybe.Maybe, maybe.Why = true, "var.on has no value"
	for _, v := range []resource.Value{unknown("var.a has no value"), to("aws_lb.x", "dns_name"), maybe} {
		if f := String(v, "d"); f.IsKnown() || f.Why == "" {
			t.Errorf("%+v reads as known %v, why %q", v, f.IsKnown(), f.Why)
		}
	}
	// A value of the wrong type is unknown, not the default.
	if Bool(text("perhaps"), true).IsKnown() || Int(resource.Value{Kind: resource.Number, Number: 1.5}, 0).IsKnown() {
		t.Error("a value of the wrong type is known")
	}
}

func TestLinks(t *testing.T) {
	d := New(resource.Set{
		Resources: []resource.Resource{
			{ID: "aws_security_group.a", Type: "aws_security_group", Exists: fact.Yes},
			{ID: "aws_security_group.b", Type: "aws_security_group", Why: "count is unknown"},
		},
		Missing: []resource.Missing{{ID: "module.m", Source: "x/y", Inputs: []resource.Reference{{ID: "aws_security_group.a", Attr: "id"}}}},
	})
	d.Alias("aws_vpc.v.default_security_group_id", "aws_security_group.a")
	l := d.Links(list(to("aws_security_group.b", "id"), to("aws_vpc.v", "default_security_group_id"), text("sg-0abc"), text("sg-0abc"), unknown("var.more has no value")))
	if len(l.List) != 3 || l.More != "var.more has no value" {
		t.Fatalf("got %+v", l)
	}
	for i, want := range []struct {
		id     ref.ID
		exists fact.Tri
	}{{"aws_security_group.a", fact.Yes}, {"aws_security_group.b", fact.Unknown}, {"sg-0abc", fact.Yes}} {
		if l.List[i].ID != want.id || l.List[i].Exists != want.exists {
			t.Errorf("link %d is %+v, want %+v", i, l.List[i], want)
		}
	}
	if d.GivenAway("aws_security_group.a") == "" || d.GivenAway("aws_security_group.b") != "" {
		t.Error("what a missing module is given is not told apart")
	}
	if got := d.Link(list(text("a"), text("b"))); got.ID != "" || got.Why == "" {
		t.Errorf("two things are one: %+v", got)
	}
}

func TestAliasCycleEnds(t *testing.T) {
	d := New()
	d.Alias("a", "b")
	d.Alias("b", "c")
	d.Alias("c", "a")
	d.Canonical("a") // must return
	if len(d.alias) != 2 {
		t.Errorf("a cycle of aliases was made: %v", d.alias)
	}
}

// What a module that is not here would give is named with the module.
func TestStubNames(t *testing.T) {
	d := New(resource.Set{Missing: []resource.Missing{{ID: "prod/module.a.module.net"}}})
	for id, want := range map[ref.ID]string{
		"prod/module.a.module.net.vpc_id":                     "module.net.vpc_id",
		"prod/module.a.aws_vpc.main":                          "aws_vpc.main",
		"prod/var.vpc_id":                                     "var.vpc_id",
		"prod/data.terraform_remote_state.net.outputs.vpc_id": "vpc_id",
	} {
		if got := d.Stub(id, "aws_vpc", ref.Place{}).Name; got != want {
			t.Errorf("%s is called %q, want %q", id, got, want)
		}
	}
}
