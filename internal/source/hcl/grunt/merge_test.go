package grunt

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
)

// drawMap draws a map of few names, so that names collide, without empty values.
func drawMap(t *rapid.T, depth int) map[string]any {
	out := map[string]any{}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 2, 3, rapid.ID).Draw(t, "names") {
		switch kind := rapid.IntRange(0, 2).Draw(t, "kind"); {
		case kind == 0 && depth < 3:
			out[name] = drawMap(t, depth+1)
		case kind == 1:
			var list []any
			for _, n := range rapid.SliceOfN(rapid.IntRange(1, 9), 1, 3).Draw(t, "list") {
				list = append(list, float64(n))
			}
			out[name] = list
		default:
			out[name] = float64(rapid.IntRange(1, 9).Draw(t, "number"))
		}
	}
	return out
}

// slowMerge is the documented merge of two maps, on plain values.
func slowMerge(under, over map[string]any, strategy string, seen map[string]int) map[string]any {
	out := maps.Clone(under)
	for name, v := range over {
		old, both := out[name]
		oldMap, isMap := old.(map[string]any)
		newMap, isNewMap := v.(map[string]any)
		oldList, isList := old.([]any)
		newList, isNewList := v.([]any)
		switch {
		case both && isMap && isNewMap && strategy != "shallow":
			seen["maps"]++
			out[name] = slowMerge(oldMap, newMap, strategy, seen)
		case both && isList && isNewList && strategy == "deep":
			seen["lists"]++
			out[name] = slices.Concat(oldList, newList)
		default:
			if both {
				seen["replaced"]++
			}
			out[name] = v
		}
	}
	return out
}

func TestIncludesAreMergedAsBySlowTwin(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		layers := []map[string]any{drawMap(rt, 0), drawMap(rt, 0), drawMap(rt, 0)} // two includes and the child
		strategies := []string{"deep", "deep_map_only", "shallow", "no_merge"}
		first, second := rapid.SampledFrom(strategies).Draw(rt, "first"), rapid.SampledFrom(strategies).Draw(rt, "second")
		files := fstest.MapFS{"u/main.tf": {}}
		for i, name := range []string{"a.hcl", "b.hcl", "u/terragrunt.hcl"} {
			text, err := json.Marshal(layers[i])
			if err != nil {
				rt.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: fmt.Appendf(nil, "inputs = jsondecode(%q)\n", text)}
		}
		files["u/terragrunt.hcl"].Data = fmt.Appendf(files["u/terragrunt.hcl"].Data,
			"include \"a\" {\n path = find_in_parent_folders(\"a.hcl\")\n merge_strategy = %q\n}\ninclude \"b\" {\n path = \"../b.hcl\"\n merge_strategy = %q\n}\n", first, second)
		want := layers[2]
		if second != "no_merge" {
			want = slowMerge(layers[1], want, second, seen)
		}
		if first != "no_merge" {
			want = slowMerge(layers[0], want, first, seen)
		}
		if got := inputsOf(rt, files, "u"); !cmp.Equal(want, got) {
			rt.Fatalf("%s and %s, want -, got +:\n%s", first, second, cmp.Diff(want, got))
		}
	})
	for _, what := range []string{"maps", "lists", "replaced"} {
		if seen[what] == 0 {
			t.Errorf("%s never met: the draw is too narrow", what)
		}
	}
}

// inputsOf evaluates a unit without dependencies and gives its inputs as plain
// values.
func inputsOf(t interface{ Fatalf(string, ...any) }, files fstest.MapFS, dir string) map[string]any {
	var diags diag.List
	r := load.NewReader(files, ".", &diags)
	e := New(Context{
		Reader: r, Files: nothing{}, Prefix: func(string) string { return "" },
		Outputs: func(string, ref.Place) (cty.Value, string) { return cty.NilVal, "there are none" },
	}, &diags)
	u, ok := e.Unit(dir)
	if !ok || len(diags) > 0 || u.Open != "" {
		t.Fatalf("not a unit, or not known: %v %q %v", ok, u.Open, diags)
	}
	out := map[string]any{}
	for name, in := range u.Inputs {
		data, err := ctyjson.Marshal(in.Value, in.Value.Type())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = v
	}
	return out
}

// nothing is files of which none is there.
type nothing struct{}

func (nothing) ReadFile(string) ([]byte, error) { return nil, fmt.Errorf("no files here") }
func (nothing) Walk(string) ([]string, error)   { return nil, nil }

// The way from one directory to another leads there.
func TestRelative(t *testing.T) {
	dir := rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 4).Draw(t, "parts")
		out := "."
		for _, p := range parts {
			out += "/" + p
		}
		got, _ := resolve(out, ".")
		return got
	})
	ups := 0
	rapid.Check(t, func(rt *rapid.T) {
		from, to := dir.Draw(rt, "from"), dir.Draw(rt, "to")
		way := relative(from, to)
		if got, ok := resolve(way, from); !ok || got != to {
			rt.Fatalf("from %s by %s to %s, not %s", from, way, got, to)
		}
		if got, ok := resolve(absolute(to), from); !ok || got != to {
			rt.Fatalf("%s is %s", absolute(to), got)
		}
		if way[0] == '.' && len(way) > 1 {
			ups++
		}
	})
	if ups == 0 {
		t.Error("no way led up: the draw is too narrow")
	}
}

func TestResolveStaysInside(t *testing.T) {
	for _, p := range []string{"..", "../x", "../../a", "/etc", "/", "/.muralla/../etc", "/.muralla2"} {
		if got, inside := resolve(p, "."); inside {
			t.Errorf("%s leads to %s", p, got)
		}
	}
}
