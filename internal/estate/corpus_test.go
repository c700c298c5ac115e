package estate

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
)

// corpus is the directory of other people's designs, or "" if it is not here;
// then the suites that need it say so in one line and end.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MURALLA_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "iac", "index.tsv")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpus is not at %s; set MURALLA_CORPUS", dir)
		}
		fmt.Printf("not run: %s needs the corpus of other people's designs (set MURALLA_CORPUS)\n", t.Name())
		return ""
	}
	return dir
}

// stacks are the paths of the index of a kind, below the corpus.
func stacks(t *testing.T, dir string, kinds ...string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "iac", "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, line := range strings.Split(string(text), "\n")[1:] {
		cols := strings.Split(line, "\t")
		if len(cols) < 2 || !slices.Contains(kinds, cols[1]) {
			continue
		}
		// The first path of a row; what stands behind it in the row is part of
		// the same folder or a folder of its own further down.
		p, _, _ := strings.Cut(cols[0], " ")
		p, _, _ = strings.Cut(p, "{")
		p = strings.TrimRight(strings.TrimSuffix(p, "*"), "/.")
		out = append(out, filepath.Join(dir, "iac", p))
	}
	return out
}

// Every stack is read and judged: no panic, no hang, and something is said.
func TestCorpusStacks(t *testing.T) {
	dir := corpus(t)
	if dir == "" {
		return
	}
	list := stacks(t, dir, "terraform", "terraform-plan")
	if len(list) < 95 {
		t.Fatalf("only %d stacks in the index", len(list))
	}
	judged := 0
	for _, p := range list {
		for _, input := range inputsAt(t, p) {
			started := time.Now()
			e, _, err := Open([]string{input}, Options{Root: rootOf(input, dir)})
			if err != nil {
				t.Errorf("%s: %v", input, err)
				continue
			}
			report := check.Run(e.Snapshot, intent.Intent{}, check.Options{Input: input})
			twin, _, err := Open([]string{input}, Options{Root: rootOf(input, dir)})
			if err != nil {
				t.Errorf("%s: %v", input, err)
				continue
			}
			again := check.Run(twin.Snapshot, intent.Intent{}, check.Options{Input: input})
			if d := time.Since(started); d > 30*time.Second {
				t.Errorf("%s took %v", input, d)
			}
			if !reflect.DeepEqual(report, again) {
				t.Errorf("%s: two runs gave different reports", input)
			}
			seen := map[string]finding.Finding{}
			for _, f := range report.Findings {
				if old, ok := seen[f.Fingerprint()]; ok {
					t.Errorf("%s: two findings share the fingerprint %s:\n  %s %s\n  %s %s", input, f.Fingerprint(), old.Recommendation, old.Title, f.Recommendation, f.Title)
				}
				seen[f.Fingerprint()] = f
				if f.Verdict == finding.Undecided && len(f.Gaps) == 0 {
					t.Errorf("%s: %s on %s is undecided without a missing fact", input, f.Recommendation, f.Resource)
				}
				if f.Verdict == finding.Violates && (len(f.Evidence) == 0 || f.Fix == "") {
					t.Errorf("%s: %s on %s has no evidence or no fix", input, f.Recommendation, f.Resource)
				}
			}
			judged += len(report.Findings)
		}
	}
	if judged < 1000 {
		t.Errorf("only %d verdicts on the whole corpus", judged)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d stacks, %d verdicts, %d MB from the system", len(list), judged, m.Sys>>20)
}

// inputsAt are the inputs of a stack: a directory of Terraform files, or the
// plans and states in a directory.
func inputsAt(t *testing.T, p string) []string {
	t.Helper()
	if !strings.Contains(filepath.ToSlash(p), "/terraform-plan/") {
		return []string{p}
	}
	info, err := os.Stat(p)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	if !info.IsDir() {
		return []string{p}
	}
	var out []string
	err = filepath.WalkDir(p, func(name string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".json") {
			if in, _, err := recognise(name, "", ""); err == nil && len(in) == 1 {
				out = append(out, name)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

// rootOf is the folder of the repository that a stack is from: its modules may
// lie anywhere in it.
func rootOf(input, dir string) string {
	rel, err := filepath.Rel(filepath.Join(dir, "iac"), input)
	if err != nil {
		return ""
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	return filepath.Join(dir, "iac", parts[0], parts[1])
}
