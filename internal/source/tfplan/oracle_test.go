package tfplan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
)

// term is an expression that is really evaluated: what a plan shows of it, and
// what it is after apply.
type term struct {
	refs  []string // as the plan lists them
	value []string // resources whose ids it is made of, after apply; "" stands for an id that is written out
	known bool     // the value holds nothing that is unknown before apply
}

// drawTerm draws an expression that gives a list of ids. Within a module
// everything goes through its variables, which are collected in vars.
func drawTerm(rt *rapid.T, depth int, vars map[string]term) term {
	kinds := []string{"one", "one", "splat", "splat", "indexed", "known", "local"}
	if depth > 0 {
		kinds = append(kinds, "concat", "concat", "choice", "first")
	}
	if vars != nil {
		v := drawTerm(rt, depth, nil)
		name := fmt.Sprintf("v%d", len(vars))
		vars[name] = v
		return term{refs: []string{"var." + name}, value: v.value, known: v.known}
	}
	switch rapid.SampledFrom(kinds).Draw(rt, "kind") {
	case "one":
		g := "aws_security_group." + rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "group")
		return term{refs: []string{g + ".id", g}, value: []string{g}}
	case "splat":
		return term{refs: []string{"aws_subnet.s"}, value: []string{"aws_subnet.s[0]", "aws_subnet.s[1]"}}
	case "indexed":
		i := rapid.IntRange(0, 1).Draw(rt, "index")
		s := fmt.Sprintf("aws_subnet.s[%d]", i)
		return term{refs: []string{s + ".id", s, "aws_subnet.s"}, value: []string{s}}
	case "known":
		return term{refs: []string{"data.aws_vpc.v.id", "data.aws_vpc.v"}, value: []string{"data.aws_vpc.v"}, known: true}
	case "local":
		v := drawTerm(rt, 0, nil)
		return term{refs: []string{"local.x"}, value: v.value, known: v.known}
	case "concat":
		a, b := drawTerm(rt, depth-1, nil), drawTerm(rt, depth-1, nil)
		return term{refs: slices.Concat(a.refs, b.refs), value: slices.Concat(a.value, b.value), known: a.known && b.known}
	case "choice": // var.flag ? a : b, with a known flag
		a, b := drawTerm(rt, depth-1, nil), drawTerm(rt, depth-1, nil)
		out := a
		if rapid.Bool().Draw(rt, "flag") {
			out = b
		}
		return term{refs: slices.Concat([]string{"var.flag"}, a.refs, b.refs), value: out.value, known: out.known}
	default: // slice(a, 0, 1)
		a := drawTerm(rt, depth-1, nil)
		known := a.known
		if a.value[0] == "data.aws_vpc.v" {
			known = true
		}
		return term{refs: a.refs, value: a.value[:1], known: known}
	}
}

// TestJoinIsSound evaluates expressions for real and compares: what the reader
// says is a reference is that very resource after apply, and what it says may
// be one of its candidates is.
func TestJoinIsSound(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		var vars map[string]term
		d := design{variables: `"flag":{"value":true}`}
		if rapid.Bool().Draw(rt, "in a module") {
			vars = map[string]term{}
			d.module = "module.m"
		}
		v := drawTerm(rt, 3, vars)
		if v.known {
			return
		}
		// A set is unknown as a whole, a list by element, a single argument too.
		arg := "member_ids" // which may be of any type
		form := rapid.SampledFrom([]string{"set", "set", "list", "single"}).Draw(rt, "form")
		if form == "single" {
			arg, v.value = "member_id", v.value[:1]
			if v.value[0] == "data.aws_vpc.v" {
				return
			}
		}
		d.expressions = fmt.Sprintf("%q:%s", arg, refs(v.refs...))
		d.unknown = fmt.Sprintf("%q:true", arg)
		if form == "list" {
			var after, unknown []string
			for _, id := range v.value {
				if id == "data.aws_vpc.v" {
					after, unknown = append(after, `"vpc-01234567"`), append(unknown, "false")
				} else {
					after, unknown = append(after, "null"), append(unknown, "true")
				}
			}
			d.after = fmt.Sprintf("%q:[%s]", arg, strings.Join(after, ","))
			d.unknown = fmt.Sprintf("%q:[%s]", arg, strings.Join(unknown, ","))
		}
		if vars != nil {
			var args []string
			for name, a := range vars {
				args = append(args, fmt.Sprintf("%q:%s", name, refs(a.refs...)))
			}
			d.call = `"expressions":{` + strings.Join(args, ",") + `},`
		}
		set, diags := Read("p", []byte(d.String()), Options{})
		if problems(diags) > 0 {
			rt.Fatalf("%v", diags)
		}
		got := thing(rt, set).Get(arg)
		real := func(f resource.Reference, among []string) {
			if f.Attr != "id" || !slices.Contains(among, string(f.ID)) {
				rt.Fatalf("%s = %v shows as %s, but is %v\n%s", arg, v.refs, show(got), v.value, d)
			}
		}
		open := func(u resource.Value, among []string) {
			seen["open"]++
			if strings.Contains(u.Why, "is not in the plan") {
				seen["hidden"]++
				return
			}
			for _, id := range among {
				if !slices.ContainsFunc(u.Candidates, func(f resource.Reference) bool { return string(f.ID) == id }) {
					rt.Fatalf("%s = %v is %s, which is no candidate: %s\n%s", arg, v.refs, id, show(u), d)
				}
			}
		}
		switch {
		case got.Kind == resource.Unknown:
			open(got, v.value)
		case got.Kind == resource.Ref:
			seen["ref"]++
			real(got.Ref, v.value)
		case form == "set":
			seen["whole"]++
			// All that is in it is said; more is only what a slice left out and
			// is like what it took.
			var said, types []string
			for _, e := range got.List {
				said = append(said, string(e.Ref.ID))
			}
			for _, id := range v.value {
				types = append(types, typeOf(id))
				if !slices.Contains(said, id) {
					rt.Fatalf("%s = %v shows as %s, but is %v", arg, v.refs, show(got), v.value)
				}
			}
			for _, e := range got.List {
				if id := string(e.Ref.ID); e.Ref.Attr != "id" || !slices.Contains(types, typeOf(id)) {
					rt.Fatalf("%s = %v shows as %s, but is %v", arg, v.refs, show(got), v.value)
				}
			}
			if len(got.List) > 1 {
				seen["several"]++
			}
		default:
			if len(got.List) != len(v.value) {
				rt.Fatalf("%s shows as %s, but is %v", arg, show(got), v.value)
			}
			for i, e := range got.List {
				if e.Kind == resource.Unknown {
					open(e, v.value[i:i+1])
					continue
				}
				seen["element"]++
				real(e.Ref, v.value[i:i+1])
			}
		}
	})
	for _, k := range []string{"open", "hidden", "ref", "whole", "several", "element"} {
		if seen[k] < 5 {
			t.Errorf("only %d draws were %s: the generator is too narrow", seen[k], k)
		}
	}
}

func typeOf(address string) string {
	typ, _, _ := strings.Cut(address, ".")
	return typ
}

// problems counts what is more than a note.
func problems(diags diag.List) int {
	n := 0
	for _, d := range diags {
		if d.Level != diag.Note {
			n++
		}
	}
	return n
}
