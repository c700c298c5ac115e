package fix_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/estate"
)

// sample is how many stacks of other people's designs there are for each that is
// fixed here; with MURALLA_CORPUS_ALL all of them are.
const sample = 8

// Designs of other people are fixed in a copy: the patch is one that git takes, git
// and the program write the same bytes, what is counted as mended is gone, and
// nothing new came.
func TestCorpus(t *testing.T) {
	base := os.Getenv("MURALLA_CORPUS")
	if base == "" {
		base = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	index, err := os.ReadFile(filepath.Join(base, "iac", "index.tsv"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpus is not at %s; set MURALLA_CORPUS", base)
		}
		fmt.Printf("not run: %s needs the corpus of other people's designs (set MURALLA_CORPUS)\n", t.Name())
		return
	}
	all := os.Getenv("MURALLA_CORPUS_ALL") != ""
	patches, mended := 0, 0
	for i, row := range strings.Split(string(index), "\n")[1:] {
		cols := strings.Split(row, "\t")
		if len(cols) < 2 || !slices.Contains([]string{"terraform", "cloudformation", "copilot", "cdk-synth"}, cols[1]) || !all && i%sample != 1 {
			continue
		}
		stack, _, _ := strings.Cut(cols[0], " ")
		stack, _, _ = strings.Cut(stack, "{")
		stack, _, _ = strings.Cut(stack, "*")
		parts := strings.Split(strings.TrimRight(stack, "/."), "/")
		from := filepath.Join(base, "iac", parts[0], parts[1])
		if all := filepath.Join(append([]string{base, "iac"}, parts...)...); strings.Contains(cols[0], "copilot-cli/e2e") || !exists(all) {
			continue // no template stands there
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(append([]string{dir}, parts[2:]...)...)
		f := fixDesign(t, []string{path}, estate.Options{Region: "eu-west-1", Root: dir})
		mended += len(f.patch.Mended)
		if len(f.patch.Files) > 0 {
			patches++
			applies(t, stack, dir, f)
		}
		if cols[1] == "cdk-synth" && len(f.patch.Files) > 0 {
			t.Errorf("%s: what a program writes is edited", stack)
		}
		verify(t, f)
		if t.Failed() {
			t.Fatalf("the stack is %s", stack)
		}
	}
	if patches < 3 || mended < 5 {
		t.Errorf("only %d patches, of %d findings", patches, mended)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// applies lets git make a patch, and take it back.
func applies(t *testing.T, stack, dir string, f fixing) {
	t.Helper()
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	diff, err := f.patch.Unified(real)
	if err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"apply", "--whitespace=nowarn"}, args...)...)
		cmd.Dir, cmd.Stdin = real, strings.NewReader(diff)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: git apply: %v, %s\n%s", stack, err, out, diff)
		}
	}
	git()
	for _, file := range f.patch.Files {
		if got, err := os.ReadFile(file.Path); err != nil || !bytes.Equal(got, file.New) {
			t.Errorf("%s: git makes something else of %s: %v", stack, file.Path, err)
		}
	}
	git("-R")
	for _, file := range f.patch.Files {
		if got, err := os.ReadFile(file.Path); err != nil || !bytes.Equal(got, file.Old) {
			t.Errorf("%s: git takes %s back to something else: %v", stack, file.Path, err)
		}
	}
}
