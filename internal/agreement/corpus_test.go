package agreement

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus is the directory of other people's designs, or "" if the part that is
// asked for is not here; then the suite says so in one line and ends.
func corpus(t *testing.T, part string) string {
	t.Helper()
	dir := os.Getenv("MURALLA_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, part, "index.tsv")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpus is not at %s; set MURALLA_CORPUS", dir)
		}
		fmt.Printf("not run: %s needs the corpus of other people's designs (set MURALLA_CORPUS)\n", t.Name())
		return ""
	}
	return dir
}

// table reads a file of tab-separated columns. Lines that begin with # say
// something to people. Every other line must have as many columns as asked.
func table(t *testing.T, file string, columns int) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) != columns {
			t.Fatalf("%s: a line has %d columns and not %d: %q", file, len(cols), columns, line)
		}
		out = append(out, cols)
	}
	return out
}
