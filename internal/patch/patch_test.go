package patch_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/patch"
)

func TestMergeRefusesContradictions(t *testing.T) {
	for _, tc := range []struct {
		name  string
		edits []patch.Edit
		want  string // of "abcdef"; empty: refused
	}{
		{"nothing", nil, "abcdef"},
		{"one", []patch.Edit{{1, 2, "X"}}, "aXcdef"},
		{"neighbours in any order", []patch.Edit{{2, 3, "Y"}, {1, 2, "X"}}, "aXYdef"},
		{"twice the same", []patch.Edit{{1, 3, "X"}, {1, 3, "X"}}, "aXdef"},
		{"twice the same addition", []patch.Edit{{1, 1, "X"}, {1, 1, "X"}}, "aXbcdef"},
		{"two values", []patch.Edit{{1, 3, "X"}, {1, 3, "Y"}}, ""},
		{"two additions at one place", []patch.Edit{{1, 1, "X"}, {1, 1, "Y"}}, ""},
		{"overlap", []patch.Edit{{1, 4, "X"}, {3, 5, "Y"}}, ""},
		{"an addition within", []patch.Edit{{1, 4, "X"}, {2, 2, "Y"}}, ""},
		{"an addition behind", []patch.Edit{{1, 4, "X"}, {4, 4, "Y"}}, "aXYef"},
		{"outside", []patch.Edit{{5, 9, "X"}}, "outside"},
	} {
		got, err := patch.Apply([]byte("abcdef"), tc.edits)
		switch {
		case tc.want == "outside":
			if err == nil || errors.Is(err, patch.ErrConflict) {
				t.Errorf("%s: %q, %v", tc.name, got, err)
			}
		case tc.want == "":
			if !errors.Is(err, patch.ErrConflict) {
				t.Errorf("%s: %q, %v; want a conflict", tc.name, got, err)
			}
		case err != nil || string(got) != tc.want:
			t.Errorf("%s: %q, %v; want %q", tc.name, got, err, tc.want)
		}
	}
}

// patched is the obvious reader of hunks.
func patched(old []byte, hunks []patch.Hunk) string {
	lines := patch.Lines(old)
	var out []string
	at := 0
	for _, h := range hunks {
		out = append(append(out, lines[at:h.From]...), h.New...)
		at = h.To
	}
	return strings.Join(append(out, lines[at:]...), "")
}

// common is the length of a longest common subsequence, by the table.
func common(a, b []string) int {
	t := make([][]int, len(a)+1)
	for i := range t {
		t[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			if a[i] == b[j] {
				t[i+1][j+1] = t[i][j] + 1
			} else {
				t[i+1][j+1] = max(t[i][j+1], t[i+1][j])
			}
		}
	}
	return t[len(a)][len(b)]
}

func drawText(rt *rapid.T, name string) []byte {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\r\n", "\n", "d e\n"}), 0, 30).Draw(rt, name)
	return []byte(strings.Join(lines, "") + rapid.SampledFrom([]string{"", "", "end"}).Draw(rt, name+" end"))
}

func TestDiffIsSmallestAndRight(t *testing.T) {
	several := 0
	rapid.Check(t, func(rt *rapid.T) {
		old, text := drawText(rt, "old"), drawText(rt, "new")
		hunks := patch.Diff(old, text)
		if got := patched(old, hunks); got != string(text) {
			rt.Fatalf("%q to %q gives %q by %+v", old, text, got, hunks)
		}
		gone := 0
		for _, h := range hunks {
			gone += h.To - h.From
		}
		a, b := patch.Lines(old), patch.Lines(text)
		if kept := len(a) - gone; kept != common(a, b) {
			rt.Fatalf("%q to %q keeps %d lines, %d could be kept", old, text, kept, common(a, b))
		}
		if len(hunks) > 1 {
			several++
		}
	})
	if several == 0 {
		t.Error("no draw had several hunks: the draw is too narrow")
	}
}

// Git is the reader that patches are for.
func TestGitTakesPatches(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("git is needed to test patches:", err)
	}
	names := []string{"main.tf", "a dir/b c.tf", `quo"te.tf`, "ü.tf"}
	applied := 0
	rapid.Check(t, func(rt *rapid.T) {
		if applied > 40 {
			return // each needs a process
		}
		name := rapid.SampledFrom(names).Draw(rt, "name")
		old, text := drawText(rt, "old"), drawText(rt, "new")
		diff := patch.Unified(name, old, text)
		if len(old) == 0 || len(text) == 0 || diff == "" {
			return // files do not come or go
		}
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			rt.Fatal(err)
		}
		if err := os.WriteFile(file, old, 0o644); err != nil {
			rt.Fatal(err)
		}
		cmd := exec.Command("git", "apply", "--whitespace=nowarn", "-")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(diff)
		cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
		if out, err := cmd.CombinedOutput(); err != nil {
			rt.Fatalf("git apply: %v: %s\n%s", err, out, diff)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != string(text) {
			rt.Fatalf("git makes %q, want %q of\n%s", got, text, diff)
		}
		applied++
	})
	if applied < 20 {
		t.Errorf("only %d patches were applied", applied)
	}
}
