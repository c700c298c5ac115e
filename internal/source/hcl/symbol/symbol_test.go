package symbol

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func TestPartsOfWhatWasPutTogether(t *testing.T) {
	seen := map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		var want []Part
		for range rapid.IntRange(0, 5).Draw(rt, "parts") {
			isRef := rapid.Bool().Draw(rt, "is a reference")
			seen[isRef]++
			p := Part{IsRef: isRef}
			if isRef {
				p.Ref = resource.Reference{ID: ref.ID(rapid.String().Draw(rt, "id")), Attr: rapid.String().Draw(rt, "attr")}
				text.WriteString(Make(p.Ref))
				if rapid.Bool().Draw(rt, "rest") {
					text.WriteString(Rest("")) // which is no part
				}
			} else {
				p.Text = rapid.StringMatching(`[a-z"\\é,/<\x{10FFFF}]{1,5}`).Draw(rt, "text")
				text.WriteString(p.Text)
			}
			if n := len(want); !isRef && n > 0 && !want[n-1].IsRef {
				want[n-1].Text += p.Text // literals in a row are one
			} else {
				want = append(want, p)
			}
		}
		if diff := cmp.Diff(want, Parts(text.String())); diff != "" {
			rt.Fatalf("want -, got +:\n%s", diff)
		}
		// JSON neither escapes nor breaks a symbol.
		encoded, err := json.Marshal(text.String())
		if err != nil {
			rt.Fatal(err)
		}
		refs := func(parts []Part) (out []resource.Reference) {
			for _, p := range parts {
				if p.IsRef {
					out = append(out, p.Ref)
				}
			}
			return out
		}
		if diff := cmp.Diff(refs(want), refs(Parts(string(encoded)))); diff != "" {
			rt.Fatalf("references in %s, want -, got +:\n%s", encoded, diff)
		}
	})
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("drew %d references and %d literals", seen[true], seen[false])
	}
}

func TestBrokenSymbolsAreText(t *testing.T) {
	whole := Make(resource.Reference{ID: "aws_lb.x", Attr: "arn"})
	for _, s := range []string{whole[:len(whole)-4], whole[4:], whole[:8], "a" + whole[:12] + "b", whole[:9]} {
		got := Parts(s)
		if len(got) != 1 || got[0].IsRef || got[0].Text != s {
			t.Errorf("Parts(%q) = %+v", s, got)
		}
		if !Has(s) {
			t.Errorf("Has(%q) is false: nobody may look into a piece of a symbol", s)
		}
	}
	for _, s := range []string{"", "plain", "\U0010FFFF", "\U00100000x", "\xF4", "\xF4\x8F"} {
		if Has(s) {
			t.Errorf("Has(%q) is true", s)
		}
	}
	if got, ok := Is(whole); !ok || got.Attr != "arn" {
		t.Errorf("Is(whole) = %v, %v", got, ok)
	}
	if _, ok := Is(whole + "x"); ok {
		t.Error("a symbol and more is not exactly a symbol")
	}
}

func TestSymbolsPassThroughFunctions(t *testing.T) {
	id := Value(resource.Reference{ID: `aws_subnet.a["x,y/z"]`, Attr: "id"})
	list := cty.ListVal([]cty.Value{id, cty.StringVal("subnet-1")})
	joined, err := stdlib.Join(cty.StringVal(","), list)
	if err != nil {
		t.Fatal(err)
	}
	split, err := stdlib.Split(cty.StringVal(","), joined)
	if err != nil || !split.RawEquals(list) {
		t.Errorf("split of join = %#v, %v", split, err)
	}
	if !HasValue(cty.MapVal(map[string]cty.Value{id.AsString(): cty.StringVal("")})) {
		t.Error("a key of a map is not seen")
	}
	if HasValue(cty.ObjectVal(map[string]cty.Value{"a": cty.NullVal(cty.String), "b": cty.DynamicVal})) {
		t.Error("a symbol is seen where there is none")
	}
}

func TestEqual(t *testing.T) {
	of := func(id ref.ID, attr string) cty.Value { return Value(resource.Reference{ID: id, Attr: attr}) }
	rest := cty.StringVal(Rest(Make(resource.Reference{ID: "aws_lb.a", Attr: "id"})))
	text := cty.StringVal
	null := cty.NullVal(cty.String)
	for _, tc := range []struct {
		a, b cty.Value
		want fact.Tri
	}{
		{text("a"), text("a"), fact.Yes},
		{text("a"), text("b"), fact.No},
		{of("aws_lb.a", "id"), of("aws_lb.a", "id"), fact.Yes},
		{of("aws_lb.a", "id"), of("aws_lb.b", "id"), fact.No},
		{of("aws_lb.a", "name"), of("aws_lb.b", "name"), fact.Unknown},
		{of("aws_lb.a", "id"), of("aws_lb.b", "arn"), fact.Unknown},
		{of("var.a", "id"), of("var.b", "id"), fact.Unknown},
		{of("data.aws_vpc.a", "id"), of("aws_vpc.b", "id"), fact.Unknown},
		// An input may be any text, but not none.
		{of("var.env", ""), text("prod"), fact.Unknown},
		{of("var.env", ""), text(""), fact.No},
		{of("var.env", ""), null, fact.No},
		// Ids and ARNs have a form.
		{of("module.alb", "security_group_id"), text("self"), fact.No},
		{of("module.alb", "security_group_id"), text("sg-1"), fact.Unknown},
		{of(`aws_vpc.a["x"]`, "id"), text("default"), fact.No},
		{of("aws_ecs_cluster.a", "arn"), text("default"), fact.No},
		{of("aws_ecs_cluster.a", "id"), text("default"), fact.Unknown},
		{of("var.arn", ""), text("default"), fact.Unknown},
		{null, null, fact.Yes},
		{null, text(""), fact.No},
		// What may be null may be null.
		{rest, null, fact.Unknown},
		{rest, rest, fact.Unknown},
		{cty.UnknownVal(cty.String), text(""), fact.Unknown},
		// Two holes are not the same hole.
		{text(Hole("x")), text(Hole("x")), fact.Unknown},
		{cty.TupleVal([]cty.Value{of("var.a", "")}), cty.TupleVal([]cty.Value{of("var.a", "")}), fact.Yes},
		{cty.TupleVal([]cty.Value{of("var.a", "")}), cty.TupleVal([]cty.Value{text("x")}), fact.Unknown},
		{cty.NumberIntVal(1), cty.NumberIntVal(2), fact.No},
	} {
		if got, back := Equal(tc.a, tc.b), Equal(tc.b, tc.a); got != tc.want || back != tc.want {
			t.Errorf("Equal(%#v, %#v) = %v, %v; want %v", tc.a, tc.b, got, back, tc.want)
		}
	}
	if !RestValue(cty.TupleVal([]cty.Value{text("a"), rest})) || RestValue(cty.TupleVal([]cty.Value{text("a")})) || RestValue(rest) {
		t.Error("RestValue does not see the elements that stand for zero or more")
	}
}

func TestReasons(t *testing.T) {
	a := Unknown(cty.Number, "var.port has no value", ref.Place{File: "a.tf", Line: 3})
	b := Unknown(cty.Number, "var.app has no value", ref.Place{File: "a.tf", Line: 10})
	sum := a.Add(b)
	if why, at := Why(cty.TupleVal([]cty.Value{sum})); why != "var.port has no value" || at.Line != 3 {
		t.Errorf("the reason is %q at %v, want the first one", why, at)
	}
	if why, at := Why(cty.StringVal("x")); why != "" || !at.IsZero() {
		t.Errorf("a known value has the reason %q at %v", why, at)
	}
	one, two := resource.Reference{ID: "a.b", Attr: "id"}, resource.Reference{ID: "a.c", Attr: "id"}
	v := cty.UnknownVal(cty.String).WithMarks(cty.NewValueMarks(Candidate{two}, Candidate{one}, Sensitive{}))
	if diff := cmp.Diff([]resource.Reference{one, two}, Candidates(v)); diff != "" {
		t.Errorf("candidates, want -, got +:\n%s", diff)
	}
}
