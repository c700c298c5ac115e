package cli

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The picture in the README is what the program draws.
func TestOrdersPictureIsCurrent(t *testing.T) {
	t.Chdir("../..")
	const file = "docs/orders.svg"
	var out, said bytes.Buffer
	if got := Main([]string{"graph", "--findings", "--date=2026-01-01", "examples/orders"}, nil, &out, &said); got != 0 || said.Len() > 0 {
		t.Fatalf("exit status %d:\n%s", got, said.String())
	}
	if os.Getenv("MURALLA_UPDATE") != "" {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, out.Bytes()) {
		t.Errorf("%s is not what the program draws: run make docs", file)
	}
}

// The page of check has the same map at its top, with badges that lead to the
// findings below it.
func TestPageHasTheMap(t *testing.T) {
	t.Chdir("../..")
	var out, said bytes.Buffer
	if got := Main([]string{"check", "-o", "html", "--date=2026-01-01", "examples/orders"}, nil, &out, &said); got != int(exitFound) || said.Len() > 0 {
		t.Fatalf("exit status %d:\n%s", got, said.String())
	}
	page := out.String()
	links := regexp.MustCompile(`<a href="#(f-[0-9a-f]{16})">`).FindAllStringSubmatch(page, -1)
	if len(links) < 5 || !strings.Contains(page, "Network map of examples/orders") {
		t.Fatalf("%d badges lead to a finding:\n%s", len(links), page)
	}
	for _, l := range links {
		if !strings.Contains(page, `id="`+l[1]+`"`) {
			t.Errorf("nothing is at %s", l[1])
		}
	}
}
