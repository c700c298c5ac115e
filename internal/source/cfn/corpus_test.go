package cfn

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every directory with stacks of others is read: no panic, no hang, something is
// found, and the words of what is said are those of a design, not of a program.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("MURALLA_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	text, err := os.ReadFile(filepath.Join(dir, "iac", "index.tsv"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpus is not at %s; set MURALLA_CORPUS", dir)
		}
		fmt.Printf("not run: %s needs the corpus of other people's designs (set MURALLA_CORPUS)\n", t.Name())
		return
	}
	files := os.DirFS(filepath.Join(dir, "iac"))
	stacks, resources := 0, 0
	for _, row := range strings.Split(string(text), "\n")[1:] {
		cols := strings.Split(row, "\t")
		if len(cols) < 2 || !slices.Contains([]string{"cloudformation", "copilot", "cdk-synth"}, cols[1]) {
			continue
		}
		p, _, _ := strings.Cut(cols[0], " ")
		p, _, _ = strings.Cut(p, "{")
		p, _, _ = strings.Cut(p, "*")
		p = strings.TrimRight(p, "/.")
		if strings.Contains(cols[0], " (+") {
			p = path.Dir(p) // with the templates that it nests
		}
		o, paths := Options{From: p}, []string{p}
		if info, err := os.Stat(filepath.Join(dir, "iac", p)); err != nil {
			t.Errorf("%v", err)
			continue
		} else if info.IsDir() {
			paths, _ = Find(files, p, o)
		}
		started := time.Now()
		set, diags := Read(files, paths, o)
		if d := time.Since(started); d > 10*time.Second {
			t.Errorf("%s took %v", p, d)
		}
		if len(paths) > 0 && len(set.Resources) == 0 {
			t.Errorf("%s: nothing was read: %v", p, diags)
		}
		for _, d := range diags {
			if d.Place.IsZero() || d.Detail == "" || strings.Contains(d.Detail, "%!") || strings.Contains(d.Detail, "  ") {
				t.Errorf("%s: %v %s: %q", p, d.Place, d.Summary, d.Detail)
			}
		}
		stacks, resources = stacks+1, resources+len(set.Resources)
	}
	if stacks < 110 || resources < 4000 {
		t.Errorf("%d stacks with %d resources: the corpus is not what it was", stacks, resources)
	}
}
