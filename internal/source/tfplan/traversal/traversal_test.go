package traversal

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Path{
		"aws_lb.x":                   {Base: "aws_lb.x"},
		"aws_lb.x[0].arn":            {Base: "aws_lb.x", Index: "[0]", Rest: []string{"arn"}},
		"data.aws_vpc.v[\"a.b\"].id": {Head: "data", Base: "data.aws_vpc.v", Index: `["a.b"]`, Rest: []string{"id"}},
		"module.m[\"]\"].out[1].id":  {Head: "module", Base: "module.m", Index: `["]"]`, Rest: []string{"out", "id"}},
		"module.m.out[1]":            {Head: "module", Base: "module.m", Rest: []string{"out"}, Last: "[1]"},
		"var.v[0]":                   {Head: "var", Base: "v", Index: "[0]", Last: "[0]"},
		"local":                      {Head: "local", Base: "local"},
		"aws_lb":                     {Head: "local", Base: "aws_lb"},
		"":                           {Head: "local"},
		"each.value.id":              {Head: "each", Base: "value", Rest: []string{"id"}},
	} {
		if diff := cmp.Diff(want, Parse(text)); diff != "" {
			t.Errorf("%s, want -, got +:\n%s", text, diff)
		}
	}
}

func TestElement(t *testing.T) {
	for text, want := range map[string][2]string{
		"var.v[0]":               {"var.v", "0"},
		"var.v.a[2]":             {"var.v.a", "2"},
		"module.m.out[1]":        {"module.m.out", "1"},
		"module.m[\"k\"].out[1]": {"module.m[\"k\"].out", "1"},
		"module.m[1]":            {},
		"var.v[\"k\"]":           {},
		"var.v":                  {},
		"var.v[0][1]":            {},
		"aws_subnet.s[0]":        {},
	} {
		list, number, ok := Parse(text).Element()
		if got := [2]string{list, number}; got != want && ok || ok != (want[1] != "") {
			t.Errorf("%s is element %q of %q, %v", text, number, list, ok)
		}
	}
}

func TestWritten(t *testing.T) {
	doc, err := tree.Parse([]byte(`["module.m.o[0]","module.m.o","module.m","aws_lb.x","aws_lb.x.arn","aws_lb.x","aws_lb.xy",7,"count.index"]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"module.m.o[0]", "aws_lb.x", "aws_lb.x.arn", "aws_lb.xy", "count.index"}
	if got := Written(doc.Root().Items()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"module.m[\"a.b\"].out[0]", "x[\"", "data.", "].a["} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := Parse(s)
		if p.Base == "" && p.Head == "" {
			t.Errorf("%q names nothing: %+v", s, p)
		}
		p.Element()
	})
}
