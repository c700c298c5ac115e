package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The session in the README is what the program prints: the part before the line
// "…" begins the output, the part behind it ends it.
func TestReadmeSessionIsReal(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = "$ go run ./cmd/muralla check examples/orders\n"
	_, block, ok := strings.Cut(string(text), "```console\n"+command)
	if !ok {
		t.Fatalf("README.md has no session that begins with %q", command)
	}
	block, _, _ = strings.Cut(block, "exit status 1\n```")
	head, tail, ok := strings.Cut(block, "…\n")
	if !ok {
		t.Fatal("the session leaves nothing out, or does not say so with …")
	}
	var out, errs bytes.Buffer
	if status := Main([]string{"check", "examples/orders"}, strings.NewReader(""), &out, &errs); status != int(exitFound) {
		t.Errorf("exit status %d, want %d; stderr: %s", status, exitFound, errs.String())
	}
	if !strings.HasPrefix(out.String(), head) || !strings.HasSuffix(out.String(), strings.TrimPrefix(tail, "\n")) {
		t.Errorf("README.md shows another session than the program prints:\n%s", out.String())
	}
	if errs.Len() > 0 {
		t.Errorf("something is on stderr: %s", errs.String())
	}
}

// The mended examples are clean: they have no finding and nothing undecided.
func TestMendedExamplesAreClean(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for _, example := range []string{"examples/orders-fixed", "examples/orders-cloudformation-fixed"} {
		var out, errs bytes.Buffer
		if status := Main([]string{"check", "--strict", "--fail-on=low", example}, strings.NewReader(""), &out, &errs); status != int(exitClean) {
			t.Errorf("%s: exit status %d; stdout: %s; stderr: %s", example, status, out.String(), errs.String())
		}
		if !strings.Contains(out.String(), "\n0 findings, ") || !strings.Contains(out.String(), "undecided: nothing") {
			t.Errorf("%s is not clean:\n%s", example, out.String())
		}
	}
}
