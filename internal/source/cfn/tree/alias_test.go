package tree_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

func TestAliasesAndMergeKeys(t *testing.T) {
	tmpl, diags := tree.Parse("t.yaml", []byte(`
Metadata:
  base: &base {Cpu: 256, Memory: 512, Tags: [a]}
  more: &more
    Memory: 1024
    Port: 80
  alias: *base
  merged:
    <<: *base
    Cpu: 1024
  both:
    <<: [*more, *base]
  again: &again
    <<: *base
    Cpu: 1
  twice: {<<: *again}
  quoted: {'<<': x}
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for name, want := range map[string]string{
		"alias":  "{Cpu:number:256 Memory:number:512 Tags:[a]}",
		"merged": "{Cpu:number:1024 Memory:number:512 Tags:[a]}",
		"both":   "{Memory:number:1024 Port:number:80 Cpu:number:256 Tags:[a]}",
		"twice":  "{Cpu:number:1 Memory:number:512 Tags:[a]}",
		"quoted": "{<<:x}",
	} {
		if got := show(tmpl.Root.Get("Metadata").Get(name)); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if line := tmpl.Root.Get("Metadata").Get("alias").Get("Memory").Line; line != 3 {
		t.Errorf("what an alias gives is in line %d, want the line where it is written", line)
	}
}

func TestHostileAliases(t *testing.T) {
	bomb := "Metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	merges := "Metadata:\n  m0: &m0 {k: v}\n"
	deep := "Metadata:\n  d0: &d0 [x]\n"
	for i := 1; i <= 40; i++ {
		bomb += fmt.Sprintf("  a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
		merges += fmt.Sprintf("  m%d: &m%d {<<: [%s], k%d: {<<: *m%d}}\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*m%d, ", i-1), 10), ", "), i, i-1)
	}
	for i := 1; i <= 2*tree.MaxDepth; i++ {
		deep += fmt.Sprintf("  d%d: &d%d [*d%d]\n", i, i, i-1)
	}
	for _, tc := range []struct{ name, text, says string }{
		{"bomb", bomb, "template too large"},
		{"bomb of merge keys", merges, "template too large"},
		{"deep", deep, "template nested too deeply"},
		{"list in itself", "Metadata:\n  a: &a [1, *a]\n", "alias within itself"},
		{"map in itself", "Metadata:\n  a: &a {b: {c: *a}}\n", "alias within itself"},
		{"merge of itself", "Metadata:\n  a: &a\n    <<: *a\n    b: 1\n", "alias within itself"},
		{"function in itself", "Metadata:\n  a: &a !Sub ['${x}', {x: *a}]\n", "alias within itself"},
		{"merge of a text", "Metadata:\n  a: &a x\n  b: {<<: *a}\n", "merge key is no map"},
		{"brackets in YAML", "Metadata: " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + "\n", "template nested too deeply"},
		{"brackets in JSON", `{"Metadata": ` + strings.Repeat("[", 100_000), "template nested too deeply"},
		{"many values in JSON", `{"Metadata": [` + strings.Repeat("1,", tree.MaxNodes) + `1]}`, "template too large"},
		{"many duplicates", `{"A": {` + strings.Repeat(`"a":1,`, 50_000) + `"a":1}}`, "too many problems"},
		{"large file", strings.Repeat("#", tree.MaxBytes+1), "file too large"},
	} {
		tmpl, diags := tree.Parse("t.yaml", []byte(tc.text))
		found := false
		for _, d := range diags {
			found = found || d.Summary == tc.says
		}
		if !found {
			t.Errorf("%s: %v, want %q", tc.name, said(diags[:min(len(diags), 5)]), tc.says)
		}
		if tc.name != "many duplicates" && !tmpl.Incomplete {
			t.Errorf("%s: nothing is said to be lost", tc.name)
		}
		if n := count(tmpl.Root); n > tree.MaxNodes+1 {
			t.Errorf("%s: the tree has %d nodes", tc.name, n)
		}
	}
}

// count is how many nodes a tree has, each as often as it is reached.
func count(n *tree.Node) int {
	sum := 1
	for _, e := range n.List {
		sum += count(e)
	}
	for _, e := range n.Entries {
		sum += count(e.Value)
	}
	return sum
}

func depth(n *tree.Node) int {
	most := 0
	for _, e := range n.List {
		most = max(most, depth(e))
	}
	for _, e := range n.Entries {
		most = max(most, depth(e.Value))
	}
	return most + 1
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "Resources:\n  A: {Type: T}\n", "a: &a [*a]\n<<: *a\n", "!Ref a", "a: !Sub [x, {y: !If [a, b, c]}]", "Resources:\n\tA: 1\n  B: '\n",
		"{\"Resources\": {\"A\": {\"T\": [1,2,],}}} // x", "{\"a\": \"\\ud83d\\u0000\\q", "---\na: 1\n---\n[", "? a\n: b\n", "a: >-\n  x\n b: |2\n", "\xEF\xBB\xBF{}", "\xFF\xFE{\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tmpl, diags := tree.Parse("t", data)
		if tmpl == nil || tmpl.Root == nil || tmpl.Root.Kind != tree.Map {
			t.Fatal("there is no template")
		}
		if n := count(tmpl.Root); n > tree.MaxNodes+1 {
			t.Fatalf("the tree has %d nodes", n)
		}
		if d := depth(tmpl.Root); d > 2*tree.MaxDepth {
			t.Fatalf("the tree is %d deep", d)
		}
		if tmpl.Incomplete && len(diags) == 0 {
			t.Fatal("something is lost, but nothing is said")
		}
		again, more := tree.Parse("t", data)
		if diff := cmp.Diff(tmpl, again); diff != "" || cmp.Diff(diags, more) != "" {
			t.Fatalf("read again it is another: %s", diff)
		}
	})
}
