package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// drawn is a random template over three parameters without values.
type drawn struct {
	t     *rapid.T
	conds int
}

func (d drawn) word() string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(d.t, "word") }

func (d drawn) scalar() string {
	switch rapid.IntRange(0, 4).Draw(d.t, "scalar") {
	case 0, 1:
		return "{Ref: " + rapid.SampledFrom([]string{"P", "Q", "R"}).Draw(d.t, "parameter") + "}"
	case 2:
		return "{Fn::Sub: '" + d.word() + "${" + rapid.SampledFrom([]string{"P", "Q"}).Draw(d.t, "parameter") + "}'}"
	case 3:
		return "{Fn::FindInMap: [M, {Ref: P}, " + d.word() + ", {DefaultValue: d}]}"
	default:
		return d.word()
	}
}

// condition is one that may refer to the conditions before it.
func (d drawn) condition(depth, before int) string {
	switch n := rapid.IntRange(0, 5).Draw(d.t, "condition"); {
	case n == 0 && before > 0:
		return fmt.Sprintf("{Condition: C%d}", rapid.IntRange(0, before-1).Draw(d.t, "which"))
	case n == 1 && depth > 0:
		return "{Fn::Not: [" + d.condition(depth-1, before) + "]}"
	case n >= 4 && depth > 0:
		return fmt.Sprintf("{Fn::%s: [%s, %s]}", rapid.SampledFrom([]string{"And", "Or"}).Draw(d.t, "logic"),
			d.condition(depth-1, before), d.condition(depth-1, before))
	default:
		return fmt.Sprintf("{Fn::Equals: [%s, %s]}", d.scalar(), d.scalar())
	}
}

// value is a value, at most some levels deep; a list if that is asked.
func (d drawn) value(depth int, isList bool) string {
	n := rapid.IntRange(0, 5).Draw(d.t, "value")
	switch {
	case n <= 2 && depth > 0:
		no := d.value(depth-1, isList)
		if !isList && rapid.IntRange(0, 3).Draw(d.t, "none") == 0 {
			no = "{Ref: AWS::NoValue}"
		}
		return fmt.Sprintf("{Fn::If: [C%d, %s, %s]}", rapid.IntRange(0, d.conds-1).Draw(d.t, "which"), d.value(depth-1, isList), no)
	case isList || n == 3 && depth > 0:
		var items []string
		for range rapid.IntRange(0, 3).Draw(d.t, "length") {
			items = append(items, d.value(max(depth-1, 0), false))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case n == 4 && depth > 0:
		return "{x: " + d.value(depth-1, false) + ", " + d.word() + ": " + d.value(depth-1, false) + "}"
	default:
		return d.scalar()
	}
}

func (d drawn) template() string {
	var b strings.Builder
	b.WriteString("Parameters: {P: {Type: String, AllowedValues: [a, b]}, Q: {Type: String}, R: {Type: String, MinLength: 1}}\n")
	b.WriteString("Mappings: {M: {a: {a: a, b: a, c: c}, b: {a: a, b: b}}}\nConditions:\n")
	for i := range d.conds {
		fmt.Fprintf(&b, "  C%d: %s\n", i, d.condition(2, i))
	}
	fmt.Fprintf(&b, "Resources: {X: {Type: T, Condition: C0, Properties: {V: %s, L: %s}}}\n", d.value(3, false), d.value(2, true))
	return b.String()
}

// TestKnownAnswersHoldInAllWorlds compares what is said of a template whose
// parameters have no values with what it is for each combination of values.
func TestKnownAnswersHoldInAllWorlds(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		text := drawn{t: rt, conds: 3}.template()
		tmpl, diags := tree.Parse("t.yaml", []byte(text))
		if len(diags) > 0 {
			rt.Fatalf("%s\n%v", text, diags)
		}
		open := eval.New(tmpl, eval.Options{})
		got, ok := open.Resource("X")
		for _, p := range []string{"a", "b"} {
			for _, q := range []string{"", "a", "b", "z"} {
				for _, r := range []string{"a", "c", "z"} {
					world := map[string]resource.Value{"P": word(p), "Q": word(q), "R": word(r)}
					want, exists := eval.New(tmpl, eval.Options{Parameters: world}).Resource("X")
					switch {
					case exists && want.Exists != fact.Yes:
						rt.Fatalf("%s\nin %v it is not known whether X exists", text, world)
					case !ok && exists || ok && got.Exists == fact.Yes && !exists:
						rt.Fatalf("%s\nexists is %v, %v, but in %v it is %v", text, ok, got.Exists, world, exists)
					case !exists:
						seen["is not there"]++
						continue
					}
					for _, k := range []string{"V", "L"} {
						if !covers(got.Body.Map[k], want.Body.Map[k], world) {
							rt.Fatalf("%s\n%s is %s, but in %v it is %s", text, k, show(got.Body.Map[k]), world, show(want.Body.Map[k]))
						}
					}
					seen["is there"]++
				}
			}
		}
		seen[got.Exists.String()]++
		for _, mark := range []string{"?", "~", "["} {
			if strings.Contains(show(got.Body), mark) {
				seen[mark]++
			}
		}
	})
	for _, must := range []string{"is there", "is not there", "yes", "unknown", "?", "~", "["} {
		if seen[must] == 0 {
			t.Errorf("the draw has no %q: %v", must, seen)
		}
	}
}

func word(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }

// covers reports whether a value that holds for all worlds allows what it is in
// one of them.
func covers(v, in resource.Value, world map[string]resource.Value) bool {
	switch {
	case v.Maybe && in.Kind == resource.Null:
		return true
	case v.Kind == resource.Unknown:
		return in.Kind != resource.Null
	case v.Kind == resource.Ref:
		return covers(world[string(v.Ref.ID)], in, world)
	case v.Kind == resource.Text:
		var b strings.Builder
		for _, p := range v.List {
			if p.Kind == resource.Ref {
				p = world[string(p.Ref.ID)]
			}
			if p.Kind == resource.Unknown {
				return in.Kind == resource.String
			}
			b.WriteString(p.Text)
		}
		return in.Kind == resource.String && in.Text == b.String()
	case v.Kind != in.Kind:
		return false
	case v.Kind == resource.List:
		return coversList(v.List, in.List, world)
	case v.Kind == resource.Map:
		for k := range in.Map {
			if _, ok := v.Map[k]; !ok {
				return false
			}
		}
		for k, e := range v.Map {
			if !covers(e, in.Map[k], world) {
				return false
			}
		}
		return true
	}
	return v.Text == in.Text
}

// coversList tries to give each element of a world one of the general list, so
// that only what may be absent is left.
func coversList(v, in []resource.Value, world map[string]resource.Value) bool {
	if len(in) == 0 {
		for _, e := range v {
			if !e.Maybe {
				return false
			}
		}
		return true
	}
	for i, e := range v {
		rest := append(append([]resource.Value{}, v[:i]...), v[i+1:]...)
		if covers(e, in[0], world) && coversList(rest, in[1:], world) {
			return true
		}
	}
	return false
}
